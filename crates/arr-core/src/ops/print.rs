//! Arrays as text: what Python's `print` prints of a NumPy array.
//!
//! Items that are not shown are not touched, and nothing grows with the size of the array: the items that are shown
//! are walked through once or twice to find a format that suits them all, then once more to write them.
//!
//! The text is that of NumPy 2.5, except a few things:
//!
//! - With `edgeitems` 0 NumPy examines all items to find a format, not only those that it shows.
//! - Years, weeks and multiples of a unit that overflow 64 bits are printed as they are; NumPy wraps or fails. So are
//!   counts without a unit in place of a date, surrogates in a lone string and numbers beyond Unicode.
//! - NumPy takes the widths of big-endian spans without a unit from their reversed bytes.
//! - Long doubles with the leading one of a normal number and the exponent of a subnormal one, which no processor
//!   makes, count in full; NumPy drops the one.
//! - bfloat16, which NumPy does not know, prints as `float32` does, with the digits that tell a bfloat16 from others.
//! - Objects are not in the bytes of an array: a note stands for the array. So it does for a variable-length string
//!   that is none.

mod big;
mod decimal;
mod float;
mod grid;
mod item;
mod number;
mod options;
mod shown;
mod text;
mod time;

pub use self::options::{FloatMode, PrintOptions, Sign};

use std::fmt;

use self::grid::Grid;
use self::item::ItemFormat;
use self::shown::Shown;
use crate::{Array, ArrayView, DType, Storage};

/// Arrays with parts left out show at most this many items: 6 along each of 64 dimensions would be too many.
const MAX_SHOWN: usize = 1 << 20;

impl<S: Storage> Array<S> {
    /// Prints the array with other options than the usual ones.
    ///
    /// ```
    /// use arr_core::{Array, PrintOptions};
    /// let array = Array::from_vec((0..100u8).collect(), &[10, 10])?;
    /// let options = PrintOptions::new().threshold(20).edgeitems(1);
    /// assert_eq!(array.display(&options).to_string(), "[[ 0 ...  9]\n ...\n [90 ... 99]]");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[must_use]
    pub fn display<'a>(&'a self, options: &'a PrintOptions) -> impl fmt::Display + use<'a, S> {
        Printed { array: self.view(), options }
    }
}

/// What Python's `print` prints of a NumPy array with the usual options. Items left out are not touched.
///
/// ```
/// use arr_core::Array;
/// let array = Array::from_vec(vec![1.0, -0.5, f64::NAN, 10.25], &[2, 2])?;
/// assert_eq!(array.to_string(), "[[ 1.   -0.5 ]\n [  nan 10.25]]");
/// # Ok::<(), arr_core::Error>(())
/// ```
impl<S: Storage> fmt::Display for Array<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.view(), &PrintOptions::new(), f)
    }
}

struct Printed<'a> {
    array: ArrayView<'a>,
    options: &'a PrintOptions,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.array, self.options, f)
    }
}

fn write(array: &ArrayView<'_>, options: &PrintOptions, out: &mut dyn fmt::Write) -> fmt::Result {
    if let DType::SubArray(sub) = array.dtype() {
        // NumPy has no such arrays: their items are items of the array.
        let inner = array.layout().clone().with_inner_axes(sub.dims(), sub.item().itemsize());
        return match inner.and_then(|layout| Array::new(sub.item().clone(), layout, *array.storage())) {
            Ok(array) => write(&array, options, out),
            Err(_) => explain(array, "has too many dimensions to be printed", out),
        };
    }
    if array.dtype().has_references() && *array.dtype() != DType::Utf8 {
        return explain(array, "refers to objects that are not in its bytes", out);
    }
    if array.is_empty() {
        return out.write_str("[]");
    }
    // All that is printed below is there then. A foreign owner may lend fewer bytes than when the array was made.
    let extent = array.layout().extent(array.itemsize());
    if extent.is_none_or(|extent| extent.end > array.storage().len()) {
        return explain(array, "lies outside of its bytes", out);
    }
    let is_cut = array.len() > options.threshold && array.ndim() > 0;
    let shown = Shown::new(array.clone(), Some(options.edgeitems).filter(|_| is_cut));
    if is_cut && shown.len() > MAX_SHOWN.max(options.threshold) {
        return explain(array, "has too many dimensions to be printed", out);
    }
    if array.ndim() == 0 {
        let mut word = String::new();
        ItemFormat::alone(array.dtype(), &shown, options).push(shown.item(shown.start), &mut word);
        return out.write_str(&word);
    }
    let format = ItemFormat::new(array.dtype(), &shown, options, false);
    Grid::new(&shown, &format, options.linewidth, out).write()
}

/// Printed in place of an array that cannot be printed.
#[cold]
fn explain(array: &ArrayView<'_>, why: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    let shape = array.shape();
    match array.dtype() {
        DType::Object => write!(out, "<object array of shape {shape:?}>"),
        dtype => write!(out, "<array of shape {shape:?} and dtype {dtype} that {why}>"),
    }
}
