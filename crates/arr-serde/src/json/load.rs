//! Reading: all of a document, and the doors to it.

use std::path::Path;
use std::sync::Arc;

use arr_core::format::{Budget, Format, Notes, in_file};
use arr_core::value::Items;
use arr_core::{Array, Buffer, ByteOrder, Error, Graph, Input, Limits, NodeId, Result};

use super::forms::Context;
use super::settle::{Found, Place, Settled, Settler};
use super::{FORMAT, parse};

/// How documents are read.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// The byte order of dtypes that do not tell it.
    pub(super) order: ByteOrder,
    /// The formats whose files may be in strings.
    pub(super) carried: Vec<Arc<dyn Format>>,
    pub(super) notes: Notes,
}

impl Default for Rules {
    fn default() -> Self {
        Self { order: ByteOrder::Little, carried: usual(), notes: Notes::default() }
    }
}

/// The formats of this crate whose files may be in strings.
fn usual() -> Vec<Arc<dyn Format>> {
    vec![
        #[cfg(feature = "pickle")]
        Arc::new(crate::pickle::Pickle),
        #[cfg(feature = "jackson")]
        Arc::new(arr_binary::format::Nd4jStream),
    ]
}

/// The text of a document: lent, or in memory of its own.
#[derive(Debug)]
pub(super) enum Text<'a> {
    Lent(&'a [u8]),
    Own(Buffer),
}

impl Text<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Own(bytes) => bytes,
        }
    }
}

/// All that is left of an input, which is charged to its budget.
pub(super) fn text_of<'a>(input: &mut Input<'a>) -> Result<Text<'a>> {
    let Some(len) = input.remaining() else {
        return input.read_to_end().map(|bytes| Text::Own(Buffer::from_vec(bytes)));
    };
    input.charge(len, "document")?;
    if let Some(bytes) = usize::try_from(len).ok().and_then(|len| input.lend(len)) {
        return Ok(Text::Lent(bytes));
    }
    // It is charged already.
    let budget = std::mem::take(input.budget());
    let read = input.read_buffer(len, "document");
    *input.budget() = budget;
    Ok(Text::Own(read?.freeze()))
}

/// Reads a document, and leaves the data of its arrays in the text or reads it too.
pub(super) fn settled(text: &[u8], rules: &Rules, budget: Budget, is_read: bool) -> Result<Settled> {
    let cells = parse::parse(text)?;
    let context = Context { cells: &cells, all: text, order: rules.order, budget };
    Settler::new(context, &rules.carried, &rules.notes, is_read).settle()
}

/// How documents are read.
///
/// ```
/// use arr_serde::arr_core::ByteOrder;
/// use arr_serde::json::ReadOptions;
/// let graph = ReadOptions::new().byte_order_of_names(ByteOrder::Big).loads(br#"["int16", "AAE=", [1]]"#)?;
/// assert_eq!(graph.array(graph.root().unwrap().as_node().unwrap())?.dtype().to_string(), ">i2");
/// # Ok::<(), arr_serde::arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    rules: Rules,
    limits: Limits,
}

impl ReadOptions {
    /// Reads dtypes without a byte order as little-endian, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the byte order of a dtype is that does not tell it, as `float32` does not: that of the machine that wrote
    /// the document.
    #[must_use]
    pub fn byte_order_of_names(mut self, order: ByteOrder) -> Self {
        self.rules.order = order;
        self
    }

    /// Looks for files of that format in strings, too, as base64 or with a character of Latin-1 for each byte.
    #[must_use]
    pub fn carrying(mut self, format: impl Format + 'static) -> Self {
        self.rules.carried.push(Arc::new(format));
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets `take` know what the values do not show, in a line each: a `null` that is read as NaN, a string that begins as
    /// a file and is none.
    #[must_use]
    pub fn on_note(mut self, take: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.rules.notes = arr_core::format::Reading::new().on_note(take).notes;
        self
    }

    /// Reads all that is in a file.
    ///
    /// # Errors
    /// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Graph> {
        let path = path.as_ref();
        in_file(path, self.graph(Input::open(path)?))
    }

