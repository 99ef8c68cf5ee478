//! Encodings and byte order marks: what `numpy.loadtxt` reads of the same bytes, and how characters are written.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use arr_core::{Array, DType, ErrorKind, Order};
use arr_text::{csv, text};

const MARKS: [&[u8]; 6] = [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"];

/// The text `1 2` in UTF-8, UTF-16 and UTF-32, of both orders.
const BODIES: [&[u8]; 5] = [
    b"1 2\n",
    b"1\0 \x002\0\n\0",
    b"\x001\0 \x002\0\n",
    b"1\0\0\0 \0\0\x002\0\0\0\n\0\0\0",
    b"\0\0\x001\0\0\0 \0\0\x002\0\0\0\n",
];

/// The marks and bodies, by their numbers, that NumPy 2.3 reads under that name; it refuses all others.
const READ: [(&str, &[(usize, usize)]); 12] = [
    ("utf-8", &[(0, 0)]),
    ("utf-8-sig", &[(0, 0), (1, 0)]),
    ("utf-16", &[(2, 1), (3, 2)]),
    ("utf-16-le", &[(0, 1)]),
    ("utf-16-be", &[(0, 2)]),
    ("utf-32", &[(4, 3), (5, 4)]),
    ("utf-32-le", &[(0, 3)]),
    ("utf-32-be", &[(0, 4)]),
    ("latin1", &[(0, 0)]),
    ("cp1252", &[(0, 0)]),
    ("ascii", &[(0, 0)]),
    ("shift_jis", &[(0, 0)]),
];

/// What is read besides: the mark of the encoding itself is stepped over, and without one UTF-16 and UTF-32 are
/// little-endian.
const MORE: [(&str, &[(usize, usize)]); 7] = [
    ("utf-8", &[(1, 0)]),
    ("utf-16", &[(0, 1)]),
    ("utf-16-le", &[(2, 1)]),
    ("utf-16-be", &[(3, 2)]),
    ("utf-32", &[(0, 3)]),
    ("utf-32-le", &[(4, 3)]),
    ("utf-32-be", &[(5, 4)]),
];

#[test]
fn marks_that_contradict_the_encoding_are_text() {
    for (name, read) in READ {
        let more = MORE.iter().find(|(more, _)| *more == name).map_or(&[][..], |(_, more)| *more);
        for (mark, first) in MARKS.iter().enumerate() {
            for (body, rest) in BODIES.iter().enumerate() {
                let bytes = [*first, *rest].concat();
                let found = text::ReadOptions::new().encoding(name).read_bytes(&bytes);
                match found {
                    Ok(array) if read.contains(&(mark, body)) || more.contains(&(mark, body)) => {
                        assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 2.0], "{name} {bytes:?}");
                    }
                    Err(error) if !read.contains(&(mark, body)) && !more.contains(&(mark, body)) => {
                        assert_eq!(error.kind(), ErrorKind::Malformed, "{name} {bytes:?}: {error}");
                    }
                    other => assert!(other.is_err() && other.is_ok(), "{name} {bytes:?}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn genfromtxt_reads_the_same_encodings() {
    for (name, bytes) in [
        ("utf-16", [MARKS[3], BODIES[2]].concat()),
        ("utf-32", [MARKS[4], BODIES[3]].concat()),
        ("utf-32-be", BODIES[4].to_vec()),
        ("cp1252", b"1 2\n".to_vec()),
    ] {
        let options = arr_core::format::Options::new().with("encoding", name);
        let array =
            arr_text::genfromtxt::ReadOptions::from_options(&options).unwrap().read_bytes(&bytes).unwrap();
        assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 2.0], "{name}");
    }
}

fn texts(texts: &[&str]) -> Array {
    Array::from_texts(&[texts.len()], Order::C, texts.iter().copied()).unwrap()
}

/// What Python's codecs of the same names encode the text to.
#[test]
fn characters_are_written_in_code_pages() {
    let words = ["é€", "Ж", "あ亜"];
    let column = |name: &str, place: usize| {
        csv::WriteOptions::new().encoding(name).and_then(|how| how.to_bytes(&texts(&[words[place]])))
    };
    for (name, place, wanted) in [
        ("cp1252", 0, &b"\xe9\x80\n"[..]),
        ("iso8859-15", 0, b"\xe9\xa4\n"),
        ("koi8-r", 1, b"\xf6\n"),
        ("cp1251", 1, b"\xc6\n"),
        ("cp866", 1, b"\x86\n"),
        ("shift_jis", 2, b"\x82\xa0\x88\x9f\n"),
        ("euc-jp", 2, b"\xa4\xa2\xb0\xa1\n"),
        ("iso-2022-jp", 2, b"\x1b$B$\"0!\x1b(B\n"),
        ("gb18030", 2, b"\xa4\xa2\x81\x84\n"),
        ("utf-32-le", 1, b"\x16\x04\0\0\n\0\0\0"),
        ("utf-32-be", 1, b"\0\0\x04\x16\0\0\0\n"),
        ("utf-32", 1, b"\xff\xfe\0\0\x16\x04\0\0\n\0\0\0"),
        ("utf-16", 1, b"\xff\xfe\x16\x04\n\0"),
        ("utf-8-sig", 1, b"\xef\xbb\xbf\xd0\x96\n"),
    ] {
        assert_eq!(column(name, place).unwrap(), wanted, "{name}");
    }
}

#[test]
fn what_an_encoding_lacks_is_an_error_with_its_place() {
    let array = texts(&["a", "Ж"]);
    for (name, called) in
        [("cp1252", "windows-1252"), ("latin1", "latin1"), ("big5", "Big5"), ("ascii", "ascii")]
    {
        let found = csv::WriteOptions::new().encoding(name).unwrap().to_bytes(&array);
        // Big5 has Cyrillic letters.
        if name == "big5" {
            assert!(found.is_ok());
            continue;
        }
        let error = found.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let wanted = format!(
            "csv: row 2, column 1: 'Ж' (U+0416) can't be written in {called}: choose another encoding, as utf-8"
        );
        assert_eq!(error.to_string(), wanted);
    }
    // What would come back as another character, as the yen sign as a backslash, is no way to write it.
    for (name, text) in [
        ("shift_jis", "¥"),
        ("euc-jp", "‾"),
        ("shift_jis", "−"),
        ("iso-2022-jp", "ｱ"),
        ("iso-2022-jp", "\u{1b}"),
    ] {
        let error = csv::WriteOptions::new().encoding(name).unwrap().to_bytes(&texts(&[text])).unwrap_err();
        assert!(error.to_string().contains("row 1, column 1"), "{name} {text:?}: {error}");
    }
    // The column of a record, and of a fixed width.
    let dtype: DType = "[('x', '<i8'), ('y', '<U1')]".parse().unwrap();
    let mut bytes = vec![0; 24];
    bytes[8] = b'a';
    bytes[20..24].copy_from_slice(&u32::from('é').to_le_bytes());
    let array = Array::contiguous(dtype, &[2], Order::C, arr_core::Buffer::from_vec(bytes)).unwrap();
    let error = text::WriteOptions::new().encoding("cp1251").unwrap().to_bytes(&array).unwrap_err();
    assert!(error.to_string().starts_with("text: row 2, column 2: 'é' (U+00E9)"), "{error}");
}

#[test]
fn what_is_written_is_read_again() {
    let words: Vec<String> = (0..20_000).map(|number| format!("ключ {number}")).collect();
    let array = texts(&words.iter().map(String::as_str).collect::<Vec<_>>());
    for name in [
        "cp1251",
        "koi8-u",
        "utf-16",
        "utf-16-be",
        "utf-32",
        "utf-32-be",
        "gb18030",
        "euc-kr",
        "iso-2022-jp",
        "utf-8-sig",
    ] {
        let bytes = csv::WriteOptions::new().encoding(name).unwrap().to_bytes(&array).unwrap();
        let dtype = DType::Utf8;
        let again =
            csv::ReadOptions::new().encoding(name).header(false).dtype(dtype).read_bytes(&bytes).unwrap();
        let found: Vec<String> = again.texts().unwrap().map(|text| text.unwrap().to_string()).collect();
        assert!(found == words, "{name}");
    }
}
