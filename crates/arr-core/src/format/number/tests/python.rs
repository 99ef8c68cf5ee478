//! What Python's `%` operator and NumPy's `str` print, flag by flag: `fixtures/text/printf.json`.

use serde_json::Value;

use super::super::parse::{signed, unsigned};
use super::super::print::*;

/// A file of `fixtures/text`.
pub(super) fn table(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/text/").to_owned() + name;
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn fixture() -> Value {
    table("printf.json")
}

/// The rows of a table, as texts.
fn rows(fixture: &Value, table: &str) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = fixture[table].as_array().unwrap();
    assert!(rows.len() > 50, "{table}");
    rows.iter().map(|row| row.as_array().unwrap().iter().map(text).collect()).collect()
}

fn spec(text: &str) -> Spec {
    let (spec, len) = Spec::parse(text).unwrap();
    assert_eq!(len, text.len());
    spec
}

fn double(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).unwrap())
}

/// Prints behind something else, and checks that it is left alone.
fn printed(print: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = b"before ".to_vec();
    print(&mut out);
    String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
}

#[test]
fn floats_are_printed_as_python_does() {
    for row in rows(&fixture(), "floats") {
        let [format, bits, text] = &row[..] else { panic!("{row:?}") };
        let spec = spec(format);
        assert_eq!(
            printed(|out| put_float(out, &spec, double(bits))),
            *text,
            "{format} of {:e}",
            double(bits)
        );
    }
}

/// Walks the numbers that `cargo xtask fixtures text --differ` has made.
#[test]
fn random_floats_are_printed_as_c_does() {
    let Some(folder) = std::env::var_os("ARR_TEXT_RANDOM_ROWS") else { return };
    let rows = std::fs::read_to_string(std::path::Path::new(&folder).join("printf.txt")).unwrap();
    for row in rows.lines() {
        let [format, bits, text] = row.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        assert_eq!(printed(|out| put_float(out, &spec(format), double(bits))), text, "{format} of {bits}");
    }
    assert!(!rows.is_empty());
}

#[test]
fn whole_numbers_are_printed_as_python_does() {
    for row in rows(&fixture(), "wholes") {
        let [format, number, text] = &row[..] else { panic!("{row:?}") };
        let (negative, amount) = match signed(number.as_bytes()) {
            Ok(value) => (value < 0, value.unsigned_abs()),
            Err(_) => (false, unsigned(number.as_bytes()).unwrap()),
        };
        let spec = spec(format);
        assert_eq!(printed(|out| put_whole(out, &spec, negative, amount)), *text, "{format} of {number}");
    }
}

#[test]
fn floats_are_cut_off_as_python_does() {
    for row in rows(&fixture(), "truncated") {
        let [format, bits, text] = &row[..] else { panic!("{row:?}") };
        assert_eq!(
            printed(|out| assert!(put_truncated(out, &spec(format), double(bits)))),
            *text,
            "{format} of {:e}",
            double(bits)
        );
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(printed(|out| assert!(!put_truncated(out, &spec("%d"), value))), "");
    }
}

#[test]
fn texts_are_printed_as_python_does() {
    for row in rows(&fixture(), "texts") {
        let [format, given, text] = &row[..] else { panic!("{row:?}") };
        let spec = spec(format);
        assert_eq!(printed(|out| put_text(out, &spec, given)), *text, "{format} of {given}");
    }
}

#[test]
fn the_shortest_digits_are_those_of_numpy() {
    let fixture = fixture();
    for row in rows(&fixture, "f8") {
        assert_eq!(printed(|out| put_shortest_f64(out, double(&row[0]))), row[1], "{row:?}");
    }
    for row in rows(&fixture, "f4") {
        let value = f32::from_bits(u32::from_str_radix(&row[0], 16).unwrap());
        assert_eq!(printed(|out| put_shortest_f32(out, value)), row[1], "{row:?}");
    }
    for row in rows(&fixture, "f2") {
        let bits = u32::from_str_radix(&row[0], 16).unwrap();
        let (negative, stored, fraction) = (bits >> 15 == 1, bits >> 10 & 31, bits & 0x3FF);
        let amount = match stored {
            0 => fraction as f32 * 2f32.powi(-24),
            31 if fraction == 0 => f32::INFINITY,
            31 => f32::NAN,
            _ => (fraction | 0x400) as f32 * 2f32.powi(stored as i32 - 25),
        };
        let value = if negative { -amount } else { amount };
        assert_eq!(printed(|out| put_shortest_f16(out, value)), row[1], "{row:?}");
    }
}

#[test]
fn specifications_are_read_as_python_does() {
    let fixture = fixture();
    for text in fixture["good"].as_array().unwrap() {
        let text = text.as_str().unwrap();
        let more = format!("{text} and more");
        let (spec, len) = Spec::parse(&more).unwrap();
        assert_eq!((len, spec.conversion), (text.len(), text.as_bytes()[text.len() - 1]), "{text}");
    }
    for text in fixture["bad"].as_array().unwrap() {
        let refused = Spec::parse(text.as_str().unwrap()).unwrap_err();
        assert!(!refused.to_string().is_empty(), "{text}");
    }
    assert_eq!(Spec::parse("%5"), Err(BadSpec::Incomplete));
    assert_eq!(Spec::parse("5d"), Err(BadSpec::Incomplete));
    assert_eq!(Spec::parse("%+y"), Err(BadSpec::Letter('y', 2)));
    assert_eq!(Spec::parse("%(a)d"), Err(BadSpec::Name));
    assert_eq!(Spec::parse("%*d"), Err(BadSpec::Star));
    assert_eq!(Spec::parse("%.*f"), Err(BadSpec::Star));
    assert_eq!(Spec::parse("%99999999999999999999d"), Err(BadSpec::Width));
    assert_eq!(Spec::parse("%.2147483648d"), Err(BadSpec::Precision));
    let all = Spec {
        left: true,
        plus: true,
        space: true,
        zero: true,
        alternate: true,
        width: 12,
        precision: Some(34),
        conversion: b'g',
    };
    assert_eq!(Spec::parse("%#0- +12.34lg,"), Ok((all, 13)));
    assert_eq!(spec("%.d").precision, Some(0));
    assert_eq!(spec("%d").precision, None);
}
