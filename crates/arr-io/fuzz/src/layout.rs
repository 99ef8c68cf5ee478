//! Strides.

use arr_io::{
    Array, ArrayView, BufferMut, ByteOrder, DType, Element, Layout, Order, Scalar, Slice, SliceItem,
};

use super::choices::Choices;
use super::model::{Model, indices};
use super::swap::in_order;

/// More items are not walked through.
const MOST_ITEMS: usize = 3000;

/// An array over any strides, or none at all; then slices, transpositions and reshapings, each beside a list of items.
pub fn layout(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let dtype = loop {
        match choices.dtype(1) {
            dtype if dtype.has_references() => {}
            dtype => break dtype,
        }
    };
    let shape: Vec<usize> = (0..choices.below(5)).map(|_| dim(&mut choices)).collect();
    let in_rows = choices.flag();
    let layout = if in_rows {
        let order = choices.pick(&[Order::C, Order::F]);
        let Ok(layout) = Layout::contiguous(&shape, dtype.itemsize(), order) else { return };
        layout
    } else {
        let strides: Vec<isize> = shape.iter().map(|_| stride(&mut choices, dtype.itemsize())).collect();
        Layout::new(&shape, &strides, choices.below(300)).unwrap()
    };
    let len = if in_rows { MOST_ITEMS.min(product(&shape)) * dtype.itemsize() } else { choices.below(2000) };
    let seed = choices.below(256);
    let bytes: Vec<u8> = (0..len).map(|at| (at * 7 + at / 251 + seed) as u8).collect();
    let storage = BufferMut::copy_of(&bytes).unwrap().freeze();
    let accepted = Array::new(dtype.clone(), layout.clone(), &*storage);
    assert_eq!(accepted.is_ok(), is_inside(&layout, dtype.itemsize(), len), "{layout:?} in {len} bytes");
    let Ok(array) = accepted else { return };
    if array.len() > MOST_ITEMS {
        return;
    }
    let model = Model::walk(&bytes, &shape, layout.strides(), layout.offset(), dtype.itemsize()).unwrap();
    same(&array, &model);
    // The list of items counts along an axis even where there are none.
    if shape.iter().all(|dim| *dim <= MOST_ITEMS) {
        derived(array, model, &mut choices);
    }
}

fn dim(choices: &mut Choices<'_>) -> usize {
    match choices.below(16) {
        small @ 0..=9 => small,
        10 => 16 + choices.below(60),
        11 => choices.word() as usize,
        12 => 1 << choices.below(usize::BITS as usize),
        _ => 1 + choices.below(3),
    }
}

fn stride(choices: &mut Choices<'_>, itemsize: usize) -> isize {
    let itemsize = itemsize as isize;
    match choices.below(16) {
        0..=3 => itemsize,
        4 | 5 => -itemsize,
        6 | 7 => itemsize * choices.below(9) as isize,
        8 => choices.word() as isize,
        _ => i8::from_ne_bytes([choices.byte()]).into(),
    }
}

fn product(shape: &[usize]) -> usize {
    shape.iter().fold(1, |items, dim| items.saturating_mul(*dim))
}

/// True when every item is inside the bytes, found with numbers that don't overflow; and not too many items.
fn is_inside(layout: &Layout, itemsize: usize, len: usize) -> bool {
    let count =
        layout.shape().iter().filter(|dim| **dim > 0).try_fold(1usize, |count, dim| count.checked_mul(*dim));
    if count.is_none_or(|count| isize::try_from(count).is_err()) {
        return false;
    }
    let axes = || layout.shape().iter().zip(layout.strides());
    let reach = |(dim, stride): (&usize, &isize)| (*dim as i128 - 1) * *stride as i128;
    let low: i128 = layout.offset() as i128 + axes().map(reach).filter(|reach| *reach < 0).sum::<i128>();
    let high: i128 = layout.offset() as i128 + axes().map(reach).filter(|reach| *reach > 0).sum::<i128>();
    layout.is_empty() || (low >= 0 && high + itemsize as i128 <= len as i128)
}

