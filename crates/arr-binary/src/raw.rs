//! Items without anything around them: what `numpy.fromfile` and `tofile` read and write, the dump of a device, the elements
//! of a tensor. Nothing in the bytes says what they are; the caller does.
//!
//! ```
//! use arr_binary::raw;
//! use arr_core::{DType, Order};
//! let bytes = [1u8, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 0xff];
//! let dtype: DType = "<u2".parse()?;
//! let array = raw::ReadOptions::of(dtype).shape(&[2, -1]).order(Order::F).read_bytes(&bytes[..12])?;
//! assert_eq!((array.shape(), array.to_vec::<u16>()?), (&[2, 3][..], vec![1, 3, 5, 2, 4, 6]));
//! assert_eq!(raw::to_bytes(&array)?, [1, 0, 3, 0, 5, 0, 2, 0, 4, 0, 6, 0]);
//! # Ok::<(), arr_core::Error>(())
//! ```

use arr_core::format::{
    Capabilities, Codec, Format, FormatInfo, Frame, Head, Match, OptionInfo, OptionKind, Outline, Reader,
    Reading, RowReader, RowWriter, Side, Sink, Source, Writer, Writing, in_file, read_on_threads,
    write_on_threads,
};
use arr_core::{Array, AsArray, DType, Error, Hint, Input, Limits, Order, Result};

/// The name of the format.
const FORMAT: &str = "raw";

const DTYPE: OptionInfo = OptionInfo {
    value: "DTYPE",
    reference: "numpy.fromfile(dtype=)",
    ..OptionInfo::new(
        "dtype",
        OptionKind::Text,
        Side::Reading,
        "What one item is: a type string or a list of fields; it has to be said",
    )
};

const SHAPE: OptionInfo = OptionInfo {
    value: "N,M",
    details: "One dimension may be -1: it is as long as the bytes allow. Unless set, all bytes are one dimension.",
    reference: "numpy.memmap(shape=)",
    ..OptionInfo::new("shape", OptionKind::Text, Side::Reading, "Items along each dimension")
};

const ORDER: OptionInfo = OptionInfo {
    value: "C|F",
    default: "C",
    reference: "numpy.memmap(order=)",
    ..OptionInfo::new(
        "order",
        OptionKind::Choice(&["C", "F"]),
        Side::Reading,
        "The order in which items follow one another: C (row major) or F (column major)",
    )
};

const OFFSET: OptionInfo = OptionInfo {
    value: "N",
    default: "0",
    reference: "numpy.fromfile(offset=)",
    ..OptionInfo::new(
        "offset",
        OptionKind::Integer(0, i64::MAX),
        Side::Reading,
        "The byte at which the items begin",
    )
};

/// Items without anything around them, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

const INFO: FormatInfo = FormatInfo {
    extensions: &["raw"],
    shares_extensions: true,
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    order: Some(Order::C),
    options: &[DTYPE, SHAPE, ORDER, OFFSET],
    ..FormatInfo::new(FORMAT, "items without anything around them: dtype, shape and order have to be said")
};

impl Format for Raw {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// Anything could be items, and nothing looks like it.
    fn sniff(&self, _: &[u8]) -> Match {
        Match::No
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let stated = Stated::of(how).map_err(|error| error.in_format(FORMAT))?;
        let mut input = source.one()?.with_limits(&how.limits);
        if stated.is_open() {
            input.make_seekable()?;
        }
        read_on_threads(how, || Ok(Box::new(RowReader::new(stated, input, how))))
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write_on_threads(how, || Ok(Box::new(RowWriter::new(Stated::default(), sink.new_file()?, how))))
    }
}

/// What is said of the bytes.
#[derive(Clone, Debug)]
struct Stated {
    dtype: DType,
    /// Items along each dimension, of which one may be -1; none for one dimension.
    shape: Option<Vec<i64>>,
    order: Order,
    offset: u64,
}

impl Default for Stated {
    fn default() -> Self {
        Self { dtype: DType::of::<u8>(), shape: None, order: Order::C, offset: 0 }
    }
}

