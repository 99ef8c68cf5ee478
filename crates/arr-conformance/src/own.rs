//! Maps of files that belong to a test.

/// Maps a file that belongs to the test: `own_file!(arr_npy::map(&path))`. A file of a folder of its own, or a fixture, is
/// not changed by anybody else while the test looks at it, which is what the function that maps it asks for.
#[macro_export]
macro_rules! own_file {
    ($mapped:expr) => {{
        // SAFETY: the test alone has the file, and does not change it while it is mapped.
        #[allow(unsafe_code, clippy::macro_metavars_in_unsafe, reason = "a map asks for a promise")]
        let mapped = unsafe { $mapped };
        mapped
    }};
}
