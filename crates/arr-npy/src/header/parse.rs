//! Any header that NumPy reads.

use std::borrow::Cow;

use arr_core::format::literal::{Bracket, Ints, Scanner, py_repr};
use arr_core::{DType, Error, Hint, Limits, Order, Result};

use super::{Dims, Header, LENIENT, MAGIC, Version, byte_count};

/// The header at the beginning of `bytes`, be it one that NumPy refuses where that is `lenient`.
pub(super) fn parse(bytes: &[u8], limits: &Limits, lenient: bool) -> Result<Header> {
    let version = version(bytes)?;
    let start = version.text_offset();
    let length = bytes.get(MAGIC.len() + 2..start).ok_or_else(|| ends_early(bytes.len(), start))?;
    let length = text_length(length, limits)?;
    let end = start.saturating_add(length);
    let text = bytes.get(start..end).ok_or_else(|| ends_early(bytes.len(), end))?;
    let header = text_header(text, version, limits, lenient).map_err(|error| {
        // It is said what would help, if it would.
        let helps = !lenient && text_header(text, version, limits, true).is_ok();
        if helps { error.with_hint(Hint::Option(LENIENT, "true")) } else { error }
    });
    header.map_err(|error| error.nested(offset(start)))
}

/// The version that the first eight bytes name.
pub(super) fn version(bytes: &[u8]) -> Result<Version> {
    let is_magic = bytes.iter().zip(MAGIC).all(|(byte, magic)| byte == magic);
    match bytes.strip_prefix(MAGIC) {
        Some([major, minor, ..]) => Version::from_bytes(*major, *minor),
        None if !is_magic => Err(Error::malformed("the bytes do not begin with \\x93NUMPY").at(0)),
        _ => Err(ends_early(bytes.len(), MAGIC.len() + 2)),
    }
}

/// The length of the text, if it is allowed.
pub(super) fn text_length(field: &[u8], limits: &Limits) -> Result<usize> {
    let length = field.iter().rev().fold(0u64, |length, byte| length << 8 | u64::from(*byte));
    match usize::try_from(length) {
        Ok(known) if length <= limits.header_size() => Ok(known),
        _ => {
            limits.budget().check_header(length).map_err(|error| error.at(8))?;
            Err(Error::limit(format!("a header of {length} bytes does not fit into memory")).at(8))
        }
    }
}

/// The error for a header of which only `len` bytes are there.
#[cold]
pub(super) fn ends_early(len: usize, wanted: usize) -> Error {
    Error::malformed(format!("the header ends after {len} of {wanted} bytes")).at(offset(len))
}

/// An offset in an error; no memory is larger than a `u64` can say.
pub(super) fn offset(position: usize) -> u64 {
    position as u64
}

/// The header that a text is. Offsets in errors count from its first byte.
fn text_header(bytes: &[u8], version: Version, limits: &Limits, lenient: bool) -> Result<Header> {
    let text = decode(bytes, version)?;
    let mut scanner = Scanner::new(&text)
        .python2(version < Version::V3_0)
        .latin1(text.len() > bytes.len())
        .lenient(lenient)
        .max_depth(limits.depth())
        .max_fields(limits.fields());
    let entries = scanner.grouped(Entries::read)?;
    scanner.end()?;
    entries.header(version, bytes.len(), limits, lenient)
}

fn decode(bytes: &[u8], version: Version) -> Result<Cow<'_, str>> {
    if version < Version::V3_0 && !bytes.is_ascii() {
        return Ok(bytes.iter().copied().map(char::from).collect());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(Error::malformed("the header is not UTF-8").at(offset(error.valid_up_to()))),
    }
}

/// A value and its offset in the text.
type Placed<T> = Option<(T, u64)>;

/// The values of the dictionary.
#[derive(Default)]
struct Entries {
    /// The offset of the dictionary itself.
    at: u64,
    descr: Placed<DType>,
    fortran_order: Placed<bool>,
    shape: Placed<Ints>,
}

impl Entries {
    fn read(scanner: &mut Scanner<'_>) -> Result<Self> {
        let mut entries = Self::default();
        if scanner.open(Bracket::Brace).is_err() {
            return Err(scanner.error("header is not a dictionary"));
        }
        entries.at = scanner.offset();
        while !scanner.closes(Bracket::Brace)? {
            entries.read_entry(scanner)?;
            if !scanner.comma()? {
                break;
            }
        }
        scanner.close(Bracket::Brace)?;
        Ok(entries)
    }

    fn read_entry(&mut self, scanner: &mut Scanner<'_>) -> Result<()> {
        let key = scanner.string()?;
        let known = match &*key {
            "descr" => self.descr.is_some(),
            "fortran_order" => self.fortran_order.is_some(),
            "shape" => self.shape.is_some(),
            _ => return Err(scanner.error(format!("the header has an unknown key {}", shown(&key)))),
        };
        if known {
            return Err(scanner.error(format!("the key {} occurs twice", shown(&key))));
        }
        scanner.colon()?;
        scanner.peek()?;
        let at = scanner.offset();
        match &*key {
            "descr" => self.descr = Some((DType::from_literal(scanner)?, at)),
            "shape" => self.shape = Some((scanner.ints()?, at)),
            _ => self.fortran_order = Some((scanner.boolean()?, at)),
        }
        Ok(())
    }

    fn header(self, version: Version, length: usize, limits: &Limits, lenient: bool) -> Result<Header> {
        let lacks = |key| Error::malformed(format!("the header lacks the key '{key}'")).at(self.at);
        let (dtype, descr_at) = self.descr.ok_or_else(|| lacks("descr"))?;
        let (fortran, _) = self.fortran_order.ok_or_else(|| lacks("fortran_order"))?;
        let (shape, shape_at) = self.shape.ok_or_else(|| lacks("shape"))?;
        if let DType::SubArray(_) = dtype {
            return Err(
                Error::malformed(format!("the dtype of the array is a sub-array, {dtype}")).at(descr_at)
            );
        }
        let shape = dims(&shape, limits, lenient).map_err(|error| error.at(shape_at))?;
        if byte_count(&shape, &dtype).is_none() {
            let message = format!("the shape {:?} of {}-byte items is too large", &*shape, dtype.itemsize());
            return Err(Error::malformed(message).at(shape_at));
        }
        let order = if fortran { Order::F } else { Order::C };
        let data_offset = offset(version.text_offset() + length);
        Ok(Header { dtype, shape, data_offset, order, version })
    }
}

fn dims(shape: &Ints, limits: &Limits, lenient: bool) -> Result<Dims> {
    let shape = match shape {
        Ints::Tuple(shape) => shape.as_slice(),
        Ints::One(dim) if lenient => std::slice::from_ref(dim),
        Ints::List(shape) if lenient => shape.as_slice(),
        _ => return Err(Error::malformed("the shape is not a tuple")),
    };
    limits.budget().check_rank(shape.len())?;
    let dim = |dim: &arr_core::format::literal::Int| match dim.to_usize() {
        Some(dim) => Ok(dim),
        None if dim.is_negative() => Err(Error::malformed("a dimension is negative")),
        None => Err(Error::malformed("a dimension is larger than this machine can address")),
    };
    shape.iter().map(dim).collect()
}

/// A key in an error, which is not made longer by a long key.
fn shown(key: &str) -> String {
    py_repr(&key.chars().take(40).collect::<String>())
}
