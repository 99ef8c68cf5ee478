//! Text: what `numpy.loadtxt` and `numpy.savetxt` do. [`crate::genfromtxt`] is the third.

use std::path::PathBuf;

use arr_io::text::text::{ReadOptions, WriteOptions};
use arr_io::{Array, Input};
use numpy::{PyArrayDescr, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::raised;
use crate::memory::Lent;
use crate::npy::as_numpy;
use crate::{dtype, source};

/// Where text comes from.
pub enum Text {
    /// A file, which may be compressed.
    Path(PathBuf),
    /// A text in memory.
    Memory(Py<PyString>),
    /// The bytes of one.
    Bytes(Py<PyBytes>),
}

impl Text {
    /// What an argument is: a text in a tuple is the text itself, any other a path.
    ///
    /// # Errors
    /// `TypeError` when it is neither.
    pub fn of(argument: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok((text,)) = argument.extract::<(Bound<'_, PyString>,)>() {
            return Ok(Self::Memory(text.unbind()));
        }
        if let Ok((bytes,)) = argument.extract::<(Bound<'_, PyBytes>,)>() {
            return Ok(Self::Bytes(bytes.unbind()));
        }
        source::path_of(argument).map(Self::Path)
    }

    /// Reads it, without the lock of the interpreter.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<T: Send>(
        &self,
        py: Python<'_>,
        read: impl Fn(&mut Input<'_>) -> arr_io::Result<T> + Send + Sync,
    ) -> PyResult<T> {
        match self {
            Self::Memory(text) => {
                let text = text.bind(py).to_str()?;
                py.detach(|| read(&mut Input::from_bytes(text.as_bytes())))
            }
            Self::Bytes(bytes) => {
                let bytes = bytes.bind(py).as_bytes();
                py.detach(|| read(&mut Input::from_bytes(bytes)))
            }
            Self::Path(path) => {
                let named = |error: arr_io::Error| error.in_file(&path.to_string_lossy());
                py.detach(|| unpacked(path).and_then(|mut input| read(&mut input)).map_err(named))
            }
        }
        .map_err(raised)
    }
}

/// An open file, unpacked if its name says that it is packed, as NumPy does.
fn unpacked(path: &std::path::Path) -> arr_io::Result<Input<'static>> {
    let input = Input::open(path)?;
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "gz" | "bz2" | "xz" | "lzma" => arr_io::layer::uncompressed(input, |_| false).map(|(input, _)| input),
        _ => Ok(input),
    }
}

/// Reads a table by the rules of `numpy.loadtxt`.
#[pyfunction]
#[pyo3(signature = (
    text, *, dtype, delimiter=None, comments=None, quotechar=None, skiprows=0, max_rows=None, usecols=None, ndmin=0,
    encoding=None
))]
#[expect(clippy::too_many_arguments, reason = "they are those of NumPy's function")]
pub fn loadtxt<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyArrayDescr>,
    delimiter: Option<char>,
    comments: Option<Vec<String>>,
    quotechar: Option<char>,
    skiprows: u64,
    max_rows: Option<u64>,
    usecols: Option<Vec<i64>>,
    ndmin: usize,
    encoding: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut how = ReadOptions::new()
        .dtype(dtype::from_numpy(dtype)?)
        .delimiter(delimiter)
        .comments(&comments.unwrap_or_default())
        .quotechar(quotechar)
        .skiprows(skiprows)
        .ndmin(ndmin);
    if let Some(rows) = max_rows {
        how = how.max_rows(rows);
    }
    if let Some(columns) = usecols {
        how = how.usecols(&columns);
    }
    if let Some(name) = encoding {
        how = how.encoding(name);
    }
    let array: Array = Text::of(text)?.read(py, |input| how.read_input(input))?;
    as_numpy(py, array)
}

/// The text of an array by the rules of `numpy.savetxt`, as bytes; or a file of it.
#[pyfunction]
#[pyo3(signature = (
    array, *, fmt, delimiter, newline, header, footer, comments, encoding=None, path=None
))]
#[expect(clippy::too_many_arguments, reason = "they are those of NumPy's function")]
pub fn savetxt<'py>(
    array: &Bound<'py, PyUntypedArray>,
    fmt: Formats,
    delimiter: &str,
    newline: &str,
    header: &str,
    footer: &str,
    comments: &str,
    encoding: Option<&str>,
    path: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = array.py();
    let mut how = WriteOptions::new()
        .delimiter(delimiter)
        .newline(newline)
        .header(header)
        .footer(footer)
        .comments(comments);
    how = match fmt {
        Formats::One(fmt) => how.fmt(fmt),
        Formats::Each(fmts) => how.fmts(fmts),
    };
    if let Some(name) = encoding {
        how = how.encoding(name).map_err(raised)?;
    }
    let lent = Lent::of(array)?;
    let view = lent.view(dtype::from_numpy(&array.dtype())?)?;
    match path {
        Some(path) => {
            let path = source::path_of(path)?;
            py.detach(|| how.save(&path, &view)).map_err(raised)?;
            Ok(None)
        }
        None => {
            let bytes = py.detach(|| how.to_bytes(&view)).map_err(raised)?;
            Ok(Some(PyBytes::new(py, &bytes)))
        }
    }
}

/// One format for all columns, or one for each.
#[derive(FromPyObject)]
pub enum Formats {
    /// One.
    One(String),
    /// Several.
    Each(Vec<String>),
}
