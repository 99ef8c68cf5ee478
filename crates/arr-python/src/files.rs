//! Files of every format: what the `arr` command does, as functions.

use arr_io::format::{Content, Description, PartInfo};
use arr_io::stats::{Number, Quantity, Stats};
use arr_io::{
    Append, Array, CompareOptions, Conversion, Diff, Error, ErrorKind, Finding, Origin, Parts, Registry,
    Tolerance,
};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::array::PyArray;
use crate::error::raised;
use crate::graph::{Unknown, to_python};
use crate::memory::{self, Lent};
use crate::settings::Settings;
use crate::source::path_of;
use crate::{dtype, npy};

fn settings(py: Python<'_>, arguments: Option<&Bound<'_, PyDict>>) -> PyResult<Settings> {
    Settings::of(arguments.unwrap_or(&PyDict::new(py)))
}

fn text_of(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What a file has in it.
enum Opened {
    Array(Array),
    Several(Vec<Array>),
    Members,
    Objects(arr_io::Graph),
}

/// Reads what is in a file, or maps its arrays where that can be.
fn opened(parts: &mut Parts<'_>, map: bool) -> arr_io::Result<Opened> {
    use arr_io::format::Holds;
    match parts.format().holds {
        Holds::Graph if !parts.is_named() => {
            let graph = parts.graph(&mut |_, error| Err(error))?;
            let graph = graph.with_arrays(&mut |info| parts.read(info)?.into_array())?;
            return Ok(Opened::Objects(graph));
        }
        Holds::Members if !parts.is_named() => return Ok(Opened::Members),
        _ => {}
    }
    let mut arrays = Vec::new();
    while let Some(part) = parts.next_part()? {
        arrays.push(array_of(parts, &part, map)?);
    }
    match arrays.pop() {
        Some(only) if arrays.is_empty() => Ok(Opened::Array(only)),
        Some(last) => {
            arrays.push(last);
            Ok(Opened::Several(arrays))
        }
        None => Ok(Opened::Several(arrays)),
    }
}

fn array_of(parts: &mut Parts<'_>, part: &PartInfo, map: bool) -> arr_io::Result<Array> {
    if map {
        match memory::map(parts, part) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            mapped => return mapped,
        }
    }
    parts.read(part)?.into_array()
}

/// Opens a file of any format: an array, a list of several, objects, or `NotImplemented` for an archive, whose members are
/// read one by one.
#[pyfunction]
#[pyo3(signature = (path, map=false, **arguments))]
pub fn open_file<'py>(
    path: &Bound<'py, PyAny>,
    map: bool,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let opened = py.detach(|| opened(&mut open.parts(&path)?, map));
    let opened = opened.map_err(|error| raised(error.in_file(&text_of(&path))))?;
    Ok(match opened {
        Opened::Array(array) => Bound::new(py, PyArray::new(array))?.into_any(),
        Opened::Several(arrays) => PyList::new(py, arrays.into_iter().map(PyArray::new))?.into_any(),
        Opened::Members => py.NotImplemented().into_bound(py),
        Opened::Objects(graph) => to_python(py, &graph, Unknown::Told)?,
    })
}

/// The parts of an archive that count, each with the key by which it is found.
fn keys_of(parts: &mut Parts<'_>) -> arr_io::Result<Vec<PartInfo>> {
    let mut found = Vec::new();
    while let Some(part) = parts.next_part()? {
        if part.counts() {
            found.push(part);
        }
    }
    Ok(found)
}

/// The keys of the members of an archive.
#[pyfunction]
#[pyo3(signature = (path, **arguments))]
pub fn member_keys<'py>(
    path: &Bound<'py, PyAny>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Vec<String>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let keys = py.detach(|| {
        let parts = keys_of(&mut open.parts(&path)?)?;
        Ok(parts.into_iter().filter_map(|part| part.key).collect())
    });
    keys.map_err(|error: Error| raised(error.in_file(&text_of(&path))))
}

