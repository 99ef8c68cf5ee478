//! The forms in which ND4J writes arrays.

use arr_conformance::door;
use arr_io::format::{Format, Reading, Writing};
use arr_io::{Array, ByteOrder, Casting, DType, Input, Limits, Order, Registry, Result};

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
        read_as(Registry::shared().by_name(name).unwrap(), bytes);
    }
}

fn read(format: &dyn Format, input: Input<'_>) -> Result<Array> {
    door::read_with(format, input, &Reading::new().limits(limits())).map(|(array, _)| array)
}

fn read_as(format: &dyn Format, bytes: &[u8]) {
    let name = format.info().name;
    let _ = format.sniff(bytes);
    let (read, streamed) =
        (read(format, Input::from_bytes(bytes)), read(format, Input::from_reader(Pieces::new(bytes))));
    let described = door::describe(format, Input::from_bytes(bytes));
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
    let Ok(written) = door::write(format, &array.view(), &Writing::new()) else { return };
    let again = read(format, Input::from_bytes(&written));
    let again = again.unwrap_or_else(|error| panic!("{name}: {array:?} is written, but {error}"));
    assert_eq!(again.shape(), array.shape(), "{name}");
    let is_same = match name {
        "nd4j-txt" => same_numbers(&again, array),
        _ => values(&again) == values(array),
    };
    assert!(is_same, "{name}: {again:?} was {array:?}");
}

/// Texts have no types and lose the sign of zeros: the numbers are the same, and so are strings.
fn same_numbers(one: &Array, other: &Array) -> bool {
    let numbers = |array: &Array| array.cast(&DType::of::<f64>(), Casting::Unsafe)?.to_vec::<f64>();
    match (numbers(one), numbers(other)) {
        (Ok(one), Ok(other)) => {
            one.iter().zip(&other).all(|(one, other)| one == other || one.is_nan() && other.is_nan())
        }
        _ => one.to_strings().ok() == other.to_strings().ok(),
    }
}

/// The items in the byte order of the machine, or as texts.
fn values(array: &Array) -> (Vec<usize>, std::result::Result<Model, Vec<String>>) {
    let model = match array.dtype() {
        DType::Utf8 => Err(array.to_strings().unwrap_or_default()),
        _ => Ok(Model::of(&array.to_contiguous_in(Order::C, ByteOrder::NATIVE).unwrap())),
    };
    (array.shape().to_vec(), model)
}
