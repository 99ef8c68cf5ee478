//! ND4J's types of items, and the codes of each generation.

use std::fmt;

use arr_core::{ByteOrder, DType, Error, Result, Scalar};

/// The three ways in which ND4J has written arrays. No file states its generation as a number; the width of the integers
/// of the shape information and its type bits tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Generation {
    /// Up to 0.9.1: shape information of 32 bits an integer.
    One,
    /// 1.0.0-beta to beta3: 64 bits an integer.
    Two,
    /// 1.0.0-beta4 to M2.1: 64 bits an integer, the type in the shape information, new type codes.
    Three,
}

impl Generation {
    /// Bytes of each integer of the shape information.
    #[must_use]
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::One => 4,
            Self::Two | Self::Three => 8,
        }
    }

    /// The versions of ND4J that wrote it.
    #[must_use]
    pub const fn versions(self) -> &'static str {
        match self {
            Self::One => "to 0.9.1",
            Self::Two => "1.0.0-beta to beta3",
            Self::Three => "1.0.0-beta4 to M2.1",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
        })
    }
}

/// ND4J's `DataType` (`DataBuffer.Type` in generations 1 and 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
#[repr(i32)]
#[non_exhaustive]
pub enum DataType {
    Double = 0,
    Float = 1,
    Half = 2,
    Long = 3,
    Int = 4,
    Short = 5,
    UByte = 6,
    Byte = 7,
    Bool = 8,
    Utf8 = 9,
    /// Packed data, whose items have another type.
    Compressed = 10,
    BFloat16 = 11,
    UInt16 = 12,
    UInt32 = 13,
    UInt64 = 14,
}

/// All types, at the index of their code in generation 3.
const NEW: [DataType; 15] = {
    use DataType::{
        BFloat16, Bool, Byte, Compressed, Double, Float, Half, Int, Long, Short, UByte, UInt16, UInt32,
        UInt64, Utf8,
    };
    [
        Double, Float, Half, Long, Int, Short, UByte, Byte, Bool, Utf8, Compressed, BFloat16, UInt16, UInt32,
        UInt64,
    ]
};

/// The types of generations 1 and 2, at the index of their code.
const OLD: [DataType; 6] =
    [DataType::Double, DataType::Float, DataType::Int, DataType::Half, DataType::Compressed, DataType::Long];

/// Bits of the options in the shape information, which state the type (`ArrayOptionsHelper`).
mod bits {
    pub const SPARSE: i64 = 2;
    pub const COMPRESSED: i64 = 4;
    pub const EMPTY: i64 = 8;
    pub const BFLOAT16: i64 = 0x800;
    pub const HALF: i64 = 0x1000;
    pub const FLOAT: i64 = 0x2000;
    pub const DOUBLE: i64 = 0x4000;
    pub const BYTE: i64 = 0x8000;
    pub const SHORT: i64 = 0x1_0000;
    pub const INT: i64 = 0x2_0000;
    pub const LONG: i64 = 0x4_0000;
    pub const BOOL: i64 = 0x8_0000;
    pub const UTF8: i64 = 0x10_0000;
    pub const UNSIGNED: i64 = 0x80_0000;
    /// The memory of the array had room behind its items: native code sets it, and it means nothing in a file.
    pub const PADDED: i64 = 1 << 25;
}

pub(crate) use bits::{COMPRESSED, EMPTY};

/// All bits that state a type.
const TYPE_BITS: i64 = COMPRESSED | ((bits::UTF8 << 1) - bits::BFLOAT16);

/// All bits that ND4J writes, except for a sparse array, of which nothing is known.
const KNOWN_BITS: i64 = TYPE_BITS | EMPTY | bits::UNSIGNED | bits::PADDED;

