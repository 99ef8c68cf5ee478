//! Archives that are too large to be committed, built to exhaust whoever reads them: they are refused, and what is
//! read of them takes no more memory than they have bytes.
#![cfg(all(feature = "bzip2", feature = "lzma"))]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

use std::io::{Read, Write};

use arr_core::format::ANY_EXPANSION;
use arr_core::{Buffer, Error, ErrorKind, Limits, Order};
use arr_npy::{Header, Npz};

/// A member: what its headers say, and its packed data.
#[derive(Clone)]
struct Part {
    name: String,
    method: u16,
    crc: u32,
    packed: Vec<u8>,
    size: u64,
    extra: Vec<u8>,
}

impl Part {
    fn new(name: &str, method: u16, packed: Vec<u8>, size: u64) -> Self {
        Self { name: name.to_owned(), method, crc: 0, packed, size, extra: Vec::new() }
    }

    /// What both headers have in common, and the extra fields.
    fn fields(&self, bytes: &mut Vec<u8>, packed: u64) -> Vec<u8> {
        let wide = self.size.max(packed) >= u64::from(u32::MAX);
        let narrow = |size: u64| if wide { u32::MAX } else { size as u32 };
        let mut extra = Vec::new();
        if wide {
            extra.extend([1, 0, 16, 0]);
            extra.extend(self.size.to_le_bytes());
            extra.extend(packed.to_le_bytes());
        }
        extra.extend(&self.extra);
        bytes.extend([45, 0, 0, 0]);
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0, 0, 33, 0]);
        for number in [self.crc, narrow(packed), narrow(self.size)] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes.extend((extra.len() as u16).to_le_bytes());
        extra
    }

    fn local(&self, packed: u64) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        let extra = self.fields(&mut bytes, packed);
        [bytes, self.name.clone().into_bytes(), extra].concat()
    }

    fn entry(&self, packed: u64, offset: usize) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x2D\x03".to_vec();
        let extra = self.fields(&mut bytes, packed);
        bytes.extend([0; 10]);
        bytes.extend((offset as u32).to_le_bytes());
        [bytes, self.name.clone().into_bytes(), extra].concat()
    }
}

/// The end of an archive, with fields of 64 bits.
fn end(count: u64, directory: usize, start: usize) -> Vec<u8> {
    let mut bytes = b"PK\x06\x06\x2C\0\0\0\0\0\0\0\x2D\x03\x2D\0\0\0\0\0\0\0\0\0".to_vec();
    for number in [count, count, directory as u64, start as u64] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(((start + directory) as u64).to_le_bytes());
    bytes.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0");
    bytes
}

fn archive(parts: &[Part]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let packed = part.packed.len() as u64;
        directory.extend(part.entry(packed, bytes.len()));
        bytes.extend(part.local(packed));
        bytes.extend(&part.packed);
    }
    let (start, len) = (bytes.len(), directory.len());
    bytes.extend(directory);
    bytes.extend(end(parts.len() as u64, len, start));
    bytes
}

fn open(bytes: &[u8], limits: &Limits) -> Result<Npz<'static>, Error> {
    Npz::from_buffer(Buffer::from_vec(bytes.to_vec()), limits)
}

/// The header of an array of so many bytes.
fn header(items: usize) -> Vec<u8> {
    Header::new("|u1".parse().unwrap(), &[items], Order::C).unwrap().to_bytes(None).unwrap()
}

