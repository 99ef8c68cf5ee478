//! One way in, one way out: what a format is to everything that reads and writes files.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::blocks::Blocks;
use super::info::{FormatInfo, Match};
use super::limits::Budget;
use super::part::{Content, NewPart, Outline, Part, PartChange, PartInfo, Selection};
use super::settings::{Reading, Writing};
use crate::format::{Mapper, Output, Positioned};
use crate::value::{ArrayNode, Items, Part as PartNode};
use crate::{Array, ArrayView, Buffer, Error, Graph, Input, Limits, Mmap, Node, Order, Result, Slice, Value};

/// A way to keep arrays in files. It is open: other crates add formats and register them with the facade.
///
/// A format is a value: data about itself, detection, and a factory of readers and writers. A file is a container of
/// *parts*: one array, several one after another, members with names, or the arrays of an object graph, whose keys
/// are paths. A format whose files are arrays one after another implements [`Codec`](super::Codec), which makes it one.
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
        Err(Error::unsupported(READ_ONLY).in_format(self.info().name))
    }

    /// Changes which parts a file has and what they are called, one change after the other: all of them, or none. A
    /// part that is called like one that there is takes its place, if `how` says that it is to be
    /// [replaced](Writing::replace).
    ///
    /// The default implementation refuses: the format has no members.
    ///
    /// # Errors
    /// `Unsupported` when files of the format have no members; `InvalidArgument` when there is no such part, or one of
    /// that key already; as [`create`](Self::create). Then the file is as it was.
    fn edit(&self, path: &Path, changes: &[PartChange], how: &Writing) -> Result<()> {
        let _ = (path, changes, how);
        let message = "files of this format have no members to be removed or renamed";
        Err(Error::unsupported(message).in_format(self.info().name))
    }
}

/// What is said where a format that is only read is to be written.
pub(super) const READ_ONLY: &str = "files of this format are read, not written";

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
            (None, _) => Err(Error::invalid("no file was named")),
        }
    }

    /// All inputs, in the order in which they were given.
    #[must_use]
    pub fn all(self) -> Vec<Input<'a>> {
        self.inputs
    }
}

/// Takes in one file of a multi-file array: which one it is, from 0 on, how many there are, and its bytes.
pub type TakeFile<'a> = dyn FnMut(usize, usize, &[u8]) -> Result<()> + Send + 'a;

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
pub trait Reader: fmt::Debug + Send {
    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// What the format finds. A broken part is still listed if the next one can be found.
    fn next_part(&mut self) -> Result<Option<PartInfo>>;

    /// The number of all parts, where it is known before they are listed.
    ///
    /// By default it is not.
    fn count(&self) -> Option<usize> {
        None
    }

    /// A part that was listed, by its place.
    ///
    /// By default parts have no keys.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such part.
    fn listed(&self, place: usize) -> Result<PartInfo> {
        Ok(PartInfo::at(place))
    }

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

