//! Renaming several files, and taking that back.

use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use super::super::again as fs;
use super::Prepared;

/// What has been done, in its order.
#[derive(Debug, Default)]
pub(super) struct Swapped(Vec<Step>);

#[derive(Debug)]
enum Step {
    /// A folder was made.
    Folder(PathBuf),
    /// A file was put where none was.
    New(PathBuf),
    /// A file was replaced, or is about to be: it is at the second path.
    Aside(PathBuf, PathBuf),
}

impl Swapped {
    /// Puts a file in its place, below `folder`.
    pub(super) fn swap(&mut self, folder: &Path, file: &Prepared) -> Result<()> {
        let Prepared { new, target, aside, .. } = file;
        if !file.replaces {
            self.make_folders(folder, target.parent().unwrap_or(folder))?;
            // Unlike a rename, a link does not replace what has appeared meanwhile.
            match fs::hard_link(new, target) {
                Ok(()) => {
                    self.0.push(Step::New(target.clone()));
                    return fs::remove_file(new);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                Err(_) if target.symlink_metadata().is_ok() => return Err(ErrorKind::AlreadyExists.into()),
                Err(_) => fs::rename(new, target)?,
            }
            self.0.push(Step::New(target.clone()));
            return Ok(());
        }
        // Where a second name can be given, there is always one file or the other under the first.
        let _ = fs::remove_file(aside);
        fs::hard_link(target, aside).or_else(|_| fs::rename(target, aside))?;
        self.0.push(Step::Aside(target.clone(), aside.clone()));
        fs::rename(new, target)
    }

    /// Makes the folders above a file that are missing.
    fn make_folders(&mut self, top: &Path, folder: &Path) -> Result<()> {
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|path| *path != top && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path)?;
            self.0.push(Step::Folder(path.to_path_buf()));
        }
        Ok(())
    }

    /// Takes everything back, the last step first. After a failure the others are taken back all the same.
    pub(super) fn undo(self) -> Result<()> {
        let mut undone = Ok(());
        for step in self.0.into_iter().rev() {
            let step = match step {
                Step::Folder(path) => fs::remove_dir(path),
                Step::New(path) => fs::remove_file(path),
                Step::Aside(target, aside) => put_back(&aside, &target),
            };
            undone = undone.and(step);
        }
        undone
    }
}

/// Gives a file that was replaced its name again. A rename between two names of one file does nothing.
pub(super) fn put_back(aside: &Path, target: &Path) -> Result<()> {
    fs::rename(aside, target)?;
    match fs::remove_file(aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
