//! Messages and chunks that must be refused, or read without a panic and without memory out of proportion.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

#[path = "binaryserde_support/values.rs"]
mod values;

use arr_binary::aeron::{self, Chunk, Message, ReadOptions, read_chunks};
use arr_binary::format::{Nd4jAeronChunk, Nd4jAeronMessage};
use arr_conformance::door;
use arr_core::format::{Format, Match, NewPart, Outline, Output, Sink, Writing};
use arr_core::{Array, DType, Error, ErrorKind, Input, Limits, Order, Slice, Storage};
use proptest::prelude::*;
use values::{check, files, folder, path};

/// All of a message: the bytes of its items, when it was sent, its index and dimensions.
type Seen = (Vec<u8>, i64, i64, Vec<i32>);

fn seen<S: Storage>(message: Message<S>) -> Seen {
    let Message { array, sent, index, dimensions } = message;
    let items = match array.to_strings() {
        Ok(texts) => texts.join("\0").into_bytes(),
        Err(_) => array.items().flatten().copied().collect(),
    };
    (items, sent, index, dimensions)
}

fn check_error(error: &Error, format: &str) {
    assert!(error.offset().is_some(), "{error}");
    assert!(error.to_string().starts_with(format), "{error}");
    let kinds = [ErrorKind::Malformed, ErrorKind::Unsupported, ErrorKind::LimitExceeded];
    assert!(kinds.contains(&error.kind()), "{error}");
}

/// Reads a message in every way and checks that all come to the same verdict, which it gives.
fn verdict(bytes: &[u8]) -> Result<Seen, Error> {
    let read = aeron::read_bytes(bytes).map(seen);
    match (&read, aeron::view(bytes).map(seen)) {
        (Ok(read), Ok(view)) => assert_eq!(*read, view),
        (Ok(_), Err(error)) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
        (Err(_), Ok(_)) => panic!("a view of what is not read: {read:?}"),
        (Err(_), Err(error)) => check_error(&error, "nd4j-aeron-message: "),
    }
    match (&read, aeron::read_from(&mut &bytes[..]).map(seen)) {
        // Where a message ends decides whether an array without items has one behind it, if nothing else does.
        (Ok(read), Ok(streamed)) => assert!(read.0.is_empty() || *read == streamed),
        (Err(read), Err(streamed)) => assert_eq!(read.kind(), streamed.kind(), "{read}: {streamed}"),
        (read, streamed) => panic!("{read:?} and {streamed:?}"),
    }
    let whole: Slice = "...".parse().unwrap();
    match (&read, ReadOptions::new().read_part_input(&mut Input::from_bytes(bytes), &whole).map(seen)) {
        (Ok(read), Ok(part)) => assert_eq!(*read, part),
        (Err(read), Err(part)) => assert_eq!(read.kind(), part.kind(), "{read}: {part}"),
        (read, part) => panic!("{read:?} and {part:?}"),
    }
    match (&read, door::describe(&Nd4jAeronMessage, Input::from_bytes(bytes))) {
        (Ok(_), Ok(what)) => {
            assert_eq!(Nd4jAeronMessage.sniff(bytes), Match::Maybe);
            assert!(what.data_len.is_none_or(|len| what.data_offset + len < bytes.len() as u64));
        }
        (Ok(_), Err(error)) => panic!("{error}"),
        (Err(error), _) => check_error(error, "nd4j-aeron-message: "),
    }
    read
}

const EXTREMES: [i64; 12] =
    [i64::MIN, -1 << 31, -2, -1, 0, 1, 2, 33, (1 << 31) - 1, 1 << 31, 1 << 61, i64::MAX];

/// Calls `f` with the bytes changed in every field that is 4 or 8 bytes wide.
fn for_each_extreme(bytes: &[u8], mut f: impl FnMut(&[u8])) {
    for at in (0..bytes.len()).step_by(4) {
        for value in EXTREMES {
            for width in [4, 8] {
                let mut changed = bytes.to_vec();
                let room = (changed.len() - at).min(width);
                changed[at..at + room].copy_from_slice(&value.to_le_bytes()[..room]);
                f(&changed);
            }
        }
    }
}

#[test]
fn every_field_of_a_message_is_set_to_extremes() {
    let (mut refused, mut read) = (0, 0);
    let texts = Array::from_texts(&[2], Order::C, ["abc", "d"]).unwrap();
    let mut messages = vec![Message::new(texts, 7).to_bytes().unwrap()];
    messages.extend(files("nd4j-aeron-message").iter().map(|file| std::fs::read(path(file)).unwrap()));
    let packed = folder().join("nd4j-binaryserde-compressed-gzip/m21-f32-2x3-c.buf");
    let back = messages[0].split_at(messages[0].len() - 24).1;
    messages.push([&[1, 0, 0, 0][..], &std::fs::read(packed).unwrap(), back].concat());
    for message in messages {
        for_each_extreme(&message, |changed| match verdict(changed) {
            Ok((items, ..)) => {
                assert!(items.len() <= changed.len());
                read += 1;
            }
            Err(_) => refused += 1,
        });
    }
    assert!(refused > 1000 && read > 1000, "{refused} {read}");
}

