//! Values of a file as what they are: numbers, texts, lists, tables, instances, tensors.

use arr_core::value::Object;
use arr_core::{Array, Error, Graph, Node, Result, Value};

/// A value of a file, and what it holds.
#[derive(Clone, Copy)]
pub struct Item<'g> {
    graph: &'g Graph,
    value: &'g Value,
}

impl std::fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({})", self.kind())
    }
}

impl<'g> Item<'g> {
    /// A value of a graph.
    #[must_use]
    pub fn new(graph: &'g Graph, value: &'g Value) -> Self {
        Self { graph, value }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &'g Value {
        self.value
    }

    fn node(&self) -> Option<&'g Node> {
        self.graph.follow(self.value)
    }

    /// What it is, in a word: `nil`, `boolean`, `number`, `string`, `table`, `tensor`, `storage`, `instance`, `function`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match (self.value, self.node()) {
            (Value::None, _) => "nil",
            (Value::Bool(_), _) => "boolean",
            (Value::Str(_) | Value::Bytes(_), _) => "string",
            (_, Some(Node::Dict(_) | Node::List(_) | Node::Tuple(_))) => "table",
            (_, Some(Node::Function(_))) => "function",
            (_, Some(Node::Array(array))) => match &array.class {
                Some(class) if class.ends_with("Storage") => "storage",
                _ => "tensor",
            },
            (_, Some(_)) => "instance",
            (_, None) => "number",
        }
    }

    /// True for nil.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.value.is_none()
    }

    /// True or false, if it is one of them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.value.as_f64()
    }

    /// The string, if it is one and UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&'g str> {
        self.value.as_str()
    }

    /// The bytes of a string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&'g [u8]> {
        self.value.as_bytes()
    }

    /// The class of an instance, a tensor or a storage: `nn.Linear`.
    #[must_use]
    pub fn class(&self) -> Option<&'g str> {
        match self.node()? {
            Node::Object(object) => Some(&object.class),
            Node::Array(array) => array.class.as_deref(),
            _ => None,
        }
    }

    /// The version of that class; none where the file has none.
    #[must_use]
    pub fn version(&self) -> Option<f64> {
        match self.node()? {
            Node::Object(object) => object.version,
            Node::Array(array) => array.version,
            _ => None,
        }
    }

    /// The instance with all that the file says of it.
    #[must_use]
    pub fn instance(&self) -> Option<&'g Object> {
        match self.node()? {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The tensor or storage, without a copy.
    ///
    /// # Errors
    /// `InvalidArgument` when it is none, `Mismatch` when its elements are still in the file.
    pub fn array(&self) -> Result<Array> {
        match self.value {
            Value::Ref(id) if self.node().is_some_and(|node| node.as_array().is_some()) => {
                self.graph.array(*id)
            }
            _ => Err(self.not_a("tensor")),
        }
    }

    /// The entries of a table, or the fields of an instance.
    ///
    /// # Errors
    /// `InvalidArgument` when it is something else.
    pub fn table(&self) -> Result<Table<'g>> {
        let entries = match self.node() {
            Some(Node::Dict(entries)) => Some(entries.as_slice()),
            Some(Node::Object(object)) => {
                match object.state.as_ref().and_then(|state| self.graph.follow(state)) {
                    Some(Node::Dict(fields)) => Some(fields.as_slice()),
                    _ => None,
                }
            }
            _ => None,
        };
        Ok(Table { graph: self.graph, entries: entries.ok_or_else(|| self.not_a("table"))? })
    }

    /// The items of a table whose keys are 1, 2, 3 and so on, in whichever order they are in the file.
    ///
    /// # Errors
    /// `InvalidArgument` when it is something else, or has a hole or another key.
    pub fn list(&self) -> Result<List<'g>> {
        let Table { graph, entries } = self.table()?;
        let mut items = arr_core::format::room::reserved(entries.len())?;
        items.resize(entries.len(), None);
        for (key, value) in entries {
            let slot = place(key).and_then(|place| items.get_mut(place)).filter(|slot| slot.is_none());
            let slot = slot.ok_or_else(|| {
                let name = key.path_name().unwrap_or_else(|| "of another kind".to_owned());
                Error::invalid(format!(
                    "the table of {} entries is not a list: it has the key {name}",
                    entries.len()
                ))
            })?;
            *slot = Some(value);
        }
        Ok(List { graph, items: items.into_iter().flatten().collect() })
    }

    /// The value of a key of a table, or of a field of an instance.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no table, or has no such key.
    pub fn get(&self, key: impl Into<Value>) -> Result<Item<'g>> {
        let key = key.into();
        let table = self.table()?;
        table.find(&key).ok_or_else(|| {
            let name = key.path_name().unwrap_or_else(|| "of that kind".to_owned());
            Error::invalid(format!("the table of {} entries has no key {name}", table.len()))
        })
    }

    #[cold]
    fn not_a(&self, wanted: &str) -> Error {
        Error::invalid(format!("a {} is not a {wanted}", self.kind()))
    }
}

/// The place in a list of a key.
fn place(key: &Value) -> Option<usize> {
    let number = key.as_f64().filter(|number| number.trunc() == *number && (1.0..1e15).contains(number))?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole, positive and not large"
    )]
    usize::try_from(number as u64).ok().and_then(|number| number.checked_sub(1))
}

/// The entries of a table: keys of any kind, each with its value, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub struct Table<'g> {
    graph: &'g Graph,
    entries: &'g [(Value, Value)],
}

impl<'g> Table<'g> {
    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key. Numbers are floats, so that `1` and `1.0` are one key; the string `"1"` is another.
    #[must_use]
    pub fn get(&self, key: impl Into<Value>) -> Option<Item<'g>> {
        self.find(&key.into())
    }

    fn find(&self, key: &Value) -> Option<Item<'g>> {
        let number = key.as_f64();
        let is_it = |own: &Value| match (own, number) {
            (Value::Float(own), Some(number)) => *own == number,
            _ => own == key,
        };
        self.entries.iter().find(|(own, _)| is_it(own)).map(|(_, value)| Item::new(self.graph, value))
    }

    /// All keys with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Item<'g>, Item<'g>)> + use<'g> {
        let graph = self.graph;
        self.entries.iter().map(move |(key, value)| (Item::new(graph, key), Item::new(graph, value)))
    }
}

/// The items of a list, whose keys are 1, 2, 3 and so on.
#[derive(Clone, Debug)]
pub struct List<'g> {
    graph: &'g Graph,
    items: Vec<&'g Value>,
}

impl<'g> List<'g> {
    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item of a place, from 0 on: Lua's key less one.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Item<'g>> {
        self.items.get(place).map(|value| Item::new(self.graph, value))
    }

    /// All items.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Item<'g>> + '_ {
        self.items.iter().map(|value| Item::new(self.graph, value))
    }
}
