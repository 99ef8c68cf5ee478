//! What can be typed: the arguments of each command and their help, which is the manual.

mod members;
mod options;
mod plot;
mod values;

use std::ffi::OsString;

use arr_io::format::threads::Threads;
use arr_io::{ByteOrder, Meaning, OpenOptions, Order, Slice};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::members::{MvArgs, RepairArgs, RmArgs};
pub use self::options::{LimitFlags, ReadingOptions, WritingOptions, limit_flag, option_flag};
pub use self::plot::PlotArgs;
use self::values::{Cast, Shape, byte_order, cast, format_names, meaning, order, shape, slice, tolerance};

/// Inspect, check, compare and convert array files.
///
/// FILE may be `-` for standard input, or a directory where many files are accepted. It may name a member of an
/// archive, `weights.npz::layer1/w`, or one of several arrays in a file by its index: `weights.npy::1` is the second
/// one. The format is detected from the content.
#[derive(Debug, Parser)]
#[command(
    name = "arr",
    version,
    max_term_width = 100,
    after_long_help = "Exit codes:\n  \
        0  done\n  \
        1  `diff` found a difference, `check` found a fault, or `repair` lost something\n  \
        2  wrong usage, unreadable or bad input, failed write; one line on standard error names the file,\n     \
        the fault and its offset"
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,

    /// When to use colours: for faults, differences and pictures
    ///
    /// `auto` uses them where the output goes to a terminal and the variable NO_COLOR is not set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// The prefix of `-::member`, which would be taken for an option without it.
pub const MARK: &str = "\u{1}";

/// Arguments as they were typed, for the parser: a member of standard input is not an option.
pub fn marked(arguments: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    arguments.into_iter().map(|argument| match argument.to_str() {
        Some(text) if text.starts_with("-::") => format!("{MARK}{text}").into(),
        _ => argument,
    })
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Info(InfoArgs),
    Show(ShowArgs),
    Convert(ConvertArgs),
    Append(AppendArgs),
    Rm(RmArgs),
    Mv(MvArgs),
    Repair(RepairArgs),
    Dump(DumpArgs),
    Diff(DiffArgs),
    Check(CheckArgs),
    Stats(StatsArgs),
    Plot(PlotArgs),
    Formats(FormatsArgs),
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  arr man > ~/.local/share/man/man1/arr.1")]
    Man,
}

impl Command {
    /// The threads that it works with.
    pub fn threads(&self) -> Threads {
        let read = match self {
            Self::Info(args) => &args.read,
            Self::Show(args) => &args.read,
            Self::Convert(args) => &args.read,
            Self::Append(args) => &args.read,
            Self::Dump(args) => &args.read,
            Self::Diff(args) => &args.read,
            Self::Check(args) => &args.read,
            Self::Stats(args) => &args.read,
            Self::Plot(args) => &args.read,
            Self::Rm(_) | Self::Mv(_) | Self::Repair(_) => return Threads::usual(),
            Self::Formats(_) | Self::Completions(_) | Self::Man => return Threads::usual(),
        };
        read.threads.map_or_else(Threads::usual, |count| Threads::count(count.into()))
    }
}

/// How files are read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub struct ReadArgs {
    /// Read as this format instead of detecting it
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub from: Option<String>,

    /// Read opaque items, of which a file keeps bytes alone (V), as this dtype of as many bytes: bfloat16, '<f4'
    ///
    /// The small floats of ml_dtypes (float8_e4m3fn, float8_e5m2 and the others) are read as the numbers that they stand
    /// for, which are of <f4 then.
    #[arg(long, value_name = "DTYPE", value_parser = meaning)]
    pub dtype_as: Option<Meaning>,

    /// Look at hidden files of directories, too, and into hidden directories
    #[arg(long)]
    pub hidden: bool,

    #[command(flatten)]
    pub options: ReadingOptions,

    #[command(flatten)]
    pub limits: LimitFlags,

    /// Work with N threads; as many as there are cores unless set
    ///
    /// The variable RAYON_NUM_THREADS says the same for all commands. Where fewer threads can be started, the work is
    /// done by those.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl ReadArgs {
    /// Format, limits, and options of formats.
    pub fn options(&self) -> OpenOptions<'static> {
        let options =
            OpenOptions::new().keep_unpacked().limits(self.limits.0.clone()).options(self.options.0.clone());
        let options = match &self.dtype_as {
            Some(meaning) => options.dtype_as(meaning.clone()),
            None => options,
        };
        match &self.from {
            Some(name) => options.format(name),
            None => options,
        }
    }
}

