//! The cells that a pickle has left become the nodes of a graph: those that are reached, each once.

use std::collections::HashMap;
use std::sync::Arc;

use arr_core::format::PartInfo;
use arr_core::format::room::{no_memory, push, reserved};
use arr_core::value::{ArrayNode, GraphBuilder, Items, Object, Part};
use arr_core::{Array, Buffer, Contiguity, DType, Error, Graph, Layout, Node, NodeId, Order, Result, Value};

use super::build::unset;
use super::machine::Machine;
use super::value::{Arr, ArrItems, Cell, Made, Obj, Payload, Val};

/// From this length on data that several arrays share is copied once.
const SHARED_FROM: u64 = 4096;

/// What is done with items that are still in the file.
#[derive(Clone, Debug)]
pub(super) enum Keep {
    /// They are left there.
    Left,
    /// They are read.
    Read,
    /// The whole file is this buffer, of which they are a part.
    Shared(Buffer),
}

/// An array of a file.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) node: NodeId,
    pub(super) place: Place,
}

/// Where the items of an array are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory(Array),
    /// From that byte of the file on.
    File {
        at: u64,
        dtype: DType,
        layout: Layout,
    },
    /// They are objects.
    Values,
}

/// What a pickle is.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) graph: Graph,
    pub(super) arrays: Vec<Found>,
}

/// Makes the graph whose values are `roots`.
pub(super) fn settle(machine: &mut Machine<'_>, roots: Vec<Val>, keep: &Keep) -> Result<Settled> {
    let mut seen = reserved(machine.cells.len())?;
    seen.resize(machine.cells.len(), None);
    let mut settler = Settler {
        machine,
        builder: Graph::builder(),
        seen,
        queue: Vec::new(),
        keep,
        arrays: Vec::new(),
        shared: HashMap::new(),
    };
    let roots = settler.values(roots)?;
    let mut next = 0;
    while let Some((cell, id)) = settler.queue.get(next).copied() {
        next += 1;
        let node = settler.node(cell, id)?;
        settler.builder.fill(id, node, &mut settler.machine.budget)?;
    }
    Ok(Settled { graph: settler.builder.finish(roots)?, arrays: settler.arrays })
}

struct Settler<'m, 'f> {
    machine: &'m mut Machine<'f>,
    builder: GraphBuilder,
    /// What each cell has become.
    seen: Vec<Option<Value>>,
    /// The cells that have nodes, in the order in which they were reached.
    queue: Vec<(u32, NodeId)>,
    keep: &'m Keep,
    arrays: Vec<Found>,
    /// Data that was read, by its place.
    shared: HashMap<(u64, u64), Buffer>,
}

impl Settler<'_, '_> {
    fn value(&mut self, value: Val) -> Result<Value> {
        let cell = match value {
            Val::Plain(value) => return Ok(value),
            Val::Cell(cell) => cell,
        };
        if let Some(Some(known)) = self.seen.get(cell as usize) {
            return Ok(known.clone());
        }
        let machine = &mut *self.machine;
        let made = match machine.cells.get(cell as usize) {
            Some(Cell::Bytes(bytes)) => {
                let bytes = machine.feed.held(bytes, &mut machine.budget)?;
                Value::Bytes(Arc::new(bytes))
            }
            Some(Cell::OldText(bytes)) => {
                let bytes = machine.feed.held(bytes, &mut machine.budget)?;
                machine.decoded(&bytes)?
            }
            _ => {
                let id = self.builder.reserve(&mut machine.budget)?;
                push(&mut self.queue, (cell, id))?;
                id.into()
            }
        };
        if let Some(slot) = self.seen.get_mut(cell as usize) {
            *slot = Some(made.clone());
        }
        Ok(made)
    }

    fn values(&mut self, values: Vec<Val>) -> Result<Vec<Value>> {
        values.into_iter().map(|value| self.value(value)).collect()
    }

    fn entries(&mut self, entries: Vec<(Val, Val)>) -> Result<Vec<(Value, Value)>> {
        entries.into_iter().map(|(key, value)| Ok((self.value(key)?, self.value(value)?))).collect()
    }

    fn option(&mut self, value: Option<Val>) -> Result<Option<Value>> {
        value.map(|value| self.value(value)).transpose()
    }

