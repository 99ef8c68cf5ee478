//! `.npy` files: what `numpy.load`, `numpy.save` and `numpy.lib.format` do.

use std::fs::File;
use std::io::{Read, Seek};

use arr_io::format::Output;
use arr_io::npy::{Header, MAGIC, Version, WriteOptions, read_array_header, read_header};
use arr_io::{Array, ArrayView, DType, Error, ErrorKind, Input, Limits, OpenOptions, Order, Parts};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyUserWarning, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::dtype;
use crate::error::raised;
use crate::memory::{self, Lent};
use crate::source::{self, FileObject};

/// The limits of NumPy's functions: theirs is on headers alone.
fn limits_of(max_header_size: u64) -> Limits {
    Limits::default().max_header_size(max_header_size)
}

/// An array as one of NumPy's.
///
/// # Errors
/// Those of NumPy.
pub fn as_numpy<'py>(py: Python<'py>, array: Array) -> PyResult<Bound<'py, PyAny>> {
    let dtype = dtype::to_numpy(py, array.dtype())?;
    memory::to_numpy(py, array, dtype)
}

/// Hands on what it reads, and keeps the beginning of it.
struct Kept<'a, 'b> {
    input: &'a mut Input<'b>,
    seen: Vec<u8>,
}

/// As many bytes of a header are kept.
const KEPT: usize = 4096;

impl Read for Kept<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(bytes)?;
        let room = KEPT.saturating_sub(self.seen.len());
        self.seen.extend_from_slice(bytes.get(..read.min(room)).unwrap_or_default());
        Ok(read)
    }
}

impl Kept<'_, '_> {
    /// True when a number is a long one of Python 2: `3L`.
    fn is_of_python2(&self) -> bool {
        self.seen.windows(3).any(|three| {
            matches!(three, [digit, b'L', end] if digit.is_ascii_digit() && matches!(end, b',' | b')' | b' '))
        })
    }
}

/// What was read: an array, or nothing if its items are objects, whose pickle comes next.
struct Next {
    array: Option<Array>,
    is_of_python2: bool,
}

impl Next {
    /// The array as one of NumPy's, with the warning that NumPy gives.
    fn into_numpy(self, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        if self.is_of_python2 {
            let message = c"Reading `.npy` or `.npz` file required additional header parsing as it was created on Python 2. \
                            Save the file again to speed up loading and avoid this warning.";
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), message, 2)?;
        }
        self.array.map(|array| as_numpy(py, array)).transpose()
    }
}

/// Reads what comes next.
fn read_next(input: &mut Input<'_>) -> arr_io::Result<Next> {
    let limits = input.budget().limits().clone();
    let mut kept = Kept { input, seen: Vec::new() };
    let header = read_header(&mut kept, &limits)?;
    let is_of_python2 = kept.is_of_python2();
    Ok(Next { array: read_data(input, &header)?, is_of_python2 })
}

fn read_data(input: &mut Input<'_>, header: &Header) -> arr_io::Result<Option<Array>> {
    if header.dtype().has_references() {
        return Ok(None);
    }
    let dtype = header.dtype();
    if dtype.itemsize() == 0 {
        let items: usize = header.shape().iter().product();
        input.budget().charge_items(items as u64)?;
    }
    let (start, left) = (input.position(), input.remaining());
    let bytes = match input.read_buffer(header.data_len(), "data") {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::Malformed => {
            let there = left.unwrap_or_else(|| input.position().saturating_sub(start));
            return Err(error.context(&cut_short(header, there)).in_format("npy"));
        }
        Err(error) => return Err(error.in_format("npy")),
    };
    Array::contiguous(dtype.clone(), header.shape(), header.order(), bytes.freeze()).map(Some)
}

/// What NumPy says of an array of which only so many bytes are there.
#[cold]
fn cut_short(header: &Header, there: u64) -> String {
    let (shape, items) = (header.shape(), header.shape().iter().product::<usize>());
    let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let read = there.checked_div(header.dtype().itemsize() as u64).unwrap_or(0);
    format!(
        "Failed to read all data for array. Expected ({}{comma}) = {items} elements, could only read {read} elements. (file \
         seems not fully written?)",
        shape.join(", ")
    )
}

/// Loads a file that holds one array; nothing if it is something else, or the items are objects.
#[pyfunction]
pub fn load_path<'py>(path: &Bound<'py, PyAny>, max_header_size: u64) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = path.py();
    let path = source::path_of(path)?;
    let next = py.detach(|| -> Result<Option<Next>, Fault> {
        let mut file = File::open(&path)?;
        let mut magic = [0; MAGIC.len()];
        let read = fill(&mut file, &mut magic)?;
        if magic.get(..read) != Some(MAGIC) {
            return Ok(None);
        }
        file.rewind()?;
        let mut input = Input::from_file(file)?.with_limits(&limits_of(max_header_size));
        Ok(Some(read_next(&mut input).map_err(|error| error.in_file(&path.to_string_lossy()))?))
    });
    match next.map_err(|fault| fault.raised(&path))? {
        Some(next) => next.into_numpy(py),
        None => Ok(None),
    }
}

