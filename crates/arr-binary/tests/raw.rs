//! Items without anything around them, by the protocol of formats.
#![cfg(feature = "raw")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use arr_binary::format::Raw;
use arr_core::format::{Format, NewPart, Options, Outline, Output, Reading, Selection, Sink, Writing};
use arr_core::{Array, ErrorKind, Input, Order, Result};

fn read(bytes: &[u8], options: &[(&str, &str)]) -> Result<Array> {
    let own = options.iter().fold(Options::new(), |own, (name, value)| match *name {
        "offset" => own.with(*name, value.parse::<i64>().unwrap()),
        name => own.with(name, *value),
    });
    let mut reader = Raw.open(Input::from_bytes(bytes).into(), &Reading::new().options(own))?;
    let part = reader.next_part()?.unwrap();
    let array = reader.read(&part, Selection::All)?.into_array()?;
    assert!(reader.next_part()?.is_none());
    Ok(array)
}

#[test]
fn what_is_written_is_read_as_it_is_said() {
    let array = Array::from_vec((0..24i16).collect(), &[4, 6]).unwrap();
    for order in [Order::C, Order::F] {
        let mut bytes = Vec::new();
        let mut writer =
            Raw.create(Sink::New(Output::new(&mut bytes)), &Writing::new().order(order)).unwrap();
        writer.array(&NewPart::new(), &array.view()).unwrap();
        writer.finish().unwrap();
        assert_eq!(bytes.len(), 48);
        let order = order.to_string();
        for shape in ["4,6", "-1,6", "(4, -1)"] {
            let back = read(&bytes, &[("dtype", "<i2"), ("shape", shape), ("order", &order)]).unwrap();
            assert!(back.items().eq(array.items()), "{order} {shape}");
        }
        let tail = read(&bytes, &[("dtype", "<i2"), ("offset", "40")]).unwrap();
        assert_eq!(tail.shape(), [4]);
    }
}

#[test]
fn items_are_written_in_c_order_unless_another_is_asked_for() {
    let array =
        Array::contiguous("|u1".parse().unwrap(), &[2, 3], Order::F, &[1, 4, 2, 5, 3, 6][..]).unwrap();
    let write = |how: &Writing, by_pieces: bool| {
        let mut bytes = Vec::new();
        let mut writer = Raw.create(Sink::New(Output::new(&mut bytes)), how).unwrap();
        if by_pieces {
            let order = writer.items_in(Order::F);
            let outline = Outline { dtype: array.dtype(), shape: array.shape(), order: Order::F };
            writer.begin(&NewPart::new(), &outline).unwrap();
            writer.items(array.to_contiguous(order).unwrap().as_bytes(order).unwrap()).unwrap();
        } else {
            writer.array(&NewPart::new(), &array.view()).unwrap();
        }
        writer.finish().unwrap();
        bytes
    };
    for by_pieces in [false, true] {
        assert_eq!(write(&Writing::new(), by_pieces), [1, 2, 3, 4, 5, 6]);
        assert_eq!(write(&Writing::new().order(Order::F), by_pieces), [1, 4, 2, 5, 3, 6]);
    }
}

#[test]
fn what_is_not_said_is_asked_for() {
    let error = read(&[0; 8], &[]).unwrap_err();
    assert_eq!(
        (error.kind(), error.hint()),
        (ErrorKind::InvalidArgument, Some(arr_core::Hint::Option("dtype", "<f4")))
    );
    let error = read(&[0; 9], &[("dtype", "<f4")]).unwrap_err();
    assert_eq!(error.to_string(), "raw: 9 bytes are not items of 4 bytes (at byte 0)");
    let error = read(&[0; 9], &[("dtype", "<f4"), ("shape", "3")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(read(&[0; 9], &[("dtype", "<f4"), ("shape", "3;1")]).is_err());
    assert!(read(&[0; 9], &[("dtype", "<f4"), ("offset", "10")]).is_err());
    assert_eq!(read(&[], &[("dtype", "<f4")]).unwrap().shape(), [0]);
}
