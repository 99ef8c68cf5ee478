//! Structured dtypes and sub-arrays.

use std::collections::TryReserveError;
use std::sync::{Arc, OnceLock};

use super::{DType, MAX_ITEMSIZE};
use crate::model::layout::{Dims, product};
use crate::{ByteOrder, Error, Result};

/// Why variable-length strings are in no other dtype.
const NO_PART: &str = "variable-length strings can't be parts of an item";

/// One named part of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    name: String,
    title: Option<String>,
    dtype: DType,
    offset: usize,
}

impl Field {
    /// The name; it may be empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title, a second name.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What the field holds.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Bytes from the start of the record.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The first byte after the field.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset.saturating_add(self.dtype.itemsize())
    }
}

/// A structured dtype: fields at offsets in an item of a fixed size, with holes where nothing is named.
///
/// ```
/// use arr_core::{DType, RecordType, Scalar};
/// let point = RecordType::builder()
///     .field("x", DType::native(Scalar::F64))
///     .field("label", DType::native(Scalar::I8))
///     .aligned()
///     .build()?;
/// assert_eq!((point.itemsize(), point.alignment()), (16, 8));
/// assert_eq!(point.field("label").map(|field| field.offset()), Some(8));
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone)]
pub struct RecordType {
    fields: Box<[Field]>,
    itemsize: usize,
    alignment: usize,
    aligned: bool,
    attributes: bool,
    /// The places of the fields, sorted by names and titles, of which none is there twice. It is made when a field of many
    /// is first looked up.
    by_name: OnceLock<Box<[Named]>>,
}

/// A place among the fields, and whether it is found by the title of the field.
#[derive(Clone, Copy, Debug)]
struct Named {
    place: usize,
    by_title: bool,
}

impl Named {
    fn of(self, fields: &[Field]) -> Option<&str> {
        let field = fields.get(self.place)?;
        if self.by_title { field.title() } else { Some(field.name()) }
    }
}

/// So many names are compared one by one; more of them are sorted or hashed.
const FEW_FIELDS: usize = 16;

/// The flags say how a record was laid out and what its class is, not what is in it: they do not count.
impl PartialEq for RecordType {
    fn eq(&self, other: &Self) -> bool {
        self.itemsize == other.itemsize && self.fields == other.fields
    }
}

impl Eq for RecordType {}

impl std::hash::Hash for RecordType {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.fields.hash(state);
        self.itemsize.hash(state);
    }
}

impl RecordType {
    /// Starts an empty record to which fields are added.
    #[must_use]
    pub fn builder() -> RecordBuilder {
        RecordBuilder::default()
    }

    /// The fields in the order in which they were named.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of that name or title.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        let fields = &self.fields;
        if fields.len() <= FEW_FIELDS {
            let title = || fields.iter().find(|field| field.title.as_deref() == Some(name));
            return fields.iter().find(|field| field.name == name).or_else(title);
        }
        let by_name = self.by_name.get_or_init(|| {
            let named = |place: usize, field: &Field| {
                let title = field.title.as_ref().map(|_| Named { place, by_title: true });
                std::iter::once(Named { place, by_title: false }).chain(title)
            };
            let all = fields.iter().enumerate().flat_map(|(place, field)| named(place, field));
            let mut all: Box<[Named]> = all.collect();
            all.sort_unstable_by(|one, other| one.of(fields).cmp(&other.of(fields)));
            all
        });
        let found = by_name.binary_search_by(|named| named.of(fields).cmp(&Some(name))).ok()?;
        fields.get(by_name.get(found)?.place)
    }

    /// Bytes of one record, holes included.
    #[must_use]
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The alignment of the record, 1 unless it was laid out aligned.
    #[must_use]
    pub fn alignment(&self) -> usize {
        self.alignment
    }

    /// True when fields were placed as a C compiler would (NumPy's `align=True`).
    #[must_use]
    pub fn is_aligned(&self) -> bool {
        self.aligned
    }

    /// True when the fields of an item are its attributes too, as those of NumPy's `numpy.record` are.
    #[must_use]
    pub fn has_attributes(&self) -> bool {
        self.attributes
    }

    /// True when fields follow one another without holes or overlaps.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        let mut end = 0;
        self.fields.iter().all(|field| {
            let follows = field.offset == end;
            end = field.end();
            follows
        }) && end == self.itemsize
    }

    pub(crate) fn with_byte_order(&self, order: ByteOrder) -> Self {
        let swap = |field: &Field| Field { dtype: field.dtype.with_byte_order(order), ..field.clone() };
        Self { fields: self.fields.iter().map(swap).collect(), by_name: OnceLock::new(), ..*self }
    }
}

