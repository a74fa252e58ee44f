//! Sessions and codes of people who sign in through Instant's clients. Only hashes are stored.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the tables; existing ones stay. Times are in milliseconds since 1970.
pub fn create_session_tables(_: &dyn Dialect) -> &'static str {
    "\
CREATE TABLE IF NOT EXISTS `_ketch_refresh_tokens` (
    `hash` TEXT PRIMARY KEY NOT NULL,
    `account` TEXT NOT NULL,
    `key_hash` TEXT NOT NULL,
    `created` BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS `_ketch_refresh_tokens_account` ON `_ketch_refresh_tokens` (`account`);
CREATE TABLE IF NOT EXISTS `_ketch_magic_codes` (
    `email` TEXT NOT NULL,
    `hash` TEXT NOT NULL,
    `expires` BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS `_ketch_magic_codes_email` ON `_ketch_magic_codes` (`email`, `hash`);
CREATE INDEX IF NOT EXISTS `_ketch_magic_codes_expires` ON `_ketch_magic_codes` (`expires`);
"
}

/// Notes a token of an account; `key_hash` is that of the key that the account's tokens hang on.
pub fn insert_refresh_token(
    dialect: &dyn Dialect,
    hash: &str,
    account: &str,
    key_hash: &str,
    now: i64,
) -> Statement {
    let mut sql = String::from(
        "INSERT INTO `_ketch_refresh_tokens` (`hash`, `account`, `key_hash`, `created`) VALUES ",
    );
    values(dialect, 4, &mut sql);
    let cells = vec![Cell::text(hash), Cell::text(account), Cell::text(key_hash), Cell::Integer(now)];
    Statement::new(sql, cells)
}

/// One row at most: account and key hash.
pub fn select_refresh_token(dialect: &dyn Dialect, hash: &str) -> Statement {
    by("SELECT `account`, `key_hash` FROM `_ketch_refresh_tokens` WHERE `hash` = ", dialect, hash)
}

pub fn delete_refresh_token(dialect: &dyn Dialect, hash: &str) -> Statement {
    by("DELETE FROM `_ketch_refresh_tokens` WHERE `hash` = ", dialect, hash)
}

pub fn delete_refresh_tokens_of(dialect: &dyn Dialect, account: &str) -> Statement {
    by("DELETE FROM `_ketch_refresh_tokens` WHERE `account` = ", dialect, account)
}

pub fn insert_magic_code(dialect: &dyn Dialect, email: &str, hash: &str, expires: i64) -> Statement {
    let mut sql = String::from("INSERT INTO `_ketch_magic_codes` (`email`, `hash`, `expires`) VALUES ");
    values(dialect, 3, &mut sql);
    Statement::new(sql, vec![Cell::text(email), Cell::text(hash), Cell::Integer(expires)])
}

/// One row at most: when the code ends; of several the last.
pub fn select_magic_code(dialect: &dyn Dialect, email: &str, hash: &str) -> Statement {
    let sql = "SELECT max(`expires`) FROM `_ketch_magic_codes` WHERE `email` = ";
    by_email_and_hash(sql, dialect, email, hash)
}

pub fn delete_magic_code(dialect: &dyn Dialect, email: &str, hash: &str) -> Statement {
    by_email_and_hash("DELETE FROM `_ketch_magic_codes` WHERE `email` = ", dialect, email, hash)
}

pub fn delete_magic_codes_of(dialect: &dyn Dialect, email: &str) -> Statement {
    by("DELETE FROM `_ketch_magic_codes` WHERE `email` = ", dialect, email)
}

/// Deletes the codes that ended before a time.
pub fn delete_ended_magic_codes(dialect: &dyn Dialect, before: i64) -> Statement {
    let mut sql = String::from("DELETE FROM `_ketch_magic_codes` WHERE `expires` < ");
    dialect.parameter(1, &mut sql);
    Statement::new(sql, vec![Cell::Integer(before)])
}

fn by(sql: &str, dialect: &dyn Dialect, text: &str) -> Statement {
    let mut sql = sql.to_owned();
    dialect.parameter(1, &mut sql);
    Statement::new(sql, vec![Cell::text(text)])
}

fn by_email_and_hash(sql: &str, dialect: &dyn Dialect, email: &str, hash: &str) -> Statement {
    let mut sql = sql.to_owned();
    dialect.parameter(1, &mut sql);
    sql.push_str(" AND `hash` = ");
    dialect.parameter(2, &mut sql);
    Statement::new(sql, vec![Cell::text(email), Cell::text(hash)])
}

fn values(dialect: &dyn Dialect, count: usize, sql: &mut String) {
    sql.push('(');
    for position in 1..=count {
        if position > 1 {
            sql.push_str(", ");
        }
        dialect.parameter(position, sql);
    }
    sql.push(')');
}
