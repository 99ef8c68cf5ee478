//! The kernels: real numbers of one kind into another, in the machine's byte order.
//!
//! A value is first widened to one of five types without loss ([`Real::Wide`]), and a target says how it is made
//! from each of the five ([`FromWide`]). The compiler sees both steps in one loop and joins them.

use half::{bf16, f16};

use super::half_float;
use super::plan::{Fault, Run, Step};
use super::strided::{gather, scatter};
use crate::model::buffer::zeros;
use crate::model::long_double::X87;
use crate::{DType, Scalar};

/// The step between two different kinds of numbers.
pub(super) fn step(from: &DType, to: &DType, checked: bool) -> Option<Box<dyn Step>> {
    let (DType::Scalar(from, _), DType::Scalar(to, _)) = (from, to) else { return None };
    let convert = kernel(part(*from), part(*to), checked)?;
    Some(match (from.is_complex(), to.is_complex()) {
        (false, false) => Box::new(Plain(convert)),
        (true, true) => Box::new(Parts(convert)),
        (false, true) => Box::new(Spread(convert)),
        (true, false) => {
            let nonzero = kernel(part(*from), Scalar::Bool, false)?;
            Box::new(RealPart { convert, nonzero, to_bool: *to == Scalar::Bool, checked })
        }
    })
}

/// The kind of the two parts of a complex number; other kinds are their own part.
pub(crate) fn part(kind: Scalar) -> Scalar {
    match kind {
        Scalar::Complex64 => Scalar::F32,
        Scalar::Complex128 => Scalar::F64,
        Scalar::ComplexLongDouble24 => Scalar::LongDouble12,
        Scalar::ComplexLongDouble32 => Scalar::LongDouble16,
        real => real,
    }
}

/// Real to real.
struct Plain(Kernel);

impl Step for Plain {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        Fault::or_done((self.0)(run.source, run.target))
    }
}

/// Complex to complex: twice as many real numbers.
struct Parts(Kernel);

impl Step for Parts {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        Fault::or_done((self.0)(run.source, run.target).map(|part| part / 2))
    }
}

/// Real to complex: each number is followed by a zero.
struct Spread(Kernel);

impl Step for Spread {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        let size = run.to / 2;
        let mut parts = zeros(size * run.items).map_err(Fault::stopped)?;
        let stopped = (self.0)(run.source, &mut parts);
        run.target.fill(0);
        scatter(&parts, size, run.target, run.to, 0).ok_or_else(Fault::lost)?;
        Fault::or_done(stopped)
    }
}

/// Complex to real: the imaginary part is dropped, or must be zero.
struct RealPart {
    convert: Kernel,
    /// The loop to bool, which is for "is not zero".
    nonzero: Kernel,
    to_bool: bool,
    checked: bool,
}

impl Step for RealPart {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        let size = run.from / 2;
        let mut parts = zeros(run.items * size).map_err(Fault::stopped)?;
        gather(run.source, run.from, 0, size, &mut parts).ok_or_else(Fault::lost)?;
        let stopped = (self.convert)(&parts, run.target);
        if self.checked || self.to_bool {
            let mut imaginary = zeros(run.items).map_err(Fault::stopped)?;
            gather(run.source, run.from, size, size, &mut parts).ok_or_else(Fault::lost)?;
            let _ = (self.nonzero)(&parts, &mut imaginary);
            if self.checked {
                let nonzero = imaginary.iter().position(|flag| *flag != 0);
                return Fault::or_done(stopped.into_iter().chain(nonzero).min());
            }
            run.target.iter_mut().zip(imaginary).for_each(|(real, imaginary)| *real |= imaginary);
        }
        Fault::or_done(stopped)
    }
}

/// Converts all items of the first slice into the second; where it stops, the item with that index is at fault.
pub(crate) type Kernel = fn(&[u8], &mut [u8]) -> Option<usize>;

/// A kind of real numbers as it lies in memory.
pub(super) trait Real: Copy {
    /// Its bytes.
    type Bytes: bytemuck::Pod;
    /// A type that holds all its values.
    type Wide: Wide;

    fn from_bytes(bytes: Self::Bytes) -> Self;
    fn into_bytes(self) -> Self::Bytes;
    /// The value, and whether the bits are one.
    fn widen(self) -> (Self::Wide, bool);
}

