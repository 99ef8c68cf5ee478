//! Objects made in Rust.

use arr_core::format::Budget;
use arr_core::value::{ArrayNode, Function, GraphBuilder, Items, Object, View};
use arr_core::{Array, AsArray, Buffer, Error, Graph, Node, NodeId, Result, Value};

use super::keys;
use super::kind::Kind;

/// Makes tables, tensors and instances that [`save`](super::save) writes.
///
/// What is used at several places is written once, and read as one object. A table that is
/// [reserved](Self::reserve) can contain itself.
///
/// ```
/// use arr_binary::torch7::{self, Builder};
/// let mut new = Builder::new();
/// let weight = new.tensor(&vec![1.0f64, 2.0])?;
/// let fields = new.table([("weight", weight.clone()), ("gradWeight", weight)])?;
/// let layer = new.instance("nn.Linear", 1.0, fields)?;
/// let bytes = torch7::serialize(&new.finish(layer)?)?;
/// let file = torch7::deserialize(&bytes)?;
/// assert_eq!(file.root()?.class(), Some("nn.Linear"));
/// assert_eq!(file.root()?.get("weight")?.value(), file.root()?.get("gradWeight")?.value());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    graph: GraphBuilder,
    budget: Budget,
}

impl Builder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A tensor of the class of the array's dtype, over a storage of its own.
    ///
    /// # Errors
    /// `Unsupported` when Torch7 has no such elements or no such shape, `LimitExceeded` when memory is short.
    pub fn tensor<A: AsArray + ?Sized>(&mut self, array: &A) -> Result<Value> {
        let array = array.with_view(|view| {
            super::write::check_array(view.dtype(), view.shape())?;
            view.to_contiguous(view.natural_order())
        })?;
        self.add(Node::array(array))
    }

    /// A storage of the class of the dtype of an array of one dimension.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor); `InvalidArgument` when the array has not one dimension.
    pub fn storage<A: AsArray + ?Sized>(&mut self, array: &A) -> Result<Value> {
        let array: Array = array.with_view(|view| view.to_contiguous(arr_core::Order::C))?;
        let kind = Kind::of(array.dtype());
        let kind =
            kind.ok_or_else(|| Error::unsupported(format!("Torch7 has no storage of {}", array.dtype())))?;
        if array.ndim() != 1 {
            return Err(Error::invalid(format!("a storage has one dimension, not {}", array.ndim())));
        }
        let node = ArrayNode::new(Items::Array(array));
        self.add(node.with_class(format!("torch.{}Storage", kind.name()), Some(1.0)))
    }

    /// A tensor over a storage that others may share: items along each dimension, elements from one item to the next, and
    /// the place of the first element, from 0 on.
    ///
    /// # Errors
    /// `InvalidArgument` when the value is not a storage of this builder; that every item is there is checked at the end.
    pub fn tensor_on(
        &mut self,
        storage: &Value,
        shape: &[usize],
        strides: &[isize],
        offset: usize,
    ) -> Result<Value> {
        let no_storage = || Error::invalid("a tensor is made on a storage, and the value is none");
        let id = storage.as_node().ok_or_else(no_storage)?;
        let node = self.graph.node(id).and_then(Node::as_array).ok_or_else(no_storage)?;
        let class =
            node.class.as_deref().and_then(|class| class.strip_suffix("Storage")).ok_or_else(no_storage)?;
        let (class, dtype) = (format!("{class}Tensor"), node.dtype().clone());
        let view = View::new(dtype, shape, strides, offset, Some(id));
        self.add(ArrayNode::new(Items::View(view)).with_class(class, Some(1.0)))
    }

    /// A table with the keys 1, 2, 3 and so on.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn list(&mut self, items: impl IntoIterator<Item = Value>) -> Result<Value> {
        let entries = keys::of_list(items.into_iter().collect())?;
        self.entries(entries)
    }

    /// A table. Numbers are floats; of equal keys the last value counts, and a value of none takes a key out, as in Lua.
    ///
    /// # Errors
    /// `InvalidArgument` when a key is none or NaN, `LimitExceeded` when memory is short.
    pub fn table<K: Into<Value>>(&mut self, entries: impl IntoIterator<Item = (K, Value)>) -> Result<Value> {
        let entries = settled(entries)?;
        self.entries(entries)
    }

    fn entries(&mut self, entries: Vec<(Value, Value)>) -> Result<Value> {
        self.add(Node::Dict(entries))
    }

    /// An object that can be referred to before it is [made a table](Self::fill).
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn reserve(&mut self) -> Result<NodeId> {
        self.graph.reserve(&mut self.budget)
    }

    /// Makes a table of what was reserved.
    ///
    /// # Errors
    /// As [`table`](Self::table); `InvalidArgument` when it was not reserved or is filled.
    pub fn fill<K: Into<Value>>(
        &mut self,
        id: NodeId,
        entries: impl IntoIterator<Item = (K, Value)>,
    ) -> Result<()> {
        let entries = settled(entries)?;
        self.graph.fill(id, Node::Dict(entries), &mut self.budget)
    }

    /// An instance of a class, whose fields are mostly a table.
    ///
    /// # Errors
    /// `InvalidArgument` when the class is one of tensors or storages, `LimitExceeded` when memory is short.
    pub fn instance(
        &mut self,
        class: &str,
        version: impl Into<Option<f64>>,
        payload: Value,
    ) -> Result<Value> {
        if super::kind::class(class).is_some() {
            return Err(Error::invalid(format!("a {class} is not made of fields")));
        }
        let mut object = Object::new(class).with_state(payload);
        object.version = version.into();
        self.add(object)
    }

    /// A function of that form, 6, 7 or 8 as Torch7's type tag, with its bytes and the variables that it has caught.
    ///
    /// # Errors
    /// `InvalidArgument` for another form, `LimitExceeded` when memory is short.
    pub fn function(&mut self, form: u32, code: Buffer, upvalues: Value) -> Result<Value> {
        if !(6..=8).contains(&form) {
            return Err(Error::invalid(format!("functions have the type tags 6, 7 and 8, not {form}")));
        }
        self.add(Function::new(form, code, upvalues))
    }

    fn add(&mut self, node: impl Into<Node>) -> Result<Value> {
        self.graph.add(node, &mut self.budget).map(Value::from)
    }

    /// The objects that a value holds.
    ///
    /// # Errors
    /// `InvalidArgument` when something was reserved and not filled, `Malformed` when a tensor reaches outside of its
    /// storage.
    pub fn finish(self, root: Value) -> Result<Graph> {
        self.finish_all(vec![root])
    }

    /// The objects that several values hold, which are written one after another.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_all(self, roots: Vec<Value>) -> Result<Graph> {
        self.graph.finish(roots)
    }
}

/// Entries as Lua has them.
fn settled<K: Into<Value>>(entries: impl IntoIterator<Item = (K, Value)>) -> Result<Vec<(Value, Value)>> {
    let mut own = Vec::new();
    for (key, value) in entries {
        let key = match key.into() {
            Value::Int(int) => Value::Int(int)
                .as_f64()
                .map(Value::Float)
                .ok_or_else(|| Error::invalid(format!("no number of Lua is {int}")))?,
            key => key,
        };
        keys::check(&key).map_err(|error| Error::invalid(error.to_string()))?;
        arr_core::format::room::push(&mut own, (key, value))?;
    }
    keys::settled_now(own)
}
