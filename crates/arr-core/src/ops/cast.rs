//! Values of one dtype as values of another.
//!
//! [`rules`] says which casts NumPy allows, [`plan`] puts together what is done to a run of items, [`numbers`],
//! [`text`], [`texts`], [`time`] and [`nested`] do it, and [`runs`] cuts arrays of any layout into runs that fit the cache, so
//! that no whole copy is made but the output.

mod describe;
mod exact;
mod half_float;
mod nested;
mod numbers;
mod plan;
mod rules;
mod runs;
mod strided;
mod text;
mod texts;
mod time;

pub(crate) use self::describe::describe;
pub(crate) use self::numbers::part;
pub(crate) use self::plan::{Fault, Plan};
pub(crate) use self::rules::is_calendar;
pub(crate) use self::runs::Runs;
pub(crate) use self::strided::{gather, scatter};
pub(crate) use self::text::without_padding;
pub(crate) use self::texts::letters;
pub(crate) use self::time::Ticks;

use std::fmt;
use std::ops::Range;

use crate::model::threads::sizes::SPLIT_FROM;
use crate::model::threads::{self, Cut};
use crate::{Array, BufferMut, ByteOrder, DType, Error, Layout, Order, Result, Storage};

/// How much a cast may lose: the `casting` argument of NumPy's functions. Each rule allows what the ones before it
/// allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Casting {
    /// Nothing changes: `'no'`.
    No,
    /// Only byte orders change: `'equiv'`.
    Equiv,
    /// Values survive: `'safe'`.
    Safe,
    /// Safe, or to a narrower dtype of the same kind, such as `f8` to `f4`: `'same_kind'`.
    SameKind,
    /// Whatever can be done at all: `'unsafe'`.
    Unsafe,
}

impl fmt::Display for Casting {
    /// NumPy's name of the rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Equiv => "equiv",
            Self::Safe => "safe",
            Self::SameKind => "same_kind",
            Self::Unsafe => "unsafe",
        })
    }
}

impl<S: Storage> Array<S> {
    /// The values as another dtype, as far as `casting` allows: NumPy's `astype(to, casting=casting)`. The order
    /// (C or F) stays; what is strided comes out in C order.
    ///
    /// | from → to | value |
    /// |---|---|
    /// | integer → integer | wraps around, as in C |
    /// | float → integer | the fraction is dropped; NaN, infinities and what is out of range are errors |
    /// | anything → bool | false for zero only; NaN is true |
    /// | number → float | the nearest, ties to even, rounded once; too large becomes infinite |
    /// | complex → real | the imaginary part is dropped; to bool it counts |
    /// | real → complex | the imaginary part is 0 |
    /// | `S` → `S`, `U` → `U`, `V` → `V` | cut, or filled up with zeros |
    /// | `S` → `U`, `U` → `S` | the same, in ASCII; other characters are errors |
    /// | `utf8` → `U` | cut, or filled up with zeros |
    /// | `utf8` → `S` | the same, in ASCII; other characters are errors |
    /// | `S`, `U` → `utf8` | without the zeros that fill up; what is not UTF-8, or not a character, is an error |
    /// | `M8` → `M8`, `m8` → `m8` | rounded down to the unit; overflow is an error |
    /// | integer, float ↔ `M8`, `m8` | the number of ticks; NaN becomes "not a time" |
    /// | record → record | field by field in their order; what lies between is zero |
    /// | sub-array → sub-array of the same shape | item by item |
    ///
    /// `S` and `U` without a length are as long as the strings of the source are, or as the longest of its texts.
    ///
    /// Years and months become other units by the calendar in `M8`, and by 365.2425 days a year in `m8`. "Not a time"
    /// stays, and is the least integer.
    ///
    /// Where C leaves a result undefined (a float beyond the integers) or NumPy wraps around silently (years as
    /// nanoseconds) there is no value to agree on: the error names the index. Three more things differ from NumPy.
    /// Long doubles are taken as x87 numbers (see [`long_double`](crate::long_double)) and rounded once, where NumPy
    /// goes through an `f8` to `f2`. A bool byte that is neither 0 nor 1 is an error. Numbers are not printed into
    /// strings or read from them.
    ///
    /// ```
    /// use arr_core::{Array, Casting, DType, Scalar};
    /// let array = Array::from_vec(vec![1.9, -1.9, 300.0], &[3])?;
    /// let whole = array.cast(&DType::native(Scalar::I32), Casting::Unsafe)?;
    /// assert_eq!(whole.to_vec::<i32>()?, [1, -1, 300]);
    /// let error = array.cast(&DType::native(Scalar::I8), Casting::Unsafe).unwrap_err();
    /// assert_eq!(error.to_string(), "index [2]: 300.0 does not fit |i1");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the rule forbids it or a value has no counterpart, `Unsupported` when there is no such cast,
    /// `LimitExceeded` when memory is short.
    pub fn cast(&self, to: &DType, casting: Casting) -> Result<Array> {
        let (from, to) = (self.dtype(), &texts::target(self, to)?);
        match rules::level(from, to) {
            Some(level) if level > casting => {
                Err(Error::mismatch(format!("{from} can't be cast to {to} under the rule '{casting}'")))
            }
            Some(_) => self.converted(to, false),
            None => Err(Error::unsupported(format!("there is no cast from {from} to {to}"))),
        }
    }

