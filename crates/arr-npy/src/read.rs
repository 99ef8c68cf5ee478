//! Reading, viewing and mapping.

mod records;

pub use self::records::{read_records, read_records_from};

use std::path::Path;

use arr_core::format::Reading;
use arr_core::format::doors::read_array;
use arr_core::format::{Budget, Swap, in_file};
use arr_core::{
    Array, ArrayView, ArrayViewMut, Buffer, BufferMut, Element, Error, Input, Layout, Limits, Mmap, Result,
    Storage,
};

use crate::format::Npy;
use crate::header::fast::{self, Common};
use crate::header::{Header, parse_header, read_header_as};
use crate::transpose;

/// How a `.npy` is read. By default, an array keeps the byte order and the item order that it has in the file.
///
/// ```
/// # let bytes = arr_npy::to_bytes(&vec![1.5f32, 2.5])?;
/// use arr_npy::ReadOptions;
/// let array = ReadOptions::new().native().read_bytes(&bytes)?;
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub(crate) reading: Reading,
}

arr_core::read_doors!(ReadOptions => Array, but read_bytes);
arr_core::slice_doors!(ReadOptions => Array);

impl ReadOptions {
    /// Reads the first array of a file in memory into memory of its own; [`view`] borrows instead.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        let Reading { limits, byte_order, order, dtype, .. } = &self.reading;
        if order.is_none() && byte_order.is_none() && dtype.is_none() {
            if let Some((common, data)) = common_data(bytes, limits) {
                if data.len() as u64 <= limits.bytes() {
                    let data = BufferMut::copy_of(data)?.freeze();
                    return Array::contiguous(common.dtype(), common.shape()?, common.order(), data);
                }
            }
        }
        self.read_input(&mut Input::from_bytes(bytes).with_limits(limits))
    }

    /// Reads one array from an [`Input`] under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        read_array(&Npy, input, &self.reading)
    }

    /// Reads a file as an `ndarray` array of its own, in the machine's byte order: straight into its vector.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// # arr_npy::save(&path, &ndarray::array![[1.5f32, 2.0], [3.0, 4.0]])?;
    /// use arr_core::{Limits, Order};
    /// use arr_npy::ReadOptions;
    /// let options = ReadOptions::new().order(Order::F).limits(Limits::default().max_bytes(1 << 30));
    /// let array: ndarray::Array2<f32> = options.read_typed(&path)?;
    /// assert_eq!((array[[0, 0]], array.strides()), (1.5, &[1, 2][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read); `Mismatch` when the dtype is not `T` (in whichever byte order), some bits are no
    /// `T`, or the rank is not that of `D`.
    #[cfg(feature = "ndarray")]
    pub fn read_typed<T: Element, D: ndarray::Dimension>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<ndarray::Array<T, D>> {
        let path = path.as_ref();
        let mut input = Input::open(path)?.with_limits(&self.reading.limits);
        let header = in_file(path, read_header_of(&mut input))?;
        let position = input.position();
        let read = self.read_typed_data(&header, &mut input);
        in_file(path, read.map_err(|error| error.in_format("npy").at(position)))
    }

    #[cfg(feature = "ndarray")]
    fn read_typed_data<T: Element, D: ndarray::Dimension>(
        &self,
        header: &Header,
        input: &mut Input<'_>,
    ) -> Result<ndarray::Array<T, D>> {
        use ndarray::ShapeBuilder as _;
        let byte_order = header.dtype().check_kind::<T>()?;
        let rank = header.shape().len();
        if D::NDIM.is_some_and(|wanted| wanted != rank) {
            return Err(Error::mismatch(format!("the rank differs: the array has {rank} dimensions")));
        }
        if self.reading.order.is_some_and(|order| order != header.order() && header.order_matters()) {
            return read_data(header, input, &self.reading.clone().native())?.to_typed();
        }
        let values: Vec<T> = input.read_vec(header.shape().iter().product(), byte_order, "data")?;
        let shape = ndarray::IxDyn(header.shape()).set_f(header.order() == arr_core::Order::F);
        let array = ndarray::ArrayD::from_shape_vec(shape, values);
        let differs = |_| Error::mismatch(format!("no array has the shape {:?}", header.shape()));
        array.map_err(differs)?.into_dimensionality().map_err(differs)
    }
}

/// Reads the data after a header.
pub(crate) fn read_data(header: &Header, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    let position = input.position();
    check_items(header, input.budget(), position)?;
    let dtype = header.dtype();
    let swap = how.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
    let order = how.order.filter(|order| *order != header.order() && header.order_matters());
    if let Some(order) = order {
        return transpose::read_transposed(input, header, order, how.byte_order, false);
    }
    let read_as = how.byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
    let bytes = read_swapped(input, header.data_len(), dtype.itemsize(), &swap)?;
    Array::contiguous(read_as, header.shape(), header.order(), bytes.freeze())
}

