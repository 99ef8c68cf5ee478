//! Tables of text, and files that are compressed.

use std::io::Write;

use arr_io::text::genfromtxt::{self, Filling, FillingValues, MissingValues};
use arr_io::text::text::{self, WriteOptions};
use arr_io::{Array, DType, Element, ErrorKind, Input, OpenOptions};
use proptest::prelude::*;

/// A table by the rules of `numpy.loadtxt`.
fn table(text: &str, delimiter: char, skip: u64) -> arr_io::Result<Array> {
    text::ReadOptions::new().delimiter(delimiter).skiprows(skip).ndmin(2).read_bytes(text.as_bytes())
}

/// The same, of a type.
fn table_of<T: Element>(text: &str, delimiter: char) -> Array {
    let options = text::ReadOptions::new().delimiter(delimiter).ndmin(2).dtype(DType::of::<T>());
    options.read_bytes(text.as_bytes()).unwrap()
}

/// A table with missing values.
fn with_missing(text: &str, filling: impl Into<Filling>, missing: &[&str], skip: u64) -> Array {
    let missing = MissingValues::All(missing.iter().map(|text| (*text).to_owned()).collect());
    genfromtxt::ReadOptions::new()
        .delimiter(',')
        .skip_header(skip)
        .missing_values(missing)
        .filling_values(FillingValues::All(filling.into()))
        .read_bytes(text.as_bytes())
        .unwrap()
}

fn written(options: WriteOptions, array: &Array) -> String {
    String::from_utf8(options.to_bytes(array).unwrap()).unwrap()
}

#[test]
fn a_line_of_numbers_is_written_one_in_each_row() {
    let line = Array::from_vec(vec![1.5, 2.5, 3.0, 4.0], &[4]).unwrap();
    assert_eq!(written(WriteOptions::new().fmt("%g"), &line), "1.5\n2.5\n3\n4\n");
    assert_eq!(written(WriteOptions::new(), &line), "1.5\n2.5\n3.0\n4.0\n", "floats stay floats");
}

#[test]
fn a_line_of_numbers_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.txt");
    for values in [&[1.0, -2.5, 3.5, 0.0, 7.25][..], &[1.5, 2.5, 3.5, 4.5]] {
        let line = Array::from_vec(values.to_vec(), &[values.len()]).unwrap();
        WriteOptions::new().fmt("%.6e").save(&path, &line).unwrap();
        assert_eq!(arr_io::text::loadtxt(&path).unwrap(), line);
        let rows = table(&std::fs::read_to_string(&path).unwrap(), ',', 0).unwrap();
        assert_eq!(rows.shape(), [line.len(), 1], "or as a column");
    }
}

