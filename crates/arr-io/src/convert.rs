//! Conversion: from any readable format to any writable one, whatever the sizes.

mod change;
mod folder;
mod names;
mod view;
mod write;

use std::io::Write;
use std::path::{Path, PathBuf};

use arr_core::format::threads::Threads;
use arr_core::format::{Format, FormatInfo, Holds, Notes, Options, Output, Sink, Writing};
use arr_core::{ByteOrder, DType, Error, Hint, Limits, Order, Result, SaveOptions, Slice};

pub use self::change::Change;
use self::write::Job;
use crate::layer::{compression_of, write_packed};
use crate::registry::LEVEL;
use crate::{Meaning, OpenOptions, Parts, Registry, Watch};

/// A file or a stream that is converted: its parts and its name.
#[derive(Debug)]
pub struct Origin<'a> {
    /// Its name in errors.
    pub name: String,
    /// The name for its arrays where they have no keys: `x` for `x.npy`.
    pub stem: Option<String>,
    /// What was asked for by name: a member, an array by its place, fields.
    pub member: Option<String>,
    /// What its array is called where it is written, if that is another name.
    pub key: Option<String>,
    /// Its parts.
    pub parts: Parts<'a>,
}

impl Origin<'static> {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`OpenOptions::parts`].
    pub fn path(path: impl AsRef<Path>, options: &OpenOptions<'_>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.to_string_lossy().into_owned();
        let parts = options.parts(path).map_err(|error| error.in_file(&name))?;
        let member = options.asked().map(str::to_owned);
        Ok(Self { name, stem: stem_of(path), member, key: None, parts })
    }
}

/// The name of a file without folders and without its last extension.
#[must_use]
pub fn stem_of(path: impl AsRef<Path>) -> Option<String> {
    let path = path.as_ref();
    let unpacked = compression_of(path).map(|(_, inner)| inner);
    let stem = unpacked.as_deref().unwrap_or(path).file_stem();
    stem.map(|stem| stem.to_string_lossy().into_owned())
}

/// What is written.
#[non_exhaustive]
pub enum Destination<'w> {
    /// A file; or, where its name ends in a separator or is that of a folder, a file in it for each array.
    Path(PathBuf),
    /// A member of an archive, which is created or extended.
    Member(PathBuf, String),
    /// A stream, and its name in errors.
    Stream(&'w mut (dyn Write + Send), String),
}

impl std::fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "Path({path:?})"),
            Self::Member(path, name) => write!(f, "Member({path:?}, {name:?})"),
            Self::Stream(_, name) => write!(f, "Stream({name:?})"),
        }
    }
}

/// How files are converted: what becomes of arrays, and how they are written. By default nothing changes.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let (input, output) = (folder.path().join("x.npy"), folder.path().join("y.npz"));
/// # arr_io::save(&input, &ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]))?;
/// use arr_io::{Conversion, Order, s};
/// Conversion::new().order(Order::F).slice(s![.., 1..]).convert(&input, &output)?;
/// assert_eq!(arr_io::open(&output)?.shape(), [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Conversion {
    change: Change,
    slice: Option<Slice>,
    shape: Option<Vec<isize>>,
    replace: bool,
    windows_names: bool,
    /// Whether members go into an archive of the same format to the letter, whatever they hold.
    keeps_bytes: bool,
    to: Option<String>,
    options: Options,
    limits: Limits,
    threads: Threads,
    notes: Notes,
}

impl Conversion {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    arr_core::setters! {
        /// Casts to a dtype; a value that does not fit is an error. Strings without a length, `U` and `S`, are as long as
        /// the longest one.
        dtype: Option<DType> in change;
        /// Casts arrays of that dtype alone; others keep theirs.
        only: Option<DType> in change;
        /// Lays the items out in C or Fortran order.
        order: Option<Order> in change;
        /// Brings numbers into a byte order.
        byte_order: Option<ByteOrder> in change;
        /// Takes a slice of each array.
        slice: Option<Slice>;
    }

    /// Casts numbers to those of a kind: see [`Change::meaning`].
    #[must_use]
    pub fn meaning(mut self, meaning: &Meaning) -> Self {
        self.change = self.change.meaning(meaning);
        self
    }

    /// Sets whether a value that a cast changes is an error, a rounded one too.
    #[must_use]
    pub fn exact(mut self, exact: bool) -> Self {
        self.change.exact = exact;
        self
    }

    /// Says that the inputs were read as of the dtype to cast to ([`OpenOptions`]'s option `dtype`): records stay as they
    /// are, since the dtype was that of their columns.
    #[must_use]
    pub fn was_read_so(mut self, was_read_so: bool) -> Self {
        self.change.was_read_so = was_read_so;
        self
    }

