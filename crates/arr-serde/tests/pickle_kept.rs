//! What is read and written again is for Python what it was: classes in classes, arrays of all classes, and their states.
#![cfg(feature = "pickle")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption is a failed test"
)]

use std::path::{Path, PathBuf};

use arr_core::value::Items;

use arr_core::{Casting, Contiguity, DType, Graph, Node, Scalar};
use arr_serde::pickle::{self, WriteOptions};

/// What Python has written of `kept.py`, in every protocol.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python/pickle");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            files.push(file.unwrap().path());
        }
    }
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("kept-"));
    files.sort();
    assert_eq!(files.len(), 16);
    files
}

fn of_python_2(path: &Path) -> bool {
    path.to_string_lossy().contains("python2")
}

/// A graph, and what it is after it was written in each protocol.
fn each(mut check: impl FnMut(&str, &Graph, bool)) {
    for path in files() {
        let of = path.display().to_string();
        let graph = pickle::load(&path).unwrap_or_else(|error| panic!("{of}: {error}"));
        check(&of, &graph, of_python_2(&path));
        for protocol in 2..=5 {
            let of = format!("{of} in protocol {protocol}");
            let written = WriteOptions::new().protocol(protocol).dumps(&graph);
            let written = written.unwrap_or_else(|error| panic!("{of}: {error}"));
            let back = pickle::loads(&written).unwrap_or_else(|error| panic!("{of}: {error}"));
            assert!(back.same_as(&graph).unwrap(), "{of}");
            check(&of, &back, of_python_2(&path));
        }
    }
}

