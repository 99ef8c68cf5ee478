//! What is done to each run of items: chosen once for two dtypes, then applied run by run.
//!
//! A conversion is at most three passes over a run: a swap into the byte order that the machine computes with, the step
//! itself, a swap into the byte order of the target. One loop with all three in it would exist for each pair of the kinds
//! times four byte orders; as passes there is one loop a pair, which compilers make vectors of, and a run is short enough
//! to stay in the first-level caches between the passes. Which loop it is has been found before the first item: nothing is
//! matched or allocated item by item.

use super::{nested, numbers, text, time};
use crate::model::buffer::copied;
use crate::{ByteOrder, DType, Error, Result, Swap};

/// The conversion of items of one dtype into items of another.
pub(crate) struct Plan {
    from: DType,
    to: DType,
    /// Brings the source into the byte order that the step reads.
    before: Swap,
    step: Box<dyn Step>,
    /// Brings what the step wrote into the byte order of the target.
    after: Swap,
}

/// The middle of a conversion, in the byte order of [`computed`].
pub(super) trait Step: Send + Sync {
    /// Writes every byte of the target.
    fn run(&self, run: Run<'_>) -> Result<(), Fault>;
}

/// Items that follow one another, and the place for what they become.
pub(super) struct Run<'a> {
    pub(super) source: &'a [u8],
    pub(super) target: &'a mut [u8],
    pub(super) items: usize,
    /// Bytes of an item of the source.
    pub(super) from: usize,
    /// Bytes of an item of the target.
    pub(super) to: usize,
}

impl Run<'_> {
    /// Converts item by item, until `convert` says no.
    pub(super) fn each(self, convert: impl Fn(&[u8], &mut [u8]) -> bool) -> Result<(), Fault> {
        for item in 0..self.items {
            let source = self.source.get(item * self.from..(item + 1) * self.from);
            let target = self.target.get_mut(item * self.to..(item + 1) * self.to);
            if !source.zip(target).is_some_and(|(source, target)| convert(source, target)) {
                return Err(Fault::at(item));
            }
        }
        Ok(())
    }
}

/// The item at which a conversion stopped.
#[derive(Debug, Default)]
pub(crate) struct Fault {
    pub(super) item: usize,
    /// The fields around it, from the innermost.
    pub(super) path: Vec<String>,
    text: String,
    /// What stopped the conversion, if it was no item.
    error: Option<Box<Error>>,
}

impl Fault {
    /// The item of that index does not fit.
    pub(super) fn at(item: usize) -> Self {
        Self { item, ..Self::default() }
    }

    /// The bytes of the items are gone.
    pub(super) fn lost() -> Self {
        Self { text: "the owner of the bytes lends fewer than it did before".to_owned(), ..Self::default() }
    }

    /// Something else than an item stopped it.
    #[cold]
    pub(super) fn stopped(error: Error) -> Self {
        Self { error: Some(Box::new(error)), ..Self::default() }
    }

    /// The same in a field of that name.
    #[cold]
    pub(super) fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    /// What stopped a loop, if anything.
    pub(super) fn or_done(stopped: Option<usize>) -> Result<(), Self> {
        stopped.map_or(Ok(()), |item| Err(Self::at(item)))
    }

    /// Counts the items that were converted before this run.
    pub(crate) fn behind(self, items: usize) -> Self {
        Self { item: self.item + items, ..self }
    }

    /// Which item it was.
    pub(crate) fn item(&self) -> usize {
        self.item
    }

    /// The error, given the index that the item has in the array.
    pub(crate) fn into_error(self, index: &[usize]) -> Error {
        self.into_error_with(|text| format!("index {index:?}: {text}"))
    }

    /// The error, for whoever says themselves which item it was.
    pub(crate) fn into_plain_error(self) -> Error {
        self.into_error_with(|text| text)
    }

    fn into_error_with(self, message: impl FnOnce(String) -> String) -> Error {
        if let Some(error) = self.error {
            return *error;
        }
        let error = Error::mismatch(message(self.text));
        self.path.into_iter().fold(error, |error, name| error.in_path(&name))
    }
}

