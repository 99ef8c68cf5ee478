//! Saving arrays, and adding to files.

use std::path::Path;

use arr_core::format::{FormatInfo, Holds, NewPart, Sink, Writing, in_file};
use arr_core::{AsArray, Error, Result, SaveOptions};

use crate::layer::write_packed;
use crate::{OpenOptions, Registry};

/// Saves an array, in the format that the file's extension names, whole or not at all; in an archive it is `arr_0`.
/// A file named `x.npy.gz` (or `.bz2`, `.xz`, `.zst`) is compressed.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("out.npy");
/// arr_io::save(&path, &ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]))?;
/// let back: ndarray::Array2<f64> = arr_io::open(&path)?.to_typed()?;
/// assert_eq!(back[[1, 0]], 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the extension names no format, `Unsupported` when the format can't hold the array, `Io`.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<Path>, array: &A) -> Result<()> {
    let path = path.as_ref();
    let format = in_file(path, Registry::shared().for_writing(None, path))?;
    array.with_view(|view| {
        SaveOptions::new().save(path, |output| {
            write_packed(path, None, output, |output| {
                let mut writer = format.create(Sink::New(output), &Writing::new())?;
                let part = match format.info().holds {
                    Holds::Graph => NewPart::new(),
                    // What an array without a name is called by NumPy.
                    _ => NewPart::keyed("arr_0"),
                };
                writer.array(&part, view)?;
                writer.finish()
            })
        })
    })
}

/// Adds arrays to an archive that exists, without reading or writing the others: all of them or none. Members with
/// these keys are replaced, if `how` says so.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// arr_io::save(&path, &vec![1.0f32])?;
/// arr_io::add_members(&path, &[("bias", vec![2.0f32])], &arr_io::format::Writing::new())?;
/// assert_eq!(arr_io::OpenOptions::new().member("bias").open(&path)?.to_vec::<f32>()?, [2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when a member exists and is not to be [replaced](Writing::replace); `Unsupported` when the format of
/// the file can't be added to; `Io` when it can't be written. Then it is as it was.
pub fn add_members<N: AsRef<str>, A: AsArray>(
    path: impl AsRef<Path>,
    members: &[(N, A)],
    how: &Writing,
) -> Result<()> {
    let path = path.as_ref();
    let mut input = arr_core::Input::open_regular(path)?.with_limits(&how.limits);
    let format = in_file(path, OpenOptions::new().detect(&mut input, Some(path)))?;
    in_file(path, check_has_members(format.info()))?;
    let mut writer = in_file(path, format.create(Sink::Existing(path), how))?;
    for (name, array) in members {
        in_file(path, array.with_view(|view| writer.array(&NewPart::keyed(name.as_ref()), view)))?;
    }
    in_file(path, writer.finish())
}

pub(crate) fn check_has_members(info: &'static FormatInfo) -> Result<()> {
    if info.holds.has_keys() {
        return Ok(());
    }
    Err(Error::unsupported("it is not an archive of named members").in_format(info.name))
}
