//! Opening files of any known format.

use std::path::{Path, PathBuf};

use arr_core::format::{Archive, Description, Format, FormatInfo, MemberInfo, RandomAccess};
use arr_core::{Array, Error, Input, Limits, Mmap, Result};

use crate::registry::AnyFormat;
use crate::{Contents, Registry};

/// How a file is read: see [`open`](Self::open).
///
/// ```no_run
/// use arr_io::{Limits, OpenOptions};
/// let array = OpenOptions::new().limits(Limits::default().max_bytes(1 << 30)).open("upload.npy")?;
/// let weights = OpenOptions::new().member("layer1/w").open("model.npz")?;
/// # Ok::<(), arr_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions<'r> {
    registry: &'r Registry,
    format: Option<String>,
    member: Option<String>,
    limits: Limits,
    latin1: bool,
}

impl Default for OpenOptions<'_> {
    fn default() -> Self {
        Self {
            registry: Registry::shared(),
            format: None,
            member: None,
            limits: Limits::default(),
            latin1: false,
        }
    }
}

/// What a file is, as far as it tells before the data is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileInfo {
    /// The format.
    pub format: &'static FormatInfo,
    /// The arrays in the file, one behind the other; none in an archive.
    pub arrays: Vec<Description>,
    /// The members of an archive.
    pub members: Vec<MemberFound>,
    /// Bytes of the whole file; `None` for a stream that was not read to its end.
    pub len: Option<u64>,
    /// Bytes behind the last array that are no array.
    pub trailing: u64,
}