    /// The ranges of the source that [`read`](Self::read) reads of the items of a slice, in ascending order, before it does:
    /// counted from the first byte of the source, of a member as of the archive around it. What precedes the items, a
    /// header or the directory of an archive, is read to know them.
    ///
    /// The default implementation refuses: where the items lie is not known before.
    ///
    /// # Errors
    /// As `read`; `Unsupported` when the data has to be decoded.
    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        let _ = (part, slice);
        Err(Error::unsupported("which bytes a slice needs is not known before the data is decoded"))
    }

    /// Reads the bytes of a part as they are in the container, whatever they are: those of a member, or of an array in a
    /// row, as a file of their own.
    ///
    /// The default implementation refuses.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); `Unsupported` when the bytes of a part are no file.
    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        let _ = part;
        Err(Error::unsupported("the part is not a file of its own"))
    }

    /// The bytes of a part as an input, for one that is a file of its own. Little of them is in memory at a time, where the
    /// format allows it; a checksum is compared at their end, or not at all.
    ///
    /// The default implementation reads them all.
    ///
    /// # Errors
    /// As [`read_bytes`](Self::read_bytes).
    fn part_input(&mut self, part: &PartInfo) -> Result<Input<'_>> {
        Ok(Input::from_positioned(Positioned::from_buffer(self.read_bytes(part)?)))
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

    /// The array of a part in place, in a map of the file, which `mapper` makes.
    ///
    /// The default implementation refuses: the data has to be decoded.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Unsupported` when the data is not in the file as it is in memory.
    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        let _ = (part, mapper);
        Err(Error::unsupported("data of this format can't be mapped"))
    }

    /// All that is in the file as one graph of objects. An array that is still in the file is an
    /// [`Items::Part`](crate::value::Items::Part): [`read`](Self::read) and [`blocks`](Self::blocks) take its
    /// [`info`](crate::value::Part::info). So a graph is made without the data of its arrays, and who walks it needs to
    /// know nothing of the format. A format of objects overrides this method: its graph holds its own objects, and arrays
    /// that are read later or are in memory already, as it is best for the format.
    ///
    /// A part that can't be described or read is handed to `bad`, which ends the work by an error or lets it go on: then
    /// [`Value::None`] stands in its place.
    ///
    /// The default implementation lists all parts. Keyed parts, or none, make a dict, the only part without a key is the
    /// graph's value itself, and several in a row make a list, whose last value is none where the row is cut off by one
    /// that is broken, which `bad` is told of. Arrays stay in the file; what is not an array is read as bytes. The dtypes
    /// that the graph holds are charged to `budget`.
    ///
    /// # Errors
    /// What the format finds, and what `bad` returns; `LimitExceeded`; `Unsupported` when the source is not [seekable](Self::is_seekable):
    /// the arrays of a stream would be gone when they are wanted.
    fn graph(&mut self, budget: &mut Budget, bad: &mut BadPart<'_>) -> Result<Graph> {
        graph_of_parts(self, budget, bad)
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

    /// How many values the file has that are not among its parts: numbers and texts beside the arrays of a graph.
    ///
    /// The default implementation says that there are none.
    ///
    /// # Errors
    /// What the format finds.
    fn beside_parts(&mut self) -> Result<u64> {
        Ok(0)
    }

    /// What is wrong with the container, but for its parts' items.
    ///
    /// The default implementation reports nothing.
    ///
    /// # Errors
    /// What keeps the file from being judged.
    fn container_faults(&mut self) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }

    /// Bytes behind the last part that belong to none, when all parts have been listed.
    ///
    /// The default implementation finds none.
    ///
    /// # Errors
    /// `Io`.
    fn trailing(&mut self) -> Result<u64> {
        Ok(0)
    }

    /// Bytes of the input before the place where the reader stands: behind [`trailing`](Self::trailing), all of them.
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

/// Takes note of a part that can't be described or read, and says whether the work goes on.
pub type BadPart<'a> = dyn FnMut(&PartInfo, Error) -> Result<()> + 'a;

