//! Arrays in data that bincode encodes.

use ::bincode::de::read::{BorrowReader as _, Reader as _};
use ::bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder};
use ::bincode::enc::write::Writer as _;
use ::bincode::enc::{Encode, Encoder};
use ::bincode::error::{DecodeError, EncodeError};
use arr_core::format::room::{no_memory, reserved};
use arr_core::format::{Budget, Plain, PlainHead};
use arr_core::{ArrayView, AsArray, Buffer, BufferMut, Error, MAX_RANK, Order};
use smallvec::SmallVec;

use crate::FromArray;

/// How many bytes of a stream are taken at first, which does not tell how many it has.
const STEP: usize = 1 << 20;

/// An array in data that bincode encodes: anything that [is one](AsArray) is written, and what can be
/// [made of one](FromArray) is read, under the default limits and those of bincode's configuration.
///
/// An [`ArrayView`] is read in place, without a copy:
///
/// ```
/// use arr_serde::arr_core::{Array, ArrayView};
/// use arr_serde::bincode::Coded;
/// let array = Array::from_vec(vec![1u8, 2, 3], &[3])?;
/// let bytes = bincode::encode_to_vec(Coded(array), bincode::config::standard())?;
/// let (view, _): (Coded<ArrayView<'_>>, _) =
///     bincode::borrow_decode_from_slice(&bytes, bincode::config::standard())?;
/// assert!(bytes.as_ptr_range().contains(&view.0.storage().as_ptr()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coded<A>(pub A);

impl<A: AsArray> Encode for Coded<A> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        let written = self.0.with_view(|view| {
            let plain = Plain::of(view)?;
            Ok(encode(&plain, encoder))
        });
        written.map_err(|error| EncodeError::OtherString(error.to_string()))?
    }
}

fn encode<E: Encoder>(plain: &Plain<'_>, encoder: &mut E) -> Result<(), EncodeError> {
    plain.dtype.encode(encoder)?;
    (plain.shape.len() as u64).encode(encoder)?;
    for dim in &plain.shape {
        (*dim as u64).encode(encoder)?;
    }
    u8::from(plain.order == Order::F).encode(encoder)?;
    (plain.bytes.len() as u64).encode(encoder)?;
    encoder.writer().write(&plain.bytes)
}

/// What precedes the data, and how long that is.
fn head<D: Decoder>(decoder: &mut D, budget: &mut Budget) -> Result<(PlainHead, usize), DecodeError> {
    let len = length(decoder)?;
    budget.check_header(len as u64).map_err(refused)?;
    decoder.claim_bytes_read(len)?;
    let mut text: Vec<u8> = reserved(len).map_err(refused)?;
    text.resize(len, 0);
    decoder.reader().read(&mut text)?;
    let text = std::str::from_utf8(&text);
    let text = text.map_err(|inner| DecodeError::Utf8 { inner })?;
    let rank = length(decoder)?;
    budget.check_rank(rank).map_err(refused)?;
    let mut shape: SmallVec<[usize; 4]> = SmallVec::new();
    for _ in 0..rank.min(MAX_RANK) {
        shape.push(length(decoder)?);
    }
    let order = match u8::decode(decoder)? {
        0 => Order::C,
        1 => Order::F,
        other => return Err(other_string(format!("the order is {other}, neither 0 nor 1"))),
    };
    let head = PlainHead::new(text, &shape, order, budget).map_err(refused)?;
    let len = length(decoder)?;
    head.check_len(len as u64).map_err(refused)?;
    budget.charge_bytes(len as u64).map_err(refused)?;
    decoder.claim_bytes_read(len)?;
    Ok((head, len))
}

fn length<D: Decoder>(decoder: &mut D) -> Result<usize, DecodeError> {
    let number = u64::decode(decoder)?;
    usize::try_from(number).map_err(|_| DecodeError::OutsideUsizeRange(number))
}

/// The next bytes, in memory of their own. No more is reserved than there is, or has come.
fn data<D: Decoder>(decoder: &mut D, len: usize) -> Result<Buffer, DecodeError> {
    let reader = decoder.reader();
    if let Some(bytes) = reader.peek_read(len) {
        let copy = BufferMut::copy_of(bytes).map_err(refused)?;
        reader.consume(len);
        return Ok(copy.freeze());
    }
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let done = bytes.len();
        let step = (len - done).min(done.max(STEP));
        bytes.try_reserve(step).map_err(|error| refused(no_memory(error)))?;
        bytes.resize(done + step, 0);
        reader.read(bytes.get_mut(done..).unwrap_or_default())?;
    }
    Ok(Buffer::from_vec(bytes))
}

impl<C, A: FromArray> Decode<C> for Coded<A> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let (head, len) = head(decoder, &mut Budget::default())?;
        let array = head.array(data(decoder, len)?).and_then(A::from_array);
        array.map(Self).map_err(refused)
    }
}

impl<'de, C, A: FromArray> BorrowDecode<'de, C> for Coded<A> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<'de, C> BorrowDecode<'de, C> for Coded<ArrayView<'de>> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let (head, len) = head(decoder, &mut Budget::default())?;
        let bytes = decoder.borrow_reader().take_bytes(len)?;
        head.in_place(bytes).map(Self).map_err(refused)
    }
}

#[cold]
fn refused(error: Error) -> DecodeError {
    other_string(error.to_string())
}

#[cold]
fn other_string(message: String) -> DecodeError {
    DecodeError::OtherString(message)
}
