//! The statistics of parts of files, large ones too.

use arr_core::format::{Content, PartInfo};
use arr_core::{ArrayView, DType, Error, ErrorKind, Result};

use super::{Stats, Take, stats_of_pieces};
use crate::check::holds_objects;
use crate::watch::tell;
use crate::{Data, Parts, Watch};

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
        let mut found = Vec::new();
        if let Content::Array(what) = self.describe(part)? {
            if holds_objects(&what.dtype) {
                let message = format!("{} has no statistics: objects are not decoded", what.dtype);
                let stats = Err(Error::unsupported(message));
                return Ok(vec![FieldStats { field: None, dtype: what.dtype, shape: what.shape, stats }]);
            }
        }
        match self.data(part)? {
            Data::Bytes(_) => {}
            Data::Array(array) => {
                let mut pass = |take: &mut Take<'_>| take(&array.view());
                collect(array.dtype(), array.shape(), &mut pass, &mut found)?;
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
                collect(&what.dtype, &what.shape, &mut pass, &mut found)?;
                watch.end();
            }
        }
        Ok(found)
    }
}

/// Statistics of an array, or of each field of an array of records; `pass` gives all of it. Records in records take no
/// room on the stack.
fn collect(
    dtype: &DType,
    shape: &[usize],
    pass: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
    found: &mut Vec<FieldStats>,
) -> Result<()> {
    let (mut path, mut open) = (Vec::new(), Vec::new());
    let mut next = Some((dtype, shape.to_vec()));
    loop {
        match next.take() {
            Some((DType::Record(record), shape)) => open.push((record.fields().iter(), shape)),
            Some((dtype, shape)) => {
                found.push(collect_field(dtype, shape, &path, pass)?);
                path.pop();
            }
            None => {}
        }
        let Some((fields, shape)) = open.last_mut() else { return Ok(()) };
        let Some(field) = fields.next() else {
            open.pop();
            path.pop();
            continue;
        };
        path.push(field.name().to_owned());
        next = Some(match field.dtype() {
            DType::SubArray(sub) => (sub.item(), [shape.as_slice(), sub.dims()].concat()),
            inner => (inner, shape.clone()),
        });
    }
}

/// Statistics of the field at a path, or of the whole array.
fn collect_field(
    dtype: &DType,
    shape: Vec<usize>,
    path: &[String],
    pass: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
) -> Result<FieldStats> {
    let stats = match stats_of_pieces(dtype, |take| pass(&mut |piece| take_field(piece, path, take))) {
        Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error),
        stats => stats,
    };
    let field = (!path.is_empty()).then(|| path.join("/"));
    Ok(FieldStats { field, dtype: dtype.clone(), shape, stats })
}

/// Hands on a field of records, which may lie in others.
fn take_field(piece: &ArrayView<'_>, path: &[String], take: &mut Take<'_>) -> Result<(), Error> {
    match path.split_first() {
        None => take(piece),
        Some((name, rest)) => take_field(&piece.field(name)?, rest, take),
    }
}
