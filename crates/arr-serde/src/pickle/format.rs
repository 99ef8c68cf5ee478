//! Pickles as one of the formats.

use arr_core::format::{
    BadPart, Blocks, Budget, Capabilities, Codec, Content, Cutter, Description, Format, FormatInfo, Head,
    Holds, InMemory, Match, MemberInfo, OptionInfo, OptionKind, Part, PartInfo, Positioned, Reader, Reading,
    Selection, Side, Sink, SliceBlocks, Source, Writer, Writing, read_items, read_on_threads,
    write_on_threads,
};
use arr_core::{Array, DType, Error, Graph, Input, Layout, Mmap, Order, Result};

use super::FORMAT;
use super::feed::Feed;
use super::load::{Loaded, load_feed, objects};
use super::machine::{Encoding, Rules};
use super::settle::{Keep, Place};
use super::{sniff, write};

/// Python's pickles, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pickle;

/// What the strings of Python 2 are.
const ENCODING: OptionInfo = OptionInfo {
    value: "ENCODING",
    default: "ASCII",
    details: "A string that is not ASCII stays bytes, unless its bytes are said to be characters of latin1.",
    reference: "pickle.load(encoding=)",
    ..OptionInfo::new(
        "encoding",
        OptionKind::Choice(&["ASCII", "latin1", "bytes"]),
        Side::Reading,
        "What the strings of Python 2 are: ASCII, latin1 or bytes",
    )
};

/// Whether classes that are not known are refused.
const STRICT: OptionInfo = OptionInfo {
    default: "false",
    details: "Otherwise an instance of such a class is data: its arguments, its state and its items. Nothing is run.",
    ..OptionInfo::new(
        "strict-classes",
        OptionKind::Flag,
        Side::Reading,
        "Refuse classes and functions that are not Python's own containers and numbers or NumPy's",
    )
};

/// The protocol that is written.
const PROTOCOL: OptionInfo = OptionInfo {
    value: "N",
    default: "4",
    details: "2 is read by Python 2.7 too, 3 by all of Python 3, 5 by Python 3.8 and later.",
    reference: "pickle.dump(protocol=)",
    ..OptionInfo::new("protocol", OptionKind::Integer(2, 5), Side::Writing, "Write protocol N, from 2 to 5")
};

const INFO: FormatInfo = FormatInfo {
    extensions: &["pkl", "pickle", "joblib"],
    magic: &[b"\x80\x04\x95", b"\x80\x05\x95"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: false, append: false },
    holds: Holds::Graph,
    options: &[ENCODING, STRICT, PROTOCOL],
    ..FormatInfo::new(FORMAT, "Python pickle, read without running it: objects whose arrays have paths")
};

impl Format for Pickle {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        sniff::look(head)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        read_on_threads(how, || {
            let opened = Arrays::open(source, how);
            Ok(Box::new(opened.map_err(|error| error.in_format(FORMAT))?))
        })
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        let protocol = how.options.integer(PROTOCOL.name).and_then(|number| u8::try_from(number).ok());
        write_on_threads(how, || {
            let output = sink.new_file()?;
            Ok(Box::new(write::Pickler::new(output, protocol.unwrap_or(super::DEFAULT_PROTOCOL), how)))
        })
    }
}

/// The rules that options make.
fn rules(how: &Reading, buffers: Vec<arr_core::Buffer>) -> Rules {
    let encoding = match how.options.text(ENCODING.name) {
        Some("latin1") => Encoding::Latin1,
        Some("bytes") => Encoding::Bytes,
        _ => Encoding::Ascii,
    };
    Rules { encoding, is_strict: how.options.flag(STRICT.name).unwrap_or(false), buffers }
}

/// The arrays of a pickle as parts.
#[derive(Debug)]
struct Arrays<'a> {
    input: Input<'a>,
    how: Reading,
    loaded: Loaded,
    /// The path of each array without the slash in front, and nothing of arrays of objects.
    keys: Vec<Option<String>>,
    next: usize,
}

