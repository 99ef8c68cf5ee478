//! Where values go: into numbers of a dtype that is found on the way, or of one that was asked for.

use std::collections::TryReserveError;

use arr_core::{Array, Buffer, DType, Element, Error, Order, Result, Scalar};

use super::number::{Value, is_rounded};

/// Up to here every whole number is an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Takes in the values of an array, in C order.
pub(super) trait Sink {
    /// Makes room for `count` values more.
    fn reserve(&mut self, count: usize) -> Result<()>;

    /// Takes a value.
    fn push(&mut self, value: Value<'_>) -> Result<()>;

    /// Takes a text.
    fn push_text(&mut self, text: &[u8]) -> Result<()>;

    /// Bytes of memory that are taken for values, for the budget.
    fn taken(&self) -> u64;

    /// The array, when all values are there.
    fn finish(self: Box<Self>, shape: &[usize]) -> Result<Array>;
}

fn grow<T>(values: &mut Vec<T>, count: usize) -> Result<()> {
    values.try_reserve(count).map_err(|source| no_memory(count, source))
}

#[cold]
fn no_memory(count: usize, source: TryReserveError) -> Error {
    Error::limit(format!("no memory for {count} values more")).with_source(source)
}

/// What the values so far are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Nothing,
    /// `int64`.
    Whole {
        any_negative: bool,
    },
    /// `uint64`.
    Large,
    Real,
    Bool,
    Text,
}

/// Finds the narrowest dtype on the way that holds all values.
#[derive(Debug)]
pub(super) struct Guess {
    kind: Kind,
    /// True when one of the whole numbers is not an `f64`.
    any_rounded: bool,
    /// False when the values are looked at and forgotten.
    keep: bool,
    /// Numbers of 64 bits as what they are in memory.
    bits: Vec<u64>,
    bools: Vec<bool>,
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Guess {
    pub(super) fn new(keep: bool) -> Self {
        Self {
            kind: Kind::Nothing,
            any_rounded: false,
            keep,
            bits: Vec::new(),
            bools: Vec::new(),
            texts: String::new(),
            ends: Vec::new(),
        }
    }

    /// The dtype that holds the values. ND4J's empty arrays are floats more often than not.
    pub(super) fn dtype(&self) -> DType {
        DType::native(match self.kind {
            Kind::Whole { .. } => Scalar::I64,
            Kind::Large => Scalar::U64,
            Kind::Nothing | Kind::Real => Scalar::F64,
            Kind::Bool => Scalar::Bool,
            Kind::Text => return DType::Utf8,
        })
    }

    fn put(&mut self, bits: u64) {
        if self.keep {
            self.bits.push(bits);
        }
    }

    /// Numbers so far become reals.
    ///
    /// # Errors
    /// `Mismatch` when one of them is not a float.
    #[allow(clippy::cast_precision_loss, reason = "it was looked whether any is lost")]
    fn make_real(&mut self) -> Result<()> {
        if self.any_rounded {
            return Err(Error::mismatch(
                "it has a fraction, and a whole number before it is not a float64: ask for a dtype",
            ));
        }
        for bits in &mut self.bits {
            let value = if self.kind == Kind::Large {
                *bits as f64
            } else {
                i64::from_ne_bytes(bits.to_ne_bytes()) as f64
            };
            *bits = value.to_bits();
        }
        self.kind = Kind::Real;
        Ok(())
    }

    #[inline]
    fn push_real(&mut self, value: Value<'_>) -> Result<()> {
        let number = value.to_f64();
        // Only large ones can be whole numbers that are not floats.
        if number.is_some_and(|number| number.abs() >= EXACT) && value.is_rounded() {
            return Err(Error::mismatch(
                "it is not a float64, and the values do not all fit a dtype of whole numbers: ask for a dtype",
            ));
        }
        let value = number.ok_or_else(|| {
            Error::malformed(
                "it is not a number, or too large for a float64, or too small to be another than zero",
            )
        })?;
        self.put(value.to_bits());
        Ok(())
    }
}

impl Sink for Guess {
    fn reserve(&mut self, count: usize) -> Result<()> {
        match self.kind {
            _ if !self.keep => Ok(()),
            Kind::Bool => grow(&mut self.bools, count),
            Kind::Text => Ok(()),
            _ => grow(&mut self.bits, count),
        }
    }

