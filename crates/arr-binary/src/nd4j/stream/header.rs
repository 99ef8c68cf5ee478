//! The header, before the items.

use arr_core::{ByteOrder, Error, ErrorKind, Input, Layout, Result};

use super::{NAME, old};
use crate::nd4j::buffer::{BufferHead, LEAST_HEAD, ShapeBuffer, read_shape};
use crate::nd4j::compress::{Algorithm, Packed};
use crate::nd4j::shape::ShapeInfo;
use crate::nd4j::stated::{Stated, stated_by};
use crate::nd4j::types::{DataType, Generation};

/// The length of the shortest stream: two heads, and the shape information of a scalar in integers of 4 bytes.
const LEAST: usize = 2 * LEAST_HEAD + 4 * ShapeInfo::len_of(0);

/// The header of a stream: all that it states of its array before the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHeader {
    pub(super) stated: Stated,
    packed: Option<Packed>,
    data_offset: u64,
    data_len: u64,
}

stated_by!(StreamHeader);

impl StreamHeader {
    /// Reads the header and leaves `input` at the first item. Offsets are counted from the start of the input.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    pub fn read(input: &mut Input<'_>) -> Result<Self> {
        Self::read_parts(input).map_err(|error| error.in_format(NAME))
    }

    fn read_parts(input: &mut Input<'_>) -> Result<Self> {
        let start = input.position();
        // One read in place of many small ones, which does not reach beyond the shortest array.
        input.peek(LEAST)?;
        let old = old::read(input)?;
        let is_old = old.is_some();
        let shape = match old {
            Some(shape) => shape,
            None => read_shape(input)?,
        };
        let (generation, shape_info) = (shape.mode.generation(), &shape.info);
        let rank = shape_info.shape().len();
        input.budget().check_rank(rank).map_err(|error| error.at(start))?;
        let stated = stated_type(&shape).map_err(|error| error.at(shape.options_offset))?;
        let data_start = input.position();
        let head = BufferHead::read_data(input, generation)?;
        check_modes(&shape, &head).map_err(|error| error.at(data_start))?;
        let packed = match head.kind {
            DataType::Compressed => Some(Packed::read(input, head.mode.generation())?),
            _ => None,
        };
        if let Some(packed) = &packed {
            check_packed_len(packed, &head)?;
        }
        if is_old {
            old::check_whole(shape_info, head.count).map_err(|error| error.at(head.count_offset))?;
        }
        if packed.is_none() && generation == Generation::Three {
            shape_info.check_plain().map_err(|error| error.at(shape.options_offset))?;
        }
        let data_type = packed.map_or(head.kind, |packed| packed.kind);
        if let Some(stated) = stated.filter(|stated| !matches!(stated, DataType::Compressed)) {
            if stated != data_type {
                return Err(Error::malformed(format!(
                    "the shape information says that items are {stated}, the data that they are {data_type}"
                ))
                .at(head.kind_offset));
            }
        }
        let byte_order = packed.map_or(ByteOrder::Big, |packed| packed.byte_order());
        let dtype = data_type.dtype(byte_order).ok_or_else(|| {
            Error::malformed(format!("items can't be {data_type} once more")).at(head.kind_offset)
        })?;
        let (data_len, count) = match packed {
            Some(packed) if shape_info.is_canonical() && packed.items != shape_info.items() as u64 => {
                let (found, expected) = (packed.items, shape_info.items());
                let message = format!("the packed data has {found} items, expected {expected}");
                return Err(Error::malformed(message).at(data_start));
            }
            Some(packed) => (packed.len, packed.items),
            None => match head.data_len()? {
                Some(len) => (len, head.count),
                // The file has no bytes of strings.
                None => (0, head.count),
            },
        };
        let layout = match data_type {
            DataType::Utf8 => Layout::contiguous(shape_info.shape(), 1, shape_info.order()),
            _ => layout_of(&shape, dtype.itemsize(), count, packed.is_none().then_some(&head)),
        };
        // A layout that no array can have is an error in the file here, not in an argument.
        let layout = layout.map_err(|error| match error.kind() {
            ErrorKind::Malformed => error.at(data_start),
            _ => Error::malformed(error.to_string()).at(data_start),
        })?;
        let data_offset = input.position();
        input.budget().check_header(data_offset.saturating_sub(start)).map_err(|error| error.at(start))?;
        let stated = Stated { generation, data_type, dtype, info: shape.info, layout };
        Ok(Self { stated, packed, data_offset, data_len })
    }

    /// The algorithm that packed the data; `None` where it is not packed.
    #[must_use]
    pub fn compression(&self) -> Option<Algorithm> {
        self.packed.map(|packed| packed.algorithm)
    }

    /// The offset of the data, counted from the start of the input.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// Bytes of data in the file, packed or not.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        self.data_len
    }

    pub(super) fn packed(&self) -> Option<&Packed> {
        self.packed.as_ref()
    }

    /// Bytes from the start of the data to the end of the last item that the shape reaches.
    pub(super) fn needed(&self) -> Result<u64> {
        let extent = self.layout().extent(self.dtype().itemsize());
        extent
            .map(|extent| extent.end as u64)
            .ok_or_else(|| Error::limit("the data does not fit into memory").at(self.data_offset))
    }

    /// What is said when data that is not packed is to be unpacked.
    pub(super) fn not_packed(&self) -> Error {
        Error::malformed("the data is not compressed").at(self.data_offset)
    }

    /// Refuses strings, whose bytes are not in the file.
    pub(super) fn check_items(&self) -> Result<()> {
        if self.data_type() == DataType::Utf8 {
            return Err(Error::unsupported(
                "ND4J wrote no strings: it counts them in streams and leaves out their text, which is lost",
            )
            .at(self.data_offset));
        }
        Ok(())
    }
}

