//! ND4J's `DataBuffer`: see [its table](super#data-buffers).

use std::fmt;

use arr_core::{Error, Input, Order, Result};
use byteorder::{BE, ByteOrder as _, WriteBytesExt as _};
use smallvec::SmallVec;

use super::shape::{MAX_NUMBERS, ShapeInfo, numbers_of, read_int};
use super::types::{DataType, Generation};

/// ND4J's name for how memory was allocated. It tells the generation, and thereby how wide the integers of a buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AllocationMode {
    /// Generation 1.
    Direct,
    /// Generation 1.
    Heap,
    /// Generation 1; that of 0.9.1.
    JavaCpp,
    /// Generation 2.
    LongShape,
    /// Generation 3.
    MixedDataTypes,
}

impl AllocationMode {
    const ALL: [Self; 5] = [Self::Direct, Self::Heap, Self::JavaCpp, Self::LongShape, Self::MixedDataTypes];

    /// The name in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "DIRECT",
            Self::Heap => "HEAP",
            Self::JavaCpp => "JAVACPP",
            Self::LongShape => "LONG_SHAPE",
            Self::MixedDataTypes => "MIXED_DATA_TYPES",
        }
    }

    /// The mode of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The generation that writes it.
    pub(crate) const fn generation(self) -> Generation {
        match self {
            Self::Direct | Self::Heap | Self::JavaCpp => Generation::One,
            Self::LongShape => Generation::Two,
            Self::MixedDataTypes => Generation::Three,
        }
    }
}

impl fmt::Display for AllocationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The head of a buffer, before its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BufferHead {
    pub(crate) mode: AllocationMode,
    /// The number of items; for packed data not reliable.
    pub(crate) count: u64,
    /// The offset of that number.
    pub(crate) count_offset: u64,
    pub(crate) kind: DataType,
    /// The offset of the type's name.
    pub(crate) kind_offset: u64,
}

impl BufferHead {
    /// Reads the head of the buffer that is the `what` of the format.
    ///
    /// # Errors
    /// `Malformed` with the offset when the mode or the type has a name that ND4J does not give, or not in that mode, or
    /// the number is negative.
    pub(crate) fn read(input: &mut Input<'_>, what: &str) -> Result<Self> {
        Self::read_with(input, what, |_, mode| Ok(mode.generation().width()))
    }

    /// [`read`](Self::read) of the buffer with the data, behind shape information of a generation. 1.0.0-beta2 wrote arrays
    /// that it had read from files of generation 1 with the mode of these, and a number of items of 8 bytes: it is as wide
    /// as it has to be for the name of a type to follow.
    ///
    /// # Errors
    /// As `read`.
    pub(crate) fn read_data(input: &mut Input<'_>, shape: Generation) -> Result<Self> {
        Self::read_with(input, "data", |input, mode| {
            let width = mode.generation().width();
            let is_mixed = (shape, mode.generation()) == (Generation::Two, Generation::One);
            Ok(if is_mixed && !is_type_behind(input, width)? { 8 } else { width })
        })
    }

