//! The files that are named: found and opened.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

use arr_io::format::{FormatInfo, Options, PartInfo};
use arr_io::{Error, Hint, Input, OpenOptions, Origin, Parts, Registry, split_member, stem_of};

use crate::args::{MARK, ReadArgs};
use crate::failure::{Failure, OfFile, hinted, report};
use crate::listing::Subject;
use crate::memory::works_on;
use crate::progress::Progress;
use crate::signals::interruptible;
use crate::text::one_line;
use crate::walk::{nothing_there, walk};

/// A FILE argument.
#[derive(Clone, Debug)]
pub struct Named {
    /// As it was typed (or found in a directory), on one line.
    pub name: String,
    /// The same without the part.
    pub file: String,
    /// True when it was found in a directory.
    pub is_found: bool,
    /// Where it is; `None` is standard input.
    pub path: Option<PathBuf>,
    /// Which part of it, if one was named.
    pub member: Option<String>,
    /// What its array is called where it has no key, if that is not the name of the file: its path below a directory.
    stem: Option<String>,
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
        let (name, file) = (shown(argument), shown(path.as_os_str()));
        let path = Some(path).filter(|path| path.as_os_str() != "-");
        Self { name, file, is_found: false, path, member: member.map(str::to_owned), stem: None }
    }

    /// A file that was found in a directory.
    pub fn of_path(path: PathBuf) -> Self {
        Self { is_found: true, ..Self::new(path.as_os_str()) }
    }

    /// The file as what something is said of.
    pub fn subject(&self) -> Subject {
        let has_keys = self.member.as_deref().is_some_and(|member| member.parse::<usize>().is_err());
        Subject { file: self.file.clone(), part: self.member.clone(), has_keys, label: self.name.clone() }
    }

    /// What its parts are named after: one that was asked for is called as it was typed.
    pub fn name_of(&self, parts: &Parts<'_>) -> &str {
        if parts.is_named() || parts.member().is_some() { &self.name } else { &self.file }
    }

    /// A member of it that is a file itself, as what its parts belong to.
    pub fn as_member(&self, member: &Subject) -> Self {
        Self { name: member.label.clone(), member: member.part.clone(), ..self.clone() }
    }

    /// One of its parts as what something is said of.
    pub fn subject_of(&self, parts: &Parts<'_>, part: &PartInfo) -> Subject {
        let label = one_line(&parts.label(self.name_of(parts), part)).into_owned();
        let own = match &part.key {
            _ if parts.is_named() => self.member.clone(),
            // The file is one array.
            Some(key) if key.is_empty() => parts.member().map(str::to_owned),
            Some(key) => Some(inside(parts, key)),
            None if parts.has_several() => Some(inside(parts, &part.place.to_string())),
            None => parts.member().map(str::to_owned),
        };
        Subject { file: self.file.clone(), part: own, has_keys: parts.has_keys(), label }
    }

    /// Opens it.
    pub fn open(&self) -> Result<Input<'static>, Error> {
        works_on(&self.name);
        match &self.path {
            Some(path) => open_path(path),
            None => standard_input(),
        }
    }

    /// How it is read: the named part, if one was named.
    pub fn options(&self, reading: &ReadArgs) -> OpenOptions<'static> {
        match &self.member {
            Some(member) => reading.options().member(member),
            None => reading.options(),
        }
    }

    /// The parts of it, with a bar that shows how far reading has come.
    pub fn parts_of(
        &self,
        inputs: Vec<Input<'static>>,
        options: &OpenOptions<'_>,
    ) -> Result<Parts<'static>, Failure> {
        let watched = inputs.into_iter().map(|input| {
            let mut progress = Progress::named("reading", &self.name, input.remaining());
            input.on_progress(move |position| progress.done(position))
        });
        let name = self.name.clone();
        let options = options.clone().on_hinted_note(move |note, hint| tell(&name, note, hint));
        options.parts_of(watched.collect::<Vec<_>>(), self.path.as_deref()).of(&self.name)
    }

    /// Its parts.
    pub fn parts(&self, reading: &ReadArgs) -> Result<Parts<'static>, Failure> {
        let input = self.open().of(&self.name)?;
        let parts = self.parts_of(vec![input], &self.options(reading))?;
        reading.check_options(&[parts.format()]).map(|()| parts)
    }

    /// The directory that it is.
    pub fn folder(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| self.member.is_none() && path.is_dir())
    }

    /// An input of a conversion: its parts, and the name of its arrays.
    fn origin(&self, parts: Parts<'static>) -> Origin<'static> {
        let stem = self.stem.clone().or_else(|| self.path.as_deref().and_then(stem_of));
        Origin { name: self.name.clone(), stem, member: self.member.clone(), key: None, parts }
    }
}