impl Stated {
    /// What options say.
    fn of(how: &Reading) -> Result<Self> {
        let options = &how.options;
        let dtype = match options.text(DTYPE.name).filter(|text| !matches!(text.trim(), "null" | "None")) {
            Some(text) => dtype(text.trim())?,
            None => how.dtype.clone().ok_or_else(|| {
                Error::invalid("nothing in the file says what an item is")
                    .with_hint(Hint::Option(DTYPE.name, "<f4"))
            })?,
        };
        let shape = options.text(SHAPE.name).map(shape).transpose()?;
        let order = if options.text(ORDER.name) == Some("F") { Order::F } else { Order::C };
        let offset = options.integer(OFFSET.name).and_then(|offset| u64::try_from(offset).ok()).unwrap_or(0);
        let stated = Self { dtype, shape, order, offset };
        stated.check().map(|()| stated)
    }

    fn check(&self) -> Result<()> {
        let shape = self.shape.as_deref().unwrap_or(&[-1]);
        if shape.iter().filter(|dim| **dim == -1).count() > 1 || shape.iter().any(|dim| *dim < -1) {
            return Err(Error::invalid(format!(
                "{shape:?} is not a shape: one dimension may be -1, and the others are not negative"
            )));
        }
        if self.dtype == DType::Utf8 || self.dtype.has_references() {
            return Err(Error::unsupported(format!("items of {} have no bytes of their own", self.dtype)));
        }
        if self.is_open() && self.dtype.itemsize() == 0 {
            return Err(Error::invalid(format!(
                "items of {} take no bytes: how many there are has to be said",
                self.dtype
            )));
        }
        Ok(())
    }

    /// True when the bytes tell how many items there are.
    fn is_open(&self) -> bool {
        self.shape.as_ref().is_none_or(|shape| shape.contains(&-1))
    }

    /// The shape of items that take `len` bytes.
    fn shape_of(&self, len: u64, at: u64) -> Result<Vec<usize>> {
        let shape = self.shape.as_deref().unwrap_or(&[-1]);
        let size = |dim: &i64| {
            usize::try_from(*dim).map_err(|_| Error::limit(format!("a dimension of {dim} items")))
        };
        if !shape.contains(&-1) {
            return shape.iter().map(size).collect();
        }
        let fixed = shape.iter().filter(|dim| **dim != -1);
        let fixed = fixed
            .fold(self.dtype.itemsize() as u64, |product, dim| product.saturating_mul(dim.unsigned_abs()));
        let free = len.checked_div(fixed).filter(|free| free.checked_mul(fixed) == Some(len));
        let free = free.ok_or_else(|| {
            let what = if shape.len() == 1 { "items" } else { "rows" };
            Error::malformed(format!("{len} bytes are not {what} of {fixed} bytes")).at(at)
        })?;
        let free = usize::try_from(free).map_err(|_| Error::limit(format!("a dimension of {free} items")))?;
        shape.iter().map(|dim| if *dim == -1 { Ok(free) } else { size(dim) }).collect()
    }
}

impl Codec for Stated {
    type Header = ();

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, _: &[u8]) -> Match {
        Match::No
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head> {
        input.skip(self.offset, "bytes before the items")?;
        let at = input.position();
        let shape = self.shape_of(input.remaining().unwrap_or(0), at)?;
        Head::contiguous(self.dtype.clone(), &shape, self.order, input, ())
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        if *what.dtype == DType::Utf8 || what.dtype.has_references() {
            return Err(Error::unsupported(format!("items of {} have no bytes of their own", what.dtype)));
        }
        let frame = Frame::new(Vec::new());
        Ok(match how.byte_order {
            Some(order) => frame.byte_order(order),
            None => frame,
        })
    }
}

/// Lengths with commas between them, in brackets or not.
fn shape(text: &str) -> Result<Vec<i64>> {
    let inner = text.trim().trim_matches(['(', ')', '[', ']']).trim().trim_end_matches(',');
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let dims: std::result::Result<Vec<i64>, _> = inner.split(',').map(|dim| dim.trim().parse()).collect();
    dims.map_err(|_| Error::invalid(format!("'{text}' is not a shape like 6,4")))
}

