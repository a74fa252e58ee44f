//! Python objects as JSON text.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType};

use crate::errors;

/// Nesting that no sensible value has: a value that contains itself ends here.
const DEPTH_MAX: usize = 200;

/// How points in time are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    /// `2024-01-15 10:30:00.000Z`, as PocketBase does.
    Spaced,
    /// As Python's `isoformat()`: `2024-01-15T10:30:00+02:00`, `2024-01-15`.
    Iso,
}

impl Dates {
    pub(crate) fn iso(is_iso: bool) -> Self {
        if is_iso { Self::Iso } else { Self::Spaced }
    }
}

/// The JSON text of an object.
///
/// # Errors
///
/// `CoreError` of kind `input` for what JSON has no form for.
pub(crate) fn to_vec(value: &Bound<'_, PyAny>, dates: Dates) -> PyResult<Vec<u8>> {
    let mut writer = Writer { out: Vec::with_capacity(128), dates, depth: 0 };
    writer.write(value)?;
    Ok(writer.out)
}

/// Writes JSON text, as bodies are written: see `Connection.send` for what it takes.
#[pyfunction]
#[pyo3(signature = (value, /, *, iso_dates = false))]
pub(crate) fn encode_json<'py>(value: &Bound<'py, PyAny>, iso_dates: bool) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(value.py(), &to_vec(value, Dates::iso(iso_dates))?))
}

struct Writer {
    out: Vec<u8>,
    dates: Dates,
    depth: usize,
}

impl Writer {
    fn write(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(text) = value.cast::<PyString>() {
            return self.string(text);
        }
        if value.is_none() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        if let Ok(flag) = value.cast::<PyBool>() {
            self.out.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
            return Ok(());
        }
        if let Ok(number) = value.cast::<PyInt>() {
            return self.integer(number);
        }
        if let Ok(number) = value.cast::<PyFloat>() {
            return self.float(value.py(), number.value());
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let text = format!("the value is nested more than {DEPTH_MAX} levels deep, or contains itself");
            return Err(errors::input(value.py(), &text));
        }
        self.nested(value)?;
        self.depth -= 1;
        Ok(())
    }

    fn nested(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(dict) = value.cast::<PyDict>() {
            return self.object(dict.iter().map(Ok));
        }
        if let Ok(list) = value.cast::<PyList>() {
            return self.array(list.iter());
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return self.array(tuple.iter());
        }
        self.other(value)
    }

    fn string(&mut self, text: &Bound<'_, PyString>) -> PyResult<()> {
        let known = text.to_str().map_err(|_| {
            errors::input(text.py(), "a text has surrogates without a partner, which cannot be sent as UTF-8")
        })?;
        json(text.py(), &mut self.out, known)
    }

    fn integer(&mut self, number: &Bound<'_, PyInt>) -> PyResult<()> {
        match number.extract::<i64>() {
            Ok(small) => json(number.py(), &mut self.out, &small),
            Err(_) => {
                // The number itself, whatever a subclass prints.
                let int = number.py().get_type::<PyInt>();
                let text = int.call_method1(pyo3::intern!(number.py(), "__repr__"), (number,))?;
                self.out.extend_from_slice(text.cast::<PyString>()?.to_str()?.as_bytes());
                Ok(())
            }
        }
    }

    fn float(&mut self, py: Python<'_>, number: f64) -> PyResult<()> {
        if !number.is_finite() {
            return Err(errors::input(py, &format!("JSON has no form for the number {number}")));
        }
        json(py, &mut self.out, &number)
    }

