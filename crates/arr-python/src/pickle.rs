//! Pickles, which are read without running anything.

use arr_io::serde::pickle::{Encoding, ReadOptions};
use pyo3::exceptions::{PyNotImplementedError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error::raised;
use crate::graph::{Unknown, to_python};
use crate::source::{self, FileObject, RealFile};

fn encoding_of(name: &str) -> PyResult<Encoding> {
    match name {
        "ASCII" => Ok(Encoding::Ascii),
        "latin1" => Ok(Encoding::Latin1),
        "bytes" => Ok(Encoding::Bytes),
        _ => Err(PyValueError::new_err("encoding must be 'ASCII', 'latin1', or 'bytes'")),
    }
}

/// Reads all pickles of a path, bytes or a file object. Objects of kinds that are not known are told of.
#[pyfunction]
#[pyo3(signature = (source, encoding="ASCII"))]
pub fn read_pickle<'py>(source: &Bound<'py, PyAny>, encoding: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let how = ReadOptions::new().encoding(encoding_of(encoding)?);
    let graph = if let Ok(bytes) = source.extract::<PyBackedBytes>() {
        py.detach(|| how.loads(&bytes)).map_err(raised)?
    } else if source.hasattr("read")? {
        match RealFile::behind(source) {
            Some(real) => py.detach(|| how.load_from(&mut real.input()?)).map_err(raised)?,
            None => {
                let mut reader = FileObject::new(source);
                py.detach(|| how.load_from(&mut reader)).map_err(raised)?
            }
        }
    } else {
        let path = source::path_of(source)?;
        py.detach(|| how.load(&path)).map_err(raised)?
    };
    to_python(py, &graph, Unknown::Told)
}

/// Reads the first pickle in bytes. Objects of kinds that are not known are a `NotImplementedError`. Returns its value, and
/// how many bytes it has.
#[pyfunction]
pub fn load_pickle<'py>(
    py: Python<'py>,
    content: PyBackedBytes,
    encoding: &str,
) -> PyResult<(Bound<'py, PyAny>, usize)> {
    let encoding = encoding_of(encoding)?;
    let how = ReadOptions::new().encoding(encoding);
    let (graph, len) = py.detach(|| how.load_next(&content)).map_err(raised)?;
    // Python refuses strings of Python 2 that are not ASCII, where they are bytes to us.
    let may_have_strings = !matches!(content.as_ref(), [0x80, protocol, ..] if *protocol >= 3);
    if encoding == Encoding::Ascii && may_have_strings {
        let as_text = how.encoding(Encoding::Latin1);
        let (other, _) = py.detach(|| as_text.load_next(&content)).map_err(raised)?;
        if !graph.same_as(&other).map_err(raised)? {
            return Err(PyNotImplementedError::new_err("strings of Python 2 that are not ASCII"));
        }
    }
    Ok((to_python(py, &graph, Unknown::Refused)?, len))
}
