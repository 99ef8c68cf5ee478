//! What real versions wrote by `BinarySerde`, and round trips.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

#[path = "binaryserde_support/values.rs"]
mod values;

use arr_binary::binaryserde::{self, ReadOptions, WriteOptions, parse_header};
use arr_binary::format::Nd4jBinarySerde;
use arr_binary::nd4j::{DataType, Generation};
use arr_conformance::{door, own_file};
use arr_core::format::{Format as _, Match, NewPart, Outline, Output, Reading, Sink, Writing};
use arr_core::{
    Array, Buffer, ByteOrder, Contiguity, DType, ErrorKind, Input, Limits, Order, Scalar, Slice, Storage, s,
};
use proptest::prelude::*;
use values::{check, files, folder, path};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// The values in C order, as little-endian bytes, or texts.
fn items<S: Storage>(array: &Array<S>) -> Vec<u8> {
    if *array.dtype() == DType::Utf8 {
        return array.to_strings().unwrap().join("\0").into_bytes();
    }
    array.to_contiguous_in(Order::C, ByteOrder::Little).unwrap().as_bytes(Order::C).unwrap().to_vec()
}

#[test]
fn every_file_reads_to_its_values_in_every_way() {
    let (mut plain, mut packed, mut texts) = (0, 0, 0);
    for file in files("nd4j-binaryserde") {
        let path = path(&file);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(Nd4jBinarySerde.sniff(&bytes), Match::Maybe, "{file}");
        let header = parse_header(&bytes, &Limits::default()).unwrap();
        let generation = match file["producer"].as_str().unwrap() {
            "0.9.1" => Generation::One,
            "1.0.0-beta3" => Generation::Two,
            _ => Generation::Three,
        };
        assert_eq!(header.generation(), generation, "{file}");
        assert_eq!(header.data_offset() % 4, 0);
        let packed_by = header.compression().map(|packed| packed.algorithm().name());
        assert_eq!(packed_by, file["compression"].as_str(), "{file}");

        check(&binaryserde::read(&path).unwrap(), &file);
        check(&binaryserde::read_bytes(&bytes).unwrap(), &file);
        check(&ReadOptions::new().native().read(&path).unwrap(), &file);
        check(&ReadOptions::new().byte_order(ByteOrder::Big).read_bytes(&bytes).unwrap(), &file);
        let whole = Slice::from(vec![]);
        check(&door::read_slice(&Nd4jBinarySerde, Input::open(&path).unwrap(), &whole).unwrap().0, &file);
        check(&door::read_slice(&Nd4jBinarySerde, Input::from_reader(&bytes[..]), &whole).unwrap().0, &file);
        let mut stream = &bytes[..];
        check(&binaryserde::read_from(&mut stream).unwrap(), &file);
        // 1.0.0-beta6 writes an item for an array without any.
        let junk = if file["file"] == "nd4j-binaryserde/beta6-f32-empty.buf" { 4 } else { 0 };
        assert_eq!(stream.len(), junk, "{file}");

        let described = door::describe(&Nd4jBinarySerde, Input::from_bytes(&bytes)).unwrap();
        assert_eq!(described.data_offset, header.data_offset());
        assert_eq!(described.shape, header.shape());
        assert_eq!(described.is_packed, header.compression().is_some());
        // The item of the array without any is stepped over.
        let whole_file = bytes.len() as u64;
        for input in [Input::from_bytes(&bytes), Input::from_reader(&bytes[..])] {
            let (_, end) = door::read_with(&Nd4jBinarySerde, input, &Reading::default()).unwrap();
            assert_eq!(end, whole_file, "{file}");
        }
        let input = Input::from_reader(&bytes[..]);
        assert_eq!(door::read_slice(&Nd4jBinarySerde, input, &whole).unwrap().1, whole_file, "{file}");
        assert_eq!(described.version.unwrap(), generation.to_string());

        if header.compression().is_some() || header.data_type() == DataType::Utf8 {
            assert_eq!(binaryserde::view(&bytes).unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(own_file!(binaryserde::map(&path)).unwrap_err().kind(), ErrorKind::Unsupported);
            if header.compression().is_some() {
                assert_eq!(described.data_len, Some(bytes.len() as u64 - header.data_offset()));
                packed += 1
            } else {
                texts += 1
            }
            continue;
        }
        plain += 1;
        assert_eq!(described.data_len, Some((bytes.len() - junk) as u64 - header.data_offset()));
        assert_eq!(header.data_offset() % 8, 0);
        check(&binaryserde::view(&bytes).unwrap(), &file);
        check(&binaryserde::view_mut(&mut bytes.clone()).unwrap(), &file);
        check(&binaryserde::read_buffer(Buffer::from_vec(bytes.clone())).unwrap(), &file);
        check(&own_file!(binaryserde::map(&path)).unwrap(), &file);
        check(&own_file!(binaryserde::map_private(&path)).unwrap(), &file);
    }
    assert!(plain > 40 && packed > 15 && texts > 1, "{plain} {packed} {texts}");
}

/// M2.1's own bytes, where it wrote what lies in a canonical order.
#[test]
fn what_the_newest_version_wrote_we_write_again_byte_for_byte() {
    let mut same = 0;
    for file in files("nd4j-binaryserde") {
        let name = file["file"].as_str().unwrap();
        let newest = file["producer"] == "1.0.0-M2.1" || file["producer"] == "1.0.0-beta6";
        if !newest || name.contains("kept") || name.contains("empty") || file["compression"].is_string() {
            continue;
        }
        let bytes = fixture(name);
        let again = binaryserde::to_bytes(&binaryserde::read_bytes(&bytes).unwrap()).unwrap();
        assert_eq!(again, bytes, "{name}");
        same += 1;
    }
    assert!(same > 20, "{same}");
}

#[cfg(feature = "ndarray")]
#[test]
fn maps_and_aligned_memory_are_typed_in_place() {
    for name in ["beta3-f64-2x2x3x2-f", "beta6-f64-2x2x3x2-f", "v091-f64-2x2x3x2-f", "m21-f64-scalar"] {
        let name = format!("nd4j-binaryserde/{name}.buf");
        let bytes = fixture(&name);
        let map = own_file!(binaryserde::map(folder().join(&name))).unwrap();
        let expected = map.typed::<f64>().unwrap();
        let mut aligned = arr_core::BufferMut::zeroed(bytes.len() + 1).unwrap();
        aligned.as_mut_slice()[..bytes.len()].copy_from_slice(&bytes);
        let view = binaryserde::view(aligned.as_slice()).unwrap();
        assert_eq!(view.typed::<f64>().unwrap(), expected);
        assert_eq!(view.into_bytes().as_ptr(), aligned.as_slice().as_ptr());

        aligned.as_mut_slice()[1..].copy_from_slice(&bytes);
        let unaligned = binaryserde::view(&aligned.as_slice()[1..]).unwrap();
        assert_eq!(unaligned.typed::<f64>().unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(items(&unaligned), items(&map));
    }
}

#[test]
fn generations_have_their_own_types_and_strides() {
    let bytes = fixture("nd4j-binaryserde/v091-f32-permute.buf");
    let view = binaryserde::view(&bytes).unwrap();
    assert_eq!(view.strides(), [8, 24, 4]);
    assert_eq!(view.order(), Contiguity::Strided);
    let described = door::describe(&Nd4jBinarySerde, Input::from_bytes(&bytes)).unwrap();
    let details = [("generation", "1: ND4J to 0.9.1"), ("type", "FLOAT"), ("strides", "[2, 6, 1], in items")];
    assert_eq!(described.details, details.map(|(name, value)| (name, value.to_owned())));

    // The same code is a half in generations 1 and 2, and a whole number in generation 3.
    let mut old = fixture("nd4j-binaryserde/beta3-f64-row.buf");
    old[4] = 5;
    let read = binaryserde::read_bytes(&old).unwrap();
    assert_eq!(*read.dtype(), DType::scalar(Scalar::I64, ByteOrder::Little));
    old[4] = 2;
    assert_eq!(*binaryserde::view(&old).unwrap().dtype(), DType::scalar(Scalar::I32, ByteOrder::Little));
    old[4] = 3;
    assert_eq!(*binaryserde::view(&old).unwrap().dtype(), DType::scalar(Scalar::F16, ByteOrder::Little));
    let new = binaryserde::to_bytes(&vec![half::f16::ONE]).unwrap();
    assert_eq!(new[4], 2);

    let described = |name: &str| {
        let bytes = fixture(name);
        door::describe(&Nd4jBinarySerde, Input::from_bytes(&bytes)).unwrap().details
    };
    let details = described("nd4j-binaryserde-compressed-gzip/m21-f32-2x3-c.buf");
    assert!(details.contains(&("packing", "GZIP, 24 bytes in 66".to_owned())), "{details:?}");
}

#[test]
fn bytes_that_are_no_utf8_are_named_or_taken_as_latin1() {
    let mut bytes = fixture("nd4j-binaryserde/m21-str-3.buf");
    let at = bytes.len() - 14;
    assert_eq!(&bytes[at..at + 3], b"two");
    bytes[at + 1] = 0xe9;
    let error = binaryserde::read_bytes(&bytes).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(at as u64 + 1)));
    assert!(error.to_string().contains("string 2 is not UTF-8"), "{error}");
    let array = ReadOptions::new().latin1().read_bytes(&bytes).unwrap();
    assert_eq!(array.to_strings().unwrap(), ["alpha", "", "t\u{e9}o words, \"q\""]);
}

