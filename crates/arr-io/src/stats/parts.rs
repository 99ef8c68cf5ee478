//! The statistics of parts of files, large ones too.

use arr_core::format::{Content, PartInfo};
use arr_core::{ArrayView, DType, Error, Result};

use super::{Gather, Stats, Take, gather};
use crate::check::holds_objects;
use crate::watch::tell;
use crate::{Data, Parts, Watch};

/// So many fields of a large array are gathered while it is read twice.
const FIELDS_AT_ONCE: usize = 1 << 12;

/// The statistics of an array, or of one field of its records.
#[derive(Debug)]
#[non_exhaustive]
pub struct FieldStats {
    /// The field, with those that it lies in before it: `outer/inner`; nothing for an array without fields.
    pub field: Option<String>,
    /// What one item is.
    pub dtype: DType,
    /// Items along each dimension, those of a sub-array after those of the array.
    pub shape: Vec<usize>,
    /// The numbers, or why there are none: the items are not numbers.
    pub stats: Result<Stats>,
}

impl Parts<'_> {
    /// The statistics of the array of a part, or of each field of its records; nothing when it is not an array. A large array
    /// is read block by block, twice.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// arr_io::save(&path, &vec![1.0, 2.0, 6.0])?;
    /// let mut parts = arr_io::parts(&path)?;
    /// let part = parts.only()?;
    /// let found = parts.stats(&part, &mut ())?;
    /// assert_eq!(found[0].stats.as_ref().map(|stats| stats.mean).ok(), Some(Some(3.0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the format finds; what the watcher asks for.
    pub fn stats(&mut self, part: &PartInfo, watch: &mut dyn Watch) -> Result<Vec<FieldStats>> {
        let mut all = Vec::new();
        self.each_stats(part, watch, &mut |found| {
            all.push(found);
            Ok::<(), Error>(())
        })?;
        Ok(all)
    }

    /// [`stats`](Self::stats), handing on those of each field as soon as they are known: a record may have a hundred
    /// thousand fields. Of a large array some thousand fields are gathered together, while it is read twice.
    ///
    /// # Errors
    /// As `stats`, and what `each` returns.
    pub fn each_stats<E: From<Error>>(
        &mut self,
        part: &PartInfo,
        watch: &mut dyn Watch,
        each: &mut dyn FnMut(FieldStats) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Content::Array(what) = self.describe(part)? {
            if holds_objects(&what.dtype) {
                let message = format!("{} has no statistics: objects are not decoded", what.dtype);
                let stats = Err(Error::unsupported(message));
                return each(FieldStats { field: None, dtype: what.dtype, shape: what.shape, stats });
            }
        }
        match self.data(part)? {
            Data::Bytes(_) => Ok(()),
            Data::Array(array) => {
                let mut pass = |take: &mut Take<'_>| take(&array.view());
                each_field(array.dtype(), array.shape(), &mut |field| {
                    gather_fields(vec![field], &mut pass, each)
                })
            }
            Data::Large(what) => {
                watch.begin("reading", "", Some(what.nbytes().saturating_mul(2)));
                let mut done = 0;
                let mut pass = |take: &mut Take<'_>| {
                    let mut blocks = self.blocks(part, None)?;
                    while let Some(block) = blocks.next_block()? {
                        done += block.array.nbytes() as u64;
                        tell(watch, done)?;
                        take(&block.array.view())?;
                    }
                    Ok(())
                };
                let mut fields = Vec::new();
                each_field(&what.dtype, &what.shape, &mut |field| {
                    fields.push(field);
                    match fields.len() < FIELDS_AT_ONCE {
                        true => Ok(()),
                        false => gather_fields(std::mem::take(&mut fields), &mut pass, each),
                    }
                })?;
                gather_fields(fields, &mut pass, each)?;
                watch.end();
                Ok(())
            }
        }
    }
}

/// The fields that lead to one: their names, and their places in the records that they lie in.
#[derive(Default)]
struct Path<'d> {
    names: Vec<&'d str>,
    places: Vec<usize>,
}

impl Path<'_> {
    fn pop(&mut self) {
        self.names.pop();
        self.places.pop();
    }
}

/// A field that has no fields itself, or an array without fields.
struct Leaf {
    name: Option<String>,
    places: Vec<usize>,
    dtype: DType,
    shape: Vec<usize>,
}

/// Hands on an array, or each field of an array of records. Records in records take no room on the stack.
fn each_field<E>(dtype: &DType, shape: &[usize], f: &mut dyn FnMut(Leaf) -> Result<(), E>) -> Result<(), E> {
    let (mut path, mut open) = (Path::default(), Vec::new());
    let mut next = Some((dtype, shape.to_vec()));
    loop {
        match next.take() {
            Some((DType::Record(record), shape)) => open.push((record.fields().iter().enumerate(), shape)),
            Some((dtype, shape)) => {
                let name = (!path.names.is_empty()).then(|| path.names.join("/"));
                f(Leaf { name, places: path.places.clone(), dtype: dtype.clone(), shape })?;
                path.pop();
            }
            None => {}
        }
        let Some((fields, shape)) = open.last_mut() else { return Ok(()) };
        let Some((place, field)) = fields.next() else {
            open.pop();
            path.pop();
            continue;
        };
        path.names.push(field.name());
        path.places.push(place);
        next = Some(match field.dtype() {
            DType::SubArray(sub) => (sub.item(), [shape.as_slice(), sub.dims()].concat()),
            inner => (inner, shape.clone()),
        });
    }
}

/// The statistics of some fields together; each call of `pass` gives all of the array.
fn gather_fields<E: From<Error>>(
    fields: Vec<Leaf>,
    pass: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
    each: &mut dyn FnMut(FieldStats) -> Result<(), E>,
) -> Result<(), E> {
    let mut gathered: Vec<(Leaf, Result<Box<dyn Gather>>)> = Vec::new();
    for field in fields {
        let stats = gather(&field.dtype);
        gathered.push((field, stats));
    }
    let mut numbers: Vec<(&[usize], &mut Box<dyn Gather>)> = gathered
        .iter_mut()
        .filter_map(|(field, stats)| Some((field.places.as_slice(), stats.as_mut().ok()?)))
        .collect();
    if !numbers.is_empty() {
        pass(&mut |piece| {
            numbers
                .iter_mut()
                .try_for_each(|(places, stats)| take_field(piece, places, &mut |piece| stats.take(piece)))
        })?;
    }
    numbers.retain_mut(|(_, stats)| stats.begin_histogram());
    if !numbers.is_empty() {
        pass(&mut |piece| {
            numbers
                .iter_mut()
                .try_for_each(|(places, stats)| take_field(piece, places, &mut |piece| stats.count(piece)))
        })?;
    }
    for (field, stats) in gathered {
        let stats = stats.map(|stats| stats.finish());
        each(FieldStats { field: field.name, dtype: field.dtype, shape: field.shape, stats })?;
    }
    Ok(())
}

/// Hands on a field of records, which may lie in others.
fn take_field(piece: &ArrayView<'_>, places: &[usize], take: &mut Take<'_>) -> Result<(), Error> {
    match places.split_first() {
        None => take(piece),
        Some((place, rest)) => take_field(&piece.field_at(*place)?, rest, take),
    }
}
