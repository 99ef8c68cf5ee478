//! Reading: all objects of an input, and the doors to them.

use std::path::Path;

use arr_core::format::room::{push, reserved};
use arr_core::format::{AllBytes, Budget, Keep, Positioned, in_file};
use arr_core::{
    Buffer, BufferMut, ByteOrder, DType, Graph, Input, Layout, Limits, Mmap, NodeId, Result, Value,
};

use super::feed::Feed;
use super::file::{File, Source};
use super::machine::{Machine, Met};
use super::runs::{Encoding, Runs};
use super::{FORMAT, detect};

/// A tensor or storage.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) node: NodeId,
    pub(super) place: Place,
}

/// Where the elements are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory(arr_core::Array),
    /// From that byte of the file on.
    File {
        at: u64,
        dtype: DType,
        layout: Layout,
    },
    /// In a storage, from whose first byte on the layout counts; there is none where there are no elements.
    View {
        storage: Option<NodeId>,
        dtype: DType,
        layout: Layout,
    },
}

impl Place {
    /// The number of dimensions.
    pub(super) fn rank(&self) -> usize {
        match self {
            Self::Memory(array) => array.ndim(),
            Self::File { layout, .. } | Self::View { layout, .. } => layout.ndim(),
        }
    }
}

/// What a caller knows of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) is_ascii: Option<bool>,
    pub(super) order: Option<ByteOrder>,
    /// Bytes of a C `long`.
    pub(super) long: Option<u8>,
}

impl Told {
    /// True when it is said to be binary, or has what only binary files have.
    pub(super) fn is_binary(&self) -> bool {
        self.is_ascii == Some(false) || self.order.is_some() || self.long.is_some()
    }
}

/// All that is in a file.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) graph: Graph,
    pub(super) arrays: Vec<Found>,
    /// The place of each among the arrays, in the order of nodes.
    places: Vec<(NodeId, usize)>,
    pub(super) functions: Vec<Met>,
    /// Values of tables in whose place a later one of the same key came.
    pub(super) replaced: u64,
    pub(super) encoding: Encoding,
    /// Where the last object ends.
    pub(super) end: u64,
    /// Bytes behind it that are none.
    pub(super) trailing: u64,
}

impl Loaded {
    /// The place of a node among the arrays.
    pub(super) fn place_of(&self, node: NodeId) -> Option<usize> {
        let at = self.places.binary_search_by_key(&node, |(node, _)| *node).ok()?;
        self.places.get(at).map(|(_, place)| *place)
    }

    pub(super) fn array_of(&self, node: NodeId) -> Option<&Found> {
        self.arrays.get(self.place_of(node)?)
    }
}

fn head(bytes: AllBytes<'_>) -> Result<Vec<u8>> {
    let mut head = vec![0; detect::HEAD];
    let len = match bytes {
        AllBytes::Memory(bytes) => {
            let len = bytes.len().min(head.len());
            head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            len
        }
        AllBytes::File(file) => file.fill_at(&mut head, 0)?,
    };
    head.truncate(len);
    Ok(head)
}

/// Reads all objects of a file, whose first byte is counted as `origin`.
pub(super) fn load_all(
    bytes: AllBytes<'_>,
    origin: u64,
    told: &Told,
    budget: Budget,
    keep: &Keep,
) -> Result<Loaded> {
    let encoding = detect::encoding(&head(bytes)?, told).map_err(|error| error.nested(origin))?;
    match (encoding, bytes) {
        // Text is read as a whole: numbers have no length before they are read.
        (Encoding::Ascii, AllBytes::File(file)) => {
            let mut budget = budget;
            budget.charge_bytes(file.len())?;
            let text = Input::from_positioned(file.clone())
                .read_buffer(file.len(), "lines")
                .map(BufferMut::freeze)?;
            attempt(AllBytes::Memory(&text), origin, encoding, budget, keep).result
        }
        (Encoding::Ascii, _) => attempt(bytes, origin, encoding, budget, keep).result,
        (Encoding::Binary { order, .. }, _) => {
            let first = attempt(bytes, origin, encoding, budget.clone(), keep);
            if told.long.is_some() || first.is_clean() || !first.has_longs {
                return first.result;
            }
            let second = attempt(bytes, origin, Encoding::Binary { order, long: 4 }, budget, keep);
            // A file that was cut looks like one with longs of 4 bytes, if there is hardly anything in it.
            let is_believed = second.is_clean() && (second.has_shape || first.is_wide);
            let lacks = second.is_clean() && !is_believed;
            match (is_believed, first.result) {
                (true, _) => second.result,
                (false, Err(error)) if lacks => {
                    Err(error.with_hint(arr_core::Hint::Option(super::options::LONG_SIZE.name, "4")))
                }
                (false, result) => result,
            }
        }
    }
}

/// A file that was read in an encoding.
struct Attempt {
    result: Result<Loaded>,
    has_longs: bool,
    is_wide: bool,
    has_shape: bool,
}

impl Attempt {
    /// True when nothing is wrong, to the last byte.
    fn is_clean(&self) -> bool {
        self.result.as_ref().is_ok_and(|loaded| loaded.trailing == 0)
    }
}

fn attempt(bytes: AllBytes<'_>, origin: u64, encoding: Encoding, budget: Budget, keep: &Keep) -> Attempt {
    let mut machine = Machine::new(Runs::new(Feed::of(bytes, origin), encoding), budget, keep);
    let roots = objects(&mut machine);
    let (has_longs, is_wide, has_shape) = (machine.runs.has_longs, machine.runs.is_wide, machine.has_shape);
    let result = roots.and_then(|roots| finish(machine, roots));
    Attempt { result, has_longs, is_wide, has_shape }
}

