//! Opening files of any known format.

use std::path::{Path, PathBuf};

use arr_core::format::threads::Threads;
use arr_core::format::{
    Format, FormatInfo, Holds, Match, OptionValue, Options, Part, Reader, Reading, Source, in_file,
};
use arr_core::{Array, Error, Hint, Input, Limits, Mmap, Result, Slice};

use crate::inside::{self, Inside};
use crate::layer::{Compression, uncompressed_for};
use crate::objects::{self, Objects};
use crate::select::choose;
use crate::{Meaning, Parts, Registry};

/// How many bytes of a file a named format is shown.
const LOOKED_AT: usize = 4096;

/// How files are read: see [`open`](Self::open) for one array, [`parts`](Self::parts) for all that is in a file.
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
    reading: Reading,
    /// True when limits were set: else those of an open input hold.
    has_limits: bool,
    is_kept: bool,
    is_kept_unpacked: bool,
    /// True when arrays of objects are described as that.
    leaves_objects: bool,
    meaning: Option<Meaning>,
}

impl Default for OpenOptions<'_> {
    fn default() -> Self {
        Self {
            registry: Registry::shared(),
            format: None,
            member: None,
            reading: Reading::default(),
            has_limits: false,
            is_kept: false,
            is_kept_unpacked: false,
            leaves_objects: false,
            meaning: None,
        }
    }
}

impl<'r> OpenOptions<'r> {
    /// Detects the format by content, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads as the format of that name instead of detecting it.
    #[must_use]
    pub fn format(mut self, name: impl Into<String>) -> Self {
        self.format = Some(name.into());
        self
    }

