//! Arrays as the parts of a file: those with keys are the values of a table, one without a key is all of the file, and
//! several are objects one after another.

use std::collections::HashSet;

use arr_core::format::room::no_memory;
use arr_core::format::{Expected, NewPart, Outline, Output, Writer, Writing};
use arr_core::{ArrayView, ByteOrder, DType, Error, Graph, Order, Result};

use super::super::FORMAT;
use super::super::kind::Kind;
use super::super::runs::Encoding;
use super::encode::{Encoder, OpenTable};
use super::graph::Walk;
use super::{Form, check_array, order_of, write_graph};

/// Writes a table of tensors, a tensor, or a graph.
#[derive(Debug)]
pub(in super::super) struct Tables<'o> {
    form: Form,
    /// The order in which items are laid out.
    order: Option<Order>,
    state: State<'o>,
    keys: HashSet<String>,
    begun: Option<Begun>,
}

/// What has been written so far.
#[derive(Debug)]
enum State<'o> {
    Nothing(Output<'o>),
    /// Entries of a table.
    Table(Encoder<'o>, OpenTable),
    /// Whole objects.
    Row(Encoder<'o>),
    /// All of the file.
    Graph,
    /// It was taken, and an error kept it from being put back.
    Broken,
}

/// An array of which not all items have been written.
#[derive(Debug)]
struct Begun {
    kind: Kind,
    /// The byte order in which items come.
    order: ByteOrder,
    expected: Expected,
    len: usize,
    /// Bytes of an item that came without the others.
    rest: Vec<u8>,
}

impl<'o> Tables<'o> {
    pub(in super::super) fn new(output: Output<'o>, form: Form, how: &Writing) -> Self {
        Self { form, order: how.order, state: State::Nothing(output), keys: HashSet::new(), begun: None }
    }

    /// Ends the array before the next one, or before the end of the file.
    fn end_last(&mut self) -> Result<()> {
        let Some(begun) = self.begun.take() else { return Ok(()) };
        begun.expected.end()?;
        self.encoder()?.end_run(begun.len)
    }

    fn encoder(&mut self) -> Result<&mut Encoder<'o>> {
        match &mut self.state {
            State::Table(encoder, _) | State::Row(encoder) => Ok(encoder),
            _ => Err(Error::invalid("no array was begun")),
        }
    }

    /// Begins a part whose numbers have that byte order.
    fn begin_part(&mut self, part: &NewPart<'_>, order: Option<ByteOrder>) -> Result<()> {
        self.end_last()?;
        if let Some(key) = part.key {
            self.keys.try_reserve(1).map_err(no_memory)?;
            if !self.keys.insert(key.to_owned()) {
                return Err(Error::invalid("there is a part of that name already").in_path(key));
            }
        }
        self.state = match (std::mem::replace(&mut self.state, State::Broken), part.key) {
            (State::Nothing(output), Some(_)) => {
                let mut encoder = Encoder::new(output, self.form.encoding(order));
                let table = encoder.begin_open_table()?;
                State::Table(encoder, table)
            }
            (State::Nothing(output), None) => State::Row(Encoder::new(output, self.form.encoding(order))),
            (state @ State::Table(..), Some(_)) | (state @ State::Row(_), None) => state,
            (state, _) => {
                self.state = state;
                return Err(Error::invalid("tensors with and without names do not go into one file"));
            }
        };
        if let Some(key) = part.key {
            let encoder = self.encoder()?;
            encoder.int(2)?;
            encoder.string(key.as_bytes())?;
        }
        Ok(())
    }

    /// Writes what stands before the elements of a tensor.
    fn begin_tensor(&mut self, kind: Kind, shape: &[usize], order: Order) -> Result<()> {
        let form = self.form;
        let nothing = Graph::builder().finish(Vec::new())?;
        Walk::new(&nothing, form, self.encoder()?)?.begin_tensor(kind, shape, order)
    }

    /// Refuses what no file of this form holds, before anything is written.
    fn check(&self, dtype: &DType, shape: &[usize]) -> Result<Kind> {
        let kind = check_array(dtype, shape)?;
        if let Encoding::Binary { long: 4, .. } = self.form.encoding(None) {
            let len = shape.iter().fold(1usize, |len, size| len.saturating_mul(*size));
            if i32::try_from(len).is_err() {
                return Err(Error::unsupported(format!(
                    "{len} elements are more than a C long of 4 bytes counts"
                )));
            }
        }
        Ok(kind)
    }

    fn begin_pieces(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let kind = self.check(what.dtype, what.shape)?;
        let nbytes = what.nbytes()?;
        // The items come in this order, so no other can be made of them.
        let is_other = self.order.is_some_and(|order| order != what.order);
        if is_other && what.shape.iter().filter(|dim| **dim != 1).count() > 1 {
            return Err(Error::unsupported("items in another order are written as a whole"));
        }
        let order = order_of(what.dtype);
        self.begin_part(part, order)?;
        self.begin_tensor(kind, what.shape, what.order)?;
        self.begun = Some(Begun {
            kind,
            order: order.unwrap_or(ByteOrder::Little),
            expected: Expected::new("tensor", nbytes),
            len: if nbytes == 0 { 0 } else { 1 },
            rest: Vec::new(),
        });
        Ok(())
    }

    fn write_items(&mut self, bytes: &[u8]) -> Result<()> {
        let mut begun = self.begun.take().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        let (kind, order) = (begun.kind, begun.order);
        let size = kind.width(8);
        let mut bytes = bytes;
        if !begun.rest.is_empty() {
            let (front, behind) = bytes.split_at(bytes.len().min(size - begun.rest.len()));
            begun.rest.extend_from_slice(front);
            bytes = behind;
            if begun.rest.len() == size {
                let item = std::mem::take(&mut begun.rest);
                self.encoder()?.items(kind, &item, order)?;
            }
        }
        let (whole, rest) = bytes.split_at(bytes.len() / size * size);
        self.encoder()?.items(kind, whole, order)?;
        begun.rest.extend_from_slice(rest);
        self.begun = Some(begun);
        Ok(())
    }

    fn write_array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let kind = self.check(array.dtype(), array.shape())?;
        self.begin_part(part, order_of(array.dtype()))?;
        let order = self.order.unwrap_or_else(|| array.natural_order());
        self.begin_tensor(kind, array.shape(), order)?;
        if array.is_empty() { Ok(()) } else { self.encoder()?.elements(kind, array, order) }
    }

    fn write_all(&mut self, graph: &Graph) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Graph) {
            State::Nothing(output) => write_graph(graph, self.form, output),
            _ => Err(Error::invalid("a graph is all of a file")),
        }
    }

    fn end_file(&mut self) -> Result<()> {
        self.end_last()?;
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Table(mut encoder, table) => encoder.end_open_table(&table, self.keys.len()),
            State::Row(mut encoder) => encoder.end(),
            State::Graph => Ok(()),
            // No part is an empty table.
            State::Nothing(output) => {
                let mut encoder = Encoder::new(output, self.form.encoding(None));
                let table = encoder.begin_open_table()?;
                encoder.end_open_table(&table, 0)
            }
            State::Broken => Err(Error::invalid("the file was not written to its end")),
        }
    }
}

fn named<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| error.in_format(FORMAT))
}

impl Writer for Tables<'_> {
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
        named(self.write_all(graph))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        named(self.end_file())
    }
}
