//! What the machine works on: values on its stack, and cells that they refer to.

use std::sync::Arc;

use arr_core::{Buffer, DType, Layout, Order, Value};
use smallvec::SmallVec;

use super::blocks::Kept;

/// A value on the stack, in the memo or in a cell.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// A value that has no identity; never a reference.
    Plain(Value),
    /// The cell of that number.
    Cell(u32),
    /// A tuple of some values, which lie among those of all tuples: they never change. Its place there is its identity.
    Tuple(Span),
}

// There are millions of them.
const _: () = assert!(size_of::<Val>() == 24 && size_of::<Cell>() == 32);

impl Val {
    pub(super) const NONE: Self = Self::Plain(Value::None);

    /// The cell that it refers to.
    pub(super) fn cell(&self) -> Option<u32> {
        match self {
            Self::Cell(cell) => Some(*cell),
            Self::Plain(_) | Self::Tuple(_) => None,
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Plain(Value::None))
    }

    /// A whole number; truths are 0 and 1, as they are in Python.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Plain(Value::Int(int)) => Some(*int),
            Self::Plain(Value::Bool(truth)) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// A text, or bytes that are one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(Value::Str(text)) => Some(text),
            Self::Plain(Value::Bytes(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

impl<T: Into<Value>> From<T> for Val {
    fn from(value: T) -> Self {
        Self::Plain(value.into())
    }
}

/// Bytes of the file: in memory, or still in the file.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Held(Arc<Buffer>),
    /// In a block of the feed.
    Kept(Kept),
    At {
        at: u64,
        len: u64,
    },
}

impl Payload {
    pub(super) fn held(bytes: Buffer) -> Self {
        Self::Held(Arc::new(bytes))
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Kept(kept) => kept.len(),
            Self::At { len, .. } => *len,
        }
    }
}

/// Something with an identity. Cells refer to each other by numbers, so that nothing recurses, however deep they nest.
#[derive(Debug)]
pub(super) enum Cell {
    List(Vec<Val>),
    EmptyTuple,
    Set(Vec<Val>),
    FrozenSet(Vec<Val>),
    Dict(Vec<(Val, Val)>),
    /// A value that several others may hold.
    Value(Value),
    /// A `bytes`.
    Bytes(Payload),
    /// A `str` of Python 2 that is too long to be decoded before it is known what it is: mostly the data of an array.
    OldText(Payload),
    /// A `bytearray`, or a buffer beside the file.
    ByteArray(Payload),
    Global(Box<Global>),
    Object(Box<Obj>),
    /// The array of that number.
    Array(u32),
    DType(Box<Typ>),
    /// It has become a node of the graph.
    Taken,
}

/// The values of a tuple, one at least, among those of all tuples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// A few values that were copied.
pub(super) type Few = SmallVec<[Val; 8]>;

/// A class or function, by its name. It is never looked up.
#[derive(Debug)]
pub(super) struct Global {
    pub(super) name: Class,
    pub(super) known: super::globals::Known,
    /// The opcode that names it, and where that is.
    pub(super) loaded: (u8, u64),
    /// The opcode that would have called it first, and where that is.
    pub(super) called: Option<(u8, u64)>,
}

/// The name of a class or function.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// With its module: `collections.OrderedDict`.
    pub(super) text: String,
    /// The length of the name of the module, where that is not all before the last dot.
    pub(super) module: Option<u32>,
}

impl Class {
    /// The same as the graph has it.
    pub(super) fn module_len(&self) -> Option<usize> {
        self.module.map(|len| len as usize)
    }
}

/// How an object was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// By a call.
    Call,
    /// By `__new__` alone.
    New,
    /// As an array of a class that is not known.
    Array,
    /// It is a masked array, whose state says what is in it.
    Masked,
}

/// An instance of a class that is not one of the machine's own.
#[derive(Debug)]
pub(super) struct Obj {
    /// The cell of its class.
    pub(super) class: u32,
    pub(super) made: Made,
    pub(super) args: Option<Val>,
    pub(super) kwargs: Option<Val>,
    pub(super) state: Option<Val>,
    pub(super) items: Vec<Val>,
    pub(super) entries: Vec<(Val, Val)>,
}

impl Obj {
    pub(super) fn new(class: u32, made: Made) -> Self {
        Self { class, made, args: None, kwargs: None, state: None, items: Vec::new(), entries: Vec::new() }
    }
}

/// An array.
#[derive(Debug, Default)]
pub(super) struct Arr {
    /// The name of its class, where it is another than `numpy.ndarray`.
    pub(super) class: Option<Box<Class>>,
    pub(super) is_scalar: bool,
    pub(super) items: ArrItems,
}

/// The items of an array.
#[derive(Debug, Default)]
pub(super) enum ArrItems {
    /// They are not known yet: `BUILD` tells them.
    #[default]
    Unset,
    /// In bytes of the file.
    Bytes { dtype: DType, shape: SmallVec<[usize; 4]>, lies: Lies, data: Payload },
    /// Objects, in C order.
    Values { dtype: DType, shape: SmallVec<[usize; 4]>, order: Order, items: Vec<Val> },
    /// In memory, in another form than in the file.
    Made(arr_core::Array),
}

/// Where the items of an array lie in its bytes: it was checked that they do.
#[derive(Debug)]
pub(super) enum Lies {
    /// One after another.
    In(Order),
    Otherwise(Box<Layout>),
}

impl Lies {
    /// The layout of the items.
    pub(super) fn layout(self, dtype: &DType, shape: &[usize]) -> arr_core::Result<Layout> {
        match self {
            Self::In(order) => Layout::contiguous(shape, dtype.itemsize(), order),
            Self::Otherwise(layout) => Ok(*layout),
        }
    }
}

/// A dtype, which is complete when `BUILD` has told the rest of it.
#[derive(Debug)]
pub(super) struct Typ {
    pub(super) dtype: DType,
    /// What its constructor was given, without the byte order.
    pub(super) spec: String,
    /// How deep records and sub-arrays nest.
    pub(super) depth: usize,
    /// Fields of records, those of records in records too.
    pub(super) fields: usize,
    /// True for a record whose class is `numpy.record`.
    pub(super) has_attributes: bool,
}

impl Typ {
    /// A dtype of which no more is known.
    pub(super) fn new(dtype: DType, spec: String) -> Self {
        Self { dtype, spec, depth: 0, fields: 0, has_attributes: false }
    }
}
