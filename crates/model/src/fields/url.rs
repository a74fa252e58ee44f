//! `url`: an absolute address of the web.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, host, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlOptions {
    /// Allowed domains; empty allows all. Only one of the two lists may be filled.
    pub only_domains: Vec<String>,
    pub except_domains: Vec<String>,
}

impl FieldType for UrlOptions {
    const TYPE: &'static str = "url";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            only_domains: options::texts(object, "onlyDomains")?,
            except_domains: options::texts(object, "exceptDomains")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("onlyDomains".to_owned(), self.only_domains.clone().into());
        object.insert("exceptDomains".to_owned(), self.except_domains.clone().into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        check::domain_lists(&self.only_domains, &self.except_domains)
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::Text
    }

    fn zero(&self) -> Value {
        Value::String(String::new())
    }

    fn is_blank(&self, value: &Value) -> bool {
        cast::is_empty_text(value)
    }

    fn normalize(&self, raw: &Value) -> Value {
        Value::String(cast::to_text(raw))
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let text = value.as_str().unwrap_or_default();
        if !host::is_url(text) {
            return Err(Invalid::new("validation_invalid_url", "Must be a valid url"));
        }
        let domain = host::of_url(text);
        if check::domain_allowed(domain, &self.only_domains, &self.except_domains) {
            Ok(())
        } else {
            Err(Invalid::new("validation_url_domain_not_allowed", "Url domain is not allowed"))
        }
    }

    fn to_cell(&self, value: &Value) -> Cell {
        cast::text_to_cell(value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        Value::String(cast::cell_text(cell))
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        cast::write_cell_text(cell, out);
    }
}
