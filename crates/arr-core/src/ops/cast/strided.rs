//! One part of each item: a field of records, a part of complex numbers.

/// Copies the `size` bytes at `offset` of each item of `itemsize` bytes together.
pub(crate) fn gather(items: &[u8], itemsize: usize, offset: usize, size: usize, parts: &mut [u8]) {
    match size {
        1 => gather_arrays::<1>(items, itemsize, offset, parts),
        2 => gather_arrays::<2>(items, itemsize, offset, parts),
        4 => gather_arrays::<4>(items, itemsize, offset, parts),
        8 => gather_arrays::<8>(items, itemsize, offset, parts),
        16 => gather_arrays::<16>(items, itemsize, offset, parts),
        _ => {
            let items = items.get(offset..).unwrap_or_default().chunks(itemsize.max(1));
            for (part, item) in parts.chunks_exact_mut(size.max(1)).zip(items) {
                item.get(..size).into_iter().for_each(|value| part.copy_from_slice(value));
            }
        }
    }
}

fn gather_arrays<const N: usize>(items: &[u8], itemsize: usize, offset: usize, parts: &mut [u8]) {
    let items = items.get(offset..).unwrap_or_default().chunks(itemsize.max(1));
    for (part, item) in parts.chunks_exact_mut(N).zip(items) {
        if let Some(value) = item.first_chunk::<N>() {
            part.copy_from_slice(value);
        }
    }
}

/// Copies parts of `size` bytes to `offset` of each item of `itemsize` bytes.
pub(crate) fn scatter(parts: &[u8], size: usize, items: &mut [u8], itemsize: usize, offset: usize) {
    match size {
        1 => scatter_arrays::<1>(parts, items, itemsize, offset),
        2 => scatter_arrays::<2>(parts, items, itemsize, offset),
        4 => scatter_arrays::<4>(parts, items, itemsize, offset),
        8 => scatter_arrays::<8>(parts, items, itemsize, offset),
        16 => scatter_arrays::<16>(parts, items, itemsize, offset),
        _ => {
            let items = items.get_mut(offset..).unwrap_or_default().chunks_mut(itemsize.max(1));
            for (part, item) in parts.chunks_exact(size.max(1)).zip(items) {
                item.get_mut(..size).into_iter().for_each(|slot| slot.copy_from_slice(part));
            }
        }
    }
}

fn scatter_arrays<const N: usize>(parts: &[u8], items: &mut [u8], itemsize: usize, offset: usize) {
    let items = items.get_mut(offset..).unwrap_or_default().chunks_mut(itemsize.max(1));
    for (part, item) in parts.chunks_exact(N).zip(items) {
        if let Some(slot) = item.first_chunk_mut::<N>() {
            slot.copy_from_slice(part);
        }
    }
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
                gather(&items, 20, offset, size, &mut parts);
                let expected: Vec<u8> =
                    items.chunks(20).flat_map(|item| item[offset..offset + size].to_vec()).collect();
                assert_eq!(parts, expected);
                let mut back = vec![255; 100];
                scatter(&parts, size, &mut back, 20, offset);
                for (place, (byte, item)) in back.iter().zip(&items).enumerate() {
                    let inside = (offset..offset + size).contains(&(place % 20));
                    assert_eq!(*byte, if inside { *item } else { 255 });
                }
            }
        }
    }
}
