//! Messages and chunks that real versions sent, and round trips.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

#[path = "binaryserde_support/values.rs"]
mod values;

use arr_binary::aeron::{self, Chunk, Message, ReadOptions, join, read_chunks, split};
use arr_binary::format::{Nd4jAeronChunk, Nd4jAeronMessage, Nd4jBinarySerde};
use arr_conformance::door;
use arr_core::format::{Format, Match, NewPart, Outline, Output, Reading, Sink, Writing};
use arr_core::{Array, Buffer, BufferMut, ByteOrder, DType, ErrorKind, Input, Limits, Order, Slice, Storage};
use proptest::prelude::*;
use serde_json::Value;
use values::{check, files, folder, path};

const ID: &str = "00000000-1111-2222-3333-444444444444";

fn check_message<S: Storage>(message: &Message<S>, file: &Value) {
    check(&message.array, file);
    let Message { sent, index, dimensions, .. } = message;
    let found = serde_json::json!({"type": 1, "sent": sent, "index": index, "dimensions": dimensions});
    assert_eq!(found, file["message"], "{file}");
}

#[test]
fn every_message_reads_in_every_way() {
    let mut read = 0;
    for file in files("nd4j-aeron-message") {
        let path = path(&file);
        let bytes = std::fs::read(&path).unwrap();
        check_message(&aeron::read(&path).unwrap(), &file);
        check_message(&aeron::read_bytes(&bytes).unwrap(), &file);
        check_message(&aeron::view(&bytes).unwrap(), &file);
        check_message(&aeron::read_buffer(Buffer::from_vec(bytes.clone())).unwrap(), &file);
        let twice = [&bytes[..], &bytes].concat();
        let mut stream = &twice[..];
        check_message(&aeron::read_from(&mut stream).unwrap(), &file);
        assert_eq!(stream, bytes);
        check_message(&aeron::view(stream).unwrap(), &file);

        assert_eq!((Nd4jAeronMessage.sniff(&bytes), Nd4jAeronChunk.sniff(&bytes)), (Match::Maybe, Match::No));
        assert_eq!(Nd4jBinarySerde.sniff(&bytes), Match::No);
        let (array, end) =
            door::read_with(&Nd4jAeronMessage, Input::from_bytes(&bytes), &Reading::default()).unwrap();
        check(&array, &file);
        assert_eq!(end, bytes.len() as u64);
        check(&door::map(&Nd4jAeronMessage, &path, &Limits::default()).unwrap(), &file);
        let described = door::describe(&Nd4jAeronMessage, Input::from_bytes(&bytes)).unwrap();
        let nbytes = aeron::view(&bytes).unwrap().array.layout().extent(described.dtype.itemsize()).unwrap();
        assert_eq!((described.data_offset % 8, described.data_len), (4, Some(nbytes.len() as u64)));
        let detail = |name: &str| described.details.iter().find(|known| known.0 == name).unwrap().1.clone();
        assert_eq!(detail("sent"), file["message"]["sent"].to_string());
        assert_eq!(detail("index"), file["message"]["index"].to_string());
        let streamed = door::describe(&Nd4jAeronMessage, Input::from_reader(&bytes[..])).unwrap();
        assert!(streamed.details.iter().all(|(name, _)| *name != "sent"));

        if file["producer"] == "1.0.0-M2.1" {
            assert_eq!(aeron::view(&bytes).unwrap().to_bytes().unwrap(), bytes);
        }
        read += 1;
    }
    assert!(read >= 10, "{read}");
}

