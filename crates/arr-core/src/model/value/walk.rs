//! All nodes that can be reached, each once.

use super::{Graph, Node, NodeId, reserved};
use crate::{Result, Value};

impl Graph {
    /// The nodes that the values of the file reach, each once, those of fewer steps before those of more.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn breadth_first(&self) -> Result<impl Iterator<Item = (NodeId, &Node)> + '_> {
        let mut seen = Seen::of(self)?;
        let mut queue = reserved(self.nodes.len())?;
        queue.extend(self.root_nodes().filter(|id| seen.mark(*id)));
        let mut done = 0;
        Ok(std::iter::from_fn(move || {
            let id = *queue.get(done)?;
            let node = self.node(id)?;
            done += 1;
            queue.extend(node.children().filter(|id| seen.mark(*id)));
            Some((id, node))
        }))
    }

    /// The nodes that the values of the file reach, each once and before what it holds: Torch7 numbers objects so.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn depth_first(&self) -> Result<impl Iterator<Item = (NodeId, &Node)> + '_> {
        let mut seen = Seen::of(self)?;
        let mut roots = self.root_nodes();
        let mut above: Vec<(&Node, usize)> = reserved(self.nodes.len())?;
        Ok(std::iter::from_fn(move || {
            let id = next_below(&mut above, &mut seen).or_else(|| roots.find(|id| seen.mark(*id)))?;
            let node = self.node(id)?;
            above.push((node, 0));
            Some((id, node))
        }))
    }

    /// How many values the file has that are not arrays: numbers, texts, bytes, functions, dtypes, wherever they are, but for
    /// the names that lead to them. A file of arrays alone leaves them out.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn beside_arrays(&self) -> Result<u64> {
        let is_alone = |value: &&Value| value.as_node().is_none();
        let mut count = self.roots.iter().filter(is_alone).count();
        for (_, node) in self.breadth_first()? {
            let others = node.others();
            let others = others.iter().flatten().filter(|value| is_alone(value) && !value.is_none());
            let entries = node.entries().iter().map(|(_, value)| value).filter(is_alone);
            let own = usize::from(matches!(node, Node::DType(_) | Node::Function(_)));
            count += own + others.count() + node.items().iter().filter(is_alone).count() + entries.count();
        }
        Ok(count as u64)
    }

    /// How many bytes its texts, bytes and whole numbers have, each as often as it stands in a node that is reached: what
    /// several nodes share takes no memory twice, and is printed as often.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn printed_len(&self) -> Result<u64> {
        let len = |value: &Value| match value {
            Value::Str(text) => text.len() as u64,
            Value::Bytes(bytes) => bytes.len() as u64,
            Value::BigInt(int) => int.bits().div_ceil(8),
            _ => 0,
        };
        let mut total = self.roots.iter().map(len).fold(0, u64::saturating_add);
        for (_, node) in self.breadth_first()? {
            let others = node.others();
            let entries = node.entries().iter().flat_map(|(key, value)| [key, value]);
            let values = others.into_iter().flatten().chain(node.items()).chain(entries);
            total = values.map(len).fold(total, u64::saturating_add);
        }
        Ok(total)
    }

    pub(super) fn root_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.roots.iter().filter_map(Value::as_node)
    }
}

/// The next node that the lowest of those on the way holds and nobody has seen; nodes that hold no more leave the way.
fn next_below(above: &mut Vec<(&Node, usize)>, seen: &mut Seen) -> Option<NodeId> {
    while let Some((node, place)) = above.last_mut() {
        while *place < node.slots() {
            let child = node.slot(*place).and_then(Value::as_node);
            *place += 1;
            if let Some(id) = child.filter(|id| seen.mark(*id)) {
                return Some(id);
            }
        }
        above.pop();
    }
    None
}

/// Which nodes were met.
pub(super) struct Seen(Vec<bool>);

impl Seen {
    pub(super) fn of(graph: &Graph) -> Result<Self> {
        let mut seen = reserved(graph.nodes.len())?;
        seen.resize(graph.nodes.len(), false);
        Ok(Self(seen))
    }

    /// Marks a node; true the first time. A node of no graph counts as met.
    pub(super) fn mark(&mut self, id: NodeId) -> bool {
        self.0.get_mut(id.index()).is_some_and(|seen| !std::mem::replace(seen, true))
    }
}
