//! Numbers, dates and strings of a fixed width.

use arr_io::{
    Array, ByteOrder, DType, Element, ElementVisitor, FixedBytes, FixedStr, Order, Record, Result, Scalar,
};
use half::f16;
use num_complex::Complex;

use super::items;

/// An item of both byte orders is this value, and the value is written as that item.
#[track_caller]
fn assert_both_orders<T: Element>(code: &str, value: T, big: &[u8]) {
    let unit = T::SCALAR.swap_unit();
    let little: Vec<u8> = big.chunks(unit).flat_map(|part| part.iter().rev().copied()).collect();
    let native = Array::from_vec(vec![value], &[1]).unwrap();
    for (order, bytes) in [(ByteOrder::Big, big), (ByteOrder::Little, &little[..])] {
        let array = items(&format!("{}{code}", order.symbol()), bytes.to_vec());
        assert_eq!(array.to_vec::<T>().unwrap(), [value]);
        assert_eq!(native.to_byte_order(order).unwrap().as_bytes(Order::C).unwrap(), bytes);
        assert_eq!(array, native);
    }
}

#[test]
fn whole_numbers_are_read_and_written_in_both_byte_orders() {
    assert_both_orders("i4", 0x0102_0304i32, &[1, 2, 3, 4]);
    assert_both_orders("u4", 0xF102_0304u32, &[0xF1, 2, 3, 4]);
    for order in ["<", ">", "|"] {
        assert_eq!(items(&format!("{order}i1"), vec![0xFFu8]).to_vec::<i8>().unwrap(), [-1]);
        assert_eq!(items(&format!("{order}u1"), vec![0xFFu8]).to_vec::<u8>().unwrap(), [255]);
    }
}

#[test]
fn floats_are_read_and_written_in_both_byte_orders() {
    assert_both_orders("f8", 42.0f64, &42.0f64.to_be_bytes());
    assert_both_orders("f4", 42.0f32, &42.0f32.to_be_bytes());
    let half = f16::from_f32(42.69);
    assert_both_orders("f2", half, &half.to_be_bytes());
}

#[test]
fn complex_numbers_are_read_and_written_in_both_byte_orders() {
    let double = [42.0f64.to_be_bytes(), 63.0f64.to_be_bytes()].concat();
    assert_both_orders("c16", Complex::new(42.0f64, 63.0), &double);
    let single = [42.0f32.to_be_bytes(), 63.0f32.to_be_bytes()].concat();
    assert_both_orders("c8", Complex::new(42.0f32, 63.0), &single);
}

#[test]
fn a_boolean_is_a_byte_of_0_or_1() {
    assert_eq!(items("|b1", vec![0u8, 1]).to_vec::<bool>().unwrap(), [false, true]);
    for byte in [2u8, 255] {
        assert!(items("|b1", vec![byte]).to_vec::<bool>().is_err());
    }
    assert_eq!(Array::from_vec(vec![false, true], &[2]).unwrap().as_bytes(Order::C).unwrap(), [0, 1]);
}

#[test]
fn dates_and_durations_are_read_and_written_as_ticks() {
    for code in ["m8[ns]", "M8[ns]"] {
        for (order, bytes) in [("<", 1i64.to_le_bytes()), (">", 1i64.to_be_bytes())] {
            let array = items(&format!("{order}{code}"), bytes.to_vec());
            assert_eq!(array.to_ticks().unwrap().1, [Some(1)]);
            let numbers = array.clone().with_dtype(format!("{order}i8").parse().unwrap()).unwrap();
            assert_eq!(numbers.to_vec::<i64>().unwrap(), [1]);
            let back = numbers.with_dtype(array.dtype().clone()).unwrap();
            assert_eq!(back.as_bytes(Order::C).unwrap(), bytes);
            assert!(array.to_vec::<u64>().is_err());
        }
    }
    assert!(">m4[ns]".parse::<DType>().is_err() && ">M4[ns]".parse::<DType>().is_err());
}

