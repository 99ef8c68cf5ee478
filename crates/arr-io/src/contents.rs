//! What is in a file: arrays in a row, or the members of an archive.

use std::collections::HashSet;
use std::sync::Arc;

use arr_core::format::{Archive, FormatInfo, MemberInfo};
use arr_core::{Array, Buffer, DType, Error, Result, Slice};

use crate::Pieces;
use crate::read::pick;

/// What is in a file, part by part. Arrays in a row have been read; members of an archive are read when they are asked
/// for. Entries of folders are left out, and of members of equal names all but the last.
#[derive(Debug)]
pub struct Contents {
    format: &'static FormatInfo,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Row(Vec<Array>),
    Archive { archive: Arc<dyn Archive>, members: Vec<Member> },
}

#[derive(Debug)]
struct Member {
    place: usize,
    key: String,
    info: MemberInfo,
}

/// One part of a file.
#[derive(Clone, Debug)]
pub enum Part {
    /// An array.
    Array(Array),
    /// A member that is no array.
    Bytes(Buffer),
}

impl Part {
    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Bytes(_) => None,
        }
    }

    /// The array, if it is one.
    #[must_use]
    pub fn into_array(self) -> Option<Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Bytes(_) => None,
        }
    }
}

impl Contents {
    pub(crate) fn of_row(format: &'static FormatInfo, arrays: Vec<Array>) -> Self {
        Self { format, kind: Kind::Row(arrays) }
    }

    pub(crate) fn of_archive(format: &'static FormatInfo, archive: Box<dyn Archive>) -> Self {
        let infos = archive.members();
        let names: HashSet<String> = infos.iter().map(|info| info.name.clone()).collect();
        let mut seen = HashSet::new();
        let mut members = Vec::new();
        for (place, info) in infos.into_iter().enumerate().rev().filter(|(_, info)| !info.is_folder) {
            if seen.insert(info.name.clone()) {
                // Where another member has the short name, this one is found by the long one only.
                let is_short = info.key != info.name && !names.contains(&info.key);
                let key = if is_short { info.key.clone() } else { info.name.clone() };
                members.push(Member { place, key, info });
            }
        }
        members.reverse();
        Self { format, kind: Kind::Archive { archive: archive.into(), members } }
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.format
    }

    /// True when the parts have names.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        matches!(self.kind, Kind::Archive { .. })
    }

    /// The number of parts.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Row(arrays) => arrays.len(),
            Kind::Archive { members, .. } => members.len(),
        }
    }

    /// True when there are no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all parts, as far as they are known without reading them.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        match &self.kind {
            Kind::Row(arrays) => arrays.iter().map(|array| array.nbytes() as u64).sum(),
            Kind::Archive { members, .. } => {
                members.iter().map(|member| member.info.len).fold(0, u64::saturating_add)
            }
        }
    }

    /// The name by which a part is found in an archive.
    #[must_use]
    pub fn key(&self, part: usize) -> Option<&str> {
        match &self.kind {
            Kind::Row(_) => None,
            Kind::Archive { members, .. } => members.get(part).map(|member| member.key.as_str()),
        }
    }

    /// What an archive says of a part.
    #[must_use]
    pub fn member(&self, part: usize) -> Option<&MemberInfo> {
        match &self.kind {
            Kind::Row(_) => None,
            Kind::Archive { members, .. } => members.get(part).map(|member| &member.info),
        }
    }

    /// The part of that name; a row has only places.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<usize> {
        (0..self.len()).find(|part| self.key(*part) == Some(key))
    }

    /// True when a part is an array.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn is_array(&self, part: usize) -> Result<bool> {
        match &self.kind {
            Kind::Row(_) => Ok(true),
            Kind::Archive { archive, members } => match members.get(part) {
                Some(member) => Ok(archive.describe(member.place)?.is_some()),
                None => Err(Error::invalid(format!("there is no part {part}"))),
            },
        }
    }

    /// Reads a part.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such part; otherwise what the format finds.
    pub fn read(&self, part: usize) -> Result<Part> {
        let missing = || Error::invalid(format!("there is no part {part} among {}", self.len()));
        match &self.kind {
            Kind::Row(arrays) => arrays.get(part).cloned().map(Part::Array).ok_or_else(missing),
            Kind::Archive { archive, members } => {
                let place = members.get(part).ok_or_else(missing)?.place;
                match archive.describe(place)? {
                    Some(_) => archive.read(place).map(Part::Array),
                    None => archive.read_bytes(place).map(Part::Bytes),
                }
            }
        }
    }

    /// The array of a member of an archive, to be read piece by piece; nothing when the part is no such member, or its
    /// items are objects or texts of any length.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn pieces(&self, part: usize) -> Result<Option<Pieces<'static>>> {
        let Kind::Archive { archive, members } = &self.kind else { return Ok(None) };
        let Some(member) = members.get(part) else { return Ok(None) };
        match archive.describe(member.place)? {
            Some(what) if what.data_len > Some(member.info.len) => {
                let message = format!(
                    "the member has {} bytes, the data of its array {}",
                    member.info.len,
                    what.data_len.unwrap_or(u64::MAX)
                );
                Err(Error::malformed(message).in_path(&member.info.name).in_format(self.format.name))
            }
            Some(what) if what.data_len.is_some() && what.dtype != DType::Utf8 => {
                Ok(Some(Pieces::of_member(self.format, archive.clone(), member.place, what)))
            }
            _ => Ok(None),
        }
    }

    /// Reads a part of the array of a member of an archive: of a stored one no more than that needs.
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_slice(&self, part: usize, slice: &Slice) -> Result<Part> {
        match self.pieces(part)? {
            Some(pieces) => pieces.read_slice(slice).map(Part::Array),
            None => match self.read(part)? {
                Part::Array(array) => {
                    array.slice(slice)?.to_contiguous(array.natural_order()).map(Part::Array)
                }
                bytes => Ok(bytes),
            },
        }
    }

    /// Reads the bytes of a member of an archive, whatever they are.
    ///
    /// # Errors
    /// As [`read`](Self::read); `Unsupported` when the parts are no members.
    pub fn read_bytes(&self, part: usize) -> Result<Buffer> {
        match &self.kind {
            Kind::Row(_) => Err(Error::unsupported("an array in a row is no member")),
            Kind::Archive { archive, members } => {
                let member = members.get(part);
                let place = member.ok_or_else(|| Error::invalid(format!("there is no part {part}")))?.place;
                archive.read_bytes(place)
            }
        }
    }

    /// Checks what reading all parts would take.
    ///
    /// # Errors
    /// `LimitExceeded` when that is more than is allowed.
    pub fn check_total(&self) -> Result<()> {
        match &self.kind {
            Kind::Row(_) => Ok(()),
            Kind::Archive { archive, .. } => archive.check_total(),
        }
    }

    /// Only the part of that name, or at that place of a row.
    pub(crate) fn only(self, name: &str) -> Result<Self> {
        let kind = match self.kind {
            Kind::Row(arrays) => Kind::Row(vec![pick(arrays, name)?]),
            Kind::Archive { archive, members } => {
                let place = archive.find(name)?;
                let members = members.into_iter().filter(|member| member.place == place).collect();
                Kind::Archive { archive, members }
            }
        };
        Ok(Self { kind, ..self })
    }
}
