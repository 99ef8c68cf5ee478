//! How far work has come, and an end of it on request.

use std::ops::ControlFlow;

use arr_core::{Error, ErrorKind, Result};

/// Is told how far work has come, and may stop it.
///
/// ```
/// use std::ops::ControlFlow;
/// struct Percent;
/// impl arr_io::Watch for Percent {
///     fn begin(&mut self, what: &str, file: &str, total: Option<u64>) {
///         println!("{what} {file}: {total:?} bytes");
///     }
///     fn at(&mut self, done: u64) -> ControlFlow<()> {
///         println!("{done}");
///         ControlFlow::Continue(())
///     }
/// }
/// ```
pub trait Watch {
    /// Work on a file begins: `reading` or `writing`, and how many bytes it will take, where that is known.
    fn begin(&mut self, what: &str, file: &str, total: Option<u64>);

    /// That many bytes are done. `Break` ends the work with an error of the kind `Cancelled`; what was being written
    /// leaves nothing behind.
    fn at(&mut self, done: u64) -> ControlFlow<()>;

    /// A part stays as it is, though something else was asked for, and why: text that is not cast to numbers.
    ///
    /// The default implementation does nothing.
    fn left(&mut self, part: &str, why: &str) {
        let _ = (part, why);
    }

    /// A part can't be written, and why: a name that leads out of the folder. The rest is written if this returns no error.
    ///
    /// The default implementation returns the error, so that nothing is written.
    ///
    /// # Errors
    /// The error of the part, where nothing is wanted without it.
    fn refused(&mut self, part: &str, error: Error) -> Result<()> {
        let _ = part;
        Err(error)
    }

    /// Work on the file has ended.
    ///
    /// The default implementation does nothing.
    fn end(&mut self) {}
}

/// Reports nothing, and never cancels.
impl Watch for () {
    fn begin(&mut self, _: &str, _: &str, _: Option<u64>) {}

    fn at(&mut self, _: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Tells a watcher, and turns its wish to stop into an error.
pub(crate) fn tell(watch: &mut dyn Watch, done: u64) -> Result<()> {
    match watch.at(done) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "the work was cancelled")),
    }
}
