//! The engine with small chunks: whatever lies across their ends is found as in one piece.

use arr_core::format::threads::Threads;
use arr_core::{DType, Input};
use proptest::prelude::*;

use super::dialect::{Comments, Dialect};
use super::plan::{Names, Plan, Request};

/// The shape and the items, or what is wrong.
fn read(request: &Request, text: &[u8]) -> Result<(String, Vec<usize>, Vec<u8>), String> {
    let mut input = Input::from_bytes(text);
    let plan = Plan::new(request, &mut input).map_err(|error| error.to_string())?;
    let mut budget = input.budget().clone();
    let bytes = plan.read(&input, 0..plan.len(), &mut budget).map_err(|error| error.to_string())?;
    // Any part of it is the same.
    let (len, items) = (plan.len(), bytes.as_slice());
    for (from, to) in [(0, len / 2), (len / 3, len), (len / 3, len / 2)] {
        let part = plan.read(&input, from..to, &mut budget).map_err(|error| error.to_string())?;
        let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        assert_eq!(part.as_slice(), &items[from..to]);
    }
    Ok((plan.dtype.to_string(), plan.layout.shape().to_vec(), items.to_vec()))
}

fn request(dialect: Dialect, dtype: Option<&str>) -> Request {
    let dtype = dtype.map(|text| text.parse::<DType>().unwrap());
    Request { dialect, dtype, missing: Some(Vec::new()), ..Request::text() }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("1".to_owned()),
        2 => (-999i32..999).prop_map(|number| number.to_string()),
        2 => any::<f32>().prop_map(|number| format!("{number:e}")),
        6 => Just(" ".to_owned()),
        6 => Just(",".to_owned()),
        3 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        1 => Just("#".to_owned()),
        2 => Just("\"".to_owned()),
        1 => Just("é\u{a0}".to_owned()),
        1 => Just("\t".to_owned()),
        1 => "[a-z]{1,9}",
    ]
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let quoted = |mut dialect: Dialect| {
        dialect.quote = Some('"');
        dialect
    };
    let comma = Dialect { delimiter: Some(','), ..Dialect::text() };
    let several = Comments::of(&["#".to_owned(), "1\"".to_owned()]).unwrap();
    prop_oneof![
        Just(Dialect::text()),
        Just(comma.clone()),
        Just(quoted(comma.clone())),
        Just(quoted(Dialect::text())),
        Just(Dialect { comments: several, ..Dialect::text() }),
        Just(Dialect { comments: Comments::None, ..comma }),
        Just(Dialect::csv(',')),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn chunks_and_threads_do_not_matter(
        pieces in prop::collection::vec(piece(), 0..120),
        dialect in dialect(),
        dtype in prop_oneof![Just(Some("<f8")), Just(Some("<i8")), Just(Some("U")), Just(None), Just(Some("[('a', '<f4'), ('b', '<U3')]"))],
        picks in prop_oneof![3 => Just(None), 1 => Just(Some(vec![0])), 1 => Just(Some(vec![-1, 0]))],
        most in prop_oneof![3 => Just(None), 1 => (0u64..5).prop_map(Some)],
        flags in any::<[bool; 2]>(),
    ) {
        let text = pieces.concat();
        let mut request = request(dialect, dtype);
        (request.picks, request.max_rows, request.fills) = (picks, most, flags[0]);
        if flags[1] {
            request.names = Names::Detected;
        }
        let whole = Threads::one().work(|| read(&request, text.as_bytes()));
        for chunk in [1, 2, 7, 30] {
            let small = Request { chunk, ..request.clone() };
            for threads in [Threads::one(), Threads::count(3)] {
                let found = threads.work(|| read(&small, text.as_bytes()));
                prop_assert_eq!(&found, &whole, "{} {:?}", chunk, text);
            }
        }
    }

    /// Rows that the quick rules take are what the general ones make of them.
    #[test]
    fn plain_rows_are_read_as_all_rows(
        rows in prop::collection::vec(prop::collection::vec(prop_oneof![
            any::<f64>().prop_map(|number| format!("{number:e}")),
            (-99i64..99).prop_map(|number| number.to_string()),
            Just(String::new()),
            Just(" 7 ".to_owned()),
            Just("x é".to_owned()),
            Just("\"1\"".to_owned()),
            Just("\"a, b\"".to_owned()),
            Just("2020-02-03".to_owned()),
        ], 1..4), 1..6),
        is_csv in any::<bool>(),
    ) {
        let text: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let text = text.join("\n");
        let dialect = if is_csv { Dialect::csv(',') } else { Dialect { delimiter: Some(','), ..Dialect::text() } };
        for dtype in [Some("<f8"), Some("<f4"), Some("<i8"), Some("U"), Some("M8"), None] {
            let quick = request(dialect.clone(), dtype);
            // With several comments all rows are cut by the general rules. They do not go with quotes.
            let comments = Comments::of(&["@@".to_owned(), "@".to_owned()]).unwrap();
            let comments = if is_csv { Comments::One('\u{2028}') } else { comments };
            let general = Request { dialect: Dialect { comments, ..dialect.clone() }, ..quick.clone() };
            prop_assert_eq!(read(&quick, text.as_bytes()), read(&general, text.as_bytes()), "{:?}", text);
        }
    }
}

