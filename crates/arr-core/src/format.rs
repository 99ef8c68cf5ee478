//! What formats are made of: the words of those who implement one.
//!
//! A format reads an [`Input`] under a [`Budget`] and writes an [`Output`]; [`SaveOptions`](crate::SaveOptions) makes
//! files of that appear whole or not at all. What a format says of itself, and how it is found out, is [`Format`].

pub(crate) mod io;
pub(crate) mod limits;
pub mod literal;
mod protocol;
pub(crate) mod save;

pub use crate::Input;
pub use crate::model::buffer::BUFFER_ALIGNMENT;
pub use crate::model::dtype::MAX_ITEMSIZE;
pub use crate::ops::swap::{Swap, SwapPart};
pub use io::{FileWindow, Output, RandomAccess};
pub use limits::{ANY_EXPANSION, Budget};
pub use protocol::{
    Archive, ArchiveFormat, ArchiveWriter, Capabilities, Description, Format, FormatInfo, Match, MemberInfo,
    Take, TakeFile,
};
pub use save::{GrownFile, NewFile, safe_path};
