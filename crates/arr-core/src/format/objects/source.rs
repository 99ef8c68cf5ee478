//! Where the arrays of a file of objects come from.

use crate::format::Positioned;
use crate::format::part::Description;
use crate::{Array, Buffer, DType, Error, Input, Layout, Result};

/// What is done with items of arrays that are still in the file.
#[derive(Clone, Debug)]
pub enum Keep {
    /// They are left there.
    Left,
    /// They are read.
    Read,
    /// The whole file is this buffer, of which they are a part.
    Shared(Buffer),
}

/// Where the items of an array of a file of objects are.
#[derive(Clone, Debug)]
pub enum ItemsAt {
    /// In memory: they have been in the file in another form.
    Memory(Array),
    /// In the file as they are in memory; the layout counts from that byte on.
    File {
        /// The byte.
        at: u64,
        /// What one item is.
        dtype: DType,
        /// Where the items lie.
        layout: Layout,
    },
    /// In the file in a form that [`decode`](super::ObjectFile::decode) reads.
    Coded(Description),
}

impl ItemsAt {
    /// The bytes that the items take in memory of their own.
    pub(super) fn nbytes(&self) -> u64 {
        match self {
            Self::Memory(array) => array.nbytes() as u64,
            Self::File { dtype, layout, .. } => (layout.len() as u64).saturating_mul(dtype.itemsize() as u64),
            Self::Coded(what) => what.nbytes(),
        }
    }

    /// The bytes that hold the items of which that is the description, where each is held as it is.
    pub(super) fn stored(&self, what: &Description) -> Option<u64> {
        match self {
            Self::Memory(array) => Some(array.storage().len() as u64),
            Self::File { .. } => what.data_len,
            Self::Coded(_) => None,
        }
    }

    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Memory(array) => {
                let (dtype, len) = (array.dtype().clone(), Some(array.nbytes() as u64));
                Description::new(dtype, array.shape(), array.order(), 0, len).with_packed(true)
            }
            Self::File { at, dtype, layout } => {
                let len = layout.extent(dtype.itemsize()).map(|extent| extent.len() as u64);
                let order = layout.contiguity(dtype.itemsize());
                Description::new(dtype.clone(), layout.shape(), order, *at, len)
            }
            Self::Coded(what) => what.clone().with_packed(true),
        }
    }

    /// The same with the first item in memory order at the byte from which the layout counts.
    pub(super) fn at_first(self) -> Result<Self> {
        let Self::File { at, dtype, layout } = self else { return Ok(self) };
        let first = layout.extent(dtype.itemsize()).map_or(0, |extent| extent.start);
        let offset = layout.offset().saturating_sub(first);
        let layout = Layout::new(layout.shape(), layout.strides(), offset)?;
        Ok(Self::File { at: at.saturating_add(first as u64), dtype, layout })
    }
}

/// All bytes of an input that can be read in any order.
#[derive(Clone, Copy, Debug)]
pub enum AllBytes<'f> {
    /// They are in memory.
    Memory(&'f [u8]),
    /// They are in a file.
    File(&'f Positioned<'f>),
}

impl<'f> AllBytes<'f> {
    /// Hands on all bytes of an input from where it is, with the number of those before.
    ///
    /// # Errors
    /// `Unsupported` when the input can't be read in any order; those of `read`.
    pub fn of<T>(
        input: &mut Input<'_>,
        read: impl for<'b> FnOnce(AllBytes<'b>, u64) -> Result<T>,
    ) -> Result<T> {
        let lost = || Error::unsupported("the input can't be read in any order");
        let len = input.remaining().and_then(|len| usize::try_from(len).ok());
        let position = input.position();
        let mut ahead = input.ahead().ok_or_else(lost)?;
        if let Some(bytes) = len.and_then(|len| ahead.lend(len)) {
            return read(AllBytes::Memory(bytes), position);
        }
        let file: Positioned<'_> = input.positioned().ok_or_else(lost)?;
        read(AllBytes::File(&file), position)
    }
}
