//! Room for lists whose length a file decides: reserved so that a lack of memory is an error.

use std::collections::TryReserveError;

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

/// Adds one item to a vector that grows as it must.
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
pub fn push<T>(to: &mut Vec<T>, item: T) -> Result<()> {
    to.try_reserve(1).map_err(no_memory)?;
    to.push(item);
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
