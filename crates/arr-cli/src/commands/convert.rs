//! `arr convert`: from any readable format to any writable one.

use std::ffi::OsString;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use arr_io::{Array, Conversion, Error, Format, Output, Registry, Result, SaveOptions, format_for_writing};

use crate::args::ConvertArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;
use crate::progress::Progress;

/// Reads, changes what was asked for, and writes.
pub fn run(args: &ConvertArgs) -> std::result::Result<Outcome, Failure> {
    let (input, output) = ends(&args.files)?;
    let format = target(args, &output).of(&output.name)?;
    let arrays = input.read(&args.read)?.arrays;
    let conversion = conversion(args);
    let arrays: Vec<Array> =
        arrays.into_iter().map(|array| conversion.apply(array)).collect::<Result<_>>().of(&input.name)?;
    if arrays.len() > 1 && !holds_several(format) {
        let message = format!("{} arrays do not go into one {} file", arrays.len(), format.info().name);
        return Err(Error::unsupported(message)).of(&output.name);
    }
    write(args, &output, format, &arrays).of(&output.name)?;
    Ok(Outcome::Done)
}

/// True when arrays can be written one behind the other and found again: each begins as only this format does.
fn holds_several(format: &dyn Format) -> bool {
    let info = format.info();
    info.capabilities.stream && !info.magic.is_empty()
}

/// The only input and the output.
fn ends(files: &[OsString]) -> std::result::Result<(Named, Named), Failure> {
    match files {
        [input, output] => Ok((Named::new(input), Named::of_output(output))),
        [.., output] => {
            let message = "several inputs make an archive, and there is no archive format";
            Err(Error::invalid(message)).of(&Named::of_output(output).name)
        }
        [] => Err(Error::invalid("IN and OUT are missing").into()),
    }
}

/// The format to write, after looking for what forbids to write at all: it is better said before the work.
fn target(args: &ConvertArgs, output: &Named) -> Result<&'static dyn Format> {
    let path = output.path.as_deref();
    if let Some(path) = path.filter(|path| !args.force && is_in_the_way(path)) {
        let what = if path.is_dir() { "it is a directory" } else { "it exists; --force replaces it" };
        return Err(Error::invalid(format!("can't write: {what}")));
    }
    if path.is_none() && args.to.is_none() {
        return Err(Error::invalid(
            "standard output has no extension that tells the format: name it with --to",
        ));
    }
    let format = format_for_writing(Registry::shared(), args.to.as_deref(), path.unwrap_or(Path::new("-")))?;
    match args.level {
        Some(_) => {
            Err(Error::invalid("nothing is compressed, so there is no --level").in_format(format.info().name))
        }
        None => Ok(format),
    }
}

/// Pipes and devices are there to be written to.
fn is_in_the_way(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
        && path.metadata().map_or(true, |metadata| metadata.is_file() || metadata.is_dir())
}

fn conversion(args: &ConvertArgs) -> Conversion {
    let mut conversion = Conversion::new();
    if let Some(dtype) = args.dtype.as_ref().and_then(|cast| cast.0.clone()) {
        conversion = conversion.dtype(dtype);
    }
    if let Some(order) = args.order {
        conversion = conversion.order(order);
    }
    if let Some(byte_order) = args.byte_order {
        conversion = conversion.byte_order(byte_order);
    }
    conversion
}

/// Writes the arrays one behind the other, whole or (to a file) not at all.
fn write(
    args: &ConvertArgs,
    output: &Named,
    format: &dyn Format,
    arrays: &[Array],
) -> std::result::Result<(), Failure> {
    let total: usize = arrays.iter().map(Array::nbytes).sum();
    let fill = |sink: &mut Output<'_>| {
        let mut progress = Progress::new("writing", &output.name, Some(total as u64));
        sink.on_progress(move |position| progress.at(position));
        arrays.iter().try_for_each(|array| format.write(&array.view(), sink))
    };
    match &output.path {
        None => write_to_stdout(fill),
        Some(path) => {
            // A file that appeared meanwhile is as safe as one that was there before.
            let keep = !args.force && path.metadata().map_or(true, |metadata| metadata.is_file());
            let options = if keep { SaveOptions::new().keep_existing() } else { SaveOptions::new() };
            Ok(options.save(path, fill)?)
        }
    }
}

fn write_to_stdout(fill: impl FnOnce(&mut Output<'_>) -> Result<()>) -> std::result::Result<(), Failure> {
    let mut failed = None;
    let mut writer = Watched { inner: BufWriter::new(stdout().lock()), failed: &mut failed };
    let written = fill(&mut Output::new(&mut writer));
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
