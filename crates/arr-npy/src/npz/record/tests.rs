//! Records, written and read again.
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

use super::*;

fn segment_table() -> SegmentTable {
    SegmentTable::parse(&[1, 20, 7, 0, 0, 0, 9, 0, 0, 0]).unwrap()
}

fn fields(size: u64, offset: u64, described: bool) -> Fields {
    Fields {
        name: "x.npy".into(),
        method: 8,
        crc32: 0x1234_5678,
        compressed: size / 2,
        size,
        offset,
        described,
        segments: segment_table(),
    }
}

#[test]
fn entries_read_back_narrow_and_wide() {
    for (size, offset) in [(10, 20), (u64::from(u32::MAX), 20), (10, 1 << 40), (1 << 50, 1 << 60)] {
        let bytes = fields(size, offset, false).to_central().unwrap();
        let found = Central::parse(&bytes).unwrap();
        assert_eq!((found.size, found.compressed, found.offset), (size, size / 2, offset));
        assert_eq!((found.name, found.len, found.header.method), (&b"x.npy"[..], bytes.len(), 8));
        assert_eq!(segments(&bytes[CentralHeader::SIZE + 5..]), Some(segment_table()));
        for cut in 0..bytes.len() {
            assert_eq!(Central::parse(&bytes[..cut]).unwrap_err(), Bad::CutShort);
        }
    }
    assert_eq!(Central::parse(&[0; 100]).unwrap_err(), Bad::Signature);
}

#[test]
fn members_move_where_their_offset_fits() {
    for (size, offset, to) in
        [(10, 20, 5), (u64::from(u32::MAX), 20, 5), (10, 1 << 40, 7), (1 << 50, 1 << 60, 9)]
    {
        let mut entry = fields(size, offset, false).to_central().unwrap();
        move_to(&mut entry, to).unwrap();
        let found = Central::parse(&entry).unwrap();
        assert_eq!((found.size, found.compressed, found.offset), (size, size / 2, to));
    }
    let mut entry = fields(10, 20, false).to_central().unwrap();
    let before = entry.clone();
    assert!(move_to(&mut entry, 1 << 40).is_none());
    assert_eq!(entry, before);
}

#[test]
fn a_wide_size_without_its_field_is_seen() {
    let mut bytes = fields(u64::from(u32::MAX), 0, false).to_central().unwrap();
    // The field of 64-bit sizes becomes too short, and its rest a field of its own.
    bytes[CentralHeader::SIZE + 5 + 2] = 8;
    assert_eq!(Central::parse(&bytes).unwrap_err(), Bad::Sizes);
}

#[test]
fn data_is_aligned_wherever_the_header_is() {
    for offset in 0..200 {
        for described in [false, true] {
            let header = fields(10, offset, described).to_local(64).unwrap();
            assert_eq!((offset as usize + header.len()) % 64, 0);
            assert!(header.len() < 64 + LocalHeader::SIZE + 5 + 20 + 6);
            let found = LocalHeader::parse(&header).unwrap();
            assert_eq!(header.len(), found.data_start());
            let extra = &header[found.name_end()..];
            assert!(extra.is_empty() || extra_field(extra, 0).is_none());
        }
    }
}

#[test]
fn headers_move_with_their_alignment() {
    for old in [0, 7, 300] {
        let header = fields(10, old, false).to_local(64).unwrap();
        for offset in 0..130 {
            let moved = moved(&header, old, offset, 64, None).unwrap();
            assert_eq!((offset as usize + moved.len()) % 64, 0);
            assert_eq!(moved, fields(10, offset, false).to_local(64).unwrap());
        }
        let plain = fields(10, old, false).to_local(1).unwrap();
        assert_eq!(moved(&plain, old, 1000, 64, None).unwrap(), plain);
    }
}

#[test]
fn headers_get_other_names() {
    let unicode = [0x75, 0x70, 6, 0, 1, 0xAA, 0xBB, 0xCC, 0xDD, b'x'];
    for (name, flag) in [("y.npy", 0), ("a longer name.npy", 0), ("\u{e9}.npy", FLAG_UTF8)] {
        for old in [0, 7, 300] {
            for offset in 0..130 {
                let wanted = Fields { name: name.to_owned(), ..fields(10, offset, false) };
                let header = fields(10, old, false).to_local(64).unwrap();
                assert_eq!(
                    moved(&header, old, offset, 64, Some(name)).unwrap(),
                    wanted.to_local(64).unwrap()
                );
            }
        }
        // The name in Unicode would be another one then; other fields stay.
        let mut header = fields(10, 3, false).to_local(1).unwrap();
        let others = [0x55, 0x54, 1, 0, 7];
        header.extend([&unicode[..], &others].concat());
        header[28] = 15;
        let found = moved(&header, 3, 9, 64, Some(name)).unwrap();
        let plain = LocalHeader::parse(&found).unwrap();
        assert_eq!((plain.name_in(&found), plain.flags), (Some(name.as_bytes()), flag));
        assert_eq!(found[plain.name_end()..], others);
    }
}

#[test]
fn entries_get_other_names() {
    for (size, offset, to) in
        [(10, 20, 5), (10, 20, 1 << 40), (u64::from(u32::MAX), 1 << 40, 7), (1 << 50, 20, 1 << 60)]
    {
        for name in ["y.npy", "a longer name.npy", "\u{e9}.npy"] {
            let mut entry = fields(size, offset, false).to_central().unwrap();
            entry.extend(b"a comment");
            entry[32] = 9;
            let bytes = renamed(&entry, name, to).unwrap();
            let found = Central::parse(&bytes).unwrap();
            assert_eq!((found.size, found.compressed, found.offset), (size, size / 2, to));
            assert_eq!((found.name, found.len), (name.as_bytes(), bytes.len()));
            assert_eq!(found.header.flags & FLAG_UTF8 != 0, !name.is_ascii());
            assert_eq!(segments(found.extra), Some(segment_table()));
            assert!(bytes.ends_with(b"a comment"));
        }
    }
}

#[test]
fn end_records_read_back() {
    for (entries, size, offset) in [(0, 0, 0), (65534, 5, 7), (65535, 5, 7), (3, 1 << 33, 5), (3, 5, 1 << 40)]
    {
        let end = End::of_directory(entries, size, offset);
        let bytes = end.to_bytes(b"hi").unwrap();
        let at = bytes.len() - EndRecord::SIZE - 2;
        let found = End::parse(&bytes[at..]).unwrap().widened(&bytes[..at]);
        assert_eq!((found.entries, found.size, found.offset, found.comment), (entries, size, offset, 2));
        assert_eq!(found.between, at as u64);
        assert!(!found.is_narrow());
    }
}

#[test]
fn old_names_are_code_page_437() {
    let mut name = String::new();
    assert!(decode_name(&[b'a', 0x80, 0xE1, 0xFF, 0, b'x'], 0, &mut name));
    assert_eq!(name, "aÇß\u{a0}");
    assert_eq!(CODE_PAGE_437.chars().count(), 128);
    assert!(!decode_name(&[0xFF], FLAG_UTF8, &mut name));
    assert!(decode_name("é".as_bytes(), FLAG_UTF8, &mut name));
    assert_eq!(name, "aÇß\u{a0}é");
}
