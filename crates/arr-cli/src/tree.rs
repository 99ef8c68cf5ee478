//! The objects of a file as a tree: what `arr info` shows of models, documents and pickles.

use std::collections::HashMap;
use std::io::Write;

use arr_io::format::Words;
use arr_io::value::ArrayNode;
use arr_io::{Graph, Node, NodeId, Value};

use crate::failure::Failure;
use crate::text;

/// The most lines of a tree.
const LINES: usize = 1000;
/// The most values of one object that are shown.
const VALUES: usize = 50;
/// The deepest values that are shown.
const DEPTH: usize = 32;
/// The most characters of a name, a text or a class.
const CHARACTERS: usize = 60;

/// What one node holds, as far as it has not been shown.
type Level<'g> = Box<dyn Iterator<Item = (String, &'g Value)> + 'g>;

/// Writes what a file holds, a line for each value and what it holds below it: a shared one once, then by its path.
/// Nothing is written when there is no more than arrays with names.
pub fn write(out: &mut impl Write, graph: &Graph, words: Words) -> Result<(), Failure> {
    let has_classes = || graph.nodes().any(|(_, node)| matches!(node, Node::Object(_)));
    if graph.beside_arrays()? == 0 && !has_classes() {
        return Ok(());
    }
    writeln!(out)?;
    let mut tree = Tree { out, graph, words, known: HashMap::new(), names: Vec::new(), lines: 0 };
    match graph.roots() {
        [root] => tree.of(root),
        roots => roots.iter().enumerate().try_for_each(|(at, root)| {
            tree.names.push(at.to_string());
            tree.of(root)
        }),
    }
}

/// A tree that is being written.
struct Tree<'g, W> {
    out: W,
    graph: &'g Graph,
    words: Words,
    /// The paths of the nodes that were shown.
    known: HashMap<NodeId, String>,
    /// The names on the way to what is shown.
    names: Vec<String>,
    lines: usize,
}

impl<'g, W: Write> Tree<'g, W> {
    /// One value of the file, and what is below it.
    fn of(&mut self, root: &'g Value) -> Result<(), Failure> {
        let mut levels: Vec<(Level<'g>, usize)> = Vec::new();
        levels.extend(self.line(0, root)?.map(|level| (level, 0)));
        while let Some((level, shown)) = levels.last_mut() {
            let is_full = *shown == VALUES || self.lines >= LINES;
            let next = if is_full { None } else { level.next() };
            *shown += 1;
            let depth = levels.len();
            let Some((name, value)) = next else {
                let left = levels.pop().map_or(0, |(level, _)| level.count());
                if left > 0 {
                    writeln!(self.out, "{:1$}... {left} more", "", 2 * depth)?;
                }
                self.names.pop();
                continue;
            };
            self.names.push(name);
            match self.line(depth, value)? {
                Some(level) => levels.push((level, 0)),
                None => drop(self.names.pop()),
            }
        }
        Ok(())
    }

    /// The line of a value; and what it holds, where that is to be shown.
    fn line(&mut self, depth: usize, value: &'g Value) -> Result<Option<Level<'g>>, Failure> {
        self.lines += 1;
        write!(self.out, "{:1$}", "", 2 * depth)?;
        if let Some(name) = self.names.last() {
            write!(self.out, "{}: ", text::one_line(&text::shortened(name, CHARACTERS)))?;
        }
        let Some((id, node)) = value.as_node().and_then(|id| Some((id, self.graph.node(id)?))) else {
            writeln!(self.out, "{}", self.leaf(value))?;
            return Ok(None);
        };
        if let Some(path) = self.known.get(&id) {
            writeln!(self.out, "the same as {}", text::one_line(path))?;
            return Ok(None);
        }
        let path: String = self.names.iter().flat_map(|name| ["/", name.as_str()]).collect();
        self.known.insert(id, if path.is_empty() { "/".to_owned() } else { path });
        writeln!(self.out, "{}", self.head(node))?;
        let level = self.graph.named(node)?;
        Ok(if depth < DEPTH { Some(Box::new(level)) } else { None })
    }

    /// A value that is no node.
    fn leaf(&self, value: &Value) -> String {
        match (value, self.words) {
            (Value::None, Words::Lua) => "nil".to_owned(),
            (Value::None, _) => "None".to_owned(),
            (Value::Bool(value), Words::Lua) => value.to_string(),
            (Value::Bool(value), _) => if *value { "True" } else { "False" }.to_owned(),
            (Value::Float(value), Words::Lua) if value.fract() == 0.0 && value.abs() < WHOLE => {
                format!("{value}")
            }
            (Value::Float(value), _) => format!("{value:?}"),
            (Value::Complex(value), _) => format!("{value}"),
            (Value::Str(text), _) => format!("'{}'", text::one_line(&text::shortened(text, CHARACTERS))),
            (Value::Bytes(bytes), _) => text::bytes(bytes.len() as u64),
            (Value::BigInt(number), _) if number.bits() > BITS => {
                format!("a whole number of {} bits", number.bits())
            }
            (other, _) => other.to_decimal().unwrap_or_else(|| "a value".to_owned()),
        }
    }

    /// What a node is.
    fn head(&self, node: &Node) -> String {
        let of = |what: &str, count: usize| format!("{what} of {count}");
        match node {
            Node::Array(array) => of_array(array),
            Node::DType(dtype) => format!("dtype {}", text::beginning(dtype, CHARACTERS)),
            Node::List(items) => of("list", items.len()),
            Node::Tuple(items) => of("tuple", items.len()),
            Node::Set(items) => of("set", items.len()),
            Node::FrozenSet(items) => of("frozenset", items.len()),
            Node::Dict(entries) if self.words == Words::Lua => of("table", entries.len()),
            Node::Dict(entries) => of("dict", entries.len()),
            Node::Object(object) => text::one_line(&text::shortened(&object.class, CHARACTERS)).into_owned(),
            Node::Function(function) => format!("a function of {}", text::bytes(function.code.len() as u64)),
            _ => "an object".to_owned(),
        }
    }
}

/// Numbers of Lua below this one are printed without a point.
const WHOLE: f64 = 1e15;
/// The most bits of a whole number whose digits are shown.
const BITS: u64 = 256;

/// Class, dtype and shape of an array.
fn of_array(array: &ArrayNode) -> String {
    let dtype = text::beginning(array.dtype(), CHARACTERS);
    let what = if array.is_scalar { dtype } else { format!("{dtype} {}", text::shape(array.shape())) };
    let class = array.class.as_deref().map(|class| format!("{}, ", text::shortened(class, CHARACTERS)));
    text::one_line(&format!("{}{what}", class.unwrap_or_default())).into_owned()
}