#[test]
fn strings_follow_their_strides() {
    let texts = ["a", "", "ccc", "\u{e9}", "e", "f"];
    let array = Array::from_texts(&[2, 3], Order::C, texts).unwrap();
    let fortran = Array::from_texts(&[3, 2], Order::F, texts).unwrap();
    assert_eq!(items(&array.transpose()), items(&fortran));
    for (array, order) in
        [(array.view(), Order::C), (array.transpose(), Order::F), (fortran.view(), Order::F)]
    {
        let bytes = binaryserde::to_bytes(&array).unwrap();
        assert_eq!(array.natural_order(), order);
        assert_eq!(items(&binaryserde::read_bytes(&bytes).unwrap()), items(&array));
        assert_eq!(binaryserde::encoded_len(&array).unwrap(), bytes.len());
        let mut room = vec![7; bytes.len()];
        binaryserde::encode_into(&array, &mut room).unwrap();
        assert_eq!(room, bytes);
    }
    // Strides of neither order: those of the shape (2, 3, 2) with its first two axes exchanged.
    let texts: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    let array = Array::from_texts(&[2, 3, 2], Order::C, &texts).unwrap();
    let mut bytes = binaryserde::to_bytes(&array).unwrap();
    for (place, number) in [3u8, 2, 2, 2, 6, 1].into_iter().enumerate() {
        bytes[16 + 8 * place] = number;
    }
    let read = binaryserde::read_bytes(&bytes).unwrap();
    assert_eq!(items(&read), items(&array.permute(&[1, 0, 2]).unwrap()));
    let empty = Array::from_texts(&[2, 0], Order::C, [""; 0]).unwrap();
    let bytes = binaryserde::to_bytes(&empty).unwrap();
    assert_eq!((bytes.len(), binaryserde::read_bytes(&bytes).unwrap().shape()), (72, &[2, 0][..]));
}

