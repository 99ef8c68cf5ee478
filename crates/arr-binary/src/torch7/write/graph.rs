//! Graphs as the runs of a file. Nothing recurses, whatever is nested.

use std::collections::HashMap;

use arr_core::format::room::{no_memory, push};
use arr_core::value::{ArrayNode, Function, Items, Object, View};
use arr_core::{ArrayView, DType, Error, Graph, Node, NodeId, Order, Result, Value};

use super::super::kind::{self, Kind, Role, storage_class};
use super::encode::Encoder;
use super::{Form, array_of, check_array};

/// Writes the values of a graph, each object with an index of its own, in the order in which they begin.
pub(super) struct Walk<'w, 'o> {
    graph: &'w Graph,
    form: Form,
    encoder: &'w mut Encoder<'o>,
    /// The index of each node that was written.
    indices: HashMap<NodeId, i32>,
    /// Which nodes have begun and not ended: what is written in full can't hold itself.
    open: Vec<bool>,
    /// What waits to be written, the next one last.
    stack: Vec<Step<'w>>,
}

/// So many times as many objects may be written as there are, where shared ones are written in full each time.
const MOST_TIMES: usize = 200;

/// So many may be written in any case.
const ANY_NUMBER: usize = 1 << 20;

/// Something that is to be written.
enum Step<'w> {
    Value(&'w Value),
    /// The entries from that one on.
    Entries(NodeId, &'w [(Value, Value)]),
    /// The items from that one on, which are numbered from 1 on.
    Items(NodeId, &'w [Value], usize),
    /// A node is written.
    End(NodeId),
}

impl<'w, 'o> Walk<'w, 'o> {
    pub(super) fn new(graph: &'w Graph, form: Form, encoder: &'w mut Encoder<'o>) -> Result<Self> {
        let mut open = arr_core::format::room::reserved(graph.len())?;
        open.resize(graph.len(), false);
        Ok(Self { graph, form, encoder, indices: HashMap::new(), open, stack: Vec::new() })
    }

    /// Writes a value with all that it holds.
    pub(super) fn write(&mut self, root: &'w Value) -> Result<()> {
        push(&mut self.stack, Step::Value(root))?;
        while let Some(step) = self.stack.pop() {
            self.step(step).map_err(|error| match self.path() {
                path if path.is_empty() => error,
                path => error.in_path(&path),
            })?;
        }
        Ok(())
    }

    /// The path of what is being written; of a long one the middle is left out.
    fn path(&self) -> String {
        let names = self.stack.iter().filter_map(|step| match step {
            Step::Entries(id, rest) => {
                let entries = self.graph.node(*id)?.entries();
                let (key, _) = entries.get(entries.len().checked_sub(rest.len() + 1)?)?;
                Some(key.path_name().unwrap_or_else(|| "~value".to_owned()))
            }
            Step::Items(_, _, number) => Some((number - 1).to_string()),
            Step::Value(_) | Step::End(_) => None,
        });
        super::super::frame::joined(names)
    }

    fn step(&mut self, step: Step<'w>) -> Result<()> {
        match step {
            Step::Value(value) => self.value(value),
            Step::Entries(id, entries) => match entries.split_first() {
                None => self.step(Step::End(id)),
                Some(((key, value), rest)) => {
                    check_entry(key, value)?;
                    push(&mut self.stack, Step::Entries(id, rest))?;
                    push(&mut self.stack, Step::Value(value))?;
                    push(&mut self.stack, Step::Value(key))
                }
            },
            Step::Items(id, items, number) => match items.split_first() {
                None => self.step(Step::End(id)),
                Some((item, rest)) => {
                    check_entry(&Value::Bool(true), item)?;
                    push(&mut self.stack, Step::Items(id, rest, number + 1))?;
                    push(&mut self.stack, Step::Value(item))?;
                    self.number(number as u64)
                }
            },
            Step::End(id) => {
                if let Some(open) = self.open.get_mut(id.index()) {
                    *open = false;
                }
                Ok(())
            }
        }
    }

    fn number(&mut self, number: u64) -> Result<()> {
        #[allow(clippy::cast_precision_loss, reason = "no list has so many items")]
        let number = number as f64;
        self.encoder.int(1)?;
        self.encoder.double(number)
    }

    fn value(&mut self, value: &'w Value) -> Result<()> {
        match value {
            Value::None => self.encoder.int(0),
            Value::Bool(truth) => {
                self.encoder.int(5)?;
                self.encoder.int(i32::from(*truth))
            }
            Value::Float(float) => {
                self.encoder.int(1)?;
                self.encoder.double(*float)
            }
            Value::Int(int) => {
                let float = value.as_f64();
                let float = float.ok_or_else(|| {
                    Error::unsupported(format!("no number of Lua is {int}: it has 53 bits"))
                })?;
                self.encoder.int(1)?;
                self.encoder.double(float)
            }
            Value::Str(text) => {
                self.encoder.int(2)?;
                self.encoder.string(text.as_bytes())
            }
            Value::Bytes(bytes) => {
                self.encoder.int(2)?;
                self.encoder.string(bytes)
            }
            Value::Ref(id) => self.node(*id),
            _ => {
                Err(Error::unsupported("Torch7 has no complex numbers, and whole numbers of at most 53 bits"))
            }
        }
    }

    /// Writes an index: true if the object of it was written already.
    fn index(&mut self, id: NodeId) -> Result<bool> {
        if let Some(known) = self.indices.get(&id).filter(|_| self.form.is_referenced) {
            let known = *known;
            return self.encoder.int(known).map(|()| true);
        }
        let index = self.encoder.next_index()?;
        let most = self.graph.len().saturating_mul(MOST_TIMES).max(ANY_NUMBER);
        if !self.form.is_referenced && usize::try_from(index).is_ok_and(|count| count > most) {
            return Err(Error::limit(format!(
                "written in full, {} objects become more than {most}: write shared ones once, with references",
                self.graph.len()
            )));
        }
        if self.form.is_referenced {
            self.indices.try_reserve(1).map_err(no_memory)?;
            self.indices.insert(id, index);
        }
        self.encoder.int(index).map(|()| false)
    }

    /// Begins an object that is written in full.
    fn begin(&mut self, id: NodeId) -> Result<()> {
        match self.open.get_mut(id.index()) {
            Some(open) if !*open => {
                *open = true;
                Ok(())
            }
            _ => Err(Error::unsupported(
                "an object that contains itself can't be written in full: it has no end",
            )),
        }
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        let graph = self.graph;
        match graph.node(id).ok_or_else(|| Error::invalid(format!("node {id} is not in the graph")))? {
            Node::Dict(entries) => self.table(id, entries.len(), Step::Entries(id, entries)),
            Node::List(items) | Node::Tuple(items) => self.table(id, items.len(), Step::Items(id, items, 1)),
            Node::Object(object) => self.object(id, object),
            Node::Array(array) => self.array(id, array),
            Node::Function(function) => self.function(id, function),
            _ => Err(Error::unsupported("Torch7 has no sets and dtypes")),
        }
    }

    fn table(&mut self, id: NodeId, count: usize, entries: Step<'w>) -> Result<()> {
        self.encoder.int(3)?;
        if self.index(id)? {
            return Ok(());
        }
        self.begin(id)?;
        self.encoder.count(count, "table")?;
        push(&mut self.stack, entries)
    }

    /// Writes the version and the name of a class.
    fn class(&mut self, class: &str, version: Option<f64>) -> Result<()> {
        match version {
            Some(version) if version.is_finite() => self.encoder.string(shown(version).as_bytes())?,
            Some(_) => return Err(Error::unsupported(format!("the version of {class} is not a number"))),
            None if class.starts_with("V ") => {
                return Err(Error::unsupported(format!(
                    "the class '{class}' without a version would be taken for one"
                )));
            }
            None => {}
        }
        self.encoder.string(class.as_bytes())
    }

    fn object(&mut self, id: NodeId, object: &'w Object) -> Result<()> {
        let Object { class, version, args, kwargs, state, items, entries, .. } = object;
        if args.is_some() || kwargs.is_some() || !items.is_empty() || !entries.is_empty() {
            return Err(Error::unsupported(format!(
                "a {class} is more than the fields that an instance has in Torch7"
            )));
        }
        if kind::class(class).is_some() {
            return Err(Error::unsupported(format!("a {class} is not made of fields")));
        }
        self.encoder.int(4)?;
        if self.index(id)? {
            return Ok(());
        }
        self.begin(id)?;
        self.class(class, *version)?;
        push(&mut self.stack, Step::End(id))?;
        push(&mut self.stack, Step::Value(state.as_ref().unwrap_or(&Value::None)))
    }

    fn function(&mut self, id: NodeId, function: &'w Function) -> Result<()> {
        let form = i32::try_from(function.form).ok().filter(|form| (6..=8).contains(form));
        let form = form.ok_or_else(|| {
            Error::unsupported(format!("Torch7 has no functions of the form {}", function.form))
        })?;
        self.encoder.int(form)?;
        // The oldest form has no index.
        if form != 6 && self.index(id)? {
            return Ok(());
        }
        self.begin(id)?;
        self.encoder.string(&function.code)?;
        push(&mut self.stack, Step::End(id))?;
        push(&mut self.stack, Step::Value(&function.upvalues))
    }

    fn array(&mut self, id: NodeId, node: &ArrayNode) -> Result<()> {
        let role = match node.class.as_deref() {
            Some(class) => {
                let found = kind::class(class).filter(|(kind, _)| Kind::of(node.dtype()) == Some(*kind));
                found
                    .ok_or_else(|| {
                        Error::unsupported(format!("a {class} of {} is nothing of Torch7", node.dtype()))
                    })?
                    .1
            }
            None => Role::Tensor,
        };
        match (&node.items, role) {
            (Items::Array(array), Role::Storage) => self.storage(id, node, &array.view()),
            (Items::View(view), Role::Tensor) if !self.form.is_compact => self.view(id, node, view),
            (Items::Array(_) | Items::View(_), Role::Tensor) => {
                let array = self.graph.array(id)?;
                self.tensor(id, node, &array.view())
            }
            (Items::Part(_), _) => self.graph.array(id).map(drop),
            _ => Err(Error::unsupported("items that are objects are no elements of a tensor")),
        }
    }

    fn storage(&mut self, id: NodeId, node: &ArrayNode, array: &ArrayView<'_>) -> Result<()> {
        let class = node.class.as_deref().ok_or_else(|| Error::invalid("a storage has no class"))?;
        let kind = kind_of(array.dtype())?;
        self.encoder.int(4)?;
        if self.index(id)? {
            return Ok(());
        }
        self.class(class, node.version)?;
        self.encoder.longs(&[long(array.len())?])?;
        self.encoder.elements(kind, array, Order::C)
    }

    /// A tensor over a storage that others may share.
    fn view(&mut self, id: NodeId, node: &ArrayNode, view: &View) -> Result<()> {
        let kind = kind_of(&view.dtype)?;
        let class = class_of(node, kind);
        self.encoder.int(4)?;
        if self.index(id)? {
            return Ok(());
        }
        self.class(&class, version_of(node))?;
        let sizes = view.shape.iter().map(|size| long(*size)).collect::<Result<Vec<_>>>()?;
        let strides = view.strides.iter().map(|stride| *stride as i64).collect::<Vec<_>>();
        self.shape(&sizes, &strides, long(view.offset)?.saturating_add(1))?;
        let Some(storage) = view.storage.as_node() else { return self.encoder.int(0) };
        let storage_node = self.graph.node(storage).and_then(Node::as_array);
        let storage_node =
            storage_node.ok_or_else(|| Error::invalid("the storage of a tensor is missing"))?;
        let wanted = storage_class(&class);
        match storage_node.class.as_deref() {
            Some(class) if class != wanted => {
                Err(Error::unsupported(format!("the storage of a tensor is a {class}, not a {wanted}")))
            }
            Some(_) => self.storage(storage, storage_node, &array_of(self.graph, storage)?.view()),
            // A storage that was made without a class has that of the tensor.
            None => {
                let named = storage_node.clone().with_class(wanted, Some(1.0));
                self.storage(storage, &named, &array_of(self.graph, storage)?.view())
            }
        }
    }

    /// The dimensions of a tensor; one that has no items has none.
    fn shape(&mut self, sizes: &[i64], strides: &[i64], offset: i64) -> Result<()> {
        let rank = if sizes.contains(&0) { 0 } else { sizes.len() };
        self.encoder.count(rank, "rank")?;
        for numbers in [sizes, strides] {
            let wrong = || Error::invalid("a tensor has not as many strides as sizes");
            self.encoder.longs(numbers.get(..rank).ok_or_else(wrong)?)?;
        }
        self.encoder.longs(&[offset])
    }

    /// A tensor with a storage of its own.
    fn tensor(&mut self, id: NodeId, node: &ArrayNode, array: &ArrayView<'_>) -> Result<()> {
        let kind = check_array(array.dtype(), array.shape())?;
        let class = class_of(node, kind);
        self.encoder.int(4)?;
        if self.index(id)? {
            return Ok(());
        }
        let order = array.natural_order();
        self.class(&class, version_of(node))?;
        self.head(&class, version_of(node), array.shape(), order)?;
        if array.is_empty() { Ok(()) } else { self.encoder.elements(kind, array, order) }
    }

    fn head(&mut self, class: &str, version: Option<f64>, shape: &[usize], order: Order) -> Result<()> {
        let sizes = shape.iter().map(|size| long(*size)).collect::<Result<Vec<_>>>()?;
        self.shape(&sizes, &contiguous(&sizes, order), 1)?;
        if shape.contains(&0) {
            return self.encoder.int(0);
        }
        self.encoder.int(4)?;
        let index = self.encoder.next_index()?;
        self.encoder.int(index)?;
        self.class(&storage_class(class), version)?;
        self.encoder.longs(&[sizes.iter().product()])
    }

    /// What stands before the elements of a tensor with a storage of its own, whose elements follow.
    pub(super) fn begin_tensor(&mut self, kind: Kind, shape: &[usize], order: Order) -> Result<()> {
        let class = format!("torch.{}Tensor", kind.name());
        self.encoder.int(4)?;
        let index = self.encoder.next_index()?;
        self.encoder.int(index)?;
        self.class(&class, Some(1.0))?;
        self.head(&class, Some(1.0), shape, order)
    }
}

/// The version of a class as Lua writes numbers.
fn shown(version: f64) -> String {
    let is_short = version.trunc() == version && version.abs() < 1e15;
    if is_short { format!("V {version:.0}") } else { format!("V {version:?}") }
}

/// The class of a tensor.
fn class_of(node: &ArrayNode, kind: Kind) -> String {
    node.class.clone().unwrap_or_else(|| format!("torch.{}Tensor", kind.name()))
}

/// The version of the class of a tensor.
fn version_of(node: &ArrayNode) -> Option<f64> {
    if node.class.is_some() { node.version } else { Some(1.0) }
}

fn kind_of(dtype: &DType) -> Result<Kind> {
    Kind::of(dtype).ok_or_else(|| Error::unsupported(format!("Torch7 has no storage of {dtype}")))
}

fn long(number: usize) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::unsupported(format!("{number} is more than a C long holds")))
}

/// The strides in elements of a tensor whose elements follow one another.
fn contiguous(sizes: &[i64], order: Order) -> Vec<i64> {
    let mut strides = vec![1; sizes.len()];
    let mut next = 1i64;
    let mut take = |axis: usize| {
        if let (Some(stride), Some(size)) = (strides.get_mut(axis), sizes.get(axis)) {
            *stride = next;
            next = next.saturating_mul(*size);
        }
    };
    match order {
        Order::C => (0..sizes.len()).rev().for_each(&mut take),
        Order::F => (0..sizes.len()).for_each(&mut take),
    }
    strides
}

/// Refuses an entry that no table of Lua has.
fn check_entry(key: &Value, value: &Value) -> Result<()> {
    super::super::keys::check(key).map_err(|error| Error::unsupported(error.to_string()))?;
    if value.is_none() {
        let of = key.path_name().map_or_else(|| "a key".to_owned(), |name| format!("the key '{name}'"));
        return Err(Error::unsupported(format!("the value of {of} is none, which no table holds")));
    }
    Ok(())
}
