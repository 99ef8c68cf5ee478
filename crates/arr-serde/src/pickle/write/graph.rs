//! Graphs of objects: a walk without recursion, however deep they nest.

use std::collections::HashMap;

use arr_core::format::room::{no_memory, push};
use arr_core::value::{ArrayNode, Items, Object};
use arr_core::{Array, Contiguity, DType, Error, Graph, Node, NodeId, Order, Result, Value};

use super::super::globals;
use super::super::opcodes as op;
use super::array::Shape;
use super::encode::{Class, Encoder};

/// The base of classes of arrays.
const ARRAY: &str = "numpy.ndarray";

/// What is still to be written, the next one last.
#[derive(Debug)]
enum Task<'g> {
    Value(&'g Value),
    Op(u8),
    Each(&'g [Value]),
    EachEntry(&'g [(Value, Value)]),
    /// A tuple or frozen set whose items have been written.
    Close(NodeId, &'g Node, usize),
    /// An object whose arguments have been written is made by that opcode.
    Made(NodeId, &'g Object, u8),
    /// What follows is memorised as that node.
    Memorise(NodeId),
    /// A call that gives the object on top of the stack its state.
    Setter(&'g Object),
    /// The bytes of an array.
    Data(Array, Order),
}

/// An array as its state has it.
#[derive(Debug)]
struct Data<'g> {
    array: &'g ArrayNode,
    order: Order,
    /// Nothing when its items are values.
    bytes: Option<Array>,
}

/// An array of a class of somebody's own that has a state beside that of the array.
#[derive(Debug)]
struct Subclass<'g> {
    data: Data<'g>,
    rest: &'g [Value],
    /// True when the state of the array is an item of it, and not its beginning.
    is_apart: bool,
}

/// A masked array.
#[derive(Debug)]
struct Masked<'g> {
    data: Data<'g>,
    mask: Array,
    fill: Option<&'g Value>,
    /// What a class of somebody's own has behind that.
    more: &'g [Value],
}

/// An object that holds itself in what it is made of can be entered so often before that is an error.
const MOST_ENTRIES: u32 = 2;

/// Writes the values of graphs.
#[derive(Debug)]
pub(super) struct Walk<'g, 'e, 'o> {
    graph: &'g Graph,
    to: &'e mut Encoder<'o>,
    tasks: Vec<Task<'g>>,
    memorised: HashMap<NodeId, u32>,
    /// Nodes that are memorised only when what they are made of is written.
    open: HashMap<NodeId, u32>,
}

impl<'g, 'e, 'o> Walk<'g, 'e, 'o> {
    pub(super) fn new(graph: &'g Graph, to: &'e mut Encoder<'o>) -> Self {
        Self { graph, to, tasks: Vec::new(), memorised: HashMap::new(), open: HashMap::new() }
    }

    /// Writes a value and all that it refers to.
    pub(super) fn write(&mut self, root: &'g Value) -> Result<()> {
        self.task(Task::Value(root))?;
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Op(opcode) => self.to.op(opcode)?,
                Task::Value(Value::Ref(id)) => self.node(*id)?,
                Task::Value(value) => self.to.value(value)?,
                Task::Each(items) => {
                    if let Some((first, rest)) = items.split_first() {
                        self.task(Task::Each(rest))?;
                        self.task(Task::Value(first))?;
                    }
                }
                Task::EachEntry(entries) => {
                    if let Some(((key, value), rest)) = entries.split_first() {
                        self.task(Task::EachEntry(rest))?;
                        self.task(Task::Value(value))?;
                        self.task(Task::Value(key))?;
                    }
                }
                Task::Close(id, node, count) => self.close(id, node, count)?,
                Task::Made(id, object, opcode) => self.made(id, object, opcode)?,
                Task::Memorise(id) => self.memorise(id)?,
                Task::Setter(call) => {
                    self.to.class(Class::of(call))?;
                    for opcode in [op::POP, op::REDUCE, op::TUPLE2] {
                        self.task(Task::Op(opcode))?;
                    }
                    let args = call.args.as_ref().ok_or_else(no_arguments)?;
                    let items = self.arguments(args)?;
                    self.task(Task::Each(items))?;
                }
                Task::Data(array, order) => self.to.data_of(&array, order)?,
            }
        }
        Ok(())
    }

    fn task(&mut self, task: Task<'g>) -> Result<()> {
        push(&mut self.tasks, task)
    }

    fn memorise(&mut self, id: NodeId) -> Result<()> {
        let number = self.to.memorise()?;
        self.memorised.try_reserve(1).map_err(no_memory)?;
        self.memorised.insert(id, number);
        self.open.remove(&id);
        Ok(())
    }

    /// Takes note of a node that is memorised later.
    fn enter(&mut self, id: NodeId) -> Result<()> {
        self.open.try_reserve(1).map_err(no_memory)?;
        let times = self.open.entry(id).or_insert(0);
        *times += 1;
        if *times > MOST_ENTRIES {
            return Err(Error::unsupported("an object is made of itself, which no pickle can say"));
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        if let Some(number) = self.memorised.get(&id) {
            return self.to.get(*number);
        }
        let node = self.node_of(id)?;
        match node {
            Node::List(items) => {
                self.to.op(op::EMPTY_LIST)?;
                self.memorise(id)?;
                self.filled(items, op::APPENDS)
            }
            Node::Dict(entries) => {
                self.to.op(op::EMPTY_DICT)?;
                self.memorise(id)?;
                self.entries(entries)
            }
            Node::Set(items) if self.to.protocol >= 4 => {
                self.to.op(op::EMPTY_SET)?;
                self.memorise(id)?;
                self.filled(items, op::ADDITEMS)
            }
            Node::Tuple(items) if items.is_empty() => self.to.op(op::EMPTY_TUPLE),
            Node::Tuple(items) => {
                self.enter(id)?;
                if items.len() > 3 {
                    self.to.op(op::MARK)?;
                }
                self.task(Task::Close(id, node, items.len()))?;
                self.task(Task::Each(items))
            }
            Node::FrozenSet(items) if self.to.protocol >= 4 => {
                self.enter(id)?;
                self.to.op(op::MARK)?;
                self.task(Task::Close(id, node, items.len()))?;
                self.task(Task::Each(items))
            }
            Node::Set(items) | Node::FrozenSet(items) => {
                self.enter(id)?;
                let name = if matches!(node, Node::Set(_)) { "set" } else { "frozenset" };
                self.to.global("builtins", name)?;
                self.to.op(op::EMPTY_LIST)?;
                self.task(Task::Memorise(id))?;
                self.task(Task::Op(op::REDUCE))?;
                self.task(Task::Op(op::TUPLE1))?;
                self.filled(items, op::APPENDS)
            }
            Node::DType(dtype) => {
                self.to.dtype(dtype)?;
                Ok(())
            }
            Node::Array(array) => self.array(id, array),
            Node::Object(object) => self.object(id, object),
            _ => Err(Error::unsupported("a function of another language has no form in a pickle")),
        }
    }

    /// Adds items to what is on top of the stack.
    fn filled(&mut self, items: &'g [Value], opcode: u8) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.to.op(op::MARK)?;
        self.task(Task::Op(opcode))?;
        self.task(Task::Each(items))
    }

    fn entries(&mut self, entries: &'g [(Value, Value)]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.to.op(op::MARK)?;
        self.task(Task::Op(op::SETITEMS))?;
        self.task(Task::EachEntry(entries))
    }

    /// Makes a tuple or a frozen set of the items on the stack. One that holds itself was made inside of itself already.
    fn close(&mut self, id: NodeId, node: &Node, count: usize) -> Result<()> {
        let is_marked = count > 3 || matches!(node, Node::FrozenSet(_));
        if let Some(number) = self.memorised.get(&id).copied() {
            match is_marked {
                true => self.to.op(op::POP_MARK)?,
                false => (0..count).try_for_each(|_| self.to.op(op::POP))?,
            }
            return self.to.get(number);
        }
        self.to.op(match (node, count) {
            (Node::FrozenSet(_), _) => op::FROZENSET,
            (_, 1) => op::TUPLE1,
            (_, 2) => op::TUPLE2,
            (_, 3) => op::TUPLE3,
            _ => op::TUPLE,
        })?;
        self.memorise(id)
    }

    fn array(&mut self, id: NodeId, array: &'g ArrayNode) -> Result<()> {
        let class = array.class.as_deref().map(|text| Class { text, module: array.module });
        let how = Shape { class, is_scalar: array.is_scalar };
        match &array.items {
            Items::Values { .. } => return self.objects(id, how, array),
            Items::Part(part) => {
                let message =
                    format!("an array is still in its file: read part {} of it before", part.info.place);
                return Err(Error::invalid(message));
            }
            _ => {}
        }
        let found = self.graph.array(id)?;
        self.to.check(found.dtype(), found.nbytes() as u64)?;
        if array.class.as_deref() == Some("array.array") {
            self.to.array_module(&found)?;
            return self.memorise(id);
        }
        // Classes of other libraries are not Python's.
        let how = Shape { class: how.class.filter(|_| matches!(array.items, Items::Array(_))), ..how };
        if !self.to.array_beside(&found, how)? {
            self.to.array(&found.view(), how, None, None)?;
        }
        self.memorise(id)
    }

    /// An array of objects, which may hold itself.
    fn objects(&mut self, id: NodeId, how: Shape<'_>, array: &'g ArrayNode) -> Result<()> {
        if how.is_scalar {
            self.to.check(array.dtype(), 0)?;
            self.enter(id)?;
            self.to.global("numpy.core.multiarray", "scalar")?;
            self.to.dtype(array.dtype())?;
            self.task(Task::Memorise(id))?;
            self.task(Task::Op(op::REDUCE))?;
            self.task(Task::Op(op::TUPLE2))?;
            if *array.dtype() == DType::Object {
                return self.task(Task::Each(Node::items(self.node_of(id)?)));
            }
            // Records with objects are taken out of an array.
            self.to.fresh(None)?;
        } else {
            self.to.fresh(how.class)?;
            self.memorise(id)?;
        }
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        self.state(&self.data(id)?)
    }

    fn node_of(&self, id: NodeId) -> Result<&'g Node> {
        self.graph.node(id).ok_or_else(|| Error::invalid(format!("node {id} is not in the graph")))
    }

    /// The array of a node, as its state has it.
    fn data(&self, id: NodeId) -> Result<Data<'g>> {
        let Some(array) = self.node_of(id)?.as_array() else {
            return Err(Error::invalid(format!("node {id} is not an array")));
        };
        Ok(match &array.items {
            Items::Values { order, .. } => {
                let order = if *order == Contiguity::F { Order::F } else { Order::C };
                Data { array, order, bytes: None }
            }
            _ => {
                let bytes = self.graph.array(id)?;
                let is_fortran = bytes.order() == Contiguity::F && bytes.ndim() > 1;
                let order = if is_fortran { Order::F } else { Order::C };
                Data { array, order, bytes: Some(bytes) }
            }
        })
    }

    /// The state of an array without its end: what follows in it are tasks already.
    fn state(&mut self, data: &Data<'g>) -> Result<()> {
        let array = data.array;
        self.to.check(array.dtype(), data.bytes.as_ref().map_or(0, |bytes| bytes.nbytes() as u64))?;
        self.to.state_head(array.dtype(), array.shape(), data.order)?;
        match (&data.bytes, &array.items) {
            (None, Items::Values { items, .. }) => {
                self.to.op(op::EMPTY_LIST)?;
                self.filled(items, op::APPENDS)
            }
            (Some(bytes), _) if *array.dtype() == DType::Utf8 => self.to.list_of_texts(&bytes.view()),
            (Some(bytes), _) => self.to.data_of(bytes, data.order),
            (None, _) => Err(Error::invalid("an array has no items")),
        }
    }

    fn object(&mut self, id: NodeId, object: &'g Object) -> Result<()> {
        if let Some(masked) = self.masked(object) {
            return self.masked_array(id, object, masked);
        }
        let class = Class::of(object);
        let is_bare = object.items.is_empty() && object.entries.is_empty();
        let Some(args) = &object.args else {
            // A class or function itself.
            if object.state.is_none() && object.kwargs.is_none() && is_bare {
                return self.to.class(class);
            }
            if matches!(object.kwargs, Some(Value::None)) {
                self.to.global("copyreg", "_reconstructor")?;
                self.to.class(class)?;
                self.to.global("builtins", "object")?;
                self.to.op(op::NONE)?;
                self.to.op(op::TUPLE3)?;
                return self.made(id, object, op::REDUCE);
            }
            self.to.class(class)?;
            self.to.op(op::EMPTY_TUPLE)?;
            return self.made(id, object, op::NEWOBJ);
        };
        if let Some(subclass) = self.subclass(object).filter(|_| is_bare) {
            return self.subclass_array(id, object, &subclass);
        }
        self.enter(id)?;
        match &object.kwargs {
            None => {
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
            }
            Some(Value::None) => {
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::NEWOBJ))?;
            }
            Some(base) if self.is_class(base) && self.is_named(base, globals::INSTANCE) => {
                self.to.op(op::MARK)?;
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::OBJ))?;
                let items = self.arguments(args)?;
                return self.task(Task::Each(items));
            }
            Some(base) if self.is_class(base) && self.is_named(base, ARRAY) => {
                self.to.global("numpy.core.multiarray", "_reconstruct")?;
                self.to.op(op::MARK)?;
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
                self.task(Task::Op(op::TUPLE))?;
                let items = self.arguments(args)?;
                return self.task(Task::Each(items));
            }
            Some(base) if self.is_class(base) => {
                let [state] = self.arguments(args)? else {
                    return Err(Error::unsupported(
                        "an object of the class of its base is not made of one value",
                    ));
                };
                self.to.global("copyreg", "_reconstructor")?;
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
                self.task(Task::Op(op::TUPLE3))?;
                self.task(Task::Value(state))?;
                return self.task(Task::Value(base));
            }
            Some(kwargs) if self.to.protocol >= 4 => {
                self.to.class(class)?;
                self.task(Task::Made(id, object, op::NEWOBJ_EX))?;
                self.task(Task::Value(kwargs))?;
            }
            Some(kwargs) => {
                // `partial(class.__new__, class, *args, **kwargs)()`, as Python 3 has it in these protocols: Python 2 reads it too.
                self.to.partial_new(class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
                for opcode in [op::EMPTY_TUPLE, op::BUILD, op::TUPLE, op::NONE] {
                    self.task(Task::Op(opcode))?;
                }
                self.task(Task::Value(kwargs))?;
                self.task(Task::Op(op::TUPLE))?;
                let items = self.arguments(args)?;
                return self.task(Task::Each(items));
            }
        }
        self.task(Task::Value(args))
    }

    /// The arguments of which an object is made.
    fn arguments(&self, args: &'g Value) -> Result<&'g [Value]> {
        self.graph.follow(args).map(Node::items).ok_or_else(no_arguments)
    }

    /// True for a class itself.
    fn is_class(&self, value: &Value) -> bool {
        match self.graph.follow(value) {
            Some(Node::Object(object)) => {
                let has_more = object.args.is_some() || object.kwargs.is_some() || object.state.is_some();
                !has_more && object.items.is_empty() && object.entries.is_empty()
            }
            _ => false,
        }
    }

    /// Makes an object of what is on the stack, and gives it what it holds.
    fn made(&mut self, id: NodeId, object: &'g Object, opcode: u8) -> Result<()> {
        self.to.op(opcode)?;
        self.memorise(id)?;
        if let Some(state) = &object.state {
            match self.setter(id, state) {
                Some(setter) => self.task(Task::Setter(setter))?,
                None => {
                    self.task(Task::Op(op::BUILD))?;
                    self.task(Task::Value(state))?;
                }
            }
        }
        // The last task is the first to be done: items come before entries.
        if !object.entries.is_empty() {
            self.task(Task::Op(op::SETITEMS))?;
            self.task(Task::EachEntry(&object.entries))?;
            self.task(Task::Op(op::MARK))?;
        }
        self.filled(&object.items, op::APPENDS)
    }

    /// The call of a function that gives an object its state, if that is what its state is.
    fn setter(&self, id: NodeId, state: &Value) -> Option<&'g Object> {
        let Node::Object(call) = self.graph.follow(state)? else { return None };
        let is_bare = call.kwargs.is_none() && call.state.is_none() && call.items.is_empty();
        let [object, _] = self.graph.follow(call.args.as_ref()?)?.items() else { return None };
        (is_bare && call.entries.is_empty() && object.as_node() == Some(id)).then_some(call)
    }

    /// The array in the state of an array of a class of somebody's own, and what else is in the state.
    fn subclass(&self, object: &'g Object) -> Option<Subclass<'g>> {
        let args = self.graph.follow(object.args.as_ref()?)?.items();
        let state = object.state.as_ref().map(|state| self.graph.follow(state));
        match object.kwargs.as_ref()? {
            Value::None => {
                let [shape, code] = args else { return None };
                let shape = self.graph.follow(shape).map(Node::items);
                let is_fresh =
                    shape.is_some_and(|shape| shape == [Value::Int(0)]) && code.as_bytes() == Some(b"b");
                let Some(Some(Node::Tuple(state))) = state else { return None };
                let (first, rest) = state.split_first().filter(|_| is_fresh)?;
                Some(Subclass { data: self.data(first.as_node()?).ok()?, rest, is_apart: true })
            }
            base if self.is_class(base) && self.is_named(base, ARRAY) => {
                let ([array], Some(Some(Node::Tuple(rest)))) = (args, state) else { return None };
                Some(Subclass { data: self.data(array.as_node()?).ok()?, rest, is_apart: false })
            }
            _ => None,
        }
    }

    fn is_named(&self, class: &Value, name: &str) -> bool {
        matches!(self.graph.follow(class), Some(Node::Object(object)) if object.class == name)
    }

    /// Writes it as NumPy does: the state of the array is a part of its own, or what else there is stands behind it.
    fn subclass_array(&mut self, id: NodeId, object: &Object, of: &Subclass<'g>) -> Result<()> {
        self.to.fresh(Some(Class::of(object)))?;
        self.memorise(id)?;
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        self.task(Task::Each(of.rest))?;
        if of.is_apart {
            self.to.op(op::MARK)?;
            self.task(Task::Op(op::TUPLE))?;
        }
        self.state(&of.data)
    }

    /// What a masked array is made of, if an object is one: it has no arguments, and a state of just that.
    fn masked(&self, object: &'g Object) -> Option<Masked<'g>> {
        let is_bare = object.args.is_none() && object.kwargs.is_none() && object.items.is_empty();
        let Node::Dict(state) = self.graph.follow(object.state.as_ref()?)? else { return None };
        let (mut data, mut mask, mut fill, mut more) = (None, None, None, &[][..]);
        for (key, value) in state {
            match key.as_str()? {
                "data" => data = Some(self.data(value.as_node()?).ok()?),
                "mask" => mask = Some(self.graph.array(value.as_node()?).ok()?),
                "fill_value" => fill = Some(value),
                "more" => more = self.graph.follow(value)?.items(),
                _ => return None,
            }
        }
        let (data, mask) = (data?, mask?);
        let is_one = is_bare && object.entries.is_empty() && data.array.shape() == mask.shape();
        is_one.then_some(Masked { data, mask, fill, more })
    }

    fn masked_array(&mut self, id: NodeId, object: &Object, of: Masked<'g>) -> Result<()> {
        let to = &mut *self.to;
        to.global("numpy.ma.core", "_mareconstruct")?;
        to.op(op::MARK)?;
        to.class(Class::of(object))?;
        match of.data.array.class.as_deref() {
            Some(text) => to.class(Class { text, module: of.data.array.module })?,
            None => to.global("numpy", "ndarray")?,
        }
        to.shape(&[0])?;
        if to.protocol < 3 {
            to.name("b")?
        } else {
            to.bytes(b"b")?
        };
        to.op(op::TUPLE)?;
        to.op(op::REDUCE)?;
        self.memorise(id)?;
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        self.task(Task::Each(of.more))?;
        match of.fill {
            Some(fill) => self.task(Task::Value(fill))?,
            None => self.task(Task::Op(op::NONE))?,
        }
        self.task(Task::Data(of.mask, of.data.order))?;
        self.state(&of.data)
    }
}

#[cold]
fn no_arguments() -> Error {
    Error::invalid("the arguments of an object are not a tuple of the graph")
}
