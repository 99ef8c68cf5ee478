//! Data sets and normalizers as one of the formats.

use arr_core::format::{
    Capabilities, Codec, Description, Format, FormatInfo, Holds, Match, Reader, Reading, Selection, Source,
    read_items, read_on_threads, room,
};
use arr_core::{Array, Error, Hint, Input, Limits, Result};

use super::NAME;
use super::layout::{Names, detect, names};
use crate::nd4j::by_name::{Arrays, ByName, in_format};
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
        read_on_threads(how, || {
            let streams = Streams::open(source.one()?, how).map_err(in_format::<Streams<'_>>)?;
            Ok(Box::new(ByName::new(streams)))
        })
    }
}

/// An array: its name, and where its stream is.
#[derive(Debug)]
struct Found {
    name: String,
    at: u64,
    len: u64,
}

/// The streams of a file.
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
}

impl<'a> Streams<'a> {
    fn open(input: Input<'a>, how: &Reading) -> Result<Self> {
        let mut input = input.with_limits(&how.limits);
        input.make_seekable()?;
        let unknown = || Error::invalid("the length of a data set has to be known");
        let len = input.position().saturating_add(input.remaining().ok_or_else(unknown)?);
        let Names { streams, also, has_metadata, kind } = names(&mut input)?;
        let (count, most) = (streams.len() + usize::from(also.is_some()), how.limits.members());
        if count as u64 > most {
            let message = format!("the file has {count} arrays, more than the limit of {most} members");
            return Err(Error::limit(message).with_hint(Hint::Limit("max_members")).at(input.position()));
        }
        let mut all = Vec::new();
        for name in streams {
            *input.budget() = how.limits.budget();
            let at = input.position();
            let of_it = |error: Error| error.in_path(&name);
            let header = StreamHeader::read(&mut input).map_err(of_it)?;
            input.skip(header.data_len(), "data").map_err(of_it)?;
            let len = input.position() - at;
            room::push(&mut all, Found { at, len, name })?;
            if let Some(also) = also.filter(|_| all.len() == 1) {
                room::push(&mut all, Found { at, len, name: also.to_owned() })?;
            }
        }
        let end = input.position();
        Ok(Self { input, how: how.clone(), all, kind, end, len, has_metadata })
    }

    /// Puts the input where an array begins. Limits hold for each.
    fn seek(&mut self, place: usize) -> Result<()> {
        let found = self.all.get(place).ok_or_else(|| Error::invalid("an array that is not in the file"))?;
        *self.input.budget() = self.how.limits.budget();
        self.input.seek_to(found.at)
    }
}

impl Arrays for Streams<'_> {
    const FORMAT: &'static str = NAME;

    fn count(&self) -> usize {
        self.all.len()
    }

    fn named(&self, place: usize) -> Option<(&str, u64)> {
        self.all.get(place).map(|found| (found.name.as_str(), found.len))
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|found| found.name == name)
    }

    fn no_array(&self, name: &str) -> Error {
        Error::invalid(format!("the file has no array '{name}'"))
    }

    fn describe(&mut self, place: usize) -> Result<Description> {
        self.seek(place)?;
        let what = Nd4jStream.describe(&mut self.input)?.description;
        Ok(what.with_detail("part of", self.kind.clone()))
    }

    fn read(&mut self, place: usize, what: Selection<'_>) -> Result<Array> {
        self.seek(place)?;
        let head = Nd4jStream.head(&mut self.input)?;
        read_items(&Nd4jStream, &mut self.input, &head, &self.how, what)
    }

    fn container_faults(&self) -> Vec<Error> {
        let left = self.len.saturating_sub(self.end);
        // Metadata, where there are any, are a part of the file.
        if left == 0 || self.has_metadata {
            return Vec::new();
        }
        vec![Error::trailing(format!("{left} bytes follow the last array")).at(self.end)]
    }

    fn limits(&self) -> &Limits {
        &self.how.limits
    }

    fn file_end(&self) -> u64 {
        self.len
    }
}
