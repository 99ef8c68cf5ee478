//! Names of parts in the output.

use arr_core::format::{MemberInfo, PartInfo};

use crate::Parts;

/// By what a part is asked for in another archive: as it was, or else by the name of its file, with its number where the
/// file has several: those of `x.nd4j` are `x_0`, `x_1`, and those of no file, as in NumPy, `arr_0`, `arr_1`.
pub(crate) fn key_of(parts: &Parts<'_>, part: &PartInfo, stem: Option<&str>) -> String {
    match (&part.key, stem) {
        (Some(key), _) => key.clone(),
        (None, Some(stem)) if !parts.has_several() => stem.to_owned(),
        (None, stem) => format!("{}_{}", stem.unwrap_or("arr"), part.place),
    }
}

/// The default level of a member: as it was, stored or by the usual level.
pub(super) fn usual_level(member: &MemberInfo) -> u8 {
    if member.packing == "stored" { 0 } else { 6 }
}
