//! Tables of text are read as `numpy.loadtxt` reads them.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use arr_core::format::{Format, Options, Reading, Selection, threads::Threads};
use arr_core::{Array, DType, Error, ErrorKind, Hint, Input, Limits, Order, Result, Slice};
use arr_text::format::Text;
use arr_text::text::ReadOptions;
use proptest::prelude::*;

fn read(text: &str) -> Result<Array> {
    ReadOptions::new().read_bytes(text.as_bytes())
}

fn dtype(text: &str) -> DType {
    text.parse().unwrap()
}

/// The shape and the values.
fn floats(array: &Array) -> (Vec<usize>, Vec<f64>) {
    (array.shape().to_vec(), array.to_contiguous(Order::C).unwrap().to_vec().unwrap())
}

fn line(result: Result<Array>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn rows_and_columns() {
    assert_eq!(floats(&read("1 2\n3 4\n").unwrap()), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(floats(&read(" 1\t2 \r\n\r\n# x\r3 4 # y").unwrap()), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(floats(&read("1 2 3").unwrap()), (vec![3], vec![1.0, 2.0, 3.0]));
    assert_eq!(floats(&read("1\n2\n").unwrap()), (vec![2], vec![1.0, 2.0]));
    assert_eq!(floats(&read("7").unwrap()), (vec![], vec![7.0]));
    for text in ["", "\n", "# x\n", "   "] {
        assert_eq!(floats(&read(text).unwrap()), (vec![0], vec![]), "{text:?}");
    }
    let values = read("1e400 -inf nan .5 5. +7 4.9e-324").unwrap().to_vec::<f64>().unwrap();
    assert_eq!(values[..2], [f64::INFINITY, f64::NEG_INFINITY]);
    assert!(values[2].is_nan());
    assert_eq!(values[3..], [0.5, 5.0, 7.0, 4.9e-324]);
}

#[test]
fn dimensions_are_those_of_numpy() {
    let shape =
        |text: &str, options: &ReadOptions| options.read_bytes(text.as_bytes()).unwrap().shape().to_vec();
    let with = |ndmin| ReadOptions::new().ndmin(ndmin);
    for (text, shapes) in [
        ("5", [&[][..], &[1], &[1, 1]]),
        ("5 6", [&[2], &[2], &[1, 2]]),
        ("5\n6", [&[2], &[2], &[2, 1]]),
        ("", [&[0], &[0], &[0, 1]]),
        ("1 2\n3 4", [&[2, 2], &[2, 2], &[2, 2]]),
    ] {
        for (ndmin, wanted) in shapes.into_iter().enumerate() {
            assert_eq!(shape(text, &with(ndmin)), wanted, "{text:?} {ndmin}");
        }
    }
    let record = |ndmin| with(ndmin).dtype(dtype("[('a', '<i4'), ('b', '<f4')]"));
    for (ndmin, wanted) in [&[][..], &[1], &[1, 1]].into_iter().enumerate() {
        assert_eq!(shape("1 2", &record(ndmin)), wanted);
    }
    assert_eq!(shape("1 2\n3 4", &record(2)), [2, 1]);
    assert_eq!(shape("", &ReadOptions::new().usecols(&[0, 1])), [0, 2]);
    assert_eq!(shape("5\n6", &with(2).unpack(true)), [1, 2]);
    let turned = ReadOptions::new().unpack(true).read_bytes(b"1 2\n3 4\n5 6").unwrap();
    assert_eq!(floats(&turned), (vec![2, 3], vec![1.0, 3.0, 5.0, 2.0, 4.0, 6.0]));
}

#[test]
fn rows_are_skipped_and_counted() {
    let text = b"x\n# y\n\n1 2\n# z\n\n3 4\n5 6 7\n";
    let rows = |skip, most| ReadOptions::new().skiprows(skip).max_rows(most).read_bytes(text);
    assert_eq!(floats(&rows(1, 2).unwrap()).1, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(floats(&rows(4, 1).unwrap()).1, [3.0, 4.0]);
    assert_eq!(floats(&rows(100, 1).unwrap()).0, [0]);
    assert_eq!(floats(&rows(0, 0).unwrap()).0, [0]);
    assert_eq!(line(rows(1, 3)), "text: line 8: the row has 3 columns, the first row has 2 (at byte 20)");
    // What is not wanted is not looked at.
    let quoted = ReadOptions::new().quotechar('"').max_rows(1).read_bytes(b"1 2\n\"x\n\xff").unwrap();
    assert_eq!(floats(&quoted).1, [1.0, 2.0]);
}

#[test]
fn columns_are_picked() {
    let pick = |columns: &[i64], text: &str| ReadOptions::new().usecols(columns).read_bytes(text.as_bytes());
    assert_eq!(floats(&pick(&[-1, 0], "1 2 3\n4 5 6").unwrap()).1, [3.0, 1.0, 6.0, 4.0]);
    assert_eq!(floats(&pick(&[-1], "1 2\n3 4 5").unwrap()).1, [2.0, 5.0]);
    assert_eq!(floats(&pick(&[1, 1], "1 2 x\n3 4").unwrap()).1, [2.0, 2.0, 4.0, 4.0]);
    assert_eq!(floats(&pick(&[1], "1 2 # 3\n3 4 é").unwrap()).1, [2.0, 4.0]);
    assert_eq!(
        line(pick(&[2], "1 2 3\n3 4")),
        "text: line 2: there is no column 2: the row has 2 columns (at byte 6)"
    );
    assert_eq!(
        line(pick(&[-3], "1 2")),
        "text: line 1: there is no column -3: the row has 2 columns (at byte 0)"
    );
}

#[test]
fn what_is_no_number_is_named_with_line_and_column() {
    let error = read("1 2\n3 abc\n").unwrap_err();
    assert_eq!(error.to_string(), "text: line 2, column 2: 'abc' is not a number (at byte 6)");
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(6)));
    let comma = |text: &str| ReadOptions::new().delimiter(',').read_bytes(text.as_bytes());
    assert_eq!(line(comma("1,2\n# x\n3,\n")), "text: line 3, column 2: '' is not a number (at byte 10)");
    for bad in ["1_0", "0x1p3", "1.5x", "١", "1,2", "--1", "infin", "1d5"] {
        assert!(read(bad).is_err(), "{bad}");
    }
    let whole = |text: &str| ReadOptions::new().dtype(dtype("|i1")).read_bytes(text.as_bytes());
    assert_eq!(
        line(whole("1 128")),
        "text: line 1, column 2: '128' is too large or too small for a whole number (int8) (at byte 2)"
    );
    assert!(whole("1.0").is_err());
    let hint = read("1,2\n3,4\n").unwrap_err();
    assert_eq!(hint.hint(), Some(Hint::Option("delimiter", ",")));
    assert_eq!(
        hint.to_string(),
        "text: line 1, column 1: '1,2' is not a number: columns may be separated by commas (at byte 0)"
    );
}

#[test]
fn quotes_and_comments() {
    let text = |options: ReadOptions, text: &str| {
        options.dtype(dtype("<U9")).read_bytes(text.as_bytes()).unwrap().to_strings().unwrap()
    };
    let quoted = ReadOptions::new().quotechar('"').delimiter(',');
    assert_eq!(text(quoted.clone(), "\"a,\"\"#\r\nb\",\"c\"d#x\r\n"), ["a,\"#\nb", "cd"]);
    assert_eq!(text(ReadOptions::new().quotechar('"'), "\"x\" 1 # c"), ["x", "1", ""]);
    assert_eq!(text(ReadOptions::new().comments(&["//", "%"]), "a % b\n// c\nd//e"), ["a", "d"]);
    assert_eq!(text(ReadOptions::new().comments::<&str>(&[]), "a #b"), ["a", "#b"]);
    assert_eq!(
        line(quoted.comments(&["//"]).read_bytes(b"1")),
        "text: comments: several of them, or longer ones, do not go with quotechar"
    );
    assert!(ReadOptions::new().comments(&[""]).read_bytes(b"1").is_err());
    assert!(ReadOptions::new().delimiter('\n').read_bytes(b"1").is_err());
    // A row that never ends is one row.
    let open = ReadOptions::new().quotechar('"').dtype(dtype("U")).read_bytes(b"\"a\nb\nc").unwrap();
    assert_eq!(open.to_strings().unwrap(), ["a\nb\nc"]);
}

#[test]
fn dtypes() {
    let items = |wanted: &str, text: &str| {
        let array = ReadOptions::new().dtype(dtype(wanted)).read_bytes(text.as_bytes()).unwrap();
        (array.dtype().to_string(), array.shape().to_vec(), array.as_bytes(Order::C).unwrap().to_vec())
    };
    assert_eq!(items("S", "ab é\nc d"), ("|S2".to_owned(), vec![2, 2], b"ab\xe9\0c\0d\0".to_vec()));
    assert_eq!(items("U", "").0, "<U1");
    assert_eq!(items(">i2", "1 -2"), (">i2".to_owned(), vec![2], vec![0, 1, 255, 254]));
    assert_eq!(items("?", "1 0 -3").2, [1, 0, 1]);
    assert_eq!(
        items("M8", "2020-01-01 2020-01-01T00:00:01"),
        ("<M8[s]".to_owned(), vec![2], [1_577_836_800i64, 1_577_836_801].map(i64::to_le_bytes).concat())
    );
    assert_eq!(items("m8[s]", "NaT -5").2, [i64::MIN, -5].map(i64::to_le_bytes).concat());
    assert_eq!(items("<c8", "1+2j (3-4j)").2, [1f32, 2.0, 3.0, -4.0].map(f32::to_le_bytes).concat());
    let nested = "[('a', '>i2'), ('b', [('c', '|S1'), ('d', '|u1')], (2,))]";
    assert_eq!(items(nested, "1 x 2 y 3"), (nested.to_owned(), vec![], vec![0, 1, b'x', 2, b'y', 3]));
    let refused =
        |wanted: &str, text: &str| line(ReadOptions::new().dtype(dtype(wanted)).read_bytes(text.as_bytes()));
    assert_eq!(refused(nested, "1 x 2"), "text: line 1: the row has 3 columns, the dtype has 5 (at byte 0)");
    assert_eq!(
        refused("O", "1"),
        "text: items of |O are objects of Python, which NumPy makes of fields as texts: the dtype utf8 holds those"
    );
    let texts = ReadOptions::new().dtype(DType::Utf8).read_bytes("a é€x".as_bytes()).unwrap();
    assert_eq!(texts.to_strings().unwrap(), ["a", "é€x"]);
}

#[test]
fn what_numpy_does_not_read_is_an_option() {
    let german = ReadOptions::new().decimal(',').thousands('.');
    assert_eq!(
        floats(&german.read_bytes(b"1.013,25 -0,5\n1.234.567 nan\n").unwrap()).1[..3],
        [1013.25, -0.5, 1_234_567.0]
    );
    assert_eq!(
        line(german.read_bytes(b"1.01,2")),
        "text: line 1, column 1: '1.01,2' is not a number: columns may be separated by commas (at byte 0)"
    );
    let fortran = ReadOptions::new().fortran_exponents(true);
    assert_eq!(floats(&fortran.read_bytes(b"1.0D+03 3.14-114 -1.5").unwrap()).1, [1000.0, 3.14e-114, -1.5]);
    let utf16: Vec<u8> = "\u{feff}1 2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(floats(&ReadOptions::new().read_bytes(&utf16).unwrap()).1, [1.0, 2.0]);
    assert_eq!(floats(&read("\u{feff}1 2").unwrap()).1, [1.0, 2.0]);
    let error = ReadOptions::new().read_bytes(b"1 2\n# \xe9\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "text: line 2: the bytes are not UTF-8: the text is in another encoding (at byte 6)"
    );
    assert_eq!(
        floats(&ReadOptions::new().encoding("latin1").read_bytes(b"1 2\n# \xe9\n").unwrap()).1,
        [1.0, 2.0]
    );
    assert!(ReadOptions::new().encoding("klingon").read_bytes(b"").is_err());
}

#[test]
fn short_rows_are_filled_when_asked() {
    let filled = ReadOptions::new().fill(true).read_bytes(b"1\n2 3\n\n4 5 6\n").unwrap();
    let (shape, values) = floats(&filled);
    assert_eq!(shape, [3, 3]);
    assert!(values[1].is_nan() && values[2].is_nan() && values[5].is_nan());
    let filled = ReadOptions::new().fill(true).filling_values(&["-9"]).read_bytes(b"1\n2 3\n").unwrap();
    assert_eq!(floats(&filled).1, [1.0, -9.0, 2.0, 3.0]);
    let whole = ReadOptions::new().fill(true).dtype(dtype("<i8"));
    assert_eq!(
        whole.read_bytes(b"1\n2 3\n").unwrap_err().hint(),
        Some(Hint::Option("filling-values", "VALUE"))
    );
    let marks = ReadOptions::new().delimiter(',').missing_values(&["NA", "-1"]).filling_values(&["7", "8"]);
    assert_eq!(floats(&marks.read_bytes(b"NA,1\n-1,\n").unwrap()).1, [7.0, 1.0, 7.0, 8.0]);
    assert!(marks.filling_values(&["x"]).read_bytes(b"1,2").is_err());
}

fn open(bytes: &[u8], how: &Reading) -> Result<Array> {
    let mut reader = Text.open(Input::from_bytes(bytes).into(), how)?;
    let part = reader.next_part()?.ok_or_else(|| Error::malformed("no part"))?;
    reader.read(&part, Selection::All)?.into_array()
}

#[test]
fn options_have_the_names_of_the_parameters() {
    let how = |options: Options| Reading::new().options(options);
    let options = Options::new()
        .with("delimiter", ",")
        .with("comments", "[\"%\", \"//\"]")
        .with("usecols", "0,-1")
        .with("skiprows", 1)
        .with("max-rows", 2)
        .with("ndmin", 2);
    assert_eq!(
        floats(&open(b"x\n1,2,3%\n4,5//,6\n7,8,9", &how(options)).unwrap()),
        (vec![2, 2], vec![1.0, 3.0, 4.0, 5.0])
    );
    for (name, value) in
        [("delimiter", "ab"), ("usecols", "x"), ("encoding", "klingon"), ("comments", "[\"\"]")]
    {
        assert!(open(b"1", &how(Options::new().with(name, value))).is_err(), "{name}");
    }
    let text = Options::new().with("decimal", ",").with("exponents", "fortran").with("unpack", true);
    assert_eq!(floats(&open(b"1,5d1 2\n3 4", &how(text)).unwrap()).1, [15.0, 3.0, 2.0, 4.0]);
}

/// A table whose rows are of all lengths, with comments and empty lines among them.
fn table(rows: u32) -> String {
    let mut text = String::new();
    for row in 0..rows {
        let end = ["\n", "\r\n", "\n\n", " # c\n", "\r"][row as usize % 5];
        text += &format!("{row} {}.5 {:e}{end}", u64::from(row) * 7919, f64::from(row) / 3.0);
    }
    text
}

#[test]
fn blocks_slices_and_streams_are_the_same() {
    let text = table(5000);
    let whole = read(&text).unwrap();
    assert_eq!(whole.shape(), [5000, 3]);
    let how = Reading::new();
    let mut reader = Text.open(Input::from_reader(text.as_bytes()).into(), &how).unwrap();
    let part = reader.next_part().unwrap().unwrap();
    assert_eq!(reader.describe(&part).unwrap().into_array().unwrap().shape, [5000, 3]);
    for size in [1, 1000, 30_000, 1 << 20] {
        let mut blocks = reader.blocks(&part, None, size).unwrap();
        let mut bytes = Vec::new();
        while let Some(block) = blocks.next_block().unwrap() {
            bytes.extend_from_slice(block.array.to_contiguous(Order::C).unwrap().as_bytes(Order::C).unwrap());
            if size == 1 && bytes.len() > 2000 {
                break;
            }
        }
        let all = whole.as_bytes(Order::C).unwrap();
        assert_eq!(bytes, all[..bytes.len()]);
        assert!(size == 1 || bytes.len() == all.len());
    }
    for slice in ["17", "100:4000:7", "::-1, 1", "4999:, ::2", "0:0"] {
        let slice: Slice = slice.parse().unwrap();
        let part = reader.read(&part, Selection::Slice(&slice)).unwrap().into_array().unwrap();
        let wanted = whole.slice(&slice).unwrap().to_contiguous(Order::C).unwrap();
        assert_eq!(part.to_contiguous(Order::C).unwrap().as_bytes(Order::C), wanted.as_bytes(Order::C));
        assert_eq!(part.shape(), wanted.shape());
    }
    assert!(reader.next_part().unwrap().is_none());
    assert_eq!(reader.trailing().unwrap(), 0);
}

#[test]
fn large_tables_are_read_by_any_number_of_threads() {
    let text = table(60_000);
    assert!(text.len() > 3 << 19);
    let read = |threads| {
        let options = ReadOptions::new().threads(threads);
        options.read_bytes(text.as_bytes()).unwrap().to_vec::<f64>().unwrap()
    };
    let alone = read(Threads::one());
    assert_eq!(alone.len(), 180_000);
    assert_eq!(alone[3 * 59_999 + 1], 59_999.0 * 7919.0 + 0.5);
    assert_eq!(alone, read(Threads::count(3)));
    // One row, which is cut at its fields.
    let row: Vec<String> = alone.iter().map(f64::to_string).collect();
    for (delimiter, blank) in [(None, " "), (Some(','), ",")] {
        let line = format!("{}  # c\n", row.join(blank).repeat(3));
        let options = ReadOptions::new().delimiter(delimiter);
        for threads in [Threads::one(), Threads::count(3)] {
            let found = options.clone().threads(threads).read_bytes(line.as_bytes());
            // Where two copies meet, the numbers do too.
            let found = found.unwrap().to_vec::<f64>().unwrap();
            assert_eq!(found.len(), 3 * alone.len() - 2);
            assert_eq!(found[..alone.len() - 1], alone[..alone.len() - 1]);
        }
    }
}

#[test]
fn limits_hold() {
    let text = table(1000);
    let limits = Limits::default().max_bytes(3 * 8 * 1000 - 1);
    let error = ReadOptions::new().limits(limits).read_bytes(text.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::LimitExceeded, Some(Hint::Limit("max_bytes"))));
    let wide = format!("[('a', '<f4', ({},))]", 1 << 20);
    let error = ReadOptions::new().dtype(dtype(&wide)).read_bytes(b"1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
}

#[test]
fn hostile_text_is_refused() {
    // More columns than are looked at one by one; plain numbers may be as many as there is memory for.
    let wide = "1,".repeat(1 << 22);
    let quoted = ReadOptions::new().delimiter(',').quotechar('"').read_bytes(wide.as_bytes()).unwrap_err();
    assert_eq!(quoted.kind(), ErrorKind::LimitExceeded);
    assert!(
        quoted.to_string().starts_with("text: line 1: the row has more than 2097152 columns"),
        "{quoted}"
    );
    let plain = ReadOptions::new().delimiter(',').read_bytes(wide.as_bytes()).unwrap_err();
    assert!(plain.to_string().starts_with("text: line 1, column 4194305: '' is not a number"), "{plain}");
    assert_eq!(
        ReadOptions::new().delimiter(',').read_bytes(&wide.as_bytes()[2..wide.len() - 1]).unwrap().len(),
        (1 << 22) - 1
    );
    for text in [&b"1 \0 2"[..], b"\0", b"1 2\n\xff\xfe", b"\xf0\x9f", b"1e\0"] {
        assert!(ReadOptions::new().read_bytes(text).is_err(), "{text:?}");
    }
    let blank = " ".repeat(3 << 20);
    assert_eq!(read(&blank).unwrap().shape(), [0]);
    assert_eq!(floats(&read(&format!("{blank}\n{blank}7")).unwrap()).1, [7.0]);
}

proptest! {
    #[test]
    fn nothing_panics(
        bytes in prop::collection::vec(prop_oneof![Just(b'1'), Just(b' '), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'"'), Just(b'#'), Just(b'.'), Just(b'-'), Just(b'e'), any::<u8>()], 0..120),
        delimiter in prop_oneof![Just(None), Just(Some(',')), Just(Some('é'))],
        quote in prop_oneof![Just(None), Just(Some('"'))],
        picks in prop_oneof![Just(None), prop::collection::vec(-3i64..3, 0..3).prop_map(Some)],
        kind in prop_oneof![Just("<f8"), Just("|i1"), Just("S"), Just("U"), Just("M8"), Just("<c16"), Just("[('a', '<f4'), ('b', 'S2')]")],
        flags in any::<[bool; 4]>(),
        most in prop_oneof![Just(None), (0u64..4).prop_map(Some)],
    ) {
        let mut options = ReadOptions::new().delimiter(delimiter).quotechar(quote).dtype(dtype(kind));
        if let Some(picks) = &picks {
            options = options.usecols(picks);
        }
        if let Some(most) = most {
            options = options.max_rows(most);
        }
        options = options.fill(flags[0]).unpack(flags[1]).fortran_exponents(flags[2]).infer(flags[3]);
        let one = options.clone().threads(Threads::one()).read_bytes(&bytes);
        let three = options.threads(Threads::count(3)).read_bytes(&bytes);
        match (one, three) {
            (Ok(one), Ok(three)) => {
                let one = one.to_contiguous(Order::C).unwrap();
                let three = three.to_contiguous(Order::C).unwrap();
                prop_assert_eq!(one.as_bytes(Order::C), three.as_bytes(Order::C));
            }
            (Err(one), Err(three)) => prop_assert_eq!(one.to_string(), three.to_string()),
            _ => prop_assert!(false, "threads differ"),
        }
    }
}