    fn push(&mut self, value: Value<'_>) -> Result<()> {
        if self.kind == Kind::Real && !matches!(value, Value::Bool(_)) {
            return self.push_real(value);
        }
        match (self.kind, value) {
            (Kind::Text, _) => return Err(Error::malformed("it has no quotes, and other values have")),
            (Kind::Nothing | Kind::Bool, Value::Bool(value)) => {
                self.kind = Kind::Bool;
                if self.keep {
                    grow(&mut self.bools, 1)?;
                    self.bools.push(value);
                }
            }
            (Kind::Bool, _) | (_, Value::Bool(_)) => {
                return Err(Error::malformed("numbers and booleans stand side by side"));
            }
            (_, Value::Real(_) | Value::Special(_)) => {
                self.make_real()?;
                return self.push_real(value);
            }
            (_, Value::Whole { negative, amount }) => {
                let negative = negative && amount > 0;
                let any = matches!(self.kind, Kind::Whole { any_negative: true }) || negative;
                self.any_rounded |= is_rounded(amount);
                let limit = i64::MAX.unsigned_abs() + u64::from(negative);
                if self.kind == Kind::Large || amount > limit {
                    if any {
                        return Err(Error::mismatch(
                            "no dtype holds all of the whole numbers, some of them negative: ask for one",
                        ));
                    }
                    self.kind = Kind::Large;
                    self.put(amount);
                } else {
                    self.kind = Kind::Whole { any_negative: any };
                    self.put(if negative { amount.wrapping_neg() } else { amount });
                }
            }
        }
        Ok(())
    }

    fn push_text(&mut self, text: &[u8]) -> Result<()> {
        if !matches!(self.kind, Kind::Nothing | Kind::Text) {
            return Err(Error::malformed("it has quotes, and other values have none"));
        }
        self.kind = Kind::Text;
        let text = std::str::from_utf8(text)
            .map_err(|source| Error::malformed("it is not UTF-8").with_source(source))?;
        if self.keep {
            self.texts.try_reserve(text.len()).map_err(|source| no_memory(1, source))?;
            grow(&mut self.ends, 1)?;
            self.texts.push_str(text);
            self.ends.push(self.texts.len());
        }
        Ok(())
    }

    fn taken(&self) -> u64 {
        let numbers = (self.bits.len() + self.ends.len()) as u64 * 8;
        numbers + self.bools.len() as u64 + self.texts.len() as u64
    }

    fn finish(self: Box<Self>, shape: &[usize]) -> Result<Array> {
        let dtype = self.dtype();
        match self.kind {
            Kind::Bool => Array::from_vec(self.bools, shape),
            Kind::Text => {
                let mut start = 0;
                let texts = self.ends.iter().map(|end| {
                    let text = self.texts.get(start..*end);
                    start = *end;
                    text.ok_or_else(|| Error::mismatch("a text ends outside of all texts"))
                });
                Array::try_from_texts(shape, Order::C, texts)
            }
            _ => Array::contiguous(dtype, shape, Order::C, Buffer::from_vec(self.bits)),
        }
    }
}

/// Values of one dtype.
#[derive(Debug)]
struct Typed<T> {
    values: Vec<T>,
}

/// A type that values of the text can be.
trait Number: Element {
    /// The value; nothing when it does not fit.
    fn of(value: Value<'_>) -> Option<Self>;
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn of(value: Value<'_>) -> Option<Self> {
                <$type>::try_from(value.to_whole()?).ok()
            }
        }
    )*};
}

whole_numbers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Number for f32 {
    fn of(value: Value<'_>) -> Option<Self> {
        value.to_f32()
    }
}

impl Number for f64 {
    fn of(value: Value<'_>) -> Option<Self> {
        value.to_f64()
    }
}

