//! How items of two dtypes are compared: chosen once, then applied run by run.

use std::collections::HashMap;

use super::CompareOptions;
use super::domain::{Complex, Domain, Instant};
use super::tally::{DIFFERENT, Tally};
use crate::model::array::lost_bytes;
use crate::model::buffer::zeros;
use crate::model::long_double::X87;
use crate::ops::cast::{self, Ticks, is_calendar, part, without_padding};
use crate::{ByteOrder, DType, Error, NOT_A_TIME, RecordType, Result, Scalar, SubArray, TimeUnit};

/// How items are compared, and how long they are on both sides.
pub(super) struct Plan {
    left: usize,
    right: usize,
    kind: Kind,
}

enum Kind {
    /// What cannot be compared is different.
    Never,
    /// Opaque bytes of the same length.
    Bytes,
    /// Byte strings.
    Strings,
    /// Text, in these byte orders.
    Text(ByteOrder, ByteOrder),
    Numbers(Box<Numbers>),
    Times(Box<(Clock, Clock)>),
    Fields(Vec<Shared>),
    SubArray(Box<Plan>, usize),
}

/// Both sides are brought into one kind of numbers that holds all values of both.
struct Numbers {
    left: Option<cast::Plan>,
    right: Option<cast::Plan>,
    kind: Scalar,
}

/// Reads ticks in one unit and counts them in another.
struct Clock {
    order: ByteOrder,
    ticks: Ticks,
}

/// A field that both records have.
struct Shared {
    left: usize,
    right: usize,
    plan: Plan,
}

impl Shared {
    /// The items of the field on both sides, one after another, out of `count` records of these sizes.
    #[inline(never)]
    fn collect(
        &self,
        left: &[u8],
        left_size: usize,
        right: &[u8],
        right_size: usize,
        count: usize,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut ours, mut theirs) = (zeros(self.plan.left * count)?, zeros(self.plan.right * count)?);
        cast::gather(left, left_size, self.left, self.plan.left, &mut ours)
            .and_then(|()| cast::gather(right, right_size, self.right, self.plan.right, &mut theirs))
            .ok_or_else(lost_bytes)?;
        Ok((ours, theirs))
    }
}

impl Kind {
    /// Of items without parts. It is a function of its own so that records in records take little of the stack.
    #[inline(never)]
    fn simple(left: &DType, right: &DType) -> Result<Self> {
        use DType::{Bytes, DateTime, TimeDelta, Unicode, Void};
        Ok(match (left, right) {
            (DType::Scalar(..), DType::Scalar(..)) => Self::Numbers(Box::new(Numbers::new(left, right)?)),
            (Bytes(_), Bytes(_)) => Self::Strings,
            (Unicode(_, a), Unicode(_, b)) => Self::Text(*a, *b),
            (Void(a), Void(b)) if a == b => Self::Bytes,
            (DateTime(a, first), DateTime(b, second)) => clocks(*a, *b, *first, *second, false),
            (TimeDelta(a, first), TimeDelta(b, second)) => clocks(*a, *b, *first, *second, true),
            _ => Self::Never,
        })
    }
}

impl Plan {
    pub(super) fn new(left: &DType, right: &DType) -> Result<Self> {
        let kind = match (left, right) {
            (DType::Record(left), DType::Record(right)) => shared_fields(left, right)?,
            (DType::SubArray(left), DType::SubArray(right)) => sub_arrays(left, right)?,
            _ => Kind::simple(left, right)?,
        };
        Ok(Self { left: left.itemsize(), right: right.itemsize(), kind })
    }

    /// Marks the items that differ.
    pub(super) fn run(
        &self,
        left: &[u8],
        right: &[u8],
        options: &CompareOptions,
        marks: &mut [u8],
        tally: &mut Tally,
    ) -> Result<()> {
        match &self.kind {
            Kind::Never => marks.fill(DIFFERENT),
            Kind::Bytes => self.each(left, right, marks, |a, b| a == b)?,
            Kind::Strings => {
                self.each(left, right, marks, |a, b| without_padding(a) == without_padding(b))?
            }
            Kind::Text(first, second) => {
                self.each(left, right, marks, |a, b| same_text(a, *first, b, *second))?;
            }
            Kind::Numbers(numbers) => return numbers.run(left, right, options, marks, tally),
            Kind::Times(clocks) => {
                let pairs = clocks.0.read(left).zip(clocks.1.read(right));
                scan(pairs, options, marks, tally);
            }
            Kind::Fields(fields) => {
                for field in fields {
                    let (ours, theirs) = field.collect(left, self.left, right, self.right, marks.len())?;
                    field.plan.run(&ours, &theirs, options, marks, tally)?;
                }
            }
            Kind::SubArray(plan, each) => {
                let mut inner = zeros(marks.len().checked_mul(*each).ok_or_else(lost_bytes)?)?;
                plan.run(left, right, options, &mut inner, tally)?;
                for (mark, inner) in marks.iter_mut().zip(inner.chunks((*each).max(1))) {
                    *mark = inner.iter().fold(*mark, |mark, inner| mark | inner);
                }
            }
        }
        Ok(())
    }