#[test]
fn numbers_of_another_width_or_sign_are_refused() {
    let (signed, unsigned) = (items("<i4", vec![0u8; 4]), items("<u4", vec![0u8; 4]));
    assert!(signed.to_vec::<i64>().is_err() && signed.to_vec::<i16>().is_err());
    assert!(unsigned.to_vec::<u64>().is_err() && unsigned.to_vec::<u16>().is_err());
    assert!(signed.to_vec::<u32>().is_err());
}

#[test]
fn rust_types_have_the_dtypes_of_the_machine() {
    let order = ByteOrder::NATIVE.symbol();
    assert_eq!((DType::of::<i8>().to_string(), DType::of::<u8>().to_string()), ("|i1".into(), "|u1".into()));
    for (dtype, code) in [
        (DType::of::<i16>(), "i2"),
        (DType::of::<i32>(), "i4"),
        (DType::of::<i64>(), "i8"),
        (DType::of::<u32>(), "u4"),
        (DType::of::<Complex<f32>>(), "c8"),
        (DType::of::<Complex<f64>>(), "c16"),
    ] {
        assert_eq!(dtype.to_string(), format!("{order}{code}"));
    }
}

/// Writes a number as items of whatever dtype it is told, and reads it again.
struct There<'a>(&'a Array);

impl ElementVisitor for There<'_> {
    type Output = Result<Vec<u8>>;

    fn visit<T: Element>(self) -> Self::Output {
        arr_io::npy::to_bytes(&self.0.to_vec::<T>()?)
    }
}

#[test]
fn the_type_of_values_may_be_known_at_run_time_alone() {
    let array = Array::from_vec(vec![4000i32], &[1]).unwrap();
    let bytes = array.dtype().visit(There(&array)).unwrap().unwrap();
    assert_eq!(arr_io::npy::read_bytes(&bytes).unwrap().get::<i32>(&[0]).unwrap(), 4000);
    assert!(DType::Object.visit(There(&array)).is_err());
}

#[test]
fn byte_strings_have_no_byte_order() {
    for dtype in ["<S3", ">S3", "|S3"] {
        let array = items(dtype, vec![1u8, 3, 5]);
        assert_eq!(array.to_byte_strings().unwrap(), [[1, 3, 5]]);
        assert_eq!(array.to_byte_order(ByteOrder::Big).unwrap().as_bytes(Order::C).unwrap(), [1, 3, 5]);
    }
    assert_eq!(Array::from_byte_strings(&[[1u8, 3, 5]]).unwrap(), items("|S3", vec![1u8, 3, 5]));
}

#[test]
fn items_of_no_bytes_are_empty_strings() {
    let none = |dtype| items(dtype, Vec::<u8>::new());
    assert_eq!(none("|S0").to_byte_strings().unwrap(), [[0u8; 0]]);
    assert_eq!(none("|S0").to_strings().unwrap(), [""]);
    assert_eq!(none(">U0").to_strings().unwrap(), [""]);
    assert_eq!(none("|V0").item(&[0]), Some(&[][..]));
    assert_eq!(FixedBytes::<0>::new(b"").unwrap().as_bytes(), b"");
    assert_eq!(Array::from_strings(&[""]).unwrap().dtype().to_string(), "<U1", "as NumPy makes it");
}

#[derive(Record, Debug, PartialEq)]
struct Strings {
    bytes: FixedBytes<3>,
    text: FixedStr<3>,
    #[record(dtype = "U3")]
    wide: String,
    #[record(dtype = "S3")]
    narrow: String,
}

fn strings(of: &str) -> Result<Array> {
    Array::from_records(&[Strings {
        bytes: FixedBytes::new(of)?,
        text: FixedStr::new(of)?,
        wide: of.into(),
        narrow: of.into(),
    }])
}