/// A deflated stream of `head` and `count` zeros, of which 258 take two bits.
fn zeros(head: &[u8], count: u64) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut number = |value: u32, width: u32| bits.extend((0..width).map(|at| value >> at & 1 == 1));
    // The last block, with codes of its own: 0 copies 258 bytes, 01 is a zero, 11 the end; the only distance is one.
    number(0b101, 3);
    for (value, width) in [(29, 5), (0, 5), (14, 4)] {
        number(value, width);
    }
    for at in 0..18 {
        number(
            [(2, 1), (15, 2), (17, 2)].iter().find(|(place, _)| *place == at).map_or(0, |(_, len)| *len),
            3,
        );
    }
    // The lengths of the codes, and of the codes that say them: 0 repeats a length of none, 11 is two, 01 is one.
    for (code, width, repeats) in [
        (0b11, 2, None),
        (0, 1, Some(138)),
        (0, 1, Some(117)),
        (0b11, 2, None),
        (0, 1, Some(28)),
        (0b01, 2, None),
        (0b01, 2, None),
    ] {
        number(code, width);
        if let Some(repeats) = repeats {
            number(repeats - 11, 7);
        }
    }
    let (copies, rest) = ((count - 1) / 258, (count - 1) % 258);
    for _ in 0..=rest {
        number(0b01, 2);
    }
    let before = bits.len();
    let mut bytes = Vec::new();
    if !head.is_empty() {
        bytes.push(0);
        bytes.extend((head.len() as u16).to_le_bytes());
        bytes.extend((!(head.len() as u16)).to_le_bytes());
        bytes.extend(head);
    }
    let start = bytes.len();
    let last = before as u64 + 2 * copies;
    bytes.resize(start + ((last + 2).div_ceil(8)) as usize, 0);
    for at in (0..before as u64).filter(|at| bits[*at as usize]).chain([last, last + 1]) {
        bytes[start + (at / 8) as usize] |= 1 << (at % 8);
    }
    bytes
}

fn kinds(npz: &Npz<'_>, name: &str) -> [ErrorKind; 4] {
    let member = npz.member(name).unwrap();
    [
        member.read().map(drop).unwrap_err().kind(),
        member.read_bytes().map(drop).unwrap_err().kind(),
        npz.read_all().map(drop).unwrap_err().kind(),
        match npz.check() {
            Ok(faults) => faults.first().unwrap().kind(),
            Err(error) => error.kind(),
        },
    ]
}

const LIMIT: ErrorKind = ErrorKind::LimitExceeded;
const MALFORMED: ErrorKind = ErrorKind::Malformed;

#[test]
fn the_generator_of_bombs_makes_what_it_says() {
    for count in [1, 2, 258, 259, 260, 1000, 1_000_000] {
        let head = header(count as usize);
        let whole = [&head[..], &vec![0; count as usize]].concat();
        let mut part = Part::new("x.npy", 8, zeros(&head, count), whole.len() as u64);
        part.crc = crc32fast::hash(&whole);
        let npz = open(&archive(&[part]), &Limits::default()).unwrap();
        assert_eq!(npz.check().unwrap().len(), 0);
        assert_eq!(npz.get("x").unwrap().shape(), [count as usize]);
        assert!(npz.member("x").unwrap().read_bytes().unwrap()[..] == whole);
    }
}

#[test]
fn ten_gigabytes_in_ten_megabytes_are_refused_whatever_they_claim() {
    let count = 10u64 << 30;
    let limits = Limits::default();
    // It says what it is.
    let head = header(count as usize);
    let len = count + head.len() as u64;
    let bytes = archive(&[Part::new("x.npy", 8, zeros(&head, count), len)]);
    assert!(bytes.len() < 11 << 20);
    let npz = open(&bytes, &limits).unwrap();
    assert_eq!(npz.header("x").unwrap().data_len(), count);
    assert_eq!(kinds(&npz, "x"), [LIMIT; 4]);
    // Who wants it all the same reads it little by little.
    let mut piece = vec![1; 1 << 20];
    npz.member("x").unwrap().reader().unwrap().read_exact(&mut piece).unwrap();
    assert!(piece[head.len()..].iter().all(|byte| *byte == 0));
    // It says that the array is small, and how large the member is.
    let head = header(1000);
    let npz = open(&archive(&[Part::new("x.npy", 8, zeros(&head, count), len)]), &limits).unwrap();
    assert_eq!(kinds(&npz, "x"), [MALFORMED, LIMIT, LIMIT, LIMIT]);
    // It says that both are small.
    let len = 1000 + head.len() as u64;
    let npz = open(&archive(&[Part::new("x.npy", 8, zeros(&head, count), len)]), &limits).unwrap();
    assert_eq!(kinds(&npz, "x"), [MALFORMED; 4]);
    // It claims what no data of that length can be.
    let npz = open(&archive(&[Part::new("x.npy", 8, zeros(&head, 1000), count)]), &limits).unwrap();
    assert_eq!(kinds(&npz, "x"), [MALFORMED, MALFORMED, LIMIT, LIMIT]);
}

