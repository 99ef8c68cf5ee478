//! Reading.

use std::io::Read;
use std::path::Path;

use arr_core::format::Description;
use arr_core::{Array, Contiguity, DType, Error, Input, Limits, Order, Result};

use super::values::{Guess, Sink, sink_for};
use super::{NAME, data, head};

/// How the text is read. Left alone, the values tell the dtype, and they lie in C order, as they do in the text.
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
    limits: Limits,
    dtype: Option<DType>,
    order: Option<Order>,
}

impl ReadOptions {
    /// Lets the values tell the dtype, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the values as that dtype; one that does not fit is an error. Floats are rounded to the nearest, whole
    /// numbers have no fraction.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Lays the items out in C or Fortran order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Reads the first array of a file.
    ///
    /// # Errors
    /// `Io` when the file can't be read; `Malformed`, `Mismatch`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array> {
        self.read_input(&mut Input::open(path)?.with_limits(&self.limits))
    }

    /// Reads one array from a stream and leaves the stream behind the line of its closing brace. Wrap files in a
    /// `BufReader` when the arrays are small.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Malformed` when something else than the end of a line follows the brace.
    pub fn read_from(&self, reader: &mut (impl Read + ?Sized)) -> Result<Array> {
        let mut input = Input::from_reader(reader).with_limits(&self.limits);
        let array = self.read_array(&mut input);
        array.and_then(|array| end_of_line(&mut input).map(|()| array)).map_err(|error| error.in_format(NAME))
    }

    /// Reads the first array of a file in memory.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        self.read_input(&mut Input::from_bytes(bytes).with_limits(&self.limits))
    }

    /// Reads one array from an [`Input`] under the input's own limits, and the blanks behind it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let array = self.read_array(input);
        array.and_then(|array| blanks(input).map(|()| array)).map_err(|error| error.in_format(NAME))
    }

    fn read_array(&self, input: &mut Input<'_>) -> Result<Array> {
        let mut sink: Box<dyn Sink> = match &self.dtype {
            Some(dtype) => sink_for(dtype)?,
            None => Box::new(Guess::new(true)),
        };
        let head = head::read(input)?;
        let data_at = input.position();
        data::read(input, &head, sink.as_mut())?;
        let array = sink.finish(&head.shape).map_err(|error| error.at(data_at))?;
        let wanted = self.dtype.as_ref().and_then(DType::byte_order);
        match (wanted.filter(|wanted| !array.dtype().is_in_order(*wanted)), self.order) {
            (Some(byte_order), order) => array.to_contiguous_in(order.unwrap_or_default(), byte_order),
            (None, Some(order)) if array.as_bytes(order).is_none() => array.to_contiguous(order),
            _ => Ok(array),
        }
    }
}

/// Steps over the blanks behind an array.
fn blanks(input: &mut Input<'_>) -> Result<()> {
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

pub(super) fn describe(input: &mut Input<'_>) -> Result<Description> {
    let mut describe = || {
        let head = head::read(input)?;
        let data_at = input.position();
        let mut guess = Guess::new(false);
        data::read(input, &head, &mut guess)?;
        blanks(input)?;
        let version = if head.grouped { "0.9.1" } else { "1.0.0" };
        Ok(Description::new(guess.dtype(), &head.shape, Contiguity::C, data_at, None)
            .with_version(version)
            .with_detail("ordering", head.order))
    };
    describe().map_err(|error: Error| error.in_format(NAME))
}

/// Reads the first array of a file; the values tell the dtype.
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Mismatch` or `LimitExceeded` with the offset.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

/// Reads one array from a stream and leaves the stream behind the line of its closing brace.
///
/// # Errors
/// As [`read`]; `Malformed` when something else than the end of a line follows the brace.
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Array> {
    ReadOptions::new().read_from(reader)
}

/// Reads the first array of a file in memory.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Array> {
    ReadOptions::new().read_bytes(bytes)
}
