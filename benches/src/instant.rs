//! The Instant front's side of the comparison: its data, its requests.
//!
//! Both servers hold the same shape twice: `projects` and `tasks` in collections of PocketBase's,
//! and, at Ketch only, `goals` and `todos` that were written through the Instant front.

use serde_json::{Value, json};

use crate::Result;
use crate::api::Api;
use crate::http::request_with;
use crate::server::{ADMIN_TOKEN, APP_ID, Server};

pub(crate) const TODOS_PER_GOAL: u64 = 10;
const OWNER: &str = "owner@example.com";
/// Goals that one transaction of the set-up writes.
const GOALS_AT_ONCE: u64 = 40;

/// Whom a request speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Admin,
    /// The user whose goals all of them are; rules apply.
    Owner,
}

/// The bytes of a call of the admin API.
pub(crate) fn call(path: &str, caller: As, body: &Value) -> Vec<u8> {
    let mut headers = format!("App-Id: {APP_ID}\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n");
    if caller == As::Owner {
        headers.push_str(&format!("As-Email: {OWNER}\r\n"));
    }
    request_with("POST", path, &headers, Some(&body.to_string()))
}

/// A query of goals with their todos.
pub(crate) fn goals(limit: usize) -> Value {
    json!({ "query": { "goals": { "$": { "limit": limit }, "todos": {} } } })
}

/// Writes the goals, ten todos each, and a rule that looks over a link at the owner.
pub(crate) async fn seed(ketch: &Server, goals: u64) -> Result<()> {
    let mut api = Api::open(ketch.address).await?;
    let signed_in = api.raw(&call("/admin/refresh_tokens", As::Admin, &json!({ "email": OWNER }))).await?;
    let answer: Value = serde_json::from_slice(signed_in)?;
    let owner = answer["user"]["id"].as_str().ok_or("a user without id")?.to_owned();
    for first in (0..goals).step_by(usize::try_from(GOALS_AT_ONCE)?) {
        let mut steps = Vec::new();
        for goal in first..goals.min(first + GOALS_AT_ONCE) {
            let id = uuid("90a1", goal);
            let title = format!("Goal {goal:06} of the crew");
            steps.push(json!(["update", "goals", id, { "title": title, "number": 100_000 + goal }]));
            // A link that no schema knows leads to the namespace of its own name.
            steps.push(json!(["link", "goals", id, { "$users": owner }]));
            let todos = goal * TODOS_PER_GOAL..(goal + 1) * TODOS_PER_GOAL;
            let ids: Vec<String> = todos.clone().map(|todo| uuid("70d0", todo)).collect();
            for (todo, id) in todos.zip(&ids) {
                let title = format!("Todo {todo:06} of the goal");
                steps.push(json!(["update", "todos", id, { "title": title, "done": true }]));
            }
            steps.push(json!(["link", "goals", id, { "todos": ids }]));
        }
        api.raw(&call("/admin/transact", As::Admin, &json!({ "steps": steps }))).await?;
    }
    let rules = json!({ "code": { "goals": { "allow": { "view": "auth.id in data.ref('$users.id')" } } } });
    let path = format!("/superadmin/apps/{APP_ID}/perms");
    api.raw(&call(&path, As::Admin, &rules)).await?;
    Ok(())
}

fn uuid(kind: &str, number: u64) -> String {
    format!("5eab0000-{kind}-4000-8000-{number:012x}")
}

/// A transaction that makes as many entities as there are values, and where in it the digits stand
/// that must be made anew for each request.
pub(crate) fn transaction(values: &[Value]) -> (Vec<u8>, Vec<usize>) {
    const ID: &str = "5eab0000-109e-4000-8000-";
    let steps: Vec<Value> =
        values.iter().map(|value| json!(["update", "logs", format!("{ID}{:012x}", 0), value])).collect();
    let bytes = call("/admin/transact", As::Admin, &json!({ "steps": steps }));
    let fresh = bytes.windows(ID.len()).enumerate();
    let fresh = fresh.filter(|(_, window)| *window == ID.as_bytes()).map(|(at, _)| at + ID.len());
    let fresh = fresh.collect();
    (bytes, fresh)
}
