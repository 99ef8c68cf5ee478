//! How one item is printed.

use std::fmt::Write as _;

use super::float::{self, FloatFormat, push_spaces};
use super::number::{self, Float, FloatKind};
use super::options::{PrintOptions, Sign};
use super::shown::Shown;
use super::{text, time};
use crate::model::layout::Dims;
use crate::{ByteOrder, DType, NOT_A_TIME, RecordType, Scalar, TimeUnit};

/// How all the items of an array, or of a field, are printed.
#[derive(Clone, Debug)]
pub(super) enum ItemFormat {
    /// `True` with that many characters.
    Bool(usize),
    Integer {
        signed: bool,
        order: ByteOrder,
        sign: Sign,
        width: usize,
    },
    Float(FloatKind, ByteOrder, FloatFormat),
    Complex(FloatKind, ByteOrder, Box<[FloatFormat; 2]>),
    /// Each as it would be alone.
    LoneFloat(FloatKind, ByteOrder),
    LoneComplex(FloatKind, ByteOrder),
    Bytes,
    LoneBytes,
    Text {
        order: ByteOrder,
        quoted: bool,
    },
    /// Of any length.
    Utf8 {
        quoted: bool,
    },
    Void,
    /// In quotes, with that many characters.
    Date(TimeUnit, ByteOrder, usize),
    LoneDate(TimeUnit, ByteOrder),
    /// A number with that many characters.
    Span(ByteOrder, usize),
    /// In words.
    LoneSpan(TimeUnit, ByteOrder),
    Record(Vec<FieldFormat>),
    /// Items that are not in the bytes.
    Absent,
}

/// How one field of a record is printed.
#[derive(Clone, Debug)]
pub(super) struct FieldFormat {
    offset: usize,
    itemsize: usize,
    /// Of the sub-array, if it is one.
    shape: Dims,
    threshold: usize,
    edgeitems: usize,
    format: ItemFormat,
}

impl ItemFormat {
    /// Finds the format that suits the shown items. A record that is an array of rank 0 (`lone`) prints its floats
    /// each as it would be alone.
    pub(super) fn new(dtype: &DType, shown: &Shown<'_>, options: &PrintOptions, lone: bool) -> Self {
        match dtype {
            DType::Scalar(kind, order) => Self::scalar(*kind, *order, shown, options, lone),
            DType::Bytes(_) => Self::Bytes,
            DType::Unicode(_, order) => Self::Text { order: *order, quoted: true },
            DType::Void(_) => Self::Void,
            DType::DateTime(unit, order) => {
                let width = time_width(shown, *order, |ticks, out| push_quoted_date(ticks, *unit, out));
                Self::Date(*unit, *order, width)
            }
            DType::TimeDelta(_, order) => {
                let width = time_width(shown, *order, |ticks, out| _ = write!(out, "{ticks}"));
                Self::Span(*order, width)
            }
            DType::Record(record) => Self::record(record, shown, options, lone),
            DType::Utf8 => Self::Utf8 { quoted: true },
            DType::SubArray(_) | DType::Object => Self::Absent,
        }
    }

    /// How the item of an array of rank 0 is printed: Python's `str` of the scalar.
    pub(super) fn alone(dtype: &DType, shown: &Shown<'_>, options: &PrintOptions) -> Self {
        match dtype {
            DType::Scalar(kind, order) => match FloatKind::of(*kind) {
                Some(float) if kind.is_complex() => Self::LoneComplex(float, *order),
                Some(float) => Self::LoneFloat(float, *order),
                None => Self::scalar(*kind, *order, shown, &PrintOptions::new(), true),
            },
            DType::Bytes(_) => Self::LoneBytes,
            DType::Unicode(_, order) => Self::Text { order: *order, quoted: false },
            DType::Utf8 => Self::Utf8 { quoted: false },
            DType::DateTime(unit, order) => Self::LoneDate(*unit, *order),
            DType::TimeDelta(unit, order) => Self::LoneSpan(*unit, *order),
            _ => Self::new(dtype, shown, options, true),
        }
    }

