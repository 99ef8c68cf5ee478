//! The arguments of the commands that change and rescue archives.

use std::ffi::OsString;

use clap::Args;

use super::values::format_names;
use super::{LimitFlags, ReadingOptions};

/// Remove members of an archive
///
/// The other members are not read or packed again. Nothing changes unless all members are found, and then all at once: if
/// the command is killed, the archive is as it was or as it was to be. A large archive keeps the bytes of what is removed
/// until half of it is unused.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  arr rm model.npz step\n  arr rm model.npz 'layer0/*'")]
pub struct RmArgs {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    pub archive: OsString,

    /// Members, or patterns: `*` stands for any characters, `?` for one
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,

    /// Give up bytes after the archive
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub limits: LimitFlags,
}

/// Rename a member of an archive
///
/// Its data stays as it is, packed or not. If the command is killed, the archive is as it was or as it was to be.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr mv model.npz w layer1/w")]
pub struct MvArgs {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    pub archive: OsString,

    /// The member
    #[arg(value_name = "OLD")]
    pub old: String,

    /// Its new name; what is an array stays one
    #[arg(value_name = "NEW")]
    pub new: String,

    /// Replace a member of the new name, and give up bytes after the archive
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub limits: LimitFlags,
}

/// Write what is whole of a cut or damaged file
///
/// Of an archive these are the members whose checksums are right: those that its directory names, and where that is
/// missing or damaged, those that begin with a header of their own. Of an array whose data ends early they are the rows that
/// are there. What was lost is listed, a line each, and the command exits with 1 if there is any. Where nothing is whole, OUT
/// is not written. Members that were removed from a large archive, or renamed in it, may come back where its directory is
/// lost: their bytes stay in it until half of it is unused.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  arr repair broken.npz whole.npz")]
pub struct RepairArgs {
    /// The damaged file
    #[arg(value_name = "FILE")]
    pub file: OsString,

    /// The file to write; `-` is standard output, and then what was lost is listed on standard error
    #[arg(value_name = "OUT")]
    pub out: OsString,

    /// Read as this format instead of detecting it
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub from: Option<String>,

    /// Write this format; by default the extension of OUT decides
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub to: Option<String>,

    /// Replace OUT if it exists
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub options: ReadingOptions,

    #[command(flatten)]
    pub limits: LimitFlags,
}
