//! The arena.

use std::fmt;

use super::{ArrayNode, GraphBuilder, Items, Node, NodeId, View};
use crate::format::PartInfo;
use crate::model::layout::product;
use crate::{Array, Error, Layout, Result, Value};

/// The objects of a file: nodes that refer to each other, and the values that the file holds.
///
/// ```
/// use arr_core::format::Budget;
/// use arr_core::{Array, Graph, Node, Value};
///
/// let mut budget = Budget::default();
/// let mut graph = Graph::builder();
/// let weight = graph.add(Node::array(Array::from_vec(vec![1.0f32, 2.0], &[2])?), &mut budget)?;
/// let layer = graph.add(Node::Dict(vec![("weight".into(), weight.into())]), &mut budget)?;
/// let root = graph.reserve(&mut budget)?;
/// graph.fill(root, Node::Dict(vec![("layer".into(), layer.into()), ("me".into(), root.into())]), &mut budget)?;
/// let graph = graph.finish(vec![root.into()])?;
///
/// assert_eq!(graph.find("/layer/weight")?, &Value::Ref(weight));
/// assert_eq!(graph.find("/me/me/layer")?, &Value::Ref(layer));
/// assert_eq!(graph.array(weight)?.to_vec::<f32>()?, [1.0, 2.0]);
/// let paths: Vec<_> = graph.paths()?.collect::<Result<_, _>>()?;
/// assert_eq!(paths, [("/layer/weight".to_owned(), weight)]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Graph {
    /// Those that are not there yet while it is built are none.
    pub(super) nodes: Vec<Option<Node>>,
    pub(super) roots: Vec<Value>,
}

impl Graph {
    /// A builder of an empty graph.
    #[must_use]
    pub fn builder() -> GraphBuilder {
        GraphBuilder::default()
    }

    /// The values that the file holds, in their order: mostly one.
    #[must_use]
    pub fn roots(&self) -> &[Value] {
        &self.roots
    }

