//! Arrays that are too large to be held.

use arr_io::format::{Block, PartInfo, unravel};
use arr_io::{Array, DType, Error, Order, Parts};

use super::{holds_text, is_text, no_text_at};
use crate::failure::Failure;

/// Hands on all blocks of an array so that their items follow one another in C order.
pub fn each_block<E: From<Error>>(
    parts: &mut Parts<'_>,
    part: &PartInfo,
    mut each: impl FnMut(Block) -> Result<(), E>,
) -> Result<(), E> {
    let mut blocks = parts.blocks(part, Order::C)?;
    while let Some(block) = blocks.next_block()? {
        each(block)?;
    }
    Ok(())
}

/// Reads all of an array, before anything of it is written, looks for blocks that can't be read, and text that is none.
pub fn check_blocks(parts: &mut Parts<'_>, part: &PartInfo, dtype: &DType) -> Result<(), Failure> {
    let holds_text = holds_text(dtype);
    each_block(parts, part, |Block { array, place, .. }: Block| -> Result<(), Failure> {
        let bad = |array: &Array| array.items().position(|item| !is_text(dtype, item));
        match Some(&array).filter(|_| holds_text).and_then(bad) {
            None => Ok(()),
            Some(at) => Err(no_text_at(&place.index(&unravel(array.shape(), at))).into()),
        }
    })
}