/// Lays out the fields of a [`RecordType`] one after another, or at given offsets.
#[derive(Clone, Debug, Default)]
pub struct RecordBuilder {
    fields: Vec<(String, Option<String>, DType, Option<usize>)>,
    itemsize: Option<usize>,
    aligned: bool,
    attributes: bool,
    /// Why a field could not be added.
    short: Option<TryReserveError>,
}

impl RecordBuilder {
    /// Adds a field after the last one.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, dtype: DType) -> Self {
        self.push((name.into(), None, dtype, None));
        self
    }

    /// Adds a field with a title after the last one.
    #[must_use]
    pub fn titled_field(mut self, name: impl Into<String>, title: impl Into<String>, dtype: DType) -> Self {
        self.push((name.into(), Some(title.into()), dtype, None));
        self
    }

    /// Adds a field that starts at byte `offset` of the record; fields may overlap.
    #[must_use]
    pub fn field_at(
        mut self,
        name: impl Into<String>,
        title: Option<String>,
        dtype: DType,
        offset: usize,
    ) -> Self {
        self.push((name.into(), title, dtype, Some(offset)));
        self
    }

    fn push(&mut self, field: (String, Option<String>, DType, Option<usize>)) {
        match self.fields.try_reserve(1) {
            Ok(()) => self.fields.push(field),
            Err(error) => self.short = Some(error),
        }
    }

    /// Makes the record `itemsize` bytes long.
    #[must_use]
    pub fn itemsize(mut self, itemsize: usize) -> Self {
        self.itemsize = Some(itemsize);
        self
    }

    /// Places fields and ends the record as a C compiler would.
    #[must_use]
    pub fn aligned(mut self) -> Self {
        self.aligned = true;
        self
    }

    /// Makes the fields of an item its attributes, as those of NumPy's `numpy.record` are.
    #[must_use]
    pub fn attributes(mut self) -> Self {
        self.attributes = true;
        self
    }

    /// Checks and finishes the record.
    ///
    /// # Errors
    /// `InvalidArgument` when a name or title occurs twice, the record is too short for a field, an item would have
    /// more than [`MAX_ITEMSIZE`] bytes, or a field is a variable-length string, which only stands alone;
    /// `LimitExceeded` when there is no memory for so many fields.
    pub fn build(self) -> Result<RecordType> {
        self.short.map_or(Ok(()), Err).map_err(no_memory)?;
        let mut fields = Vec::new();
        fields.try_reserve_exact(self.fields.len()).map_err(no_memory)?;
        let (mut end, mut furthest, mut alignment) = (0usize, 0usize, 1usize);
        for (name, title, dtype, offset) in self.fields {
            if self.aligned {
                alignment = alignment.max(dtype.alignment());
            }
            if dtype == DType::Utf8 {
                return Err(Error::invalid(format!("field '{name}': {}", NO_PART)));
            }
            let offset = match offset {
                Some(offset) => offset,
                None if self.aligned => round_up(end, dtype.alignment()),
                None => end,
            };
            end = offset
                .checked_add(dtype.itemsize())
                .filter(|end| *end <= MAX_ITEMSIZE)
                .ok_or_else(|| Error::invalid(format!("field '{name}' ends beyond {MAX_ITEMSIZE} bytes")))?;
            furthest = furthest.max(end);
            fields.push(Field { name, title, dtype, offset });
        }
        check_names(&fields)?;
        let natural = if self.aligned { round_up(furthest, alignment) } else { furthest };
        let itemsize = self.itemsize.unwrap_or(natural);
        if itemsize < furthest || itemsize > MAX_ITEMSIZE {
            return Err(Error::invalid(format!(
                "an itemsize of {itemsize} bytes does not hold fields that end at byte {furthest}"
            )));
        }
        let (aligned, attributes) = (self.aligned, self.attributes);
        Ok(RecordType {
            fields: fields.into(),
            itemsize,
            alignment,
            aligned,
            attributes,
            by_name: OnceLock::new(),
        })
    }
}

