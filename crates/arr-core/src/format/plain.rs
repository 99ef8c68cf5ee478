//! An array in the form that serialisations have it in: what an item is as text, shape, order, and the items as bytes.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::{
    Array, ArrayView, Budget, Buffer, BufferMut, Contiguity, DType, Error, Layout, Order, Result, Storage,
};

/// Bytes of the length of a text.
const LENGTH: usize = size_of::<u64>();

/// An array taken apart: the four fields say all of it, whatever the dtype, the order and the byte order.
///
/// ```
/// use arr_core::format::{Budget, Plain};
/// use arr_core::{Array, Order};
/// let array = Array::from_vec(vec![1u16, 2, 3], &[3])?;
/// let view = array.view();
/// let plain = Plain::of(&view)?;
/// assert_eq!((plain.dtype.as_str(), plain.order, &plain.bytes[..2]), ("<u2", Order::C, &[1, 0][..]));
/// let back = plain.to_array(&mut Budget::default())?;
/// assert!(back.bits_equal(&array));
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// Of variable-length strings the bytes are the length of each text in 8 bytes, the least significant first, and behind all
/// of them the texts in UTF-8.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plain<'a> {
    /// What one item is, as it is [made](DType::constructor) in Python.
    pub dtype: String,
    /// Items along each dimension.
    pub shape: SmallVec<[usize; 4]>,
    /// In which order the items are.
    pub order: Order,
    /// The items.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Plain<'a> {
    /// Takes an array apart. It is copied only where its items do not lie one after another.
    ///
    /// # Errors
    /// `Unsupported` when its items are objects, `LimitExceeded` when memory is short.
    pub fn of(array: &'a ArrayView<'_>) -> Result<Self> {
        let dtype = array.dtype();
        let order = array.natural_order();
        let bytes = match dtype {
            DType::Utf8 => Cow::Owned(packed_texts(array, order)?),
            _ if dtype.has_references() => {
                return Err(Error::unsupported(format!("items of {dtype} are objects, which have no bytes")));
            }
            _ => match array.as_bytes(order) {
                Some(bytes) => Cow::Borrowed(bytes),
                None => {
                    let mut bytes = crate::model::buffer::zeros(array.nbytes())?;
                    array.copy_to(&mut bytes, order)?;
                    Cow::Owned(bytes)
                }
            },
        };
        let shape = SmallVec::from_slice(array.shape());
        Ok(Self { dtype: dtype.constructor().to_string(), shape, order, bytes })
    }

    /// The array, in memory of its own.
    ///
    /// # Errors
    /// As [`PlainHead::array`].
    pub fn to_array(&self, budget: &mut Budget) -> Result<Array> {
        budget.charge_bytes(self.bytes.len() as u64)?;
        let head = PlainHead::new(&self.dtype, &self.shape, self.order, budget)?;
        head.array(BufferMut::copy_of(&self.bytes)?.freeze())
    }
}

/// What [`Plain`] says of an array besides its bytes, checked.
#[derive(Clone, Debug)]
pub struct PlainHead {
    dtype: DType,
    layout: Layout,
    order: Order,
}

impl PlainHead {
    /// Checks what was read of an array.
    ///
    /// # Errors
    /// `Malformed` when the text names no dtype or no array can be so large, `Unsupported` when items are objects,
    /// `LimitExceeded` when the budget does not allow it.
    pub fn new(dtype: &str, shape: &[usize], order: Order, budget: &mut Budget) -> Result<Self> {
        budget.check_header(dtype.len() as u64)?;
        Self::of_dtype(dtype.parse().map_err(of_input)?, shape, order, budget)
    }

