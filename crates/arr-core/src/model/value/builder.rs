//! How a graph comes about.

use super::{ArrayNode, Function, Graph, Node, NodeId, Object, push};
use crate::format::Budget;
use crate::{Error, Result, Value};

/// Makes a [`Graph`], node by node.
///
/// A node whose values are not known yet is [reserved](Self::reserve) and [filled](Self::fill) later, so that what it
/// holds can refer to it; or it is added empty, and values are pushed to it.
///
/// The nodes and the slots for values in them are charged to the budget with the memory they take. What they refer
/// to (items of arrays, texts, bytes) was charged when it was read, and may be shared.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    nodes: Vec<Option<Node>>,
}

impl GraphBuilder {
    /// Adds a node.
    ///
    /// # Errors
    /// `LimitExceeded` when the budget, memory or the 2^32 names do not allow it.
    pub fn add(&mut self, node: impl Into<Node>, budget: &mut Budget) -> Result<NodeId> {
        let node = node.into();
        charge_slots(node.slots(), budget)?;
        self.insert(Some(node), budget)
    }

    /// Adds a node that is filled later; until then it can be referred to.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn reserve(&mut self, budget: &mut Budget) -> Result<NodeId> {
        self.insert(None, budget)
    }

    fn insert(&mut self, node: Option<Node>, budget: &mut Budget) -> Result<NodeId> {
        let id = u32::try_from(self.nodes.len()).ok().filter(|id| *id < u32::MAX);
        let id = id.ok_or_else(|| Error::limit("a graph can't have more than 2^32 - 1 objects"))?;
        let boxed = node.as_ref().map_or(0, boxed);
        charge(size_of::<Option<Node>>() + boxed, budget)?;
        push(&mut self.nodes, node)?;
        Ok(NodeId(id))
    }

    /// Fills a node that was reserved.
    ///
    /// # Errors
    /// `InvalidArgument` when it was not or is filled already, `LimitExceeded` when the budget does not allow it.
    pub fn fill(&mut self, id: NodeId, node: impl Into<Node>, budget: &mut Budget) -> Result<()> {
        let node = node.into();
        let place = self.nodes.get_mut(id.index()).filter(|place| place.is_none());
        let place = place.ok_or_else(|| Error::invalid(format!("node {id} is not to be filled")))?;
        charge(boxed(&node), budget)?;
        charge_slots(node.slots(), budget)?;
        *place = Some(node);
        Ok(())
    }

    /// The node of that name, if it is filled.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())?.as_ref()
    }

    /// The object of that name, to be completed.
    ///
    /// # Errors
    /// `InvalidArgument` when the node is not an object.
    pub fn object_mut(&mut self, id: NodeId) -> Result<&mut Object> {
        match self.nodes.get_mut(id.index()) {
            Some(Some(Node::Object(object))) => Ok(object),
            _ => Err(Error::invalid(format!("node {id} is not an object"))),
        }
    }

    /// Adds a value after the others of a list, tuple, set or object.
    ///
    /// # Errors
    /// `InvalidArgument` when the node has no such values, `LimitExceeded` when the budget or memory does not allow it.
    pub fn push(&mut self, id: NodeId, value: impl Into<Value>, budget: &mut Budget) -> Result<()> {
        let items = match self.nodes.get_mut(id.index()) {
            Some(Some(
                Node::List(items) | Node::Tuple(items) | Node::Set(items) | Node::FrozenSet(items),
            )) => items,
            Some(Some(Node::Object(object))) => &mut object.items,
            _ => return Err(Error::invalid(format!("node {id} has no items to add to"))),
        };
        charge_slots(1, budget)?;
        push(items, value.into())
    }

    /// Adds a key and its value after the others of a dict or object, whether the key is there already or not.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_entry(
        &mut self,
        id: NodeId,
        key: impl Into<Value>,
        value: impl Into<Value>,
        budget: &mut Budget,
    ) -> Result<()> {
        let entries = match self.nodes.get_mut(id.index()) {
            Some(Some(Node::Dict(entries))) => entries,
            Some(Some(Node::Object(object))) => &mut object.entries,
            _ => return Err(Error::invalid(format!("node {id} has no entries to add to"))),
        };
        charge_slots(2, budget)?;
        push(entries, (key.into(), value.into()))
    }

    /// Completes the graph: `roots` are the values that the file holds.
    ///
    /// # Errors
    /// `InvalidArgument` when a node was never filled or a value refers to none, `Malformed` when the items of a view do not
    /// lie in its storage, or the values of an array are more or fewer than its shape says.
    pub fn finish(self, roots: Vec<Value>) -> Result<Graph> {
        let graph = Graph { nodes: self.nodes, roots };
        let missing = |id: NodeId| Error::invalid(format!("node {id} is not in the graph"));
        let exists = |id: NodeId| graph.node(id).map(drop).ok_or_else(|| missing(id));
        graph.roots.iter().filter_map(Value::as_node).try_for_each(exists)?;
        for (index, node) in graph.nodes.iter().enumerate() {
            let node = node.as_ref().ok_or_else(|| Error::invalid(format!("node {index} was not filled")))?;
            node.children().try_for_each(exists)?;
            node.as_array().map_or(Ok(()), |array| graph.check_array(array))?;
        }
        Ok(graph)
    }
}

/// What a node has elsewhere, besides its values.
fn boxed(node: &Node) -> usize {
    match node {
        Node::Object(_) => size_of::<Object>(),
        Node::Array(_) => size_of::<ArrayNode>(),
        Node::Function(_) => size_of::<Function>(),
        _ => 0,
    }
}

/// Charges places for so many values.
fn charge_slots(slots: usize, budget: &mut Budget) -> Result<()> {
    charge(slots.saturating_mul(size_of::<Value>()), budget)
}

fn charge(bytes: usize, budget: &mut Budget) -> Result<()> {
    budget.charge_objects(bytes as u64)
}
