//! Graphs of objects: a walk without recursion, however deep they nest.

use std::collections::HashMap;

use arr_core::format::room::{no_memory, push};
use arr_core::value::{ArrayNode, Items, Object};
use arr_core::{Array, Contiguity, DType, Error, Graph, Node, NodeId, Order, Result, Value};

use super::super::opcodes as op;
use super::array::Shape;
use super::encode::Encoder;

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
        let node =
            self.graph.node(id).ok_or_else(|| Error::invalid(format!("node {id} is not in the graph")))?;
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
        let how = Shape { class: array.class.as_deref(), is_scalar: array.is_scalar };
        match &array.items {
            Items::Values { dtype, shape, order, items } => {
                return self.objects(id, how, dtype, shape, *order, items);
            }
            Items::Part(part) => {
                let message =
                    format!("an array is still in its file: read part {} of it before", part.info.place);
                return Err(Error::invalid(message));
            }
            _ => {}
        }
        let found = self.graph.array(id)?;
        self.to.check(found.dtype(), found.nbytes() as u64)?;
        if how.class == Some("array.array") {
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
    fn objects(
        &mut self,
        id: NodeId,
        how: Shape<'_>,
        dtype: &DType,
        shape: &[usize],
        order: Contiguity,
        items: &'g [Value],
    ) -> Result<()> {
        self.to.check(dtype, 0)?;
        if how.is_scalar {
            self.enter(id)?;
            self.to.global("numpy.core.multiarray", "scalar")?;
            self.to.dtype(dtype)?;
            self.task(Task::Memorise(id))?;
            self.task(Task::Op(op::REDUCE))?;
            self.task(Task::Op(op::TUPLE2))?;
            return self.task(Task::Each(items));
        }
        self.to.fresh(how.class)?;
        self.memorise(id)?;
        self.to.state_head(dtype, shape, if order == Contiguity::F { Order::F } else { Order::C })?;
        self.to.op(op::EMPTY_LIST)?;
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        self.filled(items, op::APPENDS)
    }

    fn object(&mut self, id: NodeId, object: &'g Object) -> Result<()> {
        if object.class == "numpy.ma.MaskedArray" {
            if let Some([data, mask]) = self.masked(object) {
                return self.masked_array(id, object, &data, &mask);
            }
        }
        let is_bare = object.items.is_empty() && object.entries.is_empty();
        let Some(args) = &object.args else {
            // A class or function itself.
            if object.state.is_none() && object.kwargs.is_none() && is_bare {
                return self.to.class(&object.class);
            }
            self.to.class(&object.class)?;
            self.to.op(op::EMPTY_TUPLE)?;
            return self.made(id, object, op::NEWOBJ);
        };
        if let Some((array, rest)) = self.subclass(object) {
            return self.subclass_array(id, object, &array, rest);
        }
        self.enter(id)?;
        match &object.kwargs {
            None => {
                self.to.class(&object.class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
            }
            Some(Value::None) => {
                self.to.class(&object.class)?;
                self.task(Task::Made(id, object, op::NEWOBJ))?;
            }
            Some(base) if self.is_class(base) => {
                let [state] = self.graph.follow(args).map(Node::items).unwrap_or_default() else {
                    return Err(Error::unsupported(
                        "an object of the class of its base is not made of one value",
                    ));
                };
                self.to.global("copyreg", "_reconstructor")?;
                self.to.class(&object.class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
                self.task(Task::Op(op::TUPLE3))?;
                self.task(Task::Value(state))?;
                return self.task(Task::Value(base));
            }
            Some(kwargs) if self.to.protocol >= 4 => {
                self.to.class(&object.class)?;
                self.task(Task::Made(id, object, op::NEWOBJ_EX))?;
                self.task(Task::Value(kwargs))?;
            }
            Some(kwargs) => {
                self.to.global("copyreg", "__newobj_ex__")?;
                self.to.class(&object.class)?;
                self.task(Task::Made(id, object, op::REDUCE))?;
                self.task(Task::Op(op::TUPLE3))?;
                self.task(Task::Value(kwargs))?;
            }
        }
        self.task(Task::Value(args))
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
            self.task(Task::Op(op::BUILD))?;
            self.task(Task::Value(state))?;
        }
        // The last task is the first to be done: items come before entries.
        if !object.entries.is_empty() {
            self.task(Task::Op(op::SETITEMS))?;
            self.task(Task::EachEntry(&object.entries))?;
            self.task(Task::Op(op::MARK))?;
        }
        self.filled(&object.items, op::APPENDS)
    }

    /// The array in the state of an array of a class of somebody's own, and what else is in the state.
    fn subclass(&self, object: &'g Object) -> Option<(Array, &'g [Value])> {
        let is_fresh = matches!(object.kwargs, Some(Value::None))
            && match self.graph.follow(object.args.as_ref()?)?.items() {
                [shape, code] => {
                    let shape = self.graph.follow(shape).map(Node::items);
                    shape.is_some_and(|shape| shape == [Value::Int(0)]) && code.as_bytes() == Some(b"b")
                }
                _ => false,
            };
        let Node::Tuple(state) = self.graph.follow(object.state.as_ref()?)? else { return None };
        let (first, rest) = state.split_first().filter(|_| is_fresh)?;
        Some((self.graph.array(first.as_node()?).ok()?, rest))
    }

    /// Writes it as NumPy does: the state of the array is a part of its own.
    fn subclass_array(
        &mut self,
        id: NodeId,
        object: &Object,
        array: &Array,
        rest: &'g [Value],
    ) -> Result<()> {
        self.to.check(array.dtype(), array.nbytes() as u64)?;
        self.to.fresh(Some(&object.class))?;
        self.memorise(id)?;
        let order = if array.order() == Contiguity::F && array.ndim() > 1 { Order::F } else { Order::C };
        self.to.op(op::MARK)?;
        self.to.state_head(array.dtype(), array.shape(), order)?;
        let whole = array.to_contiguous(order)?;
        let bytes = whole.as_bytes(order);
        self.to.bytes(bytes.ok_or_else(|| Error::unsupported("the items do not lie one after another"))?)?;
        self.to.op(op::TUPLE)?;
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        self.task(Task::Each(rest))
    }

    /// The data and the mask of a masked array.
    fn masked(&self, object: &Object) -> Option<[Array; 2]> {
        let state = self.graph.follow(object.state.as_ref()?)?.entries();
        let of = |name: &str| {
            state.iter().find(|(key, _)| key.as_str() == Some(name)).and_then(|(_, v)| v.as_node())
        };
        let (data, mask) = (self.graph.array(of("data")?).ok()?, self.graph.array(of("mask")?).ok()?);
        (data.shape() == mask.shape() && !data.dtype().has_references()).then_some([data, mask])
    }

    fn masked_array(&mut self, id: NodeId, object: &'g Object, data: &Array, mask: &Array) -> Result<()> {
        let to = &mut *self.to;
        to.check(data.dtype(), data.nbytes() as u64)?;
        to.global("numpy.ma.core", "_mareconstruct")?;
        to.op(op::MARK)?;
        to.global("numpy.ma.core", "MaskedArray")?;
        to.global("numpy", "ndarray")?;
        to.shape(&[0])?;
        if to.protocol < 3 {
            to.name("b")?
        } else {
            to.bytes(b"b")?
        };
        to.op(op::TUPLE)?;
        to.op(op::REDUCE)?;
        self.memorise(id)?;
        let order = if data.order() == Contiguity::F && data.ndim() > 1 { Order::F } else { Order::C };
        self.to.state_head(data.dtype(), data.shape(), order)?;
        for array in [data, mask] {
            let whole = array.to_contiguous(order)?;
            let bytes = whole.as_bytes(order);
            self.to
                .bytes(bytes.ok_or_else(|| Error::unsupported("the items do not lie one after another"))?)?;
        }
        self.task(Task::Op(op::BUILD))?;
        self.task(Task::Op(op::TUPLE))?;
        let state = object.state.as_ref().and_then(|state| self.graph.follow(state)).map(Node::entries);
        let fill = state.unwrap_or_default().iter().find(|(key, _)| key.as_str() == Some("fill_value"));
        match fill {
            Some((_, fill)) => self.task(Task::Value(fill)),
            None => self.task(Task::Op(op::NONE)),
        }
    }
}
