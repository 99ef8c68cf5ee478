//! The formats that are known, and which of them a file is.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arr_core::{Error, Format, FormatInfo, Input, Match, Result};

/// How much of a file detection looks at.
const PREFIX: usize = 256;

/// The formats that are known. The functions of this crate use those that its features enable; a registry of your
/// own can know more.
///
/// ```
/// use arr_io::Registry;
/// let registry = Registry::enabled();
/// assert!(registry.infos().any(|info| info.name == "npy"));
/// # Ok::<(), arr_io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    formats: Vec<Arc<dyn Format>>,
}

impl Registry {
    /// Knows nothing yet.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Knows every format that this crate's features enable.
    #[must_use]
    pub fn enabled() -> Self {
        let registry = Self::empty();
        #[cfg(feature = "npy")]
        let registry = registry.with(arr_npy::Npy);
        registry
    }

    /// The one that the functions of this crate use.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Registry> = LazyLock::new(Registry::enabled);
        &SHARED
    }

    /// Adds a format; of equal names the last one counts.
    #[must_use]
    pub fn with(mut self, format: impl Format + 'static) -> Self {
        self.formats.retain(|known| known.info().name != format.info().name);
        self.formats.push(Arc::new(format));
        self
    }

    /// What the formats say of themselves.
    pub fn infos(&self) -> impl Iterator<Item = &'static FormatInfo> + '_ {
        self.formats.iter().map(|format| format.info())
    }

    /// The format of that name.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, naming those that there are.
    pub fn by_name(&self, name: &str) -> Result<&dyn Format> {
        self.formats.iter().find(|format| format.info().name == name).map(Arc::as_ref).ok_or_else(|| {
            let known: Vec<&str> = self.infos().map(|info| info.name).collect();
            Error::invalid(format!("there is no format '{name}'; there are: {}", known.join(", ")))
        })
    }

    /// The format that writes files of that name's extension.
    ///
    /// # Errors
    /// `InvalidArgument` when none does.
    pub fn by_extension(&self, path: &Path) -> Result<&dyn Format> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        self.formats.iter().find(|format| claims(format.as_ref(), extension)).map(Arc::as_ref).ok_or_else(
            || {
                Error::invalid(match extension {
                    "" => "the file name has no extension that tells the format: name the format".to_owned(),
                    _ => format!("no format is written to files that end in '.{extension}': name the format"),
                })
            },
        )
    }

    /// The format that the first bytes of `input` are; where they do not decide, the extension of `path` does.
    ///
    /// # Errors
    /// `Unsupported` when no format fits, `Malformed` when there is nothing to look at, `Io` when the source fails.
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<&dyn Format> {
        let prefix = input.peek(PREFIX)?;
        if prefix.is_empty() {
            return Err(Error::malformed("the file is empty").at(0));
        }
        let extension =
            path.and_then(Path::extension).and_then(|extension| extension.to_str()).unwrap_or_default();
        let rank = |format: &&Arc<dyn Format>| (format.sniff(prefix), claims(format.as_ref(), extension));
        let best = self.formats.iter().filter(|format| format.sniff(prefix) > Match::No).max_by_key(rank);
        best.map(Arc::as_ref).ok_or_else(|| {
            let shown: String = prefix.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            Error::unsupported(format!("no known format begins with the bytes {shown}")).at(0)
        })
    }
}

fn claims(format: &dyn Format, extension: &str) -> bool {
    format.info().extensions.iter().any(|own| own.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_core::ErrorKind;

    #[test]
    fn strangers_are_refused_with_what_was_seen() {
        let registry = Registry::enabled();
        let mut input = Input::from_bytes(b"\x7fELF\x02\x01\x01\x00\x00");
        let error = registry.detect(&mut input, None).unwrap_err();
        assert_eq!(error.to_string(), "no known format begins with the bytes 7f454c4602010100 (at byte 0)");
        assert_eq!(
            registry.detect(&mut Input::from_bytes(b""), None).unwrap_err().kind(),
            ErrorKind::Malformed
        );
        assert!(registry.by_name("nope").is_err());
        assert!(registry.by_extension(Path::new("x.nope")).is_err());
    }
}
