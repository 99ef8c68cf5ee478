//! What is read: the dtype, its names, the columns, and what is missing in them, found out at the first line.

use arr_core::format::room;
use arr_core::{ByteOrder, DType, Error, RecordType, Result, SubArray, TimeUnit};

use super::convert::{Conversion, Leaf};
use super::names::{DefaultName, Validator};
use super::options::{Column, FillingValues, Key, MissingValues, Names, Wanted};
use super::split::Fields;
use super::value::Filling;
use super::{ReadOptions, python};

/// What becomes of a row.
#[derive(Debug)]
pub(super) enum Target {
    /// The dtypes are told by the fields.
    Inferred,
    /// One item for each column, all of one dtype.
    Uniform(Leaf),
    /// One item, of which each leaf is a column.
    Record {
        /// The dtype of the item.
        dtype: DType,
        /// No more than one beyond the columns.
        leaves: Vec<Leaf>,
    },
}

/// All that the first line and the options tell.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) target: Target,
    /// How many columns a row has.
    pub(super) columns: usize,
    /// Which columns are read, from the end of the row where they are negative.
    pub(super) usecols: Option<Vec<i64>>,
    pub(super) names: Option<Vec<String>>,
    pub(super) missing: Missing,
    pub(super) fillings: Fillings,
}

/// What stands for missing values.
#[derive(Debug, Default)]
pub(super) struct Missing {
    all: Vec<String>,
    each: Vec<Vec<String>>,
}

impl Missing {
    /// True when a field says that there is no value.
    pub(super) fn has(&self, column: usize, text: &str) -> bool {
        let text = python::strip(text);
        text.is_empty()
            || self.all.iter().any(|missing| missing == text)
            || self.each.get(column).is_some_and(|own| own.iter().any(|missing| missing == text))
    }
}

/// What is read in place of missing values, where that is given.
#[derive(Debug, Default)]
pub(super) struct Fillings {
    all: Option<Filling>,
    each: Vec<Option<Filling>>,
}

impl Fillings {
    pub(super) fn get(&self, column: usize) -> Option<&Filling> {
        self.each.get(column).and_then(Option::as_ref).or(self.all.as_ref())
    }
}

impl Plan {
    /// What to read of a table whose first row, or line of names, has these fields; none when there is no row.
    pub(super) fn new(options: &ReadOptions, first: Fields<'_>, limits: &arr_core::Limits) -> Result<Self> {
        let names = match &options.names {
            Some(Names::FirstLine) => {
                check_count(first.len(), limits)?;
                let mut texts = room::reserved(first.len())?;
                for text in first.iter() {
                    texts.push(python::strip(text?).to_owned());
                }
                Some(options.validator.validate(&texts, &DefaultName::default(), None)?)
            }
            Some(Names::List(texts)) => {
                Some(options.validator.validate(texts, &DefaultName::default(), None)?)
            }
            None => None,
        };
        let wanted = options.usecols.as_deref().filter(|columns| !columns.is_empty());
        let columns = wanted.map_or(first.len(), <[Column]>::len);
        let given = options.reading.dtype.clone().unwrap_or_else(DType::of::<f64>);
        let mut dtype = match options.wanted {
            Wanted::Inferred => None,
            Wanted::Given => Some(easy_dtype(given, names.as_deref(), &options.validator, &options.format)?),
        };
        let (usecols, names) = choose(wanted, first.len(), &mut dtype, names)?;
        let missing = missing(&options.missing, columns, names.as_deref(), usecols.as_deref())?;
        let fillings = fillings(&options.fillings, columns, names.as_deref(), usecols.as_deref())?;
        let (target, names) = match dtype {
            None => (Target::Inferred, names),
            Some(dtype) => {
                let dtype = match (&dtype, &names) {
                    (DType::Record(record), Some(names)) if !names.is_empty() => renamed(record, names)?,
                    _ => dtype,
                };
                (target(dtype, columns)?, None)
            }
        };
        Ok(Self { target, columns, usecols, names, missing, fillings })
    }
}

/// Checks how many fields a record is to have.
///
/// # Errors
/// `LimitExceeded`.
pub(crate) fn check_count(names: usize, limits: &arr_core::Limits) -> Result<()> {
    let most = limits.fields();
    if names > most {
        return Err(Error::limit(format!("{names} columns exceed the limit of {most} fields"))
            .with_hint(arr_core::Hint::Limit("max_fields")));
    }
    Ok(())
}

