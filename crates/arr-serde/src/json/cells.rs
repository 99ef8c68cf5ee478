//! What a document is made of before it is known what it means: values that refer to places of its text.

use arr_core::format::room::{push, reserved};
use arr_core::{Error, Result, Value};
use smallvec::SmallVec;

use super::text;

/// Items along each dimension.
pub(super) type Dims = SmallVec<[usize; 4]>;

/// One value of a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number that no `i64` holds.
    UInt(u64),
    /// A whole number that no `u64` holds either: its digits.
    Digits(Span),
    Float(f64),
    /// A string, what is between its quotes.
    Text(Span),
    /// A string with escapes.
    Escaped(Span),
    /// So many of the cells that are kept, from a place on.
    List(Span),
    /// Keys and values by turns.
    Dict(Span),
    /// A list of numbers, or of lists of numbers that are all of one shape: its place among the blocks.
    Block(u32),
}

impl Cell {
    /// Where a string begins in the text.
    pub(super) fn start(self) -> Option<u64> {
        match self {
            Self::Text(span) | Self::Escaped(span) => Some(span.start as u64),
            _ => None,
        }
    }

    /// An error of this cell, with its place if it is a string.
    pub(super) fn placed(self, error: Error) -> Error {
        match self.start() {
            Some(start) => error.at(start),
            None => error,
        }
    }
}

/// A part of the text, or of the cells that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Span {
    pub(super) fn of<'t, T>(&self, all: &'t [T]) -> &'t [T] {
        all.get(self.start..self.start.saturating_add(self.len)).unwrap_or_default()
    }
}

/// Numbers that follow one another, and their shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The first of them.
    pub(super) start: usize,
    pub(super) dims: Dims,
}

impl Block {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.dims.iter().product()
    }
}

/// What the bits of a number mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Int,
    UInt,
    Float,
}

/// The whole number that has these bits.
pub(super) fn signed(bits: u64) -> i64 {
    i64::from_ne_bytes(bits.to_ne_bytes())
}

/// All that a parser has found.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The values that the document holds: one, or those of its lines.
    pub(super) roots: Vec<Cell>,
    /// What lists and dicts hold.
    pub(super) kept: Vec<Cell>,
    pub(super) blocks: Vec<Block>,
    /// The bits of the numbers of all blocks, one after another.
    pub(super) bits: Vec<u64>,
    pub(super) kinds: Vec<Kind>,
}

impl Cells {
    /// Takes in a number that may become one of a block.
    pub(super) fn add_number(&mut self, kind: Kind, bits: u64) -> Result<()> {
        push(&mut self.bits, bits)?;
        push(&mut self.kinds, kind)
    }

    /// Adds a block.
    pub(super) fn add_block(&mut self, block: Block) -> Result<Cell> {
        let place = u32::try_from(self.blocks.len())
            .map_err(|_| Error::limit("a document can't have more than 2^32 lists of numbers"))?;
        push(&mut self.blocks, block)?;
        Ok(Cell::Block(place))
    }

    /// The number at a place.
    pub(super) fn number(&self, place: usize) -> Cell {
        let bits = self.bits.get(place).copied().unwrap_or_default();
        match self.kinds.get(place) {
            Some(Kind::Bool) => Cell::Bool(bits != 0),
            Some(Kind::Int) => Cell::Int(signed(bits)),
            Some(Kind::UInt) => Cell::UInt(bits),
            Some(Kind::Float) => Cell::Float(f64::from_bits(bits)),
            Some(Kind::Null) | None => Cell::Null,
        }
    }

    /// What a list holds, or nothing of what is none.
    pub(super) fn items(&self, item: &Item) -> Result<Option<Vec<Item>>> {
        let block = match item {
            Item::Cell(Cell::List(span)) => {
                let cells = span.of(&self.kept);
                let mut items = reserved(cells.len())?;
                items.extend(cells.iter().map(|cell| Item::Cell(*cell)));
                return Ok(Some(items));
            }
            Item::Cell(Cell::Block(place)) => self.blocks.get(*place as usize).cloned(),
            Item::Cell(_) => None,
            Item::Part(block) => Some(block.clone()),
        };
        let Some(block) = block else { return Ok(None) };
        let Some((count, inner)) = block.dims.split_first() else { return Ok(None) };
        let mut items = reserved(*count)?;
        let step: usize = inner.iter().product();
        for place in 0..*count {
            let start = block.start.saturating_add(place.saturating_mul(step));
            items.push(match inner {
                [] => Item::Cell(self.number(start)),
                inner => Item::Part(Block { start, dims: inner.into() }),
            });
        }
        Ok(Some(items))
    }

    /// The block that an item is.
    pub(super) fn block<'b>(&'b self, item: &'b Item) -> Option<&'b Block> {
        match item {
            Item::Cell(Cell::Block(place)) => self.blocks.get(*place as usize),
            Item::Part(block) => Some(block),
            Item::Cell(_) => None,
        }
    }

    /// Whole numbers of at least 0 in a list, as those of a shape.
    pub(super) fn sizes(&self, cell: Cell) -> Option<Dims> {
        if matches!(cell, Cell::List(span) if span.len == 0) {
            return Some(Dims::new());
        }
        let block = self.block_of(cell)?;
        let [len] = block.dims.as_slice() else { return None };
        if *len > arr_core::MAX_RANK {
            return None;
        }
        (0..*len).map(|place| self.size(self.number(block.start.saturating_add(place)))).collect()
    }

    /// Whole numbers in a list, as those of strides.
    pub(super) fn steps(&self, cell: Cell) -> Option<Vec<isize>> {
        let block = self.block_of(cell)?;
        let [len] = block.dims.as_slice() else { return None };
        let step = |place: usize| match self.number(block.start.saturating_add(place)) {
            Cell::Int(int) => isize::try_from(int).ok(),
            _ => None,
        };
        (0..(*len).min(arr_core::MAX_RANK + 1)).map(step).collect()
    }

    fn block_of(&self, cell: Cell) -> Option<&Block> {
        if let Cell::Block(place) = cell { self.blocks.get(place as usize) } else { None }
    }

    /// A whole number of at least 0.
    pub(super) fn size(&self, cell: Cell) -> Option<usize> {
        if let Cell::Int(int) = cell { usize::try_from(int).ok() } else { None }
    }
}

/// A value, or a part of a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Cell(Cell),
    Part(Block),
}

/// The value of a cell that holds no others.
pub(super) fn plain(cell: Cell, all: &[u8]) -> Result<Option<Value>> {
    Ok(Some(match cell {
        Cell::Null => Value::None,
        Cell::Bool(truth) => truth.into(),
        Cell::Int(int) => int.into(),
        Cell::UInt(int) => int.into(),
        Cell::Float(float) => float.into(),
        Cell::Digits(span) => Value::from_decimal(text::of(span, all)?)?,
        Cell::Text(_) | Cell::Escaped(_) => match text::read(cell, all)? {
            Some(text) => Value::copy_str(&text)?,
            None => return Ok(None),
        },
        Cell::List(_) | Cell::Dict(_) | Cell::Block(_) => return Ok(None),
    }))
}
