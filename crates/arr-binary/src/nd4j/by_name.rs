//! Files of several arrays with names: what their readers have in common.

use arr_core::format::{
    Blocks, Content, Cutter, Description, InMemory, Mapper, MemberInfo, Part, PartInfo, Reader, Selection,
    SliceBlocks,
};
use arr_core::{Array, Contiguity, Error, ErrorKind, Limits, Mmap, Order, Result};

/// The arrays of a file that is open. Places are those of [`named`](Self::named).
pub(super) trait Arrays: std::fmt::Debug + Send {
    /// The registered name of the format.
    const FORMAT: &'static str;

    /// How many arrays there are.
    fn count(&self) -> usize;

    /// The name of an array, and the bytes that it takes in the file.
    fn named(&self, place: usize) -> Option<(&str, u64)>;

    /// Where the array of that name is.
    fn place_of(&self, name: &str) -> Option<usize>;

    /// Says that no array has that name.
    fn no_array(&self, name: &str) -> Error;

    /// What is known of an array.
    fn describe(&mut self, place: usize) -> Result<Description>;

    /// Reads an array, or a part of it.
    fn read(&mut self, place: usize, what: Selection<'_>) -> Result<Array>;

    /// The array in a map of the file.
    fn map(&mut self, _: usize, _: Mapper) -> Result<Array<Mmap>> {
        Err(Error::unsupported("data of this format can't be mapped"))
    }

    /// What is wrong with an array that can be read nevertheless.
    fn faults(&mut self, _: usize) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }

    /// What is wrong with the file besides.
    fn container_faults(&self) -> Vec<Error> {
        Vec::new()
    }

    /// The limits, which hold for each array.
    fn limits(&self) -> &Limits;

    /// Where the file ends in the input, all of which was looked at.
    fn file_end(&self) -> u64;
}

/// Names the format in an error, except one of what was asked for.
pub(super) fn in_format<A: Arrays>(error: Error) -> Error {
    if error.kind() == ErrorKind::InvalidArgument { error } else { error.in_format(A::FORMAT) }
}

/// The arrays of a file as parts.
#[derive(Debug)]
pub(super) struct ByName<A> {
    arrays: A,
    next: usize,
}

impl<A: Arrays> ByName<A> {
    /// From the first array on.
    pub(super) fn new(arrays: A) -> Self {
        Self { arrays, next: 0 }
    }

    fn part(&self, place: usize) -> Result<PartInfo> {
        let count = self.arrays.count();
        let none =
            || Error::invalid(format!("the file has {count} arrays, and the place {place} is behind them"));
        let (name, len) = self.arrays.named(place).ok_or_else(none)?;
        Ok(PartInfo::of_member(place, name, MemberInfo::new(name, len), false))
    }

    /// Names the array of an error, and the format.
    fn placed(&self, part: &PartInfo, error: Error) -> Error {
        match (error.kind(), self.arrays.named(part.place)) {
            (ErrorKind::InvalidArgument, _) | (_, None) => error,
            (_, Some((name, _))) => error.in_path(name).in_format(A::FORMAT),
        }
    }

    fn of_part<T>(&self, part: &PartInfo, result: Result<T>) -> Result<T> {
        result.map_err(|error| self.placed(part, error))
    }

    fn described(&mut self, part: &PartInfo) -> Result<Description> {
        let what = self.arrays.describe(part.place);
        self.of_part(part, what)
    }
}

impl<A: Arrays> Reader for ByName<A> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        if self.next >= self.arrays.count() {
            return Ok(None);
        }
        self.next += 1;
        self.part(self.next - 1).map(Some)
    }

    fn count(&self) -> Option<usize> {
        Some(self.arrays.count())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.part(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        self.described(part).map(Content::Array)
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let read = self.arrays.read(part.place, what);
        self.of_part(part, read).map(Part::Array)
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        match self.arrays.place_of(key) {
            Some(place) => self.part(place),
            None => Err(self.arrays.no_array(key)),
        }
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let what = self.described(part)?;
        let order = order.unwrap_or(if what.order == Contiguity::F { Order::F } else { Order::C });
        // What has to be decoded is so as a whole.
        if what.data_len.is_none() || what.is_packed {
            let array = self.arrays.read(part.place, Selection::All);
            return Ok(Box::new(InMemory::new(self.of_part(part, array)?, order, size)));
        }
        // One block is held at a time, so limits hold for each.
        let most = usize::try_from(self.arrays.limits().bytes()).unwrap_or(usize::MAX);
        let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size.min(most));
        Ok(Box::new(SliceBlocks::new(self, part, cutter)))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        let mapped = self.arrays.map(part.place, mapper);
        self.of_part(part, mapped)
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        let faults = self.arrays.faults(part.place);
        let faults = self.of_part(part, faults)?;
        Ok(faults.into_iter().map(|fault| self.placed(part, fault)).collect())
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        Ok(self.arrays.container_faults().into_iter().map(in_format::<A>).collect())
    }

    fn position(&self) -> u64 {
        self.arrays.file_end()
    }
}
