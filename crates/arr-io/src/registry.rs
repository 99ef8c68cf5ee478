//! The formats that are known, and which of them a file is.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arr_core::format::{Format, FormatInfo, Holds, Match};
use arr_core::{Error, Hint, Input, Result};

use crate::layer::{self, compression_of, is_apple_double, stranger};

/// How many bytes of a file detection examines.
const HEAD: usize = 4096;

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
    /// Shared by the clones, of which every open file may have one.
    formats: Arc<Vec<Arc<dyn Format>>>,
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
        let registry = registry.with(arr_npy::format::Npz);
        // Of those that are as sure of a file, the last one is believed.
        #[cfg(feature = "torch7")]
        let registry = registry.with(arr_binary::format::Torch7).with(arr_binary::format::Torch7Ascii);
        #[cfg(feature = "nd4j")]
        let registry = registry
            .with(arr_binary::format::Nd4jStream)
            .with(arr_binary::format::Nd4jBinarySerde)
            .with(arr_binary::format::Nd4jAeronMessage)
            .with(arr_binary::format::Nd4jAeronChunk)
            .with(arr_binary::format::Nd4jFlatArray)
            .with(arr_binary::format::Nd4jSameDiff)
            .with(arr_binary::format::JavaSerialized);
        #[cfg(feature = "bincode")]
        let registry = registry.with(arr_serde::format::Bincode);
        #[cfg(feature = "rkyv")]
        let registry = registry.with(arr_serde::format::Rkyv);
        #[cfg(feature = "nd4j")]
        let registry = registry
            .with(arr_serde::format::Nd4jKryo::default())
            .with(arr_binary::format::Nd4jDataSet)
            .with(arr_serde::format::Nd4jBase64)
            .with(arr_serde::format::Nd4jJackson::default())
            .with(arr_serde::format::Nd4jJsonText::default())
            .with(arr_serde::format::Nd4jJacksonVector::default());
        #[cfg(feature = "json")]
        let registry = registry
            .with(arr_serde::format::JsonTriple::default())
            .with(arr_serde::format::JsonLists::default())
            .with(json());
        #[cfg(feature = "raw")]
        let registry = registry.with(arr_binary::format::Raw);
        #[cfg(feature = "pickle")]
        let registry = registry.with(arr_serde::format::Pickle);
        #[cfg(feature = "text")]
        let registry = registry
            .with(arr_text::format::Nd4jTxt)
            .with(arr_text::format::Text)
            .with(arr_text::format::Csv)
            .with(arr_text::format::Tsv)
            .with(arr_text::format::DelimitedTxt);
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
        let formats = Arc::make_mut(&mut self.formats);
        formats.retain(|known| known.info().name != format.info().name);
        formats.push(Arc::new(format));
        self
    }

    fn all(&self) -> impl Iterator<Item = &dyn Format> {
        self.formats.iter().map(Arc::as_ref)
    }

    /// The descriptions of all formats.
    pub fn infos(&self) -> impl Iterator<Item = &'static FormatInfo> + '_ {
        self.all().map(Format::info)
    }

    /// The format of that name.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, naming those that there are.
    pub fn by_name(&self, name: &str) -> Result<&dyn Format> {
        self.all().find(|format| format.info().name == name).ok_or_else(|| {
            let known: Vec<&str> = self.infos().map(|info| info.name).collect();
            Error::invalid(format!("unknown format '{name}'; known formats: {}", known.join(", ")))
        })
    }

    /// The format of that name, to read `input` in. What has the mark of something that is not an array file is not read
    /// as a format without a mark: a page of HTML is a table of text to nobody.
    pub(crate) fn named(&self, name: &str, input: &mut Input<'_>) -> Result<&dyn Format> {
        let format = self.by_name(name)?;
        let head = input.peek(HEAD)?;
        let is_unlike = format.info().magic.is_empty() && format.sniff(head) == Match::No;
        match is_unlike && (layer::is_marked(head) || layer::is_in_place(head)) {
            true => Err(stranger(head)),
            false => Ok(format),
        }
    }

    /// The format in which other formats keep items that are objects, if it is known.
    pub(crate) fn of_objects(&self) -> Option<&dyn Format> {
        self.by_name("pickle").ok()
    }

    /// The format that writes files of that name's extension.
    ///
    /// # Errors
    /// `InvalidArgument` when none does.
    pub fn by_extension(&self, path: impl AsRef<Path>) -> Result<&dyn Format> {
        let extension = extension_of(path.as_ref());
        let claims =
            |format: &&dyn Format| extension.is_some_and(|extension| format.info().claims(extension));
        self.all().find(claims).ok_or_else(|| {
            let message = match extension {
                None => "the file name has no extension that tells the format: name the format".to_owned(),
                Some(extension) => {
                    format!("no format is written to files that end in '.{extension}': name the format")
                }
            };
            Error::invalid(message).with_hint(Hint::Format)
        })
    }

    /// The format to write a file in: the named one, or the one of the file's extension.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, `Unsupported` when it is not written.
    pub fn for_writing(&self, name: Option<&str>, path: impl AsRef<Path>) -> Result<&dyn Format> {
        let format = match name {
            Some(name) => self.by_name(name)?,
            None => self.by_extension(path)?,
        };
        if !format.info().capabilities.write {
            return Err(Error::unsupported(format!("the format {} is not written", format.info().name)));
        }
        Ok(format)
    }

    /// The format that the first bytes of `input` are. The surest one counts; of equally sure ones that of the extension
    /// of `path`, and of those the one that was registered last.
    ///
    /// # Errors
    /// `Unsupported` when no format fits, saying what the file is instead; `Malformed` when there is nothing to look
    /// at; `Io` when the source fails.
    pub fn detect(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<&dyn Format> {
        let head = input.peek(HEAD)?;
        let extension = path.and_then(extension_of);
        let is_called = |info: &FormatInfo| extension.is_some_and(|extension| info.claims(extension));
        let rank = |format: &&dyn Format| (format.sniff(head), is_called(format.info()));
        let best =
            self.all().filter(|format| !head.is_empty() && format.sniff(head) > Match::No).max_by_key(rank);
        // What has no mark of its own is damaged rather than unknown, if it is called so, and is not what only might be
        // another: one column of numbers is a table of CSV by its name alone.
        let claims = |format: &&dyn Format| {
            let info = format.info();
            info.magic.is_empty() && !info.shares_extensions && is_called(info)
        };
        let is_unlike = head.is_empty() || layer::is_marked(head) || layer::is_in_place(head);
        let named = self.all().find(claims).filter(|_| !is_unlike);
        let sure =
            best.filter(|best| best.sniff(head) > Match::Maybe || is_called(best.info()) || named.is_none());
        sure.or(named).ok_or_else(|| stranger(head))
    }

    /// The format of arrays in a row that begins with these bytes as only it does, if there is one.
    pub(crate) fn surely(&self, head: &[u8]) -> Option<&dyn Format> {
        let is_sure = |format: &&dyn Format| format.sniff(head) == Match::Yes;
        self.all().filter(is_sure).last().filter(|format| !format.info().holds.has_keys())
    }

    /// The format of archives that may begin with these bytes, if there is one.
    pub(crate) fn archive(&self, head: &[u8]) -> Option<&dyn Format> {
        let is_archive = |format: &&dyn Format| format.info().holds == Holds::Members;
        self.all().find(|format| is_archive(format) && format.sniff(head) > Match::No)
    }

    /// True when one of the formats may begin with these bytes.
    pub(crate) fn recognizes(&self, head: &[u8]) -> bool {
        self.all().any(|format| format.sniff(head) > Match::No)
    }

    /// True when a file begins as one of the formats does, or is named like the files of one: then it is broken, if it
    /// can't be read, and that should be said. Without a mark of its own a format is believed only where the first bytes
    /// may be its. What macOS keeps beside a file is not taken for it.
    #[must_use]
    pub fn knows(&self, head: &[u8], path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        if is_apple_double(head, path) {
            return false;
        }
        let extension = extension_of(path);
        self.all().any(|format| {
            let (found, info) = (format.sniff(head), format.info());
            let is_called = extension.is_some_and(|extension| info.claims(extension));
            found == Match::Yes || is_called && (!info.magic.is_empty() || found > Match::No)
        })
    }
}

/// Documents of JSON whose strings may carry files of the other formats.
#[cfg(feature = "json")]
fn json() -> arr_serde::format::Json {
    let json = arr_serde::format::Json::default();
    #[cfg(feature = "npy")]
    let json = json.carrying(arr_npy::format::Npy);
    json
}

/// The option that sets the level of compression, of formats and of compressed files.
pub(crate) const LEVEL: &str = "level";

/// The extension that tells the format: that of `x.npy.gz` is `npy`.
fn extension_of(path: &Path) -> Option<&str> {
    let is_packed = compression_of(path).is_some();
    let name = if is_packed { path.file_stem().map(Path::new) } else { Some(path) };
    name.and_then(Path::extension).and_then(|extension| extension.to_str())
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
        assert_eq!(
            error.to_string(),
            "not an array file (starts with the bytes 7f454c4602010100) (at byte 0)"
        );
        assert_eq!(
            registry.detect(&mut Input::from_bytes(b""), None).unwrap_err().kind(),
            ErrorKind::Malformed
        );
        assert!(registry.by_name("nope").is_err());
        assert!(registry.by_extension("x.nope").is_err());
    }
}
