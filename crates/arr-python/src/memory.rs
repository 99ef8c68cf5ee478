//! Memory that is shared with NumPy and Arrow: the one module with unsafe code, with that below it.
//!
//! What can't be said safely: an array of NumPy over memory of ours, the memory of an array of NumPy as bytes, and columns of
//! Arrow ([`capsule`]). What is between these and the rest of the crate are [`Array`]s, whose layout was
//! checked.

#![allow(unsafe_code, reason = "arrays of NumPy and Arrow are memory at an address")]

pub mod capsule;

use std::ffi::c_int;
use std::os::raw::c_void;
use std::ptr;

use arr_io::format::PartInfo;
use arr_io::{Array, ArrayView, Buffer, BufferMut, DType, Layout, Parts};
use numpy::npyffi::{_PyArray_GET_ITEM_DATA, NPY_ARRAY_WRITEABLE, PY_ARRAY_API, npy_intp};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyTypeInfo, ffi};

use crate::error::raised;

/// What keeps the memory of an array of NumPy: its base.
#[pyclass(frozen, module = "arr_io._native")]
#[derive(Debug)]
pub struct Memory {
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    /// Nobody else has it, and nobody else gets it.
    Alone(BufferMut),
    /// Others may read it at any time.
    Shared(Buffer),
}

#[pymethods]
impl Memory {
    /// The bytes that are kept.
    #[getter]
    fn nbytes(&self) -> usize {
        match &self.kept {
            Kept::Alone(bytes) => bytes.as_slice().len(),
            Kept::Shared(bytes) => bytes.len(),
        }
    }
}

/// An array of NumPy over the memory of `array`, without a copy. It can be written to if nobody else has the memory.
///
/// # Errors
/// Those of NumPy, when it has no such array.
pub fn to_numpy<'py>(
    py: Python<'py>,
    array: Array,
    dtype: Bound<'py, PyArrayDescr>,
) -> PyResult<Bound<'py, PyAny>> {
    let itemsize = array.itemsize();
    if dtype.itemsize() != itemsize {
        let (theirs, ours) = (dtype.itemsize(), array.dtype().clone());
        return Err(PyValueError::new_err(format!(
            "items of NumPy's dtype have {theirs} bytes, not those of {ours}"
        )));
    }
    let (_, layout, buffer) = array.into_parts();
    let (kept, start) = match buffer.try_into_mut() {
        Ok(mut alone) => {
            let start = alone.as_mut_slice().as_mut_ptr();
            (Kept::Alone(alone), start)
        }
        Err(shared) => {
            let start = shared.as_slice().as_ptr().cast_mut();
            (Kept::Shared(shared), start)
        }
    };
    let is_alone = matches!(kept, Kept::Alone(_));
    let base = Bound::new(py, Memory { kept })?;
    // The layout was checked against the bytes, so its offset is inside them, or at their end without items.
    let data = start.wrapping_add(layout.offset());
    over(py, base.into_any(), data, dtype, &layout, is_alone)
}

fn over<'py>(
    py: Python<'py>,
    base: Bound<'py, PyAny>,
    data: *mut u8,
    dtype: Bound<'py, PyArrayDescr>,
    layout: &Layout,
    is_writable: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let too_long = || PyValueError::new_err("no array of NumPy has so many dimensions");
    let rank = c_int::try_from(layout.ndim()).map_err(|_| too_long())?;
    let mut dims: Vec<npy_intp> = layout.shape().iter().map(|dim| dim.cast_signed()).collect();
    let mut strides: Vec<npy_intp> = layout.strides().to_vec();
    let flags = if is_writable { NPY_ARRAY_WRITEABLE } else { 0 };
    // SAFETY: `dims` and `strides` have `rank` numbers each, and every item that they lead to is inside the memory at
    // `data`: `Layout::check` has passed for it when the array was made, with items of this size. The memory stays where
    // it is and lives as long as `base`, which becomes the base of the array. It is written through this array only where
    // nobody else has it. NumPy takes the reference to the dtype, and the one to the base, also when it fails.
    unsafe {
        let made = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            PyUntypedArray::type_object_raw(py),
            dtype.into_dtype_ptr(),
            rank,
            dims.as_mut_ptr(),
            strides.as_mut_ptr(),
            data.cast::<c_void>(),
            flags,
            ptr::null_mut(),
        );
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        let failed = PY_ARRAY_API.PyArray_SetBaseObject(py, made.as_ptr().cast(), base.into_ptr());
        if failed < 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(made)
    }
}

