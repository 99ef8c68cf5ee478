//! Variable-length strings from strings of a width, and back.

use super::describe::quoted;
use super::text::without_padding;
use super::unravel;
use crate::{Array, BufferMut, ByteOrder, DType, Error, Layout, MAX_ITEMSIZE, Order, Result, Storage};

/// Bytes of one UTF-32 code unit.
const UNIT: usize = 4;

impl DType {
    /// This dtype, but if it is a string of no length one just as long as strings of `from` become: `U` of `|S5` is
    /// `<U5`. Variable-length strings have no length to go by.
    ///
    /// ```
    /// use arr_core::DType;
    /// let bytes: DType = "|S5".parse()?;
    /// assert_eq!("<U".parse::<DType>()?.as_long_as(&bytes), "<U5".parse()?);
    /// assert_eq!("<U3".parse::<DType>()?.as_long_as(&bytes), "<U3".parse()?);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[must_use]
    pub fn as_long_as(&self, from: &Self) -> Self {
        match (self, from) {
            (Self::Bytes(0), Self::Bytes(length) | Self::Unicode(length, _)) => Self::Bytes(*length),
            // Where a string of bytes is as long as it can be, one of characters could not be.
            (Self::Unicode(0, order), Self::Bytes(length) | Self::Unicode(length, _))
                if *length <= MAX_ITEMSIZE / UNIT =>
            {
                Self::Unicode(*length, *order)
            }
            _ => self.clone(),
        }
    }
}

/// The dtype to which an array is cast: a string of no length becomes one of just the length that is needed.
pub(super) fn target<S: Storage>(array: &Array<S>, to: &DType) -> Result<DType> {
    let (DType::Utf8, DType::Bytes(0) | DType::Unicode(0, _)) = (array.dtype(), to) else {
        return Ok(to.as_long_as(array.dtype()));
    };
    let mut most = 1;
    for text in array.texts()? {
        let text = text?;
        most = most.max(if matches!(to, DType::Bytes(_)) { text.len() } else { text.chars().count() });
    }
    let dtype = match to {
        DType::Unicode(_, order) => DType::Unicode(most, *order),
        _ => DType::Bytes(most),
    };
    if dtype.itemsize() > MAX_ITEMSIZE {
        return Err(Error::limit(format!("the longest text makes items of more than {MAX_ITEMSIZE} bytes")));
    }
    Ok(dtype)
}

/// Casts from or to variable-length strings; `None` when neither side has them.
pub(super) fn cast<S: Storage>(
    array: &Array<S>,
    to: &DType,
    checked: bool,
    place: &dyn Fn(&[usize]) -> Vec<usize>,
) -> Option<Result<Array>> {
    let walk = Walk { shape: array.shape(), order: array.natural_order(), place };
    Some(match (array.dtype(), to) {
        (DType::Utf8, DType::Utf8) => array.to_contiguous(walk.order),
        (DType::Utf8, DType::Bytes(_) | DType::Unicode(..)) => to_width(array, to, checked, &walk),
        (DType::Bytes(_) | DType::Unicode(..), DType::Utf8) => to_any_length(array, &walk),
        (from @ DType::Utf8, to) | (from, to @ DType::Utf8) => {
            Err(Error::unsupported(format!("casting {from} to {to} is not supported")))
        }
        _ => return None,
    })
}

/// The order in which items are taken, and where they are.
struct Walk<'a> {
    shape: &'a [usize],
    order: Order,
    place: &'a dyn Fn(&[usize]) -> Vec<usize>,
}

impl Walk<'_> {
    /// The items in that order as those of an array in C order.
    fn of<'a, S: Storage>(&self, array: &'a Array<S>) -> crate::ArrayView<'a> {
        match self.order {
            Order::C => array.view(),
            Order::F => array.transpose(),
        }
    }

    /// Names the index of an item that is counted in that order.
    #[cold]
    fn explain(&self, item: usize, error: Error) -> Error {
        let index = match self.order {
            Order::C => unravel(self.shape, item),
            Order::F => {
                let reversed: Vec<usize> = self.shape.iter().rev().copied().collect();
                unravel(&reversed, item).into_iter().rev().collect()
            }
        };
        error.context(&format!("index {:?}", (self.place)(&index)))
    }
}

