//! Arrays of variable-length strings.
//!
//! An item is two numbers of eight bytes in the machine's byte order: where in the array's bytes its text begins, and
//! how many bytes of UTF-8 it has. So dtype, layout and bytes are all that there is, as for any other dtype, and views
//! share the texts. Nothing is believed of an item: its text is looked up with all checks each time.

use super::gather::lost_bytes;
use super::items::Items;
use crate::ops::record::{in_row, with_room};
use crate::{Array, ArrayView, Buffer, BufferMut, DType, Error, Layout, Order, Result, Storage};

/// Bytes of each of the two numbers of an item.
const NUMBER: usize = size_of::<u64>();

/// Bytes of an item.
const ITEM: usize = 2 * NUMBER;

impl<S: Storage> Array<S> {
    /// The texts in C order, of an array of variable-length strings (`utf8`); nothing is copied.
    ///
    /// ```
    /// use arr_core::{Array, Order};
    /// let array = Array::from_texts(&[2, 2], Order::C, ["a", "", "Zoë", "d"])?;
    /// let texts: Vec<&str> = array.texts()?.collect::<Result<_, _>>()?;
    /// assert_eq!(texts, ["a", "", "Zoë", "d"]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the items are not variable-length strings. A string is `Malformed` when it lies outside the array's
    /// bytes or is not UTF-8; the error names its row in C order.
    pub fn texts(&self) -> Result<Texts<'_>> {
        self.check_texts()?;
        let view = self.view();
        Ok(Texts { bytes: self.storage().bytes(), items: view.into_items(), row: 0 })
    }

    /// The text of that index, of an array of variable-length strings.
    ///
    /// # Errors
    /// `InvalidArgument` when the index is out of bounds; otherwise as [`texts`](Self::texts).
    pub fn text(&self, index: &[usize]) -> Result<&str> {
        self.check_texts()?;
        let item = self.item(index).ok_or_else(|| {
            Error::invalid(format!("index {index:?} is out of bounds for shape {:?}", self.shape()))
        })?;
        text_of(self.storage().bytes(), item).map_err(|error| error.context(&format!("index {index:?}")))
    }

    fn check_texts(&self) -> Result<()> {
        match self.dtype() {
            DType::Utf8 => Ok(()),
            dtype => Err(Error::mismatch(format!("the items are not variable-length strings but {dtype}"))),
        }
    }

    /// A copy in `order` with the texts that are used. Texts that several items share, as those of a broadcast array,
    /// are shared in the copy: it has never more bytes of text than the array.
    pub(super) fn gathered_texts(&self, order: Order) -> Result<Array> {
        let source = self.storage().bytes();
        let mut used = Used::default();
        for (row, item) in self.items().enumerate() {
            let (start, end) = span_of(source, item).map_err(|error| in_row(error, row))?;
            used.add(start, end);
        }
        let layout = Layout::contiguous(self.shape(), ITEM, order)?;
        let texts_at = self.len().saturating_mul(ITEM);
        let len = texts_at.checked_add(used.needed()).ok_or_else(|| too_long(texts_at))?;
        let mut bytes = BufferMut::zeroed(len)?;
        let (items, texts) = bytes.as_mut_slice().split_at_mut(texts_at);
        let whole = used.is_shared().then_some(used.start);
        if whole.is_some() {
            let used_bytes = source.get(used.start..used.end).ok_or_else(lost_bytes)?;
            texts.copy_from_slice(used_bytes);
        }
        let walked = match order {
            Order::C => self.view(),
            Order::F => self.transpose(),
        };
        let mut at = 0;
        for (slot, item) in items.chunks_exact_mut(ITEM).zip(walked.items()) {
            let (start, end) = span_of(source, item)?;
            if start == end {
                continue;
            }
            let place = match whole {
                // A mapped file may have changed since.
                Some(first) if end <= used.end => start.checked_sub(first).ok_or_else(lost_bytes)?,
                Some(_) => return Err(lost_bytes()),
                None => {
                    let text = source.get(start..end).ok_or_else(lost_bytes)?;
                    let place = at;
                    at += text.len();
                    texts.get_mut(place..at).ok_or_else(lost_bytes)?.copy_from_slice(text);
                    place
                }
            };
            write_item(slot, texts_at + place, end - start);
        }
        Array::new(DType::Utf8, layout, bytes.freeze())
    }
}

