//! The common header, recognised byte by byte: version 1.0, one number type, at most four dimensions, spelt as NumPy
//! does.
//!
//! Also read are the spellings of the Rust crates ndarray-npy, which closes the dictionary without a comma, and npyz,
//! which closes the shape with one. Everything else is left to the general parser, errors too.

use arr_core::{ByteOrder, DType, Limits, Order, Result, Scalar};

use super::{Dims, Header, Version};
use crate::broken_invariant;

const START: &[u8; 8] = b"\x93NUMPY\x01\x00";
const DESCR: &[u8; 11] = b"{'descr': '";
const C_ORDER: &[u8; 37] = b"', 'fortran_order': False, 'shape': (";
const F_ORDER: &[u8; 36] = b"', 'fortran_order': True, 'shape': (";

/// What a common header says, in registers: of a header that is built in memory and moved on, the moves would take
/// longer than the parsing.
#[derive(Clone, Copy)]
pub(crate) struct Common {
    kind: Scalar,
    byte_order: ByteOrder,
    dims: [usize; 4],
    rank: usize,
    order: Order,
    /// Where the data begins.
    pub(crate) offset: usize,
    /// Bytes of the data.
    pub(crate) len: usize,
}

impl Common {
    pub(crate) fn dtype(&self) -> DType {
        DType::Scalar(self.kind, self.byte_order)
    }

    pub(crate) fn shape(&self) -> Result<&[usize]> {
        self.dims
            .get(..self.rank)
            .ok_or_else(|| broken_invariant("a header has more dimensions than were read"))
    }

    pub(crate) fn order(&self) -> Order {
        self.order
    }

    #[inline(always)]
    pub(super) fn header(&self) -> Header {
        Header {
            dtype: self.dtype(),
            shape: Dims::from_buf_and_len(self.dims, self.rank),
            data_offset: self.offset as u64,
            order: self.order,
            version: Version::V1_0,
        }
    }
}

/// The header, if it is a common one.
#[inline(always)]
pub(crate) fn parse(bytes: &[u8], limits: &Limits) -> Option<Common> {
    let (start, rest) = bytes.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = u16::from_le_bytes(*length);
    if start != START || u64::from(length) > limits.header_size() {
        return None;
    }
    let text = rest.get(..usize::from(length))?;
    let (kind, byte_order, text) = scalar(strip(text, DESCR)?)?;
    let (order, text) = match strip(text, C_ORDER) {
        Some(text) => (Order::C, text),
        None => (Order::F, strip(text, F_ORDER)?),
    };
    let (dims, rank, len, text) = dims(text, kind.itemsize())?;
    let padding = strip(text, b", }").or_else(|| strip(text, b"}"))?;
    let (last, blanks) = padding.split_last()?;
    if *last != b'\n' || !is_blank(blanks) || rank > limits.rank() || limits.depth() < 2 {
        return None;
    }
    Some(Common { kind, byte_order, dims, rank, order, offset: 10 + usize::from(length), len })
}

#[inline(always)]
fn strip<'a, const N: usize>(bytes: &'a [u8], prefix: &[u8; N]) -> Option<&'a [u8]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    (first == prefix).then_some(rest)
}

/// The type string, without the quote after it.
#[inline(always)]
fn scalar(text: &[u8]) -> Option<(Scalar, ByteOrder, &[u8])> {
    let (code, text) = text.split_first_chunk::<3>()?;
    let order = match code.first()? {
        b'<' => ByteOrder::Little,
        b'>' => ByteOrder::Big,
        // `|f4` means the machine's byte order to NumPy.
        b'|' => ByteOrder::NATIVE,
        _ => return None,
    };
    let [_, kind, size] = code;
    let kind = match (kind, size) {
        (b'f', b'4') => Scalar::F32,
        (b'f', b'8') => Scalar::F64,
        (b'i', b'8') => Scalar::I64,
        (b'i', b'4') => Scalar::I32,
        (b'u', b'1') => Scalar::U8,
        (b'b', b'1') => Scalar::Bool,
        (b'i', b'1') => Scalar::I8,
        (b'i', b'2') => Scalar::I16,
        (b'u', b'2') => Scalar::U16,
        (b'u', b'4') => Scalar::U32,
        (b'u', b'8') => Scalar::U64,
        (b'f', b'2') => Scalar::F16,
        (b'c', b'8') => Scalar::Complex64,
        (b'c', b'1') => return Some((Scalar::Complex128, order, strip(text, b"6")?)),
        _ => return None,
    };
    Some((kind, order, text))
}

/// The dimensions and their number, the bytes of the items, and the text after the bracket.
#[inline(always)]
fn dims(text: &[u8], itemsize: usize) -> Option<([usize; 4], usize, usize, &[u8])> {
    let (dims, rank, rest) = 'shape: {
        if let Some(rest) = strip(text, b")") {
            break 'shape ([1; 4], 0, rest);
        }
        // Without a comma, a single number in parentheses is not a tuple.
        let (a, text) = decimal(text)?;
        let text = strip(text, b",")?;
        if let Some(rest) = strip(text, b")").or_else(|| strip(text, b" )")) {
            break 'shape ([a, 1, 1, 1], 1, rest);
        }
        let (b, text, is_last) = next_dim(text)?;
        if is_last {
            break 'shape ([a, b, 1, 1], 2, text);
        }
        let (c, text, is_last) = next_dim(text)?;
        if is_last {
            break 'shape ([a, b, c, 1], 3, text);
        }
        let (d, text, is_last) = next_dim(text)?;
        if !is_last {
            return None;
        }
        ([a, b, c, d], 4, text)
    };
    let most = dims.iter().try_fold(itemsize, |bytes, dim| bytes.checked_mul((*dim).max(1)))?;
    isize::try_from(most).ok()?;
    Some((dims, rank, if dims.contains(&0) { 0 } else { most }, rest))
}

/// A dimension after a comma, the text after it, and whether the bracket closed the shape.
#[inline(always)]
fn next_dim(text: &[u8]) -> Option<(usize, &[u8], bool)> {
    let (dim, rest) = decimal(strip(text, b" ").unwrap_or(text))?;
    match rest {
        [b')', rest @ ..] | [b',', b')', rest @ ..] | [b',', b' ', b')', rest @ ..] => {
            Some((dim, rest, true))
        }
        [b',', rest @ ..] => Some((dim, rest, false)),
        _ => None,
    }
}

/// Digits without leading zeros.
#[inline(always)]
fn decimal(text: &[u8]) -> Option<(usize, &[u8])> {
    let (first, mut rest) = text.split_first()?;
    let mut value = usize::from(first.wrapping_sub(b'0'));
    if value > 9 {
        return None;
    }
    while let Some((byte @ b'0'..=b'9', behind)) = rest.split_first() {
        if value == 0 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(usize::from(byte - b'0'))?;
        rest = behind;
    }
    Some((value, rest))
}

/// True when all bytes are spaces. There are some sixty of them, so they are compared many at a time.
#[inline(always)]
fn is_blank(bytes: &[u8]) -> bool {
    const BLANKS: &[u8; 16] = b"                ";
    match bytes.last_chunk::<16>() {
        Some(last) => last == BLANKS && bytes.chunks_exact(16).all(|chunk| chunk == BLANKS),
        None => bytes.iter().all(|byte| *byte == b' '),
    }
}
