//! What `numpy.genfromtxt` makes of a few hundred texts, and what is beyond it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod common;

use arr_core::format::{Format as _, Options, Part, Reading, Selection, Source};
use arr_core::{Array, DType, ErrorKind, Input, Limits};
use arr_text::format::Text;
use arr_text::genfromtxt::{self, Delimiter, Filling, FillingValues, Key, MissingValues, Names, ReadOptions};
use common::{Known, bytes, case};
use serde_json::Value;

/// What NumPy reads and is refused here.
const REFUSED_HERE: Known = &[
    ("no arrays of records in records", "each of their fields would be a column"),
    ("that hold nothing: give a dtype with fields", "all text is lost, or there is none yet"),
    ("does not fit <M8", "NumPy's dates wrap around"),
    ("does not fit >M8", "the same"),
];

/// Why a row is not as NumPy has it, or not the same from a stream.
fn fault(row: &Value) -> Option<String> {
    let text = common::text(row);
    let how = match ReadOptions::from_options(&common::options(row)) {
        Ok(how) => how,
        Err(error) => return common::fault(row, &Err(error), REFUSED_HERE, &[]),
    };
    let array = how.read_bytes(&text);
    let streamed = how.read_from(&mut text.as_slice());
    common::difference(&array, &streamed).or_else(|| common::fault(row, &array, REFUSED_HERE, &[]))
}

#[test]
fn every_text_is_read_as_numpy_does() {
    let rows = common::rows("genfromtxt.json");
    assert!(rows.len() > 300, "{}", rows.len());
    common::walk(&rows, fault);
}

#[test]
fn random_texts_are_read_as_numpy_does() {
    if let Some(rows) = common::random_rows("genfromtxt.json") {
        common::walk(&rows, fault);
    }
}

fn read(text: &[u8], named: &[(&str, &str)]) -> arr_core::Result<Array> {
    let options = named.iter().fold(Options::new(), |options, (name, value)| options.with(*name, *value));
    ReadOptions::from_options(&options)?.read_bytes(text)
}

#[test]
fn a_mark_of_comments_in_a_name() {
    let text = case("hash_in_quoted_name.csv");
    let named = [("delimiter", ";"), ("names", "true"), ("dtype", "null")];
    let array = read(&text, &[named[0], named[1], named[2], ("comments", "null")]).unwrap();
    assert_eq!(array.dtype().to_string(), "[('Label', '<i8'), ('Type', '<U5'), ('N', '<i8')]");
    assert_eq!(array.field("Type").unwrap().to_strings().unwrap(), ["TET10", "HEX8"]);
    assert_eq!(array.field("N").unwrap().to_vec::<i64>().unwrap(), [955, 959]);
    let error = read(&text, &named).unwrap_err();
    assert_eq!(
        error.to_string(),
        "text: 2 lines have another number of columns than 1: line 2 (3), line 3 (3) (at byte 20)"
    );
    // With quotes the mark is a part of the name.
    let array = read(&text, &[named[0], named[1], named[2], ("quotechar", "\"")]).unwrap();
    assert_eq!(array.dtype().to_string(), "[('Label', '<i8'), ('Type', '<U5'), ('N', '<i8')]");
}

#[test]
fn numbers_that_run_together() {
    let options = Options::new().with("delimiter", "13");
    let how = ReadOptions::from_options(&options).unwrap();
    let (array, report) = how.read_bytes_with_report(&case("fortran_run_together.txt")).unwrap();
    let values = array.to_vec::<f64>().unwrap();
    assert_eq!(array.shape(), [2, 3]);
    assert_eq!(values[..4], [0.0, -0.041_111_11, -0.011_111_11, 1.5]);
    assert!(values[4].is_nan() && values[5] == -2.0);
    assert_eq!(
        report.to_string(),
        "1 field is not a value, replaced: the first is '*************' in line 2, column 2"
    );
}

