//! Scalar kinds, byte order and datetime units.

use std::fmt;

/// The order of the bytes of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first, `<` in a type string.
    Little,
    /// Most significant byte first, `>` in a type string.
    Big,
}

impl ByteOrder {
    /// The order of the machine this runs on.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    /// The other order.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Little => Self::Big,
            Self::Big => Self::Little,
        }
    }

    /// True for the order of the machine this runs on.
    #[must_use]
    pub const fn is_native(self) -> bool {
        matches!((self, Self::NATIVE), (Self::Little, Self::Little) | (Self::Big, Self::Big))
    }

    /// `<` or `>`, as NumPy writes it.
    #[must_use]
    pub const fn symbol(self) -> char {
        match self {
            Self::Little => '<',
            Self::Big => '>',
        }
    }
}

impl fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Little => "little",
            Self::Big => "big",
        })
    }
}

/// The order in which the items of a contiguous array are written: how to write, never how to interpret strides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Row major: the last index varies fastest.
    #[default]
    C,
    /// Column major (Fortran): the first index varies fastest.
    F,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::F => "F",
        })
    }
}

/// The kinds of numbers of a fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scalar {
    /// One byte, 0 or 1: `|b1`.
    Bool,
    /// `|i1`
    I8,
    /// `i2`
    I16,
    /// `i4`
    I32,
    /// `i8`
    I64,
    /// `|u1`
    U8,
    /// `u2`
    U16,
    /// `u4`
    U32,
    /// `u8`
    U64,
    /// IEEE binary16: `f2`.
    F16,
    /// The upper half of a binary32: `bfloat16`. A `.npy` holds it as `<V2`.
    BF16,
    /// IEEE binary32: `f4`.
    F32,
    /// IEEE binary64: `f8`.
    F64,
    /// The C compiler's `long double` in 12 bytes (x87 on 32-bit x86): `f12`, opaque bytes.
    LongDouble12,
    /// The C compiler's `long double` in 16 bytes: `f16`, opaque bytes. x87 extended on x86-64, binary128 on
    /// aarch64, two doubles on ppc64le: the type string does not tell which.
    LongDouble16,
    /// Two binary32: `c8`.
    Complex64,
    /// Two binary64: `c16`.
    Complex128,
    /// Two [`LongDouble12`](Self::LongDouble12): `c24`.
    ComplexLongDouble24,
    /// Two [`LongDouble16`](Self::LongDouble16): `c32`.
    ComplexLongDouble32,
}

impl Scalar {
    /// Every kind, in the order of NumPy's type numbers.
    pub const ALL: [Self; 19] = [
        Self::Bool,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::F16,
        Self::BF16,
        Self::F32,
        Self::F64,
        Self::LongDouble12,
        Self::LongDouble16,
        Self::Complex64,
        Self::Complex128,
        Self::ComplexLongDouble24,
        Self::ComplexLongDouble32,
    ];