/// Describe files without reading their data
///
/// Shows format, version, dtype, shape, order, sizes and offsets: one array as a block of lines, several as a table.
/// Directories are walked; other files in them are skipped. Bad files are reported and the others still shown.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr info data/ --json | jq -r '.[] | select(.items > 1e9) | .file'")]
pub struct InfoArgs {
    /// Files and directories
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// Print one JSON list with an object for each array and member
    ///
    /// An object has file, name (the member's key, or null), index (of one of several arrays in a row), format, size of the
    /// whole file, and compressed. For an array it has version, dtype (a type string, or a list of fields), shape, order (C,
    /// F or strided), itemsize (null for variable-length strings), items, data_offset (null where the data is packed) and data_bytes (null where
    /// only the data tells, or other bytes lie in between), and cut where the data ends early (how many rows are there); for a member its whole name as member, packing, packed_bytes, bytes,
    /// crc32 and folder; for an array in a row trailing. A fault is its error.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Print values as NumPy prints them
///
/// Large arrays are summarised, and only the part that is shown is read from large files.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr show images.npy --slice '0, :, ::8, -1'")]
pub struct ShowArgs {
    /// Files; or all files of a multi-file array, in any order
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// Show only this part, in NumPy's syntax: '0:10, :, 3', '..., ::-1'
    #[arg(long, value_name = "SLICE", value_parser = slice, allow_hyphen_values = true)]
    pub slice: Option<Slice>,

    /// Print one JSON list with an object for each array and member
    ///
    /// An object has file, name (the member's key, or null), index (of one of several arrays in a row), and dtype, shape and
    /// values, which are nested lists; or hex, the bytes of a member that is not an array; or error. Values are as in
    /// `arr dump`: NaN and infinities are the strings "nan", "inf" and "-inf", complex numbers are pairs, bytes are hex; but
    /// dates are texts by ISO 8601.
    #[arg(long, conflicts_with = "image")]
    pub json: bool,

    /// Show images as pictures in the terminal: (height, width), or with 3 or 4 channels behind
    ///
    /// `arr plot` has more kinds of pictures, and writes them to files.
    #[arg(long)]
    pub image: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Convert a file from any readable format to any writable one
///
/// Dtype, order and byte order stay as they are unless told otherwise; what the target can't hold is an error, never
/// a silent change. OUT appears whole or not at all, and may be the same file as IN. A file with several arrays is
/// converted whole; several files make an archive. If OUT is a folder (it ends in `/`, or is one), each array or member
/// becomes a file in it, which keeps the format of its file if that holds one array, and is a NumPy file otherwise.
/// If IN is a folder, the array files in it are converted; their arrays are called by their paths in it, so that
/// `layer1/w.npy` becomes the member `layer1/w`.
/// A format of consecutive arrays holds any number of them, without names: several files, or the members of an archive,
/// are written to it one after another, and arrays from it are named after their file, with a number, in an archive or
/// a folder. Files larger than memory are converted piece by piece.
#[derive(Args, Debug)]
#[command(
    override_usage = "arr convert [OPTIONS] <IN>... <OUT>",
    after_help = "Examples:\n  \
        arr convert model.npy small.npy --dtype '<f4' --order C\n  \
        arr convert big.npy - --to npy --byte-order big | ssh host 'cat > big.npy'\n  \
        arr convert weights.npy bias.npy both.npz\n  \
        arr convert model.npz layers/\n  \
        arr convert layers/ packed.npz\n  \
        arr convert weights.npy bias.npy both.nd4j"
)]
pub struct ConvertArgs {
    /// The file to read, and the file to write; `-` is standard input or output
    // With two names each run of values would need both: options could not stand between IN and OUT.
    #[arg(value_name = "IN> <OUT", required = true, num_args = 1..)]
    pub files: Vec<OsString>,

    /// Write this format; by default the extension of OUT decides
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub to: Option<String>,

