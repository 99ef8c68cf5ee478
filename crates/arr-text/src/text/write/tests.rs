//! Tables in pieces, in all orders and encodings, and values that are read back.

use arr_core::format::threads::with_count;
use arr_core::format::{NewPart, Options, Outline, Output, Sink, Writing};
use arr_core::{Array, Buffer, ByteOrder, DType, ErrorKind, Order, Slice, TimeBase, TimeUnit};

use super::{WriteOptions, create, separator};
use crate::csv;

fn text(options: &WriteOptions, array: &Array) -> String {
    String::from_utf8(options.to_bytes(array).unwrap()).unwrap()
}

fn csv_of(array: &Array) -> String {
    String::from_utf8(csv::to_bytes(array).unwrap()).unwrap()
}

fn by_pieces(array: &Array, options: &Options, step: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let how = Writing::new().options(options.clone());
    let mut writer = create(Sink::New(Output::new(&mut bytes)), &how).unwrap();
    let outline = Outline { dtype: array.dtype(), shape: array.shape(), order: Order::C };
    writer.begin(&NewPart::new(), &outline).unwrap();
    let array = array.to_contiguous(Order::C).unwrap();
    for items in array.as_bytes(Order::C).unwrap().chunks(step * array.itemsize()) {
        writer.items(items).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn pieces_make_the_same_text() {
    let floats: Vec<f64> = (0..60_000).map(|at| f64::from(at) * 0.37 - 7e3).collect();
    let one = Array::from_vec(floats.clone(), &[floats.len()]).unwrap();
    let wide = Array::from_vec(floats.clone(), &[3, floats.len() / 3]).unwrap();
    let square = Array::from_vec(floats.clone(), &[floats.len() / 6, 6]).unwrap();
    let turned = square.transpose().to_contiguous(Order::F).unwrap();
    let pairs =
        Array::contiguous("<c16".parse().unwrap(), &[30_000], Order::C, one.storage().clone()).unwrap();
    let records: DType = "[('a', '<f8'), ('b', '<f8', (2,))]".parse().unwrap();
    let records = Array::contiguous(records, &[20_000], Order::C, one.storage().clone()).unwrap();
    let formats = serde_json::to_string(&["%d"; 6]).unwrap();
    for (array, fmt) in [
        (&one, None),
        (&wide, Some("%.3e")),
        (&square, Some("%.2f")),
        (&square, Some(formats.as_str())),
        (&turned, None),
        (&pairs, Some("%.4f")),
        (&records, None),
    ] {
        let options = Options::new().with("delimiter", ",").with("header", "x").with("footer", "y");
        let options = fmt.map_or(options.clone(), |fmt| options.with("fmt", fmt));
        let how = WriteOptions::from_options(&options).unwrap();
        let whole = with_count(1, || how.to_bytes(array).unwrap());
        assert_eq!(whole.split(|byte| *byte == b'\n').count(), array.shape()[0] + 3);
        for threads in [1, 2, 3] {
            with_count(threads, || {
                assert!(how.to_bytes(array).unwrap() == whole);
                for step in [777, 10_001, 1 << 20] {
                    assert!(by_pieces(array, &options, step) == whole, "{fmt:?} {threads} {step}");
                }
            });
        }
    }
}

#[test]
fn the_order_in_memory_does_not_count() {
    let array = Array::from_vec((0..12i64).collect(), &[3, 4]).unwrap();
    let expected = "0 1 2 3\n4 5 6 7\n8 9 10 11\n";
    for array in [array.clone(), array.to_contiguous(Order::F).unwrap()] {
        assert_eq!(text(&WriteOptions::new(), &array), expected);
        let swapped = array.to_byte_order(ByteOrder::NATIVE.swapped()).unwrap();
        assert_eq!(text(&WriteOptions::new(), &swapped), expected);
    }
    let bytes =
        WriteOptions::new().to_bytes(&array.slice(":, ::-2".parse::<Slice>().unwrap()).unwrap()).unwrap();
    assert_eq!(bytes, b"3 1\n7 5\n11 9\n");
}

#[test]
fn nothing_is_lost_without_a_format() {
    let plain = WriteOptions::new();
    let large = Array::from_vec(vec![u64::MAX, (1 << 53) + 1], &[2]).unwrap();
    assert_eq!(text(&plain, &large), "18446744073709551615\n9007199254740993\n");
    let flags = Array::from_vec(vec![true, false], &[1, 2]).unwrap();
    assert_eq!(text(&plain, &flags), "1 0\n");
    let singles = Array::from_vec(vec![0.1f32, 1e-5, 16_777_216.0, f32::NAN], &[4]).unwrap();
    for (line, value) in text(&plain, &singles).lines().zip([0.1f32, 1e-5, 16_777_216.0, f32::NAN]) {
        assert!(line.parse::<f32>().unwrap().to_bits() == value.to_bits() || value.is_nan());
    }
    let complex: Vec<u8> =
        [1.0f64, -2.0, 0.0, 1e-5, -0.0, 1e300].iter().flat_map(|part| part.to_le_bytes()).collect();
    let complex =
        Array::contiguous("<c16".parse().unwrap(), &[3], Order::C, Buffer::from_vec(complex)).unwrap();
    assert_eq!(text(&plain, &complex), "(1-2j)\n1e-05j\n(-0+1e+300j)\n");
    assert_eq!(text(&plain.clone().fixed(1), &complex).lines().next(), Some("(1.0-2.0j)"));
    let days = Array::from_dates(TimeUnit::Of(TimeBase::Day, 1), &[Some(18_262), None]).unwrap();
    assert_eq!(text(&plain, &days), "2020-01-01\nNaT\n");
    let spans = Array::from_durations(TimeUnit::Of(TimeBase::Second, 1), &[Some(-75), None]).unwrap();
    assert_eq!(text(&plain, &spans), "-75\nNaT\n");
    let words = Array::from_strings(&["a", "", "x y", "é", "a#b", "say \"x\""]).unwrap();
    assert_eq!(text(&plain, &words), "a\n\"\"\n\"x y\"\né\n\"a#b\"\n\"say \"\"x\"\"\"\n");
    let codes = Array::from_byte_strings(&[&b"a"[..], b"\xe9", b"x,y"]).unwrap();
    assert_eq!(text(&plain, &codes), "a\né\nx,y\n");
    let latin = plain.clone().encoding("latin1").unwrap();
    assert_eq!(latin.to_bytes(&codes).unwrap(), b"a\n\xe9\nx,y\n");
    let texts = Array::from_texts(&[2, 2], Order::C, ["a", "b c", "", "d"]).unwrap();
    assert_eq!(text(&plain, &texts), "a \"b c\"\n\"\" d\n");
    let raw = Array::zeros("|V2".parse::<DType>().unwrap(), &[2]).unwrap().freeze();
    assert_eq!(plain.to_bytes(&raw).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn fixed_digits_are_those_of_floats() {
    let fixed = WriteOptions::new().fixed(6).delimiter(",");
    assert_eq!(text(&fixed, &Array::from_vec(vec![1.0, 2.0], &[1, 2]).unwrap()), "1.000000,2.000000\n");
    assert_eq!(text(&fixed, &Array::from_vec(vec![1i8, 2], &[1, 2]).unwrap()), "1,2\n");
}

#[test]
fn csv_has_a_line_of_names() {
    let dtype: DType =
        "[('id', '<i4'), ('x', '<f4', (2, 2)), ('p', [('a', 'u1'), ('b b', 'u1')]), ('c,d', '<U3'), \
                        ('r', [('v', 'u1')], (2,)), ('one', 'u1', (1,))]"
            .parse()
            .unwrap();
    let array = Array::zeros(dtype, &[2]).unwrap().freeze();
    let names = "id,x_0,x_1,x_2,x_3,p_a,p_b b,\"c,d\",r_0_v,r_1_v,one_0\n";
    let row = "0,0.0,0.0,0.0,0.0,0,0,\"\",0,0,0\n";
    assert_eq!(csv_of(&array), format!("{names}{row}{row}"));
    let tsv = csv::WriteOptions::tsv().to_bytes(&array).unwrap();
    assert!(tsv.starts_with(b"id\tx_0"));
    let other = csv::WriteOptions::new().header(String::new()).to_bytes(&array).unwrap();
    assert_eq!(other, format!("{row}{row}").as_bytes());
    let other = csv::WriteOptions::new().header("a,b".to_owned()).to_bytes(&array).unwrap();
    assert_eq!(other, format!("a,b\n{row}{row}").as_bytes());
    let few: DType = "[('x', '<f8'), ('n', '<i4')]".parse().unwrap();
    let few = Array::zeros(few, &[1]).unwrap().freeze();
    let fixed = csv::WriteOptions::new().fmt("%.2f").to_bytes(&few).unwrap();
    assert_eq!(fixed, b"x,n\n0.00,0.00\n");
    // In a text the names are left out.
    assert_eq!(text(&WriteOptions::new(), &few), "0.0 0\n");
}

/// How many notes there are of names that a reader does not know for names, and whether one reads them as names.
fn hidden(dtype: &str) -> (usize, bool) {
    use std::sync::{Arc, Mutex};

    use arr_core::format::{Notes, Writing};

    let array = Array::zeros(dtype.parse::<DType>().unwrap(), &[2]).unwrap().freeze();
    let told = Arc::new(Mutex::new(Vec::new()));
    let take = Arc::clone(&told);
    let how = Writing::new().notes(Notes::to(move |note, _| take.lock().unwrap().push(note.to_owned())));
    let bytes = arr_conformance::door::write(&csv::Csv, &array.view(), &how).unwrap();
    let count = told.lock().unwrap().len();
    let back = csv::ReadOptions::new().read_bytes(&bytes).unwrap();
    (count, back.shape() == [2])
}

#[test]
fn names_that_look_like_values_are_noted() {
    for (dtype, notes, is_known) in [
        ("[('x', '<f8'), ('y', '<i4')]", 0, true),
        ("[('x', '<f8'), ('1', '<i4')]", 0, true),
        ("[('0.5', '<f8'), ('1', '<i4')]", 1, false),
        ("[('', '<f8')]", 1, false),
        ("[('2', '<f8'), ('a', '<U3')]", 1, false),
        ("[('2', '<f8', (2,))]", 0, true),
        ("[('2020-01-01', '<M8[D]'), ('nan', '<f4')]", 1, false),
    ] {
        assert_eq!(hidden(dtype), (notes, is_known), "{dtype}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let message = |options: WriteOptions, array: &Array| options.to_bytes(array).unwrap_err().to_string();
    let floats = Array::from_vec(vec![1.0, 2.0, f64::NAN, 4.0], &[2, 2]).unwrap();
    assert_eq!(
        message(WriteOptions::new().fmt("%d"), &floats),
        "text: row 2, column 1: NaN is not a whole number"
    );
    let words = Array::from_strings(&["a", "ł"]).unwrap();
    assert_eq!(
        message(WriteOptions::new().encoding("latin1").unwrap(), &words),
        "text: row 2, column 1: 'ł' (U+0142) can't be written in latin1: choose another encoding, as utf-8"
    );
    let cube = Array::from_vec(vec![0u8; 8], &[2, 2, 2]).unwrap();
    assert_eq!(
        message(WriteOptions::new(), &cube),
        "text: expected a 1D or 2D array, got a 3D array instead: give it another shape"
    );
    assert_eq!(message(WriteOptions::new().fmt("%d"), &words), "text: %d does not print items of <U1");
    assert!(WriteOptions::new().encoding("klingon").is_err());
    // Of no rows nothing is written.
    let none = Array::zeros("[('x', '<u2'), ('y', '<i8')]".parse::<DType>().unwrap(), &[0]).unwrap().freeze();
    let ascii =
        WriteOptions::new().encoding("ascii").unwrap().newline("\u{e9}").fmts(["j%.24xj", "%#6.3g%%"]);
    assert_eq!(ascii.to_bytes(&none).unwrap(), b"");
}

#[test]
fn a_writer_counts_its_items() {
    let mut bytes = Vec::new();
    let mut output = Output::new(&mut bytes);
    let dtype: DType = "<i4".parse().unwrap();
    let outline = |shape, order| Outline { dtype: &dtype, shape, order };
    let part = NewPart::new();
    let mut writer = create(Sink::New(output.reborrow()), &Writing::new()).unwrap();
    assert_eq!(writer.items_in(Order::F), Order::C);
    writer.begin(&part, &outline(&[2, 1], Order::F)).unwrap();
    assert!(writer.begin(&part, &outline(&[1], Order::C)).is_err());
    writer.items(&[1, 0, 0]).unwrap();
    writer.items(&[0, 2]).unwrap();
    assert_eq!(writer.items(&[0; 4]).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(writer.finish().unwrap_err().kind(), ErrorKind::Mismatch);
    assert!(create(Sink::New(output.reborrow()), &Writing::new()).unwrap().finish().is_err());
}

#[test]
fn files_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.txt");
    super::savetxt(&path, &[1.0, 0.5]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"1.000000000000000000e+00\n5.000000000000000000e-01\n");
    assert!(WriteOptions::new().fmt("%q").save(&path, &[1.0]).is_err());
    assert_eq!(std::fs::read(&path).unwrap().len(), 50);
}

#[test]
fn a_shell_can_say_line_ends_and_tabs() {
    for (given, meant) in [
        ("\\r\\n", "\r\n"),
        ("\\n", "\n"),
        ("\\t", "\t"),
        ("\r\n", "\r\n"),
        (";\\n", ";\\n"),
        ("\\n;", "\\n;"),
        ("\\", "\\"),
        ("\\x", "\\x"),
        ("", ""),
    ] {
        assert_eq!(
            separator(&Options::new().with("newline", given), "newline").as_deref(),
            Some(meant),
            "{given:?}"
        );
    }
    assert_eq!(separator(&Options::new(), "newline"), None);
}
