//! Delimited text: the files that ND4J read, wrote or refused, and the rules of Java for lines and numbers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_conformance::Suite;
use arr_core::format::Options;
use arr_core::{Array, DType, ErrorKind};
use arr_text::delimited::{ReadOptions, WriteOptions};
use arr_text::format::DelimitedTxt;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j")
}

fn with_delimiter(delimiter: &str) -> ReadOptions {
    ReadOptions::from_options(&Options::new().with("delimiter", delimiter)).unwrap()
}

fn read(delimiter: &str, text: &str) -> arr_core::Result<(Vec<usize>, Vec<f64>)> {
    let array = with_delimiter(delimiter).read_bytes(text.as_bytes())?;
    assert_eq!(array.ndim(), 2);
    Ok((array.shape().to_vec(), array.to_vec::<f64>()?))
}

/// The entry of every file of that format.
fn entries() -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    files.iter().filter(|entry| entry["format"] == "delimited-txt").cloned().collect()
}

fn value(value: &Value) -> f32 {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "it is a single")]
        Value::Number(number) => number.as_f64().unwrap() as f32,
        Value::String(word) => word.parse().unwrap(),
        other => panic!("{other}"),
    }
}

#[test]
fn files_are_read_as_nd4j_reads_them() {
    let entries = entries();
    assert_eq!(entries.len(), 13);
    for entry in entries {
        let file = entry["file"].as_str().unwrap();
        let bytes = std::fs::read(folder().join(file)).unwrap();
        let single = with_delimiter(entry["delimiter"].as_str().unwrap()).dtype(DType::of::<f32>());
        let found = single.read_bytes(&bytes);
        if entry["nd4j_refuses"] == true {
            // A bar is one here; a line without a field is no row.
            let is_read =
                matches!(file, "delimited-txt/bad-pipe-as-regex.txt" | "delimited-txt/bad-blank-line.txt");
            match found {
                Ok(array) if is_read => {
                    assert_eq!(array.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0], "{file}");
                }
                Err(error) if !is_read => {
                    assert!(
                        error.kind() == ErrorKind::Malformed && error.offset().is_some(),
                        "{file}: {error}"
                    );
                }
                other => panic!("{file}: {other:?}"),
            }
            continue;
        }
        let array = found.unwrap();
        let shape: Vec<u64> = array.shape().iter().map(|dim| *dim as u64).collect();
        assert_eq!(Value::from(shape), entry["shape"], "{file}");
        let wanted: Vec<u32> =
            entry["values"].as_array().unwrap().iter().map(|item| value(item).to_bits()).collect();
        let bits: Vec<u32> = array.to_vec::<f32>().unwrap().iter().map(|item| item.to_bits()).collect();
        assert_eq!(bits, wanted, "{file}");
        // Where the delimiter is not told, it is found out; as doubles, the values are those of the text.
        let alone = arr_text::delimited::read(folder().join(file)).unwrap();
        assert_eq!((alone.shape(), alone.dtype()), (array.shape(), &DType::of::<f64>()), "{file}");
    }
}

