//! The bytes of a pickle, one opcode after another.

use arr_core::format::room::no_memory;
use arr_core::format::{AllBytes, Budget, Positioned};
use arr_core::{Buffer, BufferMut, Error, Result};

use super::blocks::{Blocks, SHORT};
use super::value::Payload;

/// How much of a file is read at once.
const WINDOW: usize = 256 << 10;

/// Bytes of a file that are no fewer are left there until they are wanted.
pub(super) const LEFT_FROM: usize = 64 << 10;

/// The bytes of a pickle: all of them in memory, or a window of a file. Long payloads of a file are stepped over.
#[derive(Debug)]
pub(super) struct Feed<'f> {
    window: Window<'f>,
    /// The place in the window.
    at: usize,
    /// How far may be read in the window: up to its end, or that of a frame.
    limit: usize,
    /// Where the window begins in the input.
    base: u64,
    /// Where the pickle begins in the input, and where the input ends.
    origin: u64,
    len: u64,
    /// Where the frame ends that the place is in.
    frame: Option<u64>,
    /// Short payloads that were copied out of the input.
    blocks: Blocks,
    /// True when those of bytes in memory are copied as well.
    gathers: bool,
}

#[derive(Debug)]
enum Window<'f> {
    Whole(&'f [u8]),
    Part(Vec<u8>, &'f Positioned<'f>),
}

impl<'f> Feed<'f> {
    /// Reads bytes of which the first one is counted as `origin`.
    pub(super) fn of(bytes: AllBytes<'f>, origin: u64) -> Self {
        let (window, limit, len) = match bytes {
            AllBytes::Memory(bytes) => (Window::Whole(bytes), bytes.len(), bytes.len() as u64),
            AllBytes::File(file) => (Window::Part(Vec::new(), file), 0, file.len()),
        };
        Self {
            window,
            at: 0,
            limit,
            base: origin,
            origin,
            len: origin.saturating_add(len),
            frame: None,
            blocks: Blocks::default(),
            gathers: false,
        }
    }

    /// The same, whose short payloads are copied when they are read: they are going to be wanted in memory of their own.
    pub(super) fn gathering(mut self) -> Self {
        self.gathers = true;
        self
    }

    fn bytes(&self) -> &[u8] {
        match &self.window {
            Window::Whole(bytes) => bytes,
            Window::Part(bytes, _) => bytes,
        }
    }

