//! What a picture needs of an array, however large that is.

use arr_io::format::{Description, PartInfo, room};
use arr_io::{Array, ArrayView, Casting, DType, Data, Error, NOT_A_TIME, Order, Parts, Scalar, Slice};

use super::colors::Rgb;
use super::numbers::{byte, float, of_tick, place, whole};
use super::scale::Range;
use super::{MOST_LINES, Values, has_channels, without_ones};
use crate::text;

/// An array, or a slice of it, whose values can be gone through more than once.
pub struct Source<'a, 'p> {
    parts: &'a mut Parts<'p>,
    part: &'a PartInfo,
    slice: Option<&'a Slice>,
    data: Found,
    /// What was left out of the values so far.
    left: Left,
}

/// The array, or what is known of a large one.
enum Found {
    Held(Array),
    Large(Description),
}

/// What no picture shows.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    nan: u64,
    infinite: u64,
}

impl<'a, 'p> Source<'a, 'p> {
    /// The array of a part, or a slice of it. A large one is not read yet.
    pub fn new(
        parts: &'a mut Parts<'p>,
        part: &'a PartInfo,
        slice: Option<&'a Slice>,
    ) -> Result<Self, Error> {
        let data = match slice {
            Some(slice) => parts.slice_data(part, slice),
            None => parts.data(part),
        };
        let data = match data? {
            Data::Array(array) => Found::Held(array),
            Data::Large(what) => Found::Large(what),
            _ => return Err(Error::unsupported("bytes that are not an array can't be drawn")),
        };
        Ok(Self { parts, part, slice, data, left: Left::default() })
    }

    /// What one item is.
    pub fn dtype(&self) -> &DType {
        match &self.data {
            Found::Held(array) => array.dtype(),
            Found::Large(what) => &what.dtype,
        }
    }

    /// Items along each dimension.
    pub fn shape(&self) -> &[usize] {
        match &self.data {
            Found::Held(array) => array.shape(),
            Found::Large(what) => &what.shape,
        }
    }

    /// The number of items.
    fn items(&self) -> usize {
        self.shape().iter().fold(1, |items: usize, dim| items.saturating_mul(*dim))
    }

    /// What was left out of the values, if anything was.
    pub fn left_out(&self) -> Option<String> {
        let Left { nan, infinite } = self.left;
        let is_time = matches!(self.dtype(), DType::DateTime(..) | DType::TimeDelta(..));
        let nan = (nan > 0).then(|| format!("{nan} {}", if is_time { "NaT" } else { "NaN" }));
        let infinite = (infinite > 0).then(|| format!("{infinite} infinite"));
        let left: Vec<String> = nan.into_iter().chain(infinite).collect();
        (!left.is_empty()).then(|| format!("left out: {}", left.join(", ")))
    }

    /// Gives all values, some at a time, and the order in which they follow one another; what is not finite as NaN.
    fn each(&mut self, take: &mut dyn FnMut(Order, &[f64])) -> Result<(), Error> {
        let mut left = Left::default();
        let mut scratch = Vec::new();
        match &self.data {
            Found::Held(array) => {
                let order = array.natural_order();
                each_of(array, order, &mut scratch, &mut left, take)?;
            }
            Found::Large(what) => {
                let (mut blocks, order) = self.parts.stored_blocks(self.part, self.slice, what)?;
                while let Some(block) = blocks.next_block()? {
                    each_of(&block.array, order, &mut scratch, &mut left, take)?;
                }
            }
        }
        self.left = left;
        Ok(())
    }

    /// An error when there is no value to draw.
    fn check_any<T>(&self, found: Option<T>) -> Result<T, Error> {
        found.ok_or_else(|| match self.items() {
            0 => Error::invalid("there is nothing to draw: the array has no items"),
            items => {
                let count = text::counted(items as u64, "item");
                Error::invalid(format!("there is nothing to draw: {count}, none of them finite"))
            }
        })
    }
}

/// Gives the values of an array in memory.
fn each_of(
    array: &Array,
    order: Order,
    scratch: &mut Vec<f64>,
    left: &mut Left,
    take: &mut dyn FnMut(Order, &[f64]),
) -> Result<(), Error> {
    array.for_each_part(order, |part| {
        scratch.clear();
        scratch.try_reserve(part.len()).map_err(room::no_memory)?;
        floats(part, scratch)?;
        for value in scratch.iter_mut().filter(|value| !value.is_finite()) {
            let count = if value.is_nan() { &mut left.nan } else { &mut left.infinite };
            *count += 1;
            *value = f64::NAN;
        }
        take(order, scratch);
        Ok(())
    })
}

