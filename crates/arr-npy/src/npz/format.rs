//! `.npz` as one of the formats.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use arr_core::format::{
    Blocks, Capabilities, Codec, Content, Cutter, Description, Format, FormatInfo, Holds, InMemory, Mapper,
    Match, MemberInfo, NewPart, OptionInfo, OptionKind, Outline, Part, PartChange, PartInfo, Positioned,
    Reader, Reading, Selection, Side, Sink, SliceBlocks, Source, StreamBlocks, Writer, Writing, is_in,
    read_on_threads, write_on_threads,
};
use arr_core::{Array, ArrayView, Contiguity, Error, Input, Mmap, Order, Result, Slice};

use super::FORMAT;
use super::edit::{Edit, NpzEditor, full_name, there_is_one};
use super::member::Member;
use super::read;
use super::record::{EndRecord, LocalHeader, first_name};
use super::write::{NpzOptions, NpzWriter};
use crate::WriteOptions;
use crate::format::{LENIENT, Row};
use crate::read::check_items;

/// NumPy's `.npz`, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Npz;

/// How hard members are compressed.
const LEVEL: OptionInfo = OptionInfo {
    value: "N",
    default: "0",
    details: "Unless it is set, members of an archive keep the packing that they have, and others are stored, so that \
              they can be mapped.",
    reference: "zipfile.ZipFile(compresslevel=)",
    ..OptionInfo::new(
        "level",
        OptionKind::Integer(0, 9),
        Side::Writing,
        "How hard to compress the members of an archive, from 0 (not at all) to 9",
    )
};

/// How they are compressed.
const COMPRESSION: OptionInfo = OptionInfo {
    value: "METHOD",
    default: "deflate",
    details: "Zstandard unpacks several times as fast; NumPy reads such archives from Python 3.14 on. Unless a level \
              is set too, all members are compressed at the usual one.",
    reference: "zipfile.ZipFile(compression=)",
    ..OptionInfo::new(
        "zip-compression",
        OptionKind::Choice(&["deflate", "zstd"]),
        Side::Writing,
        "How to compress the members of an archive",
    )
};

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["npz", "zip"],
    magic: &[b"PK\x03\x04", b"PK\x05\x06"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: false, append: true },
    holds: Holds::Members,
    options: &[LEVEL, COMPRESSION, LENIENT],
    ..FormatInfo::new(FORMAT, "NumPy archive: a zip file of .npy members")
};

impl Format for Npz {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// Many files are zip archives; this format's begin with a member that is called `.npy`, or have none.
    fn sniff(&self, head: &[u8]) -> Match {
        if head.starts_with(&EndRecord::SIGNATURE) || first_name(head).is_some_and(is_npy) {
            Match::Yes
        } else if head.starts_with(&LocalHeader::SIGNATURE) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        read_on_threads(how, || {
            let mut input = source.one()?.with_limits(&how.limits);
            let bytes = Positioned::from_input(&mut input)?;
            let npz = match how.salvage {
                true => read::Npz::salvage(bytes, &how.limits)?,
                false => read::Npz::from_source(bytes, &how.limits)?,
            };
            let row = Row::of(how);
            Ok(Box::new(Members { npz: npz.lenient(row.lenient), row, how: how.clone(), next: 0 }))
        })
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        let array =
            how.byte_order.map_or_else(WriteOptions::new, |order| WriteOptions::new().byte_order(order));
        let array = how.order.map_or(array, |order| array.order(order));
        let level = how.options.integer(LEVEL.name).and_then(|level| u8::try_from(level).ok());
        let compression = how.options.text(COMPRESSION.name);
        let usual = match compression {
            None => 0,
            Some("zstd") => 3,
            Some(_) => 6,
        };
        let options = NpzOptions::new().level(level.unwrap_or(usual)).array_options(array);
        let options = if compression == Some("zstd") { options.zstd() } else { options };
        write_on_threads(how, || {
            Ok(match sink {
                Sink::Existing(path) => Box::new(Edited::open(path, options, how)?),
                sink => Box::new(Packed {
                    writer: options.write_to_output(sink.new_file()?),
                    usual: options,
                    is_for_all: compression.is_some(),
                }),
            })
        })
    }

    fn edit(&self, path: &Path, changes: &[PartChange], how: &Writing) -> Result<()> {
        let editor = NpzEditor::open_under(path, NpzOptions::new(), &how.limits)?;
        let mut editor = editor.overwrite_trailing(how.replace);
        for change in changes {
            match change {
                PartChange::Remove(key) => editor.remove(key)?,
                PartChange::Rename(from, to) if how.replace => editor.replace(from, to)?,
                PartChange::Rename(from, to) => editor.rename(from, to)?,
                _ => return Err(Error::unsupported("members are removed and renamed").in_format(FORMAT)),
            }
        }
        how.threads.work(|| editor.commit())
    }
}

fn is_npy(name: &[u8]) -> bool {
    name.ends_with(b".npy")
}