/// NumPy's `easy_dtype`: the names in the dtype.
fn easy_dtype(
    dtype: DType,
    names: Option<&[String]>,
    validator: &Validator,
    format: &DefaultName,
) -> Result<DType> {
    match (&dtype, names) {
        (DType::Record(record), Some(names)) => {
            renamed(record, &validator.validate(names, format, Some(record.fields().len()))?)
        }
        (DType::Record(record), None) => {
            let own: Vec<String> = record.fields().iter().map(|field| field.name().to_owned()).collect();
            let is_numbered = own.iter().enumerate().all(|(place, name)| *name == format!("f{place}"));
            let texts = if is_numbered && !format.is_usual() { &[][..] } else { &own };
            renamed(record, &validator.validate(texts, format, Some(own.len()))?)
        }
        (_, Some(names)) => {
            let mut builder = RecordType::builder();
            let field = if names.is_empty() { dtype } else { named_type(&dtype)? };
            for name in validator.validate(names, format, None)? {
                builder = builder.field(name, field.clone());
            }
            Ok(builder.build()?.into())
        }
        (_, None) => Ok(dtype),
    }
}

/// The dtype of every field when one dtype and names are given: NumPy takes its kind alone.
fn named_type(dtype: &DType) -> Result<DType> {
    match dtype {
        DType::Scalar(kind, _) => Ok(DType::native(*kind)),
        DType::TimeDelta(..) => Ok(DType::TimeDelta(TimeUnit::Generic, ByteOrder::NATIVE)),
        other => Err(Error::invalid(format!(
            "with names, NumPy makes fields of {other} that hold nothing: give a dtype with fields"
        ))),
    }
}

/// The same record under other names.
fn renamed(record: &RecordType, names: &[String]) -> Result<DType> {
    if record.fields().len() != names.len() {
        return Err(Error::invalid(format!(
            "there are {} names for the {} fields of the dtype",
            names.len(),
            record.fields().len()
        )));
    }
    let mut builder = RecordType::builder();
    for (field, name) in record.fields().iter().zip(names) {
        let title = field.title().map(str::to_owned);
        builder = builder.field_at(name.clone(), title, field.dtype().clone(), field.offset());
    }
    Ok(builder.itemsize(record.itemsize()).build()?.into())
}

/// A place as Python counts it, negative ones from the end.
fn place_of(index: i64, len: usize) -> Option<usize> {
    let place = if index < 0 { i64::try_from(len).ok()?.checked_add(index)? } else { index };
    usize::try_from(place).ok().filter(|place| *place < len)
}

/// The columns by number, and the names and fields of those that are read.
#[allow(clippy::type_complexity, reason = "two results of one step")]
fn choose(
    wanted: Option<&[Column]>,
    width: usize,
    dtype: &mut Option<DType>,
    names: Option<Vec<String>>,
) -> Result<(Option<Vec<i64>>, Option<Vec<String>>)> {
    let record_names = |dtype: &DType| -> Option<Vec<String>> {
        let record = dtype.as_record()?;
        Some(record.fields().iter().map(|field| field.name().to_owned()).collect())
    };
    let Some(wanted) = wanted else {
        let names = match (&dtype, names) {
            (Some(dtype), Some(_)) => record_names(dtype),
            (_, names) => names,
        };
        return Ok((None, names));
    };
    let mut usecols = room::reserved(wanted.len())?;
    for column in wanted {
        usecols.push(match column {
            Column::Index(index) if *index < 0 => {
                i64::try_from(width).ok().and_then(|width| index.checked_add(width)).unwrap_or(*index)
            }
            Column::Index(index) => *index,
            Column::Name(name) => {
                let place = names.as_deref().and_then(|names| names.iter().position(|own| own == name));
                let place = place.and_then(|place| i64::try_from(place).ok());
                place.ok_or_else(|| {
                    Error::invalid(format!("usecols: there is no column of the name '{name}'"))
                })?
            }
        });
    }
    let beyond = |index: i64| Error::invalid(format!("usecols: there is no column {index}"));
    let fields =
        dtype.as_ref().and_then(DType::as_record).filter(|record| record.fields().len() > usecols.len());
    if let Some(record) = fields {
        let mut builder = RecordType::builder();
        for index in &usecols {
            let place = place_of(*index, record.fields().len()).ok_or_else(|| beyond(*index))?;
            let field = record.fields().get(place).ok_or_else(|| beyond(*index))?;
            builder = builder.field(field.name(), field.dtype().clone());
        }
        let chosen: DType = builder.build()?.into();
        let names = record_names(&chosen);
        *dtype = Some(chosen);
        return Ok((Some(usecols), names));
    }
    let names = match names {
        Some(names) if names.len() > usecols.len() => {
            let mut own = room::reserved(usecols.len())?;
            for index in &usecols {
                let place = place_of(*index, names.len()).ok_or_else(|| beyond(*index))?;
                own.push(names.get(place).cloned().ok_or_else(|| beyond(*index))?);
            }
            Some(own)
        }
        names => names,
    };
    Ok((Some(usecols), names))
}