#[test]
fn marks_of_missing_values() {
    let text = case("na_values.csv");
    let options =
        [("delimiter", ","), ("names", "true"), ("dtype", "null"), ("missing-values", "NA,null,N/A")];
    let array = read(&text, &options).unwrap();
    assert_eq!(array.dtype().to_string(), "[('a', '<i8'), ('b', '<f8'), ('c', '<U3')]");
    assert_eq!(array.field("a").unwrap().to_vec::<i64>().unwrap(), [1, -1, 3]);
    assert_eq!(array.field("c").unwrap().to_strings().unwrap(), ["x", "", "N/A"]);
    let floats = array.field("b").unwrap().to_vec::<f64>().unwrap();
    assert!(floats[0].is_nan() && floats[1] == 2.5 && floats[2].is_nan());
}

#[test]
fn callers_learn_what_was_replaced_and_left_out() {
    let text = b"# a table\n1,2\nx,3\n\n4\n,y\n5,6,7\n8,foot\n";
    let how = ReadOptions::new().delimiter(',').invalid_raise(false);
    let (array, report) = how.clone().read_bytes_with_report(text).unwrap();
    assert_eq!(array.shape(), [4, 2]);
    assert_eq!((report.replaced, report.missing, report.skipped_rows), (3, 1, 2));
    let first = report.first_replaced.clone().unwrap();
    assert_eq!((first.line, first.column, first.text.as_str()), (3, 1, "x"));
    assert_eq!(report.first_skipped, Some((5, 1)));
    assert_eq!(
        report.to_string(),
        "3 fields are not values, replaced: the first is 'x' in line 3, column 1; 2 rows have another number of columns \
         and are left out, the first in line 5 (1)"
    );
    // What is left out at the end is not counted.
    let (array, report) = how.clone().skip_footer(1).read_bytes_with_report(b"1,x\n,2\n8,foot\n").unwrap();
    assert_eq!((array.shape(), report.replaced, report.missing), (&[2, 2][..], 1, 1));
    let (_, report) = how.usecols([-1]).read_bytes_with_report(b"1,2\n3,x\n").unwrap();
    assert_eq!(report.first_replaced.unwrap().column, 2);
    let (_, report) = ReadOptions::new().read_bytes_with_report(b"# nothing\n").unwrap();
    assert!(report.is_empty && report.has_notes() && report.to_string() == "there are not rows");
    let (_, report) = ReadOptions::new().read_bytes_with_report(b"1 2\n").unwrap();
    assert!(!report.has_notes() && report.to_string().is_empty());
}

#[test]
fn errors_say_where() {
    for (text, options, expected) in [
        ("1,2\n3,x\n", &[("loose", "")][..], "line 2, column 2: 'x' is not a number (at byte 4)"),
        (
            "1,2\n3,x\n",
            &[("dtype", "u1")],
            "line 2, column 2: 'x' is not a whole number, and -1 in its place does not \
          fit |u1: give filling_values (at byte 4)",
        ),
        ("1,2\n3,300\n", &[("dtype", "u1")], "line 2, column 2: '300' does not fit |u1 (at byte 4)"),
        ("1,2\n3\n", &[], "1 line has another number of columns than 2: line 2 (1) (at byte 4)"),
        ("1,2\n\n3,\"4", &[("quotechar", "\"")], "line 3: a quote is never closed (at byte 5)"),
        ("", &[("names", "true")], "there is no line of names (at byte 0)"),
        (
            "1,2\n",
            &[("dtype", "i4,i4,i4")],
            "line 1: rows have 2 columns, and the dtype has 3 or more fields (at byte 0)",
        ),
    ] {
        let mut named = vec![("delimiter", ",")];
        named.extend(options.iter().filter(|(name, _)| *name != "loose"));
        let set = named.iter().fold(Options::new(), |set, (name, value)| set.with(*name, *value));
        let set =
            if options.iter().any(|(name, _)| *name == "loose") { set.with("loose", false) } else { set };
        let error = ReadOptions::from_options(&set).unwrap().read_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("text: {expected}"), "{text:?}");
    }
    for (name, value) in [
        ("delimiter", "-1"),
        ("delimiter", "[1,-1]"),
        ("usecols", "[1.5]"),
        ("names", "[[1]]"),
        ("filling-values", "{\"a\":[1]}"),
        ("comments", "[\"#\",\"%\"]"),
        ("defaultfmt", "f"),
        ("encoding", "klingon"),
        ("quotechar", "ab"),
        ("decimal", ",,"),
        ("dtype", "what"),
        ("dtype", "[[\"a\"]]"),
        ("case-sensitive", "maybe"),
    ] {
        assert!(ReadOptions::from_options(&Options::new().with(name, value)).is_err(), "{name}={value}");
    }
}

