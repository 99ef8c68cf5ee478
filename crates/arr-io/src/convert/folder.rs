//! To files in a folder: one for each member or array, or those over which one array is spread.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arr_core::format::{
    Content, Format, NewFolder, NewPart, PartInfo, Sink, Writing, room, safe_path, windows_path,
};
use arr_core::{Array, Error, Result};

use super::Origin;
use super::names::key_of;
use super::write::{Job, tell_beside};
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

/// What becomes of the parts of all inputs.
#[derive(Default)]
struct Listed<'j> {
    files: Vec<File<'j>>,
    /// What becomes the file of a place below the folder.
    seen: HashMap<PathBuf, String>,
    /// Members whose names no files can have.
    refused: Vec<(String, Error)>,
}

impl<'j> Listed<'j> {
    /// Adds the file of what is called `label`, whose place nothing else may take.
    fn add(&mut self, label: &str, file: File<'j>) -> Result<()> {
        self.seen.try_reserve(1).map_err(room::no_memory)?;
        match self.seen.insert(file.place.clone(), label.to_owned()) {
            Some(other) => {
                let place = file.place.display();
                let message = format!("'{place}' would be written twice, from {other} as well");
                Err(Error::invalid(message).in_file(label))
            }
            None => room::push(&mut self.files, file),
        }
    }

    /// The files, if they are wanted without what is refused.
    fn wanted(self, watch: &mut dyn Watch) -> Result<Vec<File<'j>>> {
        let Self { files, refused, .. } = self;
        for (label, error) in refused {
            if files.is_empty() {
                return Err(error);
            }
            watch.refused(&label, error)?;
        }
        Ok(files)
    }
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
        let mut listed = Listed::default();
        for (place, input) in inputs.iter_mut().enumerate() {
            input.parts.check_total().map_err(|error| error.in_file(&input.name))?;
            self.list_files(place, input, registry, &mut listed)?;
            let is_whole = listed.files.last().is_some_and(|file| file.input == place && file.part.is_none());
            if !is_whole {
                let beside = input.parts.beside_parts().map_err(|error| error.in_file(&input.name))?;
                tell_beside(beside, &input.name, watch);
            }
        }
        let files = listed.wanted(watch)?;
        let places = room::collected(files.iter().map(|file| file.place.clone()))?;
        self.fill_folder(folder, |draft| {
            draft.expect(&places)?;
            watch.begin("writing", self.output, None);
            for file in files {
                let shown = folder.join(&file.place).to_string_lossy().into_owned();
                let input = inputs.get_mut(file.input);
                let input = input.ok_or_else(|| Error::invalid("an input is missing"))?;
                let written = self.write_file(input, file, draft, &shown, watch);
                written.map_err(|error| error.in_file(&shown))?;
            }
            Ok(())
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
        listed: &mut Listed<'f>,
    ) -> Result<()> {
        let file = input.name.clone();
        let of_input = |error: Error| error.in_file(&file);
        if self.format.info().holds.has_keys() && !input.parts.is_named() {
            let key = input.stem.clone().unwrap_or_else(|| "arr_0".to_owned());
            let place = self.path_of(&with_extension(&key, self.format)).map_err(of_input)?;
            let how = self.how.clone();
            return listed
                .add(&file, File { input: index, part: None, key, place, format: self.format, how });
        }
        while let Some(part) = input.parts.next_part().map_err(of_input)? {
            let key = key_of(input, &part);
            let format = self.format_for(&input.parts, registry)?;
            let how = self.conversion.writing_of(format, false)?;
            let name = match (input.parts.describe(&part).map_err(of_input)?, &part.member) {
                (Content::Array(_), _) => with_extension(&key, format),
                // A member that is not an array keeps its name.
                (_, Some(member)) if part.key.as_deref() == Some(&*key) => member.name.clone(),
                _ => key.clone(),
            };
            let label = input.parts.label(&file, &part);
            let place = match self.path_of(&name) {
                Ok(place) => place,
                Err(error) if part.member.is_some() => {
                    room::push(&mut listed.refused, (label, of_input(error.in_path(&name))))?;
                    continue;
                }
                Err(error) => return Err(of_input(error.in_path(&name))),
            };
            let read = match input.parts.is_seekable() {
                true => None,
                false => Some(self.whole(input, &part, &file)?),
            };
            listed.add(&label, File { input: index, part: Some((part, read)), key, place, format, how })?;
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
        draft: &mut NewFolder,
        shown: &str,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let job = Job { format: file.format, how: &file.how, output: shown, ..*self };
        let Some((part, read)) = file.part else {
            return draft.save(&file.place, |output| {
                job.fill(std::slice::from_mut(input), Sink::New(output.reborrow()), watch)
            });
        };
        let label = input.parts.label(&input.name, &part);
        let data = match read {
            Some(array) => Data::Array(array),
            None => job.data(input, &part, &label, watch)?,
        };
        draft.save(&file.place, |output| {
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
        let first = first.ok_or_else(|| of_input(Error::invalid("the file has no arrays")))?;
        let rest = if input.parts.has_more() { input.parts.count_rest() } else { 0 };
        if rest > 0 {
            let message = format!("{} arrays are not cut into chunks of one", rest + 1);
            return Err(of_input(Error::invalid(message)));
        }
        let label = input.parts.label(&input.name, &first);
        let array = self.whole(input, &first, &label)?;
        let array = self.changed(array, &label)?;
        let key = key_of(input, &first);
        let stem = self.path_of(&key).map_err(|error| of_input(error.in_path(&key)))?;
        let extension = self.format.info().extension().unwrap_or("part");
        watch.begin("writing", self.output, Some(array.nbytes() as u64));
        self.fill_folder(folder, |draft| {
            let mut places = Vec::new();
            let take = |index: usize, count: usize, bytes: &[u8]| {
                if places.is_empty() {
                    places = chunk_names(&stem, extension, count)?;
                    draft.expect(&places)?;
                }
                let place = places.get(index).ok_or_else(|| Error::mismatch("a chunk too many"))?;
                draft.save(place, |output| output.write(bytes))
            };
            let mut writer = self.format.create(Sink::Files(Box::new(take)), self.how)?;
            let written = writer.array(&NewPart::new(), &array.view()).and_then(|()| writer.finish());
            written.map_err(|error| error.in_file(self.output))
        })?;
        watch.end();
        Ok(())
    }

    /// The path of a file of that name.
    fn path_of(&self, name: &str) -> Result<PathBuf> {
        if self.conversion.windows_names { windows_path(name) } else { safe_path(name) }
    }

    /// Lets `write` fill the files of a folder, which get their names when all are written.
    fn fill_folder(&self, folder: &Path, write: impl FnOnce(&mut NewFolder) -> Result<()>) -> Result<()> {
        let of_folder = |error: Error| error.in_file(&folder.to_string_lossy());
        let mut files = NewFolder::create(folder, self.conversion.replace).map_err(of_folder)?;
        write(&mut files)?;
        files.commit().map_err(of_folder)
    }
}

/// The name of the file of an array. A member that has the extension in its key does not get it twice.
fn with_extension(key: &str, format: &dyn Format) -> String {
    let extension = format.info().extension().unwrap_or(format.info().name);
    let stem = key.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.')).unwrap_or(key);
    format!("{stem}.{extension}")
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
