//! Data of arrays that is text in a document: base64, of the bytes or of a compressed form of them.

use std::io::Read;

use arr_core::format::Budget;
use arr_core::{Array, Buffer, BufferMut, Contiguity, DType, Error, Layout, Order, Result};

use super::cells::{Cell, Dims, Span};
use super::text;
use crate::base64;

/// How bytes were compressed before they became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Nothing,
    Gzip,
    Zlib,
}

/// An array whose data is still text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Encoded {
    pub(super) dtype: DType,
    pub(super) dims: Dims,
    pub(super) order: Order,
    /// The text of the data.
    pub(super) text: Span,
    pub(super) packing: Packing,
}

/// Data of an array: left as text where it has no escapes, and read where it has.
pub(super) enum Data {
    Text(Span),
    Bytes(Buffer),
}

impl Encoded {
    /// The bytes of all items.
    pub(super) fn nbytes(&self) -> u64 {
        nbytes(&self.dtype, &self.dims).unwrap_or(u64::MAX)
    }

    pub(super) fn contiguity(&self) -> Result<Contiguity> {
        let layout = Layout::contiguous(&self.dims, self.dtype.itemsize(), self.order)?;
        Ok(layout.contiguity(self.dtype.itemsize()))
    }

    /// Reads the array out of the document, right into its memory.
    ///
    /// # Errors
    /// `Malformed` with the offset, `LimitExceeded`.
    pub(super) fn read(&self, all: &[u8], budget: &mut Budget) -> Result<Array> {
        let at = self.text.start as u64;
        let wanted = self.nbytes();
        let bytes = match self.packing {
            Packing::Nothing => {
                let found = base64::decoded_len(self.text.of(all)).map_err(|error| inside(error, at))?;
                check_len(found as u64, wanted, &self.dtype, &self.dims).map_err(|error| error.at(at))?;
                budget.charge_bytes(wanted).map_err(|error| error.at(at))?;
                base64::decode(self.text.of(all)).map_err(|error| inside(error, at))?
            }
            packing => {
                let packed = base64::decode(self.text.of(all)).map_err(|error| inside(error, at))?;
                unpacked(packed.as_slice(), packing, wanted, budget).map_err(|error| error.at(at))?
            }
        };
        check_len(bytes.as_slice().len() as u64, wanted, &self.dtype, &self.dims)
            .map_err(|error| error.at(at))?;
        Array::contiguous(self.dtype.clone(), &self.dims, self.order, bytes.freeze())
    }
}

/// An error in a text that begins at `at`.
fn inside(error: Error, at: u64) -> Error {
    error.nested(at).at(at)
}

/// The bytes of all items, if they can be addressed.
pub(super) fn nbytes(dtype: &DType, dims: &[usize]) -> Option<u64> {
    if dims.contains(&0) {
        return Some(0);
    }
    let bytes = dims.iter().try_fold(dtype.itemsize(), |bytes, dim| bytes.checked_mul(*dim))?;
    isize::try_from(bytes).ok().map(|_| bytes as u64)
}

/// Refuses data that is not as long as dtype and shape say.
pub(super) fn check_len(found: u64, wanted: u64, dtype: &DType, dims: &[usize]) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::malformed(format!("the data has {found} bytes, and shape {dims:?} of {dtype} takes {wanted}")))
}

/// Unpacks as many bytes as an array has, and no more.
pub(super) fn unpacked(
    packed: &[u8],
    packing: Packing,
    wanted: u64,
    budget: &mut Budget,
) -> Result<BufferMut> {
    budget.check_expansion(packed.len() as u64, wanted)?;
    budget.charge_bytes(wanted)?;
    // The windows and tables of the inflater.
    arr_core::format::check_memory(1 << 17, "the inflater")?;
    let len = usize::try_from(wanted).map_err(|_| Error::limit("the data does not fit into memory"))?;
    let mut bytes = BufferMut::zeroed(len)?;
    let behind = match packing {
        Packing::Zlib => filled(&mut flate2::read::ZlibDecoder::new(packed), bytes.as_mut_slice()),
        Packing::Gzip | Packing::Nothing => {
            filled(&mut flate2::read::GzDecoder::new(packed), bytes.as_mut_slice())
        }
    };
    match behind {
        Ok(0) => Ok(bytes),
        Ok(_) => Err(Error::malformed(format!(
            "the compressed data has more than the {wanted} bytes of the array"
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Error::malformed(format!(
            "the compressed data has fewer than the {wanted} bytes of the array"
        ))),
        Err(error) => Err(Error::malformed("the compressed data is damaged").with_source(error)),
    }
}

/// Fills bytes, and says whether there are more.
fn filled(reader: &mut dyn Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    reader.read_exact(bytes)?;
    reader.read(&mut [0; 1])
}

/// Data that is a string of base64 behind `mark`: where it is, and how many bytes it means. Line ends in it are stepped
/// over, as ND4J writes them. Nothing of what is not a string or does not begin with the mark.
///
/// # Errors
/// `Malformed` with the offset; `LimitExceeded`.
pub(super) fn data(cell: Cell, mark: &str, all: &[u8], budget: &mut Budget) -> Result<Option<Data>> {
    match cell {
        Cell::Text(span) => {
            if !span.of(all).starts_with(mark.as_bytes()) {
                return Ok(None);
            }
            let span = Span { start: span.start + mark.len(), len: span.len - mark.len() };
            Ok(Some(Data::Text(span)))
        }
        Cell::Escaped(span) => {
            let Some(whole) = text::read(cell, all)? else { return Ok(None) };
            let Some(body) = whole.strip_prefix(mark) else { return Ok(None) };
            budget.charge_bytes(body.len() as u64)?;
            let bytes = decode_lines(body.as_bytes());
            // An offset in what the escapes mean is none in the document.
            bytes.map(|bytes| Some(Data::Bytes(bytes))).map_err(|error| error.at(span.start as u64))
        }
        _ => Ok(None),
    }
}

/// Decodes base64 with line ends in it.
pub(super) fn decode_lines(text: &[u8]) -> Result<Buffer> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if !text.iter().any(is_end) {
        return Ok(base64::decode(text)?.freeze());
    }
    let mut joined = Vec::new();
    joined.try_reserve_exact(text.len()).map_err(arr_core::format::room::no_memory)?;
    for line in text.split(is_end) {
        joined.extend_from_slice(line);
    }
    Ok(base64::decode(&joined)?.freeze())
}
