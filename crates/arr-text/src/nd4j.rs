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
//! (Behind `"shape":` stands a tab.)
//!
//! **What is read:** the text of every version. Values stand in C order, whatever `ordering` says, and are counted
//! against the shape. ND4J 0.9.1 has the colons inside the keys (`"filefrom:"`), two decimals, a space before each
//! comma that separates, and groups thousands by commas: there `-1,234.50 ,   6.00` are two values. Infinities are
//! `∞`, and what is no number `NaN` (`U+FFFD` on old Java). Strings stand in quotes, in which nothing is escaped: a
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
//! **What is written** is, byte for byte, what M2.1 writes for the same array, so that its `readTxt` reads it, with two
//! exceptions, in which it would lose values: numbers of `uint64` are written without a sign that they do not have, and
//! four-dimensional arrays in order `f` have all their rows. Nor are texts written that could not be told apart when
//! read. As in ND4J, -0.0 becomes 0. `readTxt` itself throws on what is not finite and on empty arrays, and reads
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
mod head;
mod nesting;
mod number;
mod read;
mod values;
mod write;

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Match, Output};
use arr_core::{Array, ArrayView, Input, Result};

pub use read::{ReadOptions, read, read_bytes, read_from};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The name of the format.
const NAME: &str = "nd4j-txt";

/// The text of `Nd4j.writeTxt`, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jTxt;

const INFO: FormatInfo = FormatInfo {
    name: NAME,
    description: "ND4J array as text (writeTxt)",
    extensions: &["nd4jtxt"],
    magic: &[],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
};

impl Format for Nd4jTxt {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        let behind = |text: &[u8]| text.trim_ascii_start().to_owned();
        let text = behind(prefix.strip_prefix(head::MARK).unwrap_or(prefix));
        match text.strip_prefix(b"{").map(behind) {
            Some(text) if text.starts_with(b"\"filefrom") => Match::Yes,
            _ => Match::No,
        }
    }

    /// Reads all of the array, since only its values tell the dtype, and leaves `input` behind it. No value is kept.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        read::describe(input)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        ReadOptions::new().read_input(input)
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        WriteOptions::new().write(array, output)
    }
}
