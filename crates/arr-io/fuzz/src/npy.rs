//! `.npy` files.

use arr_conformance::door;
use arr_io::format::{self, Format};
use arr_io::npy::format::Npy;
use arr_io::npy::{
    Header, ReadOptions, Version, WriteOptions, parse_header, read_object_pickle, to_bytes, view_with,
};
use arr_io::{
    Array, ArrayView, ByteOrder, Contiguity, ErrorKind, Input, Limits, Order, Result, Slice, SliceItem,
    Storage,
};

use super::model::Model;
use super::pieces::Pieces;
use super::swap::in_order;

/// Bytes of data that may be read. It is less than inputs have, so that the limit is met.
const MOST_BYTES: u64 = 4096;

/// Items without bytes that may be read.
const MOST_ITEMS: u64 = 1000;

/// A policy under which nothing becomes large.
pub(crate) fn limits() -> Limits {
    Limits::default().max_bytes(MOST_BYTES).max_items(MOST_ITEMS).max_header_size(1 << 17).max_depth(100)
}

/// Reads files as they are under that policy.
fn how() -> format::Reading {
    format::Reading::new().limits(limits())
}

/// What must become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is read.
    Sound,
    /// It is looked at in place, but too large to be read.
    TooLarge,
    /// Its data is missing, and it may be too large too.
    Short,
    /// It fails with this error.
    Fails(ErrorKind),
}

/// A file is read in every way there is, and written again.
pub fn npy(bytes: &[u8]) {
    let header = parse_header(bytes, &limits());
    let verdict = match &header {
        Ok(header) => judge(header, bytes.len() as u64),
        Err(error) => {
            assert_eq!(error.format(), Some("npy"), "{error}");
            assert!(error.offset().is_some_and(|offset| offset <= bytes.len() as u64), "{error}");
            Verdict::Fails(error.kind())
        }
    };
    let view = view_with(bytes, &limits());
    judged("view", verdict, true, &view);
    let header = header.ok();
    let read = Reading { bytes, header: header.as_ref(), verdict, view: view.as_ref().ok() };
    read.as_it_is();
    read.converted();
    read.described();
    if let Some(header) = &header {
        super::header::written_again(header);
        pickled(header, bytes);
    }
    if let Ok(view) = &view {
        written_again(view);
    }
}

fn judge(header: &Header, len: u64) -> Verdict {
    let items = header.shape().iter().try_fold(1u64, |items, dim| items.checked_mul(*dim as u64));
    let items = if header.shape().contains(&0) { Some(0) } else { items };
    let size = items.and_then(|items| items.checked_mul(header.dtype().itemsize() as u64)).unwrap();
    assert_eq!(header.data_len(), size);
    let left = len - header.data_offset();
    match header.dtype() {
        dtype if dtype.has_references() => Verdict::Fails(ErrorKind::Unsupported),
        dtype if dtype.itemsize() == 0 && items > Some(MOST_ITEMS) => {
            Verdict::Fails(ErrorKind::LimitExceeded)
        }
        _ if size > left => Verdict::Short,
        _ if size > MOST_BYTES => Verdict::TooLarge,
        _ => Verdict::Sound,
    }
}

/// Compares what a way to read came to with the verdict.
fn judged<S: Storage>(way: &str, verdict: Verdict, in_place: bool, read: &Result<Array<S>>) {
    let kind = read.as_ref().map_err(|error| (error.kind(), error));
    match (verdict, kind) {
        (Verdict::Sound, Ok(_)) => {}
        (Verdict::TooLarge, Ok(_)) if in_place => {}
        (Verdict::TooLarge, Err((ErrorKind::LimitExceeded, _))) if !in_place => {}
        (Verdict::Short, Err((ErrorKind::Malformed, _))) => {}
        (Verdict::Short, Err((ErrorKind::LimitExceeded, _))) if !in_place => {}
        (Verdict::Fails(expected), Err((kind, _))) if kind == expected => {}
        (verdict, read) => panic!("{way}: {verdict:?}, not {:?}", read.map(|array| format!("{array:?}"))),
    }
    if let Err(error) = read {
        assert!(error.format() == Some("npy") && error.offset().is_some(), "{way}: {error:?}");
    }
    if let Ok(array) = read {
        assert!(in_place || array.storage().bytes().len() as u64 <= MOST_BYTES, "{way}: {array:?}");
    }
}

struct Reading<'a> {
    bytes: &'a [u8],
    header: Option<&'a Header>,
    verdict: Verdict,
    view: Option<&'a ArrayView<'a>>,
}

