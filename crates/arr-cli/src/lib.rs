//! The `arr` command: inspects, checks, compares and converts array files. [`run`] is all of it, for programs that have the
//! command inside them.
//!
//! It is a thin layer over the `arr-io` crate. `args` is what can be typed, `commands` has a module for each command,
//! `files` finds and opens what is named, and `failure` says what went wrong in one line. Nothing here panics on purpose;
//! should a bug do it, that too becomes one line and exit code 2.

mod args;
mod commands;
mod failure;
mod files;
mod json;
mod listing;
pub mod memory;
mod output;
mod picture;
mod plain;
mod progress;
mod signals;
mod text;
mod tree;
mod walk;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the command with arguments, the first of which is its name, and says how it ended. It takes the process for its
/// own: it replaces the panic hook and what signals do.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let _ = limits_are_errors();
    failure::guarded(|| match args::Cli::try_parse_from(args::marked(arguments)) {
        Ok(cli) => {
            output::set_colors(cli.color);
            cli.command.threads().work(|| commands::run(cli.command))
        }
        Err(error) => failure::report_usage(&error),
    })
}

/// A file that reaches the limit on the size of files (`ulimit -f`) is an error of the write, and no signal that ends
/// the process without a word.
#[cfg(unix)]
fn limits_are_errors() -> std::io::Result<()> {
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    signal_hook::flag::register(SIGXFSZ, seen).map(drop)
}

/// The number of the signal on all systems that have it.
#[cfg(unix)]
const SIGXFSZ: std::ffi::c_int = 25;

#[cfg(not(unix))]
fn limits_are_errors() -> std::io::Result<()> {
    Ok(())
}