/// A member of an archive: an array, or the bytes of what is none.
#[pyfunction]
#[pyo3(signature = (path, key, map=false, **arguments))]
pub fn read_member<'py>(
    path: &Bound<'py, PyAny>,
    key: &str,
    map: bool,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let read = py.detach(|| {
        let mut parts = open.parts(&path)?;
        let Some(part) = keys_of(&mut parts)?.into_iter().find(|part| part.key.as_deref() == Some(key))
        else {
            return Ok(None);
        };
        match parts.describe(&part)? {
            Content::Array(_) => Ok(Some(Ok(array_of(&mut parts, &part, map)?))),
            _ => Ok(Some(Err(parts.read_bytes(&part)?))),
        }
    });
    match read.map_err(|error: Error| raised(error.in_file(&text_of(&path))))? {
        Some(Ok(array)) => Ok(Bound::new(py, PyArray::new(array))?.into_any()),
        Some(Err(bytes)) => Ok(PyBytes::new(py, &bytes).into_any()),
        None => Err(PyKeyError::new_err(key.to_owned())),
    }
}

fn described<'py>(py: Python<'py>, what: &Description) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("dtype", what.dtype.to_string())?;
    entry.set_item("shape", pyo3::types::PyTuple::new(py, &what.shape)?)?;
    entry.set_item("order", what.order.to_string())?;
    entry.set_item("offset", what.data_offset)?;
    entry.set_item("bytes", what.data_len)?;
    entry.set_item("version", what.version.as_deref())?;
    entry.set_item("is_packed", what.is_packed)?;
    Ok(entry)
}

/// What is in a file, without its data.
#[pyfunction]
#[pyo3(signature = (path, **arguments))]
pub fn info<'py>(
    path: &Bound<'py, PyAny>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let found = py.detach(|| open.info(&path)).map_err(|error| raised(error.in_file(&text_of(&path))))?;
    let entry = PyDict::new(py);
    entry.set_item("format", found.format.name)?;
    entry.set_item("bytes", found.len)?;
    entry.set_item("compression", found.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>())?;
    entry.set_item("trailing", found.trailing)?;
    let arrays = found.arrays.iter().map(|what| described(py, what)).collect::<PyResult<Vec<_>>>()?;
    entry.set_item("arrays", arrays)?;
    let members = PyDict::new(py);
    for member in &found.members {
        let array = member.array.as_ref().map(|what| described(py, what)).transpose()?;
        members.set_item(&member.key, array)?;
    }
    entry.set_item("members", members)?;
    Ok(entry)
}

/// The faults of a file, as texts.
#[pyfunction]
#[pyo3(signature = (path, **arguments))]
pub fn check<'py>(path: &Bound<'py, PyAny>, arguments: Option<&Bound<'py, PyDict>>) -> PyResult<Vec<String>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let faults = py.detach(|| open.check(&path, &mut ()));
    let faults = faults.map_err(|error| raised(error.in_file(&text_of(&path))))?;
    Ok(faults.iter().map(ToString::to_string).collect())
}

fn number<'py>(py: Python<'py>, number: Option<Number>) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(match number {
        Some(Number::Integer(value)) => Some(value.into_pyobject(py)?.into_any()),
        Some(Number::Float(value)) => Some(value.into_pyobject(py)?.into_any()),
        None => None,
    })
}

fn told<'py>(py: Python<'py>, stats: &Stats) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    let quantity = match stats.quantity {
        Quantity::Values => "values".to_owned(),
        Quantity::Magnitudes => "magnitudes".to_owned(),
        Quantity::Ticks(unit) => format!("ticks{unit}"),
    };
    entry.set_item("quantity", quantity)?;
    entry.set_item("count", stats.count)?;
    entry.set_item("nan", stats.nan)?;
    entry.set_item("positive_infinities", stats.positive_infinities)?;
    entry.set_item("negative_infinities", stats.negative_infinities)?;
    entry.set_item("zeros", stats.zeros)?;
    entry.set_item("min", number(py, stats.min)?)?;
    entry.set_item("max", number(py, stats.max)?)?;
    entry.set_item("mean", stats.mean)?;
    entry.set_item("std", stats.std)?;
    let histogram = stats.histogram.as_ref();
    entry.set_item("histogram", histogram.map(|found| (found.counts.clone(), found.edges.clone())))?;
    Ok(entry)
}

