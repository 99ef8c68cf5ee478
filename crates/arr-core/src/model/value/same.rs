//! Whether two graphs are the same except for the names of their nodes.

use super::walk::Seen;
use super::{ArrayNode, Graph, Items, Node, NodeId, Object, View, push, reserved};
use crate::{Result, Value};

impl Graph {
    /// Compares two graphs: the same values, in the same order, of which the same are shared. Names of nodes do not count,
    /// and nodes that no value of the file reaches do not either.
    ///
    /// Arrays are the same when class, dtype, shape and values are: in memory to the last bit
    /// ([`Array::bits_equal`](crate::Array::bits_equal)), whatever their memory order is; in the file when they are the
    /// same part; in a storage when they are the same items of it.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn same_as(&self, other: &Self) -> Result<bool> {
        let mut pairs = Pairs::of(self, other)?;
        if !pairs.are_all_same(self.roots.iter().map(Some), other.roots.iter().map(Some))? {
            return Ok(false);
        }
        while let Some((own, others)) = pairs.open.pop() {
            let (Some(a), Some(b)) = (self.node(own), other.node(others)) else { return Ok(false) };
            if a.slots() != b.slots() || !is_same_but_values(a, b) {
                return Ok(false);
            }
            let values = |node| (0..Node::slots(node)).map(move |place| Node::slot(node, place));
            if !pairs.are_all_same(values(a), values(b))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Which node is which in the other graph.
struct Pairs {
    partners: Vec<Option<NodeId>>,
    taken: Seen,
    /// Those whose values have not been compared yet.
    open: Vec<(NodeId, NodeId)>,
}

impl Pairs {
    fn of(graph: &Graph, other: &Graph) -> Result<Self> {
        let mut partners = reserved(graph.nodes.len())?;
        partners.resize(graph.nodes.len(), None);
        Ok(Self { partners, taken: Seen::of(other)?, open: Vec::new() })
    }

    fn are_all_same<'a>(
        &mut self,
        own: impl ExactSizeIterator<Item = Option<&'a Value>>,
        other: impl ExactSizeIterator<Item = Option<&'a Value>>,
    ) -> Result<bool> {
        if own.len() != other.len() {
            return Ok(false);
        }
        for (own, other) in own.zip(other) {
            let is_same = match (own, other) {
                (Some(Value::Ref(own)), Some(Value::Ref(other))) => self.is_pair(*own, *other)?,
                _ => own == other,
            };
            if !is_same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes a pair of two nodes that nobody met; of others says whether they are one.
    fn is_pair(&mut self, own: NodeId, other: NodeId) -> Result<bool> {
        let Some(partner) = self.partners.get_mut(own.index()) else { return Ok(false) };
        if let Some(partner) = partner {
            return Ok(*partner == other);
        }
        if !self.taken.mark(other) {
            return Ok(false);
        }
        *partner = Some(other);
        push(&mut self.open, (own, other))?;
        Ok(true)
    }
}

/// Compares two nodes except for their values, of which they have the same number.
fn is_same_but_values(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Array(a), Node::Array(b)) => is_same_array(a, b),
        (Node::DType(a), Node::DType(b)) => a == b,
        (Node::Object(a), Node::Object(b)) => facts(a) == facts(b),
        (Node::Function(a), Node::Function(b)) => a.form == b.form && a.code.as_slice() == b.code.as_slice(),
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// What an object is except for its values; the number of items tells items and entries apart.
fn facts(object: &Object) -> (&str, Option<usize>, Option<u64>, usize) {
    (&object.class, object.module, object.version.map(f64::to_bits), object.items.len())
}

fn is_same_array(a: &ArrayNode, b: &ArrayNode) -> bool {
    let version = |array: &ArrayNode| array.version.map(f64::to_bits);
    let is_same_class = a.class == b.class && a.module == b.module && version(a) == version(b);
    let is_same_kind = is_same_class && a.is_scalar == b.is_scalar;
    let is_same_where = match (&a.items, &b.items) {
        (Items::Array(a), Items::Array(b)) => a.bits_equal(b),
        (Items::Part(a), Items::Part(b)) => a == b,
        (Items::View(a), Items::View(b)) => place(a) == place(b),
        (Items::Values { .. }, Items::Values { .. }) => true,
        _ => false,
    };
    is_same_kind && a.dtype() == b.dtype() && a.shape() == b.shape() && is_same_where
}

fn place(view: &View) -> (&[isize], usize) {
    (&view.strides, view.offset)
}
