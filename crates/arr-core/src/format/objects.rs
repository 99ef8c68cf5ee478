//! Files of objects: their arrays are parts, whose keys are the paths that lead to them.

mod source;

use std::collections::HashSet;
use std::fmt;

pub use self::source::{AllBytes, ItemsAt, Keep};

use super::blocks::{Blocks, Cutter, InMemory, SliceBlocks};
use super::codec::{Head, read_plain, slice_plain};
use super::limits::Budget;
use super::part::{Content, Description, MemberInfo, Part, PartInfo, Selection};
use super::protocol::{BadPart, Reader};
use super::room::{no_memory, reserved};
use super::settings::Reading;
use crate::format::{Mapper, Positioned};
use crate::value::{Items, text_of_name};
use crate::{
    Array, Contiguity, Error, ErrorKind, Graph, Input, Layout, Mmap, Node, NodeId, Order, Result, Slice,
    SliceItem, Value,
};

/// What a format has read of a file of objects, whose arrays may still be there: [`ObjectReader`] makes a reader of it.
///
/// The arrays have places, from 0 on, which are those of the [parts](crate::value::Part) in the graph.
pub trait ObjectFile: fmt::Debug + Send {
    /// The name of the format, for errors.
    fn name(&self) -> &'static str;

    /// What an array is called there, for errors.
    fn noun(&self) -> &'static str {
        "array"
    }

    /// All objects.
    fn graph(&self) -> &Graph;

    /// How many arrays there are.
    fn count(&self) -> usize;

    /// The place of the array that is a node.
    fn place_of(&self, node: NodeId) -> Option<usize>;

    /// Where the items of an array are.
    ///
    /// # Errors
    /// `Unsupported` when they are values; `InvalidArgument` when there is no such array.
    fn items(&self, place: usize) -> Result<ItemsAt>;

    /// Reads an array whose items are [coded](ItemsAt::Coded).
    ///
    /// The default implementation refuses: none is.
    ///
    /// # Errors
    /// What the format finds.
    fn decode(&self, place: usize, budget: &mut Budget) -> Result<Array> {
        let _ = budget;
        Err(no_array(self.noun(), place))
    }

    /// What is said of an array among the members of the file.
    ///
    /// The default implementation adds nothing.
    fn member(&self, place: usize, member: MemberInfo) -> MemberInfo {
        let _ = place;
        member
    }

    /// What is said of an array besides what it is.
    ///
    /// The default implementation adds nothing.
    fn describe(&self, place: usize, what: Description) -> Description {
        let _ = place;
        what
    }

    /// What is wrong with the file, or would be dangerous to other programs, as [`Reader::container_faults`].
    ///
    /// The default implementation reports nothing.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    fn faults(&self) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }

    /// Where the last object ends, and how many bytes behind it belong to none.
    fn end(&self) -> (u64, u64);
}

/// The arrays of a file of objects as parts. Keys are [paths](Graph::paths) without the slash in front, unless the first name
/// of the path is empty: then the slash tells that it is there. An array that is an entry of the only value has the text of
/// its key as it is, slashes and all, where no path begins so: what was `layers/w` in an archive is called so again.
#[derive(Debug)]
pub struct ObjectReader<'a, O> {
    input: Input<'a>,
    how: Reading,
    objects: O,
    /// The key of each array; nothing of those that no path leads to, and whose items are values.
    keys: Vec<Option<String>>,
    next: usize,
}

impl<'a, O: ObjectFile> ObjectReader<'a, O> {
    /// Makes parts of what was read of an input.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short, or the paths take much more of it than the file.
    pub fn new(input: Input<'a>, objects: O, how: &Reading) -> Result<Self> {
        let mut keys = reserved(objects.count())?;
        keys.resize(objects.count(), None);
        let mut budget = how.limits.budget();
        let mut free = objects.end().0;
        let mut firsts = Firsts::of(objects.graph());
        for found in objects.graph().paths()? {
            let (path, id) = found?;
            let len = path.len() as u64;
            // A file that is nested deeply says little of long paths.
            budget.charge_description(len.saturating_sub(free))?;
            free = free.saturating_sub(len);
            if is_of_values(objects.graph(), id) {
                continue;
            }
            if let Some(key) = objects.place_of(id).and_then(|place| keys.get_mut(place)) {
                *key = Some(match firsts.unescaped(&path)? {
                    Some(name) => name,
                    None => key_of(&path).to_owned(),
                });
            }
        }
        Ok(Self { input, how: how.clone(), objects, keys, next: 0 })
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let key = self.keys.get(place).and_then(Option::as_ref);
        let key = key.ok_or_else(|| no_array(self.objects.noun(), place))?;
        let member = MemberInfo::new(key.clone(), self.objects.items(place)?.nbytes());
        Ok(PartInfo::of_member(place, key.clone(), self.objects.member(place, member), false))
    }

