//! Arrays that are too large to be held.

use arr_io::{Array, Error, Order, Pieces};

use super::{holds_text, index_of, is_text, no_text_at};
use crate::failure::Failure;

/// Hands on all pieces so that their items follow one another in C order. What `f` fails with comes back as it is.
pub fn each_piece(
    pieces: &Pieces<'_>,
    mut f: impl FnMut(&Array) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failed = None;
    let read = pieces.each(Order::C, |piece, _| {
        f(&piece).map_err(|failure| {
            failed = Some(failure);
            Error::invalid("the output takes no more")
        })
    });
    match failed {
        Some(failure) => Err(failure),
        None => Ok(read?),
    }
}

/// Looks for text that is none, before anything is written: then all is read one time more.
pub fn check_text_of(pieces: &Pieces<'_>) -> Result<(), Error> {
    let dtype = &pieces.description().dtype;
    if !holds_text(dtype) {
        return Ok(());
    }
    pieces.each(Order::C, |piece, place| match piece.items().position(|item| !is_text(dtype, item)) {
        None => Ok(()),
        Some(at) => Err(no_text_at(&place.index(&index_of(piece.shape(), at)))),
    })
}
