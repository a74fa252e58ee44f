//! Schema changes against a real database.

mod folder;
mod imports;
mod tables;
mod views;
