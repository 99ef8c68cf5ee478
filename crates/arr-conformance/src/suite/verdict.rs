//! What one door says of a file.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arr_core::format::{Content, Description, Format, Reading, Selection};
use arr_core::{ArrayView, Contiguity, DType, Error, ErrorKind, Order, Result, Slice};

use super::source::Kind;

/// An array, as it can be compared: items in C order.
#[derive(Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<usize>,
    /// The bytes of each item, of a string its text; nothing of arrays that are too large to be looked through.
    pub(crate) items: Vec<Vec<u8>>,
}

/// More blocks than any array of a sample or of a damaged one under its limits has.
const MOST_BLOCKS: u32 = 1 << 16;

/// Arrays of more items are not looked through.
const MOST_ITEMS: usize = 1 << 14;

impl Seen {
    pub(crate) fn of(array: &ArrayView<'_>) -> Result<Self> {
        let items = if array.len() > MOST_ITEMS { Vec::new() } else { items_of(array, Order::C)? };
        Ok(Self { dtype: array.dtype().clone(), shape: array.shape().to_vec(), items })
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<&Vec<u8>> = self.items.iter().take(2).collect();
        write!(f, "{} {:?} {first:02x?}", self.dtype, self.shape)
    }
}

/// The items of an array in an order.
fn items_of(array: &ArrayView<'_>, order: Order) -> Result<Vec<Vec<u8>>> {
    let bytes_at = |index: Vec<usize>| match array.dtype() {
        DType::Utf8 => array.text(&index).map(|text| text.as_bytes().to_vec()),
        _ => array.item(&index).map(<[u8]>::to_vec).ok_or_else(|| Error::mismatch("an item is missing")),
    };
    (0..array.len()).map(|at| bytes_at(index_of(at, array.shape(), order))).collect()
}

/// The index of an item by its place in an order.
fn index_of(at: usize, shape: &[usize], order: Order) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    let mut left = at;
    let axes: Vec<usize> = match order {
        Order::C => (0..shape.len()).rev().collect(),
        Order::F => (0..shape.len()).collect(),
    };
    for axis in axes {
        if let (Some(slot), Some(dim)) = (index.get_mut(axis), shape.get(axis)) {
            *slot = left % dim;
            left /= dim;
        }
    }
    index
}

/// The place of an item in C order by its index.
fn place_of(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |at, (index, dim)| at * dim + index)
}

/// How an array is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'s> {
    /// As a whole.
    Whole,
    /// A slice of it.
    Slice(&'s Slice),
    /// Block by block, in an order or as items lie in the file.
    Blocks(Option<Order>, usize),
}

/// The blocks in which arrays are read: of one item, of some, and all in one.
pub(crate) const BLOCKS: [Way<'static>; 6] = [
    Way::Blocks(Some(Order::C), 1),
    Way::Blocks(Some(Order::F), 1),
    Way::Blocks(Some(Order::C), 40),
    Way::Blocks(Some(Order::F), 40),
    Way::Blocks(None, 24),
    Way::Blocks(None, 1 << 20),
];

/// What a door says.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// An array, and where the reader stands behind it.
    Array(Seen, u64),
    /// An error.
    Refused(Error),
    /// The door is broken.
    Broken(String),
}

impl Verdict {
    /// Goes through a door.
    pub(crate) fn of(
        format: &dyn Format,
        files: &[Vec<u8>],
        kind: Kind,
        way: Way<'_>,
        how: &Reading,
    ) -> Self {
        let went = caught(|| match way {
            Way::Whole => read(format, files, kind, how, Selection::All),
            Way::Slice(slice) => read(format, files, kind, how, Selection::Slice(slice)),
            Way::Blocks(order, size) => gather(format, files, kind, how, order, size),
        });
        went.unwrap_or_else(Self::Broken)
    }

    /// Says whether another door says the same.
    pub(crate) fn agrees(&self, other: &Self) -> Result<(), String> {
        match (self, other) {
            (Self::Broken(why), _) | (_, Self::Broken(why)) => Err(why.clone()),
            (Self::Array(one, _), Self::Array(two, _)) if one == two => Ok(()),
            (Self::Refused(one), Self::Refused(two)) if is_same_kind(one.kind(), two.kind()) => Ok(()),
            (one, two) => Err(format!("{two:?}, where the first door says {one:?}")),
        }
    }

    /// Checks that an error is where the file is.
    pub(crate) fn is_inside(&self, len: u64) -> Result<(), String> {
        match self {
            Self::Refused(error) if error.offset().is_some_and(|offset| offset > len) => {
                Err(format!("the error is behind the file of {len} bytes: {error}"))
            }
            Self::Broken(why) => Err(why.clone()),
            _ => Ok(()),
        }
    }

