//! What can be typed: the arguments of each command and their help, which is the manual.

mod options;
mod values;

use std::ffi::OsString;

use arr_io::{ByteOrder, Limits, OpenOptions, Order, Slice};
use clap::{Args, Parser, Subcommand};

pub use self::options::{ReadingOptions, WritingOptions};
use self::values::{Cast, Shape, byte_order, cast, format_names, order, shape, size, slice, tolerance};

/// Look into array files, check, compare and convert them.
///
/// FILE may be `-` for standard input, a directory where many files are taken, and may name a member of an archive,
/// `weights.npz::layer1/w`, or one of several arrays in a file by its place: `weights.npy::1` is the second one. The
/// format is found out from the content.
#[derive(Debug, Parser)]
#[command(
    name = "arr",
    version,
    max_term_width = 100,
    after_long_help = "Exit codes:\n  \
        0  done\n  \
        1  `diff` found a difference, or `check` found a fault\n  \
        2  wrong usage, unreadable or bad input, failed write; one line on standard error says which file,\n     \
        what is wrong with it and where"
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What stands in front of `-::member`, which would be taken for an option.
pub const MARK: &str = "\u{1}";

/// The arguments of this process. A member of standard input is no option.
pub fn typed() -> impl Iterator<Item = OsString> {
    std::env::args_os().map(|argument| match argument.to_str() {
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
    Dump(DumpArgs),
    Diff(DiffArgs),
    Check(CheckArgs),
    Stats(StatsArgs),
    Formats(FormatsArgs),
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  arr man > ~/.local/share/man/man1/arr.1")]
    Man,
}

/// How files are read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub struct ReadArgs {
    /// Read as this format, whatever the content looks like
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub from: Option<String>,

    #[command(flatten)]
    pub options: ReadingOptions,

    /// Refuse to read more than N bytes of array data into memory
    ///
    /// N may end in k, M, G or T (powers of 1000) or Ki, Mi, Gi or Ti (powers of 1024). Without a limit memory is
    /// still never reserved for more than the file really has.
    #[arg(long, value_name = "N", value_parser = size)]
    pub max_bytes: Option<u64>,

    /// Refuse members of archives that are more than N times as large as they are packed; 200 unless set
    ///
    /// What takes no more than 1Gi may be packed as tightly as possible.
    #[arg(long, value_name = "N", value_parser = size)]
    pub max_expansion_ratio: Option<u64>,

    /// Refuse archives of more than N members; 262144 unless set
    #[arg(long, value_name = "N", value_parser = size)]
    pub max_members: Option<u64>,

    /// Refuse headers of more than N bytes; 1Mi unless set
    #[arg(long, value_name = "N", value_parser = size)]
    pub max_header_size: Option<u64>,
}

impl ReadArgs {
    /// The limits.
    pub fn limits(&self) -> Limits {
        let limits = Limits::default();
        let limits = self.max_bytes.map_or(limits.clone(), |bytes| limits.max_bytes(bytes));
        let ratio = self.max_expansion_ratio.unwrap_or(limits.expansion_ratio());
        let members = self.max_members.unwrap_or(limits.members());
        let limits = limits.max_expansion_ratio(ratio).max_members(members);
        match self.max_header_size {
            Some(size) => limits.max_header_size(size),
            None => limits,
        }
    }

    /// Format, limits, and options of formats.
    pub fn options(&self) -> OpenOptions<'static> {
        let options =
            OpenOptions::new().keep_unpacked().limits(self.limits()).options(self.options.0.clone());
        match &self.from {
            Some(name) => options.format(name),
            None => options,
        }
    }
}

/// Say what files are, without reading the data
///
/// Shows format, version, dtype, shape, order, sizes and offsets. Of one array it prints a block, of several a line
/// each. Directories are walked; files of no known format are passed over there. Bad files are reported and the
/// others still shown.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr info data/ --json | jq -r '.[] | select(.items > 1e9) | .file'")]
pub struct InfoArgs {
    /// Files and directories
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// Print one JSON list with an object for each array and member
    ///
    /// An object has file, name (the member's key, or null), index (the place of one of several arrays in a row), format,
    /// size of the whole file, and compressed; of an array version, dtype (a type string, or a list of fields), shape, order
    /// (C, F or strided), itemsize (null for texts of any length), items, data_offset and data_bytes (null where only the
    /// data tells, or other bytes lie between); of a member its whole name as member, packing, packed_bytes, bytes, crc32
    /// and folder; of an array in a row trailing. What is wrong is its error.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Print values as NumPy prints them
///
/// Large arrays are summarised; of large files only the part that is shown is read.
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
    /// An object has file, name (the member's key, or null), index (the place of one of several arrays in a row), and dtype,
    /// shape and values, which are nested lists; or hex, the bytes of a member that is no array; or error. Values are as in
    /// `arr dump`: NaN and infinities are the strings "nan", "inf" and "-inf", complex numbers are pairs, bytes are hex.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Convert a file from any readable format to any writable one
///
/// Dtype, order and byte order stay as they are unless told otherwise; what the target can't hold is an error, never
/// a silent change. OUT appears whole or not at all, and may be the same file as IN. A file with several arrays is
/// converted whole; several files make an archive. If OUT is a folder (it ends in `/`, or is one), each array or member
/// becomes a file in it, which keeps the format of its file if that holds one array, and is a `.npy` otherwise.
/// A format of arrays in a row holds any number of them, but no names: several files, or the members of an archive, go
/// into it one after another, and what comes out of it into an archive or a folder is named after the file, with a number.
/// Files larger than memory are converted piece by piece.
#[derive(Args, Debug)]
#[command(
    override_usage = "arr convert [OPTIONS] <IN>... <OUT>",
    after_help = "Examples:\n  \
        arr convert model.npy small.npy --dtype '<f4' --order C\n  \
        arr convert big.npy - --to npy --byte-order big | ssh host 'cat > big.npy'\n  \
        arr convert weights.npy bias.npy model.npz --level 6\n  \
        arr convert model.npz layers/\n  \
        arr convert weights.npy bias.npy both.nd4j\n  \
        arr convert weights.npy chunks/ --chunk-size 65536"
)]
pub struct ConvertArgs {
    /// The file to read, and the file to write; `-` is standard input or output
    // With two names each run of values would need both: options could not stand between IN and OUT.
    #[arg(value_name = "IN> <OUT", required = true, num_args = 1..)]
    pub files: Vec<OsString>,

