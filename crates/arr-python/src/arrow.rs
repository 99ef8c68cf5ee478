//! Arrays for Apache Arrow, by its C data interface: what an array is to Arrow, and the memory of its columns.
//!
//! An array of one dimension is a column of its items, and one of more dimensions, in C order, a column of lists of a fixed
//! size, in each other for each dimension: without a copy. A record is a struct; its fields are collected, since Arrow has
//! the values of a field one after another. Arrow has numbers of the machine's byte order alone, so others are swapped in a
//! copy.

use arr_io::{Array, Buffer, BufferMut, ByteOrder, DType, Order, RecordType, Scalar, TimeBase, TimeUnit};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::error::raised;
use crate::memory::capsule;

/// A column: its type in Arrow's words, its memory, and the columns in it.
#[derive(Debug)]
pub struct Column {
    /// The type, by a text of Arrow's.
    pub format: String,
    /// The name of a field.
    pub name: String,
    /// The number of values.
    pub len: usize,
    /// Which values are there, as bits, and how many are not; nothing if all are.
    pub validity: Option<(Buffer, usize)>,
    /// The rest of its memory.
    pub buffers: Vec<Buffer>,
    /// The columns of a struct or a list.
    pub children: Vec<Column>,
}

/// The schema and the array, each in a capsule.
///
/// # Errors
/// `TypeError` for items that Arrow does not have.
pub fn array<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyTuple>> {
    let column = column_of("", array)?;
    let schema: Bound<'py, PyCapsule> = capsule::schema(py, &column)?;
    PyTuple::new(py, [schema, capsule::array(py, column)?])
}

/// A stream of one array.
///
/// # Errors
/// `TypeError` for items that Arrow does not have.
pub fn stream<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    Ok(capsule::stream(py, table_of(array)?)?.into_any())
}

/// A stream is a table: what is not a record is its only column.
fn table_of(array: &Array) -> PyResult<Column> {
    let column = column_of("", array)?;
    if column.format == "+s" {
        return Ok(column);
    }
    let len = column.len;
    let named = |place: usize, column| Column { name: format!("f{place}"), ..column };
    let columns = match (array.ndim(), array.shape()) {
        // A matrix is a table, whose columns are its columns.
        (2, [_, width]) => {
            let each = (0..*width).map(|place| {
                let rest = array.slice(arr_io::s![.., place.cast_signed()]).map_err(raised)?;
                Ok(named(place, column_of("", &rest.to_owned().map_err(raised)?)?))
            });
            each.collect::<PyResult<Vec<_>>>()?
        }
        _ => vec![named(0, column)],
    };
    Ok(Column {
        format: "+s".into(),
        name: String::new(),
        len,
        validity: None,
        buffers: Vec::new(),
        children: columns,
    })
}

fn column_of(name: &str, array: &Array) -> PyResult<Column> {
    let shape = array.shape();
    let Some((first, inner)) = shape.split_first() else {
        return Err(PyTypeError::new_err("Arrow has no arrays without dimensions"));
    };
    let mut column = match array.dtype() {
        DType::Record(record) => structure(array, record)?,
        dtype => values(array, dtype)?,
    };
    // Lists in each other, the innermost first.
    for dim in inner.iter().rev() {
        let len = column.len.checked_div(*dim).unwrap_or(0);
        column.name = "item".into();
        let format = format!("+w:{dim}");
        column = Column {
            format,
            name: String::new(),
            len,
            validity: None,
            buffers: Vec::new(),
            children: vec![column],
        };
    }
    if inner.contains(&0) {
        column.len = *first;
    }
    column.name = name.to_owned();
    Ok(column)
}

/// A struct of the fields of records, in the order of the array's items.
fn structure(array: &Array, record: &RecordType) -> PyResult<Column> {
    let mut children = Vec::new();
    for field in record.fields() {
        let items = array.field(field.name()).map_err(raised)?;
        let items = items.to_contiguous_in(Order::C, ByteOrder::NATIVE).map_err(raised)?;
        let items = match items.ndim() {
            0 | 1 => items,
            _ => {
                // The items of the outer array one after another; the dimensions of a sub-array stay.
                let own = items.shape().get(array.ndim()..).unwrap_or_default();
                let shape: Vec<usize> = std::iter::once(array.len()).chain(own.iter().copied()).collect();
                let (dtype, _, bytes) = items.into_parts();
                Array::contiguous(dtype, &shape, Order::C, bytes).map_err(raised)?
            }
        };
        children.push(column_of(field.name(), &items)?);
    }
    let format = "+s".to_owned();
    Ok(Column {
        format,
        name: String::new(),
        len: array.len(),
        validity: None,
        buffers: Vec::new(),
        children,
    })
}

