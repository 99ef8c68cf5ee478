//! `.npz` as one of the formats.

use std::io::Write;
use std::path::Path;

use arr_core::format::{
    Archive, ArchiveFormat, ArchiveWriter, Capabilities, Description, FormatInfo, Match, MemberInfo, Output,
    RandomAccess,
};
use arr_core::{Array, ArrayView, Buffer, DType, Error, Input, Limits, Mmap, Order, Result, SaveOptions};

use super::FORMAT;
use super::edit::NpzEditor;
use super::member::Member;
use super::read;
use super::record::{END, LOCAL, LOCAL_SIZE, u16_at};
use super::write::{NpzOptions, NpzWriter};

/// NumPy's `.npz`, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Npz;

const INFO: FormatInfo = FormatInfo {
    name: FORMAT,
    description: "NumPy archive: a zip file of .npy members",
    extensions: &["npz"],
    magic: &[b"PK\x03\x04", b"PK\x05\x06"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: false, append: true },
};

impl ArchiveFormat for Npz {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// Many files are zip archives; this format's begin with a member that is called `.npy`, or have none.
    fn sniff(&self, prefix: &[u8]) -> Match {
        let name_len = usize::from(u16_at(prefix, 26));
        let name = prefix.get(LOCAL_SIZE..).map(|rest| rest.get(..name_len).unwrap_or(rest));
        if prefix.starts_with(&END) || (prefix.starts_with(&LOCAL) && name.is_some_and(is_npy)) {
            Match::Yes
        } else if prefix.starts_with(&LOCAL) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn open(&self, source: RandomAccess, limits: &Limits) -> Result<Box<dyn Archive>> {
        Ok(Box::new(read::Npz::from_source(source, limits)?))
    }

    fn create(&self, path: &Path, options: SaveOptions) -> Result<Box<dyn ArchiveWriter>> {
        Ok(Box::new(NpzOptions::new().save_options(options).create(path)?))
    }

    fn add(
        &self,
        path: &Path,
        members: &[(String, Array)],
        level: u8,
        replace: bool,
        limits: &Limits,
    ) -> Result<()> {
        let mut editor = NpzEditor::open_under(path, NpzOptions::new().level(level), limits)?;
        for (name, array) in members {
            if !replace && editor.names().contains(&name.as_str()) {
                let error = Error::invalid("there is a member of that name already");
                return Err(error.in_path(name).in_format(FORMAT));
            }
            editor.put(name, array.view());
        }
        editor.commit()
    }

    fn write_to<'a>(&self, writer: &'a mut dyn Write) -> Result<Box<dyn ArchiveWriter + 'a>> {
        Ok(Box::new(NpzOptions::new().write_to(writer)))
    }
}

fn is_npy(name: &[u8]) -> bool {
    name.ends_with(b".npy")
}

impl read::Npz {
    fn at(&self, place: usize) -> Result<Member<'_>> {
        let count = self.len();
        self.directory.entries.get(place).map(|entry| Member::new(self, entry)).ok_or_else(|| {
            Error::invalid(format!("there is no member {place} among {count}")).in_format(FORMAT)
        })
    }
}

impl Archive for read::Npz {
    fn members(&self) -> Vec<MemberInfo> {
        let describe = |member: Member<'_>| {
            let mut info = MemberInfo::new(member.name(), member.size());
            info.key = member.key().to_owned();
            info.packing = member.method().to_string();
            info.packed_len = member.compressed_size();
            info.crc32 = Some(member.crc32());
            info.is_folder = member.is_directory();
            info
        };
        self.members().map(describe).collect()
    }

    fn find(&self, name: &str) -> Result<usize> {
        Ok(self.place(&self.member(name)?))
    }

    fn describe(&self, place: usize) -> Result<Option<Description>> {
        self.at(place)?.describe()
    }

    fn read(&self, place: usize) -> Result<Array> {
        self.at(place)?.read()
    }

    fn read_bytes(&self, place: usize) -> Result<Buffer> {
        self.at(place)?.read_bytes()
    }

    fn input(&self, place: usize) -> Result<Input<'_>> {
        self.at(place)?.input()
    }

    fn seekable(&self, place: usize) -> Result<Option<Input<'_>>> {
        self.at(place)?.seekable_input()
    }

    fn map(&self, place: usize) -> Result<Array<Mmap>> {
        self.at(place)?.map()
    }

    fn check(&self) -> Result<Vec<Error>> {
        self.check()
    }

    fn check_total(&self) -> Result<()> {
        self.check_total()
    }
}

impl ArchiveWriter for NpzWriter<'_> {
    fn name_of(&self, key: &str) -> String {
        format!("{key}.npy")
    }

    fn add(&mut self, name: &str, array: &ArrayView<'_>, level: u8) -> Result<()> {
        self.set_level(level)?;
        self.add_member(name, array)
    }

    fn add_pieces(
        &mut self,
        name: &str,
        (dtype, shape, order): (&DType, &[usize], Order),
        write: &dyn Fn(&mut Output<'_>) -> Result<()>,
        level: u8,
    ) -> Result<()> {
        self.set_level(level)?;
        self.add_member_pieces(name, (dtype, shape, order), write)
    }

    fn add_bytes(&mut self, name: &str, bytes: &[u8], level: u8) -> Result<()> {
        self.set_level(level)?;
        NpzWriter::add_bytes(self, name, bytes)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        NpzWriter::finish(*self)
    }
}
