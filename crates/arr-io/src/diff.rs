//! What two files differ in.

use arr_core::format::{BLOCK, Block, Blocks, Description, PartInfo};
use arr_core::{
    Array, ByteOrder, CompareOptions, Comparison, Contiguity, DType, Error, Order, Result, Slice, SliceItem,
};

use crate::watch::tell;
use crate::{Data, Parts, Watch, objects};

/// One of two arrays, without its values.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Side {
    /// The name of the part.
    pub label: String,
    /// What one item is.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// How the items lie.
    pub order: Contiguity,
}

/// The result for two parts, or for one without a counterpart.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Finding {
    /// Two arrays were compared.
    Arrays {
        /// The first array.
        left: Side,
        /// The second array.
        right: Side,
        /// The result of comparing their values.
        found: Comparison,
        /// The first values that differ, each an array without dimensions.
        values: Option<(Array, Array)>,
    },
    /// Two members that are not arrays were compared.
    Bytes {
        /// The first member.
        left: String,
        /// The second member.
        right: String,
        /// Whether they are equal.
        are_equal: bool,
        /// What the items of the first are, where both are arrays of objects: these were not decoded.
        objects: Option<DType>,
    },
    /// One of two parts is not an array.
    Unlike {
        /// The first part.
        left: String,
        /// The second part.
        right: String,
    },
    /// A member of the first archive that the second does not have.
    OnlyLeft(String),
    /// A member of the second archive that the first does not have.
    OnlyRight(String),
    /// The files have different numbers of arrays.
    Counts(usize, usize),
}

impl Finding {
    /// True when nothing is different: the dtypes are equal except for their byte order, and so are shapes and values.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        match self {
            Self::Arrays { found, .. } => found.equal && !found.dtype_differs,
            Self::Bytes { are_equal, .. } => *are_equal,
            _ => false,
        }
    }
}

/// What is looked at next.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
enum Next {
    Pair(PartInfo, PartInfo),
    Finding(Finding),
}

/// A file with the name by which findings and errors call it.
#[derive(Debug)]
struct Named<'n, 'a> {
    name: &'n str,
    parts: &'n mut Parts<'a>,
    count: usize,
}

impl Named<'_, '_> {
    fn next(&mut self) -> Result<Option<PartInfo>> {
        let next = self.parts.next_part();
        let next = next.map_err(|error| error.in_file(self.name))?;
        self.count += usize::from(next.is_some());
        Ok(next)
    }

    fn label(&self, part: &PartInfo) -> String {
        self.parts.label(self.name, part)
    }
}

/// Compares two files part by part: members of equal keys, or arrays of equal index.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let (a, b) = (folder.path().join("a.npy"), folder.path().join("b.npy"));
/// arr_io::save(&a, &vec![1.0, 2.0])?;
/// arr_io::save(&b, &vec![1.0, 2.5])?;
/// let (mut left, mut right) = (arr_io::parts(&a)?, arr_io::parts(&b)?);
/// let mut diff = arr_io::Diff::new(("a", &mut left), ("b", &mut right), Default::default());
/// let finding = diff.next_finding(&mut ())?.ok_or("one array each")?;
/// assert!(!finding.is_equal());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Diff<'n, 'a, 'b> {
    left: Named<'n, 'a>,
    right: Named<'n, 'b>,
    options: CompareOptions,
    /// Whether arrays of other dtypes may be equal.
    ignores_dtypes: bool,
    /// Whether members are paired by their keys; `None` before that is known.
    by_key: Option<bool>,
    has_ended: bool,
    /// True when the last pair could not be read.
    was_bad: bool,
}

