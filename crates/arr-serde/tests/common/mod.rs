//! What the tests of the back-ends have in common: arrays of every dtype, order and byte order.
#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use arr_core::{Array, Buffer, DType, Order};

/// Every kind of item, in both byte orders where it has one.
pub(crate) const DTYPES: &[&str] = &[
    "|b1",
    "|i1",
    "|u1",
    "<i2",
    ">i2",
    "<u2",
    ">u2",
    "<i4",
    ">i4",
    "<u4",
    ">u4",
    "<i8",
    ">i8",
    "<u8",
    ">u8",
    "<f2",
    ">f2",
    "<bfloat16",
    ">bfloat16",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
    "<f16",
    ">f16",
    "<f12",
    "<c8",
    ">c8",
    "<c16",
    ">c16",
    "<c32",
    "|S5",
    "|S0",
    "<U3",
    ">U3",
    "|V4",
    "<M8[ns]",
    ">M8[25s]",
    "<M8",
    "<m8[D]",
    ">m8[ms]",
    "[('x', '<f4'), ('n', '>i2'), ('s', '|S3')]",
    "[('p', [('x', '<f4'), ('y', '>f4')]), ('grid', '<i2', (2, 3)), ('u', '<U2')]",
    "[(('A title', 'a'), '<i4'), ('b', '|u1')]",
    "{'names': ['a', 'b'], 'formats': ['<i4', '|u1'], 'offsets': [4, 1], 'itemsize': 12}",
    "{'names': ['a', 'b'], 'formats': ['|i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}",
    "[('in', {'names': ['a'], 'formats': ['<f8'], 'offsets': [0], 'itemsize': 8, 'aligned': True}), ('b', '|u1')]",
];

/// An array whose items are any bytes that are values of its dtype.
pub(crate) fn array(dtype: &str, shape: &[usize], order: Order) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let len = shape.iter().product::<usize>() * dtype.itemsize();
    let most = if dtype.to_string() == "|b1" { 2 } else { 251 };
    let bytes: Vec<u8> = (0..len).map(|at| u8::try_from((7 * at + 1) % most).unwrap()).collect();
    Array::contiguous(dtype, shape, order, Buffer::from_vec(bytes)).unwrap()
}

/// Arrays of every dtype and order, with their names.
pub(crate) fn all() -> Vec<(String, Array)> {
    let mut all = Vec::new();
    for dtype in DTYPES {
        for (shape, order) in [
            (&[2, 3][..], Order::C),
            (&[2, 3], Order::F),
            (&[], Order::C),
            (&[0, 3], Order::C),
            (&[3, 1, 2, 1, 2], Order::F),
        ] {
            all.push((format!("{dtype} {shape:?} {order}"), array(dtype, shape, order)));
        }
    }
    for order in [Order::C, Order::F] {
        let texts = ["a", "", "Zoë", "d\0", "😀", "f"];
        all.push((format!("utf8 {order}"), Array::from_texts(&[2, 3], order, texts).unwrap()));
    }
    let numbers = Array::from_vec((0i32..24).collect(), &[2, 3, 4]).unwrap();
    let part = numbers.slice("::-1, 1, ::2".parse::<arr_core::Slice>().unwrap()).unwrap();
    all.push(("strided".into(), part.to_owned().unwrap()));
    all
}

/// Fails unless an array is another in all that is to be kept.
pub(crate) fn check(of: &str, found: &Array, wanted: &Array) {
    // Equality leaves the alignment out, and printing does.
    assert_eq!(found.dtype().constructor().to_string(), wanted.dtype().constructor().to_string(), "{of}");
    assert_eq!(found.dtype().to_string(), wanted.dtype().to_string(), "{of}");
    assert_eq!(found.shape(), wanted.shape(), "{of}");
    assert!(found.bits_equal(wanted), "{of}");
    assert_eq!(found.natural_order(), wanted.natural_order(), "{of}");
}

/// Arrays for the tests that every format has to pass, with their names.
pub(crate) fn for_suite() -> Vec<(&'static str, Array)> {
    let mut all: Vec<_> = [
        ("c", "<f4", &[2, 3][..], Order::C),
        ("f", ">i2", &[3, 2], Order::F),
        ("record", "[('x', '<f4'), ('n', '<i2')]", &[3], Order::C),
        ("scalar", "<f8", &[], Order::C),
        ("empty", "<f8", &[0, 2], Order::C),
    ]
    .into_iter()
    .map(|(name, dtype, shape, order)| (name, array(dtype, shape, order)))
    .collect();
    all.push(("texts", Array::from_texts(&[2], Order::C, ["a", "Zoë"]).unwrap()));
    all
}