    fn each(
        &self,
        left: &[u8],
        right: &[u8],
        marks: &mut [u8],
        same: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<()> {
        for (item, mark) in marks.iter_mut().enumerate() {
            let a = left.get(item * self.left..(item + 1) * self.left);
            let b = right.get(item * self.right..(item + 1) * self.right);
            let (a, b) = a.zip(b).ok_or_else(lost_bytes)?;
            if !same(a, b) {
                *mark |= DIFFERENT;
            }
        }
        Ok(())
    }
}

fn scan<D: Domain>(
    pairs: impl Iterator<Item = (D, D)>,
    options: &CompareOptions,
    marks: &mut [u8],
    tally: &mut Tally,
) {
    for ((a, b), mark) in pairs.zip(marks) {
        *mark |= a.mark(b, options, tally);
    }
}

impl Numbers {
    fn new(left: &DType, right: &DType) -> Result<Self> {
        let (left, right) = (bool_as_byte(left), bool_as_byte(right));
        let (Some((a, _)), Some((b, _))) = (left.as_scalar(), right.as_scalar()) else {
            return Err(Error::invalid("no numbers"));
        };
        let kind = common(a, b);
        let order = if kind.is_long_double() { ByteOrder::Little } else { ByteOrder::NATIVE };
        let target = DType::scalar(kind, order);
        let plan = |dtype: &DType| {
            if *dtype == target { Ok(None) } else { cast::Plan::new(dtype, &target, false).map(Some) }
        };
        Ok(Self { left: plan(&left)?, right: plan(&right)?, kind })
    }

    fn run(
        &self,
        left: &[u8],
        right: &[u8],
        options: &CompareOptions,
        marks: &mut [u8],
        tally: &mut Tally,
    ) -> Result<()> {
        let items = marks.len();
        let size = self.kind.itemsize();
        let convert = |plan: &Option<cast::Plan>, bytes: &[u8]| -> Result<Option<Vec<u8>>> {
            let Some(plan) = plan else { return Ok(None) };
            let mut converted = zeros(items * size)?;
            plan.run(bytes, &mut converted, items).map_err(|fault| fault.into_error(&[]))?;
            Ok(Some(converted))
        };
        let (a, b) = (convert(&self.left, left)?, convert(&self.right, right)?);
        let (left, right) = (a.as_deref().unwrap_or(left), b.as_deref().unwrap_or(right));
        match self.kind {
            Scalar::I64 => scan(i64s(left).zip(i64s(right)), options, marks, tally),
            Scalar::U64 => scan(u64s(left).zip(u64s(right)), options, marks, tally),
            Scalar::F64 => scan(f64s(left).zip(f64s(right)), options, marks, tally),
            Scalar::Complex128 => scan(pairs(f64s(left)).zip(pairs(f64s(right))), options, marks, tally),
            Scalar::LongDouble16 => scan(x87s(left).zip(x87s(right)), options, marks, tally),
            _ => scan(pairs(x87s(left)).zip(pairs(x87s(right))), options, marks, tally),
        }
        Ok(())
    }
}

fn eights(bytes: &[u8]) -> impl Iterator<Item = [u8; 8]> + '_ {
    bytes.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok())
}

fn i64s(bytes: &[u8]) -> impl Iterator<Item = i64> + '_ {
    eights(bytes).map(i64::from_ne_bytes)
}

fn u64s(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    eights(bytes).map(u64::from_ne_bytes)
}

fn f64s(bytes: &[u8]) -> impl Iterator<Item = f64> + '_ {
    eights(bytes).map(f64::from_ne_bytes)
}

fn x87s(bytes: &[u8]) -> impl Iterator<Item = X87> + '_ {
    bytes.chunks_exact(16).filter_map(|bytes| bytes.first_chunk().map(X87::from_bytes))
}

fn pairs<D: Domain>(mut parts: impl Iterator<Item = D>) -> impl Iterator<Item = Complex<D>> {
    std::iter::from_fn(move || Some(Complex(parts.next()?, parts.next()?)))
}

/// A bool that is neither 0 nor 1 is different from both, and no error here.
fn bool_as_byte(dtype: &DType) -> DType {
    match dtype {
        DType::Scalar(Scalar::Bool, order) => DType::Scalar(Scalar::U8, *order),
        other => other.clone(),
    }
}

