//! Tables as a format: one array, which has to be parsed.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arr_core::format::{Block, Blocks, Codec, Cutter, Description, FormatInfo, Head, Notes, Reading, Source};
use arr_core::{Array, Contiguity, DType, Error, Input, Layout, Order, Result, Slice};

use super::plan::{Plan, Request};

/// A format of tables.
pub(crate) trait Flavour: Debug + Clone + Send + Sync + 'static {
    /// What it says about itself.
    const INFO: &'static FormatInfo;
}

/// Reads the table of a file as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Table<F> {
    request: Arc<Request>,
    notes: Notes,
    found: Arc<Mutex<Option<Found>>>,
    flavour: PhantomData<F>,
}

/// What was found in an input, from a place on and in so many bytes.
#[derive(Debug)]
struct Found {
    at: u64,
    len: u64,
    plan: Arc<Plan>,
}

/// The input of a table, which is read twice: what comes through a pipe is kept in a file that has no name.
///
/// # Errors
/// As [`Source::one`] and [`Input::make_seekable`].
pub(crate) fn input_of<'a>(source: Source<'a>) -> Result<Input<'a>> {
    let mut input = source.one()?;
    input.make_seekable()?;
    Ok(input)
}

impl<F: Flavour> Table<F> {
    /// A table that is read as is asked for; `notes` is told what its values do not show.
    pub(crate) fn new(request: Request, notes: &Notes) -> Self {
        Self { request: Arc::new(request), notes: notes.clone(), found: Arc::default(), flavour: PhantomData }
    }

    /// Looks at the table, unless that was done before.
    fn plan(&self, input: &mut Input<'_>) -> Result<Arc<Plan>> {
        input.make_seekable()?;
        let (at, len) = (input.position(), input.remaining().unwrap_or(0));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = found.as_ref().filter(|found| (found.at, found.len) == (at, len)) {
            return Ok(Arc::clone(&found.plan));
        }
        let plan = Arc::new(Plan::new(&self.request, input)?);
        for (note, hint) in &plan.notes {
            match hint {
                Some(hint) => self.notes.tell_with(note, *hint),
                None => self.notes.tell(note),
            }
        }
        *found = Some(Found { at, len, plan: Arc::clone(&plan) });
        Ok(plan)
    }

    /// The items in a range of bytes, in the form that `layout` says.
    fn items(&self, input: &mut Input<'_>, plan: &Plan, range: Range<u64>, layout: Layout) -> Result<Array> {
        let mut budget = input.budget().clone();
        let buffer = plan.read(input, range, &mut budget);
        *input.budget() = budget;
        let array = Array::new(plan.dtype.clone(), layout, buffer?.freeze())?;
        match &plan.cast {
            Some(dtype) => array.cast_checked(dtype),
            None => Ok(array),
        }
    }
}

impl<F: Flavour> Codec for Table<F> {
    type Header = Arc<Plan>;

    const INFO: &'static FormatInfo = F::INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Arc<Plan>>> {
        let plan = self.plan(input)?;
        input.budget().check_rank(plan.layout.ndim())?;
        let dtype = plan.cast.clone().unwrap_or_else(|| plan.dtype.clone());
        let lies = plan.layout.contiguity(plan.dtype.itemsize());
        let mut description = Description::new(dtype, plan.layout.shape(), lies, input.position(), None);
        description.details.clone_from(&plan.details);
        description.details.extend(plan.notes.iter().map(|(note, _)| ("note", note.clone())));
        Ok(Head::coded(description, plan.layout.clone(), plan, "the data is text: it has to be read"))
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<Arc<Plan>>> {
        let head = self.head(input)?;
        input.skip_to_end()?;
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Arc<Plan>>, _: &Reading) -> Result<Array> {
        let plan = &head.header;
        let array = self.items(input, plan, 0..plan.len(), plan.layout.clone())?;
        input.skip_to_end()?;
        Ok(array)
    }

    fn read_slice(&self, input: &mut Input<'_>, how: &Reading, slice: &Slice) -> Result<Array> {
        let head = self.head(input)?;
        let plan = &head.header;
        let itemsize = plan.dtype.itemsize();
        let part = plan.layout.sliced(slice)?;
        let outside = || Error::limit("the data does not fit into memory");
        let extent = part.extent(itemsize).ok_or_else(outside)?;
        let order = how.order.unwrap_or_else(|| head.order());
        if plan.cast.is_some() || itemsize == 0 || part.is_empty() {
            let array = self.decode(input, &head, how)?;
            return how.apply(array.slice(slice)?.to_contiguous(order)?);
        }
        let offset = part.offset().checked_sub(extent.start).ok_or_else(outside)?;
        let layout = Layout::new(part.shape(), part.strides(), offset)?;
        let range = extent.start as u64..extent.end as u64;
        let array = self.items(input, plan, range, layout)?;
        input.skip_to_end()?;
        how.apply(array.to_contiguous(order)?)
    }

    fn has_blocks(&self, head: &Head<Arc<Plan>>, order: Order) -> bool {
        let lies = head.description.order;
        let wanted = if order == Order::F { Contiguity::F } else { Contiguity::C };
        let is_line = head.description.shape.iter().filter(|dimension| **dimension != 1).count() < 2;
        head.header.cast.is_none() && head.header.dtype != DType::Utf8 && (lies == wanted || is_line)
    }

    fn decode_blocks<'s>(
        &'s self,
        input: &'s mut Input<'_>,
        head: &Head<Arc<Plan>>,
        how: &'s Reading,
        cutter: Cutter,
    ) -> Result<Box<dyn Blocks + 's>> {
        Ok(Box::new(TableBlocks { table: self, input, plan: Arc::clone(&head.header), how, cutter }))
    }
}

/// The rows of a table block by block.
#[derive(Debug)]
struct TableBlocks<'s, 'a, F> {
    table: &'s Table<F>,
    input: &'s mut Input<'a>,
    plan: Arc<Plan>,
    how: &'s Reading,
    cutter: Cutter,
}

impl<F: Flavour> Blocks for TableBlocks<'_, '_, F> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else {
            self.input.skip_to_end()?;
            return Ok(None);
        };
        // Only one block is in memory at a time.
        *self.input.budget() = self.how.limits.budget();
        let part = self.plan.layout.sliced(&place.slice())?;
        let outside = || Error::limit("the data does not fit into memory");
        let extent = part.extent(self.plan.dtype.itemsize()).ok_or_else(outside)?;
        let offset = part.offset().checked_sub(extent.start).ok_or_else(outside)?;
        let layout = Layout::new(part.shape(), part.strides(), offset)?;
        let range = extent.start as u64..extent.end as u64;
        let named = |error: Error| error.in_format(F::INFO.name);
        let array = self.table.items(self.input, &self.plan, range, layout).map_err(named)?;
        let mut how = self.how.clone();
        how.order = None;
        let array = how.apply(array)?;
        Ok(Some(Block { array, place }))
    }
}
