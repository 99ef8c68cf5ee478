//! Descriptions of files, without their data.

use std::path::Path;

use arr_core::format::{
    Content, Description, FormatInfo, MemberInfo, PartInfo, Reader, Source, in_file, room,
};
use arr_core::{Error, Result};

use crate::layer::Compression;
use crate::open::in_format;
use crate::parts::key_of;
use crate::{OpenOptions, Parts};

/// The description of a file, as far as it is known before the data is read.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileInfo {
    /// The format.
    pub format: &'static FormatInfo,
    /// The arrays in the file, one after another; none in an archive.
    pub arrays: Vec<Description>,
    /// The members of an archive.
    pub members: Vec<MemberFound>,
    /// Bytes of the whole file; `None` for a stream that was not read to its end.
    pub len: Option<u64>,
    /// How the whole file is compressed, the outermost layer first.
    pub layers: Vec<Compression>,
    /// Bytes after the last array that are not an array.
    pub trailing: u64,
    /// Why no more is known of a row of arrays: the last one, or what follows it, is broken.
    pub fault: Option<Error>,
}

impl FileInfo {
    /// True when the file has members with names.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.format.holds.has_keys()
    }
}

/// A member of an archive, with the description of its array.
#[derive(Debug)]
#[non_exhaustive]
pub struct MemberFound {
    /// What the archive says about it.
    pub info: MemberInfo,
    /// The key by which it is found.
    pub key: String,
    /// Its array; `None` when it is not an array.
    pub array: Option<Description>,
    /// Why the array is unknown, when it could not be read.
    pub error: Option<Error>,
}

impl OpenOptions<'_> {
    /// Describes a file without reading the data.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// # arr_io::save(&path, &vec![1.0f32, 2.0])?;
    /// let info = arr_io::OpenOptions::new().info(&path)?;
    /// assert_eq!((info.format.name, &info.arrays[0].shape[..]), ("npy", &[2][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open). A fault of one member of an archive is reported with that member.
    pub fn info(&self, path: impl AsRef<Path>) -> Result<FileInfo> {
        let path = path.as_ref();
        in_file(path, self.clone().leave_objects().parts(path)?.info())
    }

    /// Describes an open file or a stream without keeping the data.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn info_of<'a>(&self, source: impl Into<Source<'a>>, path: Option<&Path>) -> Result<FileInfo> {
        self.clone().leave_objects().parts_of(source, path)?.info()
    }
}

impl Parts<'_> {
    /// The next member of an archive with what it is, folders and replaced members too; `None` after the last one, and of a
    /// file whose parts have no keys. Nothing is held: [`info`](Self::info) collects what this gives.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", [1.0f32, 2.0]), ("b", [3.0, 4.0])])?;
    /// let mut parts = arr_io::parts(&path)?;
    /// let mut keys = Vec::new();
    /// while let Some(member) = parts.next_member()? {
    ///     keys.push(member.key);
    /// }
    /// assert_eq!(keys, ["w", "b"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What keeps the next member from being found; a fault of the member itself is its [`error`](MemberFound::error).
    pub fn next_member(&mut self) -> Result<Option<MemberFound>> {
        let (name, has_keys) = (self.format().name, self.has_keys());
        let reader = self.raw();
        let found = match has_keys {
            true => reader.next_part().and_then(|part| part.map(|part| found(reader, part)).transpose()),
            false => Ok(None),
        };
        found.map_err(|error| in_format(error, name))
    }

    /// What the file is. It ends the list of parts: nothing is listed afterwards. The dtypes of all parts are held, and
    /// charged to the limits; [`next_member`](Self::next_member) gives one member at a time.
    ///
    /// # Errors
    /// What the format finds before there is anything to be said, and `LimitExceeded`; later errors are the
    /// [`fault`](FileInfo::fault).
    pub fn info(mut self) -> Result<FileInfo> {
        let (format, layers) = (self.format(), self.layers().to_vec());
        let mut info = FileInfo {
            format,
            arrays: Vec::new(),
            members: Vec::new(),
            len: self.file_len(),
            layers,
            trailing: 0,
            fault: None,
        };
        match self.look(&mut info) {
            Err(error) if info.arrays.is_empty() => return Err(error),
            looked => info.fault = looked.err(),
        }
        if info.len.is_none() && info.layers.is_empty() {
            info.len = Some(self.position());
        }
        Ok(info)
    }

    /// Describes all parts of a file.
    fn look(&mut self, info: &mut FileInfo) -> Result<()> {
        while let Some(member) = self.next_member()? {
            if let Some(array) = &member.array {
                self.budget().charge_description(array.dtype.memory())?;
            }
            room::push(&mut info.members, member)?;
        }
        if self.has_keys() {
            return Ok(());
        }
        let name = self.format().name;
        self.look_at_row(info).map_err(|error| in_format(error, name))
    }

    fn look_at_row(&mut self, info: &mut FileInfo) -> Result<()> {
        while let Some(part) = self.raw().next_part()? {
            if let Content::Array(array) = self.raw().describe(&part)? {
                self.budget().charge_description(array.memory())?;
                room::push(&mut info.arrays, array)?;
            }
        }
        info.trailing = self.raw().trailing()?;
        Ok(())
    }
}

/// A member with what it says of its array, or why it does not.
fn found(reader: &mut dyn Reader, part: PartInfo) -> Result<MemberFound> {
    let content = if part.is_folder() { Ok(Content::Bytes(0)) } else { reader.describe(&part) };
    let key = key_of(&part)?.to_owned();
    let info = part.member.unwrap_or_else(|| MemberInfo::new(key.clone(), 0));
    let (array, error) = match content {
        Ok(content) => (content.into_array(), None),
        Err(error) => (None, Some(error)),
    };
    Ok(MemberFound { info, key, array, error })
}
