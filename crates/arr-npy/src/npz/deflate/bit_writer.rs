//! Bits put together to bytes.

/// The counterpart of [`BitReader`](super::bits::BitReader): the first bit goes to the lowest place of the first byte.
#[derive(Clone, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl BitWriter {
    /// Appends the `len` lowest bits of `value`, the lowest first. Its other bits are zeros, and `len` is 57 at most.
    pub(super) fn put(&mut self, value: u64, len: u32) {
        self.held |= value << self.count;
        self.count += len;
        while self.count >= 8 {
            self.bytes.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// Appends a code of a prefix code, which is in a stream with its highest bit first (RFC 1951, 3.1.1).
    pub(super) fn put_code(&mut self, code: u16, len: u32) {
        self.put(u64::from(code.reverse_bits() >> (u16::BITS - len)), len);
    }

    /// All bytes, the last of them filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put(0, self.count.next_multiple_of(8) - self.count);
        self.bytes
    }
}
