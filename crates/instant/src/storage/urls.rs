//! URLs by which a file can be fetched without further proof, for some days.

use ketch_model::{Cell, ids, time};
use ketch_store::sql::attrs;
use ketch_store::{Connection, Flow};

use super::label;
use crate::error::{Error, Result};
use crate::query::{FileUrls, Rows};
use crate::service::Instant;
use crate::url_key::UrlKey;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How many days a URL is good for after that on which it was made.
const DAYS: i64 = 7;
/// The key of `_ketch_meta` under which the secret is kept.
const META_KEY: &str = "file_url_key";
const KEY_LENGTH: usize = 64;

/// Signs URLs of an app's files for one day: the same ones all day, so that answers stay equal.
#[derive(Debug, Clone)]
pub struct SignedUrls {
    app_id: String,
    /// `https://host`.
    origin: String,
    key: UrlKey,
    expires: i64,
}

impl SignedUrls {
    fn new(app_id: &str, origin: &str, key: UrlKey, now: i64) -> Self {
        let expires = (now.div_euclid(DAY) + 1 + DAYS) * DAY;
        Self { app_id: app_id.to_owned(), origin: origin.to_owned(), key, expires }
    }

    /// The URL of the bytes at a location.
    pub fn of(&self, location_id: &str) -> String {
        let Self { app_id, origin, key, expires } = self;
        let signature = key.sign(app_id, location_id, *expires);
        format!("{origin}/storage/files/{app_id}/{location_id}?expires={expires}&signature={signature}")
    }
}

impl FileUrls for SignedUrls {
    fn url(&self, rows: &Rows, row: usize) -> Option<String> {
        let field = rows.collection.field_index(label::LOCATION)?;
        match rows.cell(row, field)? {
            Cell::Text(location) if !location.is_empty() => Some(self.of(location)),
            _ => None,
        }
    }
}

impl Instant {
    /// What signs URLs that lead to this origin today.
    ///
    /// # Errors
    /// The store's.
    pub async fn file_urls(&self, app_id: &str, origin: &str) -> Result<SignedUrls> {
        let key = self.url_key().await?;
        Ok(SignedUrls::new(app_id, origin, key, time::unix_milliseconds()))
    }

    /// The app's secret, which is made when it is first needed.
    ///
    /// # Errors
    /// The store's.
    pub async fn url_key(&self) -> Result<UrlKey> {
        let key = self.url_key.get_or_try_init(|| async {
            let stored = self.records.store().lookup(|connection| stored_key(connection)).await?;
            if let Some(key) = stored {
                return Ok(key);
            }
            let made = self.records.store().write(|connection| {
                // Somebody else may have been first.
                if let Some(key) = stored_key(connection)? {
                    return Ok(key);
                }
                let key = ids::random_text(KEY_LENGTH, ids::ALPHANUMERIC);
                connection.execute(&attrs::save_meta(connection.dialect(), META_KEY, &key))?;
                Ok::<_, ketch_model::Error>(UrlKey::new(&key))
            });
            Ok::<_, Error>(made.await?)
        });
        Ok(key.await?.clone())
    }
}

fn stored_key(connection: &mut dyn Connection) -> Result<Option<UrlKey>, ketch_model::Error> {
    let statement = attrs::select_meta(connection.dialect(), META_KEY);
    let mut found = None;
    connection.query(&statement, &mut |row| {
        found = row.cell(0).as_text().map(UrlKey::new);
        Flow::Stop
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url_key::BadUrl;

    #[test]
    fn urls_hold_all_day_and_a_week() {
        let key = UrlKey::new("secret");
        let noon = 20_000 * DAY + DAY / 2;
        let urls = |now| SignedUrls::new("app", "http://host", key.clone(), now);
        let url = urls(noon).of("place");
        assert_eq!(url, urls(noon + DAY / 2 - 1).of("place"));
        assert_ne!(url, urls(noon + DAY / 2).of("place"));
        assert!(url.starts_with("http://host/storage/files/app/place?expires="), "{url}");
        let (_, query) = url.split_once('?').unwrap();
        let value = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap().to_owned()
        };
        let (expires, signature) = (value("expires"), value("signature"));
        let check = |place: &str, expires: &str, signature: &str, now| {
            key.check("app", place, expires, signature, now)
        };
        assert_eq!(check("place", &expires, &signature, noon + DAYS * DAY), Ok(()));
        assert_eq!(check("place", &expires, &signature, noon + 9 * DAY), Err(BadUrl::Expired));
        for (place, expires, signature) in [
            ("other", expires.as_str(), signature.as_str()),
            ("place", "99999999999999", signature.as_str()),
            ("place", "x", signature.as_str()),
            ("place", expires.as_str(), &signature[2..]),
            ("place", expires.as_str(), "é0"),
            ("place", expires.as_str(), ""),
        ] {
            assert_eq!(check(place, expires, signature, noon), Err(BadUrl::Forged));
        }
    }
}
