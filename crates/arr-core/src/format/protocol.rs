//! One way in, one way out: what a format is to everything that reads and writes files.

use std::fmt;
use std::path::Path;

use super::blocks::Blocks;
use super::info::{FormatInfo, Match};
use super::part::{Content, NewPart, Outline, Part, PartInfo, Selection};
use super::settings::{Reading, Writing};
use crate::format::Output;
use crate::{Array, ArrayView, Buffer, Error, Input, Mmap, Order, Result};

/// A way to keep arrays in files. It is open: other crates add formats and register them with the facade.
///
/// A format is a value: data about itself, detection, and a factory of readers and writers. A file is a container of
/// *parts*: one array, several one after another, members with names, or the arrays of an object graph, whose keys
/// are paths. Formats whose files are arrays one after another implement [`Codec`](super::Codec) and take
/// [`RowReader`](super::RowReader) and [`RowWriter`](super::RowWriter) for the rest.
pub trait Format: fmt::Debug + Send + Sync {
    /// The format's data about itself.
    fn info(&self) -> &'static FormatInfo;

    /// Says whether `head`, the first bytes of a file, is this format's.
    ///
    /// The default implementation compares with [`FormatInfo::magic`] and is never unsure.
    fn sniff(&self, head: &[u8]) -> Match {
        self.info().sniff_magic(head)
    }

    /// Begins to read a file. Of the parts nothing is read before it is asked for.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset; `InvalidArgument` for an option's value.
    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>>;

    /// Begins to write a file, or to add to one.
    ///
    /// The default implementation refuses: files of this format are only read.
    ///
    /// # Errors
    /// `Unsupported` when the format is not written, or not to such a sink; `InvalidArgument` for an option's value;
    /// `Io`.
    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        let _ = (sink, how);
        Err(Error::unsupported("files of this format are read, not written").in_format(self.info().name))
    }
}

/// What a format is opened on: one input, or all files of a multi-file array.
#[derive(Debug)]
pub struct Source<'a> {
    inputs: Vec<Input<'a>>,
}

impl<'a> From<Input<'a>> for Source<'a> {
    fn from(input: Input<'a>) -> Self {
        Self { inputs: vec![input] }
    }
}

impl<'a> From<Vec<Input<'a>>> for Source<'a> {
    fn from(inputs: Vec<Input<'a>>) -> Self {
        Self { inputs }
    }
}

impl<'a> Source<'a> {
    /// The number of inputs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The only input.
    ///
    /// # Errors
    /// `Unsupported` when there are several, `InvalidArgument` when there is none.
    pub fn one(mut self) -> Result<Input<'a>> {
        match (self.inputs.pop(), self.inputs.len()) {
            (Some(input), 0) => Ok(input),
            (Some(_), others) => {
                Err(Error::unsupported(format!("an array of this format is one file, not {}", others + 1)))
            }
            (None, _) => Err(Error::invalid("there is no file to be read")),
        }
    }

    /// All inputs, in the order in which they were given.
    #[must_use]
    pub fn all(self) -> Vec<Input<'a>> {
        self.inputs
    }
}

/// Takes in one file of a multi-file array: which one it is, from 0 on, how many there are, and its bytes.
pub type TakeFile<'a> = dyn FnMut(usize, usize, &[u8]) -> Result<()> + 'a;

/// What a format writes to.
#[non_exhaustive]
pub enum Sink<'a> {
    /// One new file, or a stream.
    New(Output<'a>),
    /// The files of a multi-file array.
    Files(Box<TakeFile<'a>>),
    /// An existing file, to which parts (or rows of its array) are added: all of them or none.
    Existing(&'a Path),
}

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(output) => write!(f, "New({output:?})"),
            Self::Files(_) => f.write_str("Files"),
            Self::Existing(path) => write!(f, "Existing({path:?})"),
        }
    }
}

impl<'a> Sink<'a> {
    /// One new file, or a stream.
    ///
    /// # Errors
    /// `Unsupported` when it is another sink.
    pub fn new_file(self) -> Result<Output<'a>> {
        match self {
            Self::New(output) => Ok(output),
            Self::Files(_) => Err(Error::unsupported("an array of this format is one file")),
            Self::Existing(_) => Err(Error::unsupported("files of this format can't be added to")),
        }
    }
}

/// A file that is being read, part by part.
///
/// Parts are listed one after another and read when they are asked for. Of a [seekable](Self::is_seekable) source a part
/// that was listed can be described and read at any time and again; of a stream it is read (or described, which steps
/// over its head) before the next one is listed, or not at all.
pub trait Reader: fmt::Debug {
    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// What the format finds. A broken part is still listed if the next one can be found.
    fn next_part(&mut self) -> Result<Option<PartInfo>>;

    /// What a part is, without its data.
    ///
    /// # Errors
    /// What the format finds; `Unsupported` for a part of a stream that has passed.
    fn describe(&mut self, part: &PartInfo) -> Result<Content>;

