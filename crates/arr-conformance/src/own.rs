//! Files that belong to a test.

/// What an error says, without the file: it is the same by whatever door.
#[must_use]
pub fn said(error: &arr_core::Error) -> String {
    error.to_line(|_| String::new())
}

/// Maps a file that belongs to the test: `own_file!(arr_npy::map(&path))`. A file of a folder of its own, or a fixture, is
/// not changed by anybody else while the test looks at it, which is what the function that maps it asks for.
#[macro_export]
macro_rules! own_file {
    ($mapped:expr) => {{
        #[allow(unsafe_code, clippy::macro_metavars_in_unsafe, reason = "a map asks for a promise")]
        // SAFETY: the test alone has the file, and does not change it while it is mapped.
        let mapped = unsafe { $mapped };
        mapped
    }};
}
