//! The cells that a pickle has left become the nodes of a graph: those that are reached, each once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::sync::Arc;

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::format::{Keep, PartInfo};
use arr_core::value::{ArrayNode, GraphBuilder, Items, Object, Part};
use arr_core::{Array, Buffer, Contiguity, DType, Error, Graph, Layout, Node, NodeId, Order, Result, Value};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::blocks::SHORT;
use super::build::unset;
use super::feed::LEFT_FROM;
use super::literals::TEXT;
use super::machine::Machine;
use super::value::{Arr, ArrItems, Cell, Obj, Payload, Span, Val};

/// From this length on data that several arrays share is copied once.
const SHARED_FROM: u64 = 4096;

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
    /// The arrays, in the order of their nodes, if their items were left where they are.
    pub(super) arrays: Vec<Found>,
}

/// Makes the graph whose values are `roots`.
pub(super) fn settle(machine: &mut Machine<'_>, roots: Vec<Val>, keep: &Keep) -> Result<Settled> {
    machine.feed.end_block()?;
    machine.end();
    machine.budget.charge_objects((machine.cells.len() * size_of::<Option<NodeId>>()) as u64)?;
    let mut seen = reserved(machine.cells.len())?;
    seen.resize(machine.cells.len(), None);
    let mut settler = Settler {
        machine,
        builder: Graph::builder(),
        seen,
        queue: Vec::new(),
        tuples: Vec::new(),
        keep,
        arrays: Vec::new(),
        shared: HashMap::new(),
        left: HashSet::new(),
    };
    let roots = settler.values(roots)?;
    let mut next = 0;
    while let Some((reached, id)) = settler.queue.get(next).copied() {
        next += 1;
        let node = match reached {
            Reached::Cell(cell) => settler.node(cell, id)?,
            Reached::Tuple(number) => {
                let items = settler.tuples.get_mut(number as usize).map(std::mem::take);
                Node::Tuple(settler.values(items.ok_or_else(lost)?)?)
            }
        };
        settler.builder.fill(id, node, &mut settler.machine.budget)?;
    }
    Ok(Settled { graph: settler.builder.finish(roots)?, arrays: settler.arrays })
}

/// What a node is made of.
#[derive(Clone, Copy)]
enum Reached {
    Cell(u32),
    /// The tuple of that number among those that were reached.
    Tuple(u32),
}

struct Settler<'m, 'f> {
    machine: &'m mut Machine<'f>,
    builder: GraphBuilder,
    /// The node that each cell has become.
    seen: Vec<Option<NodeId>>,
    /// What has nodes, in the order in which it was reached.
    queue: Vec<(Reached, NodeId)>,
    /// The values of the tuples that were reached, which are taken out of those of all: the node stands in their place.
    tuples: Vec<Vec<Val>>,
    keep: &'m Keep,
    arrays: Vec<Found>,
    /// Data that was read, by its place.
    shared: HashMap<(u64, u64), Buffer>,
    /// Places of data that is left in the file, and that an array has.
    left: HashSet<(u64, u64)>,
}

impl Settler<'_, '_> {
    fn value(&mut self, value: Val) -> Result<Value> {
        let cell = match value {
            Val::Plain(value) => return Ok(value),
            Val::Cell(cell) => cell,
            Val::Tuple(span) => return self.tuple(span),
        };
        if let Some(Some(known)) = self.seen.get(cell as usize) {
            return Ok((*known).into());
        }
        let machine = &mut *self.machine;
        let made = match machine.cells.get(cell as usize) {
            Some(Cell::Value(value)) => return Ok(value.clone()),
            Some(Cell::Bytes(Payload::Held(bytes))) => Value::Bytes(bytes.clone()),
            Some(Cell::Bytes(bytes)) => {
                machine.budget.charge_objects(TEXT.saturating_add(bytes.len()))?;
                match machine.feed.lent(bytes).filter(|bytes| bytes.len() <= SHORT) {
                    Some(short) if !matches!(bytes, Payload::Kept(_)) => Value::copy_bytes(short)?,
                    _ => Value::Bytes(Arc::new(machine.feed.held(bytes, &mut machine.budget)?)),
                }
            }
            Some(Cell::OldText(bytes)) => {
                let bytes = machine.feed.held(bytes, &mut machine.budget)?;
                machine.decoded(&bytes)?
            }
            _ => {
                machine.budget.charge_objects(size_of::<(Reached, NodeId)>() as u64)?;
                let id = self.builder.reserve(&mut machine.budget)?;
                push(&mut self.queue, (Reached::Cell(cell), id))?;
                if let Some(slot) = self.seen.get_mut(cell as usize) {
                    *slot = Some(id);
                }
                return Ok(id.into());
            }
        };
        *machine.cell_mut(cell)? = Cell::Value(made.clone());
        Ok(made)
    }

