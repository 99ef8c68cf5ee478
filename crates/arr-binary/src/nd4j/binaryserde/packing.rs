//! The header of packed data.

use arr_core::{BufferMut, ByteOrder, Error, Input, Result};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};

use crate::nd4j::compress::{Algorithm, Packed};
use crate::nd4j::{DataType, Generation};

/// The algorithms, at the index of the code that `BinarySerde` gives them.
const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::Float8,
    Algorithm::Float16,
    Algorithm::Gzip,
    Algorithm::Int8,
    Algorithm::Int16,
    Algorithm::Noop,
    // ND4J misspells it as UNIT8, so that it finds no compressor of that name and never writes it.
    Algorithm::UInt8,
];

/// The code of an algorithm of the writer's own.
const CUSTOM: i32 = 7;

/// How the data of an array is packed: a header of 40 bytes before the data, or 44 in generation 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compression {
    packed: Packed,
    is_lossy: bool,
    items_at: u64,
}

/// The header of packed data, as the file has it.
struct Head {
    /// 0 for lossless, 1 for lossy.
    kind: i32,
    algorithm: i32,
    /// Bytes of the items.
    original_len: i64,
    /// Bytes of the packed data.
    packed_len: i64,
    /// The number of items.
    items: i64,
    itemsize: i64,
}

impl Head {
    const ALGORITHM: u64 = 4;
    const LENGTHS: u64 = 8;
    const ITEMS: u64 = 24;
    const ITEMSIZE: u64 = 32;

    fn read(input: &mut Input<'_>) -> Result<Self> {
        let bytes = input.read_array::<40>("header of the compressed data")?;
        let mut fields = &bytes[..];
        Ok(Self {
            kind: fields.read_i32::<LE>()?,
            algorithm: fields.read_i32::<LE>()?,
            original_len: fields.read_i64::<LE>()?,
            packed_len: fields.read_i64::<LE>()?,
            items: fields.read_i64::<LE>()?,
            itemsize: fields.read_i64::<LE>()?,
        })
    }

    fn is_lossy(&self) -> Result<bool> {
        match self.kind {
            0 => Ok(false),
            1 => Ok(true),
            kind => Err(Error::malformed(format!(
                "the kind of compression is {kind}, expected 0 (lossless) or 1 (lossy)"
            ))),
        }
    }

    fn algorithm(&self) -> Result<Algorithm> {
        if self.algorithm == CUSTOM {
            let message = "the data is compressed by an algorithm of the writer's own (CUSTOM)";
            return Err(Error::unsupported(message));
        }
        let found = usize::try_from(self.algorithm).ok().and_then(|code| ALGORITHMS.get(code));
        found.copied().ok_or_else(|| {
            let code = self.algorithm;
            Error::malformed(format!("the algorithm of compression is {code}, expected 0 to {CUSTOM}"))
        })
    }
}

impl Compression {
    /// Reads the header and, in generation 3, the type of the items behind it.
    pub(super) fn read(input: &mut Input<'_>, generation: Generation) -> Result<Self> {
        let start = input.position();
        let head = Head::read(input)?;
        let is_lossy = head.is_lossy().map_err(|error| error.at(start))?;
        let algorithm = head.algorithm().map_err(|error| error.at(start + Head::ALGORITHM))?;
        if is_lossy != algorithm.is_lossy() {
            let said = if is_lossy { "lossy" } else { "lossless" };
            let message = format!("the compression is said to be {said}, which {algorithm} is not");
            return Err(Error::malformed(message).at(start));
        }
        let original = match generation {
            Generation::Three => Some(read_type(input)?),
            Generation::One | Generation::Two => None,
        };
        let packed = Packed::new(algorithm, head.packed_len, head.original_len, head.items, original);
        let mut packed = packed.map_err(|error| error.at(start + Head::LENGTHS))?;
        if packed.kind.itemsize().and_then(|size| i64::try_from(size).ok()) != Some(head.itemsize) {
            let message = format!("the item size is {}, which is not that of {}", head.itemsize, packed.kind);
            return Err(Error::malformed(message).at(start + Head::ITEMSIZE));
        }
        packed.look(input)?;
        Ok(Self { packed, is_lossy, items_at: start + Head::ITEMS })
    }

    /// Checks that the packed data has the items that the array needs.
    pub(super) fn check_items(&self, needed: u64, is_canonical: bool) -> Result<()> {
        if self.packed.items < needed || (is_canonical && self.packed.items != needed) {
            let message = format!("{} items are compressed, the shape needs {needed}", self.packed.items);
            return Err(Error::malformed(message).at(self.items_at));
        }
        Ok(())
    }

    /// Unpacks the data at the position of an input; returns its byte order too.
    pub(super) fn unpack(&self, input: &mut Input<'_>) -> Result<(BufferMut, ByteOrder)> {
        Ok((self.packed.unpack(input)?, self.packed.byte_order()))
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.packed.algorithm
    }

    /// True when the file states that the values may differ from those that were packed.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// The type of the items before they were packed. Generations 1 and 2 store its size alone: it is the floating-point
    /// type of that size then, unless the packed data states another.
    #[must_use]
    pub fn original(&self) -> DataType {
        self.packed.kind
    }

    /// Bytes of all items before they were packed.
    #[must_use]
    pub fn original_len(&self) -> u64 {
        self.packed.original_len
    }

    /// Bytes of the packed data. ND4J writes 0 for `NOOP`; this is the length that the data has.
    #[must_use]
    pub fn packed_len(&self) -> u64 {
        self.packed.len
    }
}

fn read_type(input: &mut Input<'_>) -> Result<DataType> {
    let at = input.position();
    let code = LE::read_i32(&input.read_array::<4>("original type")?);
    DataType::from_code(code.into(), Generation::Three).ok_or_else(|| {
        Error::malformed(format!("the original type is {code}, which is not a type of ND4J")).at(at)
    })
}
