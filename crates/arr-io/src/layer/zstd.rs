//! Zstandard, RFC 8878.

use std::io::Read;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use arr_core::format::check_memory;

use super::MOST_WINDOW;
use super::unpack::{Fault, Step, Unpack};

/// The most bytes of a block (3.1.1.2.4).
const MOST_BLOCK: usize = 128 << 10;

/// More than the decoder takes for a block: its bytes, its literals and its sequences.
const BLOCK_MEMORY: usize = 2 << 20;

/// More than the decoder adds to its window before it finds that a block is too long: a block, and the literals and the
/// match of one sequence.
const MOST_ADDED: usize = 4 * MOST_BLOCK;

/// A frame of data, or one to skip.
pub(super) struct Frames {
    decoder: FrameDecoder,
    /// The most bytes that the decoder's window has held.
    held: usize,
    is_used: bool,
    place: Place,
}

/// The size of the decoder's window once `held` bytes are in it (`RingBuffer::reserve_amortized` of ruzstd): a power of
/// two and some blocks.
fn room_for(held: usize) -> usize {
    const SLACK: usize = 2 * MOST_BLOCK;
    let required = held.saturating_add(1);
    let above = required.saturating_sub(SLACK);
    if above == 0 { required.next_power_of_two() + 1 } else { above.next_power_of_two() + SLACK + 1 }
}

#[derive(Clone, Copy)]
enum Place {
    Header,
    /// Bytes of a frame that is to be skipped.
    Skipped(usize),
    /// In the blocks of a frame, of which that much came out, and which make no more than `most` bytes so far.
    Blocks {
        head: Head,
        made: u64,
        most: usize,
    },
}

/// What the header of a frame says (3.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    len: usize,
    window: u64,
    /// Bytes of the content, where they are known.
    content: Option<u64>,
    has_checksum: bool,
    needs_dictionary: bool,
}

