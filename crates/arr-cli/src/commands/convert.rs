//! `arr convert`: from any readable format to any writable one.

mod archive;
mod chunks;
mod folder;
mod row;
mod series;

use std::cell::Cell;
use std::path::{Path, PathBuf};

use arr_io::format::{ArchiveFormat, Format};
use arr_io::{AnyFormat, ByteOrder, Conversion, Error, Registry, Result, SaveOptions, format_for_writing};

use crate::args::ConvertArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;

/// Reads, changes what was asked for, and writes.
pub fn run(args: &ConvertArgs) -> std::result::Result<Outcome, Failure> {
    let (inputs, output) = match args.files.split_last() {
        Some((output, inputs)) if !inputs.is_empty() => {
            let inputs: Vec<Named> = inputs.iter().map(|input| Named::new(input)).collect();
            (inputs, Named::of_output(output))
        }
        _ => return Err(Error::invalid("OUT is missing: arr convert [OPTIONS] <IN>... <OUT>").into()),
    };
    let job = Job { args, conversion: conversion(args), output, input_failed: Cell::new(false) };
    match job.target().of(&job.output.name)? {
        Target::Row(format) => match inputs.as_slice() {
            [input] => job.to_row(input, format)?,
            inputs if is_spread(args, inputs)? => job.spread_to_row(inputs, format)?,
            inputs if format.is_series() => job.to_series(inputs, format)?,
            _ => {
                let message = format!(
                    "several inputs make an archive (.npz) or a stream (.nd4j), not a {} file",
                    format.info().name
                );
                return Err(Error::invalid(message)).of(&job.output.name);
            }
        },
        Target::Archive(format) => job.to_archive(&inputs, format)?,
        Target::Folder(path, format) => match inputs.as_slice() {
            [input] => match args.chunk_size {
                Some(size) => job.to_chunks(input, &path, format, size)?,
                None => job.to_folder(input, &path, format)?,
            },
            _ => {
                return Err(Error::invalid("several inputs make an archive, not files")).of(&job.output.name);
            }
        },
    }
    Ok(Outcome::Done)
}

/// What is written.
enum Target {
    /// A file with one array, or several in a row.
    Row(&'static dyn Format),
    /// A file with named members.
    Archive(&'static dyn ArchiveFormat),
    /// A file for each member of an archive.
    Folder(PathBuf, &'static dyn Format),
}

/// What is to be done.
struct Job<'a> {
    args: &'a ConvertArgs,
    conversion: Conversion,
    output: Named,
    /// Whether it was an input that failed, and not the output, while both were worked on.
    input_failed: Cell<bool>,
}

impl Job<'_> {
    /// The format to write, after looking for what forbids to write at all: it is better said before the work.
    fn target(&self) -> Result<Target> {
        let (args, path) = (self.args, self.output.path.as_deref());
        if let Some(path) = path.filter(|path| is_folder(path)) {
            let usual = if args.chunk_size.is_some() { "nd4j-aeron-chunk" } else { "npy" };
            let to = Some(args.to.as_deref().unwrap_or(usual));
            return match format_for_writing(Registry::shared(), to, path)? {
                AnyFormat::Array(format) => {
                    check_byte_order(format, args.byte_order)?;
                    Ok(Target::Folder(path.to_path_buf(), format))
                }
                AnyFormat::Archive(_) => Err(Error::invalid("can't write: it is a directory")),
            };
        }
        if args.chunk_size.is_some() {
            return Err(Error::invalid("chunks are files of a folder: end its name with /"));
        }
        if path.is_some_and(|path| !args.force && is_in_the_way(path)) {
            return Err(Error::invalid("can't write: it exists; --force replaces it"));
        }
        if path.is_none() && args.to.is_none() {
            return Err(Error::invalid(
                "standard output has no extension that tells the format: name it with --to",
            ));
        }
        let path = path.unwrap_or(Path::new("-"));
        match format_for_writing(Registry::shared(), args.to.as_deref(), path)? {
            AnyFormat::Array(format) if args.level.is_some() => {
                let message = "nothing is compressed, so there is no --level";
                Err(Error::invalid(message).in_format(format.info().name))
            }
            AnyFormat::Array(format) => {
                check_byte_order(format, args.byte_order)?;
                Ok(Target::Row(format))
            }
            AnyFormat::Archive(format) => Ok(Target::Archive(format)),
        }
    }

    /// A file that appeared meanwhile is as safe as one that was there before.
    fn save_options(&self, path: &Path) -> SaveOptions {
        let keep = !self.args.force && path.metadata().map_or(true, |metadata| metadata.is_file());
        if keep { SaveOptions::new().keep_existing() } else { SaveOptions::new() }
    }
}

/// Refuses another byte order than the one that a format has.
fn check_byte_order(format: &dyn Format, wanted: Option<ByteOrder>) -> Result<()> {
    let own = match format.byte_order().filter(|own| wanted.is_some_and(|wanted| wanted != *own)) {
        Some(ByteOrder::Little) => "little",
        Some(ByteOrder::Big) => "big",
        None => return Ok(()),
    };
    let message = format!("numbers of this format are {own}-endian");
    Err(Error::unsupported(message).in_format(format.info().name))
}

/// True when several files are parts of one array.
fn is_spread(args: &ConvertArgs, inputs: &[Named]) -> std::result::Result<bool, Failure> {
    // To look at standard input is to read it, unless its format is named.
    let is_known = |first: &&Named| first.path.is_some() || args.read.from.is_some();
    let Some(first) = inputs.first().filter(is_known) else { return Ok(false) };
    match first.format(&args.read)? {
        AnyFormat::Array(format) => Ok(format.is_spread()),
        AnyFormat::Archive(_) => Ok(false),
    }
}

/// True for a folder, and for the name of one that there is to be.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
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
