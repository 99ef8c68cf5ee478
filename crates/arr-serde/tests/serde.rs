//! `serde`: every array comes back from every format as it was, and what is hostile is refused.
#![cfg(all(feature = "serde", feature = "ndarray"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod common;

use std::fmt::Debug;

use arr_core::format::Budget;
use arr_core::serialize::ArraySeed;
use arr_core::value::{Items, Object};
use arr_core::{Array, ArrayView, DType, Graph, Limits, Node, Order, Value};
use arr_serde::forms;
use common::{all, array, check};
use num_complex::Complex;
use serde::de::{DeserializeOwned, DeserializeSeed as _};
use serde::{Deserialize, Serialize};

/// A format, by what it makes of a value and back.
macro_rules! formats {
    ($each:ident) => {
        $each!("serde_json", |value| serde_json::to_vec(value).unwrap(), |bytes| serde_json::from_slice(
            bytes
        )
        .map_err(|error| error.to_string()));
        $each!("postcard", |value| postcard::to_allocvec(value).unwrap(), |bytes| postcard::from_bytes(
            bytes
        )
        .map_err(|error| error.to_string()));
        $each!(
            "bincode",
            |value| bincode::serde::encode_to_vec(value, bincode::config::standard()).unwrap(),
            // Without a limit it reserves what a length says, whatever is there.
            |bytes| bincode::serde::decode_from_slice(
                bytes,
                bincode::config::standard().with_limit::<{ 1 << 24 }>()
            )
            .map(|(value, _)| value)
            .map_err(|error| error.to_string())
        );
        $each!("rmp-serde", |value| rmp_serde::to_vec(value).unwrap(), |bytes| rmp_serde::from_slice(bytes)
            .map_err(|error| error.to_string()));
        $each!("rmp-serde, by names", |value| rmp_serde::to_vec_named(value).unwrap(), |bytes| {
            rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
        });
        $each!(
            "ciborium",
            |value| {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).unwrap();
                bytes
            },
            |bytes| ciborium::from_reader(bytes).map_err(|error| error.to_string())
        );
    };
}

/// A value that is written in each format and read again, each time handed over with the name of the format.
fn in_every_format<T: Serialize + DeserializeOwned>(value: &T, mut each: impl FnMut(&str, T)) {
    macro_rules! there_and_back {
        ($name:literal, |$value:ident| $write:expr, |$bytes:ident| $read:expr) => {{
            let $value = value;
            let written: Vec<u8> = $write;
            let $bytes = written.as_slice();
            let back: Result<T, String> = $read;
            each($name, back.unwrap_or_else(|error| panic!("{}: {error}", $name)));
        }};
    }
    formats!(there_and_back);
}

#[test]
fn every_array_comes_back_from_every_format() {
    for (name, array) in all() {
        in_every_format(&array, |format, back| check(&format!("{name} in {format}"), &back, &array));
    }
}

#[derive(Serialize, Deserialize)]
struct InForms {
    #[serde(with = "forms::fitting")]
    fitting: Array,
    #[serde(with = "forms::bytes")]
    bytes: Array,
    #[serde(with = "forms::base64")]
    base64: Array,
}

