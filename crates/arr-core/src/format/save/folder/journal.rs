//! What a program that is killed in the middle of giving files their names leaves for the next one, which takes it back.
//!
//! Before the first file is renamed, every step is written down as a symbolic link in the staging folder. It points to the
//! place of the file, and its name says which step it is and which file it moves: by the numbers of the device and the
//! inode, which a rename and a link keep, and the time of its last change. So nothing is moved, replaced or removed but
//! the very files that were meant, whatever has become of the folder since.

use std::fs::Metadata;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::super::again::{self as fs, again};
use super::swap::put_back;
use super::{OLD, Prepared};

/// The folder of the links, in that of the staging.
const STEPS: &str = "steps";

/// Writes down what is about to be done below `folder`.
pub(super) fn write(staging: &Path, folder: &Path, files: &[Prepared]) -> Result<()> {
    let steps = staging.join(STEPS);
    fs::create_dir(&steps)?;
    let note = |name: String, place: &Path| {
        let place = std::path::absolute(place)?;
        again(|| symlink(&place, steps.join(&name)))
    };
    for (number, file) in files.iter().enumerate() {
        let new = identity(&fs::symlink_metadata(&file.new)?);
        match file.replaces {
            true => {
                let old = identity(&fs::symlink_metadata(&file.target)?);
                note(format!("{number}-{old}-{new}-old"), &file.target)?;
            }
            false => note(format!("{number}-{new}-new"), &file.target)?,
        }
        if file.replaces {
            note(format!("{number}-aside"), &file.aside)?;
            continue;
        }
        let above = file.target.ancestors().skip(1).take_while(|path| *path != folder && !path.exists());
        for (depth, path) in above.enumerate() {
            note(format!("{number}-{depth}-folder"), path)?;
        }
    }
    Ok(())
}

/// Takes back what was done before the program was killed that left this staging folder. True when all is as it was
/// before, and nothing in the folder is needed any more.
pub(super) fn take_back(staging: &Path) -> bool {
    if fs::symlink_metadata(staging.join(OLD)).is_err() {
        return true;
    }
    if fs::symlink_metadata(staging.join(STEPS)).is_err() {
        // Nothing is known of what was done, and nothing can have been when no file was put aside.
        return fs::read_dir(staging.join(OLD)).is_ok_and(|mut put_aside| put_aside.next().is_none());
    }
    let taken = fs::read_dir(staging.join(STEPS)).and_then(|steps| {
        let mut folders = Vec::new();
        for step in steps {
            let step = step?;
            let (name, place) = (step.file_name(), fs::read_link(step.path())?);
            let parts: Vec<&str> = name.to_str().unwrap_or_default().split('-').collect();
            match parts[..] {
                [number, old, new, "old"] => {
                    let aside = fs::read_link(staging.join(STEPS).join(format!("{number}-aside")))?;
                    match found(&place)? {
                        _ if found(&aside)?.as_deref() != Some(old) => {}
                        // It is not the new file that is there, but somebody else's.
                        Some(other) if other != old && other != new => {
                            return Err(ErrorKind::AlreadyExists.into());
                        }
                        _ => put_back(&aside, &place)?,
                    }
                }
                [_, new, "new"] if found(&place)?.as_deref() == Some(new) => fs::remove_file(&place)?,
                [_, _, "folder"] => folders.push(place),
                _ => {}
            }
        }
        // Those that are not empty were there before, or somebody else uses them by now.
        folders.sort_by_key(|path: &PathBuf| std::cmp::Reverse(path.as_os_str().len()));
        folders.iter().for_each(|path| drop(fs::remove_dir(path)));
        Ok(())
    });
    taken.is_ok()
}

/// Which file is at a place; nothing where none is.
fn found(place: &Path) -> Result<Option<String>> {
    match fs::symlink_metadata(place) {
        Ok(found) => Ok(Some(identity(&found))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a file keeps when it is renamed, and loses when it is changed.
fn identity(file: &Metadata) -> String {
    format!("{}_{}_{}_{}", file.dev(), file.ino(), file.mtime(), file.mtime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NewFolder;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A folder in which files were being renamed when the program was killed: `a` is replaced, `b` about to be, `sub/c` is
    /// new, and `d` not in its place yet.
    fn killed(folder: &Path) {
        let staging = folder.join(".arr0.tmp");
        for made in [OLD, "new/sub"] {
            fs::create_dir_all(staging.join(made)).unwrap();
        }
        let mut files = Vec::new();
        for (number, place) in ["a", "b", "sub/c", "d"].iter().enumerate() {
            let (new, target) = (staging.join("new").join(place), folder.join(place));
            fs::write(&new, "new").unwrap();
            if number < 2 {
                fs::write(&target, "old").unwrap();
            }
            let aside = staging.join(OLD).join(number.to_string());
            files.push(Prepared { new, target, aside, replaces: number < 2, drafts: None });
        }
        write(&staging, folder, &files).unwrap();
        for file in &files[..2] {
            fs::hard_link(&file.target, &file.aside).unwrap();
        }
        fs::rename(&files[0].new, &files[0].target).unwrap();
        fs::create_dir(folder.join("sub")).unwrap();
        fs::hard_link(&files[2].new, &files[2].target).unwrap();
    }

    #[test]
    fn the_next_program_takes_back_what_was_half_done() {
        let folder = tempfile::tempdir().unwrap();
        killed(folder.path());
        drop(NewFolder::create(folder.path(), true).unwrap());
        assert_eq!(names(folder.path()), ["a", "b"]);
        for name in ["a", "b"] {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "old", "{name}");
        }
    }

    #[test]
    fn what_was_only_written_down_was_not_done() {
        let folder = tempfile::tempdir().unwrap();
        killed(folder.path());
        let staging = folder.path().join(".arr0.tmp");
        // As it is when the program is killed while it writes the steps down.
        fs::remove_dir_all(staging.join(OLD)).unwrap();
        fs::remove_file(staging.join(STEPS).join("0-aside")).unwrap();
        drop(NewFolder::create(folder.path(), true).unwrap());
        assert_eq!(names(folder.path()), ["a", "b", "sub"]);
    }

    #[test]
    fn what_others_have_put_there_since_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        killed(folder.path());
        fs::remove_file(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a"), "theirs").unwrap();
        drop(NewFolder::create(folder.path(), true).unwrap());
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "theirs");
        // What it replaced is kept.
        let kept = folder.path().join(".arr0.tmp").join(OLD).join("0");
        assert_eq!(fs::read_to_string(kept).unwrap(), "old");
    }
}
