//! What the derived code is made of: the fields of a record, each told from the others by its number.

use super::field::Codec;
use super::lack::{Lack, Lacks, Rule};
use crate::{ByteOrder, DType, Error, RecordBuilder, RecordType, Result, SubArray};

/// The field `INDEX` of a record, of the type `T`: how it is an item, and its name. Derived code names the codec here and
/// nowhere else, so that a type that can't be a field is one error.
#[doc(hidden)]
#[allow(missing_docs, reason = "the constant is what it is called")]
pub trait FieldAt<const INDEX: usize, T> {
    /// How it is an item.
    type Codec: Codec<T>;

    const NAME: &'static str;
}

/// The size and the alignment of a field.
#[doc(hidden)]
#[must_use]
pub const fn place<S: FieldAt<I, T>, T, const I: usize>() -> (usize, usize) {
    (S::Codec::ITEMSIZE, S::Codec::ALIGNMENT)
}

/// True when all bytes are values of the field.
#[doc(hidden)]
#[must_use]
pub const fn any_bits<S: FieldAt<I, T>, T, const I: usize>() -> bool {
    S::Codec::ANY_BITS
}

/// How the field is looked for, given what its attributes say.
#[doc(hidden)]
#[must_use]
pub const fn rule<S: FieldAt<I, T>, T, const I: usize>(has_default: bool, widens: bool) -> Rule {
    Rule { may_lack: has_default || S::Codec::OPTIONAL, widens, fields: S::Codec::RULES }
}

/// The rules of what a newtype holds, which can't be missing by itself.
///
/// # Panics
/// The compiler does, where it is an `Option`: constants are made of it.
#[doc(hidden)]
#[must_use]
pub const fn inner_rules<S: FieldAt<I, T>, T, const I: usize>() -> &'static [Rule] {
    assert!(
        !S::Codec::OPTIONAL,
        "a newtype can't hold an Option: make the field optional that has the newtype"
    );
    S::Codec::RULES
}