#[test]
fn parts_read_no_more_than_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.buf");
    let array = Array::from_vec((0..60_000i32).collect(), &[300, 200]).unwrap();
    for view in [array.view(), array.transpose()] {
        binaryserde::save(&path, &view).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for slice in [s![.., 3], s![7], s![10..20, 5..6], "::-7, 1:90:3".parse::<Slice>().unwrap()] {
            let expected = view.slice(&slice).unwrap();
            let part = binaryserde::read_part(&path, &slice).unwrap();
            assert_eq!((items(&part), part.shape()), (items(&expected), expected.shape()));
            let options = ReadOptions::new().byte_order(ByteOrder::Big);
            let mut input = Input::from_reader(&bytes[..]);
            assert_eq!(items(&options.read_part_input(&mut input, &slice).unwrap()), items(&expected));
            let limits = Limits::default().max_bytes(expected.nbytes() as u64);
            let how = Reading::new().limits(limits.clone());
            let (part, end) =
                door::read_slice_with(&Nd4jBinarySerde, Input::from_bytes(&bytes), &slice, &how).unwrap();
            assert_eq!((items(&part), end), (items(&expected), bytes.len() as u64));
        }
        assert!(binaryserde::read_part(&path, s![400]).is_err());
    }
}

#[test]
fn pieces_are_what_is_written_at_once() {
    let array = Array::from_vec((0..24u16).collect(), &[2, 3, 4]).unwrap();
    let little = DType::scalar(Scalar::U16, ByteOrder::Little);
    let outline = Outline { dtype: &little, shape: &[2, 3, 4], order: Order::C };
    let items: Vec<u8> = array.items().flatten().copied().collect();
    let write = |outline: &Outline<'_>, items: &[u8]| {
        door::write_pieces(&Nd4jBinarySerde, outline, items, 2, &Writing::default())
    };
    let bytes = write(&outline, &items).unwrap();
    if cfg!(target_endian = "little") {
        assert_eq!(bytes, binaryserde::to_bytes(&array).unwrap());
    }
    let big = DType::scalar(Scalar::U16, ByteOrder::Big);
    let swapped: Vec<u8> = items.chunks(2).flat_map(|item| [item[1], item[0]]).collect();
    assert_eq!(write(&Outline { dtype: &big, ..outline }, &swapped).unwrap(), bytes);
    for dtype in [DType::Utf8, DType::Bytes(3)] {
        let mut nothing = Vec::new();
        let sink = Sink::New(Output::new(&mut nothing));
        let mut writer = Nd4jBinarySerde.create(sink, &Writing::default()).unwrap();
        let error = writer.begin(&NewPart::new(), &Outline { dtype: &dtype, ..outline });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
        drop(writer);
        assert!(nothing.is_empty());
    }
}