    /// Takes a part of a file: a member of an archive by its key, several by a pattern (`layer0/*`), one of several
    /// consecutive arrays by its index, a field of records by its name (`x`, `x,y`), a field of a member after two
    /// colons (`points::x`). A member that is a file of another format is opened as that file, in the
    /// [`format`](Self::format) that is named or the one that is detected; what it holds follows after two colons.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>) -> Self {
        self.member = Some(name.into());
        self
    }

    /// Sets the limits. Where none are set, those of an [`Input`] hold that is read.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.reading.limits = limits;
        self.has_limits = true;
        self
    }

    /// Chooses the threads that work, as long as a file is open.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Self {
        self.reading.threads = threads;
        self
    }

    /// Lets `take` know what a file's values do not show: see [`Reading::on_note`].
    #[must_use]
    pub fn on_note(mut self, take: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.reading = self.reading.on_note(take);
        self
    }

    /// As [`on_note`](Self::on_note); `take` gets what would help, too.
    #[must_use]
    pub fn on_hinted_note(mut self, take: impl Fn(&str, Option<Hint>) + Send + Sync + 'static) -> Self {
        self.reading = self.reading.on_hinted_note(take);
        self
    }

    /// Joins ranges of a slice that are no farther apart than so many bytes: see [`Reading::gap`].
    #[must_use]
    pub fn gap(mut self, gap: u64) -> Self {
        self.reading.gap = Some(gap);
        self
    }

    /// Sets how arrays are read: byte order, order, dtype, limits and options.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self.has_limits = true;
        self
    }

    /// Sets an option of the format. [`Registry::infos`] lists the options of each format.
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Into<OptionValue>) -> Self {
        self.reading.options = self.reading.options.with(name, value);
        self
    }

    /// Sets all options of formats.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.reading.options = options;
        self
    }

    /// Searches another registry for formats.
    #[must_use]
    pub fn registry<'other>(self, registry: &'other Registry) -> OpenOptions<'other> {
        let Self {
            format,
            member,
            reading,
            has_limits,
            is_kept,
            is_kept_unpacked,
            leaves_objects,
            meaning,
            ..
        } = self;
        OpenOptions {
            registry,
            format,
            member,
            reading,
            has_limits,
            is_kept,
            is_kept_unpacked,
            leaves_objects,
            meaning,
        }
    }

    /// Keeps the data of a stream, or what is decompressed, in memory or in an unlinked file, so that all parts can be
    /// read at any time and repeatedly.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.is_kept = true;
        self
    }

    /// [Keeps](Self::keep) what is decompressed, but no streams: a large compressed array goes through block by block.
    #[must_use]
    pub fn keep_unpacked(mut self) -> Self {
        self.is_kept_unpacked = true;
        self
    }

    /// Leaves an array of objects what it is: one array, which can be described and not be read. Otherwise a file of one
    /// is opened as the objects that are in it, and their arrays are its parts.
    #[must_use]
    pub fn leave_objects(mut self) -> Self {
        self.leaves_objects = true;
        self
    }

    /// Says what opaque items are, of which a file keeps bytes alone: `bfloat16` for `|V2`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("w.npy");
    /// let array = arr_io::Array::contiguous("|V2".parse()?, &[2], arr_io::Order::C, &[0xC0, 0x3F, 0, 0xC0][..])?;
    /// arr_npy::save(&path, &array)?;
    /// let array = arr_io::OpenOptions::new().dtype_as("bfloat16".parse()?).open(&path)?;
    /// assert_eq!(array.to_string(), "[ 1.5 -2. ]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dtype_as(mut self, meaning: Meaning) -> Self {
        self.meaning = Some(meaning);
        self
    }

    /// The same for what a member holds: all of it, or the part at that path, in whichever format it is.
    pub(crate) fn inside_of(&self, path: Option<&str>) -> Self {
        Self { format: None, ..self.as_named(path) }
    }

    /// The same in the format that was named.
    pub(crate) fn as_named(&self, path: Option<&str>) -> Self {
        Self { member: path.map(str::to_owned), has_limits: true, ..self.clone() }
    }

    /// Reads what is whole of a damaged file: see [`Reading::salvage`].
    #[must_use]
    pub fn salvage(mut self) -> Self {
        self.reading = self.reading.salvage(true);
        self
    }

    /// The same for what is whole of a damaged file of the format of that name, whose parts can be read repeatedly.
    pub(crate) fn salvaging(&self, format: &str) -> Self {
        self.clone().format(format).leave_objects().keep().salvage()
    }

    /// The name of the format, if one was named.
    pub(crate) fn named_format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// The registry that is searched for formats.
    #[must_use]
    pub fn known(&self) -> &'r Registry {
        self.registry
    }

    /// The part that is asked for by name.
    pub(crate) fn asked(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// How arrays are read.
    #[must_use]
    pub fn how(&self) -> &Reading {
        &self.reading
    }

    /// The format to read `input` as.
    ///
    /// # Errors
    /// As [`Registry::detect`].
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<&'r dyn Format> {
        match &self.format {
            Some(name) => self.registry.named(name, input),
            None => self.registry.detect(input, path),
        }
    }

    /// Unpacks compressed data, which is detected by content ([`uncompressed`](crate::layer::uncompressed)), under
    /// these limits; data of the format that was [named](Self::format) is left as it is. [`parts_of`](Self::parts_of)
    /// does it too.
    ///
    /// # Errors
    /// As [`uncompressed`](crate::layer::uncompressed).
    pub fn uncompressed<'a>(&self, input: Input<'a>) -> Result<(Input<'a>, Vec<Compression>)> {
        let mut input = input;
        let limits = self.limits_of(&mut input);
        let mut input = input.with_limits(&limits);
        if let Some(name) = &self.format {
            let format = self.registry.by_name(name)?;
            if format.sniff(input.peek(LOOKED_AT)?) > Match::No {
                return Ok((input, Vec::new()));
            }
        }
        let known = |head: &[u8]| self.registry.recognizes(head);
        let (input, layers) = uncompressed_for(self.member.as_deref(), input, known)?;
        Ok((input.with_limits(&limits), layers))
    }

    /// The limits under which an input is read: those that were set, or its own.
    fn limits_of(&self, input: &mut Input<'_>) -> Limits {
        if self.has_limits { self.reading.limits.clone() } else { input.budget().limits().clone() }
    }

    /// Opens a file: its parts are read when they are asked for. The file is opened once.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", [1.0f32, 2.0]), ("b", [3.0, 4.0])])?;
    /// let mut parts = arr_io::OpenOptions::new().parts(&path)?;
    /// while let Some(part) = parts.next_part()? {
    ///     println!("{:?} {:?}", part.key, parts.read(&part)?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io`, or what the format finds; `Unsupported` when no format fits; `InvalidArgument` when there is no such
    /// [`member`](Self::member).
    pub fn parts(&self, path: impl AsRef<Path>) -> Result<Parts<'static>> {
        let path = path.as_ref();
        in_file(path, self.parts_of(Input::open(path)?, Some(path)))
    }

    /// The parts of an open file, a stream, bytes, or of all files of a multi-file array. The name of the (first) file,
    /// where it is known, helps to detect the format.
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    pub fn parts_of<'a>(&self, source: impl Into<Source<'a>>, path: Option<&Path>) -> Result<Parts<'a>> {
        let source = source.into();
        self.reading.threads.work(|| self.open_parts(source, path))
    }

    fn open_parts<'a>(&self, source: Source<'a>, path: Option<&Path>) -> Result<Parts<'a>> {
        let mut inputs = source.all().into_iter();
        let first = inputs.next().ok_or_else(|| Error::invalid("no file was named"))?;
        let len = first.remaining().filter(|_| first.position() == 0);
        let (mut first, layers) = self.uncompressed(first)?;
        let limits = first.budget().limits().clone();
        let format = match self.archive_around(&mut first)? {
            Some(archive) => archive,
            None => self.detect(&mut first, path)?,
        };
        let inside = match self.leaves_objects && self.member.is_none() {
            true => None,
            false => objects::inside(self.registry, format, &mut first)?,
        };
        if let Some(inside) = inside {
            first.make_seekable()?;
            first.skip(inside.offset, "bytes before the data")?;
            let how = self.reading.of(inside.objects.info())?.limits(limits.clone());
            let reader = inside.objects.open(Source::from(first), &how)?;
            return self.chosen(reader, inside.info, len, layers, &limits);
        }
        let mut all = vec![first];
        for input in inputs {
            all.push(self.uncompressed(input)?.0);
        }
        if self.is_kept || (self.is_kept_unpacked && !layers.is_empty()) {
            all.iter_mut().try_for_each(Input::make_seekable)?;
        }
        let info = format.info();
        let how = self.reading.of(info)?.limits(limits.clone());
        let reader = format.open(Source::from(all), &how).map_err(|error| in_format(error, info.name))?;
        self.chosen(reader, info, len, layers, &limits)
    }

    /// The format of an archive of which a member is asked for that is to be read as the format that was named.
    fn archive_around(&self, input: &mut Input<'_>) -> Result<Option<&'r dyn Format>> {
        let (Some(name), Some(_)) = (&self.format, &self.member) else { return Ok(None) };
        let (named, head) = (self.registry.by_name(name)?, input.peek(LOOKED_AT)?);
        Ok(if named.sniff(head) > Match::No { None } else { self.registry.archive(head) })
    }

    /// All parts of a file that is open, or those that are asked for by name.
    fn chosen<'a>(
        &self,
        mut reader: Box<dyn Reader + 'a>,
        info: &'static FormatInfo,
        len: Option<u64>,
        layers: Vec<Compression>,
        limits: &Limits,
    ) -> Result<Parts<'a>> {
        if let Some(member) = &self.member {
            if let Some(parts) = inside::of_member(self, reader.as_mut(), info, member)? {
                return Ok(parts.with_file(len, layers));
            }
            if let Some(parts) = objects::in_member(self, reader.as_mut(), info, member)? {
                return Ok(parts);
            }
        }
        let (reader, info) = match info.holds == Holds::Members && !self.reading.salvage {
            true => Inside::around(self, reader, info)?,
            false => (reader, info),
        };
        let (reader, is_named) = match &self.member {
            Some(member) => {
                let (chosen, is_one) = choose(reader, info, member)?;
                (Box::new(chosen) as Box<dyn Reader + 'a>, is_one)
            }
            None => (reader, false),
        };
        let reader = match &self.meaning {
            Some(meaning) => meaning.reader(reader, &self.reading.notes),
            None => reader,
        };
        let objects = Objects::of(self, info);
        Ok(Parts::new(reader, info, is_named, len, layers, limits).with_objects(objects))
    }

    /// Reads an array of a file into memory of its own: the chosen [`member`](Self::member), or else the first of
    /// several in a row, or the only one of an archive.
    ///
    /// # Errors
    /// `Io`, or what the format finds; `InvalidArgument` when there is no such member, or an archive has more than
    /// one array and none was chosen.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Array> {
        let path = path.as_ref();
        in_file(path, self.parts(path)?.read_only())
    }

    /// Reads one array from a stream, a slice or an open file and leaves it right after the array (except what
    /// detection looked at, which `input` keeps). Of an archive, all of the input is read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        let start = input.position();
        if !input.can_seek() {
            let limits = self.limits_of(input);
            let nested = Input::from_reader(&mut *input).with_limits(&limits);
            let read = self.parts_of(nested, None).and_then(|mut parts| parts.read_only());
            return read.map_err(|error| error.nested(start));
        }
        let ahead = input.ahead().ok_or_else(|| Error::unsupported("the input can't be read ahead"))?;
        let read = self.parts_of(ahead, None).and_then(|mut parts| {
            let array = parts.read_only()?;
            Ok((array, Some(parts.position()).filter(|_| parts.layers().is_empty())))
        });
        let (array, len) = read.map_err(|error| error.nested(start))?;
        match len {
            Some(len) => input.skip(len, "data")?,
            // What is compressed is all of the input.
            None => input.skip_to_end()?,
        }
        Ok(array)
    }

    /// Reads a slice of an array of a file, and no more of the file than that needs where the format allows it.
    ///
    /// # Errors
    /// As [`open`](Self::open); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: &Slice) -> Result<Array> {
        let path = path.as_ref();
        let mut parts = self.parts(path)?;
        let read = parts.only().and_then(|part| parts.read_slice(&part, slice)?.into_array());
        in_file(path, read)
    }

    /// Maps a file and gives an array in place: it opens in microseconds, and only the pages that are accessed are read
    /// (though a member of an archive is read once for its checksum).
    ///
    /// # Safety
    /// As for [`Mmap::open`]: the file is not changed for as long as the array is there.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Unsupported` when the format's data has to be decoded, or the array is not the first
    /// of several in a row.
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&self, path: impl AsRef<Path>) -> Result<Array<Mmap>> {
        let path = path.as_ref();
        let mut parts = self.parts(path)?;
        let part = in_file(path, parts.only())?;
        // SAFETY: the caller promises it of the file.
        in_file(path, unsafe { parts.map(&part) })
    }

    /// Reads every array of an input. Bytes after the last one of a row that are not an array are ignored, as NumPy
    /// does; so are members of an archive that are not arrays.
    ///
    /// # Errors
    /// As [`open`](Self::open); `LimitExceeded` when all of them together are more than the limits allow.
    pub fn read_all<'a>(&self, source: impl Into<Source<'a>>, path: Option<&Path>) -> Result<Vec<Array>> {
        let mut parts = self.parts_of(source, path)?;
        parts.check_total()?;
        let mut budget = parts.budget().limits().budget();
        let mut arrays = Vec::new();
        while let Some(part) = parts.next_part()? {
            if let Part::Array(array) = parts.read(&part)? {
                budget.charge_bytes(array.nbytes() as u64)?;
                arrays.push(array);
            }
        }
        Ok(arrays)
    }
}