    /// The values as another dtype, provided that each fits: any cast that [`Casting::Unsafe`] allows, where it is
    /// an error when an integer or float is out of the target's range, a bool would come from another number than
    /// 0 and 1, an imaginary part would be dropped that is not 0, or a string would be cut. Rounding to a float of
    /// fewer digits and dropping the fraction of a float are not.
    ///
    /// ```
    /// use arr_core::{Array, DType, Scalar};
    /// let array = Array::from_vec(vec![1i64, 255, 256], &[3])?;
    /// let error = array.cast_checked(&DType::native(Scalar::U8)).unwrap_err();
    /// assert_eq!(error.to_string(), "index [2]: 256 does not fit |u1");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch`, naming an index and its value, when one does not fit; `Unsupported` when there is no such
    /// cast; `LimitExceeded` when memory is short.
    pub fn cast_checked(&self, to: &DType) -> Result<Array> {
        self.converted(to, true)
    }

    /// [`cast_checked`](Self::cast_checked) for a part of a larger array: `place` says where in that an item of this
    /// one is, for the error to name it.
    ///
    /// # Errors
    /// As `cast_checked`.
    pub fn cast_checked_in(&self, to: &DType, place: impl Fn(&[usize]) -> Vec<usize>) -> Result<Array> {
        self.converted_in(to, true, place)
    }

    fn converted(&self, to: &DType, checked: bool) -> Result<Array> {
        self.converted_in(to, checked, <[usize]>::to_vec)
    }

    fn converted_in(
        &self,
        to: &DType,
        checked: bool,
        place: impl Fn(&[usize]) -> Vec<usize>,
    ) -> Result<Array> {
        let to = &texts::target(self, to)?;
        if let Some(cast) = texts::cast(self, to, checked, &place) {
            return cast;
        }
        if self.dtype().has_references() || to.has_references() {
            let from = self.dtype();
            return Err(Error::unsupported(format!(
                "casting {from} to {to} is not supported: its items are references"
            )));
        }
        let order = self.natural_order();
        let byte_order =
            [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()].into_iter().find(|order| to.is_in_order(*order));
        if let Some(byte_order) = byte_order.filter(|order| self.dtype().with_byte_order(*order) == *to) {
            return self.to_contiguous_in(order, byte_order)?.with_dtype(to.clone());
        }
        let plan = Plan::new(self.dtype(), to, checked)?;
        let layout = Layout::contiguous(self.shape(), to.itemsize(), order)?;
        let mut bytes = BufferMut::zeroed(self.len().saturating_mul(to.itemsize()))?;
        let source = match order {
            Order::C => self.layout().clone(),
            Order::F => self.layout().transposed(),
        };
        let job = Job {
            plan: &plan,
            runs: Runs::new(self.storage().bytes(), &source, plan.source_size(), plan.target_size()),
        };
        let whole = (0..job.runs.count(), bytes.as_mut_slice());
        let convert = |(runs, target): Part<'_>| job.convert(runs, target);
        threads::halved(whole, &|part| job.halves(part), &convert, &Result::and).map_err(|fault| {
            let mut index = unravel(source.shape(), fault.item());
            if order == Order::F {
                index.reverse();
            }
            fault.into_error(&place(&index))
        })?;
        Array::new(to.clone(), layout, bytes.freeze())
    }
}

/// The index of an item that is counted in C order, as `numpy.unravel_index` gives it.
///
/// ```
/// assert_eq!(arr_core::format::unravel(&[2, 3], 4), [1, 1]);
/// ```
#[must_use]
pub fn unravel(shape: &[usize], mut item: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (slot, dim) in index.iter_mut().zip(shape).rev() {
        (*slot, item) = (item % (*dim).max(1), item / (*dim).max(1));
    }
    index
}