#[test]
fn a_table_is_read_in_c_order() {
    assert_eq!(table_of::<i64>("1,2\n3,4\n5,6\n", ',').to_vec::<i64>().unwrap(), [1, 2, 3, 4, 5, 6]);
    let floats = table("1.0,2.0,3.0\n4.0,5.0,6.0\n", ',', 0).unwrap();
    assert_eq!(
        (floats.shape(), floats.to_vec::<f64>().unwrap()),
        (&[2, 3][..], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    );
    let tabs = table_of::<i32>("1\t2\t3\n4\t5\t6\n", '\t');
    assert_eq!((tabs.shape(), tabs.to_vec::<i32>().unwrap()), (&[2, 3][..], vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(table_of::<i64>("10,20\n30,40\n", ',').to_vec::<i64>().unwrap(), [10, 20, 30, 40]);
}

#[test]
fn lines_are_skipped_with_the_comments_among_them() {
    let text = "# header\nname,value\n1.0,10.0\n2.0,20.0\n";
    let rows = table(text, ',', 2).unwrap();
    assert_eq!((rows.shape(), rows.get::<f64>(&[0, 0]).unwrap()), (&[2, 2][..], 1.0));
    assert!(table(text, ',', 1).is_err(), "the first line is a comment, which NumPy counts too");
    assert_eq!(table("1,2\n# comment\n3,4\n", ',', 0).unwrap().shape(), [2, 2]);
}

#[test]
fn a_table_goes_through_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let array = Array::from_vec(vec![1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).unwrap();
    for options in [WriteOptions::new().delimiter(","), WriteOptions::new().delimiter(",").fmt("%.6e")] {
        options.save(&path, &array).unwrap();
        assert_eq!(text::ReadOptions::new().delimiter(',').read(&path).unwrap(), array);
    }
    assert_eq!(table(&written(WriteOptions::new().delimiter(","), &array), ',', 0).unwrap(), array);
}

#[test]
fn tables_have_a_delimiter_a_header_and_a_footer() {
    let array = Array::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    let tabs = written(WriteOptions::new().delimiter("\t"), &array);
    assert!(tabs.contains('\t') && !tabs.contains(','));
    let framed = written(WriteOptions::new().header("my header").footer("end"), &array);
    assert!(framed.starts_with("# my header\n") && framed.ends_with("# end\n"));
}

#[test]
fn missing_values_are_filled() {
    let array = with_missing("1.0,2.0,3.0\n4.0,,6.0\n7.0,8.0,\n", f64::NAN, &[], 0);
    let values = array.to_vec::<f64>().unwrap();
    assert_eq!((array.shape(), values[0]), (&[3, 3][..], 1.0));
    assert_eq!(
        values.iter().enumerate().filter(|(_, value)| value.is_nan()).map(|(at, _)| at).collect::<Vec<_>>(),
        [4, 8]
    );
    let marked = with_missing("1.0,NA,3.0\n4.0,5.0,NA\n", -999.0, &["NA"], 0);
    assert_eq!(marked.to_vec::<f64>().unwrap(), [1.0, -999.0, 3.0, 4.0, 5.0, -999.0]);
    let named = with_missing("col1,col2\n1.0,2.0\n3.0,4.0\n", f64::NAN, &[], 1);
    assert_eq!((named.shape(), named.to_vec::<f64>().unwrap()), (&[2, 2][..], vec![1.0, 2.0, 3.0, 4.0]));
}

#[test]
fn missing_values_of_a_file_are_filled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gaps.csv");
    std::fs::write(&path, "1.0,2.0\n,4.0\n").unwrap();
    let array = genfromtxt::ReadOptions::new().delimiter(',').read(&path).unwrap();
    assert!(array.shape() == [2, 2] && array.get::<f64>(&[1, 0]).unwrap().is_nan());
}

#[test]
fn an_empty_text_is_an_array_of_no_rows() {
    let array = text::ReadOptions::new().delimiter(',').read_bytes(b"").unwrap();
    assert_eq!((array.shape(), array.len()), (&[0][..], 0));
}

#[test]
fn fields_are_read_as_texts() {
    let texts = |text: &str, delimiter: char| {
        let options = text::ReadOptions::new().delimiter(delimiter).dtype("<U5".parse().unwrap());
        let array = options.read_bytes(text.as_bytes()).unwrap();
        (array.shape().to_vec(), array.to_strings().unwrap())
    };
    let six = ["1", "2", "3", "4", "5", "6"].map(String::from).to_vec();
    assert_eq!(texts("1,2,3\n4,5,6\n", ','), (vec![2, 3], six.clone()));
    assert_eq!(texts("1\t2\t3\n4\t5\t6\n", '\t'), (vec![2, 3], six));
}

#[test]
fn rows_of_other_lengths_are_an_error() {
    let error = table("1,2,3\n4,5\n", ',', 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("line 2: the row has 2 columns, the first row has 3"), "{error}");
}

/// All bytes of a file, decompressed where it is compressed.
fn contents(path: &std::path::Path) -> arr_io::Result<Vec<u8>> {
    OpenOptions::new().uncompressed(Input::open(path)?)?.0.read_to_end()
}

#[test]
fn compressed_files_are_read_as_if_they_were_not() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (folder.path().join("hello.txt"), folder.path().join("hello.txt.gz"));
    std::fs::write(&plain, "hello world").unwrap();
    let mut encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&packed).unwrap(),
        flate2::Compression::default(),
    );
    encoder.write_all(b"hello world").unwrap();
    encoder.finish().unwrap();
    assert_eq!(contents(&plain).unwrap(), b"hello world");
    assert_eq!(contents(&packed).unwrap(), b"hello world");
    assert_eq!(contents(&folder.path().join("missing.txt")).unwrap_err().kind(), ErrorKind::Io);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tables_come_back_whatever_the_delimiter(
        rows in 1usize..8,
        columns in 1usize..8,
        values in prop::collection::vec(any::<f64>().prop_filter("NaN", |value| !value.is_nan()), 64),
    ) {
        let values: Vec<f64> = values.into_iter().take(rows * columns).collect();
        let array = Array::from_vec(values, &[rows, columns]).unwrap();
        for delimiter in [',', '\t'] {
            let text = written(WriteOptions::new().delimiter(delimiter), &array);
            prop_assert!(table(&text, delimiter, 0).unwrap().bits_equal(&array));
        }
    }

    #[test]
    fn whatever_is_missing_is_filled(values in prop::collection::vec(1i32..100, 2..5), filling in -9999.0..-9990.0) {
        let row = |first: &str| {
            let rest = values.iter().skip(1).map(ToString::to_string);
            std::iter::once(first.to_owned()).chain(rest).collect::<Vec<_>>().join(",")
        };
        let text = format!("{}\n{}\n", row(&values[0].to_string()), row("NA"));
        let array = with_missing(&text, filling, &["NA"], 0);
        let mut expected: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        prop_assert_eq!(&array.slice(arr_io::s![0]).unwrap().to_vec::<f64>().unwrap(), &expected);
        expected[0] = filling;
        prop_assert_eq!(&array.slice(arr_io::s![1]).unwrap().to_vec::<f64>().unwrap(), &expected);
    }
}
