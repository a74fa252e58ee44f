//! Files whose record is not committed yet.
//!
//! Bytes are stored before the transaction that names them, and the process may die in between. So
//! each file is noted first. Notes are settled by looking at the truth, long after anything that
//! could still be under way: a file that a record names stays, any other one goes.

use ketch_files::BlobError;
use ketch_model::attr::FILES;
use ketch_model::{Cell, CellRef, Error, FieldKind, Record, Result, time};
use ketch_store::Flow;
use ketch_store::sql::pending_files as sql;

use crate::commit::LOCATION;
use crate::relation::ids_of;
use crate::service::Records;

/// From when on nothing that a note tells of can be under way any more, in this or another process.
const UNDER_WAY_AT_MOST: i64 = 6 * 60 * 60 * 1000;
/// Notes read at once.
const AT_ONCE: u32 = 500;

struct Note {
    number: i64,
    collection: String,
    owner: String,
    name: String,
}

impl Records {
    /// Notes files that are going to be stored: durably, before this answers.
    ///
    /// # Errors
    /// The store's; nothing may be stored then.
    pub async fn note_pending_files(&self, collection: &str, owner: &str, names: Vec<String>) -> Result<()> {
        let (collection, owner, now) = (collection.to_owned(), owner.to_owned(), time::unix_milliseconds());
        self.store()
            .write(move |connection| {
                for name in &names {
                    let dialect = connection.dialect();
                    connection.execute(&sql::insert_pending_file(dialect, &collection, &owner, name, now))?;
                }
                Ok::<_, Error>(())
            })
            .await
    }

    /// Removes noted files that no record names, and the notes. Files noted in the last hours are
    /// left alone: their records may be on their way.
    ///
    /// # Errors
    /// The store's. A file that cannot be removed is logged, and tried again next time.
    pub async fn settle_pending_files(&self) -> Result<()> {
        let before = time::unix_milliseconds() - UNDER_WAY_AT_MOST;
        let mut last = 0;
        loop {
            let notes = self.pending_files(last, before).await?;
            let Some(end) = notes.last().map(|note| note.number) else { return Ok(()) };
            last = end;
            let mut settled = Vec::new();
            for note in notes {
                match self.settle(&note).await {
                    Ok(()) => settled.push(note.number),
                    Err(error) => {
                        let file = format!("{}/{}/{}", note.collection, note.owner, note.name);
                        tracing::warn!(%error, file, "a file that no record names could not be removed");
                    }
                }
            }
            self.store()
                .write(move |connection| {
                    for number in settled {
                        connection.execute(&sql::delete_pending_file(connection.dialect(), number))?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
    }

    /// Forgets all notes and touches no file: for data that came from elsewhere, whose files may
    /// belong to somebody else's records too.
    ///
    /// # Errors
    /// The store's.
    pub async fn forget_pending_files(&self) -> Result<()> {
        self.store()
            .write(|connection| {
                connection.execute(&sql::delete_pending_files(connection.dialect()))?;
                Ok::<_, Error>(())
            })
            .await
    }

    async fn pending_files(&self, after: i64, before: i64) -> Result<Vec<Note>> {
        self.store()
            .read(move |connection| {
                let mut notes = Vec::new();
                let statement = sql::select_pending_files(connection.dialect(), after, before, AT_ONCE);
                connection.query(&statement, &mut |row| {
                    let text = |index: usize| row.cell(index).as_text().unwrap_or_default().to_owned();
                    if let CellRef::Integer(number) = row.cell(0) {
                        notes.push(Note { number, collection: text(1), owner: text(2), name: text(3) });
                    }
                    Flow::More
                })?;
                Ok::<_, Error>(notes)
            })
            .await
    }

    async fn settle(&self, note: &Note) -> Result<()> {
        if self.is_named(note).await? {
            return Ok(());
        }
        match self.files().discard(&note.collection, &note.owner, &note.name).await {
            Ok(()) | Err(BlobError::NotFound | BlobError::InvalidKey(_)) => Ok(()),
            Err(error) => Err(Error::internal(error)),
        }
    }

    async fn is_named(&self, note: &Note) -> Result<bool> {
        let schema = self.schema();
        let Some(collection) = schema.by_id(&note.collection) else { return Ok(false) };
        if collection.name == FILES {
            let location = Cell::text(note.owner.as_str());
            if self.find_by_field(collection, LOCATION, location, false).await?.is_some() {
                return Ok(true);
            }
        }
        let record = self.find_by_id(collection, &note.owner).await?;
        Ok(record.is_some_and(|record| names(&record, &note.name)))
    }
}

/// Whether a file field of the record names the file.
fn names(record: &Record, name: &str) -> bool {
    let fields = record.collection.fields.iter().zip(&record.values);
    fields
        .filter(|(field, _)| matches!(field.kind, FieldKind::File(_)))
        .any(|(_, value)| ids_of(value).any(|stored| stored == name))
}
