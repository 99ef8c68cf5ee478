//! Names from files as names of files.

use std::path::PathBuf;

use crate::{Error, Result};

/// Names that are devices on Windows, whatever is after a dot.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The path below a folder under which what an archive calls `name` can be saved: its parts, between slashes, lead
/// nowhere else, on any system.
///
/// ```
/// use arr_core::format::safe_path;
/// assert_eq!(safe_path("layer1/w.npy")?, std::path::Path::new("layer1/w.npy"));
/// for name in ["../w", "/etc/w", "a//b", "", "C:w", "a\\b", "nul"] {
///     assert!(safe_path(name).is_err());
/// }
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Malformed` when the name is empty, absolute or leads out of the folder, or is the name of no file on some system.
pub fn safe_path(name: &str) -> Result<PathBuf> {
    if name.chars().any(|char| char.is_control() || char == '\\') {
        return Err(Error::malformed("the name holds a control character or a backslash"));
    }
    if name.len() > 4095 || name.split('/').any(|part| part.len() > 255) {
        return Err(Error::malformed("the name is longer than names of files are"));
    }
    let leads_away = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default();
        let is_device = DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device));
        let is_drive = part.as_bytes().get(1) == Some(&b':');
        part.is_empty() || part == "." || part == ".." || is_device || is_drive
    };
    if name.split('/').any(leads_away) {
        return Err(Error::malformed("the name is absolute, or leads out of a folder, or can't be a file's"));
    }
    Ok(name.split('/').collect())
}
