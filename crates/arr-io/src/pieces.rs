//! Files that are larger than memory, piece by piece.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arr_core::format::{Archive, Description, Format, FormatInfo};
use arr_core::{Array, Contiguity, DType, Error, Input, Layout, Limits, Order, Result, Slice, SliceItem};

use crate::read::{count_rest, pick};
use crate::registry::AnyFormat;
use crate::{OpenOptions, Registry};

/// The usual size of a piece in bytes.
const PIECE: usize = 16 << 20;

/// The array of a file, to be read piece by piece: never more than a piece is in memory. See
/// [`OpenOptions::pieces`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// # arr_io::save(&path, &vec![1.0f64, 2.0, 3.0])?;
/// use arr_io::{OpenOptions, Order};
/// let pieces = OpenOptions::new().pieces(&path)?.ok_or("the file has several arrays")?;
/// let mut sum = 0.0;
/// pieces.each(Order::C, |piece, _| {
///     sum += piece.typed::<f64>()?.sum();
///     Ok(())
/// })?;
/// assert_eq!(sum, 6.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pieces<'r> {
    info: &'static FormatInfo,
    source: Source<'r>,
    description: Description,
}

#[derive(Debug)]
enum Source<'r> {
    /// The first array of a file.
    File { format: &'r dyn Format, path: PathBuf, limits: Limits },
    /// A member of an archive.
    Member { archive: Arc<dyn Archive>, place: usize },
}

impl<'r> OpenOptions<'r> {
    /// The only array of a file, to be read piece by piece; nothing when the file has several, or is an archive, or
    /// its items are objects or texts of any length, or compressed.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn pieces(&self, path: impl AsRef<Path>) -> Result<Option<Pieces<'r>>> {
        let path = path.as_ref();
        let AnyFormat::Array(format) = self.detect(&mut self.input(path)?, Some(path))? else {
            return Ok(None);
        };
        let mut info = self.info(path)?;
        let (true, Some(description)) = (info.arrays.len() == 1, info.arrays.pop()) else { return Ok(None) };
        if description.data_len.is_none() || description.is_packed || description.dtype == DType::Utf8 {
            return Ok(None);
        }
        let source = Source::File { format, path: path.to_path_buf(), limits: self.policy() };
        Ok(Some(Pieces { info: format.info(), source, description }))
    }

    /// Reads a part of the first array of a file, or of the chosen [member](Self::member) of an archive, and no more
    /// of the file than that needs where the format allows it.
    ///
    /// # Errors
    /// As [`open`](Self::open); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: &Slice) -> Result<Array> {
        let path = path.as_ref();
        let mut input = self.input(path)?;
        match self.detect(&mut input, Some(path))? {
            AnyFormat::Array(format) if self.chosen().is_none() => format.read_part(&mut input, slice),
            AnyFormat::Array(format) => {
                let arrays = crate::read::read_row(format, &mut input)?;
                let array = pick(arrays, self.chosen().unwrap_or_default())?;
                array.slice(slice)?.to_contiguous(array.natural_order())
            }
            AnyFormat::Archive(_) => {
                let contents = self.contents(&mut input, Some(path))?;
                let arrays: Vec<usize> = (0..contents.len())
                    .filter(|part| self.chosen().is_some() || contents.is_array(*part).unwrap_or(true))
                    .collect();
                match arrays.as_slice() {
                    [part] => contents
                        .read_slice(*part, slice)?
                        .into_array()
                        .ok_or_else(|| Error::invalid("the member is no array")),
                    _ => Err(Error::invalid("the archive has several members: choose one of them")),
                }
            }
        }
    }
}

