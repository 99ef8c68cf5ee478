//! One value in words, for errors.

use super::text::without_padding;
use crate::model::long_double::f64_from_x87;
use crate::{DType, NOT_A_TIME, Scalar};

/// The value of an item in the machine's byte order (long doubles: little-endian).
pub(crate) fn describe(dtype: &DType, item: &[u8]) -> String {
    match dtype {
        DType::Scalar(kind, _) if kind.is_complex() => {
            let (real, imaginary) = item.split_at(item.len() / 2);
            let part = |bytes| number(super::part(*kind), bytes).unwrap_or_else(|| in_hex(bytes));
            let sign = if part(imaginary).starts_with('-') { "" } else { "+" };
            format!("{}{sign}{}j", part(real), part(imaginary))
        }
        DType::Scalar(kind, _) => number(*kind, item).unwrap_or_else(|| in_hex(item)),
        DType::DateTime(..) | DType::TimeDelta(..) => match item.try_into().map(i64::from_ne_bytes) {
            Ok(NOT_A_TIME) => "NaT".to_owned(),
            Ok(ticks) => format!("{ticks} in {dtype}"),
            Err(_) => in_hex(item),
        },
        DType::Unicode(..) => {
            let units =
                item.chunks_exact(4).filter_map(|unit| Some(u32::from_ne_bytes(unit.try_into().ok()?)));
            let text: String =
                units.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            quoted(text.trim_end_matches('\0'))
        }
        _ => quoted(&String::from_utf8_lossy(without_padding(item))),
    }
}

/// Bytes that are not those of a value.
fn in_hex(item: &[u8]) -> String {
    item.iter().fold("the bytes".to_owned(), |text, byte| format!("{text} {byte:02x}"))
}

/// The start of a text, on one line.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let start: String = text.chars().take(SHOWN).collect();
    let more = if text.chars().nth(SHOWN).is_some() { "..." } else { "" };
    format!("{start:?}{more}")
}

fn number(kind: Scalar, item: &[u8]) -> Option<String> {
    fn native<T: bytemuck::AnyBitPattern + std::fmt::Debug>(item: &[u8]) -> Option<String> {
        bytemuck::try_pod_read_unaligned::<T>(item).ok().map(|value| format!("{value:?}"))
    }
    match kind {
        Scalar::Bool => Some(match item.first()? {
            0 => "False".to_owned(),
            1 => "True".to_owned(),
            byte => format!("the byte {byte}, which is not a bool,"),
        }),
        Scalar::I8 => native::<i8>(item),
        Scalar::I16 => native::<i16>(item),
        Scalar::I32 => native::<i32>(item),
        Scalar::I64 => native::<i64>(item),
        Scalar::U8 => native::<u8>(item),
        Scalar::U16 => native::<u16>(item),
        Scalar::U32 => native::<u32>(item),
        Scalar::U64 => native::<u64>(item),
        Scalar::F16 => native::<half::f16>(item),
        Scalar::BF16 => native::<half::bf16>(item),
        Scalar::F32 => native::<f32>(item),
        Scalar::F64 => native::<f64>(item),
        Scalar::LongDouble12 | Scalar::LongDouble16 => {
            Some(format!("{:?}", f64_from_x87(item.get(..10)?.try_into().ok()?)))
        }
        _ => None,
    }
}
