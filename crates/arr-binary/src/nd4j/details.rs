//! What people are told of an array before it is read.

use arr_core::format::Description;

use crate::nd4j::{DataType, Generation, ShapeInfo};

/// Adds what ND4J's forms say of an array besides its dtype and shape; `packing` is how its data is compressed.
pub(crate) fn with_details(
    description: Description,
    generation: Generation,
    kind: DataType,
    strides: Option<&ShapeInfo>,
    packing: Option<String>,
) -> Description {
    let mut description = description
        .with_detail("generation", format!("{generation}: ND4J {}", generation.versions()))
        .with_detail("type", kind);
    if let Some(info) = strides {
        description = description.with_detail("strides", format!("{:?}, in items", info.strides()));
    }
    match packing {
        Some(packing) => description.with_detail("packing", packing),
        None => description,
    }
}
