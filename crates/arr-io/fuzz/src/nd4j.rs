//! The forms in which ND4J writes arrays.

use arr_io::format::{Format, Output};
use arr_io::{AnyFormat, Array, ByteOrder, DType, Input, Limits, Order, Registry};

use super::model::Model;
use super::pieces::Pieces;

/// All forms; every input is read as each of them.
const FORMATS: &[&str] = &[
    "nd4j-stream",
    "nd4j-binaryserde",
    "nd4j-aeron-message",
    "nd4j-aeron-chunk",
    "nd4j-flatarray",
    "java-serialized",
    "nd4j-txt",
];

fn limits() -> Limits {
    Limits::default().max_bytes(16 << 20).max_items(1000).max_header_size(1 << 17)
}

/// What is read is what is described, from memory and from a stream; what is written again is read as what it was.
pub fn nd4j(bytes: &[u8]) {
    for name in FORMATS {
        match Registry::shared().by_name(name) {
            Ok(AnyFormat::Array(format)) => read_as(format, bytes),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn read_as(format: &dyn Format, bytes: &[u8]) {
    let name = format.info().name;
    let _ = format.sniff(bytes);
    let read = format.read(&mut Input::from_bytes(bytes).with_limits(&limits()));
    let streamed = format.read(&mut Input::from_reader(Pieces::new(bytes)).with_limits(&limits()));
    let described = format.describe(&mut Input::from_bytes(bytes).with_limits(&limits()));
    match (&read, &streamed) {
        (Ok(read), Ok(streamed)) => assert!(values(read) == values(streamed), "{name}: {read:?}"),
        (Err(error), Err(_)) => assert_eq!(error.format(), Some(name), "{error}"),
        (read, streamed) => panic!("{name}: {read:?}, but {streamed:?} as a stream"),
    }
    let Ok(array) = read else { return };
    let described = described.unwrap_or_else(|error| panic!("{name}: {array:?}, but {error}"));
    assert_eq!((described.dtype, &described.shape[..]), (array.dtype().clone(), array.shape()), "{name}");
    if format.info().capabilities.write {
        written_again(format, &array);
    }
}

fn written_again(format: &dyn Format, array: &Array) {
    let name = format.info().name;
    let mut written = Vec::new();
    if format.write(&array.view(), &mut Output::new(&mut written)).is_err() {
        return;
    }
    let again = format.read(&mut Input::from_bytes(&written).with_limits(&limits()));
    let again = again.unwrap_or_else(|error| panic!("{name}: {array:?} is written, but {error}"));
    assert_eq!(again.shape(), array.shape(), "{name}");
    // Texts have no types and lose the sign of zeros.
    assert!(name == "nd4j-txt" || values(&again) == values(array), "{name}: {again:?} was {array:?}");
}

/// The items in the byte order of the machine, or as texts.
fn values(array: &Array) -> (Vec<usize>, Result<Model, Vec<String>>) {
    let model = match array.dtype() {
        DType::Utf8 => Err(array.to_strings().unwrap_or_default()),
        _ => Ok(Model::of(&array.to_contiguous_in(Order::C, ByteOrder::NATIVE).unwrap())),
    };
    (array.shape().to_vec(), model)
}