    /// The array, where there is one.
    pub(crate) fn array(&self) -> Option<&Seen> {
        if let Self::Array(seen, _) = self { Some(seen) } else { None }
    }
}

/// A file that is known to be too short is refused as that before its data is charged to a limit.
fn is_same_kind(one: ErrorKind, two: ErrorKind) -> bool {
    let is_either = |kind| matches!(kind, ErrorKind::Malformed | ErrorKind::LimitExceeded);
    one == two || (is_either(one) && is_either(two))
}

/// What is done without a panic, or its message.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("it panics: {}", text.unwrap_or_default())
    })
}

fn read(format: &dyn Format, files: &[Vec<u8>], kind: Kind, how: &Reading, what: Selection<'_>) -> Verdict {
    let read = || {
        let (mut reader, part) = kind.first(format, files, how)?;
        let array = reader.read(&part, what)?.into_array()?;
        Ok((Seen::of(&array.view())?, reader.position()))
    };
    read().map_or_else(Verdict::Refused, |(seen, position)| Verdict::Array(seen, position))
}

/// What is said of the first array.
pub(crate) fn describe(
    format: &dyn Format,
    files: &[Vec<u8>],
    kind: Kind,
    how: &Reading,
) -> Result<Description> {
    let (mut reader, part) = kind.first(format, files, how)?;
    match reader.describe(&part)? {
        Content::Array(description) => Ok(description),
        _ => Err(Error::invalid("it is not an array")),
    }
}

/// Puts an array together that is read block by block.
fn gather(
    format: &dyn Format,
    files: &[Vec<u8>],
    kind: Kind,
    how: &Reading,
    order: Option<Order>,
    size: usize,
) -> Verdict {
    let what = match describe(format, files, kind, how) {
        Ok(what) => what,
        Err(error) => return Verdict::Refused(error),
    };
    let own = if what.order == Contiguity::F { Order::F } else { Order::C };
    let mut whole = Whole { order: order.unwrap_or(own), size, seen: None, shape: what.shape, at: 0 };
    let mut read = || {
        let (mut reader, part) = kind.first(format, files, how)?;
        let mut wrong = None;
        {
            let mut blocks = reader.blocks(&part, order, size)?;
            let mut left = MOST_BLOCKS;
            while let Some(block) = blocks.next_block()? {
                left -= 1;
                if left == 0 {
                    wrong = Some(format!("there is no end after {MOST_BLOCKS} blocks"));
                    break;
                }
                let added = whole.add(&block.array.view(), |inner| block.place.index(inner));
                if let Err(why) = added {
                    wrong = Some(why);
                    break;
                }
            }
        }
        Ok((wrong, reader.position()))
    };
    match read() {
        Err(error) => Verdict::Refused(error),
        Ok((Some(why), _)) => Verdict::Broken(why),
        Ok((None, position)) => match whole.finish() {
            Ok(seen) => Verdict::Array(seen, position),
            Err(why) => Verdict::Broken(why),
        },
    }
}

/// An array that comes block by block.
struct Whole {
    order: Order,
    size: usize,
    seen: Option<Seen>,
    shape: Vec<usize>,
    at: usize,
}

impl Whole {
    fn len(&self) -> usize {
        if self.shape.contains(&0) { 0 } else { self.shape.iter().product() }
    }

    fn add(&mut self, block: &ArrayView<'_>, place: impl Fn(&[usize]) -> Vec<usize>) -> Result<(), String> {
        let len = self.len();
        let is_large = len > MOST_ITEMS;
        let empty = Seen {
            dtype: block.dtype().clone(),
            shape: self.shape.clone(),
            items: vec![Vec::new(); if is_large { 0 } else { len }],
        };
        let seen = self.seen.get_or_insert(empty);
        if seen.dtype != *block.dtype() {
            return Err(format!("a block of {} behind one of {}", block.dtype(), seen.dtype));
        }
        if block.nbytes() > self.size.max(block.itemsize()) {
            return Err(format!("a block of {} bytes, and {} were asked for", block.nbytes(), self.size));
        }
        if is_large {
            self.at += block.len();
            return Ok(());
        }
        let items = items_of(block, self.order).map_err(|error| error.to_string())?;
        for (inner, item) in items.into_iter().enumerate() {
            let index = place(&index_of(inner, block.shape(), self.order));
            if index != index_of(self.at, &self.shape, self.order) {
                return Err(format!("item {} of the blocks is said to be at {index:?}", self.at));
            }
            if let Some(slot) = seen.items.get_mut(place_of(&index, &self.shape)) {
                *slot = item;
            }
            self.at += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<Seen, String> {
        let len = self.len();
        match self.seen {
            Some(seen) if self.at == len => Ok(seen),
            Some(_) => Err(format!("the blocks have {} items of {len}", self.at)),
            None => Err("there is no block".to_owned()),
        }
    }
}