/// Says a note of a file.
pub fn tell(name: &str, note: &str, hint: Option<Hint>) {
    let help = hint.map(hinted).unwrap_or_default();
    report(&format!("{name}: {note}{help}"));
}

/// The name of a part, behind that of the member that the file is.
pub fn inside(parts: &Parts<'_>, part: &str) -> String {
    parts.member().map_or_else(|| part.to_owned(), |member| format!("{member}::{part}"))
}

impl ReadArgs {
    /// Refuses options that none of the formats has that are read.
    pub fn check_options(&self, used: &[&FormatInfo]) -> Result<(), Failure> {
        check_options(&self.options.0, used)
    }
}

/// Refuses options that none of the formats has that are used.
pub fn check_options(options: &Options, used: &[&FormatInfo]) -> Result<(), Failure> {
    options.check(used, Registry::shared().infos()).map_err(unknown_option)
}

/// An error that begins with the name of an option, as that of a flag.
pub fn unknown_option(error: Error) -> Failure {
    Error::invalid(format!("--{error}")).into()
}

/// The parts of one file, or of all files of a multi-file array. What comes from a stream is kept.
pub fn open_kept(files: &[OsString], reading: &ReadArgs) -> Result<(Named, Parts<'static>), Failure> {
    let mut opened = open_each(listed(files), reading)?;
    let (named, inputs) = opened.next().ok_or_else(|| Error::invalid("FILE is missing"))?;
    if let Some((other, _)) = opened.next() {
        let message = "one file is taken at a time, or all files of a multi-file array";
        return Err(Error::invalid(message)).of(&other.name);
    }
    let parts = named.parts_of(inputs?, &named.options(reading).keep())?;
    reading.check_options(&[parts.format()]).map(|()| (named, parts))
}

/// The files that the arguments name, whatever they are.
pub fn listed(files: &[OsString]) -> Vec<(Named, Option<Failure>)> {
    files.iter().map(|file| (Named::new(file), None)).collect()
}

