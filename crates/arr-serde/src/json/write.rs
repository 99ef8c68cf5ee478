//! Writing: arrays in a form, and documents of several of them.

mod array;
mod graph;
mod text;

use std::collections::HashSet;

use arr_core::format::room::no_memory;
use arr_core::format::{Expected, NewPart, Outline, Output, Swap, SwappedItems, Writer, Writing};
use arr_core::{ArrayView, AsArray, ByteOrder, DType, Error, Graph, Order, Result, SaveOptions};

pub use self::array::Form;
use self::array::Head;
use super::FORMAT;
use crate::base64::State as Base64;

/// How documents are written.
///
/// ```
/// use arr_serde::json::{Form, WriteOptions};
/// let array = vec![1.0f32, 2.0];
/// let text = |form| WriteOptions::new().form(form).to_bytes(&array).map(|bytes| String::from_utf8(bytes).unwrap());
/// # if cfg!(target_endian = "little") {
/// assert_eq!(text(Form::Object)?, r#"{"dtype": "<f4", "shape": [2], "data": "AACAPwAAAEA="}"#);
/// assert_eq!(text(Form::Triple)?, r#"["<f4", "AACAPwAAAEA=", [2]]"#);
/// # }
/// assert_eq!(text(Form::Lists)?, "[1.0, 2.0]");
/// # Ok::<(), arr_serde::arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    form: Form,
    byte_order: Option<ByteOrder>,
    order: Option<Order>,
    save: SaveOptions,
}

arr_core::write_doors!(WriteOptions { order: order, save: save });

impl WriteOptions {
    /// Chooses the form of arrays: [`Form::Object`] unless set.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Writes the bytes of numbers in that order; otherwise in that of the array. The dtype says which it is.
    #[must_use]
    pub fn byte_order(mut self, order: ByteOrder) -> Self {
        self.byte_order = Some(order);
        self
    }

    /// Writes an array to an [`Output`]: the document is that of the array.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let head = Head { form: self.form, byte_order: self.byte_order, order: self.order };
        let written = head.check(array).and_then(|()| head.write(array, output));
        written.map_err(|error| error.in_format(FORMAT))
    }

    /// Writes a graph to an [`Output`]: a line for each value that it holds. JSON has no references: what is shared is
    /// written as often as it is reached.
    ///
    /// # Errors
    /// `Unsupported` when something has no form in JSON (bytes, complex numbers, sets, objects, what contains itself),
    /// `InvalidArgument` when an array is still in another file, `Io`.
    pub fn write_graph(&self, graph: &Graph, output: &mut Output<'_>) -> Result<()> {
        let head = Head { form: self.form, byte_order: self.byte_order, order: self.order };
        graph::write(graph, &head, output).map_err(|error| error.in_format(FORMAT))
    }

    /// Saves a graph as a file, whole or not at all.
    ///
    /// # Errors
    /// As [`write_graph`](Self::write_graph).
    pub fn dump(&self, path: impl AsRef<std::path::Path>, graph: &Graph) -> Result<()> {
        self.save.save(path.as_ref(), |output| self.write_graph(graph, output))
    }

    /// The text of a graph.
    ///
    /// # Errors
    /// As [`write_graph`](Self::write_graph).
    pub fn dumps(&self, graph: &Graph) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_graph(graph, &mut Output::new(&mut bytes))?;
        Ok(bytes)
    }
}

/// Writes arrays as the parts of a file: those with keys are the values of one object, one without a key is the document
/// itself, and several are lines.
#[derive(Debug)]
pub(super) struct Joined<'o> {
    out: Output<'o>,
    head: Head,
    name: &'static str,
    state: State,
    keys: HashSet<String>,
    begun: Option<Begun>,
}

/// What has been written so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Nothing,
    /// Entries of an object.
    Object,
    /// Whole documents.
    Lines,
}

/// An array of which not all items have been written.
#[derive(Debug)]
struct Begun {
    /// What is behind the text of the items.
    tail: Vec<u8>,
    items: SwappedItems,
    text: Base64,
    expected: Expected,
}

impl<'o> Joined<'o> {
    pub(super) fn new(output: Output<'o>, form: Form, how: &Writing, name: &'static str) -> Self {
        let head = Head { form, byte_order: how.byte_order, order: how.order };
        Self { out: output, head, name, state: State::Nothing, keys: HashSet::new(), begun: None }
    }

    /// Ends the array before the next one, or before the end of the file.
    fn end_last(&mut self) -> Result<()> {
        let Some(mut begun) = self.begun.take() else { return Ok(()) };
        begun.expected.end()?;
        begun.text.end(&mut self.out)?;
        self.out.write(&begun.tail)
    }