/// True when a file of that name in a zip archive is an array of NumPy's, and the archive a `.npz`: it ends in `.npy`, in
/// letters of either case.
#[must_use]
pub fn names_array(name: &[u8]) -> bool {
    is_npy(&name.to_ascii_lowercase())
}

/// The members of an archive as parts.
#[derive(Debug)]
struct Members<'a> {
    npz: read::Npz<'a>,
    row: Row,
    how: Reading,
    next: usize,
}

impl Members<'_> {
    fn at(&self, place: usize) -> Result<Member<'_>> {
        let count = self.npz.len();
        self.npz.at(place).ok_or_else(|| {
            Error::invalid(format!("the archive has no member {place}: it has {count}")).in_format(FORMAT)
        })
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let member = self.at(place)?;
        let mut info = MemberInfo::new(member.name(), member.size());
        info.key = member.key().to_owned();
        info.packing = member.method().to_string();
        info.packed_len = member.compressed_size();
        info.crc32 = Some(member.crc32());
        info.is_folder = member.is_directory();
        let has_name = |name: &str| self.npz.member(name).is_ok_and(|found| found.name() == name);
        // Where another member has the short name, this one is found by the long one only.
        let key = if info.key != info.name && has_name(&info.key) { &info.name } else { &info.key };
        let is_replaced = self.npz.member(&info.name).is_ok_and(|found| self.npz.place(&found) != place);
        Ok(PartInfo::of_member(place, key.clone(), info, is_replaced))
    }

    /// The description of the array of a member that can be given block by block.
    fn checked(&self, part: &PartInfo) -> Result<Description> {
        let member = self.at(part.place)?;
        let what = member.describe()?.ok_or_else(|| Error::invalid("it is not an array"))?;
        if what.dtype.itemsize() == 0 {
            member.named(check_items(&member.header()?, &mut self.how.limits.budget(), what.data_offset))?;
        }
        if !self.how.salvage {
            member.check_whole()?;
        }
        match what.data_len {
            Some(len) if len <= member.size() => Ok(what),
            Some(len) => {
                let message = format!("the member has {} bytes, the data of its array {len}", member.size());
                Err(member.name_in(Error::malformed(message)))
            }
            // The items are objects: reading them gives the error.
            None => member.read().map(|_| what),
        }
    }

    fn read_slice(&self, member: &Member<'_>, slice: &Slice) -> Result<Array> {
        if !self.how.salvage {
            member.check_whole()?;
        }
        if let Some(mut input) = member.seekable_input()? {
            return self.row.read_slice(&mut input, &self.how, slice);
        }
        let mut input = member.input()?;
        let part = self.row.read_slice(&mut input, &self.how, slice)?;
        input.skip_to_end()?;
        Ok(part)
    }
}

impl Reader for Members<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        if self.next >= self.npz.len() {
            return Ok(None);
        }
        self.next += 1;
        self.part(self.next - 1).map(Some)
    }

    fn count(&self) -> Option<usize> {
        Some(self.npz.len())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.part(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        let member = self.at(part.place)?;
        Ok(match member.describe()? {
            Some(description) => Content::Array(description),
            None => Content::Bytes(member.size()),
        })
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let member = self.at(part.place)?;
        if !member.is_array()? {
            return member.read_bytes().map(Part::Bytes);
        }
        match what {
            Selection::Slice(slice) => member.named(self.read_slice(&member, slice)).map(Part::Array),
            _ => self.how.apply(member.read()?).map(Part::Array),
        }
    }

    /// Of a compressed member all of the data.
    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        let member = self.at(part.place)?;
        if !self.how.salvage {
            member.check_whole()?;
        }
        match member.seekable_input()? {
            Some(mut input) => member.named(self.row.ranges(&mut input, &self.how, slice)),
            None => {
                let start = self.npz.source.start().saturating_add(member.named(member.data_start())?);
                Ok(std::iter::once(start..start.saturating_add(member.compressed_size())).collect())
            }
        }
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<arr_core::Buffer> {
        self.at(part.place)?.read_bytes()
    }

    fn part_input(&mut self, part: &PartInfo) -> Result<Input<'_>> {
        let member = self.at(part.place)?;
        match member.seekable_input()? {
            Some(input) => Ok(input),
            None => member.input(),
        }
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let place = self.npz.place(&self.npz.member(key)?);
        self.part(place)
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let what = self.checked(part)?;
        let lies = if what.order == Contiguity::F { Order::F } else { Order::C };
        let order = order.unwrap_or(lies);
        let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size);
        if !is_in(order, what.order, &what.shape) {
            let member = self.at(part.place)?;
            if member.seekable_input()?.is_none() {
                // Each block would unpack all before it.
                let array = member.read_in(order, self.how.byte_order)?;
                let mut how = self.how.clone();
                how.order = None;
                return Ok(Box::new(InMemory::new(how.apply(array)?, order, size)));
            }
            // A block read by position has no checksum: all of the member is checked first.
            member.input()?.skip_to_end()?;
            return Ok(Box::new(SliceBlocks::new(self, part, cutter)));
        }
        let member = self.at(part.place)?;
        let mut input = member.input()?;
        let head = member.named(self.row.head(&mut input))?;
        Ok(Box::new(StreamBlocks::to_end(input, &head, cutter, &self.how)))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        self.at(part.place)?.map_by(mapper)
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        self.at(part.place)?.faults()
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        if self.how.salvage { Ok(self.npz.missing().collect()) } else { self.npz.own_faults() }
    }

    fn check_total(&self) -> Result<()> {
        // Sizes of what is damaged may say anything: each member is checked when it is read.
        if self.how.salvage { Ok(()) } else { self.npz.check_total() }
    }

    fn position(&self) -> u64 {
        self.npz.file_len()
    }
}

