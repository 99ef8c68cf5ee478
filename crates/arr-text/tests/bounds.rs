//! How much of a table is held, and what is refused before more is.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use arr_core::{Array, DType, Error, ErrorKind, Hint, Limits};
use arr_text::{csv, genfromtxt, text};

/// What is wrong and which limit is named.
fn limit(error: &Error) -> (String, Option<Hint>) {
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    (arr_conformance::said(error), error.hint())
}

fn header(columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|place| format!("column_{place}")).collect();
    names.join(",")
}

#[test]
fn a_header_line_is_a_header_at_every_door() {
    let text = format!("{}\n{}\n", header(40), vec!["1"; 40].join(","));
    let len = text.find('\n').unwrap() as u64 + 1;
    let with = |most: u64| csv::ReadOptions::new().limits(Limits::default().max_header_size(most));
    let found = with(len).read_bytes(text.as_bytes()).unwrap();
    assert_eq!(found.dtype().as_record().unwrap().fields().len(), 40);
    let few = with(len - 1);
    let hint = Some(Hint::Limit("max_header_size"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, &text).unwrap();
    let found = format!("csv: a header of {len} bytes exceeds the limit of {} bytes (at byte 0)", len - 1);
    for door in [
        few.read_bytes(text.as_bytes()),
        few.read(&path),
        few.read_from(&mut text.as_bytes()),
        few.clone().usecols(&[0]).max_rows(1).read_bytes(text.as_bytes()),
        few.clone().names(&["x"]).read_bytes(text.as_bytes()),
    ] {
        assert_eq!(limit(&door.unwrap_err()), (found.clone(), hint));
    }
    // Where the header is told, no more than that is read of it.
    let error = few.clone().header(true).read_bytes(&text.repeat(1000).into_bytes()).unwrap_err();
    assert_eq!(limit(&error), (found.clone(), hint));
    let long = format!("{}\n{}\n", header(20_000), vec!["1"; 20_000].join(","));
    let error = few.clone().header(true).read_bytes(long.as_bytes()).unwrap_err();
    let told =
        format!("csv: line 1: a header line of more than {} bytes exceeds the limit (at byte 0)", len - 1);
    assert_eq!(limit(&error), (told, hint));
    // A row of values is none.
    let rows = format!("{0}\n{0}\n", vec!["1.5"; 1000].join(","));
    assert_eq!(few.read_bytes(rows.as_bytes()).unwrap().shape(), [2, 1000]);
}

#[test]
fn fields_of_records_are_counted_before_they_are_made() {
    let row = vec!["1,x"; 50].join(",");
    let limits = Limits::default().max_fields(99);
    let table = csv::ReadOptions::new().limits(limits.clone()).read_bytes(row.as_bytes()).unwrap_err();
    let wanted = |format: &str| format!("{format}: 100 columns exceed the limit of 99 fields");
    assert_eq!(limit(&table), (wanted("csv"), Some(Hint::Limit("max_fields"))));
    let own = genfromtxt::ReadOptions::new().delimiter(',').infer(true).limits(limits);
    assert_eq!(limit(&own.read_bytes(row.as_bytes()).unwrap_err()).1, Some(Hint::Limit("max_fields")));
}

#[test]
fn so_many_columns_are_read_and_no_more() {
    let most = 1 << 21;
    let row = "1 ".repeat(most);
    let found = genfromtxt::ReadOptions::new().read_bytes(row.as_bytes()).unwrap();
    assert_eq!(found.shape(), [most]);
    let error = genfromtxt::ReadOptions::new().read_bytes((row + "1").as_bytes()).unwrap_err();
    let wanted = "text: line 1: the row has more than 2097152 columns (at byte 0)";
    assert_eq!(limit(&error), (wanted.to_owned(), None));
    // Fewer, where fewer bytes may be held.
    let few = genfromtxt::ReadOptions::new().limits(Limits::default().max_bytes(1 << 16));
    let error = few.read_bytes("1 ".repeat(1 << 15).as_bytes()).unwrap_err();
    assert_eq!(limit(&error).1, Some(Hint::Limit("max_bytes")));
}

#[test]
fn a_row_that_is_too_long_is_refused_while_it_is_read() {
    let limits = Limits::default().max_bytes(1 << 20);
    let long = "x".repeat(3 << 20);
    for text in [format!("a,{long}\n1,2\n"), format!("a,b\n1,2\n3,\"{long}\"\n"), format!("a,b\n1,\"{long}")]
    {
        let error = csv::ReadOptions::new().limits(limits.clone()).read_bytes(text.as_bytes()).unwrap_err();
        let (message, hint) = limit(&error);
        assert!(message.contains("a row of more than 1048576 bytes can't be read"), "{message}");
        assert_eq!(hint, Some(Hint::Limit("max_bytes")));
    }
    let quoted = text::ReadOptions::new().quotechar('"').limits(limits.clone());
    let error = quoted.read_bytes(format!("1 \"{long}").as_bytes()).unwrap_err();
    assert!(limit(&error).0.contains("a row of more than 1048576 bytes"), "{error}");
    let skipped = text::ReadOptions::new().skiprows(1).limits(limits);
    let error = skipped.read_bytes(format!("{long}\n1\n").as_bytes()).unwrap_err();
    assert!(limit(&error).0.contains("a line of more than 1048576 bytes"), "{error}");
}

/// Quoted fields are used as they stand in the row where nothing has to be taken out of them.
#[test]
fn quoted_fields_of_any_kind_have_their_text() {
    let read = |text: &str| {
        let array = csv::ReadOptions::new().header(false).dtype(DType::Utf8).read_bytes(text.as_bytes())?;
        array.to_strings()
    };
    for (text, wanted) in [
        ("\"a\",\"b\"\n", vec!["a", "b"]),
        ("\"\",\"x\"", vec!["", "x"]),
        ("\"a,b\",\"c\nd\"\r\n", vec!["a,b", "c\nd"]),
        ("\"a\"\"b\",\"\"\"\"\n", vec!["a\"b", "\""]),
        ("\"a\"b,\"c\" \n", vec!["ab", "c "]),
        ("\"é\r\n\r\",x\"y\"\n", vec!["é\r\n\r", "x\"y\""]),
    ] {
        assert_eq!(read(text).unwrap(), wanted, "{text:?}");
    }
    // Their line ends are counted, and what is never closed is named where it begins.
    let error = read("\"a\r\nb\n\",1\n\"c\",2,3\n").unwrap_err();
    assert!(error.to_string().starts_with("csv: line 4: the row has 3 columns"), "{error}");
    let error = read("1,2\n3,\"4\n").unwrap_err();
    assert!(error.to_string().contains("the quote at the start of the field is not closed"), "{error}");
}

#[test]
fn complex_long_doubles_have_the_doubles_of_numpy() {
    let dtype: DType = "<c32".parse().unwrap();
    let options = text::ReadOptions::new().dtype(dtype);
    let hex = |array: &Array| -> Vec<String> {
        let bytes = array.as_bytes(arr_core::Order::C).unwrap().to_vec();
        let ten = |part: &[u8]| part[..10].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(bytes.chunks(16).all(|part| part[10..] == [0; 6]));
        bytes.chunks(16).map(ten).collect()
    };
    // As numpy.loadtxt 2.5 gives them, up to the bytes that it leaves as they were.
    let array = options.read_bytes(b"(1+2j) 3j nan (1.1-2.2j) 1e4000j 1_0\n").unwrap();
    assert_eq!(array.shape(), [6]);
    assert_eq!(
        hex(&array),
        [
            "0000000000000080ff3f",
            "00000000000000800040",
            "00000000000000000000",
            "00000000000000c00040",
            "00000000000000c0ff7f",
            "00000000000000000000",
            "00d0cccccccccc8cff3f",
            "00d0cccccccccc8c00c0",
            "00000000000000000000",
            "0000000000000080ff7f",
            "00000000000000a00240",
            "00000000000000000000",
        ]
    );
    for text in ["0x10", "1.1l", "(0.1", "1+2", "+1+-2j"] {
        let error = options.read_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
        assert!(error.to_string().contains("is not a complex number"), "{error}");
    }
}

#[test]
fn dates_by_the_clock_are_refused() {
    let why = "is a date by the clock of whoever reads it: write the date itself";
    for unit in ["M8[D]", "M8[s]", "M8"] {
        let dtype: DType = unit.parse().unwrap();
        for word in ["today", "NOW"] {
            let line = format!("2020-01-01 {word}\n");
            let error =
                text::ReadOptions::new().dtype(dtype.clone()).read_bytes(line.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("text: line 1, column 2: '{word}' {why} (at byte 11)"));
        }
    }
    let dtype: DType = "M8[D]".parse().unwrap();
    let error = genfromtxt::ReadOptions::new().dtype(dtype).read_bytes(b"2020-01-01 today\n").unwrap_err();
    assert!(error.to_string().contains(&format!("line 1, column 2: 'today' {why}")), "{error}");
}

#[test]
fn fields_with_another_delimiter_name_it() {
    for (text, hint) in [("1,2\n3,4\n", ","), ("# x\n1 2\n3;4 5\n", ";"), ("1|2", "|")] {
        let error = text::ReadOptions::new().read_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.hint(), Some(Hint::Option("delimiter", hint)), "{text:?} {error}");
    }
}

