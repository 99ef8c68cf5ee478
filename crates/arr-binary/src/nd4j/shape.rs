//! The shape information of ND4J's formats: see [its table](super#shape-information).

use arr_core::{Error, Input, Layout, Order, Result};
use byteorder::ReadBytesExt as _;
use smallvec::SmallVec;

use super::types::{COMPRESSED, DataType, EMPTY, Generation};

/// The most dimensions (`Shape.MAX_RANK`).
pub(crate) const MAX_RANK: usize = 32;

/// The most integers of shape information.
pub(crate) const MAX_NUMBERS: usize = ShapeInfo::len_of(MAX_RANK);

/// The integers of the shape information of up to six dimensions, which are kept without an allocation: room for more
/// costs more to move than it saves.
pub(crate) const COMMON_NUMBERS: usize = ShapeInfo::len_of(6);

/// The integers of shape information.
pub(crate) type Numbers = SmallVec<[i64; COMMON_NUMBERS]>;

/// The shape information of an array: [its integers](super#shape-information).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeInfo {
    shape: Vec<usize>,
    strides: Vec<i64>,
    options: i64,
    element_stride: i64,
    order: Order,
}

impl ShapeInfo {
    /// The number of integers in the shape information of an array of that rank.
    #[must_use]
    pub const fn len_of(rank: usize) -> usize {
        2 * rank + 4
    }

    /// Checks a rank, as read.
    ///
    /// # Errors
    /// `Malformed` when no array of ND4J has it.
    pub(crate) fn check_rank(rank: i64) -> Result<usize> {
        usize::try_from(rank)
            .ok()
            .filter(|rank| *rank <= MAX_RANK)
            .ok_or_else(|| Error::malformed(format!("the rank is {rank}, expected 0 to {MAX_RANK}")))
    }

