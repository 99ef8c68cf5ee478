//! Arrays of strings as Rust strings, and back.

use super::texts::to_strings;
use crate::ops::cast::without_padding;
use crate::ops::record::{check_end, encode_bytes, encode_unicode, in_row, unicode, utf8, with_room};
use crate::{Array, BufferMut, ByteOrder, DType, Error, Order, Result, Storage};

impl<S: Storage> Array<S> {
    /// The texts in C order, without the NULs that pad them: of `U` in either byte order, of `S` as UTF-8, and of texts
    /// of any length, which have no padding (see [`texts`](Self::texts)).
    ///
    /// ```
    /// use arr_core::Array;
    /// let array = Array::from_strings(&["Zoë", "", "Al"])?;
    /// assert_eq!((array.dtype().to_string(), array.shape()), ("<U3".into(), &[3][..]));
    /// assert_eq!(array.to_strings()?, ["Zoë", "", "Al"]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the items are not strings or one is not text, naming its row in C order; `Malformed` for
    /// variable-length strings; `LimitExceeded` when memory is short.
    pub fn to_strings(&self) -> Result<Vec<String>> {
        match self.dtype() {
            DType::Utf8 => to_strings(self),
            DType::Bytes(_) => self.each_item(|item| utf8(item).map(String::from)),
            DType::Unicode(_, order) if order.is_native() => self.each_item(unicode),
            DType::Unicode(..) => self.to_contiguous_in(Order::C, ByteOrder::NATIVE)?.each_item(unicode),
            dtype => Err(Error::mismatch(format!("the items are not strings but {dtype}"))),
        }
    }

    /// The byte strings in C order, without the NULs that pad them.
    ///
    /// ```
    /// use arr_core::Array;
    /// let array = Array::from_byte_strings(&[&b"\xff\x00\x01"[..], b"a"])?;
    /// assert_eq!(array.dtype().to_string(), "|S3");
    /// assert_eq!(array.to_byte_strings()?, [&b"\xff\x00\x01"[..], b"a"]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the items are not byte strings; `LimitExceeded` when memory is short.
    pub fn to_byte_strings(&self) -> Result<Vec<Vec<u8>>> {
        match self.dtype() {
            DType::Bytes(_) => self.each_item(|item| Ok(without_padding(item).to_vec())),
            dtype => Err(Error::mismatch(format!("the items are not byte strings but {dtype}"))),
        }
    }

    /// What `make` makes of the bytes of each item.
    fn each_item<T>(&self, make: impl Fn(&[u8]) -> Result<T>) -> Result<Vec<T>> {
        let mut values = with_room(self.len())?;
        for (row, item) in self.items().enumerate() {
            values.push(make(item).map_err(|error| in_row(error, row))?);
        }
        Ok(values)
    }
}

impl Array {
    /// An array of one dimension of texts, `U`, as wide as the longest.
    ///
    /// # Errors
    /// `InvalidArgument` when a text ends with NUL, which would be taken for padding; `LimitExceeded` when memory is
    /// short.
    pub fn from_strings<T: AsRef<str>>(texts: &[T]) -> Result<Self> {
        let width = texts.iter().map(|text| text.as_ref().chars().count()).max().unwrap_or(0).max(1);
        let dtype = DType::Unicode(width, ByteOrder::NATIVE);
        from_items(dtype, texts, |text, item| encode_unicode(text.as_ref(), item))
    }

    /// An array of one dimension of byte strings, `S`, as wide as the longest.
    ///
    /// # Errors
    /// As [`from_strings`](Self::from_strings).
    pub fn from_byte_strings<T: AsRef<[u8]>>(strings: &[T]) -> Result<Self> {
        let width = strings.iter().map(|string| string.as_ref().len()).max().unwrap_or(0).max(1);
        from_items(DType::Bytes(width), strings, |string, item| {
            check_end(string.as_ref())?;
            encode_bytes(string.as_ref(), item)
        })
    }
}

/// An array of one dimension, each item of which `write` writes.
fn from_items<T>(dtype: DType, values: &[T], write: impl Fn(&T, &mut [u8]) -> Result<()>) -> Result<Array> {
    let itemsize = dtype.itemsize();
    if itemsize > crate::MAX_ITEMSIZE {
        return Err(Error::invalid(format!("an item of {dtype} exceeds {} bytes", crate::MAX_ITEMSIZE)));
    }
    let mut array = Array::zeros(dtype, &[values.len()])?;
    let items = BufferMut::as_mut_slice(&mut array.storage).chunks_exact_mut(itemsize.max(1));
    for (row, (value, item)) in values.iter().zip(items).enumerate() {
        write(value, item).map_err(|error| in_row(error, row))?;
    }
    Ok(array.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_from_either_byte_order_and_any_layout() {
        let texts = ["a", "é\0b", "", "😀😀😀", "x"];
        let array = Array::from_strings(&texts).unwrap();
        assert_eq!(array.to_strings().unwrap(), texts);
        let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
        assert_eq!(foreign.to_strings().unwrap(), texts);
        let backwards = foreign.slice("::-2".parse::<crate::Slice>().unwrap()).unwrap();
        assert_eq!(backwards.to_strings().unwrap(), ["x", "", "a"]);
        assert!(Array::from_strings::<&str>(&[]).unwrap().to_strings().unwrap().is_empty());
    }

    #[test]
    fn what_is_no_text_is_named() {
        let array = Array::from_byte_strings(&[&b"a"[..], b"\xff"]).unwrap();
        assert_eq!(
            array.to_strings().unwrap_err().to_string(),
            "row 1: the bytes are not text in UTF-8: invalid utf-8 sequence of 1 bytes from index 0"
        );
        let units: Vec<u8> =
            [0x41u32, 0xD800, 0x11_0000].iter().flat_map(|unit| unit.to_ne_bytes()).collect();
        let dtype = DType::Unicode(1, ByteOrder::NATIVE);
        let array = Array::contiguous(dtype, &[3], Order::C, &units[..]).unwrap();
        assert_eq!(array.to_strings().unwrap_err().to_string(), "row 1: 0xd800 is not a character");
        assert!(Array::from_vec(vec![1u8], &[1]).unwrap().to_strings().is_err());
        assert!(Array::from_vec(vec![1u8], &[1]).unwrap().to_byte_strings().is_err());
        assert!(Array::from_strings(&["a", "b\0"]).unwrap_err().to_string().starts_with("row 1: "));
        assert!(Array::from_byte_strings(&[b"b\0"]).is_err());
    }
}
