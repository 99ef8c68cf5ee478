//! `.npz` archives.

use std::collections::HashSet;
use std::io::Read;

use arr_io::format::Positioned;
use arr_io::npy::npz::{Member, Npz};
use arr_io::npy::{MAGIC, NpzOptions, parse_header, view_with};
use arr_io::{Array, Buffer, ErrorKind, Input, Limits, Result};

use super::model::Model;
use super::pieces::Pieces;

/// Bytes of a member, and of all together, that may be read.
const MOST_BYTES: u64 = 16 << 20;

fn limits() -> Limits {
    Limits::default().max_bytes(MOST_BYTES).max_items(1000).max_header_size(1 << 17).max_depth(100)
}

/// An archive is opened in every way, every member read in every way, and what can be read is written again.
pub fn npz(bytes: &[u8]) {
    let opened = Npz::from_buffer(Buffer::from_vec(bytes.to_vec()), &limits());
    let streamed = Npz::from_input(&mut Input::from_reader(Pieces::new(bytes)).with_limits(&limits()));
    let text = |npz: &Result<Npz<'_>>| npz.as_ref().map(Npz::len).map_err(ToString::to_string);
    assert_eq!(text(&opened), text(&streamed));
    let Ok(npz) = opened.inspect_err(|error| assert_eq!(error.format(), Some("npz"), "{error}")) else {
        return;
    };
    let arrays = in_memory(&npz);
    if let Some(file) = file_of(bytes) {
        let file = Npz::from_source(file, &limits()).unwrap();
        agree(&npz, &file);
        agree(&streamed.unwrap(), &file);
    }
    let level = (bytes.len() % 10) as u8;
    written_again(&arrays, level);
}

/// The arrays of an archive, after reading each in every way.
fn in_memory(npz: &Npz<'_>) -> Vec<(String, Array)> {
    let mut arrays = Vec::new();
    let mut failed = npz.check_total().is_err();
    let mut broken = false;
    for member in npz.members() {
        let whole = member.read_bytes();
        let read = member.read();
        broken |= whole.is_err();
        same_stream(&member, &whole);
        match (&read, &whole) {
            (Ok(array), Ok(whole)) => {
                let view = view_with(whole, &limits()).unwrap();
                assert!(Model::of(array) == Model::of(&view) && array.dtype() == view.dtype());
                assert_eq!(member.header().unwrap(), parse_header(whole, &limits()).unwrap());
                assert!(member.is_array().unwrap() && member.describe().unwrap().is_some());
            }
            (Ok(array), Err(error)) => panic!("{member:?}: {array:?}, but {error}"),
            (Err(_), Ok(whole)) => not_read(&member, whole),
            (Err(error), Err(_)) => assert!(error.format().is_some(), "{error}"),
        }
        let is_array = !member.is_directory() && !member.is_array().is_ok_and(|is| !is);
        failed |= is_array && read.is_err();
        arrays.extend(read.ok().filter(|_| is_array).map(|array| (member.key().to_owned(), array)));
    }
    match npz.read_all() {
        Ok(all) => {
            assert!(!failed || all.len() == arrays.len());
            let models = |arrays: &[(String, Array)]| {
                arrays.iter().map(|(name, array)| (name.clone(), Model::of(array))).collect::<Vec<_>>()
            };
            assert!(models(&all) == models(&arrays));
        }
        Err(error) => assert!(failed || broken, "{error}"),
    }
    if let Ok(faults) = npz.check() {
        assert!(!broken || !faults.is_empty());
    }
    arrays
}

/// Why a member that is whole is not an array that can be read.
fn not_read(member: &Member<'_>, whole: &[u8]) {
    match parse_header(whole, &limits()) {
        Ok(header) => {
            let len = header.data_offset().saturating_add(header.data_len());
            let has_items = header.dtype().itemsize() > 0;
            let references = header.dtype().has_references();
            assert!(references || len != whole.len() as u64 || !has_items, "{member:?}");
            assert_eq!(member.header().unwrap(), header);
        }
        Err(_) => assert!(member.header().is_err()),
    }
    assert_eq!(member.is_array().unwrap_or(true), whole.starts_with(MAGIC));
}

