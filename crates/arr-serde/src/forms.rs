//! Forms in which arrays are parts of structs that `serde` writes: `#[serde(with = "arr_serde::forms::lists")]`.
//!
//! [`Array`](arr_core::Array), [`ArrayView`](arr_core::ArrayView), `DType`, `Value` and `Graph` are `Serialize` and `Deserialize` by
//! themselves ([`arr_core::serialize`] says how). These modules are for arrays of `ndarray`, for vectors, and for those who want
//! another form than the one that fits the format:
//!
//! | module | the field is | written as | exact |
//! |---|---|---|---|
//! | [`fitting`] | anything below | `dtype`, `shape`, `order` and `data`: base64 where people read it, bytes elsewhere | dtype, order, byte order, bits |
//! | [`base64`] | anything below | the same, always base64 | the same |
//! | [`bytes`] | anything below | the same, always bytes | the same |
//! | [`lent`] | `ArrayView<'a, T, D>` of `ndarray` (with `#[serde(borrow)]`) | as [`bytes`]; it is read in place, without a copy | the same |
//! | [`lists`] | anything below | numbers in nested lists, without a dtype | values |
//!
//! A field is an [`Array`](arr_core::Array), an `ndarray` array of any rank, or a vector of numbers.
//!
//! ```
//! use ndarray::{Array1, Array2, array};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Layer {
//!     name: String,
//!     #[serde(with = "arr_serde::forms::base64")]
//!     weights: Array2<f32>,
//!     #[serde(with = "arr_serde::forms::lists")]
//!     bias: Array1<f64>,
//! }
//!
//! let layer = Layer { name: "first".into(), weights: array![[1.0, 2.0]], bias: array![0.5, f64::NAN] };
//! let json = serde_json::to_string(&layer)?;
//! assert_eq!(
//!     json,
//!     r#"{"name":"first","weights":{"dtype":"<f4","shape":[1,2],"order":"C","data":"AACAPwAAAEA="},"bias":[0.5,"nan"]}"#
//! );
//! let back: Layer = serde_json::from_str(&json)?;
//! assert_eq!(back.weights, layer.weights);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod lists;

use arr_core::AsArray;
use arr_core::serialize::{ArraySeed, DataForm, Shown};
use serde::de::{DeserializeSeed as _, Deserializer};
use serde::ser::{Serialize as _, Serializer};

use crate::FromArray;

fn write<A: AsArray + ?Sized, S: Serializer>(
    array: &A,
    form: DataForm,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let written = array.with_view(|view| Ok(Shown { array: view, form }.serialize(serializer)));
    written.map_err(serde::ser::Error::custom)?
}

fn read<'de, A: FromArray, D: Deserializer<'de>>(form: DataForm, deserializer: D) -> Result<A, D::Error> {
    let mut budget = arr_core::format::Budget::default();
    let array = ArraySeed::new(&mut budget).form(form).deserialize(deserializer)?;
    A::from_array(array).map_err(serde::de::Error::custom)
}

macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $form:ident) => {
        $(#[$doc])*
        pub mod $name {
            use serde::{Deserializer, Serializer};
            use arr_core::AsArray;
            use arr_core::serialize::DataForm;

            /// Writes an array.
            ///
            /// # Errors
            /// Those of the format, and when the items are objects.
            pub fn serialize<A: AsArray + ?Sized, S: Serializer>(
                array: &A,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                super::write(array, DataForm::$form, serializer)
            }

            /// Reads an array.
            ///
            /// # Errors
            /// Those of the format, and when it is another array than what is wanted.
            pub fn deserialize<'de, A: crate::FromArray, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<A, D::Error> {
                super::read(DataForm::$form, deserializer)
            }
        }
    };
}

form!(
    /// Base64 in formats that people read, bytes in others.
    fitting, Fitting
);
form!(
    /// Base64 in every format.
    base64, Base64
);
form!(
    /// Bytes in every format. JSON has them as a list of numbers.
    bytes, Bytes
);

/// Arrays of `ndarray` that are read in place, from formats that lend bytes of their input.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Message<'a> {
///     #[serde(borrow, with = "arr_serde::forms::lent")]
///     image: ArrayView2<'a, u8>,
/// }
///
/// let image = array![[1, 2], [3, 4]];
/// let bytes = postcard::to_allocvec(&Message { image: image.view() })?;
/// let message: Message<'_> = postcard::from_bytes(&bytes)?;
/// assert_eq!(message.image, image);
/// assert!(bytes.as_ptr_range().contains(&message.image.as_ptr()));
/// # Ok::<(), postcard::Error>(())
/// ```
#[cfg(feature = "ndarray")]
pub mod lent {
    use arr_core::{ArrayView, AsArray, Element};
    use ndarray::Dimension;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes an array, its data as bytes.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<A: AsArray + ?Sized, S: Serializer>(
        array: &A,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::bytes::serialize(array, serializer)
    }

    /// Reads an array in place.
    ///
    /// # Errors
    /// Those of the format; when it lends no bytes, they are not aligned as `T` must be, or it is another array than what is
    /// wanted.
    pub fn deserialize<'de: 'a, 'a, T: Element, D: Dimension, F: Deserializer<'de>>(
        deserializer: F,
    ) -> Result<ndarray::ArrayView<'a, T, D>, F::Error> {
        let view = ArrayView::<'a>::deserialize(deserializer)?.into_typed().map_err(F::Error::custom)?;
        let rank = view.ndim();
        let other = |_| F::Error::custom(format!("the rank differs: the array has {rank} dimensions"));
        view.into_dimensionality().map_err(other)
    }
}
