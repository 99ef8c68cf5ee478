//! One array in and out by the protocol of formats.

use std::path::Path;

use arr_core::format::{
    Content, Description, Format, Mapper, NewPart, Outline, Output, PartInfo, Reader, Reading, Selection,
    Sink, Source, Writing,
};
use arr_core::{Array, ArrayView, Error, Input, Limits, Mmap, Result, Slice};

/// The first part of a file.
fn first<'a>(
    format: &dyn Format,
    input: Input<'a>,
    how: &Reading,
) -> Result<(Box<dyn Reader + 'a>, PartInfo)> {
    let mut reader = format.open(Source::from(vec![input]), how)?;
    let part = reader.next_part()?.ok_or_else(|| Error::invalid("the file has no parts"))?;
    Ok((reader, part))
}

/// Reads the first array.
///
/// # Errors
/// Those of the format.
pub fn read(format: &dyn Format, input: Input<'_>) -> Result<Array> {
    read_with(format, input, &Reading::default()).map(|(array, _)| array)
}

/// Reads the first array, and says where the file goes on behind it.
///
/// # Errors
/// Those of the format.
pub fn read_with(format: &dyn Format, input: Input<'_>, how: &Reading) -> Result<(Array, u64)> {
    let (mut reader, part) = first(format, input, how)?;
    let found = reader.read(&part, Selection::All)?.into_array()?;
    Ok((found, reader.position()))
}

/// Reads a slice of the first array, and says where the file goes on behind it.
///
/// # Errors
/// Those of the format.
pub fn read_slice(format: &dyn Format, input: Input<'_>, slice: &Slice) -> Result<(Array, u64)> {
    read_slice_with(format, input, slice, &Reading::default())
}

/// [`read_slice`] in another way.
///
/// # Errors
/// Those of the format.
pub fn read_slice_with(
    format: &dyn Format,
    input: Input<'_>,
    slice: &Slice,
    how: &Reading,
) -> Result<(Array, u64)> {
    let (mut reader, part) = first(format, input, how)?;
    let found = reader.read(&part, Selection::Slice(slice))?.into_array()?;
    Ok((found, reader.position()))
}

/// Says what the first array is.
///
/// # Errors
/// Those of the format.
pub fn describe(format: &dyn Format, input: Input<'_>) -> Result<Description> {
    let (mut reader, part) = first(format, input, &Reading::default())?;
    match reader.describe(&part)? {
        Content::Array(description) => Ok(description),
        _ => Err(Error::invalid("the part is not an array")),
    }
}

/// What maps files of tests.
pub fn mapper() -> Mapper {
    own_file!(Mapper::new())
}

/// Maps the first array of a file.
///
/// # Errors
/// Those of the format.
pub fn map(format: &dyn Format, path: &Path, limits: &Limits) -> Result<Array<Mmap>> {
    let (mut reader, part) = first(format, Input::open(path)?, &Reading::new().limits(limits.clone()))?;
    reader.map(&part, mapper())
}

/// What is wrong with the first array, though it can be read.
///
/// # Errors
/// Those of the format.
pub fn faults(format: &dyn Format, input: Input<'_>) -> Result<Vec<Error>> {
    let (mut reader, part) = first(format, input, &Reading::default())?;
    reader.faults(&part)
}

/// Writes an array into memory.
///
/// # Errors
/// Those of the format.
pub fn write(format: &dyn Format, array: &ArrayView<'_>, how: &Writing) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = format.create(Sink::New(Output::new(&mut bytes)), how)?;
    writer.array(&NewPart::new(), array)?;
    writer.finish()?;
    Ok(bytes)
}

/// Writes an array into memory whose items come in pieces of `piece` bytes.
///
/// # Errors
/// Those of the format.
pub fn write_pieces(
    format: &dyn Format,
    what: &Outline<'_>,
    items: &[u8],
    piece: usize,
    how: &Writing,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = format.create(Sink::New(Output::new(&mut bytes)), how)?;
    writer.begin(&NewPart::new(), what)?;
    items.chunks(piece.max(1)).try_for_each(|piece| writer.items(piece))?;
    writer.finish()?;
    Ok(bytes)
}