    /// The items of an array that is wanted: limits hold for each.
    fn wanted(&self, part: &PartInfo) -> Result<(ItemsAt, Description)> {
        let items = self.objects.items(part.place)?.at_first()?;
        let what = items.describe();
        self.how.limits.budget().check_rank(what.shape.len())?;
        Ok((items, self.objects.describe(part.place, what)))
    }

    /// Items that are there several times, by a stride of 0, are packed as what is compressed is: so many may be wanted.
    fn check_expansion(&self, items: &ItemsAt, what: &Description) -> Result<()> {
        match items.stored(what) {
            Some(there) => self.how.limits.budget().check_expansion(there, what.nbytes()),
            None => Ok(()),
        }
    }

    fn read_part(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Array> {
        let (items, description) = self.wanted(part)?;
        if matches!(what, Selection::All) {
            self.check_expansion(&items, &description)?;
        }
        let mut budget = self.how.limits.budget();
        let array = match items {
            ItemsAt::File { at, layout, .. } => return self.read_items(at, layout, description, what),
            ItemsAt::Memory(array) => array,
            ItemsAt::Coded(_) => {
                let array = self.objects.decode(part.place, &mut budget)?;
                return self.how.apply(selected(array, what)?);
            }
        };
        let array = selected(array, what)?;
        budget.charge_bytes(array.nbytes() as u64)?;
        self.how.apply(array)
    }

    /// Reads items out of the file, under fresh limits.
    fn read_items(
        &mut self,
        at: u64,
        layout: Layout,
        what: Description,
        wanted: Selection<'_>,
    ) -> Result<Array> {
        *self.input.budget() = self.how.limits.budget();
        self.input.seek_to(at)?;
        // Items that are there several times are charged as what a copy of them takes.
        let there = what.data_len.unwrap_or(0);
        let nbytes = (layout.len() as u64).saturating_mul(what.dtype.itemsize() as u64);
        self.input.budget().charge_bytes(nbytes.saturating_sub(there))?;
        // No more is read than the array has of a long row of bytes.
        let is_scattered = there / 2 > what.nbytes();
        let head = Head::plain(what, layout, ());
        let array = match wanted {
            Selection::Slice(slice) => slice_plain(&head, &mut self.input, &self.how, slice)?,
            _ if is_scattered => {
                let all = Slice::from(vec![SliceItem::Ellipsis]);
                slice_plain(&head, &mut self.input, &self.how, &all)?
            }
            _ => read_plain(&head, &mut self.input, &self.how)?,
        };
        self.how.apply(array).map_err(|error| error.at(at))
    }

    /// An array whose items are there several times, over the bytes that are in the file; nothing where each is there once, or
    /// something is to be done to them.
    fn repeated(&mut self, items: &ItemsAt, what: &Description) -> Result<Option<Array>> {
        let is_plain = self.how.dtype.is_none() && self.how.byte_order.is_none() && self.how.order.is_none();
        let there = what.data_len.filter(|there| is_plain && *there < what.nbytes());
        let (ItemsAt::File { at, dtype, layout }, Some(there)) = (items, there) else { return Ok(None) };
        *self.input.budget() = self.how.limits.budget();
        self.input.budget().charge_bytes(there)?;
        self.input.seek_to(*at)?;
        let bytes = self.input.read_buffer(there, "array")?.freeze();
        Array::new(dtype.clone(), layout.clone(), bytes).map(Some)
    }

    fn placed(&self, error: Error) -> Error {
        error.in_format(self.objects.name())
    }
}

/// What is selected of an array in memory.
fn selected(array: Array, what: Selection<'_>) -> Result<Array> {
    match what {
        Selection::Slice(slice) => array.slice(slice)?.to_contiguous(array.natural_order()),
        _ => Ok(array),
    }
}

#[cold]
fn no_array(noun: &str, place: usize) -> Error {
    Error::invalid(format!("the file has no {noun} {place}"))
}

/// True when the items of an array are values.
fn is_of_values(graph: &Graph, id: NodeId) -> bool {
    let array = graph.node(id).and_then(Node::as_array);
    array.is_some_and(|array| matches!(array.items, Items::Values { .. }))
}

/// The names of the entries of the only value of a graph, to tell whether a path begins so.
struct Firsts<'g> {
    graph: &'g Graph,
    names: Option<HashSet<String>>,
    looked_up: usize,
}