impl Head {
    /// Nothing when `packed` ends within it.
    fn parse(packed: &[u8]) -> Option<Self> {
        let descriptor = *packed.get(4)?;
        let is_single = descriptor & 0x20 != 0;
        let window = if is_single { None } else { Some(*packed.get(5)?) };
        let dictionary_at = 5 + usize::from(!is_single);
        let dictionary_len = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content_at = dictionary_at + dictionary_len;
        let content_len = [usize::from(is_single), 2, 4, 8][usize::from(descriptor >> 6)];
        let dictionary = little_endian(packed.get(dictionary_at..content_at)?);
        let content = little_endian(packed.get(content_at..content_at + content_len)?);
        // Of two bytes, those are not counted that one byte could say.
        let content = (content_len > 0).then_some(if content_len == 2 { content + 256 } else { content });
        let window = match (window, content) {
            (Some(window), _) => {
                let base = 1u64 << (10 + (window >> 3));
                base + base / 8 * u64::from(window & 7)
            }
            (None, content) => content?,
        };
        Some(Self {
            len: content_at + content_len,
            window,
            content,
            has_checksum: descriptor & 4 != 0,
            needs_dictionary: dictionary != 0,
        })
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn broken(why: impl ToString) -> Fault {
    Fault::Broken(why.to_string())
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { decoder: FrameDecoder::new(), held: 0, is_used: false, place: Place::Header }
    }

    fn begin(&mut self, packed: &[u8]) -> Result<Step, Fault> {
        if let [_, 0x2A, 0x4D, 0x18, rest @ ..] = packed {
            let Some(len) = rest.first_chunk().copied().map(u32::from_le_bytes) else {
                return Ok(Step::default());
            };
            let len = usize::try_from(len).map_err(|_| broken("a frame to skip is too long"))?;
            self.place = Place::Skipped(len);
            return Ok(Step { used: 8, ended: len == 0, ..Step::default() });
        }
        let Some(head) = Head::parse(packed) else { return Ok(Step::default()) };
        if head.window > MOST_WINDOW {
            return Err(Fault::Limit(format!(
                "a window of {} bytes exceeds the limit of {MOST_WINDOW} bytes: unpack it first",
                head.window
            )));
        }
        if head.needs_dictionary {
            return Err(Fault::Unsupported("it needs a dictionary that is not in the file".into()));
        }
        let header = packed.get(..head.len);
        let header = header.ok_or_else(|| Fault::Broken("the frame's header is cut".into()))?;
        // A decoder that has decoded a frame makes room for the whole window of the next one.
        let window = if self.is_used { usize::try_from(head.window).map_err(broken)? } else { 0 };
        self.check_window(window)?;
        self.decoder.init(header).map_err(broken)?;
        self.held = self.held.max(window);
        self.is_used = true;
        self.place = Place::Blocks { head, made: 0, most: 0 };
        Ok(Step { used: head.len, ..Step::default() })
    }

    /// Makes sure that there is memory for a window that holds `holds` bytes, and for a block.
    fn check_window(&self, holds: usize) -> Result<(), Fault> {
        let room = room_for(holds);
        let grown = if room > room_for(self.held) { room } else { 0 };
        let enough = check_memory(grown.saturating_add(BLOCK_MEMORY), "a block and the window");
        enough.map_err(|error| Fault::Limit(error.to_string()))
    }

    /// Decodes a block, if `packed` has all of it.
    fn decode(&mut self, packed: &[u8], head: &Head, most: usize) -> Result<Step, Fault> {
        let Some([a, b, c]) = packed.first_chunk() else { return Ok(Step::default()) };
        let block = u32::from_le_bytes([*a, *b, *c, 0]);
        let size = usize::try_from(block >> 3).map_err(broken)?;
        if size > MOST_BLOCK {
            return Err(broken(format!("a block of {size} bytes")));
        }
        // A byte that is repeated is there once.
        let size = if block >> 1 & 3 == 1 { 1 } else { size };
        let checksum = if block & 1 == 1 && head.has_checksum { 4 } else { 0 };
        let Some(mut whole) = packed.get(..3 + size + checksum) else { return Ok(Step::default()) };
        let used = whole.len();
        let window = usize::try_from(head.window).map_err(broken)?;
        self.check_window(most.min(window).saturating_add(MOST_ADDED))?;
        self.decoder.decode_blocks(&mut whole, BlockDecodingStrategy::UptoBlocks(1)).map_err(broken)?;
        let surplus = self.decoder.can_collect();
        if surplus > 0 {
            let held = if self.decoder.is_finished() { surplus } else { surplus.saturating_add(window) };
            self.held = self.held.max(held);
        }
        if let Place::Blocks { most, .. } = &mut self.place {
            *most = most.saturating_add(MOST_BLOCK);
        }
        Ok(Step { used, ..Step::default() })
    }

    /// Compares what came out with what the frame says about it.
    fn end(&self, head: &Head, made: u64) -> Result<Step, Fault> {
        if let Some(content) = head.content.filter(|content| *content != made) {
            return Err(broken(format!("a frame holds {made} bytes, expected {content}")));
        }
        let stated = self.decoder.get_checksum_from_data();
        if head.has_checksum && stated != self.decoder.get_calculated_checksum() {
            return Err(broken("the checksum is wrong"));
        }
        Ok(Step { ended: true, ..Step::default() })
    }
}

impl Unpack for Frames {
    fn step(&mut self, packed: &[u8], room: &mut [u8], _: bool) -> Result<Step, Fault> {
        match &mut self.place {
            Place::Header => self.begin(packed),
            Place::Skipped(left) => {
                let used = packed.len().min(*left);
                *left -= used;
                Ok(Step { used, ended: *left == 0, ..Step::default() })
            }
            Place::Blocks { made, .. } if self.decoder.can_collect() > 0 => {
                let got = self.decoder.read(room).map_err(broken)?;
                *made += got as u64;
                Ok(Step { made: got, ..Step::default() })
            }
            Place::Blocks { head, made, most } => {
                let (head, made, most) = (*head, *made, *most);
                if self.decoder.is_finished() {
                    self.end(&head, made)
                } else {
                    self.decode(packed, &head, most)
                }
            }
        }
    }
}

#[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
impl<W: std::io::Write + Send> super::pack::Pack for ::zstd::stream::write::Encoder<'_, W> {
    fn finish(self: Box<Self>) -> std::io::Result<()> {
        (*self).finish().map(drop)
    }
}
