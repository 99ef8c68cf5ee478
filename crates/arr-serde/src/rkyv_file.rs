//! Archives of rkyv 0.8 as files, read and written without the library: one array each, as `rkyv::to_bytes` of this crate makes
//! it.
//!
//! | where | what |
//! |---|---|
//! | from the first byte on | the text of the dtype, if it has more than 8 bytes |
//! | at a multiple of 8 | the dimensions, as little-endian `u64` |
//! | at a multiple of 16 | the items, in whichever byte order the dtype says |
//! | at a multiple of 4, up to the end of the file | 28 bytes: the dtype, where the dimensions are and how many, where the items are and how many bytes, the order (0: C, 1: Fortran) and 3 zeros |
//!
//! A place is the distance in bytes from the number that says it, an `i32`; a length is a `u32`. A dtype of up to 8 bytes is
//! there itself, with ff behind it; of a longer one the length has the bits 6 and 7 of its first byte set to 10. Parts follow
//! one another in this order, which is all that rkyv's own checks believe.

use arr_core::format::{
    Capabilities, Codec, Description, FormatInfo, Frame, Head, Match, Outline, Output, Plain, PlainHead,
    Reader, Reading, RowReader, Source, Writing, write_framed,
};
use arr_core::{Array, ArrayView, DType, Error, Input, Layout, Order, Result};
use smallvec::SmallVec;

/// The registered name of the format.
const NAME: &str = "rkyv";

/// Bytes of the root, with which a file ends.
const ROOT: usize = 28;

/// A text of no more bytes is in the root.
const INLINE: usize = 8;

/// The items begin at a multiple of this.
const ALIGNMENT: u64 = 16;

/// The most bytes of items that pointers of 32 bits reach, with room for what is around them.
const MOST: u64 = i32::MAX as u64 - 0xFFFF;

/// What is said to those who want to look at strings in place.
const STRINGS: &str = "strings can't be looked at in place: read the array";

