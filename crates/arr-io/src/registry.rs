//! The formats that are known, and which of them a file is.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arr_core::format::{ArchiveFormat, Format, FormatInfo, Match};
use arr_core::{Error, Input, Result};

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
    formats: Vec<Kept>,
}

#[derive(Clone, Debug)]
enum Kept {
    Array(Arc<dyn Format>),
    Archive(Arc<dyn ArchiveFormat>),
}

/// A format of a registry: of arrays one behind the other, or of named members.
#[derive(Clone, Copy, Debug)]
pub enum AnyFormat<'r> {
    /// One array, or several in a row.
    Array(&'r dyn Format),
    /// Named members.
    Archive(&'r dyn ArchiveFormat),
}

impl AnyFormat<'_> {
    /// The format's data about itself.
    #[must_use]
    pub fn info(&self) -> &'static FormatInfo {
        match self {
            Self::Array(format) => format.info(),
            Self::Archive(format) => format.info(),
        }
    }

    /// Says whether `prefix`, the first bytes of a file, is this format's.
    #[must_use]
    pub fn sniff(&self, prefix: &[u8]) -> Match {
        match self {
            Self::Array(format) => format.sniff(prefix),
            Self::Archive(format) => format.sniff(prefix),
        }
    }

    fn claims(&self, extension: &str) -> bool {
        self.info().extensions.iter().any(|own| own.eq_ignore_ascii_case(extension))
    }
}

impl Kept {
    fn format(&self) -> AnyFormat<'_> {
        match self {
            Self::Array(format) => AnyFormat::Array(format.as_ref()),
            Self::Archive(format) => AnyFormat::Archive(format.as_ref()),
        }
    }
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
        let registry = registry.with(arr_npy::format::Npy);
        #[cfg(feature = "npz")]
        let registry = registry.with_archive(arr_npy::format::Npz);
        #[cfg(feature = "nd4j")]
        let registry = registry
            .with(arr_binary::format::Nd4jStream)
            .with(arr_binary::format::Nd4jBinarySerde)
            .with(arr_binary::format::Nd4jAeronMessage)
            .with(arr_binary::format::Nd4jAeronChunk)
            .with(arr_binary::format::Nd4jFlatArray)
            .with(arr_binary::format::JavaSerialized);
        #[cfg(feature = "text")]
        let registry = registry.with(arr_text::format::Nd4jTxt);
        registry
    }

    /// The one that the functions of this crate use.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Registry> = LazyLock::new(Registry::enabled);
        &SHARED
    }

    /// Adds a format of arrays; of equal names the last one counts.
    #[must_use]
    pub fn with(self, format: impl Format + 'static) -> Self {
        self.keep(Kept::Array(Arc::new(format)))
    }

    /// Adds a format of archives; of equal names the last one counts.
    #[must_use]
    pub fn with_archive(self, format: impl ArchiveFormat + 'static) -> Self {
        self.keep(Kept::Archive(Arc::new(format)))
    }

    fn keep(mut self, new: Kept) -> Self {
        self.formats.retain(|known| known.format().info().name != new.format().info().name);
        self.formats.push(new);
        self
    }

    fn all(&self) -> impl Iterator<Item = AnyFormat<'_>> {
        self.formats.iter().map(Kept::format)
    }

    /// What the formats say of themselves.
    pub fn infos(&self) -> impl Iterator<Item = &'static FormatInfo> + '_ {
        self.all().map(|format| format.info())
    }

    /// The format of that name.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, naming those that there are.
    pub fn by_name(&self, name: &str) -> Result<AnyFormat<'_>> {
        self.all().find(|format| format.info().name == name).ok_or_else(|| {
            let known: Vec<&str> = self.infos().map(|info| info.name).collect();
            Error::invalid(format!("there is no format '{name}'; there are: {}", known.join(", ")))
        })
    }

    /// The format that writes files of that name's extension.
    ///
    /// # Errors
    /// `InvalidArgument` when none does.
    pub fn by_extension(&self, path: &Path) -> Result<AnyFormat<'_>> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        self.all().find(|format| format.claims(extension)).ok_or_else(|| {
            Error::invalid(match extension {
                "" => {
                    "the file name has no extension that tells the format: name the format (--to)".to_owned()
                }
                _ => format!(
                    "no format is written to files that end in '.{extension}': name the format (--to)"
                ),
            })
        })
    }

    /// The format that the first bytes of `input` are; where they do not decide, the extension of `path` does.
    ///
    /// # Errors
    /// `Unsupported` when no format fits, `Malformed` when there is nothing to look at, `Io` when the source fails.
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<AnyFormat<'_>> {
        let prefix = input.peek(PREFIX)?;
        if prefix.is_empty() {
            return Err(Error::malformed("the file is empty").at(0));
        }
        let extension =
            path.and_then(Path::extension).and_then(|extension| extension.to_str()).unwrap_or_default();
        let rank = |format: &AnyFormat<'_>| (format.sniff(prefix), format.claims(extension));
        let best = self.all().filter(|format| format.sniff(prefix) > Match::No).max_by_key(rank);
        // What has no mark of its own is damaged rather than unknown, if it is called so.
        let named = || self.all().find(|format| format.info().magic.is_empty() && format.claims(extension));
        best.or_else(named).ok_or_else(|| {
            let shown: String = prefix.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            Error::unsupported(format!("no known format begins with the bytes {shown}")).at(0)
        })
    }
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
