//! Torch7 files: what is read is the same by every way in, and what is written and read again.

use arr_io::binary::torch7::{File, ReadOptions, WriteOptions};
use arr_io::{Buffer, ByteOrder, CompareOptions, ErrorKind, Graph, Limits};

/// Tensors of more items are not compared item by item.
const MOST_ITEMS: usize = 1 << 16;

fn options() -> ReadOptions {
    ReadOptions::new().limits(Limits::default().max_bytes(16 << 20))
}

/// A file is the same however it is read, its tensors are at their paths and lie in their storages, and what is written of
/// it in each encoding is read as what it was.
pub fn torch7(bytes: &[u8]) {
    let read = options().deserialize(bytes);
    let viewed = options().view(bytes);
    let shared = options().deserialize_buffer(&Buffer::from_vec(bytes.to_vec()));
    let file = match (read, viewed, shared) {
        (Ok(file), Ok(viewed), Ok(shared)) => {
            assert!(file.graph().same_as(shared.graph()).unwrap());
            check_paths(&file, &viewed);
            file
        }
        (Err(read), Err(viewed), Err(_)) => {
            let is_limit = |kind| kind == ErrorKind::LimitExceeded;
            assert!(read.kind() == viewed.kind() || is_limit(read.kind()), "{read}, {viewed}");
            assert!(read.offset().is_none_or(|offset| offset <= bytes.len() as u64), "{read}");
            return;
        }
        // What is read takes more memory than what is left where it is; and what is left has no limit of dimensions.
        (Err(error), ..) if error.kind() == ErrorKind::LimitExceeded => return,
        (read, viewed, shared) => panic!("{read:?}, {viewed:?}, {shared:?}"),
    };
    for (form, write) in [
        ("as it was", WriteOptions::like(&file)),
        ("big", WriteOptions::new().byte_order(ByteOrder::Big)),
        ("longs of 4 bytes", WriteOptions::new().long_size(4)),
        ("ascii", WriteOptions::new().ascii(true)),
    ] {
        write_again(file.graph(), &write, form);
    }
}

/// Tensors are found by their paths, whether they are in memory or in the file.
fn check_paths(file: &File<'_>, viewed: &File<'_>) {
    let paths = file.paths().unwrap();
    assert_eq!(paths, viewed.paths().unwrap());
    for path in paths {
        let id = file.graph().find(&path).unwrap().as_node().unwrap();
        let array = file.get(&path).unwrap();
        // Items that are there again and again are not walked.
        if array.len() > MOST_ITEMS {
            continue;
        }
        assert!(array.bits_equal(&file.graph().array(id).unwrap()), "{path}");
        assert!(array.bits_equal(&viewed.get(&path).unwrap()), "{path}");
        if let Ok(view) = viewed.view(&path) {
            assert!(view.items().eq(array.items()), "{path}");
        }
    }
}

fn write_again(graph: &Graph, write: &WriteOptions, form: &str) {
    let written = match write.serialize(graph) {
        Ok(written) => written,
        // What no C long of 4 bytes holds, a class that is called like a version.
        Err(error) if error.kind() == ErrorKind::Unsupported => return,
        Err(error) => panic!("{form}: {error}"),
    };
    let told = match form {
        "longs of 4 bytes" => options().long_size(4),
        // Of nothing but nil no byte order tells.
        "big" => options().byte_order(ByteOrder::Big),
        _ => options(),
    };
    let back = match told.deserialize(&written).and_then(File::into_graph) {
        Ok(back) => back,
        Err(error) if error.kind() == ErrorKind::LimitExceeded => return,
        // In a file with hardly anything in it longs of 8 bytes look like others.
        Err(_) if graph.is_empty() => return,
        Err(error) => panic!("{form}: {error}"),
    };
    assert_eq!(back.roots().len(), graph.roots().len(), "{form}");
    // Text keeps no payloads of what is not a number.
    let is_exact = form == "as it was" && !written.first().is_some_and(u8::is_ascii_digit);
    assert!(!is_exact || back.same_as(graph).unwrap(), "{form}");
    assert_eq!(back.len(), count(graph), "{form}");
    same_values(graph, &back, form);
}

/// The tensors at each path have the same values, in whichever byte order and width they were written.
fn same_values(graph: &Graph, back: &Graph, form: &str) {
    for (one, two) in graph.paths().unwrap().zip(back.paths().unwrap()) {
        let ((path, one), (other, two)) = (one.unwrap(), two.unwrap());
        assert_eq!(path, other, "{form}");
        let (Ok(one), Ok(two)) = (graph.array(one), back.array(two)) else { continue };
        // Items that are there again and again are not walked.
        if one.len() <= MOST_ITEMS {
            let found = one.compare(&two, &CompareOptions::default()).unwrap();
            assert!(found.equal, "{form}: {path}: {one:?} became {two:?}");
        }
    }
}

/// How many nodes the values of a file reach.
fn count(graph: &Graph) -> usize {
    graph.breadth_first().unwrap().count()
}