impl Array {
    /// An array of variable-length strings, whose items lie one after another in `order`; the texts come in that order
    /// too.
    ///
    /// ```
    /// use arr_core::{Array, Order};
    /// let array = Array::from_texts(&[3], Order::C, ["one", "", "three"])?;
    /// assert_eq!((array.dtype().to_string(), array.shape()), ("utf8".into(), &[3][..]));
    /// assert_eq!(array.to_strings()?, ["one", "", "three"]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there are more or fewer texts than `shape` has items, or the shape is too large;
    /// `LimitExceeded` when memory is short. Memory grows with the texts, not with what the shape says.
    pub fn from_texts<T: AsRef<str>>(
        shape: &[usize],
        order: Order,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        Self::try_from_texts(shape, order, texts.into_iter().map(Ok))
    }

    /// [`from_texts`](Self::from_texts) of texts of which each may be an error, as a reader finds them.
    ///
    /// # Errors
    /// The first error among the texts; otherwise as `from_texts`.
    pub fn try_from_texts<T: AsRef<str>>(
        shape: &[usize],
        order: Order,
        texts: impl IntoIterator<Item = Result<T>>,
    ) -> Result<Self> {
        let layout = Layout::contiguous(shape, ITEM, order)?;
        let mut found = Found::default();
        for text in texts {
            found.push(text?.as_ref())?;
            if found.items.len() > layout.len() {
                break;
            }
        }
        if found.items.len() != layout.len() {
            let fewer = if found.items.len() < layout.len() { "fewer" } else { "more" };
            return Err(Error::invalid(format!("there are {fewer} texts than fill shape {shape:?}")));
        }
        found.finish(layout)
    }
}

/// Texts one after another, and where each of them is. The items are put after the texts, so that these are not
/// moved once more.
#[derive(Default)]
struct Found {
    texts: Vec<u8>,
    items: Vec<(usize, usize)>,
}

impl Found {
    fn push(&mut self, text: &str) -> Result<()> {
        reserve(&mut self.texts, text.len())?;
        reserve(&mut self.items, 1)?;
        let at = if text.is_empty() { 0 } else { self.texts.len() };
        self.items.push((at, text.len()));
        self.texts.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn finish(self, layout: Layout) -> Result<Array> {
        let Self { texts: mut bytes, items } = self;
        let pad = bytes.len().next_multiple_of(NUMBER) - bytes.len();
        let more = items.len().saturating_mul(ITEM);
        reserve(&mut bytes, more.checked_add(pad).ok_or_else(|| too_long(more))?)?;
        bytes.resize(bytes.len() + pad, 0);
        let layout = layout.shifted(bytes.len());
        for (at, len) in items {
            bytes.extend_from_slice(&number(at));
            bytes.extend_from_slice(&number(len));
        }
        Array::new(DType::Utf8, layout, Buffer::from_vec(bytes))
    }
}

fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<()> {
    values.try_reserve(more).map_err(|source| too_long(more).with_source(source))
}

#[cold]
fn too_long(more: usize) -> Error {
    Error::limit(format!("no memory for {more} more values of an array of texts"))
}

fn number(value: usize) -> [u8; NUMBER] {
    (value as u64).to_ne_bytes()
}

fn write_item(slot: &mut [u8], at: usize, len: usize) {
    slot.copy_from_slice([number(at), number(len)].as_flattened());
}

/// What the items of an array refer to.
#[derive(Default)]
struct Used {
    /// From the first byte to the end of the last.
    start: usize,
    end: usize,
    /// The bytes of all texts together.
    total: usize,
}

impl Used {
    fn add(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        self.start = if self.end == 0 { start } else { self.start.min(start) };
        self.end = self.end.max(end);
        self.total = self.total.saturating_add(end - start);
    }

    /// True when the texts take fewer bytes as they lie than one by one.
    fn is_shared(&self) -> bool {
        self.total > self.end - self.start
    }

    /// The bytes of text that a copy has.
    fn needed(&self) -> usize {
        self.total.min(self.end - self.start)
    }
}

/// Where the text of an item is.
fn span_of(bytes: &[u8], item: &[u8]) -> Result<(usize, usize)> {
    let (at, len) = numbers_of(item).ok_or_else(lost_bytes)?;
    let span = || {
        let start = usize::try_from(at).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        (end <= bytes.len()).then_some((start, end))
    };
    span().ok_or_else(|| outside(bytes.len(), at, len))
}

/// Where an item says that its text begins, and how long it is.
fn numbers_of(item: &[u8]) -> Option<(u64, u64)> {
    let (at, len) = item.split_first_chunk()?;
    Some((u64::from_ne_bytes(*at), u64::from_ne_bytes(*len.first_chunk()?)))
}

/// The bytes of the text of an item; `None` when they lie outside.
pub(crate) fn text_bytes<'a>(bytes: &'a [u8], item: &[u8]) -> Option<&'a [u8]> {
    let (start, end) = span_of(bytes, item).ok()?;
    bytes.get(start..end)
}

