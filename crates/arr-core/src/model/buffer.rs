//! Bytes with an owner: shared and immutable, or alone and mutable.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::model::element::Element;
use crate::{Error, Mmap, Result};

/// The alignment of memory that this library reserves: a cache line, and the widest vector register.
pub const BUFFER_ALIGNMENT: usize = 64;

/// From here on memory comes in whole pages from the system, with huge pages asked for. Faults of 4 KiB pages cost
/// three times what reading the data costs; below this size the allocator hands out pages that are warm already.
pub(crate) const PAGES_FROM: usize = 4 << 20;

/// A huge page on x86-64 and on aarch64 with 4 KiB pages.
const HUGE_PAGE: usize = 2 << 20;

/// Mutable bytes that are not shared: what a reader fills, 64-byte aligned.
///
/// [`freeze`](Self::freeze) makes a [`Buffer`] of them without a copy.
pub struct BufferMut {
    memory: Memory,
    start: usize,
    len: usize,
}

enum Memory {
    Heap(Vec<u8>),
    Pages(memmap2::MmapMut),
}

impl Memory {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Pages(bytes) => bytes,
        }
    }
}

/// No bytes, and no memory reserved.
impl Default for BufferMut {
    fn default() -> Self {
        Self { memory: Memory::Heap(Vec::new()), start: 0, len: 0 }
    }
}

impl BufferMut {
    /// Reserves `len` bytes of zeros. Large buffers cost nothing until they are touched.
    ///
    /// # Errors
    /// `LimitExceeded` when the system does not have that much memory; never an abort.
    pub fn zeroed(len: usize) -> Result<Self> {
        if len >= PAGES_FROM {
            let reserved = len.checked_add(HUGE_PAGE).ok_or_else(|| no_memory(len))?;
            let pages =
                memmap2::MmapMut::map_anon(reserved).map_err(|source| no_memory(len).with_source(source))?;
            advise_huge_pages(&pages);
            let start = aligned_start(pages.as_ptr(), HUGE_PAGE);
            return Ok(Self { memory: Memory::Pages(pages), start, len });
        }
        let mut bytes = reserved(len + BUFFER_ALIGNMENT)?;
        bytes.resize(len + BUFFER_ALIGNMENT, 0);
        let start = aligned_start(bytes.as_ptr(), BUFFER_ALIGNMENT);
        Ok(Self { memory: Memory::Heap(bytes), start, len })
    }

    /// A copy of `bytes`, aligned.
    ///
    /// # Errors
    /// `LimitExceeded` when the system does not have that much memory.
    pub fn copy_of(bytes: &[u8]) -> Result<Self> {
        let len = bytes.len();
        if len >= PAGES_FROM {
            let mut buffer = Self::zeroed(len)?;
            buffer.as_mut_slice().copy_from_slice(bytes);
            return Ok(buffer);
        }
        // No sum overflows: the length is small.
        let mut memory = reserved(len + BUFFER_ALIGNMENT)?;
        let start = aligned_start(memory.as_ptr(), BUFFER_ALIGNMENT);
        memory.resize(start, 0);
        memory.extend_from_slice(bytes);
        Ok(Self { memory: Memory::Heap(memory), start, len })
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.memory.bytes().get(self.start..self.start + self.len).unwrap_or_default()
    }

    /// The bytes, to be written.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let bytes: &mut [u8] = match &mut self.memory {
            Memory::Heap(bytes) => bytes,
            Memory::Pages(bytes) => bytes,
        };
        bytes.get_mut(self.start..self.start + self.len).unwrap_or_default()
    }

    /// Forgets the bytes after the first `len`; does nothing when there are not so many.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Makes the bytes immutable and shared, without a copy.
    #[must_use]
    pub fn freeze(self) -> Buffer {
        let owner = match self.memory {
            Memory::Heap(bytes) => Owner::Heap(Arc::new(bytes)),
            Memory::Pages(bytes) => Owner::Pages(Arc::new(bytes)),
        };
        Buffer { owner, start: self.start, len: self.len }
    }
}

impl fmt::Debug for BufferMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BufferMut({} bytes)", self.len)
    }
}

/// An empty vector with room.
fn reserved(len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|source| no_memory(len).with_source(source))?;
    Ok(bytes)
}

/// So many zeros.
pub(crate) fn zeros(len: usize) -> Result<Vec<u8>> {
    let mut bytes = reserved(len)?;
    bytes.resize(len, 0);
    Ok(bytes)
}

