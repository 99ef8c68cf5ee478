//! Arrays of objects: the data of such a file is in another format, whose objects and arrays the file then has.

use std::sync::{Mutex, PoisonError};

use arr_core::format::{Content, Format, FormatInfo, Holds, Reading, Source};
use arr_core::{Input, Result};

use crate::Registry;
use crate::check::holds_objects;

/// How many bytes of a file are looked at to describe its first array.
const HEAD: usize = 64 << 10;

/// A file whose items are objects.
pub(crate) struct Inside<'r> {
    /// The format of its data.
    pub(crate) objects: &'r dyn Format,
    /// What the file is then: a graph.
    pub(crate) info: &'static FormatInfo,
    /// Where the data begins.
    pub(crate) offset: u64,
}

/// Says whether the first array of a file has items that are objects, in a format that is known.
pub(crate) fn inside<'r>(
    registry: &'r Registry,
    format: &dyn Format,
    input: &mut Input<'_>,
) -> Result<Option<Inside<'r>>> {
    let Some(objects) = registry.of_objects().filter(|_| format.info().holds.is_row()) else { return Ok(None) };
    if objects.info().name == format.info().name {
        return Ok(None);
    }
    let start = input.position();
    let limits = input.budget().limits().clone();
    let head = input.peek(HEAD)?;
    // What is wrong with it is found when it is read.
    let described = || {
        let head = Input::from_bytes(head).with_limits(&limits);
        let mut reader = format.open(Source::from(head), &Reading::new().limits(limits.clone())).ok()?;
        let part = reader.next_part().ok()??;
        match reader.describe(&part).ok()? {
            Content::Array(what) if holds_objects(&what.dtype) && what.data_len.is_none() => Some(what.data_offset),
            _ => None,
        }
    };
    let Some(offset) = described().and_then(|offset| offset.checked_sub(start.min(offset))) else { return Ok(None) };
    Ok(Some(Inside { objects, info: joined(format.info(), objects.info()), offset }))
}

/// What a format is whose items are objects of another. It is made once for each pair of formats.
fn joined(outer: &'static FormatInfo, objects: &'static FormatInfo) -> &'static FormatInfo {
    static MADE: Mutex<Vec<&'static FormatInfo>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = |info: &&&FormatInfo| info.name == outer.name && info.description == outer.description;
    if let Some(known) = made.iter().find(is_known) {
        return known;
    }
    let options = [outer.options, objects.options].concat();
    let info = FormatInfo { holds: Holds::Graph, options: Box::leak(options.into_boxed_slice()), ..*outer };
    let info: &'static FormatInfo = Box::leak(Box::new(info));
    made.push(info);
    info
}
