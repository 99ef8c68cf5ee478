#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use super::super::bit_writer::BitWriter;
use super::super::inflate::{Progress, WINDOW_BITS, step};
use super::part::{TAIL, append_tail, ends_here};
use super::*;
use arr_core::Buffer;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Method, Strategy};

fn deflated(bytes: &[u8], level: i32, strategy: Strategy) -> Vec<u8> {
    let config = DeflateConfig { level, method: Method::Deflated, window_bits: -15, mem_level: 8, strategy };
    let mut deflate = Deflate::new_with_config(config);
    let mut packed = vec![0; bytes.len() * 2 + 1000];
    deflate.compress(bytes, &mut packed, DeflateFlush::Finish).unwrap();
    packed.truncate(deflate.total_out() as usize);
    packed
}

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 88172645463325252;
    (0..count)
        .flat_map(|_| ((random(&mut state) % 1_000_000) as f32 / 250_000.0 - 2.0).to_le_bytes())
        .collect()
}

fn smooth(count: usize) -> Vec<u8> {
    (0..count).flat_map(|at| ((at as f32 / 5000.0).sin() * 100.0).to_le_bytes()).collect()
}

fn counted(count: usize) -> Vec<u8> {
    (0..count).flat_map(|at| (at as u32 / 3).to_le_bytes()).collect()
}

/// What was unpacked with `threads` threads, and the checksum.
fn unpacked(packed: &[u8], len: usize, threads: usize, sizes: Sizes) -> Option<(Vec<u8>, u32)> {
    let mut file = b"before".to_vec();
    file.extend(packed);
    file.extend(b"behind");
    let source = Positioned::from_buffer(Buffer::from_vec(file));
    let stream = Stream { source: &source, start: 6, len: packed.len() as u64, sizes };
    let mut bytes = vec![0xAA; len];
    let sum = threads::with_count(threads, || inflate_in(&stream, &mut bytes))?;
    Some((bytes, sum))
}

const SMALL: Sizes = Sizes { shortest: 16 << 10, part: 256 << 10, unknown: 128 << 10 };

#[test]
fn parts_give_what_the_whole_gives() {
    for (bytes, levels) in
        [(noise(500_000), [3, 6, 9]), (smooth(500_000), [3, 6, 9]), (counted(2_000_000), [3, 6, 9])]
    {
        for level in levels {
            let packed = deflated(&bytes, level, Strategy::Default);
            for threads in [2, 3, 7] {
                let found = unpacked(&packed, bytes.len(), threads, SMALL);
                let (found, sum) = found
                    .unwrap_or_else(|| panic!("level {level}, {threads} threads, {} bytes", packed.len()));
                assert!(found == bytes);
                assert_eq!(sum, crc32fast::hash(&bytes));
            }
            assert!(unpacked(&packed, bytes.len(), 1, SMALL).is_none());
            for wrong in [bytes.len() - 1, bytes.len() + 1, 0, 40_000] {
                assert!(unpacked(&packed, wrong, 2, SMALL).is_none());
            }
        }
    }
}

#[test]
fn parts_of_usual_size() {
    let bytes = [smooth(1_500_000), noise(1_500_000)].concat();
    let packed = deflated(&bytes, 6, Strategy::Default);
    let (found, sum) = unpacked(&packed, bytes.len(), 2, SIZES).unwrap();
    assert!(found == bytes && sum == crc32fast::hash(&bytes));
}

#[test]
fn blocks_of_other_kinds_are_unpacked_or_left_alone() {
    let bytes = [noise(100_000), counted(200_000), smooth(100_000)].concat();
    for (level, strategy) in [
        (0, Strategy::Default),
        (6, Strategy::Fixed),
        (6, Strategy::HuffmanOnly),
        (6, Strategy::Rle),
        (6, Strategy::Filtered),
    ] {
        let packed = deflated(&bytes, level, strategy);
        for threads in [2, 5] {
            if let Some((found, sum)) = unpacked(&packed, bytes.len(), threads, SMALL) {
                assert!(found == bytes && sum == crc32fast::hash(&bytes));
            }
        }
    }
}

