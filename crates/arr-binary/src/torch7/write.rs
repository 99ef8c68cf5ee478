//! Writing: graphs, tensors, and the files that formats make.

mod encode;
mod graph;
mod tables;

use std::path::Path;

use arr_core::format::{Output, Writing};
use arr_core::{Array, AsArray, ByteOrder, DType, Error, Graph, Hint, Node, Result, SaveOptions};

pub(super) use self::encode::Encoder;
use self::graph::Walk;
pub(super) use self::tables::Tables;
use super::file::File;
use super::kind::Kind;
use super::runs::Encoding;
use super::{FORMAT, options};

/// What a file is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) is_ascii: bool,
    /// Nothing for that of the arrays.
    pub(super) order: Option<ByteOrder>,
    /// Bytes of a C `long`.
    pub(super) long: u8,
    pub(super) is_referenced: bool,
    pub(super) is_compact: bool,
}

impl Default for Form {
    fn default() -> Self {
        Self { is_ascii: false, order: None, long: 8, is_referenced: true, is_compact: false }
    }
}

impl Form {
    /// What settings ask for.
    pub(super) fn of(how: &Writing) -> Self {
        Self {
            is_ascii: false,
            order: options::endian(&how.options).or(how.byte_order),
            long: options::long_size(&how.options).unwrap_or(8),
            is_referenced: how.options.flag(options::REFERENCED.name).unwrap_or(true),
            is_compact: how.options.flag(options::COMPACT.name).unwrap_or(false),
        }
    }

    /// The encoding, for arrays of which those that have a byte order have that one.
    pub(super) fn encoding(&self, of_arrays: Option<ByteOrder>) -> Encoding {
        if self.is_ascii {
            return Encoding::Ascii;
        }
        let order = self.order.or(of_arrays).unwrap_or(ByteOrder::Little);
        Encoding::Binary { order, long: usize::from(self.long) }
    }
}

/// Refuses what no tensor is.
pub(super) fn check_array(dtype: &DType, shape: &[usize]) -> Result<Kind> {
    let Some(kind) = Kind::of(dtype) else {
        let error = Error::unsupported(format!("Torch7 has no tensor of {dtype}"));
        return Err(match closest(dtype) {
            Some(close) => error.with_hint(Hint::DType(close)),
            None => error,
        });
    };
    match shape {
        [] => Err(Error::unsupported(
            "Torch7 has no tensor without dimensions that has an item: a shape of 1 has one",
        )),
        [0] => Ok(kind),
        shape if shape.contains(&0) => Err(Error::unsupported(format!(
            "Torch7 has no tensor of shape {shape:?}: what has no items has no dimensions"
        ))),
        _ => Ok(kind),
    }
}

/// A dtype that Torch7 has, for one that it has not.
fn closest(dtype: &DType) -> Option<&'static str> {
    use arr_core::Scalar::{BF16, Bool, U16, U32, U64};
    match dtype {
        DType::Scalar(Bool, _) => Some("u1"),
        DType::Scalar(U16, _) => Some("i4"),
        DType::Scalar(U32 | U64, _) => Some("i8"),
        DType::Scalar(BF16, _) => Some("f4"),
        _ => None,
    }
}

/// How Torch7 files are written. Unless told otherwise, they are what `torch.save` writes on 64-bit Linux: binary, C `long`s
/// of 8 bytes, in the byte order of the arrays.
///
/// ```
/// use arr_binary::torch7::WriteOptions;
/// let text = WriteOptions::new().ascii(true).serialize_tensor(&vec![1.0f32, 2.5])?;
/// assert!(text.ends_with(b"torch.FloatStorage\n2\n1 2.5\n"));
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    form: Form,
    save: SaveOptions,
}

impl WriteOptions {
    /// Writes as Torch does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes in the encoding in which a file was: what was read from a file of Torch's is written byte for byte as it was.
    #[must_use]
    pub fn like(file: &File<'_>) -> Self {
        let options = Self::new().ascii(file.is_ascii()).long_size(file.long_size().unwrap_or(8));
        match file.byte_order() {
            Some(order) => options.byte_order(order),
            None => options,
        }
    }

    /// Writes text: `torch.save(file, object, 'ascii')`.
    #[must_use]
    pub fn ascii(mut self, is_ascii: bool) -> Self {
        self.form.is_ascii = is_ascii;
        self
    }

