//! Graphs of values: a walk without recursion, however deep they nest.

use std::collections::HashSet;

use arr_core::format::Output;
use arr_core::format::room::{no_memory, push};
use arr_core::value::{ArrayNode, Items};
use arr_core::{Error, Graph, Node, NodeId, Result, Value};

use super::array::Head;
use super::text::{add, float, string};

/// What is shared is written again wherever it is reached: no more often than this many times the number of nodes.
const MOST_TIMES: usize = 64;

/// What is still to be written, the next one last.
#[derive(Debug)]
enum Task<'g> {
    Value(&'g Value),
    Each(&'g [Value], bool),
    EachEntry(&'g [(Value, Value)], bool),
    /// The end of a node that holds others.
    Close(NodeId, u8),
    Text(&'static [u8]),
}

/// Writes all values of a graph, a line each.
pub(super) fn write(graph: &Graph, head: &Head, out: &mut Output<'_>) -> Result<()> {
    let most = graph.len().saturating_mul(MOST_TIMES).saturating_add(4096);
    let mut walk =
        Walk { graph, head, out, tasks: Vec::new(), open: HashSet::new(), left: most, text: Vec::new() };
    for (place, root) in graph.roots().iter().enumerate() {
        if place > 0 {
            walk.text.push(b'\n');
        }
        walk.run(root)?;
    }
    walk.flush()
}

struct Walk<'g, 'o, 'a> {
    graph: &'g Graph,
    head: &'g Head,
    out: &'o mut Output<'a>,
    tasks: Vec<Task<'g>>,
    /// The nodes that hold what is being written.
    open: HashSet<NodeId>,
    left: usize,
    text: Vec<u8>,
}

impl<'g> Walk<'g, '_, '_> {
    fn flush(&mut self) -> Result<()> {
        self.out.write(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn run(&mut self, root: &'g Value) -> Result<()> {
        push(&mut self.tasks, Task::Value(root))?;
        while let Some(task) = self.tasks.pop() {
            if self.text.len() > 32 << 10 {
                self.flush()?;
            }
            match task {
                Task::Text(text) => self.text.extend_from_slice(text),
                Task::Value(Value::Ref(id)) => self.node(*id)?,
                Task::Value(value) => self.plain(value)?,
                Task::Each(items, is_first) => {
                    if let Some((first, rest)) = items.split_first() {
                        self.comma(is_first);
                        push(&mut self.tasks, Task::Each(rest, false))?;
                        push(&mut self.tasks, Task::Value(first))?;
                    }
                }
                Task::EachEntry(entries, is_first) => {
                    if let Some(((key, value), rest)) = entries.split_first() {
                        self.comma(is_first);
                        self.key(key)?;
                        push(&mut self.tasks, Task::EachEntry(rest, false))?;
                        push(&mut self.tasks, Task::Value(value))?;
                    }
                }
                Task::Close(id, end) => {
                    self.open.remove(&id);
                    self.text.push(end);
                }
            }
        }
        Ok(())
    }

    fn comma(&mut self, is_first: bool) {
        if !is_first {
            self.text.extend_from_slice(b", ");
        }
    }

    fn plain(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::None => self.text.extend_from_slice(b"null"),
            Value::Bool(truth) => add(&mut self.text, format_args!("{truth}"))?,
            Value::Int(int) => add(&mut self.text, format_args!("{int}"))?,
            Value::BigInt(int) => add(&mut self.text, format_args!("{int}"))?,
            Value::Float(number) => float(*number, &mut self.text)?,
            Value::Str(text) => string(text, &mut self.text)?,
            Value::Bytes(_) => return Err(Error::unsupported("JSON has no bytes")),
            Value::Complex(_) => return Err(Error::unsupported("JSON has no complex numbers")),
            other => return Err(Error::unsupported(format!("{other:?} has no form in JSON"))),
        }
        Ok(())
    }

    /// A key and the colon behind it. Python makes strings of whole numbers, too.
    fn key(&mut self, key: &Value) -> Result<()> {
        match key {
            Value::Str(text) => string(text, &mut self.text)?,
            Value::Int(int) => add(&mut self.text, format_args!("\"{int}\""))?,
            other => {
                return Err(Error::unsupported(format!(
                    "the key {other:?} is not a string, as those of JSON are"
                )));
            }
        }
        self.text.extend_from_slice(b": ");
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        let node =
            self.graph.node(id).ok_or_else(|| Error::invalid(format!("node {id} is not in the graph")))?;
        let times = || {
            Error::unsupported(
                "JSON has no references, and what is shared is shared too often to be written again",
            )
        };
        self.left = self.left.checked_sub(1).ok_or_else(times)?;
        match node {
            Node::List(items) | Node::Tuple(items) => {
                self.open(id, b'[', b']')?;
                push(&mut self.tasks, Task::Each(items, true))
            }
            Node::Dict(entries) => {
                check_keys(entries)?;
                self.open(id, b'{', b'}')?;
                push(&mut self.tasks, Task::EachEntry(entries, true))
            }
            Node::Array(array) => self.array(id, array),
            Node::Set(_) | Node::FrozenSet(_) => Err(Error::unsupported("JSON has no sets")),
            Node::DType(dtype) => string(&dtype.constructor().to_string(), &mut self.text),
            Node::Object(object) => {
                Err(Error::unsupported(format!("JSON has no objects of classes, as {} is", object.class)))
            }
            _ => Err(Error::unsupported("JSON has no functions")),
        }
    }

    fn open(&mut self, id: NodeId, begin: u8, end: u8) -> Result<()> {
        self.open.try_reserve(1).map_err(no_memory)?;
        if !self.open.insert(id) {
            return Err(Error::unsupported("a value contains itself, which JSON can't say"));
        }
        self.text.push(begin);
        push(&mut self.tasks, Task::Close(id, end))
    }

    fn array(&mut self, id: NodeId, array: &'g ArrayNode) -> Result<()> {
        let Items::Values { shape, items, .. } = &array.items else {
            let found = self.graph.array(id)?;
            self.head.check(&found.view())?;
            self.flush()?;
            return self.head.write(&found.view(), self.out);
        };
        match shape.as_slice() {
            [] => match items.first() {
                Some(item) => push(&mut self.tasks, Task::Value(item)),
                None => Err(Error::invalid("an array of objects has no item")),
            },
            [_] => {
                self.open(id, b'[', b']')?;
                push(&mut self.tasks, Task::Each(items, true))
            }
            [.., width] => {
                if shape.len() > 2 {
                    return Err(Error::unsupported("an array of objects of more than two dimensions"));
                }
                self.open(id, b'[', b']')?;
                let rows = items.chunks((*width).max(1));
                for (place, row) in rows.enumerate().collect::<Vec<_>>().into_iter().rev() {
                    push(&mut self.tasks, Task::Text(b"]"))?;
                    push(&mut self.tasks, Task::Each(row, true))?;
                    push(&mut self.tasks, Task::Text(if place > 0 { b", [" } else { b"[" }))?;
                }
                Ok(())
            }
        }
    }
}

/// Refuses strings among whole numbers: two keys could become one.
fn check_keys(entries: &[(Value, Value)]) -> Result<()> {
    let has = |is: fn(&Value) -> bool| entries.iter().any(|(key, _)| is(key));
    let mixed = has(|key| matches!(key, Value::Int(_))) && has(|key| matches!(key, Value::Str(_)));
    match mixed {
        true => Err(Error::unsupported(
            "keys of JSON are strings, and whole numbers among strings could become equal keys",
        )),
        false => Ok(()),
    }
}
