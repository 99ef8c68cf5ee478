//! Graphs of SameDiff as one of the formats.

use arr_core::format::{
    Blocks, Capabilities, Content, Cutter, Format, FormatInfo, Holds, InMemory, Match, MemberInfo, Part,
    PartInfo, Positioned, Reader, Reading, Selection, SliceBlocks, Source, read_items, read_on_threads,
};
use arr_core::{Array, Contiguity, Error, ErrorKind, Input, Mmap, Order, Result};

use super::NAME;
use super::graph::{Variable, by_name, looks_like_one, variables};
use crate::nd4j::flatarray::format::{Nd4jFlatArray, head_of};
use crate::nd4j::flatarray::read::{check_view, length, look};
use crate::nd4j::flatarray::table::{Header, parse_at};
use crate::nd4j::shape::placed;

/// Graphs of ND4J's SameDiff, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jSameDiff;

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["fb"],
    capabilities: Capabilities { read: true, write: false, map: true, stream: true, append: false },
    holds: Holds::Members,
    ..FormatInfo::new(NAME, "ND4J graph of SameDiff (SameDiff.save): its variables by name")
};

impl Format for Nd4jSameDiff {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if looks_like_one(head) { Match::Maybe } else { Match::No }
    }

    /// Keeps what comes from a stream: values may stand in front of the table that leads to them.
    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        read_on_threads(how, || Ok(Box::new(Variables::open(source.one()?, how).map_err(named)?)))
    }
}

/// Names the format in an error, except one of what was asked for.
fn named(error: Error) -> Error {
    if error.kind() == ErrorKind::InvalidArgument { error } else { error.in_format(NAME) }
}

/// The variables of a graph as parts.
#[derive(Debug)]
struct Variables<'a> {
    input: Input<'a>,
    how: Reading,
    /// Where the file begins in the input, and how long it is.
    start: u64,
    len: u64,
    all: Vec<Variable>,
    /// Their places in the order of their names.
    by_name: Vec<usize>,
    next: usize,
}

impl<'a> Variables<'a> {
    fn open(input: Input<'a>, how: &Reading) -> Result<Self> {
        let mut input = input.with_limits(&how.limits);
        input.make_seekable()?;
        let (start, len) = (input.position(), length(&input)?);
        let mut budget = how.limits.budget();
        let all = look(&mut input, |len, fetch| variables(len, fetch, &mut budget))?;
        let by_name = by_name(&all).map_err(|error| error.nested(start))?;
        Ok(Self { input, how: how.clone(), start, len, all, by_name, next: 0 })
    }

    fn at(&self, place: usize) -> Result<&Variable> {
        self.all.get(place).ok_or_else(|| {
            let count = self.all.len();
            Error::invalid(format!("the graph has no variable {place}: {count} of them have values"))
        })
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let Variable { name, len, .. } = self.at(place)?;
        Ok(PartInfo::of_member(place, name.as_str(), MemberInfo::new(name.as_str(), *len), false))
    }

    /// The header of the value of a part. Limits hold for each.
    fn header(&mut self, part: &PartInfo) -> Result<Header> {
        let table = self.at(part.place)?.table;
        *self.input.budget() = self.how.limits.budget();
        self.input.seek_to(self.start)?;
        let header = look(&mut self.input, |len, fetch| parse_at(table, len, fetch))?;
        header.charge(self.input.budget()).map_err(|error| error.nested(self.start))?;
        Ok(header)
    }

    /// Where the data of a value begins in the input.
    fn data_of(&self, header: &Header) -> u64 {
        self.start.saturating_add(header.data().start as u64)
    }

    fn read_part(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Array> {
        let header = self.header(part)?;
        let at = self.data_of(&header);
        self.input.seek_to(at)?;
        read_items(&Nd4jFlatArray, &mut self.input, &head_of(header, at), &self.how, what)
    }

    fn map_part(&mut self, part: &PartInfo) -> Result<Array<Mmap>> {
        let header = self.header(part)?;
        check_view(&header)?;
        self.input.seek_to(self.start)?;
        let bytes = self.input.positioned();
        let file = bytes.as_ref().and_then(Positioned::file);
        let (file, before) = file.ok_or_else(|| Error::unsupported("what is not a file is not mapped"))?;
        let start = before.saturating_add(header.data().start as u64);
        let layout = placed(header.layout(), start)?;
        Array::new(header.dtype().clone(), layout, Mmap::of_file(file)?)
    }

    /// Names the variable of an error, and the format.
    fn of_part<T>(&self, part: &PartInfo, result: Result<T>) -> Result<T> {
        let name = part.key.as_deref().unwrap_or_default();
        result.map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => error,
            _ => error.in_path(name).in_format(NAME),
        })
    }
}

impl Reader for Variables<'_> {
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
        let header = self.header(part);
        let header = self.of_part(part, header)?;
        let what = header.stated.description(self.data_of(&header), header.needed());
        Ok(Content::Array(header.stated.with_details(what, None)))
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let read = self.read_part(part, what);
        self.of_part(part, read).map(Part::Array)
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let name = |place: &usize| self.all.get(*place).map(|variable| variable.name.as_str());
        let found = self.by_name.binary_search_by(|place| name(place).cmp(&Some(key)));
        match found.ok().and_then(|at| self.by_name.get(at)) {
            Some(place) => self.part(*place),
            None => Err(Error::invalid(format!("the graph has no variable '{key}' with a value"))),
        }
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let header = self.header(part);
        let header = self.of_part(part, header)?;
        let what = header.stated.description(0, header.needed());
        let order = order.unwrap_or(if what.order == Contiguity::F { Order::F } else { Order::C });
        if what.data_len.is_none() {
            let array = self.read_part(part, Selection::All);
            return Ok(Box::new(InMemory::new(self.of_part(part, array)?, order, size)));
        }
        // One block is held at a time, so limits hold for each.
        let most = usize::try_from(self.how.limits.bytes()).unwrap_or(usize::MAX);
        let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size.min(most));
        Ok(Box::new(SliceBlocks::new(self, part, cutter)))
    }

    fn map(&mut self, part: &PartInfo) -> Result<Array<Mmap>> {
        let mapped = self.map_part(part);
        self.of_part(part, mapped)
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        let header = self.header(part);
        let spare = self.of_part(part, header)?.spare().map(|fault| fault.nested(self.start));
        Ok(spare
            .map(|fault| named(fault.in_path(part.key.as_deref().unwrap_or_default())))
            .into_iter()
            .collect())
    }

    /// All of the file was looked at.
    fn position(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}
