//! Members of archives that are files themselves, of any format that is known.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use arr_core::format::{
    Blocks, Capabilities, Content, Description, Format, FormatInfo, Holds, InMemory, Mapper, Part, PartInfo,
    Positioned, Reader, Reading, Selection, Source, room,
};
use arr_core::{Array, Buffer, Error, ErrorKind, Input, Mmap, Order, Result, Slice};

use crate::check::holds_objects;
use crate::select::nearest_to;
use crate::{OpenOptions, Parts, Registry};

/// How many bytes of a member are looked at to find out what it is.
const HEAD: usize = 4096;

/// What an archive is that has no members of its format's own: one of any files.
const ANY: FormatInfo = FormatInfo {
    extensions: &["zip"],
    capabilities: Capabilities { read: true, write: false, map: true, stream: false, append: false },
    holds: Holds::Members,
    ..FormatInfo::new("zip", "archive of files of any format")
};

/// The parts of a member that is a file, where a name leads to it: `model.zip::coefficients.bin`, and behind two more colons a
/// part of it. It is read as the format that was named, or as the one that is detected; nothing for a member that is an array
/// of the archive's own, or no file of any known format.
pub(crate) fn of_member(
    options: &OpenOptions<'_>,
    reader: &mut dyn Reader,
    info: &FormatInfo,
    name: &str,
) -> Result<Option<Parts<'static>>> {
    let is_to_be_read = options.named_format().is_some_and(|format| format != info.name);
    if info.holds != Holds::Members {
        return Ok(None);
    }
    let ends = name.match_indices("::").map(|(at, _)| at).chain([name.len()]).collect::<Vec<_>>();
    for at in ends.into_iter().rev() {
        let (Some(key), rest) = (name.get(..at), name.get(at + 2..)) else { continue };
        let Ok(part) = reader.find(key) else { continue };
        if part.is_folder() || !is_to_be_read && !is_bytes(reader, &part) {
            return Ok(None);
        }
        let of_member = |error: Error| match error.kind() {
            ErrorKind::InvalidArgument => error,
            _ => error.in_path(key),
        };
        let bytes = Positioned::from_buffer(reader.read_bytes(&part)?);
        let inner = if is_to_be_read { options.as_named(rest) } else { options.inside_of(rest) };
        if !is_to_be_read && rest.is_none() {
            // Bytes that are not a file of a known format stay bytes.
            let (mut input, layers) = inner.uncompressed(Input::from_positioned(bytes.clone()))?;
            if layers.is_empty() && inner.detect(&mut input, Some(key.as_ref())).is_err() {
                return Ok(None);
            }
        }
        let parts = inner.parts_of(Input::from_positioned(bytes), Some(key.as_ref()));
        return Ok(Some(parts.map_err(of_member)?.in_archive(key)));
    }
    match is_to_be_read {
        // The archive is there, and is not of the format that was named.
        true => Err(missing(reader, name)),
        false => Ok(None),
    }
}

/// The error of a member that is not there.
fn missing(reader: &mut dyn Reader, name: &str) -> Error {
    match (reader.find(name), crate::select::listed(reader)) {
        (Err(error), Ok(parts)) => nearest_to(&parts, name, error),
        (Err(error), Err(_)) => error,
        (Ok(_), _) => Error::invalid(format!("the archive has no member '{name}'")),
    }
}

/// True for a member that is not an array of the archive's own.
fn is_bytes(reader: &mut dyn Reader, part: &PartInfo) -> bool {
    matches!(reader.describe(part), Ok(Content::Bytes(len)) if len > 0)
}

/// An archive in which a member that is a file of one array counts as that array, where its first bytes are those of only one
/// format. What else a member may be is found when it is asked for by name.
#[derive(Debug)]
pub(crate) struct Inside<'a> {
    reader: Box<dyn Reader + 'a>,
    registry: Registry,
    reading: Reading,
    /// The formats of the members that have been listed, by their places.
    formats: HashMap<usize, &'static str>,
}

