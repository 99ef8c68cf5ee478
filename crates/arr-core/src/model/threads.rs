//! Work side by side: the one place where threads are started, and the [`sizes`] from which on they pay.
//!
//! All functions run on one pool of our own, which is made when it is needed first, never on the global pool of a
//! program that embeds us, or on the pool that the caller chose. Nothing needs it: where no thread can be started, with one core or `RAYON_NUM_THREADS=1`,
//! without the feature `rayon`, and in a process forked off one that had a pool, all work is done by the thread that
//! asks for it, with the same results.
//!
//! | function | for |
//! |---|---|
//! | [`halved`] | one large job that can be cut in two, again and again |
//! | [`each`] | pieces that are taken one after another by whoever is free |
//! | [`map`] | many items, the results in their order |
//! | [`in_order`] | results that are wanted in their order while later ones are made |
//! | [`relay`] | pieces that one thread makes and another takes |
//! | [`team`] | the same work on several threads, which share the pieces out themselves |
//! | [`in_background`] | what nobody waits for |
//!
//! [`Threads`] says whose threads these are, where they are not to be the usual ones.
//!
//! Whoever calls these functions holds no lock meanwhile: a thread of a pool that waits does other work of that pool.

mod pipeline;
#[cfg(feature = "rayon")]
mod pool;
mod relay;
pub mod sizes;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::Error;
use crate::model::room;

pub use pipeline::in_order;
#[cfg(feature = "rayon")]
use pool::Workers;
pub use relay::relay;
use sizes::TURNS;

/// How many threads work at once, the one that asks among them. The pool is made when this is asked first.
#[must_use]
pub fn count() -> usize {
    #[cfg(feature = "rayon")]
    return Workers::now().count();
    #[cfg(not(feature = "rayon"))]
    return 1;
}

/// How many threads `len` bytes are worth when none is to have fewer than `share` of them; at least one.
#[must_use]
pub fn worth(len: usize, share: usize) -> usize {
    match len.checked_div(share).unwrap_or(len) {
        // The pool is not made for what is small.
        0 | 1 => 1,
        most => most.min(count()),
    }
}

/// How many of `count` items a thread is to take at a time: each comes [`TURNS`] times, so that none has much to do when
/// the others have nothing, and has no fewer than `least`.
#[must_use]
pub fn grain(count: usize, least: usize) -> usize {
    match worth(count, least) {
        1 => count.max(1),
        threads => (count / (threads * TURNS)).max(least),
    }
}

/// Whose threads work: a setting of reading and writing, and of any other work by [`work`](Self::work).
///
/// ```
/// use arr_core::format::threads::{self, Threads};
/// assert_eq!(Threads::one().work(threads::count), 1);
/// // A pool of three threads, which all clones share.
/// assert_eq!(Threads::count(3).work(threads::count), 3);
/// ```
#[derive(Clone, Default)]
pub struct Threads {
    /// None leaves it as it is.
    #[cfg(feature = "rayon")]
    choice: Option<pool::Choice>,
}

impl Threads {
    /// The usual ones: as many as the variable `RAYON_NUM_THREADS` says, or as there are cores; inside of
    /// [`work`](Self::work), those that were chosen there.
    #[must_use]
    pub fn usual() -> Self {
        Self::default()
    }

    /// The thread that asks does all of the work, as where no thread can be started.
    #[must_use]
    pub fn one() -> Self {
        Self::count(1)
    }

    /// A pool of so many threads of their own, or of fewer where the system has no more. It is made when it is needed
    /// first, and ends with the last clone of this value. 0 means the usual number.
    #[must_use]
    pub fn count(threads: usize) -> Self {
        #[cfg(feature = "rayon")]
        return Self {
            choice: match threads {
                0 => None,
                1 => Some(pool::Choice::Alone),
                _ => Some(pool::Choice::Counted(std::sync::Arc::new(pool::Counted::new(threads)))),
            },
        };
        #[cfg(not(feature = "rayon"))]
        {
            let _ = threads;
            Self {}
        }
    }

    /// The threads of a pool of the caller's.
    #[cfg(feature = "rayon")]
    #[must_use]
    pub fn of_pool(pool: std::sync::Arc<rayon::ThreadPool>) -> Self {
        Self { choice: Some(pool::Choice::Pool(pool)) }
    }

