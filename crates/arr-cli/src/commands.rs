//! One module for each command.

mod append;
mod check;
mod convert;
mod diff;
mod dump;
mod formats;
mod info;
mod manual;
mod show;
mod stats;

use std::io::{BufWriter, StdoutLock, Write, stdout};
use std::process::ExitCode;

use crate::args::Command;
use crate::failure::{Failure, Outcome, conclude};
use crate::text;

/// Standard output, written in large pieces.
type Out = BufWriter<StdoutLock<'static>>;

/// Runs a command to its end; failures are reported here at the latest.
pub fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Info(args) => info::run(&args),
        Command::Show(args) => conclude(show::run(&args), Outcome::Done),
        Command::Append(args) => conclude(append::run(&args), Outcome::Done),
        Command::Convert(args) => conclude(convert::run(&args), Outcome::Done),
        Command::Dump(args) => conclude(dump::run(&args), Outcome::Done),
        Command::Diff(args) => diff::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Stats(args) => conclude(stats::run(&args), Outcome::Done),
        Command::Formats(args) => conclude(formats::run(&args), Outcome::Done),
        Command::Completions(args) => conclude(manual::completions(args.shell), Outcome::Done),
        Command::Man => conclude(manual::pages(), Outcome::Done),
    };
    outcome.into()
}

/// Lets `write` fill standard output, to the last byte.
fn print(write: impl FnOnce(&mut Out) -> Result<(), Failure>) -> Result<Outcome, Failure> {
    let mut out = BufWriter::with_capacity(64 << 10, stdout().lock());
    write(&mut out)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// The title of each of several things: what it is about.
fn heading(name: &str, dtype: &arr_io::DType, shape: &[usize]) -> String {
    format!("{name}: {} {}", text::beginning(dtype, 80), text::shape(shape))
}