impl<'a> Arrays<'a> {
    fn open(source: Source<'a>, how: &Reading) -> Result<Self> {
        let mut input = source.one()?.with_limits(&how.limits);
        input.make_seekable()?;
        let rules = rules(how, Vec::new());
        let budget = how.limits.budget();
        let loaded = load_input(&mut input, &rules, budget)?;
        let mut keys = Vec::new();
        keys.try_reserve_exact(loaded.arrays.len()).map_err(arr_core::format::room::no_memory)?;
        keys.resize(loaded.arrays.len(), None);
        for found in loaded.graph.paths()? {
            let (path, id) = found?;
            let place = loaded.arrays.binary_search_by_key(&id, |array| array.node).ok();
            let found = place.and_then(|place| Some((loaded.arrays.get(place)?, keys.get_mut(place)?)));
            if let Some((_, key)) = found.filter(|(array, _)| !matches!(array.place, Place::Values)) {
                *key = Some(path.strip_prefix('/').map_or_else(|| path.clone(), str::to_owned));
            }
        }
        Ok(Self { input, how: how.clone(), loaded, keys, next: 0 })
    }

    fn place(&self, part: &PartInfo) -> Result<&Place> {
        let found = self.loaded.arrays.get(part.place).map(|found| &found.place);
        found.ok_or_else(|| Error::invalid(format!("the file has no array {}", part.place)))
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let key = self.keys.get(place).and_then(Option::as_ref);
        let key = key.ok_or_else(|| Error::invalid(format!("the file has no array {place}")))?;
        let len = match self.loaded.arrays.get(place).map(|found| &found.place) {
            Some(Place::Memory(array)) => array.nbytes() as u64,
            Some(Place::File { dtype, layout, .. }) => {
                (layout.len() as u64).saturating_mul(dtype.itemsize() as u64)
            }
            _ => 0,
        };
        Ok(PartInfo::of_member(place, key.clone(), MemberInfo::new(key.clone(), len), false))
    }

    /// Goes to the items of an array that are in the file, under fresh limits.
    fn head(&mut self, at: u64, dtype: &DType, layout: &Layout) -> Result<Head> {
        *self.input.budget() = self.how.limits.budget();
        self.input.seek_to(at)?;
        let order = layout.contiguity(dtype.itemsize());
        let mut description = Description::new(dtype.clone(), layout.shape(), order, at, None);
        description.data_len = Some(description.nbytes());
        Ok(Head::plain(description, layout.clone(), ()))
    }

    fn read_part(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Array> {
        match self.place(part)?.clone() {
            Place::Values => Err(objects(part.key.as_deref().unwrap_or_default())),
            Place::File { at, dtype, layout } => {
                let head = self.head(at, &dtype, &layout)?;
                let how = self.how.clone();
                read_items(&Items, &mut self.input, &head, &how, what)
            }
            Place::Memory(array) => {
                let mut budget = self.how.limits.budget();
                let array = match what {
                    Selection::Slice(slice) => array.slice(slice)?.to_contiguous(array.natural_order())?,
                    _ => array,
                };
                budget.charge_bytes(array.nbytes() as u64)?;
                self.how.apply(array)
            }
        }
    }
}

/// Reads all pickles of an input that can be read in any order, and leaves the data of arrays in it.
fn load_input(input: &mut Input<'_>, rules: &Rules, budget: Budget) -> Result<Loaded> {
    let lost = || Error::unsupported("the input can't be read in any order");
    let len = input.remaining().and_then(|len| usize::try_from(len).ok());
    let mut ahead = input.ahead().ok_or_else(lost)?;
    if let Some(bytes) = len.and_then(|len| ahead.lend(len)) {
        return load_feed(Feed::of_bytes(bytes, input.position()), rules, budget, &Keep::Left);
    }
    let file: Positioned<'_> = input.positioned().ok_or_else(lost)?;
    load_feed(Feed::of_file(&file, input.position()), rules, budget, &Keep::Left)
}

/// Items of an array that lie in a file, without anything around them.
#[derive(Clone, Copy, Debug)]
struct Items;

impl Codec for Items {
    type Header = ();

    const INFO: &'static FormatInfo = &INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head> {
        Err(Error::unsupported("items alone do not say what they are").at(input.position()))
    }
}