    fn scalar(kind: Scalar, order: ByteOrder, shown: &Shown<'_>, options: &PrintOptions, lone: bool) -> Self {
        let Some(float) = FloatKind::of(kind) else {
            return match kind {
                Scalar::Bool => Self::Bool(if shown.axes.is_empty() { 4 } else { 5 }),
                _ => Self::integer(kind.is_signed_integer(), order, shown, options.sign),
            };
        };
        let half = kind.swap_unit();
        let part = |from: usize, sign: Sign| {
            let numbers = |visit: &mut dyn FnMut(Float)| {
                shown.for_each(&mut |item| {
                    if let Some(part) = item.get(from..from.saturating_add(half)) {
                        visit(Float::read(float, part, order));
                    }
                });
            };
            FloatFormat::new(float, &numbers, options, sign)
        };
        if kind.is_complex() {
            Self::Complex(float, order, Box::new([part(0, options.sign), part(half, Sign::Plus)]))
        } else if lone {
            Self::LoneFloat(float, order)
        } else {
            Self::Float(float, order, part(0, options.sign))
        }
    }

    fn integer(signed: bool, order: ByteOrder, shown: &Shown<'_>, sign: Sign) -> Self {
        let mut range: Option<(i128, i128)> = None;
        shown.for_each(&mut |item| {
            let value = integer(item, order, signed);
            let (least, most) = range.unwrap_or((value, value));
            range = Some((least.min(value), most.max(value)));
        });
        let Some((least, most)) = range else { return Self::Integer { signed, order, sign, width: 0 } };
        let sign = if sign == Sign::Space && least < 0 { Sign::Minus } else { sign };
        let room = usize::from(most >= 0 && sign != Sign::Minus);
        let width = (integer_length(most) + room).max(integer_length(least));
        Self::Integer { signed, order, sign, width }
    }

    fn record(record: &RecordType, shown: &Shown<'_>, options: &PrintOptions, lone: bool) -> Self {
        let field = |field: &crate::Field| {
            let (base, shape) = match field.dtype() {
                DType::SubArray(sub) => (sub.item(), Dims::from_slice(sub.dims())),
                dtype => (dtype, Dims::new()),
            };
            let items = shown.field(field.offset(), &shape, base.itemsize());
            FieldFormat {
                offset: field.offset(),
                itemsize: base.itemsize(),
                format: Self::new(base, &items, options, lone),
                shape,
                threshold: options.threshold,
                edgeitems: options.edgeitems,
            }
        };
        Self::Record(record.fields().iter().map(field).collect())
    }

    /// Appends an item.
    pub(super) fn push(&self, item: &[u8], out: &mut String) {
        match self {
            Self::Bool(width) => match item.first() {
                None | Some(0) => out.push_str("False"),
                Some(_) => push_padded("True", *width, out),
            },
            Self::Integer { signed, order, sign, width } => {
                push_integer(integer(item, *order, *signed), *sign, *width, out);
            }
            Self::Float(kind, order, format) => format.push(&Float::read(*kind, item, *order), out),
            Self::Complex(kind, order, formats) => push_complex(*kind, *order, formats, item, out),
            Self::LoneFloat(kind, order) => {
                float::push_scalar(&Float::read(*kind, item, *order), false, false, out);
            }
            Self::LoneComplex(kind, order) => push_lone_complex(*kind, *order, item, out),
            Self::Bytes => text::push_bytes(item, out),
            Self::LoneBytes => {
                out.push_str("np.bytes_(");
                text::push_bytes(item, out);
                out.push(')');
            }
            Self::Text { order, quoted } => text::push_text(item, *order, *quoted, out),
            Self::Utf8 { quoted } => text::push_utf8(item, *quoted, out),
            Self::Void => text::push_void(item, out),
            Self::Date(unit, order, width) => {
                let mut date = String::new();
                push_quoted_date(number::signed(item, *order), *unit, &mut date);
                push_padded(&date, *width, out);
            }
            Self::LoneDate(unit, order) => time::push_date(number::signed(item, *order), *unit, out),
            Self::Span(order, width) => match number::signed(item, *order) {
                NOT_A_TIME => push_padded("'NaT'", *width, out),
                ticks => _ = write!(out, "{ticks:width$}"),
            },
            Self::LoneSpan(unit, order) => time::push_span(number::signed(item, *order), *unit, out),
            Self::Record(fields) => push_record(fields, item, out),
            Self::Absent => out.push_str("..."),
        }
    }
}

/// Stands for a value whose bytes are not there.
const LOST: &str = "<no bytes>";

fn push_padded(text: &str, width: usize, out: &mut String) {
    push_spaces(width.saturating_sub(text.chars().count()), out);
    out.push_str(text);
}

fn integer(item: &[u8], order: ByteOrder, signed: bool) -> i128 {
    if signed { number::signed(item, order).into() } else { number::unsigned(item, order).into() }
}

