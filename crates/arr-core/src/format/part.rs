//! Parts of files: their descriptions, and the result of reading them.

use std::fmt;

use crate::{Array, Buffer, Contiguity, DType, Error, Order, Result, Slice};

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
    /// Of an array whose data ends early, how much of it is there: so many rows or, in Fortran order, so much of the
    /// last axis. `None` where nothing is missing, as far as that is known.
    pub cut: Option<usize>,
    /// What else the format says, each with its name: the strides, how the data is compressed.
    pub details: Vec<(&'static str, String)>,
}

impl Description {
    /// Bytes of memory that it takes, for those who hold many: see
    /// [`charge_description`](crate::Budget::charge_description).
    #[must_use]
    pub fn memory(&self) -> u64 {
        let version = self.version.as_ref().map_or(0, String::capacity);
        let details: usize = self.details.iter().map(|(_, text)| text.capacity()).sum();
        let lists = size_of_val(self.shape.as_slice()) + size_of_val(self.details.as_slice());
        self.dtype.memory().saturating_add((size_of::<Self>() + version + details + lists) as u64)
    }

    /// Describes an array whose data is not compressed; [`version`](Self::version) and [`details`](Self::details)
    /// are empty.
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
            cut: None,
            details: Vec::new(),
        }
    }

    /// The bytes that the items take in memory; of variable-length strings, those of the table that finds them.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        if self.shape.contains(&0) {
            return 0;
        }
        let itemsize = self.dtype.itemsize() as u64;
        self.shape.iter().fold(itemsize, |bytes, dim| bytes.saturating_mul(*dim as u64))
    }

    /// The axis along which items are missing when the data ends early: the one that changes slowest.
    #[must_use]
    pub fn cut_axis(&self) -> Option<usize> {
        let last = self.shape.len().checked_sub(1)?;
        Some(if self.order == Contiguity::F { last } else { 0 })
    }

    /// How much of an array is there whose data ends early, in words: `2 of 3 rows are there`.
    #[must_use]
    pub fn said_to_be_there(&self) -> Option<String> {
        let (there, axis) = (self.cut?, self.cut_axis()?);
        let all = self.shape.get(axis)?;
        Some(match axis {
            0 => format!("{there} of {all} rows are there"),
            _ => format!("{there} of {all} along the last axis are there"),
        })
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
    /// The format of a member that is a file of another format than the members of the archive are, as far as it is known.
    pub format: Option<&'static str>,
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
            format: None,
        }
    }
}

/// One part of a file, before it is read: its index and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartInfo {
    /// Its place among the parts of the file, from 0 on.
    pub place: usize,
    /// The key by which it is found, where parts have keys. Of members of equal names each has the same.
    pub key: Option<String>,
    /// What an archive says of it.
    pub member: Option<MemberInfo>,
    /// True when another part of the same name counts in its place: of equal names the last one.
    pub is_replaced: bool,
}

impl PartInfo {
    /// A part without a name.
    #[must_use]
    pub fn at(place: usize) -> Self {
        Self { place, key: None, member: None, is_replaced: false }
    }

    /// A member of an archive that is found by that key.
    #[must_use]
    pub fn of_member(place: usize, key: impl Into<String>, member: MemberInfo, is_replaced: bool) -> Self {
        Self { place, key: Some(key.into()), member: Some(member), is_replaced }
    }

    /// True for the entry of a folder, which holds nothing.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.is_folder)
    }

    /// True when the part counts: it is not a folder, and no other part of its name counts in its place.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.is_folder() && !self.is_replaced
    }
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// An array.
    Array(Description),
    /// Bytes that are not an array, and how many.
    Bytes(u64),
}

impl Content {
    /// The description of the array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Description> {
        if let Self::Array(description) = self { Some(description) } else { None }
    }

    /// The description of the array, if it is one.
    #[must_use]
    pub fn into_array(self) -> Option<Description> {
        if let Self::Array(description) = self { Some(description) } else { None }
    }
}

/// How much of a part is read.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Selection<'a> {
    /// All of it.
    #[default]
    All,
    /// A slice of its array, and no more of the file than that needs where the format allows it.
    Slice(&'a Slice),
}

impl<'a> From<&'a Slice> for Selection<'a> {
    fn from(slice: &'a Slice) -> Self {
        Self::Slice(slice)
    }
}

impl<'a> From<Option<&'a Slice>> for Selection<'a> {
    fn from(slice: Option<&'a Slice>) -> Self {
        slice.map_or(Self::All, Self::Slice)
    }
}

/// A part that was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Part {
    /// An array.
    Array(Array),
    /// Bytes that are not an array.
    Bytes(Buffer),
}

impl Part {
    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The array.
    ///
    /// # Errors
    /// `InvalidArgument` when the part is none.
    pub fn into_array(self) -> Result<Array> {
        match self {
            Self::Array(array) => Ok(array),
            Self::Bytes(_) => Err(Error::invalid("it is not an array")),
        }
    }
}

/// A part that is to be written.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NewPart<'a> {
    /// The key by which it will be found, where parts have keys.
    pub key: Option<&'a str>,
    /// The whole name of a member, where that is another than the format makes of the key.
    pub name: Option<&'a str>,
    /// How hard to compress it, where that is another level than that of the file.
    pub level: Option<u8>,
}

impl<'a> NewPart<'a> {
    /// A part without a name, written as the file is.
    #[must_use]
    pub fn new() -> Self {
        Self { key: None, name: None, level: None }
    }

    /// A part that is found by that key.
    #[must_use]
    pub fn keyed(key: &'a str) -> Self {
        Self { key: Some(key), ..Self::new() }
    }

    /// The same with a whole name of its own, if there is one.
    #[must_use]
    pub fn named(self, name: Option<&'a str>) -> Self {
        Self { name, ..self }
    }

    /// The same, compressed so hard, if that is another level than that of the file.
    #[must_use]
    pub fn level(self, level: Option<u8>) -> Self {
        Self { level, ..self }
    }
}

/// A change of a file that has parts with keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartChange {
    /// The part of that key goes.
    Remove(String),
    /// The part of a key gets another one.
    Rename(String, String),
}

impl Default for NewPart<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// What is to be known of an array before its items are written one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline<'a> {
    /// What one item is, in the byte order in which items are given.
    pub dtype: &'a DType,
    /// Items along each dimension.
    pub shape: &'a [usize],
    /// The order in which items are given.
    pub order: Order,
}

impl Outline<'_> {
    /// The bytes of all items.
    ///
    /// # Errors
    /// `InvalidArgument` when they are more than can be addressed.
    pub fn nbytes(&self) -> Result<u64> {
        let bytes = self.shape.iter().try_fold(self.dtype.itemsize(), |bytes, dim| bytes.checked_mul(*dim));
        // An array without items has no bytes, whatever its other dimensions are.
        let bytes = if self.shape.contains(&0) { Some(0) } else { bytes };
        let too_large =
            || Error::invalid(format!("an array of shape {:?} is too large to address", self.shape));
        bytes.map(|bytes| bytes as u64).ok_or_else(too_large)
    }
}