#[test]
fn short_strings_are_filled_up_and_long_ones_refused() {
    for text in ["\x01\x03\x05", "\x01", ""] {
        let array = strings(text).unwrap();
        let mut filled = text.as_bytes().to_vec();
        filled.resize(3, 0);
        let wide: Vec<u8> = filled.iter().flat_map(|unit| u32::from(*unit).to_ne_bytes()).collect();
        assert_eq!(array.as_bytes(Order::C).unwrap(), [&filled[..], &wide, &wide, &filled].concat());
        assert_eq!(array.to_records::<Strings>().unwrap()[0].wide, text);
    }
    assert!(FixedBytes::<3>::new([1, 3, 5, 7]).is_err() && FixedStr::<3>::new("\x01\x03\x05\x07").is_err());
    let long = |wide: &str, narrow: &str| {
        let fit = (FixedBytes::default(), FixedStr::new("").unwrap());
        let row = Strings { bytes: fit.0, text: fit.1, wide: wide.into(), narrow: narrow.into() };
        Array::from_records(&[row]).is_err()
    };
    assert!(long("\x01\x03\x05\x07", "") && long("", "\x01\x03\x05\x07"));
}

#[test]
fn opaque_items_are_never_filled_up() {
    let opaque = |bytes: &'static [u8]| Array::contiguous(DType::Void(3), &[1], Order::C, bytes);
    assert_eq!(opaque(&[1, 3, 5]).unwrap().item(&[0]), Some(&[1, 3, 5][..]));
    assert!(opaque(&[1]).is_err() && opaque(&[]).is_err());
    assert!(opaque(&[1, 3, 5]).unwrap().to_byte_strings().is_err());
    assert!(opaque(&[1, 3, 5]).unwrap().with_dtype(DType::Void(2)).is_err());
}

/// The code units of one text.
fn units(array: &Array) -> Vec<u32> {
    let len = array.itemsize() / 4;
    Array::contiguous(DType::of::<u32>(), &[len], Order::C, array.storage().clone())
        .unwrap()
        .to_vec()
        .unwrap()
}

/// A text of these code units.
fn text_of(of: &[u32]) -> Array {
    let bytes: Vec<u8> = of.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
    items(&DType::Unicode(of.len(), ByteOrder::NATIVE).to_string(), bytes)
}

#[test]
fn strings_end_before_their_padding_and_opaque_items_do_not() {
    for (bytes, text) in [([1u8, 3], "\x01\x03"), ([1, 0], "\x01"), ([0, 0], "")] {
        let narrow = items("|S2", bytes.to_vec());
        assert_eq!(
            (narrow.to_byte_strings().unwrap(), narrow.to_strings().unwrap()),
            (vec![text.as_bytes().to_vec()], vec![text.into()])
        );
        assert_eq!(items("|V2", bytes.to_vec()).item(&[0]), Some(&bytes[..]));
        assert_eq!(text_of(&bytes.map(u32::from)).to_strings().unwrap(), [text]);
    }
}

#[test]
fn nuls_inside_strings_stay() {
    let bytes = [0u8, 1, 0, 0, 3, 5];
    let text = "\0\x01\0\0\x03\x05";
    assert_eq!(items("|S6", bytes.to_vec()).to_byte_strings().unwrap(), [bytes]);
    assert_eq!(items("|S6", bytes.to_vec()).to_strings().unwrap(), [text]);
    assert_eq!(Array::from_byte_strings(&[bytes]).unwrap().as_bytes(Order::C).unwrap(), bytes);
    let wide = text_of(&bytes.map(u32::from));
    assert_eq!(
        (units(&wide), wide.to_strings().unwrap()),
        (bytes.map(u32::from).to_vec(), vec![text.to_owned()])
    );
    assert_eq!(Array::from_strings(&[text]).unwrap(), wide);
}

