//! Objects of Python as objects of files: plain values, containers and arrays, each written once.

use std::collections::HashMap;

use arr_io::format::{Budget, Sink, Writing};
use arr_io::value::{GraphBuilder, Object};
use arr_io::{Graph, Limits, Node, NodeId, Registry, SaveOptions, Value};
use numpy::{PyArrayDescr, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyComplexMethods, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet,
    PyString, PyTuple,
};

use crate::dtype;
use crate::error::raised;
use crate::memory::Lent;
use crate::settings::Settings;
use crate::source::path_of;

/// Writes objects to a file of a format of objects, whole or not at all.
#[pyfunction]
#[pyo3(signature = (path, object, **arguments))]
pub fn save_objects<'py>(
    path: &Bound<'py, PyAny>,
    object: &Bound<'py, PyAny>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<()> {
    let py = path.py();
    let path = path_of(path)?;
    let settings = Settings::of(arguments.unwrap_or(&PyDict::new(py)))?;
    let graph = graph_of(object)?;
    let save = || {
        let format = Registry::shared().for_writing(settings.format.as_deref(), &path)?;
        let how: Writing = settings.writing().of(format.info())?;
        SaveOptions::new().save(&path, |output| {
            let mut writer = format.create(Sink::New(output.reborrow()), &how)?;
            writer.graph(&graph)?;
            writer.finish()
        })
    };
    py.detach(save).map_err(raised)
}

/// The graph whose only root is an object.
fn graph_of(object: &Bound<'_, PyAny>) -> PyResult<Graph> {
    let mut maker = Maker {
        builder: Graph::builder(),
        budget: Limits::default().budget(),
        known: HashMap::new(),
        waiting: Vec::new(),
    };
    let root = maker.value(object)?;
    while let Some((id, object)) = maker.waiting.pop() {
        let node = maker.node(&object)?;
        maker.builder.fill(id, node, &mut maker.budget).map_err(raised)?;
    }
    maker.builder.finish(vec![root]).map_err(raised)
}

struct Maker<'py> {
    builder: GraphBuilder,
    budget: Budget,
    /// The nodes of objects, by their addresses: the objects are held by the one that is written.
    known: HashMap<usize, NodeId>,
    /// Those that are still to be filled.
    waiting: Vec<(NodeId, Bound<'py, PyAny>)>,
}

impl<'py> Maker<'py> {
    /// A value, or a reference to a node that is filled later.
    fn value(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Value> {
        if object.is_none() {
            return Ok(Value::None);
        }
        if object.is_instance_of::<PyBool>() {
            return Ok(Value::Bool(object.extract()?));
        }
        if object.is_instance_of::<PyInt>() {
            return match object.extract::<i64>() {
                Ok(int) => Ok(Value::Int(int)),
                Err(_) => {
                    let bits: usize = object.call_method0("bit_length")?.extract()?;
                    let options = PyDict::new(object.py());
                    options.set_item("signed", true)?;
                    let bytes = object.call_method("to_bytes", (bits / 8 + 1, "little"), Some(&options))?;
                    Ok(Value::from_signed_le_bytes(bytes.cast::<PyBytes>()?.as_bytes()))
                }
            };
        }
        if object.is_instance_of::<PyFloat>() {
            return Ok(Value::Float(object.extract()?));
        }
        if let Ok(complex) = object.cast::<PyComplex>() {
            return Ok(Value::Complex(Box::new(numpy::Complex64::new(complex.real(), complex.imag()))));
        }
        if let Ok(text) = object.cast::<PyString>() {
            return Value::copy_str(text.to_str()?).map_err(raised);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Value::copy_bytes(bytes.as_bytes()).map_err(raised);
        }
        let generic = object.py().import("numpy")?.getattr("generic")?;
        if object.is_instance(&generic)? {
            let item = object.call_method0("item")?;
            if !item.is_instance(&generic)? {
                return self.value(&item);
            }
        }
        let address = object.as_ptr().addr();
        if let Some(id) = self.known.get(&address) {
            return Ok(Value::Ref(*id));
        }
        let id = self.builder.reserve(&mut self.budget).map_err(raised)?;
        self.known.insert(address, id);
        self.waiting.push((id, object.clone()));
        Ok(Value::Ref(id))
    }

    fn values(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Vec<Value>> {
        let mut values = Vec::new();
        for item in object.try_iter()? {
            values.push(self.value(&item?)?);
        }
        Ok(values)
    }

    fn entries(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Vec<(Value, Value)>> {
        let mut entries = Vec::new();
        for entry in object.try_iter()? {
            let (key, value) = entry?.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
            entries.push((self.value(&key)?, self.value(&value)?));
        }
        Ok(entries)
    }

    fn node(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Node> {
        if object.is_exact_instance_of::<PyList>() {
            return Ok(Node::List(self.values(object)?));
        }
        if object.is_exact_instance_of::<PyTuple>() {
            return Ok(Node::Tuple(self.values(object)?));
        }
        if object.is_exact_instance_of::<PySet>() {
            return Ok(Node::Set(self.values(object)?));
        }
        if object.is_exact_instance_of::<PyFrozenSet>() {
            return Ok(Node::FrozenSet(self.values(object)?));
        }
        if object.is_exact_instance_of::<PyDict>() {
            return Ok(Node::Dict(self.entries(&object.call_method0("items")?)?));
        }
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            let view_of = Lent::of(array)?;
            let copy = view_of.view(dtype::from_numpy(&array.dtype())?)?.to_owned().map_err(raised)?;
            return Ok(Node::array(copy));
        }
        if let Ok(array) = object.cast::<crate::array::PyArray>() {
            return Ok(Node::array(array.get().array().clone()));
        }
        if let Ok(dtype) = object.cast::<PyArrayDescr>() {
            return Ok(Node::DType(dtype::from_numpy(dtype)?));
        }
        let class = object.py().import("arr_io._objects")?.getattr("Object")?;
        if object.is_instance(&class)? {
            return self.object(object);
        }
        let name = object.get_type().fully_qualified_name()?.to_string();
        Err(PyTypeError::new_err(format!("no file of objects holds an instance of {name}")))
    }

    fn object(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Node> {
        let mut made = Object::new(object.getattr("class_name")?.extract::<String>()?);
        made.version = object.getattr("version")?.extract()?;
        for (name, place) in
            [("args", &mut made.args), ("kwargs", &mut made.kwargs), ("state", &mut made.state)]
        {
            let value = object.getattr(name)?;
            if !value.is_none() {
                *place = Some(self.value(&value)?);
            }
        }
        made.items = self.values(&object.getattr("items")?)?;
        made.entries = self.entries(&object.getattr("entries")?)?;
        Ok(Node::from(made))
    }
}