    fn node(&mut self, cell: u32, id: NodeId) -> Result<Node> {
        let lost = || Error::unsupported("an invariant of the library is broken: a cell is lost");
        let slot = self.machine.cells.get_mut(cell as usize).ok_or_else(lost)?;
        if let Cell::Global(global) = slot {
            return Ok(Object::new(global.name.clone()).into());
        }
        Ok(match std::mem::replace(slot, Cell::Taken) {
            Cell::List(items) => Node::List(self.values(items)?),
            Cell::Tuple(span) => {
                let mut items = reserved(span.len)?;
                for place in span.start..span.start.saturating_add(span.len) {
                    let slot = self.machine.values.get_mut(place).ok_or_else(lost)?;
                    let value = std::mem::replace(slot, Val::NONE);
                    items.push(self.value(value)?);
                }
                Node::Tuple(items)
            }
            Cell::Set(items) => Node::Set(unique(self.values(items)?)?),
            Cell::FrozenSet(items) => Node::FrozenSet(unique(self.values(items)?)?),
            Cell::Dict(entries) => Node::Dict(last_of_each(self.entries(entries)?)?),
            Cell::ByteArray(bytes) => {
                let machine = &mut *self.machine;
                let bytes = machine.feed.held(&bytes, &mut machine.budget)?;
                let args = self.builder.add(Node::Tuple(vec![bytes.into()]), &mut machine.budget)?;
                Object::new("builtins.bytearray").with_args(args).into()
            }
            Cell::Object(object) => self.object(*object)?,
            Cell::Array(array) => self.array(*array, id)?,
            Cell::DType(typ) => Node::DType(typ.dtype),
            Cell::Global(_) | Cell::Bytes(_) | Cell::OldText(_) | Cell::Taken => return Err(lost()),
        })
    }

    fn object(&mut self, object: Obj) -> Result<Node> {
        let class = match self.machine.cells.get(object.class as usize) {
            Some(Cell::Global(global)) => global.name.clone(),
            _ => String::new(),
        };
        let mut made = Object::new(class);
        if object.made != Made::Masked {
            made.args = self.option(object.args)?;
            made.kwargs = self.option(object.kwargs)?;
        }
        made.state = self.option(object.state)?;
        made.items = self.values(object.items)?;
        made.entries = last_of_each(self.entries(object.entries)?)?;
        Ok(made.into())
    }

    fn array(&mut self, array: Arr, id: NodeId) -> Result<Node> {
        let place = self.arrays.len();
        let items = match array.items {
            ArrItems::Unset => unset()?,
            items => items,
        };
        let (items, found) = match items {
            ArrItems::Values { dtype, shape, order, items } => {
                let items = self.values(items)?;
                let lies = if order == Order::F { Contiguity::F } else { Contiguity::C };
                (Items::Values { dtype, shape: shape.to_vec(), order: lies, items }, Place::Values)
            }
            ArrItems::Made(array) => (Items::Array(array.clone()), Place::Memory(array)),
            ArrItems::Bytes { dtype, layout, data } => match (&data, self.keep) {
                (Payload::At { at, .. }, Keep::Left) => {
                    let order = layout.contiguity(dtype.itemsize());
                    let part = Part::new(PartInfo::at(place), dtype.clone(), layout.shape(), order);
                    (Items::Part(part), Place::File { at: *at, dtype, layout })
                }
                _ => {
                    let array = Array::new(dtype, layout, self.data(&data)?)?;
                    (Items::Array(array.clone()), Place::Memory(array))
                }
            },
            ArrItems::Unset => return Err(Error::unsupported("an array has no items")),
        };
        push(&mut self.arrays, Found { node: id, place: found })?;
        let node = ArrayNode::new(items).with_scalar(array.is_scalar);
        Ok(match array.class {
            Some(class) => node.with_class(class, None).into(),
            None => node.into(),
        })
    }

