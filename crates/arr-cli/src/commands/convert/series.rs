//! To a file with several arrays, one behind the other and without names.

use arr_io::format::{Format, Output};
use arr_io::{Contents, Error, ErrorKind, Part, Pieces, Result};

use super::Job;
use super::archive::Source;
use crate::failure::{Failure, OfFile};
use crate::files::Named;

impl Job<'_> {
    /// Converts files into one: all arrays of the first, then those of the next.
    pub(super) fn to_series(
        &self,
        inputs: &[Named],
        format: &dyn Format,
    ) -> std::result::Result<(), Failure> {
        let sources = self.sources(inputs)?;
        self.save_series(&sources, format)
    }

    /// Converts the members of an archive, in their order; their names are lost.
    pub(super) fn contents_to_series(
        &self,
        input: &Named,
        contents: Contents,
        format: &dyn Format,
    ) -> std::result::Result<(), Failure> {
        self.save_series(&[(input, Source::Contents(contents))], format)
    }

    fn save_series(
        &self,
        sources: &[(&Named, Source)],
        format: &dyn Format,
    ) -> std::result::Result<(), Failure> {
        if sources.iter().all(|(_, source)| source.is_empty()) {
            return Err(Error::invalid("there are no arrays to be written")).of(&self.output.name);
        }
        let total = sources.iter().map(|(_, source)| source.nbytes()).fold(0, u64::saturating_add);
        let mut failure = None;
        let written = self.save(total, |sink| {
            sources.iter().try_for_each(|(input, source)| {
                self.add_source(input, source, format, sink).map_err(|error| {
                    failure = Some(error);
                    Error::invalid("an input can't be converted")
                })
            })
        });
        match failure {
            Some(failure) if !written.as_ref().is_err_and(Failure::is_closed_pipe) => Err(failure),
            _ => written.of(&self.output.name),
        }
    }

    fn add_source(
        &self,
        input: &Named,
        source: &Source,
        format: &dyn Format,
        sink: &mut Output<'_>,
    ) -> std::result::Result<(), Failure> {
        let contents = match source {
            Source::Contents(contents) => contents,
            Source::Large(pieces) => {
                let whole = || pieces.read();
                return self.add_large(&input.name, pieces, whole, format, sink);
            }
        };
        contents.check_total().of(&input.name)?;
        (0..contents.len()).try_for_each(|part| {
            let label = input.label(contents, part);
            let read = || match contents.read(part)? {
                Part::Array(array) => Ok(array),
                Part::Bytes(_) => Err(Error::invalid("it is no array")),
            };
            match input.pieces_of(contents, part)? {
                Some(pieces) => self.add_large(&label, &pieces, read, format, sink),
                None => self.add_array(&label, read, format, sink),
            }
        })
    }

    /// Writes an array piece by piece, or, where the target needs all of it, as a whole.
    fn add_large(
        &self,
        label: &str,
        pieces: &Pieces<'_>,
        whole: impl FnOnce() -> Result<arr_io::Array>,
        format: &dyn Format,
        sink: &mut Output<'_>,
    ) -> std::result::Result<(), Failure> {
        let (conversion, dtype) = match self.conversion_for(pieces, format) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                return self.add_array(label, whole, format, sink);
            }
            Err(error) => return Err(error).of(label),
        };
        let what = pieces.description();
        let written = format
            .write_start(&dtype, &what.shape, self.order_of(pieces), sink)
            .and_then(|()| self.write_pieces(pieces, &conversion, sink));
        written.map_err(|error| Failure::from(error).of(self.culprit(label, &self.output.name)))
    }

    fn add_array(
        &self,
        label: &str,
        read: impl FnOnce() -> Result<arr_io::Array>,
        format: &dyn Format,
        sink: &mut Output<'_>,
    ) -> std::result::Result<(), Failure> {
        let array = read().and_then(|array| self.conversion.apply(array)).of(label)?;
        // What the target can't hold is in one of several inputs: it has to be said in which.
        format.write(&array.view(), sink).map_err(|error| match error.kind() {
            ErrorKind::Io => Failure::from(error).of(&self.output.name),
            _ => Failure::from(error).of(label),
        })
    }
}
