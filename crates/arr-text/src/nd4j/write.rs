//! Writing.

use std::io::Write as _;

use arr_core::format::Output;
use arr_core::{ArrayView, Casting, DType, Error, Order, Result, SaveOptions, Scalar};

use super::NAME;
use super::digits::{put_real, put_right};

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
        let values = Values::of(array)?;
        if array.ndim() > MAX_RANK {
            return Err(Error::unsupported(format!(
                "ND4J has arrays of {MAX_RANK} dimensions at most, this one has {}",
                array.ndim()
            )));
        }
        if self.for_nd4j {
            values.check_for_nd4j(array)?;
        }
        let order = match self.order.unwrap_or_else(|| array.natural_order()) {
            Order::C => 'c',
            Order::F => 'f',
        };
        let shape = array.shape();
        let mut rows = Rows { shape, place: vec![0; shape.len()], text: Vec::new() };
        write!(
            rows.text,
            "{{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"{order}\",\n\"shape\":\t{shape:?},\n\"data\":\n"
        )?;
        if array.is_empty() {
            rows.text.extend_from_slice(b"[]");
        } else {
            rows.repeat(b'[', shape.len());
            values.write(array, &mut rows, output)?;
        }
        rows.text.extend_from_slice(b"\n}\n");
        output.write(&rows.text)
    }
}

/// How the items are printed.
enum Values {
    Real,
    Signed,
    Unsigned,
    Bool,
    Texts(Vec<String>),
}

impl Values {
    fn of(array: &ArrayView<'_>) -> Result<Self> {
        match array.dtype() {
            DType::Scalar(Scalar::Bool, _) => Ok(Self::Bool),
            DType::Scalar(kind, _) if kind.is_signed_integer() => Ok(Self::Signed),
            DType::Scalar(kind, _) if kind.is_unsigned_integer() => Ok(Self::Unsigned),
            DType::Scalar(kind, _) if kind.is_float() && !kind.is_long_double() => Ok(Self::Real),
            DType::Bytes(_) | DType::Unicode(..) | DType::Utf8 => {
                let texts = array.to_strings()?;
                for (place, text) in texts.iter().enumerate() {
                    check_text(text).map_err(|error| error.context(&format!("item {place} in C order")))?;
                }
                Ok(Self::Texts(texts))
            }
            dtype => Err(Error::no_type("ND4J", dtype)),
        }
    }

    /// Looks at all values before any is written.
    fn check_for_nd4j(&self, array: &ArrayView<'_>) -> Result<()> {
        let refuse = |what: &str| Err(Error::unsupported(format!("readTxt of ND4J does not read {what}")));
        if array.is_empty() {
            return refuse("empty arrays");
        }
        match self {
            Self::Bool => refuse("booleans: they become zeros"),
            Self::Texts(_) => refuse("texts"),
            Self::Signed | Self::Unsigned => Ok(()),
            Self::Real => array.for_each_part(Order::C, |part| {
                match reals(&part)?.iter().find(|value| !value.is_finite()) {
                    Some(value) => refuse(&value.to_string()),
                    None => Ok(()),
                }
            }),
        }
    }

    fn write(&self, array: &ArrayView<'_>, rows: &mut Rows<'_>, output: &mut Output<'_>) -> Result<()> {
        // Numbers stand in columns, unless each of them is a row.
        let in_columns = array.shape().last().is_some_and(|last| *last > 1);
        let mut scratch = Vec::new();
        let mut put = |rows: &mut Rows<'_>, print: &mut dyn FnMut(&mut Vec<u8>)| {
            if in_columns {
                scratch.clear();
                print(&mut scratch);
                put_right(&scratch, &mut rows.text);
            } else {
                print(&mut rows.text);
            }
            rows.step();
            rows.write_if(PIECE, output)
        };
        let wide = |part: &ArrayView<'_>, kind| part.cast(&DType::native(kind), Casting::Unsafe);
        match self {
            Self::Texts(texts) => texts.iter().try_for_each(|text| {
                rows.text.push(b'"');
                rows.text.extend_from_slice(text.as_bytes());
                rows.text.push(b'"');
                rows.step();
                rows.write_if(PIECE, output)
            }),
            Self::Real => array.for_each_part(Order::C, |part| {
                reals(&part)?.iter().try_for_each(|value| put(rows, &mut |out| put_real(*value, out)))
            }),
            Self::Signed => array.for_each_part(Order::C, |part| {
                let values = wide(&part, Scalar::I64)?.to_vec::<i64>()?;
                // A vector takes all that is written to it.
                values.iter().try_for_each(|value| put(rows, &mut |out| drop(write!(out, "{value}"))))
            }),
            Self::Unsigned => array.for_each_part(Order::C, |part| {
                let values = wide(&part, Scalar::U64)?.to_vec::<u64>()?;
                values.iter().try_for_each(|value| put(rows, &mut |out| drop(write!(out, "{value}"))))
            }),
            Self::Bool => array.for_each_part(Order::C, |part| {
                let values = part.to_vec::<bool>()?;
                values.iter().try_for_each(|value| put(rows, &mut |out| drop(write!(out, "{value}"))))
            }),
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
struct Rows<'a> {
    shape: &'a [usize],
    place: Vec<usize>,
    text: Vec<u8>,
}

impl Rows<'_> {
    /// Puts after an item what precedes the next one.
    fn step(&mut self) {
        let rank = self.shape.len();
        let mut ended = 0;
        for (place, dimension) in self.place.iter_mut().zip(self.shape).rev() {
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
    }

    fn repeat(&mut self, byte: u8, count: usize) {
        self.text.extend(std::iter::repeat_n(byte, count));
    }

    fn write_if(&mut self, len: usize, output: &mut Output<'_>) -> Result<()> {
        if self.text.len() >= len {
            output.write(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }
}
