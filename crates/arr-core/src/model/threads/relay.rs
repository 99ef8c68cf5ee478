//! Pieces that one thread makes and another takes.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::sizes::{RELAYED, TRIES};
use super::{helped, lock};

/// What is on the way.
struct Queue<P> {
    full: VecDeque<P>,
    empty: Vec<P>,
    /// Whether a thread takes pieces, or is about to.
    is_served: bool,
    /// Whether a piece could not be taken: no more is wanted.
    has_failed: bool,
}

/// Makes pieces by `make`, on this thread, until it says that there is none; hands each to `take`, in their order, on
/// another thread, while the next ones are made in the memory of those that were taken. Where no thread is free in time,
/// this one takes them. `take` asks for no other threads. No thread waits for pieces, so that a slow source keeps none busy.
///
/// # Errors
/// The first of `take`, or else that of `make`, when all pieces before have been taken.
pub fn relay<P: Default + Send, E: Send>(
    mut make: impl FnMut(&mut P) -> Result<bool, E>,
    take: impl FnMut(&P) -> Result<(), E> + Send,
) -> Result<(), E> {
    let queue =
        Mutex::new(Queue { full: VecDeque::new(), empty: Vec::new(), is_served: false, has_failed: false });
    // None behind a failure: what comes then is dropped.
    let taker = Mutex::new((Some(take), Ok(())));
    // The lock of the taker is held from the choice of a piece to its end, which keeps the order.
    let take_one = || {
        let mut taker = lock(&taker);
        let Some(piece) = lock(&queue).full.pop_front() else { return false };
        if let Some(Err(error)) = taker.0.as_mut().map(|take| take(&piece)) {
            *taker = (None, Err(error));
        }
        let mut queue = lock(&queue);
        queue.has_failed |= taker.0.is_none();
        queue.empty.push(piece);
        true
    };
    let serve = || {
        let mut tries = 0;
        loop {
            while take_one() {
                tries = 0;
            }
            tries += 1;
            std::thread::yield_now();
            let mut queue = lock(&queue);
            if queue.full.is_empty() && tries >= TRIES {
                queue.is_served = false;
                return;
            }
        }
    };
    let made = helped(&serve, |call| {
        let mut pieces = 0;
        loop {
            let empty = lock(&queue).empty.pop();
            let mut piece = match empty {
                Some(piece) => piece,
                None if pieces < RELAYED => {
                    pieces += 1;
                    P::default()
                }
                None => {
                    take_one();
                    continue;
                }
            };
            match make(&mut piece) {
                Ok(true) => {}
                end => return end.map(drop),
            }
            let mut queue = lock(&queue);
            if queue.has_failed {
                return Ok(());
            }
            queue.full.push_back(piece);
            if !std::mem::replace(&mut queue.is_served, true) {
                drop(queue);
                call();
            }
        }
    });
    while take_one() {}
    taker.into_inner().unwrap_or_else(PoisonError::into_inner).1.and(made)
}