    fn array<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<()> {
        self.out.push(b'[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.write(&item)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object<'py>(
        &mut self,
        entries: impl Iterator<Item = PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>>,
    ) -> PyResult<()> {
        self.out.push(b'{');
        for (index, entry) in entries.enumerate() {
            let (key, value) = entry?;
            if index > 0 {
                self.out.push(b',');
            }
            self.key(&key)?;
            self.out.push(b':');
            self.write(&value)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// As in Python's own `json`: texts, and what is written the same way as a text.
    fn key(&mut self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(text) = key.cast::<PyString>() {
            return self.string(text);
        }
        if key.is_none() || key.is_instance_of::<PyInt>() || key.is_instance_of::<PyFloat>() {
            self.out.push(b'"');
            self.write(key)?;
            self.out.push(b'"');
            return Ok(());
        }
        let text = format!("a key of an object is {}, not a text", described(key));
        Err(errors::input(key.py(), &text))
    }

    fn other(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let classes = Classes::get(py)?;
        if value.is_instance(classes.date.bind(py))? {
            let text = self.date(value, classes)?;
            return json(py, &mut self.out, &text);
        }
        if value.is_instance(classes.uuid.bind(py))? {
            return self.string(&value.str()?);
        }
        if value.is_instance(classes.decimal.bind(py))? {
            if !value.call_method0(pyo3::intern!(py, "is_finite"))?.is_truthy()? {
                return Err(errors::input(py, &format!("JSON has no form for the number {}", value.str()?)));
            }
            self.out.extend_from_slice(value.str()?.to_str()?.as_bytes());
            return Ok(());
        }
        if value.is_instance(classes.enumeration.bind(py))? {
            return self.write(&value.getattr(pyo3::intern!(py, "value"))?);
        }
        let is_object = !value.is_instance_of::<PyType>();
        if is_object && let Ok(fields) = value.getattr(pyo3::intern!(py, "__dataclass_fields__")) {
            let names = fields.try_iter()?;
            return self.object(names.map(|name| {
                let name = name?;
                let field = value.getattr(name.cast::<PyString>()?)?;
                Ok((name, field))
            }));
        }
        if is_object && value.hasattr(pyo3::intern!(py, "model_dump"))? {
            let arguments = PyDict::new(py);
            arguments.set_item("mode", "json")?;
            return self.write(&value.call_method("model_dump", (), Some(&arguments))?);
        }
        if let Ok(mapping) = value.cast::<PyMapping>() {
            let items = mapping.items()?;
            return self.object(items.iter().map(|item| item.extract()));
        }
        let text = format!("JSON has no form for {}", described(value));
        Err(errors::input(py, &text))
    }

    fn date(&self, value: &Bound<'_, PyAny>, classes: &Classes) -> PyResult<String> {
        let py = value.py();
        if self.dates == Dates::Iso {
            return value.call_method0(pyo3::intern!(py, "isoformat"))?.extract();
        }
        let part = |value: &Bound<'_, PyAny>, name: &str| value.getattr(name)?.extract::<u32>();
        if !value.is_instance(classes.datetime.bind(py))? {
            let [year, month, day] = ["year", "month", "day"].map(|name| part(value, name));
            return Ok(format!("{:04}-{:02}-{:02} 00:00:00.000Z", year?, month?, day?));
        }
        // A time without zone is taken as UTC.
        let value = match value.getattr("tzinfo")?.is_none() {
            true => value.clone(),
            false => value.call_method1("astimezone", (classes.utc.bind(py),))?,
        };
        let [year, month, day] = ["year", "month", "day"].map(|name| part(&value, name));
        let [hour, minute, second] = ["hour", "minute", "second"].map(|name| part(&value, name));
        let millis = part(&value, "microsecond")? / 1000;
        Ok(format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{millis:03}Z",
            year?, month?, day?, hour?, minute?, second?
        ))
    }
}

fn json<T: serde::Serialize + ?Sized>(py: Python<'_>, out: &mut Vec<u8>, value: &T) -> PyResult<()> {
    serde_json::to_writer(out, value).map_err(|error| errors::input(py, &error.to_string()))
}

fn described(value: &Bound<'_, PyAny>) -> String {
    let class = value.get_type().fully_qualified_name().map(|name| name.to_string()).unwrap_or_default();
    let class = class.trim_start_matches("builtins.");
    let shown = value.repr().map(|text| text.to_string()).unwrap_or_default();
    let short: String = shown.chars().take(60).collect();
    match short.is_empty() {
        true => format!("an object of the class {class}"),
        false => format!("{short} of the class {class}"),
    }
}

/// Classes that are written in ways of their own.
struct Classes {
    date: Py<PyType>,
    datetime: Py<PyType>,
    utc: Py<PyAny>,
    uuid: Py<PyType>,
    decimal: Py<PyType>,
    enumeration: Py<PyType>,
}

impl Classes {
    fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
        CLASSES.get_or_try_init(py, || {
            let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
                let class = py.import(module)?.getattr(name)?;
                Ok(class.cast_into::<PyType>().map_err(|_| PyTypeError::new_err(name.to_owned()))?.unbind())
            };
            Ok(Self {
                date: class("datetime", "date")?,
                datetime: class("datetime", "datetime")?,
                utc: py.import("datetime")?.getattr("timezone")?.getattr("utc")?.unbind(),
                uuid: class("uuid", "UUID")?,
                decimal: class("decimal", "Decimal")?,
                enumeration: class("enum", "Enum")?,
            })
        })
    }
}
