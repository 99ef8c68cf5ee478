//! Errors of the library as exceptions of Python.

use std::io;

use arr_io::{Error, ErrorKind, Hint};
use pyo3::create_exception;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    arr_io,
    ArrError,
    PyValueError,
    "What is wrong with a file, an array or an argument.\n\nIt is a ``ValueError``, as NumPy raises for such things. Its attributes say more, each of which may be\n``None``: ``kind`` (``'malformed data'``, ``'unsupported'``, ``'limit exceeded'``, ``'mismatch'``,\n``'invalid argument'``), ``format``, ``offset`` (in bytes), ``path`` (inside the file), ``file`` and ``hint``."
);

/// An error as an exception: of the system as `OSError`, of Python as it was raised, all others as [`ArrError`].
pub fn raised(error: Error) -> PyErr {
    Python::attach(|py| raise(py, error))
}

fn raise(py: Python<'_>, error: Error) -> PyErr {
    if let Some(theirs) = of_python(py, &error) {
        return theirs;
    }
    match error.kind() {
        ErrorKind::Io => match of_system(py, &error) {
            Some(system) => system,
            None => PyOSError::new_err(error.to_string()),
        },
        ErrorKind::Cancelled => PyKeyboardInterrupt::new_err(error.to_string()),
        _ => {
            let raised = ArrError::new_err(error.to_line(worded));
            let value = raised.value(py);
            // Whoever asks for an attribute that could not be set finds the one of the class.
            let _ = value.setattr("kind", error.kind().to_string());
            let _ = value.setattr("format", error.format());
            let _ = value.setattr("offset", error.offset());
            let _ = value.setattr("path", error.path());
            let _ = value.setattr("file", error.file());
            let _ = value.setattr("hint", error.hint().map(argument));
            raised
        }
    }
}

/// What would help, in the words of Python.
fn worded(hint: Hint) -> String {
    match hint {
        Hint::Limit(_) => format!("; {} allows more", argument(hint)),
        _ => format!(" ({})", argument(hint)),
    }
}

/// The argument that would help.
fn argument(hint: Hint) -> String {
    match hint {
        Hint::DType(dtype) => format!("dtype={dtype:?}"),
        Hint::Format => "format=...".to_owned(),
        Hint::Replace => "replace=True".to_owned(),
        Hint::Option(name, value) => format!("{}={value:?}", name.replace('-', "_")),
        Hint::Limit(name) => format!("{name}=..."),
        _ => "other arguments".to_owned(),
    }
}

/// The exception that Python code has raised, on its way through the library.
fn of_python(py: Python<'_>, error: &Error) -> Option<PyErr> {
    causes(error).find_map(|cause| Some(cause.get_ref()?.downcast_ref::<PyErr>()?.clone_ref(py)))
}

/// The error of the system, with its number, so that Python chooses the class: `FileNotFoundError`, `PermissionError`.
fn of_system(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let number = causes(error).find_map(io::Error::raw_os_error)?;
    let text = py.import("os").and_then(|os| os.call_method1("strerror", (number,))).ok()?;
    let text: String = text.extract().ok()?;
    Some(match error.file() {
        Some(file) => PyOSError::new_err((number, text, file.to_owned())),
        None => PyOSError::new_err((number, text)),
    })
}

/// The error of reading or writing, and what is in it.
fn causes(error: &Error) -> impl Iterator<Item = &io::Error> {
    std::iter::successors(error.io_error(), |cause| cause.get_ref()?.downcast_ref())
}
