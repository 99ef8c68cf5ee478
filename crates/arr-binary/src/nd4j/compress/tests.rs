use arr_core::ErrorKind;

use super::*;

fn unpack(packed: Packed, bytes: &[u8]) -> Result<Vec<u8>> {
    let by_slice = packed.unpack(&mut Input::from_bytes(bytes));
    let by_stream = packed.unpack(&mut Input::from_reader(bytes));
    assert_eq!(by_slice.is_ok(), by_stream.is_ok());
    by_stream.map(|unpacked| unpacked.as_slice().to_vec())
}

#[test]
fn names_lead_back() {
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
    }
}

#[test]
fn quarters_are_read_as_nd4j_reads_them() {
    for (bits, value) in [
        (0u8, 0.0),
        (0x01, 1.0 / 64.0),
        (0x0f, 15.0 / 64.0),
        (0x10, 0.25),
        (0x30, 1.0),
        (0x48, 3.0),
        (0x6f, 15.5),
        (0x70, f32::INFINITY),
        (0xb0, -1.0),
        (0xf0, f32::NEG_INFINITY),
    ] {
        assert_eq!(quarter(bits), value, "{bits:#x}");
    }
    assert!(quarter(0x71).is_nan());
    assert!(quarter(0x80).is_sign_negative());
}

