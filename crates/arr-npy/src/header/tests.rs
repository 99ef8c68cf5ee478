use std::io::Read;

use arr_core::{ByteOrder, ErrorKind, RecordType, Scalar};
use proptest::prelude::*;

use super::*;

/// A file with that text behind an honest length.
fn file(version: Version, text: &[u8]) -> Vec<u8> {
    let mut bytes = [MAGIC, &[version.major, version.minor]].concat();
    match version.length_size() {
        2 => bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes()),
        _ => bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes()),
    }
    bytes.extend_from_slice(text);
    bytes
}

fn parse(text: &str) -> Result<Header> {
    let bytes = file(Version::V1_0, text.as_bytes());
    let (fast, general) =
        (fast::parse(&bytes, &Limits::default()), parse::parse(&bytes, &Limits::default(), false));
    if let Some(fast) = fast {
        let header = general.as_ref().unwrap();
        assert_eq!(fast.header(), *header, "{text}");
        let place = (header.data_offset(), header.data_len());
        assert_eq!((fast.offset as u64, fast.len as u64), place, "{text}");
    }
    assert_eq!(read_header(&mut &*bytes, &Limits::default()).ok(), general.as_ref().ok().cloned());
    parse_header(&bytes, &Limits::default())
}

fn is_fast(text: &str) -> bool {
    let header = fast::parse(&file(Version::V1_0, text.as_bytes()), &Limits::default());
    assert!(parse(text).is_ok(), "{text}");
    header.is_some()
}

#[test]
fn common_headers_are_fast() {
    for text in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }      \n",
        "{'descr': '>c16', 'fortran_order': True, 'shape': (1, 2, 3, 4), }\n",
        "{'descr': '|b1', 'fortran_order': False, 'shape': (), } \n",
        "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }                         \n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}          \n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4, )}          \n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, )}          \n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }\n",
    ] {
        assert!(is_fast(text), "{text}");
    }
    for text in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }      ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), } \n\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3, 4, 5), }\n",
        "{'descr': '<U4', 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3L,), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (00,), }\n",
        "{'shape': (3,), 'descr': '<f4', 'fortran_order': False}\n",
        "({\"descr\": '<f4', 'fortran_order': False, 'shape': (3,),}) # done\n",
    ] {
        assert!(!is_fast(text), "{text}");
    }
}

#[test]
fn headers_say_what_they_say() {
    let header =
        parse("{'descr': [('a', '<f4'), ('b', 'S3')], 'fortran_order': True, 'shape': (5, 0, 2)}").unwrap();
    assert_eq!(header.dtype().to_string(), "[('a', '<f4'), ('b', '|S3')]");
    assert_eq!((header.shape(), header.order(), header.fortran_order()), (&[5, 0, 2][..], Order::F, true));
    assert_eq!((header.data_offset(), header.data_len(), header.version()), (91, 0, Version::V1_0));
    assert!(!header.order_matters());
}

#[test]
fn wrong_texts_are_refused_with_their_place() {
    let descr = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
    for (text, offset, part) in [
        ("", 10, "header is not a dictionary"),
        ("[]", 10, "header is not a dictionary"),
        ("{'descr': '<f4', 'fortran_order': False}", 10, "lacks the key 'shape'"),
        ("{'descr': '<f4', 'shape': ()}", 10, "lacks the key 'fortran_order'"),
        (&format!("{descr}(), 'x': 1}}"), 64, "unknown key 'x'"),
        (&format!("{descr}(), 'descr': 1}}"), 64, "'descr' occurs twice"),
        (&format!("{descr}(), 3: 1}}"), 64, "expected a string"),
        (&format!("{descr}3}}"), 60, "not a tuple"),
        (&format!("{descr}(3)}}"), 60, "not a tuple"),
        (&format!("{descr}[3]}}"), 60, "not a tuple"),
        (&format!("{descr}(-3,)}}"), 60, "negative"),
        (&format!("{descr}(True,)}}"), 61, "expected an integer, found `True`"),
        (&format!("{descr}(3.0,)}}"), 61, "expected an integer, found a number that is not an integer"),
        (&format!("{descr}(4294967296, 4294967296)}}"), 60, "too large"),
        (&format!("{descr}(0, 18446744073709551615, 4)}}"), 60, "too large"),
        (&format!("{descr}(99999999999999999999,)}}"), 60, "larger than"),
        (&format!("{descr}()}} x"), 64, "text follows"),
        (&format!("{descr}()"), 62, "found the end of the text"),
        ("{'descr': '<f9', 'fortran_order': False, 'shape': ()}", 20, "'<f9' is not a dtype"),
        ("{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': ()}", 20, "sub-array"),
        ("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", 44, "expected True or False"),
        ("{'descr': {'a': 1}, 'fortran_order': False, 'shape': ()}", 20, "found a dictionary"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(offset)), "{text}: {error}");
        assert!(
            error.to_string().starts_with("npy: ") && error.to_string().contains(part),
            "{text}: {error}"
        );
    }
}

