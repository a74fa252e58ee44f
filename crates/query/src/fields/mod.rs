//! The `fields` parameter: which keys of an answer to keep.

mod entities;
mod excerpt;
mod picker;

#[cfg(test)]
mod tests;

pub use picker::FieldPicker;
