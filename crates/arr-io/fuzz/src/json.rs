//! JSON: what is read is what is written and read again.

use arr_io::serde::json::{Form, ReadOptions, WriteOptions};
use arr_io::{ErrorKind, Graph, Limits};

use super::objects::{again, check_ways};

fn options() -> ReadOptions {
    ReadOptions::new().limits(Limits::default().max_bytes(16 << 20).max_items(1000))
}

/// A document is the same however it is read, its arrays are at their paths, and what is written of it is read as what it
/// was.
pub fn json(bytes: &[u8]) {
    let read = options().loads(bytes);
    let viewed = options().view(bytes);
    let streamed = options().load_from(&mut &bytes[..]);
    let graph = match (read, viewed, streamed) {
        (Ok(graph), Ok(viewed), Ok(streamed)) => {
            check_ways(&graph, &streamed, viewed.graph(), viewed.paths(), |path| viewed.get(path));
            graph
        }
        // Of several faults the first that is found depends on what is decoded meanwhile.
        (Err(read), Err(_), Err(streamed)) => {
            assert_eq!(
                (read.kind(), read.offset()),
                (streamed.kind(), streamed.offset()),
                "{read}, {streamed}"
            );
            return;
        }
        // What is read is decoded, and what is looked at is not: there the data of an array may be none.
        (Err(read), Ok(viewed), Err(_)) => {
            let wrong = |path: &String| viewed.get(path).is_err();
            let is_data = viewed.paths().unwrap().iter().any(wrong);
            assert!(is_data || read.kind() == ErrorKind::LimitExceeded, "{read}");
            return;
        }
        (read, viewed, streamed) => panic!("{read:?}, {viewed:?}, {streamed:?}"),
    };
    for form in [Form::Object, Form::Triple] {
        write_again(&graph, form);
    }
}

fn write_again(graph: &Graph, form: Form) {
    // What a file in a string holds may have no form in JSON.
    let written = WriteOptions::new().form(form).dumps(graph);
    let Some(back) = again(graph, &format!("{form:?}"), written, |bytes| options().loads(bytes)) else {
        return;
    };
    let arrays = |graph: &Graph| graph.paths().unwrap().count();
    assert!(arrays(&back) >= arrays(graph).min(1), "{form:?}");
    for (one, two) in graph.paths().unwrap().zip(back.paths().unwrap()) {
        let ((path, one), (other, two)) = (one.unwrap(), two.unwrap());
        if path == other {
            if let (Ok(one), Ok(two)) = (graph.array(one), back.array(two)) {
                assert!(one.bits_equal(&two), "{form:?} {path}");
            }
        }
    }
}