impl Number for bool {
    fn of(value: Value<'_>) -> Option<Self> {
        match value.to_whole()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Number> Sink for Typed<T> {
    fn reserve(&mut self, count: usize) -> Result<()> {
        grow(&mut self.values, count)
    }

    fn push(&mut self, value: Value<'_>) -> Result<()> {
        let negative = matches!(value, Value::Whole { negative: true, .. });
        let value = T::of(value).ok_or_else(|| match (T::SCALAR, negative) {
            _ if !value.is_number() => Error::malformed("it is not a value"),
            (Scalar::U64, true) => Error::mismatch(
                "it does not fit |u8: ND4J prints large numbers of uint64 as negative ones, which can be read as \
                 int64 and seen as uint64",
            ),
            _ => Error::mismatch(format!("it does not fit {}", DType::of::<T>())),
        })?;
        self.values.push(value);
        Ok(())
    }

    fn push_text(&mut self, _: &[u8]) -> Result<()> {
        Err(Error::mismatch(format!("it is a text, {} was asked for", DType::of::<T>())))
    }

    fn taken(&self) -> u64 {
        size_of_val(self.values.as_slice()) as u64
    }

    fn finish(self: Box<Self>, shape: &[usize]) -> Result<Array> {
        Array::from_vec(self.values, shape)
    }
}

/// Takes texts alone.
#[derive(Debug)]
struct Texts(Guess);

impl Sink for Texts {
    fn reserve(&mut self, count: usize) -> Result<()> {
        self.0.reserve(count)
    }

    fn push(&mut self, _: Value<'_>) -> Result<()> {
        Err(Error::mismatch("it is not text, which was asked for"))
    }

    fn push_text(&mut self, text: &[u8]) -> Result<()> {
        self.0.push_text(text)
    }

    fn taken(&self) -> u64 {
        self.0.taken()
    }

    fn finish(self: Box<Self>, shape: &[usize]) -> Result<Array> {
        Box::new(Guess { kind: Kind::Text, ..self.0 }).finish(shape)
    }
}

/// Narrow floats, on the way through wide ones.
#[derive(Debug)]
struct Narrow {
    wide: Typed<f64>,
    scalar: Scalar,
    /// What is as large as this becomes infinite.
    limit: f64,
}

impl Sink for Narrow {
    fn reserve(&mut self, count: usize) -> Result<()> {
        self.wide.reserve(count)
    }

    fn push(&mut self, value: Value<'_>) -> Result<()> {
        if value.to_f64().is_some_and(|number| number.is_finite() && number.abs() >= self.limit) {
            return Err(Error::mismatch(format!("it does not fit {}", self.scalar)));
        }
        self.wide.push(value)
    }

    fn push_text(&mut self, text: &[u8]) -> Result<()> {
        self.wide.push_text(text)
    }

    fn taken(&self) -> u64 {
        self.wide.taken()
    }

    fn finish(self: Box<Self>, shape: &[usize]) -> Result<Array> {
        Array::from_vec(self.wide.values, shape)?.cast_checked(&DType::native(self.scalar))
    }
}

fn typed<T: Number>() -> Box<dyn Sink> {
    Box::new(Typed::<T> { values: Vec::new() })
}

/// What takes in values of a dtype, in whichever byte order.
///
/// # Errors
/// `Unsupported` when the text can't hold such values.
pub(super) fn sink_for(dtype: &DType) -> Result<Box<dyn Sink>> {
    let narrow = |scalar, limit| Box::new(Narrow { wide: Typed { values: Vec::new() }, scalar, limit });
    Ok(match dtype {
        DType::Utf8 => Box::new(Texts(Guess::new(true))),
        DType::Scalar(scalar, _) => match scalar {
            Scalar::Bool => typed::<bool>(),
            Scalar::I8 => typed::<i8>(),
            Scalar::I16 => typed::<i16>(),
            Scalar::I32 => typed::<i32>(),
            Scalar::I64 => typed::<i64>(),
            Scalar::U8 => typed::<u8>(),
            Scalar::U16 => typed::<u16>(),
            Scalar::U32 => typed::<u32>(),
            Scalar::U64 => typed::<u64>(),
            // Half of the last step beyond the largest.
            Scalar::F16 => narrow(Scalar::F16, 65_520.0),
            Scalar::BF16 => narrow(Scalar::BF16, f64::from_bits(0x47EF_F000_0000_0000)),
            Scalar::F32 => typed::<f32>(),
            Scalar::F64 => typed::<f64>(),
            _ => return Err(no_such(dtype)),
        },
        _ => return Err(no_such(dtype)),
    })
}

fn no_such(dtype: &DType) -> Error {
    Error::unsupported(format!("this text is not read as {dtype}: ND4J has no such type"))
}
