//! Segments that all cores deflate and that come back in their order.

use std::collections::BTreeMap;
#[cfg(feature = "rayon")]
use std::sync::mpsc::Receiver;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};

use arr_core::{Error, ErrorKind, Result};
use crc32fast::Hasher;

use super::compressor::{Compressor, End, Follows, Pool, fastest_level};
use super::libdeflate::{SIDE_BY_SIDE, open_ends};

/// How many segments may be deflated before the first of them is written, and how many share a sample.
pub(super) const AT_ONCE: usize = 20;

/// A deflated segment.
pub(super) struct Done<'a> {
    index: usize,
    bytes: &'a [u8],
    pub(super) packed: Vec<u8>,
    /// Of the bytes before.
    pub(super) hasher: Hasher,
}

/// Segments that share a level.
struct Group<'a> {
    segments: &'a [&'a [u8]],
    /// The level, when it is known.
    level: OnceLock<u8>,
}

/// A segment to be deflated.
#[derive(Clone, Copy)]
struct Job<'a> {
    index: usize,
    bytes: &'a [u8],
    follows: Follows,
    group: &'a Group<'a>,
}

/// Segments whose ends wait to be opened, which is done with several at a time.
#[derive(Default)]
struct Closed<'a> {
    waiting: Vec<Done<'a>>,
    /// The number of segments that are being deflated or will be.
    on_the_way: usize,
}

/// Segments that are being deflated.
struct Queue<'a> {
    level: u8,
    pool: &'a Pool,
    closed: Mutex<Closed<'a>>,
}

/// Deflates segments, and hands each to `write` as soon as it and all before it are deflated. After the last of them
/// comes what `follows`.
pub(super) fn deflate_all(
    segments: &[&[u8]],
    (level, follows): (u8, Follows),
    pool: &Pool,
    write: &mut dyn FnMut(&Done<'_>) -> Result<()>,
) -> Result<()> {
    let new_group = |segments| Group { segments, level: OnceLock::new() };
    let groups: Vec<_> = segments.chunks(AT_ONCE).map(new_group).collect();
    let each = groups.iter().flat_map(|group| group.segments.iter().map(move |bytes| (*bytes, group)));
    let mut jobs = each.enumerate().map(|(index, (bytes, group))| {
        let is_last = index + 1 == segments.len();
        Job { index, bytes, follows: if is_last { follows } else { Follows::Segment }, group }
    });
    let queue = Queue { level, pool, closed: Mutex::default() };
    let (send, receive) = mpsc::channel();
    let mut in_order = InOrder { written: 0, early: BTreeMap::new(), pool, write };
    let mut started = 0;
    #[cfg(feature = "rayon")]
    rayon::in_place_scope_fifo(|scope| -> Result<()> {
        while in_order.written < segments.len() {
            let first = started;
            started = segments.len().min(in_order.written + AT_ONCE);
            queue.expect(started - first);
            for job in jobs.by_ref().take(started - first) {
                let (queue, send) = (&queue, send.clone());
                scope.spawn_fifo(move |_| queue.deflate(job, send));
            }
            in_order.take(next(&receive)?)?;
        }
        Ok(())
    })?;
    #[cfg(not(feature = "rayon"))]
    while started < segments.len() {
        let first = started;
        started = segments.len().min(first + SIDE_BY_SIDE);
        queue.expect(started - first);
        jobs.by_ref().take(started - first).for_each(|job| queue.deflate(job, send.clone()));
        receive.try_iter().try_for_each(|done| in_order.take(done?))?;
    }
    Ok(())
}

/// Writes segments in their order, whatever order they come in.
struct InOrder<'a, 'w> {
    /// The number of segments that have been written.
    written: usize,
    /// Segments that came before it was their turn.
    early: BTreeMap<usize, Done<'a>>,
    pool: &'w Pool,
    write: &'w mut dyn FnMut(&Done<'_>) -> Result<()>,
}

impl<'a> InOrder<'a, '_> {
    fn take(&mut self, done: Done<'a>) -> Result<()> {
        self.early.insert(done.index, done);
        while let Some(done) = self.early.remove(&self.written) {
            (self.write)(&done)?;
            self.pool.keep(done.packed);
            self.written += 1;
        }
        Ok(())
    }
}

/// Waits for the next segment. A thread of the pool deflates meanwhile: there may be no other.
#[cfg(feature = "rayon")]
fn next<'a>(receive: &Receiver<Result<Done<'a>>>) -> Result<Done<'a>> {
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

impl<'a> Queue<'a> {
    fn closed(&self) -> std::sync::MutexGuard<'_, Closed<'a>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that so many segments more will be deflated.
    fn expect(&self, count: usize) {
        self.closed().on_the_way += count;
    }

    /// Deflates one segment, and sends on what is ready then.
    fn deflate(&self, job: Job<'a>, send: Sender<Result<Done<'a>>>) {
        let send = Messenger(Some(send));
        let (ready, closed) = match self.deflate_one(job) {
            Ok((done, End::Right)) => (Some(Ok(done)), None),
            Ok((done, End::Closed)) => (None, Some(done)),
            Err(error) => (Some(Err(error)), None),
        };
        let together = {
            let mut all = self.closed();
            all.on_the_way -= 1;
            all.waiting.extend(closed);
            // Those that follow wait for this one to be written, if there are too many.
            let is_time = all.waiting.len() >= SIDE_BY_SIDE || all.on_the_way == 0;
            if is_time { std::mem::take(&mut all.waiting) } else { Vec::new() }
        };
        send.deliver(ready.into_iter().chain(self.open(together)));
    }

    fn deflate_one(&self, Job { index, bytes, follows, group }: Job<'a>) -> Result<(Done<'a>, End)> {
        // Without a sample there is more effort, and nothing worse.
        let sample = || fastest_level(group.segments, self.level, self.pool).unwrap_or(self.level);
        let level = *group.level.get_or_init(sample);
        let mut packed = self.pool.buffer();
        let deflate = |compressor: &mut Compressor| compressor.deflate(bytes, follows, &mut packed);
        let end = self.pool.with_compressor(level, deflate)?;
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        Ok((Done { index, bytes, packed, hasher }, end))
    }

    /// Lets other segments follow these.
    fn open(&self, mut closed: Vec<Done<'a>>) -> Vec<Result<Done<'a>>> {
        let are_open = open_ends(&mut closed.iter_mut().map(|done| &mut done.packed).collect::<Vec<_>>());
        let one = |(mut done, is_open): (Done<'a>, bool)| {
            if !is_open {
                let deflate = |compressor: &mut Compressor| {
                    compressor.deflate_by_zlib(done.bytes, Follows::Segment, &mut done.packed)
                };
                self.pool.with_compressor(self.level, deflate)?;
            }
            Ok(done)
        };
        closed.into_iter().zip(are_open).map(one).collect()
    }
}

/// Sends segments, or at least word that there will be none: whoever waits for them must not wait for ever.
struct Messenger<'a>(Option<Sender<Result<Done<'a>>>>);

impl<'a> Messenger<'a> {
    fn deliver(mut self, all: impl Iterator<Item = Result<Done<'a>>>) {
        if let Some(send) = &self.0 {
            // The receiver is gone when a segment could not be written.
            all.for_each(|done| drop(send.send(done)));
        }
        self.0 = None;
    }
}

impl Drop for Messenger<'_> {
    fn drop(&mut self) {
        if let Some(send) = self.0.take() {
            drop(send.send(Err(lost())));
        }
    }
}
