//! Arrays as text.

use std::fmt::{self, Write};

use arr_io::{Array, BufferMut, ByteOrder, DType, FloatMode, Layout, Order, PrintOptions, Scalar, Sign};

use super::choices::Choices;

/// Characters for one item of the most detailed number that there is.
const LONGEST_ITEM: usize = 40_000;

/// An array of any dtype is printed, whole and in parts.
pub fn print(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let options = options(&mut choices);
    let dtype = choices.dtype(3);
    let shape: Vec<usize> = (0..choices.below(4)).map(|_| choices.below(5)).collect();
    let items: usize = shape.iter().product();
    let order = choices.pick(&[Order::C, Order::F]);
    let data = BufferMut::copy_of(&choices.bytes(items * dtype.itemsize())).unwrap();
    let array = Array::contiguous(dtype, &shape, order, data).unwrap();
    let parts = parts(array.dtype());
    for text in [bounded(&array, (items + 1) * parts), bounded(array.display(&options), (items + 1) * parts)]
    {
        assert!(!text.is_empty() || array.itemsize() == 0 || array.ndim() == 0, "{array:?}");
    }
    assert_eq!(array.transpose().transpose().to_string(), array.to_string());
    read_back(&array);
    // However many items there are, few of them are printed.
    if items > 0 {
        let mut shape = shape;
        shape.splice(..0, [1 << 20, 3]);
        let huge = array.broadcast(&shape).unwrap();
        bounded(&huge, 18 * (items + 1) * parts);
        let layout = Layout::new(&[usize::MAX >> 1], &[0], array.layout().offset()).unwrap();
        bounded(Array::new(array.dtype().clone(), layout, array.storage().as_slice()).unwrap(), 7 * parts);
    }
}

fn options(choices: &mut Choices<'_>) -> PrintOptions {
    let modes = [FloatMode::MaxPrec, FloatMode::Fixed, FloatMode::Unique, FloatMode::MaxPrecEqual];
    PrintOptions::new()
        .precision(choices.pick(&[8, 0, 1, 3, 17, 40, usize::MAX]))
        .threshold(choices.pick(&[1000, 0, 5, 20]))
        .edgeitems(choices.pick(&[3, 0, 1, 2, usize::MAX]))
        .linewidth(choices.pick(&[75, 0, 1, 20, usize::MAX]))
        .suppress(choices.flag())
        .sign(choices.pick(&[Sign::Minus, Sign::Plus, Sign::Space]))
        .floatmode(choices.pick(&modes))
}

/// Numbers that are printed with all their digits read back to the same numbers, in C order.
fn read_back(array: &Array<BufferMut>) {
    let DType::Scalar(kind, _) = array.dtype() else { return };
    let options = PrintOptions::new()
        .precision(usize::MAX)
        .threshold(usize::MAX)
        .linewidth(usize::MAX)
        .floatmode(FloatMode::Unique);
    let text = array.display(&options).to_string();
    let is_no_part = |c: char| c.is_whitespace() || c == '[' || c == ']' || c == ',';
    let words: Vec<&str> = text.split(is_no_part).filter(|word| !word.is_empty()).collect();
    let native = array.to_contiguous_in(Order::C, ByteOrder::NATIVE).unwrap();
    let fits = |number: usize, item: &[u8]| {
        let word = words[number];
        match kind {
            Scalar::F64 => {
                let value = f64::from_ne_bytes(item.try_into().unwrap());
                word.parse().is_ok_and(|read| same_float(value, read))
            }
            Scalar::F32 => {
                let value = f32::from_ne_bytes(item.try_into().unwrap());
                word.parse::<f32>().is_ok_and(|read| same_float(value.into(), read.into()))
            }
            Scalar::I64 => word.parse() == Ok(i64::from_ne_bytes(item.try_into().unwrap())),
            Scalar::U64 => word.parse() == Ok(u64::from_ne_bytes(item.try_into().unwrap())),
            Scalar::I16 => word.parse() == Ok(i16::from_ne_bytes(item.try_into().unwrap())),
            Scalar::U8 => word.parse() == Ok(item[0]),
            _ => true,
        }
    };
    if !array.is_empty() {
        assert!(native.items().enumerate().all(|(number, item)| fits(number, item)), "{array:?}: {text}");
    }
}

/// True for the same number, and when neither is one.
fn same_float(value: f64, read: f64) -> bool {
    read == value || read.is_nan() && value.is_nan()
}

/// Numbers and texts in an item, and one for the brackets.
fn parts(dtype: &DType) -> usize {
    match dtype {
        DType::Record(record) => 1 + record.fields().iter().map(|field| parts(field.dtype())).sum::<usize>(),
        DType::SubArray(sub) => 1 + sub.dims().iter().product::<usize>() * parts(sub.item()),
        _ => 2,
    }
}

/// The text, which has to come to an end.
fn bounded(shown: impl fmt::Display, items: usize) -> String {
    let mut sink = Sink { text: String::new(), most: items.saturating_mul(LONGEST_ITEM) };
    write!(sink, "{shown}").unwrap();
    sink.text
}

struct Sink {
    text: String,
    most: usize,
}

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        assert!(self.text.len() <= self.most, "more than {} bytes of text", self.most);
        Ok(())
    }
}
