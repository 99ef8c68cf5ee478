//! Delimited text of the JVM's ND4J (`delimited-txt`): what `Nd4j.readNumpy` reads and `Nd4j.writeNumpy` writes.
//!
//! A row is a line; there are no comments, quotes or names, and the array has always two dimensions. By the rules of Java,
//! blanks at both ends of a line are not looked at, nor are empty fields at its end (a delimiter there does no harm), and
//! numbers may be as Java writes them: `1f`, `0x1p3`, `Infinity`. `inf` and `nan` are read in any case, as ND4J does.
//!
//! ND4J takes a delimiter for a regular expression. Here it is the character itself; of expressions those are known that
//! stand for one character (`\\|`, `\t`, also with `\s*` around) or for white space (`\s+`). The usual delimiter is one
//! blank, as in ND4J; unless told, the one that all rows have is found out. Rows of different lengths and fields that are
//! no numbers are refused, as ND4J does. Lines without a field, which it refuses, are not rows.
//!
//! Values are read as `float64`, and as the nearest `float32` when that is asked for, which is what ND4J makes of them.
//! `Nd4j.writeNumpy` prints each value as `Double.toString` does, whatever its type was: so do we. Numbers that a double
//! does not hold are refused.
//!
//! ```
//! use arr_text::delimited::{ReadOptions, WriteOptions};
//! let array = ReadOptions::new().delimiter(',')?.read_bytes(b"1, 2.5f,\nInfinity, 0x1p3\n")?;
//! assert_eq!(array.to_vec::<f64>()?, [1.0, 2.5, f64::INFINITY, 8.0]);
//! assert_eq!(WriteOptions::new().to_bytes(&array)?, b"1.0 2.5\nInfinity 8.0\n");
//! # Ok::<(), arr_core::Error>(())
//! ```

pub(crate) mod java;
mod read;
mod write;

use arr_core::Result;
use arr_core::format::{
    Capabilities, Format, FormatInfo, Match, OptionInfo, Reader, Reading, RowReader, Sink, Source, Writer,
    Writing, read_on_threads,
};

pub use read::{ReadOptions, read};
pub use write::{WriteOptions, save, to_bytes, write_to};

use crate::table::codec::{Flavour, Table, input_of};
use crate::text::options::named;

/// ND4J's delimited text, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct DelimitedTxt;

/// The options of text that it has too.
const OPTIONS: [OptionInfo; 4] = [named("dtype"), named("delimiter"), named("encoding"), named("fmt")];

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    options: &OPTIONS,
    ..FormatInfo::new("delimited-txt", "table of delimited text (Nd4j.readNumpy, Nd4j.writeNumpy)")
};

impl Flavour for DelimitedTxt {
    const INFO: &'static FormatInfo = &INFO;
}

impl Format for DelimitedTxt {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// It has no mark, and is read as `text` where nobody names it.
    fn sniff(&self, _: &[u8]) -> Match {
        Match::No
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let how = how.of(&INFO)?;
        let (request, how) = ReadOptions::from_options(&how.options)?.request(&how);
        let input = input_of(source)?;
        read_on_threads(&how, || {
            Ok(Box::new(RowReader::new(Table::<Self>::new(request, &how.notes), input, &how)))
        })
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write::create(sink, how)
    }
}