/// The most paths that are looked up, each of which takes a look at all entries.
const MOST_LOOKED_UP: usize = 1000;

impl<'g> Firsts<'g> {
    fn of(graph: &'g Graph) -> Self {
        Self { graph, names: None, looked_up: 0 }
    }

    /// The text of the key that is all of a path, where that is written with `~0` or `~1` and no other path begins as the text
    /// does.
    fn unescaped(&mut self, path: &str) -> Result<Option<String>> {
        let name = path.strip_prefix('/').filter(|name| name.contains('~') && !name.contains('/'));
        let is_only = self.graph.roots().len() == 1;
        let Some(text) = name.filter(|_| is_only).and_then(text_of_name) else { return Ok(None) };
        let first = text.split('/').next().unwrap_or_default();
        // Behind the sign are words and kinds of keys.
        if first.is_empty() || first.starts_with('~') && self.is_found(&text) {
            return Ok(None);
        }
        if self.names.is_none() {
            self.names = Some(self.all()?);
        }
        let is_taken = self.names.as_ref().is_some_and(|names| names.contains(first));
        Ok((!is_taken).then(|| text.into_owned()))
    }

    /// Whether something is at a path, of which a few are looked up one by one.
    fn is_found(&mut self, path: &str) -> bool {
        self.looked_up += 1;
        self.looked_up > MOST_LOOKED_UP || self.graph.find(&format!("/{path}")).is_ok()
    }

    fn all(&self) -> Result<HashSet<String>> {
        let mut names = HashSet::new();
        let root = self.graph.root().and_then(|root| self.graph.follow(root));
        if let Some(node) = root {
            for found in self.graph.named(node)? {
                names.try_reserve(1).map_err(no_memory)?;
                names.insert(found.0);
            }
        }
        Ok(names)
    }
}

/// The key of a path.
fn key_of(path: &str) -> &str {
    match path.strip_prefix('/') {
        Some(key) if !key.is_empty() && !key.starts_with('/') => key,
        _ => path,
    }
}

