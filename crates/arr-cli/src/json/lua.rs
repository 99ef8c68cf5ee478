//! Graphs of Lua's objects as `arr dump` has them: nil, tables, tensors over storages, instances, functions.

use std::collections::HashSet;
use std::io::Write;

use arr_io::value::{ArrayNode, Items, View};
use arr_io::{Array, DType, Data, Error, Graph, Node, NodeId, Scalar, Value};
use serde_json::to_writer;

use super::objects::{Objects, write_ref};
use super::{Dates, each_block, float, part, write_float, write_hex, write_item};
use crate::failure::Failure;

/// Writes elements; the last argument says whether they are the first.
type WriteElements<W> = fn(&mut W, &Array, bool) -> Result<(), Failure>;

/// Writes the objects of a file. What is still in it is read when it is its turn.
pub struct LuaDump<'d, 'a, W> {
    to: Objects<'d, 'a, W>,
    graph: &'d Graph,
    /// Arrays that can't be read: nil stands in their place.
    bad: &'d HashSet<NodeId>,
}

impl<'d, 'a, W: Write> LuaDump<'d, 'a, W> {
    /// Writes what is in a file, but for the arrays that are `bad`.
    pub fn new(to: Objects<'d, 'a, W>, graph: &'d Graph, bad: &'d HashSet<NodeId>) -> Self {
        Self { to, graph, bad }
    }

    /// Writes the whole JSON object.
    pub fn write(mut self) -> Result<(), Failure> {
        let graph = self.graph;
        write!(self.to.out, "{{\"format\":\"{}\",\"objects\":[", self.to.parts.format().name)?;
        for (at, root) in graph.roots().iter().enumerate() {
            self.comma(at)?;
            self.value(root)?;
        }
        self.to.out.write_all(b"],\"heap\":{")?;
        for (at, (id, node)) in graph.depth_first()?.filter(|(id, _)| !self.bad.contains(id)).enumerate() {
            self.comma(at)?;
            write!(self.to.out, "\"{}\":", label(id))?;
            self.node(id, node)?;
        }
        Ok(self.to.out.write_all(b"}}\n")?)
    }

    fn comma(&mut self, at: usize) -> Result<(), Failure> {
        Ok(self.to.out.write_all(if at == 0 { b"" } else { b"," })?)
    }

    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        let out = &mut *self.to.out;
        match value {
            Value::None => out.write_all(b"{\"t\":\"nil\"}")?,
            Value::Bool(value) => write!(out, "{{\"t\":\"boolean\",\"v\":{value}}}")?,
            Value::Ref(id) if self.bad.contains(id) => out.write_all(b"{\"t\":\"nil\"}")?,
            Value::Ref(id) => write_ref(out, label(*id))?,
            Value::Str(_) | Value::Bytes(_) => {
                let bytes = value.as_bytes().ok_or_else(|| Error::invalid("a text has no bytes"))?;
                out.write_all(b"{\"t\":\"string\",\"hex\":")?;
                write_hex(out, bytes)?;
                let is_printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
                if let Some(text) = value.as_str().filter(|_| is_printable) {
                    out.write_all(b",\"text\":")?;
                    to_writer(&mut *out, text)?;
                }
                out.write_all(b"}")?;
            }
            other => {
                let number =
                    other.as_f64().ok_or_else(|| Error::unsupported("a value that Lua does not have"))?;
                write!(
                    out,
                    "{{\"t\":\"number\",\"v\":{},\"bits\":\"{:016x}\"}}",
                    float(number),
                    number.to_bits()
                )?;
            }
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId, node: &Node) -> Result<(), Failure> {
        match node {
            Node::Dict(entries) => {
                self.to.out.write_all(b"{\"t\":\"table\",\"entries\":[")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.comma(at)?;
                    self.to.out.write_all(b"[")?;
                    self.value(key)?;
                    self.to.out.write_all(b",")?;
                    self.value(value)?;
                    self.to.out.write_all(b"]")?;
                }
                Ok(self.to.out.write_all(b"]}")?)
            }
            Node::Object(object) => {
                self.to.out.write_all(b"{\"t\":\"object\",\"class\":")?;
                to_writer(&mut *self.to.out, &object.class)?;
                write!(self.to.out, ",\"version\":{},\"payload\":", float(object.version.unwrap_or(0.0)))?;
                self.value(object.state.as_ref().unwrap_or(&Value::None))?;
                Ok(self.to.out.write_all(b"}")?)
            }
            Node::Function(function) => {
                write!(self.to.out, "{{\"t\":\"function\",\"tag\":{},\"code\":", function.form)?;
                write_hex(self.to.out, &function.code)?;
                self.to.out.write_all(b",\"upvalues\":")?;
                self.value(&function.upvalues)?;
                Ok(self.to.out.write_all(b"}")?)
            }
            Node::Array(array) => match &array.items {
                Items::View(view) => self.tensor(id, array, view),
                _ => self.storage(id, array),
            },
            _ => Err(Error::unsupported("an object that Lua does not have").into()),
        }
    }

    /// Class and type of the elements.
    fn head(&mut self, word: &str, array: &ArrayNode) -> Result<(), Failure> {
        write!(self.to.out, "{{\"t\":\"{word}\",\"class\":")?;
        let class =
            array.class.as_deref().ok_or_else(|| Error::invalid("a tensor or storage has no class"))?;
        to_writer(&mut *self.to.out, class)?;
        Ok(write!(self.to.out, ",\"dtype\":\"{}\"", code(array.dtype())?)?)
    }

    fn tensor(&mut self, id: NodeId, array: &ArrayNode, view: &View) -> Result<(), Failure> {
        self.head("tensor", array)?;
        // What has no elements has no dimensions.
        let rank = if view.shape == [0] { 0 } else { view.shape.len() };
        let wrong = || Error::invalid("a tensor has not as many strides as sizes");
        self.to.out.write_all(b",\"size\":")?;
        to_writer(&mut *self.to.out, view.shape.get(..rank).ok_or_else(wrong)?)?;
        self.to.out.write_all(b",\"stride\":")?;
        to_writer(&mut *self.to.out, view.strides.get(..rank).ok_or_else(wrong)?)?;
        write!(self.to.out, ",\"offset\":{},\"values\":[", view.offset.saturating_add(1))?;
        let parts = &mut *self.to.parts;
        let values = self.graph.array_with(id, &mut |part| parts.read(part)?.into_array())?;
        write_numbers(self.to.out, &values, true)?;
        self.to.out.write_all(b"],\"storage\":")?;
        self.value(&view.storage)?;
        Ok(self.to.out.write_all(b"}")?)
    }

    fn storage(&mut self, id: NodeId, array: &ArrayNode) -> Result<(), Failure> {
        self.head("storage", array)?;
        let size = array.shape().first().ok_or_else(|| Error::invalid("a storage has one dimension"))?;
        write!(self.to.out, ",\"size\":{size},\"data\":[")?;
        self.each(id, array, write_numbers)?;
        self.to.out.write_all(b"]")?;
        if let DType::Scalar(Scalar::F16 | Scalar::F32 | Scalar::F64, _) = array.dtype() {
            self.to.out.write_all(b",\"bits\":[")?;
            self.each(id, array, write_bits)?;
            self.to.out.write_all(b"]")?;
        }
        Ok(self.to.out.write_all(b"}")?)
    }

    /// Gives the elements of a storage to `write`, which is told whether they are the first; what is large comes in blocks.
    fn each(&mut self, id: NodeId, node: &ArrayNode, write: WriteElements<W>) -> Result<(), Failure> {
        let Items::Part(part) = &node.items else { return write(self.to.out, &self.graph.array(id)?, true) };
        match self.to.parts.data(&part.info)? {
            Data::Array(array) => write(self.to.out, &array, true),
            Data::Large(_) => {
                let Objects { out, parts, .. } = &mut self.to;
                let mut is_first = true;
                each_block(parts, &part.info, |block| write(out, &block.array, std::mem::take(&mut is_first)))
            }
            _ => Err(Error::invalid("it is not an array").into()),
        }
    }
}

