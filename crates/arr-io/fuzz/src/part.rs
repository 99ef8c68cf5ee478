//! Parts, blocks and added rows of `.npy` files.

use std::io::Cursor;

use arr_io::npy::{Appender, ReadOptions, WriteOptions, view_with};
use arr_io::{Array, ArrayView, Contiguity, Input, Limits, Order, Result, Slice, SliceItem};

use super::choices::Choices;
use super::model::Model;
use super::npy::limits;
use super::pieces::Pieces;

/// A part of a file, its blocks and its rows are what they are of the whole array.
pub fn part(bytes: &[u8]) {
    let options = ReadOptions::new().limits(limits());
    // What is chosen stands at the end of the data.
    let mut choices = Choices::new(&bytes[bytes.len().saturating_sub(24)..]);
    let Ok(view) = view_with(bytes, &limits()) else {
        refused(&options, bytes);
        return;
    };
    // What is too large to be read may have parts that are not.
    let slice = chosen(&mut choices, view.ndim());
    let expected = view.slice(&slice).map(|part| Model::of(&part));
    let read = options.read_part_input(&mut Input::from_bytes(bytes).with_limits(&limits()), &slice);
    same("from memory", expected.as_ref(), &read);
    let read = options.read_part_from(&mut Cursor::new(bytes), &slice);
    same("from a file", expected.as_ref(), &read);
    let read =
        options.read_part_input(&mut Input::from_reader(Pieces::new(bytes)).with_limits(&limits()), &slice);
    same("from a stream", expected.as_ref(), &read);
    if let (Ok(whole), true) = (options.read_bytes(bytes), view.itemsize() > 0) {
        let rows = 1 + choices.below(5);
        blocks(&options, bytes, &whole, rows);
        added(&view, choices.below(view.shape().first().map_or(1, |rows| rows + 1)));
    }
}

/// What can't be looked at can't be looked at in part.
fn refused(options: &ReadOptions, bytes: &[u8]) {
    let all = Slice::from(vec![SliceItem::Ellipsis]);
    assert!(options.read_part_from(&mut Cursor::new(bytes), &all).is_err());
    if let Ok(blocks) = options.blocks_from(bytes) {
        // The data ends early.
        assert!(blocks.collect::<Result<Vec<_>>>().is_err());
    }
}

/// A slice of an array of so many dimensions, which it may not fit.
pub(crate) fn chosen(choices: &mut Choices<'_>, ndim: usize) -> Slice {
    let near = [0isize, 1, 2, 3, 7, -1, -2, -3, isize::MAX, isize::MIN];
    let mut items = Vec::new();
    for _ in 0..choices.below(ndim + 2) {
        let bound = |choices: &mut Choices<'_>| choices.flag().then(|| choices.pick(&near));
        items.push(match choices.below(6) {
            0 => SliceItem::Index(choices.pick(&near)),
            1 => SliceItem::NewAxis,
            2 if !items.contains(&SliceItem::Ellipsis) => SliceItem::Ellipsis,
            _ => SliceItem::Range {
                start: bound(choices),
                stop: bound(choices),
                step: choices.pick(&[1, 2, 3, 100, -1, -2, isize::MAX, isize::MIN]),
            },
        });
    }
    Slice::from(items)
}

/// A part that was read is the part of what was read, unless it is too large or the slice does not fit.
fn same(way: &str, expected: Result<&Model, &arr_io::Error>, read: &Result<Array>) {
    match (expected, read) {
        (Ok(expected), Ok(read)) => assert!(Model::of(read) == *expected, "{way}: {read:?}"),
        (Err(_), Ok(read)) => panic!("{way}: {read:?}"),
        (_, Err(error)) => {
            let wanted = expected.map_or_else(|error| error.kind(), |_| arr_io::ErrorKind::LimitExceeded);
            assert!(error.kind() == wanted && error.format() == Some("npy"), "{way}: {error:?}");
        }
    }
}

/// The blocks in a row are the array.
fn blocks(options: &ReadOptions, bytes: &[u8], whole: &Array, rows: usize) {
    let expected = Model::of(whole);
    let check = |way: &str, blocks: Vec<Array>| {
        let models: Vec<Model> = blocks.iter().map(Model::of).collect();
        let items: Vec<Vec<u8>> = models.iter().flat_map(|model| model.items.clone()).collect();
        assert!(items == expected.items, "{way}");
        for model in &models {
            assert_eq!(model.shape.get(1..), expected.shape.get(1..), "{way}");
            assert!(model.shape.first().is_none_or(|found| *found <= rows.max(1)), "{way}");
        }
        let found: usize = models.iter().filter_map(|model| model.shape.first()).sum();
        assert_eq!(found, expected.shape.first().copied().unwrap_or(0), "{way}");
    };
    let input = Input::from_bytes(bytes).with_limits(&limits());
    check("from memory", options.blocks_of(input).unwrap().rows(rows).collect::<Result<_>>().unwrap());
    let mut pieces = Pieces::new(bytes);
    match options.blocks_from(&mut pieces).map(|blocks| blocks.rows(rows).collect::<Result<_>>()) {
        Ok(blocks) => check("from a stream", blocks.unwrap()),
        Err(error) => {
            assert_eq!(error.kind(), arr_io::ErrorKind::Unsupported);
            assert_eq!(whole.order(), Contiguity::F);
        }
    }
}

/// The first rows, then the others, and then all of them again: what is saved at once.
fn added(view: &ArrayView<'_>, first: usize) {
    let Some((rows, row_shape)) = view.shape().split_first() else { return };
    let taken = |start: usize, stop: usize| {
        let bound = |row: usize| Some(row as isize);
        let range = SliceItem::Range { start: bound(start), stop: bound(stop), step: 1 };
        view.slice(Slice::from(vec![range])).unwrap()
    };
    let mut file = Cursor::new(Vec::new());
    let mut appender = Appender::to_writer(&mut file, view.dtype().clone(), row_shape).unwrap();
    appender.push(&taken(0, first)).unwrap();
    appender.flush().unwrap();
    appender.push(&taken(first, *rows)).unwrap();
    assert_eq!(appender.len(), *rows);
    appender.finish().unwrap();
    let saved = WriteOptions::new().order(Order::C).to_bytes(view).unwrap();
    assert!(file.into_inner() == saved, "{view:?}");
    let mut file = Cursor::new(Vec::new());
    let mut appender = Appender::to_writer(&mut file, view.dtype().clone(), row_shape).unwrap();
    appender.push(view).unwrap();
    if let Err(error) = appender.push(&view.slice(Slice::from(vec![SliceItem::Ellipsis])).unwrap()) {
        // Where there are no items, the other axes can be so long that no more rows can be counted.
        let mut dims = view.shape().iter().skip(1).filter(|dim| **dim > 0);
        let items = dims.try_fold(2 * rows * view.itemsize(), |items, dim| items.checked_mul(*dim));
        let is_too_large = items.is_none_or(|items| isize::try_from(items).is_err());
        assert!(is_too_large && error.kind() == arr_io::ErrorKind::InvalidArgument, "{view:?}: {error}");
        return;
    }
    appender.finish().unwrap();
    let bytes = file.into_inner();
    let twice = Model::of(&view_with(&bytes, &Limits::default()).unwrap());
    let once = Model::of(view);
    assert_eq!(twice.shape.first().copied(), Some(2 * rows));
    assert!(twice.items == [&once.items[..], &once.items].concat(), "{view:?}");
}
