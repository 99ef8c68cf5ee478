//! Which casts NumPy allows.

use super::Casting;
use crate::{ByteOrder, DType, RecordType, Scalar, SubArray, TimeBase, TimeUnit};

impl DType {
    /// True when `casting` allows items of this dtype to become items of `to`: `np.can_cast` of NumPy 2.
    ///
    /// As there, a string or void of no length as `to` stands for one of just the length that is needed. bfloat16,
    /// which NumPy does not know, is one more kind of floats: it becomes an `f4` safely, and an `f2` as the same
    /// kind.
    ///
    /// ```
    /// use arr_core::{Casting, DType, Scalar};
    /// let (short, long) = (DType::native(Scalar::I16), DType::native(Scalar::I32));
    /// assert!(short.can_cast(&long, Casting::Safe));
    /// assert!(!long.can_cast(&short, Casting::Safe));
    /// assert!(long.can_cast(&short, Casting::SameKind));
    /// ```
    #[must_use]
    pub fn can_cast(&self, to: &Self, casting: Casting) -> bool {
        let level = match to {
            Self::Bytes(0) | Self::Unicode(0, _) | Self::Void(0) => level_to_any_length(self, to),
            _ => level(self, to),
        };
        level.is_some_and(|level| level <= casting)
    }
}

/// The strictest rule that allows a cast to a string or void as long as it has to be.
fn level_to_any_length(from: &DType, to: &DType) -> Option<Casting> {
    match (from, to) {
        (DType::Bytes(_), DType::Bytes(_)) | (DType::Void(_) | DType::Record(_), DType::Void(_)) => {
            Some(Casting::No)
        }
        (DType::Unicode(_, order), DType::Unicode(..)) => Some(by_order(*order, ByteOrder::NATIVE)),
        (DType::Scalar(..) | DType::Bytes(_), DType::Bytes(_) | DType::Unicode(..)) => Some(Casting::Safe),
        (DType::Object | DType::Utf8, _) => level(from, to),
        (_, DType::Void(_)) => Some(Casting::Safe),
        _ => level(from, to),
    }
}

/// The strictest rule that allows a cast; `None` when none does. Lengths of strings are taken as they are.
pub(super) fn level(from: &DType, to: &DType) -> Option<Casting> {
    use DType::{Bytes, DateTime, Object, Record, Scalar, SubArray, TimeDelta, Unicode, Utf8, Void};
    Some(match (from, to) {
        (Scalar(from, from_order), Scalar(to, to_order)) => {
            if from != to {
                scalars(*from, *to)
            } else {
                by_order_of(*from, *from_order, *to_order)
            }
        }
        (DateTime(from, a), DateTime(to, b)) => times(*from, *to, false, by_order(*a, *b)),
        (TimeDelta(from, a), TimeDelta(to, b)) => times(*from, *to, true, by_order(*a, *b)),
        (Scalar(kind, _), TimeDelta(..)) => to_timedelta(*kind),
        (Bytes(a), Bytes(b)) | (Void(a), Void(b)) => lengths(*a, *b, Casting::No),
        (Unicode(a, from), Unicode(b, to)) => lengths(*a, *b, by_order(*from, *to)),
        (Bytes(a), Unicode(b, _)) => fits(*a, *b),
        (Scalar(kind, _), Bytes(length) | Unicode(length, _)) => fits(digits(*kind), *length),
        (Object, Object) | (Utf8, Utf8) => Casting::No,
        (_, Object) => Casting::Safe,
        (Object, _) => Casting::Unsafe,
        (Scalar(..) | DateTime(..) | TimeDelta(..), Utf8) => Casting::Safe,
        (_, Utf8) | (Utf8, Bytes(_) | Unicode(..) | Void(_) | Record(_) | SubArray(_)) => Casting::SameKind,
        (Utf8, Scalar(crate::Scalar::Bool, _)) => Casting::SameKind,
        (Record(from), Record(to)) => records(from, to)?,
        (Record(from), to) => only_field(from, to)?,
        (from, Record(to)) => each_field(from, to)?,
        (SubArray(from), SubArray(to)) => sub_arrays(from, to)?,
        (SubArray(from), Void(_)) => level(from.base(), to)?.max(Casting::Unsafe),
        (SubArray(from), to) => level(from.base(), to).map(|_| Casting::Unsafe)?,
        (Void(_), SubArray(to)) => level(from, to.base())?.max(Casting::Unsafe),
        (from, SubArray(to)) => level(from, to.base())?.max(Casting::Safe),
        (from, Void(size)) if from.itemsize() <= *size => Casting::Safe,
        _ => Casting::Unsafe,
    })
}

fn by_order(from: ByteOrder, to: ByteOrder) -> Casting {
    if from == to { Casting::No } else { Casting::Equiv }
}

fn by_order_of(kind: Scalar, from: ByteOrder, to: ByteOrder) -> Casting {
    if kind.itemsize() == 1 { Casting::No } else { by_order(from, to) }
}

fn lengths(from: usize, to: usize, same: Casting) -> Casting {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Casting::Safe,
        std::cmp::Ordering::Equal => same,
        std::cmp::Ordering::Greater => Casting::SameKind,
    }
}

fn fits(needed: usize, length: usize) -> Casting {
    if needed <= length { Casting::Safe } else { Casting::SameKind }
}

