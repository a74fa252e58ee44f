//! The data both servers are loaded with: built once by PocketBase, then copied.
//!
//! Every value has a fixed width, so that all answers of one kind have the same length and a
//! wrong answer shows by its size alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::Result;
use crate::api::Api;
use crate::http::multipart;
use crate::instant::TODOS_PER_GOAL;
use crate::server::Server;

const SUPERUSER: [&str; 2] = ["root@example.com", "root-password"];
pub(crate) const USER: [&str; 2] = ["sailor@example.com", "sailor-password"];
const USER_ID: &str = "sailor000000001";
/// The accounts among which the subscribers of the fan-out are divided.
const SUBSCRIBERS: usize = 20;
pub(crate) const FILE_BYTES: usize = 1 << 20;
pub(crate) const AUTHORS: u64 = 1_000;
/// Every hundredth of the notes is the signed-in user's.
pub(crate) const NOTES: u64 = 10_000;
pub(crate) const NOTES_OWN: u64 = NOTES / 100;

#[derive(Debug)]
pub(crate) struct Seeded {
    pub(crate) data_dir: PathBuf,
    pub(crate) records: u64,
    /// Valid at both servers: they share the secrets in the folder.
    pub(crate) user_token: String,
    /// Of accounts that may see what the fan-out writes.
    pub(crate) subscriber_tokens: Vec<String>,
    /// The path of a stored file of [`FILE_BYTES`].
    pub(crate) file_path: String,
}

/// The id of record `index`: 15 characters, without repetition, scattered over the index as
/// random ids are. [`ID_SQL`] is the same formula.
pub(crate) fn record_id(index: u64) -> String {
    let spread = |factor: u64| index.wrapping_mul(factor) % 2_147_483_647;
    format!("{:07x}{:08x}", spread(48_271) % 268_435_456, spread(1_103_515_245))
}

const ID_SQL: &str =
    "printf('%07x%08x', ((%I * 48271) % 2147483647) % 268435456, (%I * 1103515245) % 2147483647)";

