//! The text of `Nd4j.writeTxt` (`nd4j-txt`): like JSON, and not always JSON.
//!
//! ```text
//! {
//! "filefrom": "dl4j",
//! "ordering": "c",
//! "shape":    [2, 3],
//! "data":
//! [[   1.000000000000000000E0,   2.000000000000000000E0,   3.000000000000000000E0],
//!  [   4.000000000000000000E0,   5.000000000000000000E0,   6.000000000000000000E0]]
//! }
//! ```
//!
//! (A tab follows `"shape":`.)
//!
//! **What is read:** the text of every version. Values are in C order, whatever `ordering` says, and are counted
//! against the shape. ND4J 0.9.1 has the colons inside the keys (`"filefrom:"`), two decimals, a space before each
//! comma that separates, and groups thousands by commas: there `-1,234.50 ,   6.00` are two values. Infinities are
//! `∞`, and not-a-number `NaN` (`U+FFFD` on old Java). Strings are in quotes, in which nothing is escaped: a
//! quote ends a string where a comma or a bracket follows it. ND4J M2.1 loses rows of arrays with four or more
//! dimensions in order `f`, which is an error that says so. Brackets nest as the shape says; only dimensions of length 1
//! may be without theirs, as 0.9.1 prints vectors. A byte order mark, which editors leave, is stepped over.
//!
//! **Which dtype:** the text has none. Whole numbers are read as `int64`, as `uint64` where one is too large for that,
//! everything else as `float64`, `true` and `false` as `bool`, and what is in quotes as texts. Another dtype is to be
//! asked for ([`ReadOptions::dtype`]), and values that do not fit it are errors. Numbers are rounded to the nearest float.
//! Never silently: what would become infinite or, of a `float64`, zero is an error, where Java makes it so; and so is a
//! whole number beside fractions that no `float64` is, which ND4J does not write. ND4J prints numbers of `uint64` beyond
//! `int64` as negative ones: they come back as `int64`, and as they were after `with_dtype`.
//!
//! **What is written** is, byte for byte, what M2.1 writes for the same array, so that its `readTxt` reads it, with three
//! exceptions, in which it would lose values: numbers of `uint64` are written without a sign that they do not have, -0.0
//! is written with the sign that it has (`readTxt` takes it for 0), and four-dimensional arrays in order `f` have all their
//! rows. Nor are texts written that could not be told apart when read. `readTxt` itself throws on what is not finite and on empty arrays, and reads
//! booleans as zeros: [`WriteOptions::for_nd4j`] refuses them.
//!
//! ```
//! use arr_text::nd4j;
//! use arr_core::Array;
//! let text = nd4j::to_bytes(&Array::from_vec(vec![0.5, 2.0], &[2])?)?;
//! assert!(text.ends_with(b"[  5.000000000000000000E-1,   2.000000000000000000E0]\n}\n"));
//! assert_eq!(nd4j::read_bytes(&text)?.to_vec::<f64>()?, [0.5, 2.0]);
//! # Ok::<(), arr_core::Error>(())
//! ```

mod data;
mod digits;
pub(crate) mod head;
mod nesting;
mod number;
mod read;
mod values;
mod write;

use arr_core::format::{
    Blocks, Capabilities, Codec, Cutter, FormatInfo, Head, Match, Output, Reading, Sink, Writer, Writing,
};
use arr_core::{Array, ArrayView, DType, Input, Order, Result};

pub use read::{ReadOptions, read, read_bytes, read_from};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The name of the format.
const NAME: &str = "nd4j-txt";

/// The text of `Nd4j.writeTxt`, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jTxt;

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["nd4jtxt"],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    ..FormatInfo::new(NAME, "ND4J array as text (writeTxt)")
};

impl Codec for Nd4jTxt {
    type Header = head::Head;

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, head: &[u8]) -> Match {
        let text = head.strip_prefix(head::MARK).unwrap_or(head).trim_ascii_start();
        match text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) {
            Some(text) if text.starts_with(b"\"filefrom") => Match::Yes,
            _ => Match::No,
        }
    }

    /// Reads all of the array, since only its values tell the dtype, and goes back.
    fn head(&self, input: &mut Input<'_>) -> Result<Head<head::Head>> {
        input.make_seekable()?;
        let (head, data_at) = read::describe(input)?;
        input.seek_to(data_at)?;
        Ok(head)
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<head::Head>> {
        read::describe(input).map(|(head, _)| head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<head::Head>, how: &Reading) -> Result<Array> {
        read::read_values(input, &head.header, how)
    }

    /// Reads the values once: there is no need to know their dtype before.
    fn read(&self, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
        read::read_with_blanks(input, how)
    }

    fn end(&self, input: &mut Input<'_>, _: &Head<head::Head>) -> Result<()> {
        read::blanks(input)
    }

    fn has_blocks(&self, head: &Head<head::Head>, order: Order) -> bool {
        order == Order::C && head.description.dtype != DType::Utf8
    }

    fn decode_blocks<'s>(
        &'s self,
        input: &'s mut Input<'_>,
        head: &Head<head::Head>,
        how: &'s Reading,
        cutter: Cutter,
    ) -> Result<Box<dyn Blocks + 's>> {
        read::blocks(input, head, how, cutter)
    }

    fn writer<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        Ok(Box::new(write::TxtWriter::new(sink.new_file()?, how.order).without_texts()))
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        let options = WriteOptions::new();
        let options = how.order.map_or(options, |order| options.order(order));
        options.write(array, output)
    }
}