/// Some steps from one view to the next.
fn derived(mut array: ArrayView<'_>, mut model: Model, choices: &mut Choices<'_>) {
    for _ in 0..choices.below(6) {
        let step = choices.below(6);
        let (next, expected) = match step {
            0 => (array.transpose(), model.permuted(&(0..array.ndim()).rev().collect::<Vec<_>>())),
            1 => {
                let mut axes: Vec<usize> = (0..array.ndim()).collect();
                for at in 1..axes.len() {
                    axes.swap(at, choices.below(at + 1));
                }
                (array.permute(&axes).unwrap(), model.permuted(&axes))
            }
            2 => {
                let Some(shape) = wider(array.shape(), choices) else { continue };
                (array.broadcast(&shape).unwrap(), model.broadcast(&shape))
            }
            3 => {
                let (shape, order) =
                    (refactored(array.shape(), choices), choices.pick(&[Order::C, Order::F]));
                // Where there are no items, the other axes can come to any number.
                if shape.iter().any(|dim| *dim > MOST_ITEMS) {
                    continue;
                }
                let contiguous = array.as_bytes(order).is_some();
                match array.reshape(&shape, order) {
                    Ok(next) => (next, model.reshaped(&shape, order)),
                    Err(error) => {
                        assert!(!contiguous, "{array:?} as {shape:?}: {error}");
                        continue;
                    }
                }
            }
            _ => {
                let slice = slice(array.shape(), choices);
                match (array.slice(&slice), model.sliced(&slice)) {
                    (Ok(next), Some(expected)) => (next, expected),
                    (Err(_), None) => continue,
                    (next, expected) => panic!("[{slice}] of {array:?}: {next:?}, not {expected:?}"),
                }
            }
        };
        // The view outlives the one it was derived from: it is another look at the same bytes.
        let (dtype, layout, _) = next.into_parts();
        array = Array::new(dtype, layout, *array.storage()).unwrap();
        model = expected;
        same(&array, &model);
    }
    copied(&array, &model);
    typed(&array, &model);
}

/// Everything that hands out items.
fn same(array: &ArrayView<'_>, model: &Model) {
    assert_eq!(Model::of(array), *model, "{array:?}");
    assert_eq!((array.len(), array.items().len()), (model.items.len(), model.items.len()));
    for index in indices(array.shape()).step_by(1 + array.len() / 16) {
        assert_eq!(array.item(&index), Some(model.item(&index)));
    }
    assert_eq!(array.item(array.shape()).is_some(), array.ndim() == 0);
    for order in [Order::C, Order::F] {
        let expected = model.bytes(order);
        if let Some(bytes) = array.as_bytes(order) {
            assert_eq!(bytes, expected, "{array:?}");
        }
        let mut parts: Vec<u8> = Vec::new();
        array
            .for_each_part(order, |part| {
                parts.extend(part.items().flatten());
                Ok(())
            })
            .unwrap();
        assert_eq!(parts, expected, "{array:?}");
    }
}

/// Everything that copies them.
fn copied(array: &ArrayView<'_>, model: &Model) {
    for order in [Order::C, Order::F] {
        let expected = model.bytes(order);
        let copy = array.to_contiguous(order).unwrap();
        assert_eq!((copy.as_bytes(order), copy.shape()), (Some(&expected[..]), array.shape()));
        let mut bytes = vec![0; array.nbytes()];
        array.copy_to(&mut bytes, order).unwrap();
        assert_eq!(bytes, expected);
        for byte_order in [ByteOrder::Little, ByteOrder::Big] {
            let swapped = model.map(|item| in_order(array.dtype(), item, byte_order));
            let copy = array.to_contiguous_in(order, byte_order).unwrap();
            assert_eq!(copy.as_bytes(order), Some(&swapped.bytes(order)[..]), "{array:?}");
            assert_eq!(*copy.dtype(), array.dtype().with_byte_order(byte_order));
            if array.ndim() < 3 && !array.is_empty() {
                spread(array, &swapped, copy.dtype(), order);
            }
        }
    }
}

/// The items are assigned to every second place of a larger array, from its end.
fn spread(array: &ArrayView<'_>, expected: &Model, dtype: &DType, order: Order) {
    let shape: Vec<usize> = array.shape().iter().map(|dim| dim * 2).collect();
    let zeros = BufferMut::zeroed(product(&shape) * array.itemsize()).unwrap();
    let mut target = Array::contiguous(dtype.clone(), &shape, order, zeros).unwrap();
    let every = Slice::from(vec![SliceItem::Range { start: None, stop: None, step: -2 }; array.ndim()]);
    target.slice_mut(&every).unwrap().assign(array).unwrap();
    assert_eq!(Model::of(&target.slice(&every).unwrap()), *expected, "{array:?}");
    let is_set = |byte: &&u8| **byte != 0;
    let set = target.storage().as_slice().iter().filter(is_set).count();
    assert_eq!(set, expected.items.iter().flatten().filter(is_set).count());
}

/// Everything that sees numbers in them.
fn typed(array: &ArrayView<'_>, model: &Model) {
    typed_as::<bool>(array, model, |item| match item {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    });
    typed_as::<u8>(array, model, |item| Some(item[0]));
    typed_as::<i16>(array, model, |item| Some(i16::from_ne_bytes(item.try_into().unwrap())));
    typed_as::<u32>(array, model, |item| Some(u32::from_ne_bytes(item.try_into().unwrap())));
    typed_as::<i64>(array, model, |item| Some(i64::from_ne_bytes(item.try_into().unwrap())));
    typed_as::<f32>(array, model, |item| Some(f32::from_ne_bytes(item.try_into().unwrap())));
}

