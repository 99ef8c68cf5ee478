//! Graphs of objects as `arr dump` has them.

use std::collections::HashSet;
use std::io::Write;

use arr_io::format::PartInfo;
use arr_io::value::{ArrayNode, Items};
use arr_io::{Array, Contiguity, DType, Data, Error, Graph, Node, NodeId, Parts, Value};
use serde_json::to_writer;

use super::{Values, check_blocks, check_text, dtype, each_block, float, write_hex};
use crate::failure::Failure;
use crate::progress::Progress;

/// How many items are written between two reports of progress.
const STEP: usize = 1 << 14;

/// Writes the objects of a file. An array that is still in it is read when it is its turn, block by block if it is large.
pub struct Dump<'d, 'a, W> {
    out: &'d mut W,
    parts: &'d mut Parts<'a>,
    graph: &'d Graph,
    /// Arrays that can't be read: none stands in their place.
    bad: &'d HashSet<NodeId>,
    progress: Progress,
    done: u64,
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
            (Items::Values { .. }, _) => Ok(()),
            (_, None) => graph.array(id).and_then(|array| check_text(&array)).map_err(Failure::from),
            (_, Some(info)) => match parts.data(info) {
                Ok(Data::Array(array)) => check_text(&array).map_err(Failure::from),
                Ok(Data::Large(what)) => check_blocks(parts, info, &what.dtype),
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            },
        };
        if let Err(failure) = checked {
            bad(parts, info, failure);
            found.insert(id);
        }
    }
    Ok(found)
}

impl<'d, 'a, W: Write> Dump<'d, 'a, W> {
    /// Writes to `out` what is in a file, but for the arrays that are `bad`.
    pub fn new(
        out: &'d mut W,
        parts: &'d mut Parts<'a>,
        graph: &'d Graph,
        bad: &'d HashSet<NodeId>,
        progress: Progress,
    ) -> Self {
        Self { out, parts, graph, bad, progress, done: 0 }
    }

