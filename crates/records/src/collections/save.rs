//! One collection checked and stored inside a transaction.

use std::sync::Arc;

use ketch_model::error::Invalid;
use ketch_model::{Collection, Field, time};
use ketch_store::Connection;
use ketch_store::sql::system;

use super::attrs;
use super::draft::Draft;
use super::failure::Failure;
use super::views::{self, ViewShape};
use super::{rows, rules, table};

/// A collection ready to be stored, with what its view selects from.
#[derive(Debug)]
pub(super) struct Checked {
    pub collection: Arc<Collection>,
    view_query: String,
}

impl Checked {
    /// A collection with a table of its own.
    pub fn of_table(collection: Collection) -> Self {
        Self { collection: Arc::new(collection), view_query: String::new() }
    }
}

/// A collection with the fields that its view has, if it is one.
#[derive(Debug)]
pub(super) struct Shaped {
    pub checked: Checked,
    /// Why the query cannot be a view.
    pub problem: Option<String>,
}

/// Checks a new or changed collection against the draft, stores it, and lets views follow.
pub(super) fn save(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: Option<&Collection>,
    after: Collection,
) -> Result<Arc<Collection>, Failure> {
    let Shaped { checked, problem } = shape(connection, draft, before, after, true)?;
    let mut errors = checked.collection.validate(before, draft.schema());
    if let Some(problem) = problem {
        let message = format!("Invalid query - {}", shortened(&problem));
        errors.insert("viewQuery".to_owned(), Invalid::new("validation_invalid_view_query", message).into());
    }
    let with_collection = draft.with(checked.collection.clone());
    rules::check(&with_collection, &checked.collection, &mut errors);
    if !errors.is_empty() {
        return Err(Failure::Fields(errors));
    }
    store(connection, draft, before, &checked)?;
    follow(connection, draft, before, &checked.collection)?;
    Ok(checked.collection)
}

/// Asks the database for the fields of a view; other collections pass as they are.
pub(super) fn shape(
    connection: &mut dyn Connection,
    draft: &Draft,
    before: Option<&Collection>,
    mut collection: Collection,
    check_ids: bool,
) -> Result<Shaped, Failure> {
    let (mut view_query, mut problem) = (String::new(), None);
    if let Some(query) = collection.view_query() {
        let shape = if query.is_empty() {
            ViewShape::default()
        } else {
            views::inspect(connection, draft.schema(), query, check_ids)?
        };
        collection.fields = keep_ids(before, shape.fields);
        collection.index_fields();
        (view_query, problem) = (shape.query, shape.problem);
    }
    Ok(Shaped { checked: Checked { collection: Arc::new(collection), view_query }, problem })
}

/// As much of a database's message as is worth showing.
fn shortened(problem: &str) -> &str {
    const LONGEST: usize = 500;
    match problem.char_indices().nth(LONGEST) {
        Some((end, _)) => &problem[..end],
        None => problem,
    }
}

/// Copied fields have random ids; those that were there before keep theirs.
fn keep_ids(before: Option<&Collection>, mut fields: Vec<Field>) -> Vec<Field> {
    let Some(before) = before.filter(|before| before.is_view()) else {
        return fields;
    };
    for field in &mut fields {
        let same = |old: &&Field| old.name == field.name && old.type_name() == field.type_name();
        if let Some(old) = before.fields.iter().find(same) {
            field.id.clone_from(&old.id);
        }
    }
    fields
}

/// Writes the row and makes or changes the table or view.
pub(super) fn store(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: Option<&Collection>,
    checked: &Checked,
) -> Result<(), Failure> {
    let collection = checked.collection.as_ref();
    let cells = rows::cells(collection);
    let statement = match before {
        Some(_) => system::update_collection(connection.dialect(), cells),
        None => system::insert_collection(connection.dialect(), cells),
    };
    connection.execute(&statement)?;
    draft.put(checked.collection.clone());
    match before {
        _ if collection.is_view() => {
            let old_name = before.map(|before| before.name.as_str());
            table::replace_view(connection, old_name, &collection.name, &checked.view_query)?;
        }
        Some(before) => table::change(connection, draft.schema(), before, collection)?,
        None => table::create(connection, collection)?,
    }
    attrs::follow(connection, before, collection)?;
    Ok(())
}

/// Stores again the views that read a saved collection and now yield other fields, and the views
/// that read those. A view that no longer compiles stays as it is: its owner has to mend it.
pub(super) fn follow(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: Option<&Collection>,
    saved: &Collection,
) -> Result<(), Failure> {
    let mut changed = vec![saved.name.clone()];
    changed.extend(before.map(|before| before.name.clone()));
    // A view changes once more each time that something it reads has changed, and views cannot
    // read each other in a circle.
    let views = draft.schema().collections().iter().filter(|view| view.is_view()).count();
    for _ in 0..views {
        let readers =
            draft.schema().collections().iter().filter(|view| view.is_view() && reads_any(view, &changed));
        let readers: Vec<_> = readers.cloned().collect();
        changed.clear();
        for view in readers.iter().filter(|view| view.id != saved.id) {
            if refresh(connection, draft, view)? {
                changed.push(view.name.clone());
            }
        }
        if changed.is_empty() {
            break;
        }
    }
    Ok(())
}

fn reads_any(view: &Collection, names: &[String]) -> bool {
    let query = view.view_query().unwrap_or_default().to_ascii_lowercase();
    names.iter().any(|name| query.contains(&name.to_ascii_lowercase()))
}

/// Looks at a view's query again; answers whether its fields changed.
fn refresh(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    view: &Arc<Collection>,
) -> Result<bool, Failure> {
    let Shaped { checked, problem } = shape(connection, draft, Some(view), view.as_ref().clone(), false)?;
    if let Some(problem) = problem {
        tracing::warn!(view = view.name, problem, "a view's query no longer fits what it selects from");
        return Ok(false);
    }
    if checked.collection.fields == view.fields {
        return Ok(false);
    }
    let mut collection = Arc::unwrap_or_clone(checked.collection);
    collection.updated = time::now();
    let checked = Checked { collection: Arc::new(collection), view_query: checked.view_query };
    store(connection, draft, Some(view), &checked)?;
    Ok(true)
}