const INFO: FormatInfo = FormatInfo {
    extensions: &["rkyv"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    ..FormatInfo::new(NAME, "array in an archive of rkyv 0.8")
};

/// Archives of rkyv, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rkyv;

impl Codec for Rkyv {
    type Header = Root;

    const INFO: &'static FormatInfo = &INFO;

    /// There is no mark, and what tells is at the end: small files alone can be known.
    fn detect(&self, head: &[u8]) -> Match {
        let mut input = Input::from_bytes(head);
        match Root::read(&mut input).and_then(|root| root.plain(&mut input)) {
            Ok(_) => Match::Maybe,
            Err(_) => Match::No,
        }
    }

    /// Keeps what comes from a stream: the root stands behind the data.
    fn reader<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let mut input = source.one()?.with_limits(&how.limits);
        input.make_seekable().map_err(|error| error.in_format(NAME))?;
        Ok(Box::new(RowReader::new(*self, input, how)))
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Root>> {
        let root = Root::read(input)?;
        let head = root.plain(input)?;
        input.seek_to(root.data.at)?;
        let layout = Layout::contiguous(&root.shape, head.dtype().itemsize(), root.order)?;
        let (dtype, lies) = (head.dtype().clone(), head.contiguity());
        let is_coded = dtype == DType::Utf8;
        let len = Some(root.data.len).filter(|_| !is_coded);
        let description = Description::new(dtype, &root.shape, lies, root.data.at, len);
        Ok(match is_coded {
            true => Head::coded(description, layout, root, STRINGS),
            false => Head::plain(description, layout, root),
        })
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Root>, _: &Reading) -> Result<Array> {
        let (root, at) = (&head.header, input.position());
        let plain = root.plain(input);
        let bytes = input.read_buffer(root.data.len, "texts")?;
        plain.and_then(|plain| plain.array(bytes.freeze())).map_err(|error| error.at(at))
    }

    /// The root takes the end of the file.
    fn end(&self, input: &mut Input<'_>, head: &Head<Root>) -> Result<()> {
        input.seek_to(head.header.end)
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        if what.dtype.has_references() {
            let message = format!("items of {} are not written piece by piece", what.dtype);
            return Err(Error::unsupported(message));
        }
        let frame = |dtype: &DType| {
            let (head, tail) =
                around(&dtype.constructor().to_string(), what.shape, what.order, what.nbytes()?)?;
            Ok(Frame::new(head).tail(tail))
        };
        match how.byte_order {
            Some(order) => Ok(frame(&what.dtype.with_byte_order(order))?.byte_order(order)),
            None => frame(what.dtype),
        }
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        if *array.dtype() != DType::Utf8 && !array.dtype().has_references() {
            return write_framed(self, array, how, output);
        }
        match how.order.filter(|order| *order != array.natural_order()) {
            Some(order) => write_plain(&array.to_contiguous(order)?.view(), output),
            None => write_plain(array, output),
        }
    }
}

fn write_plain(array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
    let plain = Plain::of(array)?;
    let (head, tail) = around(&plain.dtype, &plain.shape, plain.order, plain.bytes.len() as u64)?;
    output.write(&head)?;
    output.write(&plain.bytes)?;
    output.write(&tail)
}

/// What is before the items, and what is behind them.
fn around(dtype: &str, shape: &[usize], order: Order, nbytes: u64) -> Result<(Vec<u8>, Vec<u8>)> {
    if nbytes > MOST {
        let message = format!("an archive with pointers of 32 bits has no room for {nbytes} bytes");
        return Err(Error::unsupported(message));
    }
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    if dtype.len() > INLINE {
        head.extend_from_slice(dtype.as_bytes());
    }
    align(&mut head, 0, size_of::<u64>() as u64);
    let dims = head.len() as u64;
    shape.iter().for_each(|dim| head.extend((*dim as u64).to_le_bytes()));
    align(&mut head, 0, ALIGNMENT);
    let data = head.len() as u64;
    align(&mut tail, data + nbytes, 4);
    let root = data + nbytes + tail.len() as u64;
    if dtype.len() > INLINE {
        let len = u32::try_from(dtype.len()).unwrap_or(u32::MAX);
        tail.extend(((len & 0x3f) | 0x80 | ((len & !0x3f) << 2)).to_le_bytes());
        tail.extend(distance(root, 0)?);
    } else {
        let mut text = [0xff; INLINE];
        text.iter_mut().zip(dtype.bytes()).for_each(|(to, from)| *to = from);
        tail.extend(text);
    }
    for (field, (place, len)) in [(8, (dims, shape.len() as u64)), (16, (data, nbytes))] {
        tail.extend(distance(root + field, place)?);
        tail.extend(u32::try_from(len).map_err(|_| too_far())?.to_le_bytes());
    }
    tail.extend([u8::from(order == Order::F), 0, 0, 0]);
    Ok((head, tail))
}

/// Adds zeros, so that the length with what is before it is a multiple.
fn align(bytes: &mut Vec<u8>, before: u64, alignment: u64) {
    while (before + bytes.len() as u64) % alignment != 0 {
        bytes.push(0);
    }
}

/// The distance from a field to a place before it.
fn distance(field: u64, place: u64) -> Result<[u8; 4]> {
    let back = i32::try_from(field.saturating_sub(place)).map_err(|_| too_far())?;
    Ok((-back).to_le_bytes())
}

#[cold]
fn too_far() -> Error {
    Error::unsupported("pointers of 32 bits do not reach so far")
}

/// A part of the file.
#[derive(Clone, Copy, Debug)]
struct Part {
    at: u64,
    len: u64,
}

/// What the root says.
#[derive(Clone, Debug)]
pub struct Root {
    dtype: String,
    shape: SmallVec<[usize; 4]>,
    order: Order,
    data: Part,
    /// Where the root begins, and where the file ends.
    at: u64,
    end: u64,
}

impl Root {
    /// Reads the root, the text and the dimensions of what is left of an input.
    fn read(input: &mut Input<'_>) -> Result<Self> {
        input.make_seekable()?;
        let start = input.position();
        let len = input.remaining().unwrap_or(0);
        let inside = len.checked_sub(ROOT as u64).filter(|inside| inside % 4 == 0);
        let no_root = || Error::malformed("the file does not end with the root of an archive").at(start);
        let inside = inside.ok_or_else(no_root)?;
        let at = start.saturating_add(inside);
        input.seek_to(at)?;
        let root: [u8; ROOT] = input.read_array("root")?;
        let parts = Parts { start, at, root };
        let [order, ..] = parts.bytes::<4>(24)?;
        let order = match order {
            0 => Order::C,
            1 => Order::F,
            other => {
                let message = format!("the order is {other}, neither 0 nor 1");
                return Err(Error::malformed(message).at(at + 24));
            }
        };
        let text = parts.text()?;
        let dims = parts.part(8, 8, 8)?;
        let data = parts.part(16, 1, 1)?;
        // Others find no parts that overlap.
        let behind = [text.map_or(start, |text| text.at + text.len), dims.at + dims.len];
        if behind[0] > dims.at && dims.len > 0 || behind.iter().any(|end| *end > data.at) && data.len > 0 {
            return Err(Error::malformed("parts of the archive overlap").at(at));
        }
        let dtype = match text {
            Some(text) => {
                input.budget().check_header(text.len).map_err(|error| error.at(text.at))?;
                input.seek_to(text.at)?;
                let bytes = input.read_buffer(text.len, "dtype")?;
                text_of(bytes.as_slice()).map_err(|error| error.at(text.at))?
            }
            None => {
                let bytes = parts.bytes::<INLINE>(0)?;
                let len = bytes.iter().position(|byte| *byte == 0xff).unwrap_or(INLINE);
                text_of(bytes.get(..len).unwrap_or_default()).map_err(|error| error.at(at))?
            }
        };
        let rank = usize::try_from(dims.len / 8).unwrap_or(usize::MAX);
        input.budget().check_rank(rank).map_err(|error| error.at(at + 12))?;
        input.seek_to(dims.at)?;
        let mut shape = SmallVec::new();
        for _ in 0..rank {
            let at = input.position();
            let dim = usize::try_from(u64::from_le_bytes(input.read_array("shape")?));
            shape.push(dim.map_err(|_| Error::malformed("a dimension is too long").at(at))?);
        }
        Ok(Self { dtype, shape, order, data, at, end: start.saturating_add(len) })
    }

    /// The same, checked.
    fn plain(&self, input: &mut Input<'_>) -> Result<PlainHead> {
        let head = PlainHead::new(&self.dtype, &self.shape, self.order, input.budget());
        let head = head.map_err(|error| error.at(self.at))?;
        head.check_len(self.data.len).map_err(|error| error.at(self.data.at))?;
        Ok(head)
    }
}

fn text_of(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|error| Error::malformed("the text of the dtype is not UTF-8").with_source(error))
}