impl Reader for Arrays<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        while let Some(key) = self.keys.get(self.next) {
            self.next += 1;
            if key.is_some() {
                return self.part(self.next - 1).map(Some);
            }
        }
        Ok(None)
    }

    fn count(&self) -> Option<usize> {
        Some(self.keys.iter().flatten().count())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.part(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        let what = match self.place(part)? {
            Place::Values => return Err(objects(part.key.as_deref().unwrap_or_default())),
            Place::Memory(array) => {
                let order = array.order();
                let (dtype, len) = (array.dtype().clone(), Some(array.nbytes() as u64));
                Description::new(dtype, array.shape(), order, 0, len).with_packed(true)
            }
            Place::File { at, dtype, layout } => {
                let (at, dtype, layout) = (*at, dtype.clone(), layout.clone());
                self.head(at, &dtype, &layout)?.description
            }
        };
        Ok(Content::Array(what))
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        self.read_part(part, what).map(Part::Array)
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let path = if key.is_empty() || key.starts_with('/') { key.to_owned() } else { format!("/{key}") };
        let value = self.loaded.graph.find(&path).map_err(|error| match self.keys.len() {
            0 => Error::invalid(format!("{error}, and there are no arrays")),
            _ => error,
        })?;
        let arrays = &self.loaded.arrays;
        let place = value.as_node().and_then(|id| arrays.binary_search_by_key(&id, |array| array.node).ok());
        match place {
            Some(place) if matches!(arrays.get(place).map(|found| &found.place), Some(Place::Values)) => {
                Err(Error::invalid(objects(key).to_string()))
            }
            Some(place) => self.part(place),
            None => Err(Error::invalid(format!("what is at '{path}' of the file is not an array"))),
        }
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let (dtype, layout) = match self.place(part)? {
            Place::File { dtype, layout, .. } if dtype.itemsize() > 0 => (dtype.clone(), layout.clone()),
            _ => {
                let array = self.read_part(part, Selection::All)?;
                let order = order.unwrap_or_else(|| array.natural_order());
                return Ok(Box::new(InMemory::new(array, order, size)));
            }
        };
        let lies = match layout.contiguity(dtype.itemsize()) {
            arr_core::Contiguity::F => Order::F,
            _ => Order::C,
        };
        let most = usize::try_from(self.how.limits.bytes()).unwrap_or(usize::MAX);
        let cutter = Cutter::new(layout.shape(), dtype.itemsize(), order.unwrap_or(lies), size.min(most));
        Ok(Box::new(SliceBlocks::new(self, part, cutter)))
    }

    fn map(&mut self, part: &PartInfo) -> Result<Array<Mmap>> {
        let (at, dtype, layout) = match self.place(part)?.clone() {
            Place::File { at, dtype, layout } => (at, dtype, layout),
            _ => {
                return Err(Error::unsupported("the data of the array has to be decoded: it has to be read"));
            }
        };
        self.input.seek_to(0)?;
        let whole = self.input.positioned();
        let file = whole.as_ref().and_then(Positioned::file);
        let (file, start) = file.ok_or_else(|| Error::unsupported("what is not a file is not mapped"))?;
        if start > 0 {
            return Err(Error::unsupported("a pickle behind other bytes is not mapped"));
        }
        let lost = || Error::limit("the data lies outside the address space").at(at);
        let offset =
            usize::try_from(at).ok().and_then(|at| at.checked_add(layout.offset())).ok_or_else(lost)?;
        let layout = Layout::new(layout.shape(), layout.strides(), offset)?;
        Array::new(dtype, layout, Mmap::of_file(file)?)
    }

    fn graph(&mut self, budget: &mut Budget, _: &mut BadPart<'_>) -> Result<Graph> {
        for found in &self.loaded.arrays {
            if let Place::File { dtype, .. } = &found.place {
                budget.charge_description(dtype.memory())?;
            }
        }
        Ok(self.loaded.graph.clone())
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        for call in &self.loaded.calls {
            let message = format!("{} would be called by {}: it was not", call.name, call.opcode);
            let fault = Error::unsupported(message).at(call.offset).in_format(FORMAT);
            arr_core::format::room::push(&mut faults, fault)?;
        }
        if self.loaded.trailing > 0 {
            let message = format!("{} bytes follow the pickle that are none", self.loaded.trailing);
            faults.push(Error::malformed(message).at(self.loaded.end).in_format(FORMAT));
        }
        Ok(faults)
    }

    fn trailing(&mut self) -> Result<u64> {
        Ok(self.loaded.trailing)
    }

    /// All of the input was looked at.
    fn position(&self) -> u64 {
        self.loaded.end.saturating_add(self.loaded.trailing)
    }
}