/// The values as floats: of complex numbers the absolute ones, of times the ticks.
fn floats(part: ArrayView<'_>, to: &mut Vec<f64>) -> Result<(), Error> {
    match *part.dtype() {
        DType::DateTime(_, order) | DType::TimeDelta(_, order) => {
            let ticks = part.with_dtype(DType::scalar(Scalar::I64, order))?;
            let ticks = ticks.cast(&DType::of::<i64>(), Casting::Unsafe)?;
            let value = |tick: &i64| if *tick == NOT_A_TIME { f64::NAN } else { of_tick(*tick) };
            to.extend(ticks.as_slice::<i64>()?.iter().map(value));
        }
        DType::Scalar(kind, _) if kind.is_complex() => {
            let complex = part.cast(&DType::native(Scalar::Complex128), Casting::Unsafe)?;
            let bytes = complex.as_bytes(Order::C);
            let bytes = bytes.ok_or_else(|| Error::mismatch("what was cast is not in C order"))?;
            let pairs = Array::contiguous(DType::of::<f64>(), &[complex.len(), 2], Order::C, bytes)?;
            let size = |pair: &[f64]| pair.iter().fold(0.0, |size: f64, part| size.hypot(*part));
            to.extend(pairs.as_slice::<f64>()?.chunks_exact(2).map(size));
        }
        _ => to.extend_from_slice(part.cast(&DType::of::<f64>(), Casting::Unsafe)?.as_slice()?),
    }
    Ok(())
}

/// Counts the index of three axes up, item by item.
struct Cursor {
    /// The lengths of the axes, and where it is; the first one is counted up first.
    axes: [(usize, usize); 3],
    order: Order,
}

impl Cursor {
    fn new(shape: [usize; 3], order: Order) -> Self {
        let [one, two, three] = shape.map(|len| (len, 0));
        let axes = match order {
            Order::C => [three, two, one],
            Order::F => [one, two, three],
        };
        Self { axes, order }
    }

    /// The index of the item, before it goes on to the next one.
    fn next(&mut self) -> [usize; 3] {
        let [fast, middle, slow] = self.axes.map(|(_, at)| at);
        for (len, at) in &mut self.axes {
            *at += 1;
            if *at < *len {
                break;
            }
            *at = 0;
        }
        match self.order {
            Order::C => [slow, middle, fast],
            Order::F => [fast, middle, slow],
        }
    }
}

/// Some neighbouring values of a line.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    pub first: f64,
    pub last: f64,
    pub range: Range,
}

/// Lines over the places of an axis.
#[derive(Debug)]
pub struct Lines {
    /// Items of each line.
    pub count: usize,
    /// The bins of each line, nothing where no value is finite, and what it is called where there are several.
    pub lines: Vec<(String, Vec<Option<Bin>>)>,
    /// The range of all values.
    pub range: Range,
}

impl Lines {
    /// Cuts lines into at most so many bins. In a table the longer axis is that of the lines.
    pub fn of(source: &mut Source<'_, '_>, most: usize) -> Result<Self, Error> {
        let (count, several, is_along_first) = match *without_ones(source.shape()).as_slice() {
            [] => (1, 1, true),
            [count] => (count, 1, true),
            [rows, columns] if rows >= columns => (rows, columns, true),
            [rows, columns] => (columns, rows, false),
            _ => return Err(too_many_axes("a line", "one or two", source.shape())),
        };
        if several > MOST_LINES {
            let message =
                format!("{several} lines are too many for a picture, which has at most {MOST_LINES}");
            return Err(Error::invalid(format!("{message}: choose some of them (--slice)")));
        }
        let bins = count.min(most);
        let mut lines = Vec::new();
        for line in 0..several {
            let name = if is_along_first { format!("[:, {line}]") } else { format!("[{line}, :]") };
            lines.push((name, room::collected((0..bins).map(|_| None))?));
        }
        let shape = if is_along_first { [count, several, 1] } else { [several, count, 1] };
        let mut cursor = None;
        source.each(&mut |order, values| {
            let cursor = cursor.get_or_insert_with(|| Cursor::new(shape, order));
            for value in values {
                let [one, other, _] = cursor.next();
                let (at, line) = if is_along_first { (one, other) } else { (other, one) };
                let bin = lines.get_mut(line).and_then(|(_, line)| line.get_mut(place(at, bins, count)));
                if let Some(bin) = bin.filter(|_| !value.is_nan()) {
                    add(bin, *value);
                }
            }
        })?;
        let bounds = |bin: &Bin| [bin.range.low, bin.range.high];
        let range = Range::of(lines.iter().flat_map(|(_, line)| line.iter().flatten().flat_map(bounds)));
        let range = source.check_any(range)?;
        Ok(Self { count, lines, range })
    }
}

fn add(bin: &mut Option<Bin>, value: f64) {
    match bin {
        Some(Bin { last, range, .. }) => {
            *last = value;
            *range = Range { low: range.low.min(value), high: range.high.max(value) };
        }
        None => *bin = Some(Bin { first: value, last: value, range: Range { low: value, high: value } }),
    }
}

