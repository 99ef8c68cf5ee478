//! Files of other formats in strings: as base64, or with a character of Latin-1 for each byte.

use std::collections::HashMap;
use std::sync::Arc;

use arr_core::format::room::reserved;
use arr_core::format::{Budget, Format, Match, Part, Reader, Reading, Selection, Source};
use arr_core::value::Items;
use arr_core::{Buffer, Error, Graph, Input, Limits, Node, NodeId, Result, Value};

use super::cells::Cell;
use super::{encoded, text};

/// How many characters are looked at first.
const HEAD: usize = 64;

/// The format whose file a string is, and the file; nothing of a string that begins as none of them.
pub(super) fn found<'f>(
    formats: &'f [Arc<dyn Format>],
    cell: Cell,
    all: &[u8],
    budget: &mut Budget,
) -> Result<Option<(&'f dyn Format, Buffer)>> {
    let (Cell::Text(span) | Cell::Escaped(span)) = cell else { return Ok(None) };
    let body = span.of(all);
    if formats.is_empty() || body.len() < 8 {
        return Ok(None);
    }
    if let Some(format) = known_by_head(formats, body) {
        let Some(whole) = text::read(cell, all)? else { return Ok(None) };
        budget.charge_bytes(whole.len() as u64)?;
        return Ok(encoded::decode_lines(whole.as_bytes()).ok().map(|bytes| (format, bytes)));
    }
    // The first byte of the marks of files that hold arrays is not ASCII.
    let is_marked = body.starts_with(b"\\u00") || matches!(body, [0xc2 | 0xc3, ..]);
    if !is_marked {
        return Ok(None);
    }
    let Some(whole) = text::read(cell, all)? else { return Ok(None) };
    budget.charge_bytes(whole.len() as u64)?;
    let mut bytes = reserved(whole.len())?;
    for letter in whole.chars() {
        match u8::try_from(letter) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Ok(None),
        }
    }
    Ok(known(formats, &bytes).map(|format| (format, Buffer::from_vec(bytes))))
}

/// The format whose file begins with the bytes that the beginning of a string means in base64.
fn known_by_head<'f>(formats: &'f [Arc<dyn Format>], body: &[u8]) -> Option<&'f dyn Format> {
    let head = body.get(..body.len().min(HEAD))?;
    // A long text has line ends in it, or escapes of them.
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let end = head.iter().position(|byte| !is_sign(byte)).unwrap_or(head.len());
    let head = head.get(..end / 4 * 4).filter(|head| head.len() >= 8)?;
    let mut room = [0; HEAD];
    known(formats, crate::base64::decode_into(head, &mut room)?)
}

fn known<'f>(formats: &'f [Arc<dyn Format>], head: &[u8]) -> Option<&'f dyn Format> {
    formats.iter().map(Arc::as_ref).find(|format| format.sniff(head) == Match::Yes)
}

/// Reads a file of a format that is in memory: all of it, and what its container has that is wrong. That of a file that can't
/// be read comes [with the error](Error::take_earlier).
///
/// # Errors
/// Those of the format; `Malformed` when something follows it.
pub(super) fn read(format: &dyn Format, bytes: &[u8], limits: &Limits) -> Result<(Graph, Vec<Error>)> {
    let how = Reading::new().limits(limits.clone());
    let mut reader = format.open(Source::from(Input::from_bytes(bytes)), &how)?;
    let faults = reader.container_faults()?;
    match graph_of(reader.as_mut(), limits) {
        Ok(graph) => Ok((graph, faults)),
        Err(error) => Err(error.after(faults)),
    }
}

fn graph_of(reader: &mut dyn Reader, limits: &Limits) -> Result<Graph> {
    let mut budget = limits.budget();
    let graph = reader.graph(&mut budget, &mut |_, error| Err(error))?;
    let graph = graph.with_arrays(&mut |part| match reader.read(part, Selection::All)? {
        Part::Array(array) => Ok(array),
        _ => Err(Error::invalid("it is not an array")),
    })?;
    if reader.trailing()? > 0 {
        return Err(Error::malformed("something follows the file"));
    }
    Ok(graph)
}

/// Gives the nodes to which a node refers other names.
pub(super) fn rename(node: &mut Node, names: &HashMap<NodeId, NodeId>) {
    let each = |values: &mut Vec<Value>| values.iter_mut().for_each(|value| rename_value(value, names));
    let pairs = |entries: &mut Vec<(Value, Value)>| {
        for (key, value) in entries {
            rename_value(key, names);
            rename_value(value, names);
        }
    };
    match node {
        Node::List(values) | Node::Tuple(values) | Node::Set(values) | Node::FrozenSet(values) => {
            each(values)
        }
        Node::Dict(entries) => pairs(entries),
        Node::Object(object) => {
            for value in [&mut object.args, &mut object.kwargs, &mut object.state].into_iter().flatten() {
                rename_value(value, names);
            }
            each(&mut object.items);
            pairs(&mut object.entries);
        }
        Node::Function(function) => rename_value(&mut function.upvalues, names),
        Node::Array(array) => match &mut array.items {
            Items::View(view) => rename_value(&mut view.storage, names),
            Items::Values { items, .. } => each(items),
            _ => {}
        },
        _ => {}
    }
}

/// Gives the node to which a value refers its other name.
pub(super) fn rename_value(value: &mut Value, names: &HashMap<NodeId, NodeId>) {
    if let Value::Ref(id) = value {
        if let Some(name) = names.get(id) {
            *id = *name;
        }
    }
}
