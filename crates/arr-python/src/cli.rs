//! The `arr` command inside Python: `python -m arr_io`.

use std::ffi::OsString;
use std::process::ExitCode;

use pyo3::prelude::*;

/// Runs the command with arguments, the first of which is its name, and returns its exit code.
#[pyfunction]
pub fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let code = py.detach(|| arr_cli::run(arguments));
    (0..=2).find(|number| ExitCode::from(*number) == code).unwrap_or(2)
}
