//! Listing and viewing records under the rules.
//!
//! Rows stream from the statement into the front's [`RowSink`] wherever nothing has to be known
//! of a record beyond its own row; expands and managed emails take the way through owned records.

use std::sync::Arc;

use ketch_model::{Collection, Error, Record, Result, Schema};
use ketch_query::{RequestInfo, Resolver, Select, expand};
pub use ketch_store::Row;
use ketch_store::{Connection, Flow, sql};

use crate::expand::Viewing;
use crate::lookup::{read_all, record_from_row};
use crate::policy::{self, Access, Action};
use crate::service::Records;
use crate::view::RecordView;

/// The list parameters, already parsed and clamped by the front.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// From 1.
    pub page: u64,
    /// At least 1.
    pub per_page: u64,
    /// Do not count: totals are -1.
    pub skip_total: bool,
    /// A client's filter; empty for none.
    pub filter: String,
    /// A client's sort; empty for storage order.
    pub sort: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageInfo {
    pub page: u64,
    pub per_page: u64,
    /// -1 when not counted.
    pub total_items: i64,
    pub total_pages: i64,
}

/// Takes rows as they come; cell `i` belongs to `collection.fields[i]`.
pub trait RowSink: Send + 'static {
    fn row(&mut self, row: &dyn Row);
}

/// Keeps rows as records.
struct RecordSink {
    collection: Arc<Collection>,
    records: Vec<Record>,
}

impl RowSink for RecordSink {
    fn row(&mut self, row: &dyn Row) {
        self.records.push(record_from_row(&self.collection, row));
    }
}

impl Records {
    /// Streams a page of records that the list rule allows into the sink.
    ///
    /// Errors: 403 where only superusers may list, 400 for a filter or sort that does not hold.
    pub async fn list_rows<S: RowSink>(
        &self,
        collection: &Arc<Collection>,
        options: &ListOptions,
        request: &RequestInfo,
        mut sink: S,
    ) -> Result<(S, PageInfo)> {
        let page = PageRequest::of(options);
        let Some(select) = list_select(&self.schema(), collection, options, request)? else {
            return Ok((sink, page.info(0)));
        };
        self.inner
            .store
            .read(move |connection| {
                let info = read_page(connection, select, page, &mut sink)?;
                Ok((sink, info))
            })
            .await
    }

    /// A page of records with their expands.
    pub async fn list(
        &self,
        collection: &Arc<Collection>,
        options: &ListOptions,
        expand: &str,
        request: &Arc<RequestInfo>,
    ) -> Result<(Vec<RecordView>, PageInfo)> {
        let schema = self.schema();
        let page = PageRequest::of(options);
        let Some(select) = list_select(&schema, collection, options, request)? else {
            return Ok((Vec::new(), page.info(0)));
        };
        let (collection, request, nodes) = (collection.clone(), request.clone(), expand::parse(expand));
        self.inner
            .store
            .read(move |connection| {
                let mut sink = RecordSink { collection: collection.clone(), records: Vec::new() };
                let info = read_page(connection, select, page, &mut sink)?;
                let mut viewing = Viewing::new(connection, &schema, &request);
                Ok((viewing.view(&collection, sink.records, &nodes)?, info))
            })
            .await
    }

    /// Shows one record's row to the sink; 404 where it is missing or the view rule hides it.
    pub async fn view_row<S: RowSink>(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        request: &RequestInfo,
        mut sink: S,
    ) -> Result<S> {
        let target = view_target(&self.schema(), collection, id, request)?;
        let inline = target.is_cheap();
        let (collection, id) = (collection.clone(), id.to_owned());
        let work = move |connection: &mut dyn Connection| {
            let statement = target.statement(connection, &collection, &id);
            let mut found = false;
            connection.query(&statement, &mut |row| {
                sink.row(row);
                found = true;
                Flow::Stop
            })?;
            if found { Ok(sink) } else { Err(Error::not_found("")) }
        };
        if inline { self.inner.store.lookup(work).await } else { self.inner.store.read(work).await }
    }

    /// One record with its expands; 404 where it is missing or the view rule hides it.
    pub async fn view(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        expand: &str,
        request: &Arc<RequestInfo>,
    ) -> Result<RecordView> {
        let schema = self.schema();
        let target = view_target(&schema, collection, id, request)?;
        let (collection, id, request) = (collection.clone(), id.to_owned(), request.clone());
        let nodes = expand::parse(expand);
        self.inner
            .store
            .read(move |connection| {
                let statement = target.statement(connection, &collection, &id);
                let records = read_all(connection, &collection, &statement)?;
                let mut views =
                    Viewing::new(connection, &schema, &request).view(&collection, records, &nodes)?;
                views.pop().ok_or_else(|| Error::not_found(""))
            })
            .await
    }

