//! Paths to the arrays of a graph, and back.

mod key;
mod step;

pub(crate) use self::key::unescaped as text_of_name;
use self::step::{Form, Places};
use super::walk::Seen;
use super::{Graph, Node, NodeId, push, reserved};
use crate::{Error, Result, Value};

impl Graph {
    /// The value at a path, as [`paths`](Self::paths) writes them: `/layers/1/weight`.
    ///
    /// A path is a slash and a name for each step from the value that the file holds; `""` is that value itself. If the
    /// file holds none or several, the first name is the number of the value, from 0 on. Names are:
    ///
    /// - of an item its number, from 0 on; of an array of values in C order;
    /// - of an entry its key as a text, in which `~` is `~0` and `/` is `~1` as in JSON Pointer (RFC 6901): a text or bytes as
    ///   they are, a number in its shortest digits without `.0`, `true`, `false`, `none`;
    /// - of an attribute of an object its name: if the state is a dict, its entries are taken for the object's own, and so
    ///   are those of a dict that is the item of an array of no dimensions;
    /// - `~args`, `~kwargs`, `~state` of an object and `~upvalues` of a function.
    ///
    /// Where several have the same name in an object, entries come before items and these before attributes; then texts
    /// before whole numbers, floats, bytes, truths and none; then the first. The others are named with their kind,
    /// `~str:1`, `~int:1`, `~float:1`, `~bytes:1`, `~bool:true`, `~none:none`, bytes that are not UTF-8 always as
    /// `~hex:ff00`, and so what has a NUL in it; and what no such name tells apart, and keys of other kinds, by number: `~at:3` is the value
    /// of the fourth in the order of entries, items and attributes, `~key:3` its key. All of these are found too when the
    /// shorter name would do.
    ///
    /// # Errors
    /// `InvalidArgument` when there is nothing at that path.
    pub fn find(&self, path: &str) -> Result<&Value> {
        let nothing = || Error::invalid(format!("there is nothing at '{path}' of the file"));
        let mut names = path.split('/');
        // The part before the first slash.
        if names.next() != Some("") {
            return Err(Error::invalid(format!("the path '{path}' does not begin with '/'")));
        }
        let mut value = match self.root() {
            Some(root) => root,
            None => {
                let index = names.next().and_then(key::number).ok_or_else(nothing)?;
                self.roots.get(index).ok_or_else(nothing)?
            }
        };
        for name in names {
            let node = self.follow(value).ok_or_else(nothing)?;
            value = step::find(self, node, name).ok_or_else(nothing)?;
        }
        Ok(value)
    }

    /// What a node holds, each value under its name in [`paths`](Self::paths): entries, items, attributes, and then what an
    /// object was made of, a state that is no dict, and what a function has caught. Keys that are nodes are left out.
    ///
    /// ```
    /// # use arr_core::{Graph, Limits, Node, Value};
    /// let mut budget = Limits::default().budget();
    /// let mut builder = Graph::builder();
    /// let layer = builder.add(Node::Dict(vec![("rate".into(), 0.5.into())]), &mut budget)?;
    /// let graph = builder.finish(vec![layer.into()])?;
    /// let layer = graph.node(layer).ok_or("a node")?;
    /// assert_eq!(graph.named(layer)?.collect::<Vec<_>>(), [("rate".to_owned(), &Value::from(0.5))]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn named<'a>(&'a self, node: &'a Node) -> Result<impl Iterator<Item = (String, &'a Value)>> {
        let places = Places::of(self, node);
        let forms = step::forms(&places)?;
        let has_attributes = !places.attributes.is_empty();
        let is_told = move |form: &Form| has_attributes && *form == Form::Alone("state");
        let alone = step::alone(node).filter(move |(form, _)| !is_told(form));
        let placed = places.iter().enumerate();
        let placed = placed.map(move |(position, place)| (position, forms.of(position), place.value));
        let all = placed.chain(alone.map(|(form, value)| (0, form, value)));
        Ok(all.filter_map(|(at, form, value)| Some((step::name(self, node, at, form)?, value))))
    }

    /// Every array that can be reached, once, under its path of the fewest steps; of equal ones the first. The next one has
    /// as many steps or more. [`find`](Self::find) tells what paths look like, and finds the same node by each.
    ///
    /// The storage of a tensor is not among them, unless the file holds it in another place too: the tensor is.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short; the iterator fails when it is too short for a path.
    pub fn paths(&self) -> Result<Paths<'_>> {
        let mut search = Search::of(self)?;
        for (position, root) in self.roots.iter().enumerate() {
            search.reach(root, None, position, Form::Root)?;
        }
        let mut done = 0;
        while let Some(id) = search.reached.get(done).copied() {
            done += 1;
            search.look_into(id)?;
        }
        Ok(Paths { graph: self, steps: search.steps, reached: search.reached.into_iter() })
    }
}