    /// The value that the file holds, if it holds just one.
    #[must_use]
    pub fn root(&self) -> Option<&Value> {
        match self.roots.as_slice() {
            [root] => Some(root),
            _ => None,
        }
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when there are no nodes; there may be values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node of that name. A name of another graph may name another node here, or none.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())?.as_ref()
    }

    /// All nodes with their names, in the order in which they were made.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> + '_ {
        self.nodes.iter().zip(0u32..).filter_map(|(node, number)| Some((NodeId(number), node.as_ref()?)))
    }

    /// The node that a value refers to, if it is a reference.
    #[must_use]
    pub fn follow(&self, value: &Value) -> Option<&Node> {
        self.node(value.as_node()?)
    }

    /// The array of a node, without a copy: views share the bytes of their storage.
    ///
    /// # Errors
    /// `InvalidArgument` when the node is not an array, `Mismatch` when its items are still in the file, `Unsupported` when
    /// they are values.
    pub fn array(&self, id: NodeId) -> Result<Array> {
        let node = self.node(id).and_then(Node::as_array);
        match &node.ok_or_else(|| Error::invalid(format!("node {id} is not an array")))?.items {
            Items::Array(array) => Ok(array.clone()),
            Items::Part(part) => Err(Error::mismatch(format!(
                "the array is still in the file: read part {} of it",
                part.info.place
            ))),
            Items::View(view) => self.view(view),
            Items::Values { dtype, .. } => {
                Err(Error::unsupported(format!("items of {dtype} are values, not bytes")))
            }
        }
    }

    /// The array of a node, also of one whose items are still in the file: they, or those of its storage, are read by `read`.
    ///
    /// # Errors
    /// As [`array`](Self::array), and those of `read`.
    pub fn array_with(&self, id: NodeId, read: &mut dyn FnMut(&PartInfo) -> Result<Array>) -> Result<Array> {
        let part = |id: NodeId| match &self.node(id)?.as_array()?.items {
            Items::Part(part) => Some(&part.info),
            _ => None,
        };
        let view = match self.node(id).and_then(Node::as_array).map(|node| &node.items) {
            Some(Items::Part(part)) => return read(&part.info),
            Some(Items::View(view)) => view,
            _ => return self.array(id),
        };
        match view.storage.as_node().and_then(part) {
            Some(storage) => view_of(view, read(storage)?),
            None => self.view(view),
        }
    }

    /// The same graph with all arrays in memory: those that are still in the file are read by `read`.
    ///
    /// # Errors
    /// Those of `read`; `Mismatch` when it gives an array of another dtype or shape.
    pub fn with_arrays(mut self, read: &mut dyn FnMut(&PartInfo) -> Result<Array>) -> Result<Self> {
        for node in self.nodes.iter_mut().flatten() {
            let Node::Array(node) = node else { continue };
            if let Items::Part(part) = &node.items {
                let array = read(&part.info)?;
                if (array.dtype(), array.shape()) != (&part.dtype, part.shape.as_slice()) {
                    return Err(Error::mismatch(
                        "the array that was read is another than the one that was described",
                    ));
                }
                node.items = Items::Array(array);
            }
        }
        Ok(self)
    }

    /// The same graph whose parts have the places that `place` says, for a format that counts its arrays when it has found all.
    ///
    /// # Errors
    /// `Mismatch` when a part has no place.
    pub fn with_places(mut self, place: impl Fn(NodeId) -> Option<usize>) -> Result<Self> {
        for (node, number) in self.nodes.iter_mut().zip(0u32..) {
            let Some(Node::Array(array)) = node else { continue };
            if let Items::Part(part) = &mut array.items {
                let id = NodeId(number);
                let lost = || Error::mismatch(format!("node {id} is not among the arrays of its file"));
                part.info.place = place(id).ok_or_else(lost)?;
            }
        }
        Ok(self)
    }

    fn view(&self, view: &View) -> Result<Array> {
        let Some(storage) = view.storage.as_node() else {
            return Ok(Array::zeros(view.dtype.clone(), &view.shape)?.freeze());
        };
        let is_view =
            |node: &Node| node.as_array().is_some_and(|array| matches!(array.items, Items::View(_)));
        if self.node(storage).is_some_and(is_view) {
            return Err(Error::malformed("the storage of an array is a view of another"));
        }
        view_of(view, self.array(storage)?)
    }

    /// Checks that every item of an array is there, where that was not checked when it was made.
    pub(super) fn check_array(&self, array: &ArrayNode) -> Result<()> {
        match &array.items {
            Items::Array(_) | Items::Part(_) => Ok(()),
            Items::View(view) => self.check_view(view),
            Items::Values { shape, items, .. } if product(shape) == Some(items.len()) => Ok(()),
            Items::Values { shape, items, .. } => {
                Err(Error::malformed(format!("{} values do not fill shape {shape:?}", items.len())))
            }
        }
    }

    /// Checks that every item of a view lies in its storage.
    fn check_view(&self, view: &View) -> Result<()> {
        let storage = match &view.storage {
            Value::None if view.shape.contains(&0) => return view_layout(view, 0).map(drop),
            Value::None => return Err(Error::malformed("a tensor with items has no storage")),
            storage => self.follow(storage).and_then(Node::as_array),
        };
        let storage = storage.ok_or_else(|| Error::malformed("the storage of a tensor is not a storage"))?;
        let (dtype, shape) = (storage.dtype(), storage.shape());
        let lies = match &storage.items {
            Items::Array(array) => array.layout().is_c_contiguous(array.itemsize()),
            Items::Part(_) => true,
            Items::View(_) | Items::Values { .. } => false,
        };
        let &[len] = shape else {
            return Err(Error::malformed(format!("a storage has {} dimensions", shape.len())));
        };
        if !lies || dtype != &view.dtype {
            return Err(Error::malformed(format!("items of {} have a storage of {dtype}", view.dtype)));
        }
        let bytes = len.saturating_mul(dtype.itemsize());
        view_layout(view, 0)?
            .check(dtype.itemsize(), bytes)
            .map_err(|source| Error::malformed("a tensor reaches outside its storage").with_source(source))
    }
}

/// The items of a view that lie in an array.
fn view_of(view: &View, storage: Array) -> Result<Array> {
    let (_, layout, bytes) = storage.into_parts();
    let own = view_layout(view, layout.offset())?;
    Array::new(view.dtype.clone(), own, bytes)
}

/// The layout of a view in bytes, of which those before the storage's first item are `start`.
fn view_layout(view: &View, start: usize) -> Result<Layout> {
    let too_far = || Error::malformed("a tensor reaches outside the address space");
    let itemsize = view.dtype.itemsize();
    let stride = isize::try_from(itemsize).map_err(|_| too_far())?;
    let mut strides = super::reserved(view.strides.len())?;
    for own in &view.strides {
        strides.push(own.checked_mul(stride).ok_or_else(too_far)?);
    }
    let offset = view.offset.checked_mul(itemsize).and_then(|offset| offset.checked_add(start));
    Layout::new(&view.shape, &strides, offset.ok_or_else(too_far)?)
}

/// How much there is: `Graph(12 nodes, 1 values)`.
impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({} nodes, {} values)", self.nodes.len(), self.roots.len())
    }
}
