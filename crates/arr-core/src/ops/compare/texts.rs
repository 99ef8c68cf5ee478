//! Variable-length strings beside each other and beside text of a width.

use super::Comparison;
use crate::ops::cast::{letters, unravel};
use crate::{Array, ByteOrder, DType, Items, Result, Storage, Texts};

/// The texts of one side.
enum Side<'a> {
    Texts(Texts<'a>),
    Unicode(Items<'a>, ByteOrder),
    /// Items that are not text.
    Others,
}

impl<'a> Side<'a> {
    fn new<S: Storage>(array: &'a Array<S>) -> Result<Self> {
        Ok(match array.dtype() {
            DType::Utf8 => Self::Texts(array.texts()?),
            DType::Unicode(_, order) => Self::Unicode(array.items(), *order),
            _ => Self::Others,
        })
    }
}

/// Compares two arrays of one shape, of which at least one has variable-length strings. Against what is not text all
/// items are different. Texts are read with all checks, and one that is none is an error.
pub(super) fn compare<S: Storage, T: Storage>(
    left: &Array<S>,
    right: &Array<T>,
    found: Comparison,
) -> Result<Comparison> {
    let shape = left.shape();
    match (Side::new(left)?, Side::new(right)?) {
        (Side::Texts(left), Side::Texts(right)) => {
            count(shape, left.zip(right).map(|(a, b)| Ok(a? == b?)), found)
        }
        (Side::Texts(texts), Side::Unicode(items, order))
        | (Side::Unicode(items, order), Side::Texts(texts)) => {
            // What has no end of its own ends before its padding, so NULs at the end of the other are different.
            let same = |(text, item): (Result<&str>, &[u8])| {
                Ok(text?.chars().map(u32::from).eq(letters(item, order)))
            };
            count(shape, texts.zip(items).map(same), found)
        }
        _ => count(shape, (0..left.len()).map(|_| Ok(false)), found),
    }
}

fn count(
    shape: &[usize],
    same: impl Iterator<Item = Result<bool>>,
    mut found: Comparison,
) -> Result<Comparison> {
    for (item, same) in same.enumerate() {
        found.items += 1;
        if !same? {
            found.different += 1;
            found.first.get_or_insert_with(|| unravel(shape, item));
        }
    }
    found.equal = found.different == 0;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::{Array, CompareOptions, Comparison, DType, Error, ErrorKind, Order, Storage};

    fn texts(texts: &[&str]) -> Array {
        Array::from_texts(&[2, texts.len() / 2], Order::C, texts).unwrap()
    }

    fn compare<S: Storage, T: Storage>(a: &Array<S>, b: &Array<T>) -> Result<Comparison, Error> {
        a.compare(b, &CompareOptions::default())
    }

    #[test]
    fn texts_are_compared_and_not_where_they_lie() {
        let (a, b) = (texts(&["a", "", "é", "long"]), texts(&["a", "x", "é", "lang"]));
        let found = compare(&a, &b).unwrap();
        assert_eq!((found.different, found.first, found.items), (2, Some(vec![0, 1]), 4));
        let turned = a.to_contiguous(Order::F).unwrap();
        assert!(compare(&a, &turned).unwrap().equal && a.bits_equal(&turned));
        assert!(!a.bits_equal(&b) && !compare(&a, &turned).unwrap().dtype_differs);
        assert!(compare(&a, &a.reshape(&[4], Order::C).unwrap()).unwrap().shape_differs);
    }

    #[test]
    fn text_of_a_width_is_text_too() {
        let array = texts(&["a", "", "é", "nul\0"]);
        for dtype in ["<U4", ">U9"] {
            let wide = array.cast(&dtype.parse().unwrap(), crate::Casting::Unsafe).unwrap();
            for found in [compare(&array, &wide).unwrap(), compare(&wide, &array).unwrap()] {
                assert_eq!((found.different, found.first, found.dtype_differs), (1, Some(vec![1, 1]), true));
            }
        }
        let numbers = Array::from_vec(vec![1u8; 4], &[2, 2]).unwrap();
        assert_eq!(compare(&array, &numbers).unwrap().different, 4);
        assert_eq!(compare(&numbers, &array).unwrap().first, Some(vec![0, 0]));
    }

    #[test]
    fn a_text_that_is_none_is_an_error() {
        let bytes = [3u64.to_ne_bytes(), 90u64.to_ne_bytes()].concat();
        let bad = Array::contiguous(DType::Utf8, &[1], Order::C, &bytes[..]).unwrap();
        assert_eq!(compare(&bad, &bad).unwrap_err().kind(), ErrorKind::Malformed);
        assert!(!bad.bits_equal(&bad));
        assert_eq!(bad.to_string(), "[<no text>]");
        assert_eq!(bad.reshape(&[], Order::C).unwrap().to_string(), "<no text>");
    }
}
