//! Headers as NumPy writes them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use arr_core::{ByteOrder, DType, Error, Order, Result, Scalar};

use super::{FORMAT, Header, MAGIC, Version, order_matters};

/// The data begins at a multiple of this.
const ALIGNMENT: usize = 64;

/// The digits of the largest dimension, and one more: the room that a dimension has to grow.
const GROWTH: usize = 21;

/// Writes a header; `None` for the smallest version that will do. Returns the version that was written.
///
/// # Errors
/// As [`Header::to_bytes`], and `Io` from the writer.
pub fn write_array_header(
    writer: &mut impl Write,
    header: &Header,
    version: Option<Version>,
) -> Result<Version> {
    let (version, bytes) = to_bytes(header, version).map_err(|error| error.in_format(FORMAT))?;
    writer
        .write_all(&bytes)
        .map_err(|error| Error::io("the header can't be written", error).in_format(FORMAT))?;
    Ok(version)
}

/// The bytes of the header and their version.
pub(super) fn to_bytes(header: &Header, version: Option<Version>) -> Result<(Version, Vec<u8>)> {
    let text = text(header)?;
    if let Some(version) = version {
        return Ok((version, wrap(&text, version)?));
    }
    // A newer version can fail only for want of latin-1, which the newest does not need.
    match wrap(&text, Version::V1_0) {
        Ok(bytes) => Ok((Version::V1_0, bytes)),
        Err(_) => match wrap(&text, Version::V2_0) {
            Ok(bytes) => Ok((Version::V2_0, bytes)),
            Err(_) => Ok((Version::V3_0, wrap(&text, Version::V3_0)?)),
        },
    }
}

/// Room for the header of an array of numbers of few dimensions.
const COMMON: usize = 256;

/// The rank up to which headers are written in one go.
const COMMON_RANK: usize = 4;

/// Where the text begins in version 1.0.
const START: usize = 10;

/// The header of an array of numbers of few dimensions, as version 1.0 has it: what nearly all arrays have, for which the
/// general way would take longer than to copy a small array.
pub(crate) struct CommonHeader {
    bytes: [u8; COMMON],
    len: usize,
}

impl CommonHeader {
    pub(crate) const fn new() -> Self {
        Self { bytes: [b' '; COMMON], len: 0 }
    }

    /// Makes the header of an array, and gives its bytes; `None` for an array that is not common.
    #[inline]
    pub(crate) fn make(&mut self, dtype: &DType, shape: &[usize], order: Order) -> Option<&[u8]> {
        let DType::Scalar(kind, byte_order) = dtype else { return None };
        if *kind == Scalar::BF16 || shape.len() > COMMON_RANK {
            return None;
        }
        let order = if order_matters(shape) { order } else { Order::C };
        self.put(b"\x93NUMPY\x01\0\0\0{'descr': '")?;
        self.put(match byte_order {
            _ if kind.itemsize() == 1 => b"|",
            ByteOrder::Little => b"<",
            ByteOrder::Big => b">",
        })?;
        self.put(kind.code().as_bytes())?;
        self.put(match order {
            Order::F => b"', 'fortran_order': True, 'shape': (",
            Order::C => b"', 'fortran_order': False, 'shape': (",
        })?;
        for (index, dim) in shape.iter().enumerate() {
            self.put(if index == 0 { b"" } else { b", " })?;
            self.put_number(*dim)?;
        }
        self.put(if shape.len() == 1 { b",), }" } else { b"), }" })?;
        let end = self.len + growth(shape, order) + 1;
        let len = end + ALIGNMENT - end % ALIGNMENT;
        let length = u16::try_from(len - START).ok()?.to_le_bytes();
        self.bytes.get_mut(START - 2..START)?.copy_from_slice(&length);
        *self.bytes.get_mut(len - 1)? = b'\n';
        self.bytes.get(..len)
    }

    #[inline]
    fn put(&mut self, text: &[u8]) -> Option<()> {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end)?.copy_from_slice(text);
        self.len = end;
        Some(())
    }

    /// Appends a number in decimal digits.
    #[inline]
    fn put_number(&mut self, mut number: usize) -> Option<()> {
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            // A digit is less than ten.
            *digits.get_mut(first)? = b'0' + (number % 10).to_le_bytes()[0];
            number /= 10;
            if number == 0 {
                return self.put(digits.get(first..)?);
            }
        }
    }
}