/// The byte order in which items are computed with: x87 numbers are little-endian on every machine.
fn computed(dtype: &DType) -> ByteOrder {
    match dtype {
        DType::Scalar(kind, _) if kind.is_long_double() => ByteOrder::Little,
        _ => ByteOrder::NATIVE,
    }
}

/// The bytes stay, except for their order.
struct Copy;

impl Step for Copy {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        if run.source.len() != run.target.len() {
            return Err(Fault::default());
        }
        run.target.copy_from_slice(run.source);
        Ok(())
    }
}

impl Plan {
    /// The conversion of `from` to `to`; with `checked` every value has to fit.
    pub(crate) fn new(from: &DType, to: &DType, checked: bool) -> Result<Self> {
        let plan = |before, step, after| Self { from: from.clone(), to: to.clone(), before, step, after };
        if let Some(swap) = same_but_for_order(from, to) {
            return Ok(plan(Swap::Nothing, Box::new(Copy), swap));
        }
        if let Some(step) = nested::step(from, to, checked)? {
            return Ok(plan(Swap::Nothing, step, Swap::Nothing));
        }
        Self::simple(from, to, checked)
    }

    /// Of items without parts. It is a function of its own so that records in records take little of the stack.
    #[inline(never)]
    fn simple(from: &DType, to: &DType, checked: bool) -> Result<Self> {
        let step = numbers::step(from, to, checked)
            .or_else(|| text::step(from, to, checked))
            .or_else(|| time::step(from, to, checked))
            .ok_or_else(|| Error::unsupported(format!("casting {from} to {to} is not supported")))?;
        let before = Swap::to_order(from, computed(from));
        // From `computed` to the order of the target is the same reversal as back.
        let after = Swap::to_order(to, computed(to));
        Ok(Self { from: from.clone(), to: to.clone(), before, step, after })
    }

    /// Bytes of an item of the source.
    pub(crate) fn source_size(&self) -> usize {
        self.from.itemsize()
    }

    /// Bytes of an item of the target.
    pub(crate) fn target_size(&self) -> usize {
        self.to.itemsize()
    }

    /// Converts that many items.
    pub(crate) fn run(&self, source: &[u8], target: &mut [u8], items: usize) -> Result<(), Fault> {
        let swapped: Vec<u8>;
        let source = if self.before == Swap::Nothing {
            source
        } else {
            let mut bytes = copied(source).map_err(Fault::stopped)?;
            self.before.apply(&mut bytes);
            swapped = bytes;
            &swapped
        };
        let (from, to) = (self.source_size(), self.target_size());
        self.step
            .run(Run { source, target: &mut *target, items, from, to })
            .map_err(|fault| self.explain(fault, source))?;
        self.after.apply(target);
        Ok(())
    }

    /// Says which value it was, unless an inner plan has said so.
    #[cold]
    fn explain(&self, fault: Fault, source: &[u8]) -> Fault {
        if !fault.text.is_empty() || fault.error.is_some() {
            return fault;
        }
        let size = self.source_size();
        let item = source.get(fault.item * size..(fault.item + 1) * size).unwrap_or_default();
        let value = super::describe(&self.from, item);
        let ascii = match (&self.from, &self.to) {
            (DType::Bytes(_), DType::Unicode(..)) => item.is_ascii(),
            (DType::Unicode(..), DType::Bytes(_)) => value.is_ascii(),
            _ => true,
        };
        let why = if ascii { "" } else { "is not ASCII and " };
        Fault { text: format!("{value} {why}does not fit {}", self.to), ..fault }
    }
}

/// What brings the one into the other when only byte orders differ, and all of the target's are the same.
fn same_but_for_order(from: &DType, to: &DType) -> Option<Swap> {
    let order =
        [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()].into_iter().find(|order| to.is_in_order(*order))?;
    (from.with_byte_order(order) == *to).then(|| Swap::to_order(from, order))
}
