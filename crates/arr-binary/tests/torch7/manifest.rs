//! What the manifest says of a file, compared with what was read of it.

use std::collections::HashMap;

use arr_core::value::Items;
use arr_core::{Array, ByteOrder, DType, Graph, Node, NodeId, Scalar, Value};
use serde_json::{Value as Json, json};

/// Which id of the manifest is which node.
pub struct Pairs<'m> {
    graph: &'m Graph,
    heap: &'m Json,
    /// In an ascii file only that a number is none is kept.
    is_ascii: bool,
    nodes: HashMap<u64, NodeId>,
    ids: HashMap<NodeId, u64>,
    open: Vec<(u64, NodeId)>,
}

/// Says where a graph differs from what the manifest says of a file.
pub fn compare(file: &Json, graph: &Graph) -> Result<(), String> {
    let is_ascii = file["format"] == "ascii";
    let mut pairs = Pairs {
        graph,
        heap: &file["heap"],
        is_ascii,
        nodes: HashMap::new(),
        ids: HashMap::new(),
        open: Vec::new(),
    };
    let objects = file["objects"].as_array().ok_or("no objects are said")?;
    if objects.len() != graph.roots().len() {
        return Err(format!("{} values, and {} are said", graph.roots().len(), objects.len()));
    }
    for (wanted, found) in objects.iter().zip(graph.roots()) {
        pairs.value(wanted, found)?;
    }
    while let Some((id, node)) = pairs.open.pop() {
        let wanted = &pairs.heap[id.to_string()];
        let found = graph.node(node).ok_or("a node is missing")?;
        pairs.node(wanted, node, found).map_err(|error| format!("object {id}: {error}"))?;
    }
    Ok(())
}

impl Pairs<'_> {
    fn value(&mut self, wanted: &Json, found: &Value) -> Result<(), String> {
        let is_same = match (wanted["t"].as_str().unwrap_or_default(), found) {
            ("nil", Value::None) => true,
            ("boolean", Value::Bool(found)) => wanted["v"].as_bool() == Some(*found),
            ("number", Value::Float(found)) => {
                let bits = u64::from_str_radix(wanted["bits"].as_str().unwrap_or_default(), 16);
                bits == Ok(found.to_bits()) || (self.is_ascii && found.is_nan() && wanted["v"] == "nan")
            }
            ("string", Value::Str(_) | Value::Bytes(_)) => {
                let bytes = found.as_bytes().unwrap_or_default();
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                // What is text is text.
                wanted["hex"] == hex.as_str()
                    && matches!(found, Value::Str(_)) == std::str::from_utf8(bytes).is_ok()
            }
            ("ref", Value::Ref(found)) => return self.pair(wanted["id"].as_u64().ok_or("no id")?, *found),
            _ => false,
        };
        if is_same { Ok(()) } else { Err(format!("{found:?}, and {wanted} is said")) }
    }

    fn pair(&mut self, id: u64, node: NodeId) -> Result<(), String> {
        match (self.nodes.get(&id), self.ids.get(&node)) {
            (Some(known), Some(same)) if *known == node && *same == id => Ok(()),
            (None, None) => {
                self.nodes.insert(id, node);
                self.ids.insert(node, id);
                self.open.push((id, node));
                Ok(())
            }
            _ => Err(format!("node {node} is not always {id}")),
        }
    }

    fn node(&mut self, wanted: &Json, id: NodeId, found: &Node) -> Result<(), String> {
        match (wanted["t"].as_str().unwrap_or_default(), found) {
            ("table", Node::Dict(entries)) => {
                let said = wanted["entries"].as_array().ok_or("no entries")?;
                if said.len() != entries.len() {
                    return Err(format!("{} entries, and {} are said", entries.len(), said.len()));
                }
                for (said, (key, value)) in said.iter().zip(entries) {
                    self.value(&said[0], key)?;
                    self.value(&said[1], value)?;
                }
                Ok(())
            }
            ("object", Node::Object(object)) => {
                let version = object.version.unwrap_or(0.0);
                if wanted["class"] != object.class.as_str() || wanted["version"].as_f64() != Some(version) {
                    return Err(format!("{} {version}", object.class));
                }
                self.value(&wanted["payload"], object.state.as_ref().ok_or("no payload")?)
            }
            ("function", Node::Function(function)) => {
                let code: String = function.code.iter().map(|byte| format!("{byte:02x}")).collect();
                if wanted["code"] != code.as_str() || wanted["tag"].as_u64() != Some(function.form.into()) {
                    return Err(format!("form {} of {code}", function.form));
                }
                self.value(&wanted["upvalues"], &function.upvalues)
            }
            ("storage", Node::Array(array)) => {
                let own = self.graph.array(id).map_err(|error| error.to_string())?;
                check(wanted, "class", json!(array.class))?;
                check(wanted, "size", json!(own.len()))?;
                self.items(wanted, &own, "data")
            }
            ("tensor", Node::Array(array)) => {
                let Items::View(view) = &array.items else { return Err("it is no view".to_owned()) };
                let rank = if view.shape == [0] { 0 } else { view.shape.len() };
                check(wanted, "class", json!(array.class))?;
                check(wanted, "size", json!(view.shape[..rank]))?;
                check(wanted, "stride", json!(view.strides[..rank]))?;
                check(wanted, "offset", json!(view.offset + 1))?;
                self.items(wanted, &self.graph.array(id).map_err(|error| error.to_string())?, "values")?;
                self.value(&wanted["storage"], &view.storage)
            }
            (kind, _) => Err(format!("it is no {kind}")),
        }
    }

    /// Compares items as numbers, and as bits where these are said.
    fn items(&self, wanted: &Json, array: &Array, name: &str) -> Result<(), String> {
        let code = match array.dtype() {
            DType::Scalar(Scalar::U8, _) => "u8",
            DType::Scalar(Scalar::I8, _) => "i8",
            DType::Scalar(Scalar::I16, _) => "i16",
            DType::Scalar(Scalar::I32, _) => "i32",
            DType::Scalar(Scalar::I64, _) => "i64",
            DType::Scalar(Scalar::F16, _) => "f16",
            DType::Scalar(Scalar::F32, _) => "f32",
            DType::Scalar(Scalar::F64, _) => "f64",
            other => return Err(format!("items of {other}")),
        };
        check(wanted, "dtype", json!(code))?;
        let values = wanted[name].as_array().ok_or("no values")?;
        let said_bits = wanted["bits"].as_array();
        if values.len() != array.len() || said_bits.is_some_and(|bits| bits.len() != array.len()) {
            return Err(format!("{} items, and {} are said", array.len(), values.len()));
        }
        let little = array.to_byte_order(ByteOrder::Little).map_err(|error| error.to_string())?;
        for (place, (item, value)) in little.items().zip(values).enumerate() {
            let bits: String = item.iter().rev().map(|byte| format!("{byte:02x}")).collect();
            let number = number(array.dtype(), item);
            let is_nan = value == "nan" && number.parse::<f64>().is_ok_and(f64::is_nan);
            let is_same = match said_bits {
                Some(said) => said[place] == bits.as_str() || (self.is_ascii && is_nan),
                None => is_nan || same_number(&number, value),
            };
            if !is_same {
                return Err(format!("item {place} is {number} ({bits}), and {value} is said"));
            }
        }
        Ok(())
    }
}