    /// The node of a tuple.
    fn tuple(&mut self, span: Span) -> Result<Value> {
        let machine = &mut *self.machine;
        let slots = machine.values.get_mut(span.range()).ok_or_else(lost)?;
        let first = slots.first_mut().ok_or_else(lost)?;
        if let Val::Plain(Value::Ref(id)) = first {
            return Ok((*id).into());
        }
        let own = size_of::<(Reached, NodeId)>() + size_of::<Vec<Val>>() + size_of_val(slots);
        machine.budget.charge_objects(own as u64)?;
        let id = self.builder.reserve(&mut machine.budget)?;
        let mut items = reserved(slots.len())?;
        items.extend(slots.iter_mut().map(|slot| std::mem::replace(slot, Val::NONE)));
        if let Some(first) = slots.first_mut() {
            *first = Val::Plain(id.into());
        }
        let number = u32::try_from(self.tuples.len()).map_err(|_| lost())?;
        push(&mut self.tuples, items)?;
        push(&mut self.queue, (Reached::Tuple(number), id))?;
        Ok(id.into())
    }

    fn values(&mut self, values: Vec<Val>) -> Result<Vec<Value>> {
        // The values take the places of those that they are made of.
        self.machine.budget.free_objects(size_of_val(values.as_slice()) as u64);
        values.into_iter().map(|value| self.value(value)).collect()
    }

    fn entries(&mut self, entries: Vec<(Val, Val)>) -> Result<Vec<(Value, Value)>> {
        self.machine.budget.free_objects(size_of_val(entries.as_slice()) as u64);
        entries.into_iter().map(|(key, value)| Ok((self.value(key)?, self.value(value)?))).collect()
    }

    fn option(&mut self, value: Option<Val>) -> Result<Option<Value>> {
        value.map(|value| self.value(value)).transpose()
    }

    fn node(&mut self, cell: u32, id: NodeId) -> Result<Node> {
        let slot = self.machine.cells.get_mut(cell as usize).ok_or_else(lost)?;
        if let Cell::Global(global) = slot {
            let mut class = Object::new(global.name.text.clone());
            class.module = global.name.module_len();
            return Ok(class.into());
        }
        Ok(match std::mem::replace(slot, Cell::Taken) {
            Cell::List(items) => Node::List(self.values(items)?),
            Cell::EmptyTuple => Node::Tuple(Vec::new()),
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
            Cell::Array(number) => {
                let array = self.machine.arrays.get_mut(number as usize).map(std::mem::take);
                self.array(array.ok_or_else(lost)?, id)?
            }
            Cell::DType(typ) => Node::DType(typ.dtype),
            Cell::Global(_) | Cell::Value(_) | Cell::Bytes(_) | Cell::OldText(_) | Cell::Taken => {
                return Err(lost());
            }
        })
    }

    fn object(&mut self, object: Obj) -> Result<Node> {
        let mut made = match self.machine.cells.get(object.class as usize) {
            Some(Cell::Global(global)) => {
                let mut made = Object::new(global.name.text.clone());
                made.module = global.name.module_len();
                made
            }
            _ => return Err(lost()),
        };
        made.args = self.option(object.args)?;
        made.kwargs = self.option(object.kwargs)?;
        made.state = self.option(object.state)?;
        made.items = self.values(object.items)?;
        made.entries = last_of_each(self.entries(object.entries)?)?;
        Ok(made.into())
    }

    fn array(&mut self, array: Arr, id: NodeId) -> Result<Node> {
        let place = self.arrays.len();
        let items = match array.items {
            ArrItems::Unset => unset(),
            items => items,
        };
        let (items, found) = match items {
            ArrItems::Values { dtype, shape, order, items } => {
                let items = self.values(items)?;
                let lies = if order == Order::F { Contiguity::F } else { Contiguity::C };
                (Items::Values { dtype, shape: shape.to_vec(), order: lies, items }, Some(Place::Values))
            }
            ArrItems::Made(array) => self.in_memory(array),
            ArrItems::Bytes { dtype, shape, lies, data } => {
                match (&data, lies.layout(&dtype, &shape)?, self.keep) {
                    (Payload::At { at, len }, layout, Keep::Left) => {
                        self.leave(*at, *len)?;
                        let order = layout.contiguity(dtype.itemsize());
                        let part = Part::new(PartInfo::at(place), dtype.clone(), layout.shape(), order);
                        (Items::Part(part), Some(Place::File { at: *at, dtype, layout }))
                    }
                    (_, layout, _) => {
                        let array = Array::new(dtype, layout, self.data(&data)?)?;
                        self.in_memory(array)
                    }
                }
            }
            ArrItems::Unset => return Err(Error::unsupported("an array has no items")),
        };
        if let Some(place) = found.filter(|_| matches!(self.keep, Keep::Left)) {
            self.machine.budget.charge_objects(size_of::<Found>() as u64)?;
            push(&mut self.arrays, Found { node: id, place })?;
        }
        let node = ArrayNode::new(items).with_scalar(array.is_scalar);
        Ok(match array.class {
            Some(class) => {
                let module = class.module_len();
                let mut node = node.with_class(class.text, None);
                node.module = module;
                node.into()
            }
            None => node.into(),
        })
    }

