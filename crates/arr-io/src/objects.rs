//! Arrays of objects: the data of such a file is in another format, whose objects and arrays the file then has.

use std::sync::{Mutex, PoisonError};

use arr_core::format::{Content, Format, FormatInfo, Holds, Positioned, Reader, Reading, Source};
use arr_core::{Input, Result};

use crate::check::holds_objects;
use crate::{OpenOptions, Parts, Registry};

/// How many bytes of a stream are looked at to describe its first array.
const HEAD: usize = 4096;

/// A file whose items are objects.
pub(crate) struct Inside<'r> {
    /// The format of its data.
    pub(crate) objects: &'r dyn Format,
    /// What the file is then: a graph.
    pub(crate) info: &'static FormatInfo,
    /// Where the data begins behind the place of the input.
    pub(crate) offset: u64,
}

/// Says whether the first array of a file has items that are objects, in a format that is known.
pub(crate) fn inside<'r>(
    registry: &'r Registry,
    format: &dyn Format,
    input: &mut Input<'_>,
) -> Result<Option<Inside<'r>>> {
    let Some(objects) = registry.of_objects().filter(|_| format.info().holds.is_row()) else {
        return Ok(None);
    };
    if objects.info().name == format.info().name {
        return Ok(None);
    }
    let limits = input.budget().limits().clone();
    let head = match input.ahead() {
        Some(ahead) => ahead,
        None => Input::from_bytes(input.peek(HEAD)?),
    };
    // What is wrong with it is found when it is read.
    let described = || {
        let head = head.with_limits(&limits);
        let mut reader = format.open(Source::from(head), &Reading::new().limits(limits.clone())).ok()?;
        let part = reader.next_part().ok()??;
        match reader.describe(&part).ok()? {
            Content::Array(what) if holds_objects(&what.dtype) && what.data_len.is_none() => {
                Some(what.data_offset)
            }
            _ => None,
        }
    };
    let Some(offset) = described() else { return Ok(None) };
    Ok(Some(Inside { objects, info: joined(format.info(), objects.info()), offset }))
}

/// The parts of a member whose items are objects, where a name leads into it: `model.npz::config/train/x`, with the key of the
/// member in front of the path.
pub(crate) fn in_member(
    options: &OpenOptions<'_>,
    reader: &mut dyn Reader,
    info: &FormatInfo,
    name: &str,
) -> Result<Option<Parts<'static>>> {
    let is_archive = info.holds == Holds::Members && options.known().of_objects().is_some();
    if !is_archive || reader.find(name).is_ok() {
        return Ok(None);
    }
    for (at, sign) in name.match_indices("::").chain(name.match_indices('/')) {
        let (Some(key), Some(path)) = (name.get(..at), name.get(at + sign.len()..)) else { continue };
        let Ok(part) = reader.find(key) else { continue };
        let Ok(Content::Array(what)) = reader.describe(&part) else { continue };
        if holds_objects(&what.dtype) {
            let bytes = Positioned::from_buffer(reader.read_bytes(&part)?);
            return options.inside_of(path).parts_of(Input::from_positioned(bytes), None).map(Some);
        }
    }
    Ok(None)
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
