//! One array in one of the forms.

use arr_core::format::{Outline, Output, Swap};
use arr_core::{ArrayView, ByteOrder, DType, Error, Order, Result, Scalar};

use super::dtype_in;
use super::text::{add, float, sizes, string};
use crate::base64::Encoding;

/// The forms in which arrays are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// `{"dtype": "<f4", "shape": [2, 3], "data": base64}`, the byte order in the dtype. Items in Fortran order have
    /// `"order": "F"` besides; texts of any length are a list.
    #[default]
    Object,
    /// `["<f4", base64, [2, 3]]`, items in C order, the byte order in the dtype.
    Triple,
    /// Nested lists of numbers. The dtype is lost: it is inferred when they are read.
    Lists,
    /// `{"array": base64}` of the bytes of `Nd4j.write`: ND4J's `NDArraySerializer`.
    #[cfg(feature = "jackson")]
    Jackson,
    /// `{"dataType": "FLOAT", "shape": [2, 3], "data": [...]}`: ND4J's `NDArrayTextSerializer`.
    #[cfg(feature = "jackson")]
    JsonText,
    /// `{"dataBuffer": [...], "shapeField": [2, 3], ...}`: ND4J's `VectorSerializer`, to 1.0.0-beta6. The dtype is lost.
    #[cfg(feature = "jackson")]
    Vector,
}

/// From this length on text is handed on.
const GATHERED: usize = 32 << 10;

/// How arrays are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) form: Form,
    pub(super) byte_order: Option<ByteOrder>,
    pub(super) order: Option<Order>,
}

/// How the numbers of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// As what they are.
    Own,
    /// Truths as 1 and 0, and what is not a number in quotes, as ND4J does.
    #[cfg(feature = "jackson")]
    Nd4j,
    /// All of them as floating-point numbers.
    #[cfg(feature = "jackson")]
    Floats,
}

impl Head {
    /// Refuses what has no form, before anything is written.
    pub(super) fn check(&self, array: &ArrayView<'_>) -> Result<()> {
        let dtype = array.dtype();
        match self.form {
            Form::Object if *dtype == DType::Utf8 => Ok(()),
            Form::Object | Form::Triple => check_bytes(dtype),
            Form::Lists => {
                number_kind(dtype)?;
                if array.ndim() == 0 || array.is_empty() {
                    let shape = array.shape();
                    return Err(Error::unsupported(format!(
                        "lists do not tell the shape {shape:?}: another form does"
                    )));
                }
                Ok(())
            }
            #[cfg(feature = "jackson")]
            Form::Jackson => {
                let order = self.order.unwrap_or_else(|| array.natural_order());
                let what = Outline { dtype, shape: array.shape(), order };
                use arr_core::format::Codec;
                arr_binary::format::Nd4jStream.frame(&what, &arr_core::format::Writing::new()).map(drop)
            }
            #[cfg(feature = "jackson")]
            Form::JsonText => {
                super::super::forms::name_of(dtype)?;
                let is_narrow = matches!(dtype, DType::Scalar(Scalar::F32 | Scalar::F16, _));
                if is_narrow && !all_finite(array)? {
                    let why = "ND4J reads NaN and infinities of FLOAT and HALF as 0 in this form: another form has them";
                    return Err(Error::unsupported(why));
                }
                Ok(())
            }
            #[cfg(feature = "jackson")]
            Form::Vector => {
                let kind = number_kind(dtype)?;
                if array.is_empty() {
                    return Err(Error::unsupported("an array without items has no buffer in this form"));
                }
                let is_exact = match kind {
                    Scalar::Bool => return Err(Error::unsupported("this form has no truths")),
                    Scalar::I64 => array
                        .to_byte_order(ByteOrder::NATIVE)?
                        .to_vec::<i64>()?
                        .into_iter()
                        .all(|int| int.unsigned_abs() <= 1 << 53),
                    Scalar::U64 => array
                        .to_byte_order(ByteOrder::NATIVE)?
                        .to_vec::<u64>()?
                        .into_iter()
                        .all(|int| int <= 1 << 53),
                    _ => all_finite(array)?,
                };
                match is_exact {
                    true => Ok(()),
                    false => Err(Error::unsupported(
                        "this form has finite float64 numbers, which do not hold all items",
                    )),
                }
            }
        }
    }

