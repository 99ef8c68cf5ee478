//! Writing: graphs, arrays, and the files that formats make.

mod array;
mod dtype;
mod encode;
mod graph;

use std::collections::HashSet;

use arr_core::format::room::no_memory;
use arr_core::format::{Expected, NewPart, Outline, Output, Swap, SwappedItems, Writer, Writing};
use arr_core::value::Items;
use arr_core::{Array, ArrayView, AsArray, Buffer, DType, Error, Graph, Node, Order, Result, SaveOptions};

use self::array::Shape;
use self::encode::Encoder;
use self::graph::Walk;
use super::{DEFAULT_PROTOCOL, FORMAT};

/// How pickles are written.
///
/// ```
/// use arr_serde::pickle::{WriteOptions, loads};
/// let bytes = WriteOptions::new().protocol(5).to_bytes(&vec![1.0f32, 2.0])?;
/// assert_eq!(bytes[..2], [0x80, 5]);
/// # Ok::<(), arr_serde::arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    protocol: Option<u8>,
    order: Option<Order>,
    save: SaveOptions,
}

arr_core::write_doors!(WriteOptions { order: order, save: save });

impl WriteOptions {
    /// Writes that protocol: 2 for Python 2.7 too, 3 for all of Python 3, 4 (the default) from 3.4 on, 5 from 3.8 on.
    #[must_use]
    pub fn protocol(mut self, protocol: u8) -> Self {
        self.protocol = Some(protocol);
        self
    }

    fn encoder<'o>(&self, output: Output<'o>) -> Result<Encoder<'o>> {
        match self.protocol.unwrap_or(DEFAULT_PROTOCOL) {
            protocol @ 2..=5 => Ok(Encoder::new(output, protocol)),
            other => Err(Error::invalid(format!("protocols 2 to 5 are written, not {other}"))),
        }
    }

    /// Writes an array to an [`Output`]: the pickle is that of the array.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let mut encoder = self.encoder(output.reborrow())?;
        let written = encoder.check(array.dtype(), array.nbytes() as u64).and_then(|()| {
            encoder.begin()?;
            encoder.array(array, Shape::PLAIN, self.order, None)?;
            encoder.end()
        });
        written.map_err(|error| error.in_format(FORMAT))
    }

    /// Writes a graph to an [`Output`]: a pickle for each value that it holds. Arrays that are shared are written once.
    ///
    /// # Errors
    /// `Unsupported` when something has no form in the protocol, `InvalidArgument` when an array is still in another file,
    /// `Io`.
    pub fn write_graph(&self, graph: &Graph, output: &mut Output<'_>) -> Result<()> {
        let mut encoder = self.encoder(output.reborrow())?;
        write_graph(&mut encoder, graph).map_err(|error| error.in_format(FORMAT))
    }

    /// Saves a graph as a file, whole or not at all.
    ///
    /// # Errors
    /// As [`write_graph`](Self::write_graph).
    pub fn dump(&self, path: impl AsRef<std::path::Path>, graph: &Graph) -> Result<()> {
        self.save.save(path.as_ref(), |output| self.write_graph(graph, output))
    }

    /// The bytes of a graph's pickle.
    ///
    /// # Errors
    /// As [`write_graph`](Self::write_graph).
    pub fn dumps(&self, graph: &Graph) -> Result<Vec<u8>> {
        arr_core::format::doors::bytes_of(data_of(graph), |output| self.write_graph(graph, output))
    }

    /// The bytes of a graph's pickle in protocol 5, and beside it the data of its arrays, which is not copied: the
    /// `buffer_callback` of `pickle.dumps`. Arrays that do not lie in one piece, and those of objects, are in the pickle.
    ///
    /// # Errors
    /// As [`write_graph`](Self::write_graph); `InvalidArgument` for another protocol.
    pub fn dumps_with_buffers(&self, graph: &Graph) -> Result<(Vec<u8>, Vec<Buffer>)> {
        if self.protocol.is_some_and(|protocol| protocol < 5) {
            return Err(Error::invalid("protocol 5 is the first that has buffers beside the pickle"));
        }
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(Output::new(&mut bytes), 5);
        encoder.buffers = Some(Vec::new());
        write_graph(&mut encoder, graph).map_err(|error| error.in_format(FORMAT))?;
        let buffers = encoder.take_buffers();
        drop(encoder);
        Ok((bytes, buffers))
    }
}

