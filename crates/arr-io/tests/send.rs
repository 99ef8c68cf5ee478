//! What reads and writes can be handed to another thread.
#![cfg(all(feature = "npz", feature = "nd4j", feature = "json"))]

use arr_io::format::{
    Blocks, Format, InMemory, Output, Positioned, ReadAt, Reader, RowReader, RowWriter, Seekable, Sink,
    SliceBlocks, Source, Writer,
};
use arr_io::layer::Packer;
use arr_io::npy::npz::{Member, MemberReader};
use arr_io::npy::{Appender, BlockWriter, Npz, NpzEditor, NpzWriter};
use arr_io::{Array, Graph, Input, OpenOptions, Parts, Registry};

fn is_send<T: Send + ?Sized>() {}

fn is_shared<T: Send + Sync + ?Sized>() {}

/// The compiler is the test: a call that compiles is the proof.
#[test]
fn readers_and_writers_are_send() {
    is_send::<Input<'_>>();
    is_send::<Output<'_>>();
    is_send::<Source<'_>>();
    is_send::<Sink<'_>>();
    is_send::<dyn Reader>();
    is_send::<dyn Writer>();
    is_send::<dyn Blocks>();
    is_send::<RowReader<'_, arr_io::npy::format::Npy>>();
    is_send::<RowWriter<'_, arr_io::npy::format::Npy>>();
    is_send::<InMemory>();
    is_send::<SliceBlocks<'_>>();
    is_send::<Parts<'_>>();
    is_send::<Packer<'_>>();
    is_send::<Npz<'_>>();
    is_send::<NpzWriter<'_>>();
    is_send::<NpzEditor<'_>>();
    is_send::<Member<'_>>();
    is_send::<MemberReader<'_>>();
    is_send::<arr_io::npy::Blocks<'_>>();
    is_send::<BlockWriter<'_>>();
    is_send::<Appender<'_>>();
    is_send::<arr_io::binary::nd4j::stream::Arrays<'_>>();
    is_send::<Seekable<std::fs::File>>();
}

/// What only describes, and what is read from any place, serves several threads at once.
#[test]
fn sources_and_options_are_shared() {
    is_shared::<Positioned<'_>>();
    is_shared::<dyn ReadAt>();
    is_shared::<Npz<'_>>();
    is_shared::<Member<'_>>();
    is_shared::<OpenOptions<'_>>();
    is_shared::<Registry>();
    is_shared::<dyn Format>();
    is_shared::<Array>();
    is_shared::<Graph>();
}