impl Reading<'_> {
    fn check(&self, way: &str, read: &Result<Array>, byte_order: Option<ByteOrder>, order: Option<Order>) {
        judged(way, self.verdict, false, read);
        let (Ok(array), Some(view)) = (read, self.view) else { return };
        let dtype = view.dtype();
        let expected = Model::of(view).map(|item| match byte_order {
            Some(order) => in_order(dtype, item, order),
            None => item.to_vec(),
        });
        assert!(Model::of(array) == expected, "{way}: {array:?} is not {view:?}");
        assert_eq!(
            *array.dtype(),
            byte_order.map_or(dtype.clone(), |order| dtype.with_byte_order(order)),
            "{way}"
        );
        let layout = array.layout();
        let order = order.or(self.header.map(Header::order));
        assert!(order != Some(Order::C) || layout.is_c_contiguous(array.itemsize()), "{way}: {array:?}");
        assert!(order != Some(Order::F) || layout.is_f_contiguous(array.itemsize()), "{way}: {array:?}");
    }

    fn as_it_is(&self) {
        let options = ReadOptions::new().limits(limits());
        self.check("read_bytes", &options.read_bytes(self.bytes), None, None);
        let mut pieces = Pieces::new(self.bytes);
        let read = options.read_from(&mut pieces);
        self.check("read_from", &read, None, None);
        if let (Ok(array), Some(header)) = (&read, self.header) {
            // The stream is left right behind the array.
            let end = header.data_offset() as usize + array.nbytes();
            assert_eq!(pieces.left(), self.bytes.len() - end, "read_from");
        }
        let read = door::read_with(&Npy, Input::from_bytes(self.bytes), &how()).map(|(array, _)| array);
        self.check("Format::read", &read, None, None);
    }

    fn converted(&self) {
        for (order, native) in
            [(None, true), (Some(Order::C), false), (Some(Order::F), true), (Some(Order::F), false)]
        {
            let mut options = ReadOptions::new().limits(limits());
            options = if native { options.native() } else { options };
            options = order.map_or(options.clone(), |order| options.order(order));
            let byte_order = native.then_some(ByteOrder::NATIVE);
            self.check("read_bytes, converting", &options.read_bytes(self.bytes), byte_order, order);
            let read = options.read_input(&mut Input::from_bytes(self.bytes).with_limits(&limits()));
            self.check("read_input, converting", &read, byte_order, order);
            let read = options.read_from(&mut Pieces::new(self.bytes));
            self.check("read_from, converting", &read, byte_order, order);
        }
    }

    fn described(&self) {
        let source = format::Source::from(Input::from_bytes(self.bytes));
        let mut reader = Npy.open(source, &how()).unwrap();
        let part = reader.next_part().unwrap().unwrap();
        let description = reader.describe(&part).map(|content| content.into_array().unwrap());
        match (description, self.header) {
            (Ok(description), Some(header)) => {
                assert_eq!(description.dtype, *header.dtype());
                assert_eq!(description.shape, header.shape());
                assert_eq!(
                    (description.data_offset, reader.position()),
                    (header.data_offset(), header.data_offset())
                );
                let len = description.data_len;
                assert_eq!(len, Some(header.data_len()).filter(|_| !header.dtype().has_references()));
                assert_eq!(description.order == Contiguity::F, header.fortran_order());
            }
            (Err(error), None) => assert_eq!(Verdict::Fails(error.kind()), self.verdict, "{error}"),
            (description, header) => panic!("{description:?} is not {header:?}"),
        }
    }
}

/// The pickle of an array of objects is what stands behind the header.
fn pickled(header: &Header, bytes: &[u8]) {
    let read = read_object_pickle(&mut Input::from_reader(Pieces::new(bytes)).with_limits(&limits()));
    let rest = &bytes[header.data_offset() as usize..];
    match (header.dtype().has_references(), read) {
        (true, Ok((again, pickle))) => assert!(again == *header && pickle == rest),
        (true, Err(error)) => {
            assert!(error.kind() == ErrorKind::LimitExceeded && rest.len() as u64 > MOST_BYTES, "{error}");
        }
        (false, read) => assert_eq!(read.unwrap_err().kind(), ErrorKind::Mismatch),
    }
}

/// What was read is written, and read again.
fn written_again(view: &ArrayView<'_>) {
    let expected = Model::of(view);
    let bytes = to_bytes(view).unwrap();
    let again = view_with(&bytes, &Limits::default()).unwrap();
    assert_eq!(
        (again.dtype(), again.shape(), again.natural_order()),
        (view.dtype(), view.shape(), view.natural_order())
    );
    assert!(Model::of(&again) == expected, "{view:?} is not what was written");
    assert_eq!(to_bytes(&again).unwrap(), bytes);
    for (order, byte_order) in [(Order::C, ByteOrder::Big), (Order::F, ByteOrder::Little)] {
        let options = WriteOptions::new().version(Version::V3_0).order(order).byte_order(byte_order);
        let bytes = options.to_bytes(view).unwrap();
        let again = view_with(&bytes, &Limits::default()).unwrap();
        assert_eq!(*again.dtype(), view.dtype().with_byte_order(byte_order));
        let swapped = expected.map(|item| in_order(view.dtype(), item, byte_order));
        assert!(Model::of(&again) == swapped, "{view:?} is not what was written in order {order}");
    }
    // Strides of all sorts are written too.
    let backwards =
        Slice::from(vec![SliceItem::Range { start: None, stop: None, step: -2 }; view.ndim().min(2)]);
    let part = view.slice(&backwards).unwrap();
    let bytes = to_bytes(&part.transpose()).unwrap();
    assert!(Model::of(&view_with(&bytes, &Limits::default()).unwrap()) == Model::of(&part.transpose()));
}