fn node<'g>(graph: &'g Graph, path: &str) -> &'g Node {
    graph.follow(graph.find(path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

fn class<'g>(graph: &'g Graph, path: &str) -> (&'g str, Option<usize>) {
    match node(graph, path) {
        Node::Object(object) => (&object.class, object.module),
        Node::Array(array) => (array.class.as_deref().unwrap_or_default(), array.module),
        other => panic!("{path} is {other:?}"),
    }
}

fn ints(graph: &Graph, path: &str) -> Vec<i64> {
    let array = graph.array(graph.find(path).unwrap().as_node().unwrap()).unwrap();
    let numbers = array.cast(&DType::native(Scalar::I64), Casting::Unsafe).unwrap();
    numbers.to_vec::<i64>().unwrap()
}

#[test]
fn a_class_in_a_class_keeps_its_module() {
    each(|of, graph, is_old| {
        if is_old {
            return;
        }
        for (path, wanted) in [
            ("/nested/instance", "things.Outer.Inner"),
            ("/nested/class", "things.Outer.Inner"),
            ("/nested/deeper", "things.Outer.Inner.Deeper"),
            ("/nested/made", "things.Outer.Made"),
            ("/nested/array", "things.Outer.Array"),
        ] {
            assert_eq!(class(graph, path), (wanted, Some(6)), "{of} {path}");
        }
        assert_eq!(ints(graph, "/nested/instance/w"), [0, 1, 2], "{of}");
        assert_eq!(ints(graph, "/nested/made/~args/0"), [0, 1], "{of}");
        assert_eq!(ints(graph, "/nested/array"), [0, 1, 2, 3], "{of}");
    });
}

#[test]
fn masked_arrays_have_data_of_their_base_and_a_mask() {
    each(|of, graph, _| {
        for (name, wanted, base, mask) in [
            ("objects", "numpy.ma.MaskedArray", "", &[0, 1, 0, 0][..]),
            ("own", "things.Masked", "", &[1, 0]),
            ("more", "things.MaskedMore", "", &[1, 0]),
            ("matrix", "numpy.ma.MaskedArray", "numpy.matrix", &[1, 0, 0, 0]),
        ] {
            assert_eq!(class(graph, &format!("/masked/{name}")).0, wanted, "{of}");
            assert_eq!(class(graph, &format!("/masked/{name}/data")).0, base, "{of}");
            assert_eq!(ints(graph, &format!("/masked/{name}/mask")), mask, "{of}");
        }
        assert_eq!(class(graph, "/masked/row").0, "numpy.ma.core.mvoid", "{of}");
        assert_eq!(class(graph, "/masked/record array/data").0, "numpy.recarray", "{of}");
        assert_eq!(graph.find("/masked/objects/data/1").unwrap().as_str(), Some("a"), "{of}");
        assert_eq!(graph.find("/masked/more/more/0").unwrap().as_str(), Some("m"), "{of}");
        assert_eq!(ints(graph, "/masked/more/data"), [1, 2], "{of}");
    });
}

#[test]
fn records_keep_their_class() {
    let has_attributes = |dtype: &DType| dtype.as_record().unwrap().has_attributes();
    each(|of, graph, is_old| {
        for (path, wanted) in [
            ("/records/recarray", true),
            ("/records/record", true),
            ("/records/recarray of objects", true),
            ("/records/plain", false),
        ] {
            assert_eq!(
                has_attributes(node(graph, path).as_array().unwrap_or_else(|| panic!("{of} {path}")).dtype()),
                wanted,
                "{of} {path}"
            );
        }
        let of_node = |path: &str| match node(graph, path) {
            Node::DType(dtype) => dtype.clone(),
            other => panic!("{other:?}"),
        };
        let (one, plain) = (of_node("/records/dtype"), of_node("/records/plain dtype"));
        assert_eq!(one, plain);
        assert_eq!((has_attributes(&one), has_attributes(&plain)), (true, false), "{of}");
        let inside = node(graph, "/records/inside").as_array().unwrap().dtype().clone();
        let first = inside.as_record().unwrap().fields()[0].dtype();
        assert_eq!((has_attributes(&inside), has_attributes(first)), (false, true), "{of}");
        if !is_old {
            let scalar = node(graph, "/records/scalar of objects").as_array().unwrap();
            assert!(scalar.is_scalar && !has_attributes(scalar.dtype()), "{of}");
        }
    });
}

#[test]
fn arrays_of_classes_with_a_state_of_their_own_have_paths() {
    each(|of, graph, _| {
        assert_eq!(class(graph, "/states/behind"), ("things.Info", None), "{of}");
        assert_eq!(ints(graph, "/states/behind/~args/0"), [0, 1, 2], "{of}");
        assert_eq!(graph.find("/states/behind/~state/0").unwrap().as_str(), Some("i"), "{of}");
        let text = graph.find("/states/behind objects/~args/0/1").unwrap();
        assert_eq!(text.as_str(), Some("b"), "{of}");
        let text = graph.find("/states/around objects/~state/0/1").unwrap();
        assert_eq!(text.as_str(), Some("b"), "{of}");
        assert_eq!(class(graph, "/states/objects"), ("things.Tagged", None), "{of}");
        let items = &node(graph, "/states/objects").as_array().unwrap().items;
        assert!(matches!(items, Items::Values { .. }), "{of}");
        // A state that begins with an array and is not that of one.
        assert_eq!(class(graph, "/states/other"), ("things.Apart", None), "{of}");
        assert_eq!(ints(graph, "/states/other/~state/0"), [0, 1], "{of}");
    });
}

#[test]
fn objects_are_made_as_they_were() {
    each(|of, graph, is_old| {
        assert_eq!(class(graph, "/made/error"), ("builtins.ValueError", None), "{of}");
        assert_eq!(ints(graph, "/made/error/~args/1"), [0, 1], "{of}");
        assert_eq!(ints(graph, "/made/old/values"), [0, 1], "{of}");
        assert_eq!(class(graph, "/made/old"), ("things.Old", None), "{of}");
        if is_old {
            assert_eq!(class(graph, "/made/old/~kwargs"), ("types.InstanceType", None), "{of}");
            return;
        }
        assert_eq!(class(graph, "/made/by name"), ("things.Named", None), "{of}");
        assert_eq!(class(graph, "/made/set/~state"), ("things.give", None), "{of}");
        assert_eq!(ints(graph, "/made/set/~state/~args/1"), [0, 1, 2], "{of}");
        assert_eq!(class(graph, "/made/users"), ("collections.UserDict", None), "{of}");
        // Protocols 0 and 1 have nothing but the state of it.
        let Node::Object(named) = node(graph, "/made/by name") else { panic!("{of}") };
        if named.args.is_some() {
            assert_eq!(ints(graph, "/made/by name/~kwargs/b"), [0, 1], "{of}");
        } else {
            assert_eq!(named.kwargs, Some(arr_core::Value::None), "{of}");
            assert_eq!(ints(graph, "/made/by name/pair/1"), [0, 1], "{of}");
        }
    });
}

#[test]
fn texts_keep_their_order() {
    let mut count = 0;
    each(|of, graph, _| {
        if graph.find("/texts/c").is_err() {
            return;
        }
        count += 1;
        let array = |path: &str| graph.array(graph.find(path).unwrap().as_node().unwrap()).unwrap();
        let (one, two) = (array("/texts/c"), array("/texts/f"));
        assert_eq!((one.order(), two.order()), (Contiguity::C, Contiguity::F), "{of}");
        for found in [one, two] {
            assert_eq!(found.to_strings().unwrap(), ["a", "", "Zoë", &"d".repeat(40)], "{of}");
        }
        assert_eq!(array("/texts/alone").to_strings().unwrap(), ["one"], "{of}");
    });
    assert_eq!(count, 7 * 5);
}

/// Python 3 finds a class in a class by a name with dots from protocol 4 on, and by `getattr` below it.
#[test]
fn a_class_in_a_class_is_named_as_python_finds_it() {
    let graph = pickle::loads(b"\x80\x04\x8c\x01m\x8c\x0fOuter.Inner.One\x93)\x81.").unwrap();
    let written = |protocol| WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    // No attribute has an empty name: that is left to whoever reads it.
    let empty = pickle::loads(b"\x80\x04\x8c\x01m\x8c\x06A..One\x93)\x81.").unwrap();
    let bytes = WriteOptions::new().protocol(2).dumps(&empty).unwrap();
    assert!(pickle::loads(&bytes).unwrap().same_as(&empty).unwrap());
    for protocol in [4, 5] {
        assert!(has(&written(protocol), b"\x8c\x01m\x94\x8c\x0fOuter.Inner.One\x94\x93"), "{protocol}");
    }
    let two = b"c__builtin__\ngetattr\nq\0h\0cm\nOuter\nU\x05Inner\x86RU\x03One\x86Rq\x01";
    assert!(has(&written(2), two), "{:?}", written(2).escape_ascii().to_string());
    let three =
        b"cbuiltins\ngetattr\nq\0h\0cm\nOuter\nX\x05\0\0\0Innerq\x01\x86RX\x03\0\0\0Oneq\x02\x86Rq\x03";
    assert!(has(&written(3), three), "{:?}", written(3).escape_ascii().to_string());
}

/// A string of Python 2 may be long, and a name all the same: of a class in a class, a field, a title.
#[test]
fn names_may_be_long_strings_of_python_2() {
    let long = "n".repeat(200);
    for name in ["short", long.as_str()] {
        let dtype: DType = format!("[(('{name}t', '{name}'), '<i4'), ('b', '<f8')]").parse().unwrap();
        let array = arr_core::Array::zeros(dtype.clone(), &[2]).unwrap().freeze();
        let bytes = WriteOptions::new().protocol(2).to_bytes(&array).unwrap();
        let back = pickle::loads(&bytes).unwrap();
        let id = back.root().and_then(|root| root.as_node()).unwrap();
        assert_eq!(back.array(id).unwrap().dtype(), &dtype);
        let mut nested = b"\x80\x04\x8c\x01m\x8c".to_vec();
        nested.push(u8::try_from(name.len() + 2).unwrap());
        nested.extend(b"A.");
        nested.extend(name.as_bytes());
        nested.extend(b"\x93)\x81.");
        let graph = pickle::loads(&nested).unwrap();
        let bytes = WriteOptions::new().protocol(2).dumps(&graph).unwrap();
        assert!(pickle::loads(&bytes).unwrap().same_as(&graph).unwrap(), "{name}");
    }
}

/// What an attribute of a class has made is data, and what would have been called is told; that of anything else stays what
/// it was, and is not gone on with.
#[test]
fn attributes_of_classes_are_names() {
    let zone = b"\x80\x02cbuiltins\ngetattr\nczoneinfo\nZoneInfo\nX\x09\0\0\0_unpickle\x86RX\x03\0\0\0UTCK\x01\x86R.";
    let found = pickle::view(zone).unwrap();
    let calls: Vec<&str> = found.calls().iter().map(|call| call.name.as_str()).collect();
    assert_eq!(calls, ["zoneinfo.ZoneInfo", "builtins.getattr", "zoneinfo.ZoneInfo._unpickle"]);
    assert_eq!(class(found.graph(), ""), ("zoneinfo.ZoneInfo._unpickle", Some(8)));
    assert_eq!(found.graph().find("/~args/0").unwrap().as_str(), Some("UTC"));
    let strict = pickle::ReadOptions::new().strict().loads(zone).unwrap_err();
    assert!(strict.to_string().contains("builtins.getattr"), "{strict}");
    let of_result =
        b"\x80\x02cbuiltins\ngetattr\ncbuiltins\n__import__\nX\x02\0\0\0os\x85RX\x06\0\0\0system\x86RX\x02\0\0\0id\x85R.";
    let error = pickle::loads(of_result).unwrap_err();
    assert_eq!(error.kind(), arr_core::ErrorKind::Unsupported, "{error}");
}

/// Python 3 has no opcode for arguments by name below protocol 4, and Python 2 has no function for them: both make such objects of
/// `functools.partial`.
#[test]
fn arguments_by_name_are_written_as_every_python_reads_them() {
    let graph =
        pickle::loads(b"\x80\x04\x8c\x01m\x8c\x01C\x93K\x01K\x02\x86}\x8c\x01b\x94K\x03s\x92}h\x00K\x04sb.")
            .unwrap();
    for protocol in 2..=5 {
        let bytes = WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
        assert!(pickle::loads(&bytes).unwrap().same_as(&graph).unwrap(), "{protocol}");
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert_eq!(has(b"cfunctools\npartial\n"), protocol < 4, "{protocol}");
        assert!(!has(b"__newobj_ex__"), "{protocol}");
    }
    // As Python 3.13 writes it, but for the numbers of the memo.
    let bytes = WriteOptions::new().protocol(2).dumps(&graph).unwrap();
    let wanted = b"\x80\x02cfunctools\npartial\nq\0c__builtin__\ngetattr\nq\x01cm\nC\nU\x07__new__\x86Rq\x02\x85R(h\x02(cm\nC\nq\x03K\x01K\x02t}q\x04(X\x01\0\0\0bq\x05K\x03uNtb)Rq\x06}q\x07(h\x05K\x04ub.";
    assert_eq!(bytes.escape_ascii().to_string(), wanted.escape_ascii().to_string());
}

/// What several places share is written once, however long it is and whatever it is.
#[test]
fn long_values_that_are_shared_are_written_once() {
    let long = |head: &[u8], count: usize, fill: u8| {
        let len = u32::try_from(count).unwrap().to_le_bytes();
        [head, &len, &vec![fill; count][..]].concat()
    };
    for (kind, value) in [
        ("text", long(b"X", 1000, b'x')),
        ("bytes", long(b"B", 1000, 0xE9)),
        ("long bytes", long(b"B", 100_000, 0xE9)),
        ("string", long(b"T", 1000, b's')),
        ("string of bytes", long(b"T", 1000, 0xE9)),
        ("number", long(b"\x8b", 1000, 1)),
    ] {
        let pickle = [b"\x80\x03]q\0(", &value[..], b"q\x01", &b"h\x01".repeat(10_000), b"e."].concat();
        let graph = pickle::loads(&pickle).unwrap();
        for protocol in 2..=5 {
            let written = WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
            let back = pickle::loads(&written).unwrap();
            assert!(back.same_as(&graph).unwrap(), "{kind} {protocol}");
            assert!(written.len() < 2 * pickle.len() + 1000, "{kind} {protocol}: {} bytes", written.len());
        }
        assert_eq!(graph.printed_len().unwrap(), 10_001 * (value.len() as u64 - 5), "{kind}");
    }
}

/// NumPy swaps the items of a state into the byte order of the machine, and leaves those of a buffer as they are.
#[test]
fn arrays_without_items_are_buffers_too() {
    for shape in [&[0][..], &[0, 3], &[2, 0]] {
        let dtype: DType = ">f4".parse().unwrap();
        let array = arr_core::Array::zeros(dtype.clone(), shape).unwrap().freeze();
        let bytes = WriteOptions::new().protocol(5).to_bytes(&array).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"_reconstruct"), "{shape:?}");
        let graph = pickle::loads(&bytes).unwrap();
        let back = graph.array(graph.root().unwrap().as_node().unwrap()).unwrap();
        assert_eq!((back.dtype(), back.shape()), (&dtype, shape));
        let (beside, buffers) = pickle::to_bytes_with_buffers(&array).unwrap();
        let graph = pickle::ReadOptions::new().buffers(buffers).loads(&beside).unwrap();
        assert_eq!(graph.array(graph.root().unwrap().as_node().unwrap()).unwrap().shape(), shape);
    }
}

