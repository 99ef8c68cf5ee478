//! Reading records.

use std::io::Read;
use std::path::Path;

use arr_core::format::in_file;
use arr_core::record::Record;
use arr_core::{Input, Order, Result};

use super::{ReadOptions, read_data, read_header_of};

impl ReadOptions {
    /// Reads the first array of a file as records, straight into their vector. An array of any rank is read in C
    /// order; in Fortran order it is read whole before its records are made.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Mismatch` when the dtype lacks a field or has it with another dtype, or some bits are
    /// no value, naming the field.
    pub fn read_records<T: Record>(&self, path: impl AsRef<Path>) -> Result<Vec<T>> {
        let path = path.as_ref();
        let mut input = Input::open(path)?.with_limits(&self.reading.limits);
        in_file(path, self.read_records_input(&mut input))
    }

    /// Reads one array from a stream as records and leaves the stream right after it.
    ///
    /// # Errors
    /// As [`read_records`](Self::read_records).
    pub fn read_records_from<T: Record>(&self, reader: &mut (impl Read + Send + ?Sized)) -> Result<Vec<T>> {
        self.read_records_input(&mut Input::from_reader(reader).with_limits(&self.reading.limits))
    }

    /// Reads one array from an [`Input`] as records, under the input's own limits.
    ///
    /// # Errors
    /// As [`read_records`](Self::read_records).
    pub fn read_records_input<T: Record>(&self, input: &mut Input<'_>) -> Result<Vec<T>> {
        let header = read_header_of(input)?;
        let position = input.position();
        if header.order() == Order::F && header.order_matters() {
            return read_data(&header, input, &self.reading)?.to_records();
        }
        let count = if header.shape().contains(&0) { 0 } else { header.shape().iter().product() };
        input.read_records(header.dtype(), count, "data").map_err(|error| error.in_format("npy").at(position))
    }
}

/// Reads the first array of a file as a vector of a struct that derives [`Record`], whatever the places and the byte
/// order of its fields in the file; see [`arr_core::record`].
///
/// ```
/// use arr_npy::Record;
///
/// #[derive(Record, Debug, PartialEq)]
/// struct Point {
///     x: f32,
///     y: f32,
///     label: i32,
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("points.npy");
/// arr_npy::save_records(&path, &[Point { x: 1.0, y: 2.0, label: 3 }])?;
/// let points: Vec<Point> = arr_npy::read_records(&path)?;
/// assert_eq!(points, [Point { x: 1.0, y: 2.0, label: 3 }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`](super::read); `Mismatch` when the dtype lacks a field or has it with another dtype, or some bits are no
/// value, naming the field.
pub fn read_records<T: Record>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    ReadOptions::new().read_records(path)
}

/// Reads one array from a stream as records and leaves the stream right after it, as
/// [`read_from`](super::read_from) does.
///
/// # Errors
/// As [`read_records`].
pub fn read_records_from<T: Record>(reader: &mut (impl Read + Send + ?Sized)) -> Result<Vec<T>> {
    ReadOptions::new().read_records_from(reader)
}