    fn read_with(
        input: &mut Input<'_>,
        what: &str,
        width: impl FnOnce(&mut Input<'_>, AllocationMode) -> Result<usize>,
    ) -> Result<Self> {
        let mode = read_name(input, "allocation mode", what, AllocationMode::from_name)?;
        let count_offset = input.position();
        let width = width(input, mode)?;
        let count = read_int::<BE>(input, width, "number of items")?;
        let count = u64::try_from(count).map_err(|_| {
            Error::malformed(format!("the number of items of the {what} is {count}, expected 0 or more"))
                .at(count_offset)
        })?;
        let kind_offset = input.position();
        let kind = read_name(input, "type", what, DataType::from_name)?;
        if !kind.is_of(mode.generation()) {
            return Err(Error::malformed(format!(
                "the type of the {what} is {kind}, which generation {} does not have",
                mode.generation()
            ))
            .at(kind_offset));
        }
        Ok(Self { mode, count, count_offset, kind, kind_offset })
    }

    /// Appends the head of a buffer of generation 3.
    pub(crate) fn put(count: u64, kind: DataType, bytes: &mut Vec<u8>) -> Result<()> {
        put_name(AllocationMode::MixedDataTypes.name(), bytes)?;
        bytes.write_u64::<BE>(count)?;
        put_name(kind.name(), bytes)
    }

    /// Bytes that the items take; `None` for strings and packed data.
    ///
    /// # Errors
    /// `Malformed` when that overflows.
    pub(crate) fn data_len(&self) -> Result<Option<u64>> {
        let Some(itemsize) = self.kind.itemsize() else { return Ok(None) };
        let len = self.count.checked_mul(itemsize as u64).filter(|len| i64::try_from(*len).is_ok());
        len.map(Some).ok_or_else(|| {
            Error::malformed(format!("{} items of {} are more than any file has", self.count, self.kind))
                .at(self.count_offset)
        })
    }
}

/// True when the name of a type, with its length in front, stands behind so many bytes. No more of a stream is taken than
/// its array has.
fn is_type_behind(input: &mut Input<'_>, width: usize) -> Result<bool> {
    let start = width + 2;
    let Some(len) = input.peek(start)?.get(width..start).map(BE::read_u16) else { return Ok(false) };
    let len = usize::from(len);
    if len > LONGEST_TYPE {
        return Ok(false);
    }
    let name = input.peek(start + len)?.get(start..);
    Ok(name.and_then(|name| std::str::from_utf8(name).ok()).and_then(DataType::from_name).is_some())
}

/// The length of the longest name of a type: `COMPRESSED`.
const LONGEST_TYPE: usize = 10;

/// The length of the shortest head.
pub(crate) const LEAST_HEAD: usize = (2 + "HEAP".len()) + 4 + (2 + "INT".len());

/// The longest name that is read; those that ND4J gives have 16 bytes at most.
const LONGEST_NAME: usize = 64;

/// Reads the name that is the `what` of a part of the format: its length in 2 bytes, then Java's modified UTF-8, which is
/// ASCII for all names that ND4J gives.
pub(crate) fn read_name<T>(
    input: &mut Input<'_>,
    what: &str,
    part: &str,
    known: impl Fn(&str) -> Option<T>,
) -> Result<T> {
    let start = input.position();
    let len = BE::read_u16(&input.read_array::<2>(what)?);
    let mut bytes = [0; LONGEST_NAME];
    let name = bytes.get_mut(..usize::from(len)).ok_or_else(|| {
        let message = format!("the {what} of the {part} has {len} bytes, expected a name that ND4J knows");
        Error::malformed(message).at(start)
    })?;
    input.read_exact(name, what)?;
    std::str::from_utf8(name).ok().and_then(known).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        let message = format!("the {what} of the {part} is {name:?}, which is not a name that ND4J knows");
        Error::malformed(message).at(start)
    })
}

fn put_name(name: &str, bytes: &mut Vec<u8>) -> Result<()> {
    let len = u16::try_from(name.len()).map_err(|_| Error::invalid("a name has more than 65535 bytes"))?;
    bytes.write_u16::<BE>(len)?;
    bytes.extend(name.as_bytes());
    Ok(())
}

/// A buffer with shape information.
#[derive(Debug)]
pub(crate) struct ShapeBuffer {
    pub(crate) mode: AllocationMode,
    pub(crate) info: ShapeInfo,
    /// The offset of the first stride.
    pub(crate) strides_offset: u64,
    /// The offset of the options.
    pub(crate) options_offset: u64,
}

/// Reads a buffer with shape information that another buffer follows.
///
/// # Errors
/// `Malformed` with the offset when the integers are not as wide as those of the generation, too many, or no shape
/// information.
pub(crate) fn read_shape(input: &mut Input<'_>) -> Result<ShapeBuffer> {
    let head = BufferHead::read(input, "shape information")?;
    let width = head.mode.generation().width();
    let expected = if width == 4 { DataType::Int } else { DataType::Long };
    if head.kind != expected {
        return Err(Error::malformed(format!(
            "the shape information has items of {}, expected {expected} in the mode {}",
            head.kind, head.mode
        ))
        .at(head.kind_offset));
    }
    let count = usize::try_from(head.count).ok().filter(|count| *count <= MAX_NUMBERS).ok_or_else(|| {
        let found = head.count;
        let message = format!("the shape information has {found} numbers, expected {MAX_NUMBERS} at most");
        Error::malformed(message).at(head.count_offset)
    })?;
    let start = input.position();
    let len = count * width;
    input.peek(len + LEAST_HEAD)?;
    let mut bytes: SmallVec<[u8; 8 * MAX_NUMBERS]> = SmallVec::from_elem(0, len);
    input.read_exact(&mut bytes, "shape information")?;
    let info = ShapeInfo::decode::<BE>(&bytes, start, width)?;
    let place = |number: usize| start.saturating_add((number * width) as u64);
    let rank = info.shape().len();
    let (strides_offset, options_offset) = (place(1 + rank), place(1 + 2 * rank));
    Ok(ShapeBuffer { mode: head.mode, info, strides_offset, options_offset })
}

