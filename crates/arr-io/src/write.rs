//! Saving and converting.

use std::path::Path;

use arr_core::format::{ArchiveWriter, FormatInfo, MemberInfo};
use arr_core::{
    Array, AsArray, ByteOrder, Contiguity, DType, Error, Input, Limits, Order, Result, SaveOptions, Scalar,
};

use crate::{AnyFormat, Contents, OpenOptions, Part, Place, Registry};

/// Saves an array, in the format that the file's extension names, whole or not at all; in an archive it is `arr_0`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("out.npy");
/// arr_io::save(&path, &ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]))?;
/// let back: ndarray::Array2<f64> = arr_io::open(&path)?.to_typed()?;
/// assert_eq!(back[[1, 0]], 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the extension names no format, `Unsupported` when the format can't hold the array, `Io`.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<Path>, array: &A) -> Result<()> {
    let path = path.as_ref();
    match Registry::shared().by_extension(path)? {
        AnyFormat::Array(format) => {
            array.with_view(|view| SaveOptions::new().save(path, |output| format.write(view, output)))
        }
        // What an array without a name is called by NumPy.
        AnyFormat::Archive(format) => array.with_view(|view| {
            let mut writer = format.create(path, SaveOptions::new())?;
            let name = writer.name_of("arr_0");
            writer.add(&name, view, 0)?;
            writer.finish()
        }),
    }
}

/// Reads one file and writes another, in the formats that content and extension name. From archive to archive every
/// member goes, packed as it was; into another format goes the only array.
///
/// # Errors
/// As [`open`](crate::open) and [`save`].
pub fn convert(input: impl AsRef<Path>, output: impl AsRef<Path>) -> Result<()> {
    let (input, output) = (input.as_ref(), output.as_ref());
    let AnyFormat::Archive(format) = Registry::shared().by_extension(output)? else {
        return save(output, &OpenOptions::new().open(input)?);
    };
    let contents = OpenOptions::new().contents(&mut Input::open(input)?, Some(input))?;
    contents.check_total()?;
    let mut writer = format.create(output, SaveOptions::new())?;
    for part in 0..contents.len() {
        let name = member_name(&contents, part, input, format.info(), writer.as_ref());
        let level = contents.member(part).map_or(0, usual_level);
        match contents.read(part)? {
            Part::Array(array) => writer.add(&name, &array.view(), level)?,
            Part::Bytes(bytes) => writer.add_bytes(&name, &bytes, level)?,
        }
    }
    writer.finish()
}

/// Adds arrays to an archive that exists, without reading or writing the others: all of them or none. Members of these
/// names are replaced, if they may be.
///
/// # Errors
/// `InvalidArgument` when a member exists and is not to be replaced; `Unsupported` when the format of the file can't be
/// added to; `Io` when it can't be written. Then it is as it was.
pub fn add_members(
    path: impl AsRef<Path>,
    members: &[(String, Array)],
    level: u8,
    replace: bool,
    limits: &Limits,
) -> Result<()> {
    let path = path.as_ref();
    let mut input = Input::open(path)?;
    match Registry::shared().detect(&mut input, Some(path))? {
        AnyFormat::Archive(format) => format.add(path, members, level, replace, limits),
        AnyFormat::Array(format) => {
            Err(Error::unsupported("it is no archive of named members").in_format(format.info().name))
        }
    }
}

/// What the member of a part is called in another archive: as it is in one of the same format, or else for its key or,
/// where it has none, for [`part_key`].
#[must_use]
pub fn member_name(
    contents: &Contents,
    part: usize,
    path: &Path,
    format: &FormatInfo,
    writer: &dyn ArchiveWriter,
) -> String {
    match contents.member(part) {
        Some(member) if contents.format().name == format.name => member.name.clone(),
        _ => writer.name_of(&part_key(contents, part, path)),
    }
}

/// By what a part is asked for in another archive: as it was, or else by the name of its file, with its number where the
/// file has several: those of `x.nd4j` are `x_0`, `x_1`, and those of no file, as in NumPy, `arr_0`, `arr_1`.
#[must_use]
pub fn part_key(contents: &Contents, part: usize, path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match (contents.key(part), stem) {
        (Some(key), _) => key.to_owned(),
        (None, Some(stem)) if contents.len() == 1 => stem,
        (None, stem) => format!("{}_{part}", stem.as_deref().unwrap_or("arr")),
    }
}

