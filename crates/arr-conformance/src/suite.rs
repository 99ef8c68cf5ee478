//! The conformance suite: what holds for every format, whatever it holds.

mod damage;
mod doors;
mod limits;
mod patterns;
mod source;
mod verdict;
mod written;

use std::fmt;
use std::path::Path;

use arr_core::format::Format;
use arr_core::{Array, DType, Scalar};

/// One file of a format, or all files of a multi-file array.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) files: Vec<Vec<u8>>,
}

/// What a suite has found to be wrong: nothing, if all is well.
#[derive(Debug, Default)]
pub struct Findings(Vec<String>);

/// So many findings are shown.
const SHOWN: usize = 40;

impl Findings {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, finding: String) {
        self.0.push(finding);
    }

    /// Takes note of what a comparison found.
    pub(crate) fn check(&mut self, of: impl fmt::Display, found: Result<(), String>) {
        if let Err(found) = found {
            self.add(format!("{of}: {found}"));
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} findings", self.0.len())?;
        self.0.iter().take(SHOWN).try_for_each(|finding| writeln!(f, "- {finding}"))
    }
}

/// Shows of a format what holds for all formats.
///
/// - Sound [files](Self::file) give the same array through every door: from a file, memory, a seekable reader and
///   streams; whole, by slices, by blocks in either order, mapped. What is said of the array is what is read, and
///   positions are right.
/// - The same files cut short are errors, and with changed bytes are whatever they are, but the same through every door.
///   Nothing panics.
/// - [Broken](Self::broken) files are refused, or not, by all doors alike.
/// - [Limits](arr_core::Limits) are kept to the byte.
/// - Arrays of every dtype and of extreme shapes are written, whole and piece by piece, and read back, or refused as
///   `Unsupported` before a byte is written.
#[derive(Debug)]
pub struct Suite<'f> {
    pub(crate) format: &'f dyn Format,
    pub(crate) samples: Vec<Sample>,
    pub(crate) broken: Vec<Sample>,
    pub(crate) arrays: Vec<Array>,
    pub(crate) dtypes: Vec<DType>,
    pub(crate) effort: usize,
    pub(crate) overhead: u64,
    pub(crate) is_stamped: bool,
    pub(crate) is_text: bool,
    pub(crate) may_end_early: bool,
}

impl<'f> Suite<'f> {
    /// A suite over a format that has no files yet.
    #[must_use]
    pub fn new(format: &'f dyn Format) -> Self {
        Self {
            format,
            samples: Vec::new(),
            broken: Vec::new(),
            arrays: Vec::new(),
            dtypes: patterns::dtypes(),
            effort: 3000,
            overhead: 0,
            is_stamped: false,
            is_text: false,
            may_end_early: false,
        }
    }

    /// Adds a sound file.
    #[must_use]
    pub fn file(self, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.multi_file(name, vec![bytes])
    }

    /// Adds all files of a sound multi-file array.
    #[must_use]
    pub fn multi_file(mut self, name: impl Into<String>, files: Vec<Vec<u8>>) -> Self {
        self.samples.push(Sample { name: name.into(), files });
        self
    }

    /// Adds all files of a folder whose names are wanted, which are sound.
    ///
    /// # Errors
    /// `Io` when they can't be read.
    pub fn folder(self, folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<Self> {
        files_of(folder, wanted)?
            .into_iter()
            .try_fold(self, |suite, (name, bytes)| Ok(suite.file(name, bytes)))
    }

    /// Adds a file that need not be sound: of it all doors say the same.
    #[must_use]
    pub fn broken(mut self, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.broken.push(Sample { name: name.into(), files: vec![bytes] });
        self
    }

    /// Adds all files of a folder whose names are wanted, which need not be sound.
    ///
    /// # Errors
    /// `Io` when they can't be read.
    pub fn broken_folder(self, folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<Self> {
        files_of(folder, wanted)?
            .into_iter()
            .try_fold(self, |suite, (name, bytes)| Ok(suite.broken(name, bytes)))
    }

    /// Writes only arrays of those dtypes.
    #[must_use]
    pub fn dtypes(mut self, dtypes: impl IntoIterator<Item = DType>) -> Self {
        self.dtypes = dtypes.into_iter().collect();
        self
    }

    /// Does not write arrays of those kinds, which the format holds as others.
    #[must_use]
    pub fn without(mut self, kinds: &[Scalar]) -> Self {
        self.dtypes.retain(|dtype| !matches!(dtype, DType::Scalar(kind, _) if kinds.contains(kind)));
        self
    }

    /// Writes these arrays as well.
    #[must_use]
    pub fn arrays(mut self, arrays: impl IntoIterator<Item = Array>) -> Self {
        self.arrays.extend(arrays);
        self
    }

    /// Changes and cuts so many places of all files together. 3000 unless set.
    #[must_use]
    pub fn effort(mut self, places: usize) -> Self {
        self.effort = places;
        self
    }

    /// The format charges no more than so many bytes besides the items: a head that is unpacked with them, a text that is
    /// read before its dtype is known.
    #[must_use]
    pub fn overhead(mut self, bytes: u64) -> Self {
        self.overhead = bytes;
        self
    }

    /// The format writes something that is another each time, such as the time.
    #[must_use]
    pub fn stamped(mut self) -> Self {
        self.is_stamped = true;
        self
    }

    /// The format writes numbers as text, in a dtype of its own: values are compared, not bits.
    #[must_use]
    pub fn text(mut self) -> Self {
        self.is_text = true;
        self
    }

    /// The format can't tell where its files end: one that was cut short may be whole.
    #[must_use]
    pub fn may_end_early(mut self) -> Self {
        self.may_end_early = true;
        self
    }

    /// Does it all and says what is wrong.
    #[must_use]
    pub fn run(&self) -> Findings {
        let mut findings = Findings::default();
        for sample in &self.samples {
            doors::check(self, sample, &mut findings);
            limits::check(self, sample, &mut findings);
            damage::check(self, sample, &mut findings);
        }
        for sample in &self.broken {
            damage::check_broken(self, sample, &mut findings);
        }
        if self.format.info().capabilities.write {
            written::check(self, &mut findings);
        }
        findings
    }
}

/// The names and the bytes of the files of a folder, sorted.
fn files_of(folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if let Some(name) = name.filter(|name| wanted(name)) {
            files.push((name, std::fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
