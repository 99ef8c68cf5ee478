//! Objects of files as objects of Python, each made once, so that what is shared stays shared.

use arr_io::value::{ArrayNode, Items, Object, View};
use arr_io::{Array, BufferMut, DType, Graph, Node, NodeId, Order, Value};
use numpy::PyArrayDescrMethods;
use pyo3::exceptions::{PyNotImplementedError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyFrozenSet, PyList, PySet, PyTuple};

use crate::dtype;
use crate::error::raised;
use crate::npy::as_numpy;

/// What becomes of objects that are no plain values of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are told of: instances of `arr_io.Object`, which say what the file says.
    Told,
    /// They are refused, with `NotImplementedError`: whoever asked has another way.
    Refused,
}

/// The objects of a graph: its only root, or a list of several.
///
/// # Errors
/// `NotImplementedError` for objects that are refused; `ValueError` for keys of dicts that Python takes for the same.
pub fn to_python<'py>(py: Python<'py>, graph: &Graph, unknown: Unknown) -> PyResult<Bound<'py, PyAny>> {
    let (made, depths) = (vec![None; graph.len()], vec![0; graph.len()]);
    let mut maker = Maker { py, graph, unknown, made, depths };
    maker.make_shells()?;
    maker.make_rest()?;
    maker.fill()?;
    match graph.root() {
        Some(root) => maker.value(root),
        None => {
            let roots = graph.roots().iter().map(|root| maker.value(root));
            Ok(PyList::new(py, roots.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
    }
}

struct Maker<'py, 'g> {
    py: Python<'py>,
    graph: &'g Graph,
    unknown: Unknown,
    /// What each node has become.
    made: Vec<Option<Bound<'py, PyAny>>>,
    /// How deep tuples and frozen sets are nested in each node that is one.
    depths: Vec<usize>,
}

/// What is nested deeper is no key: Python goes down into it to find it, on its stack.
const DEEPEST_KEY: usize = 500;

impl<'py> Maker<'py, '_> {
    /// Makes everything that can be made empty, and what refers to nothing.
    fn make_shells(&mut self) -> PyResult<()> {
        for (id, node) in self.graph.nodes() {
            let made = match node {
                Node::List(_) => PyList::empty(self.py).into_any(),
                Node::Dict(_) => PyDict::new(self.py).into_any(),
                Node::Set(_) => PySet::empty(self.py)?.into_any(),
                Node::DType(dtype) => dtype::to_numpy(self.py, dtype)?.into_any(),
                Node::Object(object) => self.object(object)?,
                Node::Function(function) => {
                    self.refuse("a function")?;
                    let made = self.told("function", None)?;
                    made.setattr("state", PyBytes::new(self.py, &function.code))?;
                    made
                }
                Node::Array(array) => match &array.items {
                    Items::Array(items) => self.array(array, copied(items)?)?,
                    Items::Values { dtype, shape, .. } => self.empty(array, dtype, shape)?,
                    _ => continue,
                },
                _ => continue,
            };
            self.put(id, made);
        }
        // Views lie in arrays that are there now.
        for (id, node) in self.graph.nodes() {
            if let Node::Array(array) = node {
                let made = match &array.items {
                    Items::View(view) => self.view(view)?,
                    Items::Part(_) => return Err(PyValueError::new_err("an array was not read")),
                    _ => continue,
                };
                self.put(id, made);
            }
        }
        Ok(())
    }

    /// Makes tuples and frozen sets, whose values have to be there before them. One that holds itself is there only by way
    /// of something that is filled later.
    fn make_rest(&mut self) -> PyResult<()> {
        let mut waiting: Vec<NodeId> = Vec::new();
        for (id, _) in self.graph.nodes() {
            waiting.push(id);
            // Each waits once for those that it holds; more often than there are nodes means a circle.
            let mut steps = 0usize;
            while let Some(id) = waiting.last().copied() {
                let (Some(node), None) = (self.graph.node(id), self.at(id)) else {
                    waiting.pop();
                    continue;
                };
                let missing: Vec<NodeId> =
                    node.children().filter(|child| self.at(*child).is_none()).collect();
                if missing.is_empty() {
                    let items = node.items().iter();
                    let made = match node {
                        Node::FrozenSet(_) => {
                            let keys = items.map(|value| self.key(value)).collect::<PyResult<Vec<_>>>()?;
                            PyFrozenSet::new(self.py, &keys)?.into_any()
                        }
                        _ => {
                            let values =
                                items.map(|value| self.value(value)).collect::<PyResult<Vec<_>>>()?;
                            PyTuple::new(self.py, values)?.into_any()
                        }
                    };
                    let depths = node.children().filter_map(|child| self.depths.get(child.index()));
                    let depth = depths.max().map_or(1, |deepest| deepest + 1);
                    if let Some(place) = self.depths.get_mut(id.index()) {
                        *place = depth;
                    }
                    self.put(id, made);
                    waiting.pop();
                    continue;
                }
                steps += 1;
                if steps > self.graph.len() {
                    return Err(PyValueError::new_err("a tuple holds itself"));
                }
                waiting.extend(missing);
            }
        }
        Ok(())
    }

    /// Puts values into everything that was made empty.
    fn fill(&self) -> PyResult<()> {
        for (id, node) in self.graph.nodes() {
            let Some(made) = self.at(id) else { continue };
            match node {
                Node::List(items) => {
                    let list = made.cast::<PyList>()?;
                    for item in items {
                        list.append(self.value(item)?)?;
                    }
                }
                Node::Set(items) => {
                    let set = made.cast::<PySet>()?;
                    for item in items {
                        set.add(self.key(item)?)?;
                    }
                }
                Node::Dict(entries) => self.fill_dict(made.cast::<PyDict>()?, entries)?,
                Node::Object(object) => self.fill_object(made, object)?,
                Node::Array(array) => {
                    if let Items::Values { shape, items, .. } = &array.items {
                        self.fill_array(made, shape, items)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fill_dict(&self, dict: &Bound<'py, PyDict>, entries: &[(Value, Value)]) -> PyResult<()> {
        for (key, value) in entries {
            dict.set_item(self.key(key)?, self.value(value)?)?;
        }
        if dict.len() == entries.len() {
            return Ok(());
        }
        Err(PyValueError::new_err("two keys of a table are the same to Python, such as 1 and True"))
    }

    fn fill_object(&self, made: &Bound<'py, PyAny>, object: &Object) -> PyResult<()> {
        let set = |name: &str, value: &Option<Value>| match value {
            Some(value) => made.setattr(name, self.value(value)?),
            None => Ok(()),
        };
        set("args", &object.args)?;
        set("kwargs", &object.kwargs)?;
        set("state", &object.state)?;
        let items = object.items.iter().map(|item| self.value(item)).collect::<PyResult<Vec<_>>>()?;
        made.setattr("items", items)?;
        let entries = PyList::empty(self.py);
        for (key, value) in &object.entries {
            entries.append((self.value(key)?, self.value(value)?))?;
        }
        made.setattr("entries", entries)
    }

    /// Puts values into an array of objects, in C order.
    fn fill_array(&self, made: &Bound<'py, PyAny>, shape: &[usize], items: &[Value]) -> PyResult<()> {
        let mut index = vec![0; shape.len()];
        for item in items {
            made.set_item(PyTuple::new(self.py, &index)?, self.value(item)?)?;
            for (place, dim) in index.iter_mut().zip(shape).rev() {
                *place += 1;
                if *place < *dim {
                    break;
                }
                *place = 0;
            }
        }
        Ok(())
    }

    /// A value that Python finds by its hash.
    fn key(&self, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let depth = value.as_node().and_then(|id| self.depths.get(id.index()));
        if depth.is_some_and(|depth| *depth > DEEPEST_KEY) {
            return Err(PyValueError::new_err(format!(
                "a key is nested more than {DEEPEST_KEY} levels deep"
            )));
        }
        self.value(value)
    }

    fn value(&self, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        Ok(match value {
            Value::None => py.None().into_bound(py),
            Value::Bool(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
            Value::Int(int) => int.into_pyobject(py)?.into_any(),
            Value::BigInt(int) => {
                let bytes = PyBytes::new(py, &int.to_signed_le_bytes());
                let options = PyDict::new(py);
                options.set_item("signed", true)?;
                let int = py.get_type::<pyo3::types::PyInt>();
                int.call_method(intern!(py, "from_bytes"), (bytes, "little"), Some(&options))?
            }
            Value::Float(float) => float.into_pyobject(py)?.into_any(),
            Value::Complex(complex) => PyComplex::from_doubles(py, complex.re, complex.im).into_any(),
            Value::Str(text) => text.as_ref().into_pyobject(py)?.into_any(),
            Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
            Value::Ref(id) => {
                self.at(*id).cloned().ok_or_else(|| PyValueError::new_err("a value refers to itself"))?
            }
            _ => return Err(PyNotImplementedError::new_err("a kind of value that is not known")),
        })
    }

    fn object(&self, object: &Object) -> PyResult<Bound<'py, PyAny>> {
        self.refuse(&object.class)?;
        self.told(&object.class, object.version)
    }

    /// An object that tells what the file says.
    fn told(&self, class: &str, version: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let made = self.py.import("arr_io._objects")?.getattr("Object")?.call1((class,))?;
        made.setattr("version", version)?;
        Ok(made)
    }

    fn refuse(&self, what: &str) -> PyResult<()> {
        match self.unknown {
            Unknown::Told => Ok(()),
            Unknown::Refused => Err(PyNotImplementedError::new_err(format!("an object of {what}"))),
        }
    }

    fn array(&self, node: &ArrayNode, array: Array) -> PyResult<Bound<'py, PyAny>> {
        self.check_class(node)?;
        let made = as_numpy(self.py, array)?;
        if node.is_scalar { made.get_item(PyTuple::empty(self.py)) } else { Ok(made) }
    }

    fn check_class(&self, node: &ArrayNode) -> PyResult<()> {
        match node.class.as_deref() {
            None | Some("numpy.ndarray") => Ok(()),
            Some(class) => self.refuse(class),
        }
    }

    /// An array whose values come later.
    fn empty(&self, node: &ArrayNode, dtype: &DType, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
        self.check_class(node)?;
        let order = match &node.items {
            Items::Values { order: arr_io::Contiguity::F, .. } => "F",
            _ => "C",
        };
        let numpy = self.py.import("numpy")?;
        numpy.call_method1("empty", (PyTuple::new(self.py, shape)?, dtype::to_numpy(self.py, dtype)?, order))
    }

    /// An array over the memory of another.
    fn view(&self, view: &View) -> PyResult<Bound<'py, PyAny>> {
        let dtype = dtype::to_numpy(self.py, &view.dtype)?;
        let shape = PyTuple::new(self.py, &view.shape)?;
        let numpy = self.py.import("numpy")?;
        let Value::Ref(storage) = &view.storage else {
            return numpy.call_method1("empty", (shape, dtype));
        };
        let storage = self.at(*storage).ok_or_else(|| PyValueError::new_err("a view of no array"))?;
        let itemsize = dtype.itemsize();
        let strides = view.strides.iter().map(|stride| stride.saturating_mul(itemsize.cast_signed()));
        let options = PyDict::new(self.py);
        options.set_item("buffer", storage)?;
        options.set_item("offset", view.offset.saturating_mul(itemsize))?;
        options.set_item("strides", PyTuple::new(self.py, strides.collect::<Vec<_>>())?)?;
        // NumPy checks that all items are inside.
        numpy.getattr("ndarray")?.call((shape, dtype), Some(&options))
    }

    fn at(&self, id: NodeId) -> Option<&Bound<'py, PyAny>> {
        self.made.get(id.index())?.as_ref()
    }

    fn put(&mut self, id: NodeId, made: Bound<'py, PyAny>) {
        if let Some(place) = self.made.get_mut(id.index()) {
            *place = Some(made);
        }
    }
}

/// The same array in memory that nobody else has, so that Python may write to it.
fn copied(array: &Array) -> PyResult<Array> {
    let order = match array.order() {
        arr_io::Contiguity::F => Order::F,
        _ => Order::C,
    };
    let bytes = match array.as_bytes(order) {
        Some(bytes) => BufferMut::copy_of(bytes),
        None => BufferMut::zeroed(array.nbytes()).and_then(|mut bytes| {
            array.copy_to(bytes.as_mut_slice(), order)?;
            Ok(bytes)
        }),
    };
    let bytes = bytes.map_err(raised)?.freeze();
    Array::contiguous(array.dtype().clone(), array.shape(), order, bytes).map_err(raised)
}