/// Spaces after the dictionary, so that the dimension along which an array grows can be written over.
fn growth(shape: &[usize], order: Order) -> usize {
    let growing = match order {
        Order::C => shape.first(),
        Order::F => shape.last(),
    };
    let digits = |dim: &usize| dim.checked_ilog10().map_or(1, |digits| digits as usize + 1);
    growing.map_or(0, |dim| GROWTH.saturating_sub(digits(dim)))
}

/// The dictionary and the room to grow.
fn text(header: &Header) -> Result<String> {
    let mut text = String::with_capacity(2 * ALIGNMENT);
    text.push_str("{'descr': ");
    text.push_str(&header.dtype.descr()?);
    text.push_str(if header.fortran_order() {
        ", 'fortran_order': True"
    } else {
        ", 'fortran_order': False"
    });
    text.push_str(", 'shape': (");
    for (index, dim) in header.shape.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = write!(text, "{}{dim}", if index == 0 { "" } else { ", " });
    }
    text.push_str(if header.shape.len() == 1 { ",), }" } else { "), }" });
    text.extend(std::iter::repeat_n(' ', growth(&header.shape, header.order)));
    Ok(text)
}

/// Magic, version, length, text, padding and line break.
fn wrap(text: &str, version: Version) -> Result<Vec<u8>> {
    let text = encode(text, version)?;
    let before = version.text_offset() + text.len() + 1;
    let padding = ALIGNMENT - before % ALIGNMENT;
    let length = text.len() + padding + 1;
    let mut bytes = Vec::new();
    bytes.reserve_exact(before + padding);
    put_start(&mut bytes, version, length)?;
    bytes.extend_from_slice(&text);
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

/// A header of just `len` bytes, as NumPy writes it where it has room to grow; `None` when the text needs more.
pub(crate) fn to_bytes_of_length(header: &Header, version: Version, len: usize) -> Result<Option<Vec<u8>>> {
    let text = text(header)?;
    let text = encode(text.trim_end(), version)?;
    let before = version.text_offset();
    let Some(padding) = len.checked_sub(before + text.len() + 1) else { return Ok(None) };
    let mut bytes = Vec::new();
    put_start(&mut bytes, version, len - before)?;
    bytes.extend_from_slice(&text);
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    Ok(Some(bytes))
}

/// Magic, version and the length of the text.
fn put_start(bytes: &mut Vec<u8>, version: Version, length: usize) -> Result<()> {
    bytes.extend_from_slice(MAGIC);
    bytes.extend([version.major, version.minor]);
    let field = match version.length_size() {
        2 => u16::try_from(length).map(|length| bytes.extend(length.to_le_bytes())),
        _ => u32::try_from(length).map(|length| bytes.extend(length.to_le_bytes())),
    };
    field.map_err(|_| Error::invalid(format!("a header of {length} bytes is too long for version {version}")))
}

fn encode(text: &str, version: Version) -> Result<Cow<'_, [u8]>> {
    if version >= Version::V3_0 || text.is_ascii() {
        return Ok(text.as_bytes().into());
    }
    let latin1: Result<Cow<'_, [u8]>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    latin1.map_err(|_| Error::invalid(format!("version {version} holds no names of fields outside latin-1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_writes_what_the_long_way_writes() {
        let shapes: [&[usize]; 9] = [
            &[],
            &[0],
            &[100],
            &[usize::MAX >> 5],
            &[2, 3],
            &[1, 7],
            &[10, 0, 99],
            &[1 << 20, 1 << 20, 1 << 15],
            &[1, 2, 3, 40],
        ];
        let mut written = 0;
        for kind in Scalar::ALL {
            for byte_order in [ByteOrder::Little, ByteOrder::Big] {
                let dtype = DType::scalar(kind, byte_order);
                for shape in shapes {
                    for order in [Order::C, Order::F] {
                        let mut common = CommonHeader::new();
                        let Some(short) = common.make(&dtype, shape, order) else { continue };
                        let header = Header { shape: shape.into(), ..header_of(&dtype, order, shape) };
                        let (version, long) = to_bytes(&header, None).unwrap();
                        assert_eq!((version, short), (Version::V1_0, long.as_slice()));
                        written += 1;
                    }
                }
            }
        }
        assert!(written > 400, "{written}");
        assert!(CommonHeader::new().make(&DType::native(Scalar::U8), &[1; 5], Order::C).is_none());
        assert!(CommonHeader::new().make(&DType::native(Scalar::BF16), &[1], Order::C).is_none());
    }

    fn header_of(dtype: &DType, order: Order, shape: &[usize]) -> Header {
        let header = Header::unplaced(dtype.clone(), &[], order).unwrap();
        Header { order: if order_matters(shape) { order } else { Order::C }, ..header }
    }
}
