//! Names of parts in the output.

use std::collections::HashMap;
use std::rc::Rc;

use arr_core::format::{Holds, MemberInfo, PartInfo};
use arr_core::{Error, Result};

use super::Origin;

/// By what a part is asked for in another archive: as it was; a field of records by the name of the field; an array in a
/// row by the name of its file, with its number where the file has several: those of `x.nd4j` are `x_0`, `x_1`, and those
/// of no file, as in NumPy, `arr_0`, `arr_1`. An array that is all of a file of objects has no key of its own.
pub(super) fn key_of(input: &Origin<'_>, part: &PartInfo) -> String {
    if let Some(key) = &input.key {
        return key.clone();
    }
    let is_graph = input.parts.format().holds == Holds::Graph;
    let own = part.key.as_deref().filter(|key| !(is_graph && key.is_empty()));
    let is_file = part.member.as_ref().is_some_and(|member| member.format.is_some());
    if let Some(key) = own.filter(|_| is_file) {
        return without_extension(key).to_owned();
    }
    let stem = match input.parts.member() {
        Some(member) => Some(without_extension(member.rsplit("::").next().unwrap_or(member)).to_owned()),
        None => input.stem.clone(),
    };
    let asked = input.member.as_deref().filter(|_| input.parts.is_named());
    let field = match (own, asked) {
        (_, None) => None,
        (Some(key), Some(asked)) => asked.strip_prefix(key).and_then(|rest| rest.strip_prefix("::")),
        (None, Some(asked)) => {
            let last = asked.rsplit_once("::").map_or(asked, |(_, last)| last);
            Some(last).filter(|last| last.trim_start_matches('/').parse() != Ok(part.place))
        }
    };
    match (field.or(own), &stem) {
        (Some(name), _) => name.to_owned(),
        (None, Some(stem)) if asked.is_none() && !input.parts.has_several() => stem.clone(),
        (None, stem) => format!("{}_{}", stem.as_deref().unwrap_or("arr"), part.place),
    }
}

/// The name of a file in an archive without its extension, and with the folders in front of it.
fn without_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !stem.ends_with('/') && !extension.contains('/') => {
            stem
        }
        _ => name,
    }
}

/// True when the bytes of a member are in the archive as they are.
pub(super) fn is_stored(member: &MemberInfo) -> bool {
    member.packing == "stored"
}

/// The default level of a member: as it was, stored or by the usual level.
pub(super) fn usual_level(member: &MemberInfo) -> u8 {
    if is_stored(member) { 0 } else { 6 }
}

/// What is written already, and from which input it came.
#[derive(Default)]
pub(super) struct Names(HashMap<Box<str>, Rc<str>>);

impl Names {
    /// Takes a key for a part of an input that is called `name`.
    pub(super) fn claim(&mut self, key: &str, name: &Rc<str>) -> Result<()> {
        let Some(other) = self.0.insert(key.into(), Rc::clone(name)) else { return Ok(()) };
        let message = format!("'{key}' would be in the archive twice, from {other} as well");
        Err(Error::invalid(message).in_file(name))
    }
}
