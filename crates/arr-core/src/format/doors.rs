//! The front doors of formats: the functions of each format crate for reading and writing its files.
//!
//! A format gives one method each way, and the macros here make all doors of it: from a path, a stream, bytes; to a
//! path, a stream, bytes; in place; in part. So every format has the same doors under the same names.

use std::ops::Range;
use std::path::Path;

use crate::format::{Codec, Mapper, Output, Reading, Writing, in_file, open_regular};
use crate::{Array, ArrayView, Error, Input, Mmap, Result, Slice, Storage};

/// Names the format in errors.
fn named<C: Codec, T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| error.in_format(C::INFO.name))
}

/// Reads one array under the input's own limits.
#[doc(hidden)]
pub fn read_array<C: Codec>(codec: &C, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    named::<C, _>(how.threads.work(|| codec.read(input, how)))
}

/// Reads a slice of one array under the input's own limits.
#[doc(hidden)]
pub fn read_slice<C: Codec>(codec: &C, input: &mut Input<'_>, how: &Reading, slice: &Slice) -> Result<Array> {
    named::<C, _>(how.threads.work(|| codec.read_slice(input, how, slice)))
}

/// The ranges that reading a slice of the array ahead takes.
#[doc(hidden)]
pub fn slice_ranges<C: Codec>(
    codec: &C,
    input: &Input<'_>,
    how: &Reading,
    slice: &Slice,
) -> Result<Vec<Range<u64>>> {
    let ahead = input.ahead().ok_or_else(|| Error::unsupported("a stream is read from front to back"));
    named::<C, _>(ahead.and_then(|mut ahead| how.threads.work(|| codec.ranges(&mut ahead, how, slice))))
}

/// Views the first array of some storage.
#[doc(hidden)]
pub fn view_array<C: Codec, S: Storage>(codec: &C, storage: S, how: &Reading) -> Result<Array<S>> {
    named::<C, _>(how.threads.work(|| codec.view(storage, how)))
}

/// Maps a file and views its first array.
#[doc(hidden)]
pub fn map_array<C: Codec>(codec: &C, path: &Path, mapper: Mapper, how: &Reading) -> Result<Array<Mmap>> {
    let map = open_regular(path, false).and_then(|file| mapper.map(&file));
    in_file(path, map.and_then(|map| view_array(codec, map, how)))
}

/// Writes one array.
#[doc(hidden)]
pub fn write_array<C: Codec>(
    codec: &C,
    array: &ArrayView<'_>,
    how: &Writing,
    output: &mut Output<'_>,
) -> Result<()> {
    named::<C, _>(how.threads.work(|| codec.write(array, how, output)))
}

/// What `write` writes of an array, in memory that is reserved at once.
#[doc(hidden)]
pub fn to_bytes(array: &ArrayView<'_>, write: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Result<Vec<u8>> {
    bytes_of(array.nbytes(), write)
}

/// What `write` writes: items of `nbytes` bytes, and what is around them. The memory is reserved at once; few heads are
/// longer than the room left for them.
#[doc(hidden)]
pub fn bytes_of(nbytes: usize, write: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Result<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut output = Output::to_memory(&mut bytes);
    output.expect((nbytes as u64).saturating_add(256))?;
    write(&mut output)?;
    drop(output);
    Ok(bytes)
}

