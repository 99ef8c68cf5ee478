//! What Kryo writes of ND4J's arrays by its `Nd4jSerializer` (format `nd4j-kryo`).
//!
//! The bytes are those of `Nd4j.write`, which [`arr_binary::stream`] describes, behind what Kryo says of the object:
//!
//! | written by | in front of the stream |
//! |---|---|
//! | `writeObject`, with references | 1: an object that was not written before |
//! | `writeObject`, without references (as Kryo 5 has it by default) | nothing |
//! | `writeClassAndObject`, class registered | the class's id plus 2, then as above |
//! | `writeClassAndObject`, class not registered | 1, the number of the class, its name, then as above |
//!
//! Ids and numbers have 7 bits in a byte, the lowest first, and the highest bit says that another one follows. Kryo 4 and 5
//! write the same, but for the first class that a program registers: its id is 10 in Kryo 4 and 9 in Kryo 5.
//!
//! ```
//! use arr_serde::kryo;
//! let bytes = kryo::to_bytes(&vec![1.0f32, 2.0])?;                 // what kryo.readObject reads
//! assert_eq!(bytes[..3], [1, 0, 0x10]);
//! assert_eq!(kryo::read_bytes(&bytes)?.shape(), [2]);
//!
//! let bytes = kryo::WriteOptions::new().class_id(10).to_bytes(&vec![1.0f32, 2.0])?;
//! assert_eq!(bytes[..2], [12, 1]);                                 // kryo.readClassAndObject
//! # Ok::<(), arr_serde::arr_core::Error>(())
//! ```

use arr_binary::format::Nd4jStream;
use arr_binary::stream::StreamHeader;
use arr_core::format::{
    Capabilities, Codec, FormatInfo, Frame, Head, Holds, Match, OptionInfo, OptionKind, Outline, Reading,
    Side, Writing,
};
use arr_core::{Array, ByteOrder, Error, Input, Result};

arr_core::codec_read_options!(Nd4jKryo);
arr_core::read_functions!(Array);
arr_core::slice_functions!(Array);
arr_core::view_functions!(Nd4jKryo::default());
arr_core::codec_write_options!(Nd4jKryo);
arr_core::write_functions!();

/// The registered name of the format.
const NAME: &str = "nd4j-kryo";

/// The option that says which class is written.
const CLASS_ID: OptionInfo = OptionInfo {
    value: "N",
    details: "The number under which the program that reads has registered the class: for the first class of a program 10 in Kryo 4, and 9 in Kryo 5.",
    reference: "Kryo.writeClassAndObject",
    ..OptionInfo::new(
        "class-id",
        OptionKind::Integer(0, MOST_ID),
        Side::Writing,
        "Write class and object, the class by its number N",
    )
};

/// The option that says whether Kryo counts references.
const REFERENCES: OptionInfo = OptionInfo {
    default: "true",
    details: "Kryo 4 has them unless told otherwise, Kryo 5 has not.",
    reference: "Kryo.setReferences",
    ..OptionInfo::new(
        "references",
        OptionKind::Flag,
        Side::Writing,
        "Write for a Kryo that keeps references to objects",
    )
};

/// Two more are a number of Kryo's.
const MOST_ID: i64 = i32::MAX as i64 - 2;

const INFO: FormatInfo = FormatInfo {
    extensions: &["kryo"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    holds: Holds::One,
    byte_order: Some(ByteOrder::Big),
    options: &[CLASS_ID, REFERENCES],
    ..FormatInfo::new(NAME, "ND4J array as Kryo writes it (Nd4jSerializer)")
};

/// ND4J's arrays as Kryo writes them, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jKryo {
    /// The number of the class, where it is written too.
    class_id: Option<u32>,
    /// True for a Kryo that keeps no references.
    no_references: bool,
}

impl WriteOptions {
    /// Writes class and object, the class by the number under which it is registered: what `Kryo.readClassAndObject`
    /// reads. The first class that a program registers has 10 in Kryo 4, and 9 in Kryo 5.
    #[must_use]
    pub fn class_id(mut self, id: u32) -> Self {
        self.codec.class_id = Some(id);
        self
    }

    /// Says whether Kryo keeps references to objects: Kryo 4 does unless told otherwise, and so do we.
    #[must_use]
    pub fn references(mut self, are_kept: bool) -> Self {
        self.codec.no_references = !are_kept;
        self
    }
}

/// The most bytes of a number.
const MOST_BYTES: usize = 5;

/// The longest name of a class, in bytes.
const MOST_NAME: usize = 512;

/// How many bytes are in front of the stream; nothing where no stream follows.
fn front(head: &[u8]) -> Option<usize> {
    let is_stream = |at: usize| Nd4jStream.sniff_at(head, at).then_some(at);
    if let Some(at) = is_stream(0) {
        return Some(at);
    }
    let (id, after) = number(head)?;
    let object =
        |at: usize| is_stream(at).or_else(|| (head.get(at) == Some(&1)).then(|| is_stream(at + 1)).flatten());
    if id != 1 {
        return if id >= 2 { object(after) } else { None };
    }
    // The mark of an object; or that of a class with a name.
    is_stream(after).or_else(|| {
        let rest = head.get(after..)?;
        let (_, name) = number(rest)?;
        object(after + name + text_len(rest.get(name..)?)?)
    })
}