/// The text of an item.
fn text_of<'a>(bytes: &'a [u8], item: &[u8]) -> Result<&'a str> {
    let (start, end) = span_of(bytes, item)?;
    std::str::from_utf8(bytes.get(start..end).ok_or_else(lost_bytes)?)
        .map_err(|source| Error::malformed("the bytes are not text in UTF-8").with_source(source))
}

#[cold]
fn outside(bytes: usize, at: u64, len: u64) -> Error {
    Error::malformed(format!("a text of {len} bytes from byte {at} on is not in {bytes} bytes"))
}

/// The texts of an array in C order: see [`Array::texts`].
#[derive(Clone, Debug)]
pub struct Texts<'a> {
    bytes: &'a [u8],
    items: Items<'a>,
    row: usize,
}

impl<'a> Texts<'a> {
    /// The same, but that errors do not name a row.
    pub(crate) fn unnumbered(self) -> impl Iterator<Item = Result<&'a str>> {
        let bytes = self.bytes;
        self.items.map(move |item| text_of(bytes, item))
    }
}

impl<'a> Iterator for Texts<'a> {
    type Item = Result<&'a str>;

    fn next(&mut self) -> Option<Result<&'a str>> {
        let text = text_of(self.bytes, self.items.next()?).map_err(|error| in_row(error, self.row));
        self.row += 1;
        Some(text)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl ExactSizeIterator for Texts<'_> {}

impl<'a> ArrayView<'a> {
    /// [`texts`](Array::texts) for as long as the bytes are borrowed.
    ///
    /// # Errors
    /// As `texts`.
    pub fn into_texts(self) -> Result<Texts<'a>> {
        self.check_texts()?;
        Ok(Texts { bytes: self.storage, items: self.into_items(), row: 0 })
    }
}