    /// Bytes before the place.
    pub(super) fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Where the input ends.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// True when nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.position() >= self.len
    }

    fn set_limit(&mut self) {
        let end = self.bytes().len();
        let frame = self.frame.and_then(|frame| usize::try_from(frame.saturating_sub(self.base)).ok());
        self.limit = frame.map_or(end, |frame| frame.min(end));
    }

    /// Makes sure that `count` bytes are in the window behind the place, if the input and the frame have them.
    #[cold]
    fn need(&mut self, count: usize) -> Result<()> {
        let at = self.position();
        let left = self.len.saturating_sub(at);
        if (count as u64) > left {
            let message = format!("the input ends inside an opcode: expected {count} bytes, found {left}");
            return Err(Error::malformed(message));
        }
        match self.frame {
            // What follows a frame is read from the input itself.
            Some(end) if at >= end => self.frame = None,
            Some(end) if at + count as u64 > end => {
                return Err(Error::malformed(format!("the frame ends inside an opcode, at byte {end}")));
            }
            _ => {}
        }
        if let Window::Part(bytes, file) = &mut self.window {
            if bytes.len().saturating_sub(self.at) < count {
                bytes.drain(..self.at.min(bytes.len()));
                (self.base, self.at) = (at, 0);
                let kept = bytes.len();
                let wanted =
                    usize::try_from(left).unwrap_or(usize::MAX).min(count.saturating_mul(2).max(WINDOW));
                bytes.try_reserve(wanted.saturating_sub(kept)).map_err(no_memory)?;
                bytes.resize(wanted, 0);
                let rest = bytes.get_mut(kept..).ok_or_else(lost)?;
                file.read_exact_at(rest, (at - self.origin).saturating_add(kept as u64), "pickle")?;
            }
        }
        self.set_limit();
        Ok(())
    }

    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// The next `N` bytes.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.first_chunk().copied().ok_or_else(lost)
    }

    /// The next `count` bytes.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&[u8]> {
        let place = self.step_over(count)?;
        self.bytes().get(place).ok_or_else(lost)
    }

    /// Steps over the next `count` bytes, and says where in the window they are.
    #[inline]
    fn step_over(&mut self, count: usize) -> Result<std::ops::Range<usize>> {
        if self.limit.saturating_sub(self.at) < count {
            self.need(count)?;
        }
        let from = self.at;
        self.at += count;
        Ok(from..self.at)
    }

    /// The next bytes up to the end of the line, which is stepped over.
    pub(super) fn line(&mut self) -> Result<&[u8]> {
        let mut seen = 0;
        loop {
            let rest = self.bytes().get(self.at + seen..self.limit).ok_or_else(lost)?;
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line = self.take(seen + end + 1)?;
                return line.strip_suffix(b"\n").ok_or_else(lost);
            }
            seen += rest.len();
            self.need(seen + 1).map_err(|_| Error::malformed("the line of an opcode has no end"))?;
        }
    }

    /// The length of something that follows, checked against what is there before it is charged or reserved.
    pub(super) fn count(&self, len: u64) -> Result<usize> {
        let left = self.len.saturating_sub(self.position());
        if len > left {
            let message = format!("the input ends inside an opcode: expected {len} bytes, found {left}");
            return Err(Error::malformed(message));
        }
        usize::try_from(len).map_err(|_| Error::limit(format!("{len} bytes do not fit into memory")))
    }

    /// The next `len` bytes, which may stay where they are.
    pub(super) fn payload(&mut self, len: u64, budget: &mut Budget) -> Result<Payload> {
        let at = self.position();
        let count = self.count(len)?;
        let is_whole = matches!(self.window, Window::Whole(_));
        if count <= SHORT && (self.gathers || !is_whole) {
            budget.charge_bytes(len)?;
            let place = self.step_over(count)?;
            let bytes = match &self.window {
                Window::Whole(bytes) => bytes.get(place),
                Window::Part(bytes, _) => bytes.get(place),
            };
            return self.blocks.add(bytes.ok_or_else(lost)?);
        }
        if is_whole {
            self.take(count)?;
            return Ok(Payload::At { at, len });
        }
        if count < LEFT_FROM {
            budget.charge_bytes(len)?;
            return Ok(Payload::held(BufferMut::copy_of(self.take(count)?)?.freeze()));
        }
        if self.frame.is_some_and(|end| at < end && at + len > end) {
            return Err(Error::malformed("the frame ends inside an opcode"));
        }
        self.skip(len);
        Ok(Payload::At { at, len })
    }

    /// Steps over bytes that are known to be there.
    fn skip(&mut self, len: u64) {
        let within = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        match within.filter(|end| *end <= self.bytes().len()) {
            Some(end) => self.at = end,
            None => {
                self.base = self.position().saturating_add(len);
                self.at = 0;
                if let Window::Part(bytes, _) = &mut self.window {
                    bytes.clear();
                }
            }
        }
        if self.frame.is_some_and(|end| self.position() >= end) {
            self.frame = None;
        }
        self.set_limit();
    }

    /// Begins a frame of `len` bytes.
    pub(super) fn begin_frame(&mut self, len: u64) -> Result<()> {
        let at = self.position();
        let left = self.len.saturating_sub(at);
        if len > left {
            return Err(Error::malformed(format!(
                "a frame is said to have {len} bytes, and {left} are left"
            )));
        }
        if self.frame.is_some_and(|end| at < end) {
            return Err(Error::malformed("a frame begins inside another"));
        }
        self.frame = Some(at + len);
        self.set_limit();
        Ok(())
    }

    /// Ends what is left of a frame: the pickle ends.
    pub(super) fn end_frame(&mut self) -> Result<()> {
        let at = self.position();
        if let Some(end) = self.frame.take().filter(|end| at < *end) {
            return Err(Error::malformed(format!(
                "{} bytes of a frame follow the end of the pickle",
                end - at
            )));
        }
        self.set_limit();
        Ok(())
    }

    /// Some of the next bytes, without stepping over them.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8]> {
        let left = usize::try_from(self.len.saturating_sub(self.position())).unwrap_or(usize::MAX);
        let count = count.min(left);
        if self.limit.saturating_sub(self.at) < count {
            self.need(count)?;
        }
        self.bytes().get(self.at..self.at + count).ok_or_else(lost)
    }

    /// The bytes of a payload, where they are in memory.
    pub(super) fn lent<'p>(&'p self, payload: &'p Payload) -> Option<&'p [u8]> {
        match (payload, &self.window) {
            (Payload::Held(bytes), _) => Some(bytes),
            (Payload::Kept(kept), _) => self.blocks.bytes(*kept),
            (Payload::At { at, len }, Window::Whole(bytes)) => {
                let at = usize::try_from(at.checked_sub(self.origin)?).ok()?;
                bytes.get(at..at.checked_add(usize::try_from(*len).ok()?)?)
            }
            _ => None,
        }
    }

    /// Ends the block of short payloads that is being filled.
    pub(super) fn end_block(&mut self) -> Result<()> {
        self.blocks.end()
    }

    /// The bytes of a payload in memory of their own.
    pub(super) fn held(&self, payload: &Payload, budget: &mut Budget) -> Result<Buffer> {
        match payload {
            Payload::Held(bytes) => return Ok(bytes.as_ref().clone()),
            Payload::Kept(kept) => return self.blocks.buffer(*kept),
            Payload::At { .. } => {}
        }
        budget.charge_bytes(payload.len())?;
        if let Some(bytes) = self.lent(payload) {
            return Ok(BufferMut::copy_of(bytes)?.freeze());
        }
        let (Payload::At { at, len }, Window::Part(_, file)) = (payload, &self.window) else {
            return Err(lost());
        };
        let start = at.checked_sub(self.origin).ok_or_else(lost)?;
        let rest = file.range(start, *len).ok_or_else(lost)?;
        arr_core::Input::from_positioned(rest).read_buffer(*len, "bytes").map(BufferMut::freeze)
    }
}

/// What is known to be there is not.
#[cold]
pub(super) fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: bytes of the window are lost")
}
