//! Descriptions of files, without their data.

use std::path::Path;

use arr_core::format::{Content, Description, FormatInfo, MemberInfo, PartInfo, Reader, Source};
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
        self.parts(path)?.info()
    }

    /// Describes an open file or a stream without keeping the data.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn info_of<'a>(&self, source: impl Into<Source<'a>>, path: Option<&Path>) -> Result<FileInfo> {
        self.parts_of(source, path)?.info()
    }
}

impl Parts<'_> {
    /// What the file is. It ends the list of parts: nothing is listed afterwards.
    ///
    /// # Errors
    /// What the format finds.
    pub fn info(mut self) -> Result<FileInfo> {
        let (format, len, layers) = (self.format(), self.file_len(), self.layers().to_vec());
        let (has_keys, is_chosen) = (self.has_keys(), self.is_named());
        let (reader, chosen) = self.raw();
        let (mut arrays, mut members) = (Vec::new(), Vec::new());
        loop {
            let next = match chosen {
                Some(chosen) => Ok(chosen.pop_front()),
                None => reader.next_part(),
            };
            let Some(part) = next.map_err(|error| in_format(error, format.name))? else { break };
            if has_keys {
                members.push(found(reader, part)?);
                continue;
            }
            let content = reader.describe(&part).map_err(|error| in_format(error, format.name))?;
            arrays.extend(content.into_array());
        }
        let trailing = if has_keys {
            0
        } else {
            // All consecutive arrays are described, whichever was asked for.
            if is_chosen {
                while reader.next_part().map_err(|error| in_format(error, format.name))?.is_some() {}
            }
            reader.trailing().map_err(|error| in_format(error, format.name))?
        };
        let len = len.or_else(|| Some(reader.position()).filter(|_| layers.is_empty()));
        Ok(FileInfo { format, arrays, members, len, layers, trailing })
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
