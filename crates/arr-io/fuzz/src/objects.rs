//! What documents and pickles have in common: arrays at paths.

use arr_io::{Array, ErrorKind, Graph, Result};

/// Fails unless a graph is the same as one that came by another way, and its arrays are at the paths of a file that was
/// looked at.
pub(crate) fn check_ways(
    graph: &Graph,
    streamed: &Graph,
    viewed: &Graph,
    paths: Result<Vec<String>>,
    get: impl Fn(&str) -> Result<Array>,
) {
    assert!(graph.same_as(streamed).unwrap());
    assert_eq!(graph.len(), viewed.len());
    for path in paths.unwrap() {
        let id = graph.find(&path).unwrap().as_node().unwrap();
        assert!(get(&path).unwrap().bits_equal(&graph.array(id).unwrap()), "{path}");
    }
}

/// What is read again of what was written of a graph; nothing of what has no such form, or takes too much when it is read.
pub(crate) fn again(
    graph: &Graph,
    how: &str,
    written: Result<Vec<u8>>,
    loads: impl Fn(&[u8]) -> Result<Graph>,
) -> Option<Graph> {
    let written = match written {
        Ok(written) => written,
        Err(error) if error.kind() == ErrorKind::Unsupported => return None,
        Err(error) => panic!("{how}: {error}"),
    };
    let back = match loads(&written) {
        Ok(back) => back,
        Err(error) if error.kind() == ErrorKind::LimitExceeded => return None,
        Err(error) => panic!("{how}: {error}"),
    };
    assert_eq!(back.roots().len(), graph.roots().len());
    Some(back)
}
