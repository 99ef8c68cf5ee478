//! Arrays of objects: the data of such a file is in another format, whose objects and arrays the file then has.

use std::sync::{Mutex, PoisonError};

use arr_core::format::room::push;
use arr_core::format::{
    BadPart, Budget, Content, Format, FormatInfo, Holds, Part, PartInfo, Positioned, Reader, Reading, Source,
};
use arr_core::value::Items;
use arr_core::{Buffer, DType, Error, Graph, Input, Result, Value};

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
    Ok(Some(Inside { objects, info: info_of(format.info(), objects.info()), offset }))
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
            return options.inside_of(Some(path)).parts_of(Input::from_positioned(bytes), None).map(Some);
        }
    }
    Ok(None)
}

/// The bytes of a part whose items are objects, with its dtype; nothing where they are not, or can't be read.
pub(crate) fn bytes_of(parts: &mut Parts<'_>, part: &PartInfo) -> Option<(DType, Buffer)> {
    let what = parts.describe(part).ok()?.into_array()?;
    let bytes = if holds_objects(&what.dtype) { parts.read_bytes(part).ok() } else { None };
    bytes.map(|bytes| (what.dtype, bytes))
}

/// What is needed to look into members whose items are objects.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    registry: Registry,
    reading: Reading,
    /// Whether they are in members, and not in arrays in a row.
    pub(crate) are_members: bool,
}

impl Objects {
    /// That of an archive, or of arrays in a row, if the format of objects is known.
    pub(crate) fn of(options: &OpenOptions<'_>, info: &FormatInfo) -> Option<Self> {
        let registry = options.known();
        let are_members = info.holds == Holds::Members;
        let is_known = registry.of_objects().is_some() && (are_members || info.holds.is_row());
        is_known.then(|| Self { registry: registry.clone(), reading: options.how().clone(), are_members })
    }

    fn options(&self) -> OpenOptions<'_> {
        OpenOptions::new().registry(&self.registry).reading(self.reading.clone())
    }

    /// The arrays that are in a member.
    pub(crate) fn parts(&self, member: Buffer) -> Result<Parts<'static>> {
        self.options().parts_of(Input::from_positioned(Positioned::from_buffer(member)), None)
    }

    /// What is wrong with the objects of a member.
    ///
    /// # Errors
    /// What keeps them from being judged.
    pub(crate) fn faults(&self, member: Buffer) -> Result<Vec<Error>> {
        let input = Input::from_positioned(Positioned::from_buffer(member));
        self.options().check_of(input, None, &mut ())
    }

    /// All that is in a member.
    fn graph(&self, member: Buffer, bad: &mut BadPart<'_>) -> Result<Graph> {
        let mut parts = self.parts(member)?;
        let graph = parts.graph(bad)?;
        graph.with_arrays(&mut |part| parts.read(part).and_then(Part::into_array))
    }
}

/// The graph of an archive with the objects of its members in the places of their arrays. A member whose objects can't be
/// read is handed to `bad`, and none stands in its place.
pub(crate) fn joined(
    graph: Graph,
    reader: &mut dyn Reader,
    objects: &Objects,
    budget: &mut Budget,
    bad: &mut BadPart<'_>,
) -> Result<Graph> {
    let mut members = Vec::new();
    for (id, node) in graph.nodes() {
        if let Some(Items::Part(part)) = node.as_array().map(|array| &array.items) {
            if holds_objects(&part.dtype) {
                push(&mut members, (id, part.info.clone()))?;
            }
        }
    }
    let mut joined = graph;
    for (id, info) in members {
        let bytes = reader.read_bytes(&info);
        let found = bytes.and_then(|bytes| objects.graph(bytes, &mut |_, error| Err(error)));
        match found {
            Ok(inner) if inner.root().and_then(Value::as_node).is_some() => {
                joined = joined.with_graph(id, inner, budget)?;
            }
            found => {
                let none = || Error::malformed("the objects of an array are not an array");
                bad(&info, found.err().unwrap_or_else(none))?;
                joined = joined.without(id);
            }
        }
    }
    Ok(joined)
}

/// What a format is whose items are objects of another. It is made once for each pair of formats.
fn info_of(outer: &'static FormatInfo, objects: &'static FormatInfo) -> &'static FormatInfo {
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
