//! The arrays that ND4J sends over Aeron (`nd4j-aeron`): as messages (format `nd4j-aeron-message`), and as messages cut into
//! chunks (format `nd4j-aeron-chunk`).
//!
//! | to | ND4J | use |
//! |---|---|---|
//! | read a message | `NDArrayMessage.fromBuffer` | [`read`], [`read_from`], [`read_bytes`], [`read_buffer`], [`ReadOptions`] |
//! | read a part of its array | | [`read_part`] |
//! | view a message, without a copy | | [`view`] |
//! | write a message | `NDArrayMessage.toBuffer` | [`Message::to_bytes`], [`Message::encode_into`], [`Message::save`] |
//! | cut a message | `NDArrayMessage.chunks` | [`split`] |
//! | join chunks | `NDArrayMessage.fromChunks` | [`read_chunks`], [`join`] |
//! | read and write a chunk | `NDArrayMessageChunk` | [`Chunk::parse`], [`Chunk::to_bytes`] |
//!
//! ```
//! use arr_binary::aeron::{self, Message};
//! use arr_core::Array;
//! let sent = Message::new(Array::from_vec(vec![1.5f32, 2.5], &[2])?, 1_600_000_000_000);
//! let bytes = sent.to_bytes()?;
//! let chunks: Vec<Vec<u8>> = aeron::split(&bytes, 16, "00000000-1111-2222-3333-444444444444")?
//!     .map(|chunk| chunk.to_bytes())
//!     .collect::<Result<_, _>>()?;
//! let received = aeron::read_chunks(&chunks)?;
//! assert_eq!((received.sent, received.index), (1_600_000_000_000, -1));
//! assert_eq!(received.array.to_vec::<f32>()?, [1.5, 2.5]);
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! # The bytes of a message
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | 1: a whole message |
//! | | an array as [`BinarySerde`](crate::nd4j::binaryserde) writes it, of any generation |
//! | 8 | the time of sending, in milliseconds since 1970 |
//! | 8 | the index of the part of an array; -1 for the whole array |
//! | 4 | the number of dimensions along which the array is a part, 1 or more |
//! | 4 each | the dimensions; a single -1 for the whole array |
//!
//! # The bytes of a chunk
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | 0: a chunk |
//! | 4 | the number of chunks of the message |
//! | 4 | bytes of the message in each chunk, except for the last one, which may have fewer |
//! | 4 | the length of the message's name, 36 |
//! | | the message's name, a UUID |
//! | 4 | the index of the chunk, from 0 on |
//! | | bytes of the message |
//!
//! All numbers are little-endian, as on every machine that ND4J runs on. The shape and the type of the array, or the header
//! of its packed data, tell where the array ends. Its items begin 4 bytes after a multiple of 8: numbers of 8 bytes can
//! be viewed in place, but typed only in a copy. ND4J's `NDArrayMessageChunk.fromBuffer` takes a buffer from which the
//! first number has been read; here that number is always part of the chunk.
//!
//! The time of sending, the index and the dimensions are in a [`Message`], not in its array. The formats
//! [`Nd4jAeronMessage`](crate::format::Nd4jAeronMessage) and [`Nd4jAeronChunk`](crate::format::Nd4jAeronChunk) read the array
//! alone, and write a message of a whole array that is sent now. To keep the fields, read and write a `Message`.

mod chunk;
pub(crate) mod format;
mod message;
mod read;

pub use self::chunk::{Chunk, Chunks, join, split};
pub use self::message::{Message, read_buffer, view, view_with};
pub use self::read::{
    ReadOptions, read, read_bytes, read_chunks, read_chunks_with, read_from, read_input, read_part,
};

/// The registered name of messages.
const MESSAGE: &str = "nd4j-aeron-message";

/// The registered name of chunks.
const CHUNK: &str = "nd4j-aeron-chunk";

/// The first integer of a chunk.
const CHUNKED: i32 = 0;

/// The first integer of a message.
const WHOLE: i32 = 1;
