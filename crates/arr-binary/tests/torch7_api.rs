//! Torch7 from Rust: values by path, tables and lists, sharing, views in place, options of writing.
#![cfg(feature = "torch7")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_binary::torch7::{self, Builder, ReadOptions, WriteOptions};
use arr_conformance::own_file;
use arr_core::{Array, Buffer, Graph, Node, Value};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/torch7").join(name)
}

/// A table of a part of a tensor, used twice, and of the tensor that it is a part of.
fn shared() -> Graph {
    let mut new = Builder::new();
    let storage = new.storage(&(0..100u8).map(f32::from).collect::<Vec<_>>()).unwrap();
    let whole = new.tensor_on(&storage, &[10, 10], &[10, 1], 0).unwrap();
    let column = new.tensor_on(&storage, &[10], &[10], 3).unwrap();
    let root = new.table([("whole", whole), ("column", column.clone()), ("again", column)]).unwrap();
    new.finish(root).unwrap()
}

#[test]
fn tensors_on_one_storage_stay_views_of_one_buffer() {
    let bytes = torch7::serialize(&shared()).unwrap();
    for file in [
        torch7::deserialize(&bytes).unwrap(),
        ReadOptions::new().deserialize_buffer(&Buffer::from_vec(bytes.clone())).unwrap(),
    ] {
        let (whole, column) = (file.get("/whole").unwrap(), file.get("/column").unwrap());
        assert_eq!(column.to_vec::<f32>().unwrap()[..3], [3.0, 13.0, 23.0]);
        assert_eq!((column.strides(), whole.strides()), (&[40][..], &[40, 4][..]));
        assert_eq!(whole.storage().as_ptr(), column.storage().as_ptr());
        assert_eq!(file.item("/column").unwrap().value(), file.item("/again").unwrap().value());
    }
    // In place, wherever the numbers lie.
    let file = torch7::view(&bytes).unwrap();
    let column = file.view("/column").unwrap();
    assert!(bytes.as_ptr_range().contains(&column.storage().as_ptr()));
    assert_eq!(column.to_vec::<f32>().unwrap()[9], 93.0);
    // No more of the file is read than a tensor reaches.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.t7");
    std::fs::write(&path, &bytes).unwrap();
    let column = torch7::open(&path).unwrap().get("/column").unwrap();
    assert_eq!((column.storage().len(), column.to_vec::<f32>().unwrap()[1]), (364, 13.0));
    let mapped = own_file!(torch7::map(&path)).unwrap().get("/whole").unwrap();
    assert_eq!(mapped.get::<f32>(&[9, 9]).unwrap(), 99.0);
}

#[test]
fn what_is_shared_is_written_once_or_in_full() {
    let graph = shared();
    let usual = torch7::serialize(&graph).unwrap();
    let compact = WriteOptions::new().compact(true).serialize(&graph).unwrap();
    let in_full = WriteOptions::new().referenced(false).serialize(&graph).unwrap();
    // 100 elements once; 100 and 10 of them; three times 100.
    let sizes = [usual.len(), compact.len(), in_full.len()];
    assert!(sizes[0] < 800 && sizes[1] < 800 && sizes[2] > 1200, "{sizes:?}");
    for bytes in [&usual, &compact, &in_full] {
        let file = torch7::deserialize(bytes).unwrap();
        assert_eq!(file.get("/again").unwrap().to_vec::<f32>().unwrap()[9], 93.0);
    }
    let again = |bytes: &[u8]| {
        let file = torch7::deserialize(bytes).unwrap();
        file.item("/column").unwrap().value() == file.item("/again").unwrap().value()
    };
    assert_eq!((again(&usual), again(&compact), again(&in_full)), (true, true, false));
    assert_eq!(torch7::deserialize(&compact).unwrap().get("/column").unwrap().strides(), [4]);
}

#[test]
fn what_contains_itself_is_built_and_is_not_written_in_full() {
    let mut new = Builder::new();
    let me = new.reserve().unwrap();
    new.fill(me, [("me", Value::from(me)), ("name", "loop".into())]).unwrap();
    let graph = new.finish(me.into()).unwrap();
    let file = torch7::deserialize(&torch7::serialize(&graph).unwrap()).unwrap();
    assert_eq!(file.item("/me/me/me/name").unwrap().as_str(), Some("loop"));
    let error = WriteOptions::new().referenced(false).serialize(&graph).unwrap_err();
    assert!(error.to_string().contains("contains itself"), "{error}");
}