/// A text that has surrogates is none here, and Python makes it again of what is written. What is beside it is read.
#[test]
fn texts_with_surrogates_are_kept_as_their_bytes() {
    let array = pickle::to_bytes(&vec![1i64, 2]).unwrap();
    let array = &array[11..array.len() - 1];
    for (protocol, text) in
        [(4, &b"\x8c\x06caf\xed\xb3\xa9"[..]), (2, b"X\x06\0\0\0caf\xed\xb3\xa9"), (0, b"Vcaf\\udce9\n")]
    {
        // As a value that is there twice, and as a key.
        let head = b"\x80\x04}(\x8c\x01w";
        let pickle =
            [head, array, b"\x8c\x04name", text, b"p500\n\x8c\x05again", b"g500\n", text, b"K\x01u."];
        let pickle = pickle.concat();
        let found = pickle::view(&pickle).unwrap();
        assert!(found.calls().is_empty(), "{protocol}");
        assert_eq!(found.get("/w").unwrap().to_vec::<i64>().unwrap(), [1, 2], "{protocol}");
        let graph = pickle::ReadOptions::new().strict().loads(&pickle).unwrap();
        assert_eq!(class(&graph, "/name"), ("_codecs.decode", None));
        assert_eq!(graph.find("/name/~args/0").unwrap().as_bytes(), Some(&b"caf\xed\xb3\xa9"[..]));
        assert_eq!(graph.find("/name").unwrap(), graph.find("/again").unwrap());
        for protocol in 2..=5 {
            let bytes = WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
            let back = pickle::view(&bytes).unwrap();
            assert!(back.graph().same_as(found.graph()).is_ok() && back.calls().is_empty(), "{protocol}");
            assert!(pickle::loads(&bytes).unwrap().same_as(&graph).unwrap(), "{protocol}");
        }
    }
    let other = pickle::view(b"c_codecs\ndecode\n(S'a'\nS'evil'\nS'surrogatepass'\ntR.").unwrap();
    assert_eq!(other.calls().len(), 1);
}

