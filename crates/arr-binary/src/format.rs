//! The formats of this crate as values, for the facade and for choosing formats at run time.

#[cfg(feature = "flatarray")]
pub use crate::nd4j::flatarray::format::Nd4jFlatArray;
#[cfg(feature = "nd4j")]
pub use crate::nd4j::{
    aeron::format::{Nd4jAeronChunk, Nd4jAeronMessage},
    binaryserde::format::Nd4jBinarySerde,
    java::format::JavaSerialized,
    stream::format::Nd4jStream,
};

#[cfg(all(test, feature = "flatarray"))]
mod tests {
    use arr_core::format::Format;

    use super::*;

    #[test]
    fn names_follow_the_registered_ones() {
        let formats: [&dyn Format; 6] = [
            &Nd4jStream,
            &Nd4jBinarySerde,
            &Nd4jAeronMessage,
            &Nd4jAeronChunk,
            &Nd4jFlatArray,
            &JavaSerialized,
        ];
        for format in formats {
            assert_eq!(format!("{format:?}").to_lowercase(), format.info().name.replace('-', ""));
        }
    }
}
