//! A file that was read: its arrays by their paths, and its values.

use arr_core::format::Positioned;
use arr_core::{Array, ArrayView, Buffer, ByteOrder, Error, Graph, Layout, Limits, NodeId, Result, Value};

use super::item::Item;
use super::load::{Loaded, Place};
use super::runs::{self, Encoding};

/// A file that was read, or whose tensors are still where they are: see [`load`](super::load), [`open`](super::open) and
/// [`view`](super::view).
///
/// ```
/// use arr_binary::torch7::{self, Builder};
/// let mut new = Builder::new();
/// let weight = new.tensor(&vec![0.5f32, 1.5])?;
/// let layer = new.table([("weight", weight), ("name", "fc1".into())])?;
/// let layers = new.list([layer])?;
/// let root = new.table([("layers", layers), ("epoch", 7.0.into())])?;
/// let bytes = torch7::serialize(&new.finish(root)?)?;
///
/// let file = torch7::deserialize(&bytes)?;
/// assert_eq!(file.get("/layers/1/weight")?.to_vec::<f32>()?, [0.5, 1.5]);
/// assert_eq!(file.item("/epoch")?.as_f64(), Some(7.0));
/// for layer in file.item("/layers")?.list()?.iter() {
///     assert_eq!(layer.table()?.get("name").and_then(|name| name.as_str()), Some("fc1"));
/// }
/// assert!(file.get("/layers/2/weight").is_err());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Debug)]
pub struct File<'a> {
    loaded: Loaded,
    source: Source<'a>,
    limits: Limits,
}

