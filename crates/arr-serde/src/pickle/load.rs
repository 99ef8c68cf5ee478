//! Reading: all pickles of an input, and the doors to them.

use std::collections::HashMap;
use std::path::Path;

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::format::{AllBytes, Budget, Keep, Positioned, in_file};
use arr_core::{Array, ArrayView, Buffer, Error, Graph, Input, Layout, Limits, Mmap, Result};

use super::FORMAT;
use super::feed::Feed;
use super::machine::{Encoding, Machine, Rules};
use super::opcodes;
use super::settle::{Found, Place, Settled, settle};
use super::sniff;
use super::value::Val;

/// A class or function that a pickle would have called, or imported at least, and that was not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Its name with its module: `os.system`.
    pub name: String,
    /// The opcode that would have called it first: `REDUCE`. If none would, the one that names it: `GLOBAL`.
    pub opcode: &'static str,
    /// Where that is.
    pub offset: u64,
    /// False when it is only named: Python imports its module, and what it is handed to may call it.
    pub is_called: bool,
}

impl Call {
    /// The call as a fault of the file.
    fn to_fault(&self) -> Error {
        let Self { name, opcode, offset, is_called } = self;
        let what = if *is_called { "called" } else { "imported" };
        let message = format!("{name} would be {what} by {opcode}: it was not");
        Error::unsupported(message).at(*offset).in_format(FORMAT)
    }
}

/// All that is in an input.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) graph: Graph,
    pub(super) arrays: Vec<Found>,
    pub(super) calls: Vec<Call>,
    /// Where the last pickle ends.
    pub(super) end: u64,
    /// Bytes behind it that are not a pickle.
    pub(super) trailing: u64,
    /// How many of the buffers beside it were taken.
    pub(super) buffers: usize,
    /// What is in it and not in the graph.
    pub(super) notes: Vec<String>,
}

/// Reads all pickles of a feed.
pub(super) fn load_feed(feed: Feed<'_>, rules: &Rules, mut budget: Budget, keep: &Keep) -> Result<Loaded> {
    budget.begin_objects(feed.len());
    let mut machine = Machine::new(feed, rules, budget);
    let roots = run_all(&mut machine);
    let calls = calls_of(&machine)?;
    // Python has made these calls when it comes to the fault.
    let after = |error: Error| match faults_of(&calls) {
        Ok(faults) => error.after(faults),
        Err(_) => error,
    };
    let roots = roots.map_err(after)?;
    let end = machine.feed.position();
    let trailing = machine.feed.len().saturating_sub(end);
    let settled = settle(&mut machine, roots, keep).map_err(|error| after(error.at(end)));
    let Settled { graph, arrays } = settled?;
    let (buffers, notes) = (machine.taken, machine.notes);
    Ok(Loaded { graph, arrays, calls, end, trailing, buffers, notes })
}

/// The values of all pickles of a feed.
fn run_all(machine: &mut Machine<'_>) -> Result<Vec<Val>> {
    let mut roots = Vec::new();
    loop {
        let root = machine.run()?;
        push(&mut roots, root)?;
        if machine.rules.is_one || machine.feed.at_end() || !sniff::is_pickle(machine.feed.peek(sniff::HEAD)?)
        {
            return machine.refusal.take().map_or(Ok(roots), Err);
        }
    }
}

/// What would have been called so far, each once, in the order of the file.
fn calls_of(machine: &Machine<'_>) -> Result<Vec<Call>> {
    // Where each name is called first, or else named.
    let mut found: HashMap<&str, (bool, u64, u8)> = HashMap::new();
    for global in machine.calls() {
        let (opcode, offset) = global.called.unwrap_or(global.loaded);
        let own = (global.called.is_none(), offset, opcode);
        found.try_reserve(1).map_err(no_memory)?;
        found.entry(&global.name.text).and_modify(|known| *known = own.min(*known)).or_insert(own);
    }
    let mut calls = reserved(found.len())?;
    calls.extend(found.into_iter().map(|(name, (is_named, offset, opcode))| Call {
        name: name.to_owned(),
        opcode: opcodes::name(opcode).unwrap_or_default(),
        offset,
        is_called: !is_named,
    }));
    calls.sort_unstable_by(|one, other| (one.offset, &one.name).cmp(&(other.offset, &other.name)));
    Ok(calls)
}

/// Calls as faults of the file.
pub(super) fn faults_of(calls: &[Call]) -> Result<Vec<Error>> {
    let mut faults = reserved(calls.len())?;
    faults.extend(calls.iter().map(Call::to_fault));
    Ok(faults)
}

