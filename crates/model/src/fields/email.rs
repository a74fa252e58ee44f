//! `email`: an e-mail address.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, host, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailOptions {
    /// Allowed domains; empty allows all. Only one of the two lists may be filled.
    pub only_domains: Vec<String>,
    pub except_domains: Vec<String>,
}

impl FieldType for EmailOptions {
    const TYPE: &'static str = "email";

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
        if !host::is_email(text) {
            return Err(Invalid::new("validation_is_email", "must be a valid email address"));
        }
        let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
        if check::domain_allowed(domain, &self.only_domains, &self.except_domains) {
            Ok(())
        } else {
            Err(Invalid::new("validation_email_domain_not_allowed", "Email domain is not allowed"))
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
