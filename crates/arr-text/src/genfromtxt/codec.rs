//! A table by genfromtxt's rules as a format: one array, which has to be read whole.

use std::sync::{Arc, Mutex, PoisonError};

use arr_core::format::{Codec, Description, FormatInfo, Head, Reading};
use arr_core::{Array, Input, Result};

use super::{ReadOptions, Report};
use crate::table::codec::Flavour;
use crate::text::Text;

/// What was read, and from where.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where the table began, and how many bytes were left.
    place: (u64, u64),
    array: Array,
    report: Report,
}

/// Reads the table of a file when it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    options: Arc<ReadOptions>,
    found: Arc<Mutex<Option<Arc<Found>>>>,
}

impl Rules {
    pub(crate) fn new(options: ReadOptions) -> Self {
        Self { options: Arc::new(options), found: Arc::default() }
    }

    /// The rules, and what is left to be done by others: the dtype is not cast to.
    ///
    /// # Errors
    /// As [`ReadOptions::from_options`].
    pub(crate) fn of(how: &Reading) -> Result<(Self, Reading)> {
        let mut options = ReadOptions::from_options(&how.options)?;
        let mut how = how.clone();
        options.reading.notes = how.notes.clone();
        if let Some(dtype) = how.dtype.take() {
            options = options.infer(false).dtype(dtype);
        }
        Ok((Self::new(options), how))
    }

    /// Reads the table at which a seekable input stands, unless that was done before, and leaves the input there.
    fn found(&self, input: &mut Input<'_>) -> Result<Arc<Found>> {
        input.make_seekable()?;
        let place = (input.position(), input.remaining().unwrap_or(0));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = found.as_ref().filter(|found| found.place == place) {
            return Ok(Arc::clone(found));
        }
        let (array, report) = self.options.read_input_with_report(input)?;
        input.seek_to(place.0)?;
        if report.has_notes() {
            self.options.reading.notes.tell(&report.to_string());
        }
        let new = Arc::new(Found { place, array, report });
        *found = Some(Arc::clone(&new));
        Ok(new)
    }
}

impl Codec for Rules {
    type Header = Arc<Found>;

    const INFO: &'static FormatInfo = <Text as Flavour>::INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Arc<Found>>> {
        let found = self.found(input)?;
        let array = &found.array;
        let mut description =
            Description::new(array.dtype().clone(), array.shape(), array.order(), input.position(), None);
        description.details.push(("rules", "genfromtxt".to_owned()));
        if found.report.missing > 0 {
            description.details.push(("missing fields", found.report.missing.to_string()));
        }
        if found.report.has_notes() {
            description.details.push(("note", found.report.to_string()));
        }
        let layout = array.layout().clone();
        Ok(Head::coded(description, layout, found, "the data is text: it has to be read"))
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<Arc<Found>>> {
        let head = self.head(input)?;
        input.skip_to_end()?;
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Arc<Found>>, _: &Reading) -> Result<Array> {
        input.skip_to_end()?;
        Ok(head.header.array.clone())
    }
}
