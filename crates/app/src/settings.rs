//! The settings in memory and in the store.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_model::settings::Settings;
use ketch_model::{Error, Result, Value, json, time};
use ketch_store::sql::system;
use ketch_store::{Connection, Flow, Store, StoreResult};
use parking_lot::Mutex;

use crate::cipher::Cipher;
use crate::error::OpenError;

/// The app's settings. Cheap to clone; all clones see the same settings.
#[derive(Clone)]
pub struct SettingsHandle {
    inner: Arc<Inner>,
}

struct Inner {
    current: ArcSwap<Settings>,
    store: Arc<dyn Store>,
    cipher: Option<Cipher>,
    followers: Mutex<Vec<Follower>>,
    /// The row that was read or written last, as it is stored.
    seen: Mutex<String>,
}

/// Told of the settings in force after each change.
type Follower = Box<dyn Fn(&Arc<Settings>) + Send + Sync>;

impl Inner {
    fn put_in_force(&self, settings: &Arc<Settings>, stored: &str) {
        stored.clone_into(&mut self.seen.lock());
        self.current.store(settings.clone());
        for follower in &*self.followers.lock() {
            follower(settings);
        }
    }
}

impl SettingsHandle {
    /// `stored` is the row that the settings were read from.
    pub(crate) fn new(
        settings: Settings,
        stored: String,
        store: Arc<dyn Store>,
        cipher: Option<Cipher>,
    ) -> Self {
        let current = ArcSwap::from_pointee(settings);
        Self {
            inner: Arc::new(Inner {
                current,
                store,
                cipher,
                followers: Mutex::default(),
                seen: Mutex::new(stored),
            }),
        }
    }

    /// What the stored settings are encrypted with.
    pub(crate) fn cipher(&self) -> Option<Cipher> {
        self.inner.cipher.clone()
    }

    /// The settings as of the last committed change.
    pub fn current(&self) -> Arc<Settings> {
        self.inner.current.load_full()
    }

    /// Tells `follower` of each change from now on, also of one that changes nothing. It is called
    /// on the writer, in the order of the changes, and must be quick.
    pub fn follow(&self, follower: impl Fn(&Arc<Settings>) + Send + Sync + 'static) {
        self.inner.followers.lock().push(Box::new(follower));
    }

    /// Changes the settings: `change` makes the new ones of those at its turn, so that changes at
    /// the same time do not undo each other. Answers the new settings, stored and in force.
    ///
    /// # Errors
    /// That of `change`, or the store's.
    pub async fn update(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings> + Send + 'static,
    ) -> Result<Arc<Settings>> {
        let (writing, telling) = (self.inner.clone(), self.inner.clone());
        let work = move |connection: &mut dyn Connection| {
            let settings = change(&writing.current.load())?;
            let stored = save(connection, &settings, writing.cipher.as_ref())?;
            Ok::<_, Error>((Arc::new(settings), stored))
        };
        let tell = move |(settings, stored): &(Arc<Settings>, String)| telling.put_in_force(settings, stored);
        let (settings, _) = self.inner.store.write_exclusive(work, tell).await?;
        Ok(settings)
    }

    /// Puts settings in force that another process has stored, such as the command line. Costs one
    /// lookup where there is nothing new.
    ///
    /// # Errors
    /// The store's, or that the stored settings cannot be read; told once for each change of them.
    pub(crate) async fn follow_store(&self) -> Result<()> {
        let stored = self.inner.store.lookup(|connection| Ok::<_, Error>(stored_text(connection)?)).await?;
        if stored.is_none_or(|stored| stored == *self.inner.seen.lock()) {
            return Ok(());
        }
        // On the writer, so that it comes in its turn among the changes of this process.
        let (reading, telling) = (self.inner.clone(), self.inner.clone());
        let work = move |connection: &mut dyn Connection| {
            let Some(stored) = stored_text(connection)? else { return Ok(None) };
            let seen = std::mem::replace(&mut *reading.seen.lock(), stored.clone());
            if seen == stored {
                return Ok(None);
            }
            let settings = decode(&stored, reading.cipher.as_ref()).map_err(Error::internal)?;
            Ok(Some((Arc::new(settings), stored)))
        };
        let tell = move |found: &Option<(Arc<Settings>, String)>| {
            if let Some((settings, stored)) = found {
                telling.put_in_force(settings, stored);
            }
        };
        self.inner.store.write_exclusive(work, tell).await.map(drop)
    }
}

/// Writes the settings' row; answers it as it is stored.
pub(crate) fn save(
    connection: &mut dyn Connection,
    settings: &Settings,
    cipher: Option<&Cipher>,
) -> Result<String> {
    let text = json::to_text(&settings.to_stored());
    let text = match cipher {
        Some(cipher) => cipher.encrypt(&text).map_err(Error::internal)?,
        None => text,
    };
    let statement = system::save_param(connection.dialect(), system::SETTINGS_PARAM, &text, &time::now());
    connection.execute(&statement)?;
    Ok(text)
}

/// The text of the settings' row, `None` without one.
pub(crate) fn stored_text(connection: &mut dyn Connection) -> StoreResult<Option<String>> {
    let statement = system::select_param(connection.dialect(), system::SETTINGS_PARAM);
    let mut found = None;
    connection.query(&statement, &mut |row| {
        found = row.cell(0).as_text().map(str::to_owned);
        Flow::Stop
    })?;
    Ok(found)
}

/// Reads the text of the settings' row.
///
/// # Errors
/// Which key is missing or wrong, or what is wrong with the text.
pub(crate) fn decode(text: &str, cipher: Option<&Cipher>) -> Result<Settings, OpenError> {
    // As in the original a plain text is read even with a key: it is encrypted at the next change.
    let is_plain = text.trim_start().starts_with('{');
    let plain = match cipher {
        _ if is_plain => text.to_owned(),
        Some(cipher) => cipher.decrypt(text).ok_or(OpenError::KeyWrong)?,
        None => return Err(OpenError::KeyMissing),
    };
    let value: Value = json::parse_strict(plain.as_bytes()).map_err(OpenError::Settings)?;
    Settings::from_stored(&value).map_err(OpenError::Settings)
}
