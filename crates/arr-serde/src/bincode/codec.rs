//! The format, read and written without the library.

use arr_core::format::{
    Capabilities, Codec, Description, FormatInfo, Frame, Head, Match, Outline, Output, Plain, PlainHead,
    Reading, Writing, write_framed,
};
use arr_core::{Array, ArrayView, DType, Error, Input, Layout, MAX_RANK, Order, Result};
use smallvec::SmallVec;

use super::NAME;

/// bincode's standard configuration, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bincode;

const INFO: FormatInfo = FormatInfo {
    extensions: &["bincode"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    ..FormatInfo::new(NAME, "array as bincode 2 encodes its dtype, shape, order and data")
};

/// What is said to those who want to look at strings in place.
const STRINGS: &str = "strings can't be looked at in place: read the array";

/// The first bytes of whole numbers that take more than one, and how many bytes follow.
const TWO: u8 = 251;
const FOUR: u8 = 252;
const EIGHT: u8 = 253;

impl Codec for Bincode {
    type Header = Front;

    const INFO: &'static FormatInfo = &INFO;

    /// There is no mark: what begins with a short text of a dtype and goes on with a shape may be one.
    fn detect(&self, head: &[u8]) -> Match {
        let text = head.split_first().and_then(|(len, rest)| rest.get(..usize::from(*len)));
        let dtype = text.and_then(|text| std::str::from_utf8(text).ok());
        let is_dtype =
            |text: &str| text.starts_with(['<', '>', '|', '[', '(', '{']) && text.parse::<DType>().is_ok();
        match dtype {
            Some(text) if is_dtype(text) || text == "utf8" => Match::Maybe,
            _ => Match::No,
        }
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Front>> {
        let start = input.position();
        let front = Front::read(input)?;
        let at = input.position();
        let head = PlainHead::new(&front.dtype, &front.shape, front.order, input.budget());
        let head = head.map_err(|error| error.at(start))?;
        head.check_len(front.len).map_err(|error| error.at(at))?;
        let layout = Layout::contiguous(&front.shape, head.dtype().itemsize(), front.order)?;
        let (dtype, lies) = (head.dtype().clone(), head.contiguity());
        let is_coded = dtype == DType::Utf8;
        let len = Some(front.len).filter(|_| !is_coded);
        let description = Description::new(dtype, &front.shape, lies, at, len);
        Ok(match is_coded {
            true => Head::coded(description, layout, front, STRINGS),
            false => Head::plain(description, layout, front),
        })
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Front>, _: &Reading) -> Result<Array> {
        let (front, at) = (&head.header, input.position());
        let plain = PlainHead::new(&front.dtype, &front.shape, front.order, input.budget());
        let bytes = input.read_buffer(front.len, "texts")?;
        plain.and_then(|plain| plain.array(bytes.freeze())).map_err(|error| error.at(at))
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        if what.dtype.has_references() {
            return Err(Error::unsupported(format!(
                "items of {} are not written piece by piece",
                what.dtype
            )));
        }
        let frame = |dtype: &DType| {
            let nbytes = what.nbytes()?;
            Ok(Frame::new(front_bytes(&dtype.constructor().to_string(), what.shape, what.order, nbytes)))
        };
        match how.byte_order {
            Some(order) => Ok(frame(&what.dtype.with_byte_order(order))?.byte_order(order)),
            None => frame(what.dtype),
        }
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        if *array.dtype() != DType::Utf8 {
            if array.dtype().has_references() {
                // It says why.
                return Plain::of(array).map(drop);
            }
            return write_framed(self, array, how, output);
        }
        let texts;
        let array = match how.order {
            Some(order) if order != array.natural_order() => {
                texts = array.to_contiguous(order)?;
                &texts.view()
            }
            _ => array,
        };
        let plain = Plain::of(array)?;
        output.write(&front_bytes(&plain.dtype, &plain.shape, plain.order, plain.bytes.len() as u64))?;
        output.write(&plain.bytes)
    }
}

/// What precedes the items.
#[derive(Clone, Debug)]
pub struct Front {
    dtype: String,
    shape: SmallVec<[usize; 4]>,
    order: Order,
    len: u64,
}

impl Front {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        let start = input.position();
        let len = number(input)?;
        input.budget().check_header(len).map_err(|error| error.at(start))?;
        let text = input.read_buffer(len, "dtype")?;
        let not_text = |error| Error::malformed("the text of the dtype is not UTF-8").with_source(error);
        let dtype = std::str::from_utf8(text.as_slice()).map_err(not_text)?.to_owned();
        let at = input.position();
        let rank = number(input)?;
        let rank = usize::try_from(rank).unwrap_or(usize::MAX);
        input.budget().check_rank(rank).map_err(|error| error.at(at))?;
        let mut shape = SmallVec::new();
        for _ in 0..rank.min(MAX_RANK) {
            let at = input.position();
            let dim = usize::try_from(number(input)?);
            shape.push(dim.map_err(|_| Error::malformed("a dimension is too long").at(at))?);
        }
        let at = input.position();
        let order = match input.read_array("order")? {
            [0] => Order::C,
            [1] => Order::F,
            [other] => {
                return Err(Error::malformed(format!("the order is {other}, neither 0 nor 1")).at(at));
            }
        };
        Ok(Self { dtype, shape, order, len: number(input)? })
    }
}

/// A whole number.
fn number(input: &mut Input<'_>) -> Result<u64> {
    let at = input.position();
    let [first] = input.read_array("number")?;
    Ok(match first {
        TWO => u16::from_le_bytes(input.read_array("number")?).into(),
        FOUR => u32::from_le_bytes(input.read_array("number")?).into(),
        EIGHT => u64::from_le_bytes(input.read_array("number")?),
        small if small < TWO => small.into(),
        other => {
            return Err(Error::malformed(format!("no length begins with the byte {other}")).at(at));
        }
    })
}

fn push_number(bytes: &mut Vec<u8>, number: u64) {
    match (u8::try_from(number), u16::try_from(number), u32::try_from(number)) {
        (Ok(small), ..) if small < TWO => bytes.push(small),
        (_, Ok(number), _) => {
            bytes.push(TWO);
            bytes.extend(number.to_le_bytes());
        }
        (.., Ok(number)) => {
            bytes.push(FOUR);
            bytes.extend(number.to_le_bytes());
        }
        _ => {
            bytes.push(EIGHT);
            bytes.extend(number.to_le_bytes());
        }
    }
}

fn front_bytes(dtype: &str, shape: &[usize], order: Order, len: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_number(&mut bytes, dtype.len() as u64);
    bytes.extend_from_slice(dtype.as_bytes());
    push_number(&mut bytes, shape.len() as u64);
    shape.iter().for_each(|dim| push_number(&mut bytes, *dim as u64));
    bytes.push(u8::from(order == Order::F));
    push_number(&mut bytes, len);
    bytes
}
