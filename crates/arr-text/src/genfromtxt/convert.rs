//! Fields into items: what `StringConverter` of `numpy/lib/_iotools.py` does for each dtype, and what `numpy.array` then
//! makes of its values.

use arr_core::{ByteOrder, DType, Error, Result, Scalar, TimeUnit};

use super::long_double;
use super::python::{self, Fault};
use super::value::{self, Filling, Misfit};
use crate::table::dialect::Dialect;
use crate::table::numbers;

/// How a field is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// The words `True` and `False`.
    Truth,
    /// Python's `int(text)`.
    Whole,
    /// Python's `int(float(text))`.
    Truncated,
    /// Python's `float(text)`.
    Float,
    /// `numpy.longdouble(text)`.
    Long,
    /// Python's `complex(text)`.
    Complex,
    /// The text itself.
    Text,
    /// The text in Latin-1.
    Latin1,
    /// The text in Latin-1, from which `numpy.array` makes the item: for dtypes that `StringConverter` does not know.
    Raw,
}

/// Where a field goes and how.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) conversion: Conversion,
    pub(super) dtype: DType,
    /// From the start of the row, unless all leaves are the same.
    pub(super) offset: usize,
}

/// What a field was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A value: what stands in for it is taken.
    NotAValue,
    /// A value that the dtype holds: that is an error.
    Misfit,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAValue => Self::NotAValue,
            Fault::TooLarge => Self::Misfit,
        }
    }
}

impl From<Misfit> for Refusal {
    fn from(_: Misfit) -> Self {
        Self::Misfit
    }
}

impl Leaf {
    /// What `StringConverter(dtype)` does.
    pub(super) fn new(dtype: DType, offset: usize) -> Result<Self> {
        let conversion = match &dtype {
            DType::Scalar(Scalar::Bool, _) => Conversion::Truth,
            DType::Scalar(Scalar::I64 | Scalar::U64, _) => Conversion::Whole,
            DType::Scalar(kind, _) if kind.is_integer() => Conversion::Truncated,
            DType::TimeDelta(..) => Conversion::Truncated,
            DType::Scalar(Scalar::LongDouble12 | Scalar::LongDouble16, _) => Conversion::Long,
            DType::Scalar(kind, _) if kind.is_complex() => Conversion::Complex,
            DType::Scalar(Scalar::F16 | Scalar::F32 | Scalar::F64, _) => Conversion::Float,
            DType::Unicode(..) => Conversion::Text,
            DType::Bytes(_) => Conversion::Latin1,
            DType::Void(size) if *size > 0 => Conversion::Raw,
            DType::DateTime(TimeUnit::Of(..), _) => Conversion::Raw,
            other => return Err(Error::unsupported(format!("genfromtxt reads no items of {other}"))),
        };
        Ok(Self { conversion, dtype, offset })
    }

    /// What stands in for missing values by default.
    pub(super) fn default_filling(&self) -> Filling {
        match self.conversion {
            Conversion::Truth => Filling::Bool(false),
            Conversion::Whole | Conversion::Truncated => Filling::Int(-1),
            Conversion::Float | Conversion::Long => Filling::Float(f64::NAN),
            Conversion::Complex => Filling::Complex(f64::NAN, 0.0),
            Conversion::Text | Conversion::Latin1 => Filling::Text("???".into()),
            Conversion::Raw => Filling::None,
        }
    }