/// How a number is made from a wide one.
pub(super) trait FromWide<W>: Real {
    /// The number, and whether the conversion is allowed.
    ///
    /// With `CHECKED` the value has to fit; without, integers wrap, and only what is undefined in C is refused.
    fn from_wide<const CHECKED: bool>(value: W) -> (Self, bool);
}

/// A number that can be made from any wide one.
pub(super) trait Target:
    FromWide<i64> + FromWide<u64> + FromWide<f32> + FromWide<f64> + FromWide<X87>
{
}

impl<T: FromWide<i64> + FromWide<u64> + FromWide<f32> + FromWide<f64> + FromWide<X87>> Target for T {}

/// One of the five wide types.
pub(super) trait Wide: Copy {
    /// [`FromWide`], seen from the other side.
    fn make<T: Target, const CHECKED: bool>(self) -> (T, bool);
}

macro_rules! wide {
    ($($type:ty)*) => {$(
        impl Wide for $type {
            fn make<T: Target, const CHECKED: bool>(self) -> (T, bool) {
                T::from_wide::<CHECKED>(self)
            }
        }
    )*};
}

wide!(i64 u64 f32 f64 X87);

/// A bool as a byte that may be neither 0 nor 1.
#[derive(Clone, Copy)]
struct Bool(u8);

/// An x87 number padded to `N` bytes, little-endian on every machine.
#[derive(Clone, Copy)]
struct Padded<const N: usize>(X87);

macro_rules! native {
    ($($type:ty => $wide:ty,)*) => {$(
        impl Real for $type {
            type Bytes = [u8; size_of::<$type>()];
            type Wide = $wide;

            fn from_bytes(bytes: Self::Bytes) -> Self {
                Self::from_ne_bytes(bytes)
            }

            fn into_bytes(self) -> Self::Bytes {
                self.to_ne_bytes()
            }

            fn widen(self) -> ($wide, bool) {
                (self.into(), true)
            }
        }
    )*};
}

native! {
    i8 => i64, i16 => i64, i32 => i64, i64 => i64,
    u8 => u64, u16 => u64, u32 => u64, u64 => u64,
    bf16 => f32, f32 => f32, f64 => f64,
}

impl Real for f16 {
    type Bytes = [u8; 2];
    type Wide = f32;

    fn from_bytes(bytes: [u8; 2]) -> Self {
        Self::from_ne_bytes(bytes)
    }

    fn into_bytes(self) -> [u8; 2] {
        self.to_ne_bytes()
    }

    fn widen(self) -> (f32, bool) {
        (half_float::widen(self.to_bits()), true)
    }
}

impl Real for Bool {
    type Bytes = [u8; 1];
    type Wide = u64;

    fn from_bytes([byte]: [u8; 1]) -> Self {
        Self(byte)
    }

    fn into_bytes(self) -> [u8; 1] {
        [self.0]
    }

    fn widen(self) -> (u64, bool) {
        (self.0.into(), self.0 <= 1)
    }
}

macro_rules! padded {
    ($($bytes:literal)*) => {$(
        impl Real for Padded<$bytes> {
            type Bytes = [u8; $bytes];
            type Wide = X87;

            fn from_bytes(bytes: Self::Bytes) -> Self {
                let mut number = [0; 10];
                number.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
                Self(X87::from_bytes(&number))
            }

            fn into_bytes(self) -> Self::Bytes {
                let mut bytes = [0; $bytes];
                bytes.iter_mut().zip(self.0.to_bytes()).for_each(|(to, from)| *to = from);
                bytes
            }

            fn widen(self) -> (X87, bool) {
                (self.0, true)
            }
        }
    )*};
}

padded!(12 16);

macro_rules! integer_from_integer {
    ($wide:ty => $($type:ty)*) => {$(
        impl FromWide<$wide> for $type {
            #[allow(
                clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap,
                reason = "integers wrap, as in C"
            )]
            fn from_wide<const CHECKED: bool>(value: $wide) -> (Self, bool) {
                (value as $type, !CHECKED || <$type>::try_from(value).is_ok())
            }
        }
    )*};
}

integer_from_integer!(i64 => i8 i16 i32 i64 u8 u16 u32 u64);
integer_from_integer!(u64 => i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! integer_from_float {
    ($wide:ty => $($type:ty)*) => {$(
        impl FromWide<$wide> for $type {
            #[allow(
                clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
                reason = "the fraction is dropped; the bounds are powers of two or are rounded to the bound itself"
            )]
            fn from_wide<const CHECKED: bool>(value: $wide) -> (Self, bool) {
                // Where `MIN - 1` is not a float it rounds to `MIN`, and no float lies between the two.
                let above = value >= <$type>::MIN as $wide || value > <$type>::MIN as $wide - 1.0;
                let below = value < (<$type>::MAX / 2 + 1) as $wide * 2.0;
                (value as $type, above && below)
            }
        }
    )*};
}

