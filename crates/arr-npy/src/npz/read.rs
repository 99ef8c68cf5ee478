//! Opening archives and finding members.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use arr_core::format::threads::{self, sizes::MEMBERS};
use arr_core::format::{Mapper, Positioned, in_file, room};
use arr_core::{Array, Buffer, Error, Input, Limits, Mmap, Result};

use super::FORMAT;
use super::directory::{Directory, Entry};
use super::fetch::Ahead;
use super::member::Member;
use super::salvage;
use crate::Header;

/// A `.npz` archive, open for reading. Opening reads the directory only; every access reads its member.
///
/// Members are found as NumPy finds them: by the name that they have in the archive, or else by that name without
/// `.npy`; of equal names the last counts.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// let mut writer = arr_npy::NpzWriter::create(&path)?;
/// writer.add("layer1/w", &ndarray::array![[1.0f32, 2.0], [3.0, 4.0]])?;
/// writer.add("step", &ndarray::arr0(7i64))?;
/// writer.finish()?;
///
/// let npz = arr_npy::Npz::open(&path)?;
/// assert_eq!(npz.names().collect::<Vec<_>>(), ["layer1/w", "step"]);
/// assert_eq!(npz.header("layer1/w")?.shape(), [2, 2]);
/// assert_eq!(npz.get("step")?.get::<i64>(&[])?, 7);
/// // SAFETY: nobody changes the file while it is mapped.
/// let weights = unsafe { npz.map("layer1/w") }?;      // in place: pages are read when they are accessed
/// assert_eq!(weights.typed::<f32>()?.sum(), 10.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Npz<'a> {
    pub(super) source: Positioned<'a>,
    pub(super) directory: Directory,
    pub(super) limits: Limits,
    pub(super) lenient: bool,
    /// Its name, where it was opened by it.
    file: Option<Box<str>>,
    map: OnceLock<Mmap>,
    by_name: OnceLock<ByName>,
    pub(super) ahead: Mutex<Ahead>,
}

impl Npz<'static> {
    /// Opens a file under the default limits.
    ///
    /// # Errors
    /// `Io` when it can't be read, `Malformed` when it is not a zip archive or its directory is damaged,
    /// `LimitExceeded` when it has too many members, `Unsupported` when it is one of several parts.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &Limits::default())
    }

    /// [`open`](Self::open) under a policy: how many members there may be, how many bytes each may put into memory,
    /// and how many times larger than its compressed form it may be.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let opened = in_file(path, Self::from_source(Positioned::open(path)?, limits))?;
        Ok(Self { file: Some(path.to_string_lossy().into()), ..opened })
    }

    /// Opens an archive in memory. Stored members that are aligned are then given without a copy.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_buffer(buffer: Buffer, limits: &Limits) -> Result<Self> {
        Self::from_source(Positioned::from_buffer(buffer), limits)
    }
}

