//! Headers, versions and dtypes.

use arr_io::npy::{self, Header, Version, parse_header, read_array_header, read_magic};
use arr_io::{ByteOrder, DType, ErrorKind, Limits, MAX_RANK, Order, RecordType, Scalar, TimeBase, TimeUnit};

use crate::{file, with_text};

fn dtype(text: &str) -> DType {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn parsed(bytes: &[u8]) -> Header {
    parse_header(bytes, &Limits::default()).unwrap()
}

#[test]
fn headers_tell_dtype_order_and_shape() {
    for (descr, fortran, shape, dims) in [
        ("<f8", false, "(3, 4)", &[3usize, 4][..]),
        ("<i4", false, "(10,)", &[10]),
        ("<f4", false, "()", &[]),
        ("<f8", true, "(2, 3)", &[2, 3]),
    ] {
        let header = parsed(&file(&format!("'{descr}'"), fortran, shape, &[]));
        assert_eq!((header.dtype(), header.fortran_order(), header.shape()), (&dtype(descr), fortran, dims));
    }
}

#[test]
fn shapes_are_written_as_python_writes_tuples() {
    for (shape, text) in [(&[][..], "()"), (&[5], "(5,)"), (&[3, 4], "(3, 4)")] {
        let header = Header::new(DType::scalar(Scalar::F64, ByteOrder::Little), shape, Order::C).unwrap();
        let written = String::from_utf8(header.to_bytes(None).unwrap()[10..].to_vec()).unwrap();
        let expected = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {text}, }}");
        assert_eq!(written.trim_end(), expected);
    }
}

#[test]
fn headers_come_back_and_end_at_a_multiple_of_64() {
    for shape in [&[2usize, 3][..], &[3, 4], &[100, 200, 300], &[1]] {
        let header = Header::new(dtype("<f8"), shape, Order::C).unwrap();
        let bytes = header.to_bytes(None).unwrap();
        assert_eq!((bytes.len() % 64, bytes.len() as u64), (0, header.data_offset()));
        assert_eq!(parsed(&bytes), header);
        let mut stream = &bytes[..];
        let read = npy::read_header(&mut stream, &Limits::default()).unwrap();
        assert_eq!((read.version(), read.shape(), stream.len()), (Version::V1_0, shape, 0));
    }
}

#[test]
fn a_header_that_is_too_long_for_version_1_gets_version_2() {
    let fields =
        (0..4000).fold(RecordType::builder(), |made, at| made.field(format!("field {at}"), dtype("<f8")));
    let header = Header::new(fields.build().unwrap().into(), &[1], Order::C).unwrap();
    let bytes = header.to_bytes(None).unwrap();
    assert_eq!(bytes[6..8], [2, 0]);
    assert_eq!((parsed(&bytes), header.version()), (header.clone(), Version::V2_0));
    assert!(header.to_bytes(Some(Version::V1_0)).is_err());
}

#[test]
fn more_dimensions_than_numpy_has_are_refused() {
    let error = Header::new(dtype("<f8"), &[1; 22_000], Order::C).unwrap_err();
    assert_eq!(error.to_string(), format!("npy: 22000 dimensions exceed {MAX_RANK}"));
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", "1, ".repeat(100));
    assert!(parse_header(&with_text(&text, [1, 0], &[]), &Limits::default()).is_err());
}

#[test]
fn headers_of_versions_2_and_3_have_a_longer_length() {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }";
    for (version, number) in [(Version::V2_0, [2, 0]), (Version::V3_0, [3, 0])] {
        let bytes = with_text(text, number, &[]);
        let header = parsed(&bytes);
        assert_eq!((header.version(), header.dtype(), header.shape()), (version, &dtype("<f8"), &[5][..]));
        assert_eq!(header.data_offset(), bytes.len() as u64);
        let mut stream = &bytes[..];
        assert_eq!(read_magic(&mut stream).unwrap(), version);
        assert_eq!(read_array_header(&mut stream, version, &Limits::default()).unwrap().shape(), [5]);
    }
}