    /// Gives each array another shape of as many items, which are taken in C order. One dimension may be -1: it
    /// is as long as it has to be.
    #[must_use]
    pub fn shape(mut self, shape: &[isize]) -> Self {
        self.shape = Some(shape.to_vec());
        self
    }

    /// Sets the level of compression, from 0 (none) to 9: the option of this name of a format, or of a compressed file.
    /// By default members of an archive stay stored or compressed as they are, and other arrays are stored.
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.options = self.options.with(LEVEL, i64::from(level));
        self
    }

    arr_core::setters! {
        /// Whether files and members that exist are replaced; by default they are an error.
        replace: bool;
        /// Whether names of files of a folder, which come from the input, have to be names on Windows too: see
        /// [`windows_path`](arr_core::format::windows_path). On Windows they always have to.
        windows_names: bool;
    }

    /// Writes the format of that name; by default the extension of the file decides.
    #[must_use]
    pub fn to(mut self, format: impl Into<String>) -> Self {
        self.to = Some(format.into());
        self
    }

    arr_core::setters! {
        /// Puts a policy in force for reading an archive that is added to.
        limits: Limits;
        /// Sets the options of the format that is written.
        options: Options;
        /// Chooses the threads that work, those that read the inputs too unless they were opened with others.
        threads: Threads;
        /// Chooses who is told what a reader of the output can't know: see [`Writing::notes`].
        notes: Notes;
    }

    /// The same, where members go into an archive of the same format to the letter.
    pub(crate) fn keeping_bytes(mut self) -> Self {
        self.keeps_bytes = self.change.is_nothing() && self.slice.is_none() && self.shape.is_none();
        self
    }

    /// What arrays are turned into.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// Converts one file into another, or into a folder.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn convert(&self, input: impl AsRef<Path>, output: impl AsRef<Path>) -> Result<()> {
        self.convert_with(&OpenOptions::new(), input, output)
    }

    /// [`convert`](Self::convert) with `options` for reading the input, which also name the registry of formats.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn convert_with(
        &self,
        options: &OpenOptions<'_>,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
    ) -> Result<()> {
        let target = self.target(Destination::Path(output.as_ref().to_path_buf()), options.known())?;
        self.run(vec![Origin::path(input, options)?], target, &mut ())
    }

    /// Finds the format and destination of what is written, and refuses what can't be written before any work is done.
    ///
    /// # Errors
    /// `InvalidArgument` when no format is known for the target, or it exists and is not to be [replaced](Self::replace);
    /// `Unsupported` when the format is not written, or not with these settings.
    pub fn target<'w, 'r>(&self, to: Destination<'w>, registry: &'r Registry) -> Result<Target<'w, 'r>> {
        let name = match &to {
            Destination::Path(path) | Destination::Member(path, _) => path.to_string_lossy().into_owned(),
            Destination::Stream(_, name) => name.clone(),
        };
        let found = self.find_target(to, registry);
        let (kind, format) = found.map_err(|error| error.in_file(&name))?;
        let is_packed = matches!(&kind, Kind::File(path) if compression_of(path).is_some());
        let how = self.writing_of(format, is_packed).map_err(|error| error.in_file(&name))?;
        Ok(Target { kind, format, name, how, registry })
    }

    fn find_target<'w, 'r>(
        &self,
        to: Destination<'w>,
        registry: &'r Registry,
    ) -> Result<(Kind<'w>, &'r dyn Format)> {
        let named = self.to.as_deref();
        match to {
            Destination::Path(path) if is_folder(&path) => {
                Ok((Kind::Folder(path), self.folder_format(registry)?))
            }
            Destination::Path(path) => {
                self.check_free(&path)?;
                let format = registry.for_writing(named, &path)?;
                Ok((Kind::File(path), format))
            }
            Destination::Member(path, member) => {
                let format = registry.for_writing(named, &path)?;
                if !format.info().holds.has_keys() {
                    return Err(Error::unsupported("it is not an archive of named members")
                        .in_format(format.info().name));
                }
                Ok((Kind::Member(path, member), format))
            }
            Destination::Stream(writer, _) => {
                if named.is_none() {
                    let message = "a stream has no extension that tells the format: name the format";
                    return Err(Error::invalid(message).with_hint(Hint::Format));
                }
                Ok((Kind::Stream(writer), registry.for_writing(named, "-")?))
            }
        }
    }

    /// The format of the files of a folder: the named one, or the one that has an option that was set for a folder, or the
    /// first that is known of those that hold one array.
    fn folder_format<'r>(&self, registry: &'r Registry) -> Result<&'r dyn Format> {
        if let Some(name) = &self.to {
            return registry.for_writing(Some(name), "");
        }
        let has_option = |info: &&FormatInfo| {
            info.multi_file && self.options.names().any(|name| info.option(name).is_some())
        };
        let usual = registry.infos().find(has_option);
        let usual =
            usual.or_else(|| registry.infos().find(|info| info.capabilities.write && !info.holds.has_keys()));
        let usual = usual.ok_or_else(|| Error::invalid("no format is written to files of a folder"))?;
        registry.for_writing(Some(usual.name), "")
    }

    /// Refuses what the format does not have: another byte order, a level.
    fn check_fits(&self, format: &dyn Format, is_packed: bool) -> Result<()> {
        let info = format.info();
        if self.options.get(LEVEL).is_some() && info.option(LEVEL).is_none() && !is_packed {
            let message = "nothing is compressed, so there is no level";
            return Err(Error::invalid(message).in_format(info.name));
        }
        let wanted = self.change.wanted_byte_order();
        let own = match info.byte_order.filter(|own| wanted.is_some_and(|wanted| wanted != *own)) {
            Some(ByteOrder::Little) => "little",
            Some(ByteOrder::Big) => "big",
            None => return Ok(()),
        };
        Err(Error::unsupported(format!("numbers of this format are {own}-endian")).in_format(info.name))
    }

    /// How files of a format are written, if that can be done.
    fn writing_of(&self, format: &dyn Format, is_packed: bool) -> Result<Writing> {
        let how =
            Writing::new().replace(self.replace).limits(self.limits.clone()).threads(self.threads.clone());
        let how = how.notes(self.notes.clone());
        // Other formats state the order of the array.
        let how = match self.change.wanted_order().filter(|_| format.info().order.is_some()) {
            Some(order) => how.order(order),
            None => how,
        };
        let how = how.options(self.options.clone()).of(format.info())?;
        self.check_fits(format, is_packed)?;
        Ok(how)
    }

    /// Refuses a file that exists, unless it is to be replaced. Pipes and devices are there to be written to.
    fn check_free(&self, path: &Path) -> Result<()> {
        if self.replace || !is_in_the_way(path) {
            return Ok(());
        }
        Err(Error::invalid("already exists").with_hint(Hint::Replace))
    }

    /// A file that appeared meanwhile is not replaced either.
    fn save_options(&self, path: &Path) -> SaveOptions {
        let keep = !self.replace && path.metadata().map_or(true, |metadata| metadata.is_file());
        if keep { SaveOptions::new().keep_existing() } else { SaveOptions::new() }
    }

    /// Converts files: one into one; several, or an archive, into an archive or a series; each array, or each member of
    /// archives, into a file of a folder; an array into the files of a multi-file array. The output appears whole or not
    /// at all. Large arrays are converted block by block.
    ///
    /// # Errors
    /// What a format finds; `Unsupported` when the target can't hold what is read, `InvalidArgument` when the inputs do not
    /// fit the target, `Mismatch` when a value does not fit a dtype, `Io`, `Cancelled`. Errors name the file at fault.
    pub fn run(&self, inputs: Vec<Origin<'_>>, target: Target<'_, '_>, watch: &mut dyn Watch) -> Result<()> {
        self.threads.work(|| self.run_here(inputs, target, watch))
    }

    fn run_here(
        &self,
        mut inputs: Vec<Origin<'_>>,
        target: Target<'_, '_>,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        target.check_inputs(inputs.len())?;
        let Target { kind, format, name, how, registry } = target;
        let mut conversion = self.clone();
        // One of many does not keep the others from being cast.
        conversion.change.is_lenient =
            inputs.len() > 1 || inputs.iter().any(|input| input.parts.has_keys() && !input.parts.is_named());
        let job = conversion.job(format, &how, &name);
        let of_output = |error: Error| error.in_file(&name);
        match kind {
            Kind::Folder(path) if self.cuts(format) => match inputs.as_mut_slice() {
                [input] => job.to_chunks(input, &path, watch),
                _ => Err(of_output(Error::invalid("one array at a time is cut into the files of a folder"))),
            },
            Kind::Folder(path) => {
                let job = Job { into_files: true, keeps_format: self.to.is_none(), ..job };
                job.to_folder(&mut inputs, &path, registry, watch)
            }
            Kind::File(path) => {
                if self.cuts(format) {
                    let message = "chunks are files of a folder: end its name with /";
                    return Err(of_output(Error::invalid(message)));
                }
                let options = self.save_options(&path);
                let level = self.options.integer(LEVEL).filter(|_| format.info().option(LEVEL).is_none());
                let saved = options.save(&path, |output| {
                    write_packed(&path, level, output, |output| {
                        job.fill(&mut inputs, Sink::New(output), watch)
                    })
                });
                saved.map_err(of_output)
            }
            Kind::Stream(writer) => {
                let output = Output::new(writer);
                job.fill(&mut inputs, Sink::New(output), watch).map_err(of_output)
            }
            Kind::Member(path, member) => job.to_member(&mut inputs, &path, &member, watch),
        }
    }

    /// The conversion into files of a format, which errors call `output`.
    pub(crate) fn job<'j>(&'j self, format: &'j dyn Format, how: &'j Writing, output: &'j str) -> Job<'j> {
        Job {
            conversion: self,
            format,
            how,
            output,
            into_files: false,
            keeps_format: false,
            is_single: false,
        }
    }

    /// True when an array is cut into several files: the format can do it, and one of its options asks for it.
    fn cuts(&self, format: &dyn Format) -> bool {
        let info = format.info();
        info.multi_file && self.options.names().any(|name| info.option(name).is_some())
    }
}