/// The memory of an array of NumPy as bytes, for as long as `array` is held, with the place of its first item in them.
///
/// The caller must not let Python write into the array meanwhile: as with NumPy's own functions, whoever changes an array
/// on another thread while it is written to a file gets what he asks for.
#[derive(Debug)]
pub struct Lent {
    /// Held for its memory.
    _array: Py<PyUntypedArray>,
    start: *const u8,
    len: usize,
    layout: Layout,
}

// SAFETY: it is the memory of an array that it holds a reference to, and is only read.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Borrows the memory of an array.
    ///
    /// # Errors
    /// `TypeError` for an array of Python objects, whose memory is not theirs; `ValueError` for one without a layout.
    pub fn of(array: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let dtype = array.dtype();
        if dtype.has_object() {
            return Err(PyTypeError::new_err("an array of objects has no bytes of its own"));
        }
        let (shape, strides) = (array.shape(), array.strides());
        let origin = Layout::new(shape, strides, 0).ok();
        // Where strides lead to in front of the first item: the bytes begin there.
        let before: usize = if shape.contains(&0) {
            0
        } else {
            let back = shape.iter().zip(strides).filter(|(_, stride)| **stride < 0);
            back.map(|(dim, stride)| (dim - 1).saturating_mul(stride.unsigned_abs())).sum()
        };
        let layout = match origin {
            Some(layout) if before == 0 => layout,
            _ => Layout::new(shape, strides, before).map_err(raised)?,
        };
        let len = layout.extent(dtype.itemsize()).map_or(0, |extent| extent.end);
        // SAFETY: the pointer to the array is valid while it is borrowed.
        let data = unsafe { (*_PyArray_GET_ITEM_DATA(array.as_array_ptr().cast_const())).data };
        let start = data.cast::<u8>().cast_const().wrapping_sub(before);
        Ok(Self { _array: array.clone().unbind(), start, len, layout })
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: NumPy's shape and strides lead to items inside the memory of the array or of its base, which lives as
        // long as the array that is held here; `start` and `len` are the first and last of them.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    /// The array, with items of that dtype.
    ///
    /// # Errors
    /// `ValueError` when the dtype has items of another size.
    pub fn view(&self, dtype: DType) -> PyResult<ArrayView<'_>> {
        Array::new(dtype, self.layout.clone(), self.bytes()).map_err(raised)
    }
}

/// The array of a part of a file, mapped. Where that can't be, it is an error of the kind `Unsupported`.
///
/// # Errors
/// Those of the format, and of the system.
pub fn map(parts: &mut Parts<'_>, part: &PartInfo) -> arr_io::Result<Array> {
    // SAFETY: as with `numpy.memmap`, whoever changes the file under the array sees it change: the documentation says so.
    unsafe { parts.map(part) }.map(Array::into_buffer)
}

/// The open file of that number, under a number of its own; `None` when it is not open.
#[cfg(unix)]
#[must_use]
pub fn duplicate(number: std::os::fd::RawFd) -> Option<std::fs::File> {
    if number < 0 {
        return None;
    }
    // SAFETY: the number is only used for the call that makes another one; the system says so if it is not open.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned().ok().map(std::fs::File::from)
}

/// There are no numbers of files: they are read through the object.
#[cfg(not(unix))]
#[must_use]
pub fn duplicate(_: i32) -> Option<std::fs::File> {
    None
}

/// Lends the buffer of an array of NumPy in the place of whoever was asked for one: it is NumPy's then, and given back to it.
///
/// # Errors
/// Those of NumPy.
pub fn lend_buffer(array: &Bound<'_, PyAny>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
    // SAFETY: the interpreter has asked for a buffer by this pointer, which is valid for the call.
    let failed = unsafe { ffi::PyObject_GetBuffer(array.as_ptr(), view, flags) };
    if failed < 0 { Err(PyErr::fetch(array.py())) } else { Ok(()) }
}
