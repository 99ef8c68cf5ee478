//! Documents as formats: one for each form in which arrays are written. All of them read every form.

use std::sync::Arc;

use arr_core::format::{
    Budget, Capabilities, Description, Format, FormatInfo, Holds, ItemsAt, Match, MemberInfo, ObjectFile,
    ObjectReader, OptionInfo, OptionKind, Reader, Reading, Side, Sink, Source, Writer, Writing,
    read_on_threads, room, write_on_threads,
};
use arr_core::{Array, ByteOrder, Error, Graph, NodeId, Result};

use super::load::{Rules, Text, settled, text_of};
use super::parse;
use super::settle::{Place, Settled};
use super::write::{Form, Joined};

/// The byte order of dtypes that do not tell it.
const ENDIAN: OptionInfo = OptionInfo {
    value: "ORDER",
    default: "little",
    details: "A name such as float32 means the byte order of the machine that wrote the document.",
    ..OptionInfo::new(
        "endian",
        OptionKind::Choice(&["little", "big"]),
        Side::Reading,
        "The byte order of dtypes that do not tell it: little or big",
    )
};

const fn info(name: &'static str, description: &'static str) -> FormatInfo {
    FormatInfo {
        capabilities: Capabilities { read: true, write: true, map: false, stream: false, append: false },
        holds: Holds::Graph,
        options: &[ENDIAN],
        ..FormatInfo::new(name, description)
    }
}

/// Makes a format of each form.
macro_rules! formats {
    ($($(#[$about:meta])* $type:ident, $form:expr, $info:expr;)*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Default)]
        pub struct $type {
            carried: Vec<Arc<dyn Format>>,
        }

        impl $type {
            /// Looks for files of that format in strings, too, as base64 or with a character of Latin-1 for each byte.
            #[must_use]
            pub fn carrying(mut self, format: impl Format + 'static) -> Self {
                self.carried.push(Arc::new(format));
                self
            }
        }

        impl Format for $type {
            fn info(&self) -> &'static FormatInfo {
                const INFO: FormatInfo = $info;
                &INFO
            }

            fn sniff(&self, head: &[u8]) -> Match {
                if self.info().extensions.is_empty() { Match::No } else { sniff(head) }
            }

            fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
                let name = self.info().name;
                read_on_threads(how, || {
                    let opened = open(source, how, &self.carried, name);
                    Ok(Box::new(opened.map_err(|error| error.in_format(name))?))
                })
            }

            fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
                let name = self.info().name;
                write_on_threads(how, || Ok(Box::new(Joined::new(sink.new_file()?, $form, how, name))))
            }
        }
    )*};
}

formats! {
    /// JSON documents with arrays in them, in any of the forms that libraries write; arrays are written as objects that name
    /// dtype and shape.
    Json, Form::Object, FormatInfo {
        extensions: &["json", "jsonl", "ndjson"],
        ..info("json", "JSON document: arrays in it, in the forms of many libraries, have paths")
    };
    /// JSON documents whose arrays are written as `[dtype, base64, shape]`.
    JsonTriple, Form::Triple, info("json-triple", "JSON document with arrays as [dtype, base64, shape]");
    /// JSON documents whose arrays are written as nested lists.
    JsonLists, Form::Lists, info("json-lists", "JSON document with arrays as nested lists");
}

#[cfg(feature = "jackson")]
formats! {
    /// JSON documents whose arrays are written as ND4J's `NDArraySerializer` does.
    Nd4jJackson, Form::Jackson, info("nd4j-jackson", "ND4J array in JSON, as base64 (NDArraySerializer)");
    /// JSON documents whose arrays are written as ND4J's `NDArrayTextSerializer` does.
    Nd4jJsonText, Form::JsonText, info("nd4j-json-text", "ND4J array in JSON, as numbers (NDArrayTextSerializer)");
    /// JSON documents whose arrays are written as ND4J's `VectorSerializer` does.
    Nd4jJacksonVector, Form::Vector, info("nd4j-jackson-vector", "ND4J array in JSON, as a buffer (VectorSerializer)");
}

/// Whether the first bytes of a file are those of a document that is a list or an object.
fn sniff(head: &[u8]) -> Match {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let is_open = matches!(text.first(), Some(b'{' | b'[')) && text.len() > 1;
    if is_open && parse::begins(head) { Match::Likely } else { Match::No }
}

/// The arrays of a document as parts.
fn open<'a>(
    source: Source<'a>,
    how: &Reading,
    carried: &[Arc<dyn Format>],
    name: &'static str,
) -> Result<ObjectReader<'a, Arrays<'a>>> {
    let mut input = source.one()?.with_limits(&how.limits);
    let mut rules = Rules { notes: how.notes.clone(), ..Rules::default() };
    rules.carried.extend(carried.iter().cloned());
    if how.options.text(ENDIAN.name) == Some("big") {
        rules.order = ByteOrder::Big;
    }
    let text = text_of(&mut input)?;
    let settled = settled(text.bytes(), &rules, input.budget().clone(), false)?;
    ObjectReader::new(input, Arrays { name, text, settled }, how)
}

/// The arrays of a document, and its text.
#[derive(Debug)]
struct Arrays<'a> {
    name: &'static str,
    text: Text<'a>,
    settled: Settled,
}

impl Arrays<'_> {
    fn place(&self, place: usize) -> Result<&Place> {
        let found = self.settled.arrays.get(place).map(|found| &found.place);
        found.ok_or_else(|| Error::invalid(format!("the document has no array {place}")))
    }
}

impl ObjectFile for Arrays<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn graph(&self) -> &Graph {
        &self.settled.graph
    }

    fn count(&self) -> usize {
        self.settled.arrays.len()
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        self.settled.place_of(node)
    }

    fn items(&self, place: usize) -> Result<ItemsAt> {
        match self.place(place)? {
            Place::Memory => Ok(ItemsAt::Memory(self.settled.array(place)?.clone())),
            Place::Text(encoded) => {
                let (dtype, at) = (encoded.dtype.clone(), encoded.text.start as u64);
                let len = Some(encoded.text.len as u64);
                let what = Description::new(dtype, &encoded.dims, encoded.contiguity()?, at, len);
                Ok(ItemsAt::Coded(what))
            }
            Place::Values => Err(Error::unsupported("the items of the array are objects")),
        }
    }

    fn decode(&self, place: usize, budget: &mut Budget) -> Result<Array> {
        match self.place(place)? {
            Place::Text(encoded) => encoded.read(self.text.bytes(), budget),
            _ => Err(Error::invalid(format!("the array {place} is not encoded"))),
        }
    }

    fn member(&self, place: usize, mut member: MemberInfo) -> MemberInfo {
        (member.packing, member.packed_len) = match self.place(place) {
            Ok(Place::Text(encoded)) => ("base64".to_owned(), encoded.text.len as u64),
            _ => ("lists".to_owned(), member.len),
        };
        member
    }

    fn faults(&self) -> Result<Vec<Error>> {
        room::collected(self.settled.faults.iter().map(|fault| Error::unsupported(fault.clone())))
    }

    fn end(&self) -> (u64, u64) {
        (self.text.bytes().len() as u64, 0)
    }
}