    /// Cast to this dtype: '<f4', '>i8', '|S5', bfloat16, float8_e4m3fn, or a list of fields as JSON,
    /// '[["x","<f4"],["n","<i4"]]'; or what is of one dtype alone: '<f8=<f4'
    ///
    /// A value that the dtype cannot hold is an error; fractions are truncated to whole numbers, as in NumPy. Numbers,
    /// strings and dates are not cast into each other (but whole numbers and dates are). `U` and `S` without a number
    /// are as wide as the longest string. `null` means no cast. Of several arrays, those that can't be cast, such as
    /// strings and objects, stay as they are; standard error names them.
    #[arg(long, value_name = "DTYPE", value_parser = cast, allow_hyphen_values = true)]
    pub dtype: Option<Cast>,

    /// Refuse a cast that changes a value
    ///
    /// What --dtype rounds (2^53 + 1 to <f8, 0.1 to <f4), truncates (1.5 to <i4) or makes zero of (1e-300 to <f4) is an
    /// error then, which names the first such value.
    #[arg(long, requires = "dtype")]
    pub exact: bool,

    /// Lay the items out in C (row major) or F (column major) order
    #[arg(long, value_name = "C|F", value_parser = order)]
    pub order: Option<Order>,

    /// Write numbers in this byte order: little or big
    ///
    /// Formats without a type for bfloat16 hold it as two nameless bytes, always the low one first; `--dtype bfloat16`
    /// names them again.
    #[arg(long, value_name = "ORDER", value_parser = byte_order)]
    pub byte_order: Option<ByteOrder>,

    /// Take this slice of each array, in NumPy's syntax: '0:10, :, 3', '..., ::-1'
    #[arg(long, value_name = "SLICE", value_parser = slice, allow_hyphen_values = true)]
    pub slice: Option<Slice>,

    /// Give each array this shape of as many items, which are taken in C order: '6,4'
    ///
    /// One dimension may be -1: it is as long as it has to be.
    #[arg(long, value_name = "N,M", value_parser = shape, allow_hyphen_values = true)]
    pub shape: Option<Shape>,

    #[command(flatten)]
    pub options: WritingOptions,

    /// Replace OUT if it exists
    ///
    /// It keeps owner, group, mode, access list and extended attributes; where it can't, the mode loses what would let
    /// others in. Symbolic links are followed. Other names of the same file (hard links) keep the old contents.
    #[arg(long)]
    pub force: bool,

    /// Refuse names of members that are not names of files on Windows, as is always done there
    ///
    /// Such names hold one of <>:"|?*, end with a dot or a space, or are those of devices, such as CON and COM1.
    #[arg(long)]
    pub windows_names: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Add rows to an array file, or members to an archive
///
/// The rows of each input are added to an array along the first dimension, without reading or writing the others; the
/// header is changed last. Each input is added to an archive as a member that is named NAME, or after its file, without
/// the extension; after the folders of the file as well, where there is such a member. The members of an archive keep
/// their names. If anything goes wrong, the file is as it was; if the command is killed, it reads as it did, but rows
/// that no header counts may be left after the array, which --force overwrites. Other names of TARGET (hard links) keep
/// the old contents, as under any command that writes: then it is copied once.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  arr append log.npy today.npy\n  arr append model.npz layer1/b=bias.npy --force"
)]
pub struct AppendArgs {
    /// The file to add to
    #[arg(value_name = "TARGET")]
    pub target: OsString,

    /// What to add; `-` is standard input
    #[arg(value_name = "[NAME=]IN", required = true)]
    pub inputs: Vec<OsString>,

    #[command(flatten)]
    pub options: WritingOptions,

