//! Where two SQL engines differ.

use std::fmt;

use ketch_model::fields::ColumnKind;

use ketch_query::tree::JsonStep;

/// The words of one SQL engine. The provided ones are SQLite's; another engine says its own.
///
/// Methods write into `sql`. The expressions they are given are finished SQL: a quoted column or a
/// placeholder, never a value.
pub trait Dialect: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// A quoted identifier.
    fn identifier(&self, name: &str, sql: &mut String) {
        sql.push('`');
        for (position, part) in name.split('`').enumerate() {
            if position > 0 {
                sql.push_str("``");
            }
            sql.push_str(part);
        }
        sql.push('`');
    }

    /// The placeholder of the statement's parameter with this number, from 1; they come in order.
    fn parameter(&self, number: usize, sql: &mut String) {
        let _ = number;
        sql.push('?');
    }

    /// The operators of equality and inequality for which NULL is a value like any other.
    fn null_safe(&self) -> (&'static str, &'static str) {
        (" IS ", " IS NOT ")
    }

    /// A row source with a column named by [`Dialect::item`]: the items of a JSON array.
    /// A column that holds something else counts as a list of that one thing.
    fn items(&self, list: &str, is_column: bool, sql: &mut String) {
        sql.push_str("json_each(");
        if is_column {
            sql.push_str("CASE WHEN json_valid(");
            sql.push_str(list);
            sql.push_str(") THEN CASE json_type(");
            sql.push_str(list);
            sql.push_str(") WHEN 'array' THEN ");
            sql.push_str(list);
            sql.push_str(" ELSE json_array(");
            sql.push_str(list);
            sql.push_str(") END ELSE json_array(");
            sql.push_str(list);
            sql.push_str(") END");
        } else {
            sql.push_str(list);
        }
        sql.push(')');
    }

    /// The column of [`Dialect::items`].
    fn item(&self) -> &'static str {
        "value"
    }

    /// Whether a text column equals a placeholder, without regard to the case of ASCII letters.
    fn equal_ignoring_case(&self, column: &str, placeholder: &str, sql: &mut String) {
        sql.push_str(column);
        sql.push_str(" = ");
        sql.push_str(placeholder);
        sql.push_str(" COLLATE NOCASE");
    }

    /// A cheap test before a column with a JSON array is taken apart: false only where the array
    /// lacks the text that is bound, with its quotes, to the placeholder.
    fn may_mention(&self, column: &str, placeholder: &str, sql: &mut String) {
        sql.push_str("instr(");
        sql.push_str(column);
        sql.push_str(", ");
        sql.push_str(placeholder);
        sql.push_str(") > 0");
    }

    /// How many items a column with a JSON array has; one for something else, none for '' and NULL.
    fn item_count(&self, column: &str, sql: &mut String) {
        sql.push_str("json_array_length(CASE WHEN json_valid(");
        sql.push_str(column);
        sql.push_str(") THEN CASE json_type(");
        sql.push_str(column);
        sql.push_str(") WHEN 'array' THEN ");
        sql.push_str(column);
        sql.push_str(" ELSE json_array(");
        sql.push_str(column);
        sql.push_str(") END WHEN ");
        sql.push_str(column);
        sql.push_str(" = '' OR ");
        sql.push_str(column);
        sql.push_str(" IS NULL THEN '[]' ELSE json_array(");
        sql.push_str(column);
        sql.push_str(") END)");
    }

    /// The whole value of a json column: the bare value of a scalar, else JSON text.
    fn json_whole(&self, column: &str, sql: &mut String) {
        sql.push_str("CASE WHEN json_valid(");
        sql.push_str(column);
        sql.push_str(") THEN json_extract(");
        sql.push_str(column);
        sql.push_str(", '$') ELSE ");
        sql.push_str(column);
        sql.push_str(" END");
    }

    /// The value inside a json column at the path that the placeholder `path` is bound to; see [`Dialect::json_path`].
    fn json_part(&self, column: &str, path: &str, sql: &mut String) {
        sql.push_str("CASE WHEN json_valid(");
        sql.push_str(column);
        sql.push_str(") THEN json_extract(");
        sql.push_str(column);
        sql.push_str(", ");
        sql.push_str(path);
        sql.push_str(") END");
    }

    /// What the path of [`Dialect::json_part`] is bound to.
    fn json_path(&self, steps: &[JsonStep]) -> String {
        let mut path = String::from("$");
        for step in steps {
            match step {
                JsonStep::Key(key) => {
                    path.push('.');
                    path.push_str(&serde_json::Value::from(key.as_str()).to_string());
                }
                JsonStep::Index(index) => {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        path
    }

    /// A function of two points in degrees (longitude and latitude of each) that answers kilometres,
    /// NULL if a part is no number. SQLite has none: the driver brings it.
    fn geo_distance(&self) -> &'static str {
        "geo_distance"
    }

    /// A function of a column with a date text or a JSON value that answers the moment it names, in
    /// microseconds since 1970, or NULL. SQLite has none: the driver brings it.
    fn instant(&self) -> &'static str {
        "ketch_instant"
    }

    /// Whether a text fits a pattern of `%` and `_`, which a backslash takes as they are. SQLite's own
    /// `LIKE` knows no letter case beyond ASCII: the driver brings functions.
    fn like(&self, text: &str, pattern: &str, cased: bool, sql: &mut String) {
        sql.push_str(if cased { "ketch_like(" } else { "ketch_ilike(" });
        sql.push_str(text);
        sql.push_str(", ");
        sql.push_str(pattern);
        sql.push(')');
    }

    /// The beginning of the hour of a column with dates in the normalised form: `YYYY-MM-DD HH:00:00`.
    fn hour(&self, column: &str, sql: &mut String) {
        // The words of the log's index.
        sql.push_str("strftime('%Y-%m-%d %H:00:00', ");
        sql.push_str(column);
        sql.push(')');
    }

    /// The aggregate that makes a JSON array of texts, an empty one of no rows.
    fn collect(&self) -> &'static str {
        "json_group_array"
    }

    /// The text at a position of the JSON array that a row of [`Dialect::items`] is, by the row source's name.
    fn list_text(&self, items: &str, index: usize) -> String {
        format!("json_extract({items}.value, '$[{index}]')")
    }

    /// The order of [`ketch_query::Order::Random`].
    fn random(&self) -> &'static str {
        "RANDOM()"
    }

    /// The hidden column of a table in storage order.
    fn row_id(&self) -> &'static str {
        "_rowid_"
    }

    /// What follows a column's name in its definition.
    fn column_definition(&self, kind: ColumnKind, nullable: bool) -> &'static str {
        match kind {
            ColumnKind::Text if nullable => "TEXT DEFAULT NULL",
            ColumnKind::Number if nullable => "NUMERIC DEFAULT NULL",
            ColumnKind::Bool if nullable => "BOOLEAN DEFAULT NULL",
            ColumnKind::List | ColumnKind::GeoPoint if nullable => "JSON DEFAULT NULL",
            ColumnKind::Text => "TEXT DEFAULT '' NOT NULL",
            ColumnKind::PrimaryKey => "TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL",
            ColumnKind::Number => "NUMERIC DEFAULT 0 NOT NULL",
            ColumnKind::Bool => "BOOLEAN DEFAULT FALSE NOT NULL",
            ColumnKind::List => "JSON DEFAULT '[]' NOT NULL",
            ColumnKind::Json => "JSON DEFAULT NULL",
            ColumnKind::GeoPoint => "JSON DEFAULT '{\"lon\":0,\"lat\":0}' NOT NULL",
        }
    }

    /// A list of the one value of a text column; '' is no value, and a list stays.
    fn list_of_one(&self, column: &str) -> String {
        format!(
            "CASE WHEN {column} = '' THEN '[]' WHEN json_valid({column}) AND json_type({column}) = 'array' \
             THEN {column} ELSE json_array({column}) END"
        )
    }

    /// The last item of a column with a JSON array, '' for an empty one; something else stays.
    fn last_of_list(&self, column: &str) -> String {
        format!(
            "CASE WHEN json_valid({column}) AND json_type({column}) = 'array' \
             THEN coalesce(json_extract({column}, '$[#-1]'), '') ELSE {column} END"
        )
    }

    /// Rows of names: every table and view.
    fn catalog_tables(&self) -> &'static str {
        "SELECT `name` FROM sqlite_schema WHERE `type` IN ('table', 'view')"
    }

    /// Rows of (name, the statement that makes it): every view, oldest first.
    fn catalog_views(&self) -> &'static str {
        "SELECT `name`, `sql` FROM sqlite_schema WHERE `type` = 'view' ORDER BY `rowid`"
    }

    /// Rows of (name, declared type): the columns of the table or view that the parameter names.
    fn catalog_columns(&self) -> &'static str {
        "SELECT `name`, `type` FROM pragma_table_info(?)"
    }
}