/// A type string, or a list of fields as Python or JSON writes it.
fn dtype(text: &str) -> Result<DType> {
    let refused = match text.parse() {
        Ok(dtype) => return Ok(dtype),
        Err(refused) => refused,
    };
    // In JSON fields are lists, which are tuples in Python.
    let (mut depth, mut quote, mut python) = (0usize, None, String::new());
    for letter in text.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            ('[', None) => depth += 1,
            _ => {}
        }
        python.push(match (letter, quote) {
            ('[', None) if depth % 2 == 0 => '(',
            (']', None) if depth % 2 == 0 => ')',
            (letter, _) => letter,
        });
        if letter == ']' && quote.is_none() {
            depth = depth.saturating_sub(1);
        }
    }
    python.parse().map_err(|_| refused)
}

/// What is said of bytes that are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    stated: Stated,
    reading: Reading,
}

impl ReadOptions {
    /// Bytes that are items of one dtype, in one dimension.
    #[must_use]
    pub fn of(dtype: DType) -> Self {
        Self { stated: Stated { dtype, ..Stated::default() }, reading: Reading::new() }
    }

    /// Gives them that shape, of which one dimension may be -1: it is as long as the bytes allow.
    #[must_use]
    pub fn shape(mut self, shape: &[i64]) -> Self {
        self.stated.shape = Some(shape.to_vec());
        self
    }

    /// Says in which order they follow one another.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.stated.order = order;
        self
    }

    /// Says at which byte they begin.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.stated.offset = offset;
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.reading.limits = limits;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `Io` when it can't be read, `Malformed` when it is too short or its bytes are not whole items, `InvalidArgument` when
    /// what is said contradicts itself, `LimitExceeded`.
    pub fn read(&self, path: impl AsRef<std::path::Path>) -> Result<Array> {
        let path = path.as_ref();
        let mut input = Input::open(path)?.with_limits(&self.reading.limits);
        in_file(path, self.read_input(&mut input))
    }

    /// Reads bytes in memory.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        self.read_input(&mut Input::from_bytes(bytes).with_limits(&self.reading.limits))
    }

    /// Reads from an [`Input`] under the input's own limits, and leaves it behind the items.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let mut read = || {
            self.stated.check()?;
            if self.stated.is_open() {
                input.make_seekable()?;
            }
            self.stated.read(input, &self.reading)
        };
        read().map_err(|error| error.in_format(FORMAT))
    }
}

/// The items of an array as bytes, in C order as `numpy.ndarray.tofile` writes them.
///
/// # Errors
/// `Unsupported` when they have no bytes of their own, `LimitExceeded` when memory is short.
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    let (mut bytes, how) = (Vec::new(), Writing::new().order(Order::C));
    array.with_view(|view| {
        let written = Stated::default().write(view, &how, &mut arr_core::format::Output::new(&mut bytes));
        written.map_err(|error| error.in_format(FORMAT))
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_dtypes_are_read_as_they_are_typed() {
        assert_eq!(shape("(2, -1)").unwrap(), [2, -1]);
        assert_eq!(shape("").unwrap(), Vec::<i64>::new());
        assert!(shape("2;3").is_err());
        let fields = "[('x', '<f4'), ('n', '<i2', (2,))]".parse::<DType>().unwrap();
        assert_eq!(dtype(r#"[["x","<f4"],["n","<i2",[2]]]"#).unwrap(), fields);
        assert!(dtype("<q9").is_err());
    }

    #[test]
    fn bytes_have_to_be_whole_items() {
        let options = ReadOptions::of(DType::of::<u32>());
        let error = options.read_bytes(&[0; 10]).unwrap_err();
        assert_eq!(error.to_string(), "raw: 10 bytes are not items of 4 bytes (at byte 0)");
        let error = options.clone().offset(2).shape(&[3]).read_bytes(&[0; 10]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "raw: the input ends inside the data: expected 12 bytes, found 8 (at byte 2)"
        );
        assert_eq!(options.clone().offset(2).read_bytes(&[0; 10]).unwrap().shape(), [2]);
        assert!(options.clone().shape(&[-1, -1]).read_bytes(&[0; 8]).is_err());
        assert!(options.clone().shape(&[0, -1]).read_bytes(&[0; 8]).is_err());
        assert!(options.shape(&[i64::MAX, i64::MAX]).read_bytes(&[0; 8]).is_err());
        assert!(ReadOptions::of(DType::Bytes(0)).read_bytes(&[]).is_err());
    }
}
