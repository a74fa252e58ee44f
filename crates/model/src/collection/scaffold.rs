//! New collections before anybody changed them.

use super::auth::AuthOptions;
use super::definition::{Collection, CollectionKind};
use super::field_list;
use super::index::{Index, IndexColumn};
use crate::{Object, Value, ids};

impl CollectionKind {
    /// An auth collection's options as new.
    pub fn auth() -> Self {
        Self::Auth(Box::new(AuthOptions::new()))
    }

    /// A view that still lacks its query.
    pub fn view() -> Self {
        Self::View { query: String::new() }
    }
}

/// A new collection of a kind with its system fields and indexes, without id and name.
pub fn scaffold(kind: CollectionKind) -> Collection {
    let mut collection = Collection::blank(kind);
    ensure_system_fields(&mut collection);
    // The indexes of a collection without id need names all the same.
    ensure_auth_indexes(&mut collection, &ids::random_text(10, ids::RECORD_ID_ALPHABET));
    collection.index_fields();
    collection
}

/// What clients start a new collection from: `{"base": …, "auth": …, "view": …}`.
pub fn scaffolds() -> Value {
    let mut object = Object::new();
    for kind in [CollectionKind::Base, CollectionKind::auth(), CollectionKind::view()] {
        object.insert(kind.type_name().to_owned(), scaffold(kind).to_json());
    }
    Value::Object(object)
}

/// Adds the fields that every record of the kind has, or restores what must not change of them.
pub(super) fn ensure_system_fields(collection: &mut Collection) {
    match collection.kind {
        // The fields of a view are those of its query.
        CollectionKind::View { .. } => {}
        CollectionKind::Base => field_list::ensure_id(&mut collection.fields),
        CollectionKind::Auth(_) => {
            field_list::ensure_id(&mut collection.fields);
            field_list::ensure_auth(&mut collection.fields);
        }
    }
}

/// Adds the unique indexes that sign-in needs where an auth collection lacks them; `tag` ends their names.
pub(super) fn ensure_auth_indexes(collection: &mut Collection, tag: &str) {
    if !collection.is_auth() {
        return;
    }
    for (column, where_clause) in [("tokenKey", ""), ("email", "`email` != ''")] {
        let mut known = collection.indexes.iter().filter_map(|statement| Index::parse(statement));
        if known.any(|index| index.is_unique_of(column)) {
            continue;
        }
        let index = Index {
            unique: true,
            name: format!("idx_{column}_{tag}"),
            table: collection.name.clone(),
            columns: vec![IndexColumn { name: column.to_owned(), ..IndexColumn::default() }],
            where_clause: where_clause.to_owned(),
            ..Index::default()
        };
        collection.indexes.push(index.to_sql());
    }
}

/// Rewrites the indexes that name another table; statements that cannot be read stay for the checks to find.
pub(super) fn adopt_indexes(collection: &mut Collection) {
    for statement in &mut collection.indexes {
        if let Some(mut index) = Index::parse(statement)
            && index.table != collection.name
        {
            index.table.clone_from(&collection.name);
            *statement = index.to_sql();
        }
    }
}
