//! What the header of every byte form states of its array.

use arr_core::format::Description;
use arr_core::{Contiguity, DType, Layout};

use crate::nd4j::{DataType, Generation, ShapeInfo};

/// The part of a header that all byte forms have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) generation: Generation,
    pub(crate) data_type: DataType,
    pub(crate) dtype: DType,
    pub(crate) info: ShapeInfo,
    /// Where the items lie, counted from the start of the data; strings count as one byte each.
    pub(crate) layout: Layout,
}

/// Gives a header, whose field `stated` is a [`Stated`], the methods that look at it.
macro_rules! stated_by {
    ($header:ident) => {
        impl $header {
            /// The generation of the writer.
            #[must_use]
            pub fn generation(&self) -> $crate::nd4j::Generation {
                self.stated.generation
            }

            /// ND4J's type of the items; of packed data, the type that the items had before.
            #[must_use]
            pub fn data_type(&self) -> $crate::nd4j::DataType {
                self.stated.data_type
            }

            /// The dtype of the items, in the byte order in which they are read.
            #[must_use]
            pub fn dtype(&self) -> &arr_core::DType {
                &self.stated.dtype
            }

            /// The shape information, as the file has it.
            #[must_use]
            pub fn shape_info(&self) -> &$crate::nd4j::ShapeInfo {
                &self.stated.info
            }

            /// Items along each dimension. An empty array without dimensions (`Nd4j.empty`) has the shape `[0]`.
            #[must_use]
            pub fn shape(&self) -> &[usize] {
                self.stated.layout.shape()
            }

            /// The layout of the items in the data, in bytes; in the unpacked data where it is packed. Strings count as one
            /// byte each.
            #[must_use]
            pub fn layout(&self) -> &arr_core::Layout {
                &self.stated.layout
            }
        }
    };
}

pub(crate) use stated_by;

impl Stated {
    /// How the items lie; strings, of which some forms have no bytes, in the order that the file names.
    fn contiguity(&self) -> Contiguity {
        self.layout.contiguity(self.data_type.layout_size())
    }

    /// What has to be known to read the array, whose data begins at byte `offset` of the input.
    pub(crate) fn description(&self, offset: u64, len: Option<u64>) -> Description {
        Description::new(self.dtype.clone(), self.layout.shape(), self.contiguity(), offset, len)
    }

    /// All else that is stated; `packing` describes how the data is packed.
    pub(crate) fn with_details(&self, what: Description, packing: Option<String>) -> Description {
        let what = with_type(what, self.generation, self.data_type);
        let what = what.with_detail("strides", format!("{:?}, in items", self.info.strides()));
        match packing {
            Some(packing) => what.with_detail("packing", packing),
            None => what,
        }
    }
}

/// Adds generation and type, which all forms state.
pub(crate) fn with_type(what: Description, generation: Generation, kind: DataType) -> Description {
    what.with_detail("generation", format!("{generation}: ND4J {}", generation.versions()))
        .with_detail("type", kind)
}
