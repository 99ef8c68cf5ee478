//! The decompressed bytes of a member as a stream.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use arr_core::Error;
use crc32fast::Hasher;

use super::super::broken_invariant;
use super::super::decode::{Decoder, broken};
use super::Member;

/// The decompressed bytes of a member as a stream.
pub struct MemberReader<'a> {
    member: Member<'a>,
    decoder: Decoder<'a>,
    hasher: Hasher,
    left: u64,
    checked: bool,
}

impl<'a> MemberReader<'a> {
    pub(super) fn new(member: Member<'a>, decoder: Decoder<'a>) -> Self {
        Self { member, decoder, hasher: Hasher::new(), left: member.entry.size, checked: false }
    }

    /// True when the compressed data ended before its last byte.
    pub(in crate::npz) fn has_unused(&mut self) -> bool {
        self.decoder.has_unused()
    }

    fn fail(&self, message: impl Into<Cow<'static, str>>) -> io::Error {
        self.member.name_in(Error::malformed(message).at(self.member.entry.offset)).into()
    }

    /// There must be nothing left, and the checksum must be right.
    fn check_end(&mut self) -> io::Result<()> {
        if self.checked {
            return Ok(());
        }
        if self.decoder.read(&mut [0]).map_err(|error| self.explain(error))? > 0 {
            let message =
                format!("the packed data holds more than the {} bytes it is said to", self.member.size());
            return Err(self.fail(message));
        }
        let found = self.hasher.clone().finalize();
        self.member.check_sum(found).map_err(|error| self.member.name_in(error))?;
        self.checked = true;
        Ok(())
    }

    fn explain(&self, error: io::Error) -> io::Error {
        let method = self.member.method().to_string();
        self.member.name_in(broken(&method, error).at(self.member.entry.offset)).into()
    }
}

impl Read for MemberReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.check_end()?;
            return Ok(0);
        }
        let got = self.decoder.by_ref().take(self.left).read(bytes).map_err(|error| self.explain(error))?;
        if got == 0 && !bytes.is_empty() {
            let found = self.member.size() - self.left;
            let message = format!("the data ends after {found} bytes, expected {}", self.member.size());
            return Err(self.fail(message));
        }
        let part = bytes.get(..got);
        self.hasher.update(part.ok_or_else(|| broken_invariant("more bytes were read than asked for"))?);
        self.left -= got as u64;
        Ok(got)
    }
}

impl fmt::Debug for MemberReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberReader({:?}, {} bytes left)", self.member.name(), self.left)
    }
}
