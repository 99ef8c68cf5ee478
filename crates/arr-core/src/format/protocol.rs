//! What a format is: data about itself, detection, reading and writing.

use std::fmt;
use std::io::Write;
use std::path::Path;

use crate::format::{Output, RandomAccess};
use crate::{
    Array, ArrayView, Buffer, ByteOrder, Contiguity, DType, Error, Input, Limits, Mmap, Order, Result,
    SaveOptions, Slice,
};

/// How sure a format is that bytes are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// They are not.
    No,
    /// They could be: nothing contradicts it.
    Maybe,
    /// They begin as only this format does.
    Yes,
}

/// What can be done with a format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Files are read.
    pub read: bool,
    /// Files are written.
    pub write: bool,
    /// Data can be looked at in a mapped file without a copy.
    pub map: bool,
    /// Streams that can't seek are read and written.
    pub stream: bool,
    /// Existing files can be added to.
    pub append: bool,
}

/// A format's data about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// The name by which commands and errors call it: `npy`.
    pub name: &'static str,
    /// A line for people.
    pub description: &'static str,
    /// File name extensions without the dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// Bytes with which only this format's files begin.
    pub magic: &'static [&'static [u8]],
    /// What can be done with it.
    pub capabilities: Capabilities,
}

/// What a file says about an array before its data is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The version of the format, where it has versions: `1.0`.
    pub version: Option<String>,
    /// What one item is.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// How the items lie in the file.
    pub order: Contiguity,
    /// The first byte of the data, counted from the start of the file.
    pub data_offset: u64,
    /// Bytes of data; `None` when only the data tells (a pickle).
    pub data_len: Option<u64>,
    /// True when the data is compressed: its bytes are not the items.
    pub is_packed: bool,
    /// What else the format says, each with its name: the strides, how the data is compressed.
    pub details: Vec<(&'static str, String)>,
}

impl Description {
    /// Describes an array whose data is not compressed; [`version`](Self::version) and [`details`](Self::details) are left
    /// empty.
    #[must_use]
    pub fn new(
        dtype: DType,
        shape: &[usize],
        order: Contiguity,
        data_offset: u64,
        data_len: Option<u64>,
    ) -> Self {
        Self {
            version: None,
            dtype,
            shape: shape.to_vec(),
            order,
            data_offset,
            data_len,
            is_packed: false,
            details: Vec::new(),
        }
    }

    /// Adds the version of the format.
    #[must_use]
    pub fn with_version(mut self, version: impl fmt::Display) -> Self {
        self.version = Some(version.to_string());
        self
    }

    /// Says whether the data is compressed.
    #[must_use]
    pub fn with_packed(mut self, is_packed: bool) -> Self {
        self.is_packed = is_packed;
        self
    }

    /// Adds something else that the format says.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.details.push((name, value.to_string()));
        self
    }
}

/// Takes in an array, or a part of one.
pub type Take<'a> = dyn FnMut(&ArrayView<'_>) -> Result<()> + 'a;

/// Takes in one of several files of an array: which one it is, how many there are, and its bytes.
pub type TakeFile<'a> = dyn FnMut(usize, usize, &[u8]) -> Result<()> + 'a;

/// A way to write one array as bytes. It is open: other crates may add formats and register them with the facade.
///
/// Required are what the format says of itself, [`describe`](Self::describe), [`read`](Self::read) and
/// [`write`](Self::write).
pub trait Format: fmt::Debug + Send + Sync {
    /// The format's data about itself.
    fn info(&self) -> &'static FormatInfo;

    /// Says whether `prefix`, the first bytes of a file, is this format's.
    ///
    /// Left alone, it compares with [`FormatInfo::magic`] and is never unsure.
    fn sniff(&self, prefix: &[u8]) -> Match {
        sniff_magic(self.info(), prefix)
    }

    /// Reads what stands before the data and leaves `input` at the data; or behind the array, where something that
    /// describes it stands behind the data.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description>;

    /// Reads one array and leaves `input` right behind it.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn read(&self, input: &mut Input<'_>) -> Result<Array>;