/// Makes what is kept for the next piece `len` bytes long; what is in it is of no use any more.
pub(crate) fn set_len(bytes: &mut Vec<u8>, len: usize) -> Result<()> {
    bytes.clear();
    bytes.try_reserve_exact(len).map_err(|source| no_memory(len).with_source(source))?;
    bytes.resize(len, 0);
    Ok(())
}

/// A copy of bytes.
pub(crate) fn copied(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = reserved(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// True when so many bytes can be reserved now.
pub(crate) fn can_be_had(len: usize) -> bool {
    // A reservation that nothing looks at is left out by compilers.
    reserved(len).map(std::hint::black_box).is_ok()
}

/// Makes sure that `bytes` of memory can be had. It is for what reserves memory and can't say that there is none, such as
/// the decoders of some libraries: whoever calls them asks for as much as they take, right before.
///
/// ```
/// use arr_core::format::check_memory;
/// check_memory(1 << 20, "a block")?;
/// let error = check_memory(usize::MAX >> 1, "a block").unwrap_err();
/// assert_eq!(error.to_string(), "no memory for a block: it takes 9223372036854775807 bytes");
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `LimitExceeded`, which says `what` they are for.
pub fn check_memory(bytes: usize, what: &str) -> Result<()> {
    let refused = || Error::limit(format!("no memory for {what}: it takes {bytes} bytes"));
    if can_be_had(bytes) { Ok(()) } else { Err(refused()) }
}

#[cold]
fn no_memory(len: usize) -> Error {
    Error::limit(format!("the system has no {len} bytes of memory to give"))
}

fn aligned_start(pointer: *const u8, alignment: usize) -> usize {
    match pointer.align_offset(alignment) {
        usize::MAX => 0,
        offset => offset,
    }
}

/// Asks for huge pages, where the system has them. It is advice: what it answers does not matter.
fn advise_huge_pages(pages: &memmap2::MmapMut) {
    #[cfg(target_os = "linux")]
    let _ = pages.advise(memmap2::Advice::HugePage);
    #[cfg(not(target_os = "linux"))]
    let _ = pages;
}

/// Immutable bytes that are shared with their owner: a vector, a map, anything that can lend bytes. A clone costs a
/// counter.
///
/// ```
/// use arr_core::Buffer;
/// let buffer = Buffer::from_vec(vec![1.0f32, 2.0]);
/// assert_eq!(buffer.len(), 8);
/// assert_eq!(&buffer[4..], 2.0f32.to_ne_bytes());
/// ```
#[derive(Clone)]
pub struct Buffer {
    owner: Owner,
    start: usize,
    len: usize,
}

#[derive(Clone)]
enum Owner {
    Static(&'static [u8]),
    Heap(Arc<Vec<u8>>),
    Pages(Arc<memmap2::MmapMut>),
    Mapped(Mmap),
    Any(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

impl Owner {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Heap(bytes) => bytes,
            Self::Pages(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
            Self::Any(bytes) => (**bytes).as_ref(),
        }
    }
}

struct ElementVec<T>(Vec<T>);

impl<T: Element> AsRef<[u8]> for ElementVec<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Buffer {
    fn whole(owner: Owner) -> Self {
        let len = owner.bytes().len();
        Self { owner, start: 0, len }
    }

    /// Bytes that live as long as the program.
    #[must_use]
    pub fn from_static(bytes: &'static [u8]) -> Self {
        Self::whole(Owner::Static(bytes))
    }

    /// Takes a vector of elements as it is, without a copy.
    #[must_use]
    pub fn from_vec<T: Element>(vec: Vec<T>) -> Self {
        Self::from_owner(ElementVec(vec))
    }

    /// Takes anything that lends bytes and can be sent to other threads: `bytes::Bytes`, a map of another crate.
    /// The owner must lend the same bytes each time; if it lends fewer later, arrays over it read as errors.
    #[must_use]
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::whole(Owner::Any(Arc::new(owner)))
    }

    /// A part of the bytes, sharing the owner; `None` when the range is out of bounds.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<Self> {
        let len = range.end.checked_sub(range.start).filter(|_| range.end <= self.len)?;
        Some(Self { owner: self.owner.clone(), start: self.start + range.start, len })
    }

    /// The bytes to be written, without a copy, if they were reserved by this library and nobody else shares them; else the
    /// buffer as it was.
    ///
    /// ```
    /// use arr_core::{Buffer, BufferMut};
    /// let buffer = BufferMut::copy_of(b"abc")?.freeze();
    /// let shared = buffer.clone();
    /// let buffer = buffer.try_into_mut().unwrap_err();
    /// drop(shared);
    /// let mut bytes = buffer.try_into_mut().expect("nobody else has it");
    /// bytes.as_mut_slice()[0] = b'x';
    /// assert_eq!(bytes.as_slice(), b"xbc");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The buffer, where others share its bytes or have lent them.
    pub fn try_into_mut(self) -> Result<BufferMut, Self> {
        let Self { owner, start, len } = self;
        let memory = match owner {
            Owner::Heap(bytes) => Arc::try_unwrap(bytes).map(Memory::Heap).map_err(Owner::Heap),
            Owner::Pages(bytes) => Arc::try_unwrap(bytes).map(Memory::Pages).map_err(Owner::Pages),
            owner => Err(owner),
        };
        match memory {
            Ok(memory) => Ok(BufferMut { memory, start, len }),
            Err(owner) => Err(Self { owner, start, len }),
        }
    }

    /// The bytes. There are none when a foreign owner lends fewer than it did at first: arrays check that their bytes are
    /// there before they read them.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.owner.bytes().get(self.start..self.start + self.len).unwrap_or_default()
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<Mmap> for Buffer {
    fn from(map: Mmap) -> Self {
        Self::whole(Owner::Mapped(map))
    }
}

/// Takes the vector as it is, without a copy.
impl<T: Element> From<Vec<T>> for Buffer {
    fn from(vec: Vec<T>) -> Self {
        Self::from_vec(vec)
    }
}

/// Bytes that live as long as the program.
impl From<&'static [u8]> for Buffer {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_static(bytes)
    }
}

/// Bytes that live as long as the program, such as those of `include_bytes!`.
impl<const N: usize> From<&'static [u8; N]> for Buffer {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::from_static(bytes)
    }
}