fn typed_as<T: Element + PartialEq>(
    array: &ArrayView<'_>,
    model: &Model,
    decode: impl Fn(&[u8]) -> Option<T>,
) {
    let is_it = match array.dtype() {
        DType::Scalar(kind, _) => *kind == T::SCALAR,
        // One opaque byte is what a `.npy` holds of a float of 8 bits.
        DType::Void(1) => T::SCALAR == Scalar::U8,
        _ => false,
    };
    if !is_it {
        assert!(array.typed::<T>().is_err() && array.to_vec::<T>().is_err());
        return;
    }
    let native = model.map(|item| in_order(array.dtype(), item, ByteOrder::NATIVE));
    let values: Option<Vec<T>> = native.items.iter().map(|item| decode(item)).collect();
    // Not a number is not equal to itself, but its bytes are.
    let same = |found: &[T], expected: &[T]| bits(found) == bits(expected);
    match (array.to_vec::<T>(), &values) {
        (Ok(found), Some(values)) => assert!(same(&found, values), "{array:?}"),
        (Err(_), None) => {}
        (found, values) => panic!("{array:?}: {:?} but {:?}", found.is_ok(), values.is_some()),
    }
    if let Ok(found) = array.typed::<T>() {
        let found: Vec<T> = found.iter().copied().collect();
        assert!(same(&found, &values.clone().unwrap()), "{array:?}");
    }
    if let Ok(found) = array.as_slice::<T>() {
        assert!(same(found, &values.clone().unwrap()), "{array:?}");
        array.typed::<T>().unwrap();
    }
    if let Some(values) = values {
        for (index, value) in indices(array.shape()).zip(&values).step_by(1 + values.len() / 16) {
            assert!(same(&[array.get::<T>(&index).unwrap()], &[*value]));
        }
        let owned: ndarray::ArrayD<T> = array.to_typed().unwrap();
        assert!(same(&owned.iter().copied().collect::<Vec<_>>(), &values) && owned.shape() == array.shape());
        let back = Array::from_ndarray(owned).unwrap();
        assert_eq!(Model::of(&back), native);
    }
}

fn bits<T: Element>(values: &[T]) -> Vec<u8> {
    Array::from_vec(values.to_vec(), &[values.len()]).unwrap().items().flatten().copied().collect()
}

/// A shape that this one can be repeated to, with few items.
fn wider(shape: &[usize], choices: &mut Choices<'_>) -> Option<Vec<usize>> {
    let mut wider: Vec<usize> = (0..choices.below(3)).map(|_| choices.below(4)).collect();
    wider.extend(shape.iter().map(|dim| if *dim == 1 { choices.below(5) } else { *dim }));
    Some(wider).filter(|wider| wider.iter().all(|dim| *dim < 100) && product(wider) <= MOST_ITEMS)
}

/// A shape of as many items: prime factors put together in another way.
fn refactored(shape: &[usize], choices: &mut Choices<'_>) -> Vec<usize> {
    let mut out = vec![1; 1 + choices.below(5)];
    for dim in shape {
        let (mut left, mut factor) = (*dim, 2);
        if left == 0 || left > MOST_ITEMS {
            let axis = choices.below(out.len());
            out[axis] *= left;
            continue;
        }
        while left > 1 {
            if left % factor == 0 {
                let axis = choices.below(out.len());
                out[axis] *= factor;
                left /= factor;
            } else {
                factor += 1;
            }
        }
    }
    out
}

/// A slice with a few items too many now and then, but never more than there are axes.
fn slice(shape: &[usize], choices: &mut Choices<'_>) -> Slice {
    let (mut items, mut ellipsis) = (Vec::new(), false);
    for dim in shape.iter().take(choices.below(shape.len() + 1)) {
        let bound = |choices: &mut Choices<'_>| match choices.below(8) {
            0 | 1 => None,
            2 => Some(choices.word() as isize),
            _ => Some(choices.below(2 * dim + 2) as isize - *dim as isize - 1),
        };
        if choices.seldom(9) && items.len() < 8 {
            items.push(SliceItem::NewAxis);
        }
        if choices.seldom(9) && !ellipsis {
            items.push(SliceItem::Ellipsis);
            ellipsis = true;
        }
        items.push(match choices.below(4) {
            0 => SliceItem::Index(bound(choices).unwrap_or(0)),
            _ => {
                let steps = [1, 1, -1, 2, -2, 3, -7, isize::MAX, isize::MIN];
                SliceItem::Range { start: bound(choices), stop: bound(choices), step: choices.pick(&steps) }
            }
        });
    }
    Slice::from(items)
}
