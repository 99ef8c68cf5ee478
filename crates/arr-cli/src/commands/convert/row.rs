//! To a file with one array, or several in a row.

use std::io::{BufWriter, Write, stdout};

use arr_io::format::{Format, Output};
use arr_io::{Array, ByteOrder, Contents, Conversion, DType, Error, ErrorKind, Order, Part, Pieces, Result};

use super::Job;
use crate::failure::{Failure, OfFile};
use crate::files::Named;
use crate::progress::Progress;

impl Job<'_> {
    /// Converts one file.
    pub(super) fn to_row(&self, input: &Named, format: &dyn Format) -> std::result::Result<(), Failure> {
        if let Some(pieces) = input.pieces(&self.args.read)? {
            match self.pieces_to_row(input, &pieces, format) {
                // The target has another form: it needs all of the array.
                Err(Failure::Error { error, .. }) if error.kind() == ErrorKind::Unsupported => {}
                other => return other,
            }
        }
        let contents = input.read(&self.args.read)?;
        if contents.is_archive() && contents.len() > 1 && format.is_series() {
            return self.contents_to_series(input, contents, format);
        }
        if let (1, Some(pieces)) = (contents.len(), input.pieces_of(&contents, 0)?) {
            match self.pieces_to_row(input, &pieces, format) {
                Err(Failure::Error { error, .. }) if error.kind() == ErrorKind::Unsupported => {}
                other => return other,
            }
        }
        let arrays = self.arrays_of(input, &contents)?;
        if arrays.len() > 1 && !holds_several(format) {
            let message = format!(
                "{} arrays do not go into one {} file: name one, as {}::0, or make OUT a folder that ends in /",
                arrays.len(),
                format.info().name,
                input.name
            );
            return Err(Error::unsupported(message)).of(&self.output.name);
        }
        let total: usize = arrays.iter().map(Array::nbytes).sum();
        self.save(total as u64, |sink| arrays.iter().try_for_each(|array| format.write(&array.view(), sink)))
            .of(&self.output.name)
    }

    /// Converts the array that is spread over several files.
    pub(super) fn spread_to_row(
        &self,
        inputs: &[Named],
        format: &dyn Format,
    ) -> std::result::Result<(), Failure> {
        let array = Named::read_spread(inputs, &self.args.read)?;
        let array = self.conversion.apply(array).of(&self.output.name)?;
        self.save(array.nbytes() as u64, |sink| format.write(&array.view(), sink)).of(&self.output.name)
    }

    /// The arrays of a row, or the only one of an archive, converted.
    pub(super) fn arrays_of(
        &self,
        input: &Named,
        contents: &Contents,
    ) -> std::result::Result<Vec<Array>, Failure> {
        if contents.is_archive() && contents.len() != 1 {
            let message = match contents.key(0) {
                Some(key) => format!(
                    "{} members do not go into one file: name one, as {}::{key}, or make OUT a folder that ends in /",
                    contents.len(),
                    input.name
                ),
                None => "the archive has no members".to_owned(),
            };
            return Err(Error::invalid(message)).of(&input.name);
        }
        let mut arrays = Vec::new();
        for part in 0..contents.len() {
            match contents.read(part).of(&input.name)? {
                Part::Array(array) => arrays.push(self.conversion.apply(array).of(&input.name)?),
                Part::Bytes(_) => {
                    return Err(Error::invalid("it is no array")).of(&input.label(contents, part));
                }
            }
        }
        Ok(arrays)
    }

    fn pieces_to_row(
        &self,
        input: &Named,
        pieces: &Pieces<'_>,
        format: &dyn Format,
    ) -> std::result::Result<(), Failure> {
        let what = pieces.description();
        let order = self.order_of(pieces);
        let (conversion, dtype) = self.conversion_for(pieces, format).of(&input.name)?;
        let items = what.shape.iter().fold(1u64, |items, dim| items.saturating_mul(*dim as u64));
        let total = items.saturating_mul(dtype.itemsize() as u64);
        self.save(total, |sink| {
            format.write_start(&dtype, &what.shape, order, sink)?;
            self.write_pieces(pieces, &conversion, sink)?;
            format.write_end(&dtype, &what.shape, order, sink)
        })
        .map_err(|failure| failure.of(self.culprit(&input.name, &self.output.name)))
    }

    /// What the array of a large file is turned into, and its dtype then: as was asked for, or in the only byte order that
    /// the format has. Whether the target can be written so is found out before anything is.
    pub(super) fn conversion_for(
        &self,
        pieces: &Pieces<'_>,
        format: &dyn Format,
    ) -> Result<(Conversion, DType)> {
        let what = pieces.description();
        let start = |conversion: Conversion| -> Result<(Conversion, DType)> {
            let dtype = conversion.dtype_of(&what.dtype);
            let mut sink = std::io::sink();
            let order = self.order_of(pieces);
            format.write_start(&dtype, &what.shape, order, &mut Output::new(&mut sink))?;
            Ok((conversion, dtype))
        };
        match start(self.conversion.clone()) {
            Err(error) if error.kind() == ErrorKind::Unsupported && self.args.byte_order.is_none() => {
                let other = |order| start(self.conversion.clone().byte_order(order));
                other(ByteOrder::Big).or_else(|_| other(ByteOrder::Little)).map_err(|_: Error| error)
            }
            other => other,
        }
    }

    /// The order in which the array of a large file is written.
    pub(super) fn order_of(&self, pieces: &Pieces<'_>) -> Order {
        let own = match pieces.description().order {
            arr_io::Contiguity::F => Order::F,
            _ => Order::C,
        };
        self.conversion.wanted_order().unwrap_or(own)
    }

    /// Writes the items of a large file, converted.
    pub(super) fn write_pieces(
        &self,
        pieces: &Pieces<'_>,
        conversion: &Conversion,
        sink: &mut Output<'_>,
    ) -> Result<()> {
        let order = self.order_of(pieces);
        let mut written = Ok(());
        let read = pieces.each(order, |piece, place| {
            let piece = conversion.apply_to_piece(piece, place)?;
            written = match piece.as_bytes(order) {
                Some(bytes) => sink.write(bytes),
                None => sink.write(piece.to_contiguous(order)?.as_bytes(order).unwrap_or_default()),
            };
            if written.is_ok() { Ok(()) } else { Err(Error::invalid("the output takes no more")) }
        });
        written?;
        self.input_failed.set(read.is_err());
        read
    }

    /// The file with which something was wrong: what is read and what is written is one work.
    pub(super) fn culprit<'n>(&self, input: &'n str, output: &'n str) -> &'n str {
        if self.input_failed.get() { input } else { output }
    }

    /// Writes a file, whole or not at all, or standard output.
    pub(super) fn save(
        &self,
        total: u64,
        fill: impl FnOnce(&mut Output<'_>) -> Result<()>,
    ) -> std::result::Result<(), Failure> {
        let fill = |sink: &mut Output<'_>| {
            let mut progress = Progress::new("writing", &self.output.name, Some(total));
            sink.on_progress(move |position| progress.at(position));
            fill(sink)
        };
        match &self.output.path {
            None => to_stdout(|writer| fill(&mut Output::new(writer))),
            Some(path) => Ok(self.save_options(path).save(path, fill)?),
        }
    }
}

/// True when arrays can be written one behind the other and found again: each begins as only this format does.
fn holds_several(format: &dyn Format) -> bool {
    let info = format.info();
    info.capabilities.stream && !info.magic.is_empty()
}

/// Lets `fill` write standard output.
pub(super) fn to_stdout(fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> std::result::Result<(), Failure> {
    let mut failed = None;
    let mut writer = Watched { inner: BufWriter::new(stdout().lock()), failed: &mut failed };
    let written = fill(&mut writer);
    let flushed = writer.flush();
    // The writer's own error says more than the one that came of it: whether the reader went away.
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(written.map(|()| flushed)??),
    }
}

/// A writer that keeps the error it failed with.
struct Watched<'a, W> {
    inner: W,
    failed: &'a mut Option<std::io::Error>,
}

impl<W: Write> Watched<'_, W> {
    fn watch<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.failed.get_or_insert(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let result = self.inner.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let result = self.inner.flush();
        self.watch(result)
    }
}
