//! How much of an array that is written piece by piece has come.

use crate::{Error, Result};

/// The bytes that are expected of an array or a member whose items come piece by piece.
///
/// ```
/// use arr_core::format::Expected;
/// let mut expected = Expected::new("array", 4);
/// expected.take(3)?;
/// assert_eq!(expected.end().unwrap_err().to_string(), "3 bytes were written for an array that takes 4");
/// expected.take(1)?;
/// expected.end()?;
/// assert_eq!(expected.take(1).unwrap_err().to_string(), "more bytes than the 4 of the array");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    what: &'static str,
    all: u64,
    come: u64,
}

impl Expected {
    /// So many bytes of what is called `what` in errors.
    #[must_use]
    pub fn new(what: &'static str, all: u64) -> Self {
        Self { what, all, come: 0 }
    }

    /// The bytes of all of it.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.all
    }

    /// Counts bytes that come.
    ///
    /// # Errors
    /// `Mismatch` when they are more than are left.
    pub fn take(&mut self, count: u64) -> Result<()> {
        self.come = self.come.saturating_add(count);
        if self.come > self.all {
            return Err(Error::mismatch(format!("more bytes than the {} of the {}", self.all, self.what)));
        }
        Ok(())
    }

    /// Says whether all of it has come.
    ///
    /// # Errors
    /// `Mismatch` when it is less.
    pub fn end(self) -> Result<()> {
        let Self { what, all, come } = self;
        if come == all {
            return Ok(());
        }
        let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        Err(Error::mismatch(format!("{come} bytes were written for {article} {what} that takes {all}")))
    }
}