    /// The bytes of an array. Those that several arrays share are read once.
    fn data(&mut self, data: &Payload) -> Result<Buffer> {
        let machine = &mut *self.machine;
        let Payload::At { at, len } = *data else { return machine.feed.held(data, &mut machine.budget) };
        if let Keep::Shared(whole) = self.keep {
            let lost = || Error::unsupported("an invariant of the library is broken: bytes are lost");
            let start = usize::try_from(at).map_err(|_| lost())?;
            let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len)).ok_or_else(lost)?;
            return whole.slice(start..end).ok_or_else(lost);
        }
        if len < SHARED_FROM {
            return machine.feed.held(data, &mut machine.budget);
        }
        if let Some(known) = self.shared.get(&(at, len)) {
            return Ok(known.clone());
        }
        let bytes = machine.feed.held(data, &mut machine.budget)?;
        self.shared.try_reserve(1).map_err(no_memory)?;
        self.shared.insert((at, len), bytes.clone());
        Ok(bytes)
    }
}

/// So many keys are compared one by one; more of them are hashed.
const FEW: usize = 8;

/// What Python compares a key by: a truth is a number, and a whole number the float of its value. Nothing of what equals
/// nothing else, or is compared by what is in it.
fn key(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(truth) => Some(Value::Int(i64::from(*truth))),
        #[allow(clippy::cast_possible_truncation, reason = "whole numbers of at most 62 bits")]
        Value::Float(float) if float.trunc() == *float && float.abs() < 4e18 => {
            Some(Value::Int(*float as i64))
        }
        Value::Float(float) if float.is_nan() => None,
        Value::Ref(_) | Value::Complex(_) => None,
        other => Some(other.clone()),
    }
}

/// Which of the values are there again, each with the place of the first.
fn repeated<'v>(keys: impl ExactSizeIterator<Item = &'v Value>) -> Result<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    if keys.len() <= FEW {
        let mut known: [Option<Value>; FEW] = Default::default();
        for (place, value) in keys.enumerate() {
            let own = key(value);
            if let Some(first) = known.iter().position(|earlier| own.is_some() && *earlier == own) {
                push(&mut found, (place, first))?;
            }
            if let Some(slot) = known.get_mut(place) {
                *slot = own;
            }
        }
        return Ok(found);
    }
    let mut known = HashMap::new();
    known.try_reserve(keys.len()).map_err(no_memory)?;
    for (place, value) in keys.enumerate() {
        if let Some(own) = key(value) {
            match known.entry(own) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    push(&mut found, (place, *first.get()))?
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(place);
                }
            }
        }
    }
    Ok(found)
}

/// The entries of a dict: of a key that is set several times the last value, in the place of the first.
fn last_of_each(mut entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>> {
    let again = repeated(entries.iter().map(|(key, _)| key))?;
    for (place, first) in &again {
        let value = entries.get(*place).map(|(_, value)| value.clone());
        if let (Some(value), Some(entry)) = (value, entries.get_mut(*first)) {
            entry.1 = value;
        }
    }
    Ok(without(entries, &again))
}

/// The items of a set, each once.
fn unique(items: Vec<Value>) -> Result<Vec<Value>> {
    let again = repeated(items.iter())?;
    Ok(without(items, &again))
}

/// What is left of a list without some places, which are in order.
fn without<T>(items: Vec<T>, places: &[(usize, usize)]) -> Vec<T> {
    if places.is_empty() {
        return items;
    }
    let mut gone = places.iter().map(|(place, _)| *place).peekable();
    let mut kept = items;
    let mut at = 0;
    kept.retain(|_| {
        let is_gone = gone.next_if_eq(&at).is_some();
        at += 1;
        !is_gone
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_key_counts_in_the_place_of_the_first() {
        let entry = |key: Value, value: i32| (key, Value::from(value));
        let entries = vec![
            entry(1.into(), 1),
            entry("a".into(), 2),
            entry(true.into(), 3),
            entry(f64::NAN.into(), 4),
            entry(f64::NAN.into(), 5),
            entry(1.0.into(), 6),
            entry("a".into(), 7),
        ];
        let wanted = vec![
            entry(1.into(), 6),
            entry("a".into(), 7),
            entry(f64::NAN.into(), 4),
            entry(f64::NAN.into(), 5),
        ];
        assert_eq!(last_of_each(entries.clone()).unwrap(), wanted);
        let many: Vec<_> =
            entries.into_iter().chain((0..20).map(|key| entry(format!("{key}").into(), key))).collect();
        let many = last_of_each(many).unwrap();
        assert_eq!((&many[..4], many.len()), (&wanted[..], 24));
        assert_eq!(unique(vec![0.into(), (-0.0).into(), false.into()]).unwrap(), [0.into()]);
    }
}
