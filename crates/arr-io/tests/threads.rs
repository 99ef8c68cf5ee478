//! The threads that are chosen for a file do all that its reader, and its writer, does later.
#![cfg(all(feature = "rayon", feature = "npy", feature = "npz"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use arr_io::format::threads::{self, Threads};
use arr_io::format::{Positioned, ReadAt};
use arr_io::{Conversion, Destination, Input, OpenOptions, Order, Origin, Registry, Result};

/// How many threads there were at each call of a source or a sink.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Vec<usize>>>);

impl Seen {
    fn note(&self) {
        self.0.lock().unwrap().push(threads::count());
    }

    /// What has been seen since this was asked last, each number once.
    fn take(&self) -> Vec<usize> {
        let mut seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

#[derive(Debug)]
struct Watched(Vec<u8>, Seen);

impl ReadAt for Watched {
    fn size(&self) -> Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.1.note();
        let rest = usize::try_from(offset).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        let len = rest.len().min(bytes.len());
        bytes[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
}

struct Sink(Seen);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.note();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let values = ndarray::Array2::from_shape_fn((300, 200), |(row, column)| {
        f64::from(u32::try_from(row * column).unwrap())
    });
    ["x.npy", "x.npz"]
        .map(|name| {
            let path = folder.path().join(name);
            arr_io::save(&path, &values).unwrap();
            (name, std::fs::read(&path).unwrap())
        })
        .into()
}

fn input(bytes: &[u8], seen: &Seen) -> Input<'static> {
    Input::from_positioned(Positioned::new(Watched(bytes.to_vec(), seen.clone())).unwrap())
}

#[test]
fn a_reader_keeps_to_its_threads() {
    for (name, bytes) in files() {
        for (choice, expected) in [(Threads::one(), 1), (Threads::count(3), 3)] {
            let seen = Seen::default();
            let options = OpenOptions::new().threads(choice);
            let mut parts = options.parts_of(input(&bytes, &seen), None).unwrap();
            let part = parts.next_part().unwrap().unwrap();
            assert_eq!(seen.take(), [expected], "{name}: open");
            parts.read(&part).unwrap();
            assert_eq!(seen.take(), [expected], "{name}: read");
            let mut blocks = parts.blocks_of(&part, Some(Order::F), 1 << 16).unwrap();
            while blocks.next_block().unwrap().is_some() {}
            drop(blocks);
            assert_eq!(seen.take(), [expected], "{name}: blocks");
        }
    }
}

#[test]
fn a_conversion_keeps_to_its_threads() {
    for (name, bytes) in files() {
        for (choice, expected) in [(Threads::one(), 1), (Threads::count(3), 3)] {
            let (read, written) = (Seen::default(), Seen::default());
            let parts = OpenOptions::new().parts_of(input(&bytes, &read), None).unwrap();
            read.take();
            let origin = Origin { name: name.into(), stem: Some("x".into()), member: None, key: None, parts };
            let conversion = Conversion::new().threads(choice).to("npz").level(1);
            let mut sink = Sink(written.clone());
            let to = Destination::Stream(&mut sink, "out".into());
            let target = conversion.target(to, Registry::shared()).unwrap();
            conversion.run(vec![origin], target, &mut ()).unwrap();
            assert_eq!((read.take(), written.take()), (vec![expected], vec![expected]), "{name}");
        }
    }
}
