//! Bytes that are unpacked as they are read.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arr_core::format::{Budget, check_memory};
use arr_core::{Error, Hint, Input, Result};

use super::Compression;

/// Packed bytes are read in pieces of this many. A block of Zstandard with all around it fits in.
const PIECE: usize = 256 << 10;

/// A member of fewer bytes than this is small: it costs more to begin than to unpack.
const SMALL: u64 = 4096;

/// As many bytes as it takes to see that another member begins.
const MARK: usize = 10;

/// What a decoder did in one step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    /// Packed bytes that are done with.
    pub(super) used: usize,
    /// Bytes that came out.
    pub(super) made: usize,
    /// The member has ended.
    pub(super) ended: bool,
}

/// Why a decoder can't go on.
#[derive(Debug)]
#[allow(dead_code, reason = "without all features some decoders are missing, and so some of their faults")]
pub(super) enum Fault {
    /// The packed data is cut short.
    Cut,
    /// Something else follows.
    Trailing,
    /// The packed data is broken in that way.
    Broken(String),
    /// It would take more memory than is allowed.
    Limit(String),
    /// What is not read.
    Unsupported(String),
}

/// A decoder of one member. It is asked again until it neither uses nor makes anything, then it is given more bytes.
pub(super) trait Unpack: Send {
    /// Unpacks some of `packed` into `room`, which is not empty. Nothing follows `packed` when it is the `last`.
    fn step(&mut self, packed: &[u8], room: &mut [u8], last: bool) -> Result<Step, Fault>;

    /// Packed bytes of the member that were looked at, those of a step that failed too, if the decoder counts them.
    fn seen(&self) -> u64 {
        0
    }
}

/// What was added to a count of bytes in one step, which is no more than a slice has.
#[cfg(any(feature = "bzip2", feature = "gzip"))]
pub(super) fn grown(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}

/// The packed bytes that have not been unpacked.
fn left(packed: &[u8], at: usize, end: usize) -> Result<&[u8]> {
    packed.get(at..end).ok_or_else(|| Error::malformed("more was unpacked than there is"))
}

/// The uncompressed bytes of an input.
pub(super) struct Unpacked<'a> {
    input: Input<'a>,
    compression: Compression,
    budget: Budget,
    member: Member,
    packed: Vec<u8>,
    /// The bytes of `packed` that have not been used.
    at: usize,
    end: usize,
    /// Nothing follows `packed`.
    last: bool,
    /// Where the first packed byte is in its input, and how many have been used.
    start: u64,
    used: u64,
    made: u64,
    /// Bytes that had been used, and had come out, when the member began.
    used_before: u64,
    made_before: u64,
    /// What it has cost to begin small members.
    small: u64,
    /// Bytes of the file that have been used, which the outermost layer counts.
    file_used: Arc<AtomicU64>,
    is_outermost: bool,
}

enum Member {
    Open(Box<dyn Unpack>),
    AllRead,
    /// An error has been reported: what would come after it can't be known.
    Failed,
}

impl<'a> Unpacked<'a> {
    pub(super) fn new(
        mut input: Input<'a>,
        compression: Compression,
        is_outermost: bool,
        file_used: Arc<AtomicU64>,
    ) -> Result<Self> {
        Ok(Self {
            budget: input.budget().clone(),
            start: input.position(),
            input,
            compression,
            member: Member::Open(decoder(compression)?),
            packed: piece()?,
            at: 0,
            end: 0,
            last: false,
            used: 0,
            made: 0,
            used_before: 0,
            made_before: 0,
            small: 0,
            file_used,
            is_outermost,
        })
    }