/// The characters that NumPy reserves for a number in a string.
fn digits(kind: Scalar) -> usize {
    match kind {
        Scalar::U8 => 3,
        Scalar::I8 => 4,
        Scalar::Bool | Scalar::U16 => 5,
        Scalar::I16 => 6,
        Scalar::U32 => 10,
        Scalar::I32 => 11,
        Scalar::U64 => 20,
        Scalar::I64 => 21,
        Scalar::F16 | Scalar::BF16 | Scalar::F32 | Scalar::F64 => 32,
        Scalar::LongDouble12 | Scalar::LongDouble16 => 48,
        Scalar::Complex64 | Scalar::Complex128 => 64,
        Scalar::ComplexLongDouble24 | Scalar::ComplexLongDouble32 => 96,
    }
}

/// Bits of the significand, and of the exponent, of a kind of floats or of the parts of a complex kind.
fn float_bits(kind: Scalar) -> (u32, u32) {
    match kind {
        Scalar::F16 => (11, 5),
        Scalar::BF16 => (8, 8),
        Scalar::F32 | Scalar::Complex64 => (24, 8),
        Scalar::F64 | Scalar::Complex128 => (53, 11),
        _ => (64, 15),
    }
}

/// Different kinds. "Safe" means that NumPy thinks the values survive: a 64-bit integer counts as safe in an f64.
fn scalars(from: Scalar, to: Scalar) -> Casting {
    let kind = |scalar: Scalar| match scalar {
        Scalar::Bool => 0,
        _ if scalar.is_unsigned_integer() => 1,
        _ if scalar.is_signed_integer() => 2,
        _ if scalar.is_float() => 3,
        _ => 4,
    };
    let safe = match (kind(from), kind(to)) {
        (0, _) => true,
        (1, 1) | (2, 2) => from.itemsize() < to.itemsize(),
        (1, 2) => from.itemsize() < to.itemsize(),
        (1 | 2, 3 | 4) => match from.itemsize() {
            1 => true,
            2 => float_bits(to).0 >= 24,
            _ => float_bits(to).0 >= 53,
        },
        (3, 3 | 4) | (4, 4) => {
            let (from, to) = (float_bits(from), float_bits(to));
            from.0 <= to.0 && from.1 <= to.1
        }
        _ => false,
    };
    match (safe, kind(from) <= kind(to)) {
        (true, _) => Casting::Safe,
        (false, true) => Casting::SameKind,
        (false, false) => Casting::Unsafe,
    }
}

fn to_timedelta(kind: Scalar) -> Casting {
    match kind {
        Scalar::U64 => Casting::SameKind,
        Scalar::Bool => Casting::Safe,
        _ if kind.is_integer() => Casting::Safe,
        _ => Casting::Unsafe,
    }
}

fn times(from: TimeUnit, to: TimeUnit, is_delta: bool, same: Casting) -> Casting {
    match (from, to) {
        _ if from == to => same,
        (TimeUnit::Generic, _) => Casting::Safe,
        (_, TimeUnit::Generic) => Casting::Unsafe,
        (TimeUnit::Of(from, _), TimeUnit::Of(to, _)) if is_delta && is_calendar(from) != is_calendar(to) => {
            Casting::Unsafe
        }
        (TimeUnit::Of(from_base, from_count), TimeUnit::Of(to_base, to_count)) => {
            let finer = from_base <= to_base;
            let whole = || super::time::divides((from_base, from_count), (to_base, to_count));
            if finer && whole() { Casting::Safe } else { Casting::SameKind }
        }
    }
}

/// Years and months have no fixed length in the other units.
pub(crate) fn is_calendar(base: TimeBase) -> bool {
    base <= TimeBase::Month
}

/// Fields are matched by position; other names or titles make it a cast.
fn records(from: &RecordType, to: &RecordType) -> Option<Casting> {
    if from.fields().len() != to.fields().len() {
        return None;
    }
    let mut worst = Casting::No;
    let mut same_places = from.itemsize() == to.itemsize();
    for (a, b) in from.fields().iter().zip(to.fields()) {
        let title = |field: &crate::Field| field.title().unwrap_or(field.name()).to_owned();
        if a.name() != b.name() || title(a) != title(b) {
            worst = worst.max(Casting::Safe);
        }
        worst = worst.max(level(a.dtype(), b.dtype())?);
        same_places &= a.offset() == b.offset();
    }
    Some(if same_places { worst } else { worst.max(Casting::Equiv) })
}

/// A record of one field can be cast to what the field can be cast to.
fn only_field(from: &RecordType, to: &DType) -> Option<Casting> {
    match from.fields() {
        [field] => level(field.dtype(), to).map(|_| Casting::Unsafe),
        _ => None,
    }
}

/// A value can be cast to a record whose every field it can be cast to.
fn each_field(from: &DType, to: &RecordType) -> Option<Casting> {
    to.fields().iter().try_for_each(|field| level(from, field.dtype()).map(|_| ()))?;
    Some(Casting::Unsafe)
}

fn sub_arrays(from: &SubArray, to: &SubArray) -> Option<Casting> {
    let base = level(from.base(), to.base())?;
    Some(if from.shape() == to.shape() { base } else { Casting::Unsafe })
}
