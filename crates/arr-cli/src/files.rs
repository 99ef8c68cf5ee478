//! The files that are named: found, opened, read.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use arr_io::{Array, Error, ErrorKind, FileInfo, Input, OpenOptions, pick, split_member};

use crate::args::ReadArgs;
use crate::failure::{Failure, OfFile};
use crate::progress::Progress;
use crate::text::one_line;

/// Files above this size are mapped where only a few of their items are wanted. A map ends the process if another
/// one cuts the file short meanwhile, so smaller files, where it gains little, are read.
const MAP_FROM: u64 = 64 << 20;

/// A FILE argument.
#[derive(Clone, Debug)]
pub struct Named {
    /// As it was typed (or found in a directory), on one line.
    pub name: String,
    /// Where it is; `None` is standard input.
    pub path: Option<PathBuf>,
    /// Which part of it, if one was named.
    pub member: Option<String>,
}

impl Named {
    /// Takes an argument apart. A name that is not Unicode names no member.
    pub fn new(argument: &OsStr) -> Self {
        let (path, member) = match argument.to_str() {
            Some(text) => split_member(text),
            None => (PathBuf::from(argument), None),
        };
        let path = Some(path).filter(|path| path.as_os_str() != "-");
        Self { name: shown(argument), path, member: member.map(str::to_owned) }
    }

    /// A file to be written; it has no members.
    pub fn of_output(argument: &OsStr) -> Self {
        let named = Self::of_path(PathBuf::from(argument));
        Self { path: named.path.filter(|path| path.as_os_str() != "-"), ..named }
    }

    /// A file of that path.
    pub fn of_path(path: PathBuf) -> Self {
        Self { name: shown(path.as_os_str()), path: Some(path), member: None }
    }

    /// Opens it.
    pub fn open(&self, reading: &ReadArgs) -> Result<Input<'static>, Error> {
        let input = match &self.path {
            Some(path) => Input::open(path)?,
            None => standard_input()?,
        };
        Ok(input.with_limits(&reading.limits()))
    }

    /// Opens it, with a bar that shows how far reading has come.
    fn open_with_progress(&self, reading: &ReadArgs) -> Result<Input<'static>, Error> {
        let input = self.open(reading)?;
        let mut progress = Progress::new("reading", &self.name, input.remaining());
        Ok(input.on_progress(move |position| progress.at(position)))
    }

    /// What the file says about itself; of its arrays only the named one.
    pub fn info(&self, reading: &ReadArgs) -> Result<FileInfo, Failure> {
        self.with_format(reading, self.open(reading), |options, input, path| {
            let mut info = options.info_of(input, path)?;
            if let Some(member) = &self.member {
                info.arrays = vec![pick(info.arrays, member)?];
            }
            Ok(info)
        })
        .map(|(_, info)| info)
    }

    /// Reads all of its arrays, or the named one.
    pub fn read(&self, reading: &ReadArgs) -> Result<Loaded, Failure> {
        let input = self.open_with_progress(reading);
        let (format, arrays) = self.with_format(reading, input, OpenOptions::read_all)?;
        self.chosen(format, arrays).of(&self.name)
    }

    /// Finds out the format and reads; the errors of both name the file and, once it is known, the format.
    fn with_format<T>(
        &self,
        reading: &ReadArgs,
        input: Result<Input<'static>, Error>,
        read: impl FnOnce(&OpenOptions<'static>, &mut Input<'_>, Option<&Path>) -> Result<T, Error>,
    ) -> Result<(&'static str, T), Failure> {
        let found = input.and_then(|mut input| {
            let (options, path) = (reading.options(), self.path.as_deref());
            let format = options.detect(&mut input, path)?.info().name;
            let result = read(&options, &mut input, path).map_err(|error| match error.kind() {
                ErrorKind::InvalidArgument => error,
                _ => error.in_format(format),
            });
            Ok((format, result?))
        });
        found.of(&self.name)
    }

    fn chosen(&self, format: &'static str, arrays: Vec<Array>) -> Result<Loaded, Error> {
        match &self.member {
            Some(member) => Ok(Loaded { format, arrays: vec![pick(arrays, member)?] }),
            None => Ok(Loaded { format, arrays }),
        }
    }

    /// As [`read`](Self::read), for a command that looks at a few items only: large files are mapped where their
    /// format allows it.
    pub fn glance(&self, reading: &ReadArgs) -> Result<Loaded, Failure> {
        match self.mapped(reading).of(&self.name)? {
            Some(loaded) => Ok(loaded),
            None => self.read(reading),
        }
    }

    fn mapped(&self, reading: &ReadArgs) -> Result<Option<Loaded>, Error> {
        let Some(path) = self.path.as_deref().filter(|path| is_large(path)) else { return Ok(None) };
        let options = reading.options();
        let info = options.info(path)?;
        // Only the first array can be had from a map.
        if info.arrays.len() != 1 || !info.format.capabilities.map {
            return Ok(None);
        }
        let array = options.map(path)?.into_buffer();
        self.chosen(info.format.name, vec![array]).map(Some)
    }

    /// Every fault in it.
    pub fn check(&self, reading: &ReadArgs) -> Result<Vec<Error>, Failure> {
        let faults = self
            .open_with_progress(reading)
            .and_then(|mut input| reading.options().check(&mut input, self.path.as_deref()));
        faults.of(&self.name)
    }
}

/// What was read.
#[derive(Debug)]
pub struct Loaded {
    /// The name of the format.
    pub format: &'static str,
    /// The arrays, at least one.
    pub arrays: Vec<Array>,
}

/// A name for people.
fn shown(name: &OsStr) -> String {
    one_line(&name.to_string_lossy()).into_owned()
}

fn is_large(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > MAP_FROM)
}

/// Standard input. Where it is a file (`arr show - < x.npy`), its length is known and it is read in one go.
#[cfg(unix)]
fn standard_input() -> Result<Input<'static>, Error> {
    use std::os::fd::AsFd;
    let handle = std::io::stdin().as_fd().try_clone_to_owned();
    Input::from_file(File::from(handle.map_err(|source| Error::io("can't open", source))?))
}

/// Standard input.
#[cfg(not(unix))]
fn standard_input() -> Result<Input<'static>, Error> {
    Ok(Input::from_reader(std::io::stdin()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_apart() {
        let parts = |text: &str| {
            let named = Named::new(OsStr::new(text));
            (named.name, named.path, named.member)
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(parts("a.npy"), ("a.npy".to_owned(), path("a.npy"), None));
        assert_eq!(parts("a.npy::1"), ("a.npy::1".to_owned(), path("a.npy"), Some("1".to_owned())));
        assert_eq!(parts("-"), ("-".to_owned(), None, None));
        assert_eq!(parts("-::2"), ("-::2".to_owned(), None, Some("2".to_owned())));
        assert_eq!(parts("./-").1, path("./-"));
        assert_eq!(parts("a\nb").0, "a\\nb");
    }
}