/// How many bytes the items of all arrays of a graph have; those that share theirs count each.
fn data_of(graph: &Graph) -> usize {
    let nbytes = |node: &Node| match &node.as_array()?.items {
        Items::Array(array) => Some(array.nbytes()),
        _ => None,
    };
    graph.nodes().filter_map(|(_, node)| nbytes(node)).fold(0, usize::saturating_add)
}

fn write_graph(encoder: &mut Encoder<'_>, graph: &Graph) -> Result<()> {
    for root in graph.roots() {
        encoder.begin()?;
        Walk::new(graph, encoder).write(root)?;
        encoder.end()?;
    }
    Ok(())
}

/// Writes arrays as the parts of a file: those with keys are the values of a dict, one without a key is the pickle itself,
/// and several are pickles one after another.
#[derive(Debug)]
pub(super) struct Pickler<'o> {
    encoder: Encoder<'o>,
    how: Writing,
    state: State,
    keys: HashSet<String>,
    begun: Option<Begun>,
}

/// What has been written so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Nothing,
    /// Entries of a dict.
    Dict,
    /// Whole pickles.
    Row,
}

/// An array of which not all items have been written.
#[derive(Debug)]
struct Begun {
    dtype: DType,
    shape: Vec<usize>,
    order: Order,
    items: SwappedItems,
    expected: Expected,
}

impl<'o> Pickler<'o> {
    pub(super) fn new(output: Output<'o>, protocol: u8, how: &Writing) -> Self {
        Self {
            encoder: Encoder::new(output, protocol),
            how: how.clone(),
            state: State::Nothing,
            keys: HashSet::new(),
            begun: None,
        }
    }

    /// Ends the array before the next one, or before the end of the file.
    fn end_last(&mut self) -> Result<()> {
        let Some(begun) = self.begun.take() else { return Ok(()) };
        begun.expected.end()?;
        let what = Outline { dtype: &begun.dtype, shape: &begun.shape, order: begun.order };
        self.encoder.end_pieces(&what)?;
        self.end_part()
    }

    /// Ends a part: an entry of the dict, or a pickle.
    fn end_part(&mut self) -> Result<()> {
        match self.state {
            State::Dict => self.encoder.op(super::opcodes::SETITEM),
            _ => self.encoder.end(),
        }
    }

    /// Begins a part.
    fn begin_part(&mut self, part: &NewPart<'_>) -> Result<()> {
        self.end_last()?;
        let wanted = if part.key.is_some() { State::Dict } else { State::Row };
        if self.state != State::Nothing && self.state != wanted {
            return Err(Error::invalid("arrays with and without names do not go into one pickle"));
        }
        let Some(key) = part.key else {
            self.state = State::Row;
            return self.encoder.begin();
        };
        self.keys.try_reserve(1).map_err(no_memory)?;
        if !self.keys.insert(key.to_owned()) {
            return Err(Error::invalid("there is a part of that name already").in_path(key));
        }
        if self.state == State::Nothing {
            self.encoder.begin()?;
            self.encoder.op(super::opcodes::EMPTY_DICT)?;
        }
        self.state = State::Dict;
        self.encoder.key(key)
    }