impl<O: ObjectFile> Reader for ObjectReader<'_, O> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        while let Some(key) = self.keys.get(self.next) {
            self.next += 1;
            if key.is_some() {
                return self.part(self.next - 1).map(Some);
            }
        }
        Ok(None)
    }

    fn beside_parts(&mut self) -> Result<u64> {
        self.objects.graph().beside_arrays()
    }

    fn count(&self) -> Option<usize> {
        Some(self.keys.iter().flatten().count())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.part(place)
    }

    fn check_total(&self) -> Result<()> {
        let mut total = 0u64;
        for (place, _) in self.keys.iter().enumerate().filter(|(_, key)| key.is_some()) {
            total = total.saturating_add(self.objects.items(place)?.nbytes());
        }
        self.how.limits.budget().check_expansion(self.position(), total)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        self.wanted(part).map(|(_, what)| Content::Array(what))
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        self.read_part(part, what).map(Part::Array).map_err(|error| self.placed(error))
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let (graph, noun) = (self.objects.graph(), self.objects.noun());
        let path = if key.is_empty() || key.starts_with('/') { key.to_owned() } else { format!("/{key}") };
        // An archive that became a dict has the names of its members as keys, slashes and all.
        let of_name = || graph.find(&format!("/{}", Value::from(key).path_name()?)).ok();
        let value = graph.find(&path).or_else(|error| of_name().ok_or(error)).map_err(|error| match self
            .count()
        {
            Some(0) => Error::invalid(format!("{error}, and there are no {noun}s")),
            _ => error,
        })?;
        let node = value.as_node();
        match node.and_then(|id| self.objects.place_of(id)).and_then(|place| self.part(place).ok()) {
            Some(part) => Ok(part),
            None if node.is_some_and(|id| is_of_values(graph, id)) => Err(Error::invalid(format!(
                "the items of the array '{key}' are objects: ask for the arrays in them"
            ))),
            None => Err(Error::invalid(format!(
                "what is at '{path}' of the file is not {} {noun}",
                article(noun)
            ))),
        }
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let (items, what) = self.wanted(part)?;
        self.check_expansion(&items, &what).map_err(|error| self.placed(error))?;
        if let Some(array) = self.repeated(&items, &what).map_err(|error| self.placed(error))? {
            let order = order.unwrap_or_else(|| array.natural_order());
            return Ok(Box::new(InMemory::new(array, order, size)));
        }
        let (dtype, layout) = match items {
            ItemsAt::File { dtype, layout, .. } if dtype.itemsize() > 0 => (dtype, layout),
            _ => {
                let array = self.read_part(part, Selection::All).map_err(|error| self.placed(error))?;
                let order = order.unwrap_or_else(|| array.natural_order());
                return Ok(Box::new(InMemory::new(array, order, size)));
            }
        };
        let lies = match layout.contiguity(dtype.itemsize()) {
            Contiguity::F => Order::F,
            _ => Order::C,
        };
        let most = usize::try_from(self.how.limits.bytes()).unwrap_or(usize::MAX);
        let cutter = Cutter::new(layout.shape(), dtype.itemsize(), order.unwrap_or(lies), size.min(most));
        Ok(Box::new(SliceBlocks::new(self, part, cutter)))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        let (ItemsAt::File { at, dtype, layout }, _) = self.wanted(part)? else {
            return Err(Error::unsupported("the data has to be decoded: it has to be read"));
        };
        self.input.seek_to(0)?;
        let whole = self.input.positioned();
        let file = whole.as_ref().and_then(Positioned::file);
        let (file, start) = file.ok_or_else(|| Error::unsupported("what is not a file is not mapped"))?;
        if start > 0 {
            return Err(Error::unsupported("a file behind other bytes is not mapped"));
        }
        let lost = || Error::limit("the data lies outside the address space").at(at);
        let offset =
            usize::try_from(at).ok().and_then(|at| at.checked_add(layout.offset())).ok_or_else(lost)?;
        Array::new(dtype, Layout::new(layout.shape(), layout.strides(), offset)?, mapper.map(file)?)
    }

    fn graph(&mut self, budget: &mut Budget, _: &mut BadPart<'_>) -> Result<Graph> {
        for (id, node) in self.objects.graph().nodes() {
            if let Some(Items::Part(part)) = node.as_array().map(|array| &array.items) {
                if self.objects.place_of(id) != Some(part.info.place) {
                    let message =
                        format!("an invariant of the library is broken: node {id} is another array");
                    return Err(self.placed(Error::unsupported(message)));
                }
                budget.charge_description(part.dtype.memory())?;
            }
        }
        Ok(self.objects.graph().clone())
    }

    /// What keeps coded items from being decoded.
    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        if !matches!(self.objects.items(part.place)?, ItemsAt::Coded(_)) {
            return Ok(Vec::new());
        }
        match self.objects.decode(part.place, &mut self.how.limits.budget()) {
            Ok(_) => Ok(Vec::new()),
            Err(error) if error.kind() == ErrorKind::LimitExceeded => Err(self.placed(error)),
            Err(error) => Ok(vec![self.placed(error)]),
        }
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        self.objects.faults()
    }

    fn trailing(&mut self) -> Result<u64> {
        Ok(self.objects.end().1)
    }

    /// All of the input was looked at.
    fn position(&self) -> u64 {
        let (end, trailing) = self.objects.end();
        end.saturating_add(trailing)
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with('a') { "an" } else { "a" }
}
