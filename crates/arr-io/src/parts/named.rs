//! Blocks of a part, whose errors name the format.

use arr_core::Result;
use arr_core::format::{Block, Blocks};

use crate::open::in_format;

/// Blocks whose errors name the format.
pub(super) struct Named<'s> {
    pub(super) blocks: Box<dyn Blocks + 's>,
    pub(super) name: &'static str,
}

impl Blocks for Named<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        self.blocks.next_block().map_err(|error| in_format(error, self.name))
    }
}
