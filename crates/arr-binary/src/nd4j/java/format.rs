//! Serialized Java objects as one of the formats.

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Output};
use arr_core::{Array, ArrayView, Error, Input, Result};

use super::blocks::Blocks;
use super::object::{MAGIC, Proxy};
use super::{NAME, ReadOptions, head_of, in_blocks};
use crate::nd4j::details::with_details;
use crate::nd4j::{DataType, Generation};

/// ND4J arrays as serialized Java objects, for the facade and for anyone who picks formats at run time. They are read only.
#[derive(Clone, Copy, Debug, Default)]
pub struct JavaSerialized;

const INFO: FormatInfo = FormatInfo {
    name: NAME,
    description: "ND4J array as a serialized Java object",
    extensions: &["ser"],
    magic: &[MAGIC],
    capabilities: Capabilities { read: true, write: false, map: false, stream: true, append: false },
};

impl Format for JavaSerialized {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// The data is divided into records, so that its length is known only when it is read.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        let proxy = Proxy::read(input).map_err(|error| error.in_format(NAME))?;
        let start = input.position();
        let mut blocks = Blocks::new(input);
        let described = head_of(&proxy, &mut Input::from_reader(&mut blocks))
            .and_then(|(dtype, _)| Ok((proxy.layout(dtype.itemsize())?, dtype)));
        let position = input.position();
        let (layout, dtype) = described.map_err(|error| in_blocks(error, start, position).in_format(NAME))?;
        let order = layout.contiguity(dtype.itemsize());
        let kind = DataType::of(&dtype)?;
        let description = Description::new(dtype, layout.shape(), order, position, None);
        Ok(with_details(description, Generation::Three, kind, None, None))
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        ReadOptions::new().read_input(input)
    }

    /// Always fails: a stream of ND4J holds the same array, and every program that has ND4J can read it.
    fn write(&self, _: &ArrayView<'_>, _: &mut Output<'_>) -> Result<()> {
        let message = "Java objects are not written: write a stream of ND4J";
        Err(Error::unsupported(message).in_format(NAME))
    }
}
