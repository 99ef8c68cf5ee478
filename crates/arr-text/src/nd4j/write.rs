//! Writing.

use std::io::Write as _;

use arr_core::format::{Expected, NewPart, Outline, Output, Writer, room};
use arr_core::{Array, ArrayView, Casting, DType, Error, Layout, Order, Result, SaveOptions, Scalar};

use super::NAME;
use super::digits::{put_real, put_right};
use crate::broken::lost;

/// Bytes that are written at once.
const PIECE: usize = 256 << 10;

/// The most dimensions that ND4J has.
const MAX_RANK: usize = 32;

/// How the text is written. By default, it is what ND4J M2.1 writes for the same array; see [the module](super) for
/// where it would lose values.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    order: Option<Order>,
    for_nd4j: bool,
    save: SaveOptions,
}

arr_core::write_doors!(WriteOptions { order: order, save: save });
arr_core::write_functions!();

impl WriteOptions {
    arr_core::setters! {
        /// Refuses what `Nd4j.readTxt` of M2.1 does not read, or reads as something else: NaN, infinities, empty arrays,
        /// booleans and texts. It takes -0.0 for 0, which counts as the same number.
        for_nd4j: bool;
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        self.write_all(array, output).map_err(|error| error.in_format(NAME))
    }

    fn write_all(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        if self.for_nd4j {
            check_for_nd4j(array)?;
        }
        let mut writer = TxtWriter::new(output.reborrow(), self.order);
        writer.put_array(array)?;
        writer.put_end()
    }
}

/// Looks at all values before any is written.
fn check_for_nd4j(array: &ArrayView<'_>) -> Result<()> {
    let refuse = |what: &str| Err(Error::unsupported(format!("readTxt of ND4J does not read {what}")));
    if array.is_empty() {
        return refuse("empty arrays");
    }
    match Values::of(array.dtype())? {
        Values::Bool => refuse("booleans: they become zeros"),
        Values::Texts => refuse("texts"),
        Values::Signed | Values::Unsigned => Ok(()),
        Values::Real => array.for_each_part(Order::C, |part| {
            match reals(&part)?.iter().find(|value| !value.is_finite()) {
                Some(value) => refuse(&value.to_string()),
                None => Ok(()),
            }
        }),
    }
}

/// Writes one array as text, whose items come in C order whatever the order that the text names.
#[derive(Debug)]
pub(super) struct TxtWriter<'a> {
    output: Output<'a>,
    /// The order that the text names, if it is not that of the array.
    order: Option<Order>,
    /// No text is written, since no version of ND4J reads it back.
    refuses_texts: bool,
    begun: Option<Begun>,
}

/// The array that is being written.
#[derive(Debug)]
struct Begun {
    values: Values,
    dtype: DType,
    rows: Rows,
    expected: Expected,
}

impl<'a> TxtWriter<'a> {
    /// Writes to `output` from its position on.
    pub(super) fn new(output: Output<'a>, order: Option<Order>) -> Self {
        Self { output, order, refuses_texts: false, begun: None }
    }

    /// The same of numbers and booleans alone.
    pub(super) fn without_texts(self) -> Self {
        Self { refuses_texts: true, ..self }
    }

    fn put_begin(&mut self, what: &Outline<'_>, len: u64) -> Result<()> {
        if self.begun.is_some() {
            return Err(Error::unsupported("a file of this format holds one array"));
        }
        let (values, shape) = (Values::of(what.dtype)?, what.shape);
        if self.refuses_texts && matches!(values, Values::Texts) {
            return Err(Error::unsupported(
                "no version of ND4J reads texts back from this format: name another",
            ));
        }
        if shape.len() > MAX_RANK {
            return Err(Error::unsupported(format!(
                "ND4J has arrays of {MAX_RANK} dimensions at most, this one has {}",
                shape.len()
            )));
        }
        let order = match self.order.unwrap_or(what.order) {
            Order::C => 'c',
            Order::F => 'f',
        };
        let mut rows = Rows::new(shape);
        write!(
            rows.text,
            "{{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"{order}\",\n\"shape\":\t{shape:?},\n\"data\":\n"
        )?;
        if shape.contains(&0) {
            rows.text.extend_from_slice(b"[]");
        } else {
            rows.repeat(b'[', shape.len());
        }
        let (dtype, expected) = (what.dtype.clone(), Expected::new("array", len));
        let begun = self.begun.insert(Begun { values, dtype, rows, expected });
        if what.dtype.itemsize() == 0 {
            // Items without bytes do not come.
            for _ in 0..Layout::contiguous(shape, 0, Order::C)?.len() {
                begun.rows.put_text("", &mut self.output)?;
            }
        }
        Ok(())
    }