#[test]
fn whole_numbers_and_halves_are_widened() {
    let packed = Packed::new(Algorithm::Int8, 2, 16, 2, None).unwrap();
    let expected = [1.0f64.to_ne_bytes(), (-128.0f64).to_ne_bytes()].concat();
    assert_eq!(unpack(packed, &[1, 128]).unwrap(), expected);
    let packed = Packed::new(Algorithm::UInt8, 2, 8, 2, None).unwrap();
    let expected = [1.0f32.to_ne_bytes(), 128.0f32.to_ne_bytes()].concat();
    assert_eq!(unpack(packed, &[1, 128]).unwrap(), expected);
    let packed = Packed::new(Algorithm::Int16, 2, 2, 1, None).unwrap();
    assert_eq!(unpack(packed, &[0, 0x80]).unwrap(), f16::from_f32(-32768.0).to_ne_bytes());
    let packed = Packed::new(Algorithm::Float16, 2, 8, 1, Some(DataType::Double)).unwrap();
    assert_eq!(unpack(packed, &[0, 0xc5]).unwrap(), (-5.0f64).to_ne_bytes());
    let packed = Packed::new(Algorithm::Noop, 0, 8, 2, None).unwrap();
    assert_eq!(unpack(packed, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(unpack(packed, &[1, 2, 3, 4, 5, 6, 7]).is_err());
}

#[test]
fn contradictions_are_refused() {
    let extremes = [i64::MIN, -1, 0, 1, 7, i64::from(i32::MAX), i64::MAX];
    for algorithm in Algorithm::ALL {
        for len in extremes {
            for original_len in extremes {
                for items in extremes {
                    for kind in [None, Some(DataType::Double), Some(DataType::Bool), Some(DataType::Utf8)] {
                        let Ok(packed) = Packed::new(algorithm, len, original_len, items, kind) else {
                            continue;
                        };
                        assert!(unpack(packed, &[]).is_err() || packed.original_len == 0);
                    }
                }
            }
        }
    }
    let error = Packed::new(Algorithm::Threshold, 1, 4, 1, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[cfg(feature = "gzip")]
mod zipped {
    use std::io::Write as _;

    use arr_core::Limits;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::nd4j::buffer::BufferHead;

    fn zip(count: u64, kind: DataType, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        BufferHead::put(count, kind, &mut bytes).unwrap();
        bytes.extend(data);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn packed(bytes: &[u8], items: i64) -> Packed {
        let len = i64::try_from(bytes.len()).unwrap();
        Packed::new(Algorithm::Gzip, len, items * 4, items, Some(DataType::Float)).unwrap()
    }

    #[test]
    fn what_was_zipped_comes_back() {
        let bytes = zip(2, DataType::Float, &[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(unpack(packed(&bytes, 2), &bytes).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
        let mut input = Input::from_reader(&bytes[..]);
        packed(&bytes, 2).unpack(&mut input).unwrap();
        assert_eq!(input.position(), bytes.len() as u64);
        // Generation 1 does not say that they are whole numbers, but the buffer does.
        let bytes = zip(1, DataType::Int, &[1, 2, 3, 4]);
        let len = i64::try_from(bytes.len()).unwrap();
        let mut guessed = Packed::new(Algorithm::Gzip, len, 4, 1, None).unwrap();
        assert_eq!(guessed.kind, DataType::Float);
        assert!(unpack(guessed, &bytes).is_err());
        let mut input = Input::from_reader(&bytes[..]);
        guessed.look(&mut input).unwrap();
        assert_eq!((guessed.kind, input.position()), (DataType::Int, 0));
        assert_eq!(guessed.unpack(&mut input).unwrap().as_slice(), [1, 2, 3, 4]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (count, kind, data, items) in [
            (2, DataType::Float, &[0; 8][..], 1),
            (2, DataType::Float, &[0; 8], 3),
            (2, DataType::Float, &[0; 9], 2),
            (2, DataType::Float, &[0; 7], 2),
            (2, DataType::Int, &[0; 8], 2),
            (2, DataType::Double, &[0; 16], 2),
        ] {
            let bytes = zip(count, kind, data);
            let error = unpack(packed(&bytes, items), &bytes).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(0)));
            // One place in the file, and one in what was packed.
            let text = error.to_string();
            assert!(text.starts_with("byte ") && text.contains(" of the unpacked data: "), "{text}");
            assert_eq!(text.matches("(at byte ").count(), 1, "{text}");
        }
        let bytes = zip(2, DataType::Float, &[1, 2, 3, 4, 5, 6, 7, 8]);
        for len in 0..bytes.len() {
            assert!(unpack(packed(&bytes, 2), &bytes[..len]).is_err());
            assert!(unpack(packed(&bytes[..len], 2), &bytes[..len]).is_err());
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            if let Ok(data) = unpack(packed(&damaged, 2), &damaged) {
                // The header of gzip has a time and a system, which say nothing of the data.
                assert_eq!(data, [1, 2, 3, 4, 5, 6, 7, 8], "byte {at}");
            }
        }
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let bytes = zip(1 << 22, DataType::Float, &vec![0; 16 << 20]);
        let whole = packed(&bytes, 1 << 22);
        assert_eq!(unpack(whole, &bytes).unwrap().len(), 16 << 20);
        let mut limited = Input::from_bytes(&bytes).with_limits(&Limits::default().max_bytes(16 << 20));
        whole.unpack(&mut limited).unwrap();
        let mut limited = Input::from_bytes(&bytes).with_limits(&Limits::default().max_bytes((16 << 20) - 1));
        assert_eq!(whole.unpack(&mut limited).unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert_eq!(limited.position(), 0);
        // It is said to be less than it is, and more than it can be.
        assert_eq!(unpack(packed(&bytes, 1), &bytes).unwrap_err().kind(), ErrorKind::Malformed);
        assert_eq!(unpack(packed(&bytes, 1 << 40), &bytes).unwrap_err().kind(), ErrorKind::Malformed);
        let claim = Packed::new(Algorithm::Gzip, 1 << 40, 1 << 49, 1 << 47, Some(DataType::Float)).unwrap();
        assert_eq!(
            claim.unpack(&mut Input::from_reader(&bytes[..])).unwrap_err().kind(),
            ErrorKind::LimitExceeded
        );
        let claim = Packed::new(Algorithm::Gzip, 1 << 40, 1 << 40, 1 << 38, Some(DataType::Float)).unwrap();
        assert_eq!(
            claim.unpack(&mut Input::from_reader(&bytes[..])).unwrap_err().kind(),
            ErrorKind::Malformed
        );
    }
}