    /// Bytes of one item.
    #[must_use]
    pub const fn itemsize(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::BF16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::Complex64 => 8,
            Self::LongDouble12 => 12,
            Self::LongDouble16 | Self::Complex128 => 16,
            Self::ComplexLongDouble24 => 24,
            Self::ComplexLongDouble32 => 32,
        }
    }

    /// Bytes of the unit that a byte swap reverses: the item, or one part of a complex number.
    #[must_use]
    pub const fn swap_unit(self) -> usize {
        if self.is_complex() { self.itemsize() / 2 } else { self.itemsize() }
    }

    /// The alignment that a C compiler gives it on x86-64, in bytes.
    #[must_use]
    pub const fn alignment(self) -> usize {
        match self {
            Self::LongDouble12 | Self::ComplexLongDouble24 => 4,
            _ => self.swap_unit(),
        }
    }

    /// True for real floating-point kinds, long double too.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(
            self,
            Self::F16 | Self::BF16 | Self::F32 | Self::F64 | Self::LongDouble12 | Self::LongDouble16
        )
    }

    /// True for complex kinds.
    #[must_use]
    pub const fn is_complex(self) -> bool {
        matches!(
            self,
            Self::Complex64 | Self::Complex128 | Self::ComplexLongDouble24 | Self::ComplexLongDouble32
        )
    }

    /// True for signed integers.
    #[must_use]
    pub const fn is_signed_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// True for unsigned integers (not for booleans).
    #[must_use]
    pub const fn is_unsigned_integer(self) -> bool {
        matches!(self, Self::U8 | Self::U16 | Self::U32 | Self::U64)
    }

    /// True for integers (not for booleans).
    #[must_use]
    pub const fn is_integer(self) -> bool {
        self.is_signed_integer() || self.is_unsigned_integer()
    }

    /// True for long double and its complex form, which are opaque bytes.
    #[must_use]
    pub const fn is_long_double(self) -> bool {
        matches!(
            self,
            Self::LongDouble12 | Self::LongDouble16 | Self::ComplexLongDouble24 | Self::ComplexLongDouble32
        )
    }

    /// The type string without byte order: `b1`, `i4`, `f8`, `c16`; `bfloat16`, which has none.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bool => "b1",
            Self::I8 => "i1",
            Self::I16 => "i2",
            Self::I32 => "i4",
            Self::I64 => "i8",
            Self::U8 => "u1",
            Self::U16 => "u2",
            Self::U32 => "u4",
            Self::U64 => "u8",
            Self::F16 => "f2",
            Self::BF16 => "bfloat16",
            Self::F32 => "f4",
            Self::F64 => "f8",
            Self::LongDouble12 => "f12",
            Self::LongDouble16 => "f16",
            Self::Complex64 => "c8",
            Self::Complex128 => "c16",
            Self::ComplexLongDouble24 => "c24",
            Self::ComplexLongDouble32 => "c32",
        }
    }

    /// NumPy's name: `bool`, `int32`, `float64`, `complex128`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::LongDouble12 => "float96",
            Self::LongDouble16 => "float128",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::ComplexLongDouble24 => "complex192",
            Self::ComplexLongDouble32 => "complex256",
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The base unit of a datetime or timedelta (`_datetime_strings` in NumPy's `datetime.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeBase {
    /// `Y`
    Year,
    /// `M`
    Month,
    /// `W`
    Week,
    /// `D`
    Day,
    /// `h`
    Hour,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `ms`
    Millisecond,
    /// `us`
    Microsecond,
    /// `ns`
    Nanosecond,
    /// `ps`
    Picosecond,
    /// `fs`
    Femtosecond,
    /// `as`
    Attosecond,
}

impl TimeBase {
    /// Every base, from the longest to the shortest.
    pub const ALL: [Self; 13] = [
        Self::Year,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Millisecond,
        Self::Microsecond,
        Self::Nanosecond,
        Self::Picosecond,
        Self::Femtosecond,
        Self::Attosecond,
    ];

    /// NumPy's name of the unit.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Year => "Y",
            Self::Month => "M",
            Self::Week => "W",
            Self::Day => "D",
            Self::Hour => "h",
            Self::Minute => "m",
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
            Self::Picosecond => "ps",
            Self::Femtosecond => "fs",
            Self::Attosecond => "as",
        }
    }
}

/// What one tick of a datetime or timedelta lasts: `count` times `base`, or the generic unit of `M8` without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// No unit: `<M8`, `<m8`.
    Generic,
    /// `<M8[25s]`: 25 seconds a tick. `count` is at least 1 and at most `i32::MAX`.
    Of(TimeBase, u32),
}

impl fmt::Display for TimeUnit {
    /// The bracketed part of the type string: empty, `[s]` or `[25s]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generic => Ok(()),
            Self::Of(base, 1) => write!(f, "[{}]", base.symbol()),
            Self::Of(base, count) => write!(f, "[{count}{}]", base.symbol()),
        }
    }
}

/// The value of a datetime or timedelta that means "not a time".
pub const NOT_A_TIME: i64 = i64::MIN;