    /// Replace members that exist, and overwrite bytes after an array or an archive
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Print everything in a file as JSON, exactly
///
/// One object: {"format": .., "root": VALUE, "heap": {"1": OBJECT, ..}}. Arrays are in the heap with dtype, shape,
/// order, and data in C order: integers exact, floats in the fewest digits that read back, "nan", "inf" and "-inf" as
/// strings, complex numbers as pairs, text as strings, bytes, voids and long doubles as hex, dates and durations as
/// integers or null, records and sub-arrays as lists. If a file has several arrays, the root is a list of them; for
/// an archive it is a dict of its members. An array or member that can't be read is reported, and none stands in its place.
///
/// Objects of Lua are said in its words: {"format": .., "objects": [VALUE..], "heap": ..} with nil, booleans, numbers and
/// strings, tables, tensors over storages, instances (object) and functions, whose code is hex and is never run.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr dump x.npy | jq '.heap[\"1\"].data | add'")]
pub struct DumpArgs {
    /// The file; or all files of a multi-file array, in any order
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Compare the arrays of two files, or of the files in two directories: values, dtype and shape
///
/// Members of archives are compared by their names, files of directories by their paths in them.
///
/// Prints what differs, and at last how many arrays do. Exits with 0 when all are equal and 1 when they differ. Byte order
/// and memory order do not count, and NaN equals NaN. Numbers a and b are equal when |a - b| <= atol + rtol * |b|; both
/// tolerances are 0 unless set.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr diff before.npy after.npy --rtol 1e-6 && echo same")]
pub struct DiffArgs {
    /// The first file or directory
    #[arg(value_name = "A")]
    pub a: OsString,

    /// The second file or directory
    #[arg(value_name = "B")]
    pub b: OsString,

    /// Relative tolerance
    #[arg(long, value_name = "R", value_parser = tolerance, default_value = "0", hide_default_value = true)]
    pub rtol: f64,

    /// Absolute tolerance
    #[arg(long, value_name = "A", value_parser = tolerance, default_value = "0", hide_default_value = true)]
    pub atol: f64,

    /// Let arrays be equal that have the same values in different dtypes
    #[arg(long)]
    pub ignore_dtype: bool,

    /// Print nothing: the exit code tells
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print what is equal, too, and in which byte and memory order
    #[arg(long, short)]
    pub verbose: bool,

    /// Print one JSON list with an object for each pair, and for each part that only one side has
    ///
    /// An object has file, other (the second file), name (the member's key, or null), index (the place of one of several
    /// arrays in a row), and equal; of two arrays dtypes, shapes, items, different (how many items are), first (where),
    /// first_values, max_abs and max_rel (of finite numbers) and not_finite (how many pairs of numbers with a NaN or an
    /// infinity are different); or missing_in, or arrays (how many each file has), or error.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Read files to their end and list every fault
///
/// Prints a line for each fault, or that the file is ok. Checks the header, lengths, bytes after the data, and that
/// booleans and strings are valid; it says where objects were not decoded. Exits with 1 when there is a fault, also when a
/// file is not an array file, and with 2 when a file could not be judged: it can't be opened, or a limit forbids it.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  find . -name '*.npy' -newer stamp -exec arr check {} +")]
pub struct CheckArgs {
    /// Files and directories
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// Print nothing of files that are ok
    #[arg(long, short)]
    pub quiet: bool,

    /// Print one JSON list with an object for each file or member
    ///
    /// An object has file, name (the member's key, or null for the file), ok, faults (a list of texts), and decoded (false
    /// for objects); or error, when it could not be judged.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Print minimum, maximum, mean, standard deviation, NaN and infinity counts and a histogram
///
/// Of several files, or a directory, it prints a line for each array. What has no statistics is named and left out.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  arr stats weights.npy --json | jq '.[].mean'\n  arr stats --nan-only model.npz layers/"
)]
pub struct StatsArgs {
    /// Files and directories; or all files of a multi-file array, in any order
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// Print one JSON list with an object for each array or field
    ///
    /// An object has file, name (the member's key, or null), index (the place of one of several arrays in a row), field,
    /// dtype and shape; and quantity, unit, count, nan, positive_infinities, negative_infinities, zeros, min, max, mean, std
    /// and histogram, or error.
    #[arg(long)]
    pub json: bool,

    /// Print only arrays and fields that have NaN or NaT, and how many of all these are
    #[arg(long)]
    pub nan_only: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// List the known formats and what can be done with each
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr formats --json | jq -r '.[] | select(.write) | .name'")]
pub struct FormatsArgs {
    /// Print a JSON list with an object for each format
    #[arg(long)]
    pub json: bool,
}

/// Print a script that completes the command line
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr completions bash > ~/.local/share/bash-completion/completions/arr")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("arr "), "{} has no example", command.get_name());
        }
    }
}