impl Pieces<'_> {
    /// What the array is.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.info
    }

    /// Hands on all pieces, each with its place, so that their items follow one another in `order`.
    ///
    /// # Errors
    /// What the format finds, and what `f` returns; `Io` when a packed member, whose items are wanted in another order
    /// than they are in, can't be unpacked to a temporary file.
    pub fn each(&self, order: Order, mut f: impl FnMut(Array, &Place) -> Result<()>) -> Result<()> {
        match &self.source {
            Source::File { format, path, limits } => self.each_slice(order, &mut |slice| {
                let mut input = Input::open(path)?.with_limits(limits);
                f(format.read_part(&mut input, slice)?, &Place(slice.items().to_vec()))
            }),
            Source::Member { archive, place } if self.is_in(order) => {
                self.each_in_stream(archive.input(*place)?, order, &mut f)
            }
            Source::Member { archive, place } => {
                let unpacked = match archive.seekable(*place)? {
                    // Pieces here and there have no checksum of their own.
                    Some(_) => count_rest(&mut archive.input(*place)?).map(|_| None)?,
                    None => Some(unpack(archive.as_ref(), *place)?),
                };
                self.each_slice(order, &mut |slice| {
                    let part = match &unpacked {
                        Some(file) => read_part_of(&mut reopened(file)?, slice)?,
                        None => read_member_part(archive.as_ref(), *place, slice)?,
                    };
                    f(part, &Place(slice.items().to_vec()))
                })
            }
        }
    }

    fn each_slice(&self, order: Order, f: &mut dyn FnMut(&Slice) -> Result<()>) -> Result<()> {
        let mut at = 0;
        let itemsize = self.description.dtype.itemsize();
        while let Some(slice) = piece(&self.description.shape, itemsize, order, PIECE, &mut at) {
            f(&slice)?;
        }
        Ok(())
    }

    /// True when the items are in `order`.
    fn is_in(&self, order: Order) -> bool {
        let lies = match order {
            Order::C => Contiguity::C,
            Order::F => Contiguity::F,
        };
        let shape = &self.description.shape;
        self.description.order == lies || shape.iter().filter(|dim| **dim != 1).count() < 2
    }

    /// Reads pieces one behind the other.
    fn each_in_stream(
        &self,
        mut input: Input<'_>,
        order: Order,
        f: &mut dyn FnMut(Array, &Place) -> Result<()>,
    ) -> Result<()> {
        let limits = input.budget().limits().clone();
        let what = member_format(&mut input)?.describe(&mut input)?;
        let whole = Layout::contiguous(&what.shape, what.dtype.itemsize(), order)?;
        self.each_slice(order, &mut |slice| {
            // Only one piece is in memory at a time.
            *input.budget() = limits.budget();
            let layout = whole.sliced(slice)?;
            let len = layout.len().saturating_mul(what.dtype.itemsize()) as u64;
            let bytes = input.read_buffer(len, "data")?.freeze();
            let array = Array::contiguous(what.dtype.clone(), layout.shape(), order, bytes)?;
            f(array, &Place(slice.items().to_vec()))
        })?;
        // At its end the stream finds out whether its checksum is right.
        count_rest(&mut input).map(drop)
    }

    /// True when a part can be read without the others: of files, and of members that are stored.
    pub(crate) fn is_seekable(&self) -> Result<bool> {
        match &self.source {
            Source::File { .. } => Ok(true),
            Source::Member { archive, place } => Ok(archive.seekable(*place)?.is_some()),
        }
    }

    /// Reads all of the array at once, after all.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub fn read(&self) -> Result<Array> {
        match &self.source {
            Source::File { format, path, limits } => format.read(&mut Input::open(path)?.with_limits(limits)),
            Source::Member { archive, place } => archive.read(*place),
        }
    }

    /// Reads a part of the array.
    ///
    /// # Errors
    /// As [`each`](Self::each); `InvalidArgument` when the slice does not fit the array.
    pub fn read_slice(&self, slice: &Slice) -> Result<Array> {
        match &self.source {
            Source::File { format, path, limits } => {
                format.read_part(&mut Input::open(path)?.with_limits(limits), slice)
            }
            Source::Member { archive, place } => read_member_part(archive.as_ref(), *place, slice),
        }
    }

    pub(crate) fn of_member(
        info: &'static FormatInfo,
        archive: Arc<dyn Archive>,
        place: usize,
        description: Description,
    ) -> Pieces<'static> {
        Pieces { info, source: Source::Member { archive, place }, description }
    }
}

/// Packed members of more than this many bytes are unpacked to a temporary file before parts of them are read.
const LARGE: u64 = 64 << 20;

/// Reads a part of a member: of a stored one no more than that needs.
fn read_member_part(archive: &dyn Archive, place: usize, slice: &Slice) -> Result<Array> {
    if let Some(mut input) = archive.seekable(place)? {
        return read_part_of(&mut input, slice);
    }
    let is_large = archive.describe(place)?.is_some_and(|what| what.data_len > Some(LARGE));
    if is_large {
        return read_part_of(&mut reopened(&unpack(archive, place)?)?, slice);
    }
    let mut input = archive.input(place)?;
    let part = read_part_of(&mut input, slice)?;
    count_rest(&mut input)?;
    Ok(part)
}

fn read_part_of(input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
    member_format(input)?.read_part(input, slice)
}

/// A member, unpacked to a file that has no name and goes with its handle.
fn unpack(archive: &dyn Archive, place: usize) -> Result<File> {
    let failed = |source| Error::io("can't unpack to a temporary file", source);
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut input = archive.input(place)?;
    let mut piece = vec![0; 256 << 10];
    loop {
        let got = input.fill(&mut piece)?;
        file.write_all(piece.get(..got).unwrap_or_default()).map_err(failed)?;
        if got < piece.len() {
            return Ok(file);
        }
    }
}