/// Appends a buffer of generation 3 with the shape information of an array whose items lie in `order`.
///
/// # Errors
/// As [`ShapeInfo::new`].
pub(crate) fn put_shape(shape: &[usize], order: Order, kind: DataType, bytes: &mut Vec<u8>) -> Result<()> {
    let numbers = numbers_of(shape, order, kind)?;
    BufferHead::put(numbers.len() as u64, DataType::Long, bytes)?;
    numbers.into_iter().try_for_each(|number| bytes.write_i64::<BE>(number))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use arr_core::ErrorKind;

    use super::*;

    #[test]
    fn heads_lead_back() {
        let mut bytes = Vec::new();
        BufferHead::put(6, DataType::Float, &mut bytes).unwrap();
        let head = BufferHead::read(&mut Input::from_bytes(&bytes), "data").unwrap();
        assert_eq!(head.mode, AllocationMode::MixedDataTypes);
        assert_eq!(
            (head.count, head.count_offset, head.kind, head.kind_offset),
            (6, 18, DataType::Float, 26)
        );
        assert_eq!(head.data_len().unwrap(), Some(24));
        let info = ShapeInfo::new(&[2, 3], Order::F, DataType::Float).unwrap();
        let mut bytes = Vec::new();
        put_shape(&[2, 3], Order::F, DataType::Float, &mut bytes).unwrap();
        let read = read_shape(&mut Input::from_bytes(&bytes)).unwrap();
        assert_eq!((read.mode.generation(), read.info), (Generation::Three, info));
        assert_eq!((read.strides_offset, read.options_offset), (56, 72));
        for mode in AllocationMode::ALL {
            assert_eq!(AllocationMode::from_name(mode.name()), Some(mode));
        }
    }

    #[test]
    fn generation_1_counts_in_4_bytes() {
        let bytes = b"\0\x07JAVACPP\xff\xff\xff\xff\0\x03INT";
        let error = BufferHead::read(&mut Input::from_bytes(bytes), "data").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the number of items of the data is -1, expected 0 or more (at byte 9)"
        );
        let bytes = b"\0\x04HEAP\x7f\xff\xff\xff\0\x03INT";
        let head = BufferHead::read(&mut Input::from_bytes(bytes), "data").unwrap();
        assert_eq!((head.count, head.kind), (u64::from(u32::MAX >> 1), DataType::Int));
        let bytes = b"\0\x0aLONG_SHAPE\x7f\xff\xff\xff\xff\xff\xff\xff\0\x03INT";
        let head = BufferHead::read(&mut Input::from_bytes(bytes), "data").unwrap();
        assert_eq!(head.data_len().unwrap_err().offset(), Some(12));
    }

    #[test]
    fn unknown_names_are_refused_with_their_place() {
        // Known, but not to the versions that wrote the mode.
        for bytes in
            [&b"\0\x07JAVACPP\0\0\0\0\0\x04BOOL"[..], b"\0\x0aLONG_SHAPE\0\0\0\0\0\0\0\0\0\x06UINT16"]
        {
            let error = BufferHead::read(&mut Input::from_bytes(bytes), "data").unwrap_err();
            assert!(error.to_string().contains("which generation"), "{error}");
        }
        for bytes in [&b"\0\x03ABC"[..], b"\xff\xff", b"\0\x02\xff\xfe", b"\0", b"\0\0", b"\0\x04HEA"] {
            let error = BufferHead::read(&mut Input::from_bytes(bytes), "data").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(error.to_string().contains("allocation mode"), "{error}");
        }
    }
}