/// The level by which a member is packed when nobody says: as it was, stored or by the usual level.
#[must_use]
pub fn usual_level(member: &MemberInfo) -> u8 {
    if member.packing == "stored" { 0 } else { 6 }
}

/// What an array is turned into before it is written. Nothing changes unless asked for.
#[derive(Clone, Debug, Default)]
pub struct Conversion {
    dtype: Option<DType>,
    order: Option<Order>,
    byte_order: Option<ByteOrder>,
}

impl Conversion {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Casts to a dtype; a value that does not fit is an error. Strings without a length, `U` and `S`, are as long as
    /// they have to be.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Lays the items out in C or Fortran order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Brings the numbers into a byte order.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.byte_order = Some(byte_order);
        self
    }

    /// The order in which items are laid out, where that was asked for.
    #[must_use]
    pub fn wanted_order(&self) -> Option<Order> {
        self.order
    }

    /// The dtype that an array of `dtype` gets.
    #[must_use]
    pub fn dtype_of(&self, dtype: &DType) -> DType {
        let cast = self.dtype.as_ref().map_or_else(|| dtype.clone(), |cast| cast.as_long_as(dtype));
        self.byte_order.map_or_else(|| cast.clone(), |order| cast.with_byte_order(order))
    }

    /// [`apply`](Self::apply) to a piece of a larger array, whose place errors name. Its order stays.
    ///
    /// # Errors
    /// As `apply`.
    pub fn apply_to_piece(&self, piece: Array, place: &Place) -> Result<Array> {
        let piece = self.with_its_name(piece)?;
        let piece = match &self.dtype {
            Some(dtype) if dtype != piece.dtype() => {
                piece.cast_checked_in(dtype, |inner| place.index(inner))?
            }
            _ => piece,
        };
        match self.byte_order.filter(|order| !piece.dtype().is_in_order(*order)) {
            Some(byte_order) => piece.to_byte_order(byte_order),
            None => Ok(piece),
        }
    }

    /// Applies it.
    ///
    /// # Errors
    /// `Mismatch` when a value does not fit the dtype, naming it and its index; `Unsupported` when there is no cast
    /// between the dtypes.
    pub fn apply(&self, array: Array) -> Result<Array> {
        let array = self.with_its_name(array)?;
        let array = match &self.dtype {
            Some(dtype) if dtype != array.dtype() => array.cast_checked(dtype)?,
            _ => array,
        };
        let byte_order = self.byte_order.filter(|order| !array.dtype().is_in_order(*order));
        let order = self.order.filter(|order| !is_in(&array, *order));
        match (order, byte_order) {
            (None, None) => Ok(array),
            (Some(order), None) => array.to_contiguous(order),
            (None, Some(byte_order)) => array.to_byte_order(byte_order),
            (Some(order), Some(byte_order)) => array.to_contiguous_in(order, byte_order),
        }
    }
}

impl Conversion {
    /// A `.npy` has no name for bfloat16 and holds two opaque bytes, the low one first: who asks for bfloat16 gives them
    /// their name.
    fn with_its_name(&self, array: Array) -> Result<Array> {
        match (array.dtype(), &self.dtype) {
            (DType::Void(2), Some(DType::Scalar(Scalar::BF16, _))) => {
                array.with_dtype(DType::scalar(Scalar::BF16, ByteOrder::Little))
            }
            _ => Ok(array),
        }
    }
}

fn is_in(array: &Array, order: Order) -> bool {
    let layout = array.layout();
    match order {
        Order::C => array.order() == Contiguity::C,
        Order::F => layout.is_f_contiguous(array.itemsize()),
    }
}

/// The format to write a file in: the named one, or the one of the file's extension.
///
/// # Errors
/// `InvalidArgument` when there is none, `Unsupported` when it is not written.
pub fn format_for_writing<'r>(
    registry: &'r Registry,
    name: Option<&str>,
    path: &Path,
) -> Result<AnyFormat<'r>> {
    let format = match name {
        Some(name) => registry.by_name(name)?,
        None => registry.by_extension(path)?,
    };
    if !format.info().capabilities.write {
        return Err(Error::unsupported(format!("the format {} is not written", format.info().name)));
    }
    Ok(format)
}
