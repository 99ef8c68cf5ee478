//! The arguments of `plot`.

use std::ffi::OsString;
use std::path::PathBuf;

use arr_io::Slice;
use clap::Args;

use super::ReadArgs;
use super::values::slice;
use crate::picture::Kind;

/// Draw an array: lines, a histogram, a heat map or an image, in the terminal or into a file
///
/// Unless --kind says it, the shape decides: one dimension is drawn as a line, a few long columns or rows as that many
/// lines, a table of bytes and what has 3 or 4 channels behind height and width as an image, other tables as a heat map,
/// and all else as a histogram. Large arrays are read piece by piece: each column of a line shows the least and the
/// greatest of its values, each cell of a heat map or an image the mean. NaN and infinities are left out and counted; of complex
/// numbers the absolute values are drawn.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  arr plot log.npy --slice ':, 0'\n  arr plot weights.npy --kind heatmap -o weights.png"
)]
pub struct PlotArgs {
    /// The file; or all files of a multi-file array, in any order
    ///
    /// Of an archive the member is named, FILE::NAME, and of records the field.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,

    /// What to draw
    #[arg(long, value_name = "KIND")]
    pub kind: Option<Kind>,

    /// Draw only this part, in NumPy's syntax: '0:10, :, 3', '..., ::-1'
    #[arg(long, value_name = "SLICE", value_parser = slice, allow_hyphen_values = true)]
    pub slice: Option<Slice>,

    /// Write the picture to this file, out.png or out.svg
    #[arg(long, short, value_name = "OUT")]
    pub output: Option<PathBuf>,

    /// Replace OUT if it exists
    #[arg(long, requires = "output")]
    pub force: bool,

    /// Draw so wide: in characters (the terminal's width, or 80), of a file in pixels (800; of an image at most so many)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=2048))]
    pub width: Option<u16>,

    /// Draw so high: in lines, of a file in pixels (500; of an image at most so many)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(6..=2048))]
    pub height: Option<u16>,

    #[command(flatten)]
    pub read: ReadArgs,
}