#[test]
fn lists_and_tables_are_seen_as_such() {
    let file = torch7::load(fixture("table_list.bin.t7")).unwrap();
    let list = file.root().unwrap().list().unwrap();
    assert_eq!(
        (list.len(), list.get(0).unwrap().as_f64(), list.get(3).unwrap().as_str()),
        (5, Some(10.0), Some("four"))
    );
    assert_eq!(list.iter().last().unwrap().as_bool(), Some(false));
    let error = torch7::load(fixture("table_holes.bin.t7")).unwrap().root().unwrap().list().unwrap_err();
    assert_eq!(error.to_string(), "the table of 3 entries is not a list: it has the key 4");
    let file = torch7::load(fixture("table_mixed_keys.bin.t7")).unwrap();
    let table = file.root().unwrap().table().unwrap();
    assert_eq!(table.get(1).unwrap().as_str(), Some("num 1"));
    assert_eq!(table.get("1").unwrap().as_str(), Some("str 1"));
    assert_eq!(table.get(true).unwrap().as_str(), Some("T"));
    assert_eq!(table.iter().len(), table.len());
    assert!(table.get("nothing").is_none());
    let error = file.root().unwrap().get("nothing").unwrap_err();
    assert_eq!(error.to_string(), "the table of 6 entries has no key nothing");
    let file = torch7::load(fixture("nn_sequential.bin.t7")).unwrap();
    let root = file.root().unwrap();
    assert_eq!((root.class(), root.version(), root.kind()), (Some("nn.Sequential"), Some(1.0), "instance"));
    let classes: Vec<_> =
        root.get("modules").unwrap().list().unwrap().iter().map(|item| item.class().unwrap()).collect();
    assert_eq!(classes, ["nn.Linear", "nn.Tanh", "nn.Linear"]);
    let weight = root.get("modules").unwrap().list().unwrap().get(0).unwrap().get("weight").unwrap();
    assert_eq!((weight.kind(), weight.array().unwrap().shape()), ("tensor", &[3, 2][..]));
    assert!(root.array().is_err() && file.get("/modules").is_err() && file.get("/modules/9").is_err());
}

#[test]
fn several_values_follow_one_another() {
    let file = torch7::load(fixture("several_objects.bin.t7")).unwrap();
    let kinds: Vec<_> = file.roots().map(|root| root.kind()).collect();
    assert_eq!(kinds, ["table", "string", "table"]);
    assert!(file.root().is_err());
    // The third refers to the first.
    assert_eq!(file.item("/2/again").unwrap().value(), file.item("/0").unwrap().value());
}

#[test]
fn arrays_of_ndarray_go_in_and_out() {
    let array = ndarray::arr2(&[[1.0f64, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let bytes = WriteOptions::new().serialize_tensor(&array).unwrap();
    assert_eq!(bytes.len(), 175);
    let back: ndarray::Array2<f64> =
        torch7::deserialize(&bytes).unwrap().get("").unwrap().to_typed().unwrap();
    assert_eq!(back, array);
    // In Fortran order strides say so.
    let fortran = array.t().to_owned();
    let file = torch7::deserialize(&WriteOptions::new().serialize_tensor(&fortran).unwrap()).unwrap();
    assert_eq!(file.get("").unwrap().to_typed::<f64, ndarray::Ix2>().unwrap(), fortran);
    for refused in [
        Array::from_vec(vec![true], &[1]),
        Array::from_vec(vec![1u16], &[1]),
        Array::from_vec(vec![1f32], &[]),
    ] {
        let error = WriteOptions::new().serialize_tensor(&refused.unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("torch7: Torch7 has no tensor "), "{error}");
    }
}

#[test]
fn what_lua_does_not_hold_is_refused() {
    let refused = |value: Value| {
        let graph = Builder::new().finish(value).unwrap();
        torch7::serialize(&graph).unwrap_err().to_string()
    };
    assert!(refused((1i64 << 53 | 1).into()).contains("53 bits"));
    assert!(refused(u64::MAX.into()).contains("53 bits"));
    let mut new = Builder::new();
    assert!(new.table([(Value::None, Value::from(1.0))]).is_err());
    assert!(new.table([(f64::NAN, Value::from(1.0))]).is_err());
    assert!(new.instance("torch.FloatTensor", 1.0, Value::None).is_err());
    assert!(new.function(9, Buffer::from_static(b""), Value::None).is_err());
    let mut budget = arr_core::format::Budget::default();
    let mut graph = Graph::builder();
    let root = graph.add(Node::Dict(vec![("x".into(), Value::None)]), &mut budget).unwrap();
    let error = torch7::serialize(&graph.finish(vec![root.into()]).unwrap()).unwrap_err();
    assert!(error.to_string().contains("the value of the key 'x' is none"), "{error}");
}

#[test]
fn the_byte_order_is_found_behind_nil() {
    let mut bytes = [[0u8, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]].concat();
    bytes.extend(2.5f64.to_be_bytes());
    let file = torch7::deserialize(&bytes).unwrap();
    assert_eq!(file.graph().roots(), [().into(), ().into(), 2.5.into()]);
    // Nil alone is the same in both.
    assert_eq!(torch7::deserialize(&[0; 4]).unwrap().graph().roots(), [().into()]);
}
