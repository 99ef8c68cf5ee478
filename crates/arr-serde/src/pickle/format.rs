//! Pickles as one of the formats.

use arr_core::format::room::{push, reserved};
use arr_core::format::{
    AllBytes, Budget, Capabilities, Format, FormatInfo, Holds, ItemsAt, Keep, Match, ObjectFile,
    ObjectReader, OptionInfo, OptionKind, Reader, Reading, Side, Sink, Source, Writer, Writing,
    read_on_threads, write_on_threads,
};
use arr_core::{Buffer, BufferMut, Error, Graph, Hint, Input, NodeId, Result};

use super::FORMAT;
use super::feed::Feed;
use super::load::{Loaded, faults_of, load_feed, objects};
use super::machine::{Encoding, Rules};
use super::settle::Place;
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

/// The buffers beside the pickle.
const BUFFER: OptionInfo = OptionInfo {
    value: "FILE",
    details: "A pickle of protocol 5 may have the data of its arrays in buffers beside it, which Python hands to \
              buffer_callback. Each file is one of them, as it is, in their order: the option is given once for each.",
    reference: "pickle.load(buffers=)",
    ..OptionInfo::new(
        "buffer",
        OptionKind::Files,
        Side::Reading,
        "Take FILE as the next of the buffers beside the pickle; repeatable",
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
    options: &[ENCODING, STRICT, BUFFER, PROTOCOL],
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
            let opened = open(source, how);
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
fn rules(how: &Reading, buffers: Vec<Buffer>) -> Rules {
    let encoding = match how.options.text(ENCODING.name) {
        Some("latin1") => Encoding::Latin1,
        Some("bytes") => Encoding::Bytes,
        _ => Encoding::Ascii,
    };
    Rules { encoding, is_strict: how.options.flag(STRICT.name).unwrap_or(false), is_one: false, buffers }
}

/// The buffers that are given as files, each read as a whole.
fn buffers(how: &Reading, budget: &mut Budget) -> Result<Vec<Buffer>> {
    let paths = how.options.files(BUFFER.name);
    let mut buffers = reserved(paths.len())?;
    for path in paths {
        let of_path = |error: Error| error.in_path(&path.to_string_lossy());
        let mut input = Input::open(path).map_err(of_path)?;
        *input.budget() = budget.clone();
        let bytes = match input.remaining() {
            Some(len) => input.read_buffer(len, "buffer").map(BufferMut::freeze),
            None => input.read_to_end().map(Buffer::from_vec),
        };
        buffers.push(bytes.map_err(of_path)?);
        *budget = input.budget().clone();
    }
    Ok(buffers)
}

/// The arrays of a pickle as parts.
fn open<'a>(source: Source<'a>, how: &Reading) -> Result<ObjectReader<'a, Loaded>> {
    let mut input = source.one()?.with_limits(&how.limits);
    input.make_seekable()?;
    let mut budget = how.limits.budget();
    let rules = rules(how, buffers(how, &mut budget)?);
    let loaded = AllBytes::of(&mut input, |bytes, origin| {
        load_feed(Feed::of(bytes, origin), &rules, budget, &Keep::Left)
    })?;
    let (given, taken) = (rules.buffers.len(), loaded.buffers);
    if taken < given {
        let message = format!("{given} buffers are given, and the pickle has {taken} beside it");
        return Err(Error::invalid(message).with_hint(Hint::Option(BUFFER.name, "FILE")));
    }
    loaded.notes.iter().for_each(|note| how.notes.tell(note));
    ObjectReader::new(input, loaded, how)
}

impl ObjectFile for Loaded {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn count(&self) -> usize {
        self.arrays.len()
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        self.arrays.binary_search_by_key(&node, |found| found.node).ok()
    }

    fn items(&self, place: usize) -> Result<ItemsAt> {
        match self.arrays.get(place).map(|found| &found.place) {
            Some(Place::Memory(array)) => Ok(ItemsAt::Memory(array.clone())),
            Some(Place::File { at, dtype, layout }) => {
                Ok(ItemsAt::File { at: *at, dtype: dtype.clone(), layout: layout.clone() })
            }
            Some(Place::Values) => Err(objects("")),
            None => Err(Error::invalid(format!("the file has no array {place}"))),
        }
    }

    fn faults(&self) -> Result<Vec<Error>> {
        let mut faults = faults_of(&self.calls)?;
        if self.trailing > 0 {
            let message = format!("{} bytes follow the pickle that are none", self.trailing);
            push(&mut faults, Error::malformed(message).at(self.end).in_format(FORMAT))?;
        }
        Ok(faults)
    }

    fn end(&self) -> (u64, u64) {
        (self.end, self.trailing)
    }
}
