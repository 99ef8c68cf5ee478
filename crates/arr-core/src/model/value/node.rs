//! What a value can refer to.

use std::fmt;

use crate::format::PartInfo;
use crate::{Array, Buffer, Contiguity, DType, Value};

/// The name of a [`Node`] in its [`Graph`](crate::Graph): a number that means nothing in another graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The place of the node among those of its graph, in the order in which they were made.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One object of a [`Graph`](crate::Graph): it has an identity, and may hold values that refer to others or to itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Node {
    /// An array, in memory or elsewhere.
    Array(Box<ArrayNode>),
    /// What an item of an array is.
    DType(DType),
    /// A list.
    List(Vec<Value>),
    /// A list that does not change.
    Tuple(Vec<Value>),
    /// Values of which none is there twice, in the order of the file.
    Set(Vec<Value>),
    /// A set that does not change.
    FrozenSet(Vec<Value>),
    /// Keys, each with its value, in the order of the file. Any value can be a key.
    Dict(Vec<(Value, Value)>),
    /// An instance of a class that is nothing of the above.
    Object(Box<Object>),
    /// A function, which is never run.
    Function(Box<Function>),
}

/// An array of a [`Graph`](crate::Graph), wherever its items are.
///
/// [`Graph::array`](crate::Graph::array) makes an [`Array`] of it if they are in memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ArrayNode {
    /// Where the items are.
    pub items: Items,
    /// The name of its class, where the format says one: `torch.FloatTensor`.
    pub class: Option<String>,
    /// As [`Object::module`].
    pub module: Option<usize>,
    /// The version of its class, where the format says one.
    pub version: Option<f64>,
    /// True for what NumPy calls a scalar: an item of its own without dimensions, no array.
    pub is_scalar: bool,
}

/// Where the items of an [`ArrayNode`] are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Items {
    /// In memory.
    Array(Array),
    /// Still in the file.
    Part(Part),
    /// In the array of another node.
    View(View),
    /// They are values, or records some of whose fields are: one value for each item in C order, of a record a tuple.
    Values {
        /// What one item is: `|O` or a record with such fields.
        dtype: DType,
        /// Items along each dimension.
        shape: Vec<usize>,
        /// How the items lay in the memory of the program that wrote them.
        order: Contiguity,
        /// The items in C order, whatever `order` is.
        items: Vec<Value>,
    },
}

/// An array that is still in its file, so that it can be read when it is wanted, by blocks or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Which part of the file it is: [`Reader::read`](crate::format::Reader::read) takes it.
    pub info: PartInfo,
    /// What one item is.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// How the items lie in the file.
    pub order: Contiguity,
}

impl Part {
    /// A part that was listed, and what was said of its array.
    #[must_use]
    pub fn new(info: PartInfo, dtype: DType, shape: &[usize], order: Contiguity) -> Self {
        Self { info, dtype, shape: shape.to_vec(), order }
    }
}

/// Items that lie in the array of another node, as those of a Torch7 tensor in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// What one item is: what it is in the storage.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// Items of the storage from one item to the next along each dimension.
    pub strides: Vec<isize>,
    /// The first item in the storage, from 0 on.
    pub offset: usize,
    /// A reference to the storage, an array of one dimension; or none, if there are no items.
    pub storage: Value,
}

impl View {
    /// Items that lie in `storage`, which [`GraphBuilder::finish`](super::GraphBuilder::finish) checks.
    #[must_use]
    pub fn new(
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        offset: usize,
        storage: Option<NodeId>,
    ) -> Self {
        Self { dtype, shape: shape.to_vec(), strides: strides.to_vec(), offset, storage: storage.into() }
    }
}

impl ArrayNode {
    /// An array of no class.
    #[must_use]
    pub fn new(items: Items) -> Self {
        Self { items, class: None, module: None, version: None, is_scalar: false }
    }

    /// Says which class it is of.
    #[must_use]
    pub fn with_class(mut self, class: impl Into<String>, version: Option<f64>) -> Self {
        self.class = Some(class.into());
        self.version = version;
        self
    }

    /// Says whether it is a scalar.
    #[must_use]
    pub fn with_scalar(mut self, is_scalar: bool) -> Self {
        self.is_scalar = is_scalar;
        self
    }

    /// What one item is.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        match &self.items {
            Items::Array(array) => array.dtype(),
            Items::Part(Part { dtype, .. })
            | Items::View(View { dtype, .. })
            | Items::Values { dtype, .. } => dtype,
        }
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match &self.items {
            Items::Array(array) => array.shape(),
            Items::Part(Part { shape, .. })
            | Items::View(View { shape, .. })
            | Items::Values { shape, .. } => shape,
        }
    }
}