#[test]
fn every_form_keeps_every_array_in_every_format() {
    for (name, array) in all() {
        let forms = InForms { fitting: array.clone(), bytes: array.clone(), base64: array.clone() };
        in_every_format(&forms, |format, back| {
            for (form, found) in
                [("fitting", &back.fitting), ("bytes", &back.bytes), ("base64", &back.base64)]
            {
                check(&format!("{name} in {format} as {form}"), found, &array);
            }
        });
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct OfNdarray {
    #[serde(with = "forms::fitting")]
    plane: ndarray::Array2<f32>,
    #[serde(with = "forms::bytes")]
    any: ndarray::ArrayD<Complex<f64>>,
    #[serde(with = "forms::base64")]
    vector: Vec<u16>,
    #[serde(with = "forms::lists")]
    lists: ndarray::Array3<i16>,
    #[serde(with = "forms::lists")]
    line: Vec<f64>,
    #[serde(with = "forms::lists")]
    truths: ndarray::Array1<bool>,
    #[serde(with = "forms::lists")]
    nothing: ndarray::Array2<u8>,
    #[serde(with = "forms::lists")]
    number: ndarray::Array0<u64>,
}

#[test]
fn arrays_of_ndarray_come_back() {
    let of = OfNdarray {
        plane: ndarray::arr2(&[[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]).reversed_axes(),
        any: ndarray::arr1(&[Complex::new(1.0, -0.0)]).into_dyn(),
        vector: vec![1, 2, 65535],
        lists: ndarray::arr3(&[[[0, -1, -2]], [[1000, 999, 998]]]),
        line: vec![0.1, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300],
        truths: ndarray::arr1(&[true, false]),
        nothing: ndarray::Array2::zeros((0, 0)),
        number: ndarray::arr0(u64::MAX),
    };
    in_every_format(&of, |format, back| {
        assert_eq!(back, of, "{format}");
        assert!(back.line[1].is_sign_negative(), "{format}");
    });
    let json = serde_json::to_string(&of).unwrap();
    assert!(
        json.contains(r#""lists":[[[0,-1,-2]],[[1000,999,998]]],"line":[0.1,-0.0,"inf","-inf","#),
        "{json}"
    );
}

#[test]
fn lists_tell_the_dtype_or_are_refused() {
    #[derive(Deserialize, Debug)]
    struct Any(#[serde(with = "forms::lists")] Array);
    #[derive(Deserialize, Debug)]
    struct Bytes(
        #[serde(with = "forms::lists")]
        #[allow(dead_code)]
        ndarray::Array2<u8>,
    );
    let any =
        |json: &str| serde_json::from_str::<Any>(json).map(|any| any.0).map_err(|error| error.to_string());
    for (json, dtype, shape) in [
        ("[[1,2,3],[4,5,6]]", "<i8", &[2, 3][..]),
        ("[1,18446744073709551615]", "<u8", &[2]),
        ("[1,2.5]", "<f8", &[2]),
        ("[null,\"nan\",\"inf\",1]", "<f8", &[4]),
        ("[[true],[false]]", "|b1", &[2, 1]),
        ("[[],[]]", "<f8", &[2, 0]),
        ("7", "<i8", &[]),
    ] {
        let array = any(json).unwrap();
        assert_eq!((array.dtype().to_string().as_str(), array.shape()), (dtype, shape), "{json}");
    }
    assert!(any("[null]").unwrap().get::<f64>(&[0]).unwrap().is_nan());
    for (json, why) in [
        ("[[1,2],[3]]", "a list of level 1 has 1 items, and the first one has 2"),
        ("[[1],2]", "expected a list"),
        ("[1,[2]]", "both numbers and lists"),
        ("[[],1]", "both numbers and lists"),
        ("[1,true]", "both booleans and numbers"),
        ("[9007199254740993,0.5]", "none is just that number"),
        ("[-1,18446744073709551615]", "no integers of 64 bits"),
        ("[\"text\"]", "invalid type"),
        ("{\"a\":1}", "invalid type"),
    ] {
        let error = any(json).unwrap_err();
        assert!(error.contains(why), "{json}: {error}");
    }
    for json in ["[[256]]", "[[-1]]", "[[1.5]]", "[[true]]", "[1]", "[[[1]]]", "[[null]]"] {
        assert!(serde_json::from_str::<Bytes>(json).is_err(), "{json}");
    }
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(any(&deep).unwrap_err().contains("more than 64 levels"));
    for refused in ["<c8", "<M8[s]", "|S3", "<f16", "[('x', '<f4')]"] {
        let lists = Listed(array(refused, &[2], Order::C));
        assert!(serde_json::to_string(&lists).unwrap_err().to_string().contains("no form as numbers"));
    }
    let lost = Listed(array("<f4", &[0, 3], Order::C));
    assert!(serde_json::to_string(&lost).unwrap_err().to_string().contains("would not tell the shape"));
}

#[derive(Serialize)]
struct Listed(#[serde(with = "forms::lists")] Array);

#[test]
fn views_borrow_what_the_format_lends() {
    #[derive(Serialize, Deserialize)]
    struct Message<'a> {
        name: &'a str,
        #[serde(borrow)]
        view: ArrayView<'a>,
        #[serde(borrow, with = "forms::lent")]
        bytes: ndarray::ArrayView2<'a, u8>,
    }
    let (of, bytes) = (array(">f8", &[2, 3], Order::F), ndarray::array![[1u8, 2], [3, 4]]);
    let message = Message { name: "x", view: of.view(), bytes: bytes.view() };
    let is_in = |whole: &[u8], part: *const u8| whole.as_ptr_range().contains(&part);
    let see = |format: &str, whole: &[u8], found: Message<'_>| {
        assert!(found.view.bits_equal(&of) && found.bytes == bytes && found.name == "x", "{format}");
        assert!(is_in(whole, found.view.storage().as_ptr()), "{format}");
        assert!(is_in(whole, found.bytes.as_ptr()), "{format}");
    };
    let written = postcard::to_allocvec(&message).unwrap();
    see("postcard", &written, postcard::from_bytes(&written).unwrap());
    let written = rmp_serde::to_vec(&message).unwrap();
    see("rmp-serde", &written, rmp_serde::from_slice(&written).unwrap());
    let written = bincode::serde::encode_to_vec(&message, bincode::config::standard()).unwrap();
    let read = bincode::serde::borrow_decode_from_slice(&written, bincode::config::standard()).unwrap().0;
    see("bincode", &written, read);
    // JSON has no bytes to lend.
    let json = serde_json::to_string(&of).unwrap();
    let error = serde_json::from_str::<ArrayView<'_>>(&json).unwrap_err().to_string();
    assert!(error.contains("does not lend"), "{error}");
}

#[test]
fn fields_come_in_any_order_and_once() {
    let read = |json: &str| serde_json::from_str::<Array>(json).map_err(|error| error.to_string());
    let array = read(r#"{"data":"AQIDBAUG","order":"F","shape":[3,2],"dtype":"|u1"}"#).unwrap();
    assert_eq!((array.to_vec::<u8>().unwrap(), array.natural_order()), (vec![1, 4, 2, 5, 3, 6], Order::F));
    let texts = read(r#"{"data":["a","b"],"order":"C","shape":[2],"dtype":"utf8"}"#).unwrap();
    assert_eq!(texts.to_strings().unwrap(), ["a", "b"]);
    for (json, why) in [
        (r#"{"dtype":"|u1","shape":[1],"order":"C"}"#, "missing field `data`"),
        (r#"{"dtype":"|u1","shape":[1],"data":"AQ=="}"#, "missing field `order`"),
        (r#"{"dtype":"|u1","dtype":"|u1"}"#, "duplicate field `dtype`"),
        (r#"{"dtype":"|u1","shape":[1],"order":"C","data":"AQ==","more":1}"#, "unknown field `more`"),
        (r#"{"dtype":"|u1","shape":[1],"order":"K","data":"AQ=="}"#, "expected C or F"),
        (r#"{"dtype":"|u1","shape":[2],"order":"C","data":"AQ=="}"#, "has 2 bytes of data, not 1"),
        (r#"{"dtype":"|u1","shape":[1],"order":"C","data":"AQ="}"#, "not base64"),
        (r#"{"dtype":"|u1","shape":[1],"order":"C","data":"A"}"#, "not base64"),
        (r#"{"dtype":"|u1","shape":[1],"order":"C","data":"AQ=\n"}"#, "not base64"),
        (r#"{"dtype":"|u1","shape":[-1],"order":"C","data":""}"#, "invalid value"),
        (
            r#"{"dtype":"<f4","shape":[18446744073709551615,18446744073709551615],"order":"C","data":""}"#,
            "too large",
        ),
        (r#"{"dtype":"|O","shape":[1],"order":"C","data":"AAAAAAAAAAA="}"#, "objects"),
        (r#"{"dtype":"nonsense","shape":[1],"order":"C","data":""}"#, "is not a dtype"),
        (r#"{"dtype":"utf8","shape":[1],"order":"C","data":"AQ=="}"#, "invalid type"),
        (r#"{"data":"AQ==","dtype":"utf8","shape":[1],"order":"C"}"#, "bytes in place of texts"),
        (r#"{"dtype":"utf8","shape":[1],"order":"C","data":["a","b"]}"#, "more texts than fill"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(why), "{json}: {error}");
    }
    let shape = format!(r#"{{"dtype":"|u1","shape":[{}1],"order":"C","data":"AQ=="}}"#, "1,".repeat(64));
    assert!(read(&shape).unwrap_err().contains("65 dimensions"));
}

#[test]
fn lengths_are_charged_to_the_limits() {
    let of = array("<f4", &[100], Order::C);
    for (bytes, is_allowed) in [(399, false), (400, true)] {
        let mut budget = Limits::default().max_bytes(bytes).budget();
        let json = serde_json::to_string(&of).unwrap();
        let read = ArraySeed::new(&mut budget).deserialize(&mut serde_json::Deserializer::from_str(&json));
        assert_eq!(read.is_ok(), is_allowed, "{bytes}");
        let mut budget = Limits::default().max_bytes(bytes).budget();
        let packed = rmp_serde::to_vec(&of).unwrap();
        let read =
            ArraySeed::new(&mut budget).deserialize(&mut rmp_serde::Deserializer::from_read_ref(&packed));
        assert_eq!(read.is_ok(), is_allowed, "{bytes}");
    }
    // A length of 2^63 that nothing is behind.
    let mut lie = postcard::to_allocvec(&("|u1", &[1u64 << 63][..], "C")).unwrap();
    lie.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    assert!(postcard::from_bytes::<Array>(&lie).is_err());
}

/// A graph with all that a graph can have.
fn graph() -> Graph {
    let (mut budget, mut builder) = (Budget::default(), Graph::builder());
    let mut add = |node: Node| Value::Ref(builder.add(node, &mut budget).unwrap());
    let one = add(Node::array(array(">f4", &[2, 3], Order::F)));
    let dtype = add(Node::DType("[('x', '<f4')]".parse::<DType>().unwrap()));
    let tuple = add(Node::Tuple(vec![one.clone(), dtype, one.clone()]));
    let values = Items::Values {
        dtype: DType::Object,
        shape: vec![2],
        order: arr_core::Contiguity::C,
        items: vec![one.clone(), "text".into()],
    };
    let objects = add(arr_core::value::ArrayNode::new(values).with_class("numpy.matrix", Some(1.5)).into());
    let numbers = add(Node::List(vec![
        Value::None,
        true.into(),
        (-7).into(),
        i128::MAX.into(),
        0.1.into(),
        (-0.0).into(),
        f64::NAN.into(),
        f64::from_bits(0x7ff8_0000_0000_0001).into(),
        f64::NEG_INFINITY.into(),
        Complex::new(1.5, f64::NAN).into(),
        "Zoë".into(),
        (&b"\x00\xff"[..]).into(),
    ]));
    let set = add(Node::Set(vec![1.into(), 2.into()]));
    let frozen = add(Node::FrozenSet(vec![]));
    let root = builder.reserve(&mut budget).unwrap();
    let mut object = Object::new("things.Plain").with_state(root).with_args(tuple);
    object.items.push(set);
    object.entries.push(("key".into(), frozen));
    object.version = Some(2.0);
    let object = Value::Ref(builder.add(object, &mut budget).unwrap());
    let entries = vec![("o".into(), object), (1.into(), objects), (one, numbers)];
    builder.fill(root, Node::Dict(entries), &mut budget).unwrap();
    builder.finish(vec![root.into(), 5.into()]).unwrap()
}

#[test]
fn graphs_come_back_with_what_they_share() {
    let graph = graph();
    in_every_format(&graph, |format, back| {
        assert!(back.same_as(&graph).unwrap(), "{format}");
        assert_eq!(back.len(), graph.len(), "{format}");
        let bits = |graph: &Graph| match graph.nodes().nth(4) {
            Some((_, Node::List(items))) => items.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(bits(&back), bits(&graph), "{format}");
    });
    for bad in [
        r#"{"roots":[{"ref":1}],"nodes":[{"list":[]}]}"#,
        r#"{"roots":[],"nodes":[{"list":[{"ref":7}]}]}"#,
        r#"{"roots":[],"nodes":[{"array":{"class":null,"version":null,"is_scalar":false,"items":{"values":{"dtype":"|O","shape":[2],"order":"C","items":[]}}}}]}"#,
        r#"{"roots":[],"nodes":[{"array":{"class":null,"version":null,"is_scalar":false,"items":{"view":{"dtype":"<f4","shape":[2],"strides":[1],"offset":0,"storage":{"ref":0}}}}}]}"#,
        r#"{"roots":[{"big_int":"x"}],"nodes":[]}"#,
        r#"{"roots":[{"float":"x"}],"nodes":[]}"#,
    ] {
        assert!(serde_json::from_str::<Graph>(bad).is_err(), "{bad}");
    }
}

#[test]
fn values_stand_alone_unless_they_refer() {
    for value in [Value::None, 1.into(), f64::NAN.into(), "a".into(), (&b"\xff"[..]).into(), i128::MIN.into()]
    {
        in_every_format(&value, |format, back| assert_eq!(back, value, "{format}"));
    }
    assert_eq!(serde_json::to_string(&Value::from(0.1)).unwrap(), r#"{"float":"0.1"}"#);
    assert!(serde_json::to_string(graph().roots().first().unwrap()).is_err());
    assert!(serde_json::from_str::<Value>(r#"{"ref":0}"#).is_err());
}

#[test]
fn whatever_is_changed_is_an_error_or_data() {
    let of = InForms {
        fitting: array("[('x', '<f4'), ('n', '>i2')]", &[2, 3], Order::F),
        bytes: array("<f4", &[3], Order::C),
        base64: Array::from_texts(&[2], Order::C, ["a", "bc"]).unwrap(),
    };
    let graph = graph();
    macro_rules! change {
        ($name:literal, |$value:ident| $write:expr, |$bytes:ident| $read:expr) => {{
            for is_graph in [false, true] {
                let written: Vec<u8> = if is_graph {
                    let $value = &graph;
                    $write
                } else {
                    let $value = &of;
                    $write
                };
                for at in 0..written.len() {
                    for byte in [0, 0xff, written[at] ^ 1, written[at] ^ 0x80] {
                        let mut changed = written.clone();
                        changed[at] = byte;
                        let $bytes = changed.as_slice();
                        if is_graph {
                            let _: Result<Graph, String> = $read;
                        } else {
                            let _: Result<InForms, String> = $read;
                        }
                    }
                    let $bytes = &written[..at];
                    if is_graph {
                        let cut: Result<Graph, String> = $read;
                        assert!(cut.is_err(), "{} cut at {at}", $name);
                    } else {
                        let cut: Result<InForms, String> = $read;
                        assert!(cut.is_err(), "{} cut at {at}", $name);
                    }
                }
            }
        }};
    }
    formats!(change);
}
