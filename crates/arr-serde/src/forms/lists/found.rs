//! Numbers that were found in lists, as bytes of items.

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::{Array, Buffer, DType, Error, Order, Result, Scalar};
use half::{bf16, f16};
use smallvec::SmallVec;

/// The bytes of a number.
type Item = SmallVec<[u8; 8]>;

/// A number of a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Bool(bool),
    Int(i128),
    Float(f64),
}

/// The numbers so far.
#[derive(Debug)]
pub(super) enum Found {
    /// Items of a kind that was known beforehand.
    Known(Scalar, Vec<u8>),
    /// Of a kind that the numbers tell.
    Nothing,
    Bools(Vec<bool>),
    Ints(Vec<i128>),
    Floats(Vec<f64>),
}

impl Found {
    pub(super) fn of(kind: Option<Scalar>) -> Self {
        kind.map_or(Self::Nothing, |kind| Self::Known(kind, Vec::new()))
    }

    /// Takes in a number.
    pub(super) fn add(&mut self, number: Number) -> Result<()> {
        match (&mut *self, number) {
            (Self::Known(kind, bytes), number) => add_known(*kind, bytes, number),
            (Self::Bools(bools), Number::Bool(truth)) => push(bools, truth),
            (Self::Ints(ints), Number::Int(int)) => push(ints, int),
            (Self::Ints(ints), Number::Float(float)) => {
                let mut floats = reserved(ints.len() + 1)?;
                for int in ints {
                    floats.push(exact(*int)?);
                }
                floats.push(float);
                *self = Self::Floats(floats);
                Ok(())
            }
            (Self::Floats(floats), Number::Int(int)) => push(floats, exact(int)?),
            (Self::Floats(floats), Number::Float(float)) => push(floats, float),
            (Self::Nothing, number) => {
                *self = match number {
                    Number::Bool(truth) => Self::Bools(vec![truth]),
                    Number::Int(int) => Self::Ints(vec![int]),
                    Number::Float(float) => Self::Floats(vec![float]),
                };
                Ok(())
            }
            (Self::Bools(_), _) | (_, Number::Bool(_)) => {
                Err(Error::malformed("a list has both booleans and numbers"))
            }
        }
    }

    /// The array of them.
    pub(super) fn into_array(self, shape: &[usize]) -> Result<Array> {
        let of =
            |kind, bytes| Array::contiguous(DType::native(kind), shape, Order::C, Buffer::from_vec(bytes));
        match self {
            Self::Known(kind, bytes) => of(kind, bytes),
            // As NumPy has it.
            Self::Nothing => of(Scalar::F64, Vec::new()),
            Self::Bools(bools) => Array::from_vec(bools, shape),
            Self::Floats(floats) => Array::from_vec(floats, shape),
            Self::Ints(ints) => match all::<i64>(&ints)? {
                Some(ints) => Array::from_vec(ints, shape),
                None => {
                    let large = "whole numbers are so large that no integers of 64 bits hold all of them";
                    Array::from_vec(all::<u64>(&ints)?.ok_or_else(|| Error::malformed(large))?, shape)
                }
            },
        }
    }
}

/// All of the numbers in a type, if it holds them.
fn all<T: TryFrom<i128>>(ints: &[i128]) -> Result<Option<Vec<T>>> {
    let mut converted = reserved(ints.len())?;
    for int in ints {
        match T::try_from(*int) {
            Ok(int) => converted.push(int),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(converted))
}

/// The float that is just this number.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "it is cast back and compared"
)]
fn exact(int: i128) -> Result<f64> {
    let float = int as f64;
    match float as i128 == int {
        true => Ok(float),
        false => Err(Error::malformed(format!("{int} stands among floats, and none is just that number"))),
    }
}

/// Adds a number to items of a kind, whose bytes are the machine's.
fn add_known(kind: Scalar, bytes: &mut Vec<u8>, number: Number) -> Result<()> {
    macro_rules! int {
        ($type:ty) => {
            match number {
                Number::Int(int) => {
                    <$type>::try_from(int).ok().map(|int| Item::from_slice(&int.to_ne_bytes()))
                }
                _ => None,
            }
        };
    }
    let float = match number {
        Number::Float(float) => Some(float),
        Number::Int(int) if kind.is_float() => Some(exact(int)?),
        _ => None,
    };
    #[allow(clippy::cast_possible_truncation, reason = "the nearest float is meant")]
    let item = match (kind, number) {
        (Scalar::Bool, Number::Bool(truth)) => Some(Item::from_slice(&[u8::from(truth)])),
        (Scalar::Bool, _) => None,
        (Scalar::I8, _) => int!(i8),
        (Scalar::I16, _) => int!(i16),
        (Scalar::I32, _) => int!(i32),
        (Scalar::I64, _) => int!(i64),
        (Scalar::U8, _) => int!(u8),
        (Scalar::U16, _) => int!(u16),
        (Scalar::U32, _) => int!(u32),
        (Scalar::U64, _) => int!(u64),
        (Scalar::F16, _) => float.map(|float| Item::from_slice(&f16::from_f64(float).to_ne_bytes())),
        (Scalar::BF16, _) => float.map(|float| Item::from_slice(&bf16::from_f64(float).to_ne_bytes())),
        (Scalar::F32, _) => float.map(|float| Item::from_slice(&(float as f32).to_ne_bytes())),
        (Scalar::F64, _) => float.map(|float| Item::from_slice(&float.to_ne_bytes())),
        _ => return Err(Error::unsupported(format!("items of {kind:?} have no form as numbers in lists"))),
    };
    let none = || Error::malformed(format!("{number:?} is not one of {}", DType::native(kind)));
    let item = item.ok_or_else(none)?;
    bytes.try_reserve(item.len()).map_err(no_memory)?;
    bytes.extend_from_slice(&item);
    Ok(())
}