impl<'a> Inside<'a> {
    /// An archive that was opened, and what it is: one without members of its format's own is one of any files.
    pub(crate) fn around(
        options: &OpenOptions<'_>,
        reader: Box<dyn Reader + 'a>,
        info: &'static FormatInfo,
    ) -> Result<(Box<dyn Reader + 'a>, &'static FormatInfo)> {
        let mut reader = reader;
        let is_of_any = is_of_any_files(reader.as_mut(), info)?;
        let inside = Self {
            reader,
            registry: options.known().clone(),
            reading: options.how().clone(),
            formats: HashMap::new(),
        };
        Ok((Box::new(inside), if is_of_any { &ANY } else { info }))
    }

    /// The array that is all of a member, and the name of its format.
    fn array_of(&mut self, part: &PartInfo) -> Option<(Description, &'static str)> {
        let Self { reader, registry, reading, .. } = self;
        let member = part.member.as_ref().filter(|_| may_be_file(part))?;
        if !is_bytes(reader.as_mut(), part) {
            return None;
        }
        let mut input = reader.part_input(part).ok()?;
        let before = input.positioned().and_then(|bytes| bytes.file().map(|(_, start)| start)).unwrap_or(0);
        let format = registry.surely(input.peek(HEAD).ok()?)?;
        let mut what = first_of(format, input, reading).ok()?;
        let is_all = what.data_len.is_some_and(|len| what.data_offset.saturating_add(len) == member.len);
        if !is_all || holds_objects(&what.dtype) {
            return None;
        }
        what.data_offset = what.data_offset.saturating_add(before);
        Some((what, format.info().name))
    }

    /// The format of the file that a member is, where it begins as such a file or is called so: what is wrong with that is
    /// wrong with the archive. Archives in archives are left alone.
    ///
    /// # Errors
    /// What keeps it from being looked at.
    fn file_of(&mut self, part: &PartInfo) -> Result<Option<&'static str>> {
        let Some(path) = part.key.as_deref().map(Path::new) else { return Ok(None) };
        let mut input = self.reader.part_input(part)?;
        if !self.registry.knows(input.peek(HEAD)?, path) {
            return Ok(None);
        }
        match self.registry.detect(&mut input, Some(path)) {
            Ok(format) => {
                Ok(Some(format.info()).filter(|info| info.holds != Holds::Members).map(|info| info.name))
            }
            Err(error) if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same part with the format of the file that it is.
    fn known(&mut self, mut part: PartInfo) -> Result<PartInfo> {
        let found = match self.formats.get(&part.place).copied() {
            Some(format) => Some(format),
            None => self.array_of(&part).map(|(_, format)| format),
        };
        if let (Some(format), Some(member)) = (found, &mut part.member) {
            self.formats.try_reserve(1).map_err(room::no_memory)?;
            self.formats.insert(part.place, format);
            member.format = Some(format);
        }
        Ok(part)
    }

    /// What is selected of the array that a member is.
    fn read_in(&self, part: &PartInfo, bytes: Buffer, what: Selection<'_>) -> Result<Part> {
        let format = self.registry.surely(bytes.get(..HEAD).unwrap_or(&bytes));
        let format = format.ok_or_else(|| Error::malformed("the member is another than it was"))?;
        let input = Input::from_positioned(Positioned::from_buffer(bytes));
        let how = self.reading.of(format.info())?;
        let read = || {
            let mut inner = format.open(Source::from(input), &how)?;
            let first = inner.next_part()?.ok_or_else(|| Error::malformed("the member has no array"))?;
            inner.read(&first, what)
        };
        let name = part.key.as_deref().unwrap_or_default();
        read().map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => error,
            _ => error.in_path(name),
        })
    }
}

/// True for what an archive has beside members of its format's own, which are called otherwise than they are asked for.
fn may_be_file(part: &PartInfo) -> bool {
    part.counts() && part.member.as_ref().is_some_and(|member| member.key == member.name)
}

