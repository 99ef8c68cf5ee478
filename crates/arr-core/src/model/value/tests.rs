//! Graphs as parsers make them, and random ones.

use std::collections::HashSet;

use num_complex::Complex;
use proptest::prelude::*;

use super::*;
use crate::format::{Budget, PartInfo};
use crate::{Array, Contiguity, DType, ErrorKind, Limits};

/// A builder with a budget of its own.
#[derive(Default)]
struct Make(GraphBuilder, Budget);

impl Make {
    fn add(&mut self, node: impl Into<Node>) -> NodeId {
        self.0.add(node, &mut self.1).unwrap()
    }

    fn reserve(&mut self) -> NodeId {
        self.0.reserve(&mut self.1).unwrap()
    }

    fn fill(&mut self, id: NodeId, node: Node) {
        self.0.fill(id, node, &mut self.1).unwrap();
    }

    fn array(&mut self, value: f32) -> NodeId {
        self.add(Node::array(Array::from_vec(vec![value], &[1]).unwrap()))
    }

    /// A dict of keys, each with an array of its own.
    fn dict(&mut self, keys: &[Value]) -> Vec<NodeId> {
        let arrays: Vec<_> = keys.iter().map(|_| self.array(0.0)).collect();
        let entries = keys.iter().zip(&arrays).map(|(key, array)| (key.clone(), (*array).into()));
        self.add(Node::Dict(entries.collect()));
        arrays
    }

    fn finish(self, roots: &[NodeId]) -> Graph {
        self.0.finish(roots.iter().map(|id| Value::Ref(*id)).collect()).unwrap()
    }

    /// With the node that was made last as what the file holds.
    fn finish_last(mut self) -> Graph {
        let next = self.reserve();
        self.fill(next, Node::List(Vec::new()));
        self.finish(&[NodeId(next.0 - 1)])
    }
}

fn paths(graph: &Graph) -> Vec<String> {
    let found: Vec<_> = graph.paths().unwrap().map(Result::unwrap).collect();
    for (path, id) in &found {
        assert_eq!(graph.find(path).unwrap(), &Value::Ref(*id), "{path}");
    }
    found.into_iter().map(|(path, _)| path).collect()
}

fn entry(key: &str, value: NodeId) -> (Value, Value) {
    (key.into(), value.into())
}

#[test]
fn values_and_nodes_are_small() {
    assert_eq!(size_of::<Value>(), 24);
    assert!(size_of::<Option<Node>>() <= 32);
}

#[test]
fn whole_numbers_of_any_size_are_kept() {
    assert_eq!(Value::from_decimal("-9223372036854775808").unwrap(), Value::Int(i64::MIN));
    let digits = "-9223372036854775809";
    let big = Value::from_decimal(digits).unwrap();
    assert_eq!((big.as_i64(), big.to_decimal().as_deref()), (None, Some(digits)));
    let Value::BigInt(int) = &big else { unreachable!() };
    assert_eq!(Value::from_signed_le_bytes(&int.to_signed_le_bytes()), big);
    assert_eq!(Value::from_signed_le_bytes(&[0xff, 0xff]), Value::Int(-1));
    assert_eq!(Value::from_signed_le_bytes(&[]), Value::Int(0));
    assert_eq!(Value::from(u64::MAX).to_decimal().unwrap(), u64::MAX.to_string());
    for bad in ["", "-", "1_0", "--1", "+-1", "1e3", " 1", "99999999999999999999_0", "٣"] {
        assert_eq!(Value::from_decimal(bad).unwrap_err().kind(), ErrorKind::Malformed, "{bad}");
    }
}

#[test]
fn values_are_equal_by_bits_and_seen_as_what_they_are() {
    assert_eq!(Value::from(f64::NAN), Value::from(f64::NAN));
    assert_ne!(Value::from(1.0), Value::from(1));
    assert_eq!(Value::from(9_007_199_254_740_993i64).as_f64(), None);
    assert_eq!(Value::from(i64::MIN).as_f64(), Some(-9_223_372_036_854_775_808.0));
    assert_eq!(Value::from(0).as_f64(), Some(0.0));
    assert_eq!(Value::from(Complex::new(1.0, 2.0)).as_complex(), Some(Complex::new(1.0, 2.0)));
    assert_eq!(Value::copy_bytes(b"ab").unwrap(), Value::from(&b"ab"[..]));
    assert_eq!(Value::copy_str("ab").unwrap().as_bytes(), Some(&b"ab"[..]));
    assert_ne!(Value::from("ab"), Value::from(&b"ab"[..]));
    assert!(Value::from(None::<bool>).is_none());
}

