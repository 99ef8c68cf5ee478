//! A slice of a remote `.npy` and a member of a remote `.npz`, of which no more is fetched than that takes:
//!
//! ```sh
//! cargo run --example remote https://example.com/x.npy '500000:500005, :' s3://bucket/model.npz layer1/w
//! ```
//!
//! URLs are those of the `object_store` crate: with its features for them also `gs://` and others. Options are taken from
//! the environment (`AWS_REGION`, `ALLOW_HTTP=true`).

use std::error::Error;

use arr_io::format::{Positioned, ReadAt};
use arr_io::npy::{Npz, ReadOptions};
use arr_io::{Input, Limits, Slice};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, parse_url_opts};
use tokio::runtime::{Handle, Runtime};

/// An object of a store, as a source that is read in any order.
#[derive(Debug)]
struct Remote {
    store: Box<dyn ObjectStore>,
    path: Path,
    len: u64,
    runtime: Handle,
}

impl Remote {
    fn open(url: &str, runtime: &Handle) -> Result<Self, Box<dyn Error>> {
        let (store, path) = parse_url_opts(&url.parse()?, std::env::vars())?;
        let len = runtime.block_on(store.head(&path))?.size;
        Ok(Self { store, path, len, runtime: runtime.clone() })
    }
}

/// So many bytes are asked for in one request at most: they are in memory twice for a while.
const MOST: u64 = 16 << 20;

impl ReadAt for Remote {
    fn size(&self) -> arr_io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> arr_io::Result<usize> {
        let end = offset.saturating_add(MOST.min(bytes.len() as u64)).min(self.len);
        if offset >= end {
            return Ok(0);
        }
        let found = self.runtime.block_on(self.store.get_range(&self.path, offset..end)).map_err(failed)?;
        copy(&found, bytes)
    }

    /// The ranges of a slice, several of them at the same time.
    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> arr_io::Result<()> {
        let wanted: Vec<_> =
            ranges.iter().map(|(offset, bytes)| *offset..*offset + bytes.len() as u64).collect();
        let found = self.runtime.block_on(self.store.get_ranges(&self.path, &wanted)).map_err(failed)?;
        let whole = found.iter().map(|found| found.len()).eq(ranges.iter().map(|(_, bytes)| bytes.len()));
        if !whole {
            return Err(failed("the store did not send what was asked for"));
        }
        ranges.iter_mut().zip(found).try_for_each(|((_, bytes), found)| copy(&found, bytes).map(drop))
    }

    /// While a request is on its way, a mebibyte would come.
    fn gap(&self) -> u64 {
        1 << 20
    }
}

fn copy(found: &[u8], bytes: &mut [u8]) -> arr_io::Result<usize> {
    let target = bytes.get_mut(..found.len());
    target.ok_or_else(|| failed("the store sent more than was asked for"))?.copy_from_slice(found);
    Ok(found.len())
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> arr_io::Error {
    arr_io::Error::io("can't read", std::io::Error::other(error))
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [npy, slice, npz, member] = words.as_slice() else {
        return Err("usage: remote NPY SLICE NPZ MEMBER".into());
    };
    // The runtime's own threads do the requests, and this one waits for them. A thread that runs async code must not
    // wait: there, arrays are read in `spawn_blocking`.
    let runtime = Runtime::new()?;

    let mut input = Input::from_source(Remote::open(npy, runtime.handle())?)?;
    let array = ReadOptions::new().read_part_input(&mut input, slice.parse::<Slice>()?)?;
    println!("{npy}: {} {:?}\n{array}", array.dtype(), array.shape());

    let archive =
        Npz::from_source(Positioned::new(Remote::open(npz, runtime.handle())?)?, &Limits::default())?;
    let array = archive.get(member)?;
    println!("{npz}::{member}: {} {:?}\n{array}", array.dtype(), array.shape());
    Ok(())
}
