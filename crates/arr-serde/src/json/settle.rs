//! The cells of a document become the nodes of a graph, its arrays among them.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::format::{Format, Notes, PartInfo};
use arr_core::value::{ArrayNode, GraphBuilder, Items, Part};
use arr_core::{Error, Graph, Node, NodeId, Result, Value};

use smallvec::SmallVec;

use super::carried;
use super::cells::{self, Block, Cell, Span};
use super::encoded::Encoded;
use super::forms::{self, Context, Made, MadeOf, Standing};
use super::{numbers, text};

/// So many keys are compared one by one; more of them are hashed.
const FEW: usize = 8;

/// An array of a document.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) node: NodeId,
    pub(super) place: Place,
}

/// Where the items of an array are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the graph.
    Memory,
    /// Still in the text.
    Text(Box<Encoded>),
    /// They are objects.
    Values,
}

/// What a document is.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) graph: Graph,
    /// In the order of their nodes.
    pub(super) arrays: Vec<Found>,
    /// What is wrong with files in strings, or would be dangerous to other programs.
    pub(super) faults: Vec<String>,
}

/// What becomes a node.
#[derive(Debug)]
enum Job {
    Cell(Cell),
    Block(Block),
    /// A node of a file in a string.
    Node(Box<Node>),
}

/// Makes the graph of a document.
pub(super) struct Settler<'s, 't> {
    pub(super) context: Context<'t>,
    /// The formats whose files may be in strings.
    pub(super) carried: &'s [Arc<dyn Format>],
    /// Who is told of what the values do not show.
    pub(super) notes: &'s Notes,
    /// Whether the data of arrays is read, or left in the text.
    pub(super) is_read: bool,
    builder: GraphBuilder,
    queue: VecDeque<(Job, NodeId)>,
    arrays: Vec<Found>,
    faults: Vec<String>,
    /// Whether a `null` has become NaN.
    has_null: bool,
}

impl<'s, 't> Settler<'s, 't> {
    pub(super) fn new(
        context: Context<'t>,
        carried: &'s [Arc<dyn Format>],
        notes: &'s Notes,
        is_read: bool,
    ) -> Self {
        Self {
            context,
            carried,
            notes,
            is_read,
            builder: Graph::builder(),
            queue: VecDeque::new(),
            arrays: Vec::new(),
            faults: Vec::new(),
            has_null: false,
        }
    }

    /// The graph of all values that the document holds.
    ///
    /// # Errors
    /// `Malformed` with the offset; `LimitExceeded`.
    pub(super) fn settle(mut self) -> Result<Settled> {
        let cells = self.context.cells;
        let mut roots = reserved(cells.roots.len())?;
        for root in &cells.roots {
            roots.push(self.value(*root)?);
        }
        // Those that are texts and numbers are no nodes.
        let mut roots_left = self.queue.len();
        while let Some((job, id)) = self.queue.pop_front() {
            let node = match job {
                Job::Block(block) => self.block(&block, id)?,
                Job::Cell(cell) => {
                    let standing = match (roots_left, roots.len()) {
                        (0, _) => Standing::Inside,
                        (_, 1) => Standing::Whole,
                        _ => Standing::Root,
                    };
                    self.node(cell, id, standing)?
                }
                Job::Node(node) => self.grafted(*node, id)?,
            };
            roots_left = roots_left.saturating_sub(1);
            self.builder.fill(id, node, &mut self.context.budget)?;
        }
        self.arrays.sort_unstable_by_key(|found| found.node);
        if self.has_null {
            self.notes.tell("null among numbers is read as NaN");
        }
        let arrays = self.arrays;
        // Lists of numbers are done with before what stands in front of them.
        let place = |id| arrays.binary_search_by_key(&id, |found: &Found| found.node).ok();
        let graph = self.builder.finish(roots)?.with_places(place)?;
        Ok(Settled { graph, arrays, faults: self.faults })
    }