impl From<BufferMut> for Buffer {
    fn from(buffer: BufferMut) -> Self {
        buffer.freeze()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_memory_is_aligned_and_zero() {
        for len in [0, 1, 63, 4096, PAGES_FROM - 1, PAGES_FROM, PAGES_FROM + 12345] {
            let mut buffer = BufferMut::zeroed(len).unwrap();
            assert_eq!(buffer.as_slice().len(), len);
            assert_eq!(buffer.as_slice().as_ptr().align_offset(BUFFER_ALIGNMENT), 0);
            assert!(buffer.as_slice().iter().all(|byte| *byte == 0));
            buffer.as_mut_slice().fill(7);
            buffer.truncate(10);
            let frozen = buffer.freeze();
            assert_eq!(&*frozen, &vec![7; len.min(10)]);
            assert_eq!(frozen.as_ptr().align_offset(BUFFER_ALIGNMENT), 0);
        }
    }

    #[test]
    fn too_much_memory_is_an_error() {
        assert_eq!(BufferMut::zeroed(usize::MAX).unwrap_err().kind(), crate::ErrorKind::LimitExceeded);
        assert_eq!(BufferMut::zeroed(usize::MAX / 2).unwrap_err().kind(), crate::ErrorKind::LimitExceeded);
    }

    #[test]
    fn parts_share_the_owner() {
        let buffer = Buffer::from_vec(vec![1u16, 2, 3]);
        let part = buffer.slice(2..6).unwrap();
        drop(buffer);
        assert_eq!(&part[..], [2u16.to_ne_bytes(), 3u16.to_ne_bytes()].concat());
        assert!(part.slice(3..5).is_none());
        assert_eq!(&*Buffer::from_static(b"abc"), b"abc");
        assert_eq!(&*Buffer::from(b"abc"), b"abc");
        assert_eq!(&*Buffer::from(&b"abc"[1..]), b"bc");
    }

    #[test]
    fn vectors_become_buffers_where_they_lie() {
        let values = vec![1u8, 2, 3];
        let place = values.as_ptr();
        let buffer: Buffer = values.into();
        assert_eq!((&*buffer, buffer.as_ptr()), (&[1, 2, 3][..], place));
        assert_eq!(Buffer::from(vec![true, false]).len(), 2);
        assert_eq!(&*Buffer::from(vec![1.5f64]), 1.5f64.to_ne_bytes());
    }
}
