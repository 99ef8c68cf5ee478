//! Graphs in the places of nodes of other graphs.

use super::{Graph, Items, Node, NodeId};
use crate::format::Budget;
use crate::format::room::push;
use crate::{Error, Result, Value};

impl Graph {
    /// The same graph, in which a node is the one that another graph holds: whatever referred to it refers to that.
    ///
    /// ```
    /// use arr_core::format::Budget;
    /// use arr_core::{Graph, Node};
    /// let mut budget = Budget::default();
    /// let mut of = |items: Vec<arr_core::Value>| {
    ///     let mut builder = Graph::builder();
    ///     let list = builder.add(Node::List(items), &mut budget)?;
    ///     builder.finish(vec![list.into()])
    /// };
    /// let (outer, inner) = (of(vec![1.into()])?, of(vec![2.into()])?);
    /// let at = outer.root().and_then(|root| root.as_node()).ok_or("a list")?;
    /// let joined = outer.with_graph(at, inner, &mut Budget::default())?;
    /// assert_eq!(joined.find("/0")?.as_i64(), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such node, or the other graph does not hold just one node; `LimitExceeded` when
    /// the budget, memory or the 2^32 names do not allow it.
    pub fn with_graph(mut self, at: NodeId, other: Self, budget: &mut Budget) -> Result<Self> {
        let root = match other.roots.as_slice() {
            [Value::Ref(root)] => root.0,
            _ => return Err(Error::invalid("what takes the place of a node is not one node")),
        };
        let many = || Error::limit("a graph can't have more than 2^32 - 1 objects");
        let first = u32::try_from(self.nodes.len()).map_err(|_| many())?;
        let len = u32::try_from(other.nodes.len()).map_err(|_| many())?;
        first.checked_add(len).ok_or_else(many)?;
        // The one node that is not added leaves no hole.
        let moved = |id: &mut NodeId| {
            *id = match id.0.cmp(&root) {
                std::cmp::Ordering::Less => NodeId(first + id.0),
                std::cmp::Ordering::Equal => at,
                std::cmp::Ordering::Greater => NodeId(first + id.0 - 1),
            };
        };
        for (node, number) in other.nodes.into_iter().zip(0u32..) {
            let mut node = node.ok_or_else(|| Error::invalid(format!("node {number} was not filled")))?;
            node.each_value(&mut |value| {
                if let Value::Ref(id) = value {
                    moved(id);
                }
            });
            match &node {
                Node::DType(dtype) => budget.charge_description(dtype.memory())?,
                Node::Array(array) => budget.charge_description(array.dtype().memory())?,
                _ => {}
            }
            if number == root {
                let slot = self.nodes.get_mut(at.index()).filter(|slot| slot.is_some());
                *slot.ok_or_else(|| Error::invalid(format!("node {at} is not in the graph")))? = Some(node);
            } else {
                push(&mut self.nodes, Some(node))?;
            }
        }
        Ok(self)
    }

    /// The same graph with [`Value::None`] in the place of every reference to a node.
    #[must_use]
    pub fn without(mut self, at: NodeId) -> Self {
        let mut forget = |value: &mut Value| {
            if value.as_node() == Some(at) {
                *value = Value::None;
            }
        };
        self.roots.iter_mut().for_each(&mut forget);
        self.nodes.iter_mut().flatten().for_each(|node| node.each_value(&mut forget));
        self
    }
}

impl Node {
    /// Calls `of` with every value.
    fn each_value(&mut self, of: &mut impl FnMut(&mut Value)) {
        match self {
            Self::DType(_) => {}
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => {
                items.iter_mut().for_each(of);
            }
            Self::Dict(entries) => entries.iter_mut().for_each(|(key, value)| {
                of(key);
                of(value);
            }),
            Self::Object(object) => {
                [&mut object.args, &mut object.kwargs, &mut object.state]
                    .into_iter()
                    .flatten()
                    .for_each(&mut *of);
                object.items.iter_mut().for_each(&mut *of);
                object.entries.iter_mut().for_each(|(key, value)| {
                    of(key);
                    of(value);
                });
            }
            Self::Function(function) => of(&mut function.upvalues),
            Self::Array(array) => match &mut array.items {
                Items::Values { items, .. } => items.iter_mut().for_each(of),
                Items::View(view) => of(&mut view.storage),
                Items::Array(_) | Items::Part(_) => {}
            },
        }
    }
}