/// An error for a kind of picture that takes other shapes.
fn too_many_axes(what: &str, axes: &str, shape: &[usize]) -> Error {
    let shape = text::shape(shape);
    Error::invalid(format!("{what} has {axes} axes longer than 1, not {shape}: choose a part (--slice)"))
}

/// A histogram.
#[derive(Debug)]
pub struct Bars {
    /// How many values are in each bin; all are of the same width.
    pub counts: Vec<u64>,
    /// Where the first one begins and the last one ends.
    pub range: Range,
}

impl Bars {
    /// Counts values in at most so many bins. Bins of whole numbers hold as many of them each.
    pub fn of(source: &mut Source<'_, '_>, values: Values, most: usize) -> Result<Self, Error> {
        let (mut found, mut items) = (None::<Range>, 0u64);
        source.each(&mut |_, values| {
            let range = Range::of(values.iter().copied().filter(|value| !value.is_nan()));
            found = Range::of(found.into_iter().chain(range).flat_map(|range| [range.low, range.high]));
            items += values.iter().filter(|value| !value.is_nan()).count() as u64;
        })?;
        let range = source.check_any(found)?;
        let (range, bins) = bins(range, values, items, most.max(1));
        let mut counts = room::collected((0..bins).map(|_| 0u64))?;
        source.each(&mut |_, values| {
            for value in values.iter().filter(|value| !value.is_nan()) {
                let bin = whole(range.fraction(*value) * float(bins)).min(bins.saturating_sub(1));
                if let Some(count) = counts.get_mut(bin) {
                    *count += 1;
                }
            }
        })?;
        Ok(Self { counts, range })
    }
}

/// Up to here neighbouring whole numbers are different floats.
const EXACT: f64 = 9e15;

/// The bins of a range of so many values: about the square root of their number.
fn bins(range: Range, values: Values, items: u64, most: usize) -> (Range, usize) {
    let root = usize::try_from(items.isqrt()).unwrap_or(most);
    let wanted = root.clamp(10, 50).min(most);
    let is_exact = values.are_whole() && range.low.abs().max(range.high.abs()) < EXACT;
    if !is_exact {
        return (range.widened(), wanted);
    }
    let span = range.high - range.low + 1.0;
    let wanted = if span <= float(most.min(50)) { span } else { float(wanted) };
    let each = (span / wanted).ceil();
    let bins = (span / each).ceil();
    let low = range.low - 0.5;
    (Range { low, high: low + each * bins }, whole(bins))
}

/// A table of means: each cell is that of the items that fall into it.
#[derive(Debug)]
pub struct Grid {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    /// The lengths of the axes that it is made of.
    pub rows: usize,
    pub columns: usize,
    /// The mean of each cell, channel after channel.
    means: Vec<f64>,
    /// Of how many items it is.
    counts: Vec<u32>,
    /// The range of the means.
    pub range: Range,
}

impl Grid {
    /// The heat map of an array in at most so many columns and lines.
    pub fn heat(source: &mut Source<'_, '_>, width: usize, height: usize) -> Result<Self, Error> {
        let (rows, columns) = match *without_ones(source.shape()).as_slice() {
            [] => (1, 1),
            [columns] if source.shape().first() != Some(&columns) || source.shape().len() == 1 => {
                (1, columns)
            }
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(too_many_axes("a heat map", "one or two", source.shape())),
        };
        Self::of(source, [rows, columns, 1], width.min(columns), height.min(rows))
    }

    /// An image, which `fit` gives a width and a height for that of the array.
    pub fn image(
        source: &mut Source<'_, '_>,
        fit: impl FnOnce([usize; 3]) -> (usize, usize),
    ) -> Result<Self, Error> {
        let shape = image_shape(source.shape())?;
        let [rows, columns, _] = shape;
        let (width, height) = fit(shape);
        Self::of(source, shape, width.min(columns), height.min(rows))
    }

    fn of(
        source: &mut Source<'_, '_>,
        shape: [usize; 3],
        width: usize,
        height: usize,
    ) -> Result<Self, Error> {
        let [rows, columns, channels] = shape;
        let count = width.saturating_mul(height).saturating_mul(channels);
        let mut means = room::collected((0..count).map(|_| 0.0))?;
        let mut counts = room::collected((0..count).map(|_| 0u32))?;
        let mut cursor = None;
        source.each(&mut |order, values| {
            let cursor = cursor.get_or_insert_with(|| Cursor::new(shape, order));
            for value in values {
                let [y, x, channel] = cursor.next();
                let cell = (place(y, height, rows) * width + place(x, width, columns)) * channels + channel;
                let (mean, count) = (means.get_mut(cell), counts.get_mut(cell));
                if let (Some(mean), Some(count), false) = (mean, count, value.is_nan()) {
                    *count = count.saturating_add(1);
                    // No sum of finite values may overflow.
                    let part = 1.0 / f64::from(*count);
                    *mean += value * part - *mean * part;
                }
            }
        })?;
        let known = means.iter().zip(&counts).filter(|(_, count)| **count > 0).map(|(mean, _)| *mean);
        let range = source.check_any(Range::of(known))?;
        Ok(Self { width, height, channels, rows, columns, means, counts, range })
    }

