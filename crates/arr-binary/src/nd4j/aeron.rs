//! What ND4J sends over Aeron (`nd4j-aeron`): arrays as messages, and messages cut into chunks.
//!
//! | to | ND4J | use |
//! |---|---|---|
//! | read a message | `NDArrayMessage.fromBuffer` | [`read`], [`read_from`], [`read_bytes`], [`read_buffer`], [`ReadOptions`] |
//! | read a part of its array | | [`read_part`] |
//! | look at a message without a copy | | [`view`] |
//! | write a message | `NDArrayMessage.toBuffer` | [`Message::to_bytes`], [`Message::encode_into`], [`Message::save`] |
//! | cut a message | `NDArrayMessage.chunks` | [`split`] |
//! | put one together | `NDArrayMessage.fromChunks` | [`read_chunks`], [`join`] |
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
//! | 8 | when it was sent, in milliseconds since 1970 |
//! | 8 | which part of an array it is; -1 is the whole array |
//! | 4 | the number of dimensions along which it is a part, 1 or more |
//! | 4 each | the dimensions; a single -1 for the whole array |
//!
//! # The bytes of a chunk
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | 0: a chunk |
//! | 4 | the number of chunks of the message |
//! | 4 | bytes of the message in each chunk, but for the last, which may have fewer |
//! | 4 | the length of the message's name, 36 |
//! | | the message's name, a UUID |
//! | 4 | which chunk it is, from 0 on |
//! | | bytes of the message |
//!
//! All numbers are little-endian here, as on every machine that ND4J runs on. Where the array of a message ends is found
//! out from its shape and type, or from what its compressed data says. Its items begin at 4 bytes behind a multiple of 8:
//! numbers of 8 bytes are seen in place, but typed only in a copy. ND4J's `NDArrayMessageChunk.fromBuffer` wants a buffer
//! from which the first number has been read already; here it is always there.
//!
//! When a message was sent, its index and its dimensions are in a [`Message`], not in its array: as formats of the facade,
//! [`Nd4jAeronMessage`](crate::format::Nd4jAeronMessage) and
//! [`Nd4jAeronChunk`](crate::format::Nd4jAeronChunk) read the array alone, and write a message of a whole array that is sent now. To
//! keep them, read and write a `Message`.

mod chunk;
pub(crate) mod format;
mod message;
mod read;

pub use self::chunk::{Chunk, Chunks, join, split};
pub use self::message::{Message, read_buffer, view, view_with};
pub use self::read::{
    ReadOptions, read, read_bytes, read_chunks, read_chunks_with, read_from, read_input, read_part,
};

/// The name of messages among the formats.
const MESSAGE: &str = "nd4j-aeron-message";

/// The name of chunks among the formats.
const CHUNK: &str = "nd4j-aeron-chunk";

/// The first number of a chunk.
const CHUNKED: i32 = 0;

/// The first number of a message.
const WHOLE: i32 = 1;
