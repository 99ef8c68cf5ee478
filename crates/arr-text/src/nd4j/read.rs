//! Reading.

use std::io::Read;

use arr_core::format::{Block, Blocks, Cutter, Description, Head, Reading};
use arr_core::{Array, Contiguity, DType, Input, Layout, Order, Result};

use super::values::{Guess, Sink, sink_for};
use super::{NAME, Nd4jTxt, data, head};

/// How the text is read. Unless told otherwise, the values tell the dtype, and they lie in C order, as they do in the text.
///
/// ```
/// use arr_core::{DType, Scalar};
/// use arr_text::nd4j::ReadOptions;
/// let text = b"{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"c\",\n\"shape\":\t[2],\n\"data\":\n[1.5E0, 2.0E0]\n}\n";
/// let array = ReadOptions::new().dtype(DType::native(Scalar::F32)).read_bytes(text)?;
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.0]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    reading: Reading,
}

arr_core::read_doors!(ReadOptions => Array, but read_from);
arr_core::read_functions!(Array);

impl ReadOptions {
    /// Reads one array from a stream and leaves the stream after the line of its closing brace. Wrap files in a
    /// `BufReader` when the arrays are small.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Malformed` when something else than the end of a line follows the brace.
    pub fn read_from(&self, reader: &mut (impl Read + Send + ?Sized)) -> Result<Array> {
        let mut input = Input::from_reader(reader).with_limits(&self.reading.limits);
        let array = read_array(&mut input, &self.reading);
        array.and_then(|array| end_of_line(&mut input).map(|()| array)).map_err(|error| error.in_format(NAME))
    }

    /// Reads one array from an [`Input`] under the input's own limits, and the blanks after it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        arr_core::format::doors::read_array(&Nd4jTxt, input, &self.reading)
    }
}

/// Reads an array and the closing brace, and not a byte more.
fn read_array(input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    let text = head::read(input)?;
    read_values(input, &text, how)
}

/// Reads the values after the head of a text.
pub(super) fn read_values(input: &mut Input<'_>, text: &head::Head, how: &Reading) -> Result<Array> {
    let mut sink: Box<dyn Sink> = match &how.dtype {
        Some(dtype) => sink_for(dtype)?,
        None => Box::new(Guess::new(true)),
    };
    let at = input.position();
    data::read(input, text, sink.as_mut())?;
    let array = sink.finish(&text.shape).map_err(|error| error.at(at))?;
    in_order(array, how)
}

/// The byte order of the dtype that was asked for, and the order.
fn in_order(array: Array, how: &Reading) -> Result<Array> {
    let wanted = how.byte_order.or_else(|| how.dtype.as_ref().and_then(DType::byte_order));
    let mut how = how.clone();
    (how.dtype, how.byte_order) = (None, wanted);
    how.apply(array)
}

/// Reads an array and the blanks after it.
pub(super) fn read_with_blanks(input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    let array = read_array(input, how)?;
    blanks(input)?;
    Ok(array)
}

/// The values of a text block by block.
#[derive(Debug)]
struct TextBlocks<'s, 'a> {
    input: &'s mut Input<'a>,
    values: data::Values,
    dtype: DType,
    whole: Layout,
    cutter: Cutter,
    how: &'s Reading,
    /// Values so far.
    count: usize,
}

impl Blocks for TextBlocks<'_, '_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else { return Ok(None) };
        // Only one block is in memory at a time.
        *self.input.budget() = self.how.limits.budget();
        let layout = self.whole.sliced(&place.slice())?;
        self.count = self.count.saturating_add(layout.len());
        let mut sink = sink_for(&self.dtype)?;
        let at = self.input.position();
        self.values.read(self.input, sink.as_mut(), self.count)?;
        let array = sink.finish(layout.shape()).map_err(|error| error.at(at))?;
        Ok(Some(Block { array: in_order(array, self.how)?, place }))
    }
}

/// Hands on the values that begin where `input` is.
pub(super) fn blocks<'s>(
    input: &'s mut Input<'_>,
    found: &Head<head::Head>,
    how: &'s Reading,
    cutter: Cutter,
) -> Result<Box<dyn Blocks + 's>> {
    let values = data::Values::new(&found.header, input);
    let dtype = how.dtype.clone().unwrap_or_else(|| found.description.dtype.clone());
    Ok(Box::new(TextBlocks { input, values, dtype, whole: found.layout.clone(), cutter, how, count: 0 }))
}

/// Steps over the blanks after an array.
pub(super) fn blanks(input: &mut Input<'_>) -> Result<()> {
    while input.peek(1)?.first().is_some_and(u8::is_ascii_whitespace) {
        input.skip(1, "blanks")?;
    }
    Ok(())
}

/// Reads the end of a line, or of the stream. What else was read would be lost.
fn end_of_line(input: &mut Input<'_>) -> Result<()> {
    let mut byte = [0];
    loop {
        let at = input.position();
        if input.fill(&mut byte)? == 0 || byte == *b"\n" {
            return Ok(());
        }
        if byte != *b"\r" {
            return Err(head::unexpected(byte[0], "the end of the line behind the closing brace", at));
        }
    }
}

/// Reads all of an array, since only its values tell the dtype, and the blanks after it. No value is kept. Said is also
/// where the values begin.
pub(super) fn describe(input: &mut Input<'_>) -> Result<(Head<head::Head>, u64)> {
    let text = head::read(input)?;
    let data_at = input.position();
    let mut guess = Guess::new(false);
    data::read(input, &text, &mut guess)?;
    blanks(input)?;
    let version = if text.grouped { "0.9.1" } else { "1.0.0" };
    let dtype = guess.dtype();
    let layout = Layout::contiguous(&text.shape, dtype.itemsize(), Order::C)?;
    let description = Description::new(dtype, &text.shape, Contiguity::C, data_at, None)
        .with_version(version)
        .with_detail("ordering", text.order);
    Ok((Head::coded(description, layout, text, "the data is text"), data_at))
}
