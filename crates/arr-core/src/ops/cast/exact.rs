//! Casts that change no value.

use super::describe;
use crate::{Array, ByteOrder, CompareOptions, DType, Error, Order, Result, Storage};

impl<S: Storage> Array<S> {
    /// The values as another dtype, provided that none changes: what [`cast_checked`](Self::cast_checked) allows, where
    /// rounding, dropping a fraction and losing a part of a time are errors too. Each value has to come back when it is
    /// cast back. NaN stays NaN, whatever its payload; zero may lose its sign.
    ///
    /// ```
    /// use arr_core::{Array, DType, Scalar};
    /// let array = Array::from_vec(vec![0.5, 0.1], &[2])?;
    /// let error = array.cast_exact(&DType::native(Scalar::F32)).unwrap_err();
    /// assert_eq!(error.to_string(), "index [1]: 0.1 changes as <f4, to 0.1 there and 0.10000000149011612 back");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch`, naming an index and its value, when one changes; as `cast_checked`.
    pub fn cast_exact(&self, to: &DType) -> Result<Array> {
        self.cast_exact_in(to, <[usize]>::to_vec)
    }

    /// [`cast_exact`](Self::cast_exact) for a part of a larger array: `place` says where in that an item of this one is,
    /// for the error to name it.
    ///
    /// # Errors
    /// As `cast_exact`.
    pub fn cast_exact_in(&self, to: &DType, place: impl Fn(&[usize]) -> Vec<usize>) -> Result<Array> {
        let there = self.cast_checked_in(to, &place)?;
        let back = there.cast_checked_in(self.dtype(), &place).map_err(|error| {
            let from = self.dtype();
            Error::mismatch(format!(
                "a value changes as {}, and does not come back to {from}: {error}",
                there.dtype()
            ))
        })?;
        let found = self.compare(&back, &CompareOptions::default())?;
        let Some(index) = found.first else { return Ok(there) };
        let [own, other, returned] = [one(self, &index)?, one(&there, &index)?, one(&back, &index)?];
        Err(Error::mismatch(format!(
            "index {:?}: {own} changes as {}, to {other} there and {returned} back",
            place(&index),
            there.dtype()
        )))
    }
}

/// An item in words.
fn one<S: Storage>(array: &Array<S>, index: &[usize]) -> Result<String> {
    let lost = || Error::mismatch("an item is outside of its array");
    if *array.dtype() == DType::Utf8 {
        return array.text(index).map(|text| format!("{text:?}"));
    }
    let item = array.item(index).ok_or_else(lost)?;
    let item = Array::contiguous(array.dtype().clone(), &[], Order::C, item)?;
    let native = item.to_byte_order(ByteOrder::NATIVE)?;
    Ok(match native.dtype() {
        DType::Record(_) | DType::SubArray(_) => native.to_string(),
        dtype => describe(dtype, native.item(&[]).ok_or_else(lost)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(dtype: &str, values: Vec<f64>) -> Array {
        let len = values.len();
        Array::from_vec(values, &[len]).unwrap().cast_checked(&dtype.parse().unwrap()).unwrap()
    }

    #[test]
    fn values_that_change_are_refused() {
        let big = Array::from_vec(vec![1i64, (1 << 53) + 1], &[2]).unwrap();
        let most = Array::from_vec(vec![i64::MAX], &[1]).unwrap();
        for (array, to, why) in [
            (&big, "<f8", "index [1]: 9007199254740993 changes as <f8, to 9007199254740992.0 there"),
            (&most, "<f8", "does not come back to <i8: index [0]"),
            (
                &array("<f8", vec![1e-300]),
                "<f4",
                "index [0]: 1e-300 changes as <f4, to 0.0 there and 0.0 back",
            ),
            (&array("<f8", vec![2.0, 1.5]), "<i4", "index [1]: 1.5 changes as <i4, to 1 there"),
            (&array("<f4", vec![0.1]), ">f2", "index [0]: 0.1 changes as >f2"),
            (&array("<M8[s]", vec![86_400.0, 86_401.0]), "<M8[D]", "index [1]: 86401 in <M8[s] changes"),
        ] {
            let error = array.cast_exact(&to.parse().unwrap()).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            array.cast_checked(&to.parse().unwrap()).unwrap();
        }
    }

    #[test]
    fn values_that_stay_are_cast() {
        for (dtype, to) in [
            ("<f8", "<f4"),
            ("<f8", "<i2"),
            ("<f8", "|u1"),
            ("<f8", ">c8"),
            ("<i8", "<f2"),
            ("<i8", "<M8[s]"),
            ("<M8[D]", "<M8[ns]"),
            ("<f8", "<g"),
        ] {
            let array = array(dtype, vec![0.0, 1.0, 2.0, 100.0]);
            array.cast_exact(&to.parse().unwrap()).unwrap();
        }
        let odd = Array::from_vec(vec![f64::NAN, f64::INFINITY, -0.0], &[3]).unwrap();
        odd.cast_exact(&"<f4".parse().unwrap()).unwrap();
        let texts = Array::from_strings(&["a", "bcd"]).unwrap();
        assert_eq!(texts.cast_exact(&"S".parse().unwrap()).unwrap().dtype().to_string(), "|S3");
        texts.cast_exact(&"utf8".parse().unwrap()).unwrap();
    }
}