/// True for a zip archive that has members, none of which is an array of its format's own, by its name or by itself.
fn is_of_any_files(reader: &mut dyn Reader, info: &FormatInfo) -> Result<bool> {
    let is_zip = |magic: &&[u8]| magic.starts_with(b"PK");
    let count = reader.count().unwrap_or(0);
    if count == 0 || !info.magic.iter().any(is_zip) {
        return Ok(false);
    }
    for place in 0..count {
        let part = reader.listed(place)?;
        let is_own = part.counts() && (!may_be_file(&part) || !is_bytes_or_broken(reader, &part));
        if is_own {
            return Ok(false);
        }
    }
    Ok(true)
}

/// True for a member that is not known to be an array.
fn is_bytes_or_broken(reader: &mut dyn Reader, part: &PartInfo) -> bool {
    !matches!(reader.describe(part), Ok(Content::Array(_)))
}

/// The description of the first array of a file.
fn first_of(format: &dyn Format, input: Input<'_>, how: &Reading) -> Result<Description> {
    let none = || Error::malformed("it does not hold an array");
    let mut reader = format.open(Source::from(input), &how.of(format.info())?)?;
    let first = reader.next_part()?.ok_or_else(none)?;
    reader.describe(&first)?.into_array().ok_or_else(none)
}

impl Reader for Inside<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        let next = self.reader.next_part()?;
        next.map(|part| self.known(part)).transpose()
    }

    fn count(&self) -> Option<usize> {
        self.reader.count()
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        let mut part = self.reader.listed(place)?;
        if let Some(member) = &mut part.member {
            member.format = self.formats.get(&place).copied();
        }
        Ok(part)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        match self.reader.describe(part)? {
            Content::Bytes(len) => {
                Ok(self.array_of(part).map_or(Content::Bytes(len), |(what, _)| Content::Array(what)))
            }
            content => Ok(content),
        }
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        match self.reader.read(part, what)? {
            Part::Bytes(bytes) if self.array_of(part).is_some() => self.read_in(part, bytes, what),
            read => Ok(read),
        }
    }

    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        match self.array_of(part) {
            Some(_) => Err(Error::unsupported("an array in a file that is a member is read as a whole")),
            None => self.reader.ranges(part, slice),
        }
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        self.reader.read_bytes(part)
    }

    fn part_input(&mut self, part: &PartInfo) -> Result<Input<'_>> {
        self.reader.part_input(part)
    }

    fn is_seekable(&self) -> bool {
        self.reader.is_seekable()
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let part = self.reader.find(key)?;
        self.known(part)
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        if self.array_of(part).is_none() {
            return self.reader.blocks(part, order, size);
        }
        let array = self.read(part, Selection::All)?.into_array()?;
        let order = order.unwrap_or_else(|| array.natural_order());
        Ok(Box::new(InMemory::new(array, order, size)))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        match self.array_of(part) {
            Some(_) => Err(Error::unsupported("an array in a file that is a member has to be read")),
            None => self.reader.map(part, mapper),
        }
    }

    /// What is wrong with the member, and with the file that it is.
    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        let mut faults = self.reader.faults(part)?;
        if !faults.is_empty() || !may_be_file(part) || !is_bytes(self.reader.as_mut(), part) {
            return Ok(faults);
        }
        let Some(format) = self.file_of(part)? else { return Ok(faults) };
        let bytes = Positioned::from_buffer(self.reader.read_bytes(part)?);
        let options =
            OpenOptions::new().registry(&self.registry).reading(self.reading.clone()).format(format);
        let name = part.key.as_deref().unwrap_or_default();
        for fault in options.check_of(Input::from_positioned(bytes), None, &mut ())? {
            room::push(&mut faults, fault.in_path(name))?;
        }
        Ok(faults)
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        self.reader.container_faults()
    }

    fn trailing(&mut self) -> Result<u64> {
        self.reader.trailing()
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }

    fn check_total(&self) -> Result<()> {
        self.reader.check_total()
    }
}