/// A column of all items in C order.
fn values(array: &Array, dtype: &DType) -> PyResult<Column> {
    let (format, is_packed) = format_of(dtype)?;
    let len = array.len();
    if matches!(dtype, DType::Unicode(..) | DType::Utf8) {
        return texts(array);
    }
    let native = if dtype.is_native() && array.as_bytes(Order::C).is_some() {
        array.clone()
    } else {
        array.to_contiguous_in(Order::C, ByteOrder::NATIVE).map_err(raised)?
    };
    let start = native.layout().offset();
    let end = start.saturating_add(native.nbytes());
    let bytes =
        native.storage().slice(start..end).ok_or_else(|| PyTypeError::new_err("an array without memory"))?;
    let is_time = matches!(dtype, DType::DateTime(..) | DType::TimeDelta(..));
    let validity = if is_time { times_there(&bytes)? } else { None };
    let bytes = if is_packed { bits(bytes.iter().map(|truth| *truth != 0))? } else { bytes };
    Ok(Column { format, name: String::new(), len, validity, buffers: vec![bytes], children: Vec::new() })
}

/// Truth values as bits.
fn bits(truths: impl ExactSizeIterator<Item = bool>) -> PyResult<Buffer> {
    let mut packed = BufferMut::zeroed(truths.len().div_ceil(8)).map_err(raised)?;
    let bytes = packed.as_mut_slice();
    for (place, _) in truths.enumerate().filter(|(_, truth)| *truth) {
        if let Some(byte) = bytes.get_mut(place / 8) {
            *byte |= 1 << (place % 8);
        }
    }
    Ok(packed.freeze())
}

/// Which times are not "not a time".
fn times_there(bytes: &[u8]) -> PyResult<Option<(Buffer, usize)>> {
    let is_there = |ticks: &[u8]| ticks.try_into().map(i64::from_ne_bytes).ok() != Some(arr_io::NOT_A_TIME);
    let ticks = bytes.chunks_exact(8);
    let missing = ticks.clone().filter(|ticks| !is_there(ticks)).count();
    if missing == 0 {
        return Ok(None);
    }
    Ok(Some((bits(ticks.map(is_there))?, missing)))
}

/// Texts one after another, and where they begin.
fn texts(array: &Array) -> PyResult<Column> {
    let texts = array.to_strings().map_err(raised)?;
    let mut ends: Vec<i64> = vec![0];
    let mut all = String::new();
    for text in &texts {
        all.push_str(text);
        ends.push(i64::try_from(all.len()).unwrap_or(i64::MAX));
    }
    let buffers = vec![Buffer::from_vec(ends), Buffer::from_vec(all.into_bytes())];
    Ok(Column {
        format: "U".into(),
        name: String::new(),
        len: texts.len(),
        validity: None,
        buffers,
        children: Vec::new(),
    })
}

/// What items are called by Arrow, and whether they are bits.
fn format_of(dtype: &DType) -> PyResult<(String, bool)> {
    let simple = match dtype {
        DType::Scalar(kind, _) => match kind {
            Scalar::Bool => return Ok(("b".into(), true)),
            Scalar::I8 => "c",
            Scalar::U8 => "C",
            Scalar::I16 => "s",
            Scalar::U16 => "S",
            Scalar::I32 => "i",
            Scalar::U32 => "I",
            Scalar::I64 => "l",
            Scalar::U64 => "L",
            Scalar::F16 => "e",
            Scalar::F32 => "f",
            Scalar::F64 => "g",
            _ => return Err(none(dtype)),
        },
        DType::Bytes(len) | DType::Void(len) if *len > 0 => return Ok((format!("w:{len}"), false)),
        DType::Unicode(..) | DType::Utf8 => "U",
        DType::DateTime(unit, _) => match letter(*unit) {
            Some(letter) => return Ok((format!("ts{letter}:"), false)),
            None => return Err(none(dtype)),
        },
        DType::TimeDelta(unit, _) => match letter(*unit) {
            Some(letter) => return Ok((format!("tD{letter}"), false)),
            None => return Err(none(dtype)),
        },
        _ => return Err(none(dtype)),
    };
    Ok((simple.into(), false))
}

/// The unit of a time, where Arrow has it.
fn letter(unit: TimeUnit) -> Option<char> {
    match unit {
        TimeUnit::Of(TimeBase::Second, 1) => Some('s'),
        TimeUnit::Of(TimeBase::Millisecond, 1) => Some('m'),
        TimeUnit::Of(TimeBase::Microsecond, 1) => Some('u'),
        TimeUnit::Of(TimeBase::Nanosecond, 1) => Some('n'),
        _ => None,
    }
}

fn none(dtype: &DType) -> PyErr {
    PyTypeError::new_err(format!("Arrow has no type for items of {dtype}"))
}

impl Column {
    /// What it is, without what is in it.
    #[must_use]
    pub fn without_memory(&self) -> Self {
        Self {
            format: self.format.clone(),
            name: self.name.clone(),
            len: 0,
            validity: None,
            buffers: Vec::new(),
            children: self.children.iter().map(Self::without_memory).collect(),
        }
    }
}