    /// Writes an array that was checked.
    pub(super) fn write(&self, array: &ArrayView<'_>, out: &mut Output<'_>) -> Result<()> {
        match self.form {
            Form::Object if *array.dtype() == DType::Utf8 => {
                let mut text = b"{\"dtype\": \"utf8\", \"shape\": ".to_vec();
                sizes(array.shape(), &mut text)?;
                text.extend_from_slice(b", \"data\": ");
                out.write(&text)?;
                texts(array, out)?;
                out.write(b"}")
            }
            Form::Object | Form::Triple => {
                let order = match self.form {
                    Form::Object => self.order.unwrap_or_else(|| array.natural_order()),
                    _ => Order::C,
                };
                let (before, tail) =
                    self.around(&Outline { dtype: array.dtype(), shape: array.shape(), order })?;
                let len = crate::base64::encoded_len(array.nbytes() as u64);
                out.expect(len.saturating_add((before.len() + tail.len()) as u64))?;
                out.write(&before)?;
                let swap =
                    self.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(array.dtype(), wanted));
                let mut encoding = Encoding::new(out);
                Output::new(&mut encoding).write_items(array, order, &swap)?;
                encoding.end()?;
                out.write(&tail)
            }
            Form::Lists => numbers(array, array.shape(), Numbers::Own, out),
            #[cfg(feature = "jackson")]
            Form::Jackson => {
                out.write(b"{\"array\":\"")?;
                let mut options = arr_binary::stream::WriteOptions::new();
                if let Some(order) = self.order {
                    options = options.order(order);
                }
                let mut encoding = Encoding::new(out);
                options.write(array, &mut Output::new(&mut encoding))?;
                encoding.end()?;
                out.write(b"\"}")
            }
            #[cfg(feature = "jackson")]
            Form::JsonText => {
                let mut text = Vec::new();
                add(
                    &mut text,
                    format_args!(
                        "{{\"dataType\":\"{}\",\"shape\":",
                        super::super::forms::name_of(array.dtype())?
                    ),
                )?;
                sizes(array.shape(), &mut text)?;
                text.extend_from_slice(b",\"data\":");
                out.write(&text)?;
                match array.dtype() {
                    DType::Utf8 => texts(array, out)?,
                    _ => numbers(array, &[array.len()], Numbers::Nd4j, out)?,
                }
                out.write(b"}")
            }
            #[cfg(feature = "jackson")]
            Form::Vector => {
                out.write(b"{\"dataBuffer\":")?;
                numbers(array, &[array.len()], Numbers::Floats, out)?;
                let mut strides = Vec::new();
                let mut step = 1usize;
                for dim in array.shape().iter().rev() {
                    arr_core::format::room::push(&mut strides, step)?;
                    step = step.saturating_mul((*dim).max(1));
                }
                strides.reverse();
                let mut text = b",\"shapeField\":".to_vec();
                sizes(array.shape(), &mut text)?;
                text.extend_from_slice(b",\"strideField\":");
                sizes(&strides, &mut text)?;
                let (rank, len) = (array.ndim(), array.len());
                add(
                    &mut text,
                    format_args!(
                        ",\"offsetField\":0,\"typeField\":\"real\",\"rankField\":{rank},\"numElements\":{len},\"orderingField\":\"c\"}}"
                    ),
                )?;
                out.write(&text)
            }
        }
    }

    /// What is around the base64 of an array whose items come in the order of the outline.
    pub(super) fn around(&self, what: &Outline<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
        check_bytes(what.dtype)?;
        let is_fortran = what.order == Order::F && what.shape.iter().filter(|dim| **dim != 1).count() > 1;
        let dtype = dtype_in(what.dtype, self.byte_order).constructor().to_string();
        let (mut before, mut tail) = (Vec::new(), Vec::new());
        match self.form {
            Form::Object => {
                before.extend_from_slice(b"{\"dtype\": ");
                string(&dtype, &mut before)?;
                before.extend_from_slice(b", \"shape\": ");
                sizes(what.shape, &mut before)?;
                before.extend_from_slice(if is_fortran {
                    b", \"order\": \"F\", \"data\": \""
                } else {
                    b", \"data\": \""
                });
                tail.extend_from_slice(b"\"}");
            }
            Form::Triple if is_fortran => {
                return Err(Error::unsupported(
                    "this form has items in C order, which are written as a whole",
                ));
            }
            Form::Triple => {
                before.push(b'[');
                string(&dtype, &mut before)?;
                before.extend_from_slice(b", \"");
                tail.extend_from_slice(b"\", ");
                sizes(what.shape, &mut tail)?;
                tail.push(b']');
            }
            _ => return Err(Error::unsupported("arrays of this form are not written piece by piece")),
        }
        Ok((before, tail))
    }
}

/// Refuses items that are not bytes of their own.
fn check_bytes(dtype: &DType) -> Result<()> {
    match dtype.has_references() {
        true => Err(Error::unsupported(format!("items of {dtype} have no bytes that could be base64"))),
        false => Ok(()),
    }
}