#[test]
fn limits_are_kept() {
    let text = b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2, 3)}";
    let bytes = file(Version::V1_0, text);
    let common = file(Version::V1_0, b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }\n");
    for bytes in [&bytes, &common] {
        for (limits, offset) in [
            (Limits::default().max_header_size(60), Some(8)),
            (Limits::default().max_rank(2), None),
            (Limits::default().max_depth(1), None),
        ] {
            for result in [parse_header(bytes, &limits), read_header(&mut &**bytes, &limits)] {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
                assert!(offset.is_none() || error.offset() == offset, "{error}");
            }
        }
    }
    let many = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({})}}", "1, ".repeat(65));
    assert_eq!(parse(&many).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn beginnings_that_are_no_header() {
    for (bytes, kind, offset) in [
        (&b""[..], ErrorKind::Malformed, 0),
        (b"\x93NUM", ErrorKind::Malformed, 4),
        (b"PK\x03\x04", ErrorKind::Malformed, 0),
        (b"\x93NUMPX\x01\x00", ErrorKind::Malformed, 0),
        (b"\x93NUMPY\x01", ErrorKind::Malformed, 7),
        (b"\x93NUMPY\x04\x00\x00\x00", ErrorKind::Unsupported, 6),
        (b"\x93NUMPY\x01\x01\x00\x00", ErrorKind::Unsupported, 6),
        (b"\x93NUMPY\x01\x00\x05", ErrorKind::Malformed, 9),
        (b"\x93NUMPY\x01\x00\x05\x00{'", ErrorKind::Malformed, 12),
        (b"\x93NUMPY\x02\x00\xff\xff\x0f\x00{'", ErrorKind::Malformed, 14),
        (b"\x93NUMPY\x03\x00\xff\xff\xff\xff", ErrorKind::LimitExceeded, 8),
        (b"\x93NUMPY\x03\x00\x02\x00\x00\x00{\xff", ErrorKind::Malformed, 13),
    ] {
        for error in [
            parse_header(bytes, &Limits::default()).unwrap_err(),
            read_header(&mut &*bytes, &Limits::default()).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{bytes:?}: {error}");
        }
    }
}

#[test]
fn readers_are_left_behind_the_header() {
    for fields in [1, 40, 3000] {
        let fields: String = (0..fields).map(|index| format!("('f{index}', '<f4'),")).collect();
        let text = format!("{{'descr': [{fields}], 'fortran_order': False, 'shape': (2,)}}");
        let bytes = [&file(Version::V2_0, text.as_bytes()), &b"data"[..]].concat();
        // A reader that gives little at a time, and is interrupted in between.
        let mut reader = Drops { bytes: &bytes, interrupted: false };
        let header = read_header(&mut reader, &Limits::default()).unwrap();
        assert_eq!(reader.bytes, b"data");
        assert_eq!(header, parse_header(&bytes, &Limits::default()).unwrap());
        assert_eq!(header.data_offset(), u64::try_from(bytes.len() - 4).unwrap());
    }
}

struct Drops<'a> {
    bytes: &'a [u8],
    interrupted: bool,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(7);
        self.bytes.read(&mut buffer[..most])
    }
}

#[test]
fn errors_of_the_reader_are_kept() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cable cut"))
        }
    }
    let whole = file(Version::V1_0, &[b' '; 1000]);
    for (known, offset) in [(0, 0), (9, 9), (20, 20), (600, 600)] {
        let error = read_header(&mut whole[..known].chain(Broken), &Limits::default()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Io, Some(offset)), "{error}");
    }
}