/// The bytes of a root, and where the parts are that it names.
struct Parts {
    start: u64,
    at: u64,
    root: [u8; ROOT],
}

impl Parts {
    fn bytes<const N: usize>(&self, field: usize) -> Result<[u8; N]> {
        let bytes = self.root.get(field..).and_then(<[u8]>::first_chunk);
        bytes.copied().ok_or_else(|| Error::malformed("the root of the archive is cut"))
    }

    /// The text of the dtype, unless it is in the root.
    fn text(&self) -> Result<Option<Part>> {
        let len = u32::from_le_bytes(self.bytes(0)?);
        if len & 0xc0 != 0x80 {
            return Ok(None);
        }
        let len = (len & 0x3f) | ((len & !0xff) >> 2);
        if len as usize <= INLINE {
            return Err(Error::malformed("a short text is not in the root").at(self.at));
        }
        self.inside(0, i32::from_le_bytes(self.bytes(4)?), len.into(), 1).map(Some)
    }

    /// A list of items of so many bytes, at a multiple of `alignment`.
    fn part(&self, field: usize, itemsize: u64, alignment: u64) -> Result<Part> {
        let len = u64::from(u32::from_le_bytes(self.bytes(field + 4)?)) * itemsize;
        self.inside(field, i32::from_le_bytes(self.bytes(field)?), len, alignment)
    }

    /// A part before the root, at a distance from one of its fields.
    fn inside(&self, field: usize, distance: i32, len: u64, alignment: u64) -> Result<Part> {
        let field = self.at + field as u64;
        let at = field.checked_add_signed(distance.into()).filter(|at| *at >= self.start);
        let end = at.and_then(|at| at.checked_add(len)).filter(|end| *end <= self.at);
        match at.zip(end) {
            Some((at, _)) if (at - self.start) % alignment == 0 => Ok(Part { at, len }),
            _ => Err(Error::malformed(format!(
                "a part of {len} bytes does not lie before the root, at a multiple of {alignment}"
            ))
            .at(field)),
        }
    }
}
