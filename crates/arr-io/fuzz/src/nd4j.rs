//! The forms in which ND4J writes arrays.

use arr_conformance::door;
use arr_io::format::{Format, Part, PartInfo, Reader, Reading, Selection, Source, Writing};
use arr_io::{Array, ByteOrder, Casting, Contiguity, DType, Input, Limits, Order, Registry, Result};

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
    graph(bytes);
}

/// The variables of a graph are the same from memory and from a stream, and those that are found when its offsets are
/// followed by hand.
fn graph(bytes: &[u8]) {
    let format = Registry::shared().by_name("nd4j-samediff").unwrap();
    let open = |input| {
        let how = Reading::new().limits(limits());
        let mut reader = format.open(Source::from(input), &how)?;
        let mut parts = Vec::new();
        while let Some(part) = reader.next_part()? {
            let read = reader.read(&part, Selection::All).and_then(Part::into_array);
            parts.push((part, read));
        }
        Ok::<_, arr_io::Error>((reader, parts))
    };
    let (memory, stream) = (open(Input::from_bytes(bytes)), open(Input::from_reader(Pieces::new(bytes))));
    let ((mut reader, parts), (_, streamed)) = match (memory, stream) {
        (Ok(memory), Ok(stream)) => (memory, stream),
        (Err(memory), Err(stream)) => return assert_eq!(memory.to_string(), stream.to_string()),
        (memory, stream) => panic!("{:?}, but {:?} as a stream", memory.err(), stream.err()),
    };
    assert_eq!(parts.len(), streamed.len());
    let by_hand = Flat(bytes).variables().unwrap();
    assert_eq!(parts.len(), by_hand.len());
    for (((part, read), (same, again)), (name, value)) in parts.iter().zip(&streamed).zip(by_hand) {
        assert_eq!(part, same);
        assert_eq!(part.key.as_deref().map(str::as_bytes), Some(name));
        found_by_name(reader.as_mut(), part);
        match (read, again) {
            (Ok(read), Ok(again)) => assert!(values(read) == values(again), "{part:?}"),
            (Err(read), Err(again)) => assert_eq!(read.to_string(), again.to_string()),
            (read, again) => panic!("{part:?}: {read:?}, but {again:?} as a stream"),
        }
        let is_in_row =
            |array: &&Array| array.order() != Contiguity::Strided && *array.dtype() != DType::Utf8;
        if let Some(array) = read.as_ref().ok().filter(is_in_row) {
            let items = array.as_bytes(array.natural_order()).unwrap();
            assert_eq!(Some(items), value.unwrap_or_default().get(..items.len()), "{part:?}");
        }
    }
}

fn found_by_name(reader: &mut dyn Reader, part: &PartInfo) {
    assert_eq!(reader.find(part.key.as_deref().unwrap()).unwrap(), *part);
}

/// The name of a variable, and the bytes of its value where it has some.
type Variable<'a> = (&'a [u8], Option<&'a [u8]>);

/// A FlatBuffer whose offsets are followed without a look at where they lead.
struct Flat<'a>(&'a [u8]);

impl<'a> Flat<'a> {
    fn number(&self, at: usize) -> Option<usize> {
        self.0.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
    }

    fn led_to(&self, at: usize) -> Option<usize> {
        Some(at + self.number(at)?)
    }

    /// Where the field of that number is in a table.
    fn field(&self, table: usize, number: usize) -> Option<usize> {
        let short =
            |at: usize| self.0.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes) as usize);
        let vtable = table.wrapping_sub(self.number(table)? as i32 as isize as usize);
        let entry = 4 + 2 * number;
        let place = if entry < short(vtable)? { short(vtable + entry)? } else { 0 };
        (place > 0).then_some(table + place)
    }

    /// The items of a vector of bytes.
    fn bytes(&self, at: usize) -> Option<&'a [u8]> {
        let start = self.led_to(at)?;
        self.0.get(start + 4..start + 4 + self.number(start)?)
    }

    /// The variables that have a value.
    fn variables(&self) -> Option<Vec<Variable<'a>>> {
        let list = self.led_to(self.field(self.led_to(0)?, 1)?)?;
        let mut found = Vec::new();
        for number in 0..self.number(list)? {
            let variable = self.led_to(list + 4 + 4 * number)?;
            if let Some(value) = self.field(variable, 4) {
                let value = self.led_to(value)?;
                let buffer = self.field(value, 1).and_then(|buffer| self.bytes(buffer));
                found.push((self.bytes(self.field(variable, 1)?)?, buffer));
            }
        }
        Some(found)
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
