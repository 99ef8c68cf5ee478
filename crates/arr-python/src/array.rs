//! The array of the package: what is in a file, which NumPy and others take as it is.

use arr_io::{Array, DType};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::raised;
use crate::{arrow, dtype, memory, npy};

/// An array in memory that is not written to: an array of a file, in the memory that it was read into or mapped to.
///
/// ``numpy()`` is the same memory as an array of NumPy. Other libraries take the array as it is, by NumPy's protocols
/// (``__array__``, ``__array_interface__``), Python's (``memoryview``), DLPack's and Arrow's.
#[pyclass(frozen, name = "Array", module = "arr_io", weakref)]
#[derive(Debug)]
pub struct PyArray {
    array: Array,
}

impl PyArray {
    /// An array of Python.
    #[must_use]
    pub fn new(array: Array) -> Self {
        Self { array }
    }

    /// The array.
    #[must_use]
    pub fn array(&self) -> &Array {
        &self.array
    }
}

#[pymethods]
impl PyArray {
    /// Items along each dimension.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.array.shape())
    }

    /// What one item is, as a dtype of NumPy.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.array.dtype() {
            DType::Utf8 => Ok(py.import("numpy")?.call_method1("dtype", ("O",))?),
            dtype => Ok(dtype::to_numpy(py, dtype)?.into_any()),
        }
    }

    /// The number of dimensions.
    #[getter]
    fn ndim(&self) -> usize {
        self.array.ndim()
    }

    /// The number of items.
    #[getter]
    fn size(&self) -> usize {
        self.array.len()
    }

    /// Bytes of all items.
    #[getter]
    fn nbytes(&self) -> usize {
        self.array.nbytes()
    }

    /// How the items lie: ``'C'``, ``'F'`` or ``'strided'``.
    #[getter]
    fn order(&self) -> String {
        self.array.order().to_string()
    }

    /// The same memory as an array of NumPy, which can't be written to. Texts of any length are copied, as objects.
    fn numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if matches!(self.array.dtype(), DType::Utf8) {
            let texts = self.array.to_strings().map_err(raised)?;
            let numpy = py.import("numpy")?;
            let array = numpy.call_method1("array", (texts, "O"))?;
            return array.call_method1("reshape", (PyTuple::new(py, self.array.shape())?,));
        }
        npy::as_numpy(py, self.array.clone())
    }

    fn __len__(&self) -> PyResult<usize> {
        self.array.shape().first().copied().ok_or_else(|| PyTypeError::new_err("len() of unsized object"))
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.numpy(index.py())?.get_item(index)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.numpy(py)?.try_iter()?.into_any())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text: String = self.numpy(py)?.repr()?.extract()?;
        Ok(format!("arr_io.Array{}", text.strip_prefix("array").unwrap_or(&text)))
    }

    /// The items as lists of Python's own values.
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.numpy(py)?.call_method0("tolist")
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = self.numpy(py)?;
        if dtype.is_none() && copy != Some(true) {
            return Ok(array);
        }
        let options = PyDict::new(py);
        options.set_item("dtype", dtype)?;
        options.set_item("copy", copy)?;
        py.import("numpy")?.call_method("array", (array,), Some(&options))
    }

    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let numpy = self.numpy(py)?;
        numpy.getattr(intern!(py, "__array_interface__"))
    }

    #[pyo3(signature = (**options))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.numpy(py)?.call_method("__dlpack__", (), options)
    }

    fn __dlpack_device__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.numpy(py)?.call_method0("__dlpack_device__")
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        // A schema is only a wish, and columns are as they are.
        let _ = requested_schema;
        arrow::array(py, &self.array)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        arrow::array(py, &self.array)?.get_item(0)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = requested_schema;
        arrow::stream(py, &self.array)
    }

    /// The place of the first item in memory.
    #[getter]
    fn address(&self) -> PyResult<usize> {
        let place = self.array.layout().offset();
        let bytes = self.array.storage().as_slice();
        let none = || PyValueError::new_err("the array has no memory");
        bytes.get(place..).map(|bytes| bytes.as_ptr().addr()).ok_or_else(none)
    }

    #[allow(unsafe_code, reason = "the pointer of the interpreter goes on to `memory`")]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut pyo3::ffi::Py_buffer,
        flags: std::ffi::c_int,
    ) -> PyResult<()> {
        let numpy = slf.get().numpy(slf.py())?;
        memory::lend_buffer(&numpy, view, flags)
    }
}
