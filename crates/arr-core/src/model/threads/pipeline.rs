//! Results that several threads make and one takes in their order.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::{Condvar, Mutex, PoisonError};

use super::{helped, lock};

/// Makes a result of each piece and hands them to `take` in their order, on this thread. While one is taken, the next
/// `at_once` are made, or wait, by `threads` threads, this one among them: it makes results while the one whose turn it
/// is is not there. What was taken is made over into another one.
///
/// `make` asks for no other threads.
///
/// # Errors
/// What `take` returns; and what `make` returns, when all earlier results have been taken.
pub fn in_order<P: Send, R: Default + Send, E: Send>(
    threads: usize,
    mut pieces: impl Iterator<Item = P> + Send,
    at_once: usize,
    make: impl Fn(P, &mut R) -> Result<(), E> + Sync,
    mut take: impl FnMut(&mut R) -> Result<(), E>,
) -> Result<(), E> {
    if threads < 2 {
        let mut slot = R::default();
        return pieces.try_for_each(|piece| make(piece, &mut slot).and_then(|()| take(&mut slot)));
    }
    let line = Line {
        pieces: pieces.fuse().peekable(),
        made: BTreeMap::new(),
        spare: Vec::new(),
        begun: 0,
        taken: 0,
        helpers: 0,
        is_over: false,
    };
    let pipeline =
        Pipeline { make, room: at_once.max(1) + 1, line: Mutex::new(line), changed: Condvar::new() };
    let help = || pipeline.help();
    helped(&help, |call| {
        let taken = pipeline.take_all(threads - 1, call, &mut take);
        lock(&pipeline.line).is_over = true;
        taken
    })
}

struct Pipeline<I: Iterator, R, E, M> {
    make: M,
    /// How many results may be made, wait or be taken at the same time.
    room: usize,
    line: Mutex<Line<I, R, E>>,
    /// Is told when a result has been made, or never will be.
    changed: Condvar,
}

struct Line<I: Iterator, R, E> {
    /// What has not been begun.
    pieces: Peekable<I>,
    /// Results that wait until it is their turn.
    made: BTreeMap<usize, Result<R, E>>,
    /// What has been taken, to be made over.
    spare: Vec<R>,
    /// How many results have been begun, and how many of them have been taken.
    begun: usize,
    taken: usize,
    /// How many others make results, or are about to.
    helpers: usize,
    /// Nothing more is to be made.
    is_over: bool,
}

impl<P, I: Iterator<Item = P>, R: Default, E> Line<I, R, E> {
    /// How many results may be begun now, if there are as many pieces.
    fn places(&mut self, room: usize) -> usize {
        let is_end = self.is_over || self.pieces.peek().is_none();
        if is_end { 0 } else { self.taken + room - self.begun }
    }

    /// The next piece, with its number and what its result is made in.
    fn begin(&mut self, room: usize) -> Option<(usize, P, R)> {
        if self.places(room) == 0 {
            return None;
        }
        let piece = self.pieces.next()?;
        self.begun += 1;
        Some((self.begun - 1, piece, self.spare.pop().unwrap_or_default()))
    }
}

impl<P, I: Iterator<Item = P>, R: Default, E, M: Fn(P, &mut R) -> Result<(), E>> Pipeline<I, R, E, M> {
    fn make(&self, (number, piece, mut slot): (usize, P, R)) {
        // A panic goes to the thread that takes, when all have ended: it must not wait for this result.
        let unwinding = Unwinding(self);
        let result = (self.make)(piece, &mut slot).map(|()| slot);
        std::mem::forget(unwinding);
        lock(&self.line).made.insert(number, result);
        self.changed.notify_all();
    }

    /// Makes results as long as there is room. Nobody waits for room here: the thread may have other work to do.
    fn help(&self) {
        loop {
            let mut line = lock(&self.line);
            let Some(begun) = line.begin(self.room) else {
                line.helpers -= 1;
                return;
            };
            drop(line);
            self.make(begun);
        }
    }

    /// The result whose turn it is; nothing behind the last one.
    fn next(&self, helpers: usize, call: &dyn Fn()) -> Option<Result<R, E>> {
        let mut line = lock(&self.line);
        loop {
            let number = line.taken;
            let made = line.made.remove(&number);
            let begun = if made.is_none() { line.begin(self.room) } else { None };
            let called = helpers.saturating_sub(line.helpers).min(line.places(self.room));
            line.helpers += called;
            drop(line);
            (0..called).for_each(|_| call());
            if made.is_some() {
                return made;
            }
            let has_made = begun.map(|begun| self.make(begun)).is_some();
            line = lock(&self.line);
            while !has_made && !line.is_over && line.begun > number && !line.made.contains_key(&number) {
                line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
            }
            if line.is_over || line.begun == number {
                return None;
            }
        }
    }

    fn take_all(
        &self,
        helpers: usize,
        call: &dyn Fn(),
        take: &mut impl FnMut(&mut R) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(result) = self.next(helpers, call) {
            let mut slot = result?;
            take(&mut slot)?;
            let mut line = lock(&self.line);
            line.taken += 1;
            line.spare.push(slot);
        }
        Ok(())
    }
}

/// Ends the work of all when it is dropped.
struct Unwinding<'a, I: Iterator, R, E, M>(&'a Pipeline<I, R, E, M>);

impl<I: Iterator, R, E, M> Drop for Unwinding<'_, I, R, E, M> {
    fn drop(&mut self) {
        lock(&self.0.line).is_over = true;
        self.0.changed.notify_all();
    }
}
