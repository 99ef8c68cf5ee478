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
    let inner = unpacked(bytes);
    let came_back = |packed: &[u8], members: usize| match (unpacked(packed), &inner) {
        // Of a few bytes and no checksum before them, zlib may not be told.
        (Ok(found), inner) => {
            let is_told = compression != Compression::Zlib;
            let is_whole = found == bytes || inner.as_ref().is_ok_and(|inner| found == *inner);
            assert!(is_whole || !is_told && found == packed, "{members} members of {compression}");
        }
        // What is inside may be compressed too, and broken.
        (Err(error), inner) => assert!(inner.is_err(), "{members} members of {compression}: {error}"),
    };
    let mut packed = pack(compression, bytes);
    came_back(&packed, 1);
    // One after the other, two files are one. zlib has no such form.
    if compression != Compression::Zlib {
        let (front, back) = bytes.split_at(bytes.len() / 2);
        came_back(&[pack(compression, front), pack(compression, back)].concat(), 2);
    }
    for (number, byte) in bytes.iter().rev().take(4).enumerate() {
        let at = usize::from(*byte) * (number + 1) % packed.len();
        packed[at] ^= byte.rotate_left(3) | 1;
        unpacked(&packed).ok();
    }
}

fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut packer = compression.writer(&mut packed, Some(1)).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap();
    packed
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
