//! The dictionary as which NumPy prints records that no list describes.

use super::{Part, Reader};
use crate::format::literal::{Bracket, Scanner};
use crate::model::room::push;
use crate::{DType, RecordType, Result};

/// A dictionary that is being read.
pub(super) struct Dict {
    mark: usize,
    parts: Parts,
}

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

impl<'a> Reader<'_, 'a> {
    /// Begins `{'names': [...], 'formats': [...], 'offsets': [...], 'titles': [...], 'itemsize': 8, 'aligned': True}`, where
    /// only names and formats are needed.
    pub(super) fn open_dict(&mut self) -> Result<Dict> {
        self.scanner.open(Bracket::Brace)?;
        Ok(Dict { mark: self.scanner.mark(), parts: Parts::default() })
    }

    /// Reads entries until the dictionary ends or the next thing is a format.
    pub(super) fn entries(&mut self, dict: &mut Dict) -> Result<Option<DType>> {
        while !self.scanner.closes(Bracket::Brace)? {
            let key = self.scanner.string()?;
            self.scanner.colon()?;
            if key == "formats" {
                dict.parts.formats.clear();
                self.scanner.open(Bracket::Square)?;
                if !self.scanner.closes(Bracket::Square)? {
                    return Ok(None);
                }
                self.scanner.close(Bracket::Square)?;
            } else {
                self.value(&key, &mut dict.parts)?;
            }
            if !self.scanner.comma()? {
                break;
            }
        }
        self.close_dict(dict).map(Some)
    }

    /// The format that has been read, and entries behind it.
    pub(super) fn take_format(&mut self, dict: &mut Dict, part: Part<'a>) -> Result<Option<DType>> {
        let dtype = self.resolve(part)?;
        push(&mut dict.parts.formats, dtype)?;
        if self.scanner.comma()? && !self.scanner.closes(Bracket::Square)? {
            return Ok(None);
        }
        self.scanner.close(Bracket::Square)?;
        if self.scanner.comma()? { self.entries(dict) } else { self.close_dict(dict).map(Some) }
    }

    fn close_dict(&mut self, dict: &mut Dict) -> Result<DType> {
        self.scanner.close(Bracket::Brace)?;
        let Parts { names, formats, offsets, titles, .. } = &dict.parts;
        let agree = |len: usize| len == names.len();
        if !agree(formats.len())
            || !(offsets.is_empty() || agree(offsets.len()))
            || !(titles.is_empty() || agree(titles.len()))
        {
            return Err(self.scanner.error_at(dict.mark, "the lists of a record differ in length"));
        }
        let built = std::mem::take(&mut dict.parts).build();
        built.map_err(|error| self.scanner.error_at(dict.mark, error.to_string()))
    }

    fn value(&mut self, key: &str, parts: &mut Parts) -> Result<()> {
        match key {
            "names" => parts.names = self.list(|reader| Ok(reader.scanner.string()?.into_owned()))?,
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
