//! What formats are made of: the types for implementing one.
//!
//! A format reads an [`Input`] under a [`Budget`] and writes an [`Output`]; [`SaveOptions`](crate::SaveOptions) makes
//! files of that appear whole or not at all. What a format says of itself, and how it is found out, is [`Format`].

mod blocks;
mod codec;
mod cut;
#[doc(hidden)]
pub mod doors;
mod expected;
mod info;
pub(crate) mod io;
pub(crate) mod limits;
pub mod literal;
#[doc(hidden)]
pub mod number;
mod objects;
mod on_threads;
mod options;
mod part;
mod plain;
mod protocol;
mod row;
pub(crate) mod save;
mod settings;

pub use crate::Input;
pub use crate::model::buffer::{BUFFER_ALIGNMENT, check_memory};
pub use crate::model::dtype::MAX_ITEMSIZE;
pub use crate::model::map::Mapper;
pub use crate::model::room;
pub use crate::model::threads;
pub use crate::ops::cast::unravel;
pub use crate::ops::swap::{Swap, SwapPart};
pub use blocks::{BLOCK, Block, Blocks, Cutter, InMemory, PickedBlocks, Place, SCATTERED_BLOCK, SliceBlocks};
pub use codec::{Codec, Frame, Head, read_items, write_framed};
pub use expected::Expected;
pub use info::{Capabilities, FormatInfo, Holds, Match, Words};
pub use io::{Output, Positioned, ReadAt, Seekable, SwappedItems};
pub use limits::{ANY_EXPANSION, Budget, FREE_OBJECTS, HELD_DESCRIPTIONS, LimitInfo, OBJECTS_PER_BYTE};
pub use objects::{AllBytes, ItemsAt, Keep, ObjectFile, ObjectReader};
pub use on_threads::{read_on_threads, write_on_threads};
pub use options::{OptionInfo, OptionKind, OptionValue, Options, Side};
pub use part::{Content, Description, MemberInfo, NewPart, Outline, Part, PartChange, PartInfo, Selection};
pub use plain::{Plain, PlainHead};
pub use protocol::{BadPart, Format, Reader, Sink, Source, TakeFile, Writer};
pub use row::{ArrayReader, RowReader, RowWriter, StreamBlocks, is_in};
pub use save::{GrownFile, NewFile, NewFolder, at_rest, open_regular, safe_path, windows_path};
pub use settings::{Notes, Reading, Writing};
