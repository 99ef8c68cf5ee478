//! Data buffers that are packed by gzip.

use std::io::{self, Read};

use arr_core::format::check_memory;
use arr_core::{BufferMut, Error, Input, Result};
use flate2::read::{GzDecoder, MultiGzDecoder};

use super::Packed;
use crate::nd4j::buffer::BufferHead;
use crate::nd4j::types::DataType;

/// More than an inflater and its buffer take.
const MEMORY: usize = 160 << 10;

/// Reports damaged data as malformed, and passes errors of the source on.
struct Unzipped<R>(MultiGzDecoder<R>);

impl<R: Read> Read for Unzipped<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        self.0.read(bytes).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => error.into(),
            Err(error) if matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) => {
                Error::malformed(format!("the gzip data is damaged: {error}")).into()
            }
            Err(error) => error,
        })
    }
}

/// The type of the items of a packed data buffer, from the first bytes of the packed form.
pub(super) fn kind(prefix: &[u8]) -> Option<DataType> {
    check_memory(MEMORY, "an inflater").ok()?;
    let mut inner = Input::from_reader(GzDecoder::new(prefix));
    BufferHead::read(&mut inner, "packed data").ok().map(|head| head.kind)
}

/// Unpacks a data buffer. Memory for all of it is reserved at once only when the packed bytes are `known` to be there.
pub(super) fn unpack(packed: &Packed, input: &mut Input<'_>, known: bool) -> Result<BufferMut> {
    check_memory(MEMORY, "an inflater")?;
    // Java reads another gzip member that follows as more of the data.
    let decoder = MultiGzDecoder::new(Read::take(input, packed.len));
    let mut inner = Input::from_reader(Unzipped(decoder));
    let head = BufferHead::read(&mut inner, "packed data")?;
    if head.kind != packed.kind {
        return Err(Error::malformed(format!("the items are {}, expected {}", head.kind, packed.kind))
            .at(head.kind_offset));
    }
    if head.count != packed.items {
        return Err(Error::malformed(format!("there are {} items, expected {}", head.count, packed.items))
            .at(head.count_offset));
    }
    let bytes = if known {
        let len = usize::try_from(packed.original_len)
            .map_err(|_| Error::limit(format!("{} bytes do not fit into memory", packed.original_len)))?;
        let mut bytes = BufferMut::zeroed(len)?;
        inner.read_exact(bytes.as_mut_slice(), "packed data")?;
        bytes
    } else {
        inner.read_buffer(packed.original_len, "packed data")?
    };
    // Reading on to the end compares the checksum.
    if !inner.at_end()? {
        return Err(Error::malformed("there is more than the items").at(inner.position()));
    }
    Ok(bytes)
}