#[test]
fn a_header_beyond_the_limit_is_refused_before_memory_is_reserved() {
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((2u32 << 20).to_le_bytes());
    let error = npy::read_header(&mut &bytes[..], &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn the_magic_is_that_of_numpy() {
    assert_eq!(npy::MAGIC, b"\x93NUMPY");
}

#[test]
fn every_numeric_dtype_is_parsed_and_printed() {
    for (text, kind, order) in [
        ("<f8", Scalar::F64, ByteOrder::Little),
        ("<f4", Scalar::F32, ByteOrder::Little),
        (">i4", Scalar::I32, ByteOrder::Big),
        ("<i8", Scalar::I64, ByteOrder::Little),
        ("|b1", Scalar::Bool, ByteOrder::NATIVE),
        ("|u1", Scalar::U8, ByteOrder::NATIVE),
        ("<u2", Scalar::U16, ByteOrder::Little),
        ("<u4", Scalar::U32, ByteOrder::Little),
        ("<u8", Scalar::U64, ByteOrder::Little),
        ("<c8", Scalar::Complex64, ByteOrder::Little),
        ("<c16", Scalar::Complex128, ByteOrder::Little),
        ("<f2", Scalar::F16, ByteOrder::Little),
        (">f2", Scalar::F16, ByteOrder::Big),
    ] {
        assert_eq!((dtype(text), dtype(text).to_string()), (DType::scalar(kind, order), text.to_owned()));
    }
    for kind in Scalar::ALL.into_iter().filter(|kind| *kind != Scalar::BF16) {
        assert_eq!(dtype(&DType::native(kind).to_string()), DType::native(kind));
    }
}

#[test]
fn whole_numbers_of_16_bytes_are_none_of_numpys() {
    for text in ["<i16", "<u16"] {
        assert!(text.parse::<DType>().is_err());
        assert!(
            parse_header(&file(&format!("'{text}'"), false, "(1,)", &[0; 16]), &Limits::default()).is_err()
        );
    }
}

#[test]
fn what_is_no_dtype_is_refused() {
    for text in ["x", "<z4", "", "<garbage", "<M8[foobar]"] {
        assert!(text.parse::<DType>().is_err(), "{text}");
    }
}

#[test]
fn a_dtype_tells_whether_its_bytes_are_swapped() {
    let little = cfg!(target_endian = "little");
    assert_eq!((dtype("<i4").is_native(), dtype(">i4").is_native()), (little, !little));
    assert!(dtype("|u1").is_native() && dtype("|S3").is_native());
}

#[test]
fn dates_and_durations_have_units() {
    for (symbol, base) in [
        ("ns", TimeBase::Nanosecond),
        ("us", TimeBase::Microsecond),
        ("ms", TimeBase::Millisecond),
        ("s", TimeBase::Second),
        ("D", TimeBase::Day),
    ] {
        let unit = TimeUnit::Of(base, 1);
        for (text, expected) in [
            (format!("<M8[{symbol}]"), DType::DateTime(unit, ByteOrder::Little)),
            (format!("<m8[{symbol}]"), DType::TimeDelta(unit, ByteOrder::Little)),
        ] {
            assert_eq!((dtype(&text), expected.to_string()), (expected, text));
        }
    }
}

#[test]
fn records_have_fields_at_offsets() {
    let pair = dtype("[('x', '<f4'), ('y', '<i8')]");
    let fields: Vec<_> = pair.as_record().unwrap().fields().iter().collect();
    assert_eq!(fields.iter().map(|field| field.name()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(fields.iter().map(|field| field.dtype().to_string()).collect::<Vec<_>>(), ["<f4", "<i8"]);
    assert_eq!(
        fields.iter().map(|field| (field.offset(), field.end())).collect::<Vec<_>>(),
        [(0, 4), (4, 12)]
    );
    let mixed = dtype("[('a', '<i4'), ('b', '<f8'), ('c', '|S10')]");
    let mixed = mixed.as_record().unwrap();
    assert_eq!(mixed.fields().iter().map(|field| field.offset()).collect::<Vec<_>>(), [0, 4, 12]);
    assert_eq!(mixed.field("c").unwrap().dtype(), &DType::Bytes(10));
    assert_eq!(dtype("[('only', '<f8')]").as_record().unwrap().fields().len(), 1);
}

#[test]
fn strings_and_opaque_items_have_a_width_and_an_alignment() {
    for (text, made, itemsize, alignment) in [
        ("|S20", DType::Bytes(20), 20, 1),
        ("<U10", DType::Unicode(10, ByteOrder::Little), 40, 4),
        ("|V8", DType::Void(8), 8, 1),
        ("|S0", DType::Bytes(0), 0, 1),
        ("<U0", DType::Unicode(0, ByteOrder::Little), 0, 4),
        ("|V0", DType::Void(0), 0, 1),
    ] {
        assert_eq!((dtype(text), made.itemsize(), made.alignment()), (made.clone(), itemsize, alignment));
        assert_eq!(made.to_string(), text);
    }
}
