//! One step of a path: a child of a node, and its name there.

use std::borrow::Cow;

use super::super::{Graph, Node, push};
use super::key::{self, Key, Kind};
use crate::{Result, Value};

/// How a step is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// The number of a value of the file.
    Root,
    /// The text of the key.
    Plain,
    /// The kind of the key and its text.
    Kind,
    /// The number of the place.
    At,
    /// The number of the place of which it is the key.
    Key,
    /// One word.
    Alone(&'static str),
}

/// A value in a node, with its key.
pub(super) struct Place<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: &'a Value,
}

impl<'a> Place<'a> {
    fn of_entry((key, value): &'a (Value, Value)) -> Self {
        Self { key: Key::Value(key), value }
    }

    fn of_item((index, value): (usize, &'a Value)) -> Self {
        Self { key: Key::Index(index), value }
    }

    pub(super) fn key_value(&self) -> Option<&'a Value> {
        match self.key {
            Key::Value(value) => Some(value),
            Key::Index(_) => None,
        }
    }
}

/// What has names in a node. A position counts through entries, items and attributes.
pub(super) struct Places<'a> {
    pub(super) entries: &'a [(Value, Value)],
    pub(super) items: &'a [Value],
    pub(super) attributes: &'a [(Value, Value)],
}

impl<'a> Places<'a> {
    pub(super) fn of(graph: &'a Graph, node: &'a Node) -> Self {
        let state = inside(node).and_then(|state| graph.follow(state));
        let attributes = match state {
            Some(Node::Dict(entries)) => entries.as_slice(),
            _ => &[],
        };
        Self { entries: node.entries(), items: node.items(), attributes }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let items = self.items.iter().enumerate().map(Place::of_item);
        self.entries
            .iter()
            .map(Place::of_entry)
            .chain(items)
            .chain(self.attributes.iter().map(Place::of_entry))
    }

    fn at(&self, position: usize) -> Option<Place<'a>> {
        let Some(position) = position.checked_sub(self.entries.len()) else {
            return self.entries.get(position).map(Place::of_entry);
        };
        let Some(attribute) = position.checked_sub(self.items.len()) else {
            return self.items.get(position).map(|value| Place::of_item((position, value)));
        };
        self.attributes.get(attribute).map(Place::of_entry)
    }

    /// Whether a position is one of the entries, items or attributes, in this order.
    fn group(&self, position: usize) -> u8 {
        match position.checked_sub(self.entries.len()) {
            None => 0,
            Some(position) if position < self.items.len() => 1,
            Some(_) => 2,
        }
    }

    /// Of all that have the same text, the one that comes first in this order has it as its name; some never have.
    fn rank(&self, kind: Kind, position: usize) -> Option<(u8, Kind, usize)> {
        (kind != Kind::Hex).then(|| (self.group(position), kind, position))
    }
}

/// The value whose entries are those of a node, if it is a dict: the state of an object, the item of an array of no
/// dimensions.
pub(super) fn inside(node: &Node) -> Option<&Value> {
    match node {
        Node::Object(object) => object.state.as_ref(),
        Node::Array(array) if array.shape().is_empty() => node.items().first(),
        _ => None,
    }
}

/// How each of the places in a node is named.
pub(super) struct Forms(Option<Vec<Form>>);

impl Forms {
    /// That of a place.
    pub(super) fn of(&self, position: usize) -> Form {
        match &self.0 {
            Some(forms) => forms.get(position).copied().unwrap_or(Form::At),
            // The numbers of items alone never meet.
            None => Form::Plain,
        }
    }
}

/// How each of the places is named.
pub(super) fn forms(places: &Places<'_>) -> Result<Forms> {
    if places.entries.is_empty() && places.attributes.is_empty() {
        return Ok(Forms(None));
    }
    let mut forms = Vec::new();
    let mut texts: Vec<(Cow<'_, str>, Kind, usize)> = Vec::new();
    for (position, place) in places.iter().enumerate() {
        push(&mut forms, Form::At)?;
        if let Some((kind, text)) = key::text(place.key) {
            push(&mut texts, (text, kind, position))?;
        }
    }
    texts.sort_unstable();
    let mut name = |position: usize, form| {
        if let Some(own) = forms.get_mut(position) {
            *own = form;
        }
    };
    for same_text in texts.chunk_by(|a, b| a.0 == b.0) {
        for (_, _, position) in same_text.chunk_by(|a, b| a.1 == b.1).filter_map(<[_]>::first) {
            name(*position, Form::Kind);
        }
        let ranks = same_text.iter().filter_map(|(_, kind, position)| places.rank(*kind, *position));
        if let Some((.., position)) = ranks.min() {
            name(position, Form::Plain);
        }
    }
    Ok(Forms(Some(forms)))
}

/// The values of a node that are named by one word.
pub(super) fn alone(node: &Node) -> impl Iterator<Item = (Form, &Value)> {
    let values = match node {
        Node::Object(object) => [
            ("args", object.args.as_ref()),
            ("kwargs", object.kwargs.as_ref()),
            ("state", object.state.as_ref()),
        ],
        Node::Function(function) => [("upvalues", Some(&function.upvalues)), ("", None), ("", None)],
        _ => [("", None); 3],
    };
    values.into_iter().filter_map(|(word, value)| Some((Form::Alone(word), value?)))
}

/// The name of a place in a node.
pub(super) fn name(graph: &Graph, node: &Node, position: usize, form: Form) -> Option<String> {
    let key = || key::text(Places::of(graph, node).at(position)?.key);
    Some(match form {
        Form::Root => position.to_string(),
        Form::Plain => key::escaped(&key()?.1),
        Form::Kind => {
            let (kind, text) = key()?;
            format!("~{}:{}", kind.word(), key::escaped(&text))
        }
        Form::At => format!("~at:{position}"),
        Form::Key => format!("~key:{position}"),
        Form::Alone(word) => format!("~{word}"),
    })
}

/// The value of that name in a node.
pub(super) fn find<'a>(graph: &'a Graph, node: &'a Node, name: &str) -> Option<&'a Value> {
    let places = Places::of(graph, node);
    match name.strip_prefix('~') {
        Some(marked) if !marked.starts_with(['0', '1']) => find_marked(node, &places, marked),
        _ => find_plain(&places, &key::unescaped(name)?),
    }
}

fn find_plain<'a>(places: &Places<'a>, name: &str) -> Option<&'a Value> {
    // A list need not be searched.
    if places.entries.is_empty() && places.attributes.is_empty() {
        return places.items.get(key::number(name)?);
    }
    let named = places.iter().enumerate().filter_map(|(position, place)| {
        let (kind, text) = key::text(place.key)?;
        Some((places.rank(kind, position).filter(|_| text == name)?, place.value))
    });
    named.min_by_key(|(rank, _)| *rank).map(|(_, value)| value)
}

fn find_marked<'a>(node: &'a Node, places: &Places<'a>, marked: &str) -> Option<&'a Value> {
    let Some((word, text)) = marked.split_once(':') else {
        return alone(node)
            .find(|(form, _)| matches!(form, Form::Alone(word) if *word == marked))
            .map(|(_, v)| v);
    };
    match word {
        "at" => Some(places.at(key::number(text)?)?.value),
        "key" => places.at(key::number(text)?)?.key_value(),
        _ => {
            let text = key::unescaped(text)?;
            let is_it = |(kind, own): (Kind, Cow<'_, str>)| kind.word() == word && own == text;
            places.iter().find(|place| key::text(place.key).is_some_and(is_it)).map(|place| place.value)
        }
    }
}