#[test]
fn members_that_may_be_read_alone_are_refused_together() {
    let head = header((1 << 30) - 128);
    assert_eq!(head.len(), 128);
    let one = Part::new("", 8, zeros(&head, (1 << 30) - 128), ANY_EXPANSION);
    let parts: Vec<Part> = (0..10).map(|at| Part { name: format!("{at}.npy"), ..one.clone() }).collect();
    let bytes = archive(&parts);
    let npz = open(&bytes, &Limits::default()).unwrap();
    assert_eq!(npz.read_all().unwrap_err().kind(), LIMIT);
    assert_eq!(npz.check().unwrap_err().kind(), LIMIT);
    let npz = open(&bytes, &Limits::default().max_bytes(1 << 20)).unwrap();
    assert_eq!(kinds(&npz, "7"), [LIMIT; 4]);
}

/// Each member's data is a block that quotes the header of the next one, and then the data of that: all of them end
/// with the same zeros.
#[test]
fn members_that_quote_each_other_are_refused() {
    let kernel = zeros(b"", 1 << 20);
    let (mut members, mut tail) = (Vec::new(), kernel.clone());
    let mut content = vec![0; 1 << 20];
    for at in (0..200).rev() {
        let mut part = Part::new(&format!("{at:03}.npy"), 8, Vec::new(), content.len() as u64);
        part.crc = crc32fast::hash(&content);
        let local = part.local(tail.len() as u64);
        members.push((part, tail.len() as u64, local.len() + tail.len()));
        let len = local.len() as u16;
        let quoted = [&[0][..], &len.to_le_bytes(), &(!len).to_le_bytes(), &local].concat();
        content.splice(0..0, local);
        tail.splice(0..0, quoted);
    }
    // The first header needs no quoting.
    let mut bytes = tail.split_off(5);
    let (start, mut directory) = (bytes.len(), Vec::new());
    for (part, packed, from_end) in members.iter().rev() {
        directory.extend(part.entry(*packed, start - from_end));
    }
    let len = directory.len();
    bytes.extend(directory);
    bytes.extend(end(200, len, start));
    let npz = open(&bytes, &Limits::default()).unwrap();
    let size: u64 = npz.members().map(|member| member.size()).sum();
    assert!(size > 1000 * bytes.len() as u64);
    for member in npz.members() {
        // The last one quotes nobody.
        let read = member.read_bytes().map(drop).map_err(|error| error.kind());
        assert_eq!(read, if member.name() == "199.npy" { Ok(()) } else { Err(MALFORMED) });
    }
    assert_eq!(npz.read_all().unwrap_err().kind(), MALFORMED);
    assert!(npz.check().unwrap().len() >= 199);
}

#[test]
fn a_million_members_are_more_than_the_limit() {
    let count = 1_000_000;
    let mut part = Part::new("", 0, header(0), 128);
    part.crc = crc32fast::hash(&part.packed);
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for at in 0..count {
        part.name = format!("{at:x}");
        // All but the last have no data.
        let packed = if at + 1 == count { 128 } else { 0 };
        part.size = packed;
        directory.extend(part.entry(packed, bytes.len()));
        bytes.extend(part.local(packed));
    }
    bytes.extend(&part.packed);
    let (start, len) = (bytes.len(), directory.len());
    bytes.extend(directory);
    for said in [count, 5] {
        bytes.truncate(start + len);
        bytes.extend(end(said, len, start));
        let error = open(&bytes, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), LIMIT, "{error}");
    }
    bytes.truncate(start + len);
    bytes.extend(end(count, len, start));
    let npz = open(&bytes, &Limits::default().max_members(count)).unwrap();
    let last = format!("{:x}", count - 1);
    assert_eq!(npz.get(&last).unwrap().shape(), [0]);
    assert_eq!(npz.get("0").unwrap_err().kind(), MALFORMED);
}

#[test]
fn another_name_before_the_data_is_seen_wherever_the_archive_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let names = ["", "x", "x.np", "x.npy", "x.npyx", "y.npy"];
    for (said, found) in names.iter().flat_map(|said| names.map(|found| (*said, found))) {
        let mut part = Part::new(found, 0, header(0), 128);
        part.crc = crc32fast::hash(&part.packed);
        let mut bytes = [part.local(128), part.packed.clone()].concat();
        let start = bytes.len();
        bytes.extend(Part { name: said.to_owned(), ..part }.entry(128, 0));
        let len = bytes.len() - start;
        bytes.extend(end(1, len, start));
        std::fs::write(&path, &bytes).unwrap();
        for npz in [open(&bytes, &Limits::default()).unwrap(), Npz::open(&path).unwrap()] {
            let member = npz.members().next().unwrap();
            let read = member.read().map(drop).map_err(|error| arr_conformance::said(&error));
            let wanted =
                format!("npz: {said}: the header before the data has the name '{found}' (at byte 0)");
            assert_eq!(read, if said == found { Ok(()) } else { Err(wanted) });
            assert_eq!(member.header().is_ok(), said == found);
        }
    }
}

