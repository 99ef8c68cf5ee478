//! Hostile documents are refused with their offset, or are data only; memory stays in proportion.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use arr_core::{ErrorKind, Limits, Node};
use arr_serde::json::{self, ReadOptions, WriteOptions};

#[test]
fn a_million_levels_are_no_recursion() {
    const DEPTH: usize = 1_000_000;
    let work = || {
        let lists = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        let numbers = format!("{}1{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        let dicts = format!("{}1{}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH));
        for text in [&numbers, &dicts] {
            assert!(json::loads(text.as_bytes()).unwrap().len() + arr_core::MAX_RANK >= DEPTH);
        }
        let graph = json::loads(lists.as_bytes()).unwrap();
        assert_eq!(graph.len(), DEPTH);
        assert_eq!(WriteOptions::new().dumps(&graph).unwrap(), lists.as_bytes());
        // The last of them is too deep before it ends.
        let too_early = [("[", ErrorKind::Malformed), ("{\"a\":", ErrorKind::Malformed)];
        for (open, kind) in too_early.into_iter().chain([("[1,[", ErrorKind::LimitExceeded)]) {
            let error = json::loads(open.repeat(DEPTH).as_bytes()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(work).unwrap().join().unwrap();
}

#[test]
fn each_is_refused_where_it_lies() {
    use ErrorKind::{LimitExceeded, Malformed, Unsupported};
    let long = "9".repeat(30_000);
    for (text, kind, at) in [
        (r#"["<f4", "AACAPw", [1]]"#, Malformed, 15),
        (r#"["<f4", "AACA*w==", [1]]"#, Malformed, 13),
        (r#"["<f4", "AACAPw=", [1]]"#, Malformed, 16),
        (r#"["<f4", "AACAPw==", [2]]"#, Malformed, 9),
        (r#"["<f4", "AACAPw==", [-1]]"#, Malformed, 0),
        (r#"["<f4", "AACAPw==", [4611686018427387904, 4611686018427387904]]"#, Malformed, 0),
        (r#"{"a": 1, "b": 2, "a": 3}"#, Malformed, 18),
        (r#"{"a": 1, "\u0061": 3}"#, Malformed, 10),
        (r#"["\ud800"]"#, Malformed, 2),
        (r#"{"\udc00": 1}"#, Malformed, 2),
        ("[1e999]", Unsupported, 1),
        (long.as_str(), LimitExceeded, 0),
        (r#"{"__numpy__": "A", "dtype": "<f4", "shape": [1]}"#, Malformed, 16),
        (r#"{"__numpy__": "AAAAA*==", "dtype": "<f4", "shape": [1]}"#, Malformed, 20),
        (r#"{"__ndarray__": "b64.gz:AAAA", "dtype": "float32", "shape": [1]}"#, Malformed, 24),
        (r#"{"__ndarray__": "b64:AAE=", "dtype": ">i2", "shape": [1], "endian": "little"}"#, Unsupported, 17),
        (r#"{"__numpy__": "AAAA", "dtype": "<f4", "shape": [9999999999]}"#, Malformed, 15),
    ] {
        let found = json::loads(text.as_bytes());
        let shown: String = text.chars().take(60).collect();
        match found {
            // A shape that is none makes a list of the triple.
            Ok(_) => assert_eq!((kind, at), (Malformed, 0), "{shown}"),
            Err(error) => {
                assert_eq!((error.kind(), error.offset()), (kind, Some(at)), "{shown}: {error}");
                assert!(error.to_string().starts_with("json: "), "{error}");
            }
        }
    }
    let error = json::loads(b"[\"a\xff\"]").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Malformed, Some(3)));
    let error = json::loads(b"{\"\xc3\": 1}").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Malformed, Some(2)));
}

#[test]
fn a_form_is_known_by_its_values_too() {
    for text in [
        r#"["float", "64", [1]]"#,
        r#"["a", "b", [1, 2]]"#,
        r#"{"dtype": "float32", "shape": [2], "data": "file.bin"}"#,
        r#"{"dtype": "nothing", "shape": [2], "data": "AAAA"}"#,
        r#"{"dtype": "object", "shape": [1], "data": "AAAAAAAAAAA="}"#,
        r#"{"array": "of texts"}"#,
        r#"{"array": "AAAA"}"#,
        r#"{"type": "ndarray", "array": {"type": "bytes", "data": {"id": "p1"}}, "shape": [2], "dtype": "int8", "order": "little"}"#,
        r#"{"dtype": "<f4", "shape": [1], "data": "AACAPw==", "more": 1}"#,
        r#"{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}"#,
        r#"["int8", "long"]"#,
    ] {
        let graph = json::loads(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let is_array = |path: &str| {
            let value = graph.find(path).ok();
            value.and_then(|value| graph.follow(value)).is_some_and(|node| matches!(node, Node::Array(_)))
        };
        // What may be the whole document's two words is read as such: three bytes of base64.
        assert_eq!(is_array(""), text.starts_with(r#"["int8""#), "{text}");
    }
}

/// Words that are a dtype and base64 by chance stand in tables; data that was cut is longer, or its dtype is written in full.
#[test]
fn a_row_of_a_table_is_no_array() {
    let is_array = |text: &str, path: &str| {
        let graph = json::loads(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let value = graph.find(path).unwrap();
        matches!(graph.follow(value), Some(Node::Array(_)))
    };
    for row in [
        r#"["i8", "BMW", [2020, 2021]]"#,
        r#"["i8", "OPEL", [2020, 2021]]"#,
        r#"["float32", "relu", [128, 64]]"#,
        r#"["b", "", []]"#,
        r#"["int8", "AAA", [2]]"#,
    ] {
        assert!(!is_array(&format!("[{row}]"), "/0"), "{row}");
        assert!(!is_array(&format!(r#"{{"row": {row}}}"#), "/row"), "{row}");
        assert_eq!(json::loads(format!("{row}\n{row}\n").as_bytes()).unwrap().roots().len(), 2);
    }
    assert!(is_array(r#"[["int8", "AAAA", [3]], 1]"#, "/0"));
    assert!(is_array(r#"[["float32", "AACAPw==", [1]], 1]"#, "/0"));
    let cut = "A".repeat(64);
    for row in [
        format!(r#"["float32", "{cut}", [100]]"#),
        r#"["<f4", "relu", [128, 64]]"#.to_owned(),
        r#"["|i1", "BMW", [2]]"#.to_owned(),
    ] {
        let error = json::loads(format!("[{row}]").as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{row}");
    }
}

#[test]
fn memory_is_charged() {
    let tight = |bytes| ReadOptions::new().limits(Limits::default().max_bytes(bytes));
    let text = format!("[{}1]", "1,".repeat(50_000));
    let error = tight(1000).loads(text.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(tight(3_000_000).loads(text.as_bytes()).is_ok());
    // A small text that unpacks to much.
    let zeros = {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![0; 8 << 20]).unwrap();
        packed.finish().unwrap()
    };
    let zeros = WriteOptions::new().to_bytes(&zeros).unwrap();
    let data = String::from_utf8(zeros).unwrap();
    let data = data.split('"').rev().nth(1).unwrap().to_owned();
    let text = format!(r#"{{"__ndarray__": "b64.gz:{data}", "dtype": "float64", "shape": [1048576]}}"#);
    assert!(json::loads(text.as_bytes()).is_ok());
    assert_eq!(tight(1 << 20).loads(text.as_bytes()).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let lying = text.replace("1048576", "1048577");
    assert_eq!(json::loads(lying.as_bytes()).unwrap_err().kind(), ErrorKind::Malformed);
    let lying = text.replace("1048576", "1048575");
    assert_eq!(json::loads(lying.as_bytes()).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn numbers_that_no_dtype_holds_are_values() {
    for text in ["[true, 1]", "[9007199254740993, 0.5]", "[-1, 9223372036854775808]", "[null, null]"] {
        let graph = json::loads(text.as_bytes()).unwrap();
        assert_eq!(graph.paths().unwrap().count(), 0, "{text}");
        let back = json::loads(&WriteOptions::new().dumps(&graph).unwrap()).unwrap();
        assert!(back.same_as(&graph).unwrap(), "{text}");
    }
    let graph = json::loads(b"[18446744073709551615, 0]").unwrap();
    let array = graph.array(graph.root().unwrap().as_node().unwrap()).unwrap();
    assert_eq!(array.to_vec::<u64>().unwrap(), [u64::MAX, 0]);
}

#[test]
fn the_hostile_documents_are_refused_as_it_is_said_or_are_data() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile");
    let list = std::fs::read(folder.join("json.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let (mut faults, mut count) = (Vec::new(), 0);
    for about in list.as_array().unwrap() {
        let (name, kind) = (about["file"].as_str().unwrap(), about["kind"].as_str().unwrap());
        let bytes = std::fs::read(folder.join("json").join(name)).unwrap();
        let options =
            ReadOptions::new().limits(Limits::default().max_bytes(1 << 20)).carrying(arr_npy::format::Npy);
        let found = options.loads(&bytes);
        count += 1;
        let wanted = match kind {
            "data" => None,
            "malformed" => Some(ErrorKind::Malformed),
            "unsupported" => Some(ErrorKind::Unsupported),
            "limit" => Some(ErrorKind::LimitExceeded),
            other => panic!("{name}: {other}"),
        };
        match (&found, wanted) {
            (Ok(graph), None) => assert!(graph.paths().unwrap().all(|path| path.is_ok()), "{name}"),
            (Err(error), Some(wanted)) => {
                let is_inside = error.offset().is_some_and(|offset| offset <= bytes.len() as u64);
                if error.kind() != wanted || !is_inside {
                    faults.push(format!("{name}: {:?} at {:?}: {error}", error.kind(), error.offset()));
                }
            }
            (found, wanted) => faults.push(format!("{name}: {found:?}, and {wanted:?} is wanted")),
        }
        let of_file = options.load(folder.join("json").join(name));
        assert_eq!(found.map_err(|error| error.kind()).is_ok(), of_file.is_ok(), "{name}");
    }
    assert!(count > 120 && faults.is_empty(), "{count}:\n{}", faults.join("\n"));
}