/// Rows of more than 8 MiB are walked through, not held, to find out what columns are.
#[test]
fn long_rows_are_counted_as_others() {
    let long = "é".repeat(5 << 20);
    let lines = "x,\r\n".repeat(5 << 19);
    let first = |text: String| csv::ReadOptions::new().usecols(&[0, -1]).read_bytes(text.as_bytes());
    let found = first(format!("a,b,c\n1,{long},2\n3,\"{lines}\",4\n5,\"\",6.5\n")).unwrap();
    assert_eq!(found.dtype().to_string(), "[('a', '<i8'), ('c', '<f8')]");
    assert_eq!(found.field("c").unwrap().to_vec::<f64>().unwrap(), [2.0, 4.0, 6.5]);
    // The first row, which has no names.
    let found = first(format!("1,\"{lines}\",2\n3,x,4\n")).unwrap();
    assert_eq!(found.to_vec::<i64>().unwrap(), [1, 2, 3, 4]);
    // Lines in quotes are counted, and bytes that are no characters have their place.
    let text = format!("1,\"{lines}\",2\n3\n");
    let error = csv::ReadOptions::new().usecols(&[0, 2]).read_bytes(text.as_bytes()).unwrap_err().to_string();
    let line = (5 << 19) + 2;
    assert!(error.starts_with(&format!("csv: line {line}: there is no column 2")), "{error}");
    let mut bytes = format!("1,2\n3,\"{lines}").into_bytes();
    let end = bytes.len();
    bytes.extend(b"\xff\"\n");
    let error = csv::ReadOptions::new().read_bytes(&bytes).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(end as u64)), "{error}");
    let error = csv::ReadOptions::new().read_bytes(&bytes[..end]).unwrap_err().to_string();
    assert!(error.contains("line 2, column 2: the quote at the start of the field is not closed"), "{error}");
}