    fn unpack(&mut self, room: &mut [u8]) -> Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            let packed = left(&self.packed, self.at, self.end)?;
            let step = match &mut self.member {
                Member::Open(decoder) => decoder.step(packed, room, self.last),
                Member::AllRead => return Ok(0),
                Member::Failed => {
                    return Err(Error::malformed("the data before has been damaged").at(self.place()));
                }
            };
            let step = step.map_err(|fault| self.explain(fault))?;
            self.count(step)?;
            if step.ended {
                self.next_member()?;
            }
            if step.made > 0 {
                return Ok(step.made);
            }
            if step.used == 0 && !step.ended {
                self.read_more()?;
            }
        }
    }

    fn count(&mut self, step: Step) -> Result<()> {
        self.at += step.used;
        self.used += step.used as u64;
        self.made += step.made as u64;
        if self.is_outermost {
            self.file_used.store(self.used, Ordering::Relaxed);
        }
        let expansion = self.budget.check_expansion(self.file_used.load(Ordering::Relaxed), self.made);
        expansion.map_err(|error| error.at(self.place()))
    }

    /// Reads packed bytes after those that were too few.
    fn read_more(&mut self) -> Result<()> {
        if self.last {
            return Err(self.cut());
        }
        self.packed.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
        let Some(room) = self.packed.get_mut(self.end..).filter(|room| !room.is_empty()) else {
            return Err(self.explain(Fault::Broken("a block is too long".into())));
        };
        let got = self.input.fill(room)?;
        self.last = got < room.len();
        self.end += got;
        Ok(())
    }

    /// Examines what follows a member: nothing, or another one.
    fn next_member(&mut self) -> Result<()> {
        if self.made - self.made_before < SMALL {
            self.small = self.small.saturating_add(self.compression.start_cost());
        }
        let most = self.budget.limits().members();
        if self.small > most {
            let (cost, compression) = (self.compression.start_cost(), self.compression);
            let message = match cost {
                ..=1 => format!("more small members than the limit of {most} allows"),
                _ => format!(
                    "more than {} small streams of {compression}, each of which counts as {cost} members of the \
                     limit of {most}",
                    most / cost
                ),
            };
            return Err(Error::limit(message).with_hint(Hint::Limit("max_members")).at(self.place()));
        }
        if self.compression == Compression::Gzip {
            self.skip_padding()?;
        }
        (self.used_before, self.made_before) = (self.used, self.made);
        if self.end - self.at < MARK && !self.last {
            self.read_more()?;
        }
        let rest = left(&self.packed, self.at, self.end)?;
        self.member = if rest.is_empty() {
            Member::AllRead
        } else if self.compression.has_members() && self.compression.is_marked(rest) {
            Member::Open(decoder(self.compression)?)
        } else {
            return Err(self.trailing());
        };
        Ok(())
    }

    /// Steps over zeros behind a member, by which tapes are filled up; other programs do so too.
    fn skip_padding(&mut self) -> Result<()> {
        loop {
            let rest = left(&self.packed, self.at, self.end)?;
            let used = rest.iter().take_while(|byte| **byte == 0).count();
            self.count(Step { used, ..Step::default() })?;
            if self.at < self.end || self.last {
                return Ok(());
            }
            self.read_more()?;
        }
    }

    /// Where the next packed byte is.
    fn place(&self) -> u64 {
        self.start.saturating_add(self.used)
    }

    fn cut(&self) -> Error {
        let message = format!("the {} data ends early: it is cut short", self.compression);
        Error::malformed(message).at(self.place() + (self.end - self.at) as u64)
    }

    fn trailing(&self) -> Error {
        let message = format!("something else follows the {} data", self.compression);
        Error::malformed(message).at(self.place())
    }

    #[cold]
    fn explain(&self, fault: Fault) -> Error {
        let seen = if let Member::Open(decoder) = &self.member { decoder.seen() } else { 0 };
        match fault {
            Fault::Cut => return self.cut(),
            Fault::Trailing => return self.trailing(),
            Fault::Broken(why) => Error::malformed(format!("the {} data is broken: {why}", self.compression)),
            Fault::Limit(why) => Error::limit(why),
            Fault::Unsupported(why) => Error::unsupported(why),
        }
        .at(self.place().max(self.start.saturating_add(self.used_before).saturating_add(seen)))
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.unpack(room).map_err(|error| {
            self.member = Member::Failed;
            error.in_format(self.compression.name()).into()
        })
    }
}

impl Compression {
    /// True when another member may follow the first one. The decoder of xz looks for them itself.
    fn has_members(self) -> bool {
        matches!(self, Self::Gzip | Self::Bzip2 | Self::Zstd)
    }

    /// What it costs to begin a member, in units of some microseconds: bzip2 takes 4 MB of memory each time.
    fn start_cost(self) -> u64 {
        if self == Self::Bzip2 { 16 } else { 1 }
    }
}

/// Room for packed bytes.
fn piece() -> Result<Vec<u8>> {
    let mut piece = Vec::new();
    piece.try_reserve_exact(PIECE).map_err(|source| {
        Error::limit(format!("no memory for {PIECE} bytes of compressed data")).with_source(source)
    })?;
    piece.resize(PIECE, 0);
    Ok(piece)
}

/// More than a decoder takes, but for its window: those of gzip, zlib and bzip2 have it in this, those of bzip2 but for a
/// block, which is reserved fallibly.
const MEMORY: usize = 128 << 10;

fn decoder(compression: Compression) -> Result<Box<dyn Unpack>> {
    check_memory(MEMORY, "compressed data")?;
    match compression {
        #[cfg(feature = "gzip")]
        Compression::Gzip => Ok(Box::new(super::deflate::Inflater::gzip())),
        #[cfg(feature = "gzip")]
        Compression::Zlib => Ok(Box::new(super::deflate::Inflater::zlib())),
        #[cfg(feature = "bzip2")]
        Compression::Bzip2 => Ok(Box::new(super::bzip2::Bunzip::new())),
        #[cfg(feature = "xz")]
        Compression::Xz => Ok(Box::new(super::xz::Unxz::new())),
        #[cfg(feature = "xz")]
        Compression::Lzma => Ok(Box::new(super::xz::Unlzma::new())),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Ok(Box::new(super::zstd::Frames::new())),
        #[allow(unreachable_patterns, reason = "with all features only zip is left, which is not a stream")]
        other => Err(other.missing()),
    }
}
