//! To a folder with a file for each member of an archive, or each of several arrays in a row.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use arr_io::format::{Format, safe_path};
use arr_io::{Contents, Error, ErrorKind, Part, Pieces, SaveOptions, part_key};

use super::{Job, is_in_the_way};
use crate::failure::{Failure, OfFile};
use crate::files::Named;

impl Job<'_> {
    /// Writes a file for each member, or array: these are called as their file, with a number.
    pub(super) fn to_folder(&self, input: &Named, folder: &Path, format: &dyn Format) -> Result<(), Failure> {
        let contents = input.read(&self.args.read)?;
        if !contents.is_archive() && (contents.len() < 2 || input.member.is_some()) {
            // One array is one file, which is given a name.
            return Err(Error::invalid("can't write: it is a directory")).of(&self.output.name);
        }
        contents.check_total().of(&input.name)?;
        let places = self.places(input, &contents, format)?;
        self.check_places(folder, &places)?;
        self.fill_folder(folder, |draft| {
            self.write_files(input, &contents, format, &places, (draft, folder))?;
            Ok(places)
        })
    }

    /// Refuses to replace files of a folder, unless that is asked for.
    pub(super) fn check_places(&self, folder: &Path, places: &[PathBuf]) -> Result<(), Failure> {
        if self.args.force {
            return Ok(());
        }
        match places.iter().map(|place| folder.join(place)).find(|path| is_in_the_way(path)) {
            Some(path) => {
                let message = "can't write: it exists; --force replaces it";
                Err(Error::invalid(message)).of(&Named::of_path(path).name)
            }
            None => Ok(()),
        }
    }

    /// Lets `write` fill a folder of drafts, and say which files it has: then they get their names. A folder that was not
    /// there appears when all of its files are written.
    pub(super) fn fill_folder(
        &self,
        folder: &Path,
        write: impl FnOnce(&Path) -> Result<Vec<PathBuf>, Failure>,
    ) -> Result<(), Failure> {
        let exists = folder.is_dir();
        let parent = match folder.parent() {
            _ if exists => folder,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fail = |what: &'static str| move |source| Error::io(what, source);
        let draft = tempfile::Builder::new()
            .prefix(".arr.")
            .suffix(".tmp")
            .tempdir_in(parent)
            .map_err(fail("can't create a folder"))
            .of(&self.output.name)?;
        let places = write(draft.path())?;
        share(draft.path()).map_err(fail("can't set the permissions")).of(&self.output.name)?;
        if !exists {
            std::fs::rename(draft.path(), folder)
                .map_err(fail("can't give the folder its name"))
                .of(&self.output.name)?;
            // It has another name now, and stays.
            let _ = draft.keep();
            return Ok(());
        }
        // All is written: what is left is to give names.
        for place in &places {
            let path = folder.join(place);
            let moved = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            moved
                .and_then(|()| std::fs::rename(draft.path().join(place), &path))
                .map_err(fail("can't give the file its name"))
                .of(&Named::of_path(path).name)?;
        }
        Ok(())
    }

    /// Where each member goes, below the folder. All names are looked at before anything is written.
    fn places(
        &self,
        input: &Named,
        contents: &Contents,
        format: &dyn Format,
    ) -> Result<Vec<PathBuf>, Failure> {
        let extension = format.info().extensions.first().copied().unwrap_or("npy");
        let (mut places, mut seen) = (Vec::new(), HashSet::new());
        for part in 0..contents.len() {
            let key = part_key(contents, part, input.path.as_deref().unwrap_or(Path::new("")));
            let name = match contents.is_array(part).of(&input.name)? {
                true => format!("{}.{extension}", key.strip_suffix(".npy").unwrap_or(&key)),
                false => key.clone(),
            };
            let place = safe_path(&name).map_err(|error| error.in_path(&key)).of(&input.name)?;
            if !seen.insert(place.clone()) {
                let message = format!("two members would be written to {}", place.display());
                return Err(Error::invalid(message)).of(&input.name);
            }
            places.push(place);
        }
        Ok(places)
    }

    /// Writes all files below `draft`; errors name them below `folder`.
    fn write_files(
        &self,
        input: &Named,
        contents: &Contents,
        format: &dyn Format,
        places: &[PathBuf],
        (draft, folder): (&Path, &Path),
    ) -> Result<(), Failure> {
        for (part, place) in places.iter().enumerate() {
            let path = draft.join(place);
            let shown = Named::of_path(folder.join(place)).name;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|source| Error::io("can't create the folder", source))
                    .of(&shown)?;
            }
            let options = SaveOptions::new();
            let label = input.label(contents, part);
            if let Some(pieces) = input.pieces_of(contents, part)? {
                let written = self.pieces_to_file(&path, &pieces, format, options);
                written.map_err(|error| Failure::from(error).of(self.culprit(&label, &shown)))?;
                continue;
            }
            let bytes = match contents.read(part) {
                Ok(Part::Array(array)) => {
                    let array = self.conversion.apply(array).of(&label)?;
                    options.save(&path, |output| format.write(&array.view(), output)).of(&shown)?;
                    continue;
                }
                Ok(Part::Bytes(bytes)) => bytes,
                // Objects stay as they are, if nothing is to be done with them.
                Err(error) if error.kind() == ErrorKind::Unsupported && !self.changes() => {
                    contents.read_bytes(part).of(&label)?
                }
                Err(error) => return Err(error).of(&input.name),
            };
            options.save(&path, |output| output.write(&bytes)).of(&shown)?;
        }
        Ok(())
    }
}

impl Job<'_> {
    fn pieces_to_file(
        &self,
        path: &Path,
        pieces: &Pieces<'_>,
        format: &dyn Format,
        options: SaveOptions,
    ) -> Result<(), Error> {
        let what = pieces.description();
        let (conversion, dtype) = self.conversion_for(pieces, format)?;
        options.save(path, |sink| {
            format.write_start(&dtype, &what.shape, self.order_of(pieces), sink)?;
            self.write_pieces(pieces, &conversion, sink)?;
            format.write_end(&dtype, &what.shape, self.order_of(pieces), sink)
        })
    }
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