    /// Writes a binary file in that byte order.
    #[must_use]
    pub fn byte_order(mut self, order: ByteOrder) -> Self {
        self.form.order = Some(order);
        self
    }

    /// Writes C `long`s of so many bytes: 4 for Windows and systems of 32 bits, else 8. What does not fit is refused.
    #[must_use]
    pub fn long_size(mut self, bytes: u8) -> Self {
        self.form.long = bytes;
        self
    }

    /// Says whether an object that is there several times is written once and referred to, as it is unless told otherwise:
    /// the last argument of `torch.save`.
    #[must_use]
    pub fn referenced(mut self, is_referenced: bool) -> Self {
        self.form.is_referenced = is_referenced;
        self
    }

    /// Says whether each tensor is written with a storage of its own that holds nothing but its elements. Otherwise a part
    /// of a tensor brings its whole storage along, which tensors share.
    #[must_use]
    pub fn compact(mut self, is_compact: bool) -> Self {
        self.form.is_compact = is_compact;
        self
    }

    /// Says how [`save`](Self::save) replaces files.
    #[must_use]
    pub fn save_options(mut self, save: SaveOptions) -> Self {
        self.save = save;
        self
    }

    /// Writes the values of a graph one after another to an [`Output`]: one, as `torch.save` does, or several.
    ///
    /// # Errors
    /// `Unsupported` when something has no form in Torch7, with its path; `InvalidArgument` when an array is still in
    /// another file; `Io`.
    pub fn write(&self, graph: &Graph, output: &mut Output<'_>) -> Result<()> {
        let mut write = || {
            options::check_long(Some(self.form.long))?;
            write_graph(graph, self.form, output.reborrow())
        };
        write().map_err(|error| error.in_format(FORMAT))
    }

    /// Saves a graph as a file, whole or not at all: `torch.save`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn save(&self, path: impl AsRef<Path>, graph: &Graph) -> Result<()> {
        self.save.save(path.as_ref(), |output| self.write(graph, output))
    }

    /// The bytes of a graph: `torch.serialize`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn serialize(&self, graph: &Graph) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(graph, &mut Output::new(&mut bytes))?;
        Ok(bytes)
    }

    /// Saves an array as a file that holds a tensor.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn save_tensor<A: AsArray + ?Sized>(&self, path: impl AsRef<Path>, array: &A) -> Result<()> {
        self.save(path, &alone(array)?)
    }

    /// The bytes of a file that holds a tensor.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn serialize_tensor<A: AsArray + ?Sized>(&self, array: &A) -> Result<Vec<u8>> {
        self.serialize(&alone(array)?)
    }
}

/// A graph that is one array.
fn alone<A: AsArray + ?Sized>(array: &A) -> Result<Graph> {
    let mut new = super::Builder::new();
    let root = new.tensor(array).map_err(|error| error.in_format(FORMAT))?;
    new.finish(root)
}

/// Writes all values of a graph.
fn write_graph(graph: &Graph, form: Form, output: Output<'_>) -> Result<()> {
    let encoding = form.encoding(order_of_arrays(graph)?);
    let mut encoder = Encoder::new(output, encoding);
    let mut walk = Walk::new(graph, form, &mut encoder)?;
    graph.roots().iter().try_for_each(|root| walk.write(root))?;
    encoder.end()
}

/// The byte order of all arrays that have one, if it is one.
fn order_of_arrays(graph: &Graph) -> Result<Option<ByteOrder>> {
    let mut found = None;
    for (_, node) in graph.breadth_first()? {
        let order = node.as_array().and_then(|array| order_of(array.dtype()));
        match (found, order) {
            (_, None) => {}
            (None, order) => found = order,
            (Some(one), Some(other)) if one == other => {}
            _ => return Ok(None),
        }
    }
    Ok(found)
}

/// The byte order of a number of several bytes.
pub(super) fn order_of(dtype: &DType) -> Option<ByteOrder> {
    match dtype {
        DType::Scalar(kind, order) if kind.itemsize() > 1 => Some(*order),
        _ => None,
    }
}

/// The array of a node that is in memory.
fn array_of(graph: &Graph, id: arr_core::NodeId) -> Result<Array> {
    match graph.node(id) {
        Some(Node::Array(_)) => graph.array(id),
        _ => Err(Error::invalid("a storage is missing")),
    }
}
