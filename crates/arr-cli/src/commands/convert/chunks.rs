//! To a folder with the files over which one array is spread.

use std::path::{Path, PathBuf};

use arr_io::format::{Format, safe_path};
use arr_io::{Error, SaveOptions, part_key};

use super::Job;
use crate::failure::{Failure, OfFile};
use crate::files::Named;

/// More files than anybody wants in a folder.
const MOST_FILES: usize = 1 << 16;

impl Job<'_> {
    /// Cuts an array into files with `size` bytes of it each, called as the input, with their number.
    pub(super) fn to_chunks(
        &self,
        input: &Named,
        folder: &Path,
        format: &dyn Format,
        size: u32,
    ) -> Result<(), Failure> {
        let contents = input.read(&self.args.read)?;
        let arrays = self.arrays_of(input, &contents)?;
        let [array] = arrays.as_slice() else {
            let message = format!("{} arrays are not cut into chunks of one", arrays.len());
            return Err(Error::invalid(message)).of(&input.name);
        };
        let key = part_key(&contents, 0, input.path.as_deref().unwrap_or(Path::new("")));
        let stem = safe_path(&key).map_err(|error| error.in_path(&key)).of(&input.name)?;
        let extension = format.info().extensions.first().copied().unwrap_or("part");
        self.fill_folder(folder, |draft| {
            let (mut places, mut failure) = (Vec::new(), None);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let written = format.write_spread(&array.view(), size, &mut |index, count, bytes| {
                if places.is_empty() {
                    places = names(&stem, extension, count)?;
                    if let Err(refused) = self.check_places(folder, &places) {
                        failure = Some(refused);
                        return Err(Error::invalid("a file is in the way"));
                    }
                }
                let Some(place) = places.get(index) else { return Ok(()) };
                let path = draft.join(place);
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)
                        .map_err(|source| Error::io("can't create the folder", source))?;
                }
                SaveOptions::new().save(&path, |output| output.write(bytes))
            });
            match failure {
                Some(failure) => Err(failure),
                None => written.of(&self.output.name).map(|()| places),
            }
        })
    }
}

/// Of each file the name: `x.007.chunk` where there are some hundreds, so that they are listed in order.
fn names(stem: &Path, extension: &str, count: usize) -> Result<Vec<PathBuf>, Error> {
    if count > MOST_FILES {
        return Err(Error::limit(format!(
            "{count} chunks are too many files, expected {MOST_FILES} at most"
        )));
    }
    let width = count.saturating_sub(1).to_string().len();
    let name = |index: usize| {
        let mut name = stem.as_os_str().to_owned();
        name.push(format!(".{index:0width$}.{extension}"));
        PathBuf::from(name)
    };
    Ok((0..count).map(name).collect())
}
