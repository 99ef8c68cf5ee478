//! The settings that all formats have in common: how files are read and written.

use std::fmt;
use std::sync::Arc;

use crate::{Array, ByteOrder, DType, Hint, Limits, Order, Result};

use super::info::FormatInfo;
use super::options::{Options, Side};
use crate::model::threads::Threads;

/// How arrays are read, whatever the format: limits, and what is done with items on the way.
///
/// ```
/// use arr_core::format::Reading;
/// use arr_core::{Limits, Order};
/// let how = Reading::new().native().order(Order::C).limits(Limits::default().max_bytes(1 << 30));
/// assert_eq!(how.order, Some(Order::C));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Reading {
    /// What reading may spend.
    pub limits: Limits,
    /// The byte order into which numbers are brought; `None` keeps that of the file.
    pub byte_order: Option<ByteOrder>,
    /// The order in which items are laid out; `None` keeps that of the file.
    pub order: Option<Order>,
    /// The dtype of formats that have none, or to which values are cast; `None` keeps that of the file.
    pub dtype: Option<DType>,
    /// How many bytes between wanted ones are read rather than make another request, where a slice is read; `None` leaves it
    /// to the source, which knows what a request costs it: see [`ReadAt::gap`](super::ReadAt::gap).
    pub gap: Option<u64>,
    /// The options of the format.
    pub options: Options,
    /// Whether what is whole of a damaged file is wanted: members that the directory of an archive does not name, and of
    /// an array whose data ends early the rows that are there.
    pub salvage: bool,
    /// The threads that work, as long as the file is open.
    pub threads: Threads,
    /// Who is told what a file's values do not show: see [`on_note`](Self::on_note).
    pub notes: Notes,
}

/// Takes in what is to be known of a file besides its values.
#[derive(Clone, Default)]
pub struct Notes(Option<TakeNote>);

/// Takes in a note.
type TakeNote = Arc<dyn Fn(&str, Option<Hint>) + Send + Sync>;

impl Notes {
    /// Lets `take` have each note, and what would help.
    pub fn to(take: impl Fn(&str, Option<Hint>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(take)))
    }

    /// Hands a note on, if somebody takes it in.
    pub fn tell(&self, note: &str) {
        if let Some(take) = &self.0 {
            take(note, None);
        }
    }

    /// The same, with what would help.
    pub fn tell_with(&self, note: &str, hint: Hint) {
        if let Some(take) = &self.0 {
            take(note, Some(hint));
        }
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notes(taken in)" } else { "Notes" })
    }
}

impl Reading {
    /// Keeps everything as it is in the file, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings numbers into the machine's byte order.
    #[must_use]
    pub fn native(self) -> Self {
        self.byte_order(ByteOrder::NATIVE)
    }

    crate::setters! {
        /// Puts a policy in force.
        limits: Limits;
        /// Brings numbers into that byte order.
        byte_order: Option<ByteOrder>;
        /// Lays items out in that order.
        order: Option<Order>;
        /// Reads values as that dtype; one that does not fit is an error.
        dtype: Option<DType>;
        /// Joins ranges of a slice that are no farther apart than so many bytes.
        gap: Option<u64>;
        /// Sets the options of the format.
        options: Options;
        /// Says whether what is whole of a damaged file is wanted.
        salvage: bool;
        /// Chooses the threads that work.
        threads: Threads;
    }

    /// Lets `take` know what a file's values do not show, in a line each: fields that were no values and were replaced.
    /// What is told so is no error: it was asked for, or is how the reference program reads.
    #[must_use]
    pub fn on_note(mut self, take: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.notes = Notes::to(move |note, _| take(note));
        self
    }

    /// As [`on_note`](Self::on_note); `take` gets what would help, too.
    #[must_use]
    pub fn on_hinted_note(mut self, take: impl Fn(&str, Option<Hint>) + Send + Sync + 'static) -> Self {
        self.notes = Notes::to(take);
        self
    }

    /// The same for one format: of the options only its own, each checked against its table.
    ///
    /// # Errors
    /// `InvalidArgument` when an option has a value that it does not take.
    pub fn of(&self, info: &FormatInfo) -> Result<Self> {
        Ok(Self { options: self.options.of(info, Side::Reading)?, ..self.clone() })
    }

    /// Does to an array in memory what was asked for: dtype, byte order, order. What is so already costs nothing.
    ///
    /// # Errors
    /// `Mismatch` when a value does not fit the dtype, `LimitExceeded` when memory is short.
    pub fn apply(&self, array: Array) -> Result<Array> {
        let array = match &self.dtype {
            Some(dtype) if dtype != array.dtype() => array.cast_checked(dtype)?,
            _ => array,
        };
        let byte_order = self.byte_order.filter(|order| !array.dtype().is_in_order(*order));
        let is_in = |order| array.dtype() == &DType::Utf8 || array.as_bytes(order).is_some();
        let order = self.order.filter(|order| !is_in(*order));
        match (order, byte_order) {
            (None, None) => Ok(array),
            (Some(order), None) => array.to_contiguous(order),
            (order, Some(byte_order)) => {
                let order = order.unwrap_or_else(|| array.natural_order());
                array.to_contiguous_in(order, byte_order)
            }
        }
    }
}

/// How arrays are written, whatever the format.
///
/// ```
/// use arr_core::format::Writing;
/// use arr_core::ByteOrder;
/// assert_eq!(Writing::new().byte_order(ByteOrder::Big).byte_order, Some(ByteOrder::Big));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Writing {
    /// The byte order in which numbers are written; `None` keeps that of the array, or the only one of the format.
    pub byte_order: Option<ByteOrder>,
    /// The order in which items are written; `None` keeps that of the array.
    pub order: Option<Order>,
    /// Whether existing data is replaced when a file is changed: a member of the same name, bytes after an array or an
    /// archive.
    pub replace: bool,
    /// What may be spent on reading the file that is added to.
    pub limits: Limits,
    /// The options of the format.
    pub options: Options,
    /// The threads that work, until the file is complete.
    pub threads: Threads,
    /// Who is told what a reader of the file can't know, such as that its first line has names.
    pub notes: Notes,
}

impl Writing {
    /// Writes arrays as they are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Writes numbers in that byte order.
        byte_order: Option<ByteOrder>;
        /// Writes items in that order.
        order: Option<Order>;
        /// Says whether existing data is replaced when a file is added to.
        replace: bool;
        /// Puts a policy in force for reading the file that is added to.
        limits: Limits;
        /// Sets the options of the format.
        options: Options;
        /// Chooses the threads that work.
        threads: Threads;
        /// Chooses who is told what a reader of the file can't know.
        notes: Notes;
    }

    /// The same for one format: of the options only its own, each checked against its table.
    ///
    /// # Errors
    /// `InvalidArgument` when an option has a value that it does not take.
    pub fn of(&self, info: &FormatInfo) -> Result<Self> {
        Ok(Self { options: self.options.of(info, Side::Writing)?, ..self.clone() })
    }
}
