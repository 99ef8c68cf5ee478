//! Whether two arrays hold the same values, and how far apart they are.

mod bits;
mod domain;
mod plan;
mod tally;
mod texts;

use std::ops::Range;

use self::plan::Plan;
use self::tally::Tally;
use crate::model::threads::sizes::COMPARED_RUNS;
use crate::model::threads::{self, Cut};
use crate::ops::cast::Runs;
use crate::{Array, ByteOrder, DType, Error, Layout, Order, Result, Storage};

/// How far numbers may be apart and count as equal: `|a - b| <= atol + rtol * |b|`, as in `numpy.isclose`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// In proportion to the second array.
    pub rtol: f64,
    /// In itself.
    pub atol: f64,
}

/// What counts as equal: see [`Array::compare`].
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    tolerance: Option<Tolerance>,
    equal_nan: bool,
    exact: bool,
}

impl Default for CompareOptions {
    /// No tolerance, NaN equals NaN, zero equals minus zero.
    fn default() -> Self {
        Self { tolerance: None, equal_nan: true, exact: false }
    }
}

impl CompareOptions {
    crate::setters! {
        /// Lets numbers differ a little.
        tolerance: Option<Tolerance>;
        /// Whether NaN (of any payload) equals NaN, and "not a time" itself.
        equal_nan: bool;
        /// Whether zero and minus zero are different.
        exact: bool;
    }
}

/// What [`Array::compare`] found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// True when the shapes are the same and no values differ. The dtypes may differ.
    pub equal: bool,
    /// The items that were compared: none when the shapes differ.
    pub items: u64,
    /// The items that are different.
    pub different: u64,
    /// The index of the first of them in C order.
    pub first: Option<Vec<usize>>,
    /// The largest distance of two finite numbers, those within the tolerance too; of datetimes in ticks of the finer
    /// unit.
    pub max_abs: f64,
    /// The largest distance in proportion to the second number; infinite where that is 0.
    pub max_rel: f64,
    /// Pairs of different numbers, one of which at least is NaN or infinite: they have no distance. Of records each field
    /// counts.
    pub not_finite: u64,
    /// The items in which zero met minus zero.
    pub signed_zeros: u64,
    /// True when the dtypes are different, byte order aside.
    pub dtype_differs: bool,
    /// True when the shapes are different.
    pub shape_differs: bool,
}

