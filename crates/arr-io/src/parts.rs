//! The parts of one open file, through which everything in this crate reads.

mod edges;
mod named;
mod ranges;

use std::collections::VecDeque;

use arr_core::format::{
    BLOCK, BadPart, Blocks, Budget, Content, Description, FormatInfo, Holds, InMemory, Mapper, Part,
    PartInfo, Reader, SCATTERED_BLOCK, Selection, is_in,
};
use arr_core::{Array, Buffer, DType, Error, Graph, Limits, Mmap, Node, Order, Result, Slice};

use self::named::Named;
use crate::check::holds_objects;
use crate::layer::Compression;
use crate::objects::{self, Objects};
use crate::open::in_format;
use crate::select::Chosen;

/// Arrays of more bytes are read block by block where they are not needed whole.
pub const LARGE: u64 = 64 << 20;

/// The parts of an open file, one after another and read when they are asked for: the array of a `.npy`, the arrays of a
/// stream, the members of an archive. Entries of folders are left out, and of members of equal names all but the last.
///
/// A part of a [seekable](Self::is_seekable) file can be read at any time and repeatedly. Each part of a stream is read
/// into memory when it is listed, and held until the next one is listed.
#[derive(Debug)]
pub struct Parts<'a> {
    reader: Box<dyn Reader + 'a>,
    info: &'static FormatInfo,
    /// Bytes of the file, where they were known before it was read.
    len: Option<u64>,
    /// How the file is compressed.
    layers: Vec<Compression>,
    /// True when one part was asked for by name.
    is_named: bool,
    /// Parts that have been listed ahead, and why no more can be.
    ahead: VecDeque<PartInfo>,
    failed: Option<Error>,
    has_ended: bool,
    /// A part of a stream.
    held: Option<(usize, Part)>,
    /// The number of parts that `next_part` has given.
    count: usize,
    has_several: bool,
    /// What may be held of it.
    budget: Budget,
    /// What is known of the objects in its members.
    objects: Option<Objects>,
    /// The member of an archive that the file is.
    member: Option<String>,
}

/// A part in the form in which it is best processed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Data {
    /// An array, in memory.
    Array(Array),
    /// A large array, to be read by [`Parts::blocks`].
    Large(Description),
    /// Bytes that are not an array.
    Bytes(Buffer),
}

impl<'a> Parts<'a> {
    pub(crate) fn new(
        reader: Box<dyn Reader + 'a>,
        info: &'static FormatInfo,
        is_named: bool,
        len: Option<u64>,
        layers: Vec<Compression>,
        limits: &Limits,
    ) -> Self {
        Self {
            reader,
            info,
            len,
            layers,
            is_named,
            ahead: VecDeque::new(),
            failed: None,
            has_ended: false,
            held: None,
            count: 0,
            has_several: false,
            budget: limits.budget(),
            objects: None,
            member: None,
        }
    }

    /// The same, whose members of objects are looked into.
    pub(crate) fn with_objects(mut self, objects: Option<Objects>) -> Self {
        self.objects = objects;
        self
    }

    /// The same of a file that is the member of that key of an archive.
    pub(crate) fn in_archive(mut self, key: &str) -> Self {
        let inner = self.member.take();
        self.member = Some(inner.map_or_else(|| key.to_owned(), |inner| format!("{key}::{inner}")));
        self
    }

    /// The same, whose file around it has these bytes and is compressed so.
    pub(crate) fn with_file(mut self, len: Option<u64>, layers: Vec<Compression>) -> Self {
        self.len = len;
        self.layers.splice(..0, layers);
        self
    }