    /// Does `work` with these threads. What it starts on other threads of theirs is done with them too.
    ///
    /// ```
    /// use arr_core::format::threads::{self, Threads};
    /// let items: Vec<u64> = (0..1000).collect();
    /// for threads in [Threads::one(), Threads::count(3)] {
    ///     let work = |(): &mut (), item: &u64| Ok::<_, arr_core::Error>(item * 2);
    ///     let doubled = threads.work(|| threads::map(&items, 10, || (), work))?;
    ///     assert_eq!((doubled.len(), doubled[999]), (1000, 1998));
    /// }
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    pub fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "rayon")]
        let _chosen = self.choice.as_ref().map(pool::choose);
        work()
    }

    /// True when nothing was chosen.
    #[must_use]
    pub fn are_usual(&self) -> bool {
        #[cfg(feature = "rayon")]
        return self.choice.is_none();
        #[cfg(not(feature = "rayon"))]
        return true;
    }
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        #[cfg(feature = "rayon")]
        match &self.choice {
            None => {}
            Some(pool::Choice::Alone | pool::Choice::Inside) => return f.write_str("one"),
            Some(pool::Choice::Counted(counted)) => return write!(f, "{}", counted.threads()),
            Some(pool::Choice::Pool(pool)) => return write!(f, "pool of {}", pool.current_num_threads()),
        }
        f.write_str("usual")
    }
}

/// Does `work` with `threads` threads, started for it, in place of the usual ones: [`Threads::work`].
pub fn with_count<T>(threads: usize, work: impl FnOnce() -> T) -> T {
    Threads::count(threads.max(1)).work(work)
}

/// Does both at the same time, where there are two threads, and gives both results. Either may run on another thread.
pub fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    #[cfg(feature = "rayon")]
    return Workers::now().join(first, second);
    #[cfg(not(feature = "rayon"))]
    return (first(), second());
}

/// Does the same work on `threads` threads, this one among them. The work takes its pieces itself, and asks for no other
/// threads: when one of the threads has come to the end of it, others may not have begun.
pub fn team(threads: usize, work: impl Fn() + Sync) {
    if threads < 2 {
        return work();
    }
    helped(&work, |call| {
        (1..threads.min(count())).for_each(|_| call());
        work();
    });
}

/// Does the work on a thread of the pool, if there is one. What the work cuts off is taken by the others, and else done
/// by itself, on the core whose cache has it; a thread that is not of the pool would wait for one of them to be free. To
/// hand the work over takes some tens of microseconds.
fn inside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    #[cfg(feature = "rayon")]
    return Workers::now().inside(work);
    #[cfg(not(feature = "rayon"))]
    work()
}

/// Does `here` on this thread, which is given what calls another one to `help`, if there is one. Waits until all that came
/// have ended.
fn helped<T>(help: &(impl Fn() + Sync), here: impl FnOnce(&dyn Fn()) -> T) -> T {
    #[cfg(feature = "rayon")]
    return Workers::now().helped(help, here);
    #[cfg(not(feature = "rayon"))]
    {
        let _ = help;
        here(&|| ())
    }
}

/// Does a job on another thread while this one goes on; at once, where there is no other.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    #[cfg(feature = "rayon")]
    Workers::now().in_background(job);
    #[cfg(not(feature = "rayon"))]
    job();
}

/// A job that is to be done whole, or as two.
#[derive(Debug)]
pub enum Cut<J> {
    /// It is not worth cutting, or can't be cut.
    Whole(J),
    /// The first and the second part.
    Halves(J, J),
}

/// Cuts a job in two as long as `split` does so, does the parts side by side, and merges what two of them gave, the first
/// and the second.
pub fn halved<J: Send, R: Send>(
    job: J,
    split: &(impl Fn(J) -> Cut<J> + Sync),
    work: &(impl Fn(J) -> R + Sync),
    merge: &(impl Fn(R, R) -> R + Sync),
) -> R {
    match split(job) {
        Cut::Halves(first, second) => {
            let half = |job| halved(job, split, work, merge);
            let (first, second) = join(|| half(first), || half(second));
            merge(first, second)
        }
        Cut::Whole(job) => work(job),
    }
}