    /// Reads one array as [`read`](Self::read) does, and says what is wrong with it that reading does not mind: bytes
    /// that belong to nothing.
    ///
    /// Left alone, it minds everything when it reads.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_strictly(&self, input: &mut Input<'_>) -> Result<(Array, Vec<Error>)> {
        Ok((self.read(input)?, Vec::new()))
    }

    /// What [`read_strictly`](Self::read_strictly) finds besides reading, without a look at the items: for a format of which
    /// [`read_part`](Self::read_part) takes no more from an input that can go back than it is asked for, and checks all else
    /// that reading does. The input stays where it is.
    ///
    /// Left alone, it is nothing: only reading tells.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn faults_ahead(&self, input: &mut Input<'_>) -> Result<Option<Vec<Error>>> {
        let _ = input;
        Ok(None)
    }

    /// Writes one array.
    ///
    /// # Errors
    /// `Unsupported` when the format can't hold it, `Io` when the sink fails.
    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()>;

    /// Reads a part of one array and leaves `input` right behind the array.
    ///
    /// Left alone, it reads the whole array.
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        let array = self.read(input)?;
        array.slice(slice)?.to_contiguous(array.natural_order())
    }

    /// The only byte order in which numbers are written; nothing when any is.
    ///
    /// Left alone, it is any.
    fn byte_order(&self) -> Option<ByteOrder> {
        None
    }

    /// The same format, in which the bytes of strings are Latin-1; nothing where that makes no difference.
    ///
    /// Left alone, it makes none.
    fn latin1(&self) -> Option<&'static dyn Format> {
        None
    }

    /// True when arrays are written one behind the other as a matter of course, without names: then several of them may
    /// become one file.
    ///
    /// Left alone, a file has one array, unless it was read from such a file.
    fn is_series(&self) -> bool {
        false
    }

    /// True when one array is spread over several files, which [`read_spread`](Self::read_spread) takes.
    ///
    /// Left alone, it is not.
    fn is_spread(&self) -> bool {
        false
    }

    /// Reads the array that is spread over several files, in whatever order they are given.
    ///
    /// Left alone, it refuses.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Malformed` when the files are not all of one array.
    fn read_spread(&self, files: &mut [Input<'_>]) -> Result<Array> {
        let message = format!("an array of this format is one file, not {}", files.len());
        Err(Error::unsupported(message).in_format(self.info().name))
    }

    /// Cuts one array into files with `size` bytes of it each, the last one with fewer, and hands them on, first to last:
    /// which one it is, from 0 on, how many there are, and its bytes.
    ///
    /// Left alone, it refuses.
    ///
    /// # Errors
    /// As [`write`](Self::write); `InvalidArgument` when there can be no files of that size; and what `take` returns.
    fn write_spread(&self, array: &ArrayView<'_>, size: usize, take: &mut TakeFile<'_>) -> Result<()> {
        let _ = (array, size, take);
        Err(Error::unsupported("an array of this format is one file").in_format(self.info().name))
    }

    /// Writes what stands before the items of an array, for a format that has the items one behind the other in
    /// `order`, as they are in memory: then they can be written piece by piece, and [`write_end`](Self::write_end) is
    /// called behind them.
    ///
    /// Left alone, it refuses.
    ///
    /// # Errors
    /// `Unsupported` when the format, or this dtype in it, is written in another way; `Io` when the sink fails.
    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let _ = (dtype, shape, order, output);
        Err(Error::unsupported("this format is not written piece by piece").in_format(self.info().name))
    }

    /// Writes what stands behind the items of an array for which [`write_start`](Self::write_start) was called with the
    /// same arguments.
    ///
    /// Left alone, it writes nothing.
    ///
    /// # Errors
    /// As `write_start`.
    fn write_end(&self, dtype: &DType, shape: &[usize], order: Order, output: &mut Output<'_>) -> Result<()> {
        let _ = (dtype, shape, order, output);
        Ok(())
    }

    /// Adds rows to the array of an existing file: all that `rows` hands on, or none. Each time it hands on an array
    /// with all dimensions of the file's, or with those of one row. Bytes behind the array, which may be rows whose
    /// writer was stopped, are overwritten when that is asked for, and else an error.
    ///
    /// Left alone, it refuses.
    ///
    /// # Errors
    /// `Mismatch` when rows do not fit the array, `Io` when the file can't be written, and what `rows` returns; then
    /// the file is as it was.
    fn append(
        &self,
        path: &Path,
        rows: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
        overwrite_trailing: bool,
    ) -> Result<()> {
        let _ = (path, rows, overwrite_trailing);
        Err(Error::unsupported("files of this format can't be added to").in_format(self.info().name))
    }

    /// The first array of a mapped file, in place.
    ///
    /// Left alone, it refuses: the format's data has to be decoded.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        let _ = (map, limits);
        Err(Error::unsupported("data of this format can't be mapped").in_format(self.info().name))
    }
}

/// What an archive says of a member before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberInfo {
    /// The name in the archive.
    pub name: String,
    /// The name by which it is asked for, where that is another: NumPy leaves out `.npy`.
    pub key: String,
    /// How it is packed, in a word: `stored`, `deflated`.
    pub packing: String,
    /// Bytes that it takes packed.
    pub packed_len: u64,
    /// Bytes that it takes unpacked.
    pub len: u64,
    /// The CRC-32 of the unpacked bytes, where the archive has one.
    pub crc32: Option<u32>,
    /// True for the entry of a folder, which holds nothing.
    pub is_folder: bool,
}

impl MemberInfo {
    /// Describes a member that is not packed and has no checksum.
    #[must_use]
    pub fn new(name: impl Into<String>, len: u64) -> Self {
        let name = name.into();
        Self {
            key: name.clone(),
            name,
            packing: "stored".to_owned(),
            packed_len: len,
            len,
            crc32: None,
            is_folder: false,
        }
    }
}

