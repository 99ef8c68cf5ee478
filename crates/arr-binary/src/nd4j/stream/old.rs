//! The head that ND4J to 0.4-rc3.8 wrote in place of shape information: the rank, the dimensions and the strides as
//! integers of 4 bytes, then the words `float` or `double` and `real`. The buffer with the data follows, as later.

use arr_core::{Error, Input, Result};
use byteorder::{BE, ByteOrder as _};

use crate::nd4j::buffer::{AllocationMode, ShapeBuffer};
use crate::nd4j::shape::{MAX_RANK, ShapeInfo};

/// The words behind the strides, each with its length in front: the kind of numbers, and that they are not complex.
const WORDS: [&[u8]; 2] = [b"\0\x05float\0\x04real", b"\0\x06double\0\x04real"];

/// The most bytes of such a head.
const LONGEST: usize = 4 + 8 * MAX_RANK + WORDS[1].len();

/// The rank, and the bytes of the head, if a file begins with one.
fn measured(head: &[u8]) -> Option<(usize, usize)> {
    let rank = usize::try_from(BE::read_i32(head.first_chunk::<4>()?)).ok()?;
    let words = 4 + 8 * rank;
    let behind = head.get(words..).filter(|_| (1..=MAX_RANK).contains(&rank))?;
    let word = WORDS.iter().find(|word| behind.starts_with(word))?;
    Some((rank, words + word.len()))
}

/// True when a file begins with such a head.
pub(super) fn is_old(head: &[u8]) -> bool {
    measured(head).is_some()
}

/// Reads such a head, if there is one, as the shape information that later versions would have written.
pub(super) fn read(input: &mut Input<'_>) -> Result<Option<ShapeBuffer>> {
    // All others begin with the length of a name.
    if input.peek(2)? != [0, 0] {
        return Ok(None);
    }
    let start = input.position();
    let Some((rank, len)) = measured(input.peek(LONGEST)?) else { return Ok(None) };
    let mut numbers = vec![i64::from(BE::read_i32(&input.read_array::<4>("rank")?))];
    for _ in 0..2 * rank {
        numbers.push(BE::read_i32(&input.read_array::<4>("dimensions and strides")?).into());
    }
    input.skip((len - 4 - 8 * rank) as u64, "kind of numbers")?;
    let (dimensions, strides) = numbers.get(1..).unwrap_or_default().split_at(rank);
    let letter = letter_of(dimensions, strides);
    numbers.extend([0, 1, letter]);
    let place = |number: usize| start.saturating_add(4 * number as u64);
    Ok(Some(ShapeBuffer {
        mode: AllocationMode::Heap,
        info: ShapeInfo::parse(&numbers, start, 4)?,
        strides_offset: place(1 + rank),
        options_offset: start.saturating_add(len as u64),
    }))
}

/// The order in which an array of those strides lies.
fn letter_of(dimensions: &[i64], strides: &[i64]) -> i64 {
    let mut step = 1i64;
    let is_fortran = dimensions.iter().zip(strides).all(|(dimension, stride)| {
        let is_so = *dimension == 1 || *stride == step;
        step = step.saturating_mul(*dimension);
        is_so
    });
    let longer = dimensions.iter().filter(|dimension| **dimension > 1).count();
    i64::from(if is_fortran && longer > 1 { b'f' } else { b'c' })
}

/// Refuses a view: where it began in its buffer was not written.
///
/// # Errors
/// `Malformed` when the data has other items than the shape and the strides reach.
pub(super) fn check_whole(info: &ShapeInfo, count: u64) -> Result<()> {
    let needed = info.needed_items(info.items() == 0)?;
    if needed == count {
        return Ok(());
    }
    Err(Error::malformed(format!(
        "the data has {count} items, the shape {:?} and strides {:?} reach {needed} of them: where the view began was not written",
        info.shape(),
        info.strides()
    )))
}
