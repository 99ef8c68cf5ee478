//! Where the bytes of an array live.

use crate::{Buffer, BufferMut, Mmap, MmapMut};

/// Bytes that can be the storage of an [`Array`](crate::Array).
///
/// It is sealed, since it guards an invariant: the bytes that an array was checked against stay where they are.
pub trait Storage: sealed::Sealed {
    /// All the bytes.
    fn bytes(&self) -> &[u8];
}

/// Bytes that an array can be written through.
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
