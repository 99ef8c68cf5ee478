//! What a format says of itself, as data.

use super::options::OptionInfo;
use crate::{ByteOrder, Order};

/// How sure a format is that bytes are its own.
///
/// ```
/// use arr_core::format::Match;
/// assert!(Match::No < Match::Maybe && Match::Maybe < Match::Likely && Match::Likely < Match::Yes);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Match {
    /// They are another format's.
    No,
    /// They could be: nothing contradicts it.
    Maybe,
    /// They look like it, as they look like few other formats: a form of text, a table of plausible numbers.
    Likely,
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
    /// Data can be viewed in a mapped file without a copy.
    pub map: bool,
    /// Streams that are not seekable are read and written.
    pub stream: bool,
    /// Existing files can be added to.
    pub append: bool,
}

/// What the files of a format hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// One array.
    One,
    /// Arrays one after another, without names, though one is usual: each begins as only this format does.
    Row,
    /// Any number of arrays one after another, without names, as a matter of course.
    Series,
    /// Members with names.
    Members,
    /// Objects, of which some are arrays, with paths.
    Graph,
}

impl Holds {
    /// True when a file may hold several arrays one after another.
    #[must_use]
    pub fn is_row(self) -> bool {
        matches!(self, Self::Row | Self::Series)
    }

    /// True when parts are found by a key.
    #[must_use]
    pub fn has_keys(self) -> bool {
        matches!(self, Self::Members | Self::Graph)
    }
}

/// In the words of which language the objects of a file are said, where they are said as they are in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Words {
    /// None, lists, dicts, arrays.
    #[default]
    Python,
    /// Nil, tables, tensors over storages.
    Lua,
}

/// A format's data about itself.
///
/// ```
/// use arr_core::format::{Capabilities, FormatInfo};
/// const INFO: FormatInfo = FormatInfo {
///     extensions: &["pgm"],
///     magic: &[b"P5\n"],
///     capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
///     ..FormatInfo::new("pgm", "greyscale image")
/// };
/// assert_eq!(INFO.name, "pgm");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// The name by which commands and errors call it: `npy`.
    pub name: &'static str,
    /// A line for people.
    pub description: &'static str,
    /// The format of which its files are another form, with the same objects in them.
    pub form_of: Option<&'static str>,
    /// File name extensions without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// True when files of other kinds end so too, as with `.txt`: then the name alone does not tell the format.
    pub shares_extensions: bool,
    /// Bytes with which only this format's files begin.
    pub magic: &'static [&'static [u8]],
    /// What can be done with it.
    pub capabilities: Capabilities,
    /// What its files hold.
    pub holds: Holds,
    /// In the words of which language its objects are said.
    pub words: Words,
    /// The only byte order in which numbers are written; `None` when any is.
    pub byte_order: Option<ByteOrder>,
    /// The order in which items are written unless another is asked for; `None` when files state theirs.
    pub order: Option<Order>,
    /// True when one array may be cut into several files, which are read together.
    pub multi_file: bool,
    /// The options that it has besides those of all formats.
    pub options: &'static [OptionInfo],
}

impl FormatInfo {
    /// A format of which nothing is known but its name and a line about it, to be completed by struct update.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            form_of: None,
            extensions: &[],
            shares_extensions: false,
            magic: &[],
            capabilities: Capabilities {
                read: false,
                write: false,
                map: false,
                stream: false,
                append: false,
            },
            holds: Holds::One,
            words: Words::Python,
            byte_order: None,
            order: None,
            multi_file: false,
            options: &[],
        }
    }

    /// The name of the format, or that of which it is another form.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.form_of.unwrap_or(self.name)
    }

    /// The usual extension of its files.
    #[must_use]
    pub fn extension(&self) -> Option<&'static str> {
        self.extensions.first().copied()
    }

    /// True when files of that extension (without the dot, in any case) are its own.
    #[must_use]
    pub fn claims(&self, extension: &str) -> bool {
        self.extensions.iter().any(|own| own.eq_ignore_ascii_case(extension))
    }

    /// [`Match::Yes`] when `head` begins with one of the [`magic`](Self::magic) byte strings, else [`Match::No`].
    #[must_use]
    pub fn sniff_magic(&self, head: &[u8]) -> Match {
        if self.magic.iter().any(|magic| head.starts_with(magic)) { Match::Yes } else { Match::No }
    }

    /// The option of that name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static OptionInfo> {
        self.options.iter().find(|option| option.name == name)
    }
}