impl<'n, 'a, 'b> Diff<'n, 'a, 'b> {
    /// Compares the parts that have not been listed yet.
    #[must_use]
    pub fn new(
        (left_name, left): (&'n str, &'n mut Parts<'a>),
        (right_name, right): (&'n str, &'n mut Parts<'b>),
        options: CompareOptions,
    ) -> Self {
        Self {
            left: Named { name: left_name, parts: left, count: 0 },
            right: Named { name: right_name, parts: right, count: 0 },
            options,
            ignores_dtypes: false,
            by_key: None,
            has_ended: false,
            was_bad: false,
        }
    }

    /// Sets whether arrays of different dtypes are equal where their values are.
    #[must_use]
    pub fn ignore_dtypes(mut self, ignores: bool) -> Self {
        self.ignores_dtypes = ignores;
        self
    }

    /// The next finding; `None` after the last. After an error the next pair is compared.
    ///
    /// # Errors
    /// What a format finds, naming the part; `Cancelled` when the watcher asks for it.
    pub fn next_finding(&mut self, watch: &mut dyn Watch) -> Result<Option<Finding>> {
        let by_key = match self.by_key {
            Some(by_key) => by_key,
            None => {
                // A member that was chosen, or is alone, may be compared with any array.
                let archives = self.left.parts.has_keys() && self.right.parts.has_keys();
                let by_key = archives && !(self.left.parts.is_single() && self.right.parts.is_single());
                *self.by_key.insert(by_key)
            }
        };
        if !self.has_ended {
            let pair = if by_key { self.next_by_key() } else { self.next_in_row() };
            // Parts behind one that can't be listed have no place.
            self.has_ended = !matches!(pair, Ok(Some(_)));
            let pair = match pair {
                // What is wrong with the last part keeps the next one from being found.
                Err(_) if self.was_bad => None,
                pair => pair?,
            };
            return match pair {
                Some(Next::Pair(left, right)) => {
                    let found = self.compare(&left, &right, watch);
                    self.was_bad = found.is_err();
                    found.map(Some)
                }
                Some(Next::Finding(finding)) => Ok(Some(finding)),
                None => Ok(None),
            };
        }
        Ok(None)
    }

    /// The next pair of members of one key, or one without a counterpart: those of the second file come last.
    fn next_by_key(&mut self) -> Result<Option<Next>> {
        if let Some(left) = self.left.next()? {
            let right = left.key.as_deref().and_then(|key| self.right.parts.find(key));
            return Ok(Some(match right {
                Some(right) => Next::Pair(left, right),
                None => Next::Finding(Finding::OnlyLeft(self.left.label(&left))),
            }));
        }
        while let Some(right) = self.right.next()? {
            if right.key.as_deref().and_then(|key| self.left.parts.find(key)).is_none() {
                return Ok(Some(Next::Finding(Finding::OnlyRight(self.right.label(&right)))));
            }
        }
        Ok(None)
    }

    /// The next pair of arrays of one index.
    fn next_in_row(&mut self) -> Result<Option<Next>> {
        match (self.left.next()?, self.right.next()?) {
            (Some(left), Some(right)) => return Ok(Some(Next::Pair(left, right))),
            (None, None) => return Ok(None),
            _ => {}
        }
        while self.left.next()?.is_some() {}
        while self.right.next()?.is_some() {}
        Ok(Some(Next::Finding(Finding::Counts(self.left.count, self.right.count))))
    }

    fn compare(&mut self, left: &PartInfo, right: &PartInfo, watch: &mut dyn Watch) -> Result<Finding> {
        let (a, b) = (self.left.label(left), self.right.label(right));
        let (one, two) = match (self.left.parts.data(left), self.right.parts.data(right)) {
            (Err(one), Err(two)) => {
                let objects = objects::bytes_of(self.left.parts, left);
                if let Some(((dtype, x), (_, y))) = objects.zip(objects::bytes_of(self.right.parts, right)) {
                    let (are_equal, objects) = (x[..] == y[..], Some(dtype));
                    return Ok(Finding::Bytes { left: a, right: b, are_equal, objects });
                }
                (Err(one), Err(two))
            }
            both => both,
        };
        let one = one.map_err(|error| error.in_file(&a))?;
        let two = two.map_err(|error| error.in_file(&b))?;
        let (one, two) = match (one, two) {
            (Data::Bytes(one), Data::Bytes(two)) => {
                let are_equal = one[..] == two[..];
                return Ok(Finding::Bytes { left: a, right: b, are_equal, objects: None });
            }
            (Data::Bytes(_), _) | (_, Data::Bytes(_)) => return Ok(Finding::Unlike { left: a, right: b }),
            (Data::Array(one), Data::Array(two)) => {
                let mut found = one.compare(&two, &self.options).map_err(|error| error.in_file(&a))?;
                found.dtype_differs &= !self.ignores_dtypes;
                let values = match &found.first {
                    Some(at) => Some((value(&one, at)?, value(&two, at)?)),
                    None => None,
                };
                let (left, right) = (side(a, &one), side(b, &two));
                return Ok(Finding::Arrays { left, right, found, values });
            }
            (one, two) => (side_of(a, &one), side_of(b, &two)),
        };
        let native = |dtype: &DType| dtype.with_byte_order(ByteOrder::NATIVE);
        let mut total = Comparison::default();
        total.dtype_differs = !self.ignores_dtypes && native(&one.dtype) != native(&two.dtype);
        total.shape_differs = one.shape != two.shape;
        let mut values = None;
        if !total.shape_differs {
            self.compare_blocks((left, &one), (right, &two), &mut total, &mut values, watch)?;
        }
        total.equal = !total.shape_differs && total.different == 0;
        Ok(Finding::Arrays { left: one, right: two, found: total, values })
    }

    /// Compares arrays of one shape, of which at least one is too large to be held, block by block.
    fn compare_blocks(
        &mut self,
        (left, one): (&PartInfo, &Side),
        (right, two): (&PartInfo, &Side),
        total: &mut Comparison,
        values: &mut Option<(Array, Array)>,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        // Equal numbers of items are cut in equal places.
        let widest = one.dtype.itemsize().max(two.dtype.itemsize()).max(1);
        let items = (BLOCK / widest).max(1);
        let size = |side: &Side| items.saturating_mul(side.dtype.itemsize());
        let bytes = one
            .shape
            .iter()
            .fold(one.dtype.itemsize() as u64, |bytes, dim| bytes.saturating_mul(*dim as u64));
        watch.begin("reading", self.left.name, Some(bytes));
        let of_left = |error: Error| error.in_file(&one.label);
        let of_right = |error: Error| error.in_file(&two.label);
        let order = Some(Order::C);
        let mut lefts = self.left.parts.blocks_of(left, order, size(one)).map_err(of_left)?;
        let mut rights = self.right.parts.blocks_of(right, order, size(two)).map_err(of_right)?;
        let mut done = 0;
        while let Some((block, other)) = next_pair(lefts.as_mut(), rights.as_mut(), of_left, of_right)? {
            let found = block.array.compare(&other.array, &self.options).map_err(of_left)?;
            if let (None, Some(first)) = (&total.first, &found.first) {
                *values = Some((value(&block.array, first)?, value(&other.array, first)?));
                total.first = Some(block.place.index(first));
            }
            total.items += found.items;
            total.different += found.different;
            total.signed_zeros += found.signed_zeros;
            total.not_finite += found.not_finite;
            total.max_abs = total.max_abs.max(found.max_abs);
            total.max_rel = total.max_rel.max(found.max_rel);
            done += block.array.nbytes() as u64;
            tell(watch, done)?;
        }
        watch.end();
        Ok(())
    }
}

/// The next block of either side, at one place.
fn next_pair(
    lefts: &mut dyn Blocks,
    rights: &mut dyn Blocks,
    of_left: impl Fn(Error) -> Error,
    of_right: impl Fn(Error) -> Error,
) -> Result<Option<(Block, Block)>> {
    match (lefts.next_block().map_err(&of_left)?, rights.next_block().map_err(&of_right)?) {
        (Some(left), Some(right)) if left.array.shape() == right.array.shape() => Ok(Some((left, right))),
        (None, None) => Ok(None),
        _ => Err(of_right(Error::mismatch("the array is not cut as the other one is"))),
    }
}

fn side(label: String, array: &Array) -> Side {
    Side { label, dtype: array.dtype().clone(), shape: array.shape().to_vec(), order: array.order() }
}

fn side_of(label: String, data: &Data) -> Side {
    match data {
        Data::Large(Description { dtype, shape, order, .. }) => {
            Side { label, dtype: dtype.clone(), shape: shape.clone(), order: *order }
        }
        Data::Array(array) => side(label, array),
        Data::Bytes(bytes) => {
            Side { label, dtype: DType::Void(1), shape: vec![bytes.len()], order: Contiguity::C }
        }
    }
}

/// One value, as an array without dimensions.
fn value(array: &Array, index: &[usize]) -> Result<Array> {
    let index: Vec<SliceItem> = index.iter().map(|at| SliceItem::from(*at)).collect();
    array.slice(Slice::from(index))?.to_contiguous(Order::C)
}
