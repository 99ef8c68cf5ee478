//! The dictionary as which NumPy prints records that no list describes.

use super::Reader;
use crate::format::literal::{Bracket, Scanner};
use crate::{DType, RecordType, Result};

/// The values of the dictionary.
#[derive(Default)]
struct Parts {
    names: Vec<String>,
    formats: Vec<DType>,
    offsets: Vec<Option<usize>>,
    titles: Vec<Option<String>>,
    itemsize: Option<usize>,
    aligned: bool,
}

impl Reader<'_, '_> {
    /// `{'names': [...], 'formats': [...], 'offsets': [...], 'titles': [...], 'itemsize': 8, 'aligned': True}`, where
    /// only names and formats are needed.
    pub(super) fn dict(&mut self) -> Result<DType> {
        self.scanner.open(Bracket::Brace)?;
        let mark = self.scanner.mark();
        let mut parts = Parts::default();
        while !self.scanner.closes(Bracket::Brace)? {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            self.value(&key, &mut parts)?;
            if !self.scanner.comma()? {
                break;
            }
        }
        self.scanner.close(Bracket::Brace)?;
        let Parts { names, formats, offsets, titles, .. } = &parts;
        let agree = |len: usize| len == names.len();
        if !agree(formats.len())
            || !(offsets.is_empty() || agree(offsets.len()))
            || !(titles.is_empty() || agree(titles.len()))
        {
            return Err(self.scanner.error_at(mark, "the lists of a record differ in length"));
        }
        parts.build().map_err(|error| self.scanner.error_at(mark, error.to_string()))
    }

    fn value(&mut self, key: &str, parts: &mut Parts) -> Result<()> {
        match key {
            "names" => parts.names = self.list(|reader| Ok(reader.scanner.string()?.into_owned()))?,
            "formats" => parts.formats = self.list(Self::dtype)?,
            "offsets" => parts.offsets = self.list(|reader| size(reader.scanner).map(Some))?,
            "titles" => parts.titles = self.list(Self::title)?,
            "itemsize" => parts.itemsize = Some(size(self.scanner)?),
            "aligned" => parts.aligned = self.scanner.boolean()?,
            _ => return Err(self.scanner.error("a record has no such key")),
        }
        Ok(())
    }

    fn title(&mut self) -> Result<Option<String>> {
        if self.scanner.none()? {
            return Ok(None);
        }
        Ok(Some(self.scanner.string()?.into_owned()))
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.scanner.open(Bracket::Square)?;
        while !self.scanner.closes(Bracket::Square)? {
            items.push(item(self)?);
            if !self.scanner.comma()? {
                break;
            }
        }
        self.scanner.close(Bracket::Square)?;
        Ok(items)
    }
}

fn size(scanner: &mut Scanner<'_>) -> Result<usize> {
    let size = scanner.int()?.to_usize();
    size.ok_or_else(|| scanner.error("an offset or size is negative or too large"))
}

impl Parts {
    fn build(self) -> Result<DType> {
        let mut builder = RecordType::builder();
        if self.aligned {
            builder = builder.aligned();
        }
        let mut titles = self.titles.into_iter();
        let mut offsets = self.offsets.into_iter();
        let mut end = 0usize;
        for (name, dtype) in self.names.into_iter().zip(self.formats) {
            let title = titles.next().flatten();
            let offset = match offsets.next().flatten() {
                Some(offset) => offset,
                None if self.aligned => end.checked_next_multiple_of(dtype.alignment()).unwrap_or(end),
                None => end,
            };
            end = offset.saturating_add(dtype.itemsize());
            builder = builder.field_at(name, title, dtype, offset);
        }
        if let Some(itemsize) = self.itemsize {
            builder = builder.itemsize(itemsize);
        }
        builder.build().map(DType::from)
    }
}