impl<'a> Npz<'a> {
    /// Opens what is left of an input, of whose source only what is asked for is read; a stream is kept for that (see
    /// [`Positioned::from_input`]).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_input(input: &mut Input<'a>) -> Result<Self> {
        let limits = input.budget().limits().clone();
        Self::from_source(Positioned::from_input(input)?, &limits)
    }

    /// Opens a file, memory, or a source of the caller's own: anything that can be read in any order, such as a server that
    /// answers requests for ranges ([`ReadAt`](arr_core::format::ReadAt)) or a reader that can go back. The directory is
    /// read, and of each member that is asked for no more than it takes.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", vec![1.0f32])])?;
    /// use arr_core::{Limits, format::Positioned};
    /// let reader = std::io::BufReader::new(std::fs::File::open(&path)?);
    /// let npz = arr_npy::Npz::from_source(Positioned::from_seekable(reader)?, &Limits::default())?;
    /// assert_eq!(npz.get("w")?.to_vec::<f32>()?, [1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_source(mut source: Positioned<'a>, limits: &Limits) -> Result<Self> {
        let mut directory = Directory::read(&source, limits);
        while let Some(shorter) = directory.as_ref().err().and_then(|_| shortened(&source)) {
            directory = Directory::read(&shorter, limits);
            source = shorter;
        }
        let directory = directory.map_err(|error| error.in_format(FORMAT))?;
        Ok(Self::of(source, directory, limits))
    }

    /// Opens what is left of a damaged archive: the members that its directory names, and those that begin with a header
    /// of their own where there is no directory, or it is damaged. A member that is not whole is one that can't be read:
    /// its checksum decides. What may be missing is told by [`missing`](Self::missing).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", vec![1.0f32]), ("b", vec![2.0])])?;
    /// use arr_core::{Buffer, Limits};
    /// let mut bytes = std::fs::read(&path)?;
    /// bytes.truncate(bytes.len() / 2);
    /// let npz = arr_npy::Npz::salvage(Buffer::from_vec(bytes).into(), &Limits::default())?;
    /// assert_eq!(npz.get("w")?.to_vec::<f32>()?, [1.0]);
    /// assert!(npz.get("b").is_err() && npz.missing().count() == 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Malformed` when nothing is there that was an archive, `LimitExceeded`, `Io`.
    pub fn salvage(source: Positioned<'a>, limits: &Limits) -> Result<Self> {
        let directory = salvage::directory(&source, limits).map_err(|error| error.in_format(FORMAT))?;
        Ok(Self::of(source, directory, limits))
    }

    fn of(source: Positioned<'a>, directory: Directory, limits: &Limits) -> Self {
        Self {
            source,
            directory,
            limits: limits.clone(),
            lenient: false,
            file: None,
            map: OnceLock::new(),
            by_name: OnceLock::new(),
            ahead: Mutex::new(Ahead::default()),
        }
    }

    /// Reads the headers of members as leniently as [`parse_lenient_header`](crate::header::parse_lenient_header) does.
    #[must_use]
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// What may be missing in an archive that was [salvaged](Self::salvage), besides the members that can't be read.
    pub fn missing(&self) -> impl Iterator<Item = Error> {
        let faults = self.directory.faults.iter();
        faults.map(|(at, fault)| Error::malformed(fault.clone()).at(*at).in_format(FORMAT))
    }

    /// The number of members, those that are not arrays too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// True when there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.directory.entries.is_empty()
    }

    /// Bytes of the whole archive.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        self.source.len()
    }

    /// The names of the members without `.npy`, in the order of the directory; a name may occur more than once.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members().map(|member| member.key())
    }

    /// The members, in the order of the directory; so does a loop over `&npz`.
    #[must_use]
    pub fn members(&self) -> MemberIter<'_> {
        MemberIter { npz: self, entries: self.directory.entries.iter() }
    }

    /// The names that more than one member has. Only the last of them is found by it.
    #[must_use]
    pub fn duplicates(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.members().map(|member| member.name()).collect();
        names.sort_unstable();
        let mut twice: Vec<&str> = names
            .windows(2)
            .filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied())?)
            .collect();
        twice.dedup();
        twice
    }

    /// The member of that name, with or without `.npy`.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn member(&self, name: &str) -> Result<Member<'_>> {
        let by_name = match self.by_name.get() {
            Some(by_name) => by_name,
            None => {
                let made = ByName::new(&self.directory).map_err(|error| self.name_in(error))?;
                self.by_name.get_or_init(|| made)
            }
        };
        let found =
            by_name.find(&self.directory, name, "").or_else(|| by_name.find(&self.directory, name, ".npy"));
        found.map(|entry| Member::new(self, entry)).ok_or_else(|| {
            let count = self.len();
            let message = format!("the archive has no member '{name}': it has {count} members");
            self.name_in(Error::invalid(message))
        })
    }

    /// Names the format, and the file where it is known.
    pub(super) fn name_in(&self, error: Error) -> Error {
        let error = error.in_format(FORMAT);
        match &self.file {
            Some(file) => error.in_file(file),
            None => error,
        }
    }

    /// The member at a place.
    pub(super) fn at(&self, place: usize) -> Option<Member<'_>> {
        self.directory.entries.get(place).map(|entry| Member::new(self, entry))
    }

    /// The place of a member among all.
    pub(super) fn place(&self, member: &Member<'_>) -> usize {
        let start = member.entry().raw.start;
        self.directory.entries.partition_point(|entry| entry.raw.start < start)
    }

    /// What an array is, without its data.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member; otherwise as [`Member::header`].
    pub fn header(&self, name: &str) -> Result<Header> {
        self.member(name)?.header()
    }

    /// Reads an array into memory of its own.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member; otherwise as [`Member::read`].
    pub fn get(&self, name: &str) -> Result<Array> {
        self.member(name)?.read()
    }

    /// Gives a stored array in place, after checking its checksum; see [`Member::map`].
    ///
    /// # Safety
    /// As for [`Mmap::open`], for as long as the archive or the array is there.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member; otherwise as [`Member::map`].
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&self, name: &str) -> Result<Array<Mmap>> {
        let member = self.member(name)?;
        // SAFETY: the caller promises it of the archive's file.
        unsafe { member.map() }
    }

    /// The file, mapped once, and where the archive begins in it.
    pub(super) fn mapped(&self, mapper: Mapper) -> Result<(&Mmap, u64)> {
        let (file, start) =
            self.source.file().ok_or_else(|| Error::unsupported("an archive in memory is not mapped"))?;
        if let Some(map) = self.map.get() {
            return Ok((map, start));
        }
        let map = mapper.map(file)?;
        Ok((self.map.get_or_init(|| map), start))
    }

    /// Reads all arrays, with their names without `.npy`, on all cores. Members that are not arrays are skipped.
    ///
    /// # Errors
    /// As [`Member::read`], for the first member that fails; and `LimitExceeded` when all of them together are more
    /// than may be put into memory, or are compressed too tightly.
    pub fn read_all(&self) -> Result<Vec<(String, Array)>> {
        self.check_total()?;
        let read = |ahead: &mut Ahead, entry: &Entry| -> Result<Option<(String, Array)>> {
            let member = Member::new(self, entry);
            if member.is_directory() {
                return Ok(None);
            }
            let array = member.read_if_array(ahead)?;
            Ok(array.map(|array| (member.key().to_owned(), array)))
        };
        let entries = &self.directory.entries;
        let found = threads::map(entries, threads::grain(entries.len(), MEMBERS), Ahead::default, read)?;
        let mut arrays = room::reserved(found.len())?;
        arrays.extend(found.into_iter().flatten());
        Ok(arrays)
    }

    /// Checks what all members together would need, before any is read.
    ///
    /// # Errors
    /// `LimitExceeded` when they are more bytes than the limits allow, or are compressed too tightly.
    pub fn check_total(&self) -> Result<()> {
        let size = |total: u64, entry: &Entry| total.saturating_add(entry.size);
        let total = self.directory.entries.iter().fold(0, size);
        let mut budget = self.limits.budget();
        let fits = budget.check_expansion(self.source.len(), total).and_then(|()| budget.charge_bytes(total));
        fits.map_err(|error| error.in_format(FORMAT))
    }
}