/// A kind of numbers that holds all values of both kinds.
fn common(a: Scalar, b: Scalar) -> Scalar {
    let complex = a.is_complex() || b.is_complex();
    let (a, b) = (part(a), part(b));
    // A 64-bit integer needs all the digits of a long double beside a float.
    let in_f64 =
        |kind: Scalar| kind.is_float() && !kind.is_long_double() || kind.is_integer() && kind.itemsize() <= 4;
    let kind = match (a.is_integer(), b.is_integer()) {
        (true, true) if a.is_unsigned_integer() && b.is_unsigned_integer() => Scalar::U64,
        (true, true) if a != Scalar::U64 && b != Scalar::U64 => Scalar::I64,
        (false, _) | (_, false) if in_f64(a) && in_f64(b) => Scalar::F64,
        _ => Scalar::LongDouble16,
    };
    match (kind, complex) {
        (Scalar::F64, true) => Scalar::Complex128,
        (_, true) => Scalar::ComplexLongDouble32,
        (kind, false) => kind,
    }
}

impl Clock {
    fn read<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Instant> + 'a {
        eights(bytes).map(|bytes| {
            let ticks = match self.order {
                ByteOrder::Little => i64::from_le_bytes(bytes),
                ByteOrder::Big => i64::from_be_bytes(bytes),
            };
            if ticks == NOT_A_TIME {
                return Instant::NotATime;
            }
            self.ticks.convert_wide(ticks).map_or(Instant::Beyond, Instant::At)
        })
    }
}

/// Both units are counted in the base of the finer one, which divides both. Ticks without a unit are taken as they
/// are; years and months have no length in days.
fn clocks(left: TimeUnit, right: TimeUnit, first: ByteOrder, second: ByteOrder, is_delta: bool) -> Kind {
    let finer = match (left, right) {
        (TimeUnit::Of(a, _), TimeUnit::Of(b, _)) if is_delta && is_calendar(a) != is_calendar(b) => {
            return Kind::Never;
        }
        (TimeUnit::Of(a, _), TimeUnit::Of(b, _)) if left != right => TimeUnit::Of(a.max(b), 1),
        _ => TimeUnit::Generic,
    };
    let clock = |unit, order| {
        let ticks =
            if finer == TimeUnit::Generic { Some(Ticks::Same) } else { Ticks::new(unit, finer, is_delta) };
        ticks.map(|ticks| Clock { order, ticks })
    };
    match (clock(left, first), clock(right, second)) {
        (Some(left), Some(right)) => Kind::Times(Box::new((left, right))),
        _ => Kind::Never,
    }
}

fn shared_fields(left: &RecordType, right: &RecordType) -> Result<Kind> {
    if left.fields().len() != right.fields().len() {
        return Ok(Kind::Never);
    }
    let mut by_name = HashMap::new();
    by_name.try_reserve(right.fields().len()).map_err(no_memory)?;
    by_name.extend(right.fields().iter().map(|field| (field.name(), field)));
    let mut shared = Vec::new();
    shared.try_reserve_exact(left.fields().len()).map_err(no_memory)?;
    for ours in left.fields() {
        let Some(theirs) = by_name.get(ours.name()) else {
            return Ok(Kind::Never);
        };
        let plan = Plan::new(ours.dtype(), theirs.dtype())?;
        shared.push(Shared { left: ours.offset(), right: theirs.offset(), plan });
    }
    Ok(Kind::Fields(shared))
}

#[cold]
fn no_memory(source: std::collections::TryReserveError) -> Error {
    Error::limit("no memory to compare so many fields").with_source(source)
}

fn sub_arrays(left: &SubArray, right: &SubArray) -> Result<Kind> {
    if left.dims() != right.dims() {
        return Ok(Kind::Never);
    }
    let each = left.dims().iter().product();
    Ok(Kind::SubArray(Box::new(Plan::new(left.item(), right.item())?), each))
}

/// What one text is longer by must be padding.
fn same_text(a: &[u8], first: ByteOrder, b: &[u8], second: ByteOrder) -> bool {
    fn padded(bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = u32> + '_ {
        let units = bytes.chunks_exact(4).filter_map(move |unit| {
            let unit = unit.try_into().ok()?;
            Some(match order {
                ByteOrder::Little => u32::from_le_bytes(unit),
                ByteOrder::Big => u32::from_be_bytes(unit),
            })
        });
        units.chain(std::iter::repeat(0))
    }
    padded(a, first).zip(padded(b, second)).take(a.len().max(b.len()) / 4).all(|(a, b)| a == b)
}