/// The last step of the path to a node.
#[derive(Clone, Copy)]
struct Step {
    from: Option<NodeId>,
    position: u32,
    form: Form,
}

/// A search in breadth.
struct Search<'a> {
    graph: &'a Graph,
    steps: Vec<Option<Step>>,
    reached: Vec<NodeId>,
    /// The dicts whose entries were followed, of themselves or for an object whose state they are: then nothing in them
    /// is new.
    followed: Seen,
}

impl<'a> Search<'a> {
    fn of(graph: &'a Graph) -> Result<Self> {
        let mut steps = reserved(graph.nodes.len())?;
        steps.resize(graph.nodes.len(), None);
        Ok(Self { graph, steps, reached: reserved(graph.nodes.len())?, followed: Seen::of(graph)? })
    }

    fn is_new(&self, value: &Value) -> Option<NodeId> {
        value.as_node().filter(|id| self.steps.get(id.index()).is_some_and(Option::is_none))
    }

    fn reach(&mut self, value: &Value, from: Option<NodeId>, position: usize, form: Form) -> Result<()> {
        let Some(id) = self.is_new(value) else { return Ok(()) };
        let position = u32::try_from(position)
            .map_err(|_| Error::unsupported("an object with more than 2^32 - 1 values has no paths"))?;
        if let Some(step) = self.steps.get_mut(id.index()) {
            *step = Some(Step { from, position, form });
        }
        self.reached.push(id);
        Ok(())
    }

    fn look_into(&mut self, id: NodeId) -> Result<()> {
        let graph = self.graph;
        let Some(node) = graph.node(id) else { return Ok(()) };
        let mut places = Places::of(graph, node);
        match node {
            Node::Dict(_) if !self.followed.mark(id) => return Ok(()),
            Node::Object(_) | Node::Array(_) => {
                let state = step::inside(node).and_then(Value::as_node);
                if state.is_some_and(|state| !places.attributes.is_empty() && !self.followed.mark(state)) {
                    places.attributes = &[];
                }
            }
            _ => {}
        }
        self.follow_places(id, &places)?;
        for (form, value) in step::alone(node) {
            self.reach(value, Some(id), 0, form)?;
        }
        Ok(())
    }

    fn follow_places(&mut self, id: NodeId, places: &Places<'a>) -> Result<()> {
        let is_open = |value: &Value| self.is_new(value).is_some();
        if !places.iter().any(|place| is_open(place.value) || place.key_value().is_some_and(is_open)) {
            return Ok(());
        }
        let forms = step::forms(places)?;
        for (position, place) in places.iter().enumerate() {
            self.reach(place.value, Some(id), position, forms.of(position))?;
        }
        for (position, place) in places.iter().enumerate() {
            if let Some(key) = place.key_value() {
                self.reach(key, Some(id), position, Form::Key)?;
            }
        }
        Ok(())
    }
}

/// The arrays of a [`Graph`] with their paths: what [`Graph::paths`] gives.
pub struct Paths<'a> {
    graph: &'a Graph,
    steps: Vec<Option<Step>>,
    reached: std::vec::IntoIter<NodeId>,
}

impl Paths<'_> {
    fn path(&self, id: NodeId) -> Result<String> {
        let mut way = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let step = self.steps.get(id.index()).copied().flatten().ok_or_else(lost)?;
            push(&mut way, step)?;
            next = step.from;
        }
        let mut path = String::new();
        for step in way.iter().rev() {
            let name = match step.from {
                Some(from) => {
                    let node = self.graph.node(from).ok_or_else(lost)?;
                    step::name(self.graph, node, step.position as usize, step.form).ok_or_else(lost)?
                }
                None if self.graph.roots.len() == 1 => continue,
                None => step.position.to_string(),
            };
            path.try_reserve(name.len() + 1).map_err(super::no_memory)?;
            path.push('/');
            path.push_str(&name);
        }
        Ok(path)
    }
}

#[cold]
fn lost() -> Error {
    Error::invalid("a node has no way to it")
}

impl Iterator for Paths<'_> {
    type Item = Result<(String, NodeId)>;

    fn next(&mut self) -> Option<Self::Item> {
        let graph = self.graph;
        let id = self.reached.find(|id| graph.node(*id).is_some_and(|node| node.as_array().is_some()))?;
        Some(self.path(id).map(|path| (path, id)))
    }
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paths({:?})", self.graph)
    }
}
