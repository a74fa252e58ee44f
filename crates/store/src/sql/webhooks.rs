//! What webhooks have to deliver, and what they have delivered.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The columns that [`select_event`] and its kin read, in this order.
const COLUMNS: &str = "`seq`, `status`, `attempts`, `next_attempt`, `created`, `updated`";

/// The script of the table; an existing one stays. Times are in milliseconds since 1970; there is no
/// next attempt for what is not tried any more.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_webhook_events` (`webhook` TEXT NOT NULL, `seq` BIGINT NOT NULL, \
     `status` TEXT NOT NULL, `attempts` TEXT NOT NULL, `next_attempt` BIGINT, `created` BIGINT NOT NULL, \
     `updated` BIGINT NOT NULL, `payload` TEXT NOT NULL, PRIMARY KEY (`webhook`, `seq`));\
     CREATE INDEX IF NOT EXISTS `_ketch_webhook_events_due` ON `_ketch_webhook_events` (`webhook`, `next_attempt`)"
}

/// A new event, due now.
pub fn insert_event(dialect: &dyn Dialect, webhook: &str, seq: i64, payload: String, now: i64) -> Statement {
    let places = places(dialect, 8).join(", ");
    let sql = format!(
        "INSERT INTO `_ketch_webhook_events` (`webhook`, `seq`, `status`, `attempts`, `next_attempt`, \
         `created`, `updated`, `payload`) VALUES ({places})"
    );
    let now = Cell::Integer(now);
    let (status, attempts) = (Cell::text("pending"), Cell::text("[]"));
    let cells = vec![
        Cell::text(webhook),
        Cell::Integer(seq),
        status,
        attempts,
        now.clone(),
        now.clone(),
        now,
        Cell::Text(payload),
    ];
    Statement::new(sql, cells)
}

/// One event, with its payload as the last column.
pub fn select_event(dialect: &dyn Dialect, webhook: &str, seq: i64) -> Statement {
    let [first, second] = pair(dialect);
    let sql = format!(
        "SELECT {COLUMNS}, `payload` FROM `_ketch_webhook_events` WHERE `webhook` = {first} AND `seq` = {second}"
    );
    Statement::new(sql, vec![Cell::text(webhook), Cell::Integer(seq)])
}

/// Events of a webhook before a number, newest first.
pub fn select_events_before(dialect: &dyn Dialect, webhook: &str, before: i64, limit: i64) -> Statement {
    let places = places(dialect, 3);
    let sql = format!(
        "SELECT {COLUMNS} FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `seq` < {} \
         ORDER BY `seq` DESC LIMIT {}",
        places[0], places[1], places[2]
    );
    Statement::new(sql, vec![Cell::text(webhook), Cell::Integer(before), Cell::Integer(limit)])
}

/// Events of a webhook whose time has come, those first that wait longest.
pub fn select_due_events(dialect: &dyn Dialect, webhook: &str, now: i64, limit: i64) -> Statement {
    let places = places(dialect, 3);
    let sql = format!(
        "SELECT {COLUMNS} FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `next_attempt` <= {} \
         ORDER BY `next_attempt`, `seq` LIMIT {}",
        places[0], places[1], places[2]
    );
    Statement::new(sql, vec![Cell::text(webhook), Cell::Integer(now), Cell::Integer(limit)])
}

/// One row: when the next event of a webhook is due after a time, NULL if none is.
pub fn next_due(dialect: &dyn Dialect, webhook: &str, after: i64) -> Statement {
    let [first, second] = pair(dialect);
    let sql = format!(
        "SELECT min(`next_attempt`) FROM `_ketch_webhook_events` WHERE `webhook` = {first} AND `next_attempt` > {second}"
    );
    Statement::new(sql, vec![Cell::text(webhook), Cell::Integer(after)])
}

/// One row: how many events of a webhook wait.
pub fn count_waiting(dialect: &dyn Dialect, webhook: &str) -> Statement {
    let sql = format!(
        "SELECT count(*) FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `next_attempt` IS NOT NULL",
        places(dialect, 1)[0]
    );
    Statement::new(sql, vec![Cell::text(webhook)])
}

/// What became of an event.
pub struct EventState<'a> {
    pub status: &'a str,
    /// JSON text.
    pub attempts: &'a str,
    pub next_attempt: Option<i64>,
    pub updated: i64,
}

/// Notes what became of an event, if it is there still.
pub fn update_event(dialect: &dyn Dialect, webhook: &str, seq: i64, state: &EventState<'_>) -> Statement {
    let places = places(dialect, 6);
    let sql = format!(
        "UPDATE `_ketch_webhook_events` SET `status` = {}, `attempts` = {}, `next_attempt` = {}, `updated` = {} \
         WHERE `webhook` = {} AND `seq` = {}",
        places[0], places[1], places[2], places[3], places[4], places[5]
    );
    let cells = vec![
        Cell::text(state.status),
        Cell::text(state.attempts),
        state.next_attempt.map_or(Cell::Null, Cell::Integer),
        Cell::Integer(state.updated),
        Cell::text(webhook),
        Cell::Integer(seq),
    ];
    Statement::new(sql, cells)
}

/// Deletes some of what a webhook has, at most `limit` events.
pub fn delete_events(dialect: &dyn Dialect, webhook: &str, limit: i64) -> Statement {
    let places = places(dialect, 3);
    let sql = format!(
        "DELETE FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `seq` IN \
         (SELECT `seq` FROM `_ketch_webhook_events` WHERE `webhook` = {} ORDER BY `seq` LIMIT {})",
        places[0], places[1], places[2]
    );
    Statement::new(sql, vec![Cell::text(webhook), Cell::text(webhook), Cell::Integer(limit)])
}

/// Deletes finished events that are older than a time, or not among the newest `kept`; at most
/// `limit` of them.
pub fn prune_events(dialect: &dyn Dialect, webhook: &str, before: i64, kept: i64, limit: i64) -> Statement {
    let places = places(dialect, 6);
    let sql = format!(
        "DELETE FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `seq` IN \
         (SELECT `seq` FROM `_ketch_webhook_events` WHERE `webhook` = {} AND `next_attempt` IS NULL AND \
         (`updated` < {} OR `seq` <= (SELECT `seq` FROM `_ketch_webhook_events` WHERE `webhook` = {} \
         ORDER BY `seq` DESC LIMIT 1 OFFSET {})) LIMIT {})",
        places[0], places[1], places[2], places[3], places[4], places[5]
    );
    let webhook = Cell::text(webhook);
    let cells = vec![
        webhook.clone(),
        webhook.clone(),
        Cell::Integer(before),
        webhook,
        Cell::Integer(kept),
        Cell::Integer(limit),
    ];
    Statement::new(sql, cells)
}

fn places(dialect: &dyn Dialect, count: usize) -> Vec<String> {
    let place = |position| {
        let mut text = String::new();
        dialect.parameter(position, &mut text);
        text
    };
    (1..=count).map(place).collect()
}

fn pair(dialect: &dyn Dialect) -> [String; 2] {
    let (mut first, mut second) = (String::new(), String::new());
    dialect.parameter(1, &mut first);
    dialect.parameter(2, &mut second);
    [first, second]
}
