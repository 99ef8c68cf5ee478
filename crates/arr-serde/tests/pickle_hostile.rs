//! Hostile pickles are refused with the offset of the opcode, or are data only; nothing is run, and memory stays small.
#![cfg(feature = "pickle")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption is a failed test"
)]

use std::path::{Path, PathBuf};

use arr_core::{ErrorKind, Limits, Node, Value};
use arr_serde::pickle::{self, ReadOptions, WriteOptions};
use serde_json::Value as Json;

/// What reading one of them may spend.
const MOST: u64 = 24 << 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile")
}

fn listed() -> Vec<(String, Vec<u8>, Json)> {
    let list: Json = serde_json::from_slice(&std::fs::read(folder().join("pickle.json")).unwrap()).unwrap();
    let read = |about: &Json| {
        let name = about["file"].as_str().unwrap().to_owned();
        (name.clone(), std::fs::read(folder().join("pickle").join(name)).unwrap(), about.clone())
    };
    list.as_array().unwrap().iter().map(read).collect()
}

fn options() -> ReadOptions {
    ReadOptions::new().limits(Limits::default().max_bytes(MOST))
}

/// What would be called or imported, as a fault says.
fn called(fault: &arr_core::Error) -> String {
    let text = fault.to_string();
    let (name, _) = text.strip_prefix("pickle: ").unwrap().split_once(" would be ").unwrap();
    name.to_owned()
}

/// Whoever goes on behind what is refused ends with the file.
#[test]
fn what_ends_in_the_middle_ends() {
    // The one that ends a pickle is left out.
    let opcodes = (0..=u8::MAX).filter(|opcode| *opcode != b'.');
    let every_opcode = opcodes.map(|opcode| [&b"\x80\x02(K\x01K\x02K\x03"[..], &[opcode]].concat());
    for bytes in every_opcode {
        let error = options().view(&bytes).unwrap_err();
        assert!(error.offset().is_some_and(|offset| offset <= bytes.len() as u64), "{bytes:?}: {error}");
    }
    for (name, bytes, _) in listed().iter().filter(|(_, bytes, _)| bytes.len() <= 500) {
        for end in 0..bytes.len() {
            // A file of several pickles is whole behind each.
            if let Err(error) = options().view(&bytes[..end]) {
                let is_inside = error.offset().is_some_and(|offset| offset <= bytes.len() as u64);
                assert!(is_inside, "{name} up to {end}: {error}");
            }
        }
    }
}

