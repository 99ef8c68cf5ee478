//! Pickles: what is read is what is written and read again.

use arr_io::serde::pickle::{ReadOptions, WriteOptions};
use arr_io::value::Items;
use arr_io::{ErrorKind, Graph, Limits, Node};

use super::objects::{again, check_ways};

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
            check_ways(&graph, &streamed, viewed.graph(), viewed.paths(), |path| viewed.get(path));
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
    // A name may be none in another protocol, and an object may be made of itself.
    let written = WriteOptions::new().protocol(protocol).dumps(graph);
    let Some(back) = again(graph, &format!("protocol {protocol}"), written, |bytes| options().loads(bytes))
    else {
        return;
    };
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