/// Hands each of the pieces, with its number, to one of `threads` threads, in the order in which they come. Each thread
/// has a state of its own, which `state` makes. The work asks for no other threads.
///
/// # Errors
/// That of the first piece that failed; those after it may have been done or not.
pub fn each<P, S, E: Send>(
    threads: usize,
    pieces: impl Iterator<Item = P> + Send,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, P) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let pieces = Mutex::new(Some(pieces.enumerate().fuse()));
    let next = || lock(&pieces).as_mut()?.next();
    // All pieces before one that was taken have been taken, and will be done: so the first failure is found.
    let failed = Mutex::new(None::<(usize, E)>);
    team(threads, || {
        let mut state = state();
        while let Some((number, piece)) = next() {
            let Err(error) = work(&mut state, number, piece) else { continue };
            *lock(&pieces) = None;
            let mut failed = lock(&failed);
            if failed.as_ref().is_none_or(|(first, _)| number < *first) {
                *failed = Some((number, error));
            }
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// What `work` makes of each item, in their order. A thread takes `grain` items at a time, and has a state of its own,
/// which `state` makes. The work may ask for threads itself.
///
/// # Errors
/// That of the first item that failed; `LimitExceeded` when there is no memory for the results.
pub fn map<T: Sync, S, R: Send, E: Send + From<Error>>(
    items: &[T],
    grain: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let grain = grain.max(1);
    let made = Mutex::new(BTreeMap::new());
    let some = |state: &mut S, number, items: &[T]| -> Result<(), E> {
        let mut results = room::reserved(items.len())?;
        for item in items {
            results.push(work(state, item)?);
        }
        lock(&made).insert(number, results);
        Ok(())
    };
    let all = || each(worth(items.len(), grain), items.chunks(grain), &state, some);
    if items.len() > grain {
        inside(all)?
    } else {
        all()?
    }
    let mut all = room::reserved(items.len())?;
    all.extend(made.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten());
    Ok(all)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Everything that threads are asked for.
    fn do_all() -> Vec<usize> {
        let split = |job: Range<usize>| match job.len() {
            0..100 => Cut::Whole(job),
            len => Cut::Halves(job.start..job.start + len / 2, job.start + len / 2..job.end),
        };
        let sum = halved(0..10_000, &split, &|job| job.sum::<usize>(), &|a, b| a + b);

        let mut slots = vec![0; 1000];
        each(
            count(),
            slots.chunks_mut(7),
            || 0,
            |done, number, slots| {
                *done += 1;
                slots.fill(number + usize::from(*done > 1000));
                Ok::<_, ()>(())
            },
        )
        .unwrap();

        let items: Vec<usize> = (0..1000).collect();
        let mapped = map(&items, 9, || (), |(), item| Ok::<_, Error>(item * 3)).unwrap();

        let mut taken = Vec::new();
        let make = |number, slot: &mut Vec<usize>| {
            slot.clear();
            slot.extend([number, number * number]);
            Ok::<_, ()>(())
        };
        in_order(count(), 0..50, 3, make, |slot| {
            taken.extend_from_slice(slot);
            Ok(())
        })
        .unwrap();

        let (mut made, mut relayed) = (0, Vec::new());
        let make = |slot: &mut usize| {
            *slot = made;
            made += 1;
            Ok::<_, ()>(made <= 100)
        };
        relay(make, |slot| {
            relayed.push(*slot);
            Ok(())
        })
        .unwrap();

        let team_done = AtomicUsize::new(0);
        team(4, || team_done.store(1, Ordering::Relaxed));
        let (a, b) = join(|| 7, || 8);
        let few = [sum, team_done.into_inner(), a, b];
        [slots, mapped, taken, relayed, few.to_vec()].concat()
    }

    #[test]
    fn any_number_of_threads_does_the_same() {
        let alone = with_count(1, do_all);
        assert_eq!(alone, do_all());
        for count in [2, 3, 7] {
            assert_eq!(alone, with_count(count, do_all));
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn chosen_threads_are_counted_and_given_back() {
        let usual = count();
        with_count(5, || {
            assert_eq!(count(), 5);
            with_count(1, || assert_eq!((count(), worth(100, 10)), (1, 1)));
            assert_eq!((count(), worth(100, 10), worth(30, 10), worth(9, 10)), (5, 5, 3, 1));
            // Inside, the threads are those of the same pool.
            join(|| assert_eq!(count(), 5), || assert_eq!(count(), 5));
        });
        assert_eq!(count(), usual);
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn workers_of_another_pool_are_served() {
        use rayon::prelude::*;
        let alone = with_count(1, do_all);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                (0..20).into_par_iter().for_each(|_| {
                    assert_eq!(alone, do_all());
                    assert_eq!(alone, with_count(2, do_all));
                });
            });
        }
    }

    #[test]
    fn threads_that_work_ask_for_threads() {
        let alone = with_count(1, do_all);
        for count in [1, 2, 4] {
            let all = with_count(count, || map(&[(); 12], 1, || (), |(), ()| Ok::<_, Error>(do_all())));
            assert!(all.unwrap().iter().all(|found| *found == alone));
        }
    }

    #[test]
    fn the_first_failure_is_told_and_no_more_is_begun() {
        for count in [1, 2, 5] {
            let begun = AtomicUsize::new(0);
            let failed = with_count(count, || {
                each(
                    count,
                    0..1_000_000,
                    || (),
                    |(), number, piece| {
                        assert_eq!(number, piece);
                        begun.fetch_add(1, Ordering::Relaxed);
                        if piece % 100 == 77 { Err(piece) } else { Ok(()) }
                    },
                )
            });
            assert_eq!(failed, Err(77));
            assert!(begun.into_inner() < 900_000);
            let failed = with_count(count, || {
                in_order(
                    count,
                    0..100,
                    4,
                    |number, _: &mut ()| if number < 50 { Ok(()) } else { Err(number) },
                    |()| Ok(()),
                )
            });
            assert_eq!(failed, Err(50));
            let failed =
                with_count(count, || in_order(count, 0..100, 4, |_, _: &mut ()| Ok(()), |()| Err("full")));
            assert_eq!(failed, Err("full"));
        }
    }

    /// Whoever takes results does not wait for one that will never be made.
    #[test]
    fn a_panic_ends_a_pipeline() {
        for (count, place) in [(1, 3), (2, 0), (2, 3), (4, 40)] {
            let make = |number, _: &mut ()| {
                assert!(number != place, "as it should be");
                Ok::<_, ()>(())
            };
            let run = || with_count(count, || in_order(count, 0..50, 4, make, |()| Ok(())));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }

    #[test]
    fn work_in_the_background_is_done() {
        for count in [1, 3] {
            let (send, receive) = std::sync::mpsc::channel();
            with_count(count, || in_background(move || send.send(count).unwrap()));
            assert_eq!(receive.recv(), Ok(count));
        }
    }

    #[test]
    fn a_relay_ends_at_the_first_failure() {
        for count in [1, 2, 5] {
            let mut taken = Vec::new();
            let mut numbers = 0..;
            let make = |slot: &mut usize| {
                *slot = numbers.next().unwrap();
                if *slot < 50 { Ok(true) } else { Err("the source") }
            };
            let failed = with_count(count, || {
                relay(make, |slot| {
                    taken.push(*slot);
                    Ok(())
                })
            });
            assert_eq!((failed, taken), (Err("the source"), (0..50).collect()));
            let begun = AtomicUsize::new(0);
            let make = |slot: &mut usize| {
                *slot = begun.fetch_add(1, Ordering::Relaxed);
                Ok(*slot < 1_000_000)
            };
            let failed =
                with_count(count, || relay(make, |slot| if *slot < 7 { Ok(()) } else { Err(*slot) }));
            assert_eq!(failed, Err(7));
            assert!(begun.into_inner() < 100);
        }
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert_eq!(each(3, std::iter::empty::<()>(), || (), |(), _, ()| Err(())), Ok(()));
        assert_eq!(map(&[0; 0], 0, || (), |(), _| Ok::<_, Error>(1)).unwrap(), [0; 0]);
        assert_eq!(in_order(2, 0..0, 0, |_, _: &mut ()| Err(()), |()| Err(())), Ok(()));
    }
}