#[test]
fn each_is_refused_where_it_lies_or_is_data() {
    let files = listed();
    assert!(files.len() > 150);
    let mut faults = Vec::new();
    for (name, bytes, about) in files {
        let wanted = match about["kind"].as_str().unwrap() {
            "data" => None,
            "malformed" => Some(ErrorKind::Malformed),
            "unsupported" => Some(ErrorKind::Unsupported),
            "limit" => Some(ErrorKind::LimitExceeded),
            "invalid" => Some(ErrorKind::InvalidArgument),
            other => panic!("{name}: {other}"),
        };
        let path = folder().join("pickle").join(&name);
        let mut found = options().view(&bytes);
        let calls: Vec<String> = match &mut found {
            Ok(pickled) => pickled.calls().iter().map(|call| call.name.clone()).collect(),
            Err(error) => error.take_earlier().iter().map(called).collect(),
        };
        let said: Vec<&str> =
            about["calls"].as_array().unwrap().iter().map(|call| call.as_str().unwrap()).collect();
        // How far a bomb gets before it is too much is no part of the list.
        if calls != said && about["kind"] != "limit" {
            faults.push(format!("{name}: {calls:?} would be called, and {said:?} is said"));
        }
        match (&found, wanted) {
            (Ok(pickled), None) => {
                assert!(pickled.graph().same_as(pickled.graph()).unwrap(), "{name}");
                assert!(pickled.graph().paths().unwrap().all(|path| path.is_ok()), "{name}");
            }
            (Err(error), Some(wanted)) => {
                let is_inside = error.offset().is_some_and(|offset| offset <= bytes.len() as u64);
                if error.kind() != wanted || !is_inside || !error.to_string().starts_with("pickle: ") {
                    faults.push(format!("{name}: {:?}, not {wanted:?}: {error}", error.kind()));
                }
            }
            (found, wanted) => faults.push(format!("{name}: {found:?}, and {wanted:?} is wanted")),
        }
        // From a file as from memory.
        let of_file = options().open(&path);
        match (found, of_file) {
            (Ok(one), Ok(two)) => assert_eq!(one.calls(), two.calls(), "{name}"),
            (Err(one), Err(two)) => assert_eq!(one.to_string(), two.to_string(), "{name}"),
            (one, two) => panic!("{name}: {one:?}, {two:?}"),
        }
        let _ = options().loads(&bytes);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn arrays_that_have_the_same_data_are_counted() {
    let held = [&b"\x80\x03B\x40\x42\x0f\0"[..], &vec![0; 1_000_000], b"q\0("].concat();
    let array = b"carray\n_array_reconstructor\n(carray\narray\nU\x01BK\0h\0tR";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pkl");
    for (count, is_read) in [(20, true), (1200, false)] {
        let bytes = [&held[..], &array.repeat(count), b"t."].concat();
        std::fs::write(&path, &bytes).unwrap();
        for found in [ReadOptions::new().view(&bytes).map(drop), ReadOptions::new().open(&path).map(drop)] {
            assert_eq!(found.is_ok(), is_read, "{count}: {found:?}");
            let is_limit = found.is_err_and(|error| error.kind() == ErrorKind::LimitExceeded);
            assert_eq!(is_limit, !is_read, "{count}");
        }
    }
}

#[test]
fn strictness_refuses_by_name_what_would_be_called() {
    for (name, bytes, about) in listed() {
        let Some(call) = about["calls"].as_array().unwrap().first() else { continue };
        let error = options().strict().loads(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}: {error}");
        let is_named = error.to_string().contains(call.as_str().unwrap());
        // Another name may stand before the one that is called.
        assert!(is_named || error.to_string().contains("is not one of the classes"), "{name}: {error}");
    }
    let honest = pickle::to_bytes(&vec![1.0f32]).unwrap();
    assert!(options().strict().loads(&honest).is_ok());
}

#[test]
fn a_million_levels_are_no_recursion() {
    const DEPTH: usize = 1_000_000;
    // A machine with a stack of 64 KiB has room for none of them.
    let work = || {
        let mut lists = b"\x80\x02".to_vec();
        lists.extend(std::iter::repeat_n(b']', DEPTH));
        lists.extend(std::iter::repeat_n(b'a', DEPTH - 1));
        lists.push(b'.');
        let mut tuples = b"\x80\x02)".to_vec();
        tuples.extend(std::iter::repeat_n(0x85, DEPTH));
        tuples.push(b'.');
        // Objects of one or two bytes each take more memory than a small limit lets them.
        let options = ReadOptions::new();
        let tight = ReadOptions::new().limits(Limits::default().max_header_size(1 << 12));
        for bytes in [lists, tuples] {
            assert_eq!(tight.loads(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded);
            let graph = options.loads(&bytes).unwrap();
            assert!(graph.len() >= DEPTH);
            assert_eq!(graph.depth_first().unwrap().count(), graph.len());
            assert_eq!(graph.paths().unwrap().count(), 0);
            let back = options.loads(&WriteOptions::new().protocol(4).dumps(&graph).unwrap()).unwrap();
            assert!(back.same_as(&graph).unwrap());
            drop(graph);
        }
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(work).unwrap().join().unwrap();
}

/// Opcodes of a few bytes whose objects take a hundred bytes of memory each.
#[test]
fn objects_take_no_more_memory_than_a_multiple_of_the_file() {
    const LEN: usize = 1 << 20;
    // Otherwise files of this length may be as dense as they like.
    let options = ReadOptions::new().limits(Limits::default().max_header_size(1 << 12));
    for (name, before, each, after) in [
        ("values", &b"("[..], &b"N"[..], &b"l."[..]),
        ("lists", b"(", b"]", b"l."),
        ("sets", b"(", b"\x8f", b"l."),
        ("dicts", b"(", b"}", b"l."),
        ("lists of one", b"(", b"]Na", b"l."),
        ("dicts of one", b"(", b"}NNs", b"l."),
        ("tuples", b"(", b")", b"l."),
        ("tuples of one", b"(", b"N\x85", b"l."),
        ("tuples in each other", b")", b"\x85", b"."),
        ("texts", b"(", b"\x8c\x01a", b"l."),
        ("texts of Python 2", b"(", b"U\x01a", b"l."),
        ("bytes", b"(", b"C\x01a", b"l."),
        ("classes", b"(", b"ca\nb\n", b"l."),
        ("instances", b"(", b"(ia\nb\n", b"l."),
    ] {
        let repeats = LEN / each.len();
        let bytes = [b"\x80\x04", before, &each.repeat(repeats), after].concat();
        let error = options.loads(&bytes).map(|graph| graph.len());
        let error = error.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{name}: {error}");
        assert_eq!(error.hint(), Some(arr_core::Hint::Limit("max_header_size")), "{name}: {error}");
        assert!(error.offset().is_some_and(|offset| offset <= bytes.len() as u64), "{name}: {error}");
        assert_eq!(options.view(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded, "{name}");
    }
}

/// Millions of the smallest objects, as Python writes them.
#[test]
fn the_densest_of_honest_pickles_are_read() {
    let lists = b"]\x94".repeat(1000);
    let objects = b"h\x00)\x81\x94".repeat(1000);
    for (name, head, thousand, count) in
        [("lists", &b""[..], &lists, 2_000), ("instances", b"\x8c\x01m\x8c\x01C\x93\x940", &objects, 700)]
    {
        let batch = [b"(", thousand.as_slice(), b"e"].concat();
        let bytes = [b"\x80\x04", head, b"]", &batch.repeat(count), b"."].concat();
        let graph = pickle::loads(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(graph.follow(graph.root().unwrap()).unwrap().items().len(), 1000 * count, "{name}");
    }
    // What is larger is not denser, unless that is asked for.
    let bytes = [b"\x80\x04](".as_slice(), &b"]".repeat(16 << 20), b"e."].concat();
    assert_eq!(pickle::loads(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn what_python_pickles_takes_no_more_than_it_may() {
    let mut budget = arr_core::format::Budget::default();
    let mut of = |count: u32,
                  make: &dyn Fn(
        u32,
        &mut arr_core::value::GraphBuilder,
        &mut arr_core::format::Budget,
    ) -> Value| {
        let mut builder = arr_core::Graph::builder();
        let entries = (0..count)
            .map(|at| (Value::from(format!("layer{at}/weight")), make(at, &mut builder, &mut budget)))
            .collect();
        let root = builder.add(Node::Dict(entries), &mut budget).unwrap();
        builder.finish(vec![root.into()]).unwrap()
    };
    let arrays = of(200_000, &|at, builder, budget| {
        let array = arr_core::Array::from_vec(vec![at, 1, 2], &[3]).unwrap();
        builder.add(Node::array(array), budget).unwrap().into()
    });
    let lists = of(20_000, &|at, builder, budget| {
        builder.add(Node::List(vec![at.into(), 0.5.into()]), budget).unwrap().into()
    });
    let counts = of(20_000, &|at, _, _| at.into());
    for (name, graph) in [("arrays", arrays), ("lists", lists), ("counts", counts)] {
        for protocol in [2, 5] {
            let bytes = WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
            // Nothing is left of what is free for small files: the proportion alone is enough.
            let tight = ReadOptions::new().limits(Limits::default().max_header_size(1 << 12));
            let back = tight.loads(&bytes).unwrap_or_else(|error| panic!("{name}, {protocol}: {error}"));
            assert_eq!(back.len(), graph.len(), "{name}");
            tight.view(&bytes).unwrap_or_else(|error| panic!("{name}, {protocol}: {error}"));
        }
    }
}

#[test]
fn whole_numbers_without_end_are_refused() {
    let digits = [b"L".as_slice(), &vec![b'9'; 10_000_000], b"L\n."].concat();
    let error = pickle::loads(&digits).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::LimitExceeded, Some(0)));
    let mut long = b"\x80\x02\x8b".to_vec();
    long.extend(4_000_000u32.to_le_bytes());
    long.extend(vec![7; 4_000_000]);
    long.push(b'.');
    assert_eq!(pickle::loads(&long).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn wherever_a_pickle_is_cut_or_changed_it_is_an_error_or_data() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python/pickle/python3-numpy1.26.4");
    for protocol in [0, 2, 5] {
        let bytes = std::fs::read(folder.join(format!("everything-p{protocol}.pkl"))).unwrap();
        for cut in (0..bytes.len()).step_by(2999) {
            assert!(options().view(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut changed = bytes.clone();
        for at in (0..bytes.len()).step_by(1499) {
            for byte in [0, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                changed[at] = byte;
                if let Ok(found) = options().view(&changed) {
                    found.graph().paths().unwrap().for_each(|path| drop(path.unwrap()));
                }
            }
            changed[at] = bytes[at];
        }
    }
}

#[test]
fn what_would_be_called_is_never_in_a_graph_as_a_function() {
    let found = pickle::view(b"cos\nsystem\n(S'id'\ntR.").unwrap();
    let call = &found.calls()[0];
    assert_eq!((call.name.as_str(), call.opcode, call.offset), ("os.system", "REDUCE", 19));
    match found.graph().follow(found.graph().root().unwrap()) {
        Some(Node::Object(object)) => assert_eq!(object.class, "os.system"),
        other => panic!("{other:?}"),
    }
}