    /// What a field should have been.
    pub(super) fn wanted(&self) -> &'static str {
        match self.conversion {
            Conversion::Truth => "neither True nor False",
            Conversion::Whole | Conversion::Truncated => "not a whole number",
            Conversion::Float | Conversion::Long => "not a number",
            Conversion::Complex => "not a complex number",
            Conversion::Text | Conversion::Latin1 | Conversion::Raw => "not text in Latin-1",
        }
    }

    /// Puts a field into an item, whose number may be written in another way than Python's.
    #[inline]
    pub(super) fn convert_as(
        &self,
        numerals: Option<&Dialect>,
        scratch: &mut Vec<u8>,
        text: &str,
        out: &mut [u8],
    ) -> Result<(), Refusal> {
        match numerals {
            Some(numerals) if self.is_number() => {
                let plain = numbers::plain(numerals, text.as_bytes(), scratch);
                let plain = plain.and_then(|plain| std::str::from_utf8(plain).ok());
                self.convert(plain.ok_or(Refusal::NotAValue)?, out)
            }
            _ => self.convert(text, out),
        }
    }

    /// True for numbers.
    fn is_number(&self) -> bool {
        match &self.dtype {
            DType::Scalar(kind, _) => *kind != Scalar::Bool && self.conversion != Conversion::Truth,
            DType::TimeDelta(..) => true,
            _ => false,
        }
    }

    /// Puts a field into an item.
    pub(super) fn convert(&self, text: &str, out: &mut [u8]) -> Result<(), Refusal> {
        match (self.conversion, &self.dtype) {
            (Conversion::Float, DType::Scalar(Scalar::F64, ByteOrder::NATIVE)) => {
                let value = python::float(text).ok_or(Refusal::NotAValue)?;
                let item = out.first_chunk_mut::<8>().ok_or(Refusal::Misfit)?;
                *item = value.to_ne_bytes();
                Ok(())
            }
            (Conversion::Float, DType::Scalar(kind, order)) => {
                let value = python::float(text).ok_or(Refusal::NotAValue)?;
                Ok(value::put_float(value, *kind, *order, out)?)
            }
            (Conversion::Whole, DType::Scalar(kind, order)) => {
                Ok(value::put_whole(python::whole(text)?, *kind, *order, out)?)
            }
            (Conversion::Truncated, DType::Scalar(kind, order)) => {
                Ok(value::put_whole(python::truncated(text)?, *kind, *order, out)?)
            }
            (Conversion::Truncated, DType::TimeDelta(_, order)) => {
                Ok(value::put_whole(python::truncated(text)?, Scalar::I64, *order, out)?)
            }
            (Conversion::Complex, DType::Scalar(kind, order)) => {
                let parts = python::complex(text).ok_or(Refusal::NotAValue)?;
                Ok(value::put_complex(parts, *kind, *order, out)?)
            }
            (Conversion::Long, DType::Scalar(kind, order)) => {
                let number = long_double::parse(text).ok_or(Refusal::NotAValue)?;
                Ok(value::put_long(&number, *kind, *order, out)?)
            }
            (Conversion::Truth, dtype) => {
                let truth = python::truth(text).ok_or(Refusal::NotAValue)?;
                Ok(value::store(&Filling::Bool(truth), dtype, out)?)
            }
            (Conversion::Text, DType::Unicode(_, order)) => Ok(value::put_unicode(text, *order, out)?),
            (Conversion::Latin1 | Conversion::Raw, dtype) => {
                let is_latin1 = text.is_ascii() || text.chars().all(|letter| u32::from(letter) < 256);
                if !is_latin1 {
                    return Err(Refusal::NotAValue);
                }
                Ok(raw(text, dtype, out)?)
            }
            _ => Err(Refusal::Misfit),
        }
    }
}

/// Puts bytes into an item as `item[...] = bytes` does in Python.
fn raw(text: &str, dtype: &DType, out: &mut [u8]) -> Result<(), Misfit> {
    match dtype {
        DType::Bytes(_) | DType::Void(_) => value::put_latin1(text, out),
        DType::Scalar(Scalar::Bool, _) => value::store(&Filling::Bool(!text.is_empty()), dtype, out),
        // Bytes are no text beyond ASCII, and their blanks and digits neither.
        _ if !text.is_ascii() => Err(Misfit),
        _ => value::store(&Filling::Text(text.to_owned()), dtype, out),
    }
}
