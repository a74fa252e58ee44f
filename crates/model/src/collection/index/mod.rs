//! `CREATE INDEX` statements: what they say and how they are written canonically.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

mod split;
#[cfg(test)]
mod tests;

/// A parsed `CREATE INDEX` statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    pub unique: bool,
    /// Whether the statement says `IF NOT EXISTS`.
    pub optional: bool,
    /// The database before the index name; empty: none.
    pub schema_name: String,
    pub name: String,
    /// As written, without quotes around a plain name.
    pub table: String,
    /// Never empty.
    pub columns: Vec<IndexColumn>,
    /// The condition of a partial index without the keyword; empty: none.
    pub where_clause: String,
}

/// One column or expression of an index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexColumn {
    /// The column's name without quotes, or the text of an expression.
    pub name: String,
    pub is_expression: bool,
    /// Empty: the column's own.
    pub collate: String,
    /// `ASC`, `DESC` or empty.
    pub sort: String,
}

/// The whole statement: unique, optional, name, table, columns, condition. It may stand anywhere
/// in the text but must end it, and the columns end at the first parenthesis that lets it.
static STATEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?is)create(?-u:\s)+(unique(?-u:\s)+)?index(?-u:\s)+(if(?-u:\s)+not(?-u:\s)+exists(?-u:\s)+)?",
        r"(\S+?)(?-u:\s)+on(?-u:\s)+(\S*?)(?-u:\s)*\((.*?)\)",
        r"(?:(?-u:\s)+where(?-u:\s)+(.*))?(?-u:\s)*$",
    ))
    .ok()
});

/// A column: its name or expression, collation, direction.
static COLUMN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)^(.+?)(?:\s+collate\s+(\w+))?(?:\s+(asc|desc))?$").ok());

impl Index {
    /// Reads a statement; `None` if it is no `CREATE INDEX` with a name and columns.
    pub fn parse(statement: &str) -> Option<Self> {
        let parts = STATEMENT.as_ref()?.captures(statement)?;
        let text = |index: usize| parts.get(index).map_or("", |part| part.as_str());
        let (schema_name, name) = match split::path(text(3))?.as_mut_slice() {
            [name] => (String::new(), std::mem::take(name)),
            [schema_name, name] => (std::mem::take(schema_name), std::mem::take(name)),
            _ => return None,
        };
        let columns: Vec<_> = split::list(text(5))?
            .into_iter()
            .map(column)
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        if name.is_empty() || columns.is_empty() {
            return None;
        }
        let where_clause = match parts.get(6) {
            None => String::new(),
            Some(part) => condition(part.as_str())?,
        };
        Some(Self {
            unique: parts.get(1).is_some(),
            optional: parts.get(2).is_some(),
            schema_name,
            name,
            table: table(text(4)),
            columns,
            where_clause,
        })
    }

    /// The canonical statement: quoted names, one column a line where there are several.
    pub fn to_sql(&self) -> String {
        let mut sql = String::from(if self.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
        if self.optional {
            sql.push_str("IF NOT EXISTS ");
        }
        if !self.schema_name.is_empty() {
            sql.push_str(&quoted(&self.schema_name));
            sql.push('.');
        }
        // Writing into a string cannot fail.
        let _ = write!(sql, "{} ON {} (", quoted(&self.name), quoted(&self.table));
        let columns: Vec<_> = self.columns.iter().map(IndexColumn::to_sql).collect();
        match columns.as_slice() {
            [only] => sql.push_str(only),
            several => {
                let _ = write!(sql, "\n  {}\n", several.join(",\n  "));
            }
        }
        sql.push(')');
        if !self.where_clause.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&self.where_clause);
        }
        sql
    }

    /// Whether two indexes say the same but for their names and tables.
    pub fn same_definition(&self, other: &Self) -> bool {
        self.unique == other.unique
            && self.columns == other.columns
            && self.where_clause == other.where_clause
    }

    /// Whether this is a unique index of just this column (any letter case).
    pub fn is_unique_of(&self, column: &str) -> bool {
        self.unique
            && matches!(self.columns.as_slice(), [only] if !only.is_expression && only.name.eq_ignore_ascii_case(column))
    }
}

impl IndexColumn {
    fn to_sql(&self) -> String {
        let mut sql = if self.is_expression { self.name.clone() } else { quoted(&self.name) };
        if !self.collate.is_empty() {
            sql.push_str(" COLLATE ");
            sql.push_str(&self.collate);
        }
        if !self.sort.is_empty() {
            sql.push(' ');
            sql.push_str(&self.sort);
        }
        sql
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The outer `None` refuses the statement, the inner one skips an empty item.
fn column(item: &str) -> Option<Option<IndexColumn>> {
    let item = item.trim();
    if item.is_empty() {
        return Some(None);
    }
    let parts = COLUMN.as_ref()?.captures(item)?;
    let text = |index: usize| parts.get(index).map_or("", |part| part.as_str());
    let (name, is_expression) = match split::unquoted(text(1)) {
        Some(name) => (name, false),
        None => (text(1).to_owned(), text(1).contains('(') || text(1).contains(char::is_whitespace)),
    };
    if name.is_empty() {
        return Some(None);
    }
    Some(Some(IndexColumn {
        name,
        is_expression,
        collate: text(2).to_owned(),
        sort: text(3).to_ascii_uppercase(),
    }))
}

fn table(text: &str) -> String {
    split::unquoted(text).unwrap_or_else(|| text.to_owned())
}

/// The condition without what ends a statement; `None` if it is empty or holds another statement.
fn condition(text: &str) -> Option<String> {
    let text = text.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).trim_start();
    (!text.is_empty() && !split::has_semicolon(text)).then(|| text.to_owned())
}
