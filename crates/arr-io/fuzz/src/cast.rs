//! Casts.

use arr_io::{
    Array, BufferMut, ByteOrder, Casting, CompareOptions, DType, ErrorKind, Layout, Order, Result, Scalar,
    Slice, SliceItem, Storage,
};

use super::choices::Choices;
use super::model::Model;
use super::swap::{in_order, is_disjoint};

const RULES: [Casting; 5] = [Casting::No, Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];

/// Items of any dtype are cast to any other, under every rule.
pub fn cast(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let from = choices.dtype(2);
    let to = match choices.below(8) {
        0 => from.with_byte_order(choices.byte_order()),
        _ => choices.dtype(2),
    };
    let shape = [choices.below(4), choices.below(5)];
    let data = BufferMut::copy_of(&choices.bytes(shape.iter().product::<usize>() * from.itemsize())).unwrap();
    let order = choices.pick(&[Order::C, Order::F]);
    let array = Array::contiguous(from, &shape, order, data).unwrap().freeze();
    if *array.dtype() == DType::Utf8 || to == DType::Utf8 {
        return texts(&array, &to);
    }
    // What has no length gets one, and is then the same cast.
    let to = {
        let sized = to.as_long_as(array.dtype());
        match (array.cast(&to, Casting::Unsafe), array.cast(&sized, Casting::Unsafe)) {
            (Ok(one), Ok(other)) => assert_eq!(Model::of(&one), Model::of(&other)),
            (one, other) => assert_eq!(one.is_ok(), other.is_ok()),
        }
        sized
    };
    under_every_rule(&array, &to);
    checked(&array, &to);
    there_and_back(&array, &to);
    backwards(&array, &to);
    one_by_one(&array, &to);
    swapped(&array);
}

/// Variable-length strings: a cast that loses nothing can be undone, and says nothing of items that are not texts.
fn texts(array: &Array, to: &DType) {
    let Ok(there) = array.cast_checked(to) else {
        let _ = array.cast(to, Casting::Unsafe);
        return;
    };
    // A byte string may be no ASCII.
    let back = there.cast_checked(array.dtype());
    let Ok(back) = back else { return assert!(matches!(array.dtype(), DType::Bytes(_))) };
    assert_eq!((there.shape(), back.shape()), (array.shape(), array.shape()));
    if array.dtype() == to {
        // A copy takes items over that are not UTF-8.
        assert_eq!(array.to_strings().ok(), there.to_strings().ok());
        return;
    }
    assert_eq!(array.to_strings().unwrap(), there.to_strings().unwrap());
    assert!(array.compare(&back, &CompareOptions::default()).unwrap().equal);
}

/// A rule that allows more gives the same; one that forbids gives an error.
fn under_every_rule(array: &Array, to: &DType) {
    let free = array.cast(to, Casting::Unsafe);
    if let Ok(cast) = &free {
        assert_eq!((cast.dtype(), cast.shape()), (to, array.shape()));
    }
    // To NumPy a text without a length is one of just the length that is needed; here it is what it says.
    let any_length = matches!(to, DType::Bytes(0) | DType::Unicode(0, _) | DType::Void(0));
    for rule in RULES {
        let cast = array.cast(to, rule);
        if !any_length {
            let forbidden = matches!(&cast, Err(error) if error.kind() != ErrorKind::LimitExceeded);
            assert!(array.dtype().can_cast(to, rule) || forbidden, "{} to {to}, {rule}", array.dtype());
        }
        match (cast, &free) {
            (Ok(cast), Ok(free)) => assert_eq!(Model::of(&cast), Model::of(free)),
            (Ok(_), Err(error)) => panic!("{} to {to} is allowed under {rule}, but: {error}", array.dtype()),
            (Err(error), Ok(_)) if array.dtype().can_cast(to, rule) && !any_length => {
                panic!("{} to {to} under {rule}: {error}", array.dtype())
            }
            (Err(_), _) => {}
        }
    }
}

/// A checked cast that succeeds is the cast; between integers it succeeds where all numbers fit.
fn checked(array: &Array, to: &DType) {
    let cast = array.cast_checked(to);
    if let Ok(cast) = &cast {
        assert_eq!(Model::of(cast), Model::of(&array.cast(to, Casting::Unsafe).unwrap()));
    }
    let (Some((from_kind, from_order)), Some((to_kind, to_order))) =
        (array.dtype().as_scalar(), to.as_scalar())
    else {
        return;
    };
    if from_kind.is_integer() && to_kind.is_integer() {
        let number = |item: &[u8]| integer(item, from_kind, from_order);
        let fits = |item: &[u8]| {
            let bits = 8 * to_kind.itemsize() as u32;
            let (low, high) = match to_kind.is_signed_integer() {
                true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                false => (0, (1i128 << bits) - 1),
            };
            (low..=high).contains(&number(item))
        };
        assert_eq!(array.items().all(fits), cast.is_ok(), "{} to {to}", array.dtype());
        let wrapped = array.cast(to, Casting::Unsafe).unwrap();
        for (item, wrapped) in array.items().zip(wrapped.items()) {
            let bits = 8 * to_kind.itemsize() as u32;
            let difference = number(item) - integer(wrapped, to_kind, to_order);
            assert_eq!(difference.rem_euclid(1i128 << bits), 0, "{} to {to}", array.dtype());
        }
    }
}

