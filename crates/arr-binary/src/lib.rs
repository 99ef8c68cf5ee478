//! The arrays of ND4J, the array library of Deeplearning4j on the JVM: every byte form that it writes, of every
//! generation, without Java.

pub mod aeron;
pub mod binaryserde;
pub mod buffer;
pub mod compress;
mod details;
#[cfg(feature = "flatarray")]
pub mod flatarray;
pub mod java;
pub mod shape;
pub mod stream;
mod texts;
pub mod types;

pub use aeron::{AeronChunk, AeronMessage};
pub use binaryserde::BinarySerde;
pub use buffer::AllocationMode;
pub use compress::Algorithm;
#[cfg(feature = "flatarray")]
pub use flatarray::FlatArray;
pub use java::JavaSerialized;
pub use shape::ShapeInfo;
pub use stream::{Nd4jStream, StreamHeader};
pub use types::{DataType, Generation};
