//! JSON text as Python objects, without a tree in between.

use std::fmt;

use pyo3::BoundObject;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The object that JSON text stands for.
///
/// # Errors
///
/// Why it is no JSON.
pub(crate) fn from_slice<'py>(py: Python<'py>, text: &[u8]) -> Result<Bound<'py, PyAny>, serde_json::Error> {
    let mut keys = Keys::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Reader { py, keys: &mut keys }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The object that a parsed value stands for.
pub(crate) fn from_value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let mut keys = Keys::default();
    Reader { py, keys: &mut keys }
        .deserialize(value)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
}

/// Reads JSON text, as answers are read.
///
/// Raises ValueError for what is no JSON.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub(crate) fn decode_json<'py>(py: Python<'py>, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let read = match text.cast::<PyString>() {
        Ok(text) => from_slice(py, text.to_str()?.as_bytes()),
        Err(_) => from_slice(py, &text.extract::<pyo3::pybacked::PyBackedBytes>()?),
    };
    read.map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
}

const KEYS: usize = 64;

/// Keys that came before in the same text: a list of records repeats them.
struct Keys<'de, 'py>([Option<(&'de str, Bound<'py, PyString>)>; KEYS]);

impl Default for Keys<'_, '_> {
    fn default() -> Self {
        Self([const { None }; KEYS])
    }
}

impl<'de, 'py> Keys<'de, 'py> {
    fn get(&mut self, py: Python<'py>, key: &'de str) -> Bound<'py, PyString> {
        let bytes = key.as_bytes();
        let edge = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(*byte));
        let place = (edge(bytes.first()) * 7 + edge(bytes.last()) * 31 + bytes.len()) % KEYS;
        match &self.0[place] {
            Some((known, string)) if *known == key => string.clone(),
            _ => {
                let string = PyString::intern(py, key);
                self.0[place] = Some((key, string.clone()));
                string
            }
        }
    }
}

struct Reader<'a, 'de, 'py> {
    py: Python<'py>,
    keys: &'a mut Keys<'de, 'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Reader<'_, 'de, 'py> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Only memory can be missing here; the text is not to blame then, but there is no other way out.
fn failed<E: serde::de::Error>(error: PyErr) -> E {
    E::custom(error)
}

fn number<'py, T, E>(py: Python<'py>, value: T) -> Result<Bound<'py, PyAny>, E>
where
    T: IntoPyObject<'py>,
    E: serde::de::Error,
{
    value.into_pyobject(py).map(|value| value.into_bound().into_any()).map_err(|error| failed(error.into()))
}

impl<'de, 'py> Visitor<'de> for Reader<'_, 'de, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(pyo3::types::PyBool::new(self.py, value).to_owned().into_any())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        number(self.py, value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        number(self.py, value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        number(self.py, value)
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0));
        while let Some(item) = items.next_element_seed(Reader { py: self.py, keys: &mut *self.keys })? {
            list.push(item);
        }
        Ok(PyList::new(self.py, list).map_err(failed)?.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = entries.next_key_seed(Key { py: self.py, keys: &mut *self.keys })? {
            let value = entries.next_value_seed(Reader { py: self.py, keys: &mut *self.keys })?;
            dict.set_item(key, value).map_err(failed)?;
        }
        Ok(dict.into_any())
    }
}

struct Key<'a, 'de, 'py> {
    py: Python<'py>,
    keys: &'a mut Keys<'de, 'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Key<'_, 'de, 'py> {
    type Value = Bound<'py, PyString>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, 'py> Visitor<'de> for Key<'_, 'de, 'py> {
    type Value = Bound<'py, PyString>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(self.keys.get(self.py, value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::intern(self.py, value))
    }
}