impl<S: Storage> Array<S> {
    /// Compares value by value.
    ///
    /// Byte order and memory order do not count, nor does the kind of numbers: they are compared as if
    /// all digits were written out, so that 2^53 + 1 as an integer is not 2^53 as a float. NaN equals NaN, zero
    /// equals minus zero (both counted), infinities equal themselves. The parts of complex numbers are compared one
    /// by one, and by their distance under a tolerance. Datetimes of different units are compared as times. Strings
    /// end before their padding; variable-length strings, which have none, are compared with those of a width. Records
    /// are compared field by field, by name, and are different when any field is. What cannot be compared (a string and
    /// a number, records of other names) is different.
    ///
    /// A tolerance applies to numbers only, wherever they stand.
    ///
    /// ```
    /// use arr_core::{Array, CompareOptions, Tolerance};
    /// let a = Array::from_vec(vec![1.0, 2.0, -0.0], &[3])?;
    /// let b = Array::from_vec(vec![1.0f32, 2.25, 0.0], &[3])?;
    /// let found = a.compare(&b, &CompareOptions::default())?;
    /// assert_eq!((found.different, found.first, found.max_abs), (1, Some(vec![1]), 0.25));
    /// assert_eq!((found.signed_zeros, found.dtype_differs), (1, true));
    /// let close = CompareOptions::default().tolerance(Tolerance { rtol: 0.2, atol: 0.0 });
    /// assert!(a.compare(&b, &close)?.equal);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the items are references, `InvalidArgument` when a tolerance is negative or NaN, `Malformed`
    /// when a variable-length string is none.
    pub fn compare<T: Storage>(&self, other: &Array<T>, options: &CompareOptions) -> Result<Comparison> {
        if options.tolerance.is_some_and(|Tolerance { rtol, atol }| !(rtol >= 0.0 && atol >= 0.0)) {
            return Err(Error::invalid("a tolerance can't be negative or NaN"));
        }
        let is_text = *self.dtype() == DType::Utf8 || *other.dtype() == DType::Utf8;
        let refers = |dtype: &DType| dtype.has_references() && *dtype != DType::Utf8;
        if refers(self.dtype()) || refers(other.dtype()) {
            return Err(Error::unsupported(format!(
                "comparing items of {} and {}",
                self.dtype(),
                other.dtype()
            )));
        }
        let native = |dtype: &DType| dtype.with_byte_order(ByteOrder::NATIVE);
        let mut found = Comparison {
            dtype_differs: native(self.dtype()) != native(other.dtype()),
            ..Comparison::default()
        };
        if self.shape() != other.shape() {
            return Ok(Comparison { shape_differs: true, ..found });
        }
        if is_text {
            return texts::compare(self, other, found);
        }
        let order =
            if self.natural_order() == other.natural_order() { self.natural_order() } else { Order::C };
        let pair = Pair::new(self, other, order, options)?;
        let tally = pair.tally()?;
        found.items = self.len() as u64;
        found.different = tally.different;
        found.first = tally.first.map(|first| crate::ops::cast::unravel(self.shape(), first));
        (found.max_abs, found.max_rel) = (tally.max_abs, tally.max_rel);
        (found.signed_zeros, found.not_finite) = (tally.signed_zeros, tally.not_finite);
        found.equal = tally.different == 0;
        Ok(found)
    }
}

/// Arrays are equal when their shapes, their dtypes and all their values are. Byte order and memory order do not count,
/// and numbers are compared as Rust compares them: NaN is not equal to itself, zero is to minus zero. Arrays that
/// [`compare`](Array::compare) refuses, such as those of objects, are not equal. It tells what differs, and compares numbers
/// of different kinds too.
///
/// ```
/// use arr_core::{Array, ByteOrder, Order};
/// let a = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
/// assert_eq!(a, a.to_contiguous_in(Order::F, ByteOrder::Big)?);
/// assert_ne!(a, a.transpose());
/// # Ok::<(), arr_core::Error>(())
/// ```
impl<S: Storage, T: Storage> PartialEq<Array<T>> for Array<S> {
    fn eq(&self, other: &Array<T>) -> bool {
        let found = self.compare(other, &CompareOptions::default().equal_nan(false));
        found.is_ok_and(|found| found.equal && !found.dtype_differs)
    }
}

/// Two arrays of one shape that are walked together.
struct Pair<'a> {
    plan: Plan,
    left: Runs<'a>,
    right: Runs<'a>,
    /// True when equal bytes are equal values.
    bytes_tell: bool,
    order: Order,
    shape: &'a [usize],
    options: &'a CompareOptions,
}

impl<'a> Pair<'a> {
    fn new<S: Storage, T: Storage>(
        left: &'a Array<S>,
        right: &'a Array<T>,
        order: Order,
        options: &'a CompareOptions,
    ) -> Result<Self> {
        let walked = |layout: &Layout| match order {
            Order::C => layout.clone(),
            Order::F => layout.transposed(),
        };
        let (a, b) = (left.itemsize(), right.itemsize());
        Ok(Self {
            plan: Plan::new(left.dtype(), right.dtype())?,
            left: Runs::new(left.storage().bytes(), &walked(left.layout()), a, b),
            right: Runs::new(right.storage().bytes(), &walked(right.layout()), b, a),
            bytes_tell: left.dtype() == right.dtype() && options.equal_nan,
            order,
            shape: left.shape(),
            options,
        })
    }