/// Reads data and swaps it piece by piece while it is in the cache.
pub(crate) fn read_swapped(
    input: &mut Input<'_>,
    len: u64,
    itemsize: usize,
    swap: &Swap,
) -> Result<BufferMut> {
    let read = match swap {
        Swap::Nothing => input.read_buffer(len, "data"),
        swap => input.read_buffer_with(len, "data", itemsize, |piece| swap.apply(piece)),
    };
    read.map_err(|error| error.in_format("npy"))
}

/// Reads a header from an input, counting offsets from the input's start.
pub(crate) fn read_header_of(input: &mut Input<'_>) -> Result<Header> {
    read_header_leniently(input, false)
}

/// [`read_header_of`], of one that NumPy refuses too where that is `lenient`.
pub(crate) fn read_header_leniently(input: &mut Input<'_>, lenient: bool) -> Result<Header> {
    let start = input.position();
    let limits = input.budget().limits().clone();
    read_header_as(input, &limits, lenient).map_err(|error| error.nested(start).in_format("npy"))
}

/// Refuses items that are not in the file as bytes.
pub(crate) fn check_bytes(header: &Header, data_offset: u64) -> Result<()> {
    let dtype = header.dtype();
    if !dtype.has_references() {
        return Ok(());
    }
    let message = format!("the array has object items ({dtype}): object arrays (pickles) are not decoded");
    Err(Error::unsupported(message).in_format("npy").at(data_offset))
}

/// Refuses items that are not in the file as bytes, and too many that have none.
pub(crate) fn check_items(header: &Header, budget: &mut Budget, data_offset: u64) -> Result<()> {
    check_bytes(header, data_offset)?;
    let dtype = header.dtype();
    if dtype.itemsize() == 0 {
        let items: usize = header.shape().iter().product();
        budget.charge_items(items as u64).map_err(|error| error.in_format("npy").at(data_offset))?;
    }
    Ok(())
}

/// The data of a file as everybody writes it: numbers, which take bytes and have no references.
#[inline(always)]
fn common_data<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(Common, &'a [u8])> {
    let common = fast::parse(bytes, limits)?;
    let data = bytes.get(common.offset..)?.get(..common.len)?;
    Some((common, data))
}

/// The data after the header of a file in memory.
pub(crate) fn data_of<'a>(bytes: &'a [u8], header: &Header, limits: &Limits) -> Result<&'a [u8]> {
    let offset = header.data_offset();
    check_items(header, &mut limits.budget(), offset)?;
    let range = usize::try_from(offset).ok().zip(usize::try_from(header.data_len()).ok());
    let data = range.and_then(|(start, len)| bytes.get(start..start.checked_add(len)?));
    data.ok_or_else(|| cut_short(header, (bytes.len() as u64).saturating_sub(offset), offset))
}

/// Checks that an input has all of the data, where it tells.
pub(crate) fn check_length(header: &Header, input: &Input<'_>) -> Result<()> {
    match input.remaining().filter(|left| *left < header.data_len()) {
        Some(left) => Err(cut_short(header, left, input.position())),
        None => Ok(()),
    }
}

#[cold]
fn cut_short(header: &Header, found: u64, data_offset: u64) -> Error {
    Error::malformed(format!(
        "the input ends inside the data: expected {} bytes, found {found}",
        header.data_len()
    ))
    .in_format("npy")
    .at(data_offset)
}

arr_core::read_functions!(Array);

/// Views the first array of a `.npy` file in memory, without a copy. Bytes after the array are ignored.
///
/// ```
/// let bytes = arr_npy::to_bytes(&vec![1u16, 2, 3])?;
/// let array = arr_npy::view(&bytes)?;
/// assert_eq!(array.shape(), [3]);
/// assert_eq!(array.to_vec::<u16>()?, [1, 2, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under a policy.
///
/// # Errors
/// As `view`.
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ArrayView<'a>> {
    if let Some((common, data)) = common_data(bytes, limits) {
        return Array::contiguous(common.dtype(), common.shape()?, common.order(), data);
    }
    let header = parse_header(bytes, limits)?;
    let data = data_of(bytes, &header, limits)?;
    let (dtype, shape, order) = header.into_parts();
    Array::contiguous(dtype, &shape, order, data)
}

/// Views the first array of a `.npy` file in memory, without a copy, to be changed in place.
///
/// ```
/// let mut bytes = arr_npy::to_bytes(&vec![1u16, 2, 3])?;
/// arr_npy::view_mut(&mut bytes)?.typed_mut::<u16>()?[1] = 7;
/// assert_eq!(arr_npy::view(&bytes)?.to_vec::<u16>()?, [1, 7, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`view`].
pub fn view_mut(bytes: &mut [u8]) -> Result<ArrayViewMut<'_>> {
    of_whole_file(bytes, &Limits::default())
}