    /// Takes note of data that is left in the file. Each array that has it is read into memory of its own.
    fn leave(&mut self, at: u64, len: u64) -> Result<()> {
        // What is shorter is not left in any file.
        if len < LEFT_FROM as u64 {
            return Ok(());
        }
        self.left.try_reserve(1).map_err(no_memory)?;
        match self.left.insert((at, len)) {
            true => Ok(()),
            false => self.machine.spend(usize::try_from(len).unwrap_or(usize::MAX)),
        }
    }

    /// The items of an array in memory, and its place where it can be found.
    fn in_memory(&self, array: Array) -> (Items, Option<Place>) {
        match self.keep {
            Keep::Left => (Items::Array(array.clone()), Some(Place::Memory(array))),
            Keep::Read | Keep::Shared(_) => (Items::Array(array), None),
        }
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
            machine.spend(usize::try_from(len).unwrap_or(usize::MAX))?;
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

#[cold]
fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: a cell is lost")
}

/// So many keys are compared one by one; more of them are hashed.
const FEW: usize = 8;

/// What Python compares a key by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key<'v> {
    /// A truth is a number, and a whole number the float of its value.
    Int(i64),
    Other(&'v Value),
}

impl<'v> Key<'v> {
    /// Nothing of what equals nothing else, or is compared by what is in it.
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(Self::Int(i64::from(*truth))),
            Value::Int(int) => Some(Self::Int(*int)),
            Value::Float(float) if float.is_nan() => None,
            Value::Float(float) => Some(whole(*float).map_or(Self::Other(value), Self::Int)),
            // One without an imaginary part is the float, too.
            Value::Complex(complex) if complex.im == 0.0 => whole(complex.re).map(Self::Int),
            Value::Ref(_) | Value::Complex(_) => None,
            other => Some(Self::Other(other)),
        }
    }
}

/// The whole number that a float is, if it is an `i64`.
fn whole(float: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole numbers of at most 64 bits")]
    (float.trunc() == float && (-BEYOND..BEYOND).contains(&float)).then_some(float as i64)
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Int(int) => int.hash(state),
            Self::Other(value) => value.hash(state),
        }
    }
}

/// Which of the values are there again, each with the place of the first.
fn repeated<T>(items: &[T], key_of: impl Fn(&T) -> &Value) -> Result<Vec<(usize, usize)>> {
    let key = |item| Key::of(key_of(item));
    let mut found = Vec::new();
    if items.len() <= FEW {
        let mut known: [Option<Key<'_>>; FEW] = [None; FEW];
        for (place, item) in items.iter().enumerate() {
            let own = key(item);
            if let Some(first) = known.iter().position(|earlier| own.is_some() && *earlier == own) {
                push(&mut found, (place, first))?;
            }
            if let Some(slot) = known.get_mut(place) {
                *slot = own;
            }
        }
        return Ok(found);
    }
    // Places alone are in the table, so that it stays in the cache.
    let hasher = RandomState::new();
    let at = |place: u32| items.get(place as usize).and_then(key);
    let mut known = HashTable::new();
    let short = |_| Error::limit("the system has no more memory to give");
    known
        .try_reserve(items.len(), |place| at(*place).map_or(0, |key| hasher.hash_one(key)))
        .map_err(short)?;
    for (place, item) in items.iter().enumerate() {
        let Some(own) = key(item) else { continue };
        let number = u32::try_from(place).map_err(|_| Error::limit("a dict or set has 2^32 keys or more"))?;
        let entry = known.entry(
            hasher.hash_one(own),
            |other| at(*other) == Some(own),
            |other| at(*other).map_or(0, |key| hasher.hash_one(key)),
        );
        match entry {
            Entry::Occupied(first) => push(&mut found, (place, *first.get() as usize))?,
            Entry::Vacant(entry) => drop(entry.insert(number)),
        }
    }
    Ok(found)
}

/// The entries of a dict: of a key that is set several times the last value, in the place of the first.
fn last_of_each(mut entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>> {
    let again = repeated(&entries, |(key, _)| key)?;
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
    let again = repeated(&items, |item| item)?;
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
        let large = [
            Value::from(1i64 << 62),
            Value::from(2f64.powi(62)),
            Value::from(i64::MAX),
            Value::from(2f64.powi(63)),
        ];
        assert_eq!(unique(large.to_vec()).unwrap(), [large[0].clone(), large[2].clone(), large[3].clone()]);
        let complex = Value::from(num_complex::Complex::new(1.0, 0.0));
        assert_eq!(unique(vec![1.into(), complex]).unwrap(), [1.into()]);
    }
}
