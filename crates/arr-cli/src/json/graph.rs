//! Graphs of objects as `arr dump` has them.

use std::collections::HashSet;
use std::io::Write;

use arr_io::format::PartInfo;
use arr_io::value::{ArrayNode, Items};
use arr_io::{Error, Graph, Node, NodeId, Parts, Value};
use serde_json::to_writer;

use super::objects::{Objects, check_part, write_bytes, write_none, write_ref, write_str};
use super::{check_text, dtype, float};
use crate::failure::Failure;

/// Writes the objects of a file. An array that is still in it is read when it is its turn.
pub struct Dump<'d, 'a, W> {
    to: Objects<'d, 'a, W>,
    graph: &'d Graph,
    /// Arrays that can't be read: none stands in their place.
    bad: &'d HashSet<NodeId>,
}

/// Finds what can't be written before anything is: arrays that can't be read, text that is none. Whatever it is, it
/// is given to `bad`.
pub fn check(
    parts: &mut Parts<'_>,
    graph: &Graph,
    bad: &mut dyn FnMut(&Parts<'_>, Option<&PartInfo>, Failure),
) -> Result<HashSet<NodeId>, Failure> {
    let mut found = HashSet::new();
    for (id, node) in graph.breadth_first()? {
        let Some(array) = node.as_array() else { continue };
        let info = if let Items::Part(part) = &array.items { Some(&part.info) } else { None };
        let checked = match (&array.items, info) {
            // What is in the array of another node is checked there.
            (Items::Values { .. } | Items::View(_), _) => Ok(()),
            (_, None) => graph.array(id).and_then(|array| check_text(&array)).map_err(Failure::from),
            (_, Some(info)) => check_part(parts, info),
        };
        if let Err(failure) = checked {
            bad(parts, info, failure);
            found.insert(id);
        }
    }
    Ok(found)
}

impl<'d, 'a, W: Write> Dump<'d, 'a, W> {
    /// Writes what is in a file, but for the arrays that are `bad`.
    pub fn new(to: Objects<'d, 'a, W>, graph: &'d Graph, bad: &'d HashSet<NodeId>) -> Self {
        Self { to, graph, bad }
    }

    /// Writes the whole JSON object.
    pub fn write(mut self) -> Result<(), Failure> {
        let graph = self.graph;
        write!(self.to.out, "{{\"format\":\"{}\",\"root\":", self.to.parts.format().name)?;
        let is_one = graph.roots().len() == 1;
        match graph.root() {
            Some(root) => self.value(root)?,
            None => write_ref(self.to.out, ALL)?,
        }
        self.to.out.write_all(b",\"heap\":{")?;
        let mut is_first = is_one;
        if !is_one {
            write!(self.to.out, "\"{ALL}\":")?;
            self.sequence("list", graph.roots())?;
        }
        for (id, node) in graph.breadth_first()?.filter(|(id, _)| !self.bad.contains(id)) {
            write!(self.to.out, "{}\"{}\":", if is_first { "" } else { "," }, label(id))?;
            is_first = false;
            self.node(id, node)?;
        }
        Ok(self.to.out.write_all(b"}}\n")?)
    }

    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        let out = &mut *self.to.out;
        match value {
            Value::None => write_none(out)?,
            Value::Bool(value) => write!(out, "{{\"t\":\"bool\",\"v\":{value}}}")?,
            Value::Float(value) => {
                let bits = value.to_bits();
                write!(out, "{{\"t\":\"float\",\"v\":{},\"bits\":\"{bits:016x}\"}}", float(*value))?;
            }
            Value::Complex(value) => {
                write!(out, "{{\"t\":\"complex\",\"re\":{},\"im\":{}}}", float(value.re), float(value.im))?;
            }
            Value::Str(text) => write_str(out, text.as_str())?,
            Value::Bytes(bytes) => write_bytes(out, bytes)?,
            Value::Ref(id) if self.bad.contains(id) => write_none(out)?,
            Value::Ref(id) => write_ref(out, label(*id))?,
            other => {
                let digits = other.to_decimal();
                let digits = digits.ok_or_else(|| Error::unsupported("a value without a JSON form"))?;
                write!(out, "{{\"t\":\"int\",\"v\":\"{digits}\"}}")?;
            }
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId, node: &Node) -> Result<(), Failure> {
        match node {
            Node::Array(array) => self.array(id, array),
            Node::DType(found) => {
                self.to.out.write_all(b"{\"t\":\"dtype\",\"descr\":")?;
                to_writer(&mut *self.to.out, &dtype(found))?;
                Ok(self.to.out.write_all(b"}")?)
            }
            Node::List(items) => self.sequence("list", items),
            Node::Tuple(items) => self.sequence("tuple", items),
            Node::Set(items) | Node::FrozenSet(items) => self.sequence("set", items),
            Node::Dict(entries) => {
                self.to.out.write_all(b"{\"t\":\"dict\"")?;
                self.entries(entries)?;
                Ok(self.to.out.write_all(b"}")?)
            }
            Node::Object(object) => {
                self.to.out.write_all(b"{\"t\":\"object\",\"class\":")?;
                to_writer(&mut *self.to.out, &object.class)?;
                self.member("state", object.state.as_ref().unwrap_or(&Value::None))?;
                if let Some(args) = &object.args {
                    self.member("args", args)?;
                }
                if let Some(kwargs) = object.kwargs.as_ref().filter(|kwargs| !kwargs.is_none()) {
                    self.member("kwargs", kwargs)?;
                }
                if !object.items.is_empty() {
                    self.items(&object.items)?;
                }
                if !object.entries.is_empty() {
                    self.entries(&object.entries)?;
                }
                Ok(self.to.out.write_all(b"}")?)
            }
            _ => Err(Error::unsupported("an object without a JSON form").into()),
        }
    }

    fn sequence(&mut self, kind: &str, items: &[Value]) -> Result<(), Failure> {
        write!(self.to.out, "{{\"t\":\"{kind}\"")?;
        self.items(items)?;
        Ok(self.to.out.write_all(b"}")?)
    }

    fn member(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        write!(self.to.out, ",\"{name}\":")?;
        self.value(value)
    }

    fn items(&mut self, items: &[Value]) -> Result<(), Failure> {
        self.to.out.write_all(b",\"items\":[")?;
        for (at, item) in items.iter().enumerate() {
            self.to.out.write_all(if at == 0 { b"" } else { b"," })?;
            self.value(item)?;
        }
        Ok(self.to.out.write_all(b"]")?)
    }

    fn entries(&mut self, entries: &[(Value, Value)]) -> Result<(), Failure> {
        self.to.out.write_all(b",\"entries\":[")?;
        for (at, (key, value)) in entries.iter().enumerate() {
            self.to.out.write_all(if at == 0 { b"[" } else { b",[" })?;
            self.value(key)?;
            self.to.out.write_all(b",")?;
            self.value(value)?;
            self.to.out.write_all(b"]")?;
        }
        Ok(self.to.out.write_all(b"]")?)
    }

    fn array(&mut self, id: NodeId, node: &ArrayNode) -> Result<(), Failure> {
        match &node.items {
            Items::Part(part) => {
                self.to.head(&part.dtype, &part.shape, part.order)?;
                self.to.part(&part.info)?;
            }
            Items::Values { dtype, shape, order, items } => {
                self.to.head(dtype, shape, *order)?;
                for (at, item) in items.iter().enumerate() {
                    self.to.out.write_all(if at == 0 { b"" } else { b"," })?;
                    self.value(item)?;
                }
            }
            Items::Array(_) | Items::View(_) => {
                let array = self.graph.array(id)?;
                self.to.head(array.dtype(), array.shape(), array.order())?;
                self.to.values(&array)?;
            }
            _ => return Err(Error::unsupported("an array without a JSON form").into()),
        }
        self.to.out.write_all(b"]")?;
        if node.is_scalar {
            self.to.out.write_all(b",\"scalar\":true")?;
        }
        if let Some(class) = &node.class {
            self.to.out.write_all(b",\"class\":")?;
            to_writer(&mut *self.to.out, class)?;
        }
        Ok(self.to.out.write_all(b"}")?)
    }
}

/// The id of the list of all values of a file that holds several.
const ALL: usize = 0;

/// The id of a node: what comes first is 1.
fn label(id: NodeId) -> usize {
    id.index() + 1
}
