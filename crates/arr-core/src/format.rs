//! What a format is: data about itself, detection, reading and writing.

use std::fmt;

use crate::{Array, ArrayView, Contiguity, DType, Error, Input, Limits, Mmap, Output, Result};

/// How sure a format is that bytes are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// They are not.
    No,
    /// They could be: nothing contradicts it.
    Maybe,
    /// They begin as only this format does.
    Yes,
}

/// What can be done with a format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Files are read.
    pub read: bool,
    /// Files are written.
    pub write: bool,
    /// Data can be looked at in a mapped file without a copy.
    pub map: bool,
    /// Streams that can't seek are read and written.
    pub stream: bool,
    /// Existing files can be added to.
    pub append: bool,
}

/// A format's data about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// The name by which commands and errors call it: `npy`.
    pub name: &'static str,
    /// A line for people.
    pub description: &'static str,
    /// File name extensions without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// Bytes with which only this format's files begin.
    pub magic: &'static [&'static [u8]],
    /// What can be done with it.
    pub capabilities: Capabilities,
}

/// What a file says about an array before its data is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The version of the format, where it has versions: `1.0`.
    pub version: Option<String>,
    /// What one item is.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// How the items lie in the file.
    pub order: Contiguity,
    /// The first byte of the data, counted from the start of the file.
    pub data_offset: u64,
    /// Bytes of data; `None` when only the data tells (a pickle).
    pub data_len: Option<u64>,
}

impl Description {
    /// Describes an array; [`version`](Self::version) is left empty.
    #[must_use]
    pub fn new(
        dtype: DType,
        shape: &[usize],
        order: Contiguity,
        data_offset: u64,
        data_len: Option<u64>,
    ) -> Self {
        Self { version: None, dtype, shape: shape.to_vec(), order, data_offset, data_len }
    }

    /// Adds the version of the format.
    #[must_use]
    pub fn with_version(mut self, version: impl fmt::Display) -> Self {
        self.version = Some(version.to_string());
        self
    }
}

/// A way to write one array as bytes. It is open: other crates may add formats and register them with the facade.
///
/// Required are what the format says of itself, [`describe`](Self::describe), [`read`](Self::read) and
/// [`write`](Self::write).
pub trait Format: fmt::Debug + Send + Sync {
    /// The format's data about itself.
    fn info(&self) -> &'static FormatInfo;

    /// Says whether `prefix`, the first bytes of a file, is this format's.
    ///
    /// Left alone, it compares with [`FormatInfo::magic`] and is never unsure.
    fn sniff(&self, prefix: &[u8]) -> Match {
        let own = self.info().magic.iter().any(|magic| prefix.starts_with(magic));
        if own { Match::Yes } else { Match::No }
    }

    /// Reads what stands before the data and leaves `input` at the data.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description>;

    /// Reads one array and leaves `input` right behind it.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn read(&self, input: &mut Input<'_>) -> Result<Array>;

    /// Writes one array.
    ///
    /// # Errors
    /// `Unsupported` when the format can't hold it, `Io` when the sink fails.
    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()>;

    /// The first array of a mapped file, in place.
    ///
    /// Left alone, it refuses: the format's data has to be decoded.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        let _ = (map, limits);
        Err(Error::unsupported("data of this format can't be mapped").in_format(self.info().name))
    }
}

/// Many named arrays in one file. It is open, as [`Format`] is.
pub trait Archive: fmt::Debug {
    /// The names of the members, in the order of the file; a name may occur more than once.
    fn names(&self) -> Vec<&str>;

    /// What the file says about a member; of equal names the last.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member, otherwise as [`Format::describe`].
    fn describe(&self, name: &str) -> Result<Description>;

    /// Reads a member; of equal names the last.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member, otherwise as [`Format::read`].
    fn get(&self, name: &str) -> Result<Array>;
}