/// The bytes that NumPy 2.4 writes for the same arrays.
#[test]
fn headers_are_written_as_numpy_writes_them() {
    for (dtype, shape, order, text, len) in [
        ("<f4", &[10, 3][..], Order::C, "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }", 128),
        ("<f4", &[10, 3], Order::F, "{'descr': '<f4', 'fortran_order': True, 'shape': (10, 3), }", 128),
        ("<f4", &[3], Order::F, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 128),
        ("<f4", &[], Order::C, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 128),
        ("|V0", &[0, 5], Order::F, "{'descr': '|V0', 'fortran_order': False, 'shape': (0, 5), }", 128),
    ] {
        let header = Header::new(dtype.parse().unwrap(), shape, order).unwrap();
        let bytes = header.to_bytes(None).unwrap();
        assert_eq!((bytes.len(), header.data_offset()), (len, len as u64));
        let written = std::str::from_utf8(&bytes[10..]).unwrap();
        assert_eq!((written.trim_end_matches([' ', '\n']), written.ends_with(" \n")), (text, true));
    }
}

/// A record with one field, whose name makes the text of the header `extra` bytes longer.
fn named(name: &str) -> Header {
    let record =
        RecordType::builder().field(name, DType::scalar(Scalar::I8, ByteOrder::NATIVE)).build().unwrap();
    Header::new(record.into(), &[2], Order::C).unwrap()
}

#[test]
fn there_is_always_a_blank() {
    // Text, growth room and line break alone end at these offsets from 64: as many blanks follow.
    let empty = named("").to_bytes(None).unwrap().len();
    let lengths: Vec<usize> =
        (0..130).map(|len| named(&"x".repeat(len)).to_bytes(None).unwrap().len()).collect();
    assert!(lengths.iter().all(|len| len % 64 == 0));
    assert_eq!((empty, lengths[0]), (128, 128));
    for (len, bytes) in lengths.iter().enumerate() {
        let text =
            format!("{{'descr': [('{}', '|i1')], 'fortran_order': False, 'shape': (2,), }}", "x".repeat(len));
        let before = 10 + text.len() + 20 + 1;
        assert_eq!(*bytes, before / 64 * 64 + 64);
    }
}

