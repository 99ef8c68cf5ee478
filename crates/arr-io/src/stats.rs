//! Statistics of an array.

mod parts;

pub use parts::FieldStats;

use arr_core::{
    Array, ArrayView, Casting, DType, Element, Error, NOT_A_TIME, Order, Result, Scalar, Storage, TimeUnit,
};

/// Takes in an array, or a part of one.
pub type Take<'a> = dyn FnMut(&ArrayView<'_>) -> Result<()> + 'a;

/// A number that is exact: an integer, or a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Of an array of integers, booleans or datetimes.
    Integer(i128),
    /// Of an array of floats, or a magnitude.
    Float(f64),
}

impl Number {
    /// The nearest float.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "the nearest float is asked for")]
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
        }
    }
}

/// What the numbers of [`Stats`] describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The values; false counts as 0, true as 1.
    Values,
    /// The absolute values of complex numbers, which have no order themselves.
    Magnitudes,
    /// The ticks of datetimes (since 1970) or timedeltas.
    Ticks(TimeUnit),
}

/// Ten bins of equal width over all finite values: `numpy.histogram`.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Where bins begin, and where the last one ends. A value on an edge is in the bin that begins there; the end
    /// belongs to the last bin. If all values are the same, the bins reach from half below to half above it.
    pub edges: Vec<f64>,
    /// The values in each bin.
    pub counts: Vec<u64>,
}

/// The result of [`stats`].
///
/// NaN (for times: "not a time") and infinities are counted, and excluded from everything else. Without a finite
/// value there is no extreme, mean or histogram.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// What the numbers below describe.
    pub quantity: Quantity,
    /// The number of items.
    pub count: u64,
    /// NaN, complex numbers with a NaN part, or "not a time".
    pub nan: u64,
    /// Positive infinities.
    pub positive_infinities: u64,
    /// Negative infinities.
    pub negative_infinities: u64,
    /// Zeros of both signs.
    pub zeros: u64,
    /// The least finite value.
    pub min: Option<Number>,
    /// The greatest finite value.
    pub max: Option<Number>,
    /// The mean of the finite values.
    pub mean: Option<f64>,
    /// Their standard deviation: `numpy.std`, which divides by their number.
    pub std: Option<f64>,
    /// How they are spread.
    pub histogram: Option<Histogram>,
}

impl Stats {
    /// The number of values that are neither NaN nor infinite.
    #[must_use]
    pub fn finite(&self) -> u64 {
        self.count - self.nan - self.positive_infinities - self.negative_infinities
    }
}