    fn value(&mut self, cell: Cell) -> Result<Value> {
        if matches!(cell, Cell::Text(_) | Cell::Escaped(_)) {
            if let Some(value) = self.carried(cell)? {
                return Ok(value);
            }
        }
        if let Some(value) = cells::plain(cell, self.context.all)? {
            return Ok(value);
        }
        let Cell::Block(place) = cell else { return self.later(Job::Cell(cell)) };
        // Many lists of numbers are short: they take no place in the queue.
        let block = self.context.cells.blocks.get(place as usize).ok_or_else(lost)?;
        let id = self.builder.reserve(&mut self.context.budget)?;
        let node = self.block(block, id)?;
        self.builder.fill(id, node, &mut self.context.budget)?;
        Ok(id.into())
    }

    fn later(&mut self, job: Job) -> Result<Value> {
        let id = self.builder.reserve(&mut self.context.budget)?;
        self.enqueue(job, id)?;
        Ok(id.into())
    }

    fn enqueue(&mut self, job: Job, id: NodeId) -> Result<()> {
        self.queue.try_reserve(1).map_err(no_memory)?;
        self.queue.push_back((job, id));
        Ok(())
    }

    fn found(&mut self, node: NodeId, place: Place) -> Result<()> {
        push(&mut self.arrays, Found { node, place })
    }

    fn node(&mut self, cell: Cell, id: NodeId, standing: Standing) -> Result<Node> {
        let cells = self.context.cells;
        match cell {
            Cell::List(span) => {
                let made = forms::of_list(&mut self.context, span, standing);
                if let Some(made) = made.map_err(|error| self.placed(error, span))? {
                    return self.made(made, id);
                }
                let items = span.of(&cells.kept);
                let mut values = reserved(items.len())?;
                for item in items {
                    values.push(self.value(*item)?);
                }
                Ok(Node::List(values))
            }
            Cell::Dict(span) => {
                self.check_keys(span)?;
                let made = forms::of_dict(&mut self.context, span);
                if let Some(made) = made.map_err(|error| self.placed(error, span))? {
                    return self.made(made, id);
                }
                let all = span.of(&cells.kept);
                let mut entries = reserved(all.len() / 2)?;
                for entry in all.chunks_exact(2) {
                    let [key, value] = entry else { continue };
                    let key = cells::plain(*key, self.context.all)?.unwrap_or_default();
                    entries.push((key, self.value(*value)?));
                }
                Ok(Node::Dict(entries))
            }
            other => Err(Error::unsupported(format!(
                "an invariant of the library is broken: {other:?} is no node"
            ))),
        }
    }

    /// The array of a block, or its list where no dtype holds the values.
    fn block(&mut self, block: &Block, id: NodeId) -> Result<Node> {
        let cells = self.context.cells;
        if let Some(common) = numbers::common(cells, block) {
            self.has_null |= common.has_null;
            self.context.budget.check_rank(block.dims.len())?;
            let array = numbers::array(cells, block, common.scalar, &mut self.context.budget)?;
            return self.made(array.into(), id);
        }
        let Some((count, inner)) = block.dims.split_first() else { return Ok(Node::List(Vec::new())) };
        let mut values = reserved(*count)?;
        let step: usize = inner.iter().product();
        for place in 0..*count {
            let start = block.start.saturating_add(place.saturating_mul(step));
            values.push(match inner {
                [] => cells::plain(cells.number(start), self.context.all)?.unwrap_or_default(),
                inner => self.later(Job::Block(Block { start, dims: inner.into() }))?,
            });
        }
        Ok(Node::List(values))
    }

    /// The node of an array.
    fn made(&mut self, made: Made, id: NodeId) -> Result<Node> {
        let (items, place) = match made.array {
            MadeOf::Text(encoded) if !self.is_read => {
                self.context.budget.charge_description(encoded.dtype.memory())?;
                let order = encoded.contiguity()?;
                let info = PartInfo::at(self.arrays.len());
                let part = Part::new(info, encoded.dtype.clone(), &encoded.dims, order);
                (Items::Part(part), Place::Text(Box::new(encoded)))
            }
            MadeOf::Text(encoded) => {
                let array = encoded.read(self.context.all, &mut self.context.budget)?;
                (Items::Array(array), Place::Memory)
            }
            MadeOf::Memory(array) => (Items::Array(array), Place::Memory),
        };
        self.found(id, place)?;
        Ok(ArrayNode::new(items).with_scalar(made.is_scalar).into())
    }

