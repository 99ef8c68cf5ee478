//! What is whole of a damaged archive.
//!
//! The directory at the end says which members there are, and each of them has a header of its own before its data. Where
//! the directory can be read, it is believed: of a member whose two headers disagree the one counts that fits its data,
//! and of one that is not where the directory says, the file is searched. Where it can't, the headers before the members
//! are followed from the first one on ([`walk`]); bytes between two members may be those of a lost one.
//!
//! Nothing is whole because it was found: what a member is, its checksum decides when it is read.

mod extent;
mod walk;

use std::collections::{HashMap, HashSet};

use arr_core::format::{Positioned, room};
use arr_core::{Error, ErrorKind, Limits, Result};

use self::walk::{Found, Walk};
use super::directory::{Directory, find_end};
use super::fetch::NEWEST_VERSION;
use super::record::entry_of;

/// The directory of a damaged archive. Its faults say what may be missing.
pub(super) fn directory(source: &Positioned<'_>, limits: &Limits) -> Result<Directory> {
    match Directory::read(source, limits) {
        Ok(directory) if is_own(source, &directory, limits)? => mended(source, directory, limits),
        Ok(_) => searched(source, limits),
        Err(error) if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) => {
            searched(source, limits)
        }
        Err(error) => Err(error),
    }
}

/// False for a directory that is not that of the whole file, but the last one that a cut file has: that of an archive in a
/// member, when the file begins with a member of another; or one behind which members were added.
fn is_own(source: &Positioned<'_>, directory: &Directory, limits: &Limits) -> Result<bool> {
    let mut walk = Walk::new(source, source.len(), limits);
    for (at, _) in &directory.faults {
        if walk.header_at(*at)?.is_some() {
            return Ok(false);
        }
    }
    Ok(directory.shift == 0 || (directory.faults.is_empty() && walk.header_at(0)?.is_none()))
}

/// Entries of a directory that is made anew.
#[derive(Default)]
struct Entries {
    raw: Vec<u8>,
    count: u64,
    faults: Vec<(u64, String)>,
}

impl Entries {
    fn push(&mut self, entry: &[u8]) -> Result<()> {
        self.raw.try_reserve(entry.len()).map_err(room::no_memory)?;
        self.raw.extend_from_slice(entry);
        self.count += 1;
        Ok(())
    }

    /// Adds a member that was found.
    fn push_found(&mut self, found: &Found, shift: u64) -> Result<()> {
        let offset = found.offset.saturating_sub(shift);
        self.push(&entry_of(&found.header, &found.name, found.sizes, offset)?)
    }

    fn miss(&mut self, at: u64, what: String) -> Result<()> {
        room::push(&mut self.faults, (at, what))
    }
}

/// A directory that can be read, with what the headers before the members say better.
fn mended(source: &Positioned<'_>, directory: Directory, limits: &Limits) -> Result<Directory> {
    let mut walk = Walk::new(source, directory.start, limits);
    let mut entries = Entries::default();
    let mut astray = Vec::new();
    for entry in &directory.entries {
        let name = directory.raw_name(entry)?;
        let Some(local) = walk.header_at(entry.offset)? else {
            room::push(&mut astray, entry)?;
            continue;
        };
        let said = (entry.crc32, entry.compressed, entry.size);
        let own = if local.is_described() { said } else { local.sizes };
        let is_same = local.name == name
            && (local.header.flags, local.header.method) == (entry.flags, entry.method)
            && own == said
            && entry.version_needed & 0xFF <= NEWEST_VERSION
            && (!local.is_described() || walk.ends_with(&local, said)?);
        // The directory's word alone, where nothing contradicts it.
        if is_same {
            entries.push(directory.raw(entry)?)?;
            continue;
        }
        let mut candidates =
            vec![(local.header.method, own), (entry.method, said), (local.header.method, said)];
        if local.is_described() {
            let found = walk.extent(local.clone(), None, Some(entry.limit))?.0.ok();
            candidates.extend(found.map(|found| (found.header.method, found.sizes)));
        }
        let mut whole = None;
        for (method, sizes) in candidates {
            if whole.is_none() && walk.is_whole(&local, method, sizes, entry.limit)? {
                whole = Some((method, sizes));
            }
        }
        // What is wrong with it is found when it is read.
        let Some((method, sizes)) = whole else {
            entries.push(directory.raw(entry)?)?;
            continue;
        };
        let mut found = local.with_sizes(sizes);
        found.header.method = method;
        if found.name != name {
            let (own, other) = (String::from_utf8_lossy(&found.name), String::from_utf8_lossy(name));
            entries.miss(entry.offset, format!("the directory calls '{own}' by another name, '{other}'"))?;
        }
        entries.push_found(&found, directory.shift)?;
    }
    if !astray.is_empty() {
        let (mut known, mut wanted) = (HashSet::new(), HashMap::new());
        known.try_reserve(directory.entries.len()).map_err(room::no_memory)?;
        known.extend(directory.entries.iter().map(|entry| entry.offset));
        wanted.try_reserve(astray.len()).map_err(room::no_memory)?;
        for entry in astray {
            wanted.insert(directory.raw_name(entry)?.to_vec(), entry.offset);
        }
        walk.go(&HashMap::new(), |found| {
            if !known.contains(&found.offset) && wanted.remove(&found.name).is_some() {
                entries.push_found(&found, directory.shift)?;
            }
            Ok(())
        })?;
        for (name, offset) in wanted {
            let name = String::from_utf8_lossy(&name);
            entries.miss(offset, format!("'{name}' is not where the directory says, nor elsewhere"))?;
        }
        entries.faults.sort();
    }
    let Entries { raw, count, faults } = entries;
    Directory::of_entries(raw, count, (directory.start, directory.shift), faults, limits)
}

/// The members that begin with a header of their own, where there is no directory that can be read.
fn searched(source: &Positioned<'_>, limits: &Limits) -> Result<Directory> {
    let mut walk = Walk::new(source, source.len(), limits);
    let vouched = walk.vouched()?;
    let mut entries = Entries::default();
    walk.go(&vouched, |found| entries.push_found(&found, 0))?;
    entries.faults.append(&mut walk.missing);
    let counted = find_end(source).ok().filter(|(end, position, _)| {
        end.entries == entries.count && end.offset.saturating_add(end.size) <= *position
    });
    // Members that are all there have lost nothing, whatever became of their directory.
    if counted.is_some_and(|(end, ..)| walk.end == end.offset) {
        entries.faults.clear();
    } else if !walk.is_followed {
        let what = "no directory follows: members behind this place may be missing";
        entries.miss(walk.end, what.to_owned())?;
    }
    if entries.count == 0 && !walk.is_followed {
        return Err(Error::malformed("no member of a zip archive is in the file").at(0));
    }
    let Entries { raw, count, faults } = entries;
    Directory::of_entries(raw, count, (source.len(), 0), faults, limits)
}
