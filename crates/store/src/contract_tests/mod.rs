//! What every storage driver must do, as tests that a driver runs unchanged.
//!
//! A driver's crate implements [`Driver`] for something that owns one empty database and says
//! `ketch_store::contract_tests!(MyDriver::new())` in a test module: each case becomes a test with
//! a database of its own. Statements here are in the part of SQL that all engines share.

pub mod closing;
pub mod grouping;
pub mod links;
pub mod records;
pub mod snapshots;
mod support;
pub mod time_limits;
pub mod transactions;
pub mod typed;
pub mod values;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Store;

/// One empty database that can be opened again after it was closed.
pub trait Driver {
    /// Opens the database with this time limit for a statement; zero is none.
    fn open(&self, query_timeout: Duration) -> Arc<dyn Store>;

    /// Opens what [`Store::snapshot`] wrote; `None` if this driver writes what only other tools read.
    fn open_snapshot(&self, path: &Path) -> Option<Arc<dyn Store>>;

    /// The place of a statement's first and only value.
    fn placeholder(&self) -> &'static str {
        "?"
    }

    /// The type of a column of bytes.
    fn blob_type(&self) -> &'static str {
        "BLOB"
    }
}

/// Makes a test of every case. The argument is an expression that makes a fresh [`Driver`].
#[macro_export]
macro_rules! contract_tests {
    ($driver:expr) => {
        $crate::contract_tests! { @cases $driver;
            values: every_kind_of_cell_comes_back, columns_are_named, a_visitor_stops_the_rows,
                a_cell_out_of_range_is_null, wrong_statements_are_refused, a_wrong_number_of_values_is_refused,
                many_statements_share_a_connection, counts_are_fresh;
            transactions: a_commit_is_seen_by_reads_and_lookups, an_error_undoes_everything,
                a_panic_undoes_everything, a_panicking_read_is_answered, a_part_fails_alone, parts_nest,
                a_part_survives_a_refused_statement, an_undone_transaction_takes_its_parts_along,
                statements_cannot_end_the_transaction, changed_rows_are_counted, unique_columns_are_named,
                missing_values_are_constraints, uncommitted_writes_are_not_seen, a_read_sees_one_snapshot,
                readers_cannot_write, schema_changes_are_undone;
            grouping: one_failure_leaves_the_neighbours_alone, answers_come_in_order_and_after_the_commit,
                an_exclusive_job_is_answered_before_the_next_runs, a_failed_exclusive_job_runs_nothing_after_it,
                a_panicking_answer_harms_nobody, many_writers_lose_nothing, reads_go_on_beside_writes,
                a_later_job_sees_an_earlier_one;
            time_limits: a_long_read_is_stopped, a_long_lookup_is_stopped, a_long_write_is_stopped_and_undone,
                a_stopped_write_is_honest_to_its_neighbours,
                a_stopped_write_alone_spares_its_neighbours, a_slow_visitor_is_no_endless_read;
            records: records_are_found, referrers_are_found, records_change_and_go, a_taken_id_is_a_unique_violation,
                the_log_tells_what_changed, the_log_is_pruned_from_its_old_end;
            links: nothing_null_and_zero_are_three, links_are_read_with_their_record,
                links_are_joined_from_both_sides, links_end, a_target_may_have_one_source;
            snapshots: a_snapshot_holds_what_was_answered, a_snapshot_beside_writes_is_whole,
                a_snapshot_overwrites_nothing, a_closed_store_gives_no_snapshot;
            typed: statements_run_in_turn_and_the_last_one_counts, a_failure_undoes_the_whole_text,
                a_reader_says_that_it_only_reads, nothing_outlives_the_text;
            closing: queued_writes_are_kept, a_closed_store_refuses_work, closing_stops_a_long_read,
                data_survives_closing, closing_twice_is_harmless;
        }
    };
    (@cases $driver:expr; $($topic:ident: $($case:ident),* $(,)?;)*) => {
        $(mod $topic {
            #[allow(unused_imports)]
            use super::*;
            $(#[test]
            fn $case() {
                $crate::contract_tests::$topic::$case(&$driver);
            })*
        })*
    };
}