#[test]
fn chunks_of_a_real_message_lead_back_to_it() {
    let files = files("nd4j-aeron-chunk");
    assert!(!files.is_empty());
    for file in files {
        let names = file["chunk_files"].as_array().unwrap();
        let read = |name: &Value| std::fs::read(folder().join(name.as_str().unwrap())).unwrap();
        let mut chunks: Vec<Vec<u8>> = names.iter().map(read).collect();
        check_message(&read_chunks(&chunks).unwrap(), &file);
        let message = read_chunks(&chunks).unwrap().to_bytes().unwrap();
        let size = usize::try_from(file["chunk_size"].as_u64().unwrap()).unwrap();
        let id = Chunk::parse(&chunks[0]).unwrap().id.to_owned();
        let again: Vec<Vec<u8>> =
            split(&message, size, &id).unwrap().map(|chunk| chunk.to_bytes().unwrap()).collect();
        assert_eq!(again, chunks);
        for bytes in &chunks {
            assert_eq!(
                (Nd4jAeronChunk.sniff(bytes), Nd4jAeronMessage.sniff(bytes)),
                (Match::Maybe, Match::No)
            );
            assert_eq!(Nd4jBinarySerde.sniff(bytes), Match::No);
        }
        let error = door::read(&Nd4jAeronChunk, Input::from_bytes(&chunks[0])).unwrap_err();
        assert_eq!((error.kind(), error.format()), (ErrorKind::Mismatch, Some("nd4j-aeron-chunk")));
        let expected = format!(
            "nd4j-aeron-chunk: this is chunk 0 of the 2 of message {id}: give the files of all of them, missing \
             are 1 (at byte 0)"
        );
        assert_eq!(error.to_string(), expected);
        let described = door::describe(&Nd4jAeronChunk, Input::from_bytes(&chunks[1])).unwrap();
        assert_eq!(
            (&described.dtype, &described.shape[..], described.data_len),
            (&DType::Void(1), &[60][..], Some(60))
        );
        let details = [
            ("message", id.to_owned()),
            ("chunk", "1 of 2, counted from 0".to_owned()),
            ("chunk size", "64 bytes".to_owned()),
        ];
        assert_eq!(described.details, details);
        chunks.reverse();
        check_message(&read_chunks(&chunks).unwrap(), &file);
    }
}

#[test]
fn an_array_is_written_as_a_message_and_as_a_chunk() {
    let array = Array::from_vec((0..6i16).collect(), &[2, 3]).unwrap();
    let formats: [&dyn Format; 2] = [&Nd4jAeronMessage, &Nd4jAeronChunk];
    for format in formats {
        let bytes = door::write(format, &array.view(), &Writing::default()).unwrap();
        assert_eq!(format.sniff(&bytes), Match::Maybe);
        let read = door::read(format, Input::from_bytes(&bytes)).unwrap();
        assert_eq!(read.to_vec::<i16>().unwrap(), [0, 1, 2, 3, 4, 5]);
        let described = door::describe(format, Input::from_bytes(&bytes)).unwrap();
        assert_eq!(described.shape, [2, 3]);
        assert_eq!(door::read(format, Input::from_reader(&bytes[..])).unwrap().shape(), [2, 3]);
    }
    let bytes = door::write(&Nd4jAeronChunk, &array.view(), &Writing::default()).unwrap();
    let chunk = Chunk::parse(&bytes).unwrap();
    assert_eq!((chunk.index, chunk.count, chunk.payload.len()), (0, 1, chunk.chunk_size as usize));
    assert_eq!(chunk.id.as_bytes()[14], b'4');
    let message = read_chunks(&[&bytes]).unwrap();
    assert_eq!((message.index, message.dimensions.as_slice()), (-1, &[-1][..]));
    assert!(message.sent > 1_600_000_000_000);
}

/// As 1.0.0-beta6 writes them.
#[test]
fn arrays_without_items_may_have_one_behind_them() {
    let body = std::fs::read(folder().join("nd4j-binaryserde/beta6-f32-empty.buf")).unwrap();
    let back = Message::new(Array::from_vec(Vec::<f32>::new(), &[0]).unwrap(), 1_600_000_000_123);
    let clean = back.to_bytes().unwrap();
    let odd = [&[1, 0, 0, 0][..], &body, &clean[4 + body.len() - 4..]].concat();
    assert_eq!(odd.len(), clean.len() + 4);
    for bytes in [&clean, &odd] {
        let message = aeron::view(bytes).unwrap();
        assert_eq!((message.sent, message.index), (1_600_000_000_123, -1));
        assert_eq!((message.array.shape(), message.dimensions.as_slice()), (&[0][..], &[-1][..]));
        assert_eq!(aeron::read_bytes(bytes).unwrap().sent, 1_600_000_000_123);
    }
    // A stream does not tell where a message ends, and nothing behind it is read.
    let all = [&odd[..], &clean, &odd, b"rest"].concat();
    let mut stream = &all[..];
    for _ in 0..3 {
        assert_eq!(aeron::read_from(&mut stream).unwrap().sent, 1_600_000_000_123);
    }
    assert_eq!(stream, b"rest");
    // Items of any width, and the index of a part, which looks like a number of dimensions.
    for (dtype, itemsize) in [("|i1", 1), ("<i2", 2), ("<i4", 4), ("<f8", 8)] {
        for index in [-1, 0, 1, 32, 33] {
            let array = Array::zeros(dtype.parse::<DType>().unwrap(), &[0, 2]).unwrap();
            let message = Message { array, sent: 1_600_000_000_123, index, dimensions: vec![0, 1] };
            let clean = message.to_bytes().unwrap();
            let at = clean.len() - 28;
            let odd = [&clean[..at], &[7; 8][..itemsize], &clean[at..]].concat();
            for bytes in [&clean, &odd] {
                let read = aeron::read_bytes(bytes).unwrap();
                assert_eq!((read.sent, read.index, &read.dimensions[..]), (message.sent, index, &[0, 1][..]));
                let streamed = aeron::read_from(&mut &bytes[..]).unwrap();
                assert_eq!((streamed.sent, streamed.index), (message.sent, index), "{dtype}");
            }
        }
    }
}