impl DataType {
    /// The name in streams.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Double => "DOUBLE",
            Self::Float => "FLOAT",
            Self::Half => "HALF",
            Self::Long => "LONG",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::UByte => "UBYTE",
            Self::Byte => "BYTE",
            Self::Bool => "BOOL",
            Self::Utf8 => "UTF8",
            Self::Compressed => "COMPRESSED",
            Self::BFloat16 => "BFLOAT16",
            Self::UInt16 => "UINT16",
            Self::UInt32 => "UINT32",
            Self::UInt64 => "UINT64",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        NEW.into_iter().find(|known| known.name() == name)
    }

    /// The type of that code; generations 1 and 2 gave the same codes to other types than generation 3.
    #[must_use]
    pub fn from_code(code: i64, generation: Generation) -> Option<Self> {
        let codes = match generation {
            Generation::One | Generation::Two => &OLD[..],
            Generation::Three => &NEW,
        };
        usize::try_from(code).ok().and_then(|code| codes.get(code)).copied()
    }

    /// True when that generation has the type: generations 1 and 2 have six.
    pub(crate) fn is_of(self, generation: Generation) -> bool {
        generation == Generation::Three || OLD.contains(&self)
    }

    /// The code in generation 3.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The bits that state the type in the shape information of generation 3.
    #[must_use]
    pub(crate) const fn option_bits(self) -> i64 {
        match self {
            Self::Double => bits::DOUBLE,
            Self::Float => bits::FLOAT,
            Self::Half => bits::HALF,
            Self::Long => bits::LONG,
            Self::Int => bits::INT,
            Self::Short => bits::SHORT,
            Self::UByte => bits::BYTE | bits::UNSIGNED,
            Self::Byte => bits::BYTE,
            Self::Bool => bits::BOOL,
            Self::Utf8 => bits::UTF8,
            Self::Compressed => COMPRESSED,
            Self::BFloat16 => bits::BFLOAT16,
            Self::UInt16 => bits::SHORT | bits::UNSIGNED,
            Self::UInt32 => bits::INT | bits::UNSIGNED,
            Self::UInt64 => bits::LONG | bits::UNSIGNED,
        }
    }

    /// The type that the options of the shape information state; `None` when they state none, as in generations 1 and 2.
    ///
    /// # Errors
    /// `Malformed` when they state more than one, or something else that ND4J never writes: that the array is sparse, or
    /// a bit without a meaning.
    pub(crate) fn from_option_bits(options: i64) -> Result<Option<Self>> {
        if options & bits::SPARSE != 0 {
            return Err(Error::malformed(format!(
                "the options {options:#x} of the shape information say that the array is sparse, which ND4J never writes"
            )));
        }
        if options & !KNOWN_BITS != 0 {
            return Err(Error::malformed(format!(
                "the options {options:#x} of the shape information have bits that mean nothing: {:#x}",
                options & !KNOWN_BITS
            )));
        }
        // The type of packed data is that of its items.
        let typed = options & (TYPE_BITS & !COMPRESSED);
        if typed == 0 {
            return Ok((options & COMPRESSED != 0).then_some(Self::Compressed));
        }
        let wanted = typed | options & bits::UNSIGNED;
        let found = NEW.into_iter().filter(|known| *known != Self::Compressed);
        let mut found = found.filter(|known| known.option_bits() == wanted);
        found.next().map(Some).ok_or_else(|| {
            Error::malformed(format!("the options {options:#x} of the shape information say no single type"))
        })
    }

    /// Bytes of one item; `None` for strings and packed data.
    #[must_use]
    pub const fn itemsize(self) -> Option<usize> {
        match self {
            Self::Double | Self::Long | Self::UInt64 => Some(8),
            Self::Float | Self::Int | Self::UInt32 => Some(4),
            Self::Half | Self::BFloat16 | Self::Short | Self::UInt16 => Some(2),
            Self::UByte | Self::Byte | Self::Bool => Some(1),
            Self::Utf8 | Self::Compressed => None,
        }
    }

    /// Bytes of one item in a [`Layout`](arr_core::Layout). Strings, which have no fixed size, count as one byte each, so
    /// that a position in the layout is the index of a string.
    pub(crate) const fn layout_size(self) -> usize {
        match self.itemsize() {
            Some(itemsize) => itemsize,
            None => 1,
        }
    }

    /// The [`DType`] of an item in that byte order; `None` for packed data.
    #[must_use]
    pub fn dtype(self, order: ByteOrder) -> Option<DType> {
        let scalar = match self {
            Self::Double => Scalar::F64,
            Self::Float => Scalar::F32,
            Self::Half => Scalar::F16,
            Self::Long => Scalar::I64,
            Self::Int => Scalar::I32,
            Self::Short => Scalar::I16,
            Self::UByte => Scalar::U8,
            Self::Byte => Scalar::I8,
            Self::Bool => Scalar::Bool,
            Self::BFloat16 => Scalar::BF16,
            Self::UInt16 => Scalar::U16,
            Self::UInt32 => Scalar::U32,
            Self::UInt64 => Scalar::U64,
            Self::Utf8 => return Some(DType::Utf8),
            Self::Compressed => return None,
        };
        Some(DType::Scalar(scalar, order))
    }

    /// ND4J's type for items of a [`DType`].
    ///
    /// # Errors
    /// `Unsupported` when ND4J has none: complex numbers, long doubles, dates, fixed strings, records.
    pub fn of(dtype: &DType) -> Result<Self> {
        let found = NEW.into_iter().find(|known| match (known.dtype(ByteOrder::Little), dtype) {
            (Some(DType::Scalar(known, _)), DType::Scalar(scalar, _)) => known == *scalar,
            (Some(DType::Utf8), DType::Utf8) => true,
            _ => false,
        });
        found.ok_or_else(|| Error::no_type("ND4J", dtype))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_bits_lead_back() {
        for (place, known) in (0..).zip(NEW) {
            assert_eq!(DataType::from_name(known.name()), Some(known));
            assert_eq!(DataType::from_code(i64::from(place), Generation::Three), Some(known));
            assert_eq!(known.code(), place);
            assert_eq!(DataType::from_option_bits(known.option_bits()).unwrap(), Some(known));
            assert_eq!(
                DataType::from_option_bits(known.option_bits() | EMPTY | 1 << 25).unwrap(),
                Some(known)
            );
            let dtype = known.dtype(ByteOrder::Big);
            assert_eq!(
                dtype.map(|dtype| DataType::of(&dtype).unwrap()),
                (known != DataType::Compressed).then_some(known)
            );
            assert_eq!(
                known
                    .dtype(ByteOrder::Big)
                    .filter(|dtype| *dtype != DType::Utf8)
                    .map(|dtype| dtype.itemsize()),
                known.itemsize()
            );
        }
        assert_eq!(DataType::from_code(2, Generation::One), Some(DataType::Int));
        assert_eq!(DataType::from_code(2, Generation::Three), Some(DataType::Half));
        for code in [-1, 6, 15, i64::MAX, i64::MIN] {
            assert_eq!(DataType::from_code(code, Generation::Two), None);
        }
        assert_eq!(DataType::from_code(15, Generation::Three), None);
        assert_eq!(DataType::from_option_bits(0).unwrap(), None);
        assert_eq!(DataType::from_option_bits(0x80_8000).unwrap(), Some(DataType::UByte));
        assert!(DataType::from_option_bits(0x6000).is_err());
        assert!(DataType::from_option_bits(0x80_2000).is_err());
        assert!(DataType::from_option_bits(-1).is_err());
        // Sparse, ragged, UTF-16, and bits that no version knows.
        for bit in [1, 2, 0x10, 0x400, 0x20_0000, 0x40_0000, 1 << 24, 1 << 26, 1 << 40, i64::MIN] {
            assert!(DataType::from_option_bits(0x2000 | bit).is_err(), "{bit:#x}");
            assert!(DataType::from_option_bits(bit).is_err(), "{bit:#x}");
        }
    }
}