/// Many named members in one file, of which some or all are arrays. It is open, as [`Format`] is.
///
/// Members are asked for by their place, since names may occur more than once.
pub trait Archive: fmt::Debug + Send + Sync {
    /// The members, in the order of the file.
    fn members(&self) -> Vec<MemberInfo>;

    /// The place of the member of that name; of equal names the last.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    fn find(&self, name: &str) -> Result<usize>;

    /// What a member says of its array before the data is read; nothing when it is no array.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such place, otherwise as [`Format::describe`].
    fn describe(&self, place: usize) -> Result<Option<Description>>;

    /// Reads the array of a member.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); `Malformed` when it is no array.
    fn read(&self, place: usize) -> Result<Array>;

    /// Reads the bytes of a member, whatever they are.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    fn read_bytes(&self, place: usize) -> Result<Buffer>;

    /// The unpacked bytes of a member as a stream, which fails at its end when a checksum is wrong.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    fn input(&self, place: usize) -> Result<Input<'_>>;

    /// The bytes of a member to be read in any order, without a look at a checksum; nothing when they are packed.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    fn seekable(&self, place: usize) -> Result<Option<Input<'_>>> {
        let _ = place;
        Ok(None)
    }

    /// The array of a member in place, in a map of the file.
    ///
    /// Left alone, it refuses: the format's data has to be decoded.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn map(&self, place: usize) -> Result<Array<Mmap>> {
        let _ = place;
        Err(Error::unsupported("members of this format can't be mapped"))
    }

    /// Everything that is wrong with the archive but its arrays' values; nothing when it is sound.
    ///
    /// # Errors
    /// What keeps it from being judged: `Io`, `Unsupported`, `LimitExceeded`.
    fn check(&self) -> Result<Vec<Error>>;

    /// Checks what reading all members would take.
    ///
    /// # Errors
    /// `LimitExceeded` when that is more than is allowed.
    fn check_total(&self) -> Result<()>;
}

/// An archive that is being written. Nothing of a file is seen before it is finished.
pub trait ArchiveWriter: fmt::Debug {
    /// What the member of an array is called that is asked for by `key`.
    fn name_of(&self, key: &str) -> String;

    /// Adds an array as the member of just that name. A `level` says how hard to pack it, from 0, not at all, to 9.
    ///
    /// # Errors
    /// `InvalidArgument` when there is a member of that name already, `Unsupported` when the format can't hold the
    /// array, `Io` when the sink fails.
    fn add(&mut self, name: &str, array: &ArrayView<'_>, level: u8) -> Result<()>;

    /// Adds an array of that dtype and shape, whose items, in that order, `write` hands on piece by piece each time it
    /// is called.
    ///
    /// # Errors
    /// As [`add`](Self::add), and what `write` returns.
    fn add_pieces(
        &mut self,
        name: &str,
        what: (&DType, &[usize], Order),
        write: &dyn Fn(&mut Output<'_>) -> Result<()>,
        level: u8,
    ) -> Result<()>;

    /// Adds bytes that are no array.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    fn add_bytes(&mut self, name: &str, bytes: &[u8], level: u8) -> Result<()>;

    /// Completes the archive.
    ///
    /// # Errors
    /// `Io` when the sink fails.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A way to write many named arrays in one file. It is open, as [`Format`] is.
pub trait ArchiveFormat: fmt::Debug + Send + Sync {
    /// The format's data about itself.
    fn info(&self) -> &'static FormatInfo;

    /// Says whether `prefix`, the first bytes of a file, is this format's.
    ///
    /// Left alone, it compares with [`FormatInfo::magic`] and is never unsure.
    fn sniff(&self, prefix: &[u8]) -> Match {
        sniff_magic(self.info(), prefix)
    }

    /// Opens an archive: reads its directory, not its members.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn open(&self, source: RandomAccess, limits: &Limits) -> Result<Box<dyn Archive>>;

    /// Begins a file, which appears whole or not at all.
    ///
    /// # Errors
    /// `Io` when it can't be created.
    fn create(&self, path: &Path, options: SaveOptions) -> Result<Box<dyn ArchiveWriter>>;

    /// Adds arrays to an archive that exists: all of them or none.
    ///
    /// Left alone, it refuses.
    ///
    /// # Errors
    /// `InvalidArgument` when a member of that name exists and is not to be replaced, `Io` when the file can't be
    /// written; then it is as it was.
    fn add(
        &self,
        path: &Path,
        members: &[(String, Array)],
        level: u8,
        replace: bool,
        limits: &Limits,
    ) -> Result<()> {
        let _ = (path, members, level, replace, limits);
        Err(Error::unsupported("files of this format can't be added to").in_format(self.info().name))
    }

    /// Begins an archive in a stream.
    ///
    /// # Errors
    /// `Unsupported` when the format has to go back in what it wrote.
    fn write_to<'a>(&self, writer: &'a mut dyn Write) -> Result<Box<dyn ArchiveWriter + 'a>>;
}

fn sniff_magic(info: &FormatInfo, prefix: &[u8]) -> Match {
    if info.magic.iter().any(|magic| prefix.starts_with(magic)) { Match::Yes } else { Match::No }
}
