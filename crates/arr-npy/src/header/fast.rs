//! The common header, recognised byte by byte: version 1.0, one number type, at most four dimensions, spelt as NumPy
//! does.
//!
//! Also read are the spellings of the Rust crates ndarray-npy, which closes the dictionary without a comma, and npyz,
//! which closes the shape with one. Everything else is left to the general parser, errors too.

use arr_core::{ByteOrder, DType, Limits, Order, Scalar};

use super::{Dims, Header, Version};

const START: &[u8; 8] = b"\x93NUMPY\x01\x00";
const DESCR: &[u8; 11] = b"{'descr': '";
const C_ORDER: &[u8; 37] = b"', 'fortran_order': False, 'shape': (";
const F_ORDER: &[u8; 36] = b"', 'fortran_order': True, 'shape': (";

/// The header, if it is a common one.
#[inline]
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Option<Header> {
    let (start, rest) = bytes.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = u16::from_le_bytes(*length);
    if start != START || u64::from(length) > limits.header_size() {
        return None;
    }
    let text = rest.get(..usize::from(length))?;
    let (dtype, text) = scalar(strip(text, DESCR)?)?;
    let (order, text) = match strip(text, C_ORDER) {
        Some(text) => (Order::C, text),
        None => (Order::F, strip(text, F_ORDER)?),
    };
    let (shape, text) = dims(text, dtype.itemsize())?;
    let padding = strip(text, b", }").or_else(|| strip(text, b"}"))?;
    let (last, blanks) = padding.split_last()?;
    if *last != b'\n' || !is_blank(blanks) || shape.len() > limits.rank() || limits.depth() < 2 {
        return None;
    }
    let data_offset = 10 + u64::from(length);
    Some(Header { dtype, shape, data_offset, order, version: Version::V1_0 })
}

#[inline]
fn strip<'a, const N: usize>(bytes: &'a [u8], prefix: &[u8; N]) -> Option<&'a [u8]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    (first == prefix).then_some(rest)
}

/// The type string, without the quote behind it.
#[inline]
fn scalar(text: &[u8]) -> Option<(DType, &[u8])> {
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
        (b'c', b'1') => return Some((DType::Scalar(Scalar::Complex128, order), strip(text, b"6")?)),
        _ => return None,
    };
    Some((DType::Scalar(kind, order), text))
}

/// The dimensions and the bracket behind them.
#[inline]
fn dims(mut text: &[u8], itemsize: usize) -> Option<(Dims, &[u8])> {
    let (mut dims, mut rank, mut bytes) = ([0usize; 4], 0usize, itemsize);
    loop {
        if let Some(rest) = strip(text, b")") {
            isize::try_from(bytes).ok()?;
            return Some((Dims::from_buf_and_len(dims, rank), rest));
        }
        let (dim, rest) = decimal(text)?;
        *dims.get_mut(rank)? = dim;
        bytes = bytes.checked_mul(dim.max(1))?;
        rank += 1;
        text = match rest {
            [b',', b' ', rest @ ..] | [b',', rest @ ..] => rest,
            // Without a comma, a single number in parentheses is no tuple.
            [b')', ..] if rank > 1 => rest,
            _ => return None,
        };
    }
}

/// Digits without leading zeros.
#[inline]
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
#[inline]
fn is_blank(bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks_exact(16);
    chunks.by_ref().all(|chunk| chunk == b"                ")
        && chunks.remainder().iter().all(|byte| *byte == b' ')
}
