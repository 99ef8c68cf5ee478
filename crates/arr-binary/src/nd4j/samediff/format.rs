//! Graphs of SameDiff as one of the formats.

use arr_core::format::{
    Capabilities, Description, Format, FormatInfo, Holds, Mapper, Match, Positioned, Reader, Reading,
    Selection, Source, read_items, read_on_threads,
};
use arr_core::{Array, Error, Input, Limits, Mmap, Result};

use super::NAME;
use super::graph::{Variable, by_name, looks_like_one, variables};
use crate::nd4j::by_name::{Arrays, ByName, in_format};
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
        read_on_threads(how, || {
            let variables = Variables::open(source.one()?, how).map_err(in_format::<Variables<'_>>)?;
            Ok(Box::new(ByName::new(variables)))
        })
    }
}

/// The variables of a graph.
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
}

impl<'a> Variables<'a> {
    fn open(input: Input<'a>, how: &Reading) -> Result<Self> {
        let mut input = input.with_limits(&how.limits);
        input.make_seekable()?;
        let (start, len) = (input.position(), length(&input)?);
        let mut budget = how.limits.budget();
        let all = look(&mut input, |len, fetch| variables(len, fetch, &mut budget))?;
        let by_name = by_name(&all).map_err(|error| error.nested(start))?;
        Ok(Self { input, how: how.clone(), start, len, all, by_name })
    }

    /// The header of the value of a variable. Limits hold for each.
    fn header(&mut self, place: usize) -> Result<Header> {
        let variable =
            self.all.get(place).ok_or_else(|| Error::invalid("a variable that is not in the graph"))?;
        let table = variable.table;
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
}

impl Arrays for Variables<'_> {
    const FORMAT: &'static str = NAME;

    fn count(&self) -> usize {
        self.all.len()
    }

    fn named(&self, place: usize) -> Option<(&str, u64)> {
        self.all.get(place).map(|variable| (variable.name.as_str(), variable.len))
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        let name_at = |place: &usize| self.all.get(*place).map(|variable| variable.name.as_str());
        let found = self.by_name.binary_search_by(|place| name_at(place).cmp(&Some(name)));
        found.ok().and_then(|at| self.by_name.get(at)).copied()
    }

    fn no_array(&self, name: &str) -> Error {
        Error::invalid(format!("the graph has no variable '{name}' with a value"))
    }

    fn describe(&mut self, place: usize) -> Result<Description> {
        let header = self.header(place)?;
        let what = header.stated.description(self.data_of(&header), header.needed());
        Ok(header.stated.with_details(what, None))
    }

    fn read(&mut self, place: usize, what: Selection<'_>) -> Result<Array> {
        let header = self.header(place)?;
        let at = self.data_of(&header);
        self.input.seek_to(at)?;
        read_items(&Nd4jFlatArray, &mut self.input, &head_of(header, at), &self.how, what)
    }

    fn map(&mut self, place: usize, mapper: Mapper) -> Result<Array<Mmap>> {
        let header = self.header(place)?;
        check_view(&header)?;
        self.input.seek_to(self.start)?;
        let bytes = self.input.positioned();
        let file = bytes.as_ref().and_then(Positioned::file);
        let (file, before) = file.ok_or_else(|| Error::unsupported("what is not a file is not mapped"))?;
        let start = before.saturating_add(header.data().start as u64);
        let layout = placed(header.layout(), start)?;
        Array::new(header.dtype().clone(), layout, mapper.map(file)?)
    }

    fn faults(&mut self, place: usize) -> Result<Vec<Error>> {
        let header = self.header(place)?;
        Ok(header.spare().map(|fault| fault.nested(self.start)).into_iter().collect())
    }

    fn limits(&self) -> &Limits {
        &self.how.limits
    }

    fn file_end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}