#[test]
fn layers_of_a_torch_net_are_found_by_attribute_and_number() {
    let mut make = Make::default();
    let weight = make.array(1.0);
    let fields = make.add(Node::Dict(vec![entry("weight", weight)]));
    let layer = make.add(Object::new("nn.Linear").with_state(fields));
    let modules = make.add(Node::Dict(vec![(1.0.into(), layer.into()), (2.0.into(), layer.into())]));
    let fields = make.add(Node::Dict(vec![entry("modules", modules)]));
    let net = make.add(Object::new("nn.Sequential").with_state(fields));
    let graph = make.finish(&[net]);
    assert_eq!(paths(&graph), ["/modules/1/weight"]);
    assert_eq!(graph.find("/modules/2/weight").unwrap(), &weight.into());
    assert_eq!(graph.find("/~state/modules/1/~state/weight").unwrap(), &weight.into());
    assert_eq!(graph.find("").unwrap(), &net.into());
}

#[test]
fn keys_that_meet_are_told_apart() {
    let keys: [Value; 12] = [
        1.0.into(),
        1.into(),
        "1".into(),
        "a/b~".into(),
        "".into(),
        (&b"\xff"[..]).into(),
        "ff".into(),
        true.into(),
        "true".into(),
        Value::None,
        "1".into(),
        Complex::new(0.0, 1.0).into(),
    ];
    let mut make = Make::default();
    make.dict(&keys);
    let graph = make.finish_last();
    let expected = [
        "/~float:1",
        "/~int:1",
        "/1",
        "/a~1b~0",
        "/",
        "/~hex:ff",
        "/ff",
        "/~bool:true",
        "/true",
        "/none",
        "/~at:10",
        "/~at:11",
    ];
    assert_eq!(paths(&graph), expected);
    assert_eq!(graph.find("/~str:1").unwrap(), graph.find("/1").unwrap());
    assert_eq!(graph.find("/~key:2").unwrap(), &"1".into());
}

#[test]
fn names_do_not_depend_on_the_order_of_a_table() {
    let keys: [Value; 4] = ["1".into(), 1.0.into(), (&b"1"[..]).into(), "x".into()];
    let named = |order: [usize; 4]| {
        let mut make = Make::default();
        make.dict(&order.map(|place| keys[place].clone()));
        let names: HashSet<_> = paths(&make.finish_last()).into_iter().collect();
        names
    };
    assert_eq!(named([0, 1, 2, 3]), named([3, 2, 1, 0]));
    assert_eq!(named([0, 1, 2, 3]), named([2, 0, 3, 1]));
}

#[test]
fn entries_and_items_of_an_object_come_before_its_attributes() {
    let mut make = Make::default();
    let [a, b, c, d, e, f, g] = [0.0; 7].map(|value| make.array(value));
    let state = make.add(Node::Dict(vec![entry("0", a), entry("w", b), entry("own", c)]));
    let mut object = Object::new("collections.OrderedDict").with_state(state).with_args(d);
    object.kwargs = Some(e.into());
    object.items = vec![f.into()];
    object.entries = vec![entry("w", g)];
    let id = make.add(object);
    let graph = make.finish(&[id]);
    let expected = ["/w", "/0", "/~str:0", "/~at:3", "/own", "/~args", "/~kwargs"];
    assert_eq!(paths(&graph), expected);
    assert_eq!(graph.find("/w").unwrap(), &g.into());
    assert_eq!(graph.find("/0").unwrap(), &f.into());
}

#[test]
fn a_state_that_is_shared_keeps_its_shortest_path() {
    let mut make = Make::default();
    let array = make.array(0.0);
    let state = make.add(Node::Dict(vec![entry("w", array)]));
    let objects = [(); 3].map(|()| make.add(Object::new("m.C").with_state(state)));
    let root = make.add(Node::List(objects.map(Value::from).to_vec()));
    assert_eq!(paths(&make.finish(&[root])), ["/0/w"]);
}