/// Statistics of each array of a file, and of each field of records: key, field and numbers, or `None` where there are none.
#[pyfunction]
#[pyo3(signature = (path, **arguments))]
pub fn stats<'py>(
    path: &Bound<'py, PyAny>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyList>> {
    let py = path.py();
    let path = path_of(path)?;
    let open = settings(py, arguments)?.open();
    let found = py.detach(|| {
        let mut parts = open.parts(&path)?;
        let mut found = Vec::new();
        while let Some(part) = parts.next_part()? {
            for field in parts.stats(&part, &mut ())? {
                found.push((part.key.clone(), field.field, field.stats.ok()));
            }
        }
        Ok(found)
    });
    let list = PyList::empty(py);
    for (key, field, stats) in found.map_err(|error: Error| raised(error.in_file(&text_of(&path))))? {
        let stats = stats.as_ref().map(|stats| told(py, stats)).transpose()?;
        list.append((key, field, stats))?;
    }
    Ok(list)
}

/// Converts a file into another, or into a folder.
#[pyfunction]
#[pyo3(signature = (path, target, reading, **arguments))]
pub fn convert<'py>(
    path: &Bound<'py, PyAny>,
    target: &Bound<'py, PyAny>,
    reading: &Bound<'py, PyDict>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<()> {
    let py = path.py();
    let (path, target) = (path_of(path)?, path_of(target)?);
    let open = Settings::of(reading)?.open();
    let conversion = settings(py, arguments)?.conversion();
    py.detach(|| conversion.convert_with(&open, &path, &target)).map_err(raised)
}

/// Saves an array in the format that the name of the file says, or that is named.
#[pyfunction]
#[pyo3(signature = (path, array, **arguments))]
pub fn save_as<'py>(
    path: &Bound<'py, PyAny>,
    array: &Bound<'py, PyUntypedArray>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<()> {
    let py = path.py();
    let path = path_of(path)?;
    let conversion = settings(py, arguments)?.conversion().replace(true);
    let lent = Lent::of(array)?;
    let view = lent.view(dtype::from_numpy(&array.dtype())?)?;
    let save = || {
        let bytes = arr_io::npy::to_bytes(&view)?;
        let parts = npy::parts_of(&bytes)?;
        let stem = arr_io::stem_of(&path);
        let origin = Origin { name: "the array".into(), stem, member: None, key: None, parts };
        let target = conversion.target(arr_io::Destination::Path(path.clone()), Registry::shared())?;
        conversion.run(vec![origin], target, &mut ())
    };
    py.detach(save).map_err(raised)
}

/// Adds rows of an array to a file, or members to an archive.
#[pyfunction]
#[pyo3(signature = (path, arrays, **arguments))]
pub fn append<'py>(
    path: &Bound<'py, PyAny>,
    arrays: Vec<(Option<String>, Bound<'py, PyUntypedArray>)>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<()> {
    let py = path.py();
    let path = path_of(path)?;
    let settings = settings(py, arguments)?;
    let mut lent = Vec::new();
    for (key, array) in &arrays {
        lent.push((key.clone(), Lent::of(array)?, dtype::from_numpy(&array.dtype())?));
    }
    let mut views = Vec::new();
    for (key, lent, dtype) in &lent {
        views.push((key.as_deref(), lent.view(dtype.clone())?));
    }
    let add = || {
        let name = text_of(&path);
        let mut contents = Vec::new();
        for (key, view) in &views {
            contents.push((key, arr_io::npy::to_bytes(view)?));
        }
        let mut origins = Vec::new();
        for (key, bytes) in &contents {
            let parts = npy::parts_of(bytes)?;
            let key = key.map(str::to_owned);
            origins.push(Origin { name: "the array".into(), stem: key.clone(), member: None, key, parts });
        }
        let open = settings.open();
        Append::open(&path, &open, &settings.writing())?.run(origins, &name, &mut ())
    };
    py.detach(add).map_err(raised)
}