#[test]
fn no_more_of_a_message_is_read_than_is_asked_for() {
    let array = Array::from_vec((0..100_000).map(f64::from).collect(), &[1000, 100]).unwrap();
    let mut message = Message::new(array.view(), 5);
    message.index = 7;
    let bytes = message.to_bytes().unwrap();
    let chunk = split(&bytes, bytes.len(), ID).unwrap().next().unwrap().to_bytes().unwrap();
    let tight = Limits::default().max_bytes(800);
    let slice: Slice = "500".parse().unwrap();
    let expected = array.slice(&slice).unwrap().to_vec::<f64>().unwrap();
    let seekable = |bytes: &[u8]| {
        Input::from_seekable(std::io::Cursor::new(bytes.to_vec())).unwrap().with_limits(&tight)
    };
    let part = ReadOptions::new().read_part_input(&mut seekable(&bytes), &slice).unwrap();
    assert_eq!((part.array.to_vec::<f64>().unwrap(), part.sent, part.index), (expected.clone(), 5, 7));
    let formats: [(&dyn Format, &[u8]); 2] = [(&Nd4jAeronMessage, &bytes), (&Nd4jAeronChunk, &chunk)];
    for (format, bytes) in formats {
        let how = Reading::new().limits(tight.clone());
        let (part, end) = door::read_slice_with(format, seekable(bytes), &slice, &how).unwrap();
        assert_eq!((part.to_vec::<f64>().unwrap(), end), (expected.clone(), bytes.len() as u64));
        let described = door::describe(format, seekable(bytes)).unwrap();
        assert_eq!(described.data_len, Some(800_000));
        let error = door::read_with(format, seekable(bytes), &how).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}

#[test]
fn options_reach_the_array() {
    let bytes = Message::new(Array::from_vec(vec![1.5f32, 2.5], &[2]).unwrap(), 5).to_bytes().unwrap();
    let chunks: Vec<Vec<u8>> = split(&bytes, 9, ID).unwrap().map(|chunk| chunk.to_bytes().unwrap()).collect();
    let options = ReadOptions::new().byte_order(ByteOrder::Big);
    for read in [options.read_bytes(&bytes), options.read_from(&mut &bytes[..]), options.read_chunks(&chunks)]
    {
        let array = read.unwrap().array;
        assert_eq!(
            (array.dtype().to_string(), array.to_vec::<f32>().unwrap()),
            (">f4".to_owned(), vec![1.5, 2.5])
        );
    }
    let tight = options.limits(Limits::default().max_bytes(7));
    for read in [tight.read_bytes(&bytes), tight.read_from(&mut &bytes[..]), tight.read_chunks(&chunks)] {
        assert_eq!(read.unwrap_err().kind(), ErrorKind::LimitExceeded);
    }
}

#[test]
fn what_is_written_by_pieces_is_a_message() {
    let formats: [&dyn Format; 2] = [&Nd4jAeronMessage, &Nd4jAeronChunk];
    for format in formats {
        let dtype = "<i2".parse::<DType>().unwrap();
        let items =
            [([1u8, 0, 2, 0, 3, 0, 4, 0], ByteOrder::Little), ([0, 1, 0, 2, 0, 3, 0, 4], ByteOrder::Big)];
        for (items, byte_order) in items {
            let dtype = dtype.with_byte_order(byte_order);
            let outline = Outline { dtype: &dtype, shape: &[2, 2], order: Order::F };
            let bytes = door::write_pieces(format, &outline, &items, 2, &Writing::default()).unwrap();
            let (array, end) =
                door::read_with(format, Input::from_bytes(&bytes), &Reading::default()).unwrap();
            assert_eq!((array.to_vec::<i16>().unwrap(), end), (vec![1, 3, 2, 4], bytes.len() as u64));
            if format.info().multi_file {
                assert_eq!(Chunk::parse(&bytes).unwrap().count, 1);
            }
        }
        let large = Outline { dtype: &dtype, shape: &[1 << 30], order: Order::C };
        let mut nothing = Vec::new();
        let mut writer = format.create(Sink::New(Output::new(&mut nothing)), &Writing::default()).unwrap();
        let begun = writer.begin(&NewPart::new(), &large);
        assert_eq!(begun.is_err(), format.info().multi_file);
    }
}

#[test]
fn messages_hold_what_files_hold() {
    let texts = Array::from_texts(&[2, 2], Order::F, ["a", "bc", "", "d"]).unwrap();
    let message =
        Message { array: texts, sent: i64::MIN, index: i64::MAX, dimensions: vec![0, i32::MAX, -7] };
    let bytes = message.to_bytes().unwrap();
    assert_eq!(message.encoded_len().unwrap(), bytes.len());
    let read = aeron::read_bytes(&bytes).unwrap();
    assert_eq!(read.array.to_strings().unwrap(), ["a", "", "bc", "d"]);
    assert_eq!((read.sent, read.index, read.dimensions), (i64::MIN, i64::MAX, vec![0, i32::MAX, -7]));
    assert_eq!(aeron::view(&bytes).unwrap_err().kind(), ErrorKind::Unsupported);

    for packed in ["v091-f64-row", "m21-f32-50x20", "beta6-f64-2x2x3x2-f"] {
        let body =
            std::fs::read(folder().join(format!("nd4j-binaryserde-compressed-gzip/{packed}.buf"))).unwrap();
        let bytes = [&[1, 0, 0, 0][..], &body, &bytes[bytes.len() - 32..]].concat();
        let read = aeron::read_bytes(&bytes).unwrap();
        assert_eq!((read.sent, read.dimensions.len()), (i64::MIN, 3));
        let described = door::describe(&Nd4jAeronMessage, Input::from_bytes(&bytes)).unwrap();
        assert!(
            ["packing", "sent"].iter().all(|name| described.details.iter().any(|known| known.0 == *name))
        );
    }

    for dimensions in [vec![], vec![0; 33]] {
        let array = Array::from_vec(vec![1u8], &[1]).unwrap();
        let message = Message { dimensions, ..Message::new(array, 0) };
        assert_eq!(message.to_bytes().unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert!(message.write_to(&mut Vec::new()).is_err());
    }
}

#[test]
fn room_is_filled_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = Message::new(Array::from_vec(vec![1.5f32, 2.0], &[2]).unwrap(), 5);
    let bytes = message.to_bytes().unwrap();
    let mut room = BufferMut::zeroed(bytes.len() + 5).unwrap();
    assert_eq!(message.encode_into(room.as_mut_slice()).unwrap(), bytes.len());
    assert_eq!(room.as_slice()[..bytes.len()], bytes);
    // Numbers of four bytes are typed in place, when the message is aligned.
    assert_eq!(aeron::view(room.as_slice()).unwrap().array.as_slice::<f32>().unwrap(), [1.5, 2.0]);
    for len in 0..bytes.len() {
        let error = message.encode_into(&mut vec![0; len]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("nd4j-aeron-message: the message takes 92 bytes, there is room for {len}")
        );
    }
    message.save(folder.path().join("x.msg")).unwrap();
    assert_eq!(std::fs::read(folder.path().join("x.msg")).unwrap(), bytes);
    let mut stream = Vec::new();
    message.write_to(&mut stream).unwrap();
    assert_eq!(stream, bytes);
}

#[test]
fn chunks_that_do_not_fit_together_are_refused() {
    let message: Vec<u8> = (0..100).collect();
    let chunks: Vec<Chunk<'_>> = split(&message, 7, ID).unwrap().collect();
    assert_eq!(chunks.len(), 15);
    assert_eq!(split(&message, 7, ID).unwrap().len(), 15);
    assert_eq!(split(&message, 50, ID).unwrap().last().unwrap().payload.len(), 50);

    let refused = |chunks: &[Chunk<'_>], kind: ErrorKind, words: &str| {
        let error = join(chunks.iter().copied()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(&[], ErrorKind::InvalidArgument, "no chunks");
    refused(&chunks[..14], ErrorKind::Mismatch, "missing: 14");
    refused(&[chunks[0], chunks[2], chunks[9]], ErrorKind::Mismatch, "missing: 1, 3 to 8, 10 to 14");
    refused(&[&chunks[..], &chunks[3..4]].concat(), ErrorKind::Mismatch, "chunk 3 of 15 is there twice");
    for (place, changed, kind, words) in [
        (4, Chunk { id: "other", ..chunks[4] }, ErrorKind::Mismatch, "its name is"),
        (4, Chunk { count: 16, ..chunks[4] }, ErrorKind::Mismatch, "its number of chunks is 15, and 16"),
        (4, Chunk { chunk_size: 8, ..chunks[4] }, ErrorKind::Mismatch, "its chunk size is 7, and 8"),
        (4, Chunk { payload: &message[..6], ..chunks[4] }, ErrorKind::Malformed, "has 6 bytes"),
        (4, Chunk { payload: &message[..8], ..chunks[4] }, ErrorKind::Malformed, "has 8 bytes"),
        (14, Chunk { payload: &[], ..chunks[14] }, ErrorKind::Malformed, "has 0 bytes"),
        (14, Chunk { payload: &message[..8], ..chunks[14] }, ErrorKind::Malformed, "expected 1 to 7"),
        (13, Chunk { index: 15, ..chunks[13] }, ErrorKind::Mismatch, "no chunk 15 of 15"),
        (13, Chunk { index: u32::MAX, ..chunks[13] }, ErrorKind::Mismatch, "no chunk 4294967295"),
    ] {
        let mut all = chunks.clone();
        all[place] = changed;
        refused(&all, kind, words);
    }
    // Nobody is believed who says that there are two thousand million chunks.
    let claims = Chunk { count: i32::MAX.unsigned_abs(), ..chunks[3] };
    refused(&[claims], ErrorKind::Mismatch, "missing: 0 to 2, 4 to 2147483646");
    let odd: Vec<Chunk<'_>> =
        (0..100).map(|index| Chunk { index: 2 * index, count: 1 << 30, ..chunks[3] }).collect();
    refused(&odd, ErrorKind::Mismatch, "missing: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and more");

    for (message, size) in [(&message[..], 0), (&[], 7), (&message, usize::MAX), (&message, 1 << 31)] {
        assert_eq!(split(message, size, ID).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let long = "x".repeat(257);
    for chunk in [
        Chunk { id: "", ..chunks[0] },
        Chunk { id: &long, ..chunks[0] },
        Chunk { index: 15, ..chunks[0] },
        Chunk { count: 0, ..chunks[0] },
        Chunk { count: u32::MAX, ..chunks[0] },
        Chunk { payload: &message[..6], ..chunks[0] },
        Chunk { chunk_size: u32::MAX, index: 14, ..chunks[0] },
    ] {
        assert_eq!(chunk.to_bytes().unwrap_err().kind(), ErrorKind::InvalidArgument, "{chunk:?}");
    }
}

proptest! {
    #[test]
    fn what_is_cut_is_put_together(message in prop::collection::vec(any::<u8>(), 1..300), size in 1usize..320, seed in any::<u64>()) {
        let mut files: Vec<Vec<u8>> =
            split(&message, size, ID).unwrap().map(|chunk| chunk.to_bytes().unwrap()).collect();
        let len = files.len();
        files.rotate_left(usize::try_from(seed % 1000).unwrap() % len);
        files.swap(0, len / 2);
        let chunks: Vec<Chunk<'_>> = files.iter().map(|file| Chunk::parse(file).unwrap()).collect();
        prop_assert_eq!(join(chunks.iter().copied()).unwrap(), message);
        prop_assert_eq!(join(chunks.iter().copied().skip(1)).is_err(), true);
    }

    #[test]
    fn messages_come_back(
        values in prop::collection::vec(any::<f64>(), 0..9),
        sent in any::<i64>(),
        index in any::<i64>(),
        dimensions in prop::collection::vec(any::<i32>(), 1..33),
    ) {
        let shape = [1, values.len()];
        let array = Array::from_vec(values, &shape).unwrap();
        let message = Message { array: array.transpose(), sent, index, dimensions };
        let bytes = message.to_bytes().unwrap();
        prop_assert_eq!(message.encoded_len().unwrap(), bytes.len());
        for read in [aeron::read_bytes(&bytes).unwrap(), aeron::read_from(&mut &bytes[..]).unwrap()] {
            prop_assert_eq!((read.sent, read.index), (sent, index));
            prop_assert_eq!(&read.dimensions, &message.dimensions);
            prop_assert_eq!(read.array.shape(), message.array.shape());
            prop_assert_eq!(read.array.dtype().with_byte_order(ByteOrder::NATIVE), DType::of::<f64>());
            prop_assert_eq!(read.array.to_vec::<f64>().unwrap(), message.array.to_vec::<f64>().unwrap());
        }
    }
}
