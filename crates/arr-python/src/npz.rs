//! `.npz` archives: what `numpy.load`, `numpy.savez` and `numpy.savez_compressed` do.

use std::io::Write;
use std::path::PathBuf;

use arr_io::format::{Positioned, Seekable};
use arr_io::npy::{Npz, NpzOptions, NpzWriter};
use arr_io::{BufferMut, DType, Limits};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::dtype;
use crate::error::raised;
use crate::memory::Lent;
use crate::npy::as_numpy;
use crate::source::{self, FileObject, RealFile};

/// An open archive. Members are read when they are asked for, by any number of threads.
#[pyclass(frozen, module = "arr_io._native")]
#[derive(Debug)]
pub struct Archive {
    npz: Npz<'static>,
}

#[pymethods]
impl Archive {
    /// Opens a path or a file object.
    #[new]
    fn new(file: &Bound<'_, PyAny>, max_header_size: u64) -> PyResult<Self> {
        let py = file.py();
        let limits = Limits::default().max_header_size(max_header_size);
        if !file.hasattr("read")? {
            let path = source::path_of(file)?;
            let npz = py.detach(|| Npz::open_with(&path, &limits)).map_err(raised)?;
            return Ok(Self { npz });
        }
        let bytes = match RealFile::behind(file) {
            Some(real) => real.whole().map_err(raised)?,
            None => {
                let reader = Seekable::new(FileObject::new(file));
                py.detach(|| Positioned::new(reader)).map_err(raised)?
            }
        };
        let npz = py.detach(|| Npz::from_source(bytes, &limits)).map_err(raised)?;
        Ok(Self { npz })
    }

    /// The names of the members, as they are in the archive.
    fn names(&self) -> Vec<&str> {
        self.npz.members().map(|member| member.name()).collect()
    }

    /// The array of a member; `None` if it is something else, or its items are objects.
    fn array<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let member = self.npz.member(name).map_err(|error| PyKeyError::new_err(error.to_string()))?;
        let array = py.detach(|| match member.is_array()? && !member.header()?.dtype().has_references() {
            true => member.read().map(Some),
            false => Ok(None),
        });
        array.map_err(raised)?.map(|array| as_numpy(py, array)).transpose()
    }

    /// All bytes of a member.
    fn bytes<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        let member = self.npz.member(name).map_err(|error| PyKeyError::new_err(error.to_string()))?;
        let bytes = py.detach(|| member.read_bytes()).map_err(raised)?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// What becomes a member.
enum Content {
    Array(Lent, DType),
    Bytes(BufferMut),
}

/// Writes an archive to a path, whole or not at all, or to a file object. `members` are names, and arrays with the `repr`
/// of their descr or bytes; `level` is how hard they are deflated, 0 for not at all.
#[pyfunction]
#[pyo3(signature = (target, members, level=0))]
pub fn save_npz(
    target: &Bound<'_, PyAny>,
    members: Vec<(String, Bound<'_, PyAny>, Option<String>)>,
    level: u8,
) -> PyResult<()> {
    let py = target.py();
    let mut contents = Vec::new();
    for (name, content, descr) in members {
        let content = match content.cast::<PyBytes>() {
            Ok(bytes) => Content::Bytes(BufferMut::copy_of(bytes.as_bytes()).map_err(raised)?),
            Err(_) => {
                let array = content.cast::<PyUntypedArray>()?;
                let dtype = match descr {
                    Some(descr) => crate::npy::described(&descr)?,
                    None => dtype::from_numpy(&array.dtype())?,
                };
                Content::Array(Lent::of(array)?, dtype)
            }
        };
        contents.push((name, content));
    }
    let options = NpzOptions::new().level(level);
    if target.hasattr("write")? {
        let mut writer = FileObject::new(target);
        py.detach(|| write(options.write_to(&mut writer as &mut (dyn Write + Send)), &contents))
    } else {
        let path: PathBuf = source::path_of(target)?;
        py.detach(|| write(options.create(&path).map_err(raised)?, &contents))
    }
}

fn write(mut writer: NpzWriter<'_>, contents: &[(String, Content)]) -> PyResult<()> {
    for (name, content) in contents {
        match content {
            Content::Array(lent, dtype) => {
                writer.add_member(name, &lent.view(dtype.clone())?).map_err(raised)?;
            }
            Content::Bytes(bytes) => {
                writer.add_bytes(name, bytes.as_slice()).map_err(raised)?;
            }
        }
    }
    writer.finish().map_err(raised)
}