    /// Decodes the bytes of shape information, integers of `width` bytes (4 or 8) in the byte order `B`. They begin at
    /// byte `offset` of the file, which errors count from.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn decode<B: byteorder::ByteOrder>(bytes: &[u8], offset: u64, width: usize) -> Result<Self> {
        let mut numbers = Numbers::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            numbers.push(rest.read_int::<B>(width)?);
        }
        Self::parse(&numbers, offset, width)
    }

    /// Parses the integers of shape information. They begin at byte `offset` of the file, each of them `width` bytes, which
    /// errors count from.
    ///
    /// # Errors
    /// `Malformed` when there are not as many as the rank asks for, a dimension is negative, the number of items
    /// overflows, or the order is neither C nor F.
    pub fn parse(numbers: &[i64], offset: u64, width: usize) -> Result<Self> {
        let at = |place: usize| offset.saturating_add((place * width) as u64);
        let rank = numbers.first().copied().ok_or_else(|| {
            Error::malformed("there is no shape information: expected 4 numbers or more").at(offset)
        })?;
        let rank = Self::check_rank(rank).map_err(|error| error.at(offset))?;
        let expected = Self::len_of(rank);
        let [_, rest @ ..] = numbers else { return Err(Error::malformed("no rank").at(offset)) };
        if numbers.len() != expected {
            return Err(Error::malformed(format!(
                "the shape information has {} numbers, expected {expected} for rank {rank}",
                numbers.len()
            ))
            .at(offset));
        }
        let (dimensions, rest) = rest.split_at(rank);
        let (strides, rest) = rest.split_at(rank);
        let [options, element_stride, order] = *rest else {
            return Err(Error::malformed("the shape information is cut short").at(offset));
        };
        let mut shape = Vec::new();
        for (place, number) in dimensions.iter().enumerate() {
            shape.push(dimension(place, *number).map_err(|error| error.at(at(place + 1)))?);
        }
        // The product of the other dimensions may not overflow either when a dimension is 0.
        let items = shape.iter().filter(|dimension| **dimension > 0);
        if items.copied().try_fold(1usize, usize::checked_mul).is_none() {
            return Err(Error::malformed(format!("the number of items overflows: {shape:?}")).at(at(1)));
        }
        let order = order_of(order).map_err(|error| error.at(at(expected - 1)))?;
        Ok(Self { shape, strides: strides.to_vec(), options, element_stride, order })
    }

    /// The shape information that M2.1 gives an array of that type whose items lie in `order`.
    ///
    /// # Errors
    /// `Unsupported` when the array has more dimensions than ND4J allows, or more items than it can count.
    pub fn new(shape: &[usize], order: Order, kind: DataType) -> Result<Self> {
        let strides = strides_of(shape, order)?.into_vec();
        let (options, element_stride) = options_of(shape, kind);
        Ok(Self { shape: shape.to_vec(), strides, options, element_stride, order })
    }

    /// The integers, as they are written.
    ///
    /// # Errors
    /// `Unsupported` when a dimension does not fit into 64 bits with a sign.
    pub fn numbers(&self) -> Result<Vec<i64>> {
        let hints = (self.options, self.element_stride);
        Ok(assemble(&self.shape, &self.strides, hints, self.order)?.into_vec())
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Steps along each dimension, in items, as the file has them.
    #[must_use]
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The options: the type, in generation 3, and more.
    #[must_use]
    pub fn options(&self) -> i64 {
        self.options
    }

    /// The type that the options state; `None` in generations 1 and 2.
    ///
    /// # Errors
    /// `Malformed` when they state more than one, or what ND4J never writes.
    pub fn data_type(&self) -> Result<Option<DataType>> {
        DataType::from_option_bits(self.options)
    }

    /// Checks that the options of data of generation 3 that is not packed do not state that it is.
    ///
    /// # Errors
    /// `Malformed` when they do.
    pub(crate) fn check_plain(&self) -> Result<()> {
        match self.options & COMPRESSED {
            0 => Ok(()),
            _ => Err(Error::malformed(format!(
                "the options {:#x} of the shape information say that the data is compressed, which it is not",
                self.options
            ))),
        }
    }

    /// The order that the file names. Strides decide, not this.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// The number of items.
    #[must_use]
    pub fn items(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when the items lie one after another in the order that the file names.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        let found = self.layout(1).ok();
        let expected = Layout::contiguous(&self.shape, 1, self.order).ok();
        found.zip(expected).is_some_and(|(found, expected)| found.strides() == expected.strides())
    }

    /// The number of items that a buffer must have for all strides to stay inside it.
    ///
    /// # Errors
    /// `Malformed` when that overflows, or a stride is negative.
    pub fn buffer_items(&self) -> Result<u64> {
        if self.shape.contains(&0) {
            return Ok(0);
        }
        let mut last = 0u64;
        for (dimension, stride) in
            self.shape.iter().zip(&self.strides).filter(|(dimension, _)| **dimension > 1)
        {
            let steps = *dimension as u64 - 1;
            let reached = u64::try_from(*stride).ok().and_then(|stride| stride.checked_mul(steps));
            last = reached.and_then(|reached| reached.checked_add(last)).ok_or_else(|| {
                Error::malformed(format!("the strides {:?} lead out of any buffer", self.strides))
            })?;
        }
        last.checked_add(1).ok_or_else(|| Error::malformed("the strides lead out of any buffer"))
    }

    /// Whether the array has no items: a dimension is 0, or the options of one without dimensions say so. `None` when
    /// they say it of an array that has some.
    pub(crate) fn is_empty(&self, generation: Generation) -> Option<bool> {
        let said = generation == Generation::Three && self.options & EMPTY != 0;
        match self.shape.as_slice() {
            shape if shape.contains(&0) => Some(true),
            [_, ..] if said => None,
            _ => Some(said),
        }
    }

    /// The items that a buffer must have: those of the shape, or more where strides reach further.
    ///
    /// # Errors
    /// As [`buffer_items`](Self::buffer_items).
    pub(crate) fn needed_items(&self, is_empty: bool) -> Result<u64> {
        let reached = self.buffer_items()?;
        Ok(if is_empty { 0 } else { reached.max(self.items() as u64) })
    }

    /// [`layout`](Self::layout); an empty array without dimensions has the shape `[0]`.
    ///
    /// # Errors
    /// As `layout`.
    pub(crate) fn layout_of(&self, is_empty: bool, itemsize: usize) -> Result<Layout> {
        match self.shape.as_slice() {
            [] if is_empty => Layout::contiguous(&[0], itemsize, Order::C),
            _ => self.layout(itemsize),
        }
    }

    /// The layout of the items in their buffer, in bytes.
    ///
    /// # Errors
    /// `Malformed` when a stride is negative or overflows.
    pub fn layout(&self, itemsize: usize) -> Result<Layout> {
        self.buffer_items()?;
        let canonical = Layout::contiguous(&self.shape, itemsize, self.order)?;
        if self.shape.contains(&0) {
            return Ok(canonical);
        }
        let overflow = || Error::malformed(format!("the strides {:?} overflow", self.strides));
        let mut strides = Vec::new();
        for ((dimension, stride), usual) in self.shape.iter().zip(&self.strides).zip(canonical.strides()) {
            // A stride along one item is never used, and versions differ in what they write there.
            let bytes = if *dimension == 1 {
                *usual
            } else {
                isize::try_from(*stride)
                    .ok()
                    .zip(isize::try_from(itemsize).ok())
                    .and_then(|(stride, itemsize)| stride.checked_mul(itemsize))
                    .ok_or_else(overflow)?
            };
            strides.push(bytes);
        }
        Layout::new(&self.shape, &strides, 0)
    }
}

