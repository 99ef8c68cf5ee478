//! Segments that all cores deflate and that are written in their order.
//!
//! *Why several at a time:* a segment that another one follows must not end with a final block (RFC 1951, 3.2.3), and
//! libdeflate writes no other. To open its end, all its codes are walked ([`join`](super::join)), which takes half as long for four
//! segments at once as for one after the other. So a job is up to four segments; towards the end jobs are smaller, since
//! a core that has four left keeps the others waiting.
//!
//! *Why groups share a level:* what effort brings is the same all over an array, as a rule, so one sample of the whole group
//! decides; and a group is cut by numbers alone, so that a stream is the same on every number of cores.

use std::sync::OnceLock;

use arr_core::Result;
use arr_core::format::threads::{self, sizes::SEGMENTS};
use crc32fast::Hasher;

use super::compressor::{Compressor, End, Follows, Pool, fastest_level};
use super::libdeflate::{SIDE_BY_SIDE, open_ends};

/// A deflated segment.
pub(super) struct Done<'a> {
    bytes: &'a [u8],
    pub(super) packed: Vec<u8>,
    /// Of the bytes before.
    pub(super) hasher: Hasher,
    end: End,
}

/// Segments that share a level.
struct Group<'a> {
    segments: &'a [&'a [u8]],
    /// The level, when it is known.
    level: OnceLock<u8>,
}

/// Segments that one thread deflates, and whose ends it opens together.
struct Job<'a> {
    segments: &'a [&'a [u8]],
    /// What comes behind the last of them.
    follows: Follows,
    group: &'a Group<'a>,
}

/// Deflates segments, and hands each to `write` as soon as it and all before it are deflated. After the last of them
/// comes what `follows`.
pub(super) fn deflate_all(
    segments: &[&[u8]],
    (level, follows): (u8, Follows),
    pool: &Pool,
    write: &mut dyn FnMut(&Done<'_>) -> Result<()>,
) -> Result<()> {
    let threads = threads::worth(segments.len(), 1);
    let groups: Vec<_> =
        segments.chunks(SEGMENTS).map(|segments| Group { segments, level: OnceLock::new() }).collect();
    // Many threads are given less at a time, so that all have some.
    let most = (SEGMENTS / (2 * threads)).clamp(1, SIDE_BY_SIDE);
    let jobs = cut(&groups, segments.len(), follows, |left| (left / (threads + 1)).clamp(1, most));
    threads::in_order(
        threads,
        jobs.into_iter(),
        SEGMENTS / most - 1,
        |job, done| job.deflate(level, pool, done),
        |done: &mut Vec<Done<'_>>| {
            done.drain(..).try_for_each(|done| {
                write(&done)?;
                pool.keep(done.packed);
                Ok(())
            })
        },
    )
}

/// Cuts groups into jobs; `len` says how many of the `left` segments the next one is to have.
fn cut<'a>(
    groups: &'a [Group<'a>],
    mut left: usize,
    follows: Follows,
    len: impl Fn(usize) -> usize,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for group in groups {
        let mut rest = group.segments;
        while !rest.is_empty() {
            let (segments, behind) = rest.split_at(len(left).min(rest.len()));
            left -= segments.len();
            rest = behind;
            jobs.push(Job { segments, follows: if left == 0 { follows } else { Follows::Segment }, group });
        }
    }
    jobs
}

impl<'a> Job<'a> {
    fn deflate(&self, level: u8, pool: &Pool, all: &mut Vec<Done<'a>>) -> Result<()> {
        // Without a sample there is more effort, and nothing worse.
        let sample = || fastest_level(self.group.segments, level, pool).unwrap_or(level);
        let chosen = *self.group.level.get_or_init(sample);
        for (at, bytes) in self.segments.iter().enumerate() {
            let follows = if at + 1 == self.segments.len() { self.follows } else { Follows::Segment };
            let mut packed = pool.buffer();
            let deflate = |compressor: &mut Compressor| compressor.deflate(bytes, follows, &mut packed);
            let end = pool.with_compressor(chosen, deflate)?;
            let mut hasher = Hasher::new();
            hasher.update(bytes);
            all.push(Done { bytes, packed, hasher, end });
        }
        let mut closed: Vec<_> = all.iter_mut().filter(|done| done.end == End::Closed).collect();
        let are_open = open_ends(&mut closed.iter_mut().map(|done| &mut done.packed).collect::<Vec<_>>());
        for (done, _) in closed.into_iter().zip(are_open).filter(|(_, is_open)| !is_open) {
            pool.with_compressor(level, |compressor| {
                compressor.deflate_by_zlib(done.bytes, Follows::Segment, &mut done.packed)
            })?;
        }
        Ok(())
    }
}
