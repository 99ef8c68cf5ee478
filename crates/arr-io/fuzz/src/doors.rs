//! The protocol of formats: whatever is asked of a part, the answers agree.

use arr_io::format::{Blocks, Format, Part, PartInfo, Reader, Reading, Selection, Source};
use arr_io::{Array, Error, ErrorKind, Input, Order, Registry, Result, Storage};

use super::choices::Choices;
use super::model::Model;
use super::npy::limits;
use super::part::chosen;
use super::pieces::Pieces;

/// Arrays of more items, which some formats can have in few bytes, are not compared item by item.
const MOST_ITEMS: usize = 1 << 12;

/// Bytes are opened as every known format, from memory and from a stream.
pub fn doors(bytes: &[u8]) {
    let registry = Registry::shared();
    for info in registry.infos() {
        opened(registry.by_name(info.name).unwrap(), bytes);
    }
}

fn open<'a>(format: &dyn Format, input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    format.open(Source::from(input), &Reading::new().limits(limits()))
}

fn opened(format: &dyn Format, bytes: &[u8]) {
    let name = format.info().name;
    let memory = open(format, Input::from_bytes(bytes));
    let stream = open(format, Input::from_reader(Pieces::new(bytes)));
    let (mut memory, stream) = match (memory, stream) {
        (Ok(memory), Ok(stream)) => (memory, stream),
        (Err(_), Err(_)) => return,
        // Some formats have to keep what comes from a stream.
        (Ok(_), Err(error)) if error.kind() == ErrorKind::LimitExceeded => return,
        (memory, stream) => panic!("{name}: {memory:?}, but {stream:?} as a stream"),
    };
    assert!(memory.is_seekable(), "{name}");
    let mut parts = Vec::new();
    let ended = loop {
        match memory.next_part() {
            Ok(Some(part)) => parts.push(part),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    if let Err(error) = &ended {
        // Kryo has a stream in it.
        let inner = if name == "nd4j-kryo" { "nd4j-stream" } else { name };
        assert!(error.format() == Some(name) || error.format() == Some(inner), "{error}");
    }
    // What is chosen stands at the end of the data.
    let mut choices = Choices::new(&bytes[bytes.len().saturating_sub(24)..]);
    let mut arrays = Vec::new();
    // Backwards, so that each is gone to.
    for part in parts.iter().rev() {
        arrays.push(asked(name, memory.as_mut(), part, &mut choices));
    }
    arrays.reverse();
    streamed(name, stream, &parts, &arrays, ended.is_ok());
    if let (Some(part), Some(Ok(Some(whole)))) = (parts.first(), arrays.first()) {
        in_blocks_of_a_stream(format, bytes, part, whole);
    }
}

/// Asks all there is of a part of a seekable file. Nothing where the part is not an array.
fn asked(
    name: &str,
    reader: &mut dyn Reader,
    part: &PartInfo,
    choices: &mut Choices<'_>,
) -> Result<Option<Array>> {
    let read = reader.read(part, Selection::All);
    if part.counts() {
        let key = part.key.clone().unwrap_or_else(|| part.place.to_string());
        assert_eq!(reader.find(&key).unwrap().key, part.key, "{name}");
    }
    let described = reader.describe(part);
    let array = match read {
        Ok(Part::Array(array)) => array,
        Ok(_) => {
            assert!(described.unwrap().into_array().is_none(), "{name}: {part:?}");
            return Ok(None);
        }
        Err(error) => {
            broken(name, reader, part, &error);
            return Err(error);
        }
    };
    let described = described.unwrap_or_else(|error| panic!("{name}: {array:?}, but {error}"));
    let described = described.into_array().unwrap();
    assert_eq!((&described.dtype, &described.shape[..]), (array.dtype(), array.shape()), "{name}");
    if array.len() > MOST_ITEMS {
        return Ok(Some(array));
    }
    let size = choices.pick(&[1, 24, 200, 1 << 20]);
    for order in [None, Some(Order::C), Some(Order::F)] {
        let blocks = reader.blocks(part, order, size).unwrap();
        same_blocks(name, blocks, order.unwrap_or_else(|| array.natural_order()), &array);
    }
    for _ in 0..2 {
        let slice = chosen(choices, array.ndim());
        let read = reader.read(part, Selection::Slice(&slice)).and_then(Part::into_array);
        match (array.slice(&slice), read) {
            (Ok(expected), Ok(read)) => {
                assert_eq!(read.dtype(), array.dtype(), "{name}: {slice}");
                assert!(model(&expected) == model(&read), "{name}: {slice} is {read:?}, not {expected:?}");
            }
            (Err(expected), Err(error)) => assert_eq!(expected.kind(), error.kind(), "{name}: {slice}"),
            (expected, read) => panic!("{name}: {slice} is {read:?}, not {expected:?}"),
        }
    }
    let again = reader.read(part, Selection::All).unwrap().into_array().unwrap();
    assert!(model(&again) == model(&array), "{name}");
    Ok(Some(array))
}

/// What can't be read whole for what it is can't be read in blocks either; what is too large may be.
fn broken(name: &str, reader: &mut dyn Reader, part: &PartInfo, error: &Error) {
    if error.kind() == ErrorKind::LimitExceeded {
        return;
    }
    for order in [None, Some(Order::C), Some(Order::F)] {
        let blocks = reader.blocks(part, order, 1 << 20);
        let end = blocks.and_then(|mut blocks| {
            while blocks.next_block()?.is_some() {}
            Ok(())
        });
        assert!(end.is_err(), "{name}: {part:?}: {error}, but there are blocks of it");
    }
}

/// The items of all blocks in a row are those of the array, and each block is where it says.
pub(crate) fn same_blocks(name: &str, mut blocks: Box<dyn Blocks + '_>, order: Order, array: &Array) {
    let mut found = Vec::new();
    while let Some(block) =
        blocks.next_block().unwrap_or_else(|error| panic!("{name}: {array:?}, but {error}"))
    {
        let items = model(&block.array);
        let place = array.slice(block.place.slice()).unwrap();
        assert_eq!(block.array.dtype(), array.dtype(), "{name}");
        assert!(items == model(&place), "{name}: {:?} is not the block of {array:?}", block.array);
        found.extend(in_order(&items, order));
    }
    assert!(found == in_order(&model(array), order), "{name}: blocks in {order} of {array:?}");
    assert!(blocks.next_block().unwrap().is_none(), "{name}");
}

fn in_order(model: &Model, order: Order) -> Vec<Vec<u8>> {
    match order {
        Order::C => model.items.clone(),
        Order::F => model.permuted(&(0..model.shape.len()).rev().collect::<Vec<_>>()).items,
    }
}

/// The items as their bytes, and strings as theirs: what can't be read of them is the same everywhere.
pub(crate) fn model<S: Storage>(array: &Array<S>) -> Model {
    match array.texts() {
        Ok(texts) => Model {
            shape: array.shape().to_vec(),
            items: texts.map(|text| text.map_or_else(|_| b"\xff".to_vec(), |text| text.into())).collect(),
        },
        Err(_) => Model::of(array),
    }
}

/// Parts that come one after another are what they are in memory.
fn streamed(
    name: &str,
    mut stream: Box<dyn Reader + '_>,
    parts: &[PartInfo],
    arrays: &[Result<Option<Array>>],
    is_sound: bool,
) {
    for (part, expected) in parts.iter().zip(arrays) {
        let next = stream.next_part().unwrap_or_else(|error| panic!("{name}: {part:?}, but {error}"));
        assert_eq!(next.as_ref(), Some(part), "{name}");
        match (stream.read(part, Selection::All), expected) {
            (Ok(Part::Array(read)), Ok(Some(expected))) => {
                assert_eq!((read.dtype(), read.shape()), (expected.dtype(), expected.shape()), "{name}");
                let is_small = read.len() <= MOST_ITEMS;
                assert!(!is_small || model(&read) == model(expected), "{name}: {read:?} is not {expected:?}");
            }
            (Ok(Part::Bytes(_)), Ok(None)) => {}
            // Nothing more comes of a stream.
            (Err(_), Err(_)) => return,
            (read, expected) => panic!("{name}: {expected:?}, but {read:?} as a stream"),
        }
    }
    match stream.next_part() {
        Ok(next) => assert!(is_sound && next.is_none(), "{name}: {next:?}"),
        Err(error) => assert!(!is_sound, "{name}: {error}"),
    }
}

/// The first array of a stream in blocks.
fn in_blocks_of_a_stream(format: &dyn Format, bytes: &[u8], part: &PartInfo, whole: &Array) {
    if whole.len() > MOST_ITEMS {
        return;
    }
    for order in [None, Some(Order::C), Some(Order::F)] {
        let mut stream = open(format, Input::from_reader(Pieces::new(bytes))).unwrap();
        assert_eq!(stream.next_part().unwrap().as_ref(), Some(part));
        let blocks = stream.blocks(part, order, 200).unwrap();
        same_blocks(format.info().name, blocks, order.unwrap_or_else(|| whole.natural_order()), whole);
    }
}