    /// The mean of a cell; nothing where no value is finite.
    pub fn get(&self, x: usize, y: usize, channel: usize) -> Option<f64> {
        let cell = (y * self.width + x) * self.channels + channel;
        let is_known = self.counts.get(cell).is_some_and(|count| *count > 0);
        self.means.get(cell).copied().filter(|_| is_known)
    }
}

impl Grid {
    /// The colour and the opacity of a pixel; nothing where a channel has no finite value.
    pub fn pixel(&self, x: usize, y: usize, range: Range) -> Option<(Rgb, f64)> {
        let channel = |channel| self.get(x, y, channel).map(|value| range.fraction(value));
        let light = |at| channel(at).map(|value| byte(value * 255.0));
        let opacity = if self.channels == 4 { channel(3)? } else { 1.0 };
        let color = match self.channels {
            3 | 4 => Rgb(light(0)?, light(1)?, light(2)?),
            _ => Rgb(light(0)?, light(0)?, light(0)?),
        };
        Some((color, opacity))
    }
}

/// Height, width and channels of an image.
fn image_shape(shape: &[usize]) -> Result<[usize; 3], Error> {
    if let [height, width, channels] = *shape {
        if has_channels(shape) || channels == 1 {
            return Ok([height, width, channels]);
        }
    }
    match (without_ones(shape).as_slice(), shape) {
        ([height, width], _) => Ok([*height, *width, 1]),
        ([height, width, channels @ (3 | 4)], _) => Ok([*height, *width, *channels]),
        (_, [height, width]) => Ok([*height, *width, 1]),
        _ => {
            let shape = text::shape(shape);
            let wanted = "(height, width), or that with 3 or 4 channels behind";
            Err(Error::invalid(format!(
                "an image has the shape {wanted}, not {shape}: choose a part (--slice)"
            )))
        }
    }
}

/// The values that are black and white in an image. Bytes, booleans and 16-bit words have ranges of their own, and colours
/// that fit one of them are taken to be in it; all else reaches from its least value to its greatest.
pub fn brightness(dtype: &DType, channels: usize, found: Range) -> Range {
    let scalar = dtype.as_scalar().map(|(scalar, _)| scalar);
    let high = match scalar {
        Some(Scalar::U8) => 255.0,
        Some(Scalar::Bool) => 1.0,
        Some(Scalar::U16) => 65_535.0,
        _ if channels > 1 && found.low >= 0.0 && found.high <= 1.0 => 1.0,
        _ if channels > 1 && found.low >= 0.0 && found.high <= 255.0 => 255.0,
        _ => return found.widened(),
    };
    Range { low: 0.0, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_follow_both_orders() {
        let indexes = |order| {
            let mut cursor = Cursor::new([2, 2, 1], order);
            [(); 4].map(|()| cursor.next())
        };
        assert_eq!(indexes(Order::C), [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]);
        assert_eq!(indexes(Order::F), [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]);
    }

    #[test]
    fn bins_of_whole_numbers_are_fair() {
        let range = |low, high| Range { low, high };
        assert_eq!(bins(range(0.0, 9.0), Values::Whole, 1000, 60), (range(-0.5, 9.5), 10));
        assert_eq!(bins(range(0.0, 99.0), Values::Whole, 100, 60), (range(-0.5, 99.5), 10));
        assert_eq!(bins(range(0.0, 0.0), Values::Real, 3, 60), (range(-0.5, 0.5), 10));
        assert_eq!(bins(range(-1e300, 1e300), Values::Whole, 1_000_000, 60).1, 50);
    }

    #[test]
    fn images_have_two_axes_or_channels() {
        assert_eq!(image_shape(&[2, 5, 3]).unwrap(), [2, 5, 3]);
        assert_eq!(image_shape(&[2, 5, 1]).unwrap(), [2, 5, 1]);
        assert_eq!(image_shape(&[1, 7, 5]).unwrap(), [7, 5, 1]);
        assert_eq!(image_shape(&[1, 7, 5, 4]).unwrap(), [7, 5, 4]);
        assert_eq!(image_shape(&[1, 5]).unwrap(), [1, 5, 1]);
        assert!(image_shape(&[5]).is_err() && image_shape(&[3, 5, 7]).is_err());
    }
}
