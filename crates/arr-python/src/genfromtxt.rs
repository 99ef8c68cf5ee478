//! Tables with missing values: what `numpy.genfromtxt` does.

use arr_io::text::genfromtxt::{
    Column, Delimiter, Filling, FillingValues, Key, MissingValues, NameCase, Names, ReadOptions, Report,
};
use numpy::PyArrayDescr;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyDict, PyFloat, PyInt, PyString};

use crate::dtype;
use crate::npy::as_numpy;
use crate::text::Text;

/// What stands between columns: a text, a width, or widths.
fn delimiter_of(given: &Bound<'_, PyAny>) -> PyResult<Delimiter> {
    if given.is_none() {
        return Ok(Delimiter::Blank);
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Delimiter::from(text.to_str()?));
    }
    if let Ok(width) = given.extract::<usize>() {
        return Ok(Delimiter::from(width));
    }
    let widths: Vec<usize> = given.extract()?;
    Ok(Delimiter::from(widths.as_slice()))
}

fn column_of(given: &Bound<'_, PyAny>) -> PyResult<Column> {
    match given.cast::<PyString>() {
        Ok(name) => Ok(Column::Name(name.to_str()?.to_owned())),
        Err(_) => Ok(Column::Index(given.extract()?)),
    }
}

fn key_of(given: &Bound<'_, PyAny>) -> PyResult<Key> {
    if given.is_none() {
        return Ok(Key::All);
    }
    Ok(match column_of(given)? {
        Column::Index(index) => Key::Index(index),
        Column::Name(name) => Key::Name(name),
        _ => return Err(PyTypeError::new_err("a key is a number or a name")),
    })
}

fn missing_of(given: &Bound<'_, PyAny>) -> PyResult<MissingValues> {
    if given.is_none() {
        return Ok(MissingValues::None);
    }
    if let Ok(by) = given.cast::<PyDict>() {
        let mut entries = Vec::new();
        for (key, texts) in by {
            entries.push((key_of(&key)?, texts.extract()?));
        }
        return Ok(MissingValues::By(entries));
    }
    match given.extract::<Vec<Vec<String>>>() {
        Ok(each) => Ok(MissingValues::Each(each)),
        Err(_) => Ok(MissingValues::All(given.extract()?)),
    }
}

fn filling_of(given: &Bound<'_, PyAny>) -> PyResult<Filling> {
    if given.is_none() {
        return Ok(Filling::None);
    }
    if given.is_instance_of::<PyBool>() {
        return Ok(Filling::Bool(given.extract()?));
    }
    if given.is_instance_of::<PyInt>() {
        let wide = |_| PyValueError::new_err("a filling value beyond 64 bits");
        return Ok(Filling::Int(given.extract().map_err(wide)?));
    }
    if given.is_instance_of::<PyFloat>() {
        return Ok(Filling::Float(given.extract()?));
    }
    if let Ok(complex) = given.cast::<PyComplex>() {
        use pyo3::types::PyComplexMethods;
        return Ok(Filling::Complex(complex.real(), complex.imag()));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Filling::Text(text.to_str()?.to_owned()));
    }
    Err(PyTypeError::new_err(format!("a filling value of {}", given.get_type().name()?)))
}

fn fillings_of(given: &Bound<'_, PyAny>) -> PyResult<FillingValues> {
    if given.is_none() {
        return Ok(FillingValues::None);
    }
    if let Ok(by) = given.cast::<PyDict>() {
        let mut entries = Vec::new();
        for (key, value) in by {
            entries.push((key_of(&key)?, filling_of(&value)?));
        }
        return Ok(FillingValues::By(entries));
    }
    if given.is_instance_of::<pyo3::types::PyList>() {
        let mut each = Vec::new();
        for value in given.try_iter()? {
            let value = value?;
            each.push(if value.is_none() { None } else { Some(filling_of(&value)?) });
        }
        return Ok(FillingValues::Each(each));
    }
    filling_of(given).map(FillingValues::All)
}

