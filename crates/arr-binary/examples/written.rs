//! Writes arrays of every type and several shapes, in every format that ND4J reads right, for ND4J to read.
//!
//! `written FOLDER` puts a file for each into FOLDER, and `list.tsv` with a line for each, fields separated by tabs: file, format,
//! type as NumPy calls it, shape, items in C order as hexadecimal digits of their little-endian bytes, and of a
//! message its time, index and dimensions.

use std::fmt::Write as _;
use std::path::Path;

use arr_binary::nd4j::DataType;
use arr_binary::{aeron, binaryserde, flatarray, stream};
use arr_core::{Array, ArrayView, ByteOrder, Error, Order, Result};

/// A format, and what ND4J M2.1 reads right of it.
struct Written {
    format: &'static str,
    ending: &'static str,
    /// Whether ND4J reads an array of this type, shape and order as it was written.
    reads: fn(DataType, &[usize], Order) -> bool,
    to_bytes: fn(&ArrayView<'_>) -> Result<Vec<u8>>,
}

/// When our messages are sent, in milliseconds.
const SENT: i64 = 1_700_000_000_123;

/// Of other types it reads memory that nobody wrote; what is empty it refuses.
fn reads_binaryserde(kind: DataType, shape: &[usize], _: Order) -> bool {
    use DataType::{Byte, Double, Float, Half, Int, Long, Short, UByte};
    matches!(kind, Double | Float | Half | Long | Int | Short | Byte | UByte) && !shape.contains(&0)
}

const FORMATS: &[Written] = &[
    Written {
        format: "nd4j-stream",
        ending: "bin",
        reads: |_, _, _| true,
        to_bytes: |array| stream::to_bytes(array),
    },
    Written {
        format: "nd4j-binaryserde",
        ending: "buf",
        reads: reads_binaryserde,
        to_bytes: |array| binaryserde::to_bytes(array),
    },
    Written {
        format: "nd4j-aeron-message",
        ending: "msg",
        reads: reads_binaryserde,
        to_bytes: |array| {
            let mut message = aeron::Message::new(array.to_contiguous(array.natural_order())?, SENT);
            message.index = 1;
            message.dimensions = vec![0, 1];
            message.to_bytes()
        },
    },
    Written {
        format: "nd4j-flatarray",
        ending: "fb",
        // It takes Fortran order for C order in bytes without a sign, its own files' too.
        reads: |kind, shape, order| {
            use DataType::{BFloat16, UByte, UInt16, UInt32, UInt64};
            match kind {
                BFloat16 | UInt16 | UInt32 | UInt64 => false,
                UByte => order == Order::C || shape.len() < 2,
                _ => true,
            }
        },
        to_bytes: |array| flatarray::to_bytes(array),
    },
    Written {
        format: "nd4j-txt",
        ending: "txt",
        // It has no type, and what is read is float32; nothing empty and no NaN or infinity is read.
        reads: |kind, shape, _| kind == DataType::Float && !shape.contains(&0),
        to_bytes: |array| arr_text::nd4j::to_bytes(array),
    },
    Written {
        format: "npy",
        ending: "npy",
        // Fortran order is taken for C order, and what is empty for a scalar.
        reads: |kind, shape, order| {
            kind != DataType::BFloat16 && !shape.contains(&0) && (order == Order::C || shape.len() < 2)
        },
        to_bytes: |array| arr_npy::to_bytes(array),
    },
];

/// Scalars, vectors, matrices, more than that, and what is empty.
const SHAPES: &[&[usize]] =
    &[&[], &[1], &[5], &[1, 4], &[4, 1], &[2, 3], &[2, 3, 2], &[2, 1, 2, 3], &[0], &[2, 0, 3]];

const TYPES: &[DataType] = &[
    DataType::Double,
    DataType::Float,
    DataType::Half,
    DataType::BFloat16,
    DataType::Long,
    DataType::Int,
    DataType::Short,
    DataType::Byte,
    DataType::UInt64,
    DataType::UInt32,
    DataType::UInt16,
    DataType::UByte,
    DataType::Bool,
];

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: written FOLDER"))?;
    let folder = Path::new(&folder);
    let mut list = String::new();
    for kind in TYPES {
        for shape in SHAPES {
            for order in [Order::C, Order::F] {
                for written in FORMATS.iter().filter(|written| (written.reads)(*kind, shape, order)) {
                    list.push_str(&write(folder, written, *kind, shape, order)?);
                }
            }
        }
    }
    std::fs::write(folder.join("list.tsv"), list)?;
    Ok(())
}

