//! Code lengths, as compressors write them and as nobody may.

use proptest::collection::vec;
use proptest::prelude::*;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Method, Strategy as Matches};

use super::super::bit_writer::BitWriter;
use super::super::prefix::LONGEST as LONGEST_CODE;
use super::*;

/// Writes a dynamic block's header: the lengths of the code length code by their symbols, of which 19 are given, and
/// then symbols with their extra bits, as codes of it.
fn written(lens: &[u8; 19], [literals, distances]: [u64; 2], symbols: &[(u16, u64)]) -> Vec<u8> {
    let mut bits = BitWriter::default();
    bits.put(literals - 257, 5);
    bits.put(distances - 1, 5);
    bits.put(15, 4);
    ORDER.iter().for_each(|symbol| bits.put(u64::from(lens[*symbol]), 3));
    let all: Vec<_> = codes(lens).collect();
    for (symbol, extra) in symbols {
        let code = all.iter().find(|code| code.symbol == *symbol).unwrap();
        bits.put(u64::from(code.bits), u32::from(code.len));
        bits.put(*extra, [2, 3, 7].get(usize::from(*symbol).wrapping_sub(16)).copied().unwrap_or(0));
    }
    bits.finish()
}

fn read(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), BadLengths> {
    let lens = CodeLengths::read(&mut BitReader::new(bytes))?;
    Ok((lens.literals().to_vec(), lens.distances().to_vec()))
}

/// A complete code length code.
const FLAT: [u8; 19] = [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5];

/// As many lengths as there are literals, and that of the end of the block.
fn literals(len: u16, end: u16) -> Vec<(u16, u64)> {
    (0..256).map(|_| (len, 0)).chain([(end, 0)]).collect()
}

#[test]
fn repeats_and_runs_are_lengths() {
    let symbols = [(2, 0), (2, 0), (18, 127), (17, 7), (18, 95), (1, 0), (1, 0), (1, 0)];
    let (literals, distances) = read(&written(&FLAT, [257, 2], &symbols)).unwrap();
    assert_eq!((literals, distances), ([&[2, 2][..], &[0; 254], &[1]].concat(), vec![1, 1]));
    // A repeat goes on from the lengths of literals to those of distances.
    let symbols = [(18, 127), (18, 104), (2, 0), (16, 3), (2, 0)];
    let (literals, distances) = read(&written(&FLAT, [257, 4], &symbols)).unwrap();
    assert_eq!((literals, distances), ([&[0; 253][..], &[2; 4]].concat(), vec![2; 4]));
}

#[test]
fn hostile_lengths_are_refused() {
    let flat = |symbols: &[(u16, u64)]| read(&written(&FLAT, [257, 1], symbols)).unwrap_err();
    assert_eq!(flat(&[(16, 0)]), BadLengths::NothingToRepeat);
    assert_eq!(flat(&[(18, 127), (18, 127)]), BadLengths::TooManyLengths);
    assert_eq!(flat(&[(18, 127), (18, 107), (8, 0), (16, 3)]), BadLengths::TooManyLengths);
    assert_eq!(flat(&[(18, 127), (18, 108), (1, 0)]), BadLengths::NoEndOfBlock);
    assert_eq!(flat(&[literals(7, 7), vec![(0, 0)]].concat()), BadLengths::Oversubscribed);
    assert_eq!(flat(&[literals(9, 9), vec![(0, 0)]].concat()), BadLengths::Incomplete);
    // A single distance has one bit; of one with two bits half the patterns mean nothing.
    let end = [(1, 0), (18, 127), (18, 106), (1, 0)];
    assert!(read(&written(&FLAT, [257, 1], &[&end[..], &[(1, 0)]].concat())).is_ok());
    assert!(read(&written(&FLAT, [257, 1], &[&end[..], &[(0, 0)]].concat())).is_ok());
    assert_eq!(flat(&[&end[..], &[(2, 0)]].concat()), BadLengths::Incomplete);
    let three = read(&written(&FLAT, [257, 3], &[&end[..], &[(1, 0); 3]].concat()));
    assert_eq!(three.unwrap_err(), BadLengths::Oversubscribed);
    for counts in [[287, 1], [288, 1], [257, 31], [257, 32]] {
        assert_eq!(read(&written(&FLAT, counts, &[])).unwrap_err(), BadLengths::TooManySymbols);
    }
}

#[test]
fn hostile_code_length_codes_are_refused() {
    let mut lens = FLAT;
    lens[0] = 3;
    assert_eq!(read(&written(&lens, [257, 1], &[])).unwrap_err(), BadLengths::Oversubscribed);
    lens[0] = 5;
    assert_eq!(read(&written(&lens, [257, 1], &[])).unwrap_err(), BadLengths::Incomplete);
    for lens in [[0; 19], [7; 19]] {
        assert_eq!(read(&written(&lens, [257, 1], &[])).unwrap_err(), BadLengths::Incomplete);
    }
    assert_eq!(read(&written(&[1; 19], [257, 1], &[])).unwrap_err(), BadLengths::Oversubscribed);
}

