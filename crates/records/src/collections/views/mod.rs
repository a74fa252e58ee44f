//! View collections: what a query may be, and which fields it yields.

mod columns;
mod infer;
mod inspect;
mod scan;

pub(super) use inspect::{ViewShape, inspect};
pub(super) use scan::is_single_statement;