    /// The same of a dtype that was read.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_dtype(dtype: DType, shape: &[usize], order: Order, budget: &mut Budget) -> Result<Self> {
        budget.check_rank(shape.len())?;
        if dtype.has_references() && dtype != DType::Utf8 {
            return Err(Error::unsupported(format!("items of {dtype} are objects, which have no bytes")));
        }
        budget.charge_description(dtype.memory())?;
        let layout = Layout::contiguous(shape, dtype.itemsize(), order).map_err(of_input)?;
        if dtype.itemsize() == 0 {
            budget.charge_items(layout.len() as u64)?;
        }
        Ok(Self { dtype, layout, order })
    }

    /// What one item is.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// How many bytes the items have; of variable-length strings nobody knows.
    #[must_use]
    pub fn nbytes(&self) -> Option<u64> {
        let bytes = (self.layout.len() as u64).saturating_mul(self.dtype.itemsize() as u64);
        (self.dtype != DType::Utf8).then_some(bytes)
    }

    /// Refuses another number of bytes than the items have.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn check_len(&self, len: u64) -> Result<()> {
        match self.nbytes() {
            Some(wanted) if wanted != len => Err(Error::malformed(format!(
                "an array of {} and shape {:?} has {wanted} bytes of data, not {len}",
                self.dtype,
                self.layout.shape()
            ))),
            _ => Ok(()),
        }
    }

    /// The array whose items are in place in some bytes, which are as many as it has.
    ///
    /// # Errors
    /// `Malformed` when they are more or fewer; `Unsupported` of variable-length strings, which have to be read.
    pub fn in_place<S: Storage>(self, bytes: S) -> Result<Array<S>> {
        if self.dtype == DType::Utf8 {
            return Err(Error::unsupported("strings of any length have to be read: they are not in place"));
        }
        self.check_len(bytes.bytes().len() as u64)?;
        Array::new(self.dtype, self.layout, bytes)
    }

    /// The array of these bytes, which have been charged.
    ///
    /// # Errors
    /// `Malformed` when they are more or fewer than it has, or a text is not UTF-8; `LimitExceeded` when memory is short.
    pub fn array(self, bytes: Buffer) -> Result<Array> {
        if self.dtype != DType::Utf8 {
            return self.in_place(bytes);
        }
        let count = self.layout.len();
        let lengths = count.checked_mul(LENGTH).and_then(|end| bytes.split_at_checked(end));
        let (lengths, mut texts) = lengths.ok_or_else(|| short_of_texts(count))?;
        let mut take = |length: &[u8]| {
            let length = length.first_chunk().map(|length| u64::from_le_bytes(*length));
            let length = length.and_then(|length| usize::try_from(length).ok());
            let (text, rest) = length
                .and_then(|length| texts.split_at_checked(length))
                .ok_or_else(|| short_of_texts(count))?;
            texts = rest;
            std::str::from_utf8(text)
                .map_err(|error| Error::malformed("a text is not UTF-8").with_source(error))
        };
        let array = Array::try_from_texts(
            self.layout.shape(),
            self.order,
            lengths.chunks_exact(LENGTH).map(&mut take),
        )?;
        match texts.len() {
            0 => Ok(array),
            more => Err(Error::malformed(format!("{more} bytes follow the texts of an array"))),
        }
    }

    /// The array of these texts.
    ///
    /// # Errors
    /// `Malformed` when they are more or fewer than it has, or its items are not variable-length strings; `LimitExceeded`
    /// when memory is short.
    pub fn array_of_texts<T: AsRef<str>>(self, texts: impl IntoIterator<Item = T>) -> Result<Array> {
        if self.dtype != DType::Utf8 {
            return Err(Error::malformed(format!("items of {} are given as texts", self.dtype)));
        }
        Array::from_texts(self.layout.shape(), self.order, texts).map_err(of_input)
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// How the items lie.
    #[must_use]
    pub fn contiguity(&self) -> Contiguity {
        self.layout.contiguity(self.dtype.itemsize())
    }
}

