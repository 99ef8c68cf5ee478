//! What stands before the items.

use arr_core::{ByteOrder, DType, Error, Input, Layout, Order, Result};

use super::NAME;
use crate::buffer::{BufferHead, LEAST_HEAD, read_shape};
use crate::compress::{Algorithm, Packed};
use crate::shape::ShapeInfo;
use crate::types::{DataType, EMPTY, Generation};

/// No stream takes fewer bytes: two heads and the shape information of a scalar in numbers of 4 bytes.
const LEAST: usize = 2 * LEAST_HEAD + 4 * ShapeInfo::len_of(0);

/// What a stream says of its array before the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHeader {
    generation: Generation,
    shape_info: ShapeInfo,
    data_type: DataType,
    dtype: DType,
    packed: Option<Packed>,
    /// Where items lie, counted from the data.
    layout: Layout,
    data_offset: u64,
    data_len: u64,
}

impl StreamHeader {
    /// Reads what stands before the items and leaves `input` at the first of them. Offsets are counted from the start
    /// of the input.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    pub fn read(input: &mut Input<'_>) -> Result<Self> {
        Self::read_parts(input).map_err(|error| error.in_format(NAME))
    }

    fn read_parts(input: &mut Input<'_>) -> Result<Self> {
        let start = input.position();
        // One read in place of many small ones, and none behind the array.
        input.peek(LEAST)?;
        let (mode, shape_info) = read_shape(input)?;
        let generation = mode.generation();
        let rank = shape_info.shape().len();
        input.budget().check_rank(rank).map_err(|error| error.at(start))?;
        let stated = match generation {
            Generation::One | Generation::Two => None,
            Generation::Three => shape_info.data_type().map_err(|error| error.at(start))?,
        };
        let data_start = input.position();
        let head = BufferHead::read(input, "data")?;
        let packed = match head.kind {
            DataType::Compressed => Some(Packed::read(input, head.mode.generation())?),
            _ => None,
        };
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
            None => (head.data_len()?.unwrap_or(0), head.count),
        };
        let layout = match data_type {
            DataType::Utf8 => Layout::contiguous(shape_info.shape(), 1, Order::C),
            _ => layout_of(&shape_info, generation, dtype.itemsize(), count),
        };
        // What is wrong with a layout is the file's fault here.
        let layout = layout.map_err(|error| Error::malformed(error.to_string()).at(data_start))?;
        let data_offset = input.position();
        input.budget().check_header(data_offset.saturating_sub(start)).map_err(|error| error.at(start))?;
        Ok(Self { generation, shape_info, data_type, dtype, packed, layout, data_offset, data_len })
    }

    /// The generation of the writer.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// What ND4J calls the items' type; that of compressed data is the one that it had before.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// What an item is, as it is read: big-endian but for some compressed data.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Where items lie in the data, in bytes; in the unpacked data where it is compressed.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The shape information as the file has it.
    #[must_use]
    pub fn shape_info(&self) -> &ShapeInfo {
        &self.shape_info
    }

    /// How the data is compressed; nothing where it is not.
    #[must_use]
    pub fn compression(&self) -> Option<Algorithm> {
        self.packed.map(|packed| packed.algorithm)
    }

    /// The first byte of the data, counted from the start of the input.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// Bytes of data in the file, compressed or not.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        self.data_len
    }

    pub(super) fn packed(&self) -> Option<&Packed> {
        self.packed.as_ref()
    }

    /// The order in which the array is best laid out.
    pub(super) fn natural_order(&self) -> Order {
        match self.layout.contiguity(self.dtype.itemsize()) {
            arr_core::Contiguity::F => Order::F,
            arr_core::Contiguity::C | arr_core::Contiguity::Strided => Order::C,
        }
    }

    /// Bytes from the start of the data to the end of the last item that the shape reaches.
    pub(super) fn needed(&self) -> Result<u64> {
        let extent = self.layout.extent(self.dtype.itemsize());
        extent
            .map(|extent| extent.end as u64)
            .ok_or_else(|| Error::limit("the data does not fit into memory").at(self.data_offset))
    }

    /// Refuses strings, which are not in the file.
    pub(super) fn check_items(&self) -> Result<()> {
        if self.data_type == DataType::Utf8 {
            return Err(Error::unsupported(
                "ND4J wrote no strings: it counts them in streams and leaves out their text, which is lost",
            )
            .at(self.data_offset));
        }
        Ok(())
    }

    /// Refuses data of which less is there than is needed, where it is known how much is `left`.
    pub(super) fn check_length(&self, left: Option<u64>) -> Result<()> {
        match left.filter(|left| *left < self.data_len) {
            Some(left) => Err(Error::malformed(format!(
                "the input ends inside the data: expected {} bytes, found {left}",
                self.data_len
            ))
            .at(self.data_offset)),
            None => Ok(()),
        }
    }
}

/// Where the items lie, of which the data has `count`.
fn layout_of(info: &ShapeInfo, generation: Generation, itemsize: usize, count: u64) -> Result<Layout> {
    let empty = generation == Generation::Three && info.options() & EMPTY != 0;
    if empty && info.shape().is_empty() {
        return Layout::contiguous(&[0], itemsize, Order::C);
    }
    if empty && !info.shape().contains(&0) {
        return Err(Error::malformed(format!(
            "the options say that the array is empty, its shape is {:?}",
            info.shape()
        )));
    }
    let needed = info.buffer_items()?.max(info.items() as u64);
    if needed > count {
        return Err(Error::malformed(format!(
            "the data has {count} items, expected {needed} for shape {:?} and strides {:?}",
            info.shape(),
            info.strides()
        )));
    }
    info.layout(itemsize)
}