/// Reads an integer of `width` bytes, the `what` of the format.
pub(crate) fn read_int<B: byteorder::ByteOrder>(
    input: &mut Input<'_>,
    width: usize,
    what: &str,
) -> Result<i64> {
    let mut bytes = [0; 8];
    let (bytes, _) = bytes.split_at_mut(width.min(8));
    input.read_exact(bytes, what)?;
    Ok((&*bytes).read_int::<B>(width)?)
}

/// The length of a dimension, as read.
pub(crate) fn dimension(place: usize, number: i64) -> Result<usize> {
    usize::try_from(number)
        .map_err(|_| Error::malformed(format!("dimension {place} is {number}, expected 0 or more")))
}

/// The order that a letter names; `a` means either of them to ND4J.
pub(crate) fn order_of(letter: i64) -> Result<Order> {
    match letter {
        97 | 99 => Ok(Order::C),
        102 => Ok(Order::F),
        _ => Err(Error::malformed(format!("the order is {letter}, expected 99 ('c') or 102 ('f')"))),
    }
}

/// The integers of the shape information that M2.1 writes for an array of that type whose items lie in `order`.
///
/// # Errors
/// As [`ShapeInfo::new`].
pub(crate) fn numbers_of(shape: &[usize], order: Order, kind: DataType) -> Result<Numbers> {
    assemble(shape, &strides_of(shape, order)?, options_of(shape, kind), order)
}

/// Options and the stride from item to item.
fn options_of(shape: &[usize], kind: DataType) -> (i64, i64) {
    match shape.contains(&0) {
        true => (kind.option_bits() | EMPTY, 0),
        false => (kind.option_bits(), 1),
    }
}

/// The strides of items that lie one after another; an array without items has strides of 0.
fn strides_of(shape: &[usize], order: Order) -> Result<SmallVec<[i64; MAX_RANK]>> {
    if shape.len() > MAX_RANK {
        return Err(Error::unsupported(format!(
            "ND4J has arrays of {MAX_RANK} dimensions at most, this one has {}",
            shape.len()
        )));
    }
    let mut strides = SmallVec::from_elem(0, shape.len());
    if shape.contains(&0) {
        return Ok(strides);
    }
    let mut next = 1i64;
    let set = |(stride, dimension): (&mut i64, &usize)| {
        *stride = next;
        next = next.checked_mul(i64::try_from(*dimension).ok()?)?;
        Some(())
    };
    let mut steps = strides.iter_mut().zip(shape);
    let set = match order {
        Order::C => steps.rev().try_for_each(set),
        Order::F => steps.try_for_each(set),
    };
    set.ok_or_else(|| too_large(shape))?;
    Ok(strides)
}

fn assemble(
    shape: &[usize],
    strides: &[i64],
    (options, element_stride): (i64, i64),
    order: Order,
) -> Result<Numbers> {
    let whole = |number: usize| i64::try_from(number).map_err(|_| too_large(shape));
    let mut numbers = Numbers::new();
    numbers.push(whole(shape.len())?);
    for dimension in shape {
        numbers.push(whole(*dimension)?);
    }
    numbers.extend_from_slice(strides);
    let letter = match order {
        Order::C => b'c',
        Order::F => b'f',
    };
    numbers.extend([options, element_stride, letter.into()]);
    Ok(numbers)
}