fn to_width<S: Storage>(array: &Array<S>, to: &DType, checked: bool, walk: &Walk<'_>) -> Result<Array> {
    let size = to.itemsize();
    let layout = Layout::contiguous(array.shape(), size, walk.order)?;
    let mut bytes = BufferMut::zeroed(array.len().saturating_mul(size))?;
    // The memory is zero already: of the padding nothing is touched.
    let slots = bytes.as_mut_slice().chunks_exact_mut(size.max(1));
    let view = walk.of(array);
    for (item, (slot, text)) in slots.zip(view.into_texts()?.unnumbered()).enumerate() {
        let text = text.map_err(|error| walk.explain(item, error))?;
        let written = match to {
            DType::Unicode(_, order) => Ok(write_unicode(text, *order, slot)),
            _ if !text.is_ascii() => Err("is not ASCII and "),
            _ => Ok(write_bytes(text.as_bytes(), slot)),
        };
        // NULs at the end would be taken for padding.
        let why = match written {
            Ok(all) if !checked || (all && !text.ends_with('\0')) => continue,
            Ok(_) => "",
            Err(why) => why,
        };
        let error = Error::mismatch(format!("{} {why}does not fit {to}", quoted(text)));
        return Err(walk.explain(item, error));
    }
    Array::new(to.clone(), layout, bytes.freeze())
}

/// Writes as much as there is room for; true when that is all.
fn write_unicode(text: &str, order: ByteOrder, slot: &mut [u8]) -> bool {
    let mut letters = text.chars();
    for unit in slot.chunks_exact_mut(UNIT) {
        let Some(letter) = letters.next() else { return true };
        let code = u32::from(letter);
        unit.copy_from_slice(&match order {
            ByteOrder::Little => code.to_le_bytes(),
            ByteOrder::Big => code.to_be_bytes(),
        });
    }
    letters.next().is_none()
}

/// As [`write_unicode`].
fn write_bytes(text: &[u8], slot: &mut [u8]) -> bool {
    slot.iter_mut().zip(text).for_each(|(slot, byte)| *slot = *byte);
    text.len() <= slot.len()
}

fn to_any_length<S: Storage>(array: &Array<S>, walk: &Walk<'_>) -> Result<Array> {
    let view = walk.of(array);
    let no_text = |item: usize, what: &str| {
        walk.explain(item, Error::mismatch(format!("{what} and does not fit {}", DType::Utf8)))
    };
    match array.dtype() {
        DType::Unicode(_, order) => {
            let texts = view.items().enumerate().map(|(item, bytes)| {
                letters(bytes, *order)
                    .map(|code| char::from_u32(code).ok_or(code))
                    .collect::<Result<String, u32>>()
                    .map_err(|code| no_text(item, &format!("{code:#x} is not a character")))
            });
            Array::try_from_texts(walk.shape, walk.order, texts)
        }
        _ => {
            let texts = view.items().enumerate().map(|(item, bytes)| {
                std::str::from_utf8(without_padding(bytes))
                    .map_err(|_| no_text(item, &format!("\"{}\" is not UTF-8", shown(bytes))))
            });
            Array::try_from_texts(walk.shape, walk.order, texts)
        }
    }
}

/// The code units of an item without the padding.
pub(crate) fn letters(item: &[u8], order: ByteOrder) -> impl Iterator<Item = u32> + Clone {
    let units = item.chunks_exact(UNIT).map(move |unit| {
        let unit = unit.try_into().unwrap_or_default();
        match order {
            ByteOrder::Little => u32::from_le_bytes(unit),
            ByteOrder::Big => u32::from_be_bytes(unit),
        }
    });
    let len = units.clone().rposition(|unit| unit != 0).map_or(0, |last| last + 1);
    units.take(len)
}

fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    without_padding(bytes).iter().take(SHOWN).copied().collect::<Vec<u8>>().escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Casting, ErrorKind};

    fn dtype(text: &str) -> DType {
        text.parse().unwrap()
    }

    fn texts(texts: &[&str]) -> Array {
        Array::from_texts(&[texts.len()], Order::C, texts).unwrap()
    }

    fn refused(array: &Array, to: &str) -> String {
        array.cast_checked(&dtype(to)).unwrap_err().to_string()
    }

    #[test]
    fn strings_become_as_wide_as_needed() {
        let array = texts(&["", "Zoë", "😀"]);
        let wide = array.cast(&dtype(">U"), Casting::SameKind).unwrap();
        assert_eq!(*wide.dtype(), dtype(">U3"));
        assert_eq!(wide.to_strings().unwrap(), ["", "Zoë", "😀"]);
        let back = wide.cast(&DType::Utf8, Casting::SameKind).unwrap();
        assert_eq!((back.dtype(), back.to_strings().unwrap()), (&DType::Utf8, wide.to_strings().unwrap()));
        assert!(
            wide.cast(&DType::Utf8, Casting::Safe).is_err()
                && array.cast(&dtype("U9"), Casting::Safe).is_err()
        );
        assert_eq!(*texts(&[""]).cast_checked(&dtype("U")).unwrap().dtype(), dtype("U1"));
        assert_eq!(*texts(&[]).cast_checked(&dtype("S")).unwrap().dtype(), dtype("S1"));
        let bytes = texts(&["ab", "cde"]).cast_checked(&dtype("S")).unwrap();
        assert_eq!(bytes.as_bytes(Order::C).unwrap(), b"ab\0cde");
        // What has a width keeps it.
        let wider = bytes.cast(&dtype("U"), Casting::Safe).unwrap();
        assert_eq!((wider.dtype(), wider.to_strings().unwrap()), (&dtype("U3"), bytes.to_strings().unwrap()));
        assert_eq!(*wider.cast_checked(&dtype("S")).unwrap().dtype(), dtype("S3"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let array = Array::from_texts(&[2, 2], Order::F, ["a", "bcd", "é", "x\0"]).unwrap();
        assert_eq!(refused(&array, "U2"), "index [1, 0]: \"bcd\" does not fit <U2");
        assert_eq!(refused(&array, "S3"), "index [0, 1]: \"é\" is not ASCII and does not fit |S3");
        assert_eq!(refused(&array, ">U"), "index [1, 1]: \"x\\0\" does not fit >U3");
        let cut = array.cast(&dtype("U2"), Casting::Unsafe).unwrap();
        assert_eq!(cut.to_strings().unwrap(), ["a", "é", "bc", "x"]);
        assert_eq!(cut.natural_order(), Order::F);
        assert!(array.cast(&dtype("S3"), Casting::Unsafe).is_err());
        let surrogate = Array::contiguous(dtype("<U1"), &[1], Order::C, &[0, 0xD8, 0, 0][..]).unwrap();
        let error = surrogate.cast_checked(&DType::Utf8).unwrap_err();
        assert_eq!(error.to_string(), "index [0]: 0xd800 is not a character and does not fit utf8");
        let bytes = Array::contiguous(dtype("S2"), &[2], Order::C, &b"\xc3\xa9a\xff"[..]).unwrap();
        let error = bytes.cast_checked(&DType::Utf8).unwrap_err();
        assert_eq!(error.to_string(), "index [1]: \"a\\xff\" is not UTF-8 and does not fit utf8");
    }

    #[test]
    fn other_dtypes_are_no_texts() {
        let array = texts(&["1"]);
        for to in ["<i4", "|b1", "|O", "|V16", "[('a', '<U1')]", "<M8[s]"] {
            assert_eq!(array.cast_checked(&dtype(to)).unwrap_err().kind(), ErrorKind::Unsupported, "{to}");
        }
        let number = Array::from_vec(vec![1u8], &[1]).unwrap();
        assert_eq!(number.cast_checked(&DType::Utf8).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(array.cast(&DType::Utf8, Casting::No).unwrap().to_strings().unwrap(), ["1"]);
    }

    #[test]
    fn a_long_text_beside_many_is_no_reason_to_end() {
        let long = "x".repeat(1 << 20);
        let array = Array::from_texts(&[2], Order::C, [long.as_str(), ""]).unwrap();
        let many = array.broadcast(&[1 << 40, 2]).unwrap();
        assert_eq!(many.cast_checked(&dtype("U4194304")).unwrap_err().kind(), ErrorKind::InvalidArgument);
        let some = array.broadcast(&[1 << 20, 2]).unwrap();
        let error = some.cast(&dtype("U536870911"), Casting::Unsafe).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
