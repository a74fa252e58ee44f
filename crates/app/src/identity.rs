//! Who an app is to Instant's clients: the id that they name and the token that makes them admin.
//!
//! Both are one row of `_params`, so they travel with the data folder. They are read anew for each
//! request that shows a token: a token that the command line has replaced is refused at once.

use ketch_model::{Error, Object, Result, Value, json, time};
use ketch_store::sql::system;
use ketch_store::{Connection, Flow};
use uuid::Uuid;

use crate::cipher::Cipher;
use crate::error::OpenError;

/// The id of the row in `_params`.
const IDENTITY_PARAM: &str = "ketchApp";

/// An app's name for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A UUID in its canonical 36 characters.
    pub id: String,
    /// A UUID; whoever shows it may do everything in this app.
    pub admin_token: String,
    /// For people.
    pub title: String,
    /// `YYYY-MM-DD HH:MM:SS.mmmZ`
    pub created: String,
    /// When the app may be removed, as a date like `created`; `None` for one that stays.
    pub expires: Option<String>,
}

/// What the operator has fixed of an identity.
#[derive(Debug, Clone, Default)]
pub struct PinnedIdentity {
    pub id: Option<String>,
    pub admin_token: Option<String>,
    pub title: Option<String>,
    pub expires: Option<String>,
}

impl Identity {
    fn new(title: &str) -> Self {
        Self {
            id: random(),
            admin_token: random(),
            title: title.to_owned(),
            created: time::now(),
            expires: None,
        }
    }

    fn to_value(&self) -> Value {
        let texts = [
            ("id", &self.id),
            ("adminToken", &self.admin_token),
            ("title", &self.title),
            ("created", &self.created),
        ];
        let mut object = Object::from_iter(texts.map(|(key, text)| (key.to_owned(), text.as_str().into())));
        if let Some(expires) = &self.expires {
            object.insert("expires".to_owned(), expires.as_str().into());
        }
        Value::Object(object)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let text = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
        Some(Self {
            id: text("id")?,
            admin_token: text("adminToken")?,
            title: text("title")?,
            created: text("created")?,
            expires: text("expires"),
        })
    }

    /// Whether the token is this app's. Takes as long for a wrong one as for the right one.
    pub fn is_admin_token(&self, token: &str) -> bool {
        let (known, shown) = (self.admin_token.as_bytes(), token.as_bytes());
        known.len() == shown.len() && known.iter().zip(shown).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
    }
}

/// Whether the text is a UUID as clients have to write it: 36 characters, hyphens in their places.
pub fn is_canonical_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

pub(crate) fn random() -> String {
    Uuid::new_v4().to_string()
}

/// Reads the identity, makes it where there is none, and puts in what is pinned. Answers the app's
/// id and whether it is new.
pub(crate) fn prepare(
    connection: &mut dyn Connection,
    pinned: &PinnedIdentity,
    cipher: Option<&Cipher>,
) -> Result<(String, bool), OpenError> {
    for (name, pinned) in [("app id", &pinned.id), ("admin token", &pinned.admin_token)] {
        if let Some(text) = pinned.as_ref().filter(|text| !is_canonical_uuid(text)) {
            return Err(OpenError::Identity { name, text: text.clone() });
        }
    }
    let stored = load(connection, cipher).map_err(OpenError::from)?;
    let mut identity = stored.clone().unwrap_or_else(|| Identity::new("Ketch"));
    for (part, pinned) in [
        (&mut identity.id, &pinned.id),
        (&mut identity.admin_token, &pinned.admin_token),
        (&mut identity.title, &pinned.title),
    ] {
        if let Some(text) = pinned {
            part.clone_from(text);
        }
    }
    if pinned.expires.is_some() {
        identity.expires.clone_from(&pinned.expires);
    }
    if stored.as_ref() != Some(&identity) {
        save(connection, &identity, cipher).map_err(OpenError::from)?;
    }
    Ok((identity.id, stored.is_none()))
}

pub(crate) fn load(connection: &mut dyn Connection, cipher: Option<&Cipher>) -> Result<Option<Identity>> {
    let statement = system::select_param(connection.dialect(), IDENTITY_PARAM);
    let mut stored = None;
    connection.query(&statement, &mut |row| {
        stored = row.cell(0).as_text().map(str::to_owned);
        Flow::Stop
    })?;
    let Some(text) = stored else { return Ok(None) };
    // As with the settings a plain row is read even with a key.
    let is_plain = text.trim_start().starts_with('{');
    let plain = match cipher {
        Some(cipher) if !is_plain => cipher.decrypt(&text),
        _ => Some(text),
    };
    let identity = plain
        .and_then(|plain| json::parse_strict(plain.as_bytes()).ok())
        .and_then(|value| Identity::from_value(&value));
    identity.map(Some).ok_or_else(|| {
        Error::internal("the app's id and admin token cannot be read: were they encrypted with another key?")
    })
}

pub(crate) fn save(
    connection: &mut dyn Connection,
    identity: &Identity,
    cipher: Option<&Cipher>,
) -> Result<()> {
    let text = json::to_text(&identity.to_value());
    let text = match cipher {
        Some(cipher) => cipher.encrypt(&text).map_err(Error::internal)?,
        None => text,
    };
    let statement = system::save_param(connection.dialect(), IDENTITY_PARAM, &text, &time::now());
    connection.execute(&statement)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ids() {
        let identity = Identity::new("x");
        assert!(is_canonical_uuid(&identity.id) && identity.is_admin_token(&identity.admin_token));
        for wrong in ["", "x", &identity.id, &identity.admin_token[1..]] {
            assert!(!identity.is_admin_token(wrong), "{wrong}");
        }
        let simple = identity.id.replace('-', "");
        for wrong in
            ["", "../../etc", &simple, &format!("{{{simple}}}"), &format!("urn:uuid:{}", identity.id)]
        {
            assert!(!is_canonical_uuid(wrong), "{wrong}");
        }
        assert_eq!(Identity::from_value(&identity.to_value()), Some(identity));
    }
}