/// The texts as strings.
pub(super) fn to_strings<S: Storage>(array: &Array<S>) -> Result<Vec<String>> {
    let mut strings = with_room(array.len())?;
    for text in array.texts()? {
        let text = text?;
        let mut string = String::new();
        string.try_reserve_exact(text.len()).map_err(|source| too_long(text.len()).with_source(source))?;
        string.push_str(text);
        strings.push(string);
    }
    Ok(strings)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ErrorKind, Slice, s};

    fn strings<S: Storage>(array: &Array<S>) -> Vec<String> {
        array.to_strings().unwrap()
    }

    /// An array whose items say what `items` says, in front of `texts`.
    fn made(items: &[(u64, u64)], texts: &[u8]) -> Array {
        let mut bytes: Vec<u8> =
            items.iter().flat_map(|(at, len)| [at.to_ne_bytes(), len.to_ne_bytes()].concat()).collect();
        bytes.extend_from_slice(texts);
        Array::contiguous(DType::Utf8, &[items.len()], Order::C, Buffer::from_vec(bytes)).unwrap()
    }

    #[test]
    fn texts_fill_the_shape() {
        let array = Array::from_texts(&[2, 2], Order::F, ["a", "b", "", "é"]).unwrap();
        assert_eq!(strings(&array), ["a", "", "b", "é"]);
        assert_eq!(array.text(&[1, 1]).unwrap(), "é");
        assert!(array.text(&[2, 0]).is_err());
        for wrong in [&[3][..], &[5], &[0], &[usize::MAX / 16]] {
            let error = Array::from_texts(wrong, Order::C, ["a", "b", "", "é"]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong:?}");
        }
        // No more is asked for than tells that there are too many.
        assert!(Array::from_texts(&[2], Order::C, std::iter::repeat("a")).is_err());
        assert!(Array::from_texts(&[0, 7], Order::C, [""; 0]).unwrap().to_strings().unwrap().is_empty());
        assert_eq!(strings(&Array::from_texts(&[], Order::C, ["x\0"]).unwrap()), ["x\0"]);
        let failing = [Ok("a"), Err(Error::malformed("no"))];
        assert_eq!(Array::try_from_texts(&[2], Order::C, failing).unwrap_err().to_string(), "no");
        let numbers = Array::from_vec(vec![1u8], &[1]).unwrap();
        assert_eq!(numbers.texts().unwrap_err().kind(), ErrorKind::Mismatch);
    }

    #[test]
    fn bad_items_are_named() {
        let max = u64::MAX;
        for (at, len) in [
            (0, max),
            (max, 0),
            (max, 1),
            (max, max),
            (1, max),
            (36, 0),
            (35, 1),
            (1 << 63, 1 << 63),
            (0, 36),
        ] {
            let array = made(&[(32, 3), (at, len)], b"abc");
            let error = array.to_strings().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert_eq!(
                error.to_string(),
                format!("row 1: a text of {len} bytes from byte {at} on is not in 35 bytes")
            );
            assert_eq!(array.texts().unwrap().next().unwrap().unwrap(), "abc");
            assert_eq!(array.to_contiguous(Order::C).unwrap_err().to_string(), error.to_string());
            assert_eq!(strings(&array.slice(s![..1]).unwrap().to_owned().unwrap()), ["abc"]);
        }
        let array = made(&[(49, 1), (48, 2), (51, 0)], b"\xc3\xa9c");
        assert!(
            array.to_strings().unwrap_err().to_string().starts_with("row 0: the bytes are not text in UTF-8")
        );
        assert_eq!(array.text(&[2]).unwrap(), "");
    }

    #[test]
    fn a_copy_has_no_more_text_than_the_array() {
        let long = "x".repeat(1000);
        let array = Array::from_texts(&[2], Order::C, [long.as_str(), "y"]).unwrap();
        let many = array.broadcast(&[500, 2]).unwrap();
        let copy = many.to_contiguous(Order::F).unwrap();
        assert_eq!(copy.storage().len(), 1000 * ITEM + 1001);
        assert!(strings(&copy).chunks(2).all(|row| row[0] == long && row[1] == "y"));
        // Texts that overlap without being the same.
        let items: Vec<_> = (0..60u64).map(|at| (1600 - at, at)).collect();
        let overlapping = made(&items, &[b'z'; 640]);
        assert_eq!(strings(&overlapping.to_owned().unwrap()), strings(&overlapping));
        assert!(overlapping.to_owned().unwrap().storage().len() <= overlapping.storage().len());
        let part = array.slice(s![1..]).unwrap().to_owned().unwrap();
        assert_eq!((part.storage().len(), strings(&part)), (ITEM + 1, vec!["y".to_owned()]));
    }

    #[test]
    fn bytes_without_the_texts_are_not_handed_out() {
        let array = Array::from_texts(&[2], Order::C, ["a", "b"]).unwrap();
        assert!(array.as_bytes(Order::C).is_none());
        assert!(array.copy_to(&mut [0; 32], Order::C).is_err());
        assert!(array.for_each_part(Order::C, |_| Ok(())).is_err());
        assert!(array.as_slice::<u64>().is_err() && array.get::<u64>(&[0]).is_err());
        assert!(array.clone().with_dtype(DType::Void(16)).is_err());
        let raw = Array::zeros(DType::Void(16), &[2]).unwrap();
        assert!(raw.with_dtype(DType::Utf8).is_err());
    }

    proptest! {
        #[test]
        fn views_and_copies_keep_the_texts(
            texts in prop::collection::vec(".{0,6}", 24),
            slice in prop::sample::select(vec!["...", "::-1", "1:, ::2", ":, 1, ::-2", "0:0", ":, 3:1:-1"]),
            axes in prop::sample::select(vec![[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]]),
            order in prop::sample::select(vec![Order::C, Order::F]),
        ) {
            let array = Array::from_texts(&[2, 4, 3], Order::C, &texts).unwrap();
            prop_assert_eq!(&strings(&array), &texts);
            let slice: Slice = slice.parse().unwrap();
            let numbers = Array::from_vec((0..24u8).collect(), &[2, 4, 3]).unwrap();
            let places = numbers.permute(&axes).unwrap();
            let places = places.slice(&slice).unwrap();
            let view = array.permute(&axes).unwrap();
            let view = view.slice(&slice).unwrap();
            let expected: Vec<String> =
                places.to_vec::<u8>().unwrap().into_iter().map(|at| texts[usize::from(at)].clone()).collect();
            prop_assert_eq!(&strings(&view), &expected);
            let copy = view.to_contiguous(order).unwrap();
            prop_assert_eq!(copy.shape(), view.shape());
            prop_assert_eq!(&strings(&copy), &expected);
            prop_assert_eq!(&strings(&copy.transpose().to_owned().unwrap().transpose()), &expected);
        }

        #[test]
        fn no_item_does_harm(items in prop::collection::vec((any::<u64>(), 0u64..200), 0..6), small: bool) {
            let items: Vec<_> = items.into_iter().map(|(at, len)| (if small { at % 200 } else { at }, len)).collect();
            let array = made(&items, "aé\u{10000}z".repeat(9).as_bytes());
            let copy = array.to_contiguous(Order::C);
            for (row, text) in array.texts().unwrap().enumerate() {
                match text {
                    Ok(text) => prop_assert!(copy.as_ref().map_or(true, |copy| copy.text(&[row]).unwrap() == text)),
                    Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Malformed),
                }
            }
            let _ = array.to_string();
        }
    }
}
