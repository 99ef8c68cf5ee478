//! What `info` and `check` say of streams and `BinarySerde` files that ND4J writes, and of those that are not right.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::{arr_in, fixtures};

fn folder() -> PathBuf {
    fixtures().join("nd4j")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn info(at: &std::path::Path, arguments: &[&str]) -> Value {
    let info: Value =
        serde_json::from_str(&arr_in(at, &[&["info", "--json"], arguments].concat()).ok()).unwrap();
    // What every object says of the file, and all of them.
    json!({ "trailing": info[0]["trailing"], "arrays": info })
}

#[test]
fn every_file_of_real_nd4j_is_sound() {
    let mut checked = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !["nd4j-stream", "nd4j-binaryserde"].iter().any(|format| name.starts_with(format)) {
            continue;
        }
        for file in std::fs::read_dir(entry.path()).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            // Their text is lost, or none.
            if name == "nd4j-stream" && file.contains("str") || file.contains("mangled") {
                continue;
            }
            arr_in(&folder(), &["check", &format!("{name}/{file}")]).ok();
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn the_item_of_an_empty_array_belongs_to_it_only_at_the_end() {
    let temporary = tempfile::tempdir().unwrap();
    let bytes = fixture("nd4j-binaryserde/beta6-f32-empty.buf");
    let write = |bytes: &[u8]| std::fs::write(temporary.path().join("x.buf"), bytes).unwrap();
    write(&bytes);
    arr_in(temporary.path(), &["check", "x.buf"]).ok();
    let found = info(temporary.path(), &["x.buf"]);
    assert_eq!((&found["trailing"], &found["arrays"][0]["data_bytes"]), (&json!(0), &json!(0)));
    for len in [bytes.len() - 1, bytes.len() - 3] {
        write(&bytes[..len]);
        let line = arr_in(temporary.path(), &["check", "x.buf"]).with_code(1);
        assert!(line.contains("bytes follow the data"), "{line}");
    }
    write(&[&bytes[..], b"x"].concat());
    let line = arr_in(temporary.path(), &["check", "x.buf"]).with_code(1);
    assert!(line.contains("5 bytes follow the data"), "{line}");
}

#[test]
fn compressed_arrays_and_strings_of_a_row_are_stepped_over() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let parts = [
        "nd4j-stream-compressed-gzip/m21-f32-2x3-c.bin",
        "nd4j-stream-compressed-int8/v091-f32-2x3-c.bin",
        "nd4j-stream/m21-str-3.bin",
        "nd4j-stream-compressed-noop/beta3-f32-2x3-c.bin",
        "nd4j-stream/m21-f64-scalar.bin",
    ];
    std::fs::write(at.join("x.nd4j"), parts.map(fixture).concat()).unwrap();
    let found = info(at, &["x.nd4j"]);
    let arrays = found["arrays"].as_array().unwrap();
    let shapes: Vec<&Value> = arrays.iter().map(|array| &array["shape"]).collect();
    assert_eq!(shapes, [&json!([2, 3]), &json!([2, 3]), &json!([3]), &json!([2, 3]), &json!([])]);
    let sizes: Vec<&Value> = arrays.iter().map(|array| &array["data_bytes"]).collect();
    assert_eq!(sizes, [66, 6, 0, 24, 8].map(|size| json!(size)).iter().collect::<Vec<_>>());
    assert_eq!((&arrays[2]["order"], &found["trailing"]), (&json!("C"), &json!(0)));
    let blocks = arr_in(at, &["info", "x.nd4j"]).ok();
    assert!(!blocks.contains("only the data tells"), "{blocks}");
    assert!(blocks.contains("66 bytes from byte"), "{blocks}");
    let line = arr_in(&folder(), &["info", "nd4j-binaryserde-compressed-gzip/m21-f32-50x20.buf"]).ok();
    assert!(!line.contains("only the data tells"), "{line}");
    // Data that is cut off is not an array, packed or not.
    let bytes = fixture(parts[0]);
    std::fs::write(at.join("cut.nd4j"), &bytes[..bytes.len() - 1]).unwrap();
    let line = arr_in(at, &["info", "cut.nd4j"]).fails();
    assert!(line.contains("the input ends inside the data"), "{line}");
}

/// `check` unpacks what is packed, however long it is said to be.
#[test]
fn damage_in_compressed_data_is_found() {
    let temporary = tempfile::tempdir().unwrap();
    for name in [
        "nd4j-stream-compressed-gzip/m21-f32-2x3-c.bin",
        "nd4j-binaryserde-compressed-gzip/m21-f32-2x3-c.buf",
    ] {
        let mut bytes = fixture(name);
        let place = bytes.len() - 6;
        bytes[place] ^= 0x10;
        std::fs::write(temporary.path().join("x"), bytes).unwrap();
        let line = arr_in(temporary.path(), &["check", "x"]).with_code(1);
        assert!(line.contains("gzip data is damaged"), "{line}");
    }
}

#[test]
fn bytes_that_are_neither_0_nor_1_are_true_and_a_fault() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    for (name, file) in
        [("nd4j-stream/m21-bool-2x3.bin", "x.nd4j"), ("nd4j-binaryserde/m21-bool-2x3.buf", "x.buf")]
    {
        let mut bytes = fixture(name);
        let place = bytes.len() - 6;
        bytes[place..].copy_from_slice(&[0, 1, 2, 255, 0, 128]);
        std::fs::write(at.join(file), &bytes).unwrap();
        let dump: Value = serde_json::from_str(&arr_in(at, &["dump", file]).ok()).unwrap();
        let data = &dump["heap"].as_object().unwrap().values().next().unwrap()["data"];
        assert_eq!(*data, json!([false, true, true, true, false, true]), "{file}");
        let line = arr_in(at, &["check", file]).with_code(1);
        assert!(line.contains(&format!("in item [0, 2] (at byte {})", place + 2)), "{line}");
    }
    // In compressed data there is no such byte; the data is where it is. Its fields are those of the streams above.
    let bytes = fixture("nd4j-stream/m21-bool-2x3.bin");
    let packed = [
        &bytes[..bytes.len() - 6 - 6 - 8],
        &0i64.to_be_bytes(),
        b"\0\x0aCOMPRESSED\0\x04NOOP",
        &[0, 6, 6].map(i64::to_be_bytes).concat(),
        &8i32.to_be_bytes(),
    ]
    .concat();
    std::fs::write(at.join("p.nd4j"), [&packed[..], &[0, 1, 2, 255, 0, 128]].concat()).unwrap();
    arr_in(at, &["diff", "p.nd4j", "x.nd4j"]).ok();
    let line = arr_in(at, &["check", "p.nd4j"]).with_code(1);
    assert!(line.contains(&format!("in item [0, 2] (at byte {})", packed.len())), "{line}");
}
