//! The files that are named: found and opened.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::PathBuf;

use arr_io::format::{FormatInfo, Options};
use arr_io::{Error, Input, OpenOptions, Origin, Parts, Registry, split_member, stem_of};

use crate::args::{MARK, ReadArgs};
use crate::failure::{Failure, OfFile};
use crate::progress::Progress;
use crate::text::one_line;

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
        let argument =
            argument.to_str().and_then(|text| text.strip_prefix(MARK)).map_or(argument, OsStr::new);
        let (path, member) = match argument.to_str() {
            Some(text) => split_member(text),
            None => (PathBuf::from(argument), None),
        };
        let path = Some(path).filter(|path| path.as_os_str() != "-");
        Self { name: shown(argument), path, member: member.map(str::to_owned) }
    }

    /// A file of that path.
    pub fn of_path(path: PathBuf) -> Self {
        Self { name: shown(path.as_os_str()), path: Some(path), member: None }
    }

    /// Opens it.
    pub fn open(&self) -> Result<Input<'static>, Error> {
        match &self.path {
            Some(path) => Input::open(path),
            None => standard_input(),
        }
    }

    /// Opens it, with a bar that shows how far reading has come.
    fn open_with_progress(&self) -> Result<Input<'static>, Error> {
        let input = self.open()?;
        let mut progress = Progress::named("reading", &self.name, input.remaining());
        Ok(input.on_progress(move |position| progress.done(position)))
    }

    /// How it is read: the named part, if one was named.
    pub fn options(&self, reading: &ReadArgs) -> OpenOptions<'static> {
        match &self.member {
            Some(member) => reading.options().member(member),
            None => reading.options(),
        }
    }

    /// Its parts.
    pub fn parts(&self, reading: &ReadArgs) -> Result<Parts<'static>, Failure> {
        let parts = self
            .open_with_progress()
            .and_then(|input| self.options(reading).parts_of(input, self.path.as_deref()))
            .of(&self.name)?;
        reading.check_options(&[parts.format()])?;
        Ok(parts)
    }

    /// An input of a conversion: its parts, and the name of its arrays.
    fn origin(&self, parts: Parts<'static>) -> Origin<'static> {
        Origin { name: self.name.clone(), stem: self.path.as_deref().and_then(stem_of), parts }
    }
}

impl ReadArgs {
    /// Refuses options that none of the formats has that are read.
    pub fn check_options(&self, used: &[&FormatInfo]) -> Result<(), Failure> {
        check_options(&self.options.0, used)
    }
}

/// Refuses options that none of the formats has that are used.
pub fn check_options(options: &Options, used: &[&FormatInfo]) -> Result<(), Failure> {
    options
        .check(used, Registry::shared().infos())
        .map_err(|error| Error::invalid(format!("--{error}")).into())
}

/// The parts of one file, or of all files of a multi-file array.
pub fn open_joined(files: &[OsString], reading: &ReadArgs) -> Result<(Named, Parts<'static>), Failure> {
    let mut opened = open_all(files, reading)?;
    match (opened.pop(), opened.len()) {
        (Some(found), 0) => Ok(found),
        (Some((named, _)), _) => {
            let message = "one file is taken at a time, or all files of a multi-file array";
            Err(Error::invalid(message)).of(&named.name)
        }
        (None, _) => Err(Error::invalid("FILE is missing").into()),
    }
}

/// [`open_joined`], for what is read more than once: what comes from a stream is kept.
pub fn open_seekable(files: &[OsString], reading: &ReadArgs) -> Result<(Named, Parts<'static>), Failure> {
    let [file] = files else { return open_joined(files, reading) };
    let named = Named::new(file);
    let parts = named
        .open_with_progress()
        .and_then(|input| named.options(reading).keep().parts_of(input, named.path.as_deref()));
    let parts = parts.of(&named.name)?;
    reading.check_options(&[parts.format()])?;
    Ok((named, parts))
}

/// The parts of each file; of several files that are those of a multi-file array, its parts.
fn open_all(files: &[OsString], reading: &ReadArgs) -> Result<Vec<(Named, Parts<'static>)>, Failure> {
    let named: Vec<Named> = files.iter().map(|file| Named::new(file)).collect();
    if named.iter().filter(|named| named.path.is_none()).count() > 1 {
        return Err(Error::invalid("standard input can be read only once").into());
    }
    let Some(first) = named.first().filter(|_| named.len() > 1) else {
        return named.into_iter().map(|named| named.parts(reading).map(|parts| (named, parts))).collect();
    };
    let options = first.options(reading);
    let opened = first.open_with_progress().and_then(|input| options.uncompressed(input));
    let (mut input, _) = opened.of(&first.name)?;
    // To look at standard input is to read it, unless its format is named.
    let is_known = first.path.is_some() || reading.from.is_some();
    let is_multi_file =
        is_known && options.detect(&mut input, first.path.as_deref()).of(&first.name)?.info().multi_file;
    if is_multi_file {
        let mut inputs = vec![input];
        for other in named.iter().skip(1) {
            inputs.push(other.open().of(&other.name)?);
        }
        let parts = options.parts_of(inputs, first.path.as_deref()).of(&first.name)?;
        reading.check_options(&[parts.format()])?;
        return Ok(vec![(first.clone(), parts)]);
    }
    let parts = options.parts_of(input, first.path.as_deref()).of(&first.name)?;
    let mut opened = vec![(first.clone(), parts)];
    for other in named.iter().skip(1) {
        let parts = other
            .open_with_progress()
            .and_then(|input| other.options(reading).parts_of(input, other.path.as_deref()));
        opened.push((other.clone(), parts.of(&other.name)?));
    }
    Ok(opened)
}

/// What is to be converted, each file open.
pub fn origins(files: &[OsString], reading: &ReadArgs) -> Result<Vec<Origin<'static>>, Failure> {
    let opened = open_all(files, reading)?;
    Ok(opened.into_iter().map(|(named, parts)| named.origin(parts)).collect())
}

/// A name for people.
fn shown(name: &OsStr) -> String {
    one_line(&name.to_string_lossy()).into_owned()
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
