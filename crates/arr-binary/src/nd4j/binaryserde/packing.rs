//! What stands before compressed data.

use arr_core::{BufferMut, ByteOrder, Error, Input, Result};

use crate::nd4j::compress::{Algorithm, Packed};
use crate::nd4j::{DataType, Generation};

/// The ways in which data is compressed, at the places of the numbers that `BinarySerde` gives them.
const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::Float8,
    Algorithm::Float16,
    Algorithm::Gzip,
    Algorithm::Int8,
    Algorithm::Int16,
    Algorithm::Noop,
    // ND4J calls it UNIT8, by which it can't find it when it is to write it.
    Algorithm::UInt8,
];

/// The number of an algorithm of the writer's own.
const CUSTOM: i32 = 7;

/// How the data of an array is compressed: 40 bytes before it, or 44 in generation 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compression {
    packed: Packed,
    is_lossy: bool,
    items_at: u64,
}

impl Compression {
    /// Reads kind, algorithm, lengths in bytes, the number of items and their size and, in generation 3, their type.
    pub(super) fn read(input: &mut Input<'_>, generation: Generation) -> Result<Self> {
        let start = input.position();
        let is_lossy = match i32::from_le_bytes(input.read_array("kind of compression")?) {
            0 => false,
            1 => true,
            kind => {
                let message =
                    format!("the kind of compression is {kind}, expected 0 (lossless) or 1 (lossy)");
                return Err(Error::malformed(message).at(start));
            }
        };
        let algorithm = match i32::from_le_bytes(input.read_array("algorithm of compression")?) {
            CUSTOM => {
                let message = "the data is compressed by an algorithm of the writer's own (CUSTOM)";
                return Err(Error::unsupported(message).at(start + 4));
            }
            code => usize::try_from(code).ok().and_then(|code| ALGORITHMS.get(code)).copied().ok_or_else(
                || {
                    Error::malformed(format!(
                        "the algorithm of compression is {code}, expected 0 to {CUSTOM}"
                    ))
                    .at(start + 4)
                },
            )?,
        };
        if is_lossy != algorithm.is_lossy() {
            let said = if is_lossy { "lossy" } else { "lossless" };
            let message = format!("the compression is said to be {said}, which {algorithm} is not");
            return Err(Error::malformed(message).at(start));
        }
        let mut number = |what: &str| input.read_array(what).map(i64::from_le_bytes);
        let (original_len, len) = (number("original length")?, number("compressed length")?);
        let (items, itemsize) = (number("number of items")?, number("item size")?);
        let original = match generation {
            Generation::Three => Some(read_type(input)?),
            Generation::One | Generation::Two => None,
        };
        let packed = Packed::new(algorithm, len, original_len, items, original);
        let mut packed = packed.map_err(|error| error.at(start + 8))?;
        if packed.kind.itemsize().and_then(|size| i64::try_from(size).ok()) != Some(itemsize) {
            let message = format!("the item size is {itemsize}, which is not that of {}", packed.kind);
            return Err(Error::malformed(message).at(start + 32));
        }
        packed.look(input)?;
        Ok(Self { packed, is_lossy, items_at: start + 24 })
    }

    /// Checks that as many items are packed as the array needs.
    pub(super) fn check_items(&self, needed: u64, is_canonical: bool) -> Result<()> {
        if self.packed.items < needed || (is_canonical && self.packed.items != needed) {
            let message = format!("{} items are compressed, the shape needs {needed}", self.packed.items);
            return Err(Error::malformed(message).at(self.items_at));
        }
        Ok(())
    }

    /// Unpacks the data at which an input stands, and says in which byte order it comes out.
    pub(super) fn unpack(&self, input: &mut Input<'_>) -> Result<(BufferMut, ByteOrder)> {
        Ok((self.packed.unpack(input)?, self.packed.byte_order()))
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.packed.algorithm
    }

    /// True when the file says that the values are not those that were compressed.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// What one item was before. Generations 1 and 2 store its size alone: it is a float of that size then, unless the
    /// packed data says better.
    #[must_use]
    pub fn original(&self) -> DataType {
        self.packed.kind
    }

    /// Bytes of all items before.
    #[must_use]
    pub fn original_len(&self) -> u64 {
        self.packed.original_len
    }

    /// Bytes of the packed data. ND4J writes 0 for data that is not packed (`NOOP`); this is what it takes.
    #[must_use]
    pub fn packed_len(&self) -> u64 {
        self.packed.len
    }
}

fn read_type(input: &mut Input<'_>) -> Result<DataType> {
    let at = input.position();
    let code = i32::from_le_bytes(input.read_array("original type")?);
    DataType::from_code(code.into(), Generation::Three).ok_or_else(|| {
        Error::malformed(format!("the original type is {code}, which is no type of ND4J")).at(at)
    })
}
