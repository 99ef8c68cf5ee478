//! Files of unknown format.

use std::path::Path;

use arr_io::format::Description;
use arr_io::{Array, Contiguity, DType, ErrorKind, FileInfo, Input, OpenOptions, Result};

use super::model::Model;
use super::npy::limits;
use super::pieces::Pieces;

/// Bytes are detected, inspected, read and checked, from memory and from a stream.
pub fn detect(bytes: &[u8]) {
    let options = OpenOptions::new().limits(limits());
    for path in [None, Some(Path::new("x.npy")), Some(Path::new("x.other"))] {
        let ways = [
            look(&options, path, || Input::from_bytes(bytes).with_limits(&limits())),
            look(&options, path, || Input::from_reader(Pieces::new(bytes)).with_limits(&limits())),
        ];
        for way in &ways {
            agree(way, bytes.len() as u64);
        }
        let [memory, stream] = ways;
        // Some formats have to keep what comes from a stream, of which there may be too much.
        let is_kept = |result: Option<&arr_io::Error>| {
            result.map(arr_io::Error::kind) == Some(ErrorKind::LimitExceeded)
        };
        if is_kept(stream.arrays.as_ref().err()) || is_kept(stream.info.as_ref().err()) {
            continue;
        }
        assert_eq!(memory.arrays.is_ok(), stream.arrays.is_ok());
        // What is behind the items of a stream is not read for a description.
        let is_open = stream.info.as_ref().is_ok_and(|info| info.format.name.starts_with("nd4j-aeron"));
        assert!(memory.info.is_ok() == stream.info.is_ok() || is_open);
        if let (Ok(memory), Ok(stream)) = (&memory.arrays, &stream.arrays) {
            let models = |arrays: &[Array]| arrays.iter().map(Model::of).collect::<Vec<_>>();
            assert!(models(memory) == models(stream));
        }
        if let (Ok(memory), Ok(stream)) = (&memory.info, &stream.info) {
            assert_eq!(memory.fault.is_some(), stream.fault.is_some());
            if memory.fault.is_some() {
                continue;
            }
            assert_eq!((memory.len, memory.trailing), (stream.len, stream.trailing));
            assert_eq!(before_items(memory), before_items(stream));
        }
    }
}

/// The descriptions, without what is said behind the items: of a stream these are not read.
fn before_items(info: &FileInfo) -> Vec<Description> {
    let mut arrays = info.arrays.clone();
    for array in arrays.iter_mut().filter(|_| info.format.name.starts_with("nd4j-aeron")) {
        array.details.retain(|(name, _)| !matches!(*name, "sent" | "index" | "dimensions"));
    }
    arrays
}

/// What there is to know of an input.
struct Look {
    info: Result<FileInfo>,
    arrays: Result<Vec<Array>>,
    faults: Result<usize>,
}

fn look<'a>(options: &OpenOptions<'_>, path: Option<&Path>, input: impl Fn() -> Input<'a>) -> Look {
    let info = options.info_of(input(), path);
    let arrays = options.read_all(input(), path);
    let faults = options.check_of(input(), path, &mut ()).map(|faults| faults.len());
    if let (Ok(arrays), Ok(first)) = (&arrays, options.read(&mut input())) {
        assert!(arrays.first().is_none_or(|array| Model::of(array) == Model::of(&first)));
    }
    Look { info, arrays, faults }
}

/// The three answers must not contradict each other.
fn agree(Look { info, arrays, faults }: &Look, len: u64) {
    let holds_objects = |what: &Description| what.dtype.has_references() && what.dtype != DType::Utf8;
    match (arrays, info) {
        // What is said of an array of objects is not said of the arrays in it.
        (Ok(_), Ok(info)) if info.arrays.first().is_some_and(holds_objects) => {}
        // Members are described one by one.
        (Ok(_), Ok(info)) if info.has_keys() => {}
        (Ok(arrays), Ok(info)) => {
            assert!(info.fault.is_none());
            assert_eq!((arrays.len(), info.len), (info.arrays.len(), Some(len)));
            for (array, described) in arrays.iter().zip(&info.arrays) {
                assert_eq!((array.dtype(), array.shape()), (&described.dtype, &described.shape[..]));
                // Strided items may lie apart, with others between them; ND4J compresses items to other dtypes.
                let is_other =
                    described.order == Contiguity::Strided || info.format.name.starts_with("nd4j-");
                let bytes = array.nbytes() as u64;
                assert!(described.data_len.is_none_or(|len| len == bytes || is_other), "{described:?}");
            }
            let last = info.arrays.last().unwrap();
            let end = last.data_len.map(|data| last.data_offset + data + info.trailing);
            // Some formats have something behind the items.
            let fits = |end: u64| if info.format.name == "npy" { end == len } else { end <= len };
            assert!(last.is_packed || end.is_none_or(fits), "{info:?} of {len} bytes");
        }
        (Ok(_), Err(error)) => panic!("it is read but not described: {error}"),
        (Err(_), _) => {}
    }
    if matches!(faults, Ok(0)) {
        // Objects are not decoded.
        let is_read = arrays.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Unsupported);
        assert!(is_read && info.as_ref().is_ok_and(|info| info.trailing == 0 && info.fault.is_none()));
    }
}