/// Tells what becomes of data of another method that unpacks to many zeros.
fn judge_packed(method: u16, pack: impl Fn(&[u8]) -> Vec<u8>) {
    let items = (64 << 20) - 128;
    let whole = [header(items), vec![0; items]].concat();
    let packed = pack(&whole);
    assert!(packed.len() < whole.len() / 5000, "{}", packed.len());
    let part =
        Part { crc: crc32fast::hash(&whole), ..Part::new("x.npy", method, packed, whole.len() as u64) };
    let npz = open(&archive(std::slice::from_ref(&part)), &Limits::default()).unwrap();
    assert_eq!(npz.get("x").unwrap().nbytes(), items);
    let npz = open(&archive(std::slice::from_ref(&part)), &Limits::default().max_bytes(1 << 20)).unwrap();
    assert_eq!(kinds(&npz, "x"), [LIMIT; 4]);
    // It claims a thousand times as much.
    let more = Part { size: part.size << 10, ..part.clone() };
    let npz = open(&archive(&[more]), &Limits::default()).unwrap();
    assert_eq!(kinds(&npz, "x")[1..], [LIMIT; 3]);
    // It claims to be small.
    let small = [header(1000), vec![0; items]].concat();
    let less = Part { size: 1128, packed: pack(&small), ..part };
    let npz = open(&archive(&[less]), &Limits::default()).unwrap();
    assert_eq!(kinds(&npz, "x"), [MALFORMED; 4]);
}

#[test]
#[ignore = "takes long: bzip2 is slow at making bombs"]
fn bombs_of_bzip2_are_refused() {
    judge_packed(12, |bytes| {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    });
}

/// LZMA as a zip archive has it.
fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let mut packed = vec![9, 4, 5, 0, options.get_props()];
    packed.extend(options.dict_size.to_le_bytes());
    let mut writer = lzma_rust2::LzmaWriter::new_no_header(&mut packed, &options, false).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap();
    packed
}

#[test]
fn bombs_of_lzma_are_refused() {
    judge_packed(14, lzma);
}

#[test]
fn a_dictionary_takes_no_more_than_what_is_unpacked() {
    let whole = [header(1000), vec![7; 1000]].concat();
    let mut packed = lzma(&whole);
    packed[5..9].fill(0xFF);
    let part = Part { crc: crc32fast::hash(&whole), ..Part::new("x.npy", 14, packed, whole.len() as u64) };
    let npz = open(&archive(std::slice::from_ref(&part)), &Limits::default()).unwrap();
    assert_eq!(npz.get("x").unwrap().nbytes(), 1000);
    // The member claims as much as the dictionary.
    let npz = open(&archive(&[Part { size: 1 << 32, ..part }]), &Limits::default()).unwrap();
    let error = npz.header("x").unwrap_err();
    assert_eq!((error.kind(), error.path()), (MALFORMED, Some("x.npy")), "{error}");
    assert_eq!(kinds(&npz, "x"), [MALFORMED, LIMIT, LIMIT, LIMIT]);
}

#[test]
fn junk_in_a_directory_is_passed_over() {
    let whole = header(0);
    let mut part = Part { crc: crc32fast::hash(&whole), ..Part::new("", 0, whole, 128) };
    part.extra = [&[0xCD, 0xAB][..], &65_000u16.to_le_bytes(), &[0xEE; 65_000]].concat();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for at in 0..320 {
        part.name = format!("{at}.npy");
        directory.extend(part.entry(128, bytes.len()));
        bytes.extend(Part { extra: Vec::new(), ..part.clone() }.local(128));
        bytes.extend(&part.packed);
    }
    let (start, len) = (bytes.len(), directory.len());
    bytes.extend(directory);
    bytes.extend(end(320, len, start));
    assert!(len > 20_000_000);
    let npz = open(&bytes, &Limits::default()).unwrap();
    assert_eq!(npz.read_all().unwrap().len(), 320);
    assert_eq!(npz.check().unwrap().len(), 0);
}