/// What is written, and in which format: see [`Conversion::target`].
#[derive(Debug)]
pub struct Target<'w, 'r> {
    kind: Kind<'w>,
    format: &'r dyn Format,
    name: String,
    how: Writing,
    registry: &'r Registry,
}

impl Target<'_, '_> {
    /// Refuses several inputs for a file that holds one array. The error names a format that takes them.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check_inputs(&self, inputs: usize) -> Result<()> {
        let several = match &self.kind {
            Kind::Folder(_) => Ok(()),
            _ => check_inputs(self.format.info(), self.registry, inputs),
        };
        several.map_err(|error| error.in_file(&self.name))
    }

    /// The format that is written.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.format.info()
    }

    /// Refuses options that what is written does not have.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check_options(&self, options: &Options) -> Result<()> {
        let is_packed = matches!(&self.kind, Kind::File(path) if compression_of(path).is_some());
        let own = options.only(|name| !is_packed || name != LEVEL);
        own.check(&[self.format.info()], self.registry.infos())
    }

    /// True when several inputs may become one file.
    #[must_use]
    pub fn takes_several(&self) -> bool {
        takes_several(self.format.info())
    }

    /// True when a file of an array of objects becomes a member, or a file in a folder, as it is, be it one of several or
    /// not. It is to be opened by [`leave_objects`](OpenOptions::leave_objects) then; the arrays in it are not looked for.
    #[must_use]
    pub fn keeps_objects(&self, is_one_of_several: bool) -> bool {
        match self.kind {
            Kind::Member(..) => true,
            Kind::Folder(_) => is_one_of_several,
            Kind::File(_) | Kind::Stream(_) => {
                is_one_of_several && self.format.info().holds == Holds::Members
            }
        }
    }
}

