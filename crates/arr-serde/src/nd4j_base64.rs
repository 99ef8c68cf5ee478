//! ND4J's arrays as a text of base64 (format `nd4j-base64`): what `Nd4jBase64` writes, and the body of the messages of
//! nd4j-camel-routes by its sources. `fixtures/nd4j/gen/src/m21/Camel.java` is a route of Apache Camel that reads and answers them.
//!
//! The bytes are those of `Nd4j.write`, which [`arr_binary::stream`] describes. ND4J ends lines of 76 characters, and the
//! text, with CR and LF; texts without line ends are read, too, and the first of several arrays with tabs between them
//! (`arraysToBase64`). What is written is one array in lines as ND4J has them.
//!
//! ```
//! use arr_serde::nd4j_base64;
//! let text = nd4j_base64::to_bytes(&vec![1.0f32, 2.0])?;           // what Nd4jBase64.fromBase64 reads
//! assert!(text.starts_with(b"ABBNSVhFRF9EQVRBX1RZUEVT") && text.ends_with(b"\r\n"));
//! assert_eq!(nd4j_base64::read_bytes(&text)?.shape(), [2]);
//! # Ok::<(), arr_serde::arr_core::Error>(())
//! ```

use arr_binary::format::Nd4jStream;
use arr_binary::stream;
use arr_core::format::{
    Capabilities, Codec, Description, FormatInfo, Head, Holds, Match, Outline, Output, Reading, Writing,
};
use arr_core::{Array, ArrayView, ByteOrder, Error, Input, Result};

use crate::base64::{Encoding, decode};

arr_core::codec_read_options!(Nd4jBase64);
arr_core::read_functions!(Array);
arr_core::codec_write_options!(Nd4jBase64);
arr_core::write_functions!();

/// The registered name of the format.
const NAME: &str = "nd4j-base64";

/// Characters in a line.
const LINE: usize = 76;

const INFO: FormatInfo = FormatInfo {
    extensions: &["b64"],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    holds: Holds::One,
    byte_order: Some(ByteOrder::Big),
    ..FormatInfo::new(NAME, "ND4J array as a text of base64 (Nd4jBase64)")
};

/// ND4J's arrays as a text of base64, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jBase64;

/// True for what is between the arrays of a text, and in them.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t' | b' ')
}

/// The next array's text without line ends, up to a tab or the end.
fn text_of(input: &mut Input<'_>) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let piece = input.peek(4096)?;
        let end = piece.iter().position(|byte| *byte == b'\t');
        let (taken, _) = piece.split_at(end.unwrap_or(piece.len()));
        text.try_reserve(taken.len()).map_err(arr_core::format::room::no_memory)?;
        text.extend(taken.iter().filter(|byte| !is_blank(**byte)));
        let count = taken.len();
        if count == 0 && end.is_none() {
            return Ok(text);
        }
        let stepped = count as u64 + u64::from(end.is_some());
        input.charge(stepped, "base64")?;
        input.skip(stepped, "base64")?;
        if end.is_some() && !text.is_empty() {
            return Ok(text);
        }
    }
}

impl Codec for Nd4jBase64 {
    type Header = Array;

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, head: &[u8]) -> Match {
        let text: Vec<u8> = head.iter().copied().filter(|byte| !is_blank(*byte)).take(64).collect();
        let (whole, _) = text.split_at(text.len() / 4 * 4);
        let is_stream = decode(whole).is_ok_and(|bytes| Nd4jStream.detect(bytes.as_slice()) == Match::Yes);
        if is_stream { Match::Yes } else { Match::No }
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Array>> {
        let at = input.position();
        let text = text_of(input)?;
        let bytes = decode(&text).map_err(|error| Error::new(error.kind(), error.to_string()).at(at))?;
        let options = stream::ReadOptions::new().limits(input.budget().limits().clone());
        let mut inner = Input::from_bytes(bytes.as_slice()).with_limits(input.budget().limits());
        // An offset in the stream is none in the text.
        let said = |error: Error| in_stream(&error, at);
        let array = options.read_input(&mut inner).map_err(said)?;
        if !inner.at_end()? {
            return Err(Error::malformed("something follows the stream in base64").at(at));
        }
        input.budget().charge_bytes(array.nbytes() as u64).map_err(|error| error.at(at))?;
        // Blanks behind the last array are its own.
        while input.peek(1)?.first().is_some_and(|byte| is_blank(*byte)) {
            input.skip(1, "blank")?;
        }
        let description = Description::new(array.dtype().clone(), array.shape(), array.order(), at, None);
        let why = "the text is base64: it can be read, not looked at in place";
        Ok(Head::coded(description.with_packed(true), array.layout().clone(), array, why))
    }

    fn decode(&self, _: &mut Input<'_>, head: &Head<Array>, how: &Reading) -> Result<Array> {
        how.apply(head.header.clone())
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        let order = how.order.unwrap_or_else(|| array.natural_order());
        // What has no form is refused before the first byte.
        let what = Outline { dtype: array.dtype(), shape: array.shape(), order };
        Nd4jStream.frame(&what, how)?;
        let mut lines = Lines { out: output, column: 0 };
        {
            let mut sink = Output::new(&mut lines);
            let mut encoding = Encoding::new(&mut sink);
            let options = stream::WriteOptions::new().order(order);
            options.write(array, &mut Output::new(&mut encoding))?;
            encoding.end()?;
        }
        lines.end()
    }
}

/// Cuts a text into lines.
struct Lines<'o, 'a> {
    out: &'o mut Output<'a>,
    column: usize,
}

impl Lines<'_, '_> {
    fn end(self) -> Result<()> {
        if self.column > 0 { self.out.write(b"\r\n") } else { Ok(()) }
    }
}

impl std::io::Write for Lines<'_, '_> {
    fn write(&mut self, mut text: &[u8]) -> std::io::Result<usize> {
        let len = text.len();
        while !text.is_empty() {
            let (line, rest) = text.split_at(text.len().min(LINE - self.column));
            self.out.write(line)?;
            self.column += line.len();
            if self.column == LINE {
                self.out.write(b"\r\n")?;
                self.column = 0;
            }
            text = rest;
        }
        Ok(len)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An error in the stream, at the place of its text.
#[cold]
pub(crate) fn in_stream(error: &Error, at: u64) -> Error {
    let said = Error::new(error.kind(), format!("the stream in base64: {error}")).at(at);
    match error.hint() {
        Some(hint) => said.with_hint(hint),
        None => said,
    }
}