fn check(wanted: &Json, name: &str, found: Json) -> Result<(), String> {
    if wanted[name] == found { Ok(()) } else { Err(format!("{name} {found}, and {} is said", wanted[name])) }
}

/// The digits of an item in little-endian order.
fn number(dtype: &DType, item: &[u8]) -> String {
    fn bytes<const N: usize>(item: &[u8]) -> [u8; N] {
        item.first_chunk().copied().unwrap_or([0; N])
    }
    match dtype {
        DType::Scalar(Scalar::U8, _) => u8::from_le_bytes(bytes(item)).to_string(),
        DType::Scalar(Scalar::I8, _) => i8::from_le_bytes(bytes(item)).to_string(),
        DType::Scalar(Scalar::I16, _) => i16::from_le_bytes(bytes(item)).to_string(),
        DType::Scalar(Scalar::I32, _) => i32::from_le_bytes(bytes(item)).to_string(),
        DType::Scalar(Scalar::I64, _) => i64::from_le_bytes(bytes(item)).to_string(),
        DType::Scalar(Scalar::F16, _) => half::f16::from_le_bytes(bytes(item)).to_f64().to_string(),
        DType::Scalar(Scalar::F32, _) => f64::from(f32::from_le_bytes(bytes(item))).to_string(),
        _ => f64::from_le_bytes(bytes(item)).to_string(),
    }
}

fn same_number(found: &str, said: &Json) -> bool {
    match said {
        Json::String(word) => found.eq_ignore_ascii_case(word),
        said if said.is_f64() => said.as_f64().map(f64::to_bits) == found.parse().ok().map(f64::to_bits),
        said => {
            said.as_i64().is_some_and(|said| found.parse() == Ok(said)) || said.as_f64() == found.parse().ok()
        }
    }
}
