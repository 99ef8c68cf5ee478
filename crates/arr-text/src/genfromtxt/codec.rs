//! The rules as a format's: a file is one array, which is made as a whole.

use arr_core::format::{Codec, Description, FormatInfo, Head, Match, Reading};
use arr_core::{Array, Contiguity, Input, Order, Result};

use super::ReadOptions;
use crate::text::INFO;

/// Text that is read by these rules.
#[derive(Clone, Debug)]
pub(crate) struct Table(pub(crate) ReadOptions);

impl Codec for Table {
    /// The array: only its values tell its shape and dtype.
    type Header = Array;

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, _: &[u8]) -> Match {
        Match::No
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<Array>> {
        let at = input.position();
        let (array, report) = self.0.read_input_with_report(input)?;
        let order = if array.natural_order() == Order::F { Contiguity::F } else { Contiguity::C };
        let mut description = Description::new(array.dtype().clone(), array.shape(), order, at, None)
            .with_detail("rules", "genfromtxt");
        if report.has_notes() {
            description = description.with_detail("note", report);
        }
        Ok(Head::coded(description, array.layout().clone(), array, "the data is text"))
    }

    fn decode(&self, _: &mut Input<'_>, head: &Head<Array>, _: &Reading) -> Result<Array> {
        Ok(head.header.clone())
    }
}
