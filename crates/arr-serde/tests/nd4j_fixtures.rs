//! What real ND4J has written in JSON, in base64 and by Kryo has the values that the manifest says, and what is written of
//! it is read again.
#![cfg(all(feature = "jackson", feature = "kryo"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::{Array, DType, Order};
use arr_serde::json::{self, Form, WriteOptions};
use arr_serde::{kryo, nd4j_base64};
use serde_json::Value as Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j")
}

fn listed(formats: &[&str]) -> Vec<(String, Vec<u8>, Json)> {
    let list: Json = serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = list["files"].as_array().unwrap().iter();
    let of_format = files.filter(|about| formats.contains(&about["format"].as_str().unwrap()));
    let read = |about: &Json| {
        let name = about["file"].as_str().unwrap().to_owned();
        (name.clone(), std::fs::read(folder().join(name)).unwrap(), about.clone())
    };
    of_format.map(read).collect()
}

fn number(value: &Json) -> f64 {
    match value {
        Json::String(text) => text.parse().unwrap(),
        Json::Bool(truth) => f64::from(u8::from(*truth)),
        number => number.as_f64().unwrap(),
    }
}

fn check(of: &str, found: &Array, about: &Json, has_dtype: bool) {
    let shape: Vec<usize> = serde_json::from_value(about["shape"].clone()).unwrap();
    assert_eq!(found.shape(), shape, "{of}");
    let values = about["values"].as_array().unwrap();
    let name = about["dtype"].as_str().unwrap();
    let dtype: DType = name.parse().unwrap();
    if has_dtype {
        assert_eq!(found.dtype().with_byte_order(arr_core::ByteOrder::NATIVE), dtype, "{of}");
    }
    if dtype == DType::Utf8 {
        let wanted: Vec<&str> = values.iter().map(|value| value.as_str().unwrap()).collect();
        return assert_eq!(found.to_strings().unwrap(), wanted, "{of}");
    }
    let whole = found.to_contiguous(Order::C).unwrap();
    if let (true, Some(_)) = (name.starts_with("int"), values.first().and_then(Json::as_i64)) {
        let wanted: Vec<i64> = values.iter().map(|value| value.as_i64().unwrap()).collect();
        let found = whole.cast_checked(&"i8".parse().unwrap()).unwrap();
        return assert_eq!(found.to_vec::<i64>().unwrap(), wanted, "{of}");
    }
    let found = whole.cast(&"f8".parse().unwrap(), arr_core::Casting::Unsafe).unwrap();
    let bits: Vec<u64> = found.to_vec::<f64>().unwrap().into_iter().map(f64::to_bits).collect();
    let wanted: Vec<u64> = values.iter().map(|value| number(value).to_bits()).collect();
    assert_eq!(bits, wanted, "{of}");
}

fn root(bytes: &[u8], of: &str) -> Array {
    let graph = json::loads(bytes).unwrap_or_else(|error| panic!("{of}: {error}"));
    let id = graph.root().unwrap().as_node().unwrap();
    graph.array(id).unwrap_or_else(|error| panic!("{of}: {error}"))
}

#[test]
fn documents_of_jackson() {
    for (formats, form, count, has_dtype) in [
        (&["nd4j-json-base64", "nd4j-jackson"][..], Form::Jackson, 10, true),
        (&["nd4j-json-text"], Form::JsonText, 22, true),
        (&["nd4j-json-vector"], Form::Vector, 7, false),
    ] {
        let files = listed(formats);
        assert_eq!(files.len(), count, "{formats:?}");
        for (of, bytes, about) in files {
            let array = root(&bytes, &of);
            check(&of, &array, &about, has_dtype);
            let written = match WriteOptions::new().form(form).to_bytes(&array) {
                Ok(written) => written,
                // ND4J would read the infinity as nothing.
                Err(error) => {
                    assert!(of.contains("f16"), "{of}: {error}");
                    continue;
                }
            };
            check(&of, &root(&written, &of), &about, has_dtype);
            // Numbers are written as ND4J has them, but for those that Java prints in another way.
            let same = |text: &[u8]| String::from_utf8_lossy(text).replace(", ", ",");
            let is_known = of.contains("v091-f32") || of.contains("i64") || of.contains("f32-2x3");
            if is_known && form != Form::Jackson && !of.contains("beta3") && !of.contains("-f.json") {
                assert_eq!(same(&written), same(&bytes), "{of}");
            }
        }
    }
}

#[test]
fn texts_of_base64() {
    let files = listed(&["nd4j-base64"]);
    assert_eq!(files.len(), 6);
    for (of, bytes, about) in files {
        let array = nd4j_base64::read_bytes(&bytes).unwrap_or_else(|error| panic!("{of}: {error}"));
        check(&of, &array, &about, true);
        let written = nd4j_base64::to_bytes(&array).unwrap();
        assert!(written != bytes || of.contains("m21") || of.contains("beta6"), "{of}");
        assert!(written == bytes || !of.contains("m21"), "{of}");
        check(&of, &nd4j_base64::read_bytes(&written).unwrap(), &about, true);
        // One line, and another array behind a tab, which is left alone.
        let line: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        check(&of, &nd4j_base64::read_bytes(&line).unwrap(), &about, true);
        check(
            &of,
            &nd4j_base64::read_bytes(&[&bytes[..], b"\t", &bytes[..]].concat()).unwrap(),
            &about,
            true,
        );
    }
}

#[test]
fn objects_of_kryo() {
    let files = listed(&["nd4j-kryo"]);
    assert_eq!(files.len(), 6);
    for (of, bytes, about) in files {
        let array = kryo::read_bytes(&bytes).unwrap_or_else(|error| panic!("{of}: {error}"));
        check(&of, &array, &about, true);
        check(&of, &kryo::view(&bytes).unwrap().to_owned().unwrap(), &about, true);
        let options = match about["kryo"].as_str().unwrap() {
            "writeObject" => kryo::WriteOptions::new(),
            _ => kryo::WriteOptions::new().class_id(10),
        };
        let written = options.to_bytes(&array).unwrap();
        let front =
            bytes.len() - bytes.windows(2).position(|two| two == b"\0\x07").map_or(0, |at| bytes.len() - at);
        assert_eq!(written[..front], bytes[..front], "{of}");
        check(&of, &kryo::read_bytes(&written).unwrap(), &about, true);
        let bare = kryo::WriteOptions::new().references(false).to_bytes(&array).unwrap();
        check(&of, &kryo::read_bytes(&bare).unwrap(), &about, true);
        assert_eq!(bare, arr_binary::stream::to_bytes(&array).unwrap(), "{of}");
    }
}