/// The type that the options state; generations 1 and 2 state none.
fn stated_type(shape: &ShapeBuffer) -> Result<Option<DataType>> {
    match (shape.mode.generation(), shape.info.options()) {
        (Generation::Three, _) => shape.info.data_type(),
        (_, 0) => Ok(None),
        (generation, options) => Err(Error::malformed(format!(
            "the options of the shape information are {options:#x}, expected 0 in generation {generation}"
        ))),
    }
}

/// Refuses pairs of buffers that no version wrote one after another. Generation 2 wrote its packed data, and what it had read
/// from files of generation 1, in buffers of generation 1.
fn check_modes(shape: &ShapeBuffer, data: &BufferHead) -> Result<()> {
    let (first, second) = (shape.mode.generation(), data.mode.generation());
    if first == second || (first, second) == (Generation::Two, Generation::One) {
        return Ok(());
    }
    Err(Error::malformed(format!(
        "the data has the mode {} of generation {second}, its shape information {} of generation {first}",
        data.mode, shape.mode
    )))
}

/// Refuses packed data whose two statements of its length differ. The first one, the number of items of the buffer, has
/// only the low 32 bits of the length in generation 1.
fn check_packed_len(packed: &Packed, head: &BufferHead) -> Result<()> {
    let len = match head.mode.generation() {
        Generation::One => packed.said_len & u64::from(u32::MAX),
        Generation::Two | Generation::Three => packed.said_len,
    };
    if head.count == len {
        return Ok(());
    }
    let message =
        format!("the data is said to have {} bytes, and {} further on", head.count, packed.said_len);
    Err(Error::malformed(message).at(head.count_offset))
}

/// The layout of the items, of which the data has `count`; a `plain` buffer may have more than the layout reaches.
///
/// Generations 1 and 2 write the buffer of an array as it is in memory, and the strides of the array. A transposed array
/// is the same buffer with other strides, a view of a larger array may be all of that array's buffer. The layout follows
/// the strides, and the number of items that the buffer must have is the largest index that the strides reach, plus one:
/// `1 + sum((dimension - 1) * stride)`. A buffer with fewer items is refused, whatever the product of the shape is.
fn layout_of(shape: &ShapeBuffer, itemsize: usize, count: u64, plain: Option<&BufferHead>) -> Result<Layout> {
    let (info, generation) = (&shape.info, shape.mode.generation());
    let is_empty = info.is_empty(generation).ok_or_else(|| {
        let message = format!("the options say that the array is empty, its shape is {:?}", info.shape());
        Error::malformed(message).at(shape.options_offset)
    })?;
    let needed = info.needed_items(is_empty).map_err(|error| error.at(shape.strides_offset))?;
    let wrong = needed > count || plain.is_some_and(|plain| count > most_items(plain, generation, needed));
    if wrong {
        let message = format!(
            "the data has {count} items, expected {needed} for shape {:?} and strides {:?}",
            info.shape(),
            info.strides()
        );
        let error = Error::malformed(message);
        return Err(match plain {
            Some(plain) => error.at(plain.count_offset),
            None => error,
        });
    }
    info.layout_of(is_empty, itemsize)
}

/// The most items that a plain buffer may have where `needed` are reached. ND4J takes an array whose buffer is longer than
/// the array for a view and copies it before it writes it, except for one of INT (`isView`); early versions wrote all
/// views as they were. An array without items may have one item without a meaning, as in `BinarySerde` files of
/// 1.0.0-beta6.
fn most_items(plain: &BufferHead, generation: Generation, needed: u64) -> u64 {
    match (generation, plain.kind) {
        (Generation::One, _) | (_, DataType::Int) => u64::MAX,
        _ => needed.max(1),
    }
}
