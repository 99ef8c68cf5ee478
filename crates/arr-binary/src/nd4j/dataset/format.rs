//! Data sets and normalizers as one of the formats.

use arr_core::format::{
    Blocks, Capabilities, Codec, Content, Cutter, Format, FormatInfo, Holds, InMemory, Match, MemberInfo,
    Part, PartInfo, Reader, Reading, Selection, SliceBlocks, Source, read_items, read_on_threads, room,
};
use arr_core::{Array, Contiguity, Error, ErrorKind, Input, Order, Result};

use super::NAME;
use super::layout::{Names, detect, names};
use crate::nd4j::stream::StreamHeader;
use crate::nd4j::stream::format::Nd4jStream;

/// Data sets and normalizers of Deeplearning4j, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jDataSet;

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    capabilities: Capabilities { read: true, write: false, map: false, stream: true, append: false },
    holds: Holds::Members,
    ..FormatInfo::new(
        NAME,
        "DL4J data set or normalizer (DataSet.save, NormalizerSerializer): its arrays by name",
    )
};

impl Format for Nd4jDataSet {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        detect(head)
    }

    /// Keeps what comes from a stream: arrays are found by their names.
    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        read_on_threads(how, || Ok(Box::new(Streams::open(source.one()?, how).map_err(named)?)))
    }
}

/// Names the format in an error, except one of what was asked for.
fn named(error: Error) -> Error {
    if error.kind() == ErrorKind::InvalidArgument { error } else { error.in_format(NAME) }
}

/// An array: its name, and where its stream is.
#[derive(Debug)]
struct Found {
    name: String,
    at: u64,
    len: u64,
}

/// The arrays of a file as parts.
#[derive(Debug)]
struct Streams<'a> {
    input: Input<'a>,
    how: Reading,
    all: Vec<Found>,
    kind: String,
    /// Where the last stream ends, and the file.
    end: u64,
    len: u64,
    has_metadata: bool,
    next: usize,
}

impl<'a> Streams<'a> {
    fn open(input: Input<'a>, how: &Reading) -> Result<Self> {
        let mut input = input.with_limits(&how.limits);
        input.make_seekable()?;
        let len = input.position().saturating_add(input.remaining().unwrap_or(0));
        let Names { streams, also, has_metadata, kind } = names(&mut input)?;
        let mut all = Vec::new();
        for name in streams {
            *input.budget() = how.limits.budget();
            let at = input.position();
            let of_it = |error: Error| error.in_path(&name);
            let header = StreamHeader::read(&mut input).map_err(of_it)?;
            input.skip(header.data_len(), "data").map_err(of_it)?;
            room::push(&mut all, Found { at, len: input.position() - at, name })?;
        }
        let end = input.position();
        if let (Some(also), Some(first)) = (also, all.first()) {
            let same = Found { name: also.to_owned(), at: first.at, len: first.len };
            all.insert(1, same);
        }
        Ok(Self { input, how: how.clone(), all, kind, end, len, has_metadata, next: 0 })
    }

    fn at(&self, place: usize) -> Result<&Found> {
        let count = self.all.len();
        self.all
            .get(place)
            .ok_or_else(|| Error::invalid(format!("there is no array {place}: the file has {count} of them")))
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let Found { name, len, .. } = self.at(place)?;
        Ok(PartInfo::of_member(place, name.as_str(), MemberInfo::new(name.as_str(), *len), false))
    }

    /// Puts the input where an array begins. Limits hold for each.
    fn seek(&mut self, part: &PartInfo) -> Result<()> {
        let at = self.at(part.place)?.at;
        *self.input.budget() = self.how.limits.budget();
        self.input.seek_to(at)
    }

    fn described(&mut self, part: &PartInfo) -> Result<arr_core::format::Description> {
        self.seek(part)?;
        let what = Nd4jStream.describe(&mut self.input)?.description;
        Ok(what.with_detail("part of", self.kind.clone()))
    }

    fn read_part(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Array> {
        self.seek(part)?;
        let head = Nd4jStream.head(&mut self.input)?;
        read_items(&Nd4jStream, &mut self.input, &head, &self.how, what)
    }

    /// Names the array of an error, and the format.
    fn of_part<T>(part: &PartInfo, result: Result<T>) -> Result<T> {
        let name = part.key.as_deref().unwrap_or_default();
        result.map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => error,
            _ => error.in_path(name).in_format(NAME),
        })
    }
}

impl Reader for Streams<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        if self.next >= self.all.len() {
            return Ok(None);
        }
        self.next += 1;
        self.part(self.next - 1).map(Some)
    }

    fn count(&self) -> Option<usize> {
        Some(self.all.len())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.part(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        let what = self.described(part);
        Self::of_part(part, what).map(Content::Array)
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let read = self.read_part(part, what);
        Self::of_part(part, read).map(Part::Array)
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        match self.all.iter().position(|found| found.name == key) {
            Some(place) => self.part(place),
            None => Err(Error::invalid(format!("the file has no array '{key}'"))),
        }
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let what = self.described(part);
        let what = Self::of_part(part, what)?;
        let order = order.unwrap_or(if what.order == Contiguity::F { Order::F } else { Order::C });
        if what.is_packed {
            let array = self.read_part(part, Selection::All);
            return Ok(Box::new(InMemory::new(Self::of_part(part, array)?, order, size)));
        }
        // One block is held at a time, so limits hold for each.
        let most = usize::try_from(self.how.limits.bytes()).unwrap_or(usize::MAX);
        let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size.min(most));
        Ok(Box::new(SliceBlocks::new(self, part, cutter)))
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        let left = self.len.saturating_sub(self.end);
        // Metadata, where there are any, are a part of the file.
        if left == 0 || self.has_metadata {
            return Ok(Vec::new());
        }
        let message = format!("{left} bytes follow the last array");
        Ok(vec![named(Error::malformed(message).at(self.end))])
    }

    /// All of the file was kept.
    fn position(&self) -> u64 {
        self.len
    }
}
