//! Tables of CSV, of whatever tool.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::fmt::Write as _;
use std::path::Path;

use arr_core::format::{Format, Match, Options, Reading, Selection, threads::Threads};
use arr_core::{Array, DType, Error, Input, Order, Result};
use arr_text::csv::ReadOptions;
use arr_text::format::{Csv, Text, Tsv};

fn read(text: &str) -> Result<Array> {
    ReadOptions::new().read_bytes(text.as_bytes())
}

fn dtype(text: &str) -> String {
    read(text).unwrap().dtype().to_string()
}

fn open(format: &dyn Format, bytes: &[u8], options: Options) -> Result<(Array, Vec<(&'static str, String)>)> {
    let mut reader = format.open(Input::from_bytes(bytes).into(), &Reading::new().options(options))?;
    let part = reader.next_part()?.ok_or_else(|| Error::malformed("no part"))?;
    let found = reader.describe(&part)?.into_array().unwrap();
    let array = reader.read(&part, Selection::All)?.into_array()?;
    assert_eq!((&found.dtype, found.shape.as_slice()), (array.dtype(), array.shape()));
    Ok((array, found.details))
}

fn case(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text/cases").join(name)).unwrap()
}

#[test]
fn columns_have_names_and_dtypes() {
    let text = "id,name,x,day,ok,z\n1,\"a, \"\"b\"\"\",1.5,2020-01-01,True,1+2j\n-2,é,,2020-01-02,False,3\n";
    let array = read(text).unwrap();
    let wanted =
        "[('id', '<i8'), ('name', '<U6'), ('x', '<f8'), ('day', '<M8[D]'), ('ok', '|b1'), ('z', '<c16')]";
    assert_eq!((array.dtype().to_string().as_str(), array.shape()), (wanted, &[2][..]));
    assert_eq!(array.field("name").unwrap().to_strings().unwrap(), ["a, \"b\"", "é"]);
    assert_eq!(array.field("id").unwrap().to_vec::<i64>().unwrap(), [1, -2]);
    assert!(array.field("x").unwrap().to_vec::<f64>().unwrap()[1].is_nan());
    assert_eq!(array.field("day").unwrap().to_ticks().unwrap().1, [Some(18_262), Some(18_263)]);
}

#[test]
fn quotes_tell_empty_texts_from_nothing() {
    assert_eq!(dtype("f0,f1\n\"\u{a0}\",1\n\"\",2\n"), "[('f0', '<U1'), ('f1', '<i8')]");
    assert_eq!(read("\"\"\n\"\"\n").unwrap().dtype().to_string(), "[('f0', '<U1')]");
    assert_eq!(dtype("f0,f1\n,1\n,2\n"), "[('f0', '<f8'), ('f1', '<i8')]");
    // Among numbers they are missing ones.
    assert_eq!(dtype("f0,f1\n\"\",1\n1.5,2\n"), "[('f0', '<f8'), ('f1', '<i8')]");
    let texts = Array::from_strings(&["\u{2028}\u{85}", "\u{b}\u{c}", "\u{a0}", ""]).unwrap();
    let bytes = arr_text::csv::WriteOptions::new().to_bytes(&texts).unwrap();
    let back = ReadOptions::new().read_bytes(&bytes).unwrap();
    assert_eq!(
        back.field("f0").unwrap().to_strings().unwrap(),
        ["\u{2028}\u{85}", "\u{b}\u{c}", "\u{a0}", ""]
    );
    let nul = Array::from_strings(&["a\0b"]).unwrap();
    let error = arr_text::csv::WriteOptions::new().to_bytes(&nul).unwrap_err();
    assert!(error.to_string().contains("a text has a NUL"), "{error}");
}

#[test]
fn one_kind_of_number_without_names_is_a_plain_array() {
    let array = read("1,2\n3,4\n5,6\n").unwrap();
    assert_eq!((array.dtype().to_string().as_str(), array.shape()), ("<i8", &[3, 2][..]));
    assert_eq!(read("1.5\n2\n").unwrap().shape(), [2, 1]);
    assert_eq!(dtype("1,2.5\n"), "[('f0', '<i8'), ('f1', '<f8')]");
    assert_eq!(dtype("a,b\nc,d\n"), "[('f0', '<U1'), ('f1', '<U1')]");
    assert_eq!(dtype("x,y\n1,2\n"), "[('x', '<i8'), ('y', '<i8')]");
    assert_eq!(dtype("x,x,\n1,2,3\n"), "[('x', '<i8'), ('x_1', '<i8'), ('f2', '<i8')]");
    assert_eq!(read("").unwrap().shape(), [0, 1]);
    assert_eq!(dtype("x,y\n"), "[('f0', '<U1'), ('f1', '<U1')]");
}

#[test]
fn delimiters_and_header_lines_are_found_out_and_said() {
    for (text, delimiter) in
        [("x;y\n1;2\n", ';'), ("x\ty\n1\t2\n", '\t'), ("x|y\n1|2\n", '|'), ("x,y\n1,2\n", ',')]
    {
        let (array, details) = open(&Csv, text.as_bytes(), Options::new()).unwrap();
        assert_eq!(array.dtype().to_string(), "[('x', '<i8'), ('y', '<i8')]");
        assert_eq!(details[0], ("delimiter", format!("{delimiter:?}")));
        assert_eq!(details[1].0, "header line");
    }
    let (array, details) = open(&Csv, b"1,2\n3,4\n", Options::new().with("delimiter", ",")).unwrap();
    assert_eq!((array.shape(), details.len()), (&[2, 2][..], 0));
    let named = |names: &str| open(&Csv, b"a,b\nc,d\n", Options::new().with("names", names)).unwrap().0;
    assert_eq!(named("true").dtype().to_string(), "[('a', '<U1'), ('b', '<U1')]");
    assert_eq!(named("p,q").dtype().to_string(), "[('p', '<U1'), ('q', '<U1')]");
    assert_eq!((named("p,q").len(), named("false").len(), named("true").len()), (2, 2, 1));
    let (array, _) = open(&Tsv, b"x\ty\n1\t2,5\n", Options::new().with("decimal", ",")).unwrap();
    assert_eq!(array.field("y").unwrap().to_vec::<f64>().unwrap(), [2.5]);
}

#[test]
fn a_dtype_that_is_told_counts() {
    let with = |dtype: &str, text: &str| {
        ReadOptions::new().dtype(dtype.parse::<DType>().unwrap()).read_bytes(text.as_bytes())
    };
    let array = with("<f4", "x,y\n1,\n3,4\n").unwrap();
    assert_eq!(array.shape(), [2, 2]);
    assert!(array.to_vec::<f32>().unwrap()[1].is_nan());
    let array = with("[('a', '<i2'), ('b', 'S3')]", "1,abc\n2,e\n").unwrap();
    assert_eq!(array.field("b").unwrap().to_byte_strings().unwrap(), [b"abc".to_vec(), b"e".to_vec()]);
    let error = with("<i8", "1,\n").unwrap_err().to_string();
    assert_eq!(
        error,
        "csv: line 1, column 2: a value is missing, and nothing stands for it in a column of a whole number (int64) (at byte 2)"
    );
}

#[test]
fn faults_have_line_and_column() {
    assert_eq!(
        read("x,y\n1,2\n3\n").unwrap_err().to_string(),
        "csv: line 3: the row has 1 column, the first row has 2 (at byte 8)"
    );
    assert_eq!(
        read("x,y\n1,2\n3,\"4\n5").unwrap_err().to_string(),
        "csv: line 3, column 2: the quote at the start of the field is not closed (at byte 8)"
    );
    let (array, _) = open(&Csv, b"x,y\n1,2\n3\n", Options::new().with("fill", true)).unwrap();
    assert_eq!(array.dtype().to_string(), "[('x', '<i8'), ('y', '<f8')]");
}

/// A table with all that csv has, and quotes over many lines.
fn table(rows: usize) -> String {
    let mut text = String::from("id,x,text,day\n");
    for row in 0..rows {
        let quoted = match row % 7 {
            0 => "\"a,b\"".to_owned(),
            1 => format!("\"line\n{}\"", "more\n".repeat(row % 5)),
            2 => "\"say \"\"x\"\"\"".to_owned(),
            3 => "é".repeat(row % 9),
            _ => format!("plain{row}"),
        };
        writeln!(text, "{row},{}.25,{quoted},20{:02}-01-{:02}", row * 3, row % 100, row % 28 + 1).unwrap();
    }
    text
}

#[test]
fn any_number_of_threads_finds_the_same_rows() {
    let text = table(40_000);
    assert!(text.len() > 1 << 20);
    let read = |threads| ReadOptions::new().threads(threads).read_bytes(text.as_bytes()).unwrap();
    let alone = read(Threads::one());
    assert_eq!(alone.shape(), [40_000]);
    let several = read(Threads::count(3));
    assert_eq!(alone.dtype(), several.dtype());
    assert_eq!(alone.as_bytes(Order::C), several.as_bytes(Order::C));
    let ids: Vec<i64> = (0..40_000).collect();
    assert_eq!(alone.field("id").unwrap().to_vec::<i64>().unwrap(), ids);
    let texts = alone.field("text").unwrap().to_strings().unwrap();
    assert_eq!(texts[..4], ["a,b", "line\nmore\n", "say \"x\"", "ééé"]);
}

#[test]
fn files_of_real_life() {
    let german = Options::new().with("delimiter", ";").with("decimal", ",").with("thousands", ".");
    let (array, _) = open(&Csv, &case("decimal_comma.csv"), german).unwrap();
    let druck = array.field("Druck").unwrap().to_vec::<f64>().unwrap();
    assert_eq!(druck[..2], [1013.25, 998.5]);
    assert!(druck[2].is_nan());
    assert_eq!(array.field("Wert").unwrap().to_vec::<f64>().unwrap(), [0.5, -0.001, 2.0]);
    let strict = ReadOptions::new().dtype(DType::of::<f64>()).delimiter(';');
    let refused =
        |options: &ReadOptions| options.read_bytes(&case("decimal_comma.csv")).unwrap_err().to_string();
    assert_eq!(
        refused(&strict.clone().decimal(',')),
        "csv: line 2, column 1: '1.013,25' is not a number (at byte 11)"
    );
    assert_eq!(refused(&strict), "csv: line 2, column 1: '1.013,25' is not a number (at byte 11)");

    let complex =
        Reading::new().dtype("<c16".parse::<DType>().unwrap()).options(Options::new().with("delimiter", ","));
    let bytes = case("complex_comma_space.csv");
    let mut reader = Text.open(Input::from_bytes(&bytes).into(), &complex).unwrap();
    let part = reader.next_part().unwrap().unwrap();
    let array = reader.read(&part, Selection::All).unwrap().into_array().unwrap();
    let parts: Vec<f64> = array
        .as_bytes(Order::C)
        .unwrap()
        .chunks_exact(8)
        .map(|part| f64::from_le_bytes(part.try_into().unwrap()))
        .collect();
    assert_eq!(parts, [1.0, 2.0, 3.0, -4.0, 0.0, -1.0, 5.0, 0.0]);

    let (array, _) = open(&Text, &case("mixed_line_ends.txt"), Options::new()).unwrap();
    assert_eq!(
        (array.shape(), array.to_vec::<f64>().unwrap()),
        (&[4, 2][..], (1..=8).map(f64::from).collect())
    );
    let html = case("html_instead.csv");
    assert_eq!((Csv.sniff(&html), Text.sniff(&html), Tsv.sniff(&html)), (Match::No, Match::No, Match::No));
    assert_eq!(Csv.sniff(&case("decimal_comma.csv")), Match::Maybe);
    assert_eq!(Text.sniff(&case("mixed_line_ends.txt")), Match::Maybe);
}

#[test]
fn a_name_may_look_like_a_number() {
    for (text, names) in [
        ("time,0.5,1.0\n0.1,3,4\n0.2,5,6\n", ["time", "0.5", "1.0"]),
        ("id,inf,nan\n1,2,3\n", ["id", "inf", "nan"]),
        ("id;true;2020-01-01\n1;2;3\n4;;6\n", ["id", "true", "2020-01-01"]),
    ] {
        let DType::Record(record) = read(text).unwrap().dtype().clone() else { panic!("{text}") };
        assert_eq!(record.fields().iter().map(arr_core::Field::name).collect::<Vec<_>>(), names, "{text}");
    }
    // Values are not taken for names where nothing tells them apart.
    for text in ["country,2019,2020\nFR,1,2\n", "FR,1.5\nDE,2\n", "a,1\nc,b\n"] {
        assert!(dtype(text).contains("'f0'"), "{text}");
    }
    for (text, is_told) in [("country,2019\nFR,1\n", true), ("FR,1.5\nDE,2\n", false), ("1,2\n3,4\n", false)]
    {
        let notes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let own = std::sync::Arc::clone(&notes);
        let how = Reading::new().on_note(move |note| own.lock().unwrap().push(note.to_owned()));
        let mut reader = Csv.open(Input::from_bytes(text.as_bytes()).into(), &how).unwrap();
        let part = reader.next_part().unwrap().unwrap();
        drop(reader.read(&part, Selection::All).unwrap());
        let notes = notes.lock().unwrap().join("\n");
        assert_eq!(notes.contains("may be names"), is_told, "{text}: {notes}");
    }
}

#[test]
fn a_line_of_excel_states_the_delimiter() {
    let read = |text: &str| ReadOptions::new().read_bytes(text.as_bytes()).unwrap();
    let array = read("sep=;\r\na;b\r\n1;x,y\r\n2;z\r\n");
    assert_eq!(array.dtype().to_string(), "[('a', '<i8'), ('b', '<U3')]");
    assert_eq!(array.field("a").unwrap().to_vec::<i64>().unwrap(), [1, 2]);
    // Who names the delimiter does not mean the line either.
    let array = ReadOptions::new().delimiter('|').read_bytes(b"sep=|\n1|2\n").unwrap();
    assert_eq!(array.to_vec::<i64>().unwrap(), [1, 2]);
    let error = ReadOptions::new().read_bytes(b"sep=;\n1;2\n3;\"\n").unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn long_complex_numbers_keep_all_digits() {
    let options = ReadOptions::new().dtype("<c32".parse().unwrap()).header(false);
    let text = "(0.1+2e-3j)\n-3\n1e+5j\n";
    let array = options.read_bytes(text.as_bytes()).unwrap();
    let reals = ReadOptions::new().dtype("<f16".parse().unwrap()).header(false);
    let parts = reals.read_bytes(b"0.1\n2e-3\n-3\n0\n0\n1e+5\n").unwrap();
    assert_eq!(array.as_bytes(Order::C), parts.as_bytes(Order::C));
}

#[test]
fn the_first_row_is_what_the_told_dtype_says() {
    let typed = |text: &str, dtype: &str| {
        ReadOptions::new().dtype(dtype.parse().unwrap()).read_bytes(text.as_bytes()).unwrap()
    };
    // Values that look like names are values where they are read so.
    for (text, dtype, rows) in [
        ("NaT\n2020-01-02\n", "<M8[D]", 2),
        ("NaT,1\n5,2\n", "<m8[s]", 2),
        ("12000-01-01,1\n2020-01-02,2\n", "[('d', '<M8[D]'), ('v', '<i8')]", 2),
        ("x,y\n1,2\n", "<f8", 1),
        ("name,v\na,1\nb,2\n", "[('s', '<U4'), ('w', '<f8')]", 2),
        // The names of the fields are the header line, whatever they look like.
        ("2019,2020\n1.5,2.5\n3.5,4.5\n", "[('2019', '<f8'), ('2020', '<f8')]", 2),
        ("month\n2020-01\n", "[('month', '<M8[M]')]", 1),
        ("a,b\nc,d\n", "[('a', '<U1'), ('b', '<U1')]", 1),
    ] {
        assert_eq!(typed(text, dtype).shape()[0], rows, "{text:?} as {dtype}");
    }
    // Without a dtype dates of any year are values.
    for text in ["NaT\n2020-01-02\n", "12000-01-01,1\n2020-01-02,2\n"] {
        assert_eq!(read(text).unwrap().shape()[0], 2, "{text:?}");
    }
}

#[test]
fn what_may_be_names_is_noted() {
    let notes = |text: &str, dtype: Option<&str>| {
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let to = std::sync::Arc::clone(&told);
        let reading = Reading::new().on_note(move |note| to.lock().unwrap().push(note.to_owned()));
        let reading = match dtype {
            Some(dtype) => reading.options(Options::new().with("dtype", dtype)),
            None => reading,
        };
        let mut reader = Csv.open(Input::from_bytes(text.as_bytes()).into(), &reading).unwrap();
        let part = reader.next_part().unwrap().unwrap();
        reader.read(&part, Selection::All).unwrap();
        let told = told.lock().unwrap();
        told.join("; ")
    };
    assert!(notes("a,b\n", None).contains("the first line was taken for values"));
    assert!(notes("a,b\nc,1\n", Some("<U1")).contains("the first line was taken for names"));
    assert_eq!(notes("a,b\n1,2\n", None), "");
}