/// Blocks that stand in the data of stored blocks look like blocks, and are none.
#[test]
fn deflated_data_in_stored_blocks_is_data() {
    let inner = deflated(&noise(300_000), 6, Strategy::Default);
    let (first, last) = inner.split_at(inner.len() / 2);
    for front in [0, 1, 70_000] {
        let mut packed = Vec::new();
        let mut bytes = noise(front);
        bytes.extend(first);
        bytes.extend(last);
        let pieces: Vec<_> = bytes.chunks(65_535).collect();
        for (at, piece) in pieces.iter().enumerate() {
            packed.push(u8::from(at + 1 == pieces.len()));
            packed.extend((piece.len() as u16).to_le_bytes());
            packed.extend((!(piece.len() as u16)).to_le_bytes());
            packed.extend(*piece);
        }
        for threads in [2, 3, 6] {
            if let Some((found, _)) = unpacked(&packed, bytes.len(), threads, SMALL) {
                assert!(found == bytes);
            }
        }
    }
}

#[test]
fn broken_data_is_refused_or_read_as_from_front_to_back() {
    let bytes = noise(150_000);
    let packed = deflated(&bytes, 6, Strategy::Default);
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for round in 0..150 {
        let mut damaged = packed.clone();
        match round % 3 {
            0 => damaged.truncate(random(&mut state) as usize % packed.len()),
            1 => damaged[random(&mut state) as usize % packed.len()] ^= 1 << (round % 8),
            _ => {
                let at = random(&mut state) as usize % packed.len();
                damaged[at..].iter_mut().take(300).for_each(|byte| *byte = random(&mut state) as u8);
            }
        }
        let mut whole = vec![0; bytes.len()];
        let mut inflate = Inflate::new(false, WINDOW_BITS);
        let status = inflate.decompress(&damaged, &mut whole, InflateFlush::NoFlush);
        let found = unpacked(&damaged, bytes.len(), 2 + round % 2, SMALL);
        if let Some((found, sum)) = found {
            assert!(status.is_ok() && found == whole && sum == crc32fast::hash(&whole));
        }
    }
}

/// Wherever a block ends in the last byte before the block that is put behind a part: it is taken for what it is only
/// when it begins there. Whatever the bits are between.
#[test]
fn the_block_behind_a_part_is_found_nowhere_else() {
    let mut tail = Vec::new();
    append_tail(&mut tail, 0, 0);
    let bit_of = |at: usize| u64::from(tail[at / 8] >> (at % 8) & 1);
    let tail_len = 3 + 8 * TAIL.len() + 7;
    let mut taken = 0;
    for literals in 0..8usize {
        // A block that ends at another bit for each of them: with literals of nine bits.
        let mut front = BitWriter::default();
        front.put(0b010, 3);
        (0..literals).for_each(|_| front.put(0b0_0001_0011, 9));
        front.put(0, 7);
        let end = i64::try_from(10 + 9 * literals).unwrap();
        for skew in -7i64..8 {
            if (end + skew + 7) / 8 != (end + 7) / 8 {
                continue;
            }
            for between in 0..1u64 << skew.max(0) {
                let mut stream = front.clone();
                stream.put(between, u32::try_from(skew.max(0)).unwrap());
                let from = usize::try_from(skew.min(0).abs()).unwrap();
                (from..tail_len).for_each(|at| stream.put(bit_of(at), 1));
                let stream = stream.finish();
                let mut inflate = Inflate::new(false, WINDOW_BITS);
                let done = step(&mut inflate, &stream, &mut [0; 10], InflateFlush::Block).unwrap();
                let Progress { used, made, .. } = done;
                assert_eq!((used, made), ((10 + 9 * literals).div_ceil(8), literals));
                let ends = ends_here(&mut inflate, &stream[used..]);
                assert_eq!(ends, skew == 0, "{literals} literals, {skew} bits, {between:b}");
                taken += u32::from(ends);
            }
        }
    }
    assert_eq!(taken, 8);
}