#[test]
fn typed_setters_say_the_same_as_names_do() {
    let text = b"a|b|c\n1|NA|x\n2|3|y\n";
    let how = ReadOptions::new()
        .delimiter("|")
        .names(Names::FirstLine)
        .infer(true)
        .usecols(["b", "a"])
        .missing_values(["NA"])
        .filling_values(7);
    let array = how.read_bytes(text).unwrap();
    assert_eq!(array.field("b").unwrap().to_vec::<i64>().unwrap(), [7, 3]);
    let named = [
        ("delimiter", "|"),
        ("names", "true"),
        ("dtype", "null"),
        ("usecols", "b,a"),
        ("missing-values", "NA"),
        ("filling-values", "7"),
    ];
    assert_eq!(bytes(&read(text, &named).unwrap()), bytes(&array));
    let by_column = MissingValues::By(vec![(Key::Index(1), vec!["NA".into()])]);
    let fillings = FillingValues::By(vec![(Key::Index(1), Filling::Int(7))]);
    assert_eq!(
        bytes(&how.missing_values(by_column).filling_values(fillings).read_bytes(text).unwrap()),
        bytes(&array)
    );
    let list = read(b"1 2\n", &[("dtype", "[[\"a\",\"<i4\"],[\"b\",\"<f4\"]]")]).unwrap();
    assert_eq!(list.dtype().to_string(), "[('a', '<i4'), ('b', '<f4')]");
    let fixed = ReadOptions::new().delimiter(Delimiter::from([1, 2])).read_bytes(b"123\n456\n").unwrap();
    assert_eq!(fixed.to_vec::<f64>().unwrap(), [1.0, 23.0, 4.0, 56.0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.txt");
    std::fs::write(&path, "1 2\n3 4\n").unwrap();
    assert_eq!(genfromtxt::genfromtxt(&path).unwrap().shape(), [2, 2]);
}

#[test]
fn numbers_of_other_places_and_languages() {
    let named =
        [("delimiter", ";"), ("decimal", ","), ("thousands", "."), ("names", "true"), ("dtype", "null")];
    let array = read(b"a;b;c\n1.013,25;7;1.5\n;1.000;x\n", &named).unwrap();
    assert_eq!(array.dtype().to_string(), "[('a', '<f8'), ('b', '<i8'), ('c', '<U3')]");
    assert_eq!(array.field("a").unwrap().to_vec::<f64>().unwrap()[0], 1013.25);
    assert_eq!(array.field("b").unwrap().to_vec::<i64>().unwrap(), [7, 1000]);
    assert_eq!(array.field("c").unwrap().to_strings().unwrap(), ["1.5", "x"]);
    let strict = Options::new().with("decimal", ",").with("loose", false);
    let error = ReadOptions::from_options(&strict).unwrap().read_bytes(b"1.5").unwrap_err();
    assert_eq!(error.to_string(), "text: line 1, column 1: '1.5' is not a number (at byte 0)");
    let array = read(b"1.0D+03 3.14-114", &[("exponents", "fortran")]).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1e3, 3.14e-114]);
}

