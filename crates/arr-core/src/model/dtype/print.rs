//! From dtype to text, as NumPy prints it.

use std::fmt::{self, Display, Formatter};

use super::{DType, Field, RecordType, SubArray};
use crate::Scalar;
use crate::format::literal::py_repr;

impl Display for DType {
    /// NumPy's `dtype.str` (`|b1`, `<f4`, `|S5`, `<M8[ns]`), and `<bfloat16`, `utf8`; for a record the list that
    /// `dtype.descr` is, for a sub-array the tuple. A record that no list describes (fields overlap, or are not in
    /// the order of their offsets) is printed as NumPy does: as a dictionary with names, formats and offsets.
    ///
    /// All of it is read back by `parse`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(_) | Self::SubArray(_) => Nested { dtype: self, target: Target::People }.fmt(f),
            _ => write_simple(self, Target::People, f),
        }
    }
}

/// Whom the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// For people, and for our own parser.
    People,
    /// For NumPy, which has no `bfloat16` of its own.
    Header,
    /// For `numpy.dtype`: a list where it makes that record of it, and otherwise a dictionary.
    Constructor,
}

impl DType {
    /// The text of what `numpy.dtype` takes to make this dtype, with all that a record is: as it is printed, but a record
    /// that is laid out [aligned](RecordType::is_aligned), or has holes, is a dictionary. That is what `str(dtype)` is in
    /// Python. `parse` reads it back.
    ///
    /// ```
    /// let text = "{'names': ['a', 'b'], 'formats': ['|i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}";
    /// let dtype: arr_core::DType = text.parse()?;
    /// assert_eq!(dtype.to_string(), "[('a', '|i1'), ('', '|V7'), ('b', '<f8')]");
    /// assert_eq!(dtype.constructor().to_string(), text);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[must_use]
    pub fn constructor(&self) -> impl Display + '_ {
        Constructor(self)
    }
}

/// A dtype as it is made in Python; simple ones are not in quotes.
struct Constructor<'a>(&'a DType);

impl Display for Constructor<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_simple(self.0, Target::Constructor, f)
    }
}

/// A dtype as part of a Python literal: simple ones become strings.
pub(super) struct Nested<'a> {
    pub(super) dtype: &'a DType,
    pub(super) target: Target,
}

impl Display for Nested<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let target = self.target;
        match self.dtype {
            DType::Record(record) => write_record(record, target, f),
            DType::SubArray(sub) => write_sub_array(sub, target, f),
            simple => {
                f.write_str("'")?;
                write_simple(simple, target, f)?;
                f.write_str("'")
            }
        }
    }
}

fn write_record(record: &RecordType, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    let is_dict = match target {
        Target::People => !is_read_back(record),
        Target::Header => false,
        Target::Constructor => !is_made_of_list(record),
    };
    if is_dict { write_dict(record, target, f) } else { write_list(record, target, f) }
}

fn write_sub_array(sub: &SubArray, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "({}, {})", Nested { dtype: sub.base(), target }, Tuple(sub.shape()))
}

/// The derived form would take much of the stack for records in records.
impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_record(self, Target::People, f)
    }
}

impl fmt::Debug for SubArray {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_sub_array(self, Target::People, f)
    }
}

fn write_simple(dtype: &DType, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    match dtype {
        DType::Scalar(Scalar::BF16, order) if target == Target::Header => write!(f, "{}V2", order.symbol()),
        DType::Scalar(kind, order) => {
            let order = if kind.itemsize() > 1 { order.symbol() } else { '|' };
            write!(f, "{order}{}", kind.code())
        }
        DType::Bytes(size) => write!(f, "|S{size}"),
        DType::Unicode(length, order) => write!(f, "{}U{length}", order.symbol()),
        DType::Void(size) => write!(f, "|V{size}"),
        DType::DateTime(unit, order) => write!(f, "{}M8{unit}", order.symbol()),
        DType::TimeDelta(unit, order) => write!(f, "{}m8{unit}", order.symbol()),
        DType::Object => f.write_str("|O"),
        DType::Utf8 => f.write_str("utf8"),
        DType::Record(_) | DType::SubArray(_) => Nested { dtype, target }.fmt(f),
    }
}

