//! Compressed files, and files that are not arrays.

use std::io::Write;

use arr_io::layer::{Compression, stranger, uncompressed};
use arr_io::{Input, Result};

use super::npy::limits;
use super::pieces::Pieces;

const WRITTEN: [Compression; 5] =
    [Compression::Gzip, Compression::Zlib, Compression::Bzip2, Compression::Xz, Compression::Zstd];

/// Bytes are named; looked through as they are; and compressed, damaged, and looked through again.
pub fn layer(bytes: &[u8]) {
    assert!(!stranger(bytes).to_string().contains(char::is_control));
    unpacked(bytes).ok();
    let compression = WRITTEN[bytes.len() % WRITTEN.len()];
    let mut packed = Vec::new();
    let mut packer = compression.writer(&mut packed, Some(1)).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap();
    let inner = unpacked(bytes);
    match unpacked(&packed) {
        // Of a few bytes and no checksum before them, zlib may not be told.
        Ok(found) => {
            let is_told = compression != Compression::Zlib;
            let is_whole = found == bytes || inner.is_ok_and(|inner| found == inner);
            assert!(is_whole || !is_told && found == packed, "{compression}");
        }
        // What is inside may be compressed too, and broken.
        Err(error) => assert!(inner.is_err(), "{compression}: {error}"),
    }
    for (number, byte) in bytes.iter().rev().take(4).enumerate() {
        let at = usize::from(*byte) * (number + 1) % packed.len();
        packed[at] ^= byte.rotate_left(3) | 1;
        unpacked(&packed).ok();
    }
}

/// What comes out, which has to be the same from memory and from a stream.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>> {
    let all = |input: Input<'_>| {
        let (mut input, _) = uncompressed(input.with_limits(&limits()), |_| false)?;
        input.read_to_end()
    };
    let (memory, stream) = (all(Input::from_bytes(bytes)), all(Input::from_reader(Pieces::new(bytes))));
    assert_eq!(memory.as_ref().ok(), stream.as_ref().ok());
    memory
}