/// The graph of a file that is nothing but its parts.
fn graph_of_parts<R: Reader + ?Sized>(
    reader: &mut R,
    held: &mut Budget,
    bad: &mut BadPart<'_>,
) -> Result<Graph> {
    if !reader.is_seekable() {
        return Err(Error::unsupported("the arrays of a stream can't be read when they are wanted"));
    }
    let (mut parts, mut cut) = (Vec::new(), None);
    loop {
        match reader.next_part() {
            Ok(Some(part)) if part.counts() => {
                parts.try_reserve(1).map_err(no_memory)?;
                parts.push(part);
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) if parts.last().is_none_or(|part| part.key.is_some()) => return Err(error),
            // The arrays of the row before it are whole.
            Err(error) => {
                cut = Some(error);
                break;
            }
        }
    }
    // What is listed is bounded by the file; limits are for what is read of it.
    let mut budget = Limits::default().budget();
    let mut builder = Graph::builder();
    let has_keys = parts.first().is_none_or(|part| part.key.is_some());
    // A container comes before what it holds.
    let container = match has_keys || parts.len() > 1 || cut.is_some() {
        true => Some(builder.reserve(&mut budget)?),
        false => None,
    };
    let (mut entries, mut was_bad) = (Vec::new(), false);
    entries.try_reserve_exact(parts.len().saturating_add(1)).map_err(no_memory)?;
    for info in parts {
        let key = info.key.as_deref().map(Value::from);
        let value = match reader.describe(&info) {
            Ok(Content::Array(what)) => {
                held.charge_description(what.dtype.memory())?;
                let part = PartNode::new(info, what.dtype, &what.shape, what.order);
                Ok(builder.add(ArrayNode::new(Items::Part(part)), &mut budget)?.into())
            }
            Ok(Content::Bytes(_)) => reader.read_bytes(&info).map(Value::from).map_err(|error| (info, error)),
            Err(error) => Err((info, error)),
        };
        was_bad = value.is_err();
        let value = value.or_else(|(info, error)| bad(&info, error).map(|()| Value::None))?;
        entries.push((key.unwrap_or_default(), value));
    }
    // What is wrong with the last part keeps the next one from being found, and has been said.
    if let Some(error) = cut.filter(|_| !was_bad) {
        bad(&PartInfo::at(entries.len()), error)?;
        entries.push((Value::None, Value::None));
    }
    let Some(container) = container else {
        return builder.finish(entries.into_iter().map(|(_, value)| value).collect());
    };
    let node = match has_keys {
        true => Node::Dict(entries),
        false => Node::List(entries.into_iter().map(|(_, value)| value).collect()),
    };
    builder.fill(container, node, &mut budget)?;
    builder.finish(vec![container.into()])
}

/// The place that a key stands for, where parts have no keys.
pub(super) fn place_of(key: &str) -> Option<usize> {
    key.trim_start_matches('/').parse().ok()
}

#[cold]
fn no_memory(source: std::collections::TryReserveError) -> Error {
    Error::limit("no memory for the list of parts").with_source(source)
}

#[cold]
pub(super) fn no_part(key: &str, count: usize) -> Error {
    let plural = if count == 1 { "" } else { "s" };
    Error::invalid(format!("the file has no array '{key}': it has {count} array{plural}"))
}

/// A file that is being written, part after part. Nothing of a file is seen before it is [finished](Self::finish); a
/// writer that is dropped before that leaves nothing, and a file that was being added to as it was.
///
/// An array is written whole by [`array`](Self::array), or piece by piece: [`begin`](Self::begin), then
/// [`items`](Self::items) until all are there; the next part, or the end of the file, ends it.
pub trait Writer: fmt::Debug + Send {
    /// The order in which the items of an array follow that is written in `order`.
    ///
    /// The default implementation says that it is the same. Texts have their values in C order, whatever order they name.
    fn items_in(&self, order: Order) -> Order {
        order
    }

    /// Begins an array whose items follow piece by piece, in the byte order of the outline and the order that
    /// [`items_in`](Self::items_in) gives for that of the outline.
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

    /// Writes bytes that are not an array as the member of that name; or, where parts are arrays in a row, those of one
    /// that is in this format already.
    ///
    /// The default implementation refuses: the format holds arrays only.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn bytes(&mut self, part: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        let _ = (part, bytes);
        Err(Error::unsupported("files of this format hold arrays only"))
    }

    /// Writes the objects of a file. Arrays that are still in another file have to be read before.
    ///
    /// The default implementation writes each array as a part whose key is its [path](Graph::paths) without the slash in
    /// front, and nothing else of the graph.
    ///
    /// # Errors
    /// As [`array`](Self::array) and [`Graph::array`].
    fn graph(&mut self, graph: &Graph) -> Result<()> {
        for found in graph.paths()? {
            let (path, id) = found?;
            let part = path.strip_prefix('/').map_or_else(NewPart::new, NewPart::keyed);
            self.array(&part, &graph.array(id)?.view())?;
        }
        Ok(())
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