/// Maps a `.npy` file and gives its first array in place (NumPy's `mmap_mode='r'`): it opens in microseconds
/// whatever its size, and only the pages that are accessed are read.
///
/// # Safety
/// As for [`Mmap::open`]: the file is not changed for as long as the array is there.
///
/// # Errors
/// As [`read`].
#[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
pub unsafe fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    let path = path.as_ref();
    // SAFETY: the caller promises it of the file.
    let map = unsafe { Mmap::open(path) }?;
    in_file(path, map_of(map, &Limits::default()))
}

/// The first array of a mapped file.
///
/// # Errors
/// As [`view`].
pub fn map_of(map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
    of_whole_file(map, limits)
}

/// The first array of a file, over the bytes of the whole file.
pub(crate) fn of_whole_file<S: Storage>(storage: S, limits: &Limits) -> Result<Array<S>> {
    let header = parse_header(storage.bytes(), limits)?;
    data_of(storage.bytes(), &header, limits)?;
    in_place(&header, storage, 0)
}

/// The array that a header describes, over the bytes of the whole file in which it begins at byte `start`.
pub(crate) fn in_place<S: Storage>(header: &Header, storage: S, start: u64) -> Result<Array<S>> {
    let relative = Layout::contiguous(header.shape(), header.dtype().itemsize(), header.order())?;
    let offset = usize::try_from(start.saturating_add(header.data_offset())).unwrap_or(usize::MAX);
    let layout = Layout::new(relative.shape(), relative.strides(), offset)?;
    Array::new(header.dtype().clone(), layout, storage)
}

/// The first array of a file in a [`Buffer`], which it shares.
///
/// # Errors
/// As [`view`].
pub fn read_buffer(buffer: Buffer) -> Result<Array> {
    of_whole_file(buffer, &Limits::default())
}

/// Reads the header of a file: what the array is, without its data.
///
/// # Errors
/// As [`read`].
pub fn read_file_header(path: impl AsRef<Path>) -> Result<Header> {
    let path = path.as_ref();
    in_file(path, read_header_of(&mut Input::open(path)?))
}

/// Reads an array of `T` into memory that the caller has already: the fastest way to read, since no page is new.
/// The array must have just as many items; it is laid out as in the file, in the machine's byte order.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// # arr_npy::save(&path, &vec![1i32, 2, 3])?;
/// let mut values = [0i32; 3];
/// let header = arr_npy::read_into(&path, &mut values)?;
/// assert_eq!((header.shape(), values), (&[3][..], [1, 2, 3]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`]; `Mismatch` when the dtype is not `T` (in whichever byte order) or the number of items differs.
pub fn read_into<T: Element>(path: impl AsRef<Path>, values: &mut [T]) -> Result<Header> {
    let path = path.as_ref();
    in_file(path, read_all_into(&mut Input::open(path)?, values))
}

fn read_all_into<T: Element>(input: &mut Input<'_>, values: &mut [T]) -> Result<Header> {
    let header = read_header_of(input)?;
    let items: usize = header.shape().iter().product();
    if items != values.len() {
        return Err(Error::mismatch(format!(
            "the array has {items} items, there is room for {}",
            values.len()
        )));
    }
    let byte_order = header.dtype().check_kind::<T>().map_err(|error| error.in_format("npy"))?;
    input.read_elements(values, byte_order, "data").map_err(|error| error.in_format("npy"))?;
    Ok(header)
}

/// Reads a file as an `ndarray` array of its own, in the machine's byte order.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// # arr_npy::save(&path, &ndarray::array![[1i64, 2], [3, 4]])?;
/// let array: ndarray::Array2<i64> = arr_npy::read_typed(&path)?;
/// assert_eq!(array.sum(), 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`]; `Mismatch` when the dtype is not `T` (in whichever byte order), some bits are not a valid `T`, or the
/// rank is not that of `D`.
#[cfg(feature = "ndarray")]
pub fn read_typed<T: Element, D: ndarray::Dimension>(path: impl AsRef<Path>) -> Result<ndarray::Array<T, D>> {
    ReadOptions::new().read_typed(path)
}

/// Reads the pickle of an array of objects as it is in the file, with its header. Nothing is executed and
/// nothing is decoded; the pickle reaches to the end of the input.
///
/// # Errors
/// As [`read`]; `Mismatch` when the items are not objects.
pub fn read_object_pickle(input: &mut Input<'_>) -> Result<(Header, Vec<u8>)> {
    let header = read_header_of(input)?;
    if !header.dtype().has_references() {
        let message = format!("the array has no object items but {}", header.dtype());
        return Err(Error::mismatch(message).in_format("npy").at(input.position()));
    }
    let pickle = input.read_to_end().map_err(|error| error.in_format("npy"))?;
    Ok((header, pickle))
}
