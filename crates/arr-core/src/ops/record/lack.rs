//! Which fields of a record a file may lack, and which it does lack.

use crate::{DType, RecordType, Result, SubArray};

/// How a field of a record is looked for in a file.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The file may lack it.
    pub may_lack: bool,
    /// Its numbers and times may be narrower in the file.
    pub widens: bool,
    /// The rules of the record that the field holds, or of those in its array, in the order of their fields.
    pub fields: &'static [Self],
}

/// True when some field may be missing, at any depth.
pub(crate) const fn any_may_lack(rules: &[Rule]) -> bool {
    let mut index = 0;
    while index < rules.len() {
        if rules[index].may_lack || any_may_lack(rules[index].fields) {
            return true;
        }
        index += 1;
    }
    false
}

/// What is missing of one field.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub enum Lack {
    /// Nothing: it is there.
    #[default]
    Nothing,
    /// The whole field.
    Whole,
    /// Fields of the record that it holds, or of each record in its array.
    Parts(Lacks),
}

/// What is missing of the fields of a record.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Lacks {
    /// In the order of the fields of the record type. What is beyond the end is there.
    fields: Vec<Lack>,
}

impl Lacks {
    /// True when no field is missing, at any depth.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// What is missing of the field of this index.
    pub(crate) fn of(&self, index: usize) -> &Lack {
        self.fields.get(index).unwrap_or(&Lack::Nothing)
    }

    /// Notes what is missing of the field of this index.
    pub(crate) fn note(&mut self, index: usize, lack: Lack) {
        match lack {
            Lack::Nothing => return,
            Lack::Parts(parts) if parts.is_empty() => return,
            Lack::Whole | Lack::Parts(_) => {}
        }
        if self.fields.len() <= index {
            self.fields.resize_with(index.saturating_add(1), Lack::default);
        }
        if let Some(slot) = self.fields.get_mut(index) {
            *slot = lack;
        }
    }

    /// The record type without the fields that are missing.
    pub(crate) fn left_of(&self, record: &RecordType) -> Result<RecordType> {
        let mut builder = RecordType::builder();
        for (index, field) in record.fields().iter().enumerate() {
            let dtype = match self.of(index) {
                Lack::Nothing => field.dtype().clone(),
                Lack::Whole => continue,
                Lack::Parts(parts) => parts.left_of_items(field.dtype())?,
            };
            builder = match field.title() {
                Some(title) => builder.titled_field(field.name(), title, dtype),
                None => builder.field(field.name(), dtype),
            };
        }
        if record.is_aligned() { builder.aligned().build() } else { builder.build() }
    }

    fn left_of_items(&self, dtype: &DType) -> Result<DType> {
        Ok(match dtype {
            DType::Record(record) => self.left_of(record)?.into(),
            DType::SubArray(items) => SubArray::new(self.left_of_items(items.base())?, items.shape())?.into(),
            other => other.clone(),
        })
    }
}
