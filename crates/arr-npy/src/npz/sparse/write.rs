//! Writing sparse matrices.

use std::path::Path;

use arr_core::format::{in_file, room};
use arr_core::{Array, ArrayView, DType, Error, Order, Result};

use super::{FORMAT, Form, Sparse};
use crate::{NpzOptions, NpzWriter};

impl Sparse {
    /// Saves the matrix as `scipy.sparse.save_npz` does, with deflated members: whole or not at all.
    ///
    /// # Errors
    /// As [`write_to`](Self::write_to).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut writer = NpzOptions::new().level(6).create(path)?;
        in_file(path, self.write_to(&mut writer).and_then(|()| writer.finish()))
    }

    /// Adds the members of the matrix to an archive that is being written. Indices take 4 bytes where that is enough for
    /// the shape and the number of values, else 8, as scipy has them.
    ///
    /// # Errors
    /// As [`NpzWriter::add`]; `InvalidArgument` when an index is too large for a file.
    pub fn write_to(&self, writer: &mut NpzWriter<'_>) -> Result<()> {
        let large = |number: usize| i32::try_from(number).is_err();
        let wide = self.shape.iter().any(|dim| large(*dim)) || large(self.data.len());
        let mut put = |name, list: &[usize]| add(writer, name, list, wide);
        match &self.form {
            Form::Coo { row, col } => {
                put("row", row)?;
                put("col", col)?;
            }
            Form::Csr { indptr, indices } | Form::Csc { indptr, indices } | Form::Bsr { indptr, indices } => {
                put("indices", indices)?;
                put("indptr", indptr)?;
            }
            Form::Dia { offsets } => {
                let wide = wide || offsets.iter().any(|offset| i32::try_from(*offset).is_err());
                add(writer, "offsets", offsets, wide)?;
            }
        }
        let name = self.form.name().as_bytes();
        writer.add("format", &ArrayView::contiguous(DType::Bytes(name.len()), &[], Order::C, name)?)?;
        add(writer, "shape", &self.shape, true)?;
        writer.add("data", &self.data)?;
        if self.is_array {
            writer.add("_is_array", &Array::from_vec(vec![true], &[])?)?;
        }
        Ok(())
    }
}

/// Adds a list of whole numbers of 4 or of 8 bytes.
fn add<T: Copy + std::fmt::Display>(
    writer: &mut NpzWriter<'_>,
    name: &str,
    list: &[T],
    wide: bool,
) -> Result<()>
where
    i64: TryFrom<T>,
    i32: TryFrom<T>,
{
    if wide {
        writer.add(name, &numbers::<T, i64>(list)?)
    } else {
        writer.add(name, &numbers::<T, i32>(list)?)
    }
}

/// A list of whole numbers in another width.
fn numbers<T: Copy + std::fmt::Display, U: TryFrom<T>>(list: &[T]) -> Result<Vec<U>> {
    let mut all = room::reserved(list.len())?;
    for number in list {
        let fits = U::try_from(*number).map_err(|_| {
            Error::invalid(format!("the index {number} is too large for a file")).in_format(FORMAT)
        });
        all.push(fits?);
    }
    Ok(all)
}
