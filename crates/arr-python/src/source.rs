//! Python's file objects as readers and writers of Rust, and files of the system behind them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use arr_io::format::Positioned;
use arr_io::{Error, Input};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::raised;

/// No more is asked of a file object at once: it makes a `bytes` of it first.
const PIECE: usize = 8 << 20;

/// An object with `read`, `write` or `seek`. Every call takes the lock of the interpreter for itself, so that whoever uses
/// it does not have to hold it.
#[derive(Debug)]
pub struct FileObject {
    object: Py<PyAny>,
}

impl FileObject {
    /// A reader and writer that calls the methods of `object`.
    #[must_use]
    pub fn new(object: &Bound<'_, PyAny>) -> Self {
        Self { object: object.clone().unbind() }
    }
}

impl Read for FileObject {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        Python::attach(|py| {
            let read = self.object.bind(py).call_method1(intern!(py, "read"), (bytes.len().min(PIECE),));
            let read = read.map_err(io::Error::other)?;
            if read.is_none() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let read = read.cast::<PyBytes>().map_err(|_| no_bytes(&read))?.as_bytes();
            let room = bytes.get_mut(..read.len()).ok_or_else(|| too_much(read.len()))?;
            room.copy_from_slice(read);
            Ok(read.len())
        })
    }
}

#[cold]
fn no_bytes(read: &Bound<'_, PyAny>) -> io::Error {
    let class = read.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    io::Error::other(PyTypeError::new_err(format!(
        "read() has to return bytes, not {class}: open the file in binary mode"
    )))
}

#[cold]
fn too_much(len: usize) -> io::Error {
    io::Error::other(PyValueError::new_err(format!(
        "read() returned {len} bytes, more than it was asked for"
    )))
}

impl Write for FileObject {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let object = self.object.bind(py);
            let mut rest = bytes;
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(rest.len().min(PIECE));
                let wrote = object.call_method1(intern!(py, "write"), (PyBytes::new(py, piece),));
                let wrote = wrote.map_err(io::Error::other)?;
                // Raw files may write a part; objects that say nothing wrote all.
                match wrote.extract::<usize>() {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(count) if count < piece.len() => rest = rest.get(count..).unwrap_or_default(),
                    _ => rest = behind,
                }
            }
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for FileObject {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (i128::from(offset), 0),
            SeekFrom::Current(offset) => (i128::from(offset), 1),
            SeekFrom::End(offset) => (i128::from(offset), 2),
        };
        Python::attach(|py| {
            let object = self.object.bind(py);
            object.call_method1(intern!(py, "seek"), (offset, whence)).map_err(io::Error::other)?;
            let position = object.call_method0(intern!(py, "tell")).map_err(io::Error::other)?;
            position.extract().map_err(io::Error::other)
        })
    }
}

/// A file of the system that a file object of Python stands for, and the object's position in it: reads do not have to go
/// through the object. There is none behind other objects, nor behind what has no positions, as pipes.
#[derive(Debug)]
pub struct RealFile {
    file: File,
    position: u64,
}

impl RealFile {
    /// The file behind `object`, which may be unbuffered or a buffered reader or writer.
    #[must_use]
    pub fn behind(object: &Bound<'_, PyAny>) -> Option<Self> {
        let py = object.py();
        if !is_one_of(object, &["BufferedReader", "FileIO", "BufferedRandom"]) {
            return None;
        }
        let position: u64 = object.call_method0(intern!(py, "tell")).ok()?.extract().ok()?;
        let number: i32 = object.call_method0(intern!(py, "fileno")).ok()?.extract().ok()?;
        let file = crate::memory::duplicate(number)?;
        file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(Self { file, position })
    }

    /// All of it, wherever the object's position is.
    ///
    /// # Errors
    /// Those of the system.
    pub fn whole(self) -> arr_io::Result<Positioned<'static>> {
        let metadata = self.file.metadata();
        let len = metadata.map_err(|error| Error::io("the file does not tell its length", error))?.len();
        Ok(Positioned::from_file(self.file, len))
    }

    /// What is left of it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn input(self) -> arr_io::Result<Input<'static>> {
        let position = self.position;
        let whole = self.whole()?;
        let len = whole.len();
        let left = len.saturating_sub(position);
        let rest = whole.range(position.min(len), left);
        rest.map(Input::from_positioned).ok_or_else(|| Error::invalid("a position beyond any file"))
    }
}

/// True when the object is of one of these classes of the module `io` itself, whose methods are known.
fn is_one_of(object: &Bound<'_, PyAny>, names: &[&str]) -> bool {
    let Ok(io) = object.py().import("io") else { return false };
    let class = object.get_type();
    names.iter().any(|name| io.getattr(*name).is_ok_and(|one| class.is(&one)))
}

/// The file of the system that a file object writes to, with nothing left in the object's own memory; `None` where writing
/// has to go through the object.
///
/// # Errors
/// Those of the object.
pub fn writable(object: &Bound<'_, PyAny>) -> PyResult<Option<File>> {
    let py = object.py();
    if !is_one_of(object, &["BufferedWriter", "FileIO", "BufferedRandom"]) {
        return Ok(None);
    }
    let is_writable: bool = object.call_method0(intern!(py, "writable"))?.extract()?;
    let Ok(number) = object.call_method0(intern!(py, "fileno")).and_then(|number| number.extract()) else {
        return Ok(None);
    };
    let file = crate::memory::duplicate(number)
        .filter(|file| is_writable && file.metadata().is_ok_and(|of| of.is_file()));
    if file.is_some() {
        object.call_method0(intern!(py, "flush"))?;
        // What was read ahead is not where the object is.
        let position = object.call_method0(intern!(py, "tell"))?;
        object.call_method1(intern!(py, "seek"), (position,))?;
    }
    Ok(file)
}

/// Reads from a file object of any kind: `read` gets what is left of it, and the object's position is behind what was read.
///
/// # Errors
/// Those of `read`, and those of the object.
pub fn with_input<T: Send>(
    object: &Bound<'_, PyAny>,
    read: impl FnOnce(&mut Input<'_>) -> arr_io::Result<T> + Send,
) -> PyResult<T> {
    let py = object.py();
    if let Some(real) = RealFile::behind(object) {
        let position = real.position;
        let read = move || {
            let mut input = real.input()?;
            let value = read(&mut input)?;
            Ok((value, position.saturating_add(input.position())))
        };
        let (value, position) = py.detach(read).map_err(raised)?;
        object.call_method1(intern!(py, "seek"), (position,))?;
        return Ok(value);
    }
    let mut reader = FileObject::new(object);
    py.detach(move || read(&mut Input::from_reader(&mut reader))).map_err(raised)
}

/// The path that an argument is: `str`, `bytes` or an object with `__fspath__`.
///
/// # Errors
/// `TypeError` when it is none.
pub fn path_of(argument: &Bound<'_, PyAny>) -> PyResult<std::path::PathBuf> {
    let py = argument.py();
    let path = py.import(intern!(py, "os"))?.call_method1(intern!(py, "fsdecode"), (argument,))?;
    path.cast::<PyString>()?.extract()
}
