//! The variables of a FlatGraph.

use arr_core::format::{Budget, room};
use arr_core::{Error, Hint, Result};

use crate::nd4j::flatarray::fields::{Fetch, File, root_in};
use crate::nd4j::flatarray::table::parse_at;

/// The offsets of the entries of fields in vtables.
const VARIABLES: u16 = 6;
const NAME: u16 = 6;
const ARRAY: u16 = 12;

/// The shortest vtable of a graph: SameDiff writes the fields up to `configuration`. A FlatArray has shorter ones.
const SHORTEST: u16 = 14;

/// More than all fields that a graph has had in any version.
const LONGEST: u16 = 64;

/// A variable that has a value.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Where the table of its value is.
    pub(super) table: u64,
    /// Bytes of the value; none where its table is broken, which is said when it is read.
    pub(super) len: u64,
}

/// All variables of a file of `len` bytes that have values. Offsets in errors count from the first byte of the file.
pub(super) fn variables(len: u64, fetch: &mut Fetch<'_>, budget: &mut Budget) -> Result<Vec<Variable>> {
    let mut file = File { len, fetch };
    let graph = file.root()?;
    let items = file.vector(graph.field(VARIABLES, "variables")?, 4, "the field 'variables'")?;
    let (count, most) = ((items.end - items.start) / 4, budget.limits().members());
    if count > most {
        let message = format!("the graph has {count} variables, more than the limit of {most} members");
        return Err(Error::limit(message).with_hint(Hint::Limit("max_members")).at(items.start));
    }
    let mut found = Vec::new();
    for at in (0..count).map(|number| items.start + 4 * number) {
        let at = file.led_to(at, "a variable")?;
        let variable = file.table(at)?;
        let Some(array) = variable.place_of(ARRAY) else { continue };
        let table = file.led_to(array, "the field 'ndarray'")?;
        let name = name_at(variable.field(NAME, "name")?, &mut file, budget)?;
        let nbytes = parse_at(table, len, file.fetch).map_or(0, |value| value.data().len() as u64);
        room::push(&mut found, Variable { name, table, len: nbytes })?;
    }
    Ok(found)
}

/// The name to which the offset at a place leads.
fn name_at(place: u64, file: &mut File<'_, '_>, budget: &mut Budget) -> Result<String> {
    let text = file.vector(place, 1, "the field 'name'")?;
    let too_long = |_| Error::limit("the name of a variable does not fit into memory").at(text.start);
    let len = usize::try_from(text.end - text.start).map_err(too_long)?;
    let memory = len.saturating_add(size_of::<Variable>()) as u64;
    budget.charge_description(memory).map_err(|error| error.at(text.start))?;
    let mut bytes = room::reserved(len)?;
    bytes.resize(len, 0);
    if !bytes.is_empty() {
        (file.fetch)(text.start, &mut bytes)?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = text.start + error.utf8_error().valid_up_to() as u64;
        Error::malformed("the name of a variable is not UTF-8").at(at)
    })
}

/// The places of variables by their names; two of one name are an error.
pub(super) fn by_name(variables: &[Variable]) -> Result<Vec<usize>> {
    let mut places = room::collected(0..variables.len())?;
    let name = |place: &usize| variables.get(*place).map(|variable| variable.name.as_str());
    places.sort_unstable_by_key(name);
    for pair in places.windows(2) {
        if let [one, other] = pair {
            if name(one) == name(other) {
                let table =
                    [one, other].into_iter().filter_map(|place| variables.get(*place)).map(|it| it.table);
                let message = "two variables of the graph have this name: neither can be found by it";
                let error = Error::malformed(message).in_path(name(one).unwrap_or_default());
                return Err(error.at(table.max().unwrap_or(0)));
            }
        }
    }
    Ok(places)
}

/// True when the first bytes of a file could be those of a FlatGraph: a root table with variables and with more fields than a
/// FlatArray has, and its vtable, as writers place them.
pub(super) fn looks_like_one(prefix: &[u8]) -> bool {
    could_be(prefix).unwrap_or(false)
}

fn could_be(prefix: &[u8]) -> Option<bool> {
    let (root, vtable) = root_in(prefix)?;
    let variables = vtable.entry(VARIABLES);
    let is_inside = |at: u16| {
        let entry = vtable.entry(at);
        entry == 0 || (4..vtable.table_len).contains(&entry)
    };
    if !(SHORTEST..=LONGEST).contains(&vtable.len) || vtable.len % 2 != 0 || variables == 0 {
        return None;
    }
    if !(4..=ARRAY).step_by(2).all(is_inside) {
        return None;
    }
    let place = root.checked_add(usize::from(variables))?;
    let number = |at: usize| prefix.get(at..)?.first_chunk().copied().map(u32::from_le_bytes);
    let start = place.checked_add(usize::try_from(number(place)?).ok()?)?;
    // The vector may lie behind what is seen.
    let is_some = number(start).is_none_or(|count| count > 0);
    Some(root % 4 == 0 && start % 4 == 0 && start > place && is_some)
}