/// Builds the data folder below `home` with the given PocketBase.
pub(crate) async fn build(pocketbase: &Path, home: &Path, records: u64) -> Result<Seeded> {
    let data_dir = home.join("pb_data");
    std::fs::create_dir_all(&data_dir)?;
    let [email, password] = SUPERUSER;
    let done = Command::new(pocketbase)
        .args(["superuser", "upsert", email, password, "--dir"])
        .arg(&data_dir)
        .current_dir(home)
        .output()?;
    if !done.status.success() {
        return Err(format!("cannot create the superuser: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let (server, _) = Server::start("PocketBase", pocketbase, &data_dir)?;
    let mut api = Api::open(server.address).await?;
    api.sign_in("_superusers", email, password).await?;
    create_collections(&mut api).await?;
    insert(&mut api, records).await?;
    let file_path = upload_file(&mut api).await?;
    let subscriber_tokens = create_subscribers(&mut api, server.address).await?;
    let user_token = create_user(&mut api).await?;
    // A clean stop, so that the copies start from closed databases.
    server.stop()?;
    Ok(Seeded { data_dir, records, user_token, subscriber_tokens, file_path })
}

async fn create_collections(api: &mut Api) -> Result<()> {
    let authors = json!([
        { "name": "name", "type": "text" },
        { "name": "bio", "type": "text" },
        { "name": "joined", "type": "date" },
    ]);
    let authors = create_collection(api, "authors", authors, &[], "").await?;
    let posts = json!([
        { "name": "title", "type": "text", "required": true },
        { "name": "body", "type": "text" },
        { "name": "views", "type": "number" },
        { "name": "score", "type": "number" },
        { "name": "stars", "type": "number" },
        { "name": "published", "type": "bool" },
        { "name": "status", "type": "select", "values": ["draft", "final"], "maxSelect": 1 },
        { "name": "meta", "type": "json" },
        { "name": "author", "type": "relation", "collectionId": authors, "maxSelect": 1 },
    ]);
    create_collection(api, "posts", posts, &["CREATE INDEX idx_posts_views ON posts (views)"], "").await?;
    let events = json!([
        { "name": "title", "type": "text", "required": true },
        { "name": "level", "type": "number" },
        { "name": "data", "type": "json" },
    ]);
    create_collection(api, "events", events, &["CREATE INDEX idx_events_level ON events (level)"], "")
        .await?;
    let notes = json!([{ "name": "text", "type": "text" }, { "name": "owner", "type": "text" }]);
    let file = json!([{ "name": "file", "type": "file", "maxSelect": 1, "maxSize": FILE_BYTES * 2 }]);
    create_collection(api, "uploads", file, &[], "").await?;
    let feed = json!([
        { "name": "sent", "type": "number" },
        { "name": "text", "type": "text" },
        { "name": "public", "type": "bool" },
        { "name": "owner", "type": "text" },
    ]);
    let seen = "@request.auth.id != '' && (public = true || owner = @request.auth.id)";
    let feed = create_collection(api, "feed", feed, &[], seen).await?;
    // Whoever loads may write; only who may see is what counts here.
    api.call("PATCH", &format!("/api/collections/{feed}"), Some(&json!({ "createRule": "" }))).await?;
    api.call(
        "PATCH",
        "/api/settings",
        Some(&json!({ "batch": { "enabled": true, "maxRequests": 500, "timeout": 60 } })),
    )
    .await?;
    let projects = json!([{ "name": "title", "type": "text" }, { "name": "number", "type": "number" }]);
    let projects = create_collection(api, "projects", projects, &[], "").await?;
    let tasks = json!([
        { "name": "title", "type": "text" },
        { "name": "done", "type": "bool" },
        { "name": "project", "type": "relation", "collectionId": projects, "maxSelect": 1 },
    ]);
    create_collection(api, "tasks", tasks, &["CREATE INDEX idx_tasks_project ON tasks (project)"], "")
        .await?;
    let own = "owner = @request.auth.id";
    create_collection(api, "notes", notes, &["CREATE INDEX idx_notes_owner ON notes (owner)"], own).await?;
    Ok(())
}

/// Creates a collection whose five rules are all `rule` and returns its id.
async fn create_collection(
    api: &mut Api,
    name: &str,
    mut fields: Value,
    indexes: &[&str],
    rule: &str,
) -> Result<String> {
    let dates = [
        json!({ "name": "created", "type": "autodate", "onCreate": true }),
        json!({ "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true }),
    ];
    fields.as_array_mut().ok_or("fields are a list")?.extend(dates);
    let body = json!({
        "name": name, "type": "base", "fields": fields, "indexes": indexes,
        "listRule": rule, "viewRule": rule, "createRule": rule, "updateRule": rule, "deleteRule": rule,
    });
    let answer = api.call("POST", "/api/collections", Some(&body)).await?;
    Ok(answer["id"].as_str().ok_or("a collection without id")?.to_owned())
}

/// Fills the tables with one statement each: seconds instead of minutes by single requests.
async fn insert(api: &mut Api, records: u64) -> Result<()> {
    let author = ID_SQL.replace("%I", &format!("((i * 7) % {AUTHORS})"));
    let project = ID_SQL.replace("%I", &format!("(i / {TODOS_PER_GOAL})"));
    let statements = [
        (
            records / TODOS_PER_GOAL,
            "projects (id, title, number, created, updated)",
            "%ID, printf('Goal %06d of the crew', i), 100000 + i, %DATE, %DATE".to_owned(),
        ),
        (
            records / TODOS_PER_GOAL * TODOS_PER_GOAL,
            "tasks (id, title, done, project, created, updated)",
            format!("%ID, printf('Todo %06d of the goal', i), 1, {project}, %DATE, %DATE"),
        ),
        (
            AUTHORS,
            "authors (id, name, bio, joined, created, updated)",
            "%ID, printf('Author %04d', i),
          printf('Author %04d sails a ketch along the coast and writes about it.', i), %DATE, %DATE, %DATE"
                .to_owned(),
        ),
        (
            records,
            "posts (id, title, body, views, score, stars, published, status, meta, author, created, updated)",
            format!(
                "%ID, printf('Post %06d about wind, water and wood', i),
          printf('%06d. The wind came from the west all day. We set the mizzen first, then the jib, and she \
went along quietly at five knots. Nobody said much. In the evening we anchored in nine metres over sand.', i),
          1000000 + (i * 7919) % {records}, 1000000 + (i * 104729) % {records}, 10, 1, 'final',
          printf('{{\"lang\":\"en\",\"words\":%d}}', 100 + i % 900), {author}, %DATE, %DATE"
            ),
        ),
        (
            NOTES,
            "notes (id, text, owner, created, updated)",
            format!("%ID, printf('Note %06d', i), iif(i % 100 = 0, '{USER_ID}', %ID), %DATE, %DATE"),
        ),
    ];
    for (count, into, values) in statements {
        let values =
            values.replace("%DATE", "'2024-05-01 10:00:00.000Z'").replace("%ID", &ID_SQL.replace("%I", "i"));
        let query = format!(
            "INSERT INTO {into} WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
             SELECT {values} FROM n"
        );
        api.call("POST", "/api/sql", Some(&json!({ "query": query }))).await?;
    }
    Ok(())
}

async fn upload_file(api: &mut Api) -> Result<String> {
    let file: Vec<u8> = (0..FILE_BYTES).map(|index| (index * 31 % 251) as u8).collect();
    let request = multipart("/api/collections/uploads/records", "file", "photo.bin", &file);
    let record: Value = serde_json::from_slice(api.raw(&request).await?)?;
    let text = |key: &str| record[key].as_str().ok_or_else(|| format!("an uploaded record without {key}"));
    Ok(format!("/api/files/uploads/{}/{}", text("id")?, text("file")?))
}

async fn create_subscribers(api: &mut Api, address: SocketAddr) -> Result<Vec<String>> {
    let mut emails = Vec::new();
    for number in 0..SUBSCRIBERS {
        let (email, password) = (format!("subscriber{number}@example.com"), "subscriber-password");
        let body = json!({ "email": email, "password": password, "passwordConfirm": password });
        api.call("POST", "/api/collections/users/records", Some(&body)).await?;
        emails.push((email, password));
    }
    let mut tokens = Vec::new();
    for (email, password) in emails {
        let mut own = Api::open(address).await?;
        tokens.push(own.sign_in("users", &email, password).await?);
    }
    Ok(tokens)
}

async fn create_user(api: &mut Api) -> Result<String> {
    let [email, password] = USER;
    let body = json!({ "id": USER_ID, "email": email, "password": password, "passwordConfirm": password });
    api.call("POST", "/api/collections/users/records", Some(&body)).await?;
    api.sign_in("users", email, password).await
}

/// Ends the request log of a server on the seeded folder.
pub(crate) async fn end_log(address: SocketAddr) -> Result<()> {
    let mut api = Api::open(address).await?;
    let [email, password] = SUPERUSER;
    api.sign_in("_superusers", email, password).await?;
    api.call("PATCH", "/api/settings", Some(&json!({ "logs": { "maxDays": 0 } }))).await?;
    Ok(())
}

pub(crate) fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_valid_and_do_not_repeat() {
        let ids: HashSet<String> = (0..200_000).map(record_id).collect();
        assert_eq!(ids.len(), 200_000);
        assert!(ids.iter().all(|id| id.len() == 15 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }
}