/// The bytes of a member come little by little as they do at once.
fn same_stream(member: &Member<'_>, whole: &Result<Buffer>) {
    if member.size() > MOST_BYTES {
        let kind = whole.as_ref().map(drop).unwrap_err().kind();
        assert!(
            kind == ErrorKind::LimitExceeded
                || kind == ErrorKind::Malformed
                || kind == ErrorKind::Unsupported
        );
        return;
    }
    let mut streamed = Vec::new();
    let read = member.reader().and_then(|mut reader| Ok(reader.read_to_end(&mut streamed)?));
    assert!(streamed.len() as u64 <= member.size(), "{member:?}");
    assert_eq!(member.check().is_ok(), read.is_ok(), "{member:?}");
    match (read, whole) {
        (Ok(_), Ok(whole)) => assert!(streamed == whole[..], "{member:?}"),
        (Err(_), Err(_)) => {}
        (read, whole) => {
            panic!("{member:?}: {read:?} as a stream, {:?} at once", whole.as_ref().map(|w| w.len()))
        }
    }
}

/// Members that are read from a file, small ones together with those behind them, are what they are in memory.
fn agree(memory: &Npz<'_>, file: &Npz<'_>) {
    assert_eq!(memory.len(), file.len());
    for (one, other) in memory.members().zip(file.members()) {
        assert_eq!((one.name(), one.crc32()), (other.name(), other.crc32()));
        let kind = |result: Result<Model>| result.map_err(|error| error.kind());
        let model = |member: &Member<'_>| kind(member.read().map(|array| Model::of(&array)));
        let (one_model, other_model) = (model(&one), model(&other));
        assert!(one_model == other_model || one_model.is_err() && other_model.is_err(), "{one:?}");
        let bytes = |member: &Member<'_>| member.read_bytes().map(|bytes| bytes.to_vec()).ok();
        assert!(bytes(&one) == bytes(&other), "{one:?}");
        if let (Ok(mapped), Ok(model)) = (arr_conformance::own_file!(other.map()), other_model) {
            assert!(Model::of(&mapped) == model, "{one:?}");
        }
    }
    assert_eq!(memory.read_all().is_ok(), file.read_all().is_ok());
}

/// A file of these bytes that has lost its name.
#[cfg(unix)]
fn file_of(bytes: &[u8]) -> Option<Positioned<'static>> {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("arr-fuzz-{}-{count}.npz", std::process::id()));
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path);
    let mut file = file.ok()?;
    std::fs::remove_file(&path).ok()?;
    file.write_all(bytes).ok()?;
    Some(Positioned::from_file(file, bytes.len() as u64))
}

#[cfg(not(unix))]
fn file_of(_: &[u8]) -> Option<Positioned<'static>> {
    None
}

/// What was read is written, to what can go back and to what can't, and read again.
fn written_again(arrays: &[(String, Array)], level: u8) {
    let mut names = HashSet::new();
    let mut unique = arrays.to_vec();
    unique.retain(|(name, _)| names.insert(name.clone()));
    let mut bytes = Vec::new();
    let mut writer = NpzOptions::new().level(level).write_to(&mut bytes);
    for (name, array) in &unique {
        if name.len() > 50_000 {
            return;
        }
        writer.add(name, array).unwrap();
    }
    writer.finish().unwrap();
    let again = Npz::from_buffer(Buffer::from_vec(bytes), &limits()).unwrap();
    assert_eq!(again.len(), unique.len());
    for (member, (name, array)) in again.members().zip(&unique) {
        let read = member.read().unwrap();
        assert!(member.key() == name && read.dtype() == array.dtype(), "{member:?}");
        assert!(Model::of(&read) == Model::of(array), "{member:?}");
    }
}
