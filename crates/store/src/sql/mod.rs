//! SQL text, rendered over a [`Dialect`]. Identifiers come from the schema and are quoted; values are bound.

mod aliases;
pub mod analytics;
pub mod attrs;
pub mod changes;
pub mod columns;
mod comparison;
pub mod ddl;
pub mod dialect;
mod graph;
pub mod jobs;
mod joins;
pub mod logs;
mod nulls;
mod operand;
pub mod pending_files;
mod predicate;
pub mod relations;
mod renderer;
pub mod secrets;
pub mod select;
pub mod sessions;
pub mod spans;
pub mod streams;
pub mod system;
mod typed;
pub mod uploads;
pub mod webhooks;
pub mod write;

pub use changes::{
    change_log_ends, changes_after, create_change_log, insert_changes, insert_changes_at, prune_changes,
};
pub use dialect::Dialect;
pub use graph::{aggregate, select_linked};
pub use select::{
    count_records, count_records_by_hour, record_exists, select_columns, select_operands, select_records,
};
pub use typed::{is_vacuum, is_write};
pub use write::{
    count_all, delete_record, existing_ids, insert_record, referencing_records, select_by_column,
    select_by_id, select_by_ids, update_record,
};