#[test]
fn too_little_room_is_said_with_both_sizes() {
    let array = Array::from_vec(vec![1.0f32, 2.0], &[2]).unwrap();
    assert_eq!(binaryserde::encoded_len(&array).unwrap(), 64);
    for len in 0..64 {
        let mut room = vec![9; len];
        let error = binaryserde::encode_into(&array, &mut room).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let expected = format!("nd4j-binaryserde: the array takes 64 bytes, there is room for {len}");
        assert_eq!(error.to_string(), expected);
        assert!(room.iter().all(|byte| *byte == 9));
    }
    let mut room = [9; 70];
    assert_eq!(binaryserde::encode_into(&array, &mut room).unwrap(), 64);
    assert_eq!(room[64..], [9; 6]);
}

#[test]
fn what_nd4j_has_no_type_for_is_refused() {
    for dtype in ["<c8", "<U3", "|S3", "<M8[s]", "[('a', '<i4')]", "|V2"] {
        let array = Array::zeros(dtype.parse::<DType>().unwrap(), &[2]).unwrap();
        assert_eq!(binaryserde::to_bytes(&array).unwrap_err().kind(), ErrorKind::Unsupported, "{dtype}");
    }
    let deep = Array::zeros(DType::of::<u8>(), &[1; 33]).unwrap();
    assert_eq!(binaryserde::encoded_len(&deep).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn items_are_written_in_the_order_that_is_asked_for() {
    let square = Array::from_vec(vec![1i32, 2, 3, 4], &[2, 2]).unwrap();
    let by_columns = WriteOptions::new().order(Order::F).to_bytes(&square).unwrap();
    assert_eq!(by_columns, binaryserde::to_bytes(&square.to_contiguous(Order::F).unwrap()).unwrap());
}

#[test]
fn an_empty_array_without_dimensions_has_the_shape_0() {
    let mut bytes = binaryserde::to_bytes(&Array::from_vec(vec![7.0f32], &[]).unwrap()).unwrap();
    assert_eq!((bytes.len(), bytes[16]), (44, 0));
    bytes[16] = 8;
    for array in
        [binaryserde::read_bytes(&bytes).unwrap(), binaryserde::view(&bytes).unwrap().to_owned().unwrap()]
    {
        assert_eq!((array.shape(), array.len()), (&[0][..], 0));
    }
    let described = door::describe(&Nd4jBinarySerde, Input::from_bytes(&bytes)).unwrap();
    assert_eq!((described.shape.as_slice(), described.data_len), (&[0][..], Some(0)));
    let mut bytes = binaryserde::to_bytes(&[1.0f32]).unwrap();
    bytes[32] |= 8;
    assert_eq!(binaryserde::view(&bytes).unwrap_err().offset(), Some(32));
}

#[test]
fn large_arrays_of_any_strides_are_written_in_pieces() {
    let array = Array::from_vec((0..3_000_000u32).collect(), &[1500, 2000]).unwrap();
    let part = array.slice("::-1, 3:1997:2".parse::<Slice>().unwrap()).unwrap();
    let long = array.reshape(&[3_000_000, 1], Order::C).unwrap();
    let wide = long.transpose();
    let every = wide.slice("0, ::2".parse::<Slice>().unwrap()).unwrap();
    let big = array.to_byte_order(ByteOrder::Big).unwrap();
    for array in [array.view(), array.transpose(), part, every, big.view(), big.transpose()] {
        let bytes = binaryserde::to_bytes(&array).unwrap();
        let view = binaryserde::view(&bytes).unwrap();
        assert_eq!(view.shape(), array.shape());
        assert!(items(&view) == items(&array));
    }
}

/// An array of any type, shape and strides.
fn arrays() -> impl Strategy<Value = Array> {
    let kinds = prop::sample::select(vec![
        Scalar::Bool,
        Scalar::I8,
        Scalar::U8,
        Scalar::I16,
        Scalar::U16,
        Scalar::I32,
        Scalar::U32,
        Scalar::I64,
        Scalar::U64,
        Scalar::F16,
        Scalar::BF16,
        Scalar::F32,
        Scalar::F64,
    ]);
    let shape = prop::collection::vec(0usize..5, 0..5);
    (kinds, shape, any::<bool>(), any::<u64>()).prop_map(|(kind, shape, big, seed)| {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let len: usize = shape.iter().product::<usize>() * kind.itemsize();
        let byte = |place: usize| (seed.wrapping_mul(2 * place as u64 + 1) >> 13).to_le_bytes()[0];
        let mask = if kind == Scalar::Bool { 1 } else { 255 };
        let bytes: Vec<u8> = (0..len).map(|place| byte(place) & mask).collect();
        Array::contiguous(DType::scalar(kind, order), &shape, Order::C, Buffer::from_vec(bytes)).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_written_comes_back(array in arrays(), reversed in any::<bool>(), step in 1isize..3) {
        let some = if array.ndim() > 0 { format!("::{}", if reversed { -step } else { step }) } else { String::new() };
        let strided = array.slice(some.parse::<Slice>().unwrap()).unwrap();
        for array in [array.view(), array.transpose(), strided.view(), strided.transpose()] {
            let bytes = binaryserde::to_bytes(&array).unwrap();
            prop_assert_eq!(binaryserde::encoded_len(&array).unwrap(), bytes.len());
            let mut room = vec![1; bytes.len() + 3];
            prop_assert_eq!(binaryserde::encode_into(&array, &mut room).unwrap(), bytes.len());
            prop_assert_eq!(&room[..bytes.len()], &bytes[..]);
            let header = parse_header(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(header.generation(), Generation::Three);
            prop_assert!(header.shape_info().is_canonical());
            prop_assert_eq!(header.data_len(), Some(array.nbytes() as u64));
            prop_assert_eq!(header.shape_info().order(), array.natural_order());
            for read in [
                binaryserde::read_bytes(&bytes).unwrap(),
                binaryserde::read_from(&mut &room[..]).unwrap(),
                ReadOptions::new().byte_order(ByteOrder::Big).read_bytes(&bytes).unwrap(),
                binaryserde::view(&bytes).unwrap().to_owned().unwrap(),
            ] {
                prop_assert_eq!(read.shape(), array.shape());
                prop_assert_eq!(read.dtype().as_scalar().map(|(kind, _)| kind), array.dtype().as_scalar().map(|(kind, _)| kind));
                prop_assert_eq!(items(&read), items(&array));
            }
            prop_assert_eq!(Nd4jBinarySerde.sniff(&bytes), Match::Maybe);
            for len in 16..bytes.len() {
                prop_assert_eq!(Nd4jBinarySerde.sniff(&bytes[..len]), Match::Maybe);
            }
        }
    }

    #[test]
    fn strings_come_back(texts in prop::collection::vec(".{0,9}", 0..9), fortran in any::<bool>()) {
        let order = if fortran { Order::F } else { Order::C };
        for shape in [vec![texts.len()], vec![1, texts.len(), 1]] {
            let array = Array::from_texts(&shape, order, &texts).unwrap();
            let bytes = binaryserde::to_bytes(&array).unwrap();
            prop_assert_eq!(binaryserde::encoded_len(&array).unwrap(), bytes.len());
            let read = binaryserde::read_bytes(&bytes).unwrap();
            prop_assert_eq!(read.shape(), &shape[..]);
            prop_assert_eq!(&read.to_strings().unwrap(), &texts);
        }
    }
}
