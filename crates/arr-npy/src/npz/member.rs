//! One member of an archive.

mod reader;

use std::fmt;
use std::io::Read;

use arr_core::format::{Description, Mapper, Positioned, room};
use arr_core::{Array, Buffer, BufferMut, ByteOrder, Contiguity, Error, Input, Limits, Mmap, Order, Result};

pub use reader::MemberReader;

use super::decode::{Decoder, Method, PIECE as PACKED_PIECE, Section, broken};
use super::directory::Entry;
use super::fetch::{self, Ahead, SMALL};
use super::read::Npz;
use super::record::{LocalHeader, segments};
use super::{broken_invariant, deflate};
use crate::Header;
use crate::header::{MAGIC, parse_header, parse_lenient_header};
use crate::read::{data_of, in_place, read_header_leniently};
use crate::transpose::read_transposed;

/// Data is decompressed and summed in pieces that stay in the cache.
const PIECE: usize = 256 << 10;

/// How many bytes of a large member are examined for its header, before memory is reserved for the rest.
const GLANCE: usize = 64 << 10;

/// The same where each byte has to come from afar. Nearly all headers have 128 bytes.
const FAR_GLANCE: usize = 1 << 10;

/// A member of a `.npz` archive, which need not be an array.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    npz: &'a Npz<'a>,
    entry: &'a Entry,
}

impl<'a> Member<'a> {
    pub(super) fn new(npz: &'a Npz<'a>, entry: &'a Entry) -> Self {
        Self { npz, entry }
    }