/// An instance of an unknown class: what the file says about it, which is never acted on.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// The name of the class, with its module: `collections.OrderedDict`, `nn.Linear`.
    pub class: String,
    /// How many bytes of `class` are the name of its module, where that is not all before the last dot: 7 of
    /// `package.Outer.Inner`, a class in a class.
    pub module: Option<usize>,
    /// The version of the class, where the format says one.
    pub version: Option<f64>,
    /// What it was made of.
    pub args: Option<Value>,
    /// What it was made of by name. In pickles it also tells by what it was made: the [table](crate::value) says how.
    pub kwargs: Option<Value>,
    /// What was set in it then, mostly a dict of its attributes.
    pub state: Option<Value>,
    /// Its items, if it is a list too.
    pub items: Vec<Value>,
    /// Its entries, if it is a dict too.
    pub entries: Vec<(Value, Value)>,
}

impl Object {
    /// An instance of which only the class is known.
    #[must_use]
    pub fn new(class: impl Into<String>) -> Self {
        Self { class: class.into(), ..Self::default() }
    }

    /// Adds what was set in it.
    #[must_use]
    pub fn with_state(mut self, state: impl Into<Value>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Adds what it was made of.
    #[must_use]
    pub fn with_args(mut self, args: impl Into<Value>) -> Self {
        self.args = Some(args.into());
        self
    }
}

/// A function of a Torch7 file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Function {
    /// Which form the format has it in: Torch7's tag, 6, 7 or 8.
    pub form: u32,
    /// The code, opaque.
    pub code: Buffer,
    /// The variables it has caught.
    pub upvalues: Value,
}

impl Function {
    /// A function of these bytes.
    #[must_use]
    pub fn new(form: u32, code: Buffer, upvalues: impl Into<Value>) -> Self {
        Self { form, code, upvalues: upvalues.into() }
    }
}

impl Node {
    /// An array in memory.
    #[must_use]
    pub fn array(array: Array) -> Self {
        Self::from(ArrayNode::new(Items::Array(array)))
    }

    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&ArrayNode> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The values one after another of a list, tuple, set, array of values, or object that is a list too.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => items,
            Self::Object(object) => &object.items,
            Self::Array(array) => match &array.items {
                Items::Values { items, .. } => items,
                _ => &[],
            },
            _ => &[],
        }
    }

    /// The keys and values of a dict, or of an object that is a dict too.
    #[must_use]
    pub fn entries(&self) -> &[(Value, Value)] {
        match self {
            Self::Dict(entries) => entries,
            Self::Object(object) => &object.entries,
            _ => &[],
        }
    }

    /// The values that are neither items nor entries, each in a place of its own.
    pub(super) fn others(&self) -> [Option<&Value>; 3] {
        match self {
            Self::Object(object) => [object.args.as_ref(), object.kwargs.as_ref(), object.state.as_ref()],
            Self::Function(function) => [Some(&function.upvalues), None, None],
            Self::Array(array) => match &array.items {
                Items::View(view) => [Some(&view.storage), None, None],
                _ => [None; 3],
            },
            _ => [None; 3],
        }
    }

    /// How many places for values the node has.
    pub(super) fn slots(&self) -> usize {
        self.others().len() + self.items().len() + 2 * self.entries().len()
    }

    /// The value at an index: first those that are alone, then the items, then each key followed by its value.
    pub(super) fn slot(&self, place: usize) -> Option<&Value> {
        let others = self.others();
        let Some(place) = place.checked_sub(others.len()) else {
            return others.get(place).copied().flatten();
        };
        let items = self.items();
        let Some(place) = place.checked_sub(items.len()) else { return items.get(place) };
        let (key, value) = self.entries().get(place / 2)?;
        Some(if place % 2 == 0 { key } else { value })
    }

    /// The nodes it refers to, as often as it does and in the order of its values: arguments, state, items, and each key
    /// before its value. Of a view that is its storage.
    pub fn children(&self) -> impl Iterator<Item = NodeId> + '_ {
        let entries = self.entries().iter().flat_map(|(key, value)| [key, value]);
        self.others().into_iter().flatten().chain(self.items()).chain(entries).filter_map(Value::as_node)
    }
}

impl From<ArrayNode> for Node {
    fn from(array: ArrayNode) -> Self {
        Self::Array(Box::new(array))
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Self::Object(Box::new(object))
    }
}

impl From<Function> for Node {
    fn from(function: Function) -> Self {
        Self::Function(Box::new(function))
    }
}