/// The kind of a dtype whose items are numbers of JSON, or truths.
fn number_kind(dtype: &DType) -> Result<Scalar> {
    use Scalar::{BF16, Bool, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    match dtype {
        DType::Scalar(
            kind @ (Bool | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64 | F16 | BF16 | F32 | F64),
            _,
        ) => Ok(*kind),
        _ => Err(Error::unsupported(format!(
            "items of {dtype} are not numbers of JSON: another form has them"
        ))),
    }
}

#[cfg(feature = "jackson")]
fn all_finite(array: &ArrayView<'_>) -> Result<bool> {
    let mut is_finite = true;
    array.for_each_part(Order::C, |part| {
        let floats = part.cast(&DType::native(Scalar::F64), arr_core::Casting::Unsafe)?;
        is_finite &= floats.as_slice::<f64>()?.iter().all(|float| float.is_finite());
        Ok(())
    })?;
    Ok(is_finite)
}

/// Writes strings in brackets, in C order.
fn texts(array: &ArrayView<'_>, out: &mut Output<'_>) -> Result<()> {
    let mut text = b"[".to_vec();
    for (place, item) in array.to_strings()?.iter().enumerate() {
        if place > 0 {
            text.extend_from_slice(b", ");
        }
        string(item, &mut text)?;
        hand_on(&mut text, out)?;
    }
    text.push(b']');
    out.write(&text)
}

fn hand_on(text: &mut Vec<u8>, out: &mut Output<'_>) -> Result<()> {
    if text.len() >= GATHERED {
        out.write(text)?;
        text.clear();
    }
    Ok(())
}

/// Writes numbers in C order, in brackets as a shape has them.
fn numbers(array: &ArrayView<'_>, shape: &[usize], how: Numbers, out: &mut Output<'_>) -> Result<()> {
    let kind = number_kind(array.dtype())?;
    let mut text = Vec::new();
    if array.is_empty() {
        return out.write(b"[]");
    }
    let mut place = 0usize;
    array.for_each_part(Order::C, |part| {
        let mut each = |write: &dyn Fn(usize, &mut Vec<u8>) -> Result<()>, count: usize| {
            for item in 0..count {
                let opened = levels(place, shape);
                if place > 0 {
                    text.extend_from_slice(b", ");
                }
                text.resize(text.len() + opened, b'[');
                write(item, &mut text)?;
                place += 1;
                text.resize(text.len() + levels(place, shape), b']');
                hand_on(&mut text, out)?;
            }
            Ok(())
        };
        let as_what = |kind: Scalar| part.cast(&DType::native(kind), arr_core::Casting::Unsafe);
        let missing = || Error::mismatch("an item is missing");
        match kind {
            Scalar::Bool => {
                let truths = as_what(Scalar::U8)?.to_vec::<u8>()?;
                let is_own = how == Numbers::Own;
                each(
                    &|item, to| {
                        let truth = *truths.get(item).ok_or_else(missing)? != 0;
                        match is_own {
                            true => add(to, format_args!("{truth}")),
                            false => add(to, format_args!("{}", u8::from(truth))),
                        }
                    },
                    truths.len(),
                )
            }
            Scalar::U64 if !is_floats(how) => {
                let ints = as_what(Scalar::U64)?.to_vec::<u64>()?;
                each(&|item, to| add(to, format_args!("{}", ints.get(item).ok_or_else(missing)?)), ints.len())
            }
            Scalar::F16 | Scalar::BF16 | Scalar::F32 | Scalar::F64 => {
                let floats = as_what(Scalar::F64)?.to_vec::<f64>()?;
                each(&|item, to| one_float(*floats.get(item).ok_or_else(missing)?, how, to), floats.len())
            }
            _ if is_floats(how) => {
                let floats = as_what(Scalar::F64)?.to_vec::<f64>()?;
                each(&|item, to| float(*floats.get(item).ok_or_else(missing)?, to), floats.len())
            }
            _ => {
                let ints = as_what(Scalar::I64)?.to_vec::<i64>()?;
                each(&|item, to| add(to, format_args!("{}", ints.get(item).ok_or_else(missing)?)), ints.len())
            }
        }
    })?;
    out.write(&text)
}

fn is_floats(how: Numbers) -> bool {
    #[cfg(feature = "jackson")]
    return how == Numbers::Floats;
    #[cfg(not(feature = "jackson"))]
    return how != Numbers::Own;
}

/// A floating-point number, which ND4J has in quotes where it is none of JSON.
fn one_float(number: f64, how: Numbers, to: &mut Vec<u8>) -> Result<()> {
    if number.is_finite() || how == Numbers::Own {
        return float(number, to);
    }
    to.push(b'"');
    float(number, to)?;
    to.push(b'"');
    Ok(())
}

/// How many lists begin, or end, at an item.
fn levels(place: usize, shape: &[usize]) -> usize {
    let mut step = 1usize;
    let mut count = 0;
    for dim in shape.iter().rev() {
        step = step.saturating_mul(*dim);
        if step == 0 || place % step != 0 {
            break;
        }
        count += 1;
    }
    count
}