/// Gives options of reading their setters and doors. The type has a field `reading`, a [`Reading`], and a method
/// `read_input` that reads one item from an input under the input's own limits. A type may have a `read_bytes` or a
/// `read_from` of its own.
#[macro_export]
macro_rules! read_doors {
    (@path $options:ident => $item:ty) => {
        impl $options {
            /// Keeps everything as it is in the file, under the default limits.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Puts a policy in force.
            #[must_use]
            pub fn limits(mut self, limits: $crate::Limits) -> Self {
                self.reading.limits = limits;
                self
            }

            /// Chooses the threads that work.
            #[must_use]
            pub fn threads(mut self, threads: $crate::format::threads::Threads) -> Self {
                self.reading.threads = threads;
                self
            }

            $crate::setters! {
                /// Brings numbers into that byte order, on the way.
                byte_order: Option<$crate::ByteOrder> in reading;
                /// Lays the items out in C or Fortran order, on the way.
                order: Option<$crate::Order> in reading;
                /// Reads values as that dtype; one that does not fit it is an error. Floats are rounded to the nearest.
                dtype: Option<$crate::DType> in reading;
                /// Reads a slice by as few requests as this allows: ranges that are no farther apart than so many bytes are
                /// joined. By default the source says what a request costs it, which is 16 KiB of a file: see
                /// [`ReadAt::gap`](arr_core::format::ReadAt::gap).
                gap: Option<u64> in reading;
            }

            /// Brings numbers into the machine's byte order, on the way.
            #[must_use]
            pub fn native(self) -> Self {
                self.byte_order($crate::ByteOrder::NATIVE)
            }

            /// Reads the first of a file into memory of its own.
            ///
            /// # Errors
            /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset;
            /// `Mismatch` when a value does not fit the dtype that was asked for.
            pub fn read(&self, path: impl AsRef<std::path::Path>) -> $crate::Result<$item> {
                let path = path.as_ref();
            let mut input = $crate::Input::open(path)?.with_limits(&self.reading.limits);
            $crate::format::in_file(path, self.read_input(&mut input))
            }
        }
    };
    (@stream $options:ident => $item:ty) => {
        impl $options {
            /// Reads the next one of a stream and leaves the stream right after it. Nothing is read ahead: wrap files
            /// in a `BufReader` when they hold many small ones.
            ///
            /// # Errors
            /// As [`read`](Self::read).
            pub fn read_from(&self, reader: &mut (impl std::io::Read + Send + ?Sized)) -> $crate::Result<$item> {
                self.read_input(&mut $crate::Input::from_reader(reader).with_limits(&self.reading.limits))
            }
        }
    };
    (@bytes $options:ident => $item:ty) => {
        impl $options {
            /// Reads the first of a file in memory into memory of its own.
            ///
            /// # Errors
            /// As [`read`](Self::read).
            pub fn read_bytes(&self, bytes: &[u8]) -> $crate::Result<$item> {
                self.read_input(&mut $crate::Input::from_bytes(bytes).with_limits(&self.reading.limits))
            }
        }
    };
    ($options:ident => $item:ty) => {
        $crate::read_doors!(@path $options => $item);
        $crate::read_doors!(@stream $options => $item);
        $crate::read_doors!(@bytes $options => $item);
    };
    ($options:ident => $item:ty, but read_bytes) => {
        $crate::read_doors!(@path $options => $item);
        $crate::read_doors!(@stream $options => $item);
    };
    ($options:ident => $item:ty, but read_from) => {
        $crate::read_doors!(@path $options => $item);
        $crate::read_doors!(@bytes $options => $item);
    };
}

/// Gives options of reading the doors to a slice of an array. The type has a field `reading`, and a method
/// `read_part_input` that reads a slice from an input under the input's own limits.
#[macro_export]
macro_rules! slice_doors {
    ($options:ident => $item:ty) => {
        impl $options {
            /// Reads a slice of the first array of a file, and no more of the file than that takes, except bytes
            /// between items that lie close together. Steps may be negative, indices drop their axes.
            ///
            /// # Errors
            /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
            pub fn read_part(
                &self,
                path: impl AsRef<std::path::Path>,
                slice: impl std::borrow::Borrow<$crate::Slice>,
            ) -> $crate::Result<$item> {
                let path = path.as_ref();
                let mut input = $crate::Input::open(path)?.with_limits(&self.reading.limits);
                $crate::format::in_file(path, self.read_part_input(&mut input, slice))
            }

            /// Reads a slice of the array at the position of a seekable reader, and leaves the reader right after the
            /// array.
            ///
            /// # Errors
            /// As [`read_part`](Self::read_part).
            pub fn read_part_from(
                &self,
                reader: &mut (impl std::io::Read + std::io::Seek + Send + ?Sized),
                slice: impl std::borrow::Borrow<$crate::Slice>,
            ) -> $crate::Result<$item> {
                $crate::Input::with_seekable(reader, &self.reading.limits, |input| {
                    self.read_part_input(input, slice)
                })
            }
        }
    };
}

/// Gives options of writing their setters and doors. Named are the fields for the order and for a
/// [`SaveOptions`](crate::SaveOptions); the type has a method `write` that writes an array to an output.
#[macro_export]
macro_rules! write_doors {
    ($options:ident { order: $($order:ident).+, save: $save:ident }) => {
        impl $options {
            /// Writes as the reference program does.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Writes the items in C or Fortran order, however they lie.
            #[must_use]
            pub fn order(mut self, order: $crate::Order) -> Self {
                self.$($order).+ = Some(order);
                self
            }

            /// Says how [`save`](Self::save) replaces files.
            #[must_use]
            pub fn save_options(mut self, save: $crate::SaveOptions) -> Self {
                self.$save = save;
                self
            }

            /// Saves an array as a file, whole or not at all: a reader never sees a part of it, and a failed write
            /// leaves the old file.
            ///
            /// # Errors
            /// `Unsupported` when the format can't hold the array, `InvalidArgument` when the options do not fit it,
            /// `Io` when the file can't be written.
            pub fn save<A: $crate::AsArray + ?Sized>(
                &self,
                path: impl AsRef<std::path::Path>,
                array: &A,
            ) -> $crate::Result<()> {
                array.with_view(|view| self.$save.save(path, |output| self.write(view, output)))
            }

            /// Writes an array to a stream.
            ///
            /// # Errors
            /// As [`save`](Self::save).
            pub fn write_to<A: $crate::AsArray + ?Sized>(
                &self,
                writer: &mut (impl std::io::Write + Send),
                array: &A,
            ) -> $crate::Result<()> {
                array.with_view(|view| self.write(view, &mut $crate::format::Output::new(writer)))
            }

            /// The bytes of an array's file.
            ///
            /// # Errors
            /// As [`save`](Self::save).
            pub fn to_bytes<A: $crate::AsArray + ?Sized>(&self, array: &A) -> $crate::Result<Vec<u8>> {
                array.with_view(|view| {
                    $crate::format::doors::to_bytes(view, |output| self.write(view, output))
                })
            }
        }
    };
}