fn objects(machine: &mut Machine<'_>) -> Result<Vec<Value>> {
    let mut roots = Vec::new();
    loop {
        let root = machine.object().map_err(|error| match roots.len() {
            0 => error,
            count => error.in_path(&format!("object {count}")),
        })?;
        machine.budget.charge_bytes(size_of::<Value>() as u64)?;
        push(&mut roots, root)?;
        if machine.runs.feed.at_end() || !machine.runs.has_next()? {
            return Ok(roots);
        }
    }
}

fn finish(machine: Machine<'_>, roots: Vec<Value>) -> Result<Loaded> {
    let (end, trailing) = (machine.runs.feed.position(), machine.runs.feed.left());
    let encoding = machine.runs.encoding;
    let Machine { builder, arrays, functions, replaced, .. } = machine;
    let mut places = reserved(arrays.len())?;
    places.extend(arrays.iter().map(|found| found.node).zip(0..));
    places.sort_unstable();
    let graph = builder.finish(roots)?;
    Ok(Loaded { graph, arrays, places, functions, replaced, encoding, end, trailing })
}

/// How Torch7 files are read. Unless told otherwise, the encoding is found out: binary of either byte order with C `long`s
/// of 4 or 8 bytes, or ascii.
///
/// ```
/// use arr_binary::torch7::ReadOptions;
/// let file = ReadOptions::new().deserialize(b"2\n5\nhello\n")?;
/// assert_eq!(file.root()?.as_str(), Some("hello"));
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    told: Told,
    limits: Limits,
}

impl ReadOptions {
    /// Finds out everything, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the file is ascii, or that it is binary: the second argument of `torch.load`.
    #[must_use]
    pub fn ascii(mut self, is_ascii: bool) -> Self {
        self.told.is_ascii = Some(is_ascii);
        self
    }

    /// Says the byte order of a binary file.
    #[must_use]
    pub fn byte_order(mut self, order: ByteOrder) -> Self {
        self.told.order = Some(order);
        self
    }

    /// Says how many bytes a C `long` had on the machine that wrote a binary file: 4 (`b32` of `torch.load`) on Windows and
    /// systems of 32 bits, else 8 (`b64`).
    #[must_use]
    pub fn long_size(mut self, bytes: u8) -> Self {
        self.told.long = Some(bytes);
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn read(&self, bytes: AllBytes<'_>, keep: &Keep) -> Result<Loaded> {
        super::options::check_long(self.told.long)?;
        let loaded = load_all(bytes, 0, &self.told, self.limits.budget(), keep);
        loaded.map_err(|error| error.in_format(FORMAT))
    }

    fn file<'a>(&self, loaded: Loaded, source: Source<'a>) -> File<'a> {
        File::new(loaded, source, self.limits.clone())
    }

    /// Reads all that is in a file, tensors too: `torch.load`.
    ///
    /// # Errors
    /// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the path in the object and the
    /// offset.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<File<'static>> {
        let path = path.as_ref();
        let file = Positioned::open(path)?;
        let loaded = in_file(path, self.read(AllBytes::File(&file), &Keep::Read))?;
        Ok(self.file(loaded, Source::Nothing))
    }

    /// Reads all that is in bytes in memory, and copies it: `torch.deserialize`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn deserialize(&self, bytes: &[u8]) -> Result<File<'static>> {
        Ok(self.file(self.read(AllBytes::Memory(bytes), &Keep::Read)?, Source::Nothing))
    }

    /// Reads all that is in a buffer, which tensors share: nothing of them is copied.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn deserialize_buffer(&self, buffer: &Buffer) -> Result<File<'static>> {
        let keep = Keep::Shared(buffer.clone());
        Ok(self.file(self.read(AllBytes::Memory(buffer), &keep)?, Source::Nothing))
    }

    /// Reads all that is in a stream.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(&self, reader: &mut (impl std::io::Read + Send + ?Sized)) -> Result<File<'static>> {
        let mut input = Input::from_reader(reader).with_limits(&self.limits);
        let all = Buffer::from_vec(input.read_to_end()?);
        self.deserialize_buffer(&all)
    }

    /// Maps a file and reads what is in it; the elements of tensors are read when they are accessed.
    ///
    /// # Safety
    /// As for [`Mmap::open`]: the file is not changed for as long as what is made of it is there.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&self, path: impl AsRef<Path>) -> Result<File<'static>> {
        // SAFETY: the caller promises it of the file.
        let map = unsafe { Mmap::open(&path) }?;
        in_file(path.as_ref(), self.deserialize_buffer(&Buffer::from(map)))
    }

    /// Looks at bytes in memory: tensors are found by their paths and seen in place.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn view<'a>(&self, bytes: &'a [u8]) -> Result<File<'a>> {
        Ok(self.file(self.read(AllBytes::Memory(bytes), &Keep::Left)?, Source::Bytes(bytes)))
    }

    /// Opens a file: tensors are found by their paths and read when they are asked for.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn open(&self, path: impl AsRef<Path>) -> Result<File<'static>> {
        let path = path.as_ref();
        let file = Positioned::open(path)?;
        let loaded = in_file(path, self.read(AllBytes::File(&file), &Keep::Left))?;
        Ok(self.file(loaded, Source::File(file)))
    }
}
