//! Pickles, which are read without running anything.

use arr_io::serde::pickle::{Encoding, ReadOptions};
use arr_io::Limits;
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

/// Reads a pickle from a path, bytes or a file object. Objects of kinds that are not known are told of if `tells`, and a
/// `NotImplementedError` otherwise.
#[pyfunction]
#[pyo3(signature = (source, encoding="ASCII", tells=true))]
pub fn read_pickle<'py>(
    source: &Bound<'py, PyAny>,
    encoding: &str,
    tells: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let how = ReadOptions::new().encoding(encoding_of(encoding)?).limits(Limits::default());
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
    if !tells && graph.root().is_none() {
        return Err(PyNotImplementedError::new_err("several pickles, of which the first is wanted"));
    }
    to_python(py, &graph, if tells { Unknown::Told } else { Unknown::Refused })
}