/// What is in a file and not in the graph is said when it is opened.
#[test]
fn what_is_not_kept_is_said() {
    use arr_core::Input;
    use arr_core::format::{Format, Reading, Source};
    let notes = |bytes: &[u8]| {
        let all = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let take = all.clone();
        let how = Reading::new().on_note(move |note| take.lock().unwrap().push(note.to_owned()));
        let input = Input::from_bytes(bytes);
        drop(pickle::Pickle.open(Source::from(input), &how).unwrap_or_else(|error| panic!("{error}")));
        std::mem::take(&mut *all.lock().unwrap())
    };
    let state = |metadata: &str| {
        format!("cnumpy\ndtype\n(S'i4'\nI0\nI1\ntR(I4\nS'<'\nNNNI-1\nI-1\nI0\n{metadata}tb.").into_bytes()
    };
    let dates = b"cnumpy\ndtype\n(S'M8'\nI0\nI1\ntR(I4\nS'<'\nNNNI-1\nI-1\nI0\n((dS'a'\nI1\ns(S'ns'\nI1\nI1\nI1\ntttb.";
    let text = b"cnumpy._core._internal\n_convert_to_stringdtype_kwargs\n";
    for (bytes, wanted) in [
        (&b"carray\narray\n(S'q'\n(lI1\natR."[..], "the letter q of an array.array becomes l"),
        (b"carray\n_array_reconstructor\n(carray\narray\nS'Q'\nI10\nS'12345678'\ntR.", "the letter Q"),
        (&state("(dS'a'\nI1\ns"), "the metadata of a dtype"),
        (dates, "the metadata of a dtype"),
        (&[&text[..], b"(I1\nNtR."].concat(), "what a StringDType has for missing texts"),
        (&[&text[..], b"(I0\ntR."].concat(), "whether it coerces"),
        (b"cnumpy\ndtype\n(cml_dtypes\nfloat8_e5m2\nI0\nI1\ntR.", "items of ml_dtypes.float8_e5m2"),
    ] {
        let found = notes(bytes);
        let is_said = matches!(&found[..], [note] if note.contains(wanted));
        assert!(is_said, "{found:?}, and {wanted} is wanted: {}", bytes.escape_ascii());
    }
    for bytes in [
        &b"carray\narray\n(S'l'\n(lI1\natR."[..],
        &state("N"),
        &state("(d"),
        &[&text[..], b"(I1\ntR."].concat(),
        b"cnumpy\ndtype\n(cml_dtypes\nbfloat16\nI0\nI1\ntR.",
    ] {
        assert_eq!(notes(bytes), [""; 0], "{}", bytes.escape_ascii());
    }
}