    /// Writes the whole JSON object.
    pub fn write(mut self) -> Result<(), Failure> {
        let graph = self.graph;
        write!(self.out, "{{\"format\":\"{}\",\"root\":", self.parts.format().name)?;
        self.value(graph.root().unwrap_or(&Value::None))?;
        self.out.write_all(b",\"heap\":{")?;
        let mut is_first = true;
        for (id, node) in graph.breadth_first()?.filter(|(id, _)| !self.bad.contains(id)) {
            write!(self.out, "{}\"{}\":", if is_first { "" } else { "," }, label(id))?;
            is_first = false;
            self.node(id, node)?;
        }
        Ok(self.out.write_all(b"}}\n")?)
    }

    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        let out = &mut *self.out;
        match value {
            Value::None => out.write_all(b"{\"t\":\"none\"}")?,
            Value::Bool(value) => write!(out, "{{\"t\":\"bool\",\"v\":{value}}}")?,
            Value::Float(value) => {
                let bits = value.to_bits();
                write!(out, "{{\"t\":\"float\",\"v\":{},\"bits\":\"{bits:016x}\"}}", float(*value))?;
            }
            Value::Complex(value) => {
                write!(out, "{{\"t\":\"complex\",\"re\":{},\"im\":{}}}", float(value.re), float(value.im))?;
            }
            Value::Str(text) => {
                out.write_all(b"{\"t\":\"str\",\"v\":")?;
                to_writer(&mut *out, text.as_str())?;
                out.write_all(b"}")?;
            }
            Value::Bytes(bytes) => {
                out.write_all(b"{\"t\":\"bytes\",\"hex\":")?;
                write_hex(out, bytes)?;
                out.write_all(b"}")?;
            }
            Value::Ref(id) if self.bad.contains(id) => out.write_all(b"{\"t\":\"none\"}")?,
            Value::Ref(id) => write!(out, "{{\"t\":\"ref\",\"id\":{}}}", label(*id))?,
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
                self.out.write_all(b"{\"t\":\"dtype\",\"descr\":")?;
                to_writer(&mut *self.out, &dtype(found))?;
                Ok(self.out.write_all(b"}")?)
            }
            Node::List(items) => self.sequence("list", items),
            Node::Tuple(items) => self.sequence("tuple", items),
            Node::Set(items) | Node::FrozenSet(items) => self.sequence("set", items),
            Node::Dict(entries) => {
                self.out.write_all(b"{\"t\":\"dict\"")?;
                self.entries(entries)?;
                Ok(self.out.write_all(b"}")?)
            }
            Node::Object(object) => {
                self.out.write_all(b"{\"t\":\"object\",\"class\":")?;
                to_writer(&mut *self.out, &object.class)?;
                self.member("state", object.state.as_ref().unwrap_or(&Value::None))?;
                if let Some(args) = &object.args {
                    self.member("args", args)?;
                }
                if !object.items.is_empty() {
                    self.items(&object.items)?;
                }
                if !object.entries.is_empty() {
                    self.entries(&object.entries)?;
                }
                Ok(self.out.write_all(b"}")?)
            }
            _ => Err(Error::unsupported("an object without a JSON form").into()),
        }
    }

    fn sequence(&mut self, kind: &str, items: &[Value]) -> Result<(), Failure> {
        write!(self.out, "{{\"t\":\"{kind}\"")?;
        self.items(items)?;
        Ok(self.out.write_all(b"}")?)
    }

    fn member(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        write!(self.out, ",\"{name}\":")?;
        self.value(value)
    }

    fn items(&mut self, items: &[Value]) -> Result<(), Failure> {
        self.out.write_all(b",\"items\":[")?;
        for (at, item) in items.iter().enumerate() {
            self.out.write_all(if at == 0 { b"" } else { b"," })?;
            self.value(item)?;
        }
        Ok(self.out.write_all(b"]")?)
    }

    fn entries(&mut self, entries: &[(Value, Value)]) -> Result<(), Failure> {
        self.out.write_all(b",\"entries\":[")?;
        for (at, (key, value)) in entries.iter().enumerate() {
            self.out.write_all(if at == 0 { b"[" } else { b",[" })?;
            self.value(key)?;
            self.out.write_all(b",")?;
            self.value(value)?;
            self.out.write_all(b"]")?;
        }
        Ok(self.out.write_all(b"]")?)
    }

    fn array(&mut self, id: NodeId, node: &ArrayNode) -> Result<(), Failure> {
        match &node.items {
            Items::Part(part) => {
                self.head(&part.dtype, &part.shape, part.order)?;
                self.part(&part.info)?;
            }
            Items::Values { dtype, shape, order, items } => {
                self.head(dtype, shape, *order)?;
                for (at, item) in items.iter().enumerate() {
                    self.out.write_all(if at == 0 { b"" } else { b"," })?;
                    self.value(item)?;
                }
            }
            Items::Array(_) | Items::View(_) => {
                let array = self.graph.array(id)?;
                self.head(array.dtype(), array.shape(), array.order())?;
                self.values(&array)?;
            }
            _ => return Err(Error::unsupported("an array without a JSON form").into()),
        }
        self.out.write_all(b"]")?;
        if node.is_scalar {
            self.out.write_all(b",\"scalar\":true")?;
        }
        Ok(self.out.write_all(b"}")?)
    }

    /// All of an array but its values, up to the bracket before them.
    fn head(&mut self, found: &DType, shape: &[usize], order: Contiguity) -> Result<(), Failure> {
        self.out.write_all(b"{\"t\":\"array\",\"dtype\":")?;
        to_writer(&mut *self.out, &dtype(found))?;
        self.out.write_all(b",\"shape\":")?;
        to_writer(&mut *self.out, shape)?;
        Ok(write!(self.out, ",\"order\":\"{order}\",\"data\":[")?)
    }

    /// The values of an array that is still in the file.
    fn part(&mut self, part: &PartInfo) -> Result<(), Failure> {
        match self.parts.data(part)? {
            Data::Array(array) => self.values(&array),
            Data::Large(_) => {
                let Self { out, parts, progress, done, .. } = self;
                let mut is_first = true;
                each_block(parts, part, |block| {
                    out.write_all(if is_first { b"" } else { b"," })?;
                    is_first = false;
                    write_values(out, &block.array, |bytes| progress.done(*done + bytes as u64))?;
                    *done += block.array.nbytes() as u64;
                    Ok::<_, Failure>(())
                })
            }
            _ => Err(Error::invalid("it is not an array").into()),
        }
    }

    fn values(&mut self, array: &Array) -> Result<(), Failure> {
        let Self { out, progress, done, .. } = self;
        write_values(out, array, |bytes| progress.done(*done + bytes as u64))?;
        *done += array.nbytes() as u64;
        Ok(())
    }
}

/// The id of a node: what comes first is 1.
fn label(id: NodeId) -> usize {
    id.index() + 1
}

fn write_values<W: Write>(
    out: &mut W,
    array: &Array,
    mut progress: impl FnMut(usize),
) -> Result<(), Failure> {
    let mut values = Values::new(array)?;
    for at in 0..array.len() {
        if at > 0 {
            out.write_all(b",")?;
        }
        values.write_next(out)?;
        if at % STEP == 0 {
            progress(at.saturating_mul(array.itemsize()));
        }
    }
    Ok(())
}