/// A member of an archive, and what it says of its array.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemberFound {
    /// What the archive says of it.
    pub info: MemberInfo,
    /// Its array; nothing when it is none.
    pub array: Option<Description>,
    /// Why that is not known, where it could not be read.
    pub error: Option<String>,
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

    /// Takes one of the arrays of a file: the member of an archive by its name, one of several arrays in a row by its
    /// place.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>) -> Self {
        self.member = Some(name.into());
        self
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes the bytes of strings as Latin-1, where a file does not say what they are: so ND4J writes the strings of its
    /// `BinarySerde` buffers and Aeron messages. Otherwise they have to be UTF-8, of which ASCII is a part.
    #[must_use]
    pub fn latin1(mut self, strings: bool) -> Self {
        self.latin1 = strings;
        self
    }

    /// Looks for formats in another registry.
    #[must_use]
    pub fn registry<'other>(self, registry: &'other Registry) -> OpenOptions<'other> {
        OpenOptions {
            registry,
            format: self.format,
            member: self.member,
            limits: self.limits,
            latin1: self.latin1,
        }
    }

    pub(crate) fn policy(&self) -> Limits {
        self.limits.clone()
    }

    pub(crate) fn chosen(&self) -> Option<&str> {
        self.member.as_deref()
    }

    pub(crate) fn input<'a>(&self, path: &Path) -> Result<Input<'a>> {
        Ok(Input::open(path)?.with_limits(&self.limits))
    }

    /// The format to read `input` as.
    ///
    /// # Errors
    /// As [`Registry::detect`].
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<AnyFormat<'r>> {
        let found = match &self.format {
            Some(name) => self.registry.by_name(name),
            None => self.registry.detect(input, path),
        };
        Ok(match found? {
            AnyFormat::Array(format) if self.latin1 => AnyFormat::Array(format.latin1().unwrap_or(format)),
            found => found,
        })
    }

    /// Reads an array of a file into memory of its own: the chosen [`member`](Self::member), or else the first of
    /// several in a row, or the only one of an archive.
    ///
    /// # Errors
    /// `Io`, or what the format finds; `InvalidArgument` when there is no such member, or an archive has more than
    /// one array and none was chosen.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Array> {
        let mut input = self.input(path.as_ref())?;
        self.read_from(&mut input, Some(path.as_ref()))
    }

    /// Reads one array from a stream, a slice or an open file and leaves it right behind the array (but for what
    /// detection looked at, which `input` keeps). Of an archive, all of the input is read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        self.read_from(input, None)
    }

    fn read_from(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<Array> {
        match (self.detect(input, path)?, &self.member) {
            (AnyFormat::Array(format), None) => format.read(input),
            (AnyFormat::Array(format), Some(member)) => read_of_row(format, input, member),
            (AnyFormat::Archive(format), member) => {
                let archive = format.open(RandomAccess::from_input(input)?, &self.limits)?;
                archive.read(choose(archive.as_ref(), member.as_deref())?)
            }
        }
    }

    /// Opens an archive: reads its directory, not its members.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Unsupported` when the file is no archive.
    pub fn open_archive(&self, path: impl AsRef<Path>) -> Result<Box<dyn Archive>> {
        let mut input = self.input(path.as_ref())?;
        match self.detect(&mut input, Some(path.as_ref()))? {
            AnyFormat::Archive(format) => format.open(RandomAccess::from_input(&mut input)?, &self.limits),
            AnyFormat::Array(format) => Err(no_archive(format.info())),
        }
    }

    /// Maps a file and gives an array in place: it opens in microseconds, and only what is looked at is read (but a
    /// member of an archive is read once for its checksum). See [`Mmap`] for what a map asks of the file.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Unsupported` when the format's data has to be decoded, or the array is not the first
    /// of several in a row.
    pub fn map(&self, path: impl AsRef<Path>) -> Result<Array<Mmap>> {
        let mut input = self.input(path.as_ref())?;
        match self.detect(&mut input, Some(path.as_ref()))? {
            AnyFormat::Array(format) => match self.member.as_deref() {
                None | Some("0") => format.map(Mmap::open(path.as_ref())?, &self.limits),
                Some(_) => Err(Error::unsupported("only the first of several arrays in a row is mapped")),
            },
            AnyFormat::Archive(format) => {
                let archive = format.open(RandomAccess::from_input(&mut input)?, &self.limits)?;
                archive.map(choose(archive.as_ref(), self.member.as_deref())?)
            }
        }
    }

    /// What is in an input: all arrays of a row, which are read, or the members of an archive, which are not yet.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn contents(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<Contents> {
        let format = self.detect(input, path)?;
        let contents = match (format, &self.member) {
            (AnyFormat::Array(format), Some(member)) => {
                return Ok(Contents::of_row(format.info(), vec![read_of_row(format, input, member)?]));
            }
            (AnyFormat::Array(format), None) => Contents::of_row(format.info(), read_row(format, input)?),
            (AnyFormat::Archive(format), _) => {
                let archive = format.open(RandomAccess::from_input(input)?, &self.limits)?;
                Contents::of_archive(format.info(), archive)
            }
        };
        match &self.member {
            Some(member) => contents.only(member),
            None => Ok(contents),
        }
    }

    /// Reads every array of an input. Bytes behind the last one of a row that are no array are left alone, as NumPy
    /// leaves them; so are members of an archive that are no arrays.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read_all(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<Vec<Array>> {
        let contents = self.contents(input, path)?;
        contents.check_total()?;
        let mut arrays = Vec::new();
        for place in 0..contents.len() {
            arrays.extend(contents.read(place)?.into_array());
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
    /// As [`open`](Self::open). What keeps one member of an archive from being described is said with it.
    pub fn info_of(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<FileInfo> {
        match self.detect(input, path)? {
            AnyFormat::Array(format) => {
                let mut info = info_of_row(format, input)?;
                if let Some(member) = &self.member {
                    info.arrays = vec![pick(info.arrays, member)?];
                }
                Ok(info)
            }
            AnyFormat::Archive(format) => {
                let source = RandomAccess::from_input(input)?;
                let len = Some(source.len());
                let archive = format.open(source, &self.limits)?;
                let chosen = self.member.as_deref().map(|member| archive.find(member)).transpose()?;
                let members = archive.members().into_iter().enumerate();
                let members = members.filter(|(place, _)| chosen.is_none_or(|chosen| chosen == *place));
                let members = members.map(|(place, info)| describe(archive.as_ref(), place, info)).collect();
                Ok(FileInfo { format: format.info(), arrays: Vec::new(), members, len, trailing: 0 })
            }
        }
    }
}

fn describe(archive: &dyn Archive, place: usize, info: MemberInfo) -> MemberFound {
    if info.is_folder {
        return MemberFound { info, array: None, error: None };
    }
    match archive.describe(place) {
        Ok(array) => MemberFound { info, array, error: None },
        Err(error) => MemberFound { info, array: None, error: Some(error.to_string()) },
    }
}

fn no_archive(format: &FormatInfo) -> Error {
    Error::unsupported("the file is no archive of named members").in_format(format.name)
}

/// The place of the chosen member, or of the only array.
fn choose(archive: &dyn Archive, member: Option<&str>) -> Result<usize> {
    if let Some(member) = member {
        return archive.find(member);
    }
    let members = archive.members();
    let mut arrays = Vec::new();
    for (place, info) in members.iter().enumerate().filter(|(_, info)| !info.is_folder) {
        // Two are as many as thousands.
        if arrays.len() < 2 && archive.describe(place)?.is_some() {
            arrays.push((place, &info.key));
        }
    }
    match arrays.as_slice() {
        [(place, _)] => Ok(*place),
        [] => Err(Error::invalid("the archive has no arrays")),
        [(_, name), ..] => Err(Error::invalid(format!(
            "the archive has {} members: choose one of them, such as '{name}'",
            members.len()
        ))),
    }
}

/// Every array of a row.
pub(crate) fn read_row(format: &dyn Format, input: &mut Input<'_>) -> Result<Vec<Array>> {
    let mut arrays = vec![format.read(input)?];
    while is_next(format, input)? {
        arrays.push(format.read(input)?);
    }
    Ok(arrays)
}

/// The array of a row that is called so. Those before it are stepped over, those behind it left alone.
fn read_of_row(format: &dyn Format, input: &mut Input<'_>, member: &str) -> Result<Array> {
    let Some(index) = index_of(member) else { return Err(no_member(member, read_row(format, input)?.len())) };
    for place in 0..index {
        if step_over(format, input)?.data_len.is_none() {
            let message = format!("array {place} has to be read to know where the next one begins");
            return Err(Error::unsupported(message).in_format(format.info().name));
        }
        if !is_next(format, input)? {
            return Err(no_member(member, place + 1));
        }
    }
    format.read(input)
}

/// Describes the array at which an input stands, and leaves the input behind it, provided that the length of its data
/// is known.
fn step_over(format: &dyn Format, input: &mut Input<'_>) -> Result<Description> {
    let description = format.describe(input)?;
    // Some formats have to be read whole to be described.
    let data_left = description
        .data_len
        .map(|len| description.data_offset.saturating_add(len).saturating_sub(input.position()).min(len));
    if let Some(len) = data_left {
        input.skip(len, "data").map_err(|error| error.in_format(format.info().name))?;
    }
    Ok(description)
}

fn info_of_row(format: &dyn Format, input: &mut Input<'_>) -> Result<FileInfo> {
    let mut arrays = Vec::new();
    loop {
        let description = step_over(format, input)?;
        let is_passed = description.data_len.is_some();
        arrays.push(description);
        if !is_passed || !is_next(format, input)? {
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
    let trailing = if opaque { 0 } else { trailing };
    Ok(FileInfo { format: format.info(), arrays, members: Vec::new(), len, trailing })
}

/// True when another array of the same format follows.
pub(crate) fn is_next(format: &dyn Format, input: &mut Input<'_>) -> Result<bool> {
    let longest = format.info().magic.iter().map(|magic| magic.len()).max().unwrap_or(0);
    if longest == 0 {
        return Ok(false);
    }
    Ok(format.sniff(input.peek(longest)?) == arr_core::format::Match::Yes)
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

/// Opens an archive of any known format: reads its directory, not its members.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// # arr_npy::save_npz(&path, [("w", [1.0f32, 2.0]), ("b", [3.0, 4.0])])?;
/// let archive = arr_io::open_archive(&path)?;
/// for (place, member) in archive.members().iter().enumerate() {
///     println!("{} {:?}", member.key, archive.read(place)?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`open`]; `Unsupported` when the file is no archive.
pub fn open_archive(path: impl AsRef<Path>) -> Result<Box<dyn Archive>> {
    OpenOptions::new().open_archive(path)
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
    let found = index_of(member).and_then(|index| arrays.into_iter().nth(index));
    found.ok_or_else(|| no_member(member, count))
}

fn index_of(member: &str) -> Option<usize> {
    member.trim_start_matches('/').parse().ok()
}

fn no_member(member: &str, count: usize) -> Error {
    Error::invalid(format!("there is no member '{member}' among {count} arrays"))
}