/// True when fields follow one another, so that a list with explicit holes describes the record.
pub(super) fn is_in_order(record: &RecordType) -> bool {
    let mut end = 0;
    record.fields().iter().all(|field| {
        let follows = field.offset() >= end;
        end = field.end();
        follows
    })
}

/// True when the list of the record is read as that record: a void without a name would be read as a hole.
fn is_read_back(record: &RecordType) -> bool {
    let hole = |field: &Field| {
        field.name().is_empty()
            && field.title().is_none()
            && matches!(field.dtype(), DType::Void(_) | DType::SubArray(_))
    };
    is_in_order(record) && !record.fields().iter().any(hole)
}

/// True when `numpy.dtype` makes the record of its list: it takes holes for fields, and gives names to those that have none.
fn is_made_of_list(record: &RecordType) -> bool {
    !record.is_aligned() && record.is_packed() && record.fields().iter().all(|field| !field.name().is_empty())
}

fn write_list(record: &RecordType, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    let (mut end, mut separator) = (0, "");
    f.write_str("[")?;
    for field in record.fields() {
        if field.offset() > end {
            write!(f, "{separator}('', '|V{}')", field.offset() - end)?;
            separator = ", ";
        }
        f.write_str(separator)?;
        write_field(field, target, f)?;
        (end, separator) = (field.end(), ", ");
    }
    if record.itemsize() > end {
        write!(f, "{separator}('', '|V{}')", record.itemsize() - end)?;
    }
    f.write_str("]")
}

/// `('name', '<i4')`, `(('title', 'name'), '<i4')`, `('name', '<i4', (2, 3))`
fn write_field(field: &Field, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    let name = py_repr(field.name());
    match field.title() {
        Some(title) => write!(f, "(({}, {name}), ", py_repr(title))?,
        None => write!(f, "({name}, ")?,
    }
    match field.dtype() {
        DType::SubArray(sub) => {
            write!(f, "{}, {})", Nested { dtype: sub.base(), target }, Tuple(sub.shape()))
        }
        dtype => write!(f, "{})", Nested { dtype, target }),
    }
}

fn write_dict(record: &RecordType, target: Target, f: &mut Formatter<'_>) -> fmt::Result {
    let fields = record.fields();
    f.write_str("{'names': ")?;
    write_items(fields, f, |field, f| f.write_str(&py_repr(field.name())))?;
    f.write_str(", 'formats': ")?;
    write_items(fields, f, |field, f| Nested { dtype: field.dtype(), target }.fmt(f))?;
    f.write_str(", 'offsets': ")?;
    write_items(fields, f, |field, f| field.offset().fmt(f))?;
    if fields.iter().any(|field| field.title().is_some()) {
        f.write_str(", 'titles': ")?;
        write_items(fields, f, |field, f| f.write_str(&field.title().map_or("None".to_owned(), py_repr)))?;
    }
    write!(f, ", 'itemsize': {}", record.itemsize())?;
    let is_told = target == Target::Constructor && record.is_aligned();
    f.write_str(if is_told { ", 'aligned': True}" } else { "}" })
}

fn write_items(
    fields: &[Field],
    f: &mut Formatter<'_>,
    write: impl Fn(&Field, &mut Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (index, field) in fields.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write(field, f)?;
    }
    f.write_str("]")
}

/// A shape as Python prints it: `()`, `(3,)`, `(2, 3)`.
struct Tuple<'a>(&'a [usize]);

impl Display for Tuple<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, dim) in self.0.iter().enumerate() {
            write!(f, "{}{dim}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}