    /// An error in a list or object, at its first string unless it has a place of its own.
    #[cold]
    fn placed(&self, error: Error, span: Span) -> Error {
        match span.of(&self.context.cells.kept).iter().find(|cell| cell.start().is_some()) {
            Some(first) => first.placed(error),
            None => error,
        }
    }

    /// Refuses an object that has a key twice.
    fn check_keys(&self, span: Span) -> Result<()> {
        let cells = span.of(&self.context.cells.kept);
        let keys = cells.iter().step_by(2);
        // Few keys are compared with one another, and many are hashed.
        let mut few: SmallVec<[Cow<'_, str>; FEW]> = SmallVec::new();
        let mut many = HashSet::new();
        if keys.len() > FEW {
            many.try_reserve(keys.len()).map_err(no_memory)?;
        }
        let is_few = keys.len() <= FEW;
        for key in keys {
            let Some(name) = text::read(*key, self.context.all)? else { continue };
            let twice = if is_few { few.contains(&name) } else { many.contains(&name) };
            if twice {
                let shown: String = name.chars().take(80).collect();
                let error = Error::malformed(format!("the key {shown:?} is there twice in one object"));
                return Err(key.placed(error));
            }
            match is_few {
                true => few.push(name),
                false => drop(many.insert(name)),
            }
        }
        Ok(())
    }

    /// What a string carries that is a file of another format; nothing of a string that is none, or no whole one.
    fn carried(&mut self, cell: Cell) -> Result<Option<Value>> {
        let Some(at) = cell.start() else { return Ok(None) };
        let Some((format, bytes)) =
            carried::found(self.carried, cell, self.context.all, &mut self.context.budget)?
        else {
            return Ok(None);
        };
        let mut read = carried::read(format, &bytes, self.context.budget.limits());
        let found = match &mut read {
            Ok((_, faults)) => std::mem::take(faults),
            Err(error) => error.take_earlier(),
        };
        for fault in found {
            let fault = format!("the string at byte {at} is a file: {fault}");
            self.context.budget.charge_bytes(fault.len() as u64)?;
            push(&mut self.faults, fault)?;
        }
        match read {
            Ok((graph, _)) => self.graft(&graph).map(Some),
            Err(error) if error.kind() == arr_core::ErrorKind::LimitExceeded => Err(error),
            Err(error) => {
                self.notes.tell(&format!(
                    "a string that begins as a file of {} stays text: {error}",
                    format.info().name
                ));
                Ok(None)
            }
        }
    }

    /// A node of another graph that was taken into this one: arrays are in the order of their nodes.
    fn grafted(&mut self, node: Node, id: NodeId) -> Result<Node> {
        if let Node::Array(array) = &node {
            let place = match &array.items {
                Items::Array(_) => Place::Memory,
                _ => Place::Values,
            };
            self.found(id, place)?;
        }
        Ok(node)
    }

    /// Takes the nodes of another graph into this one.
    fn graft(&mut self, graph: &Graph) -> Result<Value> {
        let mut names = std::collections::HashMap::new();
        for found in graph.breadth_first()? {
            let id = self.builder.reserve(&mut self.context.budget)?;
            names.try_reserve(1).map_err(no_memory)?;
            names.insert(found.0, id);
        }
        for (old, node) in graph.breadth_first()? {
            let Some(id) = names.get(&old).copied() else { continue };
            let mut node = node.clone();
            carried::rename(&mut node, &names);
            self.enqueue(Job::Node(Box::new(node)), id)?;
        }
        let mut roots = arr_core::format::room::collected(graph.roots().iter().cloned())?;
        roots.iter_mut().for_each(|root| carried::rename_value(root, &names));
        match <[Value; 1]>::try_from(roots) {
            Ok([root]) => Ok(root),
            Err(roots) => Ok(self.builder.add(Node::List(roots), &mut self.context.budget)?.into()),
        }
    }
}

/// A list of numbers that was read is not among the lists.
#[cold]
fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: a list is lost")
}