impl fmt::Debug for Npz<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Npz({} members)", self.len())
    }
}

/// The members of an archive, in the order of the directory: see [`Npz::members`].
pub struct MemberIter<'a> {
    npz: &'a Npz<'a>,
    entries: std::slice::Iter<'a, Entry>,
}

impl<'a> Iterator for MemberIter<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|entry| Member::new(self.npz, entry))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl DoubleEndedIterator for MemberIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.entries.next_back().map(|entry| Member::new(self.npz, entry))
    }
}

impl ExactSizeIterator for MemberIter<'_> {}

impl fmt::Debug for MemberIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberIter({} members)", self.entries.len())
    }
}

/// The members, in the order of the directory.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npz");
/// # arr_npy::save_npz(&path, [("x", vec![1u8, 2]), ("y", vec![3])])?;
/// let npz = arr_npy::Npz::open(&path)?;
/// for member in &npz {
///     println!("{}: {:?}", member.key(), member.header()?.shape());
/// }
/// # assert_eq!((&npz).into_iter().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<'a> IntoIterator for &'a Npz<'_> {
    type Item = Member<'a>;
    type IntoIter = MemberIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.members()
    }
}

/// The file again, if it has become shorter: an editor cuts it off when it is done, perhaps just between two reads.
fn shortened<'a>(source: &Positioned<'a>) -> Option<Positioned<'a>> {
    let (file, start) = source.file()?;
    let len = file.metadata().ok()?.len().saturating_sub(start);
    source.range(0, Some(len).filter(|len| *len < source.len())?)
}

/// The members by the hashes of their names.
#[derive(Default)]
pub(super) struct ByName {
    hasher: RandomState,
    /// Sorted; of equal names the last member is the last.
    places: Vec<(u64, usize)>,
}

impl ByName {
    pub(super) fn new(directory: &Directory) -> Result<Self> {
        let hasher = RandomState::new();
        let entries = directory.entries.iter().enumerate();
        let hashes = entries.map(|(at, entry)| (hasher.hash_one(directory.name(entry)), at));
        let mut places = room::collected(hashes)?;
        places.sort_unstable();
        Ok(Self { hasher, places })
    }

    /// The last member called `name` and `ending` in one.
    pub(super) fn find<'a>(&self, directory: &'a Directory, name: &str, ending: &str) -> Option<&'a Entry> {
        let whole;
        let wanted = if ending.is_empty() {
            name
        } else {
            whole = format!("{name}{ending}");
            &whole
        };
        let hash = self.hasher.hash_one(wanted);
        let end = self.places.partition_point(|(found, _)| *found <= hash);
        let candidates = self.places.iter().take(end).rev();
        candidates
            .take_while(|(found, _)| *found == hash)
            .filter_map(|(_, at)| directory.entries.get(*at))
            .find(|entry| directory.name(entry) == wanted)
    }
}
