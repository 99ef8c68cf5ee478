//! Room for lists whose length a file decides: reserved so that a lack of memory is an error.

use std::collections::TryReserveError;

use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::{Error, Result};

/// An empty vector with room for `len` items.
///
/// # Errors
/// `LimitExceeded` when there is no memory for them.
pub fn reserved<T>(len: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(len).map_err(no_memory)?;
    Ok(room)
}

/// Adds one item to a vector that grows as it must. Of a long one huge pages are asked for, since most of the time that
/// filling it takes are page faults.
///
/// ```
/// use arr_core::format::room;
/// let mut names = room::reserved(2)?;
/// room::push(&mut names, "x")?;
/// assert_eq!(names, ["x"]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `LimitExceeded` when there is no memory for it.
#[inline]
pub fn push<T>(to: &mut Vec<T>, item: T) -> Result<()> {
    if to.len() == to.capacity() {
        grow(to, 1)?;
    }
    to.push(item);
    Ok(())
}

/// Makes room in a vector for some more items, as [`push`] does for one.
///
/// # Errors
/// `LimitExceeded` when there is no memory for them.
pub fn grow<T>(to: &mut Vec<T>, more: usize) -> Result<()> {
    to.try_reserve(more).map_err(no_memory)?;
    if size_of_val(to.spare_capacity_mut()) >= PAGES_FROM {
        advise_huge_pages(to.spare_capacity_mut());
    }
    Ok(())
}

/// The items of an iterator that knows how many there are.
///
/// # Errors
/// `LimitExceeded` when there is no memory for them.
pub fn collected<T>(items: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>> {
    let mut all = reserved(items.len())?;
    all.extend(items);
    Ok(all)
}

/// The error that there is no memory for a list, a map or a text.
#[cold]
pub fn no_memory(source: TryReserveError) -> Error {
    Error::limit("the system has no more memory to give").with_source(source)
}
