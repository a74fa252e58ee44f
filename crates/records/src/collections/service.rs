//! The service that fronts call.

use std::sync::Arc;

use ketch_model::{Collection, CollectionKind, Error, Object, Record, Result, ids};
use ketch_store::sql::ddl;
use ketch_store::{Connection, Flow, Statement};

use super::draft::Draft;
use super::views::{self, ViewShape};
use super::{import, list, remove, save, truncate};
use crate::lookup::record_from_row;
use crate::read::{ListOptions, PageInfo};
use crate::service::Records;

const CREATE_FAILED: &str = "Failed to create collection";
const UPDATE_FAILED: &str = "Failed to update collection";
/// Records that a dry run shows.
const SAMPLE_SIZE: u32 = 10;

/// The collections of one app. Whoever calls has made sure that a superuser asks. Cheap to clone.
#[derive(Clone)]
pub struct Collections {
    records: Records,
}

/// What a view's query would show.
#[derive(Debug)]
pub struct DryRun {
    /// A collection with the fields of the view; its name and id mean nothing.
    pub collection: Arc<Collection>,
    /// The first few records.
    pub sample: Vec<Record>,
}

impl Collections {
    pub fn new(records: Records) -> Self {
        Self { records }
    }

    /// A page of collections, oldest first unless sorted.
    ///
    /// # Errors
    /// The default 400 for a filter or a sort that does not hold. Names are those of the columns
    /// id, created, updated, name, system and type.
    pub async fn list(&self, options: ListOptions) -> Result<(Vec<Arc<Collection>>, PageInfo)> {
        let (ids, info) =
            self.records.store().read(move |connection| list::page(connection, &options)).await?;
        let schema = self.records.schema();
        Ok((ids.iter().filter_map(|id| schema.by_id(id)).cloned().collect(), info))
    }

    /// Creates a collection from a client's JSON.
    ///
    /// # Errors
    /// 400 with the failed keys, or with the database's reason.
    pub async fn create(&self, submitted: Object) -> Result<Arc<Collection>> {
        self.change(move |connection, draft| {
            let collection = Collection::from_submitted(&submitted, None, draft.schema())?;
            save::save(connection, draft, None, collection)
                .map_err(|failure| failure.with_message(CREATE_FAILED))
        })
        .await
    }

    /// Changes a collection by a client's JSON, which may be partial.
    ///
    /// # Errors
    /// 404 if the collection is gone, 400 with the failed keys, or with the database's reason.
    pub async fn update(&self, collection: &Collection, submitted: Object) -> Result<Arc<Collection>> {
        let id = collection.id.clone();
        self.change(move |connection, draft| {
            let before = current(draft, &id)?;
            let after = Collection::from_submitted(&submitted, Some(&before), draft.schema())?;
            save::save(connection, draft, Some(&before), after)
                .map_err(|failure| failure.with_message(UPDATE_FAILED))
        })
        .await
    }

    /// Deletes a collection with all its records and files.
    ///
    /// # Errors
    /// 404 if the collection is gone; 400 if it is a system collection, or relations or views need it.
    pub async fn delete(&self, collection: &Collection) -> Result<()> {
        let id = collection.id.clone();
        let deleted = self
            .change(move |connection, draft| {
                let collection = current(draft, &id)?;
                remove::remove(connection, draft, &collection)
                    .map_err(|failure| failure.with_message(remove::DELETE_FAILED))?;
                Ok(vec![collection])
            })
            .await?;
        self.remove_files(deleted);
        Ok(())
    }

    /// Creates and changes the listed collections in one transaction; with `delete_missing` also
    /// deletes all others that are not the system's, and fields that are not listed.
    ///
    /// # Errors
    /// 400 with the reason under `collections`.
    pub async fn import(&self, list: Vec<Object>, delete_missing: bool) -> Result<()> {
        let deleted = self
            .change(move |connection, draft| import::import(connection, draft, &list, delete_missing))
            .await?;
        self.remove_files(deleted);
        Ok(())
    }

    /// Deletes all records of a collection as if each were deleted by itself, or none.
    ///
    /// # Errors
    /// 400 for views, and where a required relation or the last superuser stands against it.
    pub async fn truncate(&self, collection: &Collection) -> Result<()> {
        if collection.is_view() {
            return Err(Error::bad_request(
                "View collections cannot be truncated since they don't store their own records.",
            ));
        }
        let id = collection.id.clone();
        self.records
            .commit(move |connection, schema, applied| {
                let collection = schema.by_id(&id).ok_or_else(|| Error::not_found(""))?;
                truncate::truncate(connection, schema, collection, applied)
            })
            .await
    }

    /// Looks at a view's query without keeping anything.
    ///
    /// # Errors
    /// 400 with the reason why the query cannot be a view.
    pub async fn dry_run_view(&self, query: &str) -> Result<DryRun> {
        let invalid = |reason: &str| Error::bad_request(format!("Invalid view query. Raw error: \n{reason}"));
        let (text, handle) = (query.to_owned(), self.records.schema_handle().clone());
        let look = move |connection: &mut dyn Connection| {
            Ok::<_, Error>(views::inspect(connection, &handle.load(), &text, true)?)
        };
        // Only the writer can make the view for a moment that tells the columns.
        let shape: ViewShape = self.records.store().write(look).await?;
        if let Some(problem) = shape.problem {
            return Err(invalid(&problem));
        }
        let mut collection = Collection::blank(CollectionKind::View { query: query.to_owned() });
        collection.name = format!("temp_view_{}", ids::random_text(5, ids::ALPHANUMERIC));
        collection.id = ids::checksum_id("pbc_", &format!("view{}", collection.name));
        collection.fields = shape.fields;
        collection.index_fields();
        let collection = Arc::new(collection);
        let shown = collection.clone();
        let sample = self
            .records
            .store()
            .read(move |connection| {
                let sql = ddl::sample_rows(connection.dialect(), &shape.query, SAMPLE_SIZE);
                let mut sample = Vec::new();
                connection.query_once(&Statement::new(sql, Vec::new()), &mut |_| {}, &mut |row| {
                    sample.push(record_from_row(&shown, row));
                    Flow::More
                })?;
                Ok::<_, Error>(sample)
            })
            .await?;
        Ok(DryRun { collection, sample })
    }

    /// Runs a schema change in a transaction of its own and puts the new schema in force with its commit.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection, &mut Draft) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let handle = self.records.schema_handle().clone();
        let records = self.records.clone();
        let current = handle.clone();
        let (result, _) = self
            .records
            .store()
            .write_exclusive(
                move |connection| {
                    let mut draft = Draft::new(current.load_full());
                    let result = work(connection, &mut draft)?;
                    Ok::<_, Error>((result, draft.schema().clone()))
                },
                move |(_, schema)| {
                    handle.store(schema.clone());
                    records.announce();
                },
            )
            .await?;
        Ok(result)
    }

    /// Files may be many: nobody waits for them to go.
    fn remove_files(&self, deleted: Vec<Arc<Collection>>) {
        let files = self.records.files().clone();
        tokio::spawn(async move {
            for collection in deleted {
                files.remove_collection(&collection.id).await;
            }
        });
    }
}

/// The collection as it is now: another change may have come first.
fn current(draft: &Draft, id: &str) -> Result<Arc<Collection>> {
    draft.schema().by_id(id).cloned().ok_or_else(|| Error::not_found(""))
}
