//! What the fields of a row become: the dtype, the fillings, the shape of the result.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use arr_core::format::{MAX_ITEMSIZE, room};
use arr_core::{DType, Error, RecordType, Result, Scalar};

use super::Planning;
use crate::genfromtxt::plan::check_count;
use crate::table::columns::{Column, Values, picked};
use crate::table::fast::{self, Fast};
use crate::table::fault::shown;
use crate::table::infer::Seen;
use crate::table::rows::Columns;

impl Planning<'_, '_> {
    /// The dtype of all columns: a number, or a record with a field for each.
    pub(super) fn inferred(
        &self,
        seen: &Seen,
        first: Option<usize>,
        names: Option<&[String]>,
    ) -> Result<DType> {
        // Rows that are longer than the first one are refused when they are read.
        let is_free = self.request.fills || self.request.picks.is_some();
        let most = first.filter(|_| !is_free).unwrap_or(usize::MAX);
        let dtypes = seen.dtypes(most)?;
        let is_number = |dtype: &DType| matches!(dtype, DType::Scalar(kind, _) if *kind != Scalar::Bool);
        match (dtypes.split_first(), names) {
            (None, None) => return Ok(Scalar::F64.into()),
            (Some((first, rest)), None) if is_number(first) && rest.iter().all(|dtype| dtype == first) => {
                return Ok(first.clone());
            }
            _ => {}
        }
        let picks = self.request.picks.as_ref();
        let named = names.map_or(0, <[String]>::len);
        // Rows are filled to have a field for each name.
        let is_named = dtypes.is_empty() || (self.request.fills && picks.is_none());
        let count = dtypes.len().max(if is_named { named } else { 0 });
        check_count(count, &self.limits)?;
        let mut record = RecordType::builder();
        let mut taken = HashSet::new();
        taken.try_reserve(count).map_err(room::no_memory)?;
        let mut numbers: HashMap<String, u64> = HashMap::new();
        for place in 0..count {
            let column = match picks.and_then(|picks| picks.get(place)) {
                Some(pick) => names.and_then(|names| picked(*pick, names.len())).unwrap_or(place),
                None => place,
            };
            let given = names.and_then(|names| names.get(column)).map(|name| name.trim());
            let name = match given {
                Some(name) if !name.is_empty() => Cow::Borrowed(name),
                _ => Cow::Owned(format!("f{place}")),
            };
            let mut unique = name.to_string();
            // Where one name stands many times, the numbers go on from the last one.
            while !taken.insert(unique.clone()) {
                let number = numbers.entry(name.to_string()).or_insert(0u64);
                *number += 1;
                unique = format!("{name}_{number}");
            }
            let dtype = dtypes.get(place).cloned().unwrap_or(Scalar::F64.into());
            record = record.field(unique, dtype);
        }
        Ok(record.build().map_err(|error| seen.too_long(error))?.into())
    }

    /// Columns with what stands for missing values in them.
    pub(super) fn with_fillings(&self, columns: Columns, values: &Values) -> Result<Columns> {
        let fillings = &self.request.fillings;
        let filled = |column: &Column, text: &String| -> Result<Column> {
            let mut item = vec![0; column.kind.size()];
            let alone = Column { offset: 0, ..column.clone() };
            let strict = Values { missing: None, ..values.clone() };
            strict.put(&self.dialect, &alone, text.as_bytes(), &mut item, &mut Vec::new()).map_err(|_| {
                let message =
                    format!("filling-values: {} is not {}", shown(text.as_bytes()), column.kind.name());
                Error::invalid(message)
            })?;
            Ok(Column { filling: Some(item.into()), ..column.clone() })
        };
        Ok(match (fillings.as_slice(), columns) {
            ([], columns) => columns,
            ([all], Columns::Same(column, count)) => Columns::Same(filled(&column, all)?, count),
            ([all], Columns::Each(columns)) => {
                Columns::Each(columns.iter().map(|column| filled(column, all)).collect::<Result<_>>()?)
            }
            (each, columns) => {
                let count = columns.len();
                if each.len() != count {
                    let message = format!("filling-values: {} values for {count} columns", each.len());
                    return Err(Error::invalid(message));
                }
                let mut all = room::reserved(count)?;
                for (place, text) in each.iter().enumerate() {
                    if let Some(column) = columns.at(place) {
                        all.push(filled(&column, text)?);
                    }
                }
                Columns::Each(all)
            }
        })
    }

    pub(super) fn fast(
        &self,
        values: &Values,
        columns: &Columns,
        first: Option<usize>,
        size: usize,
    ) -> Option<Fast> {
        let dialect = &self.dialect;
        let Some(picks) = &self.request.picks else {
            if let Columns::Same(Column { kind, filling: None, .. }, count) = columns {
                if let Some(fast) = Fast::same(dialect, values, *kind, *count) {
                    return Some(fast);
                }
            }
            let each = (0..columns.len().min(fast::MOST + 1)).map(|place| columns.at(place)).collect();
            return Fast::each(dialect, values, each, false, size);
        };
        let first = first?;
        let mut each: Vec<Option<Column>> = Vec::new();
        let has_negative = picks.iter().any(|pick| *pick < 0);
        let width =
            if has_negative { first } else { usize::try_from(picks.iter().max()?.checked_add(1)?).ok()? };
        if width > fast::MOST {
            return None;
        }
        each.resize_with(width, || None);
        for (place, pick) in picks.iter().enumerate() {
            let at = if *pick < 0 { picked(*pick, first)? } else { usize::try_from(*pick).ok()? };
            let slot = each.get_mut(at)?;
            if slot.is_some() {
                return None;
            }
            *slot = Some(columns.at(place)?);
        }
        Fast::each(dialect, values, each, !has_negative, size)
    }
}

/// The characters of the longest field, of which each takes so many bytes of an item.
pub(super) fn chars(seen: &Seen, bytes: usize) -> Result<usize> {
    let chars = seen.columns.iter().map(|guess| guess.chars).max().unwrap_or(0).max(1);
    if chars > MAX_ITEMSIZE / bytes {
        let message = format!("a text of {chars} characters takes more than {MAX_ITEMSIZE} bytes");
        return Err(seen.too_long(Error::limit(message)));
    }
    Ok(chars)
}

/// The shape of rows, of so many columns where they are not records, with dimensions of length 1 left out as NumPy does.
pub(super) fn shape(rows: usize, columns: Option<usize>, ndmin: Option<usize>) -> Vec<usize> {
    let mut shape = vec![rows];
    shape.extend(columns);
    let Some(ndmin) = ndmin else { return shape };
    if shape.len() > ndmin {
        shape.retain(|dimension| *dimension != 1);
    }
    match (ndmin, shape.as_slice()) {
        (1, []) => vec![1],
        (2, []) => vec![1, 1],
        (2, [only]) => vec![*only, 1],
        _ => shape,
    }
}