    /// Reads a part, or a slice of its array.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); `InvalidArgument` when a slice does not fit the array.
    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part>;

    /// Reads the bytes of a part as they are in the container, whatever they are.
    ///
    /// The default implementation refuses: an array in a row is not a member.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); `Unsupported` when parts are not members.
    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        let _ = part;
        Err(Error::unsupported("an array in a row is not a member"))
    }

    /// True when parts can be described and read at any time and again.
    fn is_seekable(&self) -> bool;

    /// The part of that key, or of that index where parts have no keys. It may be called before all parts are listed.
    ///
    /// The default implementation lists parts until it finds it.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none; as [`next_part`](Self::next_part).
    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let mut count = 0;
        while let Some(part) = self.next_part()? {
            let is_it = match &part.key {
                Some(own) => own == key,
                None => place_of(key) == Some(part.place),
            };
            if is_it && part.counts() {
                return Ok(part);
            }
            count += 1;
        }
        Err(no_part(key, count))
    }

    /// Hands on the array of a part block by block, so that items follow one another in `order`, or as they lie in the
    /// file: blocks of about `size` bytes, or of one item. No more than some blocks are in memory, where the format allows it; a stream whose items
    /// are in another order, and data that has to be decoded as a whole, is held. [`SliceBlocks`](super::SliceBlocks)
    /// reads a slice after another, which is enough for many formats.
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the part is not an array.
    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>>;

    /// The array of a part in place, in a map of the file.
    ///
    /// The default implementation refuses: the data has to be decoded.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Unsupported` when the data is not in the file as it is in memory.
    fn map(&mut self, part: &PartInfo) -> Result<Array<Mmap>> {
        let _ = part;
        Err(Error::unsupported("data of this format can't be mapped"))
    }

    /// What is wrong with a part that reading it does not mind: bytes that belong to nothing, checksums of what is not
    /// read.
    ///
    /// The default implementation reports nothing: reading already checks everything.
    ///
    /// # Errors
    /// What keeps the part from being judged.
    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        let _ = part;
        Ok(Vec::new())
    }

    /// What is wrong with the container, except its parts' items.
    ///
    /// The default implementation reports nothing.
    ///
    /// # Errors
    /// What keeps the file from being judged.
    fn container_faults(&mut self) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }

    /// Bytes after the last part that belong to none, when all parts have been listed.
    ///
    /// The default implementation finds none.
    ///
    /// # Errors
    /// `Io`.
    fn trailing(&mut self) -> Result<u64> {
        Ok(0)
    }

    /// Bytes of the input before the place where the reader is: after [`trailing`](Self::trailing), all of them.
    fn position(&self) -> u64;

    /// Checks what reading all parts together would take.
    ///
    /// The default implementation allows it: each part is checked when it is read.
    ///
    /// # Errors
    /// `LimitExceeded`.
    fn check_total(&self) -> Result<()> {
        Ok(())
    }
}

/// The place that a key stands for, where parts have no keys.
pub(super) fn place_of(key: &str) -> Option<usize> {
    key.trim_start_matches('/').parse().ok()
}

#[cold]
pub(super) fn no_part(key: &str, count: usize) -> Error {
    Error::invalid(format!("there is no member '{key}' among {count} arrays"))
}

/// A file that is being written, part after part. Nothing of a file is seen before it is [finished](Self::finish); a
/// writer that is dropped before that leaves nothing, and a file that was being added to as it was.
///
/// An array is written whole by [`array`](Self::array), or piece by piece: [`begin`](Self::begin), then
/// [`items`](Self::items) until all are there; the next part, or the end of the file, ends it.
pub trait Writer: fmt::Debug {
    /// Begins an array whose items follow piece by piece, in the order and the byte order of the outline.
    ///
    /// # Errors
    /// `Unsupported` when the format can't hold the array, or not piece by piece: then nothing has been written, and
    /// [`array`](Self::array) may do; `InvalidArgument` when there is a part of that key already, or the file holds one
    /// array only; `Mismatch` when the part before has too few items; `Io`.
    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()>;

    /// Writes the next items of the array that was begun: whole items, any number of them.
    ///
    /// # Errors
    /// `Mismatch` when they are more than the outline says, `Io` when the sink fails.
    fn items(&mut self, bytes: &[u8]) -> Result<()>;

    /// Writes an array as a whole.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()>;

    /// Writes bytes that are not an array as the member of that name.
    ///
    /// The default implementation refuses: the format holds arrays only.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn bytes(&mut self, part: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        let _ = (part, bytes);
        Err(Error::unsupported("files of this format hold arrays only"))
    }

    /// The name of the member that holds the array of that key.
    ///
    /// The default implementation calls it so.
    fn name_of(&self, key: &str) -> String {
        key.to_owned()
    }

    /// Completes the file.
    ///
    /// # Errors
    /// `Mismatch` when the last part has too few items, `Io` when the sink fails.
    fn finish(self: Box<Self>) -> Result<()>;
}