/// Opens files one after another; all files of a multi-file array together, under the name of the first.
pub fn open_each<'r>(
    files: Vec<(Named, Option<Failure>)>,
    reading: &'r ReadArgs,
) -> Result<impl Iterator<Item = (Named, Result<Vec<Input<'static>>, Failure>)> + 'r, Failure> {
    if files.iter().filter(|(named, _)| named.path.is_none()).count() > 1 {
        return Err(Error::invalid("standard input can be read only once").into());
    }
    let may_join = files.len() > 1 && files.iter().all(|(named, _)| !named.is_found);
    let mut files = files.into_iter();
    let mut is_first = true;
    Ok(std::iter::from_fn(move || {
        let (named, failure) = files.next()?;
        let opened = failure.map_or(Ok(()), Err).and_then(|()| Ok(named.open()?)).of(&named.name);
        let is_joined = std::mem::take(&mut is_first)
            && may_join
            && opened.as_ref().is_ok_and(|input| is_multi_file(&named, input, reading));
        let inputs = opened.and_then(|input| {
            let mut inputs = vec![input];
            if is_joined {
                for (other, _) in files.by_ref() {
                    inputs.push(other.open().of(&other.name)?);
                }
            }
            Ok(inputs)
        });
        Some((named, inputs))
    }))
}

/// True when a file is one of a multi-file array. To look at a stream is to read it, unless its format is named.
fn is_multi_file(named: &Named, input: &Input<'_>, reading: &ReadArgs) -> bool {
    let options = named.options(reading);
    let detect = || {
        let (mut input, _) = options.uncompressed(input.ahead()?).ok()?;
        options.detect(&mut input, named.path.as_deref()).ok()
    };
    let format = match &reading.from {
        Some(name) => Registry::shared().by_name(name).ok(),
        None => detect(),
    };
    format.is_some_and(|format| format.info().multi_file)
}

/// What is to be converted, each file open, with these options of formats. Arrays of objects are left as they are where
/// `keeps_objects` says so of one file, or of one of several.
pub fn origins(
    files: &[OsString],
    reading: &ReadArgs,
    options: &Options,
    keeps_objects: impl Fn(bool) -> bool,
) -> Result<Vec<Origin<'static>>, Failure> {
    let files = inputs(files, reading)?;
    let keeps_objects = keeps_objects(files.len() > 1 || files.iter().any(|(named, _)| named.is_found));
    let open = |(named, inputs): (Named, Result<_, Failure>)| {
        let how = named.options(reading).options(options.clone());
        let how = if keeps_objects { how.leave_objects() } else { how };
        let parts = named.parts_of(inputs?, &how)?;
        Ok(named.origin(parts))
    };
    open_each(files, reading)?.map(open).collect()
}

/// The files that are named, and those of a known format below directories, whose arrays are called by their paths there.
fn inputs(files: &[OsString], reading: &ReadArgs) -> Result<Vec<(Named, Option<Failure>)>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let named = Named::new(file);
        let Some(folder) = named.folder() else {
            all.push((named, None));
            continue;
        };
        let mut found = Vec::new();
        match (walk(folder, reading, &mut found), found.is_empty()) {
            (_, true) => {
                return Err(nothing_there().of(&named.name));
            }
            (0, _) => {}
            (1, _) => report(&format!("{}: one file is left out: it is not an array file", named.name)),
            (others, _) => {
                report(&format!("{}: {others} files are left out: they are not array files", named.name));
            }
        }
        let called = |(found, failure): (Named, Option<Failure>)| {
            let below = found.path.as_deref().and_then(|path| path.strip_prefix(folder).ok());
            let stem = below.and_then(key_below);
            (Named { stem, ..found }, failure)
        };
        all.extend(found.into_iter().map(called));
    }
    Ok(all)
}

/// What the array of a file is called that has this path below a directory: `layer1/w` for `layer1/w.npy`.
fn key_below(path: &Path) -> Option<String> {
    let stem = stem_of(path)?;
    let folders = path.parent().into_iter().flat_map(Path::components);
    let folders = folders.map(|folder| folder.as_os_str().to_string_lossy());
    Some(folders.chain([stem.into()]).collect::<Vec<_>>().join("/"))
}

/// A name for people.
fn shown(name: &OsStr) -> String {
    one_line(&name.to_string_lossy()).into_owned()
}

/// A file; a pipe that has a name is waited for until a signal comes.
fn open_path(path: &Path) -> Result<Input<'static>, Error> {
    let is_waited_for = path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    match is_waited_for {
        true => interruptible(File::open(path).map_err(|source| Error::io("can't open", source))?),
        false => Input::open(path),
    }
}

/// Standard input. Where it is a file (`arr show - < x.npy`), its length is known and it is read in one go.
#[cfg(unix)]
fn standard_input() -> Result<Input<'static>, Error> {
    use std::os::fd::AsFd;
    let handle = std::io::stdin().as_fd().try_clone_to_owned();
    interruptible(File::from(handle.map_err(|source| Error::io("can't open", source))?))
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
