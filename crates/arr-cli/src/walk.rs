//! Arguments that are directories.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use arr_io::format::Match;
use arr_io::{Error, Input, Registry};

use crate::args::ReadArgs;
use crate::failure::Failure;
use crate::files::Named;

/// How much of a file a format needs to see to recognise it.
const HEAD: usize = 256;

/// The files that the arguments name. Directories are replaced by the files of a known format below them, sorted by
/// name; what can't be listed is a failure among them.
pub fn expand(arguments: &[OsString], reading: &ReadArgs) -> Vec<Result<Named, Failure>> {
    let mut found = Vec::new();
    for argument in arguments {
        let named = Named::new(argument);
        match named.path.as_deref().filter(|path| path.is_dir()) {
            Some(folder) if named.member.is_none() => walk(folder, reading, &mut found),
            _ => found.push(Ok(named)),
        }
    }
    found
}

/// Walks a directory without recursion: nothing limits how deep they nest. Links to directories are not followed,
/// which could lead in a circle.
fn walk(folder: &Path, reading: &ReadArgs, found: &mut Vec<Result<Named, Failure>>) {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if path.is_dir() && (path == folder || !is_link) {
            match entries(&path) {
                // The last one is taken first.
                Ok(entries) => waiting.extend(entries.into_iter().rev()),
                Err(error) => found.push(Err(Failure::from(error).of(&Named::of_path(path).name))),
            }
        } else if path.is_file() && is_known(&path, reading) {
            found.push(Ok(Named::of_path(path)));
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let fail = |source| Error::io("can't list the directory", source);
    let entries: Result<Vec<PathBuf>, _> =
        fs::read_dir(folder).map_err(fail)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries.map_err(fail)?;
    entries.sort();
    Ok(entries)
}

/// True for a file that begins like one of a known format, or whose name says that it should: then it is broken, and
/// that should be said. A file that can't be opened is left to the command, which says why.
fn is_known(path: &Path, reading: &ReadArgs) -> bool {
    let Ok(mut input) = Input::open(path) else { return true };
    let Ok(head) = input.peek(HEAD) else { return true };
    match &reading.from {
        Some(name) => {
            Registry::shared().by_name(name).map_or(Match::No, |format| format.sniff(head)) > Match::No
        }
        // What could be many things is believed to be this one where its name says so.
        None => Registry::shared().knows(head, path),
    }
}
