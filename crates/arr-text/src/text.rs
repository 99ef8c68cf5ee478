//! NumPy's text: what `numpy.savetxt` writes and `numpy.loadtxt` and `numpy.genfromtxt` read (`text`).
//!
//! A row is a line. White space separates columns, or one character; `#` begins a comment; lines end with `\n`, `\r\n` or
//! `\r`. The values are those of `numpy.loadtxt`, bit for bit, and what it refuses is refused, with line, column and
//! offset. Byte order marks, which it refuses, are stepped over, and UTF-16 that has one is read.
//!
//! **Other than `numpy.loadtxt`** (2.5):
//!
//! | here | with NumPy |
//! |---|---|
//! | dates beyond 64 bits are an error | another date: the number wraps around |
//! | objects are refused | texts, as objects of Python |
//! | no rows of texts without a length are an empty array | `ValueError` |
//! | what is behind the last row of `max_rows` is not looked at | it may be decoded, and refused |
//! | code pages are those of the Encoding Standard, in which every byte is a character | some bytes are errors |
//! | several fields with `unpack` stay one array | a list of arrays |
//!
//! **Other than `numpy.savetxt`**: `%r` and `%a` of sub-arrays are refused.
//!
//! ```
//! let array = arr_text::text::ReadOptions::new().read_bytes(b"1 2.5 # two columns\n3 inf\n")?;
//! assert_eq!(array.shape(), [2, 2]);
//! assert_eq!(array.to_vec::<f64>()?, [1.0, 2.5, 3.0, f64::INFINITY]);
//! # Ok::<(), arr_core::Error>(())
//! ```

pub(crate) mod asked;
pub(crate) mod given;
pub(crate) mod options;
mod read;
pub(crate) mod write;

use arr_core::Result;
use arr_core::format::{
    Capabilities, Format, FormatInfo, Match, Reader, Reading, RowReader, Sink, Source, Writer, Writing,
    read_on_threads,
};

pub use read::{ReadOptions, loadtxt};
pub(crate) use read::{character, columns_by_name, common, table_setters, with_reading};
pub use write::{WriteOptions, save, savetxt, to_bytes, write_to};

use crate::genfromtxt::Rules;
use crate::table::codec::{Flavour, Table, input_of};
use crate::table::sniff;

/// NumPy's text, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

/// What the format says about itself.
pub(crate) const INFO: FormatInfo = FormatInfo {
    extensions: &["txt", "dat"],
    shares_extensions: true,
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    options: options::TEXT,
    ..FormatInfo::new("text", "table of text (numpy.loadtxt, numpy.savetxt)")
};

impl Flavour for Text {
    const INFO: &'static FormatInfo = &INFO;
}

impl Format for Text {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        sniff::numbers(head)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let how = how.of(&INFO)?;
        if how.options.flag("genfromtxt") == Some(true) {
            let (rules, how) = Rules::of(&how)?;
            let input = source.one()?;
            return read_on_threads(&how, || Ok(Box::new(RowReader::new(rules, input, &how))));
        }
        let (request, how) = ReadOptions::from_options(&how.options)?.request(&how)?;
        let input = input_of(source)?;
        read_on_threads(&how, || {
            Ok(Box::new(RowReader::new(Table::<Self>::new(request, &how.notes), input, &how)))
        })
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write::create(sink, how)
    }
}