    fn begin_pieces(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let nbytes = what.nbytes()?;
        self.encoder.check(what.dtype, nbytes)?;
        if self.encoder.protocol < 3 {
            return Err(Error::unsupported(
                "protocol 2 has the data of an array as text, which is made as a whole",
            ));
        }
        if what.dtype.has_references() {
            return Err(Error::unsupported(format!(
                "items of {} are not written piece by piece",
                what.dtype
            )));
        }
        // The items come in this order, so no other can be made of them.
        let is_other = self.how.order.is_some_and(|order| order != what.order);
        if is_other && what.shape.iter().filter(|dim| **dim != 1).count() > 1 {
            return Err(Error::unsupported("items in another order are written as a whole"));
        }
        self.begin_part(part)?;
        let dtype = match self.how.byte_order {
            Some(wanted) => what.dtype.with_byte_order(wanted),
            None => what.dtype.clone(),
        };
        self.encoder.begin_pieces(&Outline { dtype: &dtype, ..*what })?;
        let swap = self.how.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(what.dtype, wanted));
        self.begun = Some(Begun {
            dtype,
            shape: what.shape.to_vec(),
            order: what.order,
            items: SwappedItems::new(swap, what.dtype.itemsize()),
            expected: Expected::new("array", nbytes),
        });
        Ok(())
    }

    fn write_items(&mut self, bytes: &[u8]) -> Result<()> {
        let Self { encoder, begun, .. } = self;
        let begun = begun.as_mut().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        let len = begun.expected.all();
        begun.items.hand_on(bytes, |piece| encoder.data(piece, len))
    }

    fn write_array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        self.encoder.check(array.dtype(), array.nbytes() as u64)?;
        if array.dtype().has_references() && *array.dtype() != DType::Utf8 {
            return Err(Error::unsupported(format!("items of {} are not values here", array.dtype())));
        }
        self.begin_part(part)?;
        self.encoder.array(array, Shape::PLAIN, self.how.order, self.how.byte_order)?;
        self.end_part()
    }

    fn end_file(&mut self) -> Result<()> {
        self.end_last()?;
        match self.state {
            State::Dict => self.encoder.end(),
            State::Row => Ok(()),
            // No part is an empty dict.
            State::Nothing => {
                self.encoder.begin()?;
                self.encoder.op(super::opcodes::EMPTY_DICT)?;
                self.encoder.end()
            }
        }
    }
}

fn named<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| error.in_format(FORMAT))
}

impl Writer for Pickler<'_> {
    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        named(self.begin_pieces(part, what))
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        named(self.write_items(bytes))
    }

    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        named(self.write_array(part, array))
    }

    fn graph(&mut self, graph: &Graph) -> Result<()> {
        self.end_last()?;
        if self.state == State::Dict {
            return Err(Error::invalid("a graph does not go into the dict of arrays").in_format(FORMAT));
        }
        self.state = State::Row;
        named(write_graph(&mut self.encoder, graph))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        named(self.end_file())
    }
}

/// Saves a graph as a file, whole or not at all: see [`WriteOptions::dump`].
///
/// # Errors
/// As there.
pub fn dump(path: impl AsRef<std::path::Path>, graph: &Graph) -> Result<()> {
    WriteOptions::new().dump(path, graph)
}

/// The bytes of a graph's pickle: see [`WriteOptions::dumps`].
///
/// # Errors
/// As there.
pub fn dumps(graph: &Graph) -> Result<Vec<u8>> {
    WriteOptions::new().dumps(graph)
}

/// The bytes of an array's pickle, and its data beside it: see [`WriteOptions::dumps_with_buffers`].
///
/// # Errors
/// As there.
pub fn to_bytes_with_buffers(array: &Array) -> Result<(Vec<u8>, Vec<Buffer>)> {
    let mut budget = arr_core::format::Budget::default();
    let mut builder = Graph::builder();
    let id = builder.add(Node::array(array.clone()), &mut budget)?;
    WriteOptions::new().dumps_with_buffers(&builder.finish(vec![id.into()])?)
}

/// Saves an array as a file, whole or not at all: see [`WriteOptions::save`].
///
/// # Errors
/// `Unsupported` when its items have no form in a pickle, `Io` when the file can't be written.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<std::path::Path>, array: &A) -> Result<()> {
    WriteOptions::new().save(path, array)
}

/// Writes an array to a stream; several may follow one another.
///
/// # Errors
/// As [`save`].
pub fn write_to<A: AsArray + ?Sized>(writer: &mut (impl std::io::Write + Send), array: &A) -> Result<()> {
    WriteOptions::new().write_to(writer, array)
}

/// The bytes of an array's pickle.
///
/// # Errors
/// As [`save`].
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    WriteOptions::new().to_bytes(array)
}
