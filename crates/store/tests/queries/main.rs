//! Filters, rules and sorts from their text to the rows that SQLite finds.

mod hostile;
mod plans;
mod semantics;
mod support;