    /// The name in the archive.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.npz.directory.name(self.entry)
    }

    /// The name without `.npy`, by which NumPy calls it.
    #[must_use]
    pub fn key(&self) -> &'a str {
        let name = self.name();
        name.strip_suffix(".npy").unwrap_or(name)
    }

    /// How the data is compressed.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::from_number(self.entry.method)
    }

    /// Bytes that it takes compressed, as the directory says.
    #[must_use]
    pub fn compressed_size(&self) -> u64 {
        self.entry.compressed
    }

    /// Bytes that it takes decompressed, as the directory says.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entry.size
    }

    /// The checksum of the decompressed bytes, as the directory says.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        self.entry.crc32
    }

    /// True for the entry of a folder, which has no data.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name().ends_with('/') && self.entry.size == 0
    }

    /// What the array is, without its data: only the beginning of the member is decompressed.
    ///
    /// # Errors
    /// `Malformed` when the member is damaged or no array, `Unsupported` when it is compressed or encrypted in a way
    /// that is not read, `Io` when the file can't be read.
    pub fn header(&self) -> Result<Header> {
        self.named(self.glance().and_then(|glance| glance.header.ok_or_else(|| self.no_array())))
    }

    /// [`header`](Self::header) as a description; nothing when the member is not an array. The offset of the data is that
    /// in the file where it is stored, and in the decompressed member where it is compressed.
    ///
    /// # Errors
    /// As `header`.
    pub fn describe(&self) -> Result<Option<Description>> {
        let glance = self.named(self.glance())?;
        let Some(header) = glance.header else { return Ok(None) };
        let order = match header.order() {
            Order::C => Contiguity::C,
            Order::F => Contiguity::F,
        };
        let start = if self.method() == Method::Stored { glance.data_start } else { 0 };
        let len = if header.dtype().has_references() { None } else { Some(header.data_len()) };
        let offset = start.saturating_add(header.data_offset());
        let found = Description::new(header.dtype().clone(), header.shape(), order, offset, len);
        Ok(Some(found.with_version(header.version())))
    }

    /// True when the member is an array: it begins as a `.npy` does.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn is_array(&self) -> Result<bool> {
        self.begins_with(MAGIC)
    }

    /// True when these are the first bytes.
    pub(super) fn begins_with(&self, bytes: &[u8]) -> Result<bool> {
        self.named(self.data_start().and_then(|start| Ok(self.front(start, bytes.len())?.starts_with(bytes))))
    }

    /// Reads the array into memory of its own, and checks its checksum. Of an archive in memory a stored array is
    /// given without a copy.
    ///
    /// # Errors
    /// `Malformed` when the member is damaged, no array, or longer than its array; `Unsupported` when it is compressed
    /// or encrypted in a way that is not read, or its items are objects; `LimitExceeded` when it would take more
    /// memory than allowed; `Io` when the file can't be read.
    pub fn read(&self) -> Result<Array> {
        // Large members are decompressed by several threads, and a caller that waits for them must hold no lock: a
        // thread that waits takes on other work, which may be to read another member.
        let array = match self.is_small() {
            true => self.with_ahead(|ahead| self.read_if_array(ahead)),
            false => self.read_if_array(&mut Ahead::default()),
        }?;
        array.ok_or_else(|| self.name_in(self.no_array()))
    }

    /// Reads the array with its items in `order`, which is not that in which they lie, and little else in memory at a time.
    pub(super) fn read_in(&self, order: Order, byte_order: Option<ByteOrder>) -> Result<Array> {
        let read = || {
            self.check_sizes()?;
            let mut input = self.input()?;
            let header = read_header_leniently(&mut input, self.npz.lenient)?;
            self.check_header(&header)?;
            let array = read_transposed(&mut input, &header, order, byte_order, true)?;
            // Only at the end the checksum is known.
            input.skip_to_end()?;
            Ok(array)
        };
        self.named(read())
    }

    /// Reads the array, or nothing where the member is none.
    pub(super) fn read_if_array(&self, ahead: &mut Ahead) -> Result<Option<Array>> {
        self.named(self.read_array(ahead))
    }

    fn read_array(&self, ahead: &mut Ahead) -> Result<Option<Array>> {
        if self.is_small() {
            let bytes = self.unpack_small(ahead)?;
            return if bytes.as_slice().starts_with(MAGIC) {
                let bytes = bytes.freeze();
                let header = self.parse(&bytes)?;
                self.array_in(&header, bytes).map(Some)
            } else {
                Ok(None)
            };
        }
        let glance = self.glance()?;
        let Some(header) = glance.header else { return Ok(None) };
        self.check_header(&header)?;
        let bytes = self.unpack(glance.data_start)?;
        // A long header is not read twice, unless the file has become another.
        let head = usize::try_from(header.data_offset()).ok().and_then(|len| glance.front.get(..len));
        let is_same = head.is_some_and(|head| bytes.starts_with(head));
        let header = if is_same { header } else { self.parse(&bytes)? };
        self.array_in(&header, bytes).map(Some)
    }

    /// All of the decompressed bytes, whatever they are, with their checksum checked.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self) -> Result<Buffer> {
        self.named(if self.is_small() {
            self.with_ahead(|ahead| self.unpack_small(ahead)).map(BufferMut::freeze)
        } else {
            self.data_start().and_then(|start| self.unpack(start))
        })
    }

    /// The decompressed bytes as a stream, of which little is in memory at a time. Its last read fails when the
    /// checksum is wrong. The limit on expansion does not hold for it: whoever reads little by little stops when it is too
    /// much.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn reader(&self) -> Result<MemberReader<'a>> {
        self.named(self.data_start().and_then(|start| self.reader_at(start)))
    }

    /// [`reader`](Self::reader), of no more than the limit on expansion allows.
    pub(super) fn limited_reader(&self) -> Result<MemberReader<'a>> {
        let budget = self.npz.limits.budget();
        self.named(budget.check_expansion(self.entry.compressed, self.entry.size))?;
        self.reader()
    }

    /// [`reader`](Self::reader) as an input, under the limits of the archive: for what reads a `.npy` piece by piece.
    ///
    /// # Errors
    /// As `reader`.
    pub fn input(&self) -> Result<Input<'a>> {
        Ok(Input::from_reader(self.limited_reader()?).with_limits(&self.npz.limits))
    }

    /// The bytes of a stored member to be read in any order: for a part of an array, of which only that is read, and no
    /// checksum looked at. Nothing when the member is compressed.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn seekable_input(&self) -> Result<Option<Input<'a>>> {
        if self.method() != Method::Stored || self.entry.size != self.entry.compressed {
            return Ok(None);
        }
        let start = self.named(self.data_start())?;
        let bytes = self.npz.source.range(start, self.entry.size).ok_or_else(|| {
            self.name_in(Error::malformed("the archive ends inside the member").at(self.entry.offset))
        })?;
        Ok(Some(Input::from_positioned(bytes).with_limits(&self.npz.limits)))
    }

    /// Gives a stored array in place, as [`map`](crate::map) does with a file, after reading it once to check its
    /// checksum.
    ///
    /// # Safety
    /// As for [`Mmap::open`], for as long as the archive or the array is there: the archive is mapped once.
    ///
    /// # Errors
    /// As [`read`](Self::read); and `Unsupported` when the member is compressed, or the archive is in memory.
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map(&self) -> Result<Array<Mmap>> {
        // SAFETY: the caller promises it of the archive's file.
        self.map_by(unsafe { Mapper::new() })
    }

    pub(super) fn map_by(&self, mapper: Mapper) -> Result<Array<Mmap>> {
        let array = self.named(self.map_in_place(mapper))?;
        let (_, before) = self.npz.mapped(mapper)?;
        let start = before.saturating_add(self.named(self.data_start())?);
        self.named(self.bytes_in(array.storage(), start).and_then(|bytes| {
            let found = crc32fast::hash(bytes);
            self.check_sum(found)
        }))?;
        Ok(array)
    }

    /// [`map`](Self::map) without looking at the data: it takes microseconds, whatever the size.
    ///
    /// # Safety
    /// As for `map`.
    ///
    /// # Errors
    /// As `map`.
    #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
    pub unsafe fn map_unchecked(&self) -> Result<Array<Mmap>> {
        // SAFETY: the caller promises it of the archive's file.
        self.named(self.map_in_place(unsafe { Mapper::new() }))
    }

    fn map_in_place(&self, mapper: Mapper) -> Result<Array<Mmap>> {
        if self.method() != Method::Stored {
            let message =
                format!("the member is {}: it has to be unpacked, and can't be mapped", self.method());
            return Err(Error::unsupported(message).at(self.entry.offset));
        }
        let start = self.data_start()?;
        self.check_sizes()?;
        let (map, before) = self.npz.mapped(mapper)?;
        let start = before.saturating_add(start);
        let bytes = self.bytes_in(map, start)?;
        let header = self.parse(bytes).map_err(|error| error.nested(start))?;
        data_of(bytes, &header, &self.npz.limits).map_err(|error| error.nested(start))?;
        self.check_header(&header)?;
        in_place(&header, map.clone(), start)
    }

    /// The bytes of the stored member in a map of the archive.
    fn bytes_in<'m>(&self, map: &'m [u8], start: u64) -> Result<&'m [u8]> {
        let range = usize::try_from(start).ok().zip(usize::try_from(self.entry.size).ok());
        range.and_then(|(start, len)| map.get(start..start.checked_add(len)?)).ok_or_else(|| {
            Error::malformed("the member is not all in the file, which has become shorter")
                .at(self.entry.offset)
        })
    }

    /// Decompresses the member to its end and throws it away: whether it is whole, and its checksum right.
    /// [`Npz::check`](super::Npz::check) checks more.
    ///
    /// # Errors
    /// As [`read`](Self::read), except for the limits on memory, of which it takes little.
    pub fn check(&self) -> Result<()> {
        self.unpacked_to_end().map(drop)
    }

    /// A reader at the end of the member.
    pub(super) fn unpacked_to_end(&self) -> Result<MemberReader<'a>> {
        let mut reader = self.limited_reader()?;
        let mut piece = room::reserved(self.npz.source.at_once(PIECE))?;
        piece.resize(piece.capacity(), 0);
        while self.named(reader.read(&mut piece).map_err(|error| broken("packed", error)))? > 0 {}
        Ok(reader)
    }

    pub(super) fn entry(&self) -> &'a Entry {
        self.entry
    }

    pub(super) fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| self.name_in(error))
    }

    /// Names the member, unless the error does already.
    pub(super) fn name_in(&self, error: Error) -> Error {
        self.npz.name_in(if error.path().is_some() { error } else { error.in_path(self.name()) })
    }

    fn no_array(&self) -> Error {
        Error::malformed("the member is not an array: it does not begin as a .npy file").at(self.entry.offset)
    }

    fn with_ahead<T>(&self, read: impl FnOnce(&mut Ahead) -> T) -> T {
        // What a panicking thread left there is read again.
        read(&mut self.npz.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(super) fn source(&self) -> &'a Positioned<'a> {
        &self.npz.source
    }

    pub(super) fn limits(&self) -> &'a Limits {
        &self.npz.limits
    }

    /// The name as it is in the directory.
    pub(super) fn raw_name(&self) -> Result<&'a [u8]> {
        self.npz.directory.raw_name(self.entry)
    }

    /// The extra fields in the directory.
    pub(super) fn extra(&self) -> Result<&'a [u8]> {
        self.npz.directory.extra(self.entry)
    }

    /// True when the member and what it takes decompressed are small, and it is not in memory already.
    fn is_small(&self) -> bool {
        self.entry.limit.saturating_sub(self.entry.offset) <= SMALL
            && self.entry.size <= SMALL
            && self.npz.source.slice(0, 0).is_none()
    }

    /// Where the data begins in the file.
    pub(super) fn data_start(&self) -> Result<u64> {
        let entry = self.entry;
        let expected = self.raw_name()?;
        let mut head = vec![0; LocalHeader::SIZE + expected.len()];
        self.npz.source.read_exact_at(&mut head, entry.offset, "header of a member")?;
        let header = fetch::local_header(&head, entry)?;
        // A longer name is another one, and is told.
        let len = usize::from(header.name_len);
        let mut longer = vec![0; if len > expected.len() { len } else { 0 }];
        let name_start = entry.offset + LocalHeader::SIZE as u64;
        self.npz.source.read_exact_at(&mut longer, name_start, "header of a member")?;
        let name = header.name_in(&head).unwrap_or(&longer);
        fetch::check_local(&header, name, entry, expected)?;
        Ok(entry.offset + header.data_start() as u64)
    }

    /// Checks what the sizes say of each other and of the limits, before memory is reserved.
    fn check_sizes(&self) -> Result<()> {
        let Entry { compressed, size, offset, .. } = *self.entry;
        let most = match self.method() {
            Method::Stored if size != compressed => {
                let message = format!("{compressed} bytes of stored data are said to be {size}");
                return Err(Error::malformed(message).at(offset));
            }
            Method::Deflated => compressed.saturating_mul(deflate::MOST_EXPANSION),
            _ => u64::MAX,
        };
        if size > most {
            let message = format!("{compressed} bytes of deflated data can't be {size}");
            return Err(Error::malformed(message).at(offset));
        }
        let mut budget = self.npz.limits.budget();
        budget
            .check_expansion(compressed, size)
            .and_then(|()| budget.charge_bytes(size))
            .map_err(|error| error.at(offset))
    }

    /// Checks that the member, which is an array, is nothing else, and that it can be given as an array: what is not read
    /// whole is not read in pieces.
    pub(super) fn check_whole(&self) -> Result<()> {
        self.header().and_then(|header| self.named(self.check_header(&header)))
    }

    /// Checks that the member is its array and nothing else, and that it can be given as an array.
    fn check_header(&self, header: &Header) -> Result<()> {
        if header.dtype().has_references() {
            return Err(Error::unsupported(format!(
                "the array has object items ({}): object arrays (pickles) are not decoded",
                header.dtype()
            )));
        }
        let expected = header.data_offset().saturating_add(header.data_len());
        if expected != self.entry.size {
            return Err(Error::malformed(format!(
                "the member has {} bytes, its array {expected}",
                self.entry.size
            ))
            .at(self.entry.offset));
        }
        Ok(())
    }

    fn parse(&self, bytes: &[u8]) -> Result<Header> {
        let parse = if self.npz.lenient { parse_lenient_header } else { parse_header };
        parse(bytes, &self.npz.limits)
    }

    /// The array in the decompressed bytes, which begin with the header.
    fn array_in(&self, header: &Header, bytes: Buffer) -> Result<Array> {
        self.check_header(header)?;
        data_of(&bytes, header, &self.npz.limits)?;
        in_place(header, bytes, 0)
    }

    fn check_sum(&self, found: u32) -> Result<()> {
        if found == self.entry.crc32 {
            return Ok(());
        }
        Err(Error::malformed(format!(
            "the checksum is wrong: the data has {found:08x}, expected {:08x}",
            self.entry.crc32
        ))
        .at(self.entry.offset))
    }

    /// The decompressed bytes of a small member.
    fn unpack_small(&self, ahead: &mut Ahead) -> Result<BufferMut> {
        self.check_sizes()?;
        let entry = self.entry;
        let region = ahead.region(&self.npz.source, entry, self.npz.directory.start)?;
        let header = fetch::local_header(region, entry)?;
        // The region holds the header and the data: that has been checked.
        let outside = || broken_invariant("the bytes of a member are outside of those that were read for it");
        let name = header.name_in(region).ok_or_else(outside)?;
        fetch::check_local(&header, name, entry, self.raw_name()?)?;
        let len = usize::try_from(entry.compressed).map_err(|_| outside())?;
        let packed =
            region.get(header.data_start()..).and_then(|rest| rest.get(..len)).ok_or_else(outside)?;
        let bytes = match self.method() {
            Method::Stored => BufferMut::copy_of(packed)?,
            method => {
                let mut bytes = BufferMut::zeroed(self.len_in_memory()?)?;
                let source = Positioned::from_buffer(Buffer::from_vec(packed.to_vec()));
                let section = Section::new(&source, 0, packed.len() as u64);
                let decoder = Decoder::new(method, section, entry.size, PACKED_PIECE)?;
                fill(MemberReader::new(*self, decoder), bytes.as_mut_slice(), PIECE)?;
                return Ok(bytes);
            }
        };
        self.check_sum(crc32fast::hash(bytes.as_slice()))?;
        Ok(bytes)
    }

    /// The decompressed bytes, which begin at `start` in the file.
    fn unpack(&self, start: u64) -> Result<Buffer> {
        self.check_sizes()?;
        if self.method() == Method::Stored {
            if let Some(bytes) = self.npz.source.slice(start, self.entry.size) {
                self.check_sum(crc32fast::hash(&bytes))?;
                return Ok(bytes);
            }
        }
        let mut bytes = BufferMut::zeroed(self.len_in_memory()?)?;
        if self.method() == Method::Deflated {
            let (packed, table) = ((start, self.entry.compressed), segments(self.extra()?));
            let (target, crc32) = (bytes.as_mut_slice(), self.entry.crc32);
            if deflate::inflate(&self.npz.source, packed, table.as_ref(), target, crc32) {
                return Ok(bytes.freeze());
            }
        }
        fill(self.reader_at(start)?, bytes.as_mut_slice(), self.npz.source.at_once(PIECE))?;
        Ok(bytes.freeze())
    }

    fn len_in_memory(&self) -> Result<usize> {
        let too_long = |_| Error::limit("the member does not fit into memory").at(self.entry.offset);
        usize::try_from(self.entry.size).map_err(too_long)
    }

    fn reader_at(&self, start: u64) -> Result<MemberReader<'a>> {
        self.reader_by(start, self.npz.source.at_once(PACKED_PIECE))
    }

    /// A reader that takes so many of the compressed bytes at a time.
    fn reader_by(&self, start: u64, at_once: usize) -> Result<MemberReader<'a>> {
        let packed = Section::new(&self.npz.source, start, self.entry.compressed);
        if self.method() == Method::Stored && self.entry.size != self.entry.compressed {
            self.check_sizes()?;
        }
        Ok(MemberReader::new(*self, Decoder::new(self.method(), packed, self.entry.size, at_once)?))
    }

    /// So many of the decompressed bytes, or all that there are.
    fn front(&self, data_start: u64, wanted: usize) -> Result<Vec<u8>> {
        let mut front = Vec::new();
        let at_once = if self.npz.source.is_far() { wanted } else { PACKED_PIECE };
        let mut reader = self.reader_by(data_start, at_once)?.take(wanted as u64);
        reader.read_to_end(&mut front).map_err(|error| broken("packed", error))?;
        Ok(front)
    }

    /// Looks at the beginning of the member.
    fn glance(&self) -> Result<Glance> {
        let data_start = self.data_start()?;
        // A damaged member shows the same whether it is near or far: of what is unpacked, or read to its checksum, nothing is saved.
        let is_long = self.method() == Method::Stored && self.entry.size > GLANCE as u64;
        let mut wanted = if is_long && self.npz.source.is_far() { FAR_GLANCE } else { GLANCE };
        loop {
            let front = self.front(data_start, wanted)?;
            if !front.starts_with(MAGIC) {
                return Ok(Glance { data_start, front, header: None });
            }
            let limits: &Limits = &self.npz.limits;
            let header =
                read_header_leniently(&mut Input::from_bytes(&front).with_limits(limits), self.npz.lenient);
            match header {
                // A header may be longer than it usually is.
                Err(_)
                    if front.len() == wanted && (wanted as u64) < limits.header_size().saturating_add(16) =>
                {
                    wanted = wanted.saturating_mul(16);
                }
                header => return Ok(Glance { data_start, front, header: Some(header?) }),
            }
        }
    }
}

/// What the beginning of a member says.
struct Glance {
    /// Where its data begins in the file.
    data_start: u64,
    /// The first decompressed bytes, all of the header among them.
    front: Vec<u8>,
    /// None where the member is not an array.
    header: Option<Header>,
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({:?}, {}, {} bytes)", self.name(), self.method(), self.size())
    }
}

/// Fills `bytes` with all that a member holds, so many bytes at a time.
fn fill(mut reader: MemberReader<'_>, bytes: &mut [u8], at_once: usize) -> Result<()> {
    for piece in bytes.chunks_mut(at_once) {
        reader.read_exact(piece).map_err(|error| broken("packed", error))?;
    }
    // Only at the end the checksum is known.
    reader.read(&mut [0]).map_err(|error| broken("packed", error))?;
    Ok(())
}
