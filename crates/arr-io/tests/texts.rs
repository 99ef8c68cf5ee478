//! Variable-length strings, from a format that has them.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

use arr_io::format::{Capabilities, Codec, Description, FormatInfo, Head, Reading};
use arr_io::{
    Array, Buffer, Change, Contiguity, DType, Data, ErrorKind, Hint, Input, Layout, OpenOptions, Order,
    Registry, Result, save, stats,
};

/// An item is two bytes, the place of a text and its length; all of that is behind the magic.
#[derive(Clone, Copy, Debug)]
struct Places;

const INFO: FormatInfo = FormatInfo {
    extensions: &["places"],
    magic: &[b"@@"],
    capabilities: Capabilities { read: true, write: false, map: false, stream: true, append: false },
    ..FormatInfo::new("places", "texts")
};

impl Places {
    fn items(input: &mut Input<'_>) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 1000];
        let len = input.fill(&mut bytes)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}

impl Codec for Places {
    type Header = usize;

    const INFO: &'static FormatInfo = &INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head<usize>> {
        let mut start = [0; 3];
        input.fill(&mut start)?;
        let count = usize::from(start[2]);
        let what = Description::new(DType::Utf8, &[count], Contiguity::C, 3, input.remaining());
        let layout = Layout::contiguous(&[count], DType::Utf8.itemsize(), Order::C)?;
        Ok(Head::coded(what, layout, count, "the data is a table of texts"))
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<usize>, _: &Reading) -> Result<Array> {
        let (bytes, count) = (Self::items(input)?, head.header);
        let mut storage = Vec::new();
        for pair in bytes.chunks(2).take(count) {
            storage.extend([u64::from(pair[0]).to_ne_bytes(), u64::from(pair[1]).to_ne_bytes()].concat());
        }
        storage.extend(&bytes[2 * count..]);
        Array::contiguous(DType::Utf8, &[count], Order::C, Buffer::from_vec(storage))
    }
}

fn written(folder: &std::path::Path, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join("x.places");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn texts_are_read_whole_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::enabled().with(Places);
    let options = OpenOptions::new().registry(&registry);
    let path = written(folder.path(), &[&b"@@\x03\x30\x02\x31\x01\x33\x02"[..], "abcé".as_bytes()].concat());
    let array = options.open(&path).unwrap();
    assert_eq!(array.to_strings().unwrap(), ["ab", "b", "é"]);
    let mut parts = options.parts(&path).unwrap();
    let only = parts.only().unwrap();
    assert!(matches!(parts.data(&only).unwrap(), Data::Array(_)));
    let part = options.read_part(&path, &"::-2".parse().unwrap()).unwrap();
    assert_eq!(part.to_strings().unwrap(), ["é", "ab"]);
    assert!(options.check(&path, &mut ()).unwrap().is_empty());
    assert_eq!(stats::stats(&array).unwrap_err().kind(), ErrorKind::Unsupported);
    let error = save(folder.path().join("x.npy"), &array).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.hint(), Some(Hint::DType("U")), "{error}");
    assert!(!folder.path().join("x.npy").exists());
    let wide = Change::new().dtype("U".parse().unwrap()).apply(array).unwrap();
    assert_eq!(
        (wide.dtype().to_string(), wide.to_strings().unwrap()),
        ("<U2".into(), vec!["ab".into(), "b".into(), "é".into()])
    );
    save(folder.path().join("x.npy"), &wide).unwrap();
}

#[test]
fn bad_texts_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::enabled().with(Places);
    let options = OpenOptions::new().registry(&registry);
    for (bytes, fault) in [
        (
            &b"@@\x02\x20\x01\x20\x99ab"[..],
            "places: row 1: a text of 153 bytes from byte 32 on is not in 34 bytes",
        ),
        (
            b"@@\x01\x10\x01\xff",
            "places: row 0: the bytes are not text in UTF-8: invalid utf-8 sequence of 1 bytes from index 0",
        ),
    ] {
        let path = written(folder.path(), bytes);
        let faults = options.check(&path, &mut ()).unwrap();
        assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), [fault]);
        let array = options.open(&path).unwrap();
        let error = Change::new().dtype("U".parse().unwrap()).apply(array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
}
