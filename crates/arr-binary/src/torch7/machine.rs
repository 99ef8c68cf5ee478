//! Reads objects: tags, indices, and what stands behind them. Nothing recurses, whatever is nested.

use std::collections::HashMap;

use arr_core::format::room::{no_memory, push};
use arr_core::format::{Budget, Keep};
use arr_core::value::{Function, GraphBuilder, Object};
use arr_core::{Error, Graph, Node, NodeId, Result, Value};

use super::frame::{self, DEEPEST, Frame};
use super::keys;
use super::load::Found;
use super::runs::{self, Runs};

/// A function, which is never run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) id: NodeId,
    pub(super) at: u64,
}

/// Classes whose payload is their own, and not a value.
const PRIVATE: &[&str] = &["torch.Generator", "tds.Hash", "tds.Vec", "tds.AtomicCounter"];

/// The longest text that may be a version.
const LONGEST_VERSION: usize = 64;

/// Reads the objects of a file, one after another.
#[derive(Debug)]
pub(super) struct Machine<'f> {
    pub(super) runs: Runs<'f>,
    pub(super) budget: Budget,
    pub(super) builder: GraphBuilder,
    pub(super) keep: &'f Keep,
    /// Tensors and storages, each storage before its tensors.
    pub(super) arrays: Vec<Found>,
    pub(super) functions: Vec<Met>,
    /// Values of tables in whose place a later one of the same key came.
    pub(super) replaced: u64,
    /// True when a tensor with dimensions was read.
    pub(super) has_shape: bool,
    /// True when a text was read.
    pub(super) has_texts: bool,
    indices: Indices,
    stack: Vec<Frame>,
    seed: u64,
}

/// What comes of a tag.
pub(super) enum Begun {
    /// A value that is whole.
    Value(Value),
    /// An object that wants values.
    Frame(Frame),
}

impl<'f> Machine<'f> {
    pub(super) fn new(runs: Runs<'f>, budget: Budget, keep: &'f Keep) -> Self {
        Self {
            runs,
            budget,
            builder: Graph::builder(),
            keep,
            arrays: Vec::new(),
            functions: Vec::new(),
            replaced: 0,
            has_shape: false,
            has_texts: false,
            indices: Indices::default(),
            stack: Vec::new(),
            seed: keys::seed(),
        }
    }

    /// How many objects have begun.
    pub(super) fn seen(&self) -> usize {
        self.indices.dense.len() + self.indices.others.len()
    }

    /// Reads the next object of the file.
    pub(super) fn object(&mut self) -> Result<Value> {
        self.walk().map_err(|error| {
            let error = match frame::suspect(&self.stack) {
                Some(class) if error.kind() == arr_core::ErrorKind::Malformed => error.context(&format!(
                    "an instance of {class} may have a payload that only its class can read"
                )),
                _ => error,
            };
            let path = frame::path(&self.stack);
            let error = if path.is_empty() { error } else { error.in_path(&path) };
            error.at(self.runs.feed.position())
        })
    }

    fn walk(&mut self) -> Result<Value> {
        loop {
            let at = self.runs.feed.position();
            let tag = self.runs.int("type tag")?;
            // Most values are plain: each kind goes to its place from registers.
            let whole = match tag {
                0 => self.deliver(Value::None, None)?,
                1 => {
                    let number = self.runs.double("number")?;
                    self.deliver(Value::Float(number), None)?
                }
                2 => self.deliver_text()?,
                5 => {
                    let truth = self.runs.int("boolean")? == 1;
                    self.deliver(Value::Bool(truth), None)?
                }
                _ => match self.begin(at, tag)? {
                    Begun::Frame(_) if self.stack.len() >= DEEPEST => {
                        return Err(Error::limit(format!(
                            "objects are nested more than {DEEPEST} levels deep"
                        )));
                    }
                    Begun::Frame(frame) => {
                        push(&mut self.stack, frame)?;
                        None
                    }
                    Begun::Value(value) => self.deliver(value, None)?,
                },
            };
            if let Some(whole) = whole {
                return Ok(whole);
            }
        }
    }

    #[inline]
    fn deliver_text(&mut self) -> Result<Option<Value>> {
        let len = self.runs.len("string")?;
        self.budget.charge_bytes(len as u64)?;
        self.has_texts = true;
        let is_key = matches!(self.stack.last(), Some(Frame::Table { has_key: false, .. }));
        let bytes = self.runs.chars(len, "string")?;
        // The bytes are in registers sooner than their copy can be read.
        let hash = is_key.then(|| keys::hash_of_bytes(bytes, self.seed));
        let text = runs::string(bytes)?;
        self.deliver(text, hash)
    }