    /// Compares all runs; many on two or more threads.
    fn tally(&self) -> Result<Tally> {
        let halves = |runs: Range<usize>| {
            if runs.len() < 2 * COMPARED_RUNS {
                return Cut::Whole(runs);
            }
            let half = runs.start + runs.len() / 2;
            Cut::Halves(runs.start..half, half..runs.end)
        };
        let merge = |a: Result<Tally>, b: Result<Tally>| Ok(a?.merged(b?));
        threads::halved(0..self.left.count(), &halves, &|runs| self.compare(runs), &merge)
    }

    fn compare(&self, runs: Range<usize>) -> Result<Tally> {
        let mut tally = Tally::default();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for run in runs {
            let (first, items) = self.left.span(run);
            let (left, right) = (self.left.get(run, &mut left)?, self.right.get(run, &mut right)?);
            if self.bytes_tell && left == right {
                continue;
            }
            let mut marks = vec![tally::SAME; items];
            self.plan.run(left, right, self.options, &mut marks, &mut tally)?;
            tally.count(&marks, |item| self.in_c_order(first + item));
        }
        Ok(tally)
    }

    /// The place in C order of an item that is counted in the order in which we walk.
    fn in_c_order(&self, item: usize) -> usize {
        match self.order {
            Order::C => item,
            Order::F => {
                let (mut place, mut left, mut stride) = (0, item, self.shape.iter().product::<usize>());
                for dim in self.shape {
                    stride /= (*dim).max(1);
                    place += left % (*dim).max(1) * stride;
                    left /= (*dim).max(1);
                }
                place
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, Casting, RecordType, Scalar};

    fn floats(values: &[f64]) -> Array {
        Array::from_vec(values.to_vec(), &[values.len()]).unwrap()
    }

    fn compare<S: Storage, T: Storage>(a: &Array<S>, b: &Array<T>) -> Comparison {
        a.compare(b, &CompareOptions::default()).unwrap()
    }

    fn of(dtype: &str, bytes: &[u8]) -> Array {
        let dtype: DType = dtype.parse().unwrap();
        let items = bytes.len() / dtype.itemsize();
        Array::contiguous(dtype, &[items], Order::C, Buffer::from_vec(bytes.to_vec())).unwrap()
    }

    fn ticks(unit: &str, values: &[i64]) -> Array {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        of(unit, &bytes)
    }

    #[test]
    fn special_floats() {
        let a = floats(&[f64::NAN, f64::INFINITY, 0.0, 1.0, f64::NAN]);
        let b = floats(&[-f64::NAN, f64::NEG_INFINITY, -0.0, f64::NAN, f64::NAN]);
        let found = compare(&a, &b);
        assert_eq!((found.different, found.first.clone()), (2, Some(vec![1])));
        assert_eq!((found.signed_zeros, found.max_abs, found.equal), (1, 0.0, false));
        // -inf and NaN; the distance of two numbers may be too large for one.
        assert_eq!((found.not_finite, found.max_rel), (2, 0.0));
        let far = compare(&floats(&[1e308, 2.0]), &floats(&[-1e308, f64::NAN]));
        assert_eq!((far.not_finite, far.max_abs), (1, f64::INFINITY));
        let options = CompareOptions::default().equal_nan(false).exact(true);
        assert_eq!(a.compare(&b, &options).unwrap().different, 5);
        assert_eq!(a.compare(&a, &options).unwrap().different, 2);
        assert!(a.bits_equal(&a) && !a.bits_equal(&b));
    }

    #[test]
    fn equal_arrays_have_the_same_shape_dtype_and_values() {
        let a = floats(&[1.0, -0.0, f64::INFINITY]);
        assert_eq!(a, floats(&[1.0, 0.0, f64::INFINITY]));
        assert_eq!(a, a.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap());
        assert_ne!(a, a.reshape(&[3, 1], Order::C).unwrap());
        assert_ne!(a, a.cast(&DType::native(Scalar::F32), Casting::SameKind).unwrap());
        assert_ne!(floats(&[f64::NAN]), floats(&[f64::NAN]));
        assert_ne!(ticks("<M8[s]", &[i64::MIN]), ticks("<M8[s]", &[i64::MIN]));
        assert_eq!(of("|S3", b"ab\0"), of("|S3", b"ab\0"));
        assert_ne!(of("|S3", b"ab\0"), of("|S4", b"ab\0\0"));
        assert_eq!(of("|V2", b"ab"), of("|V2", b"ab"));
        let pointers = of("|O", &[0; 8]);
        assert_ne!(pointers, pointers.view());
    }

    #[test]
    fn tolerance_is_that_of_isclose() {
        let (a, b) = (floats(&[1.0, 1.0, f64::INFINITY, 1e300]), floats(&[1.1, 1.2, 1e300, f64::INFINITY]));
        let options = CompareOptions::default().tolerance(Tolerance { rtol: 0.1, atol: 0.0 });
        let found = a.compare(&b, &options).unwrap();
        assert_eq!((found.different, found.first), (3, Some(vec![1])));
        let wrong = CompareOptions::default().tolerance(Tolerance { rtol: -0.1, atol: 0.0 });
        assert!(a.compare(&b, &wrong).is_err());
    }

    #[test]
    fn integers_and_floats_meet_without_rounding() {
        let big = (1i64 << 53) + 1;
        let a = Array::from_vec(vec![big, i64::MAX, -1, 5], &[4]).unwrap();
        #[allow(clippy::cast_precision_loss, reason = "that is the point")]
        let b = floats(&[big as f64, i64::MAX as f64, -1.0, 5.5]);
        let found = compare(&a, &b);
        assert_eq!((found.different, found.max_abs, found.dtype_differs), (3, 1.0, true));
        let c = Array::from_vec(vec![(1u64 << 53) + 1, u64::MAX, u64::MAX, 5], &[4]).unwrap();
        assert_eq!(compare(&a, &c).different, 2);
        assert_eq!(compare(&a, &c).max_abs, 18_446_744_073_709_551_616.0);
        let long = c.cast(&"<f16".parse().unwrap(), Casting::Safe).unwrap();
        assert!(compare(&c, &long).equal);
        assert!(compare(&Array::from_vec(vec![true, false], &[2]).unwrap(), &floats(&[1.0, 0.0])).equal);
    }

    #[test]
    fn complex_numbers() {
        let a = of("<c8", &[0; 16]).cast(&DType::native(Scalar::Complex128), Casting::Safe).unwrap();
        assert!(compare(&a, &floats(&[0.0, 0.0])).equal);
        let pair = |re: f64, im: f64| Array::from_vec(vec![num_complex::Complex::new(re, im)], &[]).unwrap();
        assert!(compare(&pair(1.0, f64::NAN), &pair(1.0, f64::NAN)).equal);
        assert!(!compare(&pair(1.0, f64::NAN), &pair(2.0, f64::NAN)).equal);
        let found = compare(&pair(3.0, 0.0), &pair(0.0, 4.0));
        assert_eq!((found.max_abs, found.max_rel, found.first), (5.0, 1.25, Some(vec![])));
    }

    #[test]
    fn strings_end_before_their_padding() {
        assert!(compare(&of("|S3", b"ab\0c\0\0"), &of("|S4", b"ab\0\0c\0\0\0")).equal);
        assert_eq!(compare(&of("|S2", b"abcd"), &of("|S3", b"ab\0cde")).first, Some(vec![1]));
        let (little, big) = (of("<U2", b"a\0\0\0\0\0\0\0"), of(">U1", b"\0\0\0a"));
        assert!(compare(&little, &big).equal && compare(&big, &little).equal);
        assert!(!compare(&of("<U2", b"a\0\0\0b\0\0\0"), &big).equal);
        assert_eq!(compare(&of("|S1", b"1"), &of("|u1", &[1])).different, 1);
    }

    #[test]
    fn times_of_different_units() {
        assert!(compare(&ticks("<M8[D]", &[1, i64::MIN]), &ticks("<M8[s]", &[86_400, i64::MIN])).equal);
        assert!(compare(&ticks("<M8[M]", &[1]), &ticks("<M8[D]", &[31])).equal);
        assert!(compare(&ticks("<M8[2s]", &[3]), &ticks("<M8[3s]", &[2])).equal);
        let found = compare(&ticks("<M8[Y]", &[i64::MAX]), &ticks("<M8[as]", &[5]));
        assert_eq!((found.different, found.max_abs), (1, f64::INFINITY));
        assert!(!compare(&ticks("<m8[Y]", &[0]), &ticks("<m8[s]", &[0])).equal);
        let strict = CompareOptions::default().equal_nan(false);
        let nat = ticks("<m8[s]", &[i64::MIN]);
        assert_eq!(nat.compare(&nat, &strict).unwrap().different, 1);
    }

    #[test]
    fn records_by_name_whatever_lies_between() {
        let order = ByteOrder::Little;
        let small = RecordType::builder()
            .field("a", DType::native(Scalar::U8))
            .field("b", DType::scalar(Scalar::U16, order))
            .build()
            .unwrap();
        let wide = RecordType::builder()
            .field_at("b", None, DType::scalar(Scalar::U32, ByteOrder::Big), 1)
            .field_at("a", None, DType::native(Scalar::U8), 0)
            .itemsize(6)
            .build()
            .unwrap();
        let a = Array::contiguous(small.into(), &[2], Order::C, &[1u8, 2, 0, 3, 4, 0][..]).unwrap();
        let b = Array::contiguous(wide.into(), &[2], Order::C, &[1u8, 0, 0, 0, 2, 99, 3, 0, 0, 0, 5, 99][..])
            .unwrap();
        let found = compare(&a, &b);
        assert_eq!(
            (found.different, found.first, found.max_abs, found.dtype_differs),
            (1, Some(vec![1]), 1.0, true)
        );
    }

    #[test]
    fn order_and_strides_do_not_count() {
        let a = Array::from_vec((0..60_000i32).collect(), &[200, 300]).unwrap();
        let mut b = a.to_contiguous_in(Order::F, ByteOrder::Big).unwrap();
        assert!(compare(&a, &b).equal && a.bits_equal(&b));
        assert!(!compare(&a, &b).dtype_differs);
        b = b.cast(&DType::native(Scalar::I64), Casting::Safe).unwrap();
        let mut changed = b.to_contiguous(Order::F).unwrap().to_vec::<i64>().unwrap();
        changed[7 * 300 + 5] = 0;
        changed[6 * 300 + 200] = 0;
        let changed = Array::from_vec(changed, &[200, 300]).unwrap().to_contiguous(Order::F).unwrap();
        let found = compare(&changed, &b);
        assert_eq!((found.different, found.first), (2, Some(vec![6, 200])));
        assert!(
            compare(
                &a.slice("::2".parse::<crate::Slice>().unwrap()).unwrap(),
                &b.slice("::2".parse::<crate::Slice>().unwrap()).unwrap()
            )
            .equal
        );
        assert!(compare(&a, &a.transpose()).shape_differs);
    }

    proptest! {
        #[test]
        fn an_array_equals_its_copies(values in prop::collection::vec(any::<f64>(), 0..50), at in 0usize..50) {
            let array = floats(&values);
            let copy = array.to_byte_order(ByteOrder::Big).unwrap();
            prop_assert!(array.bits_equal(&copy));
            prop_assert!(compare(&array, &copy).equal);
            let long = array.cast(&DType::native(Scalar::LongDouble16), Casting::Safe).unwrap();
            prop_assert!(compare(&array, &long).equal && compare(&long, &array).equal);
            if let Some(value) = values.get(at).filter(|value| value.is_finite()) {
                let mut values = values.clone();
                values[at] = f64::from_bits(value.to_bits() ^ 1);
                let found = compare(&array, &floats(&values));
                prop_assert_eq!((found.different, found.first), (1, Some(vec![at])));
                prop_assert!(!array.bits_equal(&floats(&values)));
            }
        }
    }
}
