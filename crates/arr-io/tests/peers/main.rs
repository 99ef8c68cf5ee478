//! What the test suites of other libraries assert, asserted of this one: `docs/PEERS.md` says, for each of their tests,
//! which of these tests holds it, or what is done here in its place and why.
#![cfg(all(feature = "npz", feature = "ndarray", feature = "derive", feature = "text", feature = "gzip"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a failed assumption is a failed test; numbers are small"
)]

mod ferray;
mod ndarray_npy;
mod npyz;
mod table;

use std::path::Path;

use arr_conformance::own_file;
use arr_io::{Array, BufferMut, Mmap, MmapMut, Result};

/// A `.npy` file of version 1.0, as NumPy writes it: the header's text, filled up to 64 bytes, and the data.
fn file(descr: &str, fortran_order: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    with_text(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"), [1, 0], data)
}

/// A `.npy` file with that text as its header.
fn with_text(text: &str, version: [u8; 2], data: &[u8]) -> Vec<u8> {
    let wide = version != [1, 0];
    let before = if wide { 12 } else { 10 };
    let len = (before + text.len() + 1).next_multiple_of(64) - before;
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend(version);
    bytes.extend(&u32::try_from(len).unwrap().to_le_bytes()[..if wide { 4 } else { 2 }]);
    bytes.extend(text.as_bytes());
    bytes.resize(before + len - 1, b' ');
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}

/// Bytes that begin so far behind an address that is a multiple of 64.
struct Placed {
    memory: BufferMut,
    offset: usize,
}

impl Placed {
    fn at(offset: usize, bytes: &[u8]) -> Self {
        let mut memory = BufferMut::zeroed(offset + bytes.len()).unwrap();
        memory.as_mut_slice()[offset..].copy_from_slice(bytes);
        Self { memory, offset }
    }

    fn bytes(&self) -> &[u8] {
        &self.memory.as_slice()[self.offset..]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory.as_mut_slice()[self.offset..]
    }
}

/// Maps a file that no other program has.
fn map(path: &Path) -> Result<Array<Mmap>> {
    own_file!(arr_io::npy::map(path))
}

/// Maps a file that no other program has, for writing.
fn map_mut(path: &Path) -> Result<Array<MmapMut>> {
    own_file!(arr_io::npy::map_mut(path))
}

/// Maps a file that no other program has, for changes that it does not see.
fn map_private(path: &Path) -> Result<Array<MmapMut>> {
    own_file!(arr_io::npy::map_private(path))
}
