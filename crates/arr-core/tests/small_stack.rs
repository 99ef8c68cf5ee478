//! Everything that goes down into dtypes and objects does so on a stack of 128 KiB, at the deepest nesting that is read.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::hash_map::DefaultHasher;
use std::hash::Hash;

use arr_core::format::literal::{MAX_DEPTH, Scanner};
use arr_core::{Array, ByteOrder, Casting, CompareOptions, DType, Order, PrintOptions};

/// The least that POSIX systems are set to, and that C libraries give their threads.
const STACK: usize = 128 << 10;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    [&open.repeat(levels), inner, &close.repeat(levels)].concat()
}

/// The deepest texts of each kind, and one level more.
fn deepest() -> Vec<(String, String)> {
    // Of a level there are so many brackets, and as many more in the innermost.
    let text = |open: &str, inner: &str, close: &str, brackets: usize, more: usize| {
        let levels = (MAX_DEPTH - more) / brackets;
        (nested(open, inner, close, levels), nested(open, inner, close, levels + 1))
    };
    vec![
        text("[('a', ", "'<f4'", ")]", 2, 0),
        text("[('a', ", "'>f4'", ", (1,))]", 2, 1),
        text("[['a', ", "'<i8'", "]]", 2, 0),
        text("[(('t', 'a'), ", "'|S3'", ")]", 2, 1),
        text("(", "'<f4'", ")", 1, 0),
        text("[('a', '<i2'), ('b', ", "'<f4'", ")]", 2, 0),
    ]
}

#[test]
fn dtypes_at_the_deepest_nesting() {
    for (text, deeper) in deepest() {
        on_a_small_stack(move || {
            let read = |text: &str| DType::from_literal(&mut Scanner::new(text));
            let error = read(&deeper).unwrap_err().to_string();
            assert!(error.contains("nested deeper"), "{error}");
            // Cut anywhere, what was read is dropped.
            for len in (0..text.len()).step_by(97) {
                assert!(read(&text[..len]).is_err());
            }
            let dtype = read(&text).unwrap();
            all_of(&dtype);
        });
    }
}

#[test]
fn dictionaries_at_the_deepest_nesting() {
    let levels = MAX_DEPTH / 2;
    let text = nested("{'names': ['a'], 'formats': [", "'<f4'", "], 'itemsize': 8}", levels);
    on_a_small_stack(move || {
        // Each level is 8 bytes long, which no list says.
        let dtype: DType = text.parse().unwrap();
        all_of(&dtype);
    });
}

/// Everything that is done to a dtype, and to arrays of it.
fn all_of(dtype: &DType) {
    let mut hasher = DefaultHasher::new();
    dtype.hash(&mut hasher);
    let swapped = dtype.with_byte_order(ByteOrder::Big);
    assert_eq!(dtype, &dtype.clone());
    assert_eq!(dtype == &swapped, dtype.is_in_order(ByteOrder::Big));
    assert!(dtype.to_string().len() > 2 && format!("{dtype:?}").len() > 2);
    let _ = (dtype.is_native(), dtype.has_references(), dtype.alignment(), dtype.descr());
    let array = Array::zeros(dtype.clone(), &[2, 3]).unwrap().freeze();
    assert!(array.to_string().len() > 2);
    assert!(format!("{}", array.display(&PrintOptions::default())).len() > 2);
    for order in [Order::C, Order::F] {
        let copy = array.to_contiguous_in(order, ByteOrder::Big).unwrap();
        assert!(array.compare(&copy, &CompareOptions::default()).is_ok());
        let _ = copy.cast(dtype, Casting::Unsafe);
        let _ = copy.cast_checked(dtype);
    }
}
