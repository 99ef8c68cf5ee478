//! Non-temporal stores: copies that bypass the cache.

use std::mem::MaybeUninit;

/// Bytes of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Copies values that need no `Drop` from `from`, as many as both have, over the front of `to`. Whole cache lines go
/// past the caches where the processor can do so: an ordinary store to memory that is not cached reads the line first,
/// which is a third of the traffic when a large array is made.
///
/// Measured: to read a million records of an `i32` and an `f64`, 16 MB of structs, takes 1.12 times as long with
/// ordinary stores (the mean of the medians of six runs of 400 calls each, turn about; they were 1.09 to 1.18), on two
/// cores of an AMD EPYC of the Zen 3 generation in a virtual machine. The rows `arr` and `arr_ordinary_stores` of
/// `records/read_1M_i4_f8` in `benches/benches/records.rs` compare the two.
///
/// Call [`finish`] before another thread reads them.
pub(super) fn copy<T>(from: &[MaybeUninit<T>], to: &mut [MaybeUninit<T>]) {
    let len = size_of::<T>() * from.len().min(to.len());
    let from = from.as_ptr().cast::<MaybeUninit<u8>>();
    let to = to.as_mut_ptr().cast::<MaybeUninit<u8>>();
    // SAFETY: both slices have `len` bytes, those of the shorter one, and since one of them is borrowed mutably they do
    // not overlap. As `MaybeUninit<u8>` padding may be copied as well, and any bytes are slots of `to`.
    unsafe {
        let (from, to) = (std::slice::from_raw_parts(from, len), std::slice::from_raw_parts_mut(to, len));
        copy_bytes(from, to);
    }
}

/// As `copy`; both have the same length.
#[cfg(target_arch = "x86_64")]
fn copy_bytes(from: &[MaybeUninit<u8>], to: &mut [MaybeUninit<u8>]) {
    let head = to.as_ptr().align_offset(LINE).min(to.len());
    let (from_head, from) = from.split_at(head);
    let (to_head, to) = to.split_at_mut(head);
    let lines = to.len() / LINE;
    let (from_lines, from_tail) = from.split_at(lines * LINE);
    let (to_lines, to_tail) = to.split_at_mut(lines * LINE);
    to_head.copy_from_slice(from_head);
    if lines > 0 {
        // SAFETY: there are `lines` lines of 64 bytes at both places, the count is not 0, and `to_lines` begins at a
        // multiple of 64, as `movntps` needs. The registers that change are named, and the flags are by default. It is
        // assembly since padding may be among the bytes, which is not a value of any type that the instructions take.
        unsafe {
            std::arch::asm!(
                "2:",
                "movups {a}, [{from}]",
                "movups {b}, [{from} + 16]",
                "movups {c}, [{from} + 32]",
                "movups {d}, [{from} + 48]",
                "movntps [{to}], {a}",
                "movntps [{to} + 16], {b}",
                "movntps [{to} + 32], {c}",
                "movntps [{to} + 48], {d}",
                "add {from}, 64",
                "add {to}, 64",
                "dec {lines}",
                "jnz 2b",
                from = inout(reg) from_lines.as_ptr() => _,
                to = inout(reg) to_lines.as_mut_ptr() => _,
                lines = inout(reg) lines => _,
                a = out(xmm_reg) _,
                b = out(xmm_reg) _,
                c = out(xmm_reg) _,
                d = out(xmm_reg) _,
                options(nostack),
            );
        }
    }
    to_tail.copy_from_slice(from_tail);
}

#[cfg(not(target_arch = "x86_64"))]
fn copy_bytes(from: &[MaybeUninit<u8>], to: &mut [MaybeUninit<u8>]) {
    to.copy_from_slice(from);
}

/// Whatever [`copy`] has stored so far is seen by other threads before anything that this thread stores from now on.
pub(super) fn finish() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every such processor has the instruction, which only waits.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_copied_at_every_offset_and_length() {
        let values: Vec<_> = (0..=255u8).cycle().take(300).map(MaybeUninit::new).collect();
        for start in 0..65 {
            for len in [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 200, 230] {
                let mut found = vec![MaybeUninit::new(7); 320];
                copy(&values[3..3 + len], &mut found[start..]);
                finish();
                // SAFETY: all of them were given a value above.
                let found: Vec<u8> = found.iter().map(|slot| unsafe { slot.assume_init() }).collect();
                let copied = (0..=255).cycle().skip(3).take(len);
                let expected: Vec<u8> = [7]
                    .repeat(start)
                    .into_iter()
                    .chain(copied)
                    .chain([7].repeat(320 - start - len))
                    .collect();
                assert_eq!(found, expected, "{len} bytes to {start}");
            }
        }
    }

    #[test]
    fn the_shorter_one_counts() {
        let values = [MaybeUninit::new(1u64), MaybeUninit::new(2), MaybeUninit::new(3)];
        let mut found = [MaybeUninit::new(0u64); 5];
        copy(&values, &mut found[..2]);
        copy(&values[..1], &mut found[3..]);
        // SAFETY: all of them were given a value above.
        assert_eq!(found.map(|slot| unsafe { slot.assume_init() }), [1, 2, 0, 1, 0]);
    }
}
