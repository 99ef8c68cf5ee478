//! The arrays of ND4J, the array library of Deeplearning4j on the JVM: every byte form that it writes, of every
//! generation, without Java.

pub mod shape;
pub mod types;

pub use shape::ShapeInfo;
pub use types::{DataType, Generation};
