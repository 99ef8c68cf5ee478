//! Tables of any tool that writes CSV (`csv`), and with tabs (`tsv`).
//!
//! A row is a line, or several where a field in quotes has line ends. Inside of quotes, which count where a field begins
//! with one, two quotes are one. Lines of blanks alone are no rows. A field without a value is `nan` in a column of floats,
//! "not a time" in one of dates (as is `NaT`), an empty text in one of texts, and makes floats of a column of whole numbers.
//!
//! Nothing is lost in silence: a text that is too long for its dtype, one with a NUL, and rows that have another number of
//! columns than there are names (unless they are filled) are errors. Whole numbers none of which fits into 64 bits are texts.
//! Where a column of floats does not hold all digits of its whole numbers, a note says so.

mod read;
pub(crate) mod write;

use arr_core::Result;
use arr_core::format::{
    Capabilities, Format, FormatInfo, Match, OptionInfo, Reader, Reading, RowReader, Sink, Source, Writer,
    Writing, read_on_threads,
};

pub use read::{ReadOptions, read};
pub use write::{WriteOptions, save, to_bytes, write_to};

use crate::table::codec::{Flavour, input_of};
use crate::table::sniff;

/// What may separate the columns of CSV, where that is not told.
const DELIMITERS: &[char] = &[',', ';', '\t', '|'];

/// Comma-separated values, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Csv;

/// Tab-separated values, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tsv;

/// The options of text that tables have too.
const NAMES: [&str; 19] = [
    "dtype",
    "delimiter",
    "comments",
    "encoding",
    "usecols",
    "skiprows",
    "max-rows",
    "quotechar",
    "unpack",
    "decimal",
    "thousands",
    "exponents",
    "fill",
    "missing-values",
    "filling-values",
    "names",
    "fmt",
    "newline",
    "header",
];

/// Their rows of the table.
const OPTIONS: [OptionInfo; NAMES.len()] = {
    let mut options = [crate::text::options::TEXT[0]; NAMES.len()];
    let mut place = 0;
    while place < NAMES.len() {
        options[place] = crate::text::options::named(NAMES[place]);
        place += 1;
    }
    options
};

/// What `csv` says about itself.
const CSV: FormatInfo = FormatInfo {
    extensions: &["csv"],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    options: &OPTIONS,
    ..FormatInfo::new("csv", "table of comma-separated values")
};

/// What `tsv` says about itself.
const TSV: FormatInfo = FormatInfo {
    name: "tsv",
    description: "table of tab-separated values",
    extensions: &["tsv", "tab"],
    ..CSV
};

impl Flavour for Csv {
    const INFO: &'static FormatInfo = &CSV;
}

impl Flavour for Tsv {
    const INFO: &'static FormatInfo = &TSV;
}

impl Format for Csv {
    fn info(&self) -> &'static FormatInfo {
        &CSV
    }

    fn sniff(&self, head: &[u8]) -> Match {
        sniff::table(head, DELIMITERS)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let how = how.of(&CSV)?;
        open::<Self>(&ReadOptions::from_options(&how.options)?, source, &how)
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write::create(sink, how, false)
    }
}

impl Format for Tsv {
    fn info(&self) -> &'static FormatInfo {
        &TSV
    }

    fn sniff(&self, head: &[u8]) -> Match {
        sniff::table(head, &['\t'])
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let how = how.of(&TSV)?;
        let mut options = ReadOptions::from_options(&how.options)?;
        if how.options.text("delimiter").is_none() {
            options = options.delimiter('\t');
        }
        open::<Self>(&options, source, &how)
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write::create(sink, how, true)
    }
}

fn open<'a, F: Flavour>(
    options: &ReadOptions,
    source: Source<'a>,
    how: &Reading,
) -> Result<Box<dyn Reader + 'a>> {
    let (table, how) = options.table::<F>(how)?;
    let input = input_of(source)?;
    read_on_threads(&how, || Ok(Box::new(RowReader::new(table, input, &how))))
}