#[cold]
fn no_memory(source: TryReserveError) -> Error {
    Error::limit("no memory for the fields of a record").with_source(source)
}

fn round_up(value: usize, alignment: usize) -> usize {
    value.checked_next_multiple_of(alignment).unwrap_or(usize::MAX)
}

/// Few names are compared with each other, many are hashed.
fn check_names(fields: &[Field]) -> Result<()> {
    let names = || fields.iter().flat_map(|field| std::iter::once(&field.name).chain(field.title.as_ref()));
    let twice = if fields.len() <= FEW_FIELDS {
        names()
            .enumerate()
            .find(|(at, name)| names().take(*at).any(|earlier| earlier == *name))
            .map(|(_, name)| name)
    } else {
        let mut seen = std::collections::HashSet::new();
        seen.try_reserve(names().count()).map_err(no_memory)?;
        names().find(|name| !seen.insert(name.as_str()))
    };
    match twice {
        Some(name) => Err(Error::invalid(format!("the field name '{name}' occurs more than once"))),
        None => Ok(()),
    }
}

/// A small array in each item, in C order. Its base may be a sub-array itself: that is another dtype than one with all
/// of the dimensions, as in NumPy 2, though its items lie alike.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SubArray {
    base: DType,
    /// Its own dimensions, and behind them those of its base.
    dims: Dims,
    /// How many of them are its own.
    own: usize,
    itemsize: usize,
}

impl SubArray {
    /// An array of `shape` whose items are `base`.
    ///
    /// # Errors
    /// `InvalidArgument` when an item would have more than [`MAX_ITEMSIZE`] bytes or more than
    /// [`MAX_RANK`](crate::MAX_RANK) dimensions, or the base is a variable-length string, which only stands alone.
    pub fn new(base: DType, shape: &[usize]) -> Result<Self> {
        let inner = match &base {
            DType::SubArray(inner) => inner.dims(),
            DType::Utf8 => return Err(Error::invalid(NO_PART)),
            _ => &[],
        };
        let dims: Dims = shape.iter().chain(inner).copied().collect();
        if dims.len() > crate::MAX_RANK {
            return Err(Error::invalid(format!("a sub-array can't have {} dimensions", dims.len())));
        }
        let itemsize = product(shape)
            .and_then(|items| items.checked_mul(base.itemsize()))
            .filter(|size| *size <= MAX_ITEMSIZE)
            .ok_or_else(|| {
                Error::invalid(format!("a sub-array of shape {shape:?} exceeds {MAX_ITEMSIZE} bytes"))
            })?;
        Ok(Self { base, dims, own: shape.len(), itemsize })
    }

    /// An array of `shape` whose items are `base`; the dimensions of a base that is a sub-array become its last ones, as
    /// those of a Rust array of arrays are.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn joined(base: DType, shape: &[usize]) -> Result<Self> {
        match base {
            DType::SubArray(inner) => {
                let dims: Dims = shape.iter().chain(inner.dims()).copied().collect();
                Self::new(inner.item().clone(), &dims)
            }
            base => Self::new(base, shape),
        }
    }

    /// What the small array holds, which may be a sub-array again: see [`item`](Self::item).
    #[must_use]
    pub fn base(&self) -> &DType {
        &self.base
    }

    /// The shape of the small array, without the dimensions of its base: see [`dims`](Self::dims).
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.dims.get(..self.own).unwrap_or(&self.dims)
    }

    /// The innermost items, which are no sub-arrays: those that [`Array::field`](crate::Array::field) has.
    #[must_use]
    pub fn item(&self) -> &DType {
        let mut item = &self.base;
        while let DType::SubArray(inner) = item {
            item = inner.base();
        }
        item
    }

    /// All dimensions down to the innermost items.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Bytes of the whole small array.
    #[must_use]
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    pub(crate) fn with_byte_order(&self, order: ByteOrder) -> Self {
        Self { base: self.base.with_byte_order(order), dims: self.dims.clone(), ..*self }
    }
}

impl From<SubArray> for DType {
    /// A sub-array without dimensions is its base.
    fn from(sub: SubArray) -> Self {
        if sub.own == 0 { sub.base } else { Self::SubArray(Arc::new(sub)) }
    }
}
