//! The arrays of ND4J, the array library of Deeplearning4j on the JVM: every byte form that it writes, of every
//! generation, without Java.

#[allow(dead_code)]
pub mod buffer;
#[allow(dead_code)]
pub mod compress;
#[cfg(feature = "flatarray")]
pub mod flatarray;
pub mod shape;
pub mod types;

pub use buffer::AllocationMode;
pub use compress::Algorithm;
pub use shape::ShapeInfo;
pub use types::{DataType, Generation};
