//! The formats of this crate as values: `.npy`, and `.npz` with the feature of that name.

use std::path::Path;

use arr_core::format::{
    Capabilities, Codec, Description, FormatInfo, Frame, Head, Holds, NewPart, OptionInfo, OptionKind,
    Outline, Output, Reader, Reading, RowWriter, Side, Sink, Source, Writer, Writing,
};
use arr_core::{Array, ArrayView, Contiguity, Error, Input, Layout, Order, Result};

use crate::header::{self, Header};
use crate::read::{read_data, read_header_leniently};
use crate::{AppendOptions, Appender, MAGIC, WriteOptions};

#[cfg(feature = "npz")]
pub use crate::npz::format::Npz;

/// NumPy's `.npy`, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Npy;

/// Whether headers are read that NumPy refuses.
pub(crate) const LENIENT: OptionInfo = OptionInfo {
    details: "Such are shapes of numbers as NumPy 2 prints them (np.int64(2)), shapes that are no tuples, dtypes with \
              metadata, and types that only a package beside NumPy knows (<f1, bfloat16), whose items are opaque bytes.",
    ..OptionInfo::new(
        header::LENIENT,
        OptionKind::Flag,
        Side::Reading,
        "Read headers that NumPy refuses and some writers make",
    )
};

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["npy"],
    magic: &[MAGIC],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: true },
    holds: Holds::Row,
    options: &[LENIENT],
    ..FormatInfo::new("npy", "NumPy array, versions 1.0 to 3.0")
};

impl Codec for Npy {
    type Header = ();

    const INFO: &'static FormatInfo = &INFO;

    fn reader<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        Row::of(how).reader(source, how)
    }

    fn writer<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        Ok(match sink {
            Sink::Existing(path) => Box::new(Added::open(path, how)?),
            sink => Box::new(RowWriter::new(*self, sink.new_file()?, how)),
        })
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head> {
        Row::default().head(input)
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        let (dtype, header) = options(how).order(what.order).head_of(what.dtype, what.shape)?;
        let frame = Frame::new(header);
        Ok(match dtype.byte_order() {
            Some(byte_order) if !what.dtype.is_in_order(byte_order) => frame.byte_order(byte_order),
            _ => frame,
        })
    }

    fn read(&self, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
        Row::default().read(input, how)
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        let options = options(how);
        let options = how.order.map_or(options, |order| options.order(order));
        options.write(array, output)
    }
}

/// Arrays that are read as NumPy does it, or as leniently as was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub(crate) lenient: bool,
}

impl Row {
    /// As the options say.
    pub(crate) fn of(how: &Reading) -> Self {
        Self { lenient: how.options.flag(LENIENT.name) == Some(true) }
    }
}

impl Codec for Row {
    type Header = ();

    const INFO: &'static FormatInfo = &INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head> {
        let header = read_header_leniently(input, self.lenient)?;
        let layout = Layout::contiguous(header.shape(), header.dtype().itemsize(), header.order())?;
        Ok(Head::plain(describe(&header, input.position()), layout, ()))
    }

    fn read(&self, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
        let header = read_header_leniently(input, self.lenient)?;
        let array = read_data(&header, input, how)?;
        match &how.dtype {
            Some(dtype) if dtype != array.dtype() => array.cast_checked(dtype),
            _ => Ok(array),
        }
    }
}

/// What a header says of an array whose data begins at a place.
pub(crate) fn describe(header: &Header, data_offset: u64) -> Description {
    let order = match header.order() {
        Order::C => Contiguity::C,
        Order::F => Contiguity::F,
    };
    let len = if header.dtype().has_references() { None } else { Some(header.data_len()) };
    let description = Description::new(header.dtype().clone(), header.shape(), order, data_offset, len);
    description.with_version(header.version())
}

/// The byte order that is asked for, as options of this crate.
fn options(how: &Writing) -> WriteOptions {
    how.byte_order.map_or_else(WriteOptions::new, |byte_order| WriteOptions::new().byte_order(byte_order))
}

/// Adds rows to the array of an existing file: all that are written, or none.
#[derive(Debug)]
struct Added {
    rows: Appender<'static>,
}

impl Added {
    fn open(path: &Path, how: &Writing) -> Result<Self> {
        let options = AppendOptions::new().limits(how.limits.clone()).overwrite_trailing(how.replace);
        Ok(Self { rows: options.open(path)? })
    }
}

impl Writer for Added {
    fn begin(&mut self, _: &NewPart<'_>, _: &Outline<'_>) -> Result<()> {
        Err(Error::unsupported("rows are added in whole blocks").in_format(INFO.name))
    }

    fn items(&mut self, _: &[u8]) -> Result<()> {
        Err(Error::invalid("no array was begun").in_format(INFO.name))
    }

    fn array(&mut self, _: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        self.rows.push(array)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.rows.finish()
    }
}
