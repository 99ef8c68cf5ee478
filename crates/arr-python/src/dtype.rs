//! What an item is, in NumPy's words and in ours.

use arr_io::DType;
use numpy::{PyArrayDescr, PyArrayDescrMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::error::raised;

/// The dtype of NumPy for items of ours. What NumPy has no dtype for, such as texts of any length, is an error.
///
/// # Errors
/// `ValueError` when there is none.
pub fn to_numpy<'py>(py: Python<'py>, dtype: &DType) -> PyResult<Bound<'py, PyArrayDescr>> {
    match dtype {
        DType::Record(_) | DType::SubArray(_) => spelled(py, dtype),
        _ => {
            let text = dtype.to_string();
            let none = |_| PyValueError::new_err(format!("NumPy has no dtype for items of {text}"));
            PyArrayDescr::new(py, text.as_str()).map_err(none)
        }
    }
}

/// A dtype with parts, made of its parts.
fn spelled<'py>(py: Python<'py>, dtype: &DType) -> PyResult<Bound<'py, PyArrayDescr>> {
    match dtype {
        DType::SubArray(sub) => {
            let base = to_numpy(py, sub.base())?;
            let shape = PyTuple::new(py, sub.shape())?;
            PyArrayDescr::new(py, (base, shape).into_pyobject(py)?)
        }
        DType::Record(record) => {
            let spec = PyDict::new(py);
            let (mut names, mut titles, mut formats, mut offsets) = (vec![], vec![], vec![], vec![]);
            for field in record.fields() {
                names.push(field.name());
                titles.push(field.title());
                formats.push(to_numpy(py, field.dtype())?);
                offsets.push(field.offset());
            }
            spec.set_item(intern!(py, "names"), names)?;
            spec.set_item(intern!(py, "formats"), formats)?;
            spec.set_item(intern!(py, "offsets"), offsets)?;
            spec.set_item(intern!(py, "titles"), titles)?;
            spec.set_item(intern!(py, "itemsize"), record.itemsize())?;
            spec.set_item(intern!(py, "aligned"), record.is_aligned())?;
            let dtype = PyArrayDescr::new(py, spec)?;
            if !record.has_attributes() {
                return Ok(dtype);
            }
            let class = py.import("numpy")?.getattr("record")?;
            PyArrayDescr::new(py, (class, dtype).into_pyobject(py)?)
        }
        dtype => to_numpy(py, dtype),
    }
}

/// Our dtype for items of NumPy's.
///
/// # Errors
/// `TypeError` when it has none, as for types that other packages add to NumPy.
pub fn from_numpy(dtype: &Bound<'_, PyArrayDescr>) -> PyResult<DType> {
    let py = dtype.py();
    if !dtype.has_fields() && !dtype.has_subarray() {
        let text = dtype.getattr(intern!(py, "str"))?;
        return parsed(text.cast::<PyString>()?.to_str()?);
    }
    if dtype.has_subarray() {
        let base = from_numpy(&dtype.base())?;
        return Ok(DType::SubArray(arr_io::SubArray::new(base, &dtype.shape()).map_err(raised)?.into()));
    }
    let mut record = arr_io::RecordType::builder();
    let fields = dtype.getattr(intern!(py, "fields"))?;
    for name in dtype.names().unwrap_or_default() {
        let field = fields.get_item(&name)?;
        let base = from_numpy(&field.get_item(0)?.cast_into::<PyArrayDescr>()?)?;
        let offset: usize = field.get_item(1)?.extract()?;
        let title = if field.len()? > 2 { field.get_item(2)?.extract::<String>().ok() } else { None };
        record = record.field_at(name, title, base, offset);
    }
    record = record.itemsize(dtype.itemsize());
    if dtype.is_aligned_struct() {
        record = record.aligned();
    }
    record.build().map(|record| DType::Record(record.into())).map_err(raised)
}

/// The dtype that a text of NumPy's describes: a type string, or a list of fields as Python writes it.
///
/// # Errors
/// `TypeError` when it is none.
pub fn parsed(text: &str) -> PyResult<DType> {
    text.parse().map_err(|error: arr_io::Error| PyTypeError::new_err(error.to_string()))
}
