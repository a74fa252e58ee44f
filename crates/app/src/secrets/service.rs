//! Keeping and reading secrets.

use std::fmt;
use std::sync::Arc;

use ketch_model::error::Invalid;
use ketch_model::{Cell, CellRef, Error, ErrorKind, FieldErrors, Result, time};
use ketch_store::sql::secrets as sql;
use ketch_store::{Connection, Flow, Row, Statement, Store};
use uuid::Uuid;

use super::master_key::MasterKey;
use crate::cipher::Cipher;

const KEY_BYTES_MAX: usize = 256;
const VALUE_BYTES_MAX: usize = 4096;
const ENV_BYTES_MAX: usize = 256;
const DESCRIPTION_BYTES_MAX: usize = 4096;
/// Of a longer value the mask shows the beginning; a shorter one would be told by half.
const SHOWN_FROM: usize = 13;
const SHOWN: usize = 6;
const MASK: &str = "***";

const NOT_SET_UP: &str = "Secrets are not set up on this server: start it with a master key of 64 hexadecimal digits in KETCH_MASTER_KEY.";

/// The secrets of one app. Cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    store: Arc<dyn Store>,
    key: Option<Arc<Key>>,
}

struct Key {
    cipher: Cipher,
    id: String,
}

/// A secret as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub id: String,
    pub key: String,
    /// The beginning of a long value and three asterisks; these alone for a short one and for one
    /// that cannot be read.
    pub masked_value: String,
    /// Whether the server's master key reads it.
    pub is_readable: bool,
    pub env: String,
    pub description: String,
    /// Milliseconds since 1970.
    pub created: i64,
    pub updated: i64,
}

/// A secret that is to be kept.
#[derive(Clone, Default)]
pub struct NewSecret {
    pub key: String,
    pub value: String,
    /// What it is for; `None` keeps what is there.
    pub env: Option<String>,
    pub description: Option<String>,
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewSecret").field("key", &self.key).finish_non_exhaustive()
    }
}

struct Stored {
    key: String,
    id: String,
    env: String,
    description: String,
    key_id: String,
    sealed: String,
    created: i64,
    updated: i64,
}

impl Secrets {
    /// Makes the table where it is missing. Without a key nothing can be kept or read.
    pub(crate) async fn open(store: Arc<dyn Store>, key: Option<&MasterKey>) -> Result<Self> {
        store
            .write(|connection| {
                connection.execute_script(sql::create_table(connection.dialect()))?;
                Ok::<_, Error>(())
            })
            .await?;
        let key = key.map(|key| Arc::new(Key { cipher: key.cipher(), id: key.id() }));
        Ok(Self { store, key })
    }