/// How pickles are read.
///
/// ```
/// use arr_serde::pickle::{Encoding, ReadOptions};
/// let graph = ReadOptions::new().encoding(Encoding::Latin1).loads(b"U\x01\xe9.")?;
/// assert_eq!(graph.root().and_then(|root| root.as_str()), Some("é"));
/// # Ok::<(), arr_serde::arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    rules: Rules,
    limits: Limits,
}

impl ReadOptions {
    /// Reads all classes as data, strings of Python 2 as text where they are ASCII, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the strings of Python 2 are: the `encoding` of `pickle.load`.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.rules.encoding = encoding;
        self
    }

    /// Refuses, by their names, classes and functions that are not Python's own containers and numbers or NumPy's.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.rules.is_strict = true;
        self
    }

    /// Gives the buffers beside the pickle, in order: the `buffers` of `pickle.load`. Arrays share them.
    #[must_use]
    pub fn buffers(mut self, buffers: impl IntoIterator<Item = Buffer>) -> Self {
        self.rules.buffers = buffers.into_iter().collect();
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn feed(&self, feed: Feed<'_>, keep: &Keep) -> Result<Loaded> {
        load_feed(feed, &self.rules, self.limits.budget(), keep).map_err(|error| error.in_format(FORMAT))
    }

    /// Reads all that is in a file.
    ///
    /// # Errors
    /// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset of the opcode;
    /// `InvalidArgument` when a buffer beside it is missing.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Graph> {
        let path = path.as_ref();
        let file = Positioned::open(path)?;
        let loaded = in_file(path, self.feed(Feed::of(AllBytes::File(&file), 0), &Keep::Read))?;
        Ok(loaded.graph)
    }

    /// Reads all that is in bytes in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn loads(&self, bytes: &[u8]) -> Result<Graph> {
        Ok(self.feed(Feed::of(AllBytes::Memory(bytes), 0).gathering(), &Keep::Read)?.graph)
    }

    /// Reads the first pickle in bytes, whatever follows it: the value, and how many bytes are behind us then. So does
    /// `pickle.load`, which leaves its file there.
    ///
    /// ```
    /// use arr_serde::pickle::ReadOptions;
    /// let (graph, len) = ReadOptions::new().load_next(b"K\x01.K\x02.")?;
    /// assert_eq!((graph.root().and_then(|root| root.as_i64()), len), (Some(1), 3));
    /// # Ok::<(), arr_serde::arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_next(&self, bytes: &[u8]) -> Result<(Graph, usize)> {
        let mut next = self.clone();
        next.rules.is_one = true;
        let loaded = next.feed(Feed::of(AllBytes::Memory(bytes), 0).gathering(), &Keep::Read)?;
        // It is a place in bytes that are in memory.
        let len = usize::try_from(loaded.end).unwrap_or(bytes.len());
        Ok((loaded.graph, len))
    }

    /// Reads all that is in a buffer, which arrays share: nothing of them is copied.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_buffer(&self, buffer: &Buffer) -> Result<Graph> {
        Ok(self.feed(Feed::of(AllBytes::Memory(buffer), 0), &Keep::Shared(buffer.clone()))?.graph)
    }

    /// Reads all that is in a stream.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(&self, reader: &mut (impl std::io::Read + Send + ?Sized)) -> Result<Graph> {
        let mut input = Input::from_reader(reader).with_limits(&self.limits);
        let all = Buffer::from_vec(input.read_to_end()?);
        self.load_buffer(&all)
    }

    /// Maps a file and reads what is in it; the bytes of arrays are read when they are accessed.
    ///
    /// # Safety
    /// As for [`Mmap::open`]: the file is not changed for as long as what is made of it is there.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&self, path: impl AsRef<Path>) -> Result<Graph> {
        // SAFETY: the caller promises it of the file.
        let map = unsafe { Mmap::open(&path) }?;
        in_file(path.as_ref(), self.load_buffer(&Buffer::from(map)))
    }

    /// Looks at a pickle in memory: its arrays are found by their paths and seen in place.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn view<'a>(&self, bytes: &'a [u8]) -> Result<Pickled<'a>> {
        let loaded = self.feed(Feed::of(AllBytes::Memory(bytes), 0), &Keep::Left)?;
        Ok(Pickled { loaded, source: Source::Bytes(bytes), limits: self.limits.clone() })
    }

    /// Opens a file: its arrays are found by their paths and read when they are asked for.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Pickled<'static>> {
        let path = path.as_ref();
        let file = Positioned::open(path)?;
        let loaded = in_file(path, self.feed(Feed::of(AllBytes::File(&file), 0), &Keep::Left))?;
        Ok(Pickled { loaded, source: Source::File(file), limits: self.limits.clone() })
    }
}