    /// Begins a part: what is in front of its array.
    fn begin_part(&mut self, part: &NewPart<'_>) -> Result<()> {
        self.end_last()?;
        let wanted = if part.key.is_some() { State::Object } else { State::Lines };
        let is_first = self.state == State::Nothing;
        if !is_first && self.state != wanted {
            return Err(Error::invalid("arrays with and without names do not go into one document"));
        }
        let mut before = Vec::new();
        match part.key {
            None if is_first => {}
            None => before.push(b'\n'),
            Some(key) => {
                self.keys.try_reserve(1).map_err(no_memory)?;
                if !self.keys.insert(key.to_owned()) {
                    return Err(Error::invalid("there is a part of that name already").in_path(key));
                }
                before.extend_from_slice(if is_first { b"{" } else { b", " });
                text::string(key, &mut before)?;
                before.extend_from_slice(b": ");
            }
        }
        self.state = wanted;
        self.out.write(&before)
    }

    fn begin_pieces(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let len = what.nbytes()?;
        // The items come in this order, so no other can be made of them.
        let is_other = self.head.order.is_some_and(|order| order != what.order);
        if is_other && what.shape.iter().filter(|dim| **dim != 1).count() > 1 {
            return Err(Error::unsupported("items in another order are written as a whole"));
        }
        let (before, tail) = self.head.around(what)?;
        self.begin_part(part)?;
        self.out.write(&before)?;
        let wanted = self.head.byte_order;
        let swap = wanted.map_or(Swap::Nothing, |wanted| Swap::to_order(what.dtype, wanted));
        self.begun = Some(Begun {
            tail,
            items: SwappedItems::new(swap, what.dtype.itemsize()),
            text: Base64::default(),
            expected: Expected::new("array", len),
        });
        Ok(())
    }

    fn write_items(&mut self, bytes: &[u8]) -> Result<()> {
        let Self { out, begun, .. } = self;
        let begun = begun.as_mut().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        let Begun { items, text, .. } = begun;
        items.hand_on(bytes, |piece| text.write(piece, out))
    }

    fn write_array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        self.head.check(array)?;
        self.begin_part(part)?;
        self.head.write(array, &mut self.out)
    }

    fn write_graph(&mut self, graph: &Graph) -> Result<()> {
        self.end_last()?;
        match self.state {
            State::Object => return Err(Error::invalid("a graph does not go into the object of arrays")),
            State::Lines => self.out.write(b"\n")?,
            State::Nothing => {}
        }
        self.state = State::Lines;
        graph::write(graph, &self.head, &mut self.out)
    }

    fn end_file(&mut self) -> Result<()> {
        self.end_last()?;
        match self.state {
            State::Object => self.out.write(b"}"),
            State::Lines => Ok(()),
            State::Nothing => self.out.write(b"{}"),
        }
    }

    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.in_format(self.name))
    }
}

impl Writer for Joined<'_> {
    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let begun = self.begin_pieces(part, what);
        self.named(begun)
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.write_items(bytes);
        self.named(written)
    }

    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let written = self.write_array(part, array);
        self.named(written)
    }

    fn graph(&mut self, graph: &Graph) -> Result<()> {
        let written = self.write_graph(graph);
        self.named(written)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let ended = self.end_file();
        self.named(ended)
    }
}

/// The dtype that is written, in the byte order that is asked for.
fn dtype_in(dtype: &DType, order: Option<ByteOrder>) -> DType {
    order.map_or_else(|| dtype.clone(), |order| dtype.with_byte_order(order))
}

/// Saves a graph as a file, whole or not at all: see [`WriteOptions::dump`].
///
/// # Errors
/// As there.
pub fn dump(path: impl AsRef<std::path::Path>, graph: &Graph) -> Result<()> {
    WriteOptions::new().dump(path, graph)
}

/// The text of a graph: see [`WriteOptions::dumps`].
///
/// # Errors
/// As there.
pub fn dumps(graph: &Graph) -> Result<Vec<u8>> {
    WriteOptions::new().dumps(graph)
}

/// Saves an array as a file, whole or not at all: see [`WriteOptions::save`].
///
/// # Errors
/// `Unsupported` when its items have no form in JSON, `Io` when the file can't be written.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<std::path::Path>, array: &A) -> Result<()> {
    WriteOptions::new().save(path, array)
}

/// Writes an array to a stream.
///
/// # Errors
/// As [`save`].
pub fn write_to<A: AsArray + ?Sized>(writer: &mut (impl std::io::Write + Send), array: &A) -> Result<()> {
    WriteOptions::new().write_to(writer, array)
}

/// The text of an array.
///
/// # Errors
/// As [`save`].
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    WriteOptions::new().to_bytes(array)
}