    /// Reads all that is in bytes in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn loads(&self, bytes: &[u8]) -> Result<Graph> {
        self.graph(Input::from_bytes(bytes))
    }

    /// Reads all that is in a stream.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(&self, reader: &mut (impl std::io::Read + Send + ?Sized)) -> Result<Graph> {
        self.graph(Input::from_reader(reader))
    }

    fn graph(&self, input: Input<'_>) -> Result<Graph> {
        let mut input = input.with_limits(&self.limits);
        let text = text_of(&mut input);
        let settled = text.and_then(|text| settled(text.bytes(), &self.rules, input.budget().clone(), true));
        Ok(settled.map_err(|error| error.in_format(FORMAT))?.graph)
    }

    fn document<'a>(&self, input: Input<'a>) -> Result<Document<'a>> {
        let mut input = input.with_limits(&self.limits);
        let text = text_of(&mut input).map_err(|error| error.in_format(FORMAT))?;
        let settled = settled(text.bytes(), &self.rules, input.budget().clone(), false);
        let settled = settled.map_err(|error| error.in_format(FORMAT))?;
        Ok(Document { text, settled, limits: self.limits.clone() })
    }

    /// Opens a file: its arrays are found by their paths, and decoded when they are asked for.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Document<'static>> {
        let path = path.as_ref();
        in_file(path, self.document(Input::open(path)?))
    }

    /// Looks at a document in memory, which is borrowed: its arrays are decoded right from it when they are asked for.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn view<'a>(&self, bytes: &'a [u8]) -> Result<Document<'a>> {
        self.document(Input::from_bytes(bytes))
    }
}

/// A document whose arrays are still text: see [`open`](super::open) and [`view`](super::view).
///
/// ```
/// use arr_serde::json;
/// let document = json::view(br#"{"train": {"x": ["<f4", "AACAPwAAAEA=", [2]]}, "loss": [0.5, NaN]}"#)?;
/// assert_eq!(document.paths()?, ["/loss", "/train/x"]);
/// assert_eq!(document.get("/train/x")?.to_vec::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), arr_serde::arr_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Document<'a> {
    text: Text<'a>,
    settled: Settled,
    limits: Limits,
}

impl Document<'_> {
    /// All values: an array that is still text is an [`Items::Part`](arr_core::value::Items::Part).
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.settled.graph
    }

    /// The paths of all arrays, as [`Graph::paths`] writes them.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn paths(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for found in self.settled.graph.paths()? {
            let (path, id) = found?;
            let found = self.settled.place_of(id).and_then(|place| self.settled.arrays.get(place));
            if found.is_some_and(|found| !matches!(found.place, Place::Values)) {
                arr_core::format::room::push(&mut paths, path)?;
            }
        }
        Ok(paths)
    }

    /// The array at a path, in memory of its own: `/train/x`, `""` where the document is one array.
    ///
    /// # Errors
    /// `InvalidArgument` when the path does not lead to an array; `Malformed` with the offset, when its text is not base64;
    /// `LimitExceeded`.
    pub fn get(&self, path: &str) -> Result<Array> {
        let value = self.settled.graph.find(path)?;
        let place = value.as_node().and_then(|id| self.settled.place_of(id));
        match place.and_then(|place| Some((place, &self.settled.arrays.get(place)?.place))) {
            Some((place, Place::Memory)) => self.settled.array(place).cloned(),
            Some((_, Place::Text(encoded))) => {
                let read = encoded.read(self.text.bytes(), &mut self.limits.budget());
                read.map_err(|error| error.in_path(path).in_format(FORMAT))
            }
            _ => Err(Error::invalid(format!("what is at '{path}' of the document is not an array"))),
        }
    }
}

impl Settled {
    /// The place among the arrays of a node.
    pub(super) fn place_of(&self, node: NodeId) -> Option<usize> {
        self.arrays.binary_search_by_key(&node, |found: &Found| found.node).ok()
    }

    /// The array at a place, whose items are in memory.
    pub(super) fn array(&self, place: usize) -> Result<&Array> {
        let node = self.arrays.get(place).and_then(|found| self.graph.node(found.node)?.as_array());
        match node.map(|node| &node.items) {
            Some(Items::Array(array)) => Ok(array),
            _ => Err(Error::unsupported("an invariant of the library is broken: an array is lost")),
        }
    }
}