#[test]
fn the_smallest_version_that_will_do() {
    let fits = |len: usize| named(&"x".repeat(len));
    // 65472 + 64 is the first length that a u16 does not hold.
    let longest = (65_000..65_536).rev().find(|len| fits(*len).version() == Version::V1_0).unwrap();
    let bytes = fits(longest).to_bytes(None).unwrap();
    assert_eq!(bytes.len(), 65_536);
    let header = fits(longest + 1);
    assert_eq!((header.version(), header.data_offset()), (Version::V2_0, 65_600));
    assert_eq!(header.to_bytes(Some(Version::V1_0)).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(fits(3).to_bytes(Some(Version::V2_0)).unwrap()[..12], *b"\x93NUMPY\x02\x00\x74\0\0\0");

    assert_eq!((named("é").version(), named("π").version()), (Version::V1_0, Version::V3_0));
    assert!(named("é").to_bytes(None).unwrap().contains(&0xE9));
    for version in [Version::V1_0, Version::V2_0] {
        assert_eq!(named("π").to_bytes(Some(version)).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let mut written = Vec::new();
    assert_eq!(write_array_header(&mut written, &named("é"), Some(Version::V3_0)).unwrap(), Version::V3_0);
    assert_eq!(parse_header(&written, &Limits::default()).unwrap().dtype(), named("é").dtype());
}

#[test]
fn what_can_not_be_written() {
    let kind = |dtype: &str, shape: &[usize]| {
        let error = Header::new(dtype.parse().unwrap(), shape, Order::C).unwrap_err();
        assert_eq!(error.format(), Some("npy"));
        error.kind()
    };
    assert_eq!(kind("utf8", &[1]), ErrorKind::Unsupported);
    assert_eq!(kind("('<f4', (2,))", &[1]), ErrorKind::Unsupported);
    assert_eq!(kind("<f4", &[1; 65]), ErrorKind::InvalidArgument);
    assert_eq!(kind("<f4", &[usize::MAX, 0]), ErrorKind::InvalidArgument);
    assert_eq!(kind("|V0", &[usize::MAX]), ErrorKind::InvalidArgument);
}

/// Texts near those that the fast path knows.
fn near_common() -> impl Strategy<Value = String> {
    let descr = prop_oneof!["[<>|=]?[?bBhHiIlLfdFDgGSUVOmM]?(1|2|4|8|16|32|12)?", Just("<f4".to_owned())];
    let separator = || prop_oneof![8 => Just(", ".to_owned()), 1 => "[ ,\t]{0,3}"];
    let dim =
        prop_oneof![4 => "[1-9][0-9]{0,4}", 1 => "[0-9]{1,22}", 1 => Just("0".to_owned()), 1 => "-?[0-9]L?"];
    let shape = (proptest::collection::vec((dim, separator()), 0..6), prop_oneof!["", ",", ", "]).prop_map(
        |(dims, end)| {
            let mut shape: String = dims.iter().map(|(dim, separator)| format!("{dim}{separator}")).collect();
            if !dims.is_empty() {
                let last = dims[dims.len() - 1].1.len();
                shape.truncate(shape.len() - last);
            }
            format!("({shape}{end})")
        },
    );
    let order = prop_oneof![4 => Just("False"), 4 => Just("True"), 1 => Just("0")];
    let end = prop_oneof![4 => Just(", }".to_owned()), 2 => Just("}".to_owned()), 1 => "[ ,}]{0,3}"];
    let tail = prop_oneof![8 => " {0,80}\n", 1 => "[ \n#\t]{0,4}"];
    (descr, order, shape, end, tail).prop_map(|(descr, order, shape, end, tail)| {
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}{end}{tail}")
    })
}

fn dtype() -> impl Strategy<Value = DType> {
    let simple = prop_oneof![
        // A big-endian bfloat16 has no description.
        proptest::sample::select(&Scalar::ALL[..]).prop_map(|kind| match kind {
            Scalar::BF16 => DType::scalar(kind, ByteOrder::Little),
            kind => DType::native(kind),
        }),
        "[<>](i2|f8|c16|U7|M8\\[25s\\]|m8)".prop_map(|text| text.parse().unwrap()),
        "\\|(S[1-9]|V[1-9]|O|b1)".prop_map(|text| text.parse().unwrap()),
    ];
    let record = proptest::collection::vec(("[a-zéπ'\"\\\\]{1,4}", simple.clone()), 0..4).prop_filter_map(
        "names differ",
        |fields| {
            let add = |builder: arr_core::RecordBuilder, (name, dtype)| builder.field(name, dtype);
            fields.into_iter().fold(RecordType::builder(), add).build().ok().map(DType::from)
        },
    );
    prop_oneof![simple, record]
}

proptest! {
    #[test]
    fn fast_and_general_agree(text in near_common()) {
        let _ = parse(&text);
    }

    #[test]
    fn written_headers_are_read_back(
        dtype in dtype(),
        shape in proptest::collection::vec(0usize..100, 0..7),
        fortran: bool,
        version in proptest::option::of(proptest::sample::select(&Version::ALL[..])),
    ) {
        let order = if fortran { Order::F } else { Order::C };
        let header = Header::new(dtype.clone(), &shape, order).unwrap();
        if let Ok(bytes) = header.to_bytes(version) {
            prop_assert_eq!(bytes.len() % 64, 0);
            let read = parse_header(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(&read.dtype.descr().unwrap().replace('|', "<"), &dtype.descr().unwrap().replace('|', "<"));
            prop_assert_eq!((&read.shape, read.order), (&header.shape, header.order));
            prop_assert_eq!(read.version, version.unwrap_or(header.version));
            prop_assert_eq!(read.data_offset, bytes.len() as u64);
            prop_assert!(version.is_some() || header.data_offset == read.data_offset);
        }
    }

    #[test]
    fn no_bytes_panic(version in proptest::sample::select(&Version::ALL[..]), text in any::<Vec<u8>>(), cut in 0usize..20) {
        let mut bytes = file(version, &text);
        bytes.truncate(bytes.len().saturating_sub(cut));
        let _ = parse_header(&bytes, &Limits::default());
        let _ = read_header(&mut &*bytes, &Limits::default());
    }
}