integer_from_float!(f32 => i8 i16 i32 i64 u8 u16 u32 u64);
integer_from_float!(f64 => i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! integer_from_x87 {
    ($($type:ty)*) => {$(
        impl FromWide<X87> for $type {
            fn from_wide<const CHECKED: bool>(value: X87) -> (Self, bool) {
                match value.truncate().and_then(|whole| <$type>::try_from(whole).ok()) {
                    Some(whole) => (whole, true),
                    None => (0, false),
                }
            }
        }
    )*};
}

integer_from_x87!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! bool_from {
    ($($wide:ty),*) => {$(
        impl FromWide<$wide> for Bool {
            #[allow(clippy::float_cmp, reason = "exactly these two values are booleans")]
            fn from_wide<const CHECKED: bool>(value: $wide) -> (Self, bool) {
                let (zero, one) = (0u8 as $wide, 1u8 as $wide);
                (Self(u8::from(value != zero)), !CHECKED || value == zero || value == one)
            }
        }
    )*};
}

bool_from!(i64, u64, f32, f64);

impl FromWide<X87> for Bool {
    fn from_wide<const CHECKED: bool>(value: X87) -> (Self, bool) {
        (Self(u8::from(!value.is_zero())), !CHECKED || value.is_zero() || value.equals(X87::from_u64(1)))
    }
}

/// Implements `FromWide` for a float by an expression, and refuses finite values that became infinite.
macro_rules! float_from {
    ($($type:ty, $wide:ty, |$value:ident| $make:expr, $finite:expr;)*) => {$(
        impl FromWide<$wide> for $type {
            #[allow(
                clippy::cast_possible_truncation, clippy::cast_precision_loss,
                reason = "conversions to floats round to the nearest, ties to even"
            )]
            fn from_wide<const CHECKED: bool>($value: $wide) -> (Self, bool) {
                let made: $type = $make;
                (made, !CHECKED || made.is_finite() || !$finite)
            }
        }
    )*};
}

float_from! {
    f64, i64, |value| value as f64, true;
    f64, u64, |value| value as f64, true;
    f64, f32, |value| f64::from(value), value.is_finite();
    f64, f64, |value| value, value.is_finite();
    f64, X87, |value| value.to_f64(), !(value.is_nan() || value.is_infinite());
    f32, i64, |value| value as f32, true;
    f32, u64, |value| value as f32, true;
    f32, f32, |value| value, value.is_finite();
    f32, f64, |value| value as f32, value.is_finite();
    f32, X87, |value| value.to_f32(), !(value.is_nan() || value.is_infinite());
    // Integers that an f32 rounds are beyond what an f16 holds.
    f16, i64, |value| f16::from_bits(half_float::narrow(value as f32)), true;
    f16, u64, |value| f16::from_bits(half_float::narrow(value as f32)), true;
    f16, f32, |value| f16::from_bits(half_float::narrow(value)), value.is_finite();
    f16, f64, |value| f16::from_bits(half_float::narrow(round_to_odd(value))), value.is_finite();
    f16, X87, |value| f16::from_bits(value.to_f16_bits()), !(value.is_nan() || value.is_infinite());
    bf16, i64, |value| bf16::from_bits(X87::from_i64(value).to_bf16_bits()), true;
    bf16, u64, |value| bf16::from_bits(X87::from_u64(value).to_bf16_bits()), true;
    bf16, f32, |value| bf16::from_f32(value), value.is_finite();
    bf16, f64, |value| bf16::from_f32(round_to_odd(value)), value.is_finite();
    bf16, X87, |value| bf16::from_bits(value.to_bf16_bits()), !(value.is_nan() || value.is_infinite());
}

/// The f32 from which a shorter float is rounded as if from `value` itself: where `value` is not an f32, the neighbour
/// whose last bit is set. Rounding to the nearest f32 instead would round twice.
#[allow(clippy::cast_possible_truncation, clippy::float_cmp, reason = "the rounding is corrected")]
fn round_to_odd(value: f64) -> f32 {
    let near = value as f32;
    let (back, exact) = (f64::from(near), f64::from(near) == value || value.is_nan());
    let down = u32::from(back.abs() > value.abs());
    let odd = f32::from_bits((near.to_bits() - down) | 1);
    if exact { near } else { odd }
}

