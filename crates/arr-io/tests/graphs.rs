//! Files as graphs of objects, and back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]
#![cfg(feature = "npz")]

use arr_io::format::{Budget, Format, Output, Reading, Sink, Writing};
use arr_io::value::Items;
use arr_io::{Array, Error, ErrorKind, Graph, Input, Node, OpenOptions, Order, Value};

fn array(values: &[i32]) -> Array {
    Array::from_vec(values.to_vec(), &[values.len()]).unwrap()
}

/// A dict of a dict and a list, whose arrays have paths.
fn graph() -> Graph {
    let (mut budget, mut builder) = (Budget::default(), Graph::builder());
    let mut add = |node: Node| Value::Ref(builder.add(node, &mut budget).unwrap());
    let (w, b) = (add(Node::array(array(&[1, 2]))), add(Node::array(array(&[3]))));
    let layer = add(Node::Dict(vec![("w".into(), w), ("name".into(), "first".into())]));
    let list = add(Node::List(vec![b]));
    let root = add(Node::Dict(vec![("layer".into(), layer), ("list".into(), list)]));
    builder.finish(vec![root]).unwrap()
}

fn written(graph: &Graph) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sink = Sink::New(Output::new(&mut bytes));
    let mut writer = arr_io::npy::format::Npz.create(sink, &Writing::new()).unwrap();
    writer.graph(graph).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn arrays_are_written_by_their_paths_and_found_again() {
    let bytes = written(&graph());
    let mut parts = OpenOptions::new().parts_of(Input::from_bytes(&bytes), None).unwrap();
    let found = parts.graph(&mut |_, error| Err(error)).unwrap();
    let Some(Node::Dict(entries)) = found.follow(found.root().unwrap()) else { panic!("no dict") };
    let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str().unwrap()).collect();
    assert_eq!(keys, ["layer/w", "list/0"]);
    // The arrays are still in the file, and are read by what the graph says.
    let id = entries[0].1.as_node().unwrap();
    assert_eq!(found.array(id).unwrap_err().kind(), ErrorKind::Mismatch);
    let Items::Part(part) = &found.node(id).unwrap().as_array().unwrap().items else { panic!("no part") };
    assert_eq!((part.shape.as_slice(), part.info.key.as_deref()), (&[2][..], Some("layer/w")));
    let read = parts.read(&part.info).unwrap().into_array().unwrap();
    assert_eq!(read.to_vec::<i32>().unwrap(), [1, 2]);
    let mut blocks = parts.blocks(&part.info, Order::C).unwrap();
    assert_eq!(blocks.next_block().unwrap().unwrap().array.len(), 2);
}

#[test]
fn rows_are_lists_and_single_arrays_stand_alone() {
    let one = arr_io::npy::to_bytes(&array(&[7])).unwrap();
    for (count, is_list) in [(1, false), (2, true)] {
        let bytes = one.repeat(count);
        let mut parts = OpenOptions::new().parts_of(Input::from_bytes(&bytes), None).unwrap();
        let graph = parts.graph(&mut |_, error| Err(error)).unwrap();
        let root = graph.follow(graph.root().unwrap()).unwrap();
        assert_eq!(
            (matches!(root, Node::List(items) if items.len() == 2), parts.has_several()),
            (is_list, is_list)
        );
        assert_eq!(root.as_array().is_some(), !is_list);
        let error = OpenOptions::new()
            .parts_of(Input::from_reader(bytes.as_slice()), None)
            .unwrap()
            .graph(&mut refuse);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

fn refuse(_: &arr_io::format::PartInfo, error: Error) -> Result<(), Error> {
    Err(error)
}

#[test]
fn what_cant_be_described_is_handed_over() {
    let bytes = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile/npz/method-99-aes.npz"),
    );
    let bytes = bytes.unwrap();
    let input =
        || arr_io::npy::format::Npz.open(Input::from_bytes(&bytes).into(), &Reading::default()).unwrap();
    assert_eq!(
        input().graph(&mut Budget::default(), &mut refuse).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    let mut bad = Vec::new();
    let graph = input()
        .graph(&mut Budget::default(), &mut |part, error| {
            bad.push((part.key.clone(), error.kind()));
            Ok(())
        })
        .unwrap();
    assert_eq!(bad, [(Some("x".to_owned()), ErrorKind::Unsupported)]);
    assert_eq!(graph.find("/x").unwrap(), &Value::None);
    assert!(graph.find("/good").unwrap().as_node().is_some());
}

/// The key of an array is found again in every format of objects, also where it is empty or has slashes.
#[test]
fn arrays_have_their_own_keys_in_every_format_of_objects() {
    let keys = [("", 0.5), ("/", 1.5), ("x/y", 2.5), ("plain", 3.5)];
    let registry = arr_io::Registry::enabled();
    let objects = |info: &&'static arr_io::format::FormatInfo| {
        info.holds == arr_io::format::Holds::Graph && info.capabilities.write
    };
    let mut count = 0;
    for info in registry.infos().filter(objects) {
        let (mut budget, mut builder) = (Budget::default(), Graph::builder());
        let mut entries = Vec::new();
        for (key, at) in keys {
            let node = Node::array(Array::from_vec(vec![1.5, at], &[2]).unwrap());
            entries.push((Value::from(key), builder.add(node, &mut budget).unwrap().into()));
        }
        let root = builder.add(Node::Dict(entries), &mut budget).unwrap();
        let graph = builder.finish(vec![root.into()]).unwrap();
        let format = registry.by_name(info.name).unwrap();
        let mut bytes = Vec::new();
        let mut writer = format.create(Sink::New(Output::new(&mut bytes)), &Writing::new()).unwrap();
        writer.graph(&graph).unwrap();
        writer.finish().unwrap();

        let folder = tempfile::tempdir().unwrap();
        let (objects, archive) = (folder.path().join("objects"), folder.path().join("x.npz"));
        std::fs::write(&objects, &bytes).unwrap();
        let options = OpenOptions::new().format(info.name);
        let mut parts = options.parts(&objects).unwrap();
        let mut found = Vec::new();
        while let Some(part) = parts.next_part().unwrap() {
            let at = parts.read(&part).unwrap().into_array().unwrap().to_vec::<f64>().unwrap()[1];
            found.push((part.key.unwrap(), at));
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let wanted =
            [("/", 0.5), ("plain", 3.5), ("x/y", 2.5), ("~1", 1.5)].map(|(key, at)| (key.to_owned(), at));
        assert_eq!(found, wanted, "{}", info.name);
        // By their paths, and by the names that they have in an archive.
        for (key, at) in
            [("/", 0.5), ("x~1y", 2.5), ("x/y", 2.5), ("plain", 3.5), ("/plain", 3.5), ("/~1", 1.5)]
        {
            let mut reader = format.open(Input::from_bytes(&bytes).into(), &Reading::default()).unwrap();
            let part = reader.find(key).unwrap_or_else(|error| panic!("{} {key}: {error}", info.name));
            let own = found.iter().find(|(own, _)| part.key.as_ref() == Some(own)).unwrap();
            assert!((own.1 - at).abs() < 0.1, "{} {key}", info.name);
        }
        arr_io::Conversion::new().convert_with(&options, &objects, &archive).unwrap();
        let names = arr_io::npy::Npz::open(&archive).unwrap().names().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names.len(), 4, "{}: {names:?}", info.name);
        assert!(names.contains(&"/".to_owned()), "{}: {names:?}", info.name);
        count += 1;
    }
    let least = if cfg!(all(feature = "json", feature = "pickle", feature = "torch7")) { 6 } else { 0 };
    assert!(count >= least, "{count}");
}
