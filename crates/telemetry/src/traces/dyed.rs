//! Dyed users: all their requests are traced until their time ends.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_model::{Cell, CellRef, Error, Result, time};
use ketch_store::sql::spans as sql;
use ketch_store::{Flow, Store, StoreResult};

/// Users that may be dyed at the same time.
const MOST: usize = 100;
/// The longest texts, in bytes.
const USER_BYTES: usize = 255;
const REASON_BYTES: usize = 500;
/// The longest time, in seconds: thirty days.
const MOST_SECONDS: i64 = 30 * 86_400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DyedUser {
    /// The id of an auth record.
    pub user: String,
    /// Milliseconds since 1970.
    pub added: i64,
    pub expires: i64,
    /// The id of the superuser who did it.
    pub added_by: String,
    pub reason: String,
}

/// Whom to follow, for how long and why.
#[derive(Debug, Clone)]
pub struct Dye {
    pub user: String,
    pub seconds: i64,
    pub added_by: String,
    pub reason: String,
}

/// Those of one app, in memory and in the store.
pub(super) struct DyedUsers {
    store: Arc<dyn Store>,
    current: ArcSwap<HashMap<String, DyedUser>>,
    /// Changes follow each other.
    changing: tokio::sync::Mutex<()>,
}

impl DyedUsers {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, current: ArcSwap::default(), changing: tokio::sync::Mutex::new(()) }
    }

    /// Reads those whose time has not ended.
    pub(super) async fn load(&self) -> StoreResult<()> {
        let _changing = self.changing.lock().await;
        self.reload().await
    }

    async fn reload(&self) -> StoreResult<()> {
        let now = time::unix_milliseconds();
        let users: HashMap<String, DyedUser> = self
            .store
            .read(move |connection| {
                let mut users = HashMap::new();
                connection.query(&sql::select_dyed_users(connection.dialect(), now), &mut |row| {
                    let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
                    let number = |index| match row.cell(index) {
                        CellRef::Integer(number) => number,
                        _ => 0,
                    };
                    let user = DyedUser {
                        user: text(0),
                        added: number(1),
                        expires: number(2),
                        added_by: text(3),
                        reason: text(4),
                    };
                    users.insert(user.user.clone(), user);
                    Flow::More
                })?;
                Ok::<_, ketch_store::StoreError>(users)
            })
            .await?;
        self.current.store(Arc::new(users));
        Ok(())
    }

    pub(super) fn is_dyed(&self, user: &str) -> bool {
        let current = self.current.load();
        !current.is_empty() && current.get(user).is_some_and(|dyed| dyed.expires > time::unix_milliseconds())
    }

    /// In the order in which they were added.
    pub(super) fn list(&self) -> Vec<DyedUser> {
        let now = time::unix_milliseconds();
        let mut users: Vec<DyedUser> =
            self.current.load().values().filter(|user| user.expires > now).cloned().collect();
        users.sort_by(|left, right| (left.added, &left.user).cmp(&(right.added, &right.user)));
        users
    }

    /// Adds a user, or dyes one anew.
    ///
    /// # Errors
    /// 400 for a text or time out of bounds, or too many users.
    pub(super) async fn add(&self, dye: Dye) -> Result<DyedUser> {
        let Dye { user, seconds, added_by, reason } = dye;
        if user.is_empty() || user.len() > USER_BYTES {
            return Err(Error::bad_request(format!("The userId must have 1 to {USER_BYTES} bytes.")));
        }
        if reason.len() > REASON_BYTES {
            return Err(Error::bad_request(format!("The reason must have at most {REASON_BYTES} bytes.")));
        }
        check_seconds(seconds)?;
        let _changing = self.changing.lock().await;
        let others = self.list().into_iter().filter(|dyed| dyed.user != user).count();
        if others >= MOST {
            let message = format!("{MOST} users are dyed already: remove one first.");
            return Err(Error::bad_request(message));
        }
        let added = time::unix_milliseconds();
        self.save(DyedUser { user, added, expires: added + seconds * 1000, added_by, reason }).await
    }

    /// Gives a dyed user another time from now on.
    ///
    /// # Errors
    /// 404 if the user is not dyed, 400 for a time out of bounds.
    pub(super) async fn prolong(&self, user: &str, seconds: i64) -> Result<DyedUser> {
        check_seconds(seconds)?;
        let _changing = self.changing.lock().await;
        let dyed = self.list().into_iter().find(|dyed| dyed.user == user);
        let dyed = dyed.ok_or_else(|| Error::not_found(""))?;
        self.save(DyedUser { expires: time::unix_milliseconds() + seconds * 1000, ..dyed }).await
    }

    async fn save(&self, user: DyedUser) -> Result<DyedUser> {
        let cells = vec![
            Cell::text(user.user.as_str()),
            Cell::Integer(user.added),
            Cell::Integer(user.expires),
            Cell::text(user.added_by.as_str()),
            Cell::text(user.reason.as_str()),
        ];
        self.store
            .write(move |connection| connection.execute(&sql::save_dyed_user(connection.dialect(), cells)))
            .await?;
        self.reload().await?;
        Ok(user)
    }

    /// # Errors
    /// 404 if the user is not dyed.
    pub(super) async fn remove(&self, user: &str) -> Result<()> {
        let _changing = self.changing.lock().await;
        if !self.list().iter().any(|dyed| dyed.user == user) {
            return Err(Error::not_found(""));
        }
        let user = user.to_owned();
        self.store
            .write(move |connection| connection.execute(&sql::delete_dyed_user(connection.dialect(), &user)))
            .await?;
        Ok(self.reload().await?)
    }

    /// Forgets those whose time has ended.
    pub(super) async fn clean(&self) -> StoreResult<()> {
        let _changing = self.changing.lock().await;
        let now = time::unix_milliseconds();
        self.store
            .write(move |connection| {
                connection.execute(&sql::delete_expired_dyed_users(connection.dialect(), now))
            })
            .await?;
        self.reload().await
    }
}

fn check_seconds(seconds: i64) -> Result<()> {
    if (1..=MOST_SECONDS).contains(&seconds) {
        return Ok(());
    }
    Err(Error::bad_request(format!("The ttl must be from 1 to {MOST_SECONDS} seconds, not {seconds}.")))
}