macro_rules! x87_from {
    ($($wide:ty, |$value:ident| $make:expr;)*) => {$(
        impl<const N: usize> FromWide<$wide> for Padded<N> where Self: Real {
            fn from_wide<const CHECKED: bool>($value: $wide) -> (Self, bool) {
                (Self($make), true)
            }
        }
    )*};
}

x87_from! {
    i64, |value| X87::from_i64(value);
    u64, |value| X87::from_u64(value);
    f32, |value| X87::from_f64(value.into());
    f64, |value| X87::from_f64(value);
    X87, |value| value;
}

/// The one loop.
fn convert<T: Real, U: Target, const CHECKED: bool>(source: &[u8], target: &mut [u8]) -> Option<usize> {
    let (Ok(source), Ok(target)) = (
        bytemuck::try_cast_slice::<u8, T::Bytes>(source),
        bytemuck::try_cast_slice_mut::<u8, U::Bytes>(target),
    ) else {
        return Some(0);
    };
    let one = |bytes: &T::Bytes| {
        let (wide, valid) = T::from_bytes(*bytes).widen();
        let (value, allowed) = wide.make::<U, CHECKED>();
        (value, valid & allowed)
    };
    let mut all = true;
    for (from, to) in source.iter().zip(target) {
        let (value, allowed) = one(from);
        *to = value.into_bytes();
        all &= allowed;
    }
    if all { None } else { source.iter().position(|from| !one(from).1) }
}

fn pick<T: Real, U: Target>(checked: bool) -> Kernel {
    if checked { convert::<T, U, true> } else { convert::<T, U, false> }
}

fn kernel_from<T: Real>(to: Scalar, checked: bool) -> Option<Kernel> {
    Some(match to {
        Scalar::Bool => pick::<T, Bool>(checked),
        Scalar::I8 => pick::<T, i8>(checked),
        Scalar::I16 => pick::<T, i16>(checked),
        Scalar::I32 => pick::<T, i32>(checked),
        Scalar::I64 => pick::<T, i64>(checked),
        Scalar::U8 => pick::<T, u8>(checked),
        Scalar::U16 => pick::<T, u16>(checked),
        Scalar::U32 => pick::<T, u32>(checked),
        Scalar::U64 => pick::<T, u64>(checked),
        Scalar::F16 => pick::<T, f16>(checked),
        Scalar::BF16 => pick::<T, bf16>(checked),
        Scalar::F32 => pick::<T, f32>(checked),
        Scalar::F64 => pick::<T, f64>(checked),
        Scalar::LongDouble12 => pick::<T, Padded<12>>(checked),
        Scalar::LongDouble16 => pick::<T, Padded<16>>(checked),
        Scalar::Complex64
        | Scalar::Complex128
        | Scalar::ComplexLongDouble24
        | Scalar::ComplexLongDouble32 => return None,
    })
}

/// The loop from one kind of real numbers to another; `None` for complex kinds.
pub(crate) fn kernel(from: Scalar, to: Scalar, checked: bool) -> Option<Kernel> {
    match from {
        Scalar::Bool => kernel_from::<Bool>(to, checked),
        Scalar::I8 => kernel_from::<i8>(to, checked),
        Scalar::I16 => kernel_from::<i16>(to, checked),
        Scalar::I32 => kernel_from::<i32>(to, checked),
        Scalar::I64 => kernel_from::<i64>(to, checked),
        Scalar::U8 => kernel_from::<u8>(to, checked),
        Scalar::U16 => kernel_from::<u16>(to, checked),
        Scalar::U32 => kernel_from::<u32>(to, checked),
        Scalar::U64 => kernel_from::<u64>(to, checked),
        Scalar::F16 => kernel_from::<f16>(to, checked),
        Scalar::BF16 => kernel_from::<bf16>(to, checked),
        Scalar::F32 => kernel_from::<f32>(to, checked),
        Scalar::F64 => kernel_from::<f64>(to, checked),
        Scalar::LongDouble12 => kernel_from::<Padded<12>>(to, checked),
        Scalar::LongDouble16 => kernel_from::<Padded<16>>(to, checked),
        Scalar::Complex64
        | Scalar::Complex128
        | Scalar::ComplexLongDouble24
        | Scalar::ComplexLongDouble32 => None,
    }
}
