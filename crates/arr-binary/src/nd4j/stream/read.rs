//! Reading, viewing and mapping.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use arr_core::format::in_file;
use arr_core::{Array, Error, Input, Result};

use super::StreamHeader;
use super::format::Nd4jStream;

arr_core::codec_read_options!(Nd4jStream);
arr_core::read_functions!(Array);
arr_core::slice_functions!(Array);
arr_core::view_functions!(Nd4jStream);

impl ReadOptions {
    /// Reads the arrays of a file one by one.
    ///
    /// # Errors
    /// `Io` when the file can't be opened.
    pub fn arrays(&self, path: impl AsRef<Path>) -> Result<Arrays<'static>> {
        let file = File::open(path).map_err(|source| Error::io("can't open", source))?;
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let input = match is_file {
            true => Input::from_seekable(BufReader::with_capacity(BUFFERED, file))?,
            false => Input::from_file(file)?,
        };
        Ok(self.arrays_of(input))
    }

    /// Reads the arrays of a stream one by one, until it ends.
    pub fn arrays_from<'a>(&self, reader: impl Read + Send + 'a) -> Arrays<'a> {
        self.arrays_of(Input::from_reader(reader))
    }

    /// Reads the arrays of an [`Input`] one by one, until it ends. Limits hold for each array.
    #[must_use]
    pub fn arrays_of<'a>(&self, input: Input<'a>) -> Arrays<'a> {
        Arrays { options: self.clone(), input, ended: false }
    }
}

/// Arrays are often small, and then some of them are read at once.
const BUFFERED: usize = 64 << 10;

/// The arrays of a stream, one by one: see [`arrays`].
#[derive(Debug)]
pub struct Arrays<'a> {
    options: ReadOptions,
    input: Input<'a>,
    ended: bool,
}

impl Arrays<'_> {
    fn read_next(&mut self) -> Result<Option<Array>> {
        if self.input.at_end()? {
            return Ok(None);
        }
        *self.input.budget() = self.options.reading.limits.budget();
        self.options.read_input(&mut self.input).map(Some)
    }
}

impl Iterator for Arrays<'_> {
    type Item = Result<Array>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read_next().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Reads the arrays of a file one by one, until it ends.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.nd4j");
/// use arr_binary::stream;
/// let mut file = std::fs::File::create(&path)?;
/// stream::write_to(&mut file, &vec![1i32, 2])?;
/// stream::write_to(&mut file, &vec![3i32])?;
/// let sizes: Vec<usize> = stream::arrays(&path)?.map(|array| array.map(|array| array.len())).collect::<Result<_, _>>()?;
/// assert_eq!(sizes, [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Io` when the file can't be opened. Each array is a result of its own, the first error the last of them.
pub fn arrays(path: impl AsRef<Path>) -> Result<Arrays<'static>> {
    ReadOptions::new().arrays(path)
}

/// Reads the arrays of a stream one by one, until it ends: see [`arrays`].
pub fn arrays_from<'a>(reader: impl Read + Send + 'a) -> Arrays<'a> {
    ReadOptions::new().arrays_from(reader)
}

/// Reads the header of a file.
///
/// # Errors
/// As [`read`].
pub fn read_file_header(path: impl AsRef<Path>) -> Result<StreamHeader> {
    let path = path.as_ref();
    in_file(path, StreamHeader::read(&mut Input::open(path)?))
}