/// Which column a key of a dict is, counted among those that are read; none for a name that is not there.
fn column_of(
    option: &str,
    key: &Key,
    columns: usize,
    names: Option<&[String]>,
    usecols: Option<&[i64]>,
) -> Result<Option<usize>> {
    let index = match key {
        Key::All => {
            return Err(Error::invalid(format!("{option}: a value for all columns is not a part of a dict")));
        }
        Key::Index(index) => *index,
        Key::Name(name) => {
            let names = names.ok_or_else(|| {
                Error::invalid(format!("{option}: there is no name '{name}', for there are none"))
            })?;
            match names.iter().position(|own| own == name).and_then(|place| i64::try_from(place).ok()) {
                Some(place) => place,
                None => return Ok(None),
            }
        }
    };
    let among = usecols.and_then(|usecols| usecols.iter().position(|column| *column == index));
    let place = among.or_else(|| place_of(index, columns));
    place.map(Some).ok_or_else(|| Error::invalid(format!("{option}: there is no column {index}")))
}

fn missing(
    given: &MissingValues,
    columns: usize,
    names: Option<&[String]>,
    usecols: Option<&[i64]>,
) -> Result<Missing> {
    let mut missing = Missing::default();
    match given {
        MissingValues::None => {}
        MissingValues::All(texts) => missing.all.clone_from(texts),
        MissingValues::Each(lists) => missing.each = lists.iter().take(columns).cloned().collect(),
        MissingValues::By(entries) => {
            for (key, texts) in entries {
                if *key == Key::All {
                    missing.all.extend_from_slice(texts);
                    continue;
                }
                let Some(place) = column_of("missing_values", key, columns, names, usecols)? else {
                    continue;
                };
                grow(&mut missing.each, place)?.extend_from_slice(texts);
            }
        }
    }
    Ok(missing)
}

fn fillings(
    given: &FillingValues,
    columns: usize,
    names: Option<&[String]>,
    usecols: Option<&[i64]>,
) -> Result<Fillings> {
    let mut fillings = Fillings::default();
    match given {
        FillingValues::None => {}
        FillingValues::All(value) => fillings.all = Some(value.clone()),
        FillingValues::Each(values) => fillings.each = values.iter().take(columns).cloned().collect(),
        FillingValues::By(entries) => {
            for (key, value) in entries {
                let Some(place) = column_of("filling_values", key, columns, names, usecols)? else {
                    continue;
                };
                *grow(&mut fillings.each, place)? = Some(value.clone());
            }
        }
    }
    Ok(fillings)
}

/// The item at a place of a list, which grows as far.
fn grow<T: Default>(list: &mut Vec<T>, place: usize) -> Result<&mut T> {
    let more = place.saturating_add(1).saturating_sub(list.len());
    list.try_reserve(more).map_err(room::no_memory)?;
    while list.len() <= place {
        list.push(T::default());
    }
    list.get_mut(place).ok_or_else(|| Error::invalid("there is no such column"))
}

/// What becomes of rows of that many columns when the dtype is given.
fn target(dtype: DType, columns: usize) -> Result<Target> {
    if !matches!(dtype, DType::Record(_) | DType::SubArray(_)) {
        return Ok(Target::Uniform(Leaf::new(dtype, 0)?));
    }
    let mut leaves = Vec::new();
    flatten(&dtype, 0, columns.saturating_add(1), &mut leaves)?;
    if let [only] = leaves.as_mut_slice() {
        // `StringConverter` knows no dtype with fields.
        only.conversion = Conversion::Raw;
    }
    Ok(Target::Record { dtype, leaves })
}

/// NumPy's `flatten_dtype(dtype, flatten_base=True)`, but no more than `most` of it.
fn flatten(dtype: &DType, offset: usize, most: usize, leaves: &mut Vec<Leaf>) -> Result<()> {
    match dtype {
        DType::Record(record) => {
            for field in record.fields() {
                flatten(field.dtype(), offset.saturating_add(field.offset()), most, leaves)?;
            }
        }
        DType::SubArray(sub) => {
            if matches!(sub.item(), DType::Record(_)) {
                return Err(Error::unsupported("genfromtxt reads no arrays of records in records"));
            }
            let size = sub.item().itemsize();
            for place in 0..count(sub) {
                if leaves.len() >= most {
                    break;
                }
                room::push(
                    leaves,
                    Leaf::new(sub.item().clone(), offset.saturating_add(place.saturating_mul(size)))?,
                )?;
            }
        }
        other if leaves.len() < most => room::push(leaves, Leaf::new(other.clone(), offset)?)?,
        _ => {}
    }
    Ok(())
}

fn count(sub: &SubArray) -> usize {
    sub.dims().iter().fold(1usize, |product, dim| product.saturating_mul(*dim))
}