    /// The member of an archive that the file is, where that was asked for: its key, and where that is an archive too the key
    /// in that after two colons.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.info
    }

    /// How the whole file is compressed, the outermost layer first.
    #[must_use]
    pub fn layers(&self) -> &[Compression] {
        &self.layers
    }

    /// True when parts have keys.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.info.holds.has_keys()
    }

    /// True when one part was asked for by name.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    /// True when parts can be described and read at any time and again.
    #[must_use]
    pub fn is_seekable(&self) -> bool {
        self.reader.is_seekable()
    }

    /// True when a second part is known to follow the first.
    #[must_use]
    pub fn has_several(&self) -> bool {
        self.has_several
    }

    /// True when there are other parts beside those that have been listed, or several were.
    pub fn has_others(&mut self) -> bool {
        // What fails may be to step over the only one.
        self.look_ahead(1);
        self.count > 1 || self.has_several || !self.ahead.is_empty()
    }

    fn list(&mut self) -> Result<Option<PartInfo>> {
        loop {
            match self.reader.next_part()? {
                Some(part) if !part.counts() => {}
                next => return Ok(next),
            }
        }
    }

    /// Lists parts until there are `count` ahead. Of a stream each is read before the next one is listed.
    fn look_ahead(&mut self, count: usize) {
        while self.ahead.len() < count && !self.has_ended && self.failed.is_none() {
            match self.list() {
                Ok(Some(part)) => self.ahead.push_back(part),
                Ok(None) => self.has_ended = true,
                Err(error) => self.failed = Some(in_format(error, self.info.name)),
            }
        }
    }

    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// What the format finds.
    pub fn next_part(&mut self) -> Result<Option<PartInfo>> {
        self.held = None;
        self.look_ahead(1);
        let Some(part) = self.ahead.pop_front() else {
            return match self.failed.take() {
                Some(error) => {
                    self.has_ended = true;
                    Err(error)
                }
                None => Ok(None),
            };
        };
        if !self.is_seekable() {
            let read = self.reader.read(&part, Selection::All);
            self.held = Some((part.place, read.map_err(|error| in_format(error, self.info.name))?));
        }
        self.count += 1;
        if self.count == 1 && !self.has_keys() {
            self.look_ahead(1);
            // What fails is to step over the first one.
            self.has_several = !self.ahead.is_empty();
        }
        Ok(Some(part))
    }

    /// The number of all parts, folders and replaced members too, where it is known before they are listed.
    #[must_use]
    pub fn count_all(&self) -> Option<usize> {
        self.reader.count()
    }

    /// A part that was listed, by its place.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such part.
    pub fn listed(&self, place: usize) -> Result<PartInfo> {
        self.reader.listed(place)
    }

    /// The part of that key among those of an archive, whether it has been listed or not.
    pub(crate) fn find(&mut self, key: &str) -> Option<PartInfo> {
        self.reader.find(key).ok().filter(PartInfo::counts)
    }

    /// True when another part follows. Of a stream it is listed once the one before has been read.
    pub(crate) fn has_more(&mut self) -> bool {
        self.look_ahead(1);
        !self.ahead.is_empty() || self.failed.is_some()
    }

    /// Lists all parts that are left, and counts them.
    pub(crate) fn count_rest(&mut self) -> usize {
        let mut count = 0;
        while let Ok(Some(_)) = self.next_part() {
            count += 1;
        }
        count
    }

    /// True when exactly one part is left.
    pub(crate) fn is_single(&mut self) -> bool {
        self.look_ahead(2);
        self.ahead.len() == 1 && self.has_ended
    }

    /// What a part is, without its data.
    ///
    /// # Errors
    /// What the format finds.
    pub fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        if let Some((place, held)) = &self.held {
            if *place == part.place {
                return Ok(described(held));
            }
        }
        self.reader.describe(part).map_err(|error| in_format(error, self.info.name))
    }

    /// Reads a part.
    ///
    /// # Errors
    /// What the format finds.
    pub fn read(&mut self, part: &PartInfo) -> Result<Part> {
        self.select(part, Selection::All)
    }

    /// Reads a slice of the array of a part; bytes that are not an array are read whole.
    ///
    /// # Errors
    /// What the format finds; `InvalidArgument` when the slice does not fit the array.
    pub fn read_slice(&mut self, part: &PartInfo, slice: &Slice) -> Result<Part> {
        self.select(part, Selection::Slice(slice))
    }

    fn select(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        if let Some((_, held)) = self.held.as_ref().filter(|(place, _)| *place == part.place) {
            return match (held, what) {
                (Part::Array(array), Selection::Slice(slice)) => {
                    array.slice(slice)?.to_contiguous(array.natural_order()).map(Part::Array)
                }
                (held, _) => Ok(held.clone()),
            };
        }
        self.reader.read(part, what).map_err(|error| in_format(error, self.info.name))
    }

    /// Reads the bytes of a member of an archive, whatever they are.
    ///
    /// # Errors
    /// What the format finds; `Unsupported` when parts are not members.
    pub fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        self.reader.read_bytes(part).map_err(|error| in_format(error, self.info.name))
    }

    /// A part in the form in which it is best processed: a large array is not read yet.
    ///
    /// # Errors
    /// What the format finds.
    pub fn data(&mut self, part: &PartInfo) -> Result<Data> {
        // What an archive says of the length of a member saves reading its header once more.
        let is_small = part.member.as_ref().is_some_and(|member| member.len <= LARGE);
        if self.is_seekable() && !is_small {
            if let Content::Array(what) = self.describe(part)? {
                let is_plain = what.dtype != DType::Utf8 && !what.dtype.has_references();
                if is_plain && what.nbytes() > LARGE {
                    return Ok(Data::Large(what));
                }
            }
        }
        Ok(match self.read(part)? {
            Part::Bytes(bytes) => Data::Bytes(bytes),
            part => Data::Array(part.into_array()?),
        })
    }

    /// Reads the array of a part block by block, with the items in `order`, or as they lie in the file (`None`). Only a
    /// few blocks are in memory at a time, where the format allows it.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// # arr_io::save(&path, &vec![1.0f64, 2.0, 3.0])?;
    /// use arr_io::Order;
    /// let mut parts = arr_io::parts(&path)?;
    /// let part = parts.only()?;
    /// let (mut sum, mut blocks) = (0.0, parts.blocks(&part, Order::C)?);
    /// while let Some(block) = blocks.next_block()? {
    ///     sum += block.array.typed::<f64>()?.sum();
    /// }
    /// assert_eq!(sum, 6.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the format finds; `InvalidArgument` when the part is not an array.
    pub fn blocks(
        &mut self,
        part: &PartInfo,
        order: impl Into<Option<Order>>,
    ) -> Result<Box<dyn Blocks + '_>> {
        let order = order.into();
        let what = if order.is_some() { self.describe(part)?.into_array() } else { None };
        let size = match (order, what) {
            (Some(order), Some(what)) if !is_in(order, what.order, &what.shape) => SCATTERED_BLOCK,
            _ => BLOCK,
        };
        self.blocks_of(part, order, size)
    }

    /// [`blocks`](Self::blocks) of about `size` bytes, or of one item.
    ///
    /// # Errors
    /// As `blocks`.
    pub fn blocks_of(
        &mut self,
        part: &PartInfo,
        order: Option<Order>,
        size: usize,
    ) -> Result<Box<dyn Blocks + '_>> {
        if let Some((_, held)) = self.held.as_ref().filter(|(place, _)| *place == part.place) {
            let array = held.clone().into_array()?;
            let order = order.unwrap_or_else(|| array.natural_order());
            return Ok(Box::new(InMemory::new(array, order, size)));
        }
        let name = self.info.name;
        let blocks = self.reader.blocks(part, order, size).map_err(|error| in_format(error, name))?;
        Ok(Box::new(Named { blocks, name }))
    }

    /// The array of a part in place, in a map of the file.
    ///
    /// # Safety
    /// As for [`Mmap::open`]: the file is not changed for as long as the array is there.
    ///
    /// # Errors
    /// What the format finds; `Unsupported` when the data has to be decoded.
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&mut self, part: &PartInfo) -> Result<Array<Mmap>> {
        // SAFETY: the caller promises it of the file that the parts are read from, the only one that a reader maps.
        let mapper = unsafe { Mapper::new() };
        self.reader.map(part, mapper).map_err(|error| in_format(error, self.info.name))
    }

    /// The only array of an archive, or the first of a row; the part that was asked for by name.
    ///
    /// # Errors
    /// `InvalidArgument` when an archive has no arrays, or more than one.
    pub fn only(&mut self) -> Result<PartInfo> {
        if !self.has_keys() || self.is_named {
            return self.next_part()?.ok_or_else(|| Error::invalid("the file has no arrays"));
        }
        let (mut found, mut count) = (Vec::new(), 0);
        while let Some(part) = self.next_part()? {
            count += 1;
            // Two are as many as thousands.
            if found.len() < 2 && matches!(self.describe(&part)?, Content::Array(_)) {
                found.push(part);
            }
        }
        match (found.len(), found.pop()) {
            (1, Some(part)) => Ok(part),
            (0, _) | (_, None) => Err(Error::invalid("the archive has no arrays")),
            (_, Some(other)) => {
                let first = found.first().map(key_of).transpose()?.unwrap_or(key_of(&other)?);
                let message =
                    format!("the archive has {count} members: choose one of them, such as '{first}'");
                Err(Error::invalid(message))
            }
        }
    }

    /// Reads the array that [`only`](Self::only) finds.
    pub(crate) fn read_only(&mut self) -> Result<Array> {
        if self.has_keys() && !self.is_named {
            let part = self.only()?;
            return self.read(&part)?.into_array();
        }
        // Bytes after the array are ignored.
        let part = self.list().map_err(|error| in_format(error, self.info.name))?;
        let part = part.ok_or_else(|| Error::invalid("the file has no arrays"))?;
        let read = self.reader.read(&part, Selection::All);
        let array = read.map_err(|error| in_format(error, self.info.name))?.into_array()?;
        if !self.layers.is_empty() {
            // The checksum follows the data.
            self.reader.trailing()?;
        }
        Ok(array)
    }

    /// The same with some of its parts alone, in the order of their places, from the first of them on.
    pub(crate) fn keep(self, parts: Vec<PartInfo>) -> Self {
        Self {
            reader: Box::new(Chosen::parts(self.reader, parts)),
            ahead: VecDeque::new(),
            failed: None,
            has_ended: false,
            held: None,
            count: 0,
            has_several: false,
            ..self
        }
    }

    /// What may be held.
    pub(crate) fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// The reader itself, for what is to see all parts: folders, and members that are replaced by later ones.
    pub(crate) fn raw(&mut self) -> &mut (dyn Reader + 'a) {
        self.reader.as_mut()
    }

    /// True when members of an archive are arrays of objects, which [`graph`](Self::graph) has. All members are described
    /// to find out; what is wrong with one is found when it is read.
    pub fn has_objects(&mut self) -> bool {
        let count = if self.in_members().is_some() { self.reader.count().unwrap_or(0) } else { 0 };
        (0..count).any(|place| {
            let part = self.reader.listed(place).ok().filter(PartInfo::counts);
            let what = part.and_then(|part| self.reader.describe(&part).ok()).and_then(Content::into_array);
            what.is_some_and(|what| holds_objects(&what.dtype))
        })
    }

    /// All that is in the file as one graph: [`Reader::graph`]. Nothing is listed before or afterwards. Of an archive whose
    /// members are arrays of objects, the objects and their arrays are in it.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", [1.0f32, 2.0])])?;
    /// use arr_io::value::Items;
    /// let mut parts = arr_io::parts(&path)?;
    /// let graph = parts.graph(&mut |_, error| Err(error))?;
    /// let (path, id) = graph.paths()?.next().ok_or("an array")??;
    /// assert_eq!(path, "/w");
    /// if let Some(Items::Part(part)) = graph.node(id).and_then(|node| Some(&node.as_array()?.items)) {
    ///     assert_eq!(parts.read(&part.info)?.into_array()?.to_vec::<f32>()?, [1.0, 2.0]);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Reader::graph`].
    pub fn graph(&mut self, bad: &mut BadPart<'_>) -> Result<Graph> {
        let name = self.info.name;
        let graph = self.reader.graph(&mut self.budget, &mut |part, error| bad(part, in_format(error, name)));
        let graph = graph.map_err(|error| in_format(error, name))?;
        let graph = match self.in_members() {
            Some(objects) => objects::joined(graph, self.reader.as_mut(), &objects, &mut self.budget, bad)?,
            None => graph,
        };
        self.has_several = matches!(graph.root().and_then(|root| graph.follow(root)), Some(Node::List(_)));
        Ok(graph)
    }

    /// Bytes of the whole file, where that is known before it is read.
    #[must_use]
    pub fn file_len(&self) -> Option<u64> {
        self.len
    }

    /// Bytes before the place where the file is being read.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Checks what reading all parts together would take.
    ///
    /// # Errors
    /// `LimitExceeded` when that is more than is allowed.
    pub fn check_total(&self) -> Result<()> {
        self.reader.check_total().map_err(|error| in_format(error, self.info.name))
    }

    /// Checks what all texts, bytes and whole numbers of the file's graph would take where each is printed.
    ///
    /// # Errors
    /// `LimitExceeded` when that is more than is allowed, or memory is short.
    pub fn check_printed(&self, graph: &Graph) -> Result<()> {
        let checked = self.budget.check_expansion(self.position(), graph.printed_len()?);
        checked.map_err(|error| in_format(error, self.info.name))
    }

    /// How many values the file has that are not among its parts, such as numbers and texts beside the arrays of a pickle.
    /// Of a part that was asked for by name there are none.
    ///
    /// # Errors
    /// What the format finds.
    pub fn beside_parts(&mut self) -> Result<u64> {
        if self.is_named {
            return Ok(0);
        }
        self.reader.beside_parts().map_err(|error| in_format(error, self.info.name))
    }

    /// What is needed to look into objects.
    pub(crate) fn objects(&self) -> Option<Objects> {
        self.objects.clone()
    }

    /// The same, for those that are in members of an archive.
    fn in_members(&self) -> Option<Objects> {
        self.objects().filter(|objects| objects.are_members)
    }

    /// The arrays in a member of an archive whose items are objects, and of which the member itself is none that could be read;
    /// nothing for other parts.
    ///
    /// # Errors
    /// What is wrong with the objects.
    pub fn inside_objects(&mut self, part: &PartInfo) -> Result<Option<Parts<'static>>> {
        let Some(objects) = self.in_members() else { return Ok(None) };
        let Some((_, bytes)) = objects::bytes_of(self, part) else { return Ok(None) };
        let key = part.key.as_deref().unwrap_or_default();
        objects.parts(bytes).map(|parts| Some(parts.in_archive(key)))
    }

    /// The name of a part of the file `file`: with its key, or with its index where there are several.
    #[must_use]
    pub fn label(&self, file: &str, part: &PartInfo) -> String {
        match &part.key {
            _ if self.is_named => file.to_owned(),
            // The file is one array.
            Some(key) if key.is_empty() && self.info.holds == Holds::Graph => file.to_owned(),
            Some(key) => format!("{file}::{key}"),
            None if !self.has_several => file.to_owned(),
            None => format!("{file}::{}", part.place),
        }
    }
}

/// The key of a part of a file whose parts have keys.
pub(crate) fn key_of(part: &PartInfo) -> Result<&str> {
    let message = || Error::invalid(format!("part {} of a file whose parts have keys has none", part.place));
    part.key.as_deref().ok_or_else(message)
}

/// What a part in memory is.
fn described(part: &Part) -> Content {
    match part {
        Part::Array(array) => {
            let (dtype, shape, order) = (array.dtype().clone(), array.shape(), array.order());
            Content::Array(Description::new(dtype, shape, order, 0, Some(array.nbytes() as u64)))
        }
        Part::Bytes(bytes) => Content::Bytes(bytes.len() as u64),
        _ => Content::Bytes(0),
    }
}
