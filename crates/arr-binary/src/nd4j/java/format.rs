//! Serialized Java objects as one of the formats.

use arr_core::format::{Capabilities, Codec, Description, FormatInfo, Head, Reading};
use arr_core::{Array, Contiguity, DType, Error, Input, Layout, Order, Result};

use super::blocks::Blocks;
use super::object::{MAGIC, Proxy};
use super::{NAME, head_of, in_blocks, read_items};
use crate::nd4j::stated::with_type;
use crate::nd4j::{DataType, Generation};

/// Arrays that Java has serialized, for the facade and for choosing formats at run time. They are read only.
#[derive(Clone, Copy, Debug, Default)]
pub struct JavaSerialized;

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["ser"],
    magic: &[MAGIC],
    capabilities: Capabilities { read: true, write: false, map: false, stream: true, append: false },
    ..FormatInfo::new(NAME, "ND4J array as a serialized Java object")
};

impl Codec for JavaSerialized {
    type Header = Proxy;

    const INFO: &'static FormatInfo = &INFO;

    /// Reads the fields. What an item is stands in the data, which is left for [`decode`](Codec::decode).
    fn head(&self, input: &mut Input<'_>) -> Result<Head<Proxy>> {
        let proxy = Proxy::read(input)?;
        let layout = Layout::contiguous(proxy.shape(), 1, proxy.order());
        // A shape that no array can have is the file's fault here.
        let layout = layout.map_err(|error| Error::malformed(error.to_string()))?;
        let order = if proxy.order() == Order::F { Contiguity::F } else { Contiguity::C };
        let what = Description::new(DType::Void(1), proxy.shape(), order, input.position(), None);
        Ok(Head::coded(what, layout, proxy, "data of this format can't be mapped"))
    }

    /// Data lies between the heads of its records: only reading it tells where it ends.
    fn describe(&self, input: &mut Input<'_>) -> Result<Head<Proxy>> {
        let mut head = self.head(input)?;
        let start = input.position();
        let mut blocks = Blocks::new(input);
        let described = head_of(&head.header, &mut Input::from_reader(&mut blocks))
            .and_then(|(dtype, _)| Ok((head.header.layout(dtype.itemsize())?, dtype)));
        let position = input.position();
        let (layout, dtype) = described.map_err(|error| in_blocks(error, start, position))?;
        let order = layout.contiguity(dtype.itemsize());
        let kind = DataType::of(&dtype)?;
        let description = Description::new(dtype, layout.shape(), order, position, None);
        head.description = with_type(description, Generation::Three, kind);
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<Proxy>, how: &Reading) -> Result<Array> {
        read_items(&head.header, input, how)
    }
}
