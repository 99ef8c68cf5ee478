//! To a file with named members.

use std::collections::HashMap;

use arr_io::format::{ArchiveFormat, ArchiveWriter, FormatInfo};
use arr_io::{Contents, Error, ErrorKind, Part, Pieces, member_name, part_key, usual_level};

use super::Job;
use super::row::to_stdout;
use crate::failure::{Failure, OfFile};
use crate::files::Named;

/// An input, opened.
pub(super) enum Source {
    /// Its parts.
    Contents(Contents),
    /// The array of a file that is too large to be held.
    Large(Pieces<'static>),
}

impl Job<'_> {
    /// Converts files into members: those of archives keep their names, others are called as their files.
    pub(super) fn to_archive(&self, inputs: &[Named], format: &dyn ArchiveFormat) -> Result<(), Failure> {
        let sources = self.sources(inputs)?;
        let mut names: HashMap<String, String> = HashMap::new();
        for (input, source) in &sources {
            for name in source.keys(input) {
                if let Some(other) = names.insert(name.clone(), input.name.clone()) {
                    let message = format!("'{name}' would be in the archive twice, from {other} as well");
                    return Err(Error::invalid(message)).of(&input.name);
                }
            }
        }
        match &self.output.path {
            Some(path) => {
                let mut writer = format.create(path, self.save_options(path)).of(&self.output.name)?;
                self.add_all(&sources, format.info(), writer.as_mut())?;
                writer.finish().of(&self.output.name)
            }
            None => {
                let mut failure = None;
                let written = to_stdout(|stdout| {
                    let mut writer = format.write_to(stdout)?;
                    match self.add_all(&sources, format.info(), writer.as_mut()) {
                        Ok(()) => writer.finish(),
                        Err(error) => {
                            failure = Some(error);
                            Err(Error::invalid("an input can't be converted"))
                        }
                    }
                });
                match failure {
                    Some(failure) if !written.as_ref().is_err_and(Failure::is_closed_pipe) => Err(failure),
                    _ => written.of(&self.output.name),
                }
            }
        }
    }

    /// Opens the inputs.
    pub(super) fn sources<'n>(&self, inputs: &'n [Named]) -> Result<Vec<(&'n Named, Source)>, Failure> {
        if inputs.iter().filter(|input| input.path.is_none()).count() > 1 {
            return Err(Error::invalid("standard input can be read only once").into());
        }
        let open = |input: &'n Named| {
            Ok(match input.pieces(&self.args.read)? {
                Some(pieces) => (input, Source::Large(pieces)),
                None => (input, Source::Contents(input.read(&self.args.read)?)),
            })
        };
        inputs.iter().map(open).collect()
    }

    fn add_all(
        &self,
        sources: &[(&Named, Source)],
        format: &FormatInfo,
        writer: &mut dyn ArchiveWriter,
    ) -> Result<(), Failure> {
        sources.iter().try_for_each(|(input, source)| match source {
            Source::Contents(contents) => {
                contents.check_total().of(&input.name)?;
                (0..contents.len()).try_for_each(|part| self.add_part(input, contents, part, format, writer))
            }
            Source::Large(pieces) => {
                let name = writer.name_of(&stem(input));
                self.add_pieces(input, &name, pieces, self.args.level.unwrap_or(0), writer)
            }
        })
    }

    fn add_pieces(
        &self,
        input: &Named,
        name: &str,
        pieces: &Pieces<'_>,
        level: u8,
        writer: &mut dyn ArchiveWriter,
    ) -> Result<(), Failure> {
        let what = pieces.description();
        let dtype = self.conversion.dtype_of(&what.dtype);
        let what = (&dtype, &what.shape[..], self.order_of(pieces));
        let added =
            writer.add_pieces(name, what, &|sink| self.write_pieces(pieces, &self.conversion, sink), level);
        added.map_err(|error| Failure::from(error).of(self.culprit(&input.name, &self.output.name)))
    }

    fn add_part(
        &self,
        input: &Named,
        contents: &Contents,
        part: usize,
        format: &FormatInfo,
        writer: &mut dyn ArchiveWriter,
    ) -> Result<(), Failure> {
        let path = input.path.clone().unwrap_or_default();
        let name = member_name(contents, part, &path, format, writer);
        let level = self.args.level.or(contents.member(part).map(usual_level)).unwrap_or(0);
        if let Some(pieces) = input.pieces_of(contents, part)? {
            return self.add_pieces(input, &name, &pieces, level, writer);
        }
        match contents.read(part) {
            Ok(Part::Array(array)) => {
                let array = self.conversion.apply(array).of(&input.label(contents, part))?;
                writer.add(&name, &array.view(), level).of(&self.output.name)
            }
            Ok(Part::Bytes(bytes)) => writer.add_bytes(&name, &bytes, level).of(&self.output.name),
            // Objects stay as they are, if nothing is to be done with them.
            Err(error) if error.kind() == ErrorKind::Unsupported && !self.changes() => {
                let Some(member) = contents.member(part) else { return Err(error).of(&input.name) };
                let bytes = contents.read_bytes(part).of(&input.name)?;
                writer.add_bytes(&member.name, &bytes, level).of(&self.output.name)
            }
            Err(error) => Err(error).of(&input.name),
        }
    }

    /// True when arrays are to become others.
    pub(super) fn changes(&self) -> bool {
        let args = self.args;
        args.order.is_some()
            || args.byte_order.is_some()
            || args.dtype.as_ref().is_some_and(|cast| cast.0.is_some())
    }
}

impl Source {
    /// True when there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Contents(contents) if contents.is_empty())
    }

    /// Bytes of its arrays, as far as they are known before they are read.
    pub(super) fn nbytes(&self) -> u64 {
        match self {
            Self::Contents(contents) => contents.nbytes(),
            Self::Large(pieces) => pieces.description().data_len.unwrap_or(0),
        }
    }

    /// By what the members will be asked for.
    fn keys(&self, input: &Named) -> Vec<String> {
        match self {
            Self::Contents(contents) => {
                let path = input.path.clone().unwrap_or_default();
                (0..contents.len()).map(|part| part_key(contents, part, &path)).collect()
            }
            Self::Large(_) => vec![stem(input)],
        }
    }
}

fn stem(input: &Named) -> String {
    let stem = input.path.as_deref().and_then(|path| path.file_stem());
    stem.map_or_else(|| "arr_0".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
