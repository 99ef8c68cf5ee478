//! Type strings and descriptions of records.

use arr_io::npy::{Header, parse_header};
use arr_io::{ByteOrder, DType, Field, Limits, RecordType, Scalar, TimeBase, TimeUnit};

use crate::with_text;

fn dtype(text: &str) -> DType {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The dtype of a header with that description, if it is one.
fn described(descr: &str) -> arr_io::Result<DType> {
    header(descr, "(0,)").map(|header| header.dtype().clone())
}

fn header(descr: &str, shape: &str) -> arr_io::Result<Header> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    parse_header(&with_text(&text, [1, 0], &[]), &Limits::default())
}

fn record(fields: &[(&str, &str)]) -> DType {
    let builder = fields.iter().fold(RecordType::builder(), |made, (name, of)| made.field(*name, dtype(of)));
    builder.build().unwrap().into()
}

#[test]
fn what_is_no_type_string_is_refused() {
    for text in [
        "",
        ">",
        ">m8[",
        ">m8[us",
        ">m8[us]garbage",
        ">m8[us]]",
        ">i8garbage",
        ">m[us]",
        ">m999999999999999999999999999999[us]",
        ">i999999999999999999999999999999",
        "*i8",
        "<p8",
        ">m8[bus]",
        ">m8[usb]",
        ">m8[xq]",
        ">i9",
        ">m4[us]",
        ">b4",
        ">i8[us]",
        "|b2",
    ] {
        assert!(text.parse::<DType>().is_err(), "{text}");
    }
    for text in [">m8[us]", ">m8[D]", ">i8", ">c16", "|O", "<i8", "|i1", "|S7", "|V7", "|S0", ">U0", "|V0"] {
        dtype(text);
    }
}

#[test]
fn what_numpy_takes_for_a_dtype_is_one_here_too() {
    assert_eq!(dtype("|i8"), DType::native(Scalar::I64));
    assert_eq!(dtype("|U1"), DType::Unicode(1, ByteOrder::NATIVE));
    assert_eq!(dtype("|O4"), DType::Object);
    assert_eq!(dtype(">m8"), DType::TimeDelta(TimeUnit::Generic, ByteOrder::Big));
    assert_eq!(dtype(">m"), dtype(">m8"));
    assert_eq!(dtype(">i"), DType::scalar(Scalar::I32, ByteOrder::Big));
    assert_eq!(dtype("|a3"), dtype("|S3"));
}

#[test]
fn dtypes_are_printed_as_numpy_prints_them() {
    let nanoseconds = TimeUnit::Of(TimeBase::Nanosecond, 1);
    for (dtype, text) in [
        (DType::scalar(Scalar::I64, ByteOrder::Little), "<i8"),
        (DType::Bytes(13), "|S13"),
        (DType::Object, "|O"),
        (DType::TimeDelta(nanoseconds, ByteOrder::Big), ">m8[ns]"),
    ] {
        assert_eq!(dtype.to_string(), text);
    }
}

#[test]
fn type_strings_come_back() {
    for text in [">i8", ">f16", "<i8", "|i1", "|S7", "|S0", ">U3", "|O", "<m8[D]", ">m8[ms]"] {
        assert_eq!(dtype(text).to_string(), text);
    }
    for (text, printed) in [("<i1", "|i1"), (">i1", "|i1"), ("<S0", "|S0")] {
        assert_eq!(dtype(text).to_string(), printed);
    }
}

#[test]
fn a_dtype_tells_its_kind_size_and_byte_order() {
    let byte = dtype("|i1");
    assert_eq!((byte.as_scalar().unwrap().0, byte.itemsize(), byte.byte_order()), (Scalar::I8, 1, None));
    assert_eq!(dtype(">f4").byte_order(), Some(ByteOrder::Big));
}

#[test]
fn records_are_described_as_numpy_describes_them() {
    let flat = record(&[("float", ">f4"), ("byte", "<u1")]);
    assert_eq!(flat.to_string(), "[('float', '>f4'), ('byte', '|u1')]");
    let nested = RecordType::builder().field("parent", record(&[("child", "<i4")])).build().unwrap();
    assert_eq!(DType::from(nested).to_string(), "[('parent', [('child', '<i4')])]");
    assert_eq!(dtype(">f8").to_string(), ">f8");
}

#[test]
fn descriptions_become_dtypes() {
    for text in [">f8", "|u1", "|O"] {
        assert_eq!(described(&format!("'{text}'")).unwrap(), dtype(text));
    }
    assert_eq!(described("[('a', '<u2'), ('b', '<f4')]").unwrap(), record(&[("a", "<u2"), ("b", "<f4")]));
    assert_eq!(described("[('a', '<u2'), ('b', '|O')]").unwrap(), record(&[("a", "<u2"), ("b", "|O")]));
}

#[test]
fn any_name_of_a_field_comes_back() {
    let odd = record(&[(" '\"\r\n\\ ", "<u2")]);
    assert_eq!(described(&odd.to_string()).unwrap(), odd);
}

#[test]
fn fields_hold_arrays_and_records() {
    let first = |descr: &str| described(descr).unwrap().as_record().unwrap().fields()[0].clone();
    let field = first("[('a', '>f8', (1,))]");
    let DType::SubArray(sub) = field.dtype() else { panic!("{}", field.dtype()) };
    assert_eq!((sub.base(), sub.shape()), (&dtype(">f8"), &[1][..]));
    let child = record(&[("child", "<i4")]);
    assert_eq!(first("[('parent', [('child', '<i4')])]").dtype(), &child);
    let field = first("[('parent', [('child', '<i4')], (2,))]");
    let DType::SubArray(sub) = field.dtype() else { panic!("{}", field.dtype()) };
    assert_eq!((sub.base(), sub.shape(), Field::offset(&field)), (&child, &[2][..], 0));
}

#[test]
fn packed_records_have_the_size_of_their_fields() {
    assert_eq!(dtype("[('a', '<u2'), ('b', '>i4')]").itemsize(), 6);
    let objects = dtype("[('a', '<u2'), ('b', '|O')]");
    assert!(objects.has_references() && !dtype("[('a', '<u2')]").has_references());
}

#[test]
fn what_describes_no_record_is_refused() {
    for descr in ["False", "['a', 123]", "[('a',)]", "[('a', 1, 2, 3)]", "[(1, 2)]"] {
        assert!(described(descr).is_err(), "{descr}");
    }
}

#[test]
fn what_is_no_shape_is_refused() {
    for shape in ["1", "([],)", "(-1,)", "(18446744073709551616,)"] {
        assert!(header("'<i4'", shape).is_err(), "{shape}");
    }
    assert_eq!(header("'<i4'", "(3, 4)").unwrap().shape(), [3, 4]);
}
