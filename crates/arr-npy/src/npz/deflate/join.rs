//! Deflated streams, joined to one.
//!
//! *Why the codes are walked:* a deflater that works in one go ends with a final block, and tells neither where it
//! begins nor at which bit it ends. Another stream may follow once the final-block bit is 0 and the last byte is filled
//! by an empty stored block, as a sync flush ends (RFC 1951, 3.2.3 and 3.2.4). To find the two bits every block has to
//! be passed, and a block ends where its codes say so. But it is enough to know how many bits each code takes: no byte
//! is inflated, and the bits of the data stay as they are.

mod steps;
mod walk;

pub(super) use walk::SIDE_BY_SIDE;

use walk::Ending;

/// Lets other streams follow deflated streams: makes their final block a usual one, and puts an empty stored block
/// after it, which ends at a byte. [`SIDE_BY_SIDE`] streams at a time are fastest. Says of each whether it was done;
/// what is not a stream that ends in its last byte stays as it is.
pub(super) fn open_ends(streams: &mut [&mut Vec<u8>]) -> Vec<bool> {
    let endings = walk::endings(&streams.iter().map(|stream| &stream[..]).collect::<Vec<_>>());
    let one = |(stream, ending): (&mut &mut Vec<u8>, Option<Ending>)| {
        let Some(Ending { final_block, end }) = ending else { return false };
        let Some(byte) = stream.get_mut(final_block / 8) else { return false };
        *byte &= !(1 << (final_block % 8));
        // The header of the stored block is three zeros, zeros fill the byte, and the length is 0 with its complement.
        stream.resize((end + 3).div_ceil(8), 0);
        stream.extend([0, 0, 0xFF, 0xFF]);
        true
    };
    streams.iter_mut().zip(endings).map(one).collect()
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
mod tests {
    use super::*;

    fn open_end(stream: &mut Vec<u8>) -> bool {
        open_ends(&mut [stream]) == [true]
    }

    use crate::npz::deflate::inflate::inflate_segment;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Method, Strategy};

    fn deflated(bytes: &[u8], level: i32, strategy: Strategy) -> Vec<u8> {
        let config =
            DeflateConfig { level, method: Method::Deflated, window_bits: -15, mem_level: 8, strategy };
        let mut deflate = Deflate::new_with_config(config);
        let mut packed = vec![0; bytes.len() * 2 + 1000];
        deflate.compress(bytes, &mut packed, DeflateFlush::Finish).unwrap();
        packed.truncate(deflate.total_out() as usize);
        packed
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut state = 88172645463325252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let skewed: Vec<u8> =
            (0..200_000).map(|_| (random().trailing_zeros() as u8).wrapping_mul(37)).collect();
        let noise: Vec<u8> = (0..100_000).map(|_| random() as u8).collect();
        let smooth: Vec<u8> = (0..50_000).flat_map(|at| (at as f32 / 5000.0).sin().to_le_bytes()).collect();
        // Lengths and distances of every size, and rare literals with long codes.
        let mut mixed = Vec::new();
        while mixed.len() < 150_000 {
            let (back, len) = ((random() % 32_000) as usize, (random() % 260) as usize);
            match mixed.len().checked_sub(back + 1) {
                Some(start) if random() % 4 > 0 => {
                    let end = (start + len).min(mixed.len());
                    mixed.extend_from_within(start..end);
                }
                _ => mixed.extend((0..len).map(|_| ((random() % 65536) as f64).sqrt() as u8)),
            }
        }
        vec![vec![], vec![7], vec![0; 70_000], skewed, noise, smooth, mixed]
    }

    #[test]
    fn two_streams_become_one() {
        for bytes in samples() {
            for (level, strategy) in [
                (0, Strategy::Default),
                (1, Strategy::Default),
                (6, Strategy::Default),
                (9, Strategy::Default),
                (6, Strategy::Fixed),
                (6, Strategy::HuffmanOnly),
                (6, Strategy::Rle),
            ] {
                let mut stream = deflated(&bytes, level, strategy);
                let tail = stream.clone();
                assert!(open_end(&mut stream), "level {level}, {strategy:?}, {} bytes", bytes.len());
                let mut alone = vec![0; bytes.len()];
                assert!(inflate_segment(&stream, &mut alone, false));
                assert!(alone == bytes);
                stream.extend(tail);
                let mut twice = vec![0; 2 * bytes.len()];
                assert!(inflate_segment(&stream, &mut twice, true));
                assert!(twice[..bytes.len()] == bytes && twice[bytes.len()..] == bytes);
            }
        }
    }

    #[test]
    fn what_is_no_stream_is_left_alone() {
        let stream = deflated(&samples()[6], 6, Strategy::Default);
        for cut in (0..stream.len()).step_by(97) {
            let mut part = stream[..cut].to_vec();
            assert!(!open_end(&mut part));
            assert!(part == stream[..cut]);
        }
        let mut longer = [&stream[..], &[0]].concat();
        assert!(!open_end(&mut longer));
        for at in 0..2000 {
            let mut damaged = stream.clone();
            let place = at * 31 % stream.len();
            damaged[place] ^= 1 << (at % 8);
            open_end(&mut damaged);
        }
        assert!(!open_end(&mut vec![]) && !open_end(&mut vec![7]) && !open_end(&mut vec![0xFF; 50]));
    }

    fn deflated_at_once(bytes: &[u8], level: i32) -> Vec<u8> {
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).unwrap());
        let mut packed = vec![0; compressor.deflate_compress_bound(bytes.len())];
        let len = compressor.deflate_compress(bytes, &mut packed).unwrap();
        packed.truncate(len);
        packed
    }

    /// Bytes that repeat each other, near and far, in long runs and in short ones, as `recipe` says.
    fn cooked(recipe: &[(u16, u16, u8)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (back, len, kind) in recipe {
            let mut state = u32::from(*back) << 16 | u32::from(*len) << 4 | 1;
            let mut random = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state
            };
            match (kind % 4, bytes.len().checked_sub(usize::from(*back) + 1)) {
                (0 | 1, Some(start)) => {
                    let end = (start + usize::from(*len) % 700).min(bytes.len());
                    bytes.extend_from_within(start..end);
                }
                (2, _) => {
                    bytes.extend((0..*len).map(|_| (random().trailing_zeros() as u8).wrapping_mul(*kind)))
                }
                _ => bytes.extend((0..*len).map(|_| (random() % (u32::from(*kind) + 1)) as u8)),
            }
        }
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn streams_walked_side_by_side_become_one(
            all in vec((vec(any::<(u16, u16, u8)>(), 0..12), 0..=12), 1..9),
            strategy in 0usize..4,
        ) {
            let zlib = [Strategy::Default, Strategy::Fixed, Strategy::HuffmanOnly, Strategy::Rle][strategy];
            let mut expected = Vec::new();
            let mut streams = Vec::new();
            for (recipe, level) in &all {
                let bytes = cooked(recipe);
                streams.push(deflated_at_once(&bytes, *level));
                streams.push(deflated(&bytes, (*level).min(9), zlib));
                expected.extend(bytes.repeat(2));
            }
            let last = streams.last().unwrap().clone();
            let opened = open_ends(&mut streams.iter_mut().collect::<Vec<_>>());
            prop_assert!(opened.iter().all(|is_open| *is_open));
            *streams.last_mut().unwrap() = last;
            let mut found = vec![0; expected.len()];
            prop_assert!(inflate_segment(&streams.concat(), &mut found, true));
            prop_assert!(found == expected);
        }

        #[test]
        fn any_bytes_are_walked(
            mut all in vec(vec(any::<u8>(), 0..300), 1..6),
            recipe in vec(any::<(u16, u16, u8)>(), 1..4),
            places in vec(any::<(u16, u8)>(), 0..4),
        ) {
            let whole = deflated_at_once(&cooked(&recipe), 6);
            let mut damaged = whole.clone();
            for (place, byte) in places {
                let place = usize::from(place) % damaged.len();
                damaged[place] = byte;
            }
            all.extend([damaged, whole]);
            let opened = open_ends(&mut all.iter_mut().collect::<Vec<_>>());
            prop_assert!(opened.last() == Some(&true));
        }
    }
}
