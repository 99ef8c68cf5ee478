//! `arr convert`: from any readable format to any writable one.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use arr_io::format::{FormatInfo, Notes, Side};
use arr_io::{Conversion, Destination, Error, Registry, split_member};

use crate::args::{ConvertArgs, MARK};
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{check_options, origins, tell, unknown_option};
use crate::output::Standard;
use crate::plain::Plain;
use crate::progress::Progress;

/// Reads, changes what was asked for, and writes.
pub fn run(args: &ConvertArgs) -> Result<Outcome, Failure> {
    let (output, inputs) = match args.files.split_last() {
        Some((output, inputs)) if !inputs.is_empty() => (output, inputs),
        _ => return Err(Error::invalid("OUT is missing: arr convert [OPTIONS] <IN>... <OUT>").into()),
    };
    if output == OsStr::new("-") {
        return to_stdout(|writer| work(args, inputs, "-", Destination::Stream(writer, "-".to_owned())));
    }
    work(args, inputs, &output.to_string_lossy(), destination(output)?)
}

/// A file, a folder, or a member of an archive.
pub(super) fn destination(output: &OsStr) -> Result<Destination<'static>, Failure> {
    match output.to_str().map(|text| (text.starts_with(MARK), split_member(text))) {
        Some((true, _)) => Err(Error::invalid("a member can't be added to standard output")).of("-"),
        Some((false, (path, Some(member)))) => Ok(Destination::Member(path, member.to_owned())),
        _ => {
            let path = PathBuf::from(output);
            if is_terminal(&path) {
                let message = "it is a terminal: write to standard output, -, or to a file";
                return Err(Error::invalid(message)).of(&path.to_string_lossy());
            }
            Ok(Destination::Path(path))
        }
    }
}

/// True for the device of a terminal, which would take what files hold as it is.
fn is_terminal(path: &Path) -> bool {
    let is_other = path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    let is_device = is_other && !is_fifo(path);
    is_device && File::options().write(true).open(path).is_ok_and(|device| device.is_terminal())
}

/// True for a pipe that has a name: to open it is to wait for its other end.
#[cfg(unix)]
fn is_fifo(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// True for a pipe that has a name.
#[cfg(not(unix))]
fn is_fifo(_: &Path) -> bool {
    false
}

fn work(
    args: &ConvertArgs,
    inputs: &[OsString],
    output: &str,
    to: Destination<'_>,
) -> Result<Outcome, Failure> {
    if matches!(to, Destination::Stream(..)) && args.to.is_none() {
        let message = "standard output has no extension that tells the format: name it with --to";
        return Err(Error::invalid(message)).of("-");
    }
    let conversion = conversion(args, output);
    let target = conversion.target(to, Registry::shared())?;
    // What has no dtype is read as the one that is asked for.
    let typed = args.dtype.as_ref().and_then(|cast| cast.typed.as_deref());
    // What is to be exact is read as what it is, and then cast.
    let typed = typed.map(|typed| if args.exact { "null" } else { typed });
    let mut options =
        typed.iter().fold(args.read.options.0.clone(), |options, typed| options.with("dtype", *typed));
    // And what has no shape and order of its own.
    if let Some(shape) = &args.shape {
        options = options.with("shape", format!("{:?}", shape.0));
    }
    if let Some(order) = args.order {
        options = options.with("order", order.to_string());
    }
    // A multi-file array is one input, which is known from its first file.
    let origins =
        origins(inputs, &args.read, &options, |is_one_of_several| target.keeps_objects(is_one_of_several))?;
    target.check_inputs(origins.len())?;
    let formats: Vec<&FormatInfo> = origins.iter().map(|origin| origin.parts.format()).collect();
    // What counts in both directions may be meant for one of them.
    let is_written = |name: &str| target.format().option(name).is_some_and(|row| row.side == Side::Both);
    check_options(&args.read.options.0.only(|name| !is_written(name)), &formats)?;
    target.check_options(&args.options.0).map_err(unknown_option)?;
    let was_read_so = typed.is_some_and(|typed| typed != "null")
        && formats.iter().all(|format| format.option("dtype").is_some());
    let mut progress = Progress::new();
    conversion.was_read_so(was_read_so).run(origins, target, &mut progress)?;
    Ok(progress.outcome())
}

fn conversion(args: &ConvertArgs, output: &str) -> Conversion {
    let mut conversion = Conversion::new().replace(args.force).windows_names(args.windows_names);
    // What is said of the output alone goes before what is said of both sides.
    conversion = conversion.exact(args.exact).options(args.read.options.0.clone().with_all(&args.options.0));
    conversion = conversion.limits(args.read.limits.0.clone());
    let output = output.to_owned();
    conversion = conversion.notes(Notes::to(move |note, hint| tell(&output, note, hint)));
    if let Some(dtype) = args.dtype.as_ref().and_then(|cast| cast.to.clone()) {
        conversion = conversion.dtype(dtype);
    }
    if let Some(small) = args.dtype.as_ref().and_then(|cast| cast.small.as_ref()) {
        conversion = conversion.meaning(small);
    }
    if let Some(only) = args.dtype.as_ref().and_then(|cast| cast.only.clone()) {
        conversion = conversion.only(only);
    }
    if let Some(order) = args.order {
        conversion = conversion.order(order);
    }
    if let Some(byte_order) = args.byte_order {
        conversion = conversion.byte_order(byte_order);
    }
    if let Some(slice) = &args.slice {
        conversion = conversion.slice(slice.clone());
    }
    if let Some(shape) = &args.shape {
        conversion = conversion.shape(&shape.0);
    }
    match &args.to {
        Some(to) => conversion.to(to),
        None => conversion,
    }
}

/// Lets `fill` write standard output.
pub(super) fn to_stdout(
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let mut failed = None;
    // What files hold reaches no terminal as it is. Nobody reads it back from there.
    let out: Box<dyn Write + Send> = match std::io::stdout().is_terminal() {
        true => Box::new(Plain::new(Standard::new())),
        false => Box::new(Standard::new()),
    };
    let mut writer = Watched { inner: BufWriter::new(out), failed: &mut failed };
    let written = fill(&mut writer);
    let flushed = writer.flush();
    // The writer's own error says more than the one that came of it: whether the reader went away.
    match failed {
        Some(error) => Err(error.into()),
        None => written.and_then(|outcome| Ok(flushed.map(|()| outcome)?)),
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
