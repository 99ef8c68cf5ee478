//! `.npz` archives: zip files of `.npy` members.

mod check;
mod decode;
mod deflate;
mod directory;
mod edit;
mod fetch;
pub(crate) mod format;
mod member;
mod names;
mod out;
mod packer;
mod read;
mod record;
mod salvage;
pub mod sparse;
mod write;
#[cfg(feature = "zstd")]
mod zstd;

use crate::broken_invariant;

pub use self::format::names_array;
pub use decode::Method;
pub use edit::{NpzEditor, append_npz};
pub use member::{Member, MemberReader};
pub use read::{MemberIter, Npz};
pub use write::{NpzOptions, NpzWriter, save_npz, save_npz_compressed};

/// The name of the format in errors.
const FORMAT: &str = "npz";