/// A field of a column: mostly of its kind, and now and then of another.
fn cell(kind: u64, seed: u64) -> String {
    let kind = if seed % 29 == 0 { seed / 29 } else { kind };
    let number = f64::from_bits(seed);
    match kind % 12 {
        0 => (seed % 100_000).to_string(),
        1 => format!("{}{}", ["", "-"][(seed % 2) as usize], seed >> (seed % 64)),
        2 => format!("{}", f64::from(u32::try_from(seed % 1_000_000).unwrap()) / 100.0 - 999.0),
        3 => format!("{}", f64::from(u32::try_from(seed >> 32).unwrap()).sqrt() / 1e7),
        4 => format!("{number:e}"),
        5 => format!("{:04}-{:02}-{:02}", seed % 9999, seed % 12 + 1, seed % 28 + 1),
        6 => format!("20{:02}-{:02}-{:02}", seed % 100, seed % 15, seed % 33),
        7 => format!("name{}", seed % 10_u64.pow((seed % 20) as u32)),
        8 => ["", " ", "nan", "True", "-", "+7", ".5", "1.", "x\ty", " \t5", "é1234567", "12345678"]
            [(seed % 11) as usize]
            .into(),
        9 => ["\"a, b\"", "\"q\"", "\"\"", "\"é\"", "\"1\"", "\"x\"\"y\"", "\"m\nn\""][(seed % 7) as usize]
            .into(),
        10 => "abcdefgh".repeat((seed % 5) as usize),
        _ => String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, ..ProptestConfig::default() })]

    /// The short ways of columns that are mostly plain are as the general rules.
    #[test]
    fn plain_columns_are_read_as_all_columns(
        kinds in prop::collection::vec(0u64..12, 1..6),
        seeds in prop::collection::vec(any::<u64>(), 1..150),
        line_end in prop_oneof![3 => Just("\n"), 1 => Just("\r\n")],
        has_other_dtype in any::<bool>(),
    ) {
        let text: String = seeds
            .chunks_exact(kinds.len())
            .flat_map(|row| row.iter().zip(&kinds).zip(1..))
            .flat_map(|((seed, kind), place)| {
                [cell(*kind, *seed), if place == kinds.len() { line_end } else { "," }.to_owned()]
            })
            .collect();
        let dtype = if has_other_dtype {
            let dtypes = ["<i8", "<f8", "<U7", "<M8[D]", "<f4", "<U64", "S64"];
            let field = |(place, kind): (usize, &u64)| format!("('{place}', '{}')", dtypes[(*kind % 7) as usize]);
            Some(format!("[{}]", kinds.iter().enumerate().map(field).collect::<Vec<_>>().join(", ")))
        } else {
            None
        };
        let quick = request(Dialect::csv(','), dtype.as_deref());
        let comments = Comments::One('\u{2028}');
        let general = Request { dialect: Dialect { comments, ..quick.dialect.clone() }, ..quick.clone() };
        let wanted = read(&general, text.as_bytes());
        prop_assert_eq!(&read(&quick, text.as_bytes()), &wanted, "{:?}", text);
        let small = Request { chunk: 50, ..quick };
        prop_assert_eq!(&read(&small, text.as_bytes()), &wanted, "{:?}", text);
    }
}

#[test]
fn a_long_row_is_cut_at_its_fields() {
    let numbers: Vec<String> = (0..300).map(|number| format!("{}.5", number * 37)).collect();
    for (delimiter, join) in [(None, "  "), (Some(','), ", ")] {
        let dialect = Dialect { delimiter, ..Dialect::text() };
        let row = numbers.join(join);
        for text in [
            row.clone(),
            format!("{row}\r\n"),
            format!("# x\n{row} # 1 2\n# {row}\n"),
            format!("{row}\n{row}\n\n"),
        ] {
            let whole = read(&request(dialect.clone(), Some("<f8")), text.as_bytes()).unwrap();
            assert_eq!(whole.1.last(), Some(&300));
            for chunk in [1, 3, 20, 100] {
                let small = Request { chunk, ..request(dialect.clone(), Some("<f8")) };
                assert_eq!(read(&small, text.as_bytes()).unwrap(), whole, "{chunk}");
            }
        }
        let bad = format!("1{join}2\n{row}{join}x{join}{row}\n");
        let wanted = read(&request(dialect.clone(), Some("<f8")), bad.as_bytes()).unwrap_err();
        assert!(wanted.starts_with("line 2: the row has 601 columns, the first row has 2"), "{wanted}");
        let bad = format!("\n{row}{join}x{join}{row}\n");
        let small = Request { chunk: 10, ..request(dialect, Some("<f8")) };
        let found = read(&small, bad.as_bytes()).unwrap_err();
        assert!(found.starts_with("line 2, column 301: "), "{found}");
    }
}

/// What is in front of a comment, or of a tab that does not separate, is not taken for a field.
#[test]
fn parts_of_fields_are_not_looked_at() {
    let comma = Dialect { delimiter: Some(','), ..Dialect::text() };
    for text in ["1\n# no row, though it is long enough\n2\n", "1,2\n3, \t5\n6,7 # no other row\n8,9\n"] {
        assert_eq!(read(&request(comma.clone(), None), text.as_bytes()).unwrap().0, "<i8", "{text:?}");
    }
}

#[test]
fn foreign_bytes_are_swapped() {
    let read = |dtype| read(&request(Dialect::text(), Some(dtype)), b"1 2\n3 4\n").unwrap().2;
    let swapped: Vec<u8> = read("<i4").chunks_exact(4).flat_map(|item| item.iter().rev().copied()).collect();
    assert_eq!(read(">i4"), swapped);
}