    fn put_items(&mut self, bytes: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        let itemsize = begun.dtype.itemsize();
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.len().checked_rem(itemsize) != Some(0) {
            return Err(Error::mismatch(format!("{} bytes are not whole items", bytes.len())));
        }
        // Numbers of another width are made some at a time.
        let step = (PIECE / itemsize).max(1).saturating_mul(itemsize);
        bytes.chunks(step).try_for_each(|piece| {
            let layout = Layout::contiguous(&[piece.len() / itemsize], itemsize, Order::C)?;
            let part = Array::new(begun.dtype.clone(), layout, piece)?;
            begun.values.put(&part, &mut begun.rows, &mut self.output)
        })
    }

    fn put_array(&mut self, array: &ArrayView<'_>) -> Result<()> {
        let what = Outline { dtype: array.dtype(), shape: array.shape(), order: array.natural_order() };
        if *array.dtype() != DType::Utf8 {
            self.put_begin(&what, array.nbytes() as u64)?;
            return match array.itemsize() {
                0 => Ok(()),
                _ => array.for_each_part(Order::C, |part| {
                    let items = part.as_bytes(Order::C);
                    self.put_items(items.ok_or_else(|| Error::mismatch("a part has gaps"))?)
                }),
            };
        }
        self.put_begin(&what, 0)?;
        let begun = self.begun.as_mut().ok_or_else(|| lost("an array was not begun"))?;
        for text in array.texts()? {
            begun.rows.put_text(text?, &mut self.output)?;
        }
        Ok(())
    }

    fn put_end(&mut self) -> Result<()> {
        let begun = self.begun.take().ok_or_else(|| Error::invalid("an array ends that was not begun"))?;
        begun.expected.end()?;
        let mut text = begun.rows.text;
        text.extend_from_slice(b"\n}\n");
        self.output.write(&text)
    }
}

fn named<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| error.in_format(NAME))
}

impl Writer for TxtWriter<'_> {
    fn items_in(&self, _: Order) -> Order {
        Order::C
    }

    fn begin(&mut self, _: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        if what.dtype.has_references() {
            return named(Err(Error::unsupported(format!("items of {} are references", what.dtype))));
        }
        named(what.nbytes().and_then(|len| self.put_begin(what, len)))
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        named(self.put_items(bytes))
    }

    fn array(&mut self, _: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        named(self.put_array(array))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        named(self.put_end())
    }
}

/// How the items are printed.
#[derive(Clone, Copy, Debug)]
enum Values {
    Real,
    Signed,
    Unsigned,
    Bool,
    Texts,
}

impl Values {
    fn of(dtype: &DType) -> Result<Self> {
        match dtype {
            DType::Scalar(Scalar::Bool, _) => Ok(Self::Bool),
            DType::Scalar(kind, _) if kind.is_signed_integer() => Ok(Self::Signed),
            DType::Scalar(kind, _) if kind.is_unsigned_integer() => Ok(Self::Unsigned),
            DType::Scalar(kind, _) if kind.is_float() && !kind.is_long_double() => Ok(Self::Real),
            DType::Bytes(_) | DType::Unicode(..) | DType::Utf8 => Ok(Self::Texts),
            dtype => Err(Error::no_type("ND4J", dtype)),
        }
    }