/// Makes `ReadOptions` of a [`Codec`] that has a default value: all doors of reading.
#[macro_export]
macro_rules! codec_read_options {
    ($codec:ty) => {
        /// How a file is read. Unless told otherwise, an array keeps the dtype, the byte order and the item order that it
        /// has in the file.
        #[derive(Clone, Debug, Default)]
        pub struct ReadOptions {
            pub(crate) reading: $crate::format::Reading,
            pub(crate) codec: $codec,
        }

        $crate::read_doors!(ReadOptions => $crate::Array);
        $crate::slice_doors!(ReadOptions => $crate::Array);

        impl ReadOptions {
            /// Reads one array from an [`Input`](arr_core::Input) under the input's own limits, and leaves it right
            /// after the array.
            ///
            /// # Errors
            /// As [`read`](Self::read).
            pub fn read_input(&self, input: &mut $crate::Input<'_>) -> $crate::Result<$crate::Array> {
                $crate::format::doors::read_array(&self.codec, input, &self.reading)
            }

            /// Reads a slice of an array from an [`Input`](arr_core::Input) under the input's own limits, and leaves it
            /// right after the array. What has to be decoded, and a stream from the first wanted item to the last, is
            /// read whole.
            ///
            /// # Errors
            /// As [`read_part`](Self::read_part).
            pub fn read_part_input(
                &self,
                input: &mut $crate::Input<'_>,
                slice: impl std::borrow::Borrow<$crate::Slice>,
            ) -> $crate::Result<$crate::Array> {
                $crate::format::doors::read_slice(&self.codec, input, &self.reading, slice.borrow())
            }

            /// The ranges of the source that [`read_part_input`](Self::read_part_input) reads of the items of a slice: see
            /// [`Reader::ranges`](arr_core::format::Reader::ranges). The input stays where it is.
            ///
            /// # Errors
            /// As [`read_part`](Self::read_part); `Unsupported` for a stream, and where the data has to be decoded.
            pub fn part_ranges(
                &self,
                input: &$crate::Input<'_>,
                slice: impl std::borrow::Borrow<$crate::Slice>,
            ) -> $crate::Result<Vec<std::ops::Range<u64>>> {
                $crate::format::doors::slice_ranges(&self.codec, input, &self.reading, slice.borrow())
            }
        }
    };
}

/// Makes `WriteOptions` of a [`Codec`] that has a default value: all doors of writing.
#[macro_export]
macro_rules! codec_write_options {
    ($codec:ty) => {
        /// How a file is written. Unless told otherwise, it is, byte for byte, what the reference program writes for the
        /// same array.
        #[derive(Clone, Debug, Default)]
        pub struct WriteOptions {
            pub(crate) writing: $crate::format::Writing,
            pub(crate) save: $crate::SaveOptions,
            pub(crate) codec: $codec,
        }

        $crate::write_doors!(WriteOptions { order: writing.order, save: save });

        impl WriteOptions {
            /// Writes an array to an [`Output`](arr_core::format::Output).
            ///
            /// # Errors
            /// As [`save`](Self::save).
            pub fn write(
                &self,
                array: &$crate::ArrayView<'_>,
                output: &mut $crate::format::Output<'_>,
            ) -> $crate::Result<()> {
                $crate::format::doors::write_array(&self.codec, array, &self.writing, output)
            }
        }
    };
}

