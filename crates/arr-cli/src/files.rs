//! The files that are named: found, opened, read.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use arr_io::{
    AnyFormat, Array, Contents, Error, ErrorKind, FileInfo, Input, OpenOptions, Pieces, Slice, split_member,
};

use crate::args::{MARK, ReadArgs};
use crate::failure::{Failure, OfFile};
use crate::progress::Progress;
use crate::text::one_line;

/// Files above this size, and members of archives, are read in part, or piece by piece, where not all of them is needed
/// at once.
const LARGE: u64 = 64 << 20;

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

    fn options(&self, reading: &ReadArgs) -> OpenOptions<'static> {
        match &self.member {
            Some(member) => reading.options().member(member),
            None => reading.options(),
        }
    }

    /// What the file says about itself; of its arrays only the named one.
    pub fn info(&self, reading: &ReadArgs) -> Result<FileInfo, Failure> {
        self.with_format(reading, self.open(reading), OpenOptions::info_of)
    }

    /// The format that it is.
    pub fn format(&self, reading: &ReadArgs) -> Result<AnyFormat<'static>, Failure> {
        let options = self.options(reading);
        let found = self.open(reading).and_then(|mut input| options.detect(&mut input, self.path.as_deref()));
        found.of(&self.name)
    }

    /// The array that is spread over several files, of the format of the first.
    pub fn read_spread(files: &[Self], reading: &ReadArgs) -> Result<Array, Failure> {
        let Some(first) = files.first() else { return Err(Error::invalid("IN is missing").into()) };
        let AnyFormat::Array(format) = first.format(reading)? else {
            return Err(Error::invalid("an archive is not spread over several files")).of(&first.name);
        };
        let mut inputs = Vec::new();
        for file in files {
            inputs.push(file.open(reading).of(&file.name)?);
        }
        let read = format.read_spread(&mut inputs);
        read.map_err(|error| error.in_format(format.info().name)).of(&first.name)
    }

    /// All that is in it, or the named part: arrays of a row are read, members of an archive when they are asked for.
    pub fn read(&self, reading: &ReadArgs) -> Result<Contents, Failure> {
        let input = self.open_with_progress(reading);
        self.with_format(reading, input, OpenOptions::contents)
    }

    /// Finds out the format and reads; the errors of both name the file and, once it is known, the format.
    fn with_format<T>(
        &self,
        reading: &ReadArgs,
        input: Result<Input<'static>, Error>,
        read: impl FnOnce(&OpenOptions<'static>, &mut Input<'_>, Option<&Path>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let found = input.and_then(|mut input| {
            let (options, path) = (self.options(reading), self.path.as_deref());
            let format = options.detect(&mut input, path)?.info().name;
            read(&options, &mut input, path).map_err(|error| match error.kind() {
                ErrorKind::InvalidArgument => error,
                _ => error.in_format(format),
            })
        });
        found.of(&self.name)
    }

    /// As [`read`](Self::read), for a command that looks at a few items only: of a large file nothing is read yet, and of
    /// a slice no more than that.
    pub fn glance(&self, reading: &ReadArgs, slice: Option<&Slice>) -> Result<Glance, Failure> {
        match (self.pieces(reading)?, slice) {
            (Some(pieces), Some(slice)) => pieces.read_slice(slice).map(Glance::Array).of(&self.name),
            (Some(pieces), None) => Ok(Glance::Large(pieces)),
            (None, _) => self.read(reading).map(Glance::Contents),
        }
    }

    /// The array of a large part of an archive, to be read piece by piece.
    pub fn pieces_of(&self, contents: &Contents, part: usize) -> Result<Option<Pieces<'static>>, Failure> {
        let is_large = contents.member(part).is_some_and(|member| member.len > LARGE);
        let pieces = if is_large { contents.pieces(part) } else { Ok(None) };
        pieces.of(&self.name)
    }

    /// The only array of a large file, to be read piece by piece.
    pub fn pieces(&self, reading: &ReadArgs) -> Result<Option<Pieces<'static>>, Failure> {
        let Some(path) = self.path.as_deref().filter(|path| is_large(path)) else { return Ok(None) };
        // The first array is the only one, or there are no pieces.
        let is_first = self.member.as_deref().is_none_or(|member| member == "0");
        let pieces = if is_first { reading.options().pieces(path) } else { Ok(None) };
        pieces.of(&self.name)
    }

    /// Every fault in it.
    pub fn check(&self, reading: &ReadArgs) -> Result<Vec<Error>, Failure> {
        let faults = self
            .open_with_progress(reading)
            .and_then(|mut input| reading.options().check(&mut input, self.path.as_deref()));
        faults.of(&self.name)
    }

    /// What a part is called: the file's name, with that of the member or the place where there are several.
    pub fn label(&self, contents: &Contents, part: usize) -> String {
        match contents.key(part) {
            _ if self.member.is_some() => self.name.clone(),
            Some(key) => format!("{}::{}", self.name, one_line(key)),
            None if contents.len() == 1 => self.name.clone(),
            None => format!("{}::{part}", self.name),
        }
    }
}

/// What is looked at: a part of an array, an array of which nothing was read, or all that is in a file.
#[derive(Debug)]
pub enum Glance {
    /// The slice of the only array.
    Array(Array),
    /// The only array, which is large.
    Large(Pieces<'static>),
    /// Everything.
    Contents(Contents),
}

/// A name for people.
fn shown(name: &OsStr) -> String {
    one_line(&name.to_string_lossy()).into_owned()
}

fn is_large(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > LARGE)
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
