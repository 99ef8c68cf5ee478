//! Adding to files that exist: rows to an array, members to an archive.

use std::path::{Path, PathBuf};

use arr_core::format::{BLOCK, Description, Format, NewPart, Part, PartInfo, Sink, Writer, Writing};
use arr_core::{Error, Input, Order, Result};

use crate::convert::{Origin, key_of};
use crate::save::check_has_members;
use crate::watch::tell;
use crate::{Data, OpenOptions, Watch};

/// Adds the contents of other files to a file that exists: the rows of their arrays to its array, or their arrays as
/// members to an archive. Everything is added, or nothing.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let (log, today) = (folder.path().join("log.npy"), folder.path().join("today.npy"));
/// # arr_io::save(&log, &vec![1.0, 2.0])?;
/// # arr_io::save(&today, &vec![3.0])?;
/// use arr_io::{Append, OpenOptions, Origin, format::Writing};
/// let options = OpenOptions::new();
/// let append = Append::open(&log, &options, &Writing::new())?;
/// append.run(vec![Origin::path(&today, &options)?], "log", &mut ())?;
/// assert_eq!(arr_io::open(&log)?.to_vec::<f64>()?, [1.0, 2.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Append<'r> {
    path: PathBuf,
    format: &'r dyn Format,
    how: Writing,
}

impl<'r> Append<'r> {
    /// Opens the target. `how` says whether members of the same key, and bytes after an array, are replaced.
    ///
    /// # Errors
    /// `Io` when the file can't be read, `Unsupported` when its format is not known.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions<'r>, how: &Writing) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let mut input = Input::open(&path)?.with_limits(&how.limits);
        let format = options.detect(&mut input, Some(&path))?;
        Ok(Self { path, format, how: how.of(format.info())? })
    }

    /// Adds the contents of the inputs, in their order. Errors name the file at fault; `name` is their name for the
    /// target.
    ///
    /// # Errors
    /// What a format finds; `Mismatch` when rows do not fit the array, `InvalidArgument` when a member exists and is not to
    /// be replaced, `Unsupported` when files of the format can't be added to, `Io`, `Cancelled`. The target is as it
    /// was.
    pub fn run(&self, inputs: Vec<Origin<'_>>, name: &str, watch: &mut dyn Watch) -> Result<()> {
        let info = self.format.info();
        let of_target = |error: Error| error.in_file(name);
        let mut writer = self.format.create(Sink::Existing(&self.path), &self.how).map_err(of_target)?;
        if info.holds.has_keys() {
            check_has_members(info)?;
        }
        watch.begin("writing", name, None);
        let mut done = 0;
        for mut input in inputs {
            let of_input = |error: Error, input: &Origin<'_>| error.in_file(&input.name);
            input.parts.check_total().map_err(|error| of_input(error, &input))?;
            while let Some(part) = input.parts.next_part().map_err(|error| of_input(error, &input))? {
                let label = input.parts.label(&input.name, &part);
                let data = input.parts.data(&part).map_err(|error| of_input(error, &input))?;
                let key = key_of(&input.parts, &part, input.stem.as_deref());
                let new = NewPart::keyed(&key);
                match data {
                    Data::Array(array) => {
                        writer.array(&new, &array.view()).map_err(of_target)?;
                        done += array.nbytes() as u64;
                    }
                    Data::Large(what) if !info.holds.has_keys() && has_small_rows(&what) => {
                        done += add_blocks(&mut input, &part, writer.as_mut(), name)?;
                    }
                    Data::Large(_) => {
                        let array = input.parts.read(&part).and_then(Part::into_array);
                        let array = array.map_err(|error| of_input(error, &input))?;
                        writer.array(&new, &array.view()).map_err(of_target)?;
                        done += array.nbytes() as u64;
                    }
                    Data::Bytes(_) => return Err(Error::invalid("it is not an array").in_file(&label)),
                }
                tell(watch, done)?;
            }
        }
        watch.end();
        writer.finish().map_err(of_target)
    }
}

/// True when blocks are whole rows.
fn has_small_rows(what: &Description) -> bool {
    let row = what.shape.iter().skip(1).fold(what.dtype.itemsize(), |size, dim| size.saturating_mul(*dim));
    !what.shape.is_empty() && row <= BLOCK
}

/// Adds the rows of a large array some at a time.
fn add_blocks(input: &mut Origin<'_>, part: &PartInfo, writer: &mut dyn Writer, target: &str) -> Result<u64> {
    let Origin { name, parts, .. } = input;
    let of_input = |error: Error| error.in_file(name);
    let mut blocks = parts.blocks(part, Order::C).map_err(of_input)?;
    let mut done = 0;
    while let Some(block) = blocks.next_block().map_err(of_input)? {
        writer.array(&NewPart::new(), &block.array.view()).map_err(|error| error.in_file(target))?;
        done += block.array.nbytes() as u64;
    }
    Ok(done)
}
