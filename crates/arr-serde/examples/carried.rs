//! Writes arrays in JSON, in base64 and by Kryo's rules as ND4J reads them, for ND4J to read.
//!
//! `written FOLDER` puts a file for each into FOLDER, and `list.tsv` with a line for each, fields separated by tabs: file, format,
//! type as NumPy calls it, shape, items in C order as hexadecimal digits of their little-endian bytes, and of what Kryo
//! reads its version and method.

use std::fmt::Write as _;
use std::path::Path;

use arr_core::{Array, ArrayView, ByteOrder, DType, Error, Order, Result};
use arr_serde::json::{Form, WriteOptions};
use arr_serde::{kryo, nd4j_base64};

/// A form, and what ND4J M2.1 reads right of it.
struct Written {
    format: &'static str,
    ending: &'static str,
    /// The version of Kryo and its method, or nothing.
    how: &'static str,
    reads: fn(&Case) -> bool,
    to_bytes: fn(&ArrayView<'_>) -> Result<Vec<u8>>,
}

/// What is written.
struct Case {
    dtype: &'static str,
    /// The items as bits.
    items: &'static [u64],
    shape: &'static [usize],
    order: Order,
}

const FORMS: &[Written] = &[
    Written {
        format: "nd4j-base64",
        ending: "b64",
        how: "",
        reads: |_| true,
        to_bytes: |array| nd4j_base64::to_bytes(array),
    },
    Written {
        format: "nd4j-jackson",
        ending: "json",
        how: "",
        reads: |_| true,
        to_bytes: |array| WriteOptions::new().form(Form::Jackson).to_bytes(array),
    },
    Written {
        format: "nd4j-json-text",
        ending: "json",
        how: "",
        // It reads what is not a number as 0, and does not know some types.
        reads: |case| !matches!(case.dtype, "uint16" | "uint32" | "uint64") && !case.shape.contains(&0),
        to_bytes: |array| WriteOptions::new().form(Form::JsonText).to_bytes(array),
    },
    Written {
        format: "nd4j-kryo",
        ending: "kryo",
        how: "4 object",
        reads: |_| true,
        to_bytes: |array| kryo::to_bytes(array),
    },
    Written {
        format: "nd4j-kryo",
        ending: "cls.kryo",
        how: "4 class",
        reads: |_| true,
        to_bytes: |array| kryo::WriteOptions::new().class_id(10).to_bytes(array),
    },
    Written {
        format: "nd4j-kryo",
        ending: "5.kryo",
        how: "5 object",
        reads: |_| true,
        to_bytes: |array| kryo::WriteOptions::new().references(false).to_bytes(array),
    },
    Written {
        format: "nd4j-kryo",
        ending: "5.cls.kryo",
        how: "5 class",
        reads: |_| true,
        to_bytes: |array| kryo::WriteOptions::new().references(false).class_id(9).to_bytes(array),
    },
];

const SHAPES: &[&[usize]] = &[&[], &[5], &[1, 4], &[2, 3], &[2, 1, 2, 3], &[0]];

const TYPES: &[(&str, &[u64])] = &[
    ("float64", &[0x3fb9_9999_9999_999a, 0xc004_0000_0000_0000, 1, 0x7fef_ffff_ffff_ffff, 1 << 63]),
    ("float32", &[0x3dcc_cccd, 0xc020_0000, 1, 0x7f7f_ffff, 0x8000_0000, 0x4b80_0001]),
    ("float16", &[0x2e66, 0xc100, 1, 0x7bff, 0x8000]),
    ("int64", &[0, u64::MAX, i64::MAX as u64, 1 << 63, 0x0123_4567_89ab_cdef]),
    ("int32", &[0, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 0x0123_4567]),
    ("int16", &[0, 0xffff, 0x7fff, 0x8000]),
    ("int8", &[0, 0xff, 0x7f, 0x80]),
    ("uint8", &[0, 0xff, 0x7f, 0x80]),
    ("uint16", &[0, 0xffff, 0x7fff]),
    ("uint32", &[0, 0xffff_ffff]),
    ("uint64", &[0, u64::MAX]),
    ("bool", &[1, 0, 0, 1, 1]),
];

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: written FOLDER"))?;
    let folder = Path::new(&folder);
    let mut list = String::new();
    for (dtype, items) in TYPES {
        for shape in SHAPES {
            for order in [Order::C, Order::F] {
                let case = Case { dtype, items, shape, order };
                for form in FORMS.iter().filter(|form| (form.reads)(&case)) {
                    list.push_str(&write(folder, form, &case)?);
                }
            }
        }
    }
    std::fs::write(folder.join("list.tsv"), list)?;
    Ok(())
}

/// Writes one file; its line in the list.
fn write(folder: &Path, form: &Written, case: &Case) -> Result<String> {
    let dtype: DType = case.dtype.parse()?;
    let dtype = dtype.with_byte_order(ByteOrder::Little);
    let (len, width) = (case.shape.iter().product(), dtype.itemsize());
    let each =
        case.items.iter().cycle().take(len).flat_map(|bits| bits.to_le_bytes().into_iter().take(width));
    let bytes: Vec<u8> = each.collect();
    let plain = Array::contiguous(dtype, case.shape, Order::C, &bytes[..])?;
    let array = plain.to_contiguous(case.order)?;
    let sizes = case.shape.iter().map(ToString::to_string).collect::<Vec<_>>();
    let letter = if case.order == Order::C { 'c' } else { 'f' };
    let file = format!("{}-{}-{}-{letter}.{}", form.format, case.dtype, sizes.join("x"), form.ending);
    std::fs::write(folder.join(&file), (form.to_bytes)(&array.view())?)?;
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    Ok(format!("{file}\t{}\t{}\t{}\t{digits}\t{}\n", form.format, case.dtype, sizes.join(" "), form.how))
}