enum Kind<'w> {
    File(PathBuf),
    Folder(PathBuf),
    Member(PathBuf, String),
    Stream(&'w mut (dyn Write + Send)),
}

impl std::fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Folder(path) => write!(f, "Folder({path:?})"),
            Self::Member(path, member) => write!(f, "Member({path:?}, {member:?})"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// Refuses several inputs for a file that holds one array.
fn check_inputs(info: &FormatInfo, registry: &Registry, inputs: usize) -> Result<()> {
    if inputs < 2 || takes_several(info) {
        return Ok(());
    }
    let example = |holds: Holds| {
        let info = registry.infos().find(|info| info.holds == holds && info.capabilities.write);
        info.and_then(FormatInfo::extension).map(|extension| format!(" (.{extension})")).unwrap_or_default()
    };
    let message = format!(
        "several inputs make an archive{} or a stream{}, not a {} file",
        example(Holds::Members),
        example(Holds::Series),
        info.name
    );
    Err(Error::invalid(message))
}

/// True when several inputs may become one file.
fn takes_several(info: &FormatInfo) -> bool {
    matches!(info.holds, Holds::Series | Holds::Members | Holds::Graph)
}

/// True for a folder, and for the name of one that there is to be.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// True when something is there that a file would replace.
fn is_in_the_way(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
        && path.metadata().map_or(true, |metadata| metadata.is_file() || metadata.is_dir())
}

/// Reads one file and writes another, in the formats that content and extension name. From archive to archive every
/// member is copied, packed as it was; into another format goes the only array. A file that exists is replaced.
///
/// # Errors
/// As [`Conversion::run`].
pub fn convert(input: impl AsRef<Path>, output: impl AsRef<Path>) -> Result<()> {
    Conversion::new().replace(true).convert(input, output)
}
