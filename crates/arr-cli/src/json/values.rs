//! The items of an array, one at a time.

use std::io::Write;

use arr_io::{Array, DType, Error, Items, Storage, Texts};
use serde_json::to_writer;

use super::{Dates, write_item};
use crate::failure::Failure;

/// Writes the items of an array as JSON, in C order.
pub enum Values<'a> {
    /// Items that are all in their bytes.
    Items(&'a DType, Items<'a>, Dates),
    /// Variable-length strings.
    Texts(Texts<'a>),
}

impl<'a> Values<'a> {
    /// From the first item on.
    pub fn new<S: Storage>(array: &'a Array<S>, dates: Dates) -> Result<Self, Error> {
        match array.dtype() {
            DType::Utf8 => array.texts().map(Self::Texts),
            dtype => Ok(Self::Items(dtype, array.items(), dates)),
        }
    }

    /// Writes the next item, if there is one.
    pub fn write_next<W: Write>(&mut self, out: &mut W) -> Result<(), Failure> {
        match self {
            Self::Items(dtype, items, dates) => {
                items.next().map_or(Ok(()), |item| write_item(out, dtype, item, *dates))
            }
            Self::Texts(texts) => texts.next().map_or(Ok(()), |text| Ok(to_writer(out, text?)?)),
        }
    }
}