/// Makes the functions that read one array by name: `read`, `read_from`, `read_bytes`, `read_part`, over `ReadOptions`.
#[macro_export]
macro_rules! read_functions {
    ($item:ty) => {
        /// Reads the first of a file into memory of its own: see [`ReadOptions::read`].
        ///
        /// # Errors
        /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
        pub fn read(path: impl AsRef<std::path::Path>) -> $crate::Result<$item> {
            ReadOptions::new().read(path)
        }

        /// Reads the next one of a stream and leaves the stream right after it, so that several can be read one by one:
        /// see [`ReadOptions::read_from`].
        ///
        /// # Errors
        /// As [`read`].
        pub fn read_from(reader: &mut (impl std::io::Read + Send + ?Sized)) -> $crate::Result<$item> {
            ReadOptions::new().read_from(reader)
        }

        /// Reads the first of a file in memory into memory of its own: see [`ReadOptions::read_bytes`].
        ///
        /// # Errors
        /// As [`read`].
        pub fn read_bytes(bytes: &[u8]) -> $crate::Result<$item> {
            ReadOptions::new().read_bytes(bytes)
        }
    };
}

/// Makes the function `read_part`, over `ReadOptions`.
#[macro_export]
macro_rules! slice_functions {
    ($item:ty) => {
        /// Reads a slice of the first array of a file, and no more of the file than that takes: see
        /// [`ReadOptions::read_part`].
        ///
        /// # Errors
        /// As [`read`]; `InvalidArgument` when the slice does not fit the array.
        pub fn read_part(
            path: impl AsRef<std::path::Path>,
            slice: impl std::borrow::Borrow<$crate::Slice>,
        ) -> $crate::Result<$item> {
            ReadOptions::new().read_part(path, slice)
        }
    };
}

/// Makes the functions that look at an array in place: `view`, `view_with`, `map`, `map_of`.
#[macro_export]
macro_rules! view_functions {
    ($codec:expr) => {
        /// Views the first array of bytes in memory, without a copy. Bytes after the array are ignored.
        ///
        /// # Errors
        /// `Malformed`, `Unsupported` (the data has to be decoded) or `LimitExceeded` with the offset.
        pub fn view(bytes: &[u8]) -> $crate::Result<$crate::ArrayView<'_>> {
            view_with(bytes, &$crate::Limits::default())
        }

        /// [`view`] under a policy.
        ///
        /// # Errors
        /// As `view`.
        pub fn view_with<'a>(
            bytes: &'a [u8],
            limits: &$crate::Limits,
        ) -> $crate::Result<$crate::ArrayView<'a>> {
            let how = $crate::format::Reading::new().limits(limits.clone());
            $crate::format::doors::view_array(&$codec, bytes, &how)
        }

        /// Maps a file and gives its first array in place: it opens in microseconds whatever its size, and only the
        /// pages that are accessed are read.
        ///
        /// # Safety
        /// As for [`Mmap::open`](arr_core::Mmap::open): the file is not changed for as long as the array is there.
        ///
        /// # Errors
        /// As [`view`]; `Io` when the file can't be mapped.
        #[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
        pub unsafe fn map(path: impl AsRef<std::path::Path>) -> $crate::Result<$crate::Array<$crate::Mmap>> {
            // SAFETY: the caller promises it of the only file that is mapped.
            let mapper = unsafe { $crate::format::Mapper::new() };
            $crate::format::doors::map_array(&$codec, path.as_ref(), mapper, &$crate::format::Reading::new())
        }

        /// The first array of a mapped file.
        ///
        /// # Errors
        /// As [`view`].
        pub fn map_of(
            map: $crate::Mmap,
            limits: &$crate::Limits,
        ) -> $crate::Result<$crate::Array<$crate::Mmap>> {
            let how = $crate::format::Reading::new().limits(limits.clone());
            $crate::format::doors::view_array(&$codec, map, &how)
        }
    };
}

/// Makes the functions that write one array by name: `save`, `write_to`, `to_bytes`, over `WriteOptions`.
#[macro_export]
macro_rules! write_functions {
    () => {
        /// Saves an array as a file, whole or not at all: see [`WriteOptions::save`].
        ///
        /// # Errors
        /// `Unsupported` when the format can't hold the array, `Io` when the file can't be written.
        pub fn save<A: $crate::AsArray + ?Sized>(
            path: impl AsRef<std::path::Path>,
            array: &A,
        ) -> $crate::Result<()> {
            WriteOptions::new().save(path, array)
        }

        /// Writes an array to a stream; several may follow one another where the format can tell them apart.
        ///
        /// # Errors
        /// As [`save`].
        pub fn write_to<A: $crate::AsArray + ?Sized>(
            writer: &mut (impl std::io::Write + Send),
            array: &A,
        ) -> $crate::Result<()> {
            WriteOptions::new().write_to(writer, array)
        }

        /// The bytes of an array's file.
        ///
        /// # Errors
        /// As [`save`].
        pub fn to_bytes<A: $crate::AsArray + ?Sized>(array: &A) -> $crate::Result<Vec<u8>> {
            WriteOptions::new().to_bytes(array)
        }
    };
}
