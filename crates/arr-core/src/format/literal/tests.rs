use proptest::prelude::*;

use super::*;
use crate::ErrorKind;

fn string(text: &str) -> Result<String> {
    let mut scanner = Scanner::new(text);
    let value = scanner.string()?.into_owned();
    scanner.end()?;
    Ok(value)
}

fn int(text: &str) -> Result<Int> {
    let mut scanner = Scanner::new(text);
    let value = scanner.int()?;
    scanner.end()?;
    Ok(value)
}

fn ints(text: &str) -> Result<Ints> {
    let mut scanner = Scanner::new(text);
    let value = scanner.ints()?;
    scanner.end()?;
    Ok(value)
}

fn shape(ints: &Ints) -> String {
    let join =
        |items: &[Int]| items.iter().map(|item| format!("{} ", item.to_u64().unwrap())).collect::<String>();
    match ints {
        Ints::One(item) => format!("one {}", item.to_u64().unwrap()),
        Ints::Tuple(items) => format!("tuple {}", join(items)),
        Ints::List(items) => format!("list {}", join(items)),
    }
}

#[test]
fn strings_of_every_kind() {
    for (text, value) in [
        ("'a'", "a"),
        (r#""it's""#, "it's"),
        ("''", ""),
        ("'''a\n'b''c'''", "a\n'b''c"),
        ("\"\"\"\"a\"\"\"", "\"a"),
        ("'''\r\n'''", "\n"),
        ("r'\\n'", "\\n"),
        ("R'\\''", "\\'"),
        ("u'a' U\"b\"", "ab"),
        ("'a' 'b'\t\"c\"", "abc"),
        ("('a'\n 'b' # c\n)", "ab"),
        ("(('a'))", "a"),
        (r"'\x41\u00e9\U0001F600\101\0'", "A\u{e9}\u{1F600}A\0"),
        (r#"'\a\b\t\n\v\f\r\\\'\"'"#, "\x07\x08\t\n\x0B\x0C\r\\'\""),
        (r"'\q\é'", "\\q\\é"),
        ("'a\\\nb\\\r\nc'", "abc"),
        ("'\\1234'", "S4"),
        ("'\\777'", "\u{1ff}"),
    ] {
        assert_eq!(string(text).unwrap(), value, "{text}");
    }
}

#[test]
fn bytes_have_fewer_escapes() {
    let bytes = |text| Scanner::new(text).bytes().map(std::borrow::Cow::into_owned);
    assert_eq!(bytes(r"b'\x41\u00e9\N\377\777'").unwrap(), b"A\\u00e9\\N\xff\xff");
    assert_eq!(bytes("b'a' rb'\\x' Br\"\"").unwrap(), b"a\\x");
    assert!(bytes("b'é'").is_err());
    assert!(bytes("b'a' 'b'").is_err());
    assert!(bytes("'a'").is_err());
    assert!(string("b'a'").is_err());
    assert!(string("'a' b'b'").is_err());
}

#[test]
fn strings_without_escapes_are_borrowed() {
    assert!(matches!(Scanner::new("'abc'").string().unwrap(), std::borrow::Cow::Borrowed("abc")));
    assert!(Scanner::new("r'a\\'").string().is_err());
    assert!(matches!(Scanner::new(r"r'a\n'").string().unwrap(), std::borrow::Cow::Borrowed(r"a\n")));
}

#[test]
fn wrong_strings_are_refused_with_their_place() {
    for (text, offset) in [
        ("'a", 0),
        (" 'a\n'", 1),
        ("'''a''", 0),
        ("'a\\", 0),
        ("'a\\x4'", 2),
        ("'\\u12'", 1),
        ("'ab\\U00110000'", 3),
        ("f'a'", 0),
        ("ur'a'", 0),
        ("'a' + 'b'", 4),
        ("'a'\n'b'", 4),
        ("'\0'", 0),
        ("'a'#\0", 3),
    ] {
        let error = string(text).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(offset)), "{text:?}: {error}");
    }
    for (text, offset) in [(r"'a\N{DASH}'", 2), (r"'\ud800'", 1), (r"'\ud83d\ude00'", 1)] {
        let error = string(text).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::Unsupported, Some(offset)),
            "{text:?}: {error}"
        );
    }
}

#[test]
fn integers() {
    for (text, value) in [
        ("0", 0),
        ("12", 12),
        ("1_000", 1000),
        ("0x_fF", 255),
        ("0b101", 5),
        ("0O17", 15),
        ("00", 0),
        ("0_0", 0),
        ("+3", 3),
        ("+ (3)", 3),
        ("-0", 0),
        ("18446744073709551615", u64::MAX),
    ] {
        assert_eq!(int(text).unwrap().to_u64(), Some(value), "{text}");
    }
    assert!(int("-(3)").unwrap().is_negative());
    assert_eq!(int("18446744073709551616").unwrap().to_u64(), None);
    assert_eq!(int(&"9".repeat(4300)).unwrap().to_u64(), None);
    assert!(int(&"9".repeat(4301)).is_err());
    assert_eq!(int(&"0".repeat(5000)).unwrap().to_u64(), Some(0));
    assert_eq!(int(&format!("0x{}", "f".repeat(5000))).unwrap().to_u64(), None);
    for text in [
        "017", "1_", "1__0", "_1", "0x", "0xg", "0b2", "0o8", "--3", "3L", "3l", "3.0", "3.", ".5", "1e5",
        "3j", "True", "'3'", "3 4", "1+1", "~1", "", "-", "0_7",
    ] {
        assert_eq!(int(text).unwrap_err().kind(), ErrorKind::Malformed, "{text}");
    }
}

