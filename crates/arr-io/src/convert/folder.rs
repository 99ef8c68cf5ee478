//! To files in a folder: one for each member or array, or those over which one array is spread.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use arr_core::format::{Content, NewPart, Part, PartInfo, Sink, safe_path};
use arr_core::{Array, Error, ErrorKind, Hint, Result, SaveOptions};

use super::names::key_of;
use super::write::Job;
use super::{Origin, is_in_the_way};
use crate::{Data, Watch};

/// More files than anybody wants in a folder.
const MOST_FILES: usize = 1 << 16;

/// A part that becomes a file: of a stream it has been read already.
struct File {
    part: PartInfo,
    read: Option<Array>,
    place: PathBuf,
}

impl Job<'_> {
    /// Writes a file for each member, or for each array; the latter are named after their file, with a number.
    pub(super) fn to_folder(
        &self,
        input: &mut Origin<'_>,
        folder: &Path,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let files = self.files(input)?;
        if !input.parts.has_keys() && (files.len() < 2 || input.parts.is_named()) {
            // One array is one file, which is given a name.
            return Err(Error::invalid("can't write: it is a directory").in_file(self.output));
        }
        input.parts.check_total().map_err(|error| error.in_file(&input.name))?;
        let places: Vec<PathBuf> = files.iter().map(|file| file.place.clone()).collect();
        self.check_places(folder, &places)?;
        watch.begin("writing", self.output, None);
        self.fill_folder(folder, |draft| {
            for file in files {
                let shown = folder.join(&file.place).to_string_lossy().into_owned();
                let path = draft.join(&file.place);
                self.write_file(input, file, &path, watch).map_err(|error| error.in_file(&shown))?;
            }
            Ok(places)
        })?;
        watch.end();
        Ok(())
    }

    /// Where each part goes, below the folder. All names are checked before anything is written.
    fn files(&self, input: &mut Origin<'_>) -> Result<Vec<File>> {
        let extension = self.format.info().extension().unwrap_or(self.format.info().name);
        let of_input = |error: Error, input: &Origin<'_>| error.in_file(&input.name);
        let (mut files, mut seen) = (Vec::new(), HashSet::new());
        while let Some(part) = input.parts.next_part().map_err(|error| of_input(error, input))? {
            let key = key_of(&input.parts, &part, input.stem.as_deref());
            let content = input.parts.describe(&part).map_err(|error| of_input(error, input))?;
            let name = match content {
                Content::Array(_) => {
                    // A member that has the extension in its key does not get it twice.
                    let stem = key.strip_suffix(&format!(".{extension}")).unwrap_or(&key);
                    format!("{stem}.{extension}")
                }
                _ => key.clone(),
            };
            let place = safe_path(&name).map_err(|error| of_input(error.in_path(&key), input))?;
            if !seen.insert(place.clone()) {
                let message = format!("two members would be written to {}", place.display());
                return Err(of_input(Error::invalid(message), input));
            }
            let read = match input.parts.is_seekable() {
                true => None,
                false => Some(
                    input
                        .parts
                        .read(&part)
                        .and_then(Part::into_array)
                        .map_err(|error| of_input(error, input))?,
                ),
            };
            files.push(File { part, read, place });
        }
        Ok(files)
    }

    /// Writes a file of the draft.
    fn write_file(
        &self,
        input: &mut Origin<'_>,
        file: File,
        path: &Path,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|source| Error::io("can't create the folder", source))?;
        }
        let label = input.parts.label(&input.name, &file.part);
        let data = match file.read {
            Some(array) => Ok(Data::Array(array)),
            None => self.data(input, &file.part, &label),
        };
        let bytes = match data {
            Ok(Data::Bytes(bytes)) => bytes,
            // Objects stay as they are, if nothing is to be done with them.
            Err(error) if error.kind() == ErrorKind::Unsupported && self.changes_nothing() => {
                input.parts.read_bytes(&file.part).map_err(|_| error)?
            }
            Err(error) => return Err(error),
            Ok(data) => {
                return SaveOptions::new().save(path, |output| {
                    let mut writer = self.format.create(Sink::New(output.reborrow()), self.how)?;
                    self.put(input, &file.part, data, &NewPart::new(), writer.as_mut(), 0, watch)?;
                    writer.finish()
                });
            }
        };
        SaveOptions::new().save(path, |output| output.write(&bytes))
    }

    /// Cuts an array into files, which are named after the input, with a number.
    pub(super) fn to_chunks(
        &self,
        input: &mut Origin<'_>,
        folder: &Path,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let of_input = |error: Error, name: &str| error.in_file(name);
        let first = input.parts.next_part().map_err(|error| of_input(error, &input.name))?;
        let first = first.ok_or_else(|| Error::invalid("there are no arrays").in_file(&input.name))?;
        let rest = if input.parts.has_more() { input.parts.count_rest() } else { 0 };
        if rest > 0 {
            let message = format!("{} arrays are not cut into chunks of one", rest + 1);
            return Err(Error::invalid(message).in_file(&input.name));
        }
        let label = input.parts.label(&input.name, &first);
        let array = match self.data(input, &first, &label)? {
            Data::Array(array) => array,
            Data::Bytes(_) => return Err(Error::invalid("it is not an array").in_file(&label)),
            Data::Large(_) => {
                let read = input.parts.read(&first).and_then(Part::into_array);
                read.map_err(|error| of_input(error, &input.name))?
            }
        };
        let array = self.changed(array, &label)?;
        let key = key_of(&input.parts, &first, input.stem.as_deref());
        let stem = safe_path(&key).map_err(|error| of_input(error.in_path(&key), &input.name))?;
        let extension = self.format.info().extension().unwrap_or("part");
        watch.begin("writing", self.output, Some(array.nbytes() as u64));
        self.fill_folder(folder, |draft| {
            let mut places = Vec::new();
            let take = |index: usize, count: usize, bytes: &[u8]| {
                if places.is_empty() {
                    places = chunk_names(&stem, extension, count)?;
                    self.check_places(folder, &places)?;
                }
                let place = places.get(index).ok_or_else(|| Error::mismatch("a chunk too many"))?;
                let path = draft.join(place);
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)
                        .map_err(|source| Error::io("can't create the folder", source))?;
                }
                SaveOptions::new().save(&path, |output| output.write(bytes))
            };
            let mut writer = self.format.create(Sink::Files(Box::new(take)), self.how)?;
            let written = writer.array(&NewPart::new(), &array.view()).and_then(|()| writer.finish());
            written.map_err(|error| error.in_file(self.output))?;
            Ok(places)
        })?;
        watch.end();
        Ok(())
    }

    /// Refuses to replace files of a folder, unless that is asked for.
    fn check_places(&self, folder: &Path, places: &[PathBuf]) -> Result<()> {
        if self.conversion.replace {
            return Ok(());
        }
        match places.iter().map(|place| folder.join(place)).find(|path| is_in_the_way(path)) {
            Some(path) => Err(Error::invalid("already exists")
                .with_hint(Hint::Replace)
                .in_file(&path.to_string_lossy())),
            None => Ok(()),
        }
    }

    /// Lets `write` fill a folder of drafts, and say which files it has: then they get their names. A folder that was not
    /// there appears when all of its files are written.
    fn fill_folder(&self, folder: &Path, write: impl FnOnce(&Path) -> Result<Vec<PathBuf>>) -> Result<()> {
        let exists = folder.is_dir();
        let parent = match folder.parent() {
            _ if exists => folder,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fail =
            |what: &'static str| move |source| Error::io(what, source).in_file(&folder.to_string_lossy());
        let draft = tempfile::Builder::new()
            .prefix(".arr.")
            .suffix(".tmp")
            .tempdir_in(parent)
            .map_err(fail("can't create a folder"))?;
        let places = write(draft.path())?;
        share(draft.path()).map_err(fail("can't set the permissions"))?;
        if !exists {
            std::fs::rename(draft.path(), folder).map_err(fail("can't give the folder its name"))?;
            // It has another name now, and stays.
            let _ = draft.keep();
            return Ok(());
        }
        // All is written: what is left is to give names.
        for place in &places {
            let path = folder.join(place);
            let moved = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            moved.and_then(|()| std::fs::rename(draft.path().join(place), &path)).map_err(|source| {
                Error::io("can't give the file its name", source).in_file(&path.to_string_lossy())
            })?;
        }
        Ok(())
    }
}

/// Of each file the name: `x.007.chunk` where there are some hundreds, so that they are listed in order.
fn chunk_names(stem: &Path, extension: &str, count: usize) -> Result<Vec<PathBuf>> {
    if count > MOST_FILES {
        let message = format!("{count} chunks are too many files, expected {MOST_FILES} at most");
        return Err(Error::limit(message));
    }
    let width = count.saturating_sub(1).to_string().len();
    let name = |index: usize| {
        let mut name = stem.as_os_str().to_owned();
        name.push(format!(".{index:0width$}.{extension}"));
        PathBuf::from(name)
    };
    Ok((0..count).map(name).collect())
}

/// A temporary folder is its owner's alone; others get what they get of new folders.
#[cfg(unix)]
fn share(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let probe = folder.join(".arr.mode");
    std::fs::create_dir(&probe)?;
    let mode = std::fs::metadata(&probe)?.permissions().mode();
    std::fs::remove_dir(&probe)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn share(_: &Path) -> std::io::Result<()> {
    Ok(())
}