    /// Write this format; otherwise the extension of OUT tells
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub to: Option<String>,

    /// Cast to this dtype: '<f4', '>i8', '|S5', or a list of fields as JSON, '[["x","<f4"],["n","<i4"]]'; or what is of
    /// one dtype alone: '<f8=<f4'
    ///
    /// A value that the dtype does not hold is an error; fractions become whole numbers by losing what stands behind
    /// the point, as in NumPy. Numbers, texts and dates are not cast into each other (but whole numbers and dates
    /// are). `U` and `S` without a number are as wide as they have to be. `null` casts to nothing. Of several arrays those
    /// stay as they are that can't be cast, such as texts and objects; standard error says which.
    #[arg(long, value_name = "DTYPE", value_parser = cast, allow_hyphen_values = true)]
    pub dtype: Option<Cast>,

    /// Lay the items out in C (row major) or F (column major) order
    #[arg(long, value_name = "C|F", value_parser = order)]
    pub order: Option<Order>,

    /// Write numbers in this byte order: little or big
    ///
    /// A `.npy` holds bfloat16 as two bytes without a name, the low one first whatever is asked for; `--dtype
    /// bfloat16` names them again.
    #[arg(long, value_name = "ORDER", value_parser = byte_order)]
    pub byte_order: Option<ByteOrder>,

    /// Take this slice of each array, in NumPy's syntax: '0:10, :, 3', '..., ::-1'
    #[arg(long, value_name = "SLICE", value_parser = slice, allow_hyphen_values = true)]
    pub slice: Option<Slice>,

    /// Give each array this shape of as many items, which follow one another in C order: '6,4'
    ///
    /// One dimension may be -1: it is as long as it has to be.
    #[arg(long, value_name = "N,M", value_parser = shape, allow_hyphen_values = true)]
    pub shape: Option<Shape>,

    #[command(flatten)]
    pub options: WritingOptions,

    /// Replace OUT if it exists
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Add rows to an array file, or members to an archive
///
/// To an array the rows of each input are added along the first dimension, without reading or writing the others; the
/// header is changed last. Into an archive each input goes as a member that is called NAME, or as its file, without the
/// extension. If anything goes wrong, the file is as it was; if the command is killed, it reads as it did, but rows that
/// nobody counts may be left behind the array, which --force overwrites.
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

    /// Replace members that exist, and overwrite bytes behind an array
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
/// integers or null, records and sub-arrays as lists. If a file has several arrays, the root is a list of them; of an
/// archive it is a dict of its members. An array or member that can't be read is reported, and none stands in its place.
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
/// Exits with 0 when they are equal and 1 when they differ. Byte order and memory order are no difference, NaN equals
/// NaN. Numbers a and b are equal when |a - b| <= atol + rtol * |b|; both tolerances are 0 unless set.
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

    /// Print one JSON list with an object for each pair, and for each part that only one side has
    ///
    /// An object has file, other (the second file), name (the member's key, or null), index (the place of one of several
    /// arrays in a row), and equal; of two arrays dtypes, shapes, items, different (how many items are), first (where),
    /// first_values, max_abs and max_rel; or missing_in, or arrays (how many each file has), or error.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Read files to their end and list every fault
///
/// Prints a line for each fault, or that the file is ok. Checked are the header, lengths, bytes behind the data, and
/// that booleans and text are such. Objects are not decoded, which is said. Exits with 1 when there is a fault, also when
/// a file is no array file at all, and with 2 when a file could not be judged: it can't be opened, or a limit forbids it.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  find . -name '*.npy' -newer stamp -exec arr check {} +")]
pub struct CheckArgs {
    /// Files and directories
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

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
#[command(after_help = "Example:\n  arr stats weights.npy --json | jq '.[].mean'")]
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