/// The name of what was lost, where that is known, and why.
type Lost = (Option<String>, String);

/// Writes what is whole of a damaged file. Returns how many were kept, and names and reasons of those that were lost.
#[pyfunction]
#[pyo3(signature = (path, target, **arguments))]
pub fn repair<'py>(
    path: &Bound<'py, PyAny>,
    target: &Bound<'py, PyAny>,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<(usize, Vec<Lost>)> {
    let py = path.py();
    let (path, target) = (path_of(path)?, path_of(target)?);
    let settings = settings(py, arguments)?;
    let (open, conversion): (_, Conversion) = (settings.open(), settings.conversion());
    let repaired = py.detach(|| open.repair(&path, &target, &conversion, &mut ())).map_err(raised)?;
    let lost = repaired.lost.into_iter().map(|lost| (lost.name, lost.error.to_string()));
    Ok((repaired.kept, lost.collect()))
}

/// What is different in two files: a text for each pair of arrays, or what has no counterpart.
#[pyfunction]
#[pyo3(signature = (left, right, rtol=0.0, atol=0.0, equal_nan=true, **arguments))]
pub fn diff<'py>(
    left: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
    rtol: f64,
    atol: f64,
    equal_nan: bool,
    arguments: Option<&Bound<'py, PyDict>>,
) -> PyResult<Vec<String>> {
    let py = left.py();
    let (left, right) = (path_of(left)?, path_of(right)?);
    let open = settings(py, arguments)?.open();
    let mut options = CompareOptions::default().equal_nan(equal_nan);
    if rtol != 0.0 || atol != 0.0 {
        options = options.tolerance(Tolerance { rtol, atol });
    }
    let (left_name, right_name) = (text_of(&left), text_of(&right));
    let compare = || {
        let (mut left, mut right) = (open.parts(&left)?, open.parts(&right)?);
        let mut diff = Diff::new((&left_name, &mut left), (&right_name, &mut right), options);
        let mut found = Vec::new();
        while let Some(finding) = diff.next_finding(&mut ())? {
            if !finding.is_equal() {
                found.push(worded(&finding));
            }
        }
        Ok(found)
    };
    py.detach(compare).map_err(raised)
}

/// A finding in one line.
fn worded(finding: &Finding) -> String {
    match finding {
        Finding::Arrays { left, right, found, values } => {
            let names = format!("{} and {}", left.label, right.label);
            if found.shape_differs {
                return format!("{names}: the shapes differ: {:?} and {:?}", left.shape, right.shape);
            }
            if found.different == 0 {
                return format!("{names}: the dtypes differ: {} and {}", left.dtype, right.dtype);
            }
            let first = found.first.as_deref().unwrap_or_default();
            let values =
                values.as_ref().map(|(one, other)| format!(", {one} and {other}")).unwrap_or_default();
            let (different, items) = (found.different, found.items);
            format!("{names}: {different} of {items} items differ, the first at {first:?}{values}")
        }
        Finding::Bytes { left, right, .. } => format!("{left} and {right}: the bytes differ"),
        Finding::Unlike { left, right } => format!("{left} and {right}: one of them is not an array"),
        Finding::OnlyLeft(name) => format!("{name}: only in the first file"),
        Finding::OnlyRight(name) => format!("{name}: only in the second file"),
        Finding::Counts(left, right) => format!("the files have {left} and {right} arrays"),
        _ => "a difference".to_owned(),
    }
}
