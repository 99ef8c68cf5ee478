//! Reading, viewing and mapping.

use arr_core::format::Reading;
use arr_core::{Array, Error, Input, Result, Storage};

use super::format::Nd4jFlatArray;
use super::table::{self, Header, parse_bytes};
use super::{NAME, STRINGS};
use crate::nd4j::shape::placed;
use crate::nd4j::types::DataType;

arr_core::codec_read_options!(Nd4jFlatArray);
arr_core::read_functions!(Array);
arr_core::slice_functions!(Array);
arr_core::view_functions!(Nd4jFlatArray);

/// Calls `f` with the length of the file at the position of an input, and a way to fetch its bytes. The input stays there.
pub(in crate::nd4j) fn look<T>(
    input: &mut Input<'_>,
    f: impl FnOnce(u64, &mut super::fields::Fetch<'_>) -> Result<T>,
) -> Result<T> {
    let (start, len) = (input.position(), length(input)?);
    let mut failed = None;
    let found = f(len, &mut |place, bytes| {
        input.read_exact_at(bytes, place, "FlatBuffer").map_err(|error| {
            // Its offset counts from the start of the input already.
            failed = Some(error);
            Error::malformed("the file can't be read")
        })
    });
    match failed {
        Some(error) => Err(error),
        None => found.map_err(|error| error.nested(start)),
    }
}

/// The header of the file at the position of an input. The input stays there.
pub(super) fn header_at(input: &mut Input<'_>) -> Result<Header> {
    let start = input.position();
    let header = look(input, table::parse)?;
    let len = usize::try_from(length(input)?).ok();
    if let Some(bytes) = len.and_then(|len| input.ahead()?.lend(len)) {
        table::verify(bytes)?;
    }
    header.charge(input.budget()).map_err(|error| error.nested(start))?;
    Ok(header)
}

pub(super) fn skip_rest(input: &mut Input<'_>) -> Result<()> {
    input.skip(length(input)?, "FlatBuffer")
}

/// Bytes from the position of an input to its end.
pub(in crate::nd4j) fn length(input: &Input<'_>) -> Result<u64> {
    input.remaining().ok_or_else(|| Error::invalid("the length of a FlatBuffer has to be known"))
}

/// The faults of a file that can be read nevertheless. The input is seekable and stays where it is.
pub(super) fn faults(input: &mut Input<'_>) -> Result<Vec<Error>> {
    let start = input.position();
    let faults = look(input, table::faults)?;
    Ok(faults.into_iter().map(|fault| fault.nested(start)).collect())
}

/// Refuses strings, whose bytes lie in the file in another way than in an array.
pub(in crate::nd4j) fn check_view(header: &Header) -> Result<()> {
    if header.data_type() != DataType::Utf8 {
        return Ok(());
    }
    Err(Error::unsupported(STRINGS).at(header.data().start as u64))
}

/// The array of a file over the bytes of the whole file.
pub(super) fn in_place<S: Storage>(storage: S, how: &Reading) -> Result<Array<S>> {
    let header = parse_bytes(storage.bytes(), &mut how.limits.budget())?;
    check_view(&header).map_err(|error| error.in_format(NAME))?;
    let layout = placed(header.layout(), header.data().start as u64)?;
    Array::new(header.dtype().clone(), layout, storage)
}
