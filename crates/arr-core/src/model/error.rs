//! The one error type of all the crates.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use crate::DType;

/// What the crates' fallible functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who must act on an [`Error`]: the bytes, the caller, the budget, this library or the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system said no: a file is missing, a disk is full.
    Io,
    /// The bytes do not follow the format.
    Malformed,
    /// The bytes follow the format, but this library does not read or write that part of it.
    Unsupported,
    /// A limit of the [`Budget`](crate::Budget) would have been exceeded.
    LimitExceeded,
    /// The data is sound but is not what was asked for: another dtype, rank, byte order or alignment.
    Mismatch,
    /// The caller's arguments contradict each other or the array.
    InvalidArgument,
    /// The caller asked for an end of the work.
    Cancelled,
    /// What was asked for is whole, and bytes follow it that belong to nothing.
    Trailing,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Io => "i/o error",
            Self::Malformed => "malformed data",
            Self::Unsupported => "unsupported",
            Self::LimitExceeded => "limit exceeded",
            Self::Mismatch => "mismatch",
            Self::InvalidArgument => "invalid argument",
            Self::Cancelled => "cancelled",
            Self::Trailing => "trailing bytes",
        })
    }
}

/// What would help, as data: each program words it as its own flag, argument or menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// To cast to that dtype, or to read as it.
    DType(&'static str),
    /// To name the format.
    Format,
    /// To raise the limit of that name, which is the name of its setter in [`Limits`](crate::Limits).
    Limit(&'static str),
    /// To replace what exists.
    Replace,
    /// To give an option of the format that value.
    Option(&'static str, &'static str),
}

/// The error of every crate of the project: opaque and one word wide.
///
/// Its text is one line: the file, where one was opened by its path, the format, the part, what is wrong, what caused it,
/// and the place.
///
/// ```
/// use arr_core::Error;
/// let error = Error::malformed("header is not a dictionary").in_format("npy").in_file("x.npy").at(10);
/// assert_eq!(error.to_string(), "x.npy: npy: header is not a dictionary (at byte 10)");
/// assert_eq!(error.offset(), Some(10));
/// ```
///
/// What caused it is in the text, so [`source`](std::error::Error::source) goes on behind the cause, as that of
/// [`std::io::Error`] does: a chain of errors says nothing twice. The error of the system is [`io_error`](Self::io_error).
/// As a [`std::io::Error`] it keeps the kind of that.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    format: Option<&'static str>,
    offset: Option<u64>,
    path: Option<String>,
    file: Option<String>,
    hint: Option<Hint>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// What was found before.
    earlier: Vec<Error>,
}

/// Names a file in the error of what was done with it, unless one is named already.
///
/// # Errors
/// That of `result`.
pub fn in_file<T>(path: &Path, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.in_file(&path.to_string_lossy()))
}

/// The longest message in bytes, and how much of a longer one stays at either end.
const LONGEST: usize = 1000;
const ENDS: usize = LONGEST / 2 - 10;