/// The texts of an array with their lengths in front.
fn packed_texts(array: &ArrayView<'_>, order: Order) -> Result<Vec<u8>> {
    let walked = if order == Order::F { array.transpose() } else { array.view() };
    let mut len = array.len().saturating_mul(LENGTH);
    for text in walked.texts()? {
        len = len.saturating_add(text?.len());
    }
    let mut bytes = super::room::reserved(len)?;
    for text in walked.texts()? {
        bytes.extend_from_slice(&(text?.len() as u64).to_le_bytes());
    }
    for text in walked.texts()? {
        bytes.extend_from_slice(text?.as_bytes());
    }
    Ok(bytes)
}

#[cold]
fn short_of_texts(count: usize) -> Error {
    Error::malformed(format!("the data of an array ends inside its {count} texts"))
}

/// What the caller would have been told of its own values is the input's fault here.
fn of_input(error: Error) -> Error {
    match error.kind() {
        crate::ErrorKind::InvalidArgument => Error::malformed(error.to_string()),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Limits, s};

    #[test]
    fn every_array_is_what_it_was() {
        let numbers = Array::from_vec((0i32..24).collect(), &[2, 3, 4]).unwrap();
        let texts = Array::from_texts(&[2, 2], Order::C, ["a", "", "Zoë", "d"]).unwrap();
        for array in [
            numbers.view(),
            numbers.transpose(),
            numbers.slice(s![.., 1, ..]).unwrap(),
            texts.view(),
            texts.transpose(),
            texts.slice(s![1]).unwrap(),
        ] {
            let back = Plain::of(&array).unwrap().to_array(&mut Budget::default()).unwrap();
            assert!(back.bits_equal(&array), "{array:?}");
            assert_eq!(back.natural_order(), array.natural_order(), "{array:?}");
        }
        let view = numbers.view();
        assert!(matches!(Plain::of(&view).unwrap().bytes, Cow::Borrowed(_)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let read = |dtype: &str, shape: &[usize], bytes: &[u8]| {
            let mut budget = Limits::default().max_rank(3).max_items(10).budget();
            let head = PlainHead::new(dtype, shape, Order::C, &mut budget)?;
            head.array(Buffer::from_vec(bytes.to_vec()))
        };
        let text = |lengths: &[u64], text: &str| {
            [lengths.iter().flat_map(|length| length.to_le_bytes()).collect(), text.as_bytes().to_vec()]
                .concat()
        };
        assert_eq!(read("utf8", &[2], &text(&[1, 2], "abc")).unwrap().to_strings().unwrap(), ["a", "bc"]);
        for (dtype, shape, bytes, kind) in [
            ("<f4", &[2][..], vec![0; 7], ErrorKind::Malformed),
            ("<f4", &[2], vec![0; 9], ErrorKind::Malformed),
            ("<f4", &[usize::MAX, 2], vec![], ErrorKind::Malformed),
            ("|O", &[1], vec![0; 8], ErrorKind::Unsupported),
            ("[('x', '|O')]", &[1], vec![0; 8], ErrorKind::Unsupported),
            ("what", &[1], vec![0; 8], ErrorKind::Malformed),
            ("|S0", &[11], vec![], ErrorKind::LimitExceeded),
            ("<f4", &[1, 1, 1, 1], vec![0; 4], ErrorKind::LimitExceeded),
            ("utf8", &[2], text(&[1], ""), ErrorKind::Malformed),
            ("utf8", &[2], text(&[1, 5], "abc"), ErrorKind::Malformed),
            ("utf8", &[2], text(&[1, u64::MAX], "abc"), ErrorKind::Malformed),
            ("utf8", &[2], text(&[1, 1], "abc"), ErrorKind::Malformed),
            ("utf8", &[1], text(&[1], "é")[..9].to_vec(), ErrorKind::Malformed),
            ("utf8", &[usize::MAX / 32], vec![], ErrorKind::Malformed),
        ] {
            let found = read(dtype, shape, &bytes).map(|array| array.shape().to_vec());
            assert_eq!(found.unwrap_err().kind(), kind, "{dtype} {shape:?}");
        }
    }
}