fn integer_length(value: i128) -> usize {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    usize::try_from(digits).unwrap_or(0) + usize::from(value < 0)
}

fn push_integer(value: i128, sign: Sign, width: usize, out: &mut String) {
    let sign = match sign {
        Sign::Plus if value >= 0 => "+",
        Sign::Space if value >= 0 => " ",
        _ => "",
    };
    push_spaces(width.saturating_sub(integer_length(value) + sign.len()), out);
    // Writing to a string does not fail, here and elsewhere.
    let _ = match i64::try_from(value) {
        Ok(value) => write!(out, "{sign}{value}"),
        Err(_) => write!(out, "{sign}{value}"),
    };
}

fn push_complex(
    kind: FloatKind,
    order: ByteOrder,
    formats: &[FloatFormat; 2],
    item: &[u8],
    out: &mut String,
) {
    let (first, second) = item.split_at(item.len() / 2);
    let [real, imaginary] = formats;
    real.push(&Float::read(kind, first, order), out);
    imaginary.push(&Float::read(kind, second, order), out);
    let end = out.trim_end_matches(' ').len();
    out.insert(end, 'j');
}

fn push_lone_complex(kind: FloatKind, order: ByteOrder, item: &[u8], out: &mut String) {
    let (first, second) = item.split_at(item.len() / 2);
    let (real, imaginary) = (Float::read(kind, first, order), Float::read(kind, second, order));
    let has_real = !real.is_finite() || real.mantissa != 0 || real.negative;
    if has_real {
        out.push('(');
        float::push_scalar(&real, true, false, out);
    }
    float::push_scalar(&imaginary, true, has_real, out);
    out.push_str(if has_real { "j)" } else { "j" });
}

fn push_quoted_date(ticks: i64, unit: TimeUnit, out: &mut String) {
    out.push('\'');
    time::push_date(ticks, unit, out);
    out.push('\'');
}

/// The characters that the earliest and the latest of the times need; NumPy does not look at those between.
fn time_width(shown: &Shown<'_>, order: ByteOrder, push: impl Fn(i64, &mut String)) -> usize {
    let (mut range, mut missing): (Option<(i64, i64)>, bool) = (None, false);
    shown.for_each(&mut |item| match number::signed(item, order) {
        NOT_A_TIME => missing = true,
        ticks => {
            let (first, last) = range.unwrap_or((ticks, ticks));
            range = Some((first.min(ticks), last.max(ticks)));
        }
    });
    let length = |ticks: i64| {
        let mut out = String::new();
        push(ticks, &mut out);
        out.len()
    };
    let width = range.map_or(0, |(first, last)| length(first).max(length(last)));
    if missing { width.max("'NaT'".len()) } else { width }
}

fn push_record(fields: &[FieldFormat], item: &[u8], out: &mut String) {
    out.push('(');
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        let is_cut = field.shape.iter().product::<usize>() > field.threshold;
        match item.get(field.offset..) {
            Some(bytes) => field.push_items(&field.shape, is_cut, bytes, out),
            None => out.push_str(LOST),
        }
    }
    out.push_str(if fields.len() == 1 { ",)" } else { ")" });
}

impl FieldFormat {
    /// Appends the item, or all those of the sub-array, which is never broken into lines.
    fn push_items(&self, shape: &[usize], is_cut: bool, bytes: &[u8], out: &mut String) {
        let Some((dim, inner)) = shape.split_first() else {
            return match bytes.get(..self.itemsize) {
                Some(item) => self.format.push(item, out),
                None => out.push_str(LOST),
            };
        };
        let step = inner.iter().product::<usize>() * self.itemsize;
        let edge =
            if is_cut && *dim > self.edgeitems.saturating_mul(2) { Some(self.edgeitems) } else { None };
        let leading = edge.unwrap_or(0);
        // Asked for none at the end, NumPy shows all.
        let trailing = edge.filter(|edge| *edge > 0).unwrap_or(*dim);
        out.push('[');
        for (place, index) in (0..leading).chain(dim - trailing..*dim).enumerate() {
            if place > 0 {
                out.push_str(", ");
            }
            if place == leading && edge.is_some() {
                out.push_str("..., ");
            }
            match bytes.get(index * step..) {
                Some(bytes) => self.push_items(inner, is_cut, bytes, out),
                None => out.push_str(LOST),
            }
        }
        out.push(']');
    }
}