    /// What the requester may see of records at hand, with expands: for answers to writes and logins.
    pub async fn look(&self, record: Record, expand: &str, request: &Arc<RequestInfo>) -> Result<RecordView> {
        let nodes = expand::parse(expand);
        if nodes.is_empty()
            && let Some(view) = RecordView::of_own_row(&record, request)
        {
            return Ok(view);
        }
        let (schema, request) = (self.schema(), request.clone());
        self.inner
            .store
            .read(move |connection| {
                let collection = record.collection.clone();
                let mut views =
                    Viewing::new(connection, &schema, &request).view(&collection, vec![record], &nodes)?;
                views
                    .pop()
                    .ok_or_else(|| Error::internal("a record at hand was lost on its way to the answer"))
            })
            .await
    }
}

#[derive(Clone, Copy)]
struct PageRequest {
    page: u64,
    per_page: u64,
    skip_total: bool,
}

impl PageRequest {
    fn of(options: &ListOptions) -> Self {
        Self { page: options.page.max(1), per_page: options.per_page.max(1), skip_total: options.skip_total }
    }

    fn info(self, total: u64) -> PageInfo {
        let Self { page, per_page, skip_total } = self;
        let (total_items, total_pages) =
            if skip_total { (-1, -1) } else { (clamp_to_i64(total), clamp_to_i64(total.div_ceil(per_page))) };
        PageInfo { page, per_page, total_items, total_pages }
    }
}

fn clamp_to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The select of a list request, `None` where the rule cannot match anything.
fn list_select(
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    options: &ListOptions,
    request: &RequestInfo,
) -> Result<Option<Select>> {
    let access = policy::require(collection, Action::List, request)?;
    let mut resolver = Resolver::new(schema.clone(), collection.clone(), request);
    let mut predicates = Vec::new();
    if let Access::Matching(rule) = access {
        predicates.push(resolver.rule(rule).map_err(|error| Error::bad_request("").with_cause(error))?);
    }
    if !options.filter.is_empty() {
        predicates.push(resolver.client_filter(&options.filter)?);
    }
    if !options.sort.is_empty() {
        resolver.sort(&options.sort, true)?;
    }
    let select = resolver.into_select(predicates);
    Ok((!select.is_never()).then_some(select))
}

fn read_page(
    connection: &mut dyn Connection,
    mut select: Select,
    page: PageRequest,
    sink: &mut dyn RowSink,
) -> Result<PageInfo> {
    let total = if page.skip_total {
        0
    } else {
        let statement = sql::count_records(connection.dialect(), &select);
        connection.count(&statement)?
    };
    let offset = (page.page - 1).saturating_mul(page.per_page);
    if page.skip_total || offset < total {
        select = select.page(page.per_page, offset);
        let statement = sql::select_records(connection.dialect(), &select);
        connection.query(&statement, &mut |row| {
            sink.row(row);
            Flow::More
        })?;
    }
    Ok(page.info(total))
}

/// How a single record is reached.
enum ViewTarget {
    /// No rule to look at.
    ById,
    ByRule(Box<Select>),
}

impl ViewTarget {
    /// Whether the statement is a lookup by primary key, without joins.
    fn is_cheap(&self) -> bool {
        match self {
            Self::ById => true,
            Self::ByRule(select) => select.joins.is_empty() && !select.collection.is_view(),
        }
    }

    fn statement(
        &self,
        connection: &mut dyn Connection,
        collection: &Arc<Collection>,
        id: &str,
    ) -> ketch_store::Statement {
        match self {
            Self::ById => sql::select_by_id(connection.dialect(), collection, id),
            Self::ByRule(select) => sql::select_records(connection.dialect(), select),
        }
    }
}

fn view_target(
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    id: &str,
    request: &RequestInfo,
) -> Result<ViewTarget> {
    let Access::Matching(rule) = policy::require(collection, Action::View, request)? else {
        return Ok(ViewTarget::ById);
    };
    let mut resolver = Resolver::new(schema.clone(), collection.clone(), request);
    let predicate = resolver.rule(rule).map_err(|error| Error::bad_request("").with_cause(error))?;
    if predicate.is_never() {
        return Err(Error::not_found(""));
    }
    if predicate.is_always_true() {
        return Ok(ViewTarget::ById);
    }
    let select = resolver.into_select(vec![predicate]).only_ids(vec![id.to_owned()]).page(1, 0);
    Ok(ViewTarget::ByRule(Box::new(select)))
}
