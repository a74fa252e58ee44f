//! `file`: the names of stored files.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{check, list, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

const DEFAULT_MAX_SIZE: i64 = 5 << 20;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// Several files from 2 on; 0 and 1 mean one.
    pub max_select: i64,
    /// Greatest size of each file in bytes; 0 means 5 MiB.
    pub max_size: i64,
    /// Allowed content types; empty allows all.
    pub mime_types: Vec<String>,
    /// Sizes of thumbnails that may be asked for, as `100x50`, `100x50t`, `0x50`, ….
    pub thumbs: Vec<String>,
    /// Serves the files only to holders of a file token who may view the record.
    pub protected: bool,
}

impl FileOptions {
    pub fn effective_max_size(&self) -> i64 {
        if self.max_size > 0 { self.max_size } else { DEFAULT_MAX_SIZE }
    }

    pub fn effective_max_select(&self) -> i64 {
        self.max_select.max(1)
    }

    /// Checks how many files a record would hold, uploads included.
    pub fn validate_count(&self, count: usize) -> Result<(), Invalid> {
        let max_select = self.effective_max_select();
        if i64::try_from(count).unwrap_or(i64::MAX) > max_select {
            return Err(Invalid::new(
                "validation_too_many_files",
                format!("The maximum allowed files is {max_select}"),
            )
            .param("maxSelect", max_select));
        }
        Ok(())
    }

    /// Checks the size in bytes of one upload; `name` is the file's original name.
    pub fn validate_size(&self, name: &str, size: u64) -> Result<(), Invalid> {
        let max_size = self.effective_max_size();
        if i64::try_from(size).unwrap_or(i64::MAX) > max_size {
            return Err(Invalid::new(
                "validation_file_size_limit",
                format!("Failed to upload {name} - the maximum allowed file size is {max_size} bytes."),
            )
            .param("file", name)
            .param("maxSize", max_size));
        }
        Ok(())
    }

    /// The error of an upload whose content type is not allowed; `name` is the file's original name.
    pub fn invalid_mime_type(&self, name: &str) -> Invalid {
        Invalid::new(
            "validation_invalid_mime_type",
            format!("\"{name}\" mime type must be one of: {}.", self.mime_types.join(", ")),
        )
    }

    /// Submitted names that are not stored ones: uploads are the only way to add a file. This is
    /// checked before the count.
    pub fn unknown_names<'a>(submitted: &'a Value, stored: &Value) -> Vec<&'a str> {
        let stored = list::texts(stored);
        list::texts(submitted).into_iter().filter(|name| !stored.contains(name)).collect()
    }

    /// The error of submitted names that are not stored ones.
    pub fn invalid_names(names: &[&str]) -> Invalid {
        Invalid::new("validation_invalid_file", format!("Invalid new files: [{}].", names.join(" ")))
            .param("invalidFiles", names.iter().map(|&name| Value::from(name)).collect::<Vec<_>>())
    }
}

/// A size as `WxH` with an optional way to fit; one side may be 0, not both.
fn thumb(text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Ok(());
    }
    let size = text.strip_suffix(['t', 'b', 'f']).unwrap_or(text);
    let is_number = |side: &str| !side.is_empty() && side.bytes().all(|byte| byte.is_ascii_digit());
    match size.split_once('x') {
        Some(("0", "0")) => Err(Invalid::new("validation_not_in_invalid", "must not be in list")),
        Some((width, height)) if is_number(width) && is_number(height) => Ok(()),
        _ => Err(Invalid::new("validation_match_invalid", "must be in a valid format")),
    }
}

impl FieldType for FileOptions {
    const TYPE: &'static str = "file";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            max_select: options::integer(object, "maxSelect")?,
            max_size: options::integer(object, "maxSize")?,
            mime_types: options::texts(object, "mimeTypes")?,
            thumbs: options::texts(object, "thumbs")?,
            protected: options::flag(object, "protected")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("maxSelect".to_owned(), self.max_select.into());
        object.insert("maxSize".to_owned(), self.max_size.into());
        object.insert("mimeTypes".to_owned(), self.mime_types.clone().into());
        object.insert("thumbs".to_owned(), self.thumbs.clone().into());
        object.insert("protected".to_owned(), self.protected.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        check::options([
            ("maxSelect", check::size(self.max_select)),
            ("maxSize", check::size(self.max_size)),
            ("thumbs", check::each(&self.thumbs, thumb)),
        ])
    }

    fn column(&self) -> ColumnKind {
        list::column(self.is_multiple())
    }

    fn zero(&self) -> Value {
        list::zero(self.is_multiple())
    }

    fn normalize(&self, raw: &Value) -> Value {
        list::normalize(self.is_multiple(), raw)
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        self.validate_count(list::texts(value).len())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        list::to_cell(self.is_multiple(), value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        list::from_cell(self.is_multiple(), cell)
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        list::write_cell(self.is_multiple(), cell, out);
    }

    fn is_multiple(&self) -> bool {
        list::is_multiple(self.max_select)
    }
}
