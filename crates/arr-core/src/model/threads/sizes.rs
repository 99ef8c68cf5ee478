//! How large pieces are, and from which size on it pays to do more: each with the reason, which was measured.
//!
//! Bytes, where nothing else is said. The measurements were made on two cores of a server with 2 MiB of second-level cache
//! each; what is said of a cache holds with half of it.

/// Pieces in which bytes are worked on while they are copied, read or written: what is done to a piece finds it in the
/// second-level cache. Smaller ones cost more calls than they save.
pub const CACHED_PIECE: usize = 256 << 10;

/// What two arrays that are walked together have in one run: it stays in the first-level cache.
pub const RUN: usize = 32 << 10;

/// Values that are made one by one lie in the caches, about so many bytes of them, until they are copied to their place
/// past the caches.
pub const NEAR: usize = 8 << 10;

/// Copies and casts of fewer bytes are not cut in two: a second thread costs more than it brings.
pub const SPLIT_FROM: usize = 1 << 20;

/// So many [`RUN`]s are compared by one thread: fewer cost more than another thread brings.
pub const COMPARED_RUNS: usize = 64;

/// Fewer bytes are read before another thread has begun.
pub const READ_BY_THREADS_FROM: usize = 4 << 20;

/// What one thread is to have at least of a read by several.
pub const READ_SHARE: usize = READ_BY_THREADS_FROM / 2;

/// How many bytes a thread reads at a time. What the system has in memory it copies on the core that asks, and it clears
/// new pages there: two cores do twice as much. The pieces are taken in their order, so that a disk goes forward.
pub const READ_PIECE: usize = 1 << 20;

/// Of fewer bytes one thread makes records; and what each is to have at least.
pub const RECORDS_SHARE: usize = 2 << 20;

/// What is reserved at first for data of a claimed length from a source of unknown length.
pub const FIRST_STEP: usize = 1 << 20;

/// Pieces in which large reads and writes are made when somebody wants to know how far they have come.
pub const TOLD_PIECE: usize = 4 << 20;

/// Items that do not lie as they are written are gathered in pieces of about this many bytes.
pub const GATHERED_PIECE: usize = 4 << 20;

/// Items are swapped in pieces that stay in the cache until they are written.
pub const SWAPPED_PIECE: usize = 512 << 10;

/// Fewer bytes are written before another thread has begun.
pub const WRITE_BY_TWO_FROM: usize = 4 << 20;

/// So many bytes that nobody wants are read rather than ask a second time. From memory it would pay to ask from 2 KiB on,
/// from a disk at 100 KiB: in between either costs a few times what it must, and this the same few in both.
pub const GAP: usize = 16 << 10;

/// The same of a source that does not say what a request costs it: a server nearby brings as much while it is asked.
pub const FAR_GAP: u64 = 64 << 10;
/// How many gaps are read at a time from front to back: a request costs a sixteenth of it.
pub const GAPS_AT_ONCE: u64 = 16;
/// The most that is asked for at a time for the sake of that.
pub const MOST_AT_ONCE: usize = 64 << 20;
/// Ranges that are asked for at the same time, of a source whose requests are dear.
pub const RANGES_AT_ONCE: usize = 256;
/// Bytes that are read at once when they have to be sorted out: they stay in the second-level cache.
pub const SORTED_OUT: usize = 1 << 20;

/// Shorter runs of wanted items are read together with what lies between them.
pub const FETCHED_RUN: usize = 64 << 10;

/// A file is read into the other item order in panels of this size, each of which stays in the second-level cache between
/// being read and being laid out.
pub const PANEL: usize = 2 << 20;

/// A band of a file that is read into the other item order stays in the third-level cache. The larger it is, the longer
/// are its runs.
pub const BAND: usize = 8 << 20;

/// A band is not made longer than this for the sake of its runs.
pub const LARGEST_BAND: usize = 64 << 20;

/// Shorter runs of a band are not worth a system call each.
pub const BAND_RUN: usize = 2 << 10;

/// So many bands are read before it is told how far reading has come.
pub const BANDS_AT_ONCE: usize = 8;

/// How often a thread comes for some of many items that are about as large. With two threads, one of them waits for an
/// eighth of the work at most; and members that are read one after another are brought in together.
pub const TURNS: usize = 4;

/// Small members of an archive that a thread reads at a time at least: they lie one after another, and are brought in
/// together.
pub const MEMBERS: usize = 16;

/// Segments of a deflated stream that may be deflated before the first of them is written. Fewer leave many cores without
/// work, more are more memory.
pub const SEGMENTS: usize = 20;

/// Pieces that are on the way from the thread that makes them to the one that takes them, or whose memory waits for the
/// next ones.
pub const RELAYED: usize = 4;

/// How often a thread that finds no piece lets others run before it goes: the next piece is often there by then. To be
/// called again for each piece makes reading records from a stream take 1.5 times as long.
pub const TRIES: usize = 200;