#[test]
fn arrays_in_keys_functions_states_and_arrays_of_values_are_found() {
    let mut make = Make::default();
    let [key, up, state, item] = [0.0; 4].map(|value| make.array(value));
    let function = make.add(Function::new(8, Buffer::from_static(b"\x1bLJ"), up));
    let object = make.add(Object::new("m.C").with_state(state));
    let items = Items::Values {
        dtype: DType::Object,
        shape: vec![1, 2],
        order: Contiguity::C,
        items: vec![Value::None, item.into()],
    };
    let values = make.add(ArrayNode::new(items));
    let root =
        make.add(Node::Dict(vec![(key.into(), function.into()), entry("o", object), entry("v", values)]));
    let graph = make.finish(&[root]);
    assert_eq!(paths(&graph), ["/v", "/~key:0", "/~at:0/~upvalues", "/o/~state", "/v/1"]);
    assert_eq!(graph.array(values).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn several_values_of_a_file_are_numbered() {
    let mut make = Make::default();
    let (a, b) = (make.array(1.0), make.array(2.0));
    let list = make.add(Node::Tuple(vec![b.into()]));
    let graph = make.finish(&[a, list, a]);
    assert_eq!(paths(&graph), ["/0", "/1/0"]);
    assert_eq!(graph.find("/2").unwrap(), &a.into());
    assert!(graph.root().is_none());
    for bad in ["", "0", "/3", "/-1", "/00", "/+0", "/1/1", "/1/-1", "/1/~at:9", "/1/~2", "/1/0/x", "/1/~"] {
        assert_eq!(graph.find(bad).unwrap_err().kind(), ErrorKind::InvalidArgument, "{bad}");
    }
}

fn storage(make: &mut Make) -> NodeId {
    let items = Array::from_vec((0u8..6).collect(), &[6]).unwrap();
    make.add(ArrayNode::new(Items::Array(items)).with_class("torch.ByteStorage", Some(1.0)))
}

fn tensor(shape: &[usize], strides: &[isize], offset: usize, storage: Option<NodeId>) -> ArrayNode {
    let view = View::new(DType::of::<u8>(), shape, strides, offset, storage);
    ArrayNode::new(Items::View(view)).with_class("torch.ByteTensor", Some(1.0))
}

#[test]
fn tensors_share_their_storage() {
    let mut make = Make::default();
    let storage = storage(&mut make);
    let tensors = [
        tensor(&[2, 3], &[3, 1], 0, Some(storage)),
        tensor(&[2, 2], &[1, 2], 1, Some(storage)),
        tensor(&[0], &[1], 0, None),
    ];
    let [whole, part, empty] = tensors.map(|tensor| make.add(tensor));
    let root = make.add(Node::List(vec![whole.into(), part.into(), empty.into()]));
    let graph = make.finish(&[root]);
    assert_eq!(paths(&graph), ["/0", "/1", "/2"]);
    let (whole, part) = (graph.array(whole).unwrap(), graph.array(part).unwrap());
    assert_eq!(part.to_vec::<u8>().unwrap(), [1, 3, 2, 4]);
    assert_eq!(whole.storage().as_ptr(), part.storage().as_ptr());
    assert!(graph.array(empty).unwrap().is_empty());
    assert_eq!(graph.depth_first().unwrap().count(), 5);
}

#[test]
fn tensors_outside_their_storage_are_refused() {
    let far = isize::MAX;
    for (shape, strides, offset) in [
        (&[2usize, 3][..], &[3isize, 1][..], 1),
        (&[7], &[1], 0),
        (&[2], &[-1], 0),
        (&[2], &[far], 0),
        (&[2, 2], &[far, far], 0),
        (&[1 << 40, 1 << 40], &[0, 0], 0),
        (&[1], &[1, 1], 0),
        (&[1], &[1], usize::MAX),
    ] {
        let mut make = Make::default();
        let storage = storage(&mut make);
        make.add(tensor(shape, strides, offset, Some(storage)));
        assert!(make.0.finish(Vec::new()).is_err(), "{shape:?} {strides:?} {offset}");
    }
    let mut make = Make::default();
    let list = make.add(Node::List(Vec::new()));
    make.add(tensor(&[0], &[1], 0, Some(list)));
    assert_eq!(make.0.finish(Vec::new()).unwrap_err().kind(), ErrorKind::Malformed);
    let mut make = Make::default();
    make.add(tensor(&[1], &[1], 0, None));
    assert_eq!(make.0.finish(Vec::new()).unwrap_err().kind(), ErrorKind::Malformed);
    let mut make = Make::default();
    let itself = make.reserve();
    make.fill(itself, tensor(&[1], &[1], 0, Some(itself)).into());
    assert_eq!(make.0.finish(Vec::new()).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn arrays_of_values_have_as_many_as_their_shape_says() {
    for shape in [&[2usize, 2][..], &[], &[usize::MAX, 3]] {
        let items = vec![Value::None; 3];
        let mut make = Make::default();
        make.add(ArrayNode::new(Items::Values {
            dtype: DType::Object,
            shape: shape.to_vec(),
            order: Contiguity::C,
            items,
        }));
        assert_eq!(make.0.finish(Vec::new()).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn arrays_may_stay_in_the_file() {
    let mut make = Make::default();
    let part = Part::new(PartInfo::at(3), DType::of::<u8>(), &[6], Contiguity::C);
    let stored = make.add(ArrayNode::new(Items::Part(part)));
    let view = make.add(tensor(&[2], &[1], 4, Some(stored)));
    let graph = make.finish(&[stored, view]);
    assert_eq!(paths(&graph), ["/0", "/1"]);
    let error = graph.array(view).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("part 3")), (ErrorKind::Mismatch, true));
    assert_eq!(graph.node(stored).unwrap().as_array().unwrap().shape(), [6]);
}

#[test]
fn what_is_shared_counts_in_comparisons() {
    let list = |shared: bool| {
        let mut make = Make::default();
        let a = make.array(1.0);
        let b = make.array(1.0);
        let root = make.add(Node::List(vec![a.into(), if shared { a } else { b }.into()]));
        make.finish(&[root])
    };
    assert!(list(true).same_as(&list(true)).unwrap());
    assert!(list(false).same_as(&list(false)).unwrap());
    assert!(!list(true).same_as(&list(false)).unwrap());
    assert!(!list(false).same_as(&list(true)).unwrap());
}

#[test]
fn nodes_are_compared_with_all_that_they_say() {
    let f4 = DType::of::<f32>();
    let array = |value: f32, shape: &[usize]| Array::from_vec(vec![value], shape).unwrap();
    let part = |index| {
        Node::from(ArrayNode::new(Items::Part(Part::new(
            PartInfo::at(index),
            DType::Object,
            &[],
            Contiguity::C,
        ))))
    };
    let mut with_items = Object::new("a");
    with_items.items = vec![1.into(), 2.into()];
    let mut with_entries = Object::new("a");
    with_entries.entries = vec![(1.into(), 2.into())];
    let nodes: Vec<Node> = vec![
        Node::array(array(0.0, &[1])),
        Node::array(array(-0.0, &[1])),
        Node::array(array(f32::NAN, &[1])),
        Node::array(array(f32::from_bits(f32::NAN.to_bits() | 1), &[1])),
        Node::array(array(0.0, &[1, 1])),
        ArrayNode::new(Items::Array(array(0.0, &[1]))).with_scalar(true).into(),
        ArrayNode::new(Items::Array(array(0.0, &[1]))).with_class("c", None).into(),
        ArrayNode::new(Items::Array(array(0.0, &[1]))).with_class("c", Some(2.0)).into(),
        part(0),
        part(1),
        Node::DType(f4),
        Node::DType(DType::Object),
        Node::List(vec![1.into()]),
        Node::List(vec![1.0.into()]),
        Node::List(vec![1.into(), 1.into()]),
        Node::Tuple(vec![1.into()]),
        Node::Set(vec![1.into()]),
        Node::FrozenSet(vec![1.into()]),
        Node::Dict(vec![(1.into(), 1.into())]),
        Object::new("a").into(),
        Object::new("b").into(),
        Object::new("a").with_args(1).into(),
        Object::new("a").with_state(1).into(),
        Object::new("a").with_state(Value::None).into(),
        with_items.into(),
        with_entries.into(),
        Function::new(7, Buffer::from_static(b"x"), ()).into(),
        Function::new(8, Buffer::from_static(b"x"), ()).into(),
        Function::new(8, Buffer::from_static(b"y"), ()).into(),
    ];
    let alone = |node: &Node| {
        let mut make = Make::default();
        let id = make.add(node.clone());
        make.finish(&[id])
    };
    for (i, a) in nodes.iter().enumerate() {
        for (j, b) in nodes.iter().enumerate() {
            assert_eq!(alone(a).same_as(&alone(b)).unwrap(), i == j, "{a:?} {b:?}");
        }
    }
}

#[test]
fn the_budget_bounds_nodes_and_values() {
    let mut budget = Limits::default().max_bytes(1000).budget();
    let mut graph = Graph::builder();
    let list = graph.add(Node::List(Vec::new()), &mut budget).unwrap();
    let error = (0..100).find_map(|value| graph.push(list, value, &mut budget).err()).unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let error = (0..100).find_map(|_| graph.reserve(&mut budget).err()).unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let large = Node::Tuple(vec![Value::None; 1000]);
    assert_eq!(
        graph.add(large, &mut Limits::default().max_bytes(1000).budget()).unwrap_err().kind(),
        error.kind()
    );
}

#[test]
fn what_is_built_wrongly_is_an_error() {
    let mut make = Make::default();
    let tuple = make.add(Node::Tuple(Vec::new()));
    assert!(make.0.fill(tuple, Node::List(Vec::new()), &mut make.1).is_err());
    assert!(make.0.push_entry(tuple, 1, 2, &mut make.1).is_err());
    assert!(make.0.object_mut(tuple).is_err());
    let dict = make.add(Node::Dict(Vec::new()));
    assert!(make.0.push(dict, 1, &mut make.1).is_err());
    let object = make.add(Object::new("m.C"));
    make.0.push(object, 1, &mut make.1).unwrap();
    make.0.push_entry(object, "k", 2, &mut make.1).unwrap();
    make.0.object_mut(object).unwrap().state = Some(Value::None);
    assert_eq!(make.0.node(object).unwrap().entries(), [("k".into(), 2.into())]);
    assert!(make.0.clone().finish(vec![NodeId(9).into()]).is_err());
    make.0.push(tuple, NodeId(9), &mut make.1).unwrap();
    assert!(make.0.finish(Vec::new()).is_err());
    let mut make = Make::default();
    make.reserve();
    assert!(make.0.finish(Vec::new()).is_err());
}

/// A million lists, each in the next, the innermost with an array.
fn deep() -> Graph {
    let mut make = Make::default();
    let mut inner = make.array(1.0);
    for level in 0..1_000_000 {
        inner = make.add(match level % 3 {
            0 => Node::List(vec![inner.into()]),
            1 => Node::Dict(vec![entry("", inner)]),
            _ => Object::new("c").with_args(inner).into(),
        });
    }
    make.finish(&[inner])
}

#[test]
fn deep_nesting_needs_no_stack() {
    let work = || {
        let graph = deep();
        assert_eq!(graph.breadth_first().unwrap().count(), 1_000_001);
        assert_eq!(graph.depth_first().unwrap().count(), 1_000_001);
        assert!(graph.same_as(&deep()).unwrap());
        let found = paths(&graph);
        assert_eq!((found.len(), found[0].matches('/').count()), (1, 1_000_000));
        drop(graph.clone());
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(work).unwrap().join().unwrap();
}

/// Keys of which many have the same text.
fn key(number: u8, nodes: u32) -> Value {
    match number % 20 {
        0 => "1".into(),
        1 => 1.into(),
        2 => 1.0.into(),
        3 => (&b"1"[..]).into(),
        4 => "".into(),
        5 => "~1".into(),
        6 => "a/b".into(),
        7 => "~at:0".into(),
        8 => true.into(),
        9 => "true".into(),
        10 => Value::None,
        11 => f64::NAN.into(),
        12 => (-0.0).into(),
        13 => (&b"\xff"[..]).into(),
        14 => "ff".into(),
        15 => 0.into(),
        16 => u64::MAX.into(),
        17 => Complex::new(1.0, 0.0).into(),
        _ => Value::Ref(NodeId(u32::from(number) % nodes)),
    }
}

type Recipe = Vec<(u8, Vec<(u8, u8)>)>;

fn node(kind: u8, contents: &[(u8, u8)], nodes: u32) -> Node {
    let value = |number: u8| match number % 4 {
        0 => Value::from(number),
        _ => Value::Ref(NodeId(u32::from(number) % nodes)),
    };
    let items = || contents.iter().map(|(_, number)| value(*number)).collect();
    let entries = || contents.iter().map(|(own, number)| (key(*own, nodes), value(*number))).collect();
    match kind % 8 {
        0 => Node::List(items()),
        1 => Node::Set(items()),
        2 | 3 => Node::Dict(entries()),
        4 => Function::new(8, Buffer::from_static(b""), contents.first().map(|(_, number)| value(*number)))
            .into(),
        5 => {
            let mut object = Object::new("m.C");
            object.state = contents.first().map(|(_, number)| value(*number));
            object.args = contents.get(1).map(|(_, number)| value(*number));
            let (some, others) = contents.split_at(contents.len() / 2);
            object.items = some.iter().map(|(_, number)| value(*number)).collect();
            object.entries = others.iter().map(|(own, number)| (key(*own, nodes), value(*number))).collect();
            object.into()
        }
        _ => Node::array(Array::from_vec(vec![f32::from(kind)], &[1]).unwrap()),
    }
}

fn build(recipe: &Recipe, roots: &[u8]) -> Graph {
    let nodes = u32::try_from(recipe.len()).unwrap();
    let mut make = Make::default();
    for (kind, contents) in recipe {
        make.add(node(*kind, contents, nodes));
    }
    make.finish(&roots.iter().map(|root| NodeId(u32::from(*root) % nodes)).collect::<Vec<_>>())
}

/// The same graph with its nodes in reverse.
fn reversed(graph: &Graph) -> Graph {
    let last = u32::try_from(graph.len()).unwrap() - 1;
    let mut graph = graph.clone();
    let rename = |value: &mut Value| {
        if let Value::Ref(id) = value {
            *id = NodeId(last - id.0);
        }
    };
    graph.nodes.reverse();
    graph.roots.iter_mut().for_each(rename);
    for node in graph.nodes.iter_mut().flatten() {
        match node {
            Node::List(items) | Node::Set(items) => items.iter_mut().for_each(rename),
            Node::Dict(entries) => entries.iter_mut().flat_map(|(key, value)| [key, value]).for_each(rename),
            Node::Function(function) => rename(&mut function.upvalues),
            Node::Object(object) => {
                object.items.iter_mut().for_each(rename);
                object.entries.iter_mut().flat_map(|(key, value)| [key, value]).for_each(rename);
                object.args.iter_mut().chain(&mut object.state).for_each(rename);
            }
            _ => {}
        }
    }
    graph
}

fn recipes() -> impl Strategy<Value = (Recipe, Vec<u8>)> {
    let contents = prop::collection::vec(any::<(u8, u8)>(), 0..8);
    (prop::collection::vec((any::<u8>(), contents), 1..24), prop::collection::vec(any::<u8>(), 0..3))
}

proptest! {
    #[test]
    fn every_path_finds_its_node((recipe, roots) in recipes()) {
        let graph = build(&recipe, &roots);
        let found: Vec<_> = graph.paths().unwrap().map(Result::unwrap).collect();
        for (path, id) in &found {
            prop_assert_eq!(graph.find(path).unwrap(), &Value::Ref(*id), "{}", path);
        }
        let steps: Vec<_> = found.iter().map(|(path, _)| path.matches('/').count()).collect();
        prop_assert!(steps.is_sorted());
        let arrays: HashSet<_> =
            graph.breadth_first().unwrap().filter(|(_, node)| node.as_array().is_some()).map(|(id, _)| id).collect();
        prop_assert_eq!(found.len(), arrays.len());
        prop_assert!(found.iter().all(|(_, id)| arrays.contains(id)));
    }

    #[test]
    fn walks_meet_every_node_once((recipe, roots) in recipes()) {
        let graph = build(&recipe, &roots);
        let breadth: Vec<_> = graph.breadth_first().unwrap().map(|(id, _)| id).collect();
        let depth: Vec<_> = graph.depth_first().unwrap().map(|(id, _)| id).collect();
        let set: HashSet<_> = breadth.iter().collect();
        prop_assert_eq!(set.len(), breadth.len());
        prop_assert_eq!(depth.len(), breadth.len());
        prop_assert_eq!(&set, &depth.iter().collect());
        for id in &breadth {
            prop_assert!(graph.node(*id).unwrap().children().all(|child| set.contains(&child)));
        }
    }

    #[test]
    fn names_of_nodes_do_not_count((recipe, roots) in recipes(), change in any::<u8>()) {
        let graph = build(&recipe, &roots);
        prop_assert!(graph.same_as(&graph).unwrap());
        let mut other = reversed(&graph);
        prop_assert!(graph.same_as(&other).unwrap());
        prop_assert_eq!(paths(&graph), paths(&other));
        let reached: Vec<_> = other.depth_first().unwrap().map(|(id, _)| id).collect();
        if let Some(id) = reached.get(usize::from(change) % reached.len().max(1)) {
            other.nodes[id.index()] = Some(Node::FrozenSet(Vec::new()));
            prop_assert!(!graph.same_as(&other).unwrap() && !other.same_as(&graph).unwrap());
        }
    }
}
