//! What arrays are read into.

use arr_core::{Array, Element, Error, Result, Scalar};

/// What a part of a program's data can be that is read from an array: an [`Array`], an `ndarray` array, a vector.
pub trait FromArray: Sized {
    /// What its items are, if that is known beforehand.
    const KIND: Option<Scalar>;

    /// How many dimensions it has, if that is known beforehand.
    const RANK: Option<usize>;

    /// Takes an array that was read.
    ///
    /// # Errors
    /// `Mismatch` when it has other items or another rank, `LimitExceeded` when memory is short.
    fn from_array(array: Array) -> Result<Self>;
}

impl FromArray for Array {
    const KIND: Option<Scalar> = None;
    const RANK: Option<usize> = None;

    fn from_array(array: Array) -> Result<Self> {
        Ok(array)
    }
}

impl<T: Element> FromArray for Vec<T> {
    const KIND: Option<Scalar> = Some(T::SCALAR);
    const RANK: Option<usize> = Some(1);

    fn from_array(array: Array) -> Result<Self> {
        match array.ndim() {
            1 => array.to_vec(),
            other => Err(Error::mismatch(format!("the rank differs: the array has {other} dimensions"))),
        }
    }
}

#[cfg(feature = "ndarray")]
impl<T: Element, D: ndarray::Dimension> FromArray for ndarray::Array<T, D> {
    const KIND: Option<Scalar> = Some(T::SCALAR);
    const RANK: Option<usize> = D::NDIM;

    fn from_array(array: Array) -> Result<Self> {
        array.to_typed()
    }
}
