//! FlatArrays as one of the formats.

use arr_core::format::{
    Capabilities, Codec, FormatInfo, Frame, Head, Match, Outline, Reader, Reading, RowReader, Source, Writing,
};
use arr_core::{Array, ByteOrder, Error, Input, Result, Storage};

use super::table::{self, Header};
use super::{NAME, STRINGS, read, write};
use crate::nd4j::texts::read_texts;

/// ND4J's FlatArray, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jFlatArray;

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["fb"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    byte_order: Some(ByteOrder::Big),
    ..FormatInfo::new(NAME, "ND4J array as a FlatBuffer (toFlatArray)")
};

/// The head of an array whose data begins at byte `at` of the input.
pub(in crate::nd4j) fn head_of(header: Header, at: u64) -> Head<Header> {
    let what = header.stated.description(at, header.needed());
    let mut head = Head::plain(what, header.layout().clone(), header);
    head.coded = (head.description.data_len.is_none()).then(|| STRINGS.into());
    head
}

impl Codec for Nd4jFlatArray {
    type Header = Header;

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, head: &[u8]) -> Match {
        if table::looks_like_one(head) { Match::Maybe } else { Match::No }
    }

    /// Keeps what comes from a stream: the table may stand behind the data.
    fn reader<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        let mut input = source.one()?.with_limits(&how.limits);
        input.make_seekable().map_err(|error| error.in_format(NAME))?;
        Ok(Box::new(RowReader::new(*self, input, how)))
    }

    /// Reads the table and the shape, which may stand behind the data: what comes from a stream is kept for that.
    fn head(&self, input: &mut Input<'_>) -> Result<Head<Header>> {
        input.make_seekable()?;
        let header = read::header_at(input)?;
        input.skip(header.data().start as u64, "FlatBuffer")?;
        Ok(head_of(header, input.position()))
    }

    /// Strings are described by the header, and are to be read to the end of the file.
    fn describe(&self, input: &mut Input<'_>) -> Result<Head<Header>> {
        let mut head = self.head(input)?;
        head.description = head.header.stated.with_details(head.description, None);
        if head.coded.is_some() {
            self.end(input, &head)?;
        }
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Header>, _: &Reading) -> Result<Array> {
        let (header, at) = (&head.header, input.position());
        let count = header.shape_info().buffer_items()?;
        let limits = input.budget().limits().clone();
        let bytes = input.read_buffer(header.data().len() as u64, "strings")?;
        let mut texts = Input::from_bytes(bytes.as_slice()).with_limits(&limits);
        read_texts(header.layout(), count, &mut texts, false).map_err(|error| error.nested(at))
    }

    /// Nothing says where a FlatArray ends: it takes all that is left.
    fn end(&self, input: &mut Input<'_>, _: &Head<Header>) -> Result<()> {
        read::skip_rest(input)
    }

    /// Finds bytes that belong to no part of the file, or to two, and options that mean nothing.
    fn faults(&self, input: &mut Input<'_>) -> Result<Vec<Error>> {
        read::faults(input)
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        write::frame(what, how.byte_order.unwrap_or(ByteOrder::Big))
    }

    fn view<S: Storage>(&self, storage: S, how: &Reading) -> Result<Array<S>> {
        read::in_place(storage, how)
    }
}
