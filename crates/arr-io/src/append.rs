//! Adding to files that exist: rows to an array, members to an archive.

use std::path::{Path, PathBuf};

use arr_core::format::{
    BLOCK, Description, Format, FormatInfo, NewPart, Part, Reading, Sink, Writer, Writing, in_file,
};
use arr_core::{Array, Error, Input, Order, Result};

use crate::edit::check_new_name;
use crate::watch::tell;
use crate::{Conversion, Data, OpenOptions, Origin, Watch};

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
    /// Opens the target. `how` says whether members of the same key, and bytes after an array or an archive, are
    /// replaced.
    ///
    /// # Errors
    /// `Io` when the file can't be read, `Unsupported` when its format is not known.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions<'r>, how: &Writing) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let mut input = Input::open_regular(&path)?.with_limits(&how.limits);
        let format = in_file(&path, options.detect(&mut input, Some(&path)))?;
        Ok(Self { path, format, how: how.of(format.info())? })
    }

    /// What the format of the target says of itself.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.format.info()
    }

    /// Adds the contents of the inputs, in their order. Errors name the file at fault; `name` is their name for the
    /// target.
    ///
    /// # Errors
    /// What a format finds; `Mismatch` when rows do not fit the array, `InvalidArgument` when a member exists and is not to
    /// be replaced, `Unsupported` when files of the format can't be added to, `Io`, `Cancelled`. The target is as it
    /// was.
    pub fn run(&self, inputs: Vec<Origin<'_>>, name: &str, watch: &mut dyn Watch) -> Result<()> {
        let mut inputs = inputs;
        let sink = Sink::Existing(&self.path);
        let of_target = |error: Error| error.in_file(name);
        if self.format.info().holds.has_keys() {
            inputs.iter_mut().try_for_each(check_key)?;
            self.find_members(&mut inputs).map_err(of_target)?;
            let conversion = Conversion::new().options(self.how.options.clone());
            return conversion
                .job(self.format, &self.how, name)
                .fill(&mut inputs, sink, watch)
                .map_err(of_target);
        }
        let mut writer = self.format.create(sink, &self.how).map_err(of_target)?;
        watch.begin("writing", name, None);
        let mut done = 0;
        for input in &mut inputs {
            done = self.add_rows(input, writer.as_mut(), name, done, watch)?;
        }
        watch.end();
        writer.finish().map_err(of_target)
    }

    /// Gives an array of a file in folders the key of the member that was written to this file, if there is one:
    /// `layer1/w` for `out/layer1/w.npy`.
    fn find_members(&self, inputs: &mut [Origin<'_>]) -> Result<()> {
        // A file that was found in a directory is called by its path there.
        let has_path = |input: &Origin<'_>| input.stem.as_ref().is_some_and(|stem| stem.contains('/'));
        let is_free =
            |input: &&mut Origin<'_>| input.key.is_none() && !input.parts.has_keys() && !has_path(input);
        let mut places =
            inputs.iter_mut().filter(is_free).filter(|input| input.name.contains('/')).peekable();
        if places.peek().is_none() {
            return Ok(());
        }
        let input = Input::open_regular(&self.path)?.with_limits(&self.how.limits);
        let mut reader = self.format.open(input.into(), &Reading::new().limits(self.how.limits.clone()))?;
        for input in places {
            let (Some((folders, _)), Some(stem)) = (input.name.rsplit_once('/'), &input.stem) else {
                continue;
            };
            let path = format!("{folders}/{stem}");
            let starts = path.match_indices('/').map(|(at, _)| at + 1);
            let mut keys = std::iter::once(0).chain(starts).filter_map(|at| path.get(at..));
            input.key = keys.find(|key| key.contains('/') && reader.find(key).is_ok()).map(str::to_owned);
        }
        Ok(())
    }

    /// Adds the rows of all arrays of an input, large ones some at a time, and says how many bytes are done then.
    fn add_rows(
        &self,
        input: &mut Origin<'_>,
        writer: &mut dyn Writer,
        target: &str,
        mut done: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64> {
        let Origin { name, parts, key, .. } = input;
        let of_input = |error: Error| error.in_file(name);
        if let Some(key) = key {
            let message = format!("rows of an array have no name, such as '{key}'");
            return Err(of_input(Error::invalid(message)));
        }
        parts.check_total().map_err(of_input)?;
        while let Some(part) = parts.next_part().map_err(of_input)? {
            let label = parts.label(name, &part);
            let mut add = |array: &Array| {
                let added = writer.array(&NewPart::new(), &array.view());
                done += array.nbytes() as u64;
                added.map_err(|error| error.in_file(target)).and_then(|()| tell(watch, done))
            };
            match parts.data(&part).map_err(of_input)? {
                Data::Large(what) if has_small_rows(&what) => {
                    let mut blocks = parts.blocks(&part, Order::C).map_err(of_input)?;
                    while let Some(block) = blocks.next_block().map_err(of_input)? {
                        add(&block.array)?;
                    }
                }
                Data::Array(array) => add(&array)?,
                _ => add(&parts
                    .read(&part)
                    .and_then(Part::into_array)
                    .map_err(|error| error.in_file(&label))?)?,
            }
        }
        Ok(done)
    }
}

/// Refuses a name that can't be that of a file, and one for several members at once.
fn check_key(input: &mut Origin<'_>) -> Result<()> {
    let Some(key) = &input.key else { return Ok(()) };
    check_new_name(key).map_err(|error| error.in_file(&input.name))?;
    if input.parts.is_seekable() && !input.parts.is_named() && !input.parts.is_single() {
        let message = format!(
            "it has more than one array: '{key}' would be the name of all; name one of them, as FILE::x"
        );
        return Err(Error::invalid(message).in_file(&input.name));
    }
    Ok(())
}

/// True when blocks are whole rows.
fn has_small_rows(what: &Description) -> bool {
    let row = what.shape.iter().skip(1).fold(what.dtype.itemsize(), |size, dim| size.saturating_mul(*dim));
    !what.shape.is_empty() && row <= BLOCK
}