/// A pickle whose arrays are still where they are: see [`open`](super::open) and [`view`](super::view).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("data.pkl");
/// # arr_serde::pickle::save(&path, &vec![1.0f32, 2.0])?;
/// let file = arr_serde::pickle::open(&path)?;
/// assert_eq!(file.get("")?.to_vec::<f32>()?, [1.0, 2.0]);
/// assert!(file.get("/train/x").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pickled<'a> {
    loaded: Loaded,
    source: Source<'a>,
    limits: Limits,
}

#[derive(Debug)]
enum Source<'a> {
    Bytes(&'a [u8]),
    File(Positioned<'a>),
}

impl<'a> Pickled<'a> {
    /// All objects. Arrays that are still in the file are [parts](arr_core::value::Part) of it.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.loaded.graph
    }

    /// What would have been called, had Python read the file: classes and functions that are not Python's own containers
    /// and numbers or NumPy's, each once, in the order of the file. Those that are only named are among them, as Python
    /// imports their modules; so is what is known, where a call of it would open a file.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.loaded.calls
    }

    /// The paths of all arrays whose items are numbers, strings or records, as [`Graph::paths`] writes them.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn paths(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for found in self.loaded.graph.paths()? {
            let (path, id) = found?;
            if self.place(id).is_some_and(|place| !matches!(place, Place::Values)) {
                push(&mut paths, path)?;
            }
        }
        Ok(paths)
    }

    fn place(&self, id: arr_core::NodeId) -> Option<&Place> {
        let arrays = &self.loaded.arrays;
        let at = arrays.binary_search_by_key(&id, |found| found.node).ok()?;
        arrays.get(at).map(|found| &found.place)
    }

    fn at(&self, path: &str) -> Result<&Place> {
        let value = self.loaded.graph.find(path)?;
        let place = value.as_node().and_then(|id| self.place(id));
        place.ok_or_else(|| Error::invalid(format!("what is at '{path}' of the file is not an array")))
    }

    /// The array at a path, in memory of its own: `/train/x`, `""` where the file is one array.
    ///
    /// # Errors
    /// `InvalidArgument` when the path does not lead to an array, `Unsupported` when its items are objects, `LimitExceeded`,
    /// `Io`.
    pub fn get(&self, path: &str) -> Result<Array> {
        let (at, dtype, layout) = match self.at(path)? {
            Place::Memory(array) => return Ok(array.clone()),
            Place::Values => return Err(objects(path)),
            Place::File { at, dtype, layout } => (*at, dtype, layout),
        };
        let len = (layout.len() as u64).saturating_mul(dtype.itemsize() as u64);
        let lost = || Error::malformed("the data of an array is gone").at(at);
        let bytes = match &self.source {
            Source::Bytes(_) => {
                let mut budget = self.limits.budget();
                budget.charge_bytes(len)?;
                arr_core::BufferMut::copy_of(self.bytes(at, len).ok_or_else(lost)?)?
            }
            Source::File(file) => Input::from_positioned(file.range(at, len).ok_or_else(lost)?)
                .with_limits(&self.limits)
                .read_buffer(len, "data")?,
        };
        Array::new(dtype.clone(), layout.clone(), bytes.freeze())
    }

    fn bytes(&self, at: u64, len: u64) -> Option<&'a [u8]> {
        let Source::Bytes(bytes) = self.source else { return None };
        let at = usize::try_from(at).ok()?;
        bytes.get(at..at.checked_add(usize::try_from(len).ok()?)?)
    }

    /// The array at a path, in place in the bytes that are [looked at](super::view): nothing is copied.
    ///
    /// # Errors
    /// As [`get`](Self::get); `Unsupported` when the data has to be decoded (protocols 0 to 2 have bytes as text) or the
    /// pickle is a file.
    pub fn view(&self, path: &str) -> Result<ArrayView<'a>> {
        let coded = || Error::unsupported("the data of the array has to be decoded: it has to be read");
        let (at, dtype, layout): (u64, _, &Layout) = match self.at(path)? {
            Place::Memory(_) => return Err(coded()),
            Place::Values => return Err(objects(path)),
            Place::File { at, dtype, layout } => (*at, dtype, layout),
        };
        let len = (layout.len() as u64).saturating_mul(dtype.itemsize() as u64);
        let bytes = self.bytes(at, len).ok_or_else(coded)?;
        ArrayView::new(dtype.clone(), layout.clone(), bytes)
    }
}

#[cold]
pub(super) fn objects(path: &str) -> Error {
    Error::unsupported(format!("the items of the array '{path}' are objects: ask for the arrays in them"))
}