    /// Gives a value to the table that waits for it, which is what most values are for; any other to [`pass`](Self::pass).
    /// `hash` is that of a key, where it is known.
    #[allow(
        clippy::inline_always,
        reason = "a value that is written to memory and read back at once takes ten times as long"
    )]
    #[inline(always)]
    fn deliver(&mut self, value: Value, hash: Option<u32>) -> Result<Option<Value>> {
        match self.stack.last_mut() {
            Some(Frame::Table { entries, hashes, left, has_key, .. }) if !*has_key => {
                keys::check(&value)?;
                // A key is in the cache now; of few keys none is hashed.
                if entries.len() + *left as usize > keys::FEW {
                    push(hashes, hash.unwrap_or_else(|| keys::hash(&value, self.seed)))?;
                }
                if entries.len() == entries.capacity() {
                    grow(entries, &self.budget)?;
                }
                entries.push((value, Value::None));
                *has_key = true;
                Ok(None)
            }
            Some(Frame::Table { entries, left, has_key, .. }) if *left > 1 => {
                entries.last_mut().ok_or_else(lost)?.1 = value;
                *has_key = false;
                *left -= 1;
                Ok(None)
            }
            _ => self.pass(value),
        }
    }

    /// Gives a value to the object that it completes, and that to what waits for it; gives back what nothing waits for.
    #[inline(never)]
    fn pass(&mut self, value: Value) -> Result<Option<Value>> {
        let mut value = value;
        loop {
            value = match self.stack.last_mut() {
                None => return Ok(Some(value)),
                Some(Frame::Table { entries, left: 1, has_key: true, .. }) => {
                    entries.last_mut().ok_or_else(lost)?.1 = value;
                    let Some(Frame::Table { id, entries, hashes, .. }) = self.stack.pop() else {
                        return Err(lost());
                    };
                    self.table(id, entries, &hashes)?
                }
                Some(Frame::Table { .. }) => return self.deliver(value, None),
                Some(_) => {
                    let value = self.complete(value)?;
                    self.stack.pop();
                    value
                }
            };
        }
    }

    fn table(&mut self, id: NodeId, entries: Vec<(Value, Value)>, hashes: &[u32]) -> Result<Value> {
        let (entries, replaced) = keys::settled(entries, hashes)?;
        self.replaced += replaced as u64;
        self.builder.fill(id, Node::Dict(entries), &mut self.budget)?;
        Ok(id.into())
    }

    /// Completes the object that waits for one value alone.
    fn complete(&mut self, value: Value) -> Result<Value> {
        let order = self.runs.encoding.order();
        let (id, node) = match self.stack.last_mut() {
            Some(Frame::Object { id, class, version }) => {
                let mut object = Object::new(std::mem::take(class)).with_state(value);
                object.version = *version;
                (*id, Node::from(object))
            }
            Some(Frame::Function { id, form, code }) => {
                (*id, Function::new(*form, code.clone(), value).into())
            }
            Some(Frame::Tensor(tensor)) => {
                let (node, found) = tensor.with_storage(&value, &self.builder, order)?;
                push(&mut self.arrays, found)?;
                (tensor.id, node)
            }
            Some(Frame::Table { .. }) | None => return Err(lost()),
        };
        self.builder.fill(id, node, &mut self.budget)?;
        Ok(id.into())
    }

    /// Reads what belongs to the tag of an object, up to the first value that it holds.
    #[inline(never)]
    fn begin(&mut self, at: u64, tag: i32) -> Result<Begun> {
        match tag {
            3 => self.begin_table(),
            4 => self.begin_instance(at),
            form @ 6..=8 => self.begin_function(at, form.unsigned_abs()),
            other => Err(Error::malformed(format!("{other} is not a type tag, which is 0 to 8")).at(at)),
        }
    }

    /// Reads an index: the object of that index, or the name of a new one.
    fn index(&mut self) -> Result<(bool, NodeId)> {
        let index = self.runs.int("index")?;
        if let Some(known) = self.indices.get(index) {
            return Ok((true, known));
        }
        let id = self.builder.reserve(&mut self.budget)?;
        self.indices.put(index, id)?;
        Ok((false, id))
    }

    fn begin_table(&mut self) -> Result<Begun> {
        let (is_known, id) = self.index()?;
        if is_known {
            return Ok(Begun::Value(id.into()));
        }
        let at = self.runs.feed.position();
        let count = self.runs.int("number of entries")?;
        let count = u32::try_from(count).map_err(|_| {
            Error::malformed(format!("a table has the negative number of {count} entries")).at(at)
        })?;
        let least = self.runs.encoding.least_entry().saturating_mul(count.into());
        // The last value may lack the end of its line.
        if least > self.runs.feed.left() {
            return Err(self.runs.feed.cut_short(&format!("table of {count} entries"), least));
        }
        match count {
            0 => self.table(id, Vec::new(), &[]).map(Begun::Value),
            left => {
                let (entries, hashes) = (Vec::new(), Vec::new());
                Ok(Begun::Frame(Frame::Table { id, entries, hashes, left, has_key: false }))
            }
        }
    }

    fn begin_function(&mut self, at: u64, form: u32) -> Result<Begun> {
        // The oldest form has no index: it is never shared.
        let (is_known, id) = match form {
            6 => (false, self.builder.reserve(&mut self.budget)?),
            _ => self.index()?,
        };
        if is_known {
            return Ok(Begun::Value(id.into()));
        }
        push(&mut self.functions, Met { id, at })?;
        let code = self.runs.code(&mut self.budget)?;
        Ok(Begun::Frame(Frame::Function { id, form, code }))
    }

    fn begin_instance(&mut self, at: u64) -> Result<Begun> {
        let (is_known, id) = self.index()?;
        if is_known {
            return Ok(Begun::Value(id.into()));
        }
        let start = self.runs.feed.position();
        let first = self.name()?;
        let (version, class) = match version(&first) {
            Some(version) => (Some(version), self.name()?),
            // Files from before classes had versions.
            None => (None, first),
        };
        self.has_texts = true;
        let class = String::from_utf8(class)
            .map_err(|_| Error::unsupported("the name of a class is not UTF-8").at(start))?;
        if PRIVATE.contains(&class.as_str()) {
            return Err(Error::unsupported(format!(
                "the payload of {class} is private: only that class can read it"
            ))
            .at(start));
        }
        self.instance(id, at, class, version)
    }

    /// The name of a class, or what may be its version.
    fn name(&mut self) -> Result<Vec<u8>> {
        let len = self.runs.len("name of a class")?;
        self.budget.check_header(len as u64)?;
        let mut name = arr_core::format::room::reserved(len)?;
        name.extend_from_slice(self.runs.chars(len, "name of a class")?);
        Ok(name)
    }
}

