//! Pickles: what is read is what is written and read again.

use arr_io::serde::pickle::{ReadOptions, WriteOptions};
use arr_io::value::Items;
use arr_io::{ErrorKind, Graph, Limits, Node};

fn options() -> ReadOptions {
    ReadOptions::new().limits(Limits::default().max_bytes(16 << 20).max_items(1000))
}

/// A pickle is the same however it is read, its arrays are at their paths, and what is written of it in each protocol is
/// read as what it was.
pub fn pickle(bytes: &[u8]) {
    let read = options().loads(bytes);
    let viewed = options().view(bytes);
    let streamed = options().load_from(&mut &bytes[..]);
    let graph = match (read, viewed, streamed) {
        (Ok(graph), Ok(viewed), Ok(streamed)) => {
            assert!(graph.same_as(&streamed).unwrap());
            assert_eq!(graph.len(), viewed.graph().len());
            for path in viewed.paths().unwrap() {
                let id = graph.find(&path).unwrap().as_node().unwrap();
                assert!(viewed.get(&path).unwrap().bits_equal(&graph.array(id).unwrap()), "{path}");
            }
            graph
        }
        (Err(read), Err(viewed), Err(_)) => {
            let is_limit = |kind| kind == ErrorKind::LimitExceeded;
            assert!(read.kind() == viewed.kind() || is_limit(read.kind()), "{read}, {viewed}");
            return;
        }
        // What is read takes more memory than what is left where it is.
        (Err(error), ..) if error.kind() == ErrorKind::LimitExceeded => return,
        (read, viewed, streamed) => panic!("{read:?}, {viewed:?}, {streamed:?}"),
    };
    for protocol in 2..=5 {
        write_again(&graph, protocol);
    }
}

fn write_again(graph: &Graph, protocol: u8) {
    let written = match WriteOptions::new().protocol(protocol).dumps(graph) {
        Ok(written) => written,
        // A name that is none in another protocol, an object that is made of itself.
        Err(error) if error.kind() == ErrorKind::Unsupported => return,
        Err(error) => panic!("{error}"),
    };
    let back = match options().loads(&written) {
        Ok(back) => back,
        Err(error) if error.kind() == ErrorKind::LimitExceeded => return,
        Err(error) => panic!("protocol {protocol}: {error}"),
    };
    assert_eq!(back.roots().len(), graph.roots().len());
    assert!(is_changed_by_writing(graph) || back.same_as(graph).unwrap(), "protocol {protocol}");
}

/// True when a graph has what is written in another form than it was read in: an object of a class of our own with
/// something else in it, one dtype that was two.
fn is_changed_by_writing(graph: &Graph) -> bool {
    graph.breadth_first().unwrap().any(|(_, node)| match node {
        Node::DType(_) | Node::Object(_) => true,
        Node::Tuple(items) => items.is_empty(),
        Node::Array(array) => {
            array.class.is_some() || !matches!(array.items, Items::Array(_)) || array.is_scalar
        }
        _ => false,
    })
}
