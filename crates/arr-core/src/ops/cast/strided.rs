//! One part of each item: a field of records, a part of complex numbers.

use std::ops::Range;

/// Copies the `size` bytes at `offset` of each item of `itemsize` bytes together, until `parts` is full. `None` when the
/// items do not have them.
#[must_use]
pub(crate) fn gather(
    items: &[u8],
    itemsize: usize,
    offset: usize,
    size: usize,
    parts: &mut [u8],
) -> Option<()> {
    let items = items.get(span(parts.len(), itemsize, offset, size)?)?;
    match size {
        1 => gather_arrays::<1>(items, itemsize, parts),
        2 => gather_arrays::<2>(items, itemsize, parts),
        4 => gather_arrays::<4>(items, itemsize, parts),
        8 => gather_arrays::<8>(items, itemsize, parts),
        16 => gather_arrays::<16>(items, itemsize, parts),
        _ => {
            let items = items.chunks(itemsize.max(1));
            let mut pairs = parts.chunks_exact_mut(size.max(1)).zip(items);
            pairs.try_for_each(|(part, item)| item.get(..size).map(|value| part.copy_from_slice(value)))
        }
    }
}

fn gather_arrays<const N: usize>(items: &[u8], itemsize: usize, parts: &mut [u8]) -> Option<()> {
    for (part, item) in parts.chunks_exact_mut(N).zip(items.chunks(itemsize.max(1))) {
        part.copy_from_slice(item.first_chunk::<N>()?);
    }
    Some(())
}

/// Copies parts of `size` bytes to `offset` of each item of `itemsize` bytes. `None` when the items have no room for them.
#[must_use]
pub(crate) fn scatter(
    parts: &[u8],
    size: usize,
    items: &mut [u8],
    itemsize: usize,
    offset: usize,
) -> Option<()> {
    let items = items.get_mut(span(parts.len(), itemsize, offset, size)?)?;
    match size {
        1 => scatter_arrays::<1>(parts, items, itemsize),
        2 => scatter_arrays::<2>(parts, items, itemsize),
        4 => scatter_arrays::<4>(parts, items, itemsize),
        8 => scatter_arrays::<8>(parts, items, itemsize),
        16 => scatter_arrays::<16>(parts, items, itemsize),
        _ => {
            let items = items.chunks_mut(itemsize.max(1));
            let mut pairs = parts.chunks_exact(size.max(1)).zip(items);
            pairs.try_for_each(|(part, item)| item.get_mut(..size).map(|slot| slot.copy_from_slice(part)))
        }
    }
}

fn scatter_arrays<const N: usize>(parts: &[u8], items: &mut [u8], itemsize: usize) -> Option<()> {
    for (part, item) in parts.chunks_exact(N).zip(items.chunks_mut(itemsize.max(1))) {
        item.first_chunk_mut::<N>()?.copy_from_slice(part);
    }
    Some(())
}

/// The bytes from the first part to the end of the last one, where all parts together take `len` bytes.
fn span(len: usize, itemsize: usize, offset: usize, size: usize) -> Option<Range<usize>> {
    let Some(others) = len.checked_div(size).and_then(|count| count.checked_sub(1)) else {
        return Some(0..0);
    };
    let last = others.checked_mul(itemsize)?.checked_add(offset)?;
    Some(offset..last.checked_add(size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_and_go() {
        let items: Vec<u8> = (0..100).collect();
        for size in [0, 1, 2, 3, 4, 5, 8, 12, 16] {
            for offset in [0, 1, 4] {
                let mut parts = vec![0; size * 5];
                gather(&items, 20, offset, size, &mut parts).unwrap();
                let expected: Vec<u8> =
                    items.chunks(20).flat_map(|item| item[offset..offset + size].to_vec()).collect();
                assert_eq!(parts, expected);
                let mut back = vec![255; 100];
                scatter(&parts, size, &mut back, 20, offset).unwrap();
                for (place, (byte, item)) in back.iter().zip(&items).enumerate() {
                    let inside = (offset..offset + size).contains(&(place % 20));
                    assert_eq!(*byte, if inside { *item } else { 255 });
                }
            }
        }
    }

    #[test]
    fn parts_outside_of_the_items_are_refused() {
        for size in [1, 3, 8] {
            let mut parts = vec![0; size * 5];
            assert_eq!(gather(&[0; 99], 20, 20 - size, size, &mut parts), None);
            assert_eq!(scatter(&parts, size, &mut [0; 99], 20, 20 - size), None);
            assert_eq!(gather(&[0; 80], 20, 0, size, &mut parts), None);
            assert_eq!(scatter(&parts, size, &mut [0; 80], 20, 0), None);
            assert_eq!(gather(&[], 20, 4, size, &mut []), Some(()));
        }
    }
}