#[test]
fn strings_that_do_not_fit_are_refused_and_never_cut() {
    #[derive(Record, Debug)]
    struct Narrow {
        text: FixedBytes<2>,
    }
    #[derive(Record, Debug)]
    struct Letters {
        text: FixedStr<2>,
    }
    let rows = |dtype: &str, bytes: Vec<u8>| items(&format!("[('text', '{dtype}')]"), bytes);
    assert!(rows("|S5", vec![1, 3, 5, 7, 9]).to_records::<Narrow>().is_err());
    assert_eq!(rows("|S5", vec![1, 3, 0, 0, 0]).to_records::<Narrow>().unwrap()[0].text.as_bytes(), [1, 3]);
    let wide = |units: [u32; 3]| rows("<U3", units.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    assert!(wide([1, 3, 5]).to_records::<Letters>().is_err());
    assert_eq!(wide([1, 3, 0]).to_records::<Letters>().unwrap()[0].text.to_string(), "\x01\x03");
    assert!(rows("|S6", "abはe".into()).to_records::<Narrow>().is_err());
}

#[test]
fn fixed_strings_are_read_from_their_own_kind() {
    #[derive(Record, Debug)]
    struct Letters {
        text: FixedStr<50>,
    }
    let rows = |dtype: &str, len: usize| items(&format!("[('text', '{dtype}')]"), vec![0u8; len]);
    assert!(rows("<U6", 24).to_records::<Letters>().is_ok());
    assert!(rows("|S6", 6).to_records::<Letters>().is_err());
}

#[test]
fn whatever_lends_strings_is_written() {
    let expected = Array::from_strings(&["\x01\x03\x05"]).unwrap();
    assert_eq!(Array::from_strings(&[String::from("\x01\x03\x05")]).unwrap(), expected);
    let narrow = items("|S3", vec![1u8, 3, 5]);
    assert_eq!(Array::from_byte_strings(&[vec![1u8, 3, 5]]).unwrap(), narrow);
    assert_eq!(Array::from_byte_strings(&[&[1u8, 3, 5][..]]).unwrap(), narrow);
    assert_eq!(Array::from_byte_strings(&["\x01\x03\x05"]).unwrap(), narrow);
}

const LAST: u32 = 0x10_FFFF;
const SURROGATE: u32 = 0xD805;

#[test]
fn code_units_that_are_no_characters_are_no_text() {
    assert_eq!(text_of(&[LAST]).to_strings().unwrap(), ["\u{10FFFF}"]);
    for unit in [LAST + 1, LAST + 2, SURROGATE] {
        assert!(text_of(&[unit]).to_strings().is_err(), "{unit:x}");
        assert_eq!(units(&text_of(&[unit])), [unit], "the unit itself can be had");
    }
    assert!(text_of(&[0xD834, 0xDD1E]).to_strings().is_err(), "a pair of UTF-16");
    assert!(items("|S3", vec![0xFFu8, 0, 1]).to_strings().is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_io::save(&path, &text_of(&[LAST + 1])).unwrap();
    let read = arr_io::open(&path).unwrap();
    assert!(read.to_strings().is_err() && units(&read) == [LAST + 1]);
}

#[test]
fn texts_go_round_in_the_widest_width() {
    let texts = ["abc", "αβout", "\u{1D11E}"];
    let bytes = arr_io::npy::to_bytes(&Array::from_strings(&texts).unwrap()).unwrap();
    let array = arr_io::npy::read_bytes(&bytes).unwrap();
    assert_eq!(
        (array.dtype(), array.to_strings().unwrap()),
        (&DType::Unicode(5, ByteOrder::NATIVE), texts.map(String::from).to_vec())
    );
    let first = array.slice(arr_io::s![1..2]).unwrap().to_contiguous(Order::C).unwrap();
    assert_eq!(units(&first), "αβout".chars().map(u32::from).collect::<Vec<_>>());
    assert_eq!(array.dtype().as_scalar(), None::<(Scalar, ByteOrder)>);
}