/// Names the format, unless the caller asked for something that is not there.
pub(crate) fn in_format(error: Error, format: &'static str) -> Error {
    match error.kind() {
        arr_core::ErrorKind::InvalidArgument => error,
        _ => error.in_format(format),
    }
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

/// Opens a file of any known format: its parts are read when they are asked for. See [`OpenOptions::parts`].
///
/// # Errors
/// As [`open`].
pub fn parts(path: impl AsRef<Path>) -> Result<Parts<'static>> {
    OpenOptions::new().parts(path)
}

/// Maps a file of any known format whose data lies in it as it is, and gives its first array in place.
///
/// # Safety
/// As for [`Mmap::open`]: the file is not changed for as long as the array is there.
///
/// # Errors
/// As [`open`]; `Unsupported` when the format's data has to be decoded.
#[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
pub unsafe fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    // SAFETY: the caller promises it of the file.
    unsafe { OpenOptions::new().map(path) }
}

/// Reads one array from a stream or a slice: `arr_io::read(&mut Input::from_reader(stdin))`.
///
/// # Errors
/// As [`open`].
pub fn read(input: &mut Input<'_>) -> Result<Array> {
    OpenOptions::new().read(input)
}

/// Reads a slice of an array of a file of any known format.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// # arr_io::save(&path, &ndarray::Array2::<f32>::ones((10, 3)))?;
/// use arr_io::s;
/// assert_eq!(arr_io::read_part(&path, &s![2..4, ..])?.shape(), [2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`open`]; `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: &Slice) -> Result<Array> {
    OpenOptions::new().read_part(path, slice)
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
