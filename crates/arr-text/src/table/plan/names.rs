//! Names of columns: whether they fit the rows, which columns are asked for by name; and what is said of columns.

use arr_core::{DType, Error, Hint, Result, Scalar};

use super::{Front, Names, Pick, Planning};
use crate::table::columns::{Values, picked};
use crate::table::fault::{hinted, shown};
use crate::table::index::{Index, Indexing};
use crate::table::infer::{Rules, Seen};

impl Planning<'_, '_> {
    /// The columns that are asked for, where some are by name. Names that are given for these alone are put into their
    /// places.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that no column has.
    pub(super) fn picks(&self, front: &mut Front) -> Result<Option<Vec<i64>>> {
        let by_name = self.request.picks_by_name.as_ref();
        let mut picks = self.request.picks.clone();
        if let Some(by_name) = by_name {
            let names = front.names.as_deref();
            picks = Some(by_name.iter().map(|pick| place_of(pick, names)).collect::<Result<_>>()?);
        }
        let is_given = matches!(self.request.names, Names::Given(_));
        if let (true, Some(picks), Some(names), Some(width)) =
            (is_given, &picks, &mut front.names, front.width)
        {
            if names.len() != width && names.len() == picks.len() && width < self.limits.fields() {
                let mut all = vec![String::new(); width];
                for (pick, name) in picks.iter().zip(std::mem::take(names)) {
                    if let Some(slot) = picked(*pick, width).and_then(|place| all.get_mut(place)) {
                        *slot = name;
                    }
                }
                *names = all;
            }
        }
        Ok(picks.filter(|_| by_name.is_some()))
    }

    /// Refuses rows that have another number of columns than there are names, unless they are filled. One column more is
    /// no fault where it is empty in all rows.
    ///
    /// # Errors
    /// `Malformed`.
    pub(super) fn check_names(
        &self,
        front: &Front,
        indexing: &Indexing<'_, '_>,
        values: &Values,
    ) -> Result<()> {
        let (Some(names), Some(found)) = (&front.names, front.width) else { return Ok(()) };
        let wanted = names.len();
        if found == wanted || self.request.fills {
            return Ok(());
        }
        if found == wanted.saturating_add(1) {
            let mut rules = Rules::kinds(&self.dialect, values);
            (rules.has_kinds, rules.scan) = (false, None);
            let Index { survey, .. }: Index<Seen> = indexing.run(&rules)?;
            indexing.taken.store(0, std::sync::atomic::Ordering::Relaxed);
            if survey.most == found && survey.columns.last().is_some_and(|last| last.chars == 0) {
                return Ok(());
            }
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let is_line = !matches!(self.request.names, Names::Given(_));
        let said = match is_line {
            true => format!("the header line has {wanted}"),
            false => format!("{wanted} name{} given", if wanted == 1 { " is" } else { "s are" }),
        };
        let rows = match is_line && found == wanted.saturating_add(1) {
            true => {
                ": R's write.table leaves out the name of the first column, which has the names of rows; leave out the header line, and name all columns"
            }
            false => "",
        };
        self.row_at(front.from, |_, _| {
            let message = format!("the row has {found} column{}, {said}{rows}", plural(found));
            let hint =
                if rows.is_empty() { Hint::Option("fill", "true") } else { Hint::Option("names", "LIST") };
            Err::<(), _>(Error::malformed(message).with_hint(hint))
        })?;
        Ok(())
    }

    /// Says what is not seen in the values: a first line that may be names, whole numbers that lost digits as floats, texts
    /// that were cut.
    pub(super) fn note(&mut self, seen: &Seen, inferred: Option<&DType>, names: Option<&[String]>) {
        let is_text = match inferred {
            Some(DType::Record(record)) => {
                record.fields().iter().all(|field| matches!(field.dtype(), DType::Unicode(..)))
            }
            inferred => matches!(inferred, None | Some(DType::Unicode(..))),
        };
        if self.is_doubtful && is_text {
            let note =
                "every column is text, and the first line was taken for values: if it has the names, say so";
            self.notes.push((note.to_owned(), Some(Hint::Option("names", "true"))));
        }
        if self.is_mixed && inferred.is_some() {
            let note =
                "the first line was taken for values, though it may be names: if it has the names, say so";
            self.notes.push((note.to_owned(), Some(Hint::Option("names", "true"))));
        }
        let is_float = |place: usize| {
            let dtype = match inferred {
                Some(DType::Record(record)) => record.fields().get(place).map(arr_core::Field::dtype),
                other => other,
            };
            matches!(dtype, Some(DType::Scalar(Scalar::F64 | Scalar::Complex128, _)))
        };
        for (guess, place) in seen.columns.iter().zip(0..) {
            let Some(line) = guess.inexact.filter(|_| is_float(place)) else { continue };
            let at = self
                .request
                .picks
                .as_ref()
                .and_then(|picks| picks.get(place))
                .map_or(place as i128, |at| (*at).into());
            let name = usize::try_from(at).ok().and_then(|at| names.and_then(|names| names.get(at)));
            let column = match name {
                Some(name) => shown(name.trim().as_bytes()),
                None if at < 0 => at.to_string(),
                None => (at + 1).to_string(),
            };
            let note = format!(
                "column {column} is read as floats, which do not hold all digits of its whole numbers: the first such is in line {}",
                line.saturating_add(1)
            );
            self.notes.push((note, Some(Hint::Option("dtype", "DTYPE"))));
        }
        let count: u64 = seen.columns.iter().map(|guess| guess.cut).sum();
        if let Some((line, at)) = seen.columns.iter().filter_map(|guess| guess.first_cut).min() {
            let texts = if count == 1 {
                "text is longer than its dtype and was"
            } else {
                "texts are longer than their dtype and were"
            };
            let note = format!("{count} {texts} cut: the first is in line {}, column {}", line + 1, at + 1);
            self.notes.push((note, None));
        }
    }

    /// An error of a row, with the encoding that the row seems to have.
    pub(super) fn with_encoding(&self, error: Error, row: &[u8], at: u64) -> Error {
        match self.text.base {
            Some(base) if self.dialect.is_csv => hinted(error, row, Some(base.saturating_add(at))),
            _ => error,
        }
    }
}

/// The number of a column.
fn place_of(pick: &Pick, names: Option<&[String]>) -> Result<i64> {
    let name = match pick {
        Pick::At(number) => return Ok(*number),
        Pick::Named(name) => name,
    };
    let Some(names) = names else {
        let message =
            format!("usecols: there is no column {}: no line of names was found", shown(name.as_bytes()));
        return Err(Error::invalid(message).with_hint(Hint::Option("names", "true")));
    };
    let place = names.iter().position(|own| own.trim() == name);
    place.and_then(|place| i64::try_from(place).ok()).ok_or_else(|| {
        let some: Vec<String> = names.iter().take(10).map(|name| shown(name.trim().as_bytes())).collect();
        let dots = if names.len() > 10 { ", ..." } else { "" };
        let columns = format!("{}{dots}", some.join(", "));
        Error::invalid(format!("usecols: there is no column {}, only {columns}", shown(name.as_bytes())))
    })
}
