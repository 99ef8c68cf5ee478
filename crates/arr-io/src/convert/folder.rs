//! To files in a folder: one for each member or array, or those over which one array is spread.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arr_core::format::{Content, Format, NewPart, PartInfo, Sink, Writing, room, safe_path};
use arr_core::{Array, Error, Hint, Result, SaveOptions};

use super::names::key_of;
use super::write::Job;
use super::{Origin, is_in_the_way};
use crate::{Data, Parts, Registry, Watch};

/// More files than anybody wants in a folder.
const MOST_FILES: usize = 1 << 16;

/// What becomes a file of a folder.
struct File<'j> {
    /// The place of its input.
    input: usize,
    /// The part that becomes it, and its array where it has been read already, as of a stream; or all of the input does.
    part: Option<(PartInfo, Option<Array>)>,
    key: String,
    place: PathBuf,
    format: &'j dyn Format,
    how: Writing,
}

impl Job<'_> {
    /// Writes a file for each member, or for each array; the latter are named after their file, with a number where it has several. Of a
    /// format of named members there is a file for each input.
    pub(super) fn to_folder(
        &self,
        inputs: &mut [Origin<'_>],
        folder: &Path,
        registry: &Registry,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let (mut files, mut seen) = (Vec::new(), HashMap::new());
        for (place, input) in inputs.iter_mut().enumerate() {
            input.parts.check_total().map_err(|error| error.in_file(&input.name))?;
            self.list_files(place, input, registry, &mut files, &mut seen)?;
        }
        let places = room::collected(files.iter().map(|file| file.place.clone()))?;
        self.check_places(folder, &places)?;
        watch.begin("writing", self.output, None);
        self.fill_folder(folder, |draft| {
            for file in files {
                let shown = folder.join(&file.place).to_string_lossy().into_owned();
                let path = in_draft(draft, &file.place)?;
                let input = inputs.get_mut(file.input);
                let input = input.ok_or_else(|| Error::invalid("an input is missing"))?;
                let written = self.write_file(input, file, &path, &shown, watch);
                written.map_err(|error| error.in_file(&shown))?;
            }
            Ok(places)
        })?;
        watch.end();
        Ok(())
    }

    /// Where each part of an input goes, below the folder. All names are checked before anything is written.
    fn list_files<'f>(
        &'f self,
        index: usize,
        input: &mut Origin<'_>,
        registry: &'f Registry,
        files: &mut Vec<File<'f>>,
        seen: &mut HashMap<PathBuf, String>,
    ) -> Result<()> {
        let file = input.name.clone();
        let of_input = |error: Error| error.in_file(&file);
        if self.format.info().holds.has_keys() && !input.parts.is_named() {
            let key = input.stem.clone().unwrap_or_else(|| "arr_0".to_owned());
            let place = claim(&with_extension(&key, self.format), &file, &file, seen)?;
            let how = self.how.clone();
            room::push(files, File { input: index, part: None, key, place, format: self.format, how })?;
            return Ok(());
        }
        while let Some(part) = input.parts.next_part().map_err(of_input)? {
            let key = key_of(input, &part);
            let format = self.format_for(&input.parts, registry)?;
            let how = self.conversion.writing_of(format, false)?;
            let name = match input.parts.describe(&part).map_err(of_input)? {
                Content::Array(_) => with_extension(&key, format),
                _ => key.clone(),
            };
            let place = claim(&name, &file, &input.parts.label(&file, &part), seen)?;
            let read = match input.parts.is_seekable() {
                true => None,
                false => Some(self.whole(input, &part, &file)?),
            };
            room::push(files, File { input: index, part: Some((part, read)), key, place, format, how })?;
        }
        Ok(())
    }

    /// The format of the file of a part: one array keeps that of its file, unless another one is named.
    fn format_for<'f>(&'f self, parts: &Parts<'_>, registry: &'f Registry) -> Result<&'f dyn Format> {
        let info = parts.format();
        let is_kept = self.keeps_format && info.capabilities.write && !info.multi_file;
        match is_kept && !info.holds.has_keys() && !parts.has_several() {
            true => registry.by_name(info.name),
            false => Ok(self.format),
        }
    }

    /// Writes a file of the draft, which errors call `shown`.
    fn write_file(
        &self,
        input: &mut Origin<'_>,
        file: File<'_>,
        path: &Path,
        shown: &str,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let job = Job { format: file.format, how: &file.how, output: shown, ..*self };
        // Where names differ by their case alone, they may be those of one file.
        let options = SaveOptions::new().keep_existing();
        let Some((part, read)) = file.part else {
            return options.save(path, |output| {
                job.fill(std::slice::from_mut(input), Sink::New(output.reborrow()), watch)
            });
        };
        let label = input.parts.label(&input.name, &part);
        let data = match read {
            Some(array) => Data::Array(array),
            None => job.data(input, &part, &label, watch)?,
        };
        options.save(path, |output| {
            if let Data::Bytes(bytes) = &data {
                return output.write(bytes);
            }
            let mut writer = job.format.create(Sink::New(output.reborrow()), job.how)?;
            job.put(input, &part, data, &NewPart::keyed(&file.key), writer.as_mut(), 0, watch)?;
            writer.finish()
        })
    }

    /// Cuts an array into files, which are named after the input, with a number.
    pub(super) fn to_chunks(
        &self,
        input: &mut Origin<'_>,
        folder: &Path,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let name = input.name.clone();
        let of_input = |error: Error| error.in_file(&name);
        let first = input.parts.next_part().map_err(of_input)?;
        let first = first.ok_or_else(|| of_input(Error::invalid("there are no arrays")))?;
        let rest = if input.parts.has_more() { input.parts.count_rest() } else { 0 };
        if rest > 0 {
            let message = format!("{} arrays are not cut into chunks of one", rest + 1);
            return Err(of_input(Error::invalid(message)));
        }
        let label = input.parts.label(&input.name, &first);
        let array = self.whole(input, &first, &label)?;
        let array = self.changed(array, &label)?;
        let key = key_of(input, &first);
        let stem = safe_path(&key).map_err(|error| of_input(error.in_path(&key)))?;
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
                SaveOptions::new().save(in_draft(draft, place)?, |output| output.write(bytes))
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

/// The name of the file of an array. A member that has the extension in its key does not get it twice.
fn with_extension(key: &str, format: &dyn Format) -> String {
    let extension = format.info().extension().unwrap_or(format.info().name);
    let stem = key.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.')).unwrap_or(key);
    format!("{stem}.{extension}")
}

/// The place below the folder of a file of that name, which nothing else may take: `label` is what becomes it.
fn claim(name: &str, file: &str, label: &str, seen: &mut HashMap<PathBuf, String>) -> Result<PathBuf> {
    let place = safe_path(name).map_err(|error| error.in_path(name).in_file(file))?;
    seen.try_reserve(1).map_err(room::no_memory)?;
    match seen.insert(place.clone(), label.to_owned()) {
        Some(other) => {
            let message = format!("'{}' would be written twice, from {other} as well", place.display());
            Err(Error::invalid(message).in_file(label))
        }
        None => Ok(place),
    }
}

/// Where a file of a draft is written, in a folder that is there.
fn in_draft(draft: &Path, place: &Path) -> Result<PathBuf> {
    let path = draft.join(place);
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.map_err(|source| Error::io("can't create the folder", source)).map(|()| path)
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
