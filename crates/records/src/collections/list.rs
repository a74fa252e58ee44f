//! Pages of collections, filtered and sorted like records.

use std::sync::{Arc, LazyLock};

use ketch_model::fields::autodate::AutodateOptions;
use ketch_model::fields::bool::BoolOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, CollectionKind, Error, Field, Result};
use ketch_query::{RequestInfo, Resolver};
use ketch_store::{Connection, Flow, sql};

use super::draft::Draft;
use crate::read::{ListOptions, PageInfo};

/// The table of collections as a collection of its own: what lists may filter and sort by.
static TABLE: LazyLock<Arc<Collection>> = LazyLock::new(|| {
    let mut table = Collection::blank(CollectionKind::Base);
    "_collections".clone_into(&mut table.id);
    "_collections".clone_into(&mut table.name);
    table.fields = vec![
        Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() }),
        Field::new("created", AutodateOptions::default()),
        Field::new("updated", AutodateOptions::default()),
        Field::new("name", TextOptions::default()),
        Field::new("system", BoolOptions::default()),
        Field::new("type", TextOptions::default()),
    ];
    table.index_fields();
    Arc::new(table)
});

/// The ids of all collections that match, in order.
fn matching(connection: &mut dyn Connection, options: &ListOptions) -> Result<Vec<String>> {
    let refused = |text: &str| text.contains("@request.") || text.contains("@collection.");
    if refused(&options.filter) || refused(&options.sort) {
        return Err(Error::bad_request(""));
    }
    // Only columns of the table itself can be named, so no rule and no other collection is met.
    let schema = Draft::of(TABLE.clone());
    let request = RequestInfo::default();
    let mut resolver = Resolver::new(schema, TABLE.clone(), &request);
    let predicate = resolver.client_filter(&options.filter)?;
    resolver.sort(&options.sort, true)?;
    let select = resolver.into_select(vec![predicate]);
    let statement = sql::select_records(connection.dialect(), &select);
    let mut found = Vec::new();
    connection.query(&statement, &mut |row| {
        found.extend(row.cell(0).as_text().map(str::to_owned));
        Flow::More
    })?;
    Ok(found)
}

/// One page of ids and what the envelope says of it. There are never so many collections that
/// the database should do the paging.
pub(super) fn page(
    connection: &mut dyn Connection,
    options: &ListOptions,
) -> Result<(Vec<String>, PageInfo)> {
    let ids = matching(connection, options)?;
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let per_page = i64::try_from(options.per_page.max(1)).unwrap_or(i64::MAX);
    let info = PageInfo {
        page: options.page,
        per_page: options.per_page,
        total_items: if options.skip_total { -1 } else { total },
        total_pages: if options.skip_total { -1 } else { (total + per_page - 1) / per_page },
    };
    let skipped = options.page.saturating_sub(1).saturating_mul(options.per_page);
    let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
    let taken = usize::try_from(options.per_page).unwrap_or(usize::MAX);
    Ok((ids.into_iter().skip(skipped).take(taken).collect(), info))
}
