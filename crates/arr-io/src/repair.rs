//! What is whole of a cut or damaged file, written anew.

use std::ops::ControlFlow;
use std::path::Path;

use arr_core::format::{Content, Format, Holds, Match, PartInfo, room};
use arr_core::{Error, ErrorKind, Hint, Input, Result};

use crate::check::holds_objects;
use crate::open::in_format;
use crate::watch::tell;
use crate::{Conversion, Data, Destination, OpenOptions, Origin, Parts, Watch, stem_of};

/// How many bytes of a file its format is shown.
const LOOKED_AT: usize = 4096;

/// What became of a damaged file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Repaired {
    /// How many members or arrays were written. Where there is none, and something was lost, nothing was written.
    pub kept: usize,
    /// What is not in the new file, or not all of it.
    pub lost: Vec<Lost>,
}

/// Something that was lost.
#[derive(Debug)]
#[non_exhaustive]
pub struct Lost {
    /// The key of the member, or the place of the array in its row; nothing where neither is known.
    pub name: Option<String>,
    /// Why.
    pub error: Error,
}

impl OpenOptions<'_> {
    /// Writes what is whole of a cut or damaged file: of an archive the members whose checksums are right, to the letter
    /// in an archive of the same format, whether its directory is there or not; of arrays in a row those that are there,
    /// and of one whose data ends early its first rows. What is written, and whether a file is replaced, `conversion`
    /// says.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let (path, out) = (folder.path().join("cut.npz"), folder.path().join("whole.npz"));
    /// # arr_npy::save_npz(&path, [("w", vec![1.0f32]), ("b", vec![2.0])])?;
    /// # let bytes = std::fs::read(&path)?;
    /// # std::fs::write(&path, &bytes[..bytes.len() / 2])?;
    /// use arr_io::{Conversion, OpenOptions};
    /// let repaired = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ())?;
    /// assert_eq!(repaired.kept, 1);
    /// for lost in &repaired.lost {
    ///     println!("{:?}: {}", lost.name, lost.error);
    /// }
    /// assert_eq!(arr_io::open(&out)?.to_vec::<f32>()?, [1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io`; `Unsupported` when the format does not tell what is whole; `Malformed` when nothing is there that was one of
    /// its files; as [`Conversion::target`] and [`Conversion::run`].
    pub fn repair(
        &self,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
        conversion: &Conversion,
        watch: &mut dyn Watch,
    ) -> Result<Repaired> {
        let (path, to) = (input.as_ref(), Destination::Path(output.as_ref().to_path_buf()));
        let name = path.to_string_lossy();
        let input = Input::open(path).map_err(|error| error.in_file(&name))?;
        self.repair_of(input, &name, Some(path), to, conversion, watch)
    }

    /// [`repair`](Self::repair) of an open file or a stream, which errors call `name`.
    ///
    /// # Errors
    /// As `repair`.
    pub fn repair_of(
        &self,
        input: Input<'_>,
        name: &str,
        path: Option<&Path>,
        to: Destination<'_>,
        conversion: &Conversion,
        watch: &mut dyn Watch,
    ) -> Result<Repaired> {
        let target = conversion.target(to, self.known())?;
        let of_input = |error: Error| error.in_file(name);
        let mut input = input;
        let mut detected = self.detect_damaged(&mut input, path);
        // An archive of one member is not what is in that.
        if !detected.as_ref().is_ok_and(|format| format.info().holds == Holds::Members) {
            input = self.uncompressed(input).map_err(of_input)?.0;
            detected = self.detect_damaged(&mut input, path);
        }
        let format = detected.map_err(of_input)?.info();
        let holds = format.holds;
        if holds == Holds::Graph || format.multi_file {
            let error = Error::unsupported("files of this format do not tell what of them is whole");
            return Err(of_input(error.in_format(format.name)));
        }
        let mut parts = self.salvaging(format.name).parts_of(input, path).map_err(of_input)?;
        let len = parts.file_len();
        watch.begin("reading", name, len);
        let (kept, lost) = judged(&mut parts, watch).map_err(of_input)?;
        let mut repaired = Repaired { kept: kept.len(), lost };
        if repaired.kept == 0 && !repaired.lost.is_empty() {
            return Ok(repaired);
        }
        let parts = parts.keep(kept);
        let stem = path.and_then(stem_of);
        let origin = Origin { name: name.to_owned(), stem, member: None, key: None, parts };
        let mut writing = Unwritten { watch, file: name, lost: Vec::new() };
        conversion.clone().keeping_bytes().run(vec![origin], target, &mut writing)?;
        repaired.kept = repaired.kept.saturating_sub(writing.lost.len());
        repaired.lost.extend(writing.lost);
        Ok(repaired)
    }

    /// The format of a file whose first bytes may be damaged: then its name tells.
    fn detect_damaged(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<&dyn Format> {
        if let Some(name) = self.named_format() {
            return self.known().by_name(name);
        }
        let called = path.and_then(|path| self.known().by_extension(path).ok());
        let called = called.filter(|format| format.info().holds == Holds::Members);
        let detected = self.detect(input, path);
        let head = input.peek(LOOKED_AT)?;
        match (detected, called) {
            (Ok(detected), Some(called)) => {
                Ok(if detected.sniff(head) == Match::Yes { detected } else { called })
            }
            (Ok(detected), None) => Ok(detected),
            (Err(_), Some(called)) => Ok(called),
            (Err(error), None) => Err(error),
        }
    }
}

