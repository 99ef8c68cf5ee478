//! Rust types that are array items.

use half::{bf16, f16};
use num_complex::Complex;

use crate::Scalar;

/// A Rust type that is one [`Scalar`]: the bridge between bytes and values.
///
/// It is sealed, since it guards an invariant: bytes become a value only where every pattern of bits is one, and
/// a `bool` only after each byte was checked to be 0 or 1.
///
/// Long doubles have no Rust type; they stay bytes or are cast.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no element of an array",
    label = "this is no element of an array",
    note = "elements are `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64`, `half::f16`, `half::bf16` and \
        `num_complex::Complex` of `f32` and `f64`; instead of `usize` and `isize` say `u64` and `i64`",
    note = "strings are read by `Array::texts`, structs with `#[derive(Record)]` by `Array::to_records` and `read_records`; \
        the items of nested vectors lie apart: put them into an `ndarray` array or one vector",
    note = "a function that is generic over `{Self}` needs the bound `{Self}: Element`"
)]
pub trait Element: sealed::Sealed + Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// The kind that this type is.
    const SCALAR: Scalar;
}

pub(crate) mod sealed {
    /// What the casts between bytes and values are based on.
    pub trait Sealed: bytemuck::NoUninit + bytemuck::CheckedBitPattern + bytemuck::Zeroable {
        /// The bytes of values, to be overwritten with any others; `None` where not all bits are a value.
        fn bytes_mut(values: &mut [Self]) -> Option<&mut [u8]>;
    }
}

impl sealed::Sealed for bool {
    fn bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }
}

impl Element for bool {
    const SCALAR: Scalar = Scalar::Bool;
}

macro_rules! elements {
    ($($type:ty => $scalar:ident,)*) => {$(
        impl sealed::Sealed for $type {
            fn bytes_mut(values: &mut [Self]) -> Option<&mut [u8]> {
                Some(bytemuck::cast_slice_mut(values))
            }
        }

        impl Element for $type {
            const SCALAR: Scalar = Scalar::$scalar;
        }
    )*};
}

elements! {
    i8 => I8,
    i16 => I16,
    i32 => I32,
    i64 => I64,
    u8 => U8,
    u16 => U16,
    u32 => U32,
    u64 => U64,
    f16 => F16,
    bf16 => BF16,
    f32 => F32,
    f64 => F64,
    Complex<f32> => Complex64,
    Complex<f64> => Complex128,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes_agree<T: Element>() {
        assert_eq!(size_of::<T>(), T::SCALAR.itemsize());
        assert!(align_of::<T>() <= T::SCALAR.alignment());
    }

    #[test]
    fn rust_sizes_are_the_itemsizes() {
        sizes_agree::<bool>();
        sizes_agree::<i64>();
        sizes_agree::<f16>();
        sizes_agree::<bf16>();
        sizes_agree::<Complex<f32>>();
        sizes_agree::<Complex<f64>>();
    }
}
