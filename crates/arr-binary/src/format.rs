//! The formats of this crate as values, for the facade and for choosing formats at run time.

#[cfg(feature = "nd4j")]
pub use crate::nd4j::{
    aeron::format::{Nd4jAeronChunk, Nd4jAeronMessage},
    binaryserde::format::Nd4jBinarySerde,
    dataset::format::Nd4jDataSet,
    java::format::JavaSerialized,
    stream::format::Nd4jStream,
};
#[cfg(feature = "flatarray")]
pub use crate::nd4j::{flatarray::format::Nd4jFlatArray, samediff::format::Nd4jSameDiff};
#[cfg(feature = "raw")]
pub use crate::raw::Raw;
#[cfg(feature = "torch7")]
pub use crate::torch7::format::{Torch7, Torch7Ascii};

#[cfg(all(test, feature = "flatarray", feature = "raw", feature = "torch7"))]
mod tests {
    use arr_core::format::Format;

    use super::*;

    #[test]
    fn names_follow_the_registered_ones() {
        let formats: [&dyn Format; 11] = [
            &Nd4jStream,
            &Nd4jBinarySerde,
            &Nd4jAeronMessage,
            &Nd4jAeronChunk,
            &Nd4jFlatArray,
            &Nd4jSameDiff,
            &Nd4jDataSet,
            &JavaSerialized,
            &Torch7,
            &Torch7Ascii,
            &Raw,
        ];
        for format in formats {
            assert_eq!(format!("{format:?}").to_lowercase(), format.info().name.replace('-', ""));
        }
    }
}
