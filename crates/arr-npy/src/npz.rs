//! `.npz` archives: zip files of `.npy` members.

#[cfg(feature = "rayon")]
mod boundary;
mod check;
mod decode;
mod directory;
mod edit;
mod encode;
mod fetch;
pub(crate) mod format;
mod line;
mod member;
mod out;
mod pack;
#[cfg(feature = "rayon")]
mod parallel;
mod read;
mod record;
mod segments;
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
mod splice;
mod write;

pub use decode::Method;
pub use edit::{NpzEditor, append_npz};
pub use member::{Member, MemberReader};
pub use read::Npz;
pub use write::{NpzOptions, NpzWriter, save_npz, save_npz_compressed};

/// The name of the format in errors.
const FORMAT: &str = "npz";