/// A number, and how many bytes it has.
fn number(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(MOST_BYTES).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, place + 1));
        }
    }
    None
}

/// How many bytes the name of a class has: ASCII whose last byte has its highest bit set.
fn text_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().take(MOST_NAME).position(|byte| byte & 0x80 != 0)?;
    (end > 0).then_some(end + 1)
}

/// The bytes of a number.
fn put_number(mut value: u32, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    to.push(value.to_le_bytes()[0]);
}

/// Whether a stream begins at a place.
trait SniffAt {
    fn sniff_at(&self, head: &[u8], at: usize) -> bool;
}

impl SniffAt for Nd4jStream {
    fn sniff_at(&self, head: &[u8], at: usize) -> bool {
        head.get(at..).is_some_and(|rest| self.detect(rest) == Match::Yes)
    }
}

/// As much as may be in front of a stream, and the mark of it.
const FRONT: usize = 2 * MOST_BYTES + MOST_NAME + 32;

impl Nd4jKryo {
    /// Steps over what is in front of the stream.
    fn skip_front(input: &mut Input<'_>) -> Result<()> {
        let at = input.position();
        let head = input.peek(FRONT)?;
        let no_array = || match head.first() {
            Some(0) => Error::unsupported("Kryo wrote a null, which is not an array"),
            _ => Error::malformed("no stream of ND4J follows what Kryo writes of an object"),
        };
        let len = front(head).ok_or_else(|| no_array().at(at))?;
        input.skip(len as u64, "mark of Kryo")
    }
}

impl Codec for Nd4jKryo {
    type Header = StreamHeader;

    const INFO: &'static FormatInfo = &INFO;

    /// What begins as a stream of ND4J is one.
    fn detect(&self, head: &[u8]) -> Match {
        match front(head) {
            None | Some(0) => Match::No,
            Some(_) => Match::Yes,
        }
    }

    fn writer<'a>(
        &self,
        sink: arr_core::format::Sink<'a>,
        how: &Writing,
    ) -> Result<Box<dyn arr_core::format::Writer + 'a>> {
        let class_id = how.options.integer(CLASS_ID.name).and_then(|id| u32::try_from(id).ok());
        let no_references = how.options.flag(REFERENCES.name) == Some(false);
        let own =
            Self { class_id: class_id.or(self.class_id), no_references: self.no_references || no_references };
        Ok(Box::new(arr_core::format::RowWriter::new(own, sink.new_file()?, how)))
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<StreamHeader>> {
        Self::skip_front(input)?;
        Nd4jStream.head(input)
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<StreamHeader>> {
        Self::skip_front(input)?;
        Nd4jStream.describe(input)
    }

    fn check(&self, head: &Head<StreamHeader>) -> Result<()> {
        Nd4jStream.check(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<StreamHeader>, how: &Reading) -> Result<Array> {
        Nd4jStream.decode(input, head, how)
    }

    fn end(&self, input: &mut Input<'_>, head: &Head<StreamHeader>) -> Result<()> {
        Nd4jStream.end(input, head)
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        let mut frame = Nd4jStream.frame(what, how)?;
        let mut front = Vec::new();
        if let Some(id) = self.class_id {
            put_number(id.saturating_add(2), &mut front);
        }
        if !self.no_references {
            front.push(1);
        }
        front.append(&mut frame.head);
        frame.head = front;
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back() {
        for value in [0, 1, 12, 127, 128, 300, 1 << 14, (1 << 28) + 5, u32::MAX] {
            let mut bytes = Vec::new();
            put_number(value, &mut bytes);
            assert_eq!(number(&bytes), Some((value, bytes.len())));
        }
        assert_eq!(number(&[0x80; 6]), None);
        assert_eq!(number(&[0xff, 0xff, 0xff, 0xff, 0x7f]), None);
    }

    #[test]
    fn what_is_in_front_of_a_stream_is_known() {
        let stream = b"\0\x07JAVACPP";
        let with = |front: &[u8]| super::front(&[front, stream.as_slice()].concat());
        assert_eq!(
            (with(&[]), with(&[1]), with(&[12, 1]), with(&[12])),
            (Some(0), Some(1), Some(2), Some(1))
        );
        assert_eq!(with(b"\x01\x00org.nd4j.NDArra\xf9\x01"), Some(19));
        assert_eq!(with(b"\x01\x00org.nd4j.NDArra\xf9"), Some(18));
        for wrong in [&[0][..], &[5, 5], &[1, 2, 3], &[0x80, 0x80]] {
            assert_eq!(with(wrong), None, "{wrong:?}");
        }
    }
}