/// Where elements are that were left.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// They were read.
    Nothing,
    Bytes(&'a [u8]),
    File(Positioned<'a>),
}

impl<'a> File<'a> {
    pub(super) fn new(loaded: Loaded, source: Source<'a>, limits: Limits) -> Self {
        Self { loaded, source, limits }
    }

    /// All objects. Storages that are still in the file are [parts](arr_core::value::Part) of it.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.loaded.graph
    }

    /// All objects, of which what is still in the file is read.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn into_graph(self) -> Result<Graph> {
        let Self { loaded, source, limits } = self;
        let Loaded { graph, arrays, .. } = loaded;
        graph.with_arrays(&mut |part| match arrays.get(part.place).map(|found| &found.place) {
            Some(Place::File { at, dtype, layout }) => {
                let bytes = source.bytes(*at, extent(layout, dtype.itemsize())?, &limits)?;
                Array::new(dtype.clone(), layout.clone(), bytes)
            }
            _ => Err(super::feed::lost()),
        })
    }

    /// True when the file is ascii.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.loaded.encoding == Encoding::Ascii
    }

    /// The byte order of a binary file.
    #[must_use]
    pub fn byte_order(&self) -> Option<ByteOrder> {
        match self.loaded.encoding {
            Encoding::Binary { order, .. } => Some(order),
            Encoding::Ascii => None,
        }
    }

    /// Bytes of a C `long` of the machine that wrote a binary file: 4, or 8 where nothing in the file tells.
    #[must_use]
    pub fn long_size(&self) -> Option<u8> {
        match self.loaded.encoding {
            Encoding::Binary { long: 4, .. } => Some(4),
            Encoding::Binary { .. } => Some(8),
            Encoding::Ascii => None,
        }
    }

    /// Where the last object ends, and how many bytes are left over behind it.
    #[must_use]
    pub fn left_over(&self) -> (u64, u64) {
        (self.loaded.end, self.loaded.trailing)
    }

    /// The functions of the file, which are never run: where each begins.
    pub fn functions(&self) -> impl Iterator<Item = (NodeId, u64)> + '_ {
        self.loaded.functions.iter().map(|met| (met.id, met.at))
    }

    /// The paths of all tensors, and of storages that are more than the storage of one, as [`Graph::paths`] writes them.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn paths(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for found in self.loaded.graph.paths()? {
            arr_core::format::room::push(&mut paths, found?.0)?;
        }
        Ok(paths)
    }

    /// The value that the file holds.
    ///
    /// # Errors
    /// `InvalidArgument` when it holds several: [`roots`](Self::roots) has them.
    pub fn root(&self) -> Result<Item<'_>> {
        let root = self.loaded.graph.root();
        let count = self.loaded.graph.roots().len();
        let root = root.ok_or_else(|| Error::invalid(format!("the file holds {count} values")))?;
        Ok(Item::new(&self.loaded.graph, root))
    }

    /// All values that the file holds, in their order: mostly one.
    pub fn roots(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        self.loaded.graph.roots().iter().map(|root| Item::new(&self.loaded.graph, root))
    }

    /// The value at a path: `/layers/1`, `""` for the value of the file.
    ///
    /// # Errors
    /// `InvalidArgument` when there is nothing at that path.
    pub fn item(&self, path: &str) -> Result<Item<'_>> {
        Ok(Item::new(&self.loaded.graph, self.loaded.graph.find(path)?))
    }

    /// The tensor or storage at a path: `/layers/1/weight`, `""` where the file is one tensor. What is in memory is
    /// shared; of what is still in the file no more is read than the tensor reaches.
    ///
    /// # Errors
    /// `InvalidArgument` when there is nothing at that path, or no tensor; `LimitExceeded`, `Io`.
    pub fn get(&self, path: &str) -> Result<Array> {
        let (at, dtype, layout) = match self.place(path)? {
            At::Memory(array) => return Ok(array),
            At::File(at, dtype, layout) => (at, dtype, layout),
        };
        let itemsize = dtype.itemsize();
        // What is before the first item stays where it is.
        let first = layout.extent(itemsize).map_or(0, |extent| extent.start);
        let near = Layout::new(layout.shape(), layout.strides(), layout.offset().saturating_sub(first))?;
        let bytes =
            self.source.bytes(at.saturating_add(first as u64), extent(&near, itemsize)?, &self.limits)?;
        Array::new(dtype, near, bytes)
    }

    /// The tensor or storage at a path, in place in the bytes that are [looked at](super::view): nothing is copied.
    ///
    /// # Errors
    /// As [`get`](Self::get); `Unsupported` when the elements have to be decoded, as numbers of an ascii file, or the bytes
    /// are not in memory.
    pub fn view(&self, path: &str) -> Result<ArrayView<'a>> {
        let no_view = || {
            Error::unsupported(
                "the elements have to be decoded or read: there is nothing to look at in place",
            )
        };
        let (At::File(at, dtype, layout), Source::Bytes(bytes)) = (self.place(path)?, &self.source) else {
            return Err(no_view());
        };
        let start =
            usize::try_from(at).ok().and_then(|at| at.checked_add(layout.offset())).ok_or_else(no_view)?;
        ArrayView::new(dtype, Layout::new(layout.shape(), layout.strides(), start)?, bytes)
    }

    fn place(&self, path: &str) -> Result<At> {
        let value = self.loaded.graph.find(path)?;
        let no_array = || Error::invalid(format!("what is at '{path}' of the file is not a tensor"));
        let id = match value {
            Value::Ref(id) => *id,
            _ => return Err(no_array()),
        };
        let found = self.loaded.array_of(id).ok_or_else(no_array)?;
        self.limits.budget().check_rank(found.place.rank())?;
        match &found.place {
            Place::File { at, dtype, layout } => Ok(At::File(*at, dtype.clone(), layout.clone())),
            Place::Memory(array) => Ok(At::Memory(array.clone())),
            Place::View { storage, dtype, layout } => {
                match storage.and_then(|storage| self.loaded.array_of(storage)).map(|found| &found.place) {
                    Some(Place::File { at, .. }) => Ok(At::File(*at, dtype.clone(), layout.clone())),
                    _ => self.loaded.graph.array(id).map(At::Memory),
                }
            }
        }
    }
}

/// Where the items of an array are.
enum At {
    Memory(Array),
    /// From that byte of the file on.
    File(u64, arr_core::DType, Layout),
}

impl Source<'_> {
    fn bytes(&self, at: u64, len: u64, limits: &Limits) -> Result<Buffer> {
        limits.budget().charge_bytes(len)?;
        match self {
            Self::File(file) => runs::read(file, at, len),
            Self::Bytes(bytes) => {
                let start = usize::try_from(at).ok();
                let range = start
                    .zip(usize::try_from(len).ok())
                    .and_then(|(start, len)| bytes.get(start..start.checked_add(len)?));
                Ok(arr_core::BufferMut::copy_of(range.ok_or_else(super::feed::lost)?)?.freeze())
            }
            Self::Nothing => Err(super::feed::lost()),
        }
    }
}

/// The bytes that items reach.
fn extent(layout: &Layout, itemsize: usize) -> Result<u64> {
    layout.extent(itemsize).map(|extent| extent.end as u64).ok_or_else(super::feed::lost)
}
