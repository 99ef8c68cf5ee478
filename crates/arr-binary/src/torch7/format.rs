//! Torch7 files as formats.

use arr_core::format::{
    AllBytes, Capabilities, Description, Format, FormatInfo, Holds, ItemsAt, Keep, Match, ObjectFile,
    ObjectReader, Reader, Reading, Sink, Source, Words, Writer, Writing, read_on_threads, write_on_threads,
};
use arr_core::{Error, Graph, NodeId, Result};

use super::load::{Loaded, Place, Told, load_all};
use super::options::{COMPACT, ENDIAN, LONG_SIZE, REFERENCED, endian, long_size};
use super::write::{Form, Tables};
use super::{FORMAT, detect};

/// Torch7 files: binary, and read in either form. For the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Torch7;

/// Torch7 files as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Torch7Ascii;

const INFO: FormatInfo = FormatInfo {
    extensions: &["t7", "th7"],
    magic: detect::MAGIC,
    capabilities: Capabilities { read: true, write: true, map: true, stream: false, append: false },
    holds: Holds::Graph,
    words: Words::Lua,
    options: &[LONG_SIZE, ENDIAN, REFERENCED, COMPACT],
    ..FormatInfo::new(FORMAT, "Torch7 objects (torch.save), binary or ascii: tables whose tensors have paths")
};

const ASCII: FormatInfo = FormatInfo {
    extensions: &[],
    magic: &[b"4\n1\n3\nV 1\n"],
    capabilities: Capabilities { read: true, write: true, map: false, stream: false, append: false },
    options: &[REFERENCED, COMPACT],
    ..FormatInfo {
        name: "torch7-ascii",
        form_of: Some(FORMAT),
        description: "Torch7 objects as text (torch.save(file, object, 'ascii'))",
        ..INFO
    }
};

impl Format for Torch7 {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        detect::sniff(head)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let (order, long) = (endian(&how.options), long_size(&how.options));
        open(&INFO, Told { is_ascii: None, order, long }, source, how)
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        create(Form { is_ascii: false, ..Form::of(how) }, sink, how)
    }
}

impl Format for Torch7Ascii {
    fn info(&self) -> &'static FormatInfo {
        &ASCII
    }

    /// The other name reads both forms, and is the one that is found.
    fn sniff(&self, _: &[u8]) -> Match {
        Match::No
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        open(&ASCII, Told { is_ascii: Some(true), ..Told::default() }, source, how)
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        create(Form { is_ascii: true, ..Form::of(how) }, sink, how)
    }
}

fn open<'a>(
    info: &FormatInfo,
    told: Told,
    source: Source<'a>,
    how: &Reading,
) -> Result<Box<dyn Reader + 'a>> {
    let name = info.name;
    read_on_threads(how, || {
        let opened = tensors(source, &told, how);
        Ok(Box::new(opened.map_err(|error| error.in_format(name))?))
    })
}

fn create<'a>(form: Form, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
    write_on_threads(how, || Ok(Box::new(Tables::new(sink.new_file()?, form, how))))
}

/// The tensors of a file as parts.
fn tensors<'a>(source: Source<'a>, told: &Told, how: &Reading) -> Result<ObjectReader<'a, Loaded>> {
    let mut input = source.one()?.with_limits(&how.limits);
    input.make_seekable()?;
    let budget = how.limits.budget();
    let loaded =
        AllBytes::of(&mut input, |bytes, origin| load_all(bytes, origin, told, budget, &Keep::Left))?;
    ObjectReader::new(input, loaded, how)
}

impl ObjectFile for Loaded {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn noun(&self) -> &'static str {
        "tensor"
    }

    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn count(&self) -> usize {
        self.arrays.len()
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        Self::place_of(self, node)
    }

    fn items(&self, place: usize) -> Result<ItemsAt> {
        let no_array = || Error::invalid(format!("the file has no tensor {place}"));
        let found = self.arrays.get(place).ok_or_else(no_array)?;
        let (at, dtype, layout) = match &found.place {
            Place::Memory(array) => return Ok(ItemsAt::Memory(array.clone())),
            Place::File { at, dtype, layout } => (at, dtype, layout),
            Place::View { storage, dtype, layout } => {
                match storage.and_then(|storage| self.array_of(storage)).map(|found| &found.place) {
                    Some(Place::File { at, .. }) => (at, dtype, layout),
                    _ => return self.graph.array(found.node).map(ItemsAt::Memory),
                }
            }
        };
        Ok(ItemsAt::File { at: *at, dtype: dtype.clone(), layout: layout.clone() })
    }

    fn describe(&self, place: usize, what: Description) -> Description {
        let node = self.arrays.get(place).map(|found| found.node);
        let node = node.and_then(|node| self.graph.node(node)?.as_array());
        match node.and_then(|node| node.class.as_deref()) {
            Some(class) => what.with_detail("class", class),
            None => what,
        }
        .with_detail("encoding", self.encoding)
    }

    fn faults(&self) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        if let [first, ..] = self.functions.as_slice() {
            let message = match self.functions.len() {
                1 => "a function is in the file, whose code would be run by a program that calls it: it was not".to_owned(),
                count => format!("{count} functions are in the file, whose code would be run by a program that calls them: it was not"),
            };
            faults.push(Error::unsupported(message).at(first.at).in_format(FORMAT));
        }
        if self.replaced > 0 {
            let (count, have) = match self.replaced {
                1 => ("one value".to_owned(), "has"),
                count => (format!("{count} values"), "have"),
            };
            let message = format!("{count} of tables {have} the key of a later one, which took the place");
            faults.push(Error::malformed(message).in_format(FORMAT));
        }
        if self.trailing > 0 {
            let message = format!("{} bytes are left over behind the last object", self.trailing);
            faults.push(Error::trailing(message).at(self.end).in_format(FORMAT));
        }
        Ok(faults)
    }

    fn end(&self) -> (u64, u64) {
        (self.end, self.trailing)
    }
}
