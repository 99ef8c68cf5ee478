//! Columns in the capsules of Arrow's C data interface.
//!
//! The structures are those of its specification. Whoever takes one out of its capsule calls its `release` once; what nobody
//! takes is released with the capsule. What a structure points to is in a box that `release` drops.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use arr_io::Buffer;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow::Column;

#[repr(C)]
struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

/// A structure of the interface, which is released once.
trait Released: Sized {
    /// The name of its capsule.
    const NAME: &'static CStr;

    /// What is to be called, if it is still to be.
    fn release(&self) -> Option<unsafe extern "C" fn(*mut Self)>;
}

macro_rules! released {
    ($($type:ty: $name:literal),*) => {$(
        impl Released for $type {
            const NAME: &'static CStr = $name;

            fn release(&self) -> Option<unsafe extern "C" fn(*mut Self)> {
                self.release
            }
        }
    )*};
}

released!(ArrowSchema: c"arrow_schema", ArrowArray: c"arrow_array", ArrowArrayStream: c"arrow_array_stream");

/// What a schema points to.
struct SchemaParts {
    _format: CString,
    _name: CString,
    children: Vec<*mut ArrowSchema>,
}

/// What an array points to.
struct ArrayParts {
    _kept: Vec<Buffer>,
    _pointers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
}

/// What a stream has.
struct StreamParts {
    column: Option<Column>,
    schema: Column,
}

/// Frees children, which were boxed.
fn free<T: Released>(children: &mut Vec<*mut T>) {
    for child in children.drain(..) {
        // SAFETY: it is a pointer of `Box::into_raw` that nobody else frees; a consumer may have taken what is in it, and has
        // set `release` to null then.
        unsafe {
            if let Some(release) = (*child).release() {
                release(child);
            }
            drop(Box::from_raw(child));
        }
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: it is called once for a structure that `schema_of` has made, whose private data is that box.
    unsafe {
        let mut parts = Box::from_raw((*schema).private_data.cast::<SchemaParts>());
        free(&mut parts.children);
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: it is called once for a structure that `array_of` has made, whose private data is that box.
    unsafe {
        let mut parts = Box::from_raw((*array).private_data.cast::<ArrayParts>());
        free(&mut parts.children);
        (*array).release = None;
    }
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: it is called once for a structure that `stream` has made, whose private data is that box.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<StreamParts>()));
        (*stream).release = None;
    }
}

/// A number of the interface: no length of memory exceeds it.
fn number(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

fn schema_of(column: &Column, is_top: bool) -> PyResult<ArrowSchema> {
    let text =
        |text: &str| CString::new(text).map_err(|_| PyValueError::new_err("a name of a field has a NUL"));
    let (format, name) = (text(&column.format)?, text(&column.name)?);
    let mut parts = SchemaParts { children: Vec::new(), _format: format, _name: name };
    for child in &column.children {
        match schema_of(child, false) {
            Ok(child) => parts.children.push(Box::into_raw(Box::new(child))),
            Err(error) => {
                free(&mut parts.children);
                return Err(error);
            }
        }
    }
    let mut parts = Box::new(parts);
    // A value may be missing, but no row of a table.
    let flags = if is_top && column.format == "+s" { 0 } else { 2 };
    Ok(ArrowSchema {
        format: parts._format.as_ptr(),
        name: parts._name.as_ptr(),
        metadata: ptr::null(),
        flags,
        n_children: number(parts.children.len()),
        children: parts.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_schema),
        private_data: Box::into_raw(parts).cast(),
    })
}

fn array_of(column: Column) -> ArrowArray {
    let Column { len, validity, buffers, children, .. } = column;
    let missing = validity.as_ref().map_or(0, |(_, missing)| *missing);
    let mut pointers =
        vec![validity.as_ref().map_or(ptr::null(), |(bits, _)| bits.as_ptr().cast::<c_void>())];
    pointers.extend(buffers.iter().map(|buffer| buffer.as_ptr().cast::<c_void>()));
    let children: Vec<_> =
        children.into_iter().map(|child| Box::into_raw(Box::new(array_of(child)))).collect();
    let kept = buffers.into_iter().chain(validity.map(|(bits, _)| bits)).collect();
    let mut parts = Box::new(ArrayParts { _kept: kept, _pointers: pointers, children });
    ArrowArray {
        length: number(len),
        null_count: number(missing),
        offset: 0,
        n_buffers: number(parts._pointers.len()),
        n_children: number(parts.children.len()),
        buffers: parts._pointers.as_mut_ptr(),
        children: parts.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(parts).cast(),
    }
}

unsafe extern "C" fn destroy<T: Released>(capsule: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it once, for a capsule of `capsule`, whose pointer is that of a box; what is in it was
    // taken by a consumer that has set `release` to null, or is released here.
    unsafe {
        let inside = ffi::PyCapsule_GetPointer(capsule, T::NAME.as_ptr()).cast::<T>();
        if inside.is_null() {
            ffi::PyErr_Clear();
            return;
        }
        if let Some(release) = (*inside).release() {
            release(inside);
        }
        drop(Box::from_raw(inside));
    }
}

/// A capsule that owns a structure.
fn capsule<T: Released>(py: Python<'_>, inside: T) -> PyResult<Bound<'_, PyCapsule>> {
    let inside = Box::into_raw(Box::new(inside));
    // SAFETY: the pointer is not null, the name lives as long as the program, and `destroy` frees the box. The object that is
    // made is a capsule.
    unsafe {
        let made = ffi::PyCapsule_New(inside.cast(), T::NAME.as_ptr(), Some(destroy::<T>));
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        Ok(made.cast_into_unchecked())
    }
}

/// The schema of a column.
///
/// # Errors
/// `ValueError` when a field's name is none for Arrow.
pub fn schema<'py>(py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyCapsule>> {
    capsule(py, schema_of(column, true)?)
}

/// The memory of a column.
///
/// # Errors
/// Those of the interpreter.
pub fn array(py: Python<'_>, column: Column) -> PyResult<Bound<'_, PyCapsule>> {
    capsule(py, array_of(column))
}

/// A stream of one column.
///
/// # Errors
/// `ValueError` when a field's name is none for Arrow.
pub fn stream(py: Python<'_>, column: Column) -> PyResult<Bound<'_, PyCapsule>> {
    schema_of(&column, true).map(|mut schema| {
        // SAFETY: it was made right before, and nobody has it.
        unsafe { release_schema(&raw mut schema) };
    })?;
    let parts = Box::new(StreamParts { schema: column.without_memory(), column: Some(column) });
    capsule(
        py,
        ArrowArrayStream {
            get_schema: Some(get_schema),
            get_next: Some(get_next),
            get_last_error: Some(get_last_error),
            release: Some(release_stream),
            private_data: Box::into_raw(parts).cast(),
        },
    )
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the consumer hands in a stream that is not released, and room for a schema.
    unsafe {
        let parts = &*(*stream).private_data.cast::<StreamParts>();
        match schema_of(&parts.schema, true) {
            Ok(schema) => {
                out.write(schema);
                0
            }
            Err(_) => 22,
        }
    }
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the consumer hands in a stream that is not released, and room for an array. One that is released already tells
    // that there are no more.
    unsafe {
        let parts = &mut *(*stream).private_data.cast::<StreamParts>();
        let next = match parts.column.take() {
            Some(column) => array_of(column),
            None => std::mem::zeroed(),
        };
        out.write(next);
    }
    0
}

unsafe extern "C" fn get_last_error(_: *mut ArrowArrayStream) -> *const c_char {
    c"a name of a field has a NUL".as_ptr()
}