/// Takes note of members that are whole and can't be written, since no file can have their names.
struct Unwritten<'w> {
    watch: &'w mut dyn Watch,
    file: &'w str,
    lost: Vec<Lost>,
}

impl Watch for Unwritten<'_> {
    fn begin(&mut self, what: &str, file: &str, total: Option<u64>) {
        self.watch.begin(what, file, total);
    }

    fn at(&mut self, done: u64) -> ControlFlow<()> {
        self.watch.at(done)
    }

    fn left(&mut self, part: &str, why: &str) {
        self.watch.left(part, why);
    }

    fn refused(&mut self, part: &str, error: Error) -> Result<()> {
        let key = part.strip_prefix(self.file).and_then(|rest| rest.strip_prefix("::"));
        room::push(&mut self.lost, Lost { name: key.map(str::to_owned), error })
    }

    fn end(&mut self) {
        self.watch.end();
    }
}

/// The parts that are whole, and what is lost.
fn judged(parts: &mut Parts<'_>, watch: &mut dyn Watch) -> Result<(Vec<PartInfo>, Vec<Lost>)> {
    let (mut kept, mut lost, mut done) = (Vec::new(), Vec::new(), 0);
    loop {
        let part = match parts.next_part() {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => {
                room::push(&mut lost, Lost { name: None, error: of_damage(error)? })?;
                break;
            }
        };
        let name = match &part.key {
            Some(key) => Some(key.clone()),
            None => parts.has_several().then(|| part.place.to_string()),
        };
        if part.member.is_none() && is_of_objects(parts, &part) {
            let message = "its items are objects, which do not tell what of them is whole: check it";
            return Err(in_format(Error::unsupported(message), parts.format().name));
        }
        done += match check(parts, &part, done, watch) {
            Ok((bytes, faults)) => {
                let is_there = faults.is_empty() || bytes > 0;
                for error in faults {
                    room::push(&mut lost, Lost { name: name.clone(), error })?;
                }
                if is_there {
                    room::push(&mut kept, part)?;
                }
                bytes
            }
            Err(error) => {
                room::push(&mut lost, Lost { name, error: of_damage(error)? })?;
                0
            }
        };
    }
    let format = parts.format().name;
    let missing = parts.raw().container_faults().map_err(|error| in_format(error, format))?;
    for error in missing {
        room::push(&mut lost, Lost { name: None, error: of_damage(error)? })?;
    }
    match parts.raw().trailing() {
        Ok(0) => {}
        Ok(bytes) => {
            let message = format!("{bytes} bytes behind the last array belong to none");
            lost.push(Lost { name: None, error: Error::malformed(message).in_format(format) });
        }
        Err(error) => lost.push(Lost { name: None, error: of_damage(in_format(error, format))? }),
    }
    Ok((kept, lost))
}

/// True for an array whose items are objects.
fn is_of_objects(parts: &mut Parts<'_>, part: &PartInfo) -> bool {
    matches!(parts.describe(part), Ok(Content::Array(what)) if holds_objects(&what.dtype))
}

/// The error, unless it is one of the system, which may be short of memory, or of the user's will: then nothing is known of the
/// part. A limit that is ours names itself.
fn of_damage(error: Error) -> Result<Error> {
    let is_short = error.kind() == ErrorKind::LimitExceeded && !matches!(error.hint(), Some(Hint::Limit(_)));
    let is_other = is_short || matches!(error.kind(), ErrorKind::Io | ErrorKind::Cancelled);
    if is_other { Err(error) } else { Ok(error) }
}

/// Reads a part to its end: how many bytes it has, and what is missing of it.
fn check(
    parts: &mut Parts<'_>,
    part: &PartInfo,
    done: u64,
    watch: &mut dyn Watch,
) -> Result<(u64, Vec<Error>)> {
    let mut bytes = 0;
    let read = match parts.data(part) {
        Ok(Data::Array(array)) => {
            bytes = array.nbytes() as u64;
            Ok(())
        }
        Ok(Data::Bytes(data)) => {
            bytes = data.len() as u64;
            Ok(())
        }
        Ok(Data::Large(_)) => read_blocks(parts, part, &mut bytes, done, watch),
        Err(error) => Err(error),
    };
    match read {
        Err(error)
            if part.member.is_some()
                && matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) =>
        {
            // A member that is not an array, or has bytes after its array, may still be whole.
            let bytes = match parts.read_bytes(part) {
                Ok(found) => found.len() as u64,
                Err(other) => return Err(of_damage(other).map_or_else(|system| system, |_| error)),
            };
            tell(watch, done + bytes)?;
            return Ok((bytes, Vec::new()));
        }
        read => read?,
    }
    tell(watch, done + bytes)?;
    let is_cut = matches!(parts.describe(part)?, Content::Array(what) if what.cut.is_some());
    let format = parts.format().name;
    let faults =
        if is_cut { parts.raw().faults(part).map_err(|error| in_format(error, format))? } else { Vec::new() };
    Ok((bytes, faults))
}

fn read_blocks(
    parts: &mut Parts<'_>,
    part: &PartInfo,
    bytes: &mut u64,
    done: u64,
    watch: &mut dyn Watch,
) -> Result<()> {
    let mut blocks = parts.blocks(part, None)?;
    while let Some(block) = blocks.next_block()? {
        *bytes += block.array.nbytes() as u64;
        tell(watch, done + *bytes)?;
    }
    Ok(())
}