/// Records that are laid out aligned stay so, whichever NumPy has written their flag, and whichever reads it.
#[test]
fn aligned_records_are_made_aligned() {
    let field = |kind: &str| format!("cnumpy\ndtype\n(S'{kind}'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb");
    for (flags, class) in [(-112, "S'V16'\n"), (144, "S'V16'\n"), (144, "cnumpy\nrecord\n")] {
        let fields = format!("(dS'a'\n({}I0\ntsS'b'\n({}I8\nS'T'\nts", field("i1"), field("i8"));
        let pickle = format!(
            "cnumpy\ndtype\n({class}I0\nI1\ntR(I3\nS'|'\nN(S'a'\nS'b'\nt{fields}I16\nI8\nI{flags}\ntb."
        );
        let graph = pickle::loads(pickle.as_bytes()).unwrap();
        let dtype = |graph: &Graph| match graph.follow(graph.root().unwrap()).unwrap() {
            Node::DType(dtype) => dtype.clone(),
            other => panic!("{other:?}"),
        };
        for protocol in 2..=5 {
            let bytes = WriteOptions::new().protocol(protocol).dumps(&graph).unwrap();
            let back = dtype(&pickle::loads(&bytes).unwrap());
            assert_eq!(back, dtype(&graph));
            let record = back.as_record().unwrap();
            assert!(record.is_aligned(), "{flags} {protocol}");
            assert_eq!(record.has_attributes(), class.starts_with('c'), "{flags} {protocol}");
            assert!(bytes.windows(7).any(|window| window == b"aligned"), "{flags} {protocol}");
            assert!(pickle::view(&bytes).unwrap().calls().is_empty());
        }
    }
    for (dict, fault) in [
        ("(dS'names'\n(lS'a'\na", "does not say"),
        ("(dS'names'\n(lS'a'\nasS'formats'\n(lsS'offsets'\n(lI0\na", "does not say"),
        ("(dS'names'\n(lS'a'\nasS'formats'\n(lNasS'offsets'\n(lI0\nasS'itemsize'\nI1\n", "should be a dtype"),
    ] {
        let error = pickle::loads(format!("cnumpy\ndtype\n({dict}stR.").as_bytes()).unwrap_err();
        assert!(error.to_string().contains(fault), "{error}");
    }
}