/// The numbers of all items of an array, as doubles where they are floats: a number of Lua is a double. `is_first` if no
/// others stand before them.
fn write_numbers<W: Write>(out: &mut W, array: &Array, is_first: bool) -> Result<(), Failure> {
    for (at, item) in array.items().enumerate() {
        out.write_all(if at == 0 && is_first { b"" } else { b"," })?;
        let wide = match array.dtype() {
            DType::Scalar(Scalar::F16, order) => half::f16::from_le_bytes(part(item, *order)?).to_f64(),
            DType::Scalar(Scalar::F32, order) => f32::from_le_bytes(part(item, *order)?).into(),
            dtype => {
                write_item(out, dtype, item, Dates::Ticks)?;
                continue;
            }
        };
        write_float(out, wide)?;
    }
    Ok(())
}

/// The bits of all items of an array; `is_first` if no others stand before them.
fn write_bits<W: Write>(out: &mut W, array: &Array, is_first: bool) -> Result<(), Failure> {
    let is_little = matches!(array.dtype(), DType::Scalar(_, arr_io::ByteOrder::Little));
    let mut item_bits = Vec::new();
    for (at, item) in array.items().enumerate() {
        item_bits.clear();
        item_bits.extend_from_slice(item);
        if is_little {
            item_bits.reverse();
        }
        out.write_all(if at == 0 && is_first { b"" } else { b"," })?;
        write_hex(out, &item_bits)?;
    }
    Ok(())
}

/// What the type of the elements is called.
fn code(dtype: &DType) -> Result<&'static str, Error> {
    Ok(match dtype {
        DType::Scalar(Scalar::U8, _) => "u8",
        DType::Scalar(Scalar::I8, _) => "i8",
        DType::Scalar(Scalar::I16, _) => "i16",
        DType::Scalar(Scalar::I32, _) => "i32",
        DType::Scalar(Scalar::I64, _) => "i64",
        DType::Scalar(Scalar::F16, _) => "f16",
        DType::Scalar(Scalar::F32, _) => "f32",
        DType::Scalar(Scalar::F64, _) => "f64",
        other => return Err(Error::unsupported(format!("Lua has no tensors of {other}"))),
    })
}

/// The id of a node: what comes first is 1.
fn label(id: NodeId) -> usize {
    id.index() + 1
}
