//! Segments that are packed by all cores and come back in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};

use arr_core::{Error, ErrorKind, Result};
use crc32fast::Hasher;

use super::pack::{Tools, fastest_level};

/// How many segments may be packed before the first of them is written, and how many share a sample.
pub(super) const AT_ONCE: usize = 20;

/// How many packed segments are wanted to open their ends.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
const ENDS: usize = super::splice::SIDE_BY_SIDE;
#[cfg(not(all(feature = "libdeflate", not(target_family = "wasm"))))]
const ENDS: usize = 1;

/// A segment, packed.
pub(super) struct Done {
    index: usize,
    pub(super) packed: Vec<u8>,
    pub(super) hasher: Hasher,
}

/// Segments that wait for others, so that their ends are opened together.
#[derive(Default)]
struct Closed {
    waiting: Vec<Done>,
    /// Segments that are being packed or will be.
    on_the_way: usize,
}

/// Segments that are being packed.
struct Line<'a> {
    segments: &'a [&'a [u8]],
    /// The one that nothing follows.
    last: Option<usize>,
    level: u8,
    /// The level of each group of segments, when it is known.
    levels: Vec<OnceLock<u8>>,
    tools: &'a Tools,
    closed: Mutex<Closed>,
}

/// Packs segments, and hands each to `write` as soon as it and all before it are packed. The last one ends the stream
/// if `ends`.
pub(super) fn pack_all(
    segments: &[&[u8]],
    (level, ends): (u8, bool),
    tools: &Tools,
    write: &mut dyn FnMut(&Done) -> Result<()>,
) -> Result<()> {
    let line = Line {
        segments,
        last: segments.len().checked_sub(1).filter(|_| ends),
        level,
        levels: segments.chunks(AT_ONCE).map(|_| OnceLock::new()).collect(),
        tools,
        closed: Mutex::default(),
    };
    let (send, receive) = mpsc::channel();
    let (mut started, mut written, mut early) = (0, 0, BTreeMap::new());
    let mut write_next = |done: Done| -> Result<usize> {
        early.insert(done.index, done);
        while let Some(done) = early.remove(&written) {
            write(&done)?;
            tools.keep_buffer(done.packed);
            written += 1;
        }
        Ok(written)
    };
    #[cfg(feature = "rayon")]
    rayon::in_place_scope_fifo(|scope| -> Result<()> {
        let mut written = 0;
        while written < segments.len() {
            let first = started;
            started = segments.len().min(written + AT_ONCE);
            line.expect(started - first);
            for index in first..started {
                let (line, send) = (&line, send.clone());
                scope.spawn_fifo(move |_| line.pack(index, send));
            }
            written = write_next(next(&receive)?)?;
        }
        Ok(())
    })?;
    #[cfg(not(feature = "rayon"))]
    while started < segments.len() {
        let first = started;
        started = segments.len().min(first + ENDS);
        line.expect(started - first);
        (first..started).for_each(|index| line.pack(index, send.clone()));
        receive.try_iter().try_for_each(|done| write_next(done?).map(drop))?;
    }
    Ok(())
}

/// Waits for the next segment. A thread of the pool packs meanwhile: there may be no other.
#[cfg(feature = "rayon")]
fn next(receive: &mpsc::Receiver<Result<Done>>) -> Result<Done> {
    use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
    use std::time::Duration;
    if rayon::current_thread_index().is_none() {
        return receive.recv().unwrap_or_else(|_| Err(lost()));
    }
    loop {
        match receive.try_recv() {
            Ok(done) => return done,
            Err(TryRecvError::Disconnected) => return Err(lost()),
            Err(TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
            Err(TryRecvError::Empty) => match receive.recv_timeout(Duration::from_millis(1)) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Disconnected) => return Err(lost()),
                Err(RecvTimeoutError::Timeout) => {}
            },
        }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Io, "can't deflate: a thread ended early")
}

impl Line<'_> {
    fn closed(&self) -> std::sync::MutexGuard<'_, Closed> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that so many segments more will be packed.
    fn expect(&self, count: usize) {
        self.closed().on_the_way += count;
    }

    /// Packs one segment, and sends on what is ready then.
    fn pack(&self, index: usize, send: Sender<Result<Done>>) {
        let send = Messenger(Some(send));
        let (ready, closed) = match self.pack_one(index) {
            Ok((done, true)) => (Some(Ok(done)), None),
            Ok((done, false)) => (None, Some(done)),
            Err(error) => (Some(Err(error)), None),
        };
        let together = {
            let mut all = self.closed();
            all.on_the_way -= 1;
            all.waiting.extend(closed);
            // Those that follow wait for this one to be written, if there are too many.
            let is_time = all.waiting.len() >= ENDS || all.on_the_way == 0;
            if is_time { std::mem::take(&mut all.waiting) } else { Vec::new() }
        };
        send.deliver(ready.into_iter().chain(self.open(together)));
    }

    /// Packs a segment, and says whether another can follow.
    fn pack_one(&self, index: usize) -> Result<(Done, bool)> {
        let bytes = self.segments.get(index).copied().unwrap_or_default();
        let group = index / AT_ONCE;
        let sample = || {
            let group = self.segments.chunks(AT_ONCE).nth(group).unwrap_or_default();
            fastest_level(group, self.level, self.tools)
        };
        let level = self.levels.get(group).map_or(self.level, |level| *level.get_or_init(sample));
        let mut packed = self.tools.buffer();
        let pack = |packed| {
            self.tools.with_packer(level, |packer| packer.pack_into(bytes, self.last == Some(index), packed))
        };
        let is_open = pack(&mut packed)?;
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        Ok((Done { index, packed, hasher }, is_open))
    }

    /// Lets other segments follow.
    #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
    fn open(&self, mut closed: Vec<Done>) -> Vec<Result<Done>> {
        let mut streams: Vec<&mut Vec<u8>> = closed.iter_mut().map(|done| &mut done.packed).collect();
        let is_open = super::splice::open_ends(&mut streams);
        let one = |(mut done, is_open): (Done, bool)| {
            if !is_open {
                let bytes = self.segments.get(done.index).copied().unwrap_or_default();
                let pack =
                    |packer: &mut super::pack::Packer| packer.pack_streaming(bytes, false, &mut done.packed);
                self.tools.with_packer(self.level, pack)?;
            }
            Ok(done)
        };
        closed.into_iter().zip(is_open).map(one).collect()
    }

    #[cfg(not(all(feature = "libdeflate", not(target_family = "wasm"))))]
    fn open(&self, closed: Vec<Done>) -> Vec<Result<Done>> {
        closed.into_iter().map(Ok).collect()
    }
}

/// Sends segments, or at least word that there will be none: whoever waits for them must not wait for ever.
struct Messenger(Option<Sender<Result<Done>>>);

impl Messenger {
    fn deliver(mut self, all: impl Iterator<Item = Result<Done>>) {
        if let Some(send) = &self.0 {
            // Nobody listens any more when one could not be written.
            all.for_each(|done| drop(send.send(done)));
        }
        self.0 = None;
    }
}

impl Drop for Messenger {
    fn drop(&mut self) {
        if let Some(send) = self.0.take() {
            drop(send.send(Err(lost())));
        }
    }
}