/// The format `text` reads by these rules when it is told to.
#[test]
fn the_format_reads_by_these_rules() {
    let text = b"a,b\n1,x\n2,\n";
    let options = Options::new()
        .with("genfromtxt", true)
        .with("delimiter", ",")
        .with("names", "true")
        .with("filling-values", "-5");
    let open = |how: &Reading| {
        let mut reader = Text.open(Source::from(Input::from_bytes(text)), how).unwrap();
        let part = reader.next_part().unwrap().unwrap();
        let description = reader.describe(&part).unwrap().into_array().unwrap();
        let details = description.details.clone();
        let Part::Array(array) = reader.read(&part, Selection::All).unwrap() else { panic!("no array") };
        assert!(reader.next_part().unwrap().is_none());
        (array, details)
    };
    let (array, details) = open(&Reading::new().options(options.clone()));
    assert_eq!(array.dtype().to_string(), "[('a', '<f8'), ('b', '<f8')]");
    assert_eq!(array.field("b").unwrap().to_vec::<f64>().unwrap(), [-5.0, -5.0]);
    let note = "1 field is not a value, replaced: the first is 'x' in line 2, column 2";
    assert!(
        details.contains(&("note", note.to_owned())) && details.contains(&("missing fields", "1".to_owned()))
    );
    let (array, _) = open(&Reading::new().options(options).dtype("i2,U3".parse().unwrap()));
    assert_eq!(array.dtype().to_string(), "[('a', '<i2'), ('b', '<U3')]");
    assert_eq!(array.field("b").unwrap().to_strings().unwrap(), ["x", ""]);
}

#[test]
fn short_rows_are_filled_when_that_is_asked_for() {
    let how = ReadOptions::new().delimiter(',').fill(true).filling_values(9);
    let (array, report) = how.read_bytes_with_report(b"1,2,3\n4\n5,6\n").unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 5.0, 6.0, 9.0]);
    assert_eq!((report.missing, report.replaced, report.skipped_rows), (3, 0, 0));
    let error = how.read_bytes(b"1,2\n3,4,5\n").unwrap_err();
    assert!(error.to_string().contains("line 2 (3)"), "{error}");
    let inferred = how.infer(true).usecols([2, 0]).read_bytes(b"1,2,3\n4\n").unwrap();
    assert_eq!(inferred.to_vec::<i64>().unwrap(), [3, 1, 9, 4]);
}

#[test]
fn records_with_holes_are_read() {
    let dtype: DType = "{'names': ['a', 'b'], 'formats': ['|i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16}"
        .parse()
        .unwrap();
    let array = ReadOptions::new().dtype(dtype).read_bytes(b"1 2.5\n3 4\n").unwrap();
    assert_eq!(array.field("b").unwrap().to_vec::<f64>().unwrap(), [2.5, 4.0]);
}

#[test]
fn hostile_texts_stay_within_the_limits() {
    let limits = Limits::default().max_bytes(1 << 20);
    let read = |text: &[u8], how: ReadOptions| how.limits(limits.clone()).read_bytes(text);
    // Many columns: a row of them takes eight times as much memory.
    let many = vec![b','; 1 << 20];
    for infer in [false, true] {
        let error = read(&many, ReadOptions::new().delimiter(',').infer(infer)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    }
    let named = ReadOptions::new().delimiter(',').names(Names::FirstLine);
    let error = read(&many, named).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    // Many lines that do not fit.
    let ragged = format!("1 2\n{}", "1\n".repeat(1 << 18));
    let error = read(ragged.as_bytes(), ReadOptions::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    // Endless.
    let endless = ReadOptions::new().limits(limits.clone());
    let error = endless.read_from(&mut std::io::repeat(b'7')).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let mut lines = std::io::Read::chain(&b"1 2\n"[..], std::io::repeat(b'\n'));
    let some = ReadOptions::new().max_rows(1).read_from(&mut lines).unwrap();
    assert_eq!(some.shape(), [2]);
    let error = ReadOptions::new().read_bytes(b"1 2\n\0 \xff").unwrap_err();
    assert_eq!(
        error.to_string(),
        "text: line 2, character 3: byte 0xff is not UTF-8: name the encoding (at byte 6)"
    );
    let nul = ReadOptions::new().read_bytes(b"1 2\n\0 3").unwrap().to_vec::<f64>().unwrap();
    assert!(nul[2].is_nan());
}