fn shortened(message: Cow<'static, str>) -> Cow<'static, str> {
    if message.len() <= LONGEST {
        return message;
    }
    let at_boundary = |at: &usize| message.is_char_boundary(*at);
    let front = (0..=ENDS).rev().find(at_boundary).and_then(|at| message.get(..at));
    let back = (message.len() - ENDS..message.len()).find(at_boundary).and_then(|at| message.get(at..));
    match front.zip(back) {
        Some((front, back)) => format!("{front} ... {back}").into(),
        None => message,
    }
}

impl Error {
    /// An error of `kind`, said in one sentence without a final full stop. Of more than a thousand characters, which
    /// a dtype with thousands of fields would make, the middle is left out.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: shortened(message.into()),
            format: None,
            offset: None,
            path: None,
            file: None,
            hint: None,
            source: None,
            earlier: Vec::new(),
        }))
    }

    /// The bytes do not follow the format.
    #[cold]
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// A part of the format that this library does not handle.
    #[cold]
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Items of a dtype for which `library` has no type, with the cast that helps, where there is one.
    #[cold]
    pub fn no_type(library: &str, dtype: &DType) -> Self {
        let (advice, hint) = match dtype {
            DType::Bytes(_) | DType::Unicode(..) => {
                (": cast them to variable-length strings", Some(Hint::DType("utf8")))
            }
            DType::DateTime(..) | DType::TimeDelta(..) => {
                (": cast them to whole numbers of their unit", Some(Hint::DType("i8")))
            }
            DType::Scalar(kind, _) if kind.is_complex() => {
                (": cast them to reals if they are real", Some(Hint::DType("f8")))
            }
            DType::Scalar(kind, _) if kind.is_long_double() => {
                (": cast them to doubles", Some(Hint::DType("f8")))
            }
            DType::Void(2) => (": if they are bfloat16, say so", Some(Hint::DType("bfloat16"))),
            _ => ("", None),
        };
        let error = Self::unsupported(format!("{library} has no type for items of {dtype}{advice}"));
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// A limit would have been exceeded.
    #[cold]
    pub fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::LimitExceeded, message)
    }

    /// The data is not what was asked for.
    #[cold]
    pub fn mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Mismatch, message)
    }

    /// Bytes follow that belong to nothing.
    #[cold]
    pub fn trailing(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Trailing, message)
    }

    /// The caller's arguments are wrong.
    #[cold]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// An error of the operating system, with what was being done. Readers and writers of this library say themselves what
    /// went wrong: such an error is given as it was.
    #[cold]
    pub fn io(message: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        source
            .downcast::<Self>()
            .unwrap_or_else(|source| Self::new(ErrorKind::Io, message).with_source(source))
    }

    /// Names the format, unless it is named already.
    #[must_use]
    pub fn in_format(mut self, format: &'static str) -> Self {
        self.0.format.get_or_insert(format);
        self
    }

    /// Says at which byte of the input it happened, unless that is known already.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Adds the outer offset to an error whose offset was counted from the start of an inner part.
    #[must_use]
    pub fn nested(mut self, outer: u64) -> Self {
        if let Some(offset) = &mut self.0.offset {
            *offset = offset.saturating_add(outer);
        }
        let earlier = std::mem::take(&mut self.0.earlier);
        self.0.earlier = earlier.into_iter().map(|earlier| earlier.nested(outer)).collect();
        self
    }

    /// The same error, its offset counted from `origin` on where it was counted from `start`.
    pub(crate) fn recounted(mut self, start: u64, origin: u64) -> Self {
        if let Some(offset) = &mut self.0.offset {
            *offset = offset.saturating_sub(start).saturating_add(origin);
        }
        self
    }

    /// Says in which named part of the object it happened; outer names come in front of inner ones.
    #[must_use]
    pub fn in_path(mut self, path: &str) -> Self {
        self.0.path = Some(match self.0.path.take() {
            Some(inner) => format!("{path}/{inner}"),
            None => path.to_owned(),
        });
        self
    }

    /// Adds a hint, unless there is one already.
    #[must_use]
    pub fn with_hint(mut self, hint: Hint) -> Self {
        self.0.hint.get_or_insert(hint);
        self
    }

    /// Names the file, unless one is named already.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.0.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts a sentence in front of the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: &str) -> Self {
        self.0.message = format!("{context}: {}", self.0.message).into();
        self
    }

    /// Keeps what else had been found in the input until this error ended the work. It is not part of the text: whoever
    /// lists faults [takes](Self::take_earlier) it.
    #[must_use]
    pub fn after(mut self, earlier: Vec<Self>) -> Self {
        self.0.earlier = earlier;
        self
    }

    /// Takes out what had been found before this error.
    #[must_use]
    pub fn take_earlier(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.0.earlier)
    }

    /// Who must act.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The format that was being read or written.
    #[must_use]
    pub fn format(&self) -> Option<&'static str> {
        self.0.format
    }

    /// The byte of the input at which the fault was seen.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The name of the file at fault, where it is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// What would help, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        self.0.hint
    }

    /// The error of the system that caused this one, where one did.
    ///
    /// ```
    /// use std::io::ErrorKind::NotFound;
    /// let error = arr_core::Input::open("no/such/file").unwrap_err();
    /// assert_eq!(error.io_error().map(std::io::Error::kind), Some(NotFound));
    /// assert_eq!(std::io::Error::from(error).kind(), NotFound);
    /// ```
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// The text without the [file](Self::file), and with what would help right after the message, in the words of `word`.
    ///
    /// ```
    /// use arr_core::{Error, Hint};
    /// let error = Error::unsupported("no type: cast the items").with_hint(Hint::DType("f8")).at(3);
    /// let line = error.to_line(|hint| match hint {
    ///     Hint::DType(dtype) => format!(" (dtype={dtype})"),
    ///     _ => String::new(),
    /// });
    /// assert_eq!(line, "no type: cast the items (dtype=f8) (at byte 3)");
    /// ```
    #[must_use]
    pub fn to_line(&self, word: impl FnOnce(Hint) -> String) -> String {
        let advice = self.0.hint.map_or_else(String::new, word);
        Line { error: self, advice: &advice }.to_string()
    }

    /// The path inside the object: a member, a field.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }
}