struct Job<'a> {
    plan: &'a Plan,
    runs: Runs<'a>,
}

/// Some of the runs, and where they go.
type Part<'t> = (Range<usize>, &'t mut [u8]);

impl Job<'_> {
    /// Halves the runs while that pays.
    fn halves<'t>(&self, (runs, target): Part<'t>) -> Cut<Part<'t>> {
        if target.len() < 2 * SPLIT_FROM || runs.len() < 2 {
            return Cut::Whole((runs, target));
        }
        let half = runs.start + runs.len() / 2;
        let before = self.runs.first(half) - self.runs.first(runs.start);
        let (left, right) = target.split_at_mut(before * self.plan.target_size());
        Cut::Halves((runs.start..half, left), (half..runs.end, right))
    }

    fn convert(&self, runs: Range<usize>, mut target: &mut [u8]) -> Result<(), Fault> {
        let mut scratch = Vec::new();
        for run in runs {
            let (first, items) = self.runs.span(run);
            let (part, rest) = target.split_at_mut(items * self.plan.target_size());
            target = rest;
            let source = self.runs.get(run, &mut scratch).map_err(Fault::stopped)?;
            self.plan.run(source, part, items).map_err(|fault| fault.behind(first))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ErrorKind, RecordType, Scalar, Slice, SubArray};

    fn dtype(text: &str) -> DType {
        text.parse().unwrap()
    }

    fn ramp(shape: &[usize]) -> Array {
        let items = i32::try_from(shape.iter().product::<usize>()).unwrap();
        Array::from_vec((0..items).collect(), shape).unwrap()
    }

    #[test]
    fn every_layout_is_read_and_the_order_stays() {
        let array = ramp(&[70, 90, 3]);
        let slice: Slice = "::-1, 3:, ::2".parse().unwrap();
        for view in [
            array.view(),
            array.transpose(),
            array.slice(&slice).unwrap(),
            array.permute(&[1, 2, 0]).unwrap(),
        ] {
            let wide = view.cast(&dtype(">f8"), Casting::Safe).unwrap();
            assert_eq!(wide.natural_order(), view.natural_order());
            assert_ne!(wide.order(), crate::Contiguity::Strided);
            let expected: Vec<f64> = view.to_vec::<i32>().unwrap().into_iter().map(f64::from).collect();
            assert_eq!(wide.to_vec::<f64>().unwrap(), expected);
        }
        assert_eq!(ramp(&[0, 5]).cast(&dtype("<f4"), Casting::SameKind).unwrap().shape(), [0, 5]);
    }

    #[test]
    fn threads_share_the_work() {
        let array = ramp(&[3, 1000, 701]);
        for view in [array.view(), array.permute(&[2, 0, 1]).unwrap(), array.transpose()] {
            let wide = view.cast(&dtype("<i8"), Casting::Safe).unwrap();
            let expected: Vec<i64> = view.to_vec::<i32>().unwrap().into_iter().map(i64::from).collect();
            assert!(wide.to_vec::<i64>().unwrap() == expected);
            let error = view.cast_checked(&dtype("<u2")).unwrap_err();
            let first = expected.iter().position(|value| *value > 65_535).unwrap();
            // In the order in which they lie, the value after 65535 comes first.
            let index = if view.natural_order() == Order::F {
                let mut index = unravel(array.shape(), 65_536);
                index.reverse();
                index
            } else {
                unravel(view.shape(), first)
            };
            assert!(error.to_string().starts_with(&format!("index {index:?}: ")), "{error} {index:?}");
        }
    }

    #[test]
    fn rules_are_kept() {
        let array = ramp(&[3]);
        let array = array.to_byte_order(ByteOrder::Little).unwrap();
        let error = array.cast(&dtype("<i2"), Casting::Safe).unwrap_err();
        assert_eq!(error.to_string(), "<i4 can't be cast to <i2 under the rule 'safe'");
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert!(array.cast(&dtype("<i2"), Casting::SameKind).is_ok());
        assert!(array.cast(&dtype(">i4"), Casting::No).is_err());
        assert_eq!(array.cast(&dtype(">i4"), Casting::Equiv).unwrap().to_vec::<i32>().unwrap(), [0, 1, 2]);
        for to in ["<U20", "|O", "|V4", "[('a', '<i4')]"] {
            assert_eq!(
                array.cast(&dtype(to), Casting::Unsafe).unwrap_err().kind(),
                ErrorKind::Unsupported,
                "{to}"
            );
        }
        let record = Array::zeros(dtype("[('a', '<i4'), ('b', '<i4')]"), &[2]).unwrap();
        let error = record.cast(&dtype("[('a', '<i4')]"), Casting::Unsafe).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    fn refused<T: crate::Element>(value: T, to: &str) -> String {
        let array = Array::from_vec(vec![value], &[]).unwrap();
        array.cast_checked(&dtype(to)).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn checked_casts_refuse_what_does_not_fit() {
        assert_eq!(refused(-1i8, "<u8"), "index []: -1 does not fit <u8");
        assert_eq!(refused(f32::NAN, "<i4"), "index []: NaN does not fit <i4");
        assert_eq!(refused(1e300, "<f4"), "index []: 1e300 does not fit <f4");
        assert_eq!(refused(65_520u32, "<f2"), "index []: 65520 does not fit <f2");
        assert_eq!(refused(2u8, "|b1"), "index []: 2 does not fit |b1");
        assert_eq!(
            refused(num_complex::Complex::new(1.0, -2.0), "<f8"),
            "index []: 1.0-2.0j does not fit <f8"
        );
        for (value, to) in [(f64::INFINITY, "<f4"), (0.1, "<f2"), (-0.9, "|u1"), (1.0, "|b1"), (255.9, "|u1")]
        {
            assert_eq!(refused(value, to), "", "{value} {to}");
        }
        assert_eq!(refused(num_complex::Complex::new(1.0, -0.0), "<f8"), "");
        assert_eq!(refused(f64::MAX, "<f16"), "");
    }

    #[test]
    fn bad_bools_are_no_values() {
        let array = Array::contiguous(dtype("|b1"), &[3], Order::C, &[0u8, 1, 2][..]).unwrap();
        let error = array.cast(&dtype("<i4"), Casting::Safe).unwrap_err();
        assert_eq!(error.to_string(), "index [2]: the byte 2, which is not a bool, does not fit <i4");
    }

    #[test]
    fn strings_are_cut_or_refused() {
        let array = Array::contiguous(dtype("|S4"), &[2], Order::C, &b"abcdef\0\0"[..]).unwrap();
        let text = array.cast(&dtype(">U3"), Casting::SameKind).unwrap();
        assert_eq!(text.as_bytes(Order::C).unwrap(), b"\0\0\0a\0\0\0b\0\0\0c\0\0\0e\0\0\0f\0\0\0\0");
        assert!(array.cast(&dtype(">U3"), Casting::Safe).is_err());
        assert_eq!(
            array.cast_checked(&dtype("|S3")).unwrap_err().to_string(),
            "index [0]: \"abcd\" does not fit |S3"
        );
        let back = text.cast_checked(&dtype("|S4")).unwrap();
        assert_eq!(back.as_bytes(Order::C).unwrap(), b"abc\0ef\0\0");
        let foreign = Array::contiguous(dtype("<U1"), &[], Order::C, &[0xe9, 0, 0, 0][..]).unwrap();
        let error = foreign.cast(&dtype("|S1"), Casting::Unsafe).unwrap_err();
        assert_eq!(error.to_string(), "index []: \"é\" is not ASCII and does not fit |S1");
        assert_eq!(*array.cast(&dtype("|S0"), Casting::No).unwrap().dtype(), dtype("|S4"));
        let grown = Array::contiguous(dtype("|S0"), &[2], Order::C, &[][..]).unwrap();
        assert_eq!(grown.cast(&dtype("|S2"), Casting::Safe).unwrap().as_bytes(Order::C).unwrap(), [0; 4]);
    }

    #[test]
    fn records_say_which_field() {
        let pair = SubArray::new(dtype("<i2"), &[2]).unwrap();
        let inner = RecordType::builder().field("p", pair.into()).build().unwrap();
        let from: DType = RecordType::builder()
            .field("x", DType::native(Scalar::U8))
            .field("in", inner.into())
            .build()
            .unwrap()
            .into();
        let wide = SubArray::new(dtype(">i8"), &[2]).unwrap();
        let inner = RecordType::builder().field("q", wide.into()).build().unwrap();
        let to: DType = RecordType::builder()
            .field_at("y", None, dtype("<f4"), 8)
            .field_at("in", None, inner.into(), 16)
            .itemsize(40)
            .build()
            .unwrap()
            .into();
        let array =
            Array::contiguous(from.clone(), &[2], Order::C, &[1u8, 2, 0, 3, 0, 4, 5, 0, 255, 255][..])
                .unwrap();
        let cast = array.cast(&to, Casting::Safe).unwrap();
        assert_eq!(cast.field("y").unwrap().to_vec::<f32>().unwrap(), [1.0, 4.0]);
        assert_eq!(cast.field("in").unwrap().field("q").unwrap().to_vec::<i64>().unwrap(), [2, 3, 5, -1]);
        let small: DType = "[('x', '|u1'), ('in', [('p', '|u1', (2,))])]".parse().unwrap();
        let error = array.cast_checked(&small).unwrap_err();
        assert_eq!(error.to_string(), "in/p: index [1]: -1 does not fit |u1");
    }

    #[test]
    fn times_are_numbers_of_ticks() {
        let array = Array::from_vec(vec![1i64, -1, i64::MIN], &[3]).unwrap();
        let days = array.cast(&dtype("<M8[D]"), Casting::Unsafe).unwrap();
        let hours = days.cast(&dtype(">M8[h]"), Casting::Safe).unwrap();
        assert_eq!(
            hours.cast(&dtype("<i8"), Casting::Unsafe).unwrap().to_vec::<i64>().unwrap(),
            [24, -24, i64::MIN]
        );
        assert_eq!(
            hours.cast_checked(&dtype("<i8")).unwrap_err().to_string(),
            "index [2]: NaT does not fit <i8"
        );
        let floats = Array::from_vec(vec![1.5, f64::NAN], &[2]).unwrap();
        let spans = floats.cast(&dtype("<m8[s]"), Casting::Unsafe).unwrap();
        assert_eq!(
            spans.cast(&dtype("<i8"), Casting::Unsafe).unwrap().to_vec::<i64>().unwrap(),
            [1, i64::MIN]
        );
        assert!(days.cast(&dtype("<m8[D]"), Casting::Unsafe).is_err());
        let far =
            Array::from_vec(vec![i64::MAX], &[]).unwrap().cast(&dtype("<M8[s]"), Casting::Unsafe).unwrap();
        let error = far.cast(&dtype("<M8[ns]"), Casting::Unsafe).unwrap_err();
        assert_eq!(error.to_string(), "index []: 9223372036854775807 in <M8[s] does not fit <M8[ns]");
    }

    proptest! {
        #[test]
        fn floats_round_once(value: f64) {
            let array = Array::from_vec(vec![value], &[]).unwrap();
            for (to, kind) in [("<f2", Scalar::F16), ("bfloat16", Scalar::BF16), ("<f4", Scalar::F32)] {
                let direct = array.cast(&DType::native(kind), Casting::SameKind).unwrap();
                // The conversion of long doubles shares no code with those of the machine.
                let long = array.cast(&dtype("<f16"), Casting::Safe).unwrap().cast(&dtype(to), Casting::SameKind).unwrap();
                prop_assert!(value.is_nan() || direct.bits_equal(&long), "{}", to);
            }
        }

        #[test]
        fn what_fits_comes_back(value: i64, to in prop::sample::select(vec!["|i1", "<u2", ">i4", "<u8", "<f8", ">f16", "<c16"])) {
            let array = Array::from_vec(vec![value], &[]).unwrap();
            if let Ok(cast) = array.cast_checked(&dtype(to)) {
                let found = array.compare(&cast, &crate::CompareOptions::default()).unwrap();
                // An f8 rounds; nothing else that fits does.
                prop_assert!(found.equal || to.ends_with('8') || to == "<c16");
            } else {
                prop_assert!(matches!(to, "|i1" | "<u2" | ">i4" | "<u8"));
            }
        }

        #[test]
        fn floats_to_integers_as_in_rust(value in prop_oneof![any::<f64>(), -1e20..1e20, -300.0..300.0f64]) {
            let array = Array::from_vec(vec![value], &[]).unwrap();
            let cast = |to| array.cast(&dtype(to), Casting::Unsafe).ok();
            let fits = |low: f64, high: f64| value.trunc() >= low && value.trunc() < high;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating: the reference")]
            let (i, u, b) = (value as i64, value as u64, value as i8);
            prop_assert_eq!(cast("<i8").map(|a| a.get::<i64>(&[]).unwrap()), fits(-2f64.powi(63), 2f64.powi(63)).then_some(i));
            prop_assert_eq!(cast("<u8").map(|a| a.get::<u64>(&[]).unwrap()), fits(0.0, 2f64.powi(64)).then_some(u));
            prop_assert_eq!(cast("|i1").map(|a| a.get::<i8>(&[]).unwrap()), fits(-128.0, 128.0).then_some(b));
        }
    }
}
