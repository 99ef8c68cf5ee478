//! Short payloads that are copied, many in one piece of memory: arrays of a few items share it.

use arr_core::format::room::push;
use arr_core::{Buffer, BufferMut, Result};

use super::feed::lost;
use super::value::Payload;

/// Payloads that are no longer lie in blocks.
pub(super) const SHORT: usize = 2 << 10;

/// Bytes of a block: as long as one of its arrays lives, so does all of it.
const BLOCK: usize = 64 << 10;

/// Where a payload begins in its block is a multiple of this: the largest alignment that an item has.
const ALIGNMENT: usize = 16;

/// Memory that is filled from the front, and shared when it is full.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    full: Vec<Buffer>,
    open: BufferMut,
    used: usize,
}

/// A payload in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    block: u32,
    start: u32,
    len: u32,
}

impl Kept {
    pub(super) fn len(self) -> u64 {
        self.len.into()
    }

    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

impl Blocks {
    /// Copies a payload of at most [`SHORT`] bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<Payload> {
        if self.open.as_slice().len().saturating_sub(self.used) < bytes.len() {
            self.end()?;
            self.open = BufferMut::zeroed(BLOCK)?;
        }
        let to = self.open.as_mut_slice().get_mut(self.used..self.used.saturating_add(bytes.len()));
        to.ok_or_else(lost)?.copy_from_slice(bytes);
        let number = |number: usize| u32::try_from(number).map_err(|_| lost());
        let kept =
            Kept { block: number(self.full.len())?, start: number(self.used)?, len: number(bytes.len())? };
        self.used = (self.used + bytes.len()).next_multiple_of(ALIGNMENT);
        Ok(Payload::Kept(kept))
    }

    /// Makes what was filled a block that can be shared.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.used > 0 || !self.open.as_slice().is_empty() {
            push(&mut self.full, std::mem::take(&mut self.open).freeze())?;
            self.used = 0;
        }
        Ok(())
    }

    /// The bytes of a payload.
    pub(super) fn bytes(&self, kept: Kept) -> Option<&[u8]> {
        match self.full.get(kept.block as usize) {
            Some(block) => block.get(kept.range()),
            None => self.open.as_slice().get(kept.range()),
        }
    }

    /// A payload that can be shared: a part of its block, or a copy as long as that is being filled.
    pub(super) fn buffer(&self, kept: Kept) -> Result<Buffer> {
        match self.full.get(kept.block as usize) {
            Some(block) => block.slice(kept.range()).ok_or_else(lost),
            None => Ok(BufferMut::copy_of(self.bytes(kept).ok_or_else(lost)?)?.freeze()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_in_all_blocks() {
        let mut blocks = Blocks::default();
        let texts: Vec<Vec<u8>> =
            (0u8..=250).cycle().zip((0..SHORT).step_by(7)).map(|(byte, len)| vec![byte; len]).collect();
        let mut kept = Vec::new();
        for text in &texts {
            let Payload::Kept(found) = blocks.add(text).unwrap() else { panic!("it is not in a block") };
            assert_eq!((blocks.bytes(found), &*blocks.buffer(found).unwrap()), (Some(&text[..]), &text[..]));
            kept.push(found);
        }
        blocks.end().unwrap();
        blocks.end().unwrap();
        assert!(blocks.full.len() > 3);
        for (text, found) in texts.iter().zip(kept) {
            let buffer = blocks.buffer(found).unwrap();
            assert_eq!((&buffer[..], found.len()), (&text[..], text.len() as u64));
            assert_eq!(buffer.as_ptr().align_offset(ALIGNMENT), 0);
        }
    }
}