#[test]
fn lengths_that_end_early_are_refused() {
    let whole = written(&FLAT, [257, 2], &[(1, 0), (18, 127), (18, 106), (1, 0), (1, 0), (1, 0)]);
    assert!(read(&whole).is_ok());
    for len in 0..whole.len() {
        assert_eq!(read(&whole[..len]).unwrap_err(), BadLengths::CutShort, "{len} bytes");
    }
}

#[test]
fn fixed_codes_are_those_of_the_standard() {
    let fixed = CodeLengths::fixed();
    assert_eq!([Cover::of(fixed.literals()), Cover::of(fixed.distances())], [Cover::Complete; 2]);
    let code = |symbol: usize| {
        let code = codes(fixed.literals()).nth(symbol).unwrap();
        (code.bits.reverse_bits() >> (16 - code.len), code.len)
    };
    // The table of 3.2.6.
    for (symbol, expected) in [
        (0, (0b0011_0000, 8)),
        (143, (0b1011_1111, 8)),
        (144, (0b1_1001_0000, 9)),
        (255, (0b1_1111_1111, 9)),
        (256, (0, 7)),
        (279, (0b001_0111, 7)),
        (280, (0b1100_0000, 8)),
        (287, (0b1100_0111, 8)),
    ] {
        assert_eq!(code(symbol), expected, "{symbol}");
    }
}

#[test]
fn headers_are_read() {
    for (byte, expected) in [
        (0b000, Some((false, Coding::Stored))),
        (0b011, Some((true, Coding::Fixed))),
        (0b100, Some((false, Coding::Dynamic))),
        (0b111, None),
    ] {
        let found = BlockHeader::read(&mut BitReader::new(&[byte]));
        assert_eq!(found.map(|header| (header.is_final, header.coding)), expected);
    }
    assert_eq!(BlockHeader::read(&mut BitReader::new(&[])), None);
}

fn deflated(bytes: &[u8], level: i32, strategy: Matches) -> Vec<u8> {
    let config = DeflateConfig { level, method: Method::Deflated, window_bits: -15, mem_level: 8, strategy };
    let mut deflate = Deflate::new_with_config(config);
    let mut packed = vec![0; bytes.len() * 2 + 1000];
    deflate.compress(bytes, &mut packed, DeflateFlush::Finish).unwrap();
    packed.truncate(usize::try_from(deflate.total_out()).unwrap());
    packed
}

/// Decodes the first block, bit by bit and by nothing but the lengths, as long as it has literals only.
fn literals_of(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bits = BitReader::new(packed);
    let lens = match BlockHeader::read(&mut bits).unwrap().coding {
        Coding::Stored => return None,
        Coding::Fixed => CodeLengths::fixed(),
        Coding::Dynamic => CodeLengths::read(&mut bits).unwrap(),
    };
    let all: Vec<_> = codes(lens.literals()).collect();
    let mut found = Vec::new();
    loop {
        let held = bits.peek();
        let code = all.iter().find(|code| held & ((1 << code.len) - 1) == u64::from(code.bits)).unwrap();
        assert!(usize::from(code.len) <= LONGEST_CODE);
        bits.skip(usize::from(code.len)).unwrap();
        match code.symbol {
            END_OF_BLOCK => return Some(found),
            literal => found.push(u8::try_from(literal).unwrap()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_zlib_writes_is_decoded_by_the_lengths(
        bytes in vec(prop_oneof![0u8..4, any::<u8>(), Just(7)], 0..2000),
        level in 1i32..=9,
    ) {
        // Without matches all codes but the last are literals, and so short data is one block.
        let packed = deflated(&bytes, level, Matches::HuffmanOnly);
        if let Some(found) = literals_of(&packed) {
            prop_assert_eq!(found, bytes);
        }
    }

    #[test]
    fn lengths_are_refused_where_zlib_refuses_them(
        lens in prop_oneof![Just(FLAT), vec(0u8..8, 19).prop_map(|lens| lens.try_into().unwrap())],
        counts in (257u64..=288, 1u64..=32),
        tail in vec(prop_oneof![any::<u8>(), Just(0), Just(0xFF)], 300..400),
    ) {
        let header = written(&lens, [counts.0, counts.1], &[]);
        let mut bits = BitWriter::default();
        bits.put(0b101, 3);
        header.iter().chain(&tail).for_each(|byte| bits.put(u64::from(*byte), 8));
        let stream = bits.finish();
        let mut reader = BitReader::new(&stream);
        BlockHeader::read(&mut reader).unwrap();
        match CodeLengths::read(&mut reader) {
            Ok(_) => {
                let header = &stream[..reader.position() / 8];
                let answer = Inflate::new(false, 15).decompress(header, &mut [0], InflateFlush::NoFlush);
                prop_assert!(answer.is_ok());
            }
            Err(BadLengths::CutShort) => {}
            Err(bad) => {
                let answer = Inflate::new(false, 15).decompress(&stream, &mut [0], InflateFlush::NoFlush);
                prop_assert!(answer.is_err(), "{bad:?}");
            }
        }
    }
}
