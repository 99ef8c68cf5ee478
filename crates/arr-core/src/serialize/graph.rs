//! Graphs: their values, and their nodes by number.

use std::borrow::Cow;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeStruct as _, Serializer};

use super::data::Raw;
use super::value::{Float, Form};
use crate::format::room::{push, reserved};
use crate::value::{ArrayNode, Function, Items, Object, View};
use crate::{Array, Budget, Buffer, Contiguity, DType, Error, Graph, Node, NodeId, Value};

/// A node as it is written.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename = "Node", rename_all = "snake_case")]
enum NodeForm<'a> {
    Array(ArrayForm<'a>),
    #[serde(rename = "dtype")]
    DType(DType),
    List(Vec<Form<'a>>),
    Tuple(Vec<Form<'a>>),
    Set(Vec<Form<'a>>),
    FrozenSet(Vec<Form<'a>>),
    Dict(Vec<(Form<'a>, Form<'a>)>),
    Object(ObjectForm<'a>),
    Function(FunctionForm<'a>),
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct ArrayForm<'a> {
    class: Option<Cow<'a, str>>,
    module: Option<usize>,
    version: Option<Float>,
    is_scalar: bool,
    items: ItemsForm<'a>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum ItemsForm<'a> {
    Array(Array),
    View(ViewForm<'a>),
    Values(ValuesForm<'a>),
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct ViewForm<'a> {
    dtype: DType,
    shape: Vec<usize>,
    strides: Vec<isize>,
    offset: usize,
    storage: Form<'a>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct ValuesForm<'a> {
    dtype: DType,
    shape: Vec<usize>,
    order: Lies,
    items: Vec<Form<'a>>,
}

/// How items lay in memory.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
enum Lies {
    C,
    F,
    #[serde(rename = "strided")]
    Strided,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct ObjectForm<'a> {
    class: Cow<'a, str>,
    module: Option<usize>,
    version: Option<Float>,
    args: Option<Form<'a>>,
    kwargs: Option<Form<'a>>,
    state: Option<Form<'a>>,
    items: Vec<Form<'a>>,
    entries: Vec<(Form<'a>, Form<'a>)>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct FunctionForm<'a> {
    form: u32,
    code: Raw<'a>,
    upvalues: Form<'a>,
}

/// The forms of values.
fn forms(values: &[Value]) -> crate::Result<Vec<Form<'_>>> {
    let mut forms = reserved(values.len())?;
    forms.extend(values.iter().map(Form::of));
    Ok(forms)
}

fn pairs(entries: &[(Value, Value)]) -> crate::Result<Vec<(Form<'_>, Form<'_>)>> {
    let mut forms = reserved(entries.len())?;
    forms.extend(entries.iter().map(|(key, value)| (Form::of(key), Form::of(value))));
    Ok(forms)
}

impl<'a> NodeForm<'a> {
    fn of(node: &'a Node) -> crate::Result<Self> {
        Ok(match node {
            Node::Array(array) => Self::Array(ArrayForm {
                class: array.class.as_deref().map(Cow::Borrowed),
                module: array.module,
                version: array.version.map(Float),
                is_scalar: array.is_scalar,
                items: ItemsForm::of(&array.items)?,
            }),
            Node::DType(dtype) => Self::DType(dtype.clone()),
            Node::List(items) => Self::List(forms(items)?),
            Node::Tuple(items) => Self::Tuple(forms(items)?),
            Node::Set(items) => Self::Set(forms(items)?),
            Node::FrozenSet(items) => Self::FrozenSet(forms(items)?),
            Node::Dict(entries) => Self::Dict(pairs(entries)?),
            Node::Object(object) => Self::Object(ObjectForm {
                class: Cow::Borrowed(&object.class),
                module: object.module,
                version: object.version.map(Float),
                args: object.args.as_ref().map(Form::of),
                kwargs: object.kwargs.as_ref().map(Form::of),
                state: object.state.as_ref().map(Form::of),
                items: forms(&object.items)?,
                entries: pairs(&object.entries)?,
            }),
            Node::Function(function) => Self::Function(FunctionForm {
                form: function.form,
                code: Raw(Cow::Borrowed(&function.code)),
                upvalues: Form::of(&function.upvalues),
            }),
        })
    }
}

impl<'a> ItemsForm<'a> {
    fn of(items: &'a Items) -> crate::Result<Self> {
        Ok(match items {
            Items::Array(array) => Self::Array(array.clone()),
            Items::Part(part) => {
                let message =
                    format!("an array is still in its file: read part {} of it before", part.info.place);
                return Err(Error::invalid(message));
            }
            Items::View(view) => Self::View(ViewForm {
                dtype: view.dtype.clone(),
                shape: view.shape.clone(),
                strides: view.strides.clone(),
                offset: view.offset,
                storage: Form::of(&view.storage),
            }),
            Items::Values { dtype, shape, order, items } => Self::Values(ValuesForm {
                dtype: dtype.clone(),
                shape: shape.clone(),
                order: match order {
                    Contiguity::C => Lies::C,
                    Contiguity::F => Lies::F,
                    Contiguity::Strided => Lies::Strided,
                },
                items: forms(items)?,
            }),
        })
    }
}

/// Nodes that are written one after another.
struct Nodes<'a>(&'a Graph);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq as _;
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (_, node) in self.0.nodes() {
            list.serialize_element(&NodeForm::of(node).map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let roots = forms(self.roots()).map_err(S::Error::custom)?;
        let mut fields = serializer.serialize_struct("Graph", 2)?;
        fields.serialize_field("roots", &roots)?;
        fields.serialize_field("nodes", &Nodes(self))?;
        fields.end()
    }
}

/// What was read of a graph.
#[derive(Debug, serde::Deserialize)]
#[serde(rename = "Graph")]
struct GraphForm {
    roots: Vec<Form<'static>>,
    nodes: Vec<NodeForm<'static>>,
}

/// Reads a graph under a budget.
#[derive(Debug)]
pub struct GraphSeed<'b>(pub &'b mut Budget);

impl<'de> DeserializeSeed<'de> for GraphSeed<'_> {
    type Value = Graph;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Graph, D::Error> {
        let form = GraphForm::deserialize(deserializer)?;
        graph(form, self.0).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        GraphSeed(&mut Budget::default()).deserialize(deserializer)
    }
}

fn graph(form: GraphForm, budget: &mut Budget) -> crate::Result<Graph> {
    let mut builder = Graph::builder();
    for form in form.nodes {
        let node = node(form, budget)?;
        builder.add(node, budget)?;
    }
    builder.finish(values(form.roots)?)
}

fn values(forms: Vec<Form<'_>>) -> crate::Result<Vec<Value>> {
    let mut values = reserved(forms.len())?;
    for form in forms {
        push(&mut values, form.into_value()?)?;
    }
    Ok(values)
}

fn entries(forms: Vec<(Form<'_>, Form<'_>)>) -> crate::Result<Vec<(Value, Value)>> {
    let mut entries = reserved(forms.len())?;
    for (key, value) in forms {
        push(&mut entries, (key.into_value()?, value.into_value()?))?;
    }
    Ok(entries)
}

fn option(form: Option<Form<'_>>) -> crate::Result<Option<Value>> {
    form.map(Form::into_value).transpose()
}

fn node(form: NodeForm<'_>, budget: &mut Budget) -> crate::Result<Node> {
    Ok(match form {
        NodeForm::Array(array) => ArrayNode {
            items: items(array.items, budget)?,
            class: array.class.map(Cow::into_owned),
            module: array.module,
            version: array.version.map(|version| version.0),
            is_scalar: array.is_scalar,
        }
        .into(),
        NodeForm::DType(dtype) => Node::DType(dtype),
        NodeForm::List(items) => Node::List(values(items)?),
        NodeForm::Tuple(items) => Node::Tuple(values(items)?),
        NodeForm::Set(items) => Node::Set(values(items)?),
        NodeForm::FrozenSet(items) => Node::FrozenSet(values(items)?),
        NodeForm::Dict(pairs) => Node::Dict(entries(pairs)?),
        NodeForm::Object(object) => Object {
            class: object.class.into_owned(),
            module: object.module,
            version: object.version.map(|version| version.0),
            args: option(object.args)?,
            kwargs: option(object.kwargs)?,
            state: option(object.state)?,
            items: values(object.items)?,
            entries: entries(object.entries)?,
        }
        .into(),
        NodeForm::Function(function) => {
            let code = Buffer::from_vec(function.code.0.into_owned());
            Function::new(function.form, code, function.upvalues.into_value()?).into()
        }
    })
}

fn items(form: ItemsForm<'_>, budget: &mut Budget) -> crate::Result<Items> {
    let mut check = |dtype: &DType, shape: &[usize]| {
        budget.check_rank(shape.len())?;
        budget.charge_description(dtype.memory())
    };
    Ok(match form {
        ItemsForm::Array(array) => {
            check(array.dtype(), array.shape())?;
            budget.charge_bytes(array.nbytes() as u64)?;
            Items::Array(array)
        }
        ItemsForm::View(view) => {
            check(&view.dtype, &view.shape)?;
            let storage: Option<NodeId> = match view.storage.into_value()? {
                Value::None => None,
                Value::Ref(id) => Some(id),
                _ => return Err(Error::malformed("the storage of a view is not a node")),
            };
            Items::View(View::new(view.dtype, &view.shape, &view.strides, view.offset, storage))
        }
        ItemsForm::Values(of) => {
            check(&of.dtype, &of.shape)?;
            if !of.dtype.has_references() {
                return Err(Error::malformed(format!("items of {} are given as values", of.dtype)));
            }
            let order = match of.order {
                Lies::C => Contiguity::C,
                Lies::F => Contiguity::F,
                Lies::Strided => Contiguity::Strided,
            };
            Items::Values { dtype: of.dtype, shape: of.shape, order, items: values(of.items)? }
        }
    })
}
