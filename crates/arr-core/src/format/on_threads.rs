//! Readers and writers whose work is done by the threads that were chosen for them.

use std::ops::Range;

use super::blocks::{Block, Blocks};
use super::part::{Content, NewPart, Outline, Part, PartInfo, Selection};
use super::protocol::{BadPart, Reader, Writer};
use super::settings::{Reading, Writing};
use crate::model::map::Mapper;
use crate::model::threads::Threads;
use crate::{Array, ArrayView, Budget, Buffer, Error, Graph, Input, Mmap, Order, Result, Slice};

/// Opens a file by `open`, and has all that the reader does done by the threads of `how`. What implements
/// [`Format`](super::Format) opens its files by it.
///
/// # Errors
/// Those of `open`.
pub fn read_on_threads<'a>(
    how: &Reading,
    open: impl FnOnce() -> Result<Box<dyn Reader + 'a>>,
) -> Result<Box<dyn Reader + 'a>> {
    let inner = how.threads.work(open)?;
    let threads = how.threads.clone();
    Ok(if threads.are_usual() { inner } else { Box::new(OnThreads { inner, threads }) })
}

/// Begins a file by `create`, and has all that the writer does done by the threads of `how`, as
/// [`read_on_threads`].
///
/// # Errors
/// Those of `create`.
pub fn write_on_threads<'a>(
    how: &Writing,
    create: impl FnOnce() -> Result<Box<dyn Writer + 'a>>,
) -> Result<Box<dyn Writer + 'a>> {
    let inner = how.threads.work(create)?;
    let threads = how.threads.clone();
    Ok(if threads.are_usual() { inner } else { Box::new(OnThreads { inner, threads }) })
}

/// Something whose work is done by these threads.
#[derive(Debug)]
struct OnThreads<T> {
    inner: T,
    threads: Threads,
}

impl<T> OnThreads<T> {
    fn work<R>(&mut self, work: impl FnOnce(&mut T) -> R) -> R {
        let Self { inner, threads } = self;
        threads.work(|| work(inner))
    }
}

impl Reader for OnThreads<Box<dyn Reader + '_>> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        self.work(|reader| reader.next_part())
    }

    fn count(&self) -> Option<usize> {
        self.inner.count()
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.inner.listed(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        self.work(|reader| reader.describe(part))
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        self.work(|reader| reader.read(part, what))
    }

    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        self.work(|reader| reader.ranges(part, slice))
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        self.work(|reader| reader.read_bytes(part))
    }

    fn part_input(&mut self, part: &PartInfo) -> Result<Input<'_>> {
        self.inner.part_input(part)
    }

    fn is_seekable(&self) -> bool {
        self.inner.is_seekable()
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        self.work(|reader| reader.find(key))
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let Self { inner, threads } = self;
        let blocks = threads.work(|| inner.blocks(part, order, size))?;
        Ok(Box::new(OnThreads { inner: blocks, threads: threads.clone() }))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        self.work(|reader| reader.map(part, mapper))
    }

    fn graph(&mut self, budget: &mut Budget, bad: &mut BadPart<'_>) -> Result<Graph> {
        self.work(|reader| reader.graph(budget, bad))
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        self.work(|reader| reader.faults(part))
    }

    fn beside_parts(&mut self) -> Result<u64> {
        self.work(|reader| reader.beside_parts())
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        self.work(|reader| reader.container_faults())
    }

    fn trailing(&mut self) -> Result<u64> {
        self.work(|reader| reader.trailing())
    }

    fn position(&self) -> u64 {
        self.inner.position()
    }

    fn check_total(&self) -> Result<()> {
        self.inner.check_total()
    }
}

impl Blocks for OnThreads<Box<dyn Blocks + '_>> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        self.work(|blocks| blocks.next_block())
    }
}

impl Writer for OnThreads<Box<dyn Writer + '_>> {
    fn items_in(&self, order: Order) -> Order {
        self.inner.items_in(order)
    }

    fn begin(&mut self, part: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        self.work(|writer| writer.begin(part, what))
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        self.work(|writer| writer.items(bytes))
    }

    fn array(&mut self, part: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        self.work(|writer| writer.array(part, array))
    }

    fn bytes(&mut self, part: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        self.work(|writer| writer.bytes(part, bytes))
    }

    fn graph(&mut self, graph: &Graph) -> Result<()> {
        self.work(|writer| writer.graph(graph))
    }

    fn name_of(&self, key: &str) -> String {
        self.inner.name_of(key)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Self { inner, threads } = *self;
        threads.work(|| inner.finish())
    }
}
