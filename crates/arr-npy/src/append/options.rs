//! How rows are added.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use arr_core::format::{GrownFile, in_file};
use arr_core::{DType, Error, Input, Limits, Order, Result, SaveOptions};

use super::Appender;
use super::target::Target;
use crate::header::{Dims, Header, MAGIC, Version};
use crate::read::{check_bytes, check_length, read_header_of};
use crate::write::storable;

/// How rows are added: see [`Appender`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// use arr_core::DType;
/// use arr_npy::AppendOptions;
/// let options = AppendOptions::new().sync();
/// let mut rows = options.create(&path, DType::of::<f64>(), &[2])?;
/// rows.push(&vec![1.0, 2.0])?;
/// rows.finish()?;
/// let mut rows = options.open(&path)?;
/// rows.push(&ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
/// rows.finish()?;
/// assert_eq!(arr_npy::read(&path)?.to_vec::<f64>()?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AppendOptions {
    limits: Limits,
    version: Option<Version>,
    save: SaveOptions,
    sync: bool,
    overwrite_trailing: bool,
}

impl AppendOptions {
    /// Adds under the default limits, and leaves it to the system when the bytes reach the disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a policy in force for the headers of existing files.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Gives a new file that version of the format.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Waits until the rows are on the disk before the header counts them, and until that is: a loss of power leaves
    /// the file as before or as after.
    #[must_use]
    pub fn sync(mut self) -> Self {
        self.sync = true;
        self.save = self.save.sync();
        self
    }

    /// Makes no new file where one exists already.
    #[must_use]
    pub fn keep_existing(mut self) -> Self {
        self.save = self.save.keep_existing();
        self
    }

    /// Says what becomes of bytes that lie after the array of an existing file: `true` gives them up when the first
    /// row is added, even if that fails. Another array is never given up.
    #[must_use]
    pub fn overwrite_trailing(mut self, overwrite: bool) -> Self {
        self.overwrite_trailing = overwrite;
        self
    }

    /// As [`Appender::create`].
    ///
    /// # Errors
    /// As there.
    pub fn create(
        &self,
        path: impl AsRef<Path>,
        dtype: impl Into<DType>,
        row_shape: &[usize],
    ) -> Result<Appender<'static>> {
        let (header, bytes) =
            self.header_of(&dtype.into(), row_shape).map_err(|error| error.in_format("npy"))?;
        let file = self.save.create(path)?;
        if !file.can_seek() {
            let message = "a pipe or a device can't be added to: the number of rows stands in front";
            return Err(Error::unsupported(message).in_format("npy"));
        }
        Appender::begin(Target::New(file), &header, bytes)
    }

    /// As [`Appender::to_writer`].
    ///
    /// # Errors
    /// As there.
    pub fn to_writer<'a>(
        &self,
        mut writer: impl Write + Seek + Send + 'a,
        dtype: impl Into<DType>,
        row_shape: &[usize],
    ) -> Result<Appender<'a>> {
        let (header, bytes) =
            self.header_of(&dtype.into(), row_shape).map_err(|error| error.in_format("npy"))?;
        let start = writer.stream_position().map_err(|source| Error::io("can't seek", source))?;
        Appender::begin(Target::Writer(Box::new(writer), start), &header, bytes)
    }

    fn header_of(&self, dtype: &DType, row_shape: &[usize]) -> Result<(Header, Vec<u8>)> {
        if dtype.has_references() {
            return Err(no_bytes(dtype));
        }
        let shape: Dims = std::iter::once(0).chain(row_shape.iter().copied()).collect();
        let header = Header::unplaced(storable(dtype, None)?.0, &shape, Order::C)?;
        let bytes = header.to_bytes(self.version)?;
        Ok((header, bytes))
    }

    /// As [`Appender::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Appender<'static>> {
        let path = path.as_ref();
        let file = GrownFile::open(path)?.sync(self.sync);
        let found = self.look_at(file.file()).map_err(|error| error.in_format("npy"));
        let (header, bytes) = in_file(path, found)?;
        let end = header.data_offset().saturating_add(header.data_len());
        let target = Target::Old { file, path: path.to_path_buf(), sync: self.sync };
        Appender::over(target, header.dtype().clone(), header.shape(), bytes, end)
    }

    /// As [`Appender::open_or_create`].
    ///
    /// # Errors
    /// As there.
    pub fn open_or_create(
        &self,
        path: impl AsRef<Path>,
        dtype: impl Into<DType>,
        row_shape: &[usize],
    ) -> Result<Appender<'static>> {
        let (path, dtype) = (path.as_ref(), dtype.into());
        // A link that leads nowhere is one that a new file replaces.
        if !path.exists() {
            return self.create(path, dtype, row_shape);
        }
        let appender = self.open(path)?;
        let fits = appender.check_rows(&dtype, row_shape);
        fits.map(|()| appender).map_err(|error| error.in_format("npy"))
    }

    /// Reads the header of a file that can be added to.
    fn look_at(&self, mut file: &File) -> Result<(Header, Vec<u8>)> {
        let clone = file.try_clone().map_err(|source| Error::io("can't look at the file", source))?;
        let mut input = Input::from_file(clone)?.with_limits(&self.limits);
        let header = read_header_of(&mut input)?;
        let position = input.position();
        check_bytes(&header, position)?;
        if header.shape().is_empty() {
            return Err(Error::mismatch("the array has no dimensions: there is nothing to add rows to"));
        }
        if header.order() == Order::F && header.order_matters() {
            return Err(Error::unsupported(format!(
                "the array of shape {:?} is in Fortran order: a new row would move all others",
                header.shape()
            )));
        }
        check_length(&header, &input)?;
        input.skip(header.data_len(), "data")?;
        self.check_trailing(&mut input)?;
        // No longer than the header that was just read.
        let mut bytes = Vec::new();
        file.rewind()
            .and_then(|()| file.take(header.data_offset()).read_to_end(&mut bytes))
            .map_err(|source| Error::io("can't read", source))?;
        Ok((header, bytes))
    }

    fn check_trailing(&self, input: &mut Input<'_>) -> Result<()> {
        let at = input.position();
        let left =
            input.remaining().ok_or_else(|| Error::unsupported("the file does not tell its length"))?;
        if left == 0 {
            return Ok(());
        }
        if input.peek(MAGIC.len())? == MAGIC {
            let message = format!("{left} bytes follow the array, and they are another array");
            return Err(Error::trailing(message).at(at));
        }
        if self.overwrite_trailing {
            return Ok(());
        }
        let message = format!(
            "{left} bytes follow the array: they may belong to somebody else, or to rows whose writer was stopped, \
             and are overwritten only by force"
        );
        Err(Error::trailing(message).at(at))
    }
}

pub(super) fn no_bytes(dtype: &DType) -> Error {
    Error::unsupported(format!("items of {dtype} are references: they can't be added one by one"))
}
