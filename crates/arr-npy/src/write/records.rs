//! Writing records.

use std::io::Write;
use std::path::Path;

use arr_core::format::Output;
use arr_core::record::Record;
use arr_core::{ByteOrder, Order, Result};

use super::{WriteOptions, storable_order};
use crate::header::Header;

impl WriteOptions {
    /// Saves records as a file with an array of one dimension, whole or not at all.
    ///
    /// # Errors
    /// `InvalidArgument` when a string is too long for its field, or some records have a field that is `None` in others,
    /// naming the field and the row, or when the version can't hold the header; `Io` when the file can't be written.
    pub fn save_records<T: Record>(self, path: impl AsRef<Path>, records: &[T]) -> Result<()> {
        self.save.save(path, |output| self.write_records(records, output))
    }

    /// Writes records to a stream.
    ///
    /// # Errors
    /// As [`save_records`](Self::save_records).
    pub fn write_records_to<T: Record>(self, writer: &mut (impl Write + Send), records: &[T]) -> Result<()> {
        self.write_records(records, &mut Output::new(writer))
    }

    /// Writes records to an [`Output`].
    ///
    /// # Errors
    /// As [`save_records`](Self::save_records).
    pub fn write_records<T: Record>(self, records: &[T], output: &mut Output<'_>) -> Result<()> {
        self.write_record_parts(records, output).map_err(|error| error.in_format("npy"))
    }

    fn write_record_parts<T: Record>(self, records: &[T], output: &mut Output<'_>) -> Result<()> {
        let dtype = T::dtype_of(records)?;
        let byte_order = storable_order(&dtype, self.byte_order)?.unwrap_or(ByteOrder::NATIVE);
        let header = Header::unplaced(dtype.with_byte_order(byte_order), &[records.len()], Order::C)?;
        let start = header.to_bytes(self.version)?;
        output.expect((start.len() as u64).saturating_add(header.data_len()))?;
        output.write(&start)?;
        output.write_records(records, byte_order)
    }
}

/// Saves records as a `.npy` file with an array of one dimension, whole or not at all; the bytes are those that
/// `numpy.save` writes for such an array. Fields that are `None` in all records are left out.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("names.npy");
/// #[derive(arr_npy::Record)]
/// struct Name {
///     #[record(dtype = "U4")]
///     name: String,
/// }
///
/// arr_npy::save_records(&path, &[Name { name: "Zoë".into() }])?;
/// let array = arr_npy::read(&path)?;
/// assert_eq!(array.dtype().to_string(), "[('name', '<U4')]");
///
/// let long = [Name { name: "Zoë".into() }, Name { name: "Alexandra".into() }];
/// let error = arr_npy::save_records(&path, &long).unwrap_err().to_string();
/// assert!(error.ends_with("name: row 1: the text \"Alexandra\" has 9 characters, there is room for 4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when a string is too long for its field, or some records have a field that is `None` in others,
/// naming the field and the row; `Io` when the file can't be written.
pub fn save_records<T: Record>(path: impl AsRef<Path>, records: &[T]) -> Result<()> {
    WriteOptions::new().save_records(path, records)
}

/// Writes records to a stream, as [`save_records`] does.
///
/// # Errors
/// As `save_records`.
pub fn write_records_to<T: Record>(writer: &mut (impl Write + Send), records: &[T]) -> Result<()> {
    WriteOptions::new().write_records_to(writer, records)
}
