//! Headers of `.npy` files.

use arr_io::npy::{Header, Version, parse_header, read_header};
use arr_io::{DType, ErrorKind, Limits, Result};

use super::npy::limits;
use super::pieces::Pieces;

/// The text of a header is parsed as that of every version. What is common is recognised by a path of its own, but
/// only in version 1.0; so the versions check each other.
pub fn header(text: &[u8]) {
    let [first, second, third] = Version::ALL.map(|version| parsed(text, version));
    if let Some(first) = first {
        assert_same(first, second.as_ref(), 2);
    }
    // Version 3.0 is UTF-8, and knows no long integers of Python 2.
    if text.is_ascii() {
        match (third, second) {
            (Some(Ok(third)), second) => assert_same(Ok(third), second.as_ref(), 0),
            (Some(Err(_)), Some(Ok(second))) => {
                assert!(
                    text.windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && pair[1] | 32 == b'l'),
                    "{second:?}"
                );
            }
            _ => {}
        }
    }
}

/// The header of that version with that text; nothing if the version can't hold it.
fn parsed(text: &[u8], version: Version) -> Option<Result<Header>> {
    let mut file = [b"\x93NUMPY".as_slice(), &[version.major(), version.minor()]].concat();
    match version {
        Version::V1_0 => file.extend(u16::try_from(text.len()).ok()?.to_le_bytes()),
        _ => file.extend(u32::try_from(text.len()).ok()?.to_le_bytes()),
    }
    file.extend(text);
    let header = parse_header(&file, &limits());
    // A header ends where it ends, whatever stands behind it.
    let end = file.len();
    file.extend(b"}'\n");
    assert_same(parse_header(&file, &limits()), Some(&header), 0);
    let mut pieces = Pieces::new(&file);
    assert_same(read_header(&mut pieces, &limits()), Some(&header), 0);
    match &header {
        Ok(header) => {
            assert_eq!((header.data_offset(), pieces.left()), (end as u64, 3));
            assert_eq!(header.version(), version);
            written_again(header);
        }
        Err(error) => {
            assert_eq!(error.format(), Some("npy"), "{error}");
            assert!(error.offset().is_some_and(|offset| offset <= end as u64), "{error}");
        }
    }
    Some(header)
}

/// Compares two headers, or the errors in their place; those of the second are `shift` bytes further on.
fn assert_same(a: Result<Header>, b: Option<&Result<Header>>, shift: u64) {
    match (a, b) {
        (Ok(a), Some(Ok(b))) => {
            assert_eq!((a.dtype(), a.shape(), a.order()), (b.dtype(), b.shape(), b.order()));
            assert_eq!(a.data_offset() + shift, b.data_offset());
        }
        (Err(a), Some(Err(b))) => {
            assert_eq!((a.kind(), a.offset().map(|at| at + shift)), (b.kind(), b.offset()), "{a}; {b}");
        }
        (a, b) => panic!("{a:?} is not {b:?}"),
    }
}

/// A header that was read is written, and read again.
pub(crate) fn written_again(header: &Header) {
    let dtype = header.dtype();
    super::dtype::printed(dtype);
    let bytes = header.to_bytes(None).unwrap();
    let limits = Limits::default().max_header_size(u64::MAX);
    let again = parse_header(&bytes, &limits).unwrap();
    assert_eq!((again.dtype(), again.shape(), again.order()), (dtype, header.shape(), header.order()));
    assert_eq!((again.data_offset(), again.data_offset() % 64), (bytes.len() as u64, 0));
    assert_eq!(again.to_bytes(None).unwrap(), bytes);
    let new = Header::new(dtype.clone(), header.shape(), header.order()).unwrap();
    assert_eq!(new.version(), again.version());
    assert_eq!(new.order(), if header.order_matters() { header.order() } else { arr_io::Order::C });
    assert_eq!(parse_header(&new.to_bytes(None).unwrap(), &limits).unwrap(), new);
    if let Err(error) = header.to_bytes(Some(Version::V1_0)) {
        assert!(error.kind() == ErrorKind::InvalidArgument && again.version() > Version::V1_0, "{error}");
    }
    let native: DType = dtype.with_byte_order(arr_io::ByteOrder::NATIVE);
    assert!(native.is_native() && native.itemsize() == dtype.itemsize());
}
