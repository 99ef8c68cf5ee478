//! Opening files of any known format.

use std::path::{Path, PathBuf};

use arr_core::{Array, Description, Error, Format, FormatInfo, Input, Limits, Mmap, Result};

use crate::Registry;

/// How a file is read: see [`open`](Self::open).
///
/// ```no_run
/// use arr_io::{Limits, OpenOptions};
/// let array = OpenOptions::new().limits(Limits::default().max_bytes(1 << 30)).open("upload.npy")?;
/// # Ok::<(), arr_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions<'r> {
    registry: &'r Registry,
    format: Option<String>,
    limits: Limits,
}

impl Default for OpenOptions<'_> {
    fn default() -> Self {
        Self { registry: Registry::shared(), format: None, limits: Limits::default() }
    }
}

/// What a file is, as far as it tells before the data is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileInfo {
    /// The format.
    pub format: &'static FormatInfo,
    /// The arrays in the file, one behind the other.
    pub arrays: Vec<Description>,
    /// Bytes of the whole file; `None` for a stream that was not read to its end.
    pub len: Option<u64>,
    /// Bytes behind the last array that are no array.
    pub trailing: u64,
}

impl<'r> OpenOptions<'r> {
    /// Detects the format by content, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads as the format of that name, whatever the content looks like.
    #[must_use]
    pub fn format(mut self, name: impl Into<String>) -> Self {
        self.format = Some(name.into());
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Looks for formats in another registry.
    #[must_use]
    pub fn registry<'other>(self, registry: &'other Registry) -> OpenOptions<'other> {
        OpenOptions { registry, format: self.format, limits: self.limits }
    }

    fn input<'a>(&self, path: &Path) -> Result<Input<'a>> {
        Ok(Input::open(path)?.with_limits(&self.limits))
    }

    /// The format to read `input` as.
    ///
    /// # Errors
    /// As [`Registry::detect`].
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<&'r dyn Format> {
        match &self.format {
            Some(name) => self.registry.by_name(name),
            None => self.registry.detect(input, path),
        }
    }

    /// Reads the first array of a file into memory of its own.
    ///
    /// # Errors
    /// `Io`, or what the format finds.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Array> {
        let mut input = self.input(path.as_ref())?;
        self.detect(&mut input, Some(path.as_ref()))?.read(&mut input)
    }

    /// Reads one array from a stream, a slice or an open file and leaves it right behind the array (but for what
    /// detection looked at, which `input` keeps).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        self.detect(input, None)?.read(input)
    }

    /// Maps a file and gives its first array in place: it opens in microseconds, and only what is looked at is
    /// read. See [`Mmap`] for what a map asks of the file.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Unsupported` when the format's data has to be decoded.
    pub fn map(&self, path: impl AsRef<Path>) -> Result<Array<Mmap>> {
        let map = Mmap::open(path.as_ref())?;
        let format = self.detect(&mut Input::from_bytes(&map), Some(path.as_ref()))?;
        format.map(map.clone(), &self.limits)
    }

    /// Reads every array of an input, one behind the other. Bytes behind the last one that are no array are left
    /// alone, as NumPy leaves them.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read_all(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<Vec<Array>> {
        let format = self.detect(input, path)?;
        let mut arrays = vec![format.read(input)?];
        while is_next(format, input)? {
            arrays.push(format.read(input)?);
        }
        Ok(arrays)
    }

    /// What a file is, without reading the data.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn info(&self, path: impl AsRef<Path>) -> Result<FileInfo> {
        let mut input = self.input(path.as_ref())?;
        self.info_of(&mut input, Some(path.as_ref()))
    }

    /// What an input is, without keeping the data.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn info_of(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<FileInfo> {
        let format = self.detect(input, path)?;
        let mut arrays = Vec::new();
        loop {
            let description = format.describe(input)?;
            let data_len = description.data_len;
            arrays.push(description);
            match data_len {
                Some(len) => input.skip(len, "data").map_err(|error| error.in_format(format.info().name))?,
                None => break,
            }
            if !is_next(format, input)? {
                break;
            }
        }
        let position = input.position();
        let opaque = arrays.last().is_some_and(|last| last.data_len.is_none());
        let trailing = match input.remaining() {
            Some(left) => left,
            None => count_rest(input)?,
        };
        let len = Some(position.saturating_add(trailing));
        Ok(FileInfo { format: format.info(), arrays, len, trailing: if opaque { 0 } else { trailing } })
    }
}

/// True when another array of the same format follows.
pub(crate) fn is_next(format: &dyn Format, input: &mut Input<'_>) -> Result<bool> {
    let longest = format.info().magic.iter().map(|magic| magic.len()).max().unwrap_or(0);
    if longest == 0 {
        return Ok(false);
    }
    Ok(format.sniff(input.peek(longest)?) == arr_core::Match::Yes)
}

/// Reads a stream to its end and counts.
pub(crate) fn count_rest(input: &mut Input<'_>) -> Result<u64> {
    let start = input.position();
    let mut piece = [0; 8 << 10];
    while input.fill(&mut piece)? == piece.len() {}
    Ok(input.position() - start)
}

/// Reads the first array of a file of any known format into memory of its own.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("weights.npy");
/// # arr_io::save(&path, &vec![1.0f32, 2.0, 3.0])?;
/// let array = arr_io::open(&path)?;
/// assert_eq!(format!("{} {:?} {}", array.dtype(), array.shape(), array.order()), "<f4 [3] C");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Io` when the file can't be read, `Unsupported` when no format fits, or what the format finds.
pub fn open(path: impl AsRef<Path>) -> Result<Array> {
    OpenOptions::new().open(path)
}

/// Maps a file of any known format whose data lies in it as it is, and gives its first array in place.
///
/// # Errors
/// As [`open`]; `Unsupported` when the format's data has to be decoded.
pub fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    OpenOptions::new().map(path)
}

/// Reads one array from a stream or a slice: `arr_io::read(&mut Input::from_reader(stdin))`.
///
/// # Errors
/// As [`open`].
pub fn read(input: &mut Input<'_>) -> Result<Array> {
    OpenOptions::new().read(input)
}

/// Splits `weights.npz::layer1/w` into the file and the path inside it. A file whose own name holds `::` is found
/// by that name.
#[must_use]
pub fn split_member(name: &str) -> (PathBuf, Option<&str>) {
    match name.split_once("::") {
        Some((file, member)) if !Path::new(name).exists() => (PathBuf::from(file), Some(member)),
        _ => (PathBuf::from(name), None),
    }
}

/// One of the arrays of a file by its place: `file.npy::1`.
///
/// # Errors
/// `InvalidArgument` when the member is no number or there are not so many arrays.
pub fn pick<T>(arrays: Vec<T>, member: &str) -> Result<T> {
    let count = arrays.len();
    let index = member.trim_start_matches('/').parse::<usize>().ok();
    index
        .and_then(|index| arrays.into_iter().nth(index))
        .ok_or_else(|| Error::invalid(format!("there is no member '{member}' among {count} arrays")))
}