    /// Puts items that are in a row.
    fn put(self, part: &ArrayView<'_>, rows: &mut Rows, output: &mut Output<'_>) -> Result<()> {
        let wide = |kind| part.cast(&DType::native(kind), Casting::Unsafe);
        match self {
            Self::Texts => {
                let texts = part.to_strings()?;
                texts.iter().try_for_each(|text| rows.put_text(text, output))
            }
            Self::Real => {
                reals(part)?.iter().try_for_each(|value| rows.put_number(output, |out| put_real(*value, out)))
            }
            // A vector takes all that is written to it.
            Self::Signed => wide(Scalar::I64)?
                .to_vec::<i64>()?
                .iter()
                .try_for_each(|value| rows.put_number(output, |out| drop(write!(out, "{value}")))),
            Self::Unsigned => wide(Scalar::U64)?
                .to_vec::<u64>()?
                .iter()
                .try_for_each(|value| rows.put_number(output, |out| drop(write!(out, "{value}")))),
            Self::Bool => part
                .to_vec::<bool>()?
                .iter()
                .try_for_each(|value| rows.put_number(output, |out| drop(write!(out, "{value}")))),
        }
    }
}

fn reals(part: &ArrayView<'_>) -> Result<Vec<f64>> {
    match part.dtype() {
        DType::Scalar(Scalar::F64, _) => part.to_vec(),
        _ => part.cast(&DType::native(Scalar::F64), Casting::Unsafe)?.to_vec(),
    }
}

/// Refuses a text that would not come back: nothing is escaped, so that a quote ends it before a comma or a bracket.
fn check_text(text: &str) -> Result<()> {
    if text.contains(['\n', '\r']) {
        return Err(Error::unsupported("the text has more than one line, which the format can't hold"));
    }
    let ends = |rest: &str| rest.trim_start_matches([' ', '\t']).starts_with([',', ']', '}']);
    if text.split('"').skip(1).any(ends) {
        return Err(Error::unsupported(
            "the text has a quote before a comma or a bracket, where it would end when it is read",
        ));
    }
    Ok(())
}

/// The text, and where in the array it has come to.
#[derive(Debug)]
struct Rows {
    shape: Vec<usize>,
    place: Vec<usize>,
    /// Items so far.
    count: usize,
    text: Vec<u8>,
    /// A number, before it is put in its column.
    scratch: Vec<u8>,
}

impl Rows {
    fn new(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            place: vec![0; shape.len()],
            count: 0,
            text: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Puts a number. Numbers stand in columns, unless each of them is a row.
    #[inline]
    fn put_number(&mut self, output: &mut Output<'_>, print: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        if self.shape.last().is_some_and(|last| *last > 1) {
            self.scratch.clear();
            print(&mut self.scratch);
            put_right(&self.scratch, &mut self.text);
        } else {
            print(&mut self.text);
        }
        self.step(output)
    }

    /// Puts a text.
    fn put_text(&mut self, text: &str, output: &mut Output<'_>) -> Result<()> {
        check_text(text).map_err(|error| error.context(&format!("item {} in C order", self.count)))?;
        self.text.try_reserve(text.len().saturating_add(2)).map_err(room::no_memory)?;
        self.text.push(b'"');
        self.text.extend_from_slice(text.as_bytes());
        self.text.push(b'"');
        self.step(output)
    }

    /// Puts after an item what precedes the next one, and writes the text if it is long.
    #[inline]
    fn step(&mut self, output: &mut Output<'_>) -> Result<()> {
        self.count = self.count.saturating_add(1);
        let rank = self.shape.len();
        let mut ended = 0;
        for (place, dimension) in self.place.iter_mut().zip(&self.shape).rev() {
            *place += 1;
            if *place < *dimension {
                break;
            }
            *place = 0;
            ended += 1;
        }
        if ended == 0 && rank > 0 {
            self.text.push(b',');
        }
        self.repeat(b']', ended);
        if ended > 0 && ended < rank {
            self.text.extend_from_slice(b", \n");
            self.repeat(b'\n', ended - 1);
            self.repeat(b' ', rank - ended);
            self.repeat(b'[', ended);
        }
        if self.text.len() >= PIECE {
            output.write(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    fn repeat(&mut self, byte: u8, count: usize) {
        self.text.extend(std::iter::repeat_n(byte, count));
    }
}
