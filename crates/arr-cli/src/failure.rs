//! Failures, their wording and the exit code.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use arr_io::{Error, Hint};

use crate::args::{limit_flag, option_flag};
use crate::output;
use crate::plain::{Plain, is_escaped};
use crate::text::one_line;

/// How a command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is well.
    #[default]
    Done,
    /// `diff` found a difference, `check` found a fault, or `repair` lost something.
    Found,
    /// Something could not be read, judged or written, and was reported.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Found => Self::from(1),
            Outcome::Failed => Self::from(2),
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// Standard output took no more.
    Output(io::Error),
    /// Something is wrong with a file or an argument; the name of the file comes in front.
    Error {
        /// The file, once it is known.
        file: Option<String>,
        /// What is wrong.
        error: Error,
    },
}

impl Failure {
    /// Names the file, unless one is named already.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        match self {
            Self::Error { file: None, error } if error.file().is_none() => {
                Self::Error { file: Some(name.to_owned()), error }
            }
            other => other,
        }
    }

    /// True when the reader of standard output has closed it: not a failure, just the end.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What is wrong, without the name of the file.
    pub fn message(&self) -> String {
        match self {
            Self::Output(error) => format!("can't write: {error}"),
            Self::Error { error, .. } => worded(error),
        }
    }

    /// The file with which something is wrong, where that is known.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Output(_) => Some("-"),
            Self::Error { file, error } => error.file().or(file.as_deref()),
        }
    }

    /// Writes the one line to standard error.
    pub fn report(&self) {
        let message = self.message();
        report(&self.file().map_or_else(|| message.clone(), |file| format!("{file}: {message}")));
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    /// Only values that always have a JSON form are written, so the writer it is that failed.
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error { file: None, error }
    }
}

/// An error, with what would help in the words of the command.
pub fn worded(error: &Error) -> String {
    error.to_line(hinted)
}

/// What would help, in the words of the command.
pub fn hinted(hint: Hint) -> String {
    match hint {
        Hint::DType(dtype) => format!(" (--dtype {dtype})"),
        Hint::Format => " (--to)".to_owned(),
        Hint::Replace => " (use --force)".to_owned(),
        Hint::Option(name, value) => format!(" ({})", option_flag(name, value)),
        Hint::Limit(name) => format!("; --{} allows more", limit_flag(name)),
        _ => String::new(),
    }
}

/// Adds the name of the file to errors.
pub trait OfFile<T> {
    /// Names the file in whose reading or writing it happened.
    fn of(self, name: &str) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> OfFile<T> for Result<T, E> {
    fn of(self, name: &str) -> Result<T, Failure> {
        self.map_err(|error| error.into().of(name))
    }
}

/// Reports a failure, if it is one, and says how the command ended. A reader of standard output that has seen
/// enough does not change what was found until then.
pub fn conclude(result: Result<Outcome, Failure>, so_far: Outcome) -> Outcome {
    match result {
        Ok(outcome) => outcome.max(so_far),
        Err(failure) if failure.is_closed_pipe() => so_far,
        Err(failure) => {
            failure.report();
            Outcome::Failed
        }
    }
}

/// Prints what clap says: help and version on standard output, usage errors on standard error.
pub fn report_usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() && text.chars().any(is_escaped) {
        // A shell gives the names of files as arguments, which may begin like those of options. If standard error is
        // closed, the text is lost.
        let _ = Plain::new(io::stderr().lock()).write_all(text.as_bytes());
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let printed = if error.use_stderr() { Ok(()) } else { output::check_open() };
    let printed = printed.and_then(|()| error.print()).and_then(|()| io::stdout().flush());
    let outcome = conclude(printed.map(|()| Outcome::Done).map_err(Failure::Output), Outcome::Done);
    match outcome {
        // A closed standard error has nobody to tell.
        Outcome::Failed if !error.use_stderr() => Outcome::Failed.into(),
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

/// Runs `f`; a panic becomes one line and exit code 2.
pub fn guarded(f: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::set_hook(Box::new(|info| {
        let text = match (info.payload().downcast_ref::<&str>(), info.payload().downcast_ref::<String>()) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "a panic",
        };
        let place =
            info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        report(&format!("internal error: {text}{place}"));
    }));
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or(ExitCode::from(2))
}

/// One line on standard error, whatever is in it. If standard error is closed, the line is lost.
pub fn report(line: &str) {
    let mut stderr = io::stderr().lock();
    let (begin, end) = if output::has_colors(&stderr) { (output::RED, output::USUAL) } else { ("", "") };
    let _ = writeln!(stderr, "{begin}arr:{end} {}", one_line(line));
}
