//! Dtypes as NumPy pickles them.

use arr_core::format::room::push;
use arr_core::{ByteOrder, DType, Error, Field, RecordType, Result, Scalar, TimeUnit};

use super::super::opcodes as op;
use super::encode::Encoder;

/// The flag of text, of records, of references, and of a record that was laid out aligned.
const TEXT: i64 = 8;
const RECORD: i64 = 16;
const OBJECT: i64 = 63;
/// Those flags of fields that a record has too.
const OF_FIELDS: i64 = 27;
/// As the signed byte that older releases have.
const ALIGNED: i64 = -128;

/// Why a dtype can't be pickled; nothing when it can.
pub(super) fn refused(dtype: &DType) -> Option<&'static str> {
    match dtype {
        DType::Scalar(..)
        | DType::Bytes(_)
        | DType::Unicode(..)
        | DType::Void(_)
        | DType::Object
        | DType::Utf8 => None,
        DType::DateTime(..) | DType::TimeDelta(..) => None,
        DType::Record(record) => record.fields().iter().find_map(|field| refused(field.dtype())),
        DType::SubArray(sub) => refused(sub.base()),
        _ => Some("it is newer than this writer"),
    }
}

/// A place in a record, or its length.
fn length(bytes: usize) -> Result<i64> {
    i64::try_from(bytes).map_err(|_| Error::unsupported("a record is too long"))
}

fn flags(dtype: &DType) -> i64 {
    match dtype {
        DType::Unicode(..) => TEXT,
        DType::Object => OBJECT,
        DType::SubArray(sub) => flags(sub.base()),
        DType::Record(record) => {
            let fields = record.fields().iter().fold(0, |all, field| all | flags(field.dtype()));
            let own = RECORD | (fields & OF_FIELDS);
            if record.is_aligned() { own | ALIGNED } else { own }
        }
        _ => 0,
    }
}

/// The flags of all records in a dtype that are not part of its equality.
fn marks(dtype: &DType, to: &mut Vec<u8>) -> Result<()> {
    match dtype {
        DType::Record(record) => {
            push(to, u8::from(record.is_aligned()) | u8::from(record.has_attributes()) << 1)?;
            record.fields().iter().try_for_each(|field| marks(field.dtype(), to))
        }
        DType::SubArray(sub) => marks(sub.base(), to),
        _ => Ok(()),
    }
}