/// What stops the loading of a file.
enum Fault {
    System(std::io::Error),
    Library(Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl Fault {
    fn raised(self, path: &std::path::Path) -> PyErr {
        match self {
            Self::System(error) => {
                let path = path.to_string_lossy();
                raised(Error::io(format!("can't read {path}"), error).in_file(&path))
            }
            Self::Library(error) => raised(error),
        }
    }
}

fn fill(file: &mut File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads an array from a file object, whose position is behind it then; `None` if its items are objects, whose pickle comes
/// next.
#[pyfunction]
pub fn read_array<'py>(
    file: &Bound<'py, PyAny>,
    max_header_size: u64,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let limits = limits_of(max_header_size);
    let next = source::with_input(file, |input| {
        *input.budget() = limits.budget();
        read_next(input)
    })?;
    next.into_numpy(file.py())
}

/// What a header says, in NumPy's words: shape, whether it is in Fortran order, dtype.
type Said<'py> = (Bound<'py, PyTuple>, bool, Bound<'py, PyArrayDescr>);

/// Reads the rest of a header, behind its magic and version.
#[pyfunction]
pub fn read_array_header_of<'py>(
    file: &Bound<'py, PyAny>,
    version: (u8, u8),
    max_header_size: u64,
) -> PyResult<Said<'py>> {
    let py = file.py();
    let limits = limits_of(max_header_size);
    let mut reader = FileObject::new(file);
    let header = read_array_header(&mut reader, version_of(version)?, &limits).map_err(raised)?;
    let shape = PyTuple::new(py, header.shape())?;
    Ok((shape, header.fortran_order(), dtype::to_numpy(py, header.dtype())?))
}

fn version_of((major, minor): (u8, u8)) -> PyResult<Version> {
    let is_it = |version: &Version| (version.major(), version.minor()) == (major, minor);
    Version::ALL.into_iter().find(is_it).ok_or_else(|| {
        let message =
            format!("we only support format version (1,0), (2,0), and (3,0), not ({major}, {minor})");
        PyValueError::new_err(message)
    })
}

/// The dtype that `descr` of a header stands for, written as Python writes it.
///
/// # Errors
/// `ValueError` when it stands for none.
pub fn described(descr: &str) -> PyResult<DType> {
    let mut scanner = arr_io::format::literal::Scanner::new(descr);
    DType::from_literal(&mut scanner).map_err(raised)
}

/// The dtype of NumPy that the `repr` of a descr stands for.
#[pyfunction]
pub fn descr_to_dtype<'py>(py: Python<'py>, descr: &str) -> PyResult<Bound<'py, PyArrayDescr>> {
    dtype::to_numpy(py, &described(descr)?)
}

/// How an array is written, and as what: `descr` is the `repr` of what the header says, for dtypes with parts.
struct Plan {
    options: WriteOptions,
    lent: Lent,
    dtype: DType,
    version: Version,
}

impl Plan {
    fn of(
        array: &Bound<'_, PyUntypedArray>,
        descr: Option<&str>,
        version: Option<(u8, u8)>,
    ) -> PyResult<Self> {
        let dtype = match descr {
            Some(descr) => described(descr)?,
            None => dtype::from_numpy(&array.dtype())?,
        };
        let is_fortran = array.is_fortran_contiguous() && !array.is_c_contiguous();
        let mut options = WriteOptions::new().order(if is_fortran { Order::F } else { Order::C });
        let version = match version {
            Some(version) => {
                let version = version_of(version)?;
                options = options.version(version);
                version
            }
            // Only names can need another one.
            None if array.dtype().has_fields() => {
                Header::new(dtype.clone(), array.shape(), Order::C).map_err(raised)?.version()
            }
            None => Version::V1_0,
        };
        Ok(Self { options, lent: Lent::of(array)?, dtype, version })
    }

    fn view(&self) -> PyResult<ArrayView<'_>> {
        self.lent.view(self.dtype.clone())
    }

    fn version(&self) -> (u8, u8) {
        (self.version.major(), self.version.minor())
    }
}

/// Saves an array as a file, whole or not at all. Returns the version of its header.
#[pyfunction]
#[pyo3(signature = (path, array, descr=None, version=None))]
pub fn save_path(
    path: &Bound<'_, PyAny>,
    array: &Bound<'_, PyUntypedArray>,
    descr: Option<&str>,
    version: Option<(u8, u8)>,
) -> PyResult<(u8, u8)> {
    let path = source::path_of(path)?;
    let plan = Plan::of(array, descr, version)?;
    let view = plan.view()?;
    array.py().detach(|| plan.options.save(&path, &view)).map_err(raised)?;
    Ok(plan.version())
}

/// Writes an array to a file object. Returns the version of its header.
#[pyfunction]
#[pyo3(signature = (file, array, descr=None, version=None))]
pub fn write_array(
    file: &Bound<'_, PyAny>,
    array: &Bound<'_, PyUntypedArray>,
    descr: Option<&str>,
    version: Option<(u8, u8)>,
) -> PyResult<(u8, u8)> {
    let py = file.py();
    let plan = Plan::of(array, descr, version)?;
    let view = plan.view()?;
    match source::writable(file)? {
        Some(real) => {
            py.detach(|| plan.options.write(&view, &mut Output::to_file(&real))).map_err(raised)?;
            // The object learns where it is.
            let whence = 1;
            file.call_method1(intern!(py, "seek"), (0, whence))?;
        }
        None => {
            let mut writer = FileObject::new(file);
            py.detach(|| plan.options.write(&view, &mut Output::new(&mut writer))).map_err(raised)?;
        }
    }
    Ok(plan.version())
}

/// What is in the bytes of an array's file.
///
/// # Errors
/// Those of the format.
pub fn parts_of(bytes: &[u8]) -> arr_io::Result<Parts<'_>> {
    OpenOptions::new().format("npy").parts_of(Input::from_bytes(bytes), None)
}
