//! One module for each command.

mod append;
mod check;
mod convert;
mod diff;
mod dump;
mod edit;
mod formats;
mod info;
mod manual;
mod plot;
mod repair;
mod show;
mod stats;

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use crate::args::Command;
use crate::failure::{Failure, Outcome, conclude};
use crate::output::{self, Standard};
use crate::plain::Plain;
use crate::{signals, text};

/// Standard output, written in large pieces, without control characters.
type Out = BufWriter<Plain<Standard>>;

/// Runs a command to its end; failures are reported here at the latest.
pub fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Info(args) => info::run(&args),
        Command::Show(args) => conclude(show::run(&args), Outcome::Done),
        Command::Append(args) => writing(|| append::run(&args)),
        Command::Rm(args) => writing(|| edit::remove(&args)),
        Command::Mv(args) => writing(|| edit::rename(&args)),
        Command::Repair(args) => writing(|| repair::run(&args)),
        Command::Convert(args) => writing(|| convert::run(&args)),
        Command::Dump(args) => conclude(dump::run(&args), Outcome::Done),
        Command::Diff(args) => diff::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Stats(args) => conclude(stats::run(&args), Outcome::Done),
        Command::Plot(args) => conclude(plot::run(&args), Outcome::Done),
        Command::Formats(args) => conclude(formats::run(&args), Outcome::Done),
        Command::Completions(args) => conclude(manual::completions(args.shell), Outcome::Done),
        Command::Man => conclude(manual::pages(), Outcome::Done),
    };
    outcome.into()
}

/// Runs a command that writes files. A signal cancels it, and ends the process when it has cleaned up.
fn writing(run: impl FnOnce() -> Result<Outcome, Failure>) -> Outcome {
    // Where no signals can be caught, they end the process at once.
    let _ = signals::catch();
    let outcome = run();
    signals::die_if_caught();
    conclude(outcome, Outcome::Done)
}

/// Lets `write` fill standard output, to the last byte.
fn print(write: impl FnOnce(&mut Out) -> Result<(), Failure>) -> Result<Outcome, Failure> {
    let mut out = BufWriter::with_capacity(64 << 10, Plain::new(Standard::new()));
    write(&mut out)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// Writes a line that says what is wrong or different: in red where there are colours.
fn write_found(out: &mut Out, line: &str) -> std::io::Result<()> {
    if !output::has_colors(&std::io::stdout()) {
        return writeln!(out, "{line}");
    }
    out.flush()?;
    out.get_mut().sequence(output::RED)?;
    out.write_all(line.as_bytes())?;
    out.flush()?;
    out.get_mut().sequence(output::USUAL)?;
    writeln!(out)
}

/// The title of each of several things: what it is about.
fn heading(name: &str, dtype: &arr_io::DType, shape: &[usize]) -> String {
    format!("{name}: {} {}", text::dtype(dtype, 80), text::shape(shape))
}
