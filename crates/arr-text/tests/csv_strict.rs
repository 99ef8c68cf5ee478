//! Tables of CSV lose nothing in silence: texts, columns, digits.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::sync::{Arc, Mutex};

use arr_core::format::{Format, Options, Reading, Selection};
use arr_core::{Array, DType, Error, Hint, Input, Result};
use arr_text::csv::ReadOptions;
use arr_text::format::{Csv, Text};

/// Notes, each with its hint.
type Told = Vec<(String, Option<Hint>)>;

fn open(format: &dyn Format, text: &[u8], options: Options) -> Result<(Array, Told)> {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&notes);
    let how = Reading::new()
        .options(options)
        .on_hinted_note(move |note, hint| taken.lock().unwrap().push((note.to_owned(), hint)));
    let mut reader = format.open(Input::from_bytes(text).into(), &how)?;
    let part = reader.next_part()?.ok_or_else(|| Error::malformed("no part"))?;
    let array = reader.read(&part, Selection::All)?.into_array()?;
    let notes = notes.lock().unwrap().clone();
    Ok((array, notes))
}

fn csv(text: &str, options: &[(&'static str, &str)]) -> Result<(Array, Told)> {
    let options = options.iter().fold(Options::new(), |all, (name, value)| all.with(*name, *value));
    open(&Csv, text.as_bytes(), options)
}

fn refusal(text: &str, options: &[(&'static str, &str)]) -> Error {
    csv(text, options).unwrap_err()
}

fn dtype(text: &str, options: &[(&'static str, &str)]) -> String {
    csv(text, options).unwrap().0.dtype().to_string()
}

#[test]
fn texts_without_a_length_are_as_wide_as_their_column() {
    for (asked, wanted) in [
        ("i4,U", "[('f0', '<i4'), ('f1', '<U5')]"),
        (r#"[["a","<i4"],["b","U"]]"#, "[('a', '<i4'), ('b', '<U5')]"),
        ("S,S", "[('f0', 'S2'), ('f1', 'S5')]"),
        ("[('a', [('b', 'U'), ('c', 'S')])]", "[('a', [('b', '<U2'), ('c', 'S5')])]"),
    ] {
        let (array, notes) = csv("1,01234\n10,b\n", &[("dtype", asked)]).unwrap();
        assert_eq!(array.dtype().to_string().replace("|S", "S"), wanted, "{asked}");
        assert!(notes.is_empty(), "{notes:?}");
    }
    let (array, _) = csv("1,01234\n10,b\n", &[("dtype", "i4,U")]).unwrap();
    assert_eq!(array.field("f1").unwrap().to_strings().unwrap(), ["01234", "b"]);
    assert_eq!(
        dtype("1,01234\n10,b\n", &[("dtype", "i4,U"), ("usecols", "0,1")]),
        "[('f0', '<i4'), ('f1', '<U5')]"
    );
}

#[test]
fn texts_that_are_too_long_are_errors() {
    for (text, asked, wanted) in [
        (
            "ab\n01234\n",
            "<U3",
            "line 2, column 1: '01234' is too long for the dtype: 5 characters of 3 (at byte 3)",
        ),
        (
            "1,éabc\n",
            "i4,<U3",
            "line 1, column 2: 'éabc' is too long for the dtype: 4 characters of 3 (at byte 2)",
        ),
        (
            "1,\"abcd\"\n",
            "i4,S3",
            "line 1, column 2: 'abcd' is too long for the dtype: 4 characters of 3 (at byte 2)",
        ),
    ] {
        let error = refusal(text, &[("dtype", asked)]).to_string();
        assert_eq!(error.strip_prefix("csv: "), Some(wanted));
    }
    assert_eq!(
        csv("1,éab\n", &[("dtype", "i4,<U3")]).unwrap().0.field("f1").unwrap().to_strings().unwrap(),
        ["éab"]
    );
}

#[test]
fn texts_that_numpy_cuts_are_counted() {
    let text = b"ab 1\nabcd 2\nabcde 3\n";
    let (array, notes) = open(&Text, text, Options::new().with("dtype", "S3,i4")).unwrap();
    assert_eq!(
        array.field("f0").unwrap().to_byte_strings().unwrap(),
        [b"ab".to_vec(), b"abc".to_vec(), b"abc".to_vec()]
    );
    let wanted = "2 texts are longer than their dtype and were cut: the first is in line 2, column 1";
    assert_eq!(notes, [(wanted.to_owned(), None)]);
    let (_, notes) = open(&Text, text, Options::new().with("dtype", "U3").with("skiprows", 2)).unwrap();
    assert_eq!(notes[0].0, "1 text is longer than its dtype and was cut: the first is in line 3, column 1");
    assert!(open(&Text, text, Options::new().with("dtype", "U5")).unwrap().1.is_empty());
    assert!(open(&Text, text, Options::new().with("dtype", "U")).unwrap().1.is_empty());
}

#[test]
fn names_fit_the_rows() {
    for (text, options, wanted) in [
        ("a,b\n1,2,3\n", &[][..], "line 2: the row has 3 columns, the header line has 2: R's write.table"),
        ("a,b,c,d\n1,2\n", &[], "line 2: the row has 2 columns, the header line has 4 (at byte 8)"),
        ("\n1,2,3\n", &[("names", "p,q")], "line 2: the row has 3 columns, 2 names are given (at byte 1)"),
        ("a,b,\n1,2\n", &[], "line 2: the row has 2 columns, the header line has 3 (at byte 5)"),
        ("a,b\n1,2,\n3,4,5\n", &[], "line 2: the row has 3 columns, the header line has 2: R's"),
    ] {
        let error = refusal(text, options).to_string();
        assert!(error.strip_prefix("csv: ").unwrap().starts_with(wanted), "{error}");
    }
    assert_eq!(refusal("a,b,c,d\n1,2\n", &[]).hint(), Some(Hint::Option("fill", "true")));
    let filled = open(&Csv, b"a,b,c,d\n1,2\n", Options::new().with("fill", true)).unwrap().0;
    assert_eq!(filled.dtype().to_string(), "[('a', '<i8'), ('b', '<i8'), ('c', '<f8'), ('d', '<f8')]");
    let filled = open(&Csv, b"a,b\n1,2,3\n", Options::new().with("fill", true)).unwrap().0;
    assert_eq!(filled.dtype().to_string(), "[('a', '<i8'), ('b', '<i8'), ('f2', '<i8')]");
    // A delimiter at the end of every row.
    assert_eq!(dtype("a,b\n1,2,\n3,4,\n", &[]), "[('a', '<i8'), ('b', '<i8'), ('f2', '<f8')]");
    assert_eq!(dtype("1,2,3\n", &[("names", "p,q"), ("usecols", "0,2")]), "[('p', '<i8'), ('q', '<i8')]");
    assert_eq!(dtype("1,2,3\n", &[("names", "p,q,r"), ("usecols", "0,2")]), "[('p', '<i8'), ('r', '<i8')]");
}

#[test]
fn digits_that_floats_do_not_hold_are_said() {
    let said = |line: u64, column: &str| {
        format!(
            "column {column} is read as floats, which do not hold all digits of its whole numbers: the first such is in line {line}"
        )
    };
    for (text, line, column) in [
        ("a,b\n1,2\n9007199254740993,3\n0.5,4\n", 3, "'a'"),
        ("a,b\n1,2\n1,9007199254740993\n1,\n", 3, "'b'"),
        ("1,18446744073709551615\n2,-1\n", 1, "2"),
        ("1,2\n1,99999999999999999999\n", 2, "2"),
        ("9007199254740993,1\n\"x\",2\n1+2j,3\n", 0, ""),
        ("9007199254740993\n1+2j\n", 1, "1"),
    ] {
        let (_, notes) = csv(text, &[]).unwrap();
        let wanted: Vec<_> = [(said(line, column), Some(Hint::Option("dtype", "DTYPE")))].into();
        assert_eq!(notes, if line == 0 { Vec::new() } else { wanted }, "{text}");
    }
    for text in [
        "9007199254740993\n-1\n",
        "9007199254740992\n0.5\n",
        "18446744073709551615\n1\n",
        "1000000000000000000\n0.5\n",
    ] {
        assert!(csv(text, &[]).unwrap().1.is_empty(), "{text}");
    }
    // The place is right wherever the text is cut.
    let text = format!("a,b\n{}1,9007199254740993\n{}", "1,0.5\n".repeat(200_000), "2,1.5\n".repeat(200_000));
    assert_eq!(csv(&text, &[]).unwrap().1[0].0, said(200_002, "'b'"));
    assert_eq!(
        dtype("99999999999999999999,1\n99999999999999999998,2\n", &[]),
        "[('f0', '<U20'), ('f1', '<i8')]"
    );
}

#[test]
fn a_first_line_of_text_among_texts_is_said() {
    let (array, notes) = csv("a,b\nc,d\n", &[]).unwrap();
    assert_eq!((array.len(), notes.len()), (2, 1));
    assert!(notes[0].0.contains("the first line was taken for values"), "{notes:?}");
    assert_eq!(notes[0].1, Some(Hint::Option("names", "true")));
    for (text, options) in
        [("a,b\nc,d\n", &[("names", "true")][..]), ("a,b\nc,d\n", &[("names", "false")]), ("a,1\nc,2\n", &[])]
    {
        assert!(csv(text, options).unwrap().1.is_empty(), "{text}");
    }
}

#[test]
fn dates_may_be_missing_by_their_word() {
    let (array, _) = csv("day,n\n2020-01-01,1\nNaT,2\n", &[]).unwrap();
    assert_eq!(array.dtype().to_string(), "[('day', '<M8[D]'), ('n', '<i8')]");
    assert_eq!(array.field("day").unwrap().to_ticks().unwrap().1, [Some(18_262), None]);
    assert_eq!(dtype("day\nNaT\n2020-01-01T10:00\n", &[]), "[('day', '<M8[m]')]");
}

#[test]
fn fields_have_no_nuls() {
    let error = refusal("x,y\n1,a\0\n", &[]).to_string();
    assert_eq!(error, "csv: line 2, column 2: 'a\\0' has a NUL byte, which text has not (at byte 6)");
    assert!(refusal("x\0,y\n1,2\n", &[]).to_string().contains("the name of column 1 has a NUL byte"));
    assert!(refusal("1,\"a\0b\"\n", &[]).to_string().contains("line 1, column 2: 'a\\0b' has a NUL byte"));
    assert!(refusal("1\0,2\n", &[("dtype", "<f8")]).to_string().contains("has a NUL byte"));
    for (encoding, turn) in
        [("utf-16le", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("utf-16be", u16::to_be_bytes)]
    {
        for text in ["x,y\n1,2\n", "a,b\nc,d\n", "1,2\n"] {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(turn).collect();
            let error = open(&Csv, &bytes, Options::new()).unwrap_err();
            assert_eq!(error.hint(), Some(Hint::Option("encoding", encoding)), "{text:?} {error}");
            let read = open(&Csv, &bytes, Options::new().with("encoding", encoding)).unwrap().0;
            assert_eq!(read.dtype(), ReadOptions::new().read_bytes(text.as_bytes()).unwrap().dtype());
        }
    }
}

#[test]
fn columns_are_picked_by_name() {
    let text = "a,b,c\n1,2,3\n4,5,6\n";
    for picks in ["c,a", r#"["c","a"]"#, r#"["c",0]"#, "-1,a"] {
        let (array, _) = csv(text, &[("usecols", picks)]).unwrap();
        assert_eq!(array.dtype().to_string(), "[('c', '<i8'), ('a', '<i8')]", "{picks}");
        assert_eq!(array.field("c").unwrap().to_vec::<i64>().unwrap(), [3, 6]);
    }
    assert_eq!(
        refusal(text, &[("usecols", "d")]).to_string(),
        "usecols: there is no column 'd', only 'a', 'b', 'c'"
    );
    let error = refusal("1,2\n", &[("usecols", "a")]);
    assert!(error.to_string().contains("no line of names"), "{error}");
    let array =
        ReadOptions::new().names(&["p", "q"]).dtype("<f8".parse::<DType>().unwrap()).read_bytes(b"1,2\n");
    assert_eq!(array.unwrap().shape(), [1, 2]);
}

#[test]
fn thousands_may_be_the_delimiter_where_numbers_are_quoted() {
    let text = "n,v\n\"1,234\",5\n\"6,789,012\",7\n";
    let (array, _) = csv(text, &[("thousands", ","), ("delimiter", ",")]).unwrap();
    assert_eq!(array.field("n").unwrap().to_vec::<i64>().unwrap(), [1234, 6_789_012]);
    let error = refusal(text, &[("thousands", ",")]);
    assert!(
        error
            .to_string()
            .contains("thousands and delimiter are the same character ',', and the delimiter was found out"),
        "{error}"
    );
    assert_eq!(error.hint(), Some(Hint::Option("delimiter", ",")));
    let error = refusal(text, &[("thousands", ","), ("delimiter", ","), ("quotechar", "null")]);
    assert!(error.to_string().contains("thousands and delimiter are the same character ','"), "{error}");
}