fn integer(item: &[u8], kind: Scalar, order: ByteOrder) -> i128 {
    let mut little = item.to_vec();
    if order == ByteOrder::Big {
        little.reverse();
    }
    let value = little.iter().rev().fold(0i128, |value, byte| value << 8 | i128::from(*byte));
    let negative = kind.is_signed_integer() && little.last().is_some_and(|byte| *byte > 127);
    if negative { value - (1i128 << (8 * little.len())) } else { value }
}

/// What is safe can be undone.
fn there_and_back(array: &Array, to: &DType) {
    if !array.dtype().can_cast(to, Casting::Safe) || !is_exact(array.dtype(), to) {
        return;
    }
    let there = array.cast(to, Casting::Safe).unwrap();
    let back = there.cast(array.dtype(), Casting::Unsafe).unwrap();
    for (before, after) in array.items().zip(back.items()) {
        let same = before == after || (is_nan(array.dtype(), before) && is_nan(array.dtype(), after));
        assert!(same, "{} to {to} and back: {before:?} became {after:?}", array.dtype());
    }
}

/// True where every value has a counterpart. NumPy also calls it safe to make an f8 of an i8, and a text may be no
/// ASCII, a bool byte no bool and a span too long.
fn is_exact(from: &DType, to: &DType) -> bool {
    match (from, to) {
        (DType::Scalar(from, _), DType::Scalar(to, _)) => {
            let whole = from.is_integer() && from.itemsize() == 8 && !to.is_integer() && !to.is_long_double();
            *from != Scalar::Bool && !whole && !from.is_long_double()
        }
        // Back to what has no length is as long as it is.
        (DType::Bytes(from), DType::Bytes(to)) | (DType::Unicode(from, _), DType::Unicode(to, _)) => {
            (1..=*to).contains(from)
        }
        _ => false,
    }
}

fn is_nan(dtype: &DType, item: &[u8]) -> bool {
    let Some((kind, _)) = dtype.as_scalar() else { return false };
    let part = kind.swap_unit();
    let (ones, bits): (u64, u32) = match part {
        2 if kind == Scalar::BF16 => (0x7F80, 15),
        2 => (0x7C00, 15),
        4 => (0x7F80_0000, 31),
        8 => (0x7FF0 << 48, 63),
        _ => return false,
    };
    let native = in_order(dtype, item, ByteOrder::Big);
    let value = |part: &[u8]| part.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let is_float = kind.is_float() || kind.is_complex();
    is_float && native.chunks(part).any(|part| value(part) & ((1 << bits) - 1) > ones)
}

/// However the items lie, they become the same.
fn backwards(array: &Array, to: &DType) {
    let reverse = Slice::from(vec![SliceItem::Range { start: None, stop: None, step: -1 }; 2]);
    let straight = array.cast(to, Casting::Unsafe);
    let reversed = array.slice(&reverse).unwrap().transpose().cast(to, Casting::Unsafe);
    match (straight, reversed) {
        (Ok(straight), Ok(reversed)) => {
            let expected = Model::of(&straight.slice(&reverse).unwrap().transpose());
            assert_eq!(Model::of(&reversed), expected, "{} to {to}", array.dtype());
        }
        (Err(straight), Err(reversed)) => assert_eq!(straight.kind(), reversed.kind()),
        (a, b) => panic!("{} to {to}: {a:?}, backwards {b:?}", array.dtype()),
    }
}

/// Items become the same alone as in company. The first error is that of the first item that has one.
fn one_by_one(array: &Array, to: &DType) {
    let alone = |item: &[u8]| -> Result<Vec<u8>> {
        let item = Array::new(array.dtype().clone(), Layout::new(&[], &[], 0)?, item)?;
        let cast = item.cast(to, Casting::Unsafe)?;
        Ok(cast.items().flatten().copied().collect())
    };
    let expected: Result<Vec<_>> = array.items().map(alone).collect();
    match (array.cast(to, Casting::Unsafe), expected) {
        (Ok(cast), Ok(expected)) => assert_eq!(Model::of(&cast).items, expected, "{} to {to}", array.dtype()),
        (Err(_), Ok(expected)) => assert!(expected.is_empty(), "{} to {to}", array.dtype()),
        (Ok(_), Err(error)) => panic!("{} to {to}: {error}", array.dtype()),
        (Err(cast), Err(alone)) => assert_eq!(cast.kind(), alone.kind(), "{cast}; {alone}"),
    }
}

/// The other byte order is a cast too, and a copy.
fn swapped(array: &Array) {
    let dtype = array.dtype();
    if dtype.has_references() || !is_disjoint(dtype) {
        return;
    }
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let expected = Model::of(array).map(|item| in_order(dtype, item, order));
        let to = dtype.with_byte_order(order);
        assert!(dtype.can_cast(&to, Casting::Equiv), "{dtype} to {to}");
        assert_eq!(Model::of(&array.cast(&to, Casting::Equiv).unwrap()), expected, "{dtype} to {to}");
        assert_eq!(Model::of(&array.to_byte_order(order).unwrap()), expected, "{dtype} to {to}");
        let mut copy =
            Array::contiguous(to, array.shape(), Order::F, BufferMut::zeroed(array.nbytes()).unwrap())
                .unwrap();
        copy.assign(array).unwrap();
        assert_eq!(Model::of(&copy), expected, "{dtype} to {}", copy.dtype());
        assert_eq!(copy.storage().bytes().len(), array.nbytes());
    }
}
