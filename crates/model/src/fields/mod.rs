//! Field types: one file each, one line each in the list of [`field`].

pub mod autodate;
pub mod bool;
pub mod date;
pub mod editor;
pub mod email;
pub mod field;
pub mod field_type;
pub mod file;
pub mod geo_point;
pub mod json;
pub mod number;
pub mod operation;
pub mod password;
pub mod relation;
pub mod select;
pub mod text;
pub mod url;

mod cast;
mod check;
pub mod host;
mod list;
mod options;

pub use field::{Field, FieldKind};
pub use field_type::{ColumnKind, Definition, FieldType};
pub use operation::Operation;

#[cfg(test)]
mod tests;