fn too_large(shape: &[usize]) -> Error {
    Error::unsupported(format!("the shape {shape:?} is too large for ND4J"))
}

/// The bytes of all items of an array.
///
/// # Errors
/// `Unsupported` when 64 bits do not hold that number.
pub(crate) fn data_len(shape: &[usize], itemsize: usize) -> Result<u64> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let mut dimensions = shape.iter().map(|dimension| *dimension as u64);
    let len = dimensions.try_fold(itemsize as u64, u64::checked_mul);
    len.ok_or_else(|| too_large(shape))
}

/// The layout of items whose buffer begins at byte `offset` of a file.
///
/// # Errors
/// `LimitExceeded` when that lies outside the address space.
pub(crate) fn placed(layout: &Layout, offset: u64) -> Result<Layout> {
    let offset = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(layout.offset()));
    let offset = offset.ok_or_else(|| Error::limit("the data lies outside the address space"))?;
    Layout::new(layout.shape(), layout.strides(), offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back() {
        for shape in [&[][..], &[0], &[5], &[2, 3], &[1, 4], &[2, 0, 3], &[2, 1, 3, 2], &[1; 32]] {
            for order in [Order::C, Order::F] {
                let info = ShapeInfo::new(shape, order, DataType::Float).unwrap();
                let numbers = info.numbers().unwrap();
                assert_eq!(numbers_of(shape, order, DataType::Float).unwrap().to_vec(), numbers);
                assert_eq!(numbers.len(), ShapeInfo::len_of(shape.len()));
                assert_eq!(ShapeInfo::parse(&numbers, 0, 8).unwrap(), info);
                assert_eq!(info.buffer_items().unwrap(), shape.iter().product::<usize>() as u64);
                assert!(info.is_canonical());
            }
        }
        assert_eq!(
            ShapeInfo::new(&[0], Order::C, DataType::Float).unwrap().numbers().unwrap(),
            [1, 0, 0, 0x2008, 0, 99]
        );
        assert_eq!(
            ShapeInfo::new(&[2, 3], Order::F, DataType::Double).unwrap().numbers().unwrap(),
            [2, 2, 3, 1, 2, 0x4000, 1, 102]
        );
    }

    #[test]
    fn strides_decide() {
        let info = ShapeInfo::parse(&[3, 3, 2, 2, 2, 6, 1, 0, -1, 99], 0, 4).unwrap();
        assert_eq!(info.layout(4).unwrap().strides(), [8, 24, 4]);
        assert_eq!(info.buffer_items().unwrap(), 12);
        assert!(!info.is_canonical());
        let info = ShapeInfo::parse(&[2, 1, 4, -77, 1, 0, 1, 99], 0, 4).unwrap();
        assert_eq!(info.layout(4).unwrap().strides(), [16, 4]);
        assert!(info.is_canonical());
    }

    #[test]
    fn hostile_numbers_are_refused_with_their_place() {
        for (numbers, offset) in [
            (&[][..], 100),
            (&[-1], 100),
            (&[33], 100),
            (&[1, 2, 1, 0, 1], 100),
            (&[1, -2, 1, 0, 1, 99], 108),
            (&[1, 2, 1, 0, 1, 98], 140),
            (&[2, i64::MAX, i64::MAX, 1, 1, 0, 1, 99], 108),
            (&[3, i64::MAX, i64::MAX, 0, 1, 1, 0, 0, 1, 99], 108),
        ] {
            let error = ShapeInfo::parse(numbers, 100, 8).unwrap_err();
            assert_eq!(error.offset(), Some(offset), "{numbers:?}: {error}");
        }
        for stride in [-1, i64::MIN, i64::MAX] {
            let info = ShapeInfo::parse(&[2, 2, 3, stride, 1, 0, 1, 99], 0, 8).unwrap();
            assert!(info.layout(8).is_err() || info.buffer_items().unwrap() > 1 << 62);
        }
    }
}