/// The text of an error, and what is put after the message.
struct Line<'a> {
    error: &'a Error,
    advice: &'a str,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, format, offset, path, source, .. } = &*self.error.0;
        if let Some(format) = format {
            write!(f, "{format}: ")?;
        }
        if let Some(path) = path {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        f.write_str(self.advice)?;
        if let Some(offset) = offset {
            write!(f, " (at byte {offset})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.0.file {
            write!(f, "{file}: ")?;
        }
        Line { error: self, advice: "" }.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().and_then(std::error::Error::source)
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        source.downcast::<Self>().unwrap_or_else(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::malformed("unexpected end of data"),
            _ => Self::new(ErrorKind::Io, "input or output failed").with_source(source),
        })
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::InvalidArgument | ErrorKind::Mismatch => io::ErrorKind::InvalidInput,
            ErrorKind::Unsupported => io::ErrorKind::Unsupported,
            ErrorKind::Io => io::ErrorKind::Other,
            ErrorKind::Cancelled => io::ErrorKind::Interrupted,
            ErrorKind::Malformed | ErrorKind::LimitExceeded | ErrorKind::Trailing => {
                io::ErrorKind::InvalidData
            }
        };
        let kind = error.io_error().filter(|_| error.kind() == ErrorKind::Io).map_or(kind, Self::kind);
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_ours_comes_back_from_a_reader_as_it_was() {
        let ours = || io::Error::from(Error::malformed("broken").at(3));
        for error in [Error::io("can't read", ours()), Error::from(ours())] {
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (ErrorKind::Malformed, "broken (at byte 3)")
            );
        }
        let other = Error::io("can't read", io::Error::other("no"));
        assert_eq!((other.kind(), other.to_string().as_str()), (ErrorKind::Io, "can't read: no"));
    }

    #[test]
    fn text_names_format_path_source_and_place() {
        let error = Error::io("can't read header", io::Error::other("cable cut"))
            .in_path("weight")
            .in_path("layers")
            .in_format("npy")
            .at(8)
            .nested(100);
        assert_eq!(error.to_string(), "npy: layers/weight: can't read header: cable cut (at byte 108)");
        assert_eq!(error.kind(), ErrorKind::Io);
    }

    #[test]
    fn a_chain_of_errors_says_nothing_twice() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the server hung up")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Error::io("can't read", io::Error::other(Outer(denied))).in_file("x.npy");
        let mut chain = vec![error.to_string()];
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            chain.push(cause.to_string());
            source = cause.source();
        }
        assert_eq!(chain, ["x.npy: can't read: the server hung up", "permission denied"]);
    }

    #[test]
    fn the_kind_of_the_system_survives() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied, io::ErrorKind::StorageFull] {
            for error in [Error::io("can't open", kind.into()), Error::from(io::Error::from(kind))] {
                assert_eq!(error.io_error().map(io::Error::kind), Some(kind));
                assert_eq!(io::Error::from(error).kind(), kind);
            }
        }
        assert_eq!(io::Error::from(Error::trailing("more")).kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn inner_format_and_offset_win() {
        let error = Error::malformed("bad").in_format("npy").at(3).in_format("npz").at(9);
        assert_eq!(error.to_string(), "npy: bad (at byte 3)");
    }

    #[test]
    fn long_messages_lose_their_middle() {
        let text = Error::invalid("é".repeat(100_000)).to_string();
        assert!(
            text.len() <= LONGEST && text.starts_with("éé") && text.ends_with("éé") && text.contains(" ... ")
        );
        assert_eq!(Error::invalid("x".repeat(LONGEST)).to_string().len(), LONGEST);
    }

    #[test]
    fn is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