impl Encoder<'_> {
    /// A dtype, once.
    pub(super) fn dtype(&mut self, dtype: &DType) -> Result<()> {
        let mut key = (dtype.clone(), Vec::new());
        marks(dtype, &mut key.1)?;
        if let Some(number) = self.dtypes.get(&key) {
            return self.get(*number);
        }
        let aligned = dtype.as_record().filter(|record| self.is_made_aligned(record));
        if *dtype == DType::Utf8 {
            self.global("numpy._core._internal", "_convert_to_stringdtype_kwargs")?;
            self.int(1)?;
            self.op(op::TUPLE1)?;
            self.op(op::REDUCE)?;
        } else {
            self.global("numpy", "dtype")?;
            match aligned {
                Some(record) => self.aligned_record(record)?,
                None => self.dtype_args(dtype)?,
            }
            self.op(op::REDUCE)?;
        }
        let number = self.memorise()?;
        self.dtypes.try_reserve(1).map_err(arr_core::format::room::no_memory)?;
        self.dtypes.insert(key, number);
        if *dtype != DType::Utf8 && aligned.is_none() {
            self.dtype_state(dtype)?;
        }
        Ok(())
    }

    /// True for a record that the constructor can lay out aligned: NumPy checks that its fields lie so. The flag of that in a
    /// state is one number in NumPy 1 and another in NumPy 2, and neither takes the other's.
    fn is_made_aligned(&self, record: &RecordType) -> bool {
        let lies = |place: usize, dtype: &DType| place.checked_rem(dtype.alignment()) == Some(0);
        let is_text = |text: &str| self.protocol >= 3 || text.is_ascii();
        record.is_aligned()
            && !record.fields().is_empty()
            && record.fields().iter().all(|field| {
                lies(field.offset(), field.dtype())
                    && lies(record.itemsize(), field.dtype())
                    && is_text(field.name())
                    && field.title().is_none_or(is_text)
            })
    }

    /// `({'names': [...], 'formats': [...], 'offsets': [...], 'titles': [...], 'itemsize': n, 'aligned': True},)`, in a tuple
    /// with the class of records whose fields are attributes.
    fn aligned_record(&mut self, record: &RecordType) -> Result<()> {
        if record.has_attributes() {
            self.global("numpy", "record")?;
        }
        self.op(op::EMPTY_DICT)?;
        self.op(op::MARK)?;
        self.list("names", record, |to, field| to.name(field.name()))?;
        self.list("formats", record, |to, field| to.dtype(field.dtype()))?;
        self.list("offsets", record, |to, field| to.int(length(field.offset())?))?;
        if record.fields().iter().any(|field| field.title().is_some()) {
            self.list("titles", record, |to, field| match field.title() {
                Some(title) => to.name(title),
                None => to.op(op::NONE),
            })?;
        }
        self.name("itemsize")?;
        self.int(length(record.itemsize())?)?;
        self.name("aligned")?;
        self.op(op::NEWTRUE)?;
        self.op(op::SETITEMS)?;
        if record.has_attributes() {
            self.op(op::TUPLE2)?;
        }
        self.op(op::TUPLE1)
    }

    /// An entry of that dict: a value for each field.
    fn list(
        &mut self,
        name: &str,
        record: &RecordType,
        write: impl Fn(&mut Self, &Field) -> Result<()>,
    ) -> Result<()> {
        self.name(name)?;
        self.op(op::EMPTY_LIST)?;
        self.op(op::MARK)?;
        record.fields().iter().try_for_each(|field| write(self, field))?;
        self.op(op::APPENDS)
    }

    /// What the constructor is given: kind and size, without the byte order.
    fn dtype_args(&mut self, dtype: &DType) -> Result<()> {
        match dtype {
            DType::Scalar(Scalar::BF16, _) => self.global("ml_dtypes", "bfloat16")?,
            DType::Object => self.name("O8")?,
            DType::DateTime(..) => self.name("M8")?,
            DType::TimeDelta(..) => self.name("m8")?,
            DType::Record(record) if record.has_attributes() => self.global("numpy", "record")?,
            DType::Record(_) | DType::SubArray(_) => self.name(&format!("V{}", dtype.itemsize()))?,
            other => {
                let text = other.to_string();
                self.name(
                    text.get(1..).ok_or_else(|| Error::unsupported(format!("{dtype} has no type string")))?,
                )?;
            }
        }
        self.op(op::NEWFALSE)?;
        self.op(op::NEWTRUE)?;
        self.op(op::TUPLE3)
    }

    /// `(version, order, subdtype, names, fields, elsize, alignment, flags[, metadata])`, and `BUILD`.
    fn dtype_state(&mut self, dtype: &DType) -> Result<()> {
        let unit = match dtype {
            DType::DateTime(unit, _) | DType::TimeDelta(unit, _) => Some(*unit),
            _ => None,
        };
        self.op(op::MARK)?;
        self.int(if unit.is_some() { 4 } else { 3 })?;
        self.name(match dtype.byte_order() {
            Some(ByteOrder::Little) if !matches!(dtype, DType::SubArray(_)) => "<",
            Some(ByteOrder::Big) if !matches!(dtype, DType::SubArray(_)) => ">",
            _ => "|",
        })?;
        match dtype {
            DType::SubArray(sub) => {
                self.dtype(sub.base())?;
                self.shape(sub.shape())?;
                self.op(op::TUPLE2)?;
            }
            _ => self.op(op::NONE)?,
        }
        match dtype {
            DType::Record(record) => self.fields(record)?,
            _ => {
                self.op(op::NONE)?;
                self.op(op::NONE)?;
            }
        }
        let is_sized =
            !matches!(dtype, DType::Scalar(..) | DType::Object | DType::DateTime(..) | DType::TimeDelta(..));
        let (size, alignment, flags) = match dtype {
            DType::Scalar(Scalar::BF16, _) => (2, 2, 64),
            _ if is_sized => (dtype.itemsize(), dtype.alignment(), flags(dtype)),
            _ => (usize::MAX, usize::MAX, flags(dtype)),
        };
        for number in [size, alignment] {
            self.int(i64::try_from(number).unwrap_or(-1))?;
        }
        self.int(flags)?;
        if let Some(unit) = unit {
            self.unit(unit)?;
        }
        self.op(op::TUPLE)?;
        self.op(op::BUILD)
    }

    /// The names, and a dict of the fields, in which each is found by its title too.
    fn fields(&mut self, record: &RecordType) -> Result<()> {
        self.op(op::MARK)?;
        for field in record.fields() {
            self.name(field.name())?;
        }
        self.op(op::TUPLE)?;
        self.op(op::EMPTY_DICT)?;
        self.op(op::MARK)?;
        for field in record.fields() {
            for key in std::iter::once(field.name()).chain(field.title()) {
                self.name(key)?;
                self.dtype(field.dtype())?;
                self.int(length(field.offset())?)?;
                match field.title() {
                    Some(title) => {
                        self.name(title)?;
                        self.op(op::TUPLE3)?;
                    }
                    None => self.op(op::TUPLE2)?,
                }
            }
        }
        self.op(op::SETITEMS)
    }

    /// `({}, (b'ns', 1, 1, 1))`.
    fn unit(&mut self, unit: TimeUnit) -> Result<()> {
        self.op(op::EMPTY_DICT)?;
        let (name, count) = match unit {
            TimeUnit::Generic => ("generic", 1),
            TimeUnit::Of(base, count) => (base.symbol(), count),
        };
        self.op(op::MARK)?;
        if self.protocol < 3 {
            self.name(name)?
        } else {
            self.bytes(name.as_bytes())?
        };
        self.int(count.into())?;
        self.int(1)?;
        self.int(1)?;
        self.op(op::TUPLE)?;
        self.op(op::TUPLE2)
    }

    /// A tuple of whole numbers.
    pub(super) fn shape(&mut self, shape: &[usize]) -> Result<()> {
        if shape.len() > 3 {
            self.op(op::MARK)?;
        }
        for dim in shape {
            self.int(i64::try_from(*dim).map_err(|_| Error::unsupported("a dimension is too long"))?)?;
        }
        self.op(match shape.len() {
            0 => op::EMPTY_TUPLE,
            1 => op::TUPLE1,
            2 => op::TUPLE2,
            3 => op::TUPLE3,
            _ => op::TUPLE,
        })
    }
}
