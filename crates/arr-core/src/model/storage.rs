//! Where the bytes of an array live.

use crate::{Buffer, BufferMut, Mmap, MmapMut};

/// Bytes that can be the storage of an [`Array`](crate::Array).
///
/// It is sealed, since it guards an invariant: the bytes that an array was checked against stay where they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the storage of an array",
    label = "this can't be the storage of an array",
    note = "an array stores its bytes in a `Buffer`, `BufferMut`, `Mmap` or `MmapMut`, or borrows them as `&[u8]` or `&mut [u8]`; \
        `Buffer::from_vec` takes a vector of bytes",
    note = "the type of the elements is no parameter of `Array`: its dtype is known at run time, and `Array::typed` and \
        `Array::to_typed` give `ndarray` arrays of it"
)]
pub trait Storage: sealed::Sealed {
    /// All the bytes.
    fn bytes(&self) -> &[u8];
}

/// Bytes that an array can be written through.
#[diagnostic::on_unimplemented(
    message = "the bytes of an array over `{Self}` are read-only",
    label = "these bytes are read-only",
    note = "read and mapped arrays share their bytes: `Array::to_typed` gives an `ndarray` array of one's own, `Array::zeros` an \
        array to be filled, and `map_mut` maps a file to be changed"
)]
pub trait StorageMut: Storage {
    /// All the bytes, to be written.
    fn bytes_mut(&mut self) -> &mut [u8];
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! storage {
    ($(($($lifetime:lifetime)?) $type:ty),* $(,)?) => {$(
        impl<$($lifetime)?> sealed::Sealed for $type {}

        impl<$($lifetime)?> Storage for $type {
            fn bytes(&self) -> &[u8] {
                self
            }
        }
    )*};
}

storage!(() Buffer, ('a) &'a [u8], ('a) &'a mut [u8], () Mmap, () MmapMut);

impl sealed::Sealed for BufferMut {}

impl Storage for BufferMut {
    fn bytes(&self) -> &[u8] {
        self.as_slice()
    }
}

impl StorageMut for BufferMut {
    fn bytes_mut(&mut self) -> &mut [u8] {
        self.as_mut_slice()
    }
}

impl StorageMut for &mut [u8] {
    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl StorageMut for MmapMut {
    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}