/// Computes statistics of an array of numbers or times, in two passes of a few items at a time.
///
/// Extremes and sums of integers are exact; of floats, mean and standard deviation are as accurate as sums of floats
/// can be, and infinite where the sum is (as `numpy.mean` is). Long doubles are rounded to 64-bit floats first.
///
/// ```
/// # use arr_core::Array;
/// # use arr_io::stats::{Number, stats};
/// let array = Array::from_vec(vec![1.0, 2.0, 6.0, f64::NAN], &[2, 2])?;
/// let found = stats(&array)?;
/// assert_eq!((found.count, found.nan, found.mean), (4, 1, Some(3.0)));
/// assert_eq!(found.max, Some(Number::Float(6.0)));
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Unsupported` for items that are not numbers; of records, pass a [field](Array::field). `Mismatch` when a
/// byte is not a bool.
pub fn stats<S: Storage>(array: &Array<S>) -> Result<Stats> {
    stats_of_pieces(array.dtype(), |take| take(&array.view()))
}

/// [`stats`] of an array that comes in pieces of one dtype: each call of `pass` gives all of them, in any order.
///
/// # Errors
/// As `stats`, and what `pass` returns.
pub fn stats_of_pieces(dtype: &DType, mut pass: impl FnMut(&mut Take<'_>) -> Result<()>) -> Result<Stats> {
    let mut gather = gather(dtype)?;
    pass(&mut |piece| gather.take(piece))?;
    if gather.begin_histogram() {
        pass(&mut |piece| gather.count(piece))?;
    }
    Ok(gather.finish())
}

/// Statistics that are being gathered, in two passes over all pieces.
trait Gather {
    /// Takes in a piece, in the first pass.
    fn take(&mut self, piece: &ArrayView<'_>) -> Result<()>;

    /// Ends the first pass, and says whether there is to be a second one: there are finite values.
    fn begin_histogram(&mut self) -> bool;

    /// Counts the values of a piece, in the second pass.
    fn count(&mut self, piece: &ArrayView<'_>) -> Result<()>;

    /// What was found.
    fn finish(self: Box<Self>) -> Stats;
}

/// What gathers the statistics of items of a dtype.
fn gather(dtype: &DType) -> Result<Box<dyn Gather>> {
    Ok(match dtype {
        DType::Scalar(kind, _) if kind.is_complex() => Box::new(Reading::<f64>::new(Quantity::Magnitudes)),
        DType::Scalar(kind, _) if kind.is_float() => Box::new(Reading::<f64>::new(Quantity::Values)),
        DType::Scalar(kind, _) if kind.is_signed_integer() => Box::new(Reading::<i64>::new(Quantity::Values)),
        DType::Scalar(..) => Box::new(Reading::<u64>::new(Quantity::Values)),
        DType::DateTime(unit, _) | DType::TimeDelta(unit, _) => {
            Box::new(Reading::<i64>::new(Quantity::Ticks(*unit)))
        }
        DType::Record(record) => {
            let names: Vec<&str> = record.fields().iter().map(|field| field.name()).collect();
            return Err(Error::unsupported(format!(
                "records have no statistics: name one of the fields {}",
                names.join(", ")
            )));
        }
        other => {
            return Err(Error::unsupported(format!("{other} has no statistics: its items are not numbers")));
        }
    })
}

/// The types in which values are taken in: all kinds of numbers fit one of them.
trait Sample: Element + PartialOrd {
    /// The distance from another value, which is exact for integers that are not too far apart.
    fn minus(self, origin: Self) -> f64;
    fn number(self) -> Number;
    fn to_float(self) -> f64;
    fn is_finite(self) -> bool;
    /// True for integers.
    const IS_EXACT: bool;
}

macro_rules! integer_samples {
    ($($type:ty)*) => {$(
        #[allow(clippy::cast_precision_loss, reason = "statistics are floats")]
        impl Sample for $type {
            fn minus(self, origin: Self) -> f64 {
                let distance = self.abs_diff(origin) as f64;
                if self < origin { -distance } else { distance }
            }

            fn number(self) -> Number {
                Number::Integer(self.into())
            }

            fn to_float(self) -> f64 {
                self as f64
            }

            fn is_finite(self) -> bool {
                true
            }

            const IS_EXACT: bool = true;
        }
    )*};
}

integer_samples!(i64 u64);

impl Sample for f64 {
    fn minus(self, origin: Self) -> f64 {
        self - origin
    }

    fn number(self) -> Number {
        Number::Float(self)
    }

    fn to_float(self) -> f64 {
        self
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }

    const IS_EXACT: bool = false;
}

/// Gives the values of an array some at a time.
fn for_each_slice<T: Sample, S: Storage>(
    array: &Array<S>,
    quantity: Quantity,
    mut f: impl FnMut(&[T]),
) -> Result<()> {
    array.for_each_part(array.natural_order(), |part| {
        let part = match *part.dtype() {
            DType::DateTime(_, order) | DType::TimeDelta(_, order) => {
                part.with_dtype(DType::scalar(Scalar::I64, order))?
            }
            _ => part,
        };
        if quantity == Quantity::Magnitudes {
            let sizes = magnitudes(&part)?;
            f(sizes.as_slice()?);
        } else if let Ok(values) = part.as_slice::<T>() {
            f(values);
        } else {
            f(part.cast(&DType::of::<T>(), Casting::Unsafe)?.as_slice()?);
        }
        Ok(())
    })
}

fn magnitudes(part: &ArrayView<'_>) -> Result<Array> {
    let complex = part.cast(&DType::native(Scalar::Complex128), Casting::Unsafe)?;
    let bytes = complex.as_bytes(Order::C);
    let bytes = bytes.ok_or_else(|| Error::mismatch("what was cast is not in C order"))?;
    let parts = Array::contiguous(DType::native(Scalar::F64), &[complex.len(), 2], Order::C, bytes)?;
    let size = |pair: &[f64]| pair.iter().fold(0.0, |size: f64, part| size.hypot(*part));
    let sizes: Vec<f64> = parts.as_slice::<f64>()?.chunks_exact(2).map(size).collect();
    let count = sizes.len();
    Array::from_vec(sizes, &[count])
}

/// What is known of an array so far.
struct Reading<T> {
    quantity: Quantity,
    are_times: bool,
    items: u64,
    nan: u64,
    positive: u64,
    negative: u64,
    zeros: u64,
    extremes: Option<(T, T)>,
    /// The first finite value. Integers are summed as distances from it, which are exact in floats more often.
    origin: Option<T>,
    moments: Moments,
    /// The sum of integers.
    total: i128,
    integers: i128,
    /// The distances of one part, kept for its memory as long as a piece is taken in.
    distances: Vec<f64>,
    /// The histogram, in the second pass.
    bins: Option<Bins>,
}

impl<T: Sample + Default> Reading<T> {
    fn new(quantity: Quantity) -> Self {
        Self {
            quantity,
            are_times: matches!(quantity, Quantity::Ticks(_)),
            items: 0,
            nan: 0,
            positive: 0,
            negative: 0,
            zeros: 0,
            extremes: None,
            origin: None,
            moments: Moments::default(),
            total: 0,
            integers: 0,
            distances: Vec::new(),
            bins: None,
        }
    }

    fn is_value(&self, value: T) -> bool {
        value.is_finite() && !(self.are_times && value.number() == Number::Integer(NOT_A_TIME.into()))
    }

    fn take_values(&mut self, values: &[T]) {
        self.distances.clear();
        for value in values.iter().copied() {
            if !self.is_value(value) {
                match value.to_float() {
                    f64::INFINITY => self.positive += 1,
                    f64::NEG_INFINITY => self.negative += 1,
                    _ => self.nan += 1,
                }
                continue;
            }
            self.zeros += u64::from(value == T::default());
            let origin = *self.origin.get_or_insert(value);
            let (least, greatest) = self.extremes.get_or_insert((value, value));
            if value < *least {
                *least = value;
            }
            if value > *greatest {
                *greatest = value;
            }
            if let Number::Integer(value) = value.number() {
                self.total += value;
                self.integers += 1;
            }
            self.distances.push(if T::IS_EXACT { value.minus(origin) } else { value.to_float() });
        }
        self.moments.add(&self.distances);
    }
}

impl<T: Sample + Default> Gather for Reading<T> {
    fn take(&mut self, piece: &ArrayView<'_>) -> Result<()> {
        self.items += piece.len() as u64;
        let taken = for_each_slice(piece, self.quantity, |values| self.take_values(values));
        // Many fields may be gathered at a time.
        self.distances = Vec::new();
        taken
    }

    fn begin_histogram(&mut self) -> bool {
        self.bins = self.extremes.map(|(least, greatest)| Bins::new(least.to_float(), greatest.to_float()));
        self.bins.is_some()
    }

    fn count(&mut self, piece: &ArrayView<'_>) -> Result<()> {
        let Some(mut bins) = self.bins.take() else { return Ok(()) };
        let counted = for_each_slice(piece, self.quantity, |values: &[T]| {
            let values = values.iter().filter(|value| self.is_value(**value));
            values.for_each(|value| bins.count(value.to_float()));
        });
        self.bins = Some(bins);
        counted
    }

    fn finish(self: Box<Self>) -> Stats {
        let deviation = (self.moments.squares / self.moments.count).sqrt();
        let mean = if T::IS_EXACT { quotient(self.total, self.integers) } else { self.moments.mean() };
        let histogram = |bins: Bins| Histogram { edges: bins.edges.to_vec(), counts: bins.counts.to_vec() };
        Stats {
            quantity: self.quantity,
            count: self.items,
            nan: self.nan,
            positive_infinities: self.positive,
            negative_infinities: self.negative,
            zeros: self.zeros,
            min: self.extremes.map(|(least, _)| least.number()),
            max: self.extremes.map(|(_, greatest)| greatest.number()),
            mean: self.extremes.map(|_| mean),
            std: self.extremes.map(|_| deviation),
            histogram: self.bins.map(histogram),
        }
    }
}

/// A quotient of integers, rounded about once.
#[allow(clippy::cast_precision_loss, reason = "a mean is a float")]
fn quotient(total: i128, count: i128) -> f64 {
    let whole = total.checked_div(count).unwrap_or(0);
    let rest = (total - whole * count) as f64 / count as f64;
    whole as f64 + rest
}

/// Number, sum and squared deviations of floats, taken in some at a time without loss of accuracy.
#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    /// What rounding took from the sum.
    rest: f64,
    squares: f64,
}

impl Moments {
    fn mean(&self) -> f64 {
        // After an overflow, the rest is not a number.
        if self.sum.is_finite() { (self.sum + self.rest) / self.count } else { self.sum / self.count }
    }

    /// Joins the moments of some more values with those so far (Chan, Golub and LeVeque).
    #[allow(clippy::cast_precision_loss, reason = "a part has few values")]
    fn add(&mut self, values: &[f64]) {
        if values.is_empty() {
            return;
        }
        let (count, sum) = (values.len() as f64, pairwise(values, |value| value));
        let mean = sum / count;
        let mut squares = pairwise(values, |value| (value - mean) * (value - mean));
        if self.count > 0.0 {
            let apart = mean - self.mean();
            squares += apart * apart * (self.count * count / (self.count + count));
        }
        self.squares += squares;
        self.count += count;
        // Neumaier's summation.
        let total = self.sum + sum;
        self.rest +=
            if self.sum.abs() >= sum.abs() { (self.sum - total) + sum } else { (sum - total) + self.sum };
        self.sum = total;
    }
}

/// A sum whose rounding errors grow with the logarithm of the number of values.
fn pairwise(values: &[f64], f: impl Fn(f64) -> f64 + Copy) -> f64 {
    const DIRECT: usize = 128;
    if values.len() > DIRECT {
        let (left, right) = values.split_at(values.len() / 2);
        return pairwise(left, f) + pairwise(right, f);
    }
    // Several sums at once, since one would wait for each addition.
    let mut lanes = [0.0; 8];
    let mut chunks = values.chunks_exact(8);
    for chunk in chunks.by_ref() {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += f(*value));
    }
    lanes.into_iter().sum::<f64>() + chunks.remainder().iter().map(|value| f(*value)).sum::<f64>()
}

const BINS: usize = 10;

/// A histogram that is being filled.
struct Bins {
    edges: [f64; BINS + 1],
    counts: [u64; BINS],
}

impl Bins {
    fn new(least: f64, greatest: f64) -> Self {
        let (first, last) = if least < greatest { (least, greatest) } else { (least - 0.5, greatest + 0.5) };
        let step = (last - first) / 10.0;
        let mut edges = [last; BINS + 1];
        for (edge, number) in
            edges.iter_mut().zip((0..BINS).map(|bin| u32::try_from(bin).map_or(0.0, f64::from)))
        {
            // The width of the range may overflow where the range does not.
            let inside = first * (1.0 - number / 10.0) + last * (number / 10.0);
            *edge = if step.is_finite() { number * step + first } else { inside };
        }
        Self { edges, counts: [0; BINS] }
    }

    fn count(&mut self, value: f64) {
        let [first, .., last] = self.edges;
        // Halves, so that the width does not overflow.
        let place = (value / 2.0 - first / 2.0) / (last / 2.0 - first / 2.0) * 10.0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10; NaN is 0")]
        let near = (place as usize).min(BINS - 1);
        // Rounding may have led to a neighbour: the edges decide.
        let edge = |bin: usize| self.edges.get(bin).copied().unwrap_or(last);
        let bin = if value < edge(near) {
            near.saturating_sub(1)
        } else if value >= edge(near + 1) {
            (near + 1).min(BINS - 1)
        } else {
            near
        };
        if let Some(count) = self.counts.get_mut(bin) {
            *count += 1;
        }
    }
}

#[cfg(test)]
mod tests;