/// Makes room for more entries, which the budget has to allow.
#[cold]
fn grow(entries: &mut Vec<(Value, Value)>, budget: &Budget) -> Result<()> {
    let more = entries.len().clamp(4, 1 << 20);
    let size = size_of::<(Value, Value)>() + size_of::<u32>();
    budget.clone().charge_bytes(entries.len().saturating_add(1).saturating_mul(size) as u64)?;
    entries.try_reserve(more).map_err(no_memory)
}

/// What is known to be there is not.
#[cold]
fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: an object is lost")
}

/// The version of a class, if a text is `V ` and a number, as Lua reads numbers.
fn version(text: &[u8]) -> Option<f64> {
    let number = text.strip_prefix(b"V ").filter(|_| text.len() <= LONGEST_VERSION)?;
    let trimmed = std::str::from_utf8(number)
        .ok()?
        .trim_matches(|letter: char| letter.is_ascii_whitespace() || letter == '\x0b');
    let (value, len) = super::ascii::double(trimmed.as_bytes())?;
    let is_number = trimmed.bytes().any(|byte| byte.is_ascii_digit());
    (is_number && len == trimmed.len() && value.is_finite()).then_some(value)
}

/// Which object has which index.
#[derive(Debug, Default)]
struct Indices {
    /// Those of 1, 2, 3 and so on, as Torch numbers objects.
    dense: Vec<NodeId>,
    others: HashMap<i32, NodeId>,
}

impl Indices {
    fn get(&self, index: i32) -> Option<NodeId> {
        let place = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
        let found = place.and_then(|place| self.dense.get(place));
        found.or_else(|| if self.others.is_empty() { None } else { self.others.get(&index) }).copied()
    }

    fn put(&mut self, index: i32, id: NodeId) -> Result<()> {
        if usize::try_from(index) == Ok(self.dense.len() + 1) {
            return push(&mut self.dense, id);
        }
        self.others.try_reserve(1).map_err(no_memory)?;
        self.others.insert(index, id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_what_lua_reads_as_numbers() {
        for (text, wanted) in [("V 1", 1.0), ("V 1.5", 1.5), ("V 0x10", 16.0), ("V  2 ", 2.0), ("V -1", -1.0)]
        {
            assert_eq!(version(text.as_bytes()), Some(wanted), "{text}");
        }
        for text in ["V x", "V ", "V", "V1", "v 1", "V 1x", "torch.FloatTensor", "V nan", "V inf"] {
            assert_eq!(version(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn indices_need_not_be_dense() {
        let mut budget = Budget::default();
        let mut builder = Graph::builder();
        let mut indices = Indices::default();
        for index in [1, 2, 99, -5, 3, 0, 4] {
            assert_eq!(indices.get(index), None);
            let id = builder.reserve(&mut budget).unwrap();
            indices.put(index, id).unwrap();
            assert_eq!(indices.get(index), Some(id));
        }
    }
}