#[test]
fn what_nd4j_writes_is_written() {
    let array = Array::from_vec(vec![1f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).unwrap();
    let wanted = std::fs::read(folder().join("delimited-txt/v091-f32-2x3-c.txt")).unwrap();
    let options = WriteOptions::new().delimiter(",").unwrap();
    assert_eq!(options.to_bytes(&array).unwrap(), wanted);
    let wanted = std::fs::read(folder().join("delimited-txt/simple-rows.txt")).unwrap();
    assert_eq!(options.clone().fixed(6).to_bytes(&array).unwrap(), wanted);
    // A vector is a row.
    let vector = Array::from_vec(vec![true, false], &[2]).unwrap();
    assert_eq!(options.to_bytes(&vector).unwrap(), b"1.0,0.0\n");
    let whole = Array::from_vec(vec![1i64 << 60, -1 << 53, i64::MIN], &[3, 1]).unwrap();
    assert_eq!(
        options.to_bytes(&whole).unwrap(),
        b"1.152921504606847E18\n-9.007199254740992E15\n-9.223372036854776E18\n"
    );
}

#[test]
fn what_a_double_does_not_hold_is_refused() {
    let refused = |array: &Array| WriteOptions::new().to_bytes(array).unwrap_err().to_string();
    let large = Array::from_vec(vec![0i64, (1 << 53) + 1], &[2, 1]).unwrap();
    assert_eq!(refused(&large), "delimited-txt: row 2, column 1: a double does not hold 9007199254740993");
    let most = Array::from_vec(vec![u64::MAX], &[1]).unwrap();
    assert!(refused(&most).contains("18446744073709551615"), "{}", refused(&most));
    let texts = Array::from_texts(&[1], arr_core::Order::C, ["x"]).unwrap();
    assert!(refused(&texts).contains("are no numbers"), "{}", refused(&texts));
    let deep = Array::from_vec(vec![0.0; 8], &[2, 2, 2]).unwrap();
    assert!(refused(&deep).contains("3D"), "{}", refused(&deep));
}

#[test]
fn lines_are_cut_as_java_cuts_them() {
    for (delimiter, text, wanted) in [
        (",", "1,2,\n3,4,\r5,6,\r\n", (vec![3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
        (",", "1,,,\n2\n", (vec![2, 1], vec![1.0, 2.0])),
        (",", "  1 ,\t2 , \n", (vec![1, 2], vec![1.0, 2.0])),
        (" ", "  1 2 \t \t\n3 4", (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0])),
        ("\\t", "\t1\t2\t\n", (vec![1, 2], vec![1.0, 2.0])),
        ("\\s+", "1   2\n3\t4\n", (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0])),
        ("\\|", "1|2\n\n \n3|4\n", (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0])),
        (",", "1f,0x1p3\nInfinity,1e400\n", (vec![2, 2], vec![1.0, 8.0, f64::INFINITY, f64::INFINITY])),
        (",", "7\n", (vec![1, 1], vec![7.0])),
    ] {
        assert_eq!(read(delimiter, text).unwrap(), wanted, "{delimiter:?} {text:?}");
    }
    for (delimiter, text) in [
        (",", ",1\n"),
        (",", "1, ,\n"),
        (",", "1,2\n3\n"),
        (",", "1\n,,\n"),
        (" ", "1  2\n"),
        (",", "# x\n1\n"),
        (",", "1,\"2\"\n"),
        (",", "1,1_0\n"),
    ] {
        let error = read(delimiter, text).unwrap_err();
        assert!(error.kind() == ErrorKind::Malformed && error.offset().is_some(), "{text:?}: {error}");
    }
}

#[test]
fn singles_are_rounded_once() {
    let text = b"1.00000017881393432617187501 1.0\n0x1.0000010000001p0 2\n";
    let array = ReadOptions::new().dtype(DType::of::<f32>()).read_bytes(text).unwrap();
    let bits: Vec<u32> = array.to_vec::<f32>().unwrap().iter().map(|value| value.to_bits()).collect();
    assert_eq!(bits, [0x3f80_0002, 0x3f80_0000, 0x3f80_0001, 0x4000_0000]);
}

#[test]
fn long_rows_lose_what_java_drops() {
    let row = vec!["1.5"; 1_500_000].join(",");
    for (text, count) in [(row.clone(), 1_500_000), (format!(" {row},,\t\n"), 1_500_000)] {
        let array = with_delimiter(",").read_bytes(text.as_bytes()).unwrap();
        assert_eq!(array.shape(), [1, count]);
        assert!(array.to_vec::<f64>().unwrap().iter().all(|value| *value == 1.5));
    }
}

#[test]
fn it_shows_what_every_format_shows() {
    let suite = Suite::new(&DelimitedTxt).text().overhead(1 << 16).may_end_early().dtypes([]).effort(400);
    let sound = |name: &str| !name.starts_with("bad-");
    let suite = suite.folder(&folder().join("delimited-txt"), sound).unwrap();
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}