/// An archive that is being written.
struct Packed<'a> {
    writer: NpzWriter<'a>,
    usual: NpzOptions,
    /// Whether members that were packed otherwise are packed so as well.
    is_for_all: bool,
}

/// The name of the member of an array.
fn name_of(part: &NewPart<'_>, count: usize) -> String {
    match (part.name, part.key) {
        (Some(name), _) => name.to_owned(),
        (None, Some(key)) => format!("{key}.npy"),
        (None, None) => format!("arr_{count}.npy"),
    }
}

impl Packed<'_> {
    fn prepare(&mut self, part: &NewPart<'_>) -> Result<String> {
        self.set_level(part)?;
        Ok(name_of(part, self.writer.len()))
    }

    fn set_level(&mut self, part: &NewPart<'_>) -> Result<()> {
        let own = part.level.filter(|_| !self.is_for_all);
        self.writer.set_level(own.unwrap_or(self.usual.usual_level()))
    }
}

impl Writer for Packed<'_> {
    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let name = self.prepare(part)?;
        self.writer.begin(&name, what)
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.items(bytes)
    }

    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let name = self.prepare(part)?;
        self.writer.add_member(&name, array)
    }

    fn bytes(&mut self, part: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        self.set_level(part)?;
        let name = part.name.or(part.key).ok_or_else(|| Error::invalid("a member has a name"))?;
        self.writer.add_bytes(name, bytes)
    }

    fn name_of(&self, key: &str) -> String {
        format!("{key}.npy")
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.writer.finish()
    }
}

impl fmt::Debug for Packed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.writer.fmt(f)
    }
}

/// An archive that is being added to.
struct Edited {
    /// The archive, until the first member comes.
    editor: Option<NpzEditor<'static>>,
    edit: Option<Edit>,
    replace: bool,
}

impl Edited {
    fn open(path: &Path, options: NpzOptions, how: &Writing) -> Result<Self> {
        let editor = NpzEditor::open_under(path, options, &how.limits)?.overwrite_trailing(how.replace);
        Ok(Self { editor: Some(editor), edit: None, replace: how.replace })
    }

    /// What writes an array, and the name that its member has in the archive; the one of that name gives way.
    fn prepare(&mut self, part: &NewPart<'_>) -> Result<(&mut NpzWriter<'static>, String)> {
        let key = part.key.or(part.name).ok_or_else(|| Error::invalid("a member has a name"))?;
        self.prepare_member(key, false)
    }

    /// The same of a member of any kind, whose key may be its whole name.
    fn prepare_member(&mut self, key: &str, is_whole: bool) -> Result<(&mut NpzWriter<'static>, String)> {
        let (edit, name) = match (self.editor.take(), self.edit.take()) {
            (Some(editor), _) => editor.begin_with(key, is_whole, self.replace)?,
            (None, Some(edit)) => {
                let name = full_name(key, is_whole || edit.writer.has(key));
                (edit, name)
            }
            (None, None) => return Err(Error::invalid("the archive could not be added to").in_format(FORMAT)),
        };
        let edit = self.edit.insert(edit);
        if self.replace {
            edit.writer.give_up(&name)?;
        } else if edit.writer.has(&name) {
            return Err(there_is_one().in_path(key).in_format(FORMAT));
        }
        Ok((&mut edit.writer, name))
    }
}

impl Writer for Edited {
    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let (writer, name) = self.prepare(part)?;
        writer.begin(&name, what)
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        let edit =
            self.edit.as_mut().ok_or_else(|| Error::invalid("no array was begun").in_format(FORMAT))?;
        edit.writer.items(bytes)
    }

    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let (writer, name) = self.prepare(part)?;
        writer.add_member(&name, array)
    }

    fn bytes(&mut self, part: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        let name = part.name.or(part.key).ok_or_else(|| Error::invalid("a member has a name"))?;
        let (writer, name) = self.prepare_member(name, true)?;
        writer.add_bytes(&name, bytes)
    }

    fn name_of(&self, key: &str) -> String {
        full_name(key, false)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.edit.map_or(Ok(()), Edit::finish)
    }
}

impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edited({:?}, {:?})", self.editor, self.edit.as_ref().map(|edit| &edit.writer))
    }
}
