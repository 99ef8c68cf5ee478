//! Names from files as names of files.

use std::path::PathBuf;

use crate::{Error, Result};

/// Names that are devices on Windows, whatever is after a dot.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The path below a folder under which what an archive calls `name` can be saved: its parts, between slashes, lead
/// nowhere else.
///
/// ```
/// use arr_core::format::safe_path;
/// assert_eq!(safe_path("layer1/w.npy")?, std::path::Path::new("layer1/w.npy"));
/// // As archives of the folder itself have it.
/// assert_eq!(safe_path("./w.npy")?, std::path::Path::new("w.npy"));
/// for name in ["../w", "/etc/w", "a//b", "", "a\\b", "./../w", "."] {
///     assert!(safe_path(name).is_err());
/// }
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// On Windows the rules of [`windows_path`] hold as well; elsewhere `aux` and `W:0` are names as any other.
///
/// # Errors
/// `Malformed` when the name is empty, absolute or leads out of the folder, or can't be that of a file.
pub fn safe_path(name: &str) -> Result<PathBuf> {
    if cfg!(windows) {
        check_for_windows(name)?;
    }
    if name.chars().any(|char| char.is_control() || char == '\\') {
        return Err(Error::malformed("the name holds a control character or a backslash"));
    }
    if name.len() > 4095 || name.split('/').any(|part| part.len() > 255) {
        return Err(Error::malformed("the name is longer than names of files are"));
    }
    let mut name = name;
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    if name.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err(Error::malformed("the name is absolute, or leads out of a folder, or can't be a file's"));
    }
    Ok(name.split('/').collect())
}

/// [`safe_path`] of a name that is just that of a file on Windows too. There a colon begins the name of a stream in a file,
/// a dot or a space at the end is dropped, so that the file has another name, and more names are those of devices.
///
/// ```
/// use arr_core::format::windows_path;
/// assert_eq!(windows_path("layer1/w.npy")?, std::path::Path::new("layer1/w.npy"));
/// for name in ["ab:stream", "C:w", "nul.npy", "con ", "w.", "COM\u{b9}.npy", "a?b", "dir /w"] {
///     assert!(windows_path(name).is_err());
/// }
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As `safe_path`, and `Malformed` when Windows would take it for something else.
pub fn windows_path(name: &str) -> Result<PathBuf> {
    check_for_windows(name)?;
    safe_path(name)
}

fn check_for_windows(name: &str) -> Result<()> {
    if let Some(char) = name.chars().find(|char| ":<>\"|?*".contains(*char)) {
        return Err(Error::malformed(format!("the name holds '{char}', which Windows does not take")));
    }
    for part in name.split('/') {
        if part.ends_with(['.', ' ']) && part != "." && part != ".." {
            let message =
                "the name, or that of a folder in it, ends with a dot or a space, which Windows drops";
            return Err(Error::malformed(message));
        }
        // Spaces before the extension count no more than those at the end.
        let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ');
        let digits = ['\u{b9}', '\u{b2}', '\u{b3}'];
        let is_port = stem
            .strip_suffix(digits)
            .is_some_and(|stem| ["com", "lpt"].iter().any(|port| stem.eq_ignore_ascii_case(port)));
        let mut devices = DEVICES.iter().chain(&["conin$", "conout$"]);
        if is_port || devices.any(|device| stem.eq_ignore_ascii_case(device)) {
            return Err(Error::malformed("the name is that of a device on Windows"));
        }
    }
    Ok(())
}