/// True when all of them are.
#[doc(hidden)]
#[must_use]
pub const fn all(conditions: &[bool]) -> bool {
    let mut index = 0;
    while index < conditions.len() {
        if !conditions[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The dtype of a field.
///
/// # Errors
/// As [`RecordField::dtype`](super::RecordField::dtype).
#[doc(hidden)]
pub fn dtype_of<S: FieldAt<I, T>, T, const I: usize>() -> Result<DType> {
    S::Codec::dtype()
}

/// The dtype of a field where it lies in memory.
///
/// # Errors
/// As [`RecordField::memory_dtype`](super::RecordField::memory_dtype).
#[doc(hidden)]
pub fn memory_dtype_of<S: FieldAt<I, T>, T, const I: usize>() -> Result<DType> {
    S::Codec::memory_dtype().map_err(|error| in_field(error, S::NAME))
}

/// The dtype of a record of these fields.
///
/// # Errors
/// As [`RecordBuilder::build`].
#[doc(hidden)]
pub fn built(builder: RecordBuilder) -> Result<DType> {
    builder.build().map(DType::from)
}

/// The record type in the dtype of a record.
///
/// # Errors
/// `Mismatch` when it is the dtype of something else.
#[doc(hidden)]
pub fn record_of(dtype: &DType) -> Result<RecordType> {
    match dtype.as_record() {
        Some(record) => Ok(record.clone()),
        None => Err(Error::mismatch(format!("{dtype} has no fields"))),
    }
}

/// Checks that a field which no file has takes no memory, so that the others can be seen in place.
///
/// # Errors
/// `Mismatch` when it takes some.
#[doc(hidden)]
pub fn check_skipped<T>(name: &str) -> Result<()> {
    if size_of::<T>() == 0 {
        return Ok(());
    }
    Err(Error::mismatch("the field is in no file, so records with it can't be seen in place").in_path(name))
}

/// Checks that a newtype lies in memory as what it holds.
///
/// # Errors
/// `Mismatch` when it does not.
#[doc(hidden)]
pub fn check_transparent<S, T>() -> Result<()> {
    if size_of::<S>() == size_of::<T>() {
        return Ok(());
    }
    Err(Error::mismatch(format!(
        "{} bytes in memory hold a value of {} bytes",
        size_of::<S>(),
        size_of::<T>()
    )))
}

/// A part of an item; empty where the item has no such part.
#[inline(always)]
pub(super) fn part(item: &[u8], offset: usize, len: usize) -> &[u8] {
    item.get(offset..).and_then(|rest| rest.get(..len)).unwrap_or_default()
}

/// Checks a field of an item.
///
/// # Errors
/// As [`RecordField::check`](super::RecordField::check).
#[doc(hidden)]
#[inline(always)]
pub fn check_part<S: FieldAt<I, T>, T, const I: usize>(item: &[u8], offset: usize) -> Result<()> {
    if S::Codec::ANY_BITS {
        return Ok(());
    }
    S::Codec::check(part(item, offset, S::Codec::ITEMSIZE)).map_err(|error| in_field(error, S::NAME))
}

/// Checks a field of an item of a file that lacks some fields.
///
/// # Errors
/// As [`RecordField::check`](super::RecordField::check).
#[doc(hidden)]
pub fn check_found<S: FieldAt<I, T>, T, const I: usize>(
    item: &[u8],
    offset: usize,
    lacks: &Lacks,
) -> Result<()> {
    match lacks.of(I) {
        Lack::Nothing => check_part::<S, T, I>(item, offset),
        Lack::Whole => Ok(()),
        Lack::Parts(parts) => S::Codec::check_found(part(item, offset, S::Codec::ITEMSIZE), parts)
            .map_err(|error| in_field(error, S::NAME)),
    }
}

/// The value of a field of an item.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn decode_part<S: FieldAt<I, T>, T, const I: usize>(item: &[u8], offset: usize) -> T {
    S::Codec::decode(part(item, offset, S::Codec::ITEMSIZE))
}

/// The value of a field of an item of a file that lacks some fields, which are `None`.
#[doc(hidden)]
#[must_use]
pub fn decode_found<S: FieldAt<I, T>, T, const I: usize>(item: &[u8], offset: usize, lacks: &Lacks) -> T {
    let found = || part(item, offset, S::Codec::ITEMSIZE);
    match lacks.of(I) {
        Lack::Nothing => S::Codec::decode(found()),
        Lack::Whole => S::Codec::none().unwrap_or_else(|| S::Codec::decode(found())),
        Lack::Parts(parts) => S::Codec::decode_found(found(), parts),
    }
}

/// The value of a field of an item of a file that lacks some fields, where an attribute says what it is then.
#[doc(hidden)]
#[must_use]
pub fn decode_or<S: FieldAt<I, T>, T, const I: usize>(
    item: &[u8],
    offset: usize,
    lacks: &Lacks,
    default: impl FnOnce() -> T,
) -> T {
    match lacks.of(I) {
        Lack::Whole => default(),
        Lack::Nothing | Lack::Parts(_) => decode_found::<S, T, I>(item, offset, lacks),
    }
}

/// Writes a field of an item.
///
/// # Errors
/// As [`RecordField::encode`](super::RecordField::encode).
#[doc(hidden)]
#[inline(always)]
pub fn encode_part<S: FieldAt<I, T>, T, const I: usize>(
    value: &T,
    item: &mut [u8],
    offset: usize,
) -> Result<()> {
    match item.get_mut(offset..).and_then(|rest| rest.get_mut(..S::Codec::ITEMSIZE)) {
        Some(part) => S::Codec::encode(value, part).map_err(|error| in_field(error, S::NAME)),
        None => Err(too_short()),
    }
}

/// Writes a field of an item, unless it is one of those that are left out.
///
/// # Errors
/// As [`RecordField::encode`](super::RecordField::encode); `InvalidArgument` when a field with a value would be left out.
#[doc(hidden)]
pub fn encode_found<S: FieldAt<I, T>, T, const I: usize>(
    value: &T,
    item: &mut [u8],
    offset: usize,
    lacks: &Lacks,
) -> Result<()> {
    let encoded = match lacks.of(I) {
        Lack::Nothing => return encode_part::<S, T, I>(value, item, offset),
        Lack::Whole => match S::Codec::lack(value) {
            Lack::Whole => Ok(()),
            Lack::Nothing | Lack::Parts(_) => Err(not_none()),
        },
        Lack::Parts(parts) => {
            match item.get_mut(offset..).and_then(|rest| rest.get_mut(..S::Codec::ITEMSIZE)) {
                Some(part) => S::Codec::encode_found(value, part, parts),
                None => return Err(too_short()),
            }
        }
    };
    encoded.map_err(|error| in_field(error, S::NAME))
}

/// Notes whether a field is `None`, or has fields that are.
#[doc(hidden)]
pub fn note_lack<S: FieldAt<I, T>, T, const I: usize>(value: &T, lacks: &mut Lacks) {
    lacks.note(I, S::Codec::lack(value));
}

/// Checks what a newtype holds.
///
/// # Errors
/// As [`RecordField::check`](super::RecordField::check).
#[doc(hidden)]
#[inline(always)]
pub fn check_inner<S: FieldAt<I, T>, T, const I: usize>(item: &[u8]) -> Result<()> {
    S::Codec::check(item)
}

/// [`check_inner`] where the file lacks some fields.
///
/// # Errors
/// As [`RecordField::check`](super::RecordField::check).
#[doc(hidden)]
pub fn check_inner_found<S: FieldAt<I, T>, T, const I: usize>(item: &[u8], lacks: &Lacks) -> Result<()> {
    S::Codec::check_found(item, lacks)
}

/// What a newtype holds.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn decode_inner<S: FieldAt<I, T>, T, const I: usize>(item: &[u8]) -> T {
    S::Codec::decode(item)
}

/// [`decode_inner`] where the file lacks some fields.
#[doc(hidden)]
#[must_use]
pub fn decode_inner_found<S: FieldAt<I, T>, T, const I: usize>(item: &[u8], lacks: &Lacks) -> T {
    S::Codec::decode_found(item, lacks)
}

/// Writes what a newtype holds.
///
/// # Errors
/// As [`RecordField::encode`](super::RecordField::encode).
#[doc(hidden)]
#[inline(always)]
pub fn encode_inner<S: FieldAt<I, T>, T, const I: usize>(value: &T, item: &mut [u8]) -> Result<()> {
    S::Codec::encode(value, item)
}

/// [`encode_inner`] where some fields are left out.
///
/// # Errors
/// As [`RecordField::encode`](super::RecordField::encode).
#[doc(hidden)]
pub fn encode_inner_found<S: FieldAt<I, T>, T, const I: usize>(
    value: &T,
    item: &mut [u8],
    lacks: &Lacks,
) -> Result<()> {
    S::Codec::encode_found(value, item, lacks)
}

/// The fields of what a newtype holds that are `None`.
#[doc(hidden)]
#[must_use]
pub fn inner_lacks<S: FieldAt<I, T>, T, const I: usize>(value: &T) -> Lacks {
    match S::Codec::lack(value) {
        Lack::Parts(parts) => parts,
        Lack::Nothing | Lack::Whole => Lacks::default(),
    }
}

/// The number of an enum that has no variant of it.
#[doc(hidden)]
#[cold]
#[must_use]
pub fn no_variant(number: impl Into<i128>, name: &str, variants: &[(&str, i128)]) -> Error {
    let known: Vec<_> = variants.iter().map(|(name, number)| format!("{number} ({name})")).collect();
    Error::mismatch(format!("{} is not a `{name}`: there are {}", number.into(), known.join(", ")))
}

#[cold]
fn in_field(error: Error, name: &str) -> Error {
    error.in_path(name)
}

#[cold]
pub(super) fn too_short() -> Error {
    Error::invalid("there are fewer bytes than an item of the record has")
}

/// Why `None` is not written where other records have a value.
#[cold]
pub(super) fn is_none() -> Error {
    Error::invalid(
        "None can't be written, since an item always has a value, and the first record has one here: write one that stands \
         for none, such as NaN, or None in all records, which leaves the field out",
    )
}

#[cold]
fn not_none() -> Error {
    Error::invalid(
        "there is a value, which would be lost: the first record has None here, and the field is left out for it; write None \
         in all records or in none",
    )
}

/// The dtype that an attribute gives to a field: a time for its ticks, in the machine's byte order.
///
/// # Errors
/// `InvalidArgument` when the dtype is not a time, or the field has other items than `i64`.
#[doc(hidden)]
pub fn retyped(own: DType, name: &str) -> Result<DType> {
    if let DType::SubArray(sub) = &own {
        return Ok(SubArray::new(retyped(sub.base().clone(), name)?, sub.shape())?.into());
    }
    match name.parse::<DType>()? {
        dtype @ (DType::DateTime(..) | DType::TimeDelta(..)) if own == DType::of::<i64>() => {
            Ok(dtype.with_byte_order(ByteOrder::NATIVE))
        }
        dtype => Err(Error::invalid(format!("a field of {own} can't be {dtype}: a time is ticks in an i64"))),
    }
}

/// So many records of zeros.
///
/// # Errors
/// `LimitExceeded` when memory is short.
#[doc(hidden)]
pub fn zeros<T: bytemuck::Zeroable>(count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count)
        .map_err(|()| Error::limit(format!("no memory for {count} records")))
}

/// Where the fields of a record lie, one after another.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Places<const N: usize> {
    /// Where each begins.
    pub offsets: [usize; N],
    /// Where the record ends.
    pub itemsize: usize,
    /// The alignment of the record: 1 unless it is laid out aligned.
    pub alignment: usize,
}

impl<const N: usize> Places<N> {
    /// Lays out fields of these itemsizes and alignments, for the compiler to do it once.
    #[must_use]
    pub const fn new(fields: [(usize, usize); N], aligned: bool) -> Self {
        let mut places = Self { offsets: [0; N], itemsize: 0, alignment: 1 };
        let mut index = 0;
        while index < N {
            let (size, alignment) = fields[index];
            if aligned {
                places.itemsize = round_up(places.itemsize, alignment);
                if alignment > places.alignment {
                    places.alignment = alignment;
                }
            }
            places.offsets[index] = places.itemsize;
            places.itemsize = places.itemsize.saturating_add(size);
            index += 1;
        }
        places.itemsize = round_up(places.itemsize, places.alignment);
        places
    }
}

const fn round_up(value: usize, alignment: usize) -> usize {
    match value.checked_next_multiple_of(alignment) {
        Some(value) => value,
        None => usize::MAX,
    }
}