/// A file from its beginning.
fn reopened(file: &File) -> Result<Input<'static>> {
    let mut file = file.try_clone().map_err(|source| Error::io("can't open a temporary file", source))?;
    file.rewind().map_err(|source| Error::io("can't read a temporary file", source))?;
    Input::from_file(file)
}

/// The format of a member: members of archives are files of formats that are known.
fn member_format(input: &mut Input<'_>) -> Result<&'static dyn Format> {
    match Registry::shared().detect(input, None)? {
        AnyFormat::Array(format) => Ok(format),
        AnyFormat::Archive(_) => Err(Error::unsupported("a member that is an archive itself")),
    }
}

/// Where a piece is in its array.
#[derive(Clone, Debug)]
pub struct Place(Vec<SliceItem>);

impl Place {
    /// The part of the array that the piece is.
    #[must_use]
    pub fn slice(&self) -> Slice {
        Slice::from(self.0.clone())
    }

    /// The index in the array of an item of the piece.
    #[must_use]
    pub fn index(&self, inner: &[usize]) -> Vec<usize> {
        let mut inner = inner.iter().copied();
        let place = |item: &SliceItem| match item {
            SliceItem::Index(index) => usize::try_from(*index).unwrap_or(0),
            SliceItem::Range { start, .. } => {
                start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0) + inner.next().unwrap_or(0)
            }
            _ => inner.next().unwrap_or(0),
        };
        self.0.iter().map(place).collect()
    }
}

/// The piece that begins at item `at`, counted in `order`, which is moved behind it; nothing at the end. An array
/// without items has one piece.
fn piece(shape: &[usize], itemsize: usize, order: Order, most: usize, at: &mut usize) -> Option<Slice> {
    let items: usize = shape.iter().product();
    if items == 0 {
        let is_first = *at == 0;
        *at = 1;
        return is_first.then(|| Slice::from(vec![SliceItem::from(..); shape.len()]));
    }
    if *at >= items {
        return None;
    }
    // From the slowest axis to the fastest.
    let axes: Vec<usize> = match order {
        Order::C => (0..shape.len()).collect(),
        Order::F => (0..shape.len()).rev().collect(),
    };
    let dim = |axis: &usize| shape.get(*axis).copied().unwrap_or(1);
    let mut slice = vec![SliceItem::from(..); shape.len()];
    let (mut inner, mut rest) = (items, *at);
    for axis in &axes {
        inner /= dim(axis).max(1);
        let (index, behind) = (rest / inner, rest % inner);
        let room = most / itemsize.max(1) / inner;
        let slot = slice.get_mut(*axis)?;
        if room >= 1 || inner == 1 {
            // What is behind is nothing: pieces end where indices of this axis do.
            let end = index.saturating_add(room.max(1)).min(dim(axis));
            *slot = SliceItem::Range {
                start: isize::try_from(index).ok(),
                stop: isize::try_from(end).ok(),
                step: 1,
            };
            *at += (end - index) * inner;
            return Some(Slice::from(slice));
        }
        *slot = SliceItem::from(index);
        rest = behind;
    }
    *at = items;
    Some(Slice::from(slice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_one_another() {
        for shape in
            [vec![], vec![0], vec![7], vec![3, 4], vec![1, 50], vec![5, 1, 3], vec![2, 3, 4, 5], vec![3, 0]]
        {
            let items: usize = shape.iter().product();
            let array = Array::from_vec((0u32..).take(items).collect(), &shape).unwrap();
            for order in [Order::C, Order::F] {
                let expected = array.to_contiguous(order).unwrap();
                for most in [1, 4, 8, 20, 48, 1000] {
                    let (mut at, mut found) = (0, Vec::new());
                    while let Some(slice) = piece(&shape, 4, order, most, &mut at) {
                        let part = array.slice(&slice).unwrap();
                        assert!(part.nbytes() <= most.max(4));
                        found.extend_from_slice(part.to_contiguous(order).unwrap().as_bytes(order).unwrap());
                        let last: Vec<usize> = part.shape().iter().map(|dim| dim.saturating_sub(1)).collect();
                        if items > 0 {
                            let index = Place(slice.items().to_vec()).index(&last);
                            assert_eq!(part.get::<u32>(&last).unwrap(), array.get(&index).unwrap());
                        }
                    }
                    assert_eq!(found, expected.as_bytes(order).unwrap(), "{shape:?} {order:?} {most}");
                }
            }
        }
    }
}