#[test]
fn long_integers_of_python_2() {
    let int = |text| {
        let mut scanner = Scanner::new(text).python2(true);
        let value = scanner.int()?;
        scanner.end().map(|()| value.to_u64())
    };
    for text in ["3L", "3 L", "0x3L", "(3L)", "3L L"] {
        assert_eq!(int(text).unwrap(), Some(3), "{text}");
    }
    for text in ["3l", "3LL", "3L1", "L", "3\nL", "3Lé"] {
        assert!(int(text).is_err(), "{text}");
    }
}

#[test]
fn tuples_need_a_comma() {
    for (text, value) in [
        ("3", "one 3"),
        ("(3)", "one 3"),
        ("((3))", "one 3"),
        ("()", "tuple "),
        ("(3,)", "tuple 3 "),
        ("((3),)", "tuple 3 "),
        ("((3, 4))", "tuple 3 4 "),
        ("(3, 4,)", "tuple 3 4 "),
        ("[]", "list "),
        ("[3, (4),]", "list 3 4 "),
        ("(\n3 # three\n, \\\n4)", "tuple 3 4 "),
    ] {
        assert_eq!(shape(&ints(text).unwrap()), value, "{text}");
    }
    for text in [
        "(,)",
        "(3,,)",
        "(3 4)",
        "((3, 4), 5)",
        "([3], 4)",
        "(3",
        "(3]",
        "[3)",
        "(3,) \\",
        "\n (3,)",
        "(3,)\n4",
    ] {
        assert!(ints(text).is_err(), "{text}");
    }
}

#[test]
fn blanks_before_and_behind() {
    for text in [
        " \t3",
        "\n3",
        "\n\n# c\n3",
        "\n \x0C3",
        "3\n",
        "3\r\n\n",
        "3 # c",
        "3\n  # c\n \n",
        "\\\n3",
        "3 \\\n\n",
    ] {
        assert!(int(text).is_ok(), "{text:?}");
    }
    for text in ["\n 3", "\x0C 3", "\u{feff}3", "\u{a0}3", "3;", "3\\", "3\\\n", "3\0", "\x0B3"] {
        assert!(int(text).is_err(), "{text:?}");
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{}3{}", "(".repeat(depth), ")".repeat(depth));
    assert!(ints(&nested(200)).is_ok());
    for error in [ints(&nested(201)).unwrap_err(), int(&nested(100_000)).unwrap_err()] {
        assert_eq!((error.kind(), error.offset()), (ErrorKind::LimitExceeded, Some(200)));
    }
    let error = Scanner::new("((3))").max_depth(1).ints().unwrap_err();
    assert_eq!(error.offset(), Some(1));
}

#[test]
fn offsets_count_latin1_characters() {
    let error = |scanner: Scanner<'_>| {
        let mut scanner = scanner;
        scanner.string().unwrap();
        scanner.end().unwrap_err().offset()
    };
    assert_eq!(error(Scanner::new("'éé' 1")), Some(7));
    assert_eq!(error(Scanner::new("'éé' 1").latin1(true)), Some(5));
}

#[test]
fn reprs_are_those_of_python() {
    for (text, repr) in [
        ("", "''"),
        ("a'b", r#""a'b""#),
        ("a\"b", "'a\"b'"),
        ("a'\"b", r#"'a\'"b'"#),
        ("\\\n\r\t\0\x1f\x7f", r"'\\\n\r\t\x00\x1f\x7f'"),
        ("é\u{ad}\u{85}\u{a0}", r"'é\xad\x85\xa0'"),
        ("\u{301}a\u{301}", "'\u{301}a\u{301}'"),
        ("\u{200b}\u{2028}\u{3000}\u{e000}\u{fffe}", r"'\u200b\u2028\u3000\ue000\ufffe'"),
        ("\u{1F600}\u{10FFFF}\u{E0001}", "'\u{1F600}\\U0010ffff\\U000e0001'"),
    ] {
        assert_eq!(py_repr(text), repr, "{text:?}");
    }
    assert_eq!(py_bytes_repr(b"a\"\\\n\xe9"), r#"b'a"\\\n\xe9'"#);
}

proptest! {
    #[test]
    fn reprs_are_read_back(text in any::<String>()) {
        prop_assert_eq!(string(&py_repr(&text)).unwrap(), text);
    }

    #[test]
    fn byte_reprs_are_read_back(bytes in any::<Vec<u8>>()) {
        let repr = py_bytes_repr(&bytes);
        prop_assert_eq!(Scanner::new(&repr).bytes().unwrap().into_owned(), bytes);
    }

    #[test]
    fn no_text_panics(text in "[\\[\\](){},:'\"\\\\rbuLx0-9 \n#é]{0,40}", python2: bool) {
        let mut scanner = Scanner::new(&text).python2(python2).latin1(true);
        let _ = scanner.clone().ints();
        let _ = scanner.clone().string();
        let _ = scanner.bytes();
    }
}
