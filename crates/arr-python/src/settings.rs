//! Keyword arguments: limits, and the options that formats have, all of them made from the library's own tables.

use arr_io::format::{OptionInfo, OptionKind, OptionValue, Options, Reading, Side, Writing};
use arr_io::{ByteOrder, Conversion, DType, Limits, OpenOptions, Order, Registry};
use numpy::PyArrayDescr;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString, PyTuple};

use crate::dtype;
use crate::error::raised;

/// What keyword arguments say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The name of the format.
    pub format: Option<String>,
    member: Option<String>,
    limits: Limits,
    options: Options,
    byte_order: Option<ByteOrder>,
    order: Option<Order>,
    dtype: Option<DType>,
    replace: bool,
}

impl Settings {
    /// Takes all of them in. Those that are `None` are not there.
    ///
    /// # Errors
    /// `TypeError` for names that nothing has; `ValueError` for values that they do not take.
    pub fn of(arguments: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut own = Self::default();
        for (name, value) in arguments {
            if !value.is_none() {
                let name = name.cast_into::<PyString>()?;
                own.take(name.to_str()?, &value)?;
            }
        }
        Ok(own)
    }

    fn take(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "format" => self.format = Some(value.extract()?),
            "member" => self.member = Some(value.extract()?),
            "byte_order" => self.byte_order = Some(byte_order_of(value)?),
            "order" => self.order = Some(order_of(value)?),
            "dtype" => self.dtype = Some(dtype_of(value)?),
            "replace" => self.replace = value.extract()?,
            _ => match Limits::ALL.iter().find(|limit| limit.name == name) {
                Some(limit) => self.limits = limit.set(self.limits.clone(), value.extract()?),
                None => {
                    self.options = self.options.clone().with(name.replace('_', "-"), option_of(name, value)?)
                }
            },
        }
        Ok(())
    }

    fn reading(&self) -> Reading {
        let mut reading = Reading::new().limits(self.limits.clone()).options(self.options.clone());
        reading.byte_order = self.byte_order;
        reading.order = self.order;
        reading.dtype = self.dtype.clone();
        reading
    }

    /// How files are opened.
    #[must_use]
    pub fn open(&self) -> OpenOptions<'static> {
        let mut open = OpenOptions::new().reading(self.reading());
        if let Some(format) = &self.format {
            open = open.format(format);
        }
        if let Some(member) = &self.member {
            open = open.member(member);
        }
        open
    }

    /// How files are written.
    #[must_use]
    pub fn writing(&self) -> Writing {
        let mut writing = Writing::new().limits(self.limits.clone()).options(self.options.clone());
        writing.byte_order = self.byte_order;
        writing.order = self.order;
        writing.replace = self.replace;
        writing
    }

    /// How files are converted.
    #[must_use]
    pub fn conversion(&self) -> Conversion {
        let mut conversion =
            Conversion::new().limits(self.limits.clone()).options(self.options.clone()).replace(self.replace);
        if let Some(byte_order) = self.byte_order {
            conversion = conversion.byte_order(byte_order);
        }
        if let Some(order) = self.order {
            conversion = conversion.order(order);
        }
        if let Some(dtype) = &self.dtype {
            conversion = conversion.dtype(dtype.clone());
        }
        if let Some(format) = &self.format {
            conversion = conversion.to(format);
        }
        conversion
    }
}

fn byte_order_of(value: &Bound<'_, PyAny>) -> PyResult<ByteOrder> {
    match value.cast::<PyString>()?.to_str()? {
        "little" | "<" => Ok(ByteOrder::Little),
        "big" | ">" => Ok(ByteOrder::Big),
        "native" | "=" => Ok(ByteOrder::NATIVE),
        other => Err(PyValueError::new_err(format!("byte_order: '{other}' is not little, big or native"))),
    }
}

fn order_of(value: &Bound<'_, PyAny>) -> PyResult<Order> {
    match value.cast::<PyString>()?.to_str()? {
        "C" => Ok(Order::C),
        "F" => Ok(Order::F),
        other => Err(PyValueError::new_err(format!("order: '{other}' is not C or F"))),
    }
}

/// A dtype of NumPy, or a text that describes one.
fn dtype_of(value: &Bound<'_, PyAny>) -> PyResult<DType> {
    match value.cast::<PyString>() {
        Ok(text) if text.to_str()? == "bfloat16" => dtype::parsed("bfloat16"),
        _ => dtype::from_numpy(&PyArrayDescr::new(value.py(), value.clone())?),
    }
}

/// Every row of that name in the tables of formats.
fn rows(name: &str) -> impl Iterator<Item = &'static OptionInfo> {
    let name = name.replace('_', "-");
    let rows = Registry::shared().infos().flat_map(|info| info.options);
    rows.filter(move |row| row.name == name)
}

/// The value of an option. Where formats have options of one name for different things, the first that takes it counts.
fn option_of(name: &str, value: &Bound<'_, PyAny>) -> PyResult<OptionValue> {
    let mut refused = None;
    for row in rows(name) {
        if row.kind == OptionKind::Files {
            let paths: Vec<std::path::PathBuf> = value.extract()?;
            return Ok(OptionValue::Files(paths));
        }
        match row.parse(&typed(value)?) {
            Ok(value) => return Ok(value),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) => Err(raised(error)),
        None => Err(PyTypeError::new_err(format!("'{name}' is no limit, and no format has such an option"))),
    }
}

/// A value as it would be typed: lists and dicts are JSON.
fn typed(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyBool>() {
        return Ok(if value.extract()? { "true".into() } else { "false".into() });
    }
    if value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PyDict>()
    {
        return value.py().import("arr_io._objects")?.call_method1("typed", (value,))?.extract();
    }
    value.str()?.extract()
}

/// The formats there are: of each its name, what it is, extensions, whether it is read and written, and its options with
/// their values and help.
#[pyfunction]
pub fn formats(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for info in Registry::shared().infos() {
        let entry = PyDict::new(py);
        entry.set_item("name", info.name)?;
        entry.set_item("description", info.description)?;
        entry.set_item("extensions", info.extensions)?;
        entry.set_item("reads", info.capabilities.read)?;
        entry.set_item("writes", info.capabilities.write)?;
        let options = PyDict::new(py);
        for row in info.options {
            let side = match row.side {
                Side::Reading => "reading",
                Side::Writing => "writing",
                _ => "both",
            };
            options.set_item(row.name.replace('-', "_"), (side, row.default, row.help))?;
        }
        entry.set_item("options", options)?;
        list.append(entry)?;
    }
    Ok(list)
}