    /// All secrets by key, their values masked.
    ///
    /// # Errors
    /// 503 without a master key; the store's.
    pub async fn list(&self) -> Result<Vec<Secret>> {
        let key = self.key()?;
        let stored = self
            .store
            .read(|connection| {
                let statement = sql::select_secrets(connection.dialect());
                read_all(connection, &statement)
            })
            .await?;
        Ok(stored.into_iter().map(|stored| masked(&key, stored)).collect())
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// 404; 503 without a master key, or with another one than that of the value; the store's.
    pub async fn value(&self, name: &str) -> Result<String> {
        let key = self.key()?;
        let stored = self.find(name).await?.ok_or_else(missing)?;
        open(&key, &stored)
    }

    /// Keeps a secret, in the place of one of the same key. Answers its environment.
    ///
    /// # Errors
    /// 400 with the fields that are wrong; 503 without a master key; the store's.
    pub async fn save(&self, new: NewSecret) -> Result<String> {
        self.put(new, false).await
    }

    /// Changes a secret that is there.
    ///
    /// # Errors
    /// 404, and those of [`Secrets::save`].
    pub async fn update(&self, new: NewSecret) -> Result<()> {
        self.put(new, true).await.map(drop)
    }

    /// # Errors
    /// 404; 503 without a master key; the store's.
    pub async fn delete(&self, name: &str) -> Result<()> {
        self.key()?;
        let name = name.to_owned();
        self.store
            .write(move |connection| {
                match connection.execute(&sql::delete_secret(connection.dialect(), &name))? {
                    0 => Err(missing()),
                    _ => Ok(()),
                }
            })
            .await
    }

    async fn put(&self, new: NewSecret, must_exist: bool) -> Result<String> {
        let key = self.key()?;
        check(&new)?;
        let sealed = key.cipher.encrypt_for(&new.key, &new.value).map_err(Error::internal)?;
        let now = time::unix_milliseconds();
        self.store
            .write(move |connection| {
                let statement = sql::select_secret(connection.dialect(), &new.key);
                let before = read_all(connection, &statement)?.pop();
                if before.is_none() && must_exist {
                    return Err(missing());
                }
                let (env, description) = match before {
                    Some(before) => (before.env, before.description),
                    None => ("global".to_owned(), String::new()),
                };
                let env = new.env.unwrap_or(env);
                let cells = vec![
                    Cell::Text(new.key),
                    Cell::Text(Uuid::now_v7().to_string()),
                    Cell::text(env.as_str()),
                    Cell::Text(new.description.unwrap_or(description)),
                    Cell::text(key.id.as_str()),
                    Cell::Text(sealed),
                    Cell::Integer(now),
                    Cell::Integer(now),
                ];
                connection.execute(&sql::save_secret(connection.dialect(), cells))?;
                Ok(env)
            })
            .await
    }

    async fn find(&self, name: &str) -> Result<Option<Stored>> {
        let name = name.to_owned();
        self.store
            .lookup(move |connection| {
                let statement = sql::select_secret(connection.dialect(), &name);
                Ok(read_all(connection, &statement)?.pop())
            })
            .await
    }

    fn key(&self) -> Result<Arc<Key>> {
        self.key.clone().ok_or_else(|| Error::new(ErrorKind::Unavailable, NOT_SET_UP))
    }
}

fn missing() -> Error {
    Error::not_found("There is no secret of this key.")
}

fn open(key: &Key, stored: &Stored) -> Result<String> {
    if stored.key_id != key.id {
        let message = "This secret was encrypted with another master key than the server's: start the server with that one, or store the secret again.";
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    key.cipher.decrypt_for(&stored.key, &stored.sealed).ok_or_else(|| {
        let message = "This secret was changed outside of the server and cannot be read: store it again.";
        Error::new(ErrorKind::Unavailable, message)
    })
}

fn masked(key: &Key, stored: Stored) -> Secret {
    let value = open(key, &stored).ok();
    Secret {
        masked_value: value.as_deref().map_or_else(|| MASK.to_owned(), mask),
        is_readable: value.is_some(),
        id: stored.id,
        key: stored.key,
        env: stored.env,
        description: stored.description,
        created: stored.created,
        updated: stored.updated,
    }
}

fn mask(value: &str) -> String {
    if value.chars().count() < SHOWN_FROM {
        return MASK.to_owned();
    }
    value.chars().take(SHOWN).chain(MASK.chars()).collect()
}

fn check(new: &NewSecret) -> Result<()> {
    let mut errors = FieldErrors::new();
    let env = new.env.as_deref().unwrap_or_default();
    let description = new.description.as_deref().unwrap_or_default();
    let texts = [
        ("key", new.key.as_str(), true, KEY_BYTES_MAX),
        ("value", new.value.as_str(), true, VALUE_BYTES_MAX),
        ("env", env, false, ENV_BYTES_MAX),
        ("description", description, false, DESCRIPTION_BYTES_MAX),
    ];
    for (name, text, is_required, max) in texts {
        if text.is_empty() && is_required {
            errors.insert(name.to_owned(), Invalid::required().into());
        } else if text.len() > max {
            let message = format!("Must be no more than {max} bytes.");
            let wrong = Invalid::new("validation_length_too_long", message).param("max", max);
            errors.insert(name.to_owned(), wrong.into());
        }
    }
    if new.key.contains(char::is_control) {
        let wrong = Invalid::new("validation_match_invalid", "Must not hold control characters.");
        errors.insert("key".to_owned(), wrong.into());
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Error::bad_request("The secret cannot be stored.").with_fields(errors))
}

fn read_all(connection: &mut dyn Connection, statement: &Statement) -> Result<Vec<Stored>> {
    let mut all = Vec::new();
    connection.query(statement, &mut |row| {
        all.push(stored(row));
        Flow::More
    })?;
    Ok(all)
}

fn stored(row: &dyn Row) -> Stored {
    let text = |index: usize| row.cell(index).as_text().unwrap_or_default().to_owned();
    let integer = |index: usize| match row.cell(index) {
        CellRef::Integer(number) => number,
        _ => 0,
    };
    Stored {
        key: text(0),
        id: text(1),
        env: text(2),
        description: text(3),
        key_id: text(4),
        sealed: text(5),
        created: integer(6),
        updated: integer(7),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn short_values_are_not_told() {
        assert_eq!(mask("123456789012"), "***");
        assert_eq!(mask("1234567890123"), "123456***");
        assert_eq!(mask("éééééééééééééé"), "éééééé***");
    }
}