/// Writes one file; its line in the list.
fn write(folder: &Path, written: &Written, kind: DataType, shape: &[usize], order: Order) -> Result<String> {
    let len = shape.iter().product();
    let mut items = items(kind);
    if kind == DataType::Long && matches!(written.format, "nd4j-binaryserde" | "nd4j-aeron-message") {
        items = exact_in_doubles();
    }
    if written.format == "nd4j-txt" {
        items =
            [0.1f32, -2.5, 1e-45, f32::MAX, 0.0, 16_777_217.0].map(|item| item.to_le_bytes().to_vec()).into();
    }
    let bytes: Vec<u8> = items.into_iter().cycle().take(len).flatten().collect();
    let dtype = kind.dtype(ByteOrder::Little).ok_or_else(|| Error::invalid("a type without a width"))?;
    let name = dtype.as_scalar().map(|(scalar, _)| scalar.name()).unwrap_or_default();
    let plain = Array::contiguous(dtype, shape, Order::C, &bytes[..])?;
    let array = plain.to_contiguous(order)?;
    let sizes = shape.iter().map(ToString::to_string).collect::<Vec<_>>();
    let letter = if order == Order::C { 'c' } else { 'f' };
    let file = format!("{}-{name}-{}-{letter}.{}", written.format, sizes.join("x"), written.ending);
    std::fs::write(folder.join(&file), (written.to_bytes)(&array.view())?)?;
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let message =
        if written.format == "nd4j-aeron-message" { format!("{SENT} 1 0 1") } else { String::new() };
    Ok(format!("{file}\t{}\t{name}\t{}\t{digits}\t{message}\n", written.format, sizes.join(" ")))
}

/// Items that are hard to carry over: the ends of the range, and of numbers with a point every kind there is.
fn items(kind: DataType) -> Vec<Vec<u8>> {
    let width = kind.itemsize().unwrap_or(1);
    match kind {
        DataType::Double => [0.1, -2.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, f64::MAX]
            .iter()
            .map(|item| item.to_le_bytes().to_vec())
            .collect(),
        DataType::Float => [0.1, -2.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e-45, f32::MAX]
            .iter()
            .map(|item| item.to_le_bytes().to_vec())
            .collect(),
        DataType::Half => shorts(&[0x2e66, 0xc100, 0x7e00, 0x7c00, 0xfc00, 0x8000, 0x0001, 0x7bff]),
        DataType::BFloat16 => shorts(&[0x3dcd, 0xc020, 0x7fc0, 0x7f80, 0xff80, 0x8000, 0x0001, 0x7f7f]),
        DataType::Bool => vec![vec![1], vec![0], vec![0], vec![1], vec![1]],
        // All zeros, all ones, both sides of half the range, and bytes that differ.
        _ => [0, u64::MAX, i64::MAX as u64 >> (64 - 8 * width), 1 << (8 * width - 1), 0x0123_4567_89ab_cdef]
            .iter()
            .map(|item| item.to_le_bytes().into_iter().take(width).collect())
            .collect(),
    }
}

/// Integers of 64 bits that ND4J keeps where it takes them through a double.
fn exact_in_doubles() -> Vec<Vec<u8>> {
    let items: [i64; 5] = [0, -1, (1 << 53) - 1, 1 - (1 << 53), 0x0123_4567_89ab];
    items.iter().map(|item| item.to_le_bytes().to_vec()).collect()
}

fn shorts(items: &[u16]) -> Vec<Vec<u8>> {
    items.iter().map(|item| item.to_le_bytes().to_vec()).collect()
}