#[test]
fn every_message_cut_anywhere_is_refused() {
    for file in files("nd4j-aeron-message") {
        let bytes = std::fs::read(path(&file)).unwrap();
        for len in 0..bytes.len() {
            let error = verdict(&bytes[..len]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{file} {len}: {error}");
            assert!(error.offset().unwrap() <= len as u64, "{file} {len}: {error}");
        }
        check(&aeron::view(&[&bytes[..], b"more"].concat()).unwrap().array, &file);
    }
}

#[test]
fn faults_of_messages_are_named_with_their_place() {
    let bytes = Message::new(Array::from_vec(vec![1.0f32, 2.0], &[2]).unwrap(), 5).to_bytes().unwrap();
    let refused = |at: usize, value: i32, words: &str| {
        let mut changed = bytes.clone();
        changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let error = verdict(&changed).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(at as u64)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(0, 0, "a chunk of a message");
    refused(0, 2, "the type of message is 2, expected 1");
    refused(0, -1, "the type of message is -1");
    refused(4, 33, "the rank is 33");
    refused(8, 99, "the type is 99");
    for count in [0, -1, 33, i32::MIN, i32::MAX] {
        refused(84, count, "expected 1 to 32");
    }
    let error = verdict(&[&bytes[..84], &[2, 0, 0, 0, 1, 1, 1, 1]].concat()).unwrap_err();
    assert_eq!(error.offset(), Some(92));
    let limits = Limits::default().max_rank(0);
    assert_eq!(aeron::view_with(&bytes, &limits).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

fn chunks() -> Vec<Vec<u8>> {
    let file = &files("nd4j-aeron-chunk")[0];
    let names = file["chunk_files"].as_array().unwrap();
    names.iter().map(|name| std::fs::read(folder().join(name.as_str().unwrap())).unwrap()).collect()
}

#[test]
fn every_field_of_a_chunk_is_set_to_extremes() {
    let chunks = chunks();
    let whole = read_chunks(&chunks).map(seen).unwrap();
    let message = read_chunks(&chunks).unwrap().to_bytes().unwrap();
    for place in 0..chunks.len() {
        for_each_extreme(&chunks[place][..56], |head| {
            let changed = [head, &chunks[place][56..]].concat();
            let mut all = chunks.clone();
            all[place].clone_from(&changed);
            match read_chunks(&all).map(seen) {
                Ok(read) => assert_eq!(read, whole),
                Err(error) => assert_eq!(error.format(), Some("nd4j-aeron-chunk"), "{error}"),
            }
            if let Err(error) = Chunk::parse(&changed) {
                check_error(&error, "nd4j-aeron-chunk: ");
            }
            assert!(door::read(&Nd4jAeronChunk, Input::from_bytes(&changed)).is_err());
            let describe =
                |input: Input<'_>| door::describe(&Nd4jAeronChunk, input).map_err(|e| e.to_string());
            let described = describe(Input::from_bytes(&changed));
            assert_eq!(described, describe(Input::from_reader(&changed[..])));
            if let (true, Err(error)) = (described.is_ok(), Chunk::parse(&changed)) {
                panic!("{described:?} and {error}");
            }
            let _ = door::describe(&Nd4jAeronChunk, Input::from_bytes(&changed));
            let _ = Nd4jAeronChunk.sniff(&changed);
        });
    }
    // The same of a chunk that is all of its message.
    let size = u32::try_from(message.len()).unwrap();
    let chunk = Chunk { id: "name", index: 0, count: 1, chunk_size: size, payload: &message };
    let bytes = chunk.to_bytes().unwrap();
    assert_eq!(door::read(&Nd4jAeronChunk, Input::from_bytes(&bytes)).unwrap().shape(), [2, 3]);
    for_each_extreme(&bytes, |changed| {
        let parsed = Chunk::parse(changed).and_then(|_| read_chunks(&[changed]));
        let read = door::read(&Nd4jAeronChunk, Input::from_reader(changed));
        // A payload longer than the chunk size is only seen where its end is.
        assert!(read.is_ok() || parsed.is_err(), "{read:?} {parsed:?}");
    });
}

#[test]
fn every_chunk_cut_anywhere_is_refused() {
    let chunks = chunks();
    for place in 0..chunks.len() {
        for len in 0..chunks[place].len() {
            let mut all = chunks.clone();
            all[place].truncate(len);
            let error = read_chunks(&all).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{place} {len}: {error}");
            if let Err(error) = Chunk::parse(&all[place]) {
                assert!(error.offset().unwrap() <= len as u64, "{error}");
            }
        }
        // A chunk ends where its bytes end, so one that is too long is noticed.
        let mut all = chunks.clone();
        all[place].extend([0; 5]);
        assert_eq!(read_chunks(&all).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn faults_of_chunks_are_named_with_their_place() {
    let bytes = &chunks()[0];
    let refused = |at: usize, value: i32, offset: u64, words: &str| {
        let mut changed = bytes.clone();
        changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let error = Chunk::parse(&changed).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(offset)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(0, 1, 0, "a whole message, expected 0");
    refused(0, -1, 0, "the type of message is -1");
    for value in [0, -1, i32::MIN] {
        refused(4, value, 4, "the number of chunks is");
        refused(8, value, 8, "the chunk size is");
        refused(12, value, 12, "the length of the name is");
    }
    refused(8, 63, 56, "expected 63");
    refused(8, i32::MAX, 56, "expected 2147483647");
    refused(12, 257, 12, "expected 1 to 256");
    refused(12, i32::MAX, 12, "expected 1 to 256");
    refused(16, -1, 16, "not UTF-8");
    for value in [-1, 2, i32::MAX, i32::MIN] {
        refused(52, value, 52, "the chunk index is");
    }
    let mut changed = bytes.clone();
    changed[4..8].copy_from_slice(&i32::MAX.to_le_bytes());
    let error = door::read(&Nd4jAeronChunk, Input::from_bytes(&changed)).unwrap_err();
    assert!(error.to_string().contains("missing are 1 to 2147483646"), "{error}");
    assert_eq!(read_chunks(&[changed]).unwrap_err().kind(), ErrorKind::Mismatch);
    let none: [&[u8]; 0] = [];
    assert_eq!(read_chunks(&none).unwrap_err().kind(), ErrorKind::InvalidArgument);
    // Nothing of the message is believed before it is there.
    let limits = Limits::default().max_bytes(10);
    assert_eq!(aeron::read_chunks_with(&chunks(), &limits).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn errors_inside_messages_and_chunks_carry_their_names() {
    let (message, chunk): (&dyn Format, &dyn Format) = (&Nd4jAeronMessage, &Nd4jAeronChunk);
    let deep = Array::zeros("<f4".parse::<DType>().unwrap(), &[1; 33]).unwrap();
    let wide = Array::zeros("<c8".parse::<DType>().unwrap(), &[2]).unwrap();
    for array in [deep, wide] {
        for format in [message, chunk] {
            let mut bytes = Vec::new();
            let outline = Outline { dtype: array.dtype(), shape: array.shape(), order: Order::C };
            for is_whole in [false, true] {
                let sink = Sink::New(Output::new(&mut bytes));
                let mut writer = format.create(sink, &Writing::default()).unwrap();
                let part = NewPart::new();
                let refused =
                    if is_whole { writer.array(&part, &array.view()) } else { writer.begin(&part, &outline) };
                let refused = refused.unwrap_err();
                assert_eq!(refused.format(), Some(format.info().name), "{refused}");
            }
            assert!(bytes.is_empty());
        }
        let own = Message::new(array, 0);
        for refused in [own.encoded_len(), own.encode_into(&mut [0; 1000]), own.to_bytes().map(|_| 0)] {
            assert_eq!(refused.unwrap_err().format(), Some("nd4j-aeron-message"));
        }
    }
    // A chunk whose message is wrong.
    let good = Message::new(Array::from_vec(vec![1u8], &[1]).unwrap(), 0).to_bytes().unwrap();
    for at in [0, 4, 8, 12, 52] {
        let mut bad = good.clone();
        bad[at] = 77;
        let id = "00000000-1111-2222-3333-444444444444";
        let bytes = aeron::split(&bad, 1000, id).unwrap().next().unwrap().to_bytes().unwrap();
        let read = door::read(chunk, Input::from_bytes(&bytes)).unwrap_err();
        assert_eq!((read.format(), read.offset().is_some()), (Some("nd4j-aeron-chunk"), true), "{read}");
        assert_eq!(read_chunks(&[bytes]).unwrap_err().format(), Some("nd4j-aeron-chunk"));
        assert_eq!(aeron::read_bytes(&bad).unwrap_err().format(), Some("nd4j-aeron-message"));
    }
}

proptest! {
    #[test]
    fn nothing_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        noise in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let _ = verdict(&noise);
        let _ = Chunk::parse(&noise);
        let mut chunks = chunks();
        let mut message = std::fs::read(path(&files("nd4j-aeron-message")[0])).unwrap();
        for (at, byte) in changes {
            message[at.index(120)] = byte;
            let len = chunks[0].len();
            chunks[0][at.index(len)] = byte;
        }
        let _ = verdict(&message);
        let _ = read_chunks(&chunks);
        let _ = door::read(&Nd4jAeronChunk, Input::from_bytes(&chunks[0]));
    }
}
