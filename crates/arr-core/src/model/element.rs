//! Rust types that are array items.

use half::{bf16, f16};
use num_complex::Complex;

use crate::{DType, Error, Result, Scalar};

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

/// What is done with items whose Rust type is known only at run time: see [`DType::visit`].
pub trait ElementVisitor {
    /// What comes of it.
    type Output;

    /// Is called with the Rust type of the items.
    fn visit<T: Element>(self) -> Self::Output;
}

impl Scalar {
    /// Calls the visitor with the Rust type of the kind; nothing for the long doubles, which have none.
    pub fn visit<V: ElementVisitor>(self, visitor: V) -> Option<V::Output> {
        Some(match self {
            Self::Bool => visitor.visit::<bool>(),
            Self::I8 => visitor.visit::<i8>(),
            Self::I16 => visitor.visit::<i16>(),
            Self::I32 => visitor.visit::<i32>(),
            Self::I64 => visitor.visit::<i64>(),
            Self::U8 => visitor.visit::<u8>(),
            Self::U16 => visitor.visit::<u16>(),
            Self::U32 => visitor.visit::<u32>(),
            Self::U64 => visitor.visit::<u64>(),
            Self::F16 => visitor.visit::<f16>(),
            Self::BF16 => visitor.visit::<bf16>(),
            Self::F32 => visitor.visit::<f32>(),
            Self::F64 => visitor.visit::<f64>(),
            Self::Complex64 => visitor.visit::<Complex<f32>>(),
            Self::Complex128 => visitor.visit::<Complex<f64>>(),
            Self::LongDouble12
            | Self::LongDouble16
            | Self::ComplexLongDouble24
            | Self::ComplexLongDouble32 => return None,
        })
    }
}

impl DType {
    /// Calls the visitor with the Rust type of the items, in place of a `match` over all of them. The byte order does not
    /// matter: [`to_vec`](crate::Array::to_vec) and [`typed_cow`](crate::Array::typed_cow) bring numbers into the
    /// machine's.
    ///
    /// ```
    /// use arr_core::{Array, Element, ElementVisitor, Result};
    ///
    /// /// How many items are like the first, whatever they are.
    /// struct LikeFirst<'a>(&'a Array);
    ///
    /// impl ElementVisitor for LikeFirst<'_> {
    ///     type Output = Result<usize>;
    ///
    ///     fn visit<T: Element>(self) -> Result<usize> {
    ///         let values = self.0.to_vec::<T>()?;
    ///         Ok(values.iter().filter(|value| Some(*value) == values.first()).count())
    ///     }
    /// }
    ///
    /// let array = Array::from_vec(vec![7i16, 8, 7], &[3])?;
    /// assert_eq!(array.dtype().visit(LikeFirst(&array))??, 2);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the items are no numbers, or long doubles, which have no Rust type.
    pub fn visit<V: ElementVisitor>(&self, visitor: V) -> Result<V::Output> {
        let found = self.as_scalar().and_then(|(kind, _)| kind.visit(visitor));
        found.ok_or_else(|| Error::mismatch(format!("items of {self} have no Rust type")))
    }
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

    struct Name;

    impl ElementVisitor for Name {
        type Output = (Scalar, usize);

        fn visit<T: Element>(self) -> Self::Output {
            (T::SCALAR, size_of::<T>())
        }
    }

    #[test]
    fn every_kind_is_visited_as_its_own_type() {
        for kind in Scalar::ALL {
            let expected = (!kind.is_long_double()).then_some((kind, kind.itemsize()));
            assert_eq!(kind.visit(Name), expected);
            assert_eq!(DType::native(kind).visit(Name).ok(), expected);
        }
        let error = DType::Bytes(3).visit(Name).unwrap_err();
        assert_eq!(error.to_string(), "items of |S3 have no Rust type");
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