fn names_of(given: &Bound<'_, PyAny>) -> PyResult<Option<Names>> {
    if given.is_none() {
        return Ok(None);
    }
    if given.is_instance_of::<PyBool>() {
        return Ok(given.extract::<bool>()?.then_some(Names::FirstLine));
    }
    given.extract().map(|names| Some(Names::List(names)))
}

/// What was not read as it stands: how many rows were left out, the line and columns of the first of them, whether there
/// was nothing.
type Told = (u64, Option<(u64, u64)>, bool);

fn told(report: &Report) -> Told {
    (report.skipped_rows, report.first_skipped, report.is_empty)
}

/// Reads a table by the rules of `numpy.genfromtxt`. `options` are its parameters by name; those that are not there have
/// their defaults.
#[pyfunction]
pub fn genfromtxt<'py>(
    text: &Bound<'py, PyAny>,
    options: &Bound<'py, PyDict>,
) -> PyResult<(Bound<'py, PyAny>, Told)> {
    let py = text.py();
    let how = options_of(options)?;
    let (array, report) = Text::of(text)?.read(py, |input| how.read_input_with_report(input))?;
    Ok((as_numpy(py, array)?, told(&report)))
}

fn options_of(options: &Bound<'_, PyDict>) -> PyResult<ReadOptions> {
    let mut how = ReadOptions::new();
    for (name, value) in options {
        let name = name.cast_into::<PyString>()?;
        how = match name.to_str()? {
            "dtype" if value.is_none() => how.infer(true),
            "dtype" => how.dtype(dtype::from_numpy(value.cast::<PyArrayDescr>()?)?),
            "comments" => how.comments(value.extract::<Option<String>>()?.as_deref()),
            "delimiter" => how.delimiter(delimiter_of(&value)?),
            "skip_header" => how.skip_header(value.extract()?),
            "skip_footer" => how.skip_footer(value.extract()?),
            "missing_values" => how.missing_values(missing_of(&value)?),
            "filling_values" => how.filling_values(fillings_of(&value)?),
            "usecols" => {
                let columns = value.try_iter()?.map(|column| column_of(&column?));
                how.usecols(columns.collect::<PyResult<Vec<_>>>()?)
            }
            "names" => match names_of(&value)? {
                Some(names) => how.names(names),
                None => how,
            },
            "excludelist" => how.excludelist(value.extract::<Vec<String>>()?),
            "deletechars" => how.deletechars(value.extract::<String>()?),
            "replace_space" => how.replace_space(value.extract::<String>()?),
            "autostrip" => how.autostrip(value.is_truthy()?),
            "case_sensitive" => how.case_sensitive(case_of(&value)?),
            "defaultfmt" => how.defaultfmt(&value.extract::<String>()?).map_err(crate::error::raised)?,
            "unpack" => how.unpack(value.is_truthy()?),
            "loose" => how.loose(value.is_truthy()?),
            "invalid_raise" => how.invalid_raise(value.is_truthy()?),
            "max_rows" => how.max_rows(value.extract::<u64>()?),
            "encoding" => how.encoding(&value.extract::<String>()?).map_err(crate::error::raised)?,
            "ndmin" => how.ndmin(value.extract()?),
            other => return Err(PyTypeError::new_err(format!("genfromtxt has no parameter {other}"))),
        };
    }
    Ok(how)
}

fn case_of(given: &Bound<'_, PyAny>) -> PyResult<NameCase> {
    if let Ok(text) = given.cast::<PyString>() {
        return match text.to_str()?.chars().next() {
            Some('l') => Ok(NameCase::Lower),
            Some('u') => Ok(NameCase::Upper),
            _ => Err(PyValueError::new_err(format!("unrecognized case_sensitive value {text}."))),
        };
    }
    Ok(if given.is_truthy()? { NameCase::Keep } else { NameCase::Upper })
}
