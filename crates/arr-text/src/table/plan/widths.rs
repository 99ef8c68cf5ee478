//! Texts of a dtype without a length, which are as wide as the longest one of their column.

use arr_core::format::room;
use arr_core::{DType, Error, ErrorKind, RecordType, Result, SubArray};

use crate::broken::lost;
use crate::table::columns::columns_of;
use crate::table::infer::Seen;

/// True for a dtype with a text that has no length.
pub(super) fn has_open(dtype: &DType) -> bool {
    match dtype {
        DType::Bytes(0) | DType::Unicode(0, _) => true,
        DType::Record(record) => record.fields().iter().any(|field| has_open(field.dtype())),
        DType::SubArray(sub) => has_open(sub.base()),
        _ => false,
    }
}

/// The characters that texts of each column may have; none where no column has texts.
pub(super) fn lengths(dtype: &DType, most: usize) -> Result<Vec<Option<usize>>> {
    if matches!(dtype, DType::Scalar(..)) {
        return Ok(Vec::new());
    }
    let lengths: Vec<_> = columns_of(dtype, most)?.iter().map(|column| column.kind.length()).collect();
    Ok(if lengths.iter().any(Option::is_some) { lengths } else { Vec::new() })
}

/// The dtype with the lengths that the columns have.
///
/// # Errors
/// `Unsupported` for records whose fields do not follow one another; `LimitExceeded`.
pub(super) fn closed(dtype: &DType, seen: &Seen, most: usize) -> Result<DType> {
    let mut widths: Vec<usize> = seen.columns.iter().map(|guess| guess.chars.max(1)).collect();
    // Columns that no row has are as wide as a text is at least.
    let columns = columns_of(dtype, most)?.len();
    if widths.len() < columns {
        widths.try_reserve(columns - widths.len()).map_err(room::no_memory)?;
        widths.resize(columns, 1);
    }
    with_widths(dtype, &widths, most).map_err(|error| match error.kind() {
        ErrorKind::InvalidArgument => seen.too_long(error),
        _ => error,
    })
}

/// The same for the columns of a part of the dtype.
fn with_widths(dtype: &DType, widths: &[usize], most: usize) -> Result<DType> {
    let lost = || lost("a column has no width");
    let width = || widths.first().copied().ok_or_else(lost);
    match dtype {
        DType::Bytes(0) => Ok(DType::Bytes(width()?)),
        DType::Unicode(0, order) => Ok(DType::Unicode(width()?, *order)),
        DType::Record(record) if has_open(dtype) => {
            let mut builder = match (record.is_aligned(), record.is_packed()) {
                (true, _) => RecordType::builder().aligned(),
                (false, true) => RecordType::builder(),
                (false, false) => {
                    let message =
                        "a text without a length moves the fields behind it, whose offsets are told";
                    return Err(Error::unsupported(message));
                }
            };
            let mut rest = widths;
            for field in record.fields() {
                let count = columns_of(field.dtype(), most)?.len();
                let own = with_widths(field.dtype(), rest, most)?;
                rest = rest.get(count..).ok_or_else(lost)?;
                builder = match field.title() {
                    Some(title) => builder.titled_field(field.name(), title, own),
                    None => builder.field(field.name(), own),
                };
            }
            Ok(builder.build()?.into())
        }
        DType::SubArray(sub) if has_open(dtype) => {
            // What is repeated has to hold the longest of all repetitions.
            let count = columns_of(sub.base(), most)?.len();
            let all = columns_of(dtype, most)?.len();
            let own = widths.get(..all).ok_or_else(lost)?;
            // One without items has no columns.
            let widest = |place| own.iter().skip(place).step_by(count.max(1)).copied().max().unwrap_or(1);
            let widths: Vec<usize> = (0..count).map(widest).collect();
            let base = with_widths(sub.base(), &widths, most)?;
            Ok(DType::SubArray(SubArray::new(base, sub.shape())?.into()))
        }
        dtype => Ok(dtype.clone()),
    }
}
