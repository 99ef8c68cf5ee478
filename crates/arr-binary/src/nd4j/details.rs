//! The details in descriptions of arrays.

use arr_core::format::Description;

use crate::nd4j::{DataType, Generation, ShapeInfo};

/// Adds all that ND4J's formats state of an array besides its dtype and shape; `packing` describes how its data is packed.
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
