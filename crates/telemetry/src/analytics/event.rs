//! One event as a client sends it.

use ketch_model::{Cell, Object, Value, json, time};

use super::agent::Agent;
use super::range::{MILLISECONDS_A_DAY, day_of};
use super::visitor::Salt;
use crate::text::cut;

/// The longest texts, in bytes. Names are refused above, the rest is cut.
const NAME_BYTES: usize = 200;
const PATH_BYTES: usize = 1_000;
const ID_BYTES: usize = 256;
const TITLE_BYTES: usize = 300;
const REFERRER_BYTES: usize = 2_000;
const SOURCE_BYTES: usize = 253;
const PROPS_BYTES: usize = 2_000;

/// What is known of all events of one request.
pub(super) struct Context<'a> {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    pub(super) salt: &'a Salt,
    pub(super) agent: Agent,
    pub(super) ip: &'a str,
    pub(super) user_agent: &'a str,
    /// Where the events were sent to: its pages are no sources.
    pub(super) host: &'a str,
}

/// An event that waits to be written.
#[derive(Debug)]
pub(super) struct Event {
    day: i64,
    created: i64,
    event: String,
    path: String,
    title: String,
    source: String,
    agent: Agent,
    visitor: String,
    session: String,
    perf: Option<f64>,
    props: String,
}

/// Keys with a meaning of their own; all others are properties. Several have two spellings.
const KNOWN: [&str; 13] = [
    "event",
    "path",
    "title",
    "referrer",
    "sid",
    "sessionId",
    "uid",
    "ts",
    "timestamp",
    "perf_ms",
    "perfMs",
    "props",
    "query",
];

impl Event {
    /// # Errors
    /// What is wrong with it, in words for who sent it.
    pub(super) fn read(submitted: &Value, context: &Context<'_>) -> Result<Self, String> {
        let Value::Object(submitted) = submitted else { return Err("an event must be an object".to_owned()) };
        let name = required(submitted, "event")?;
        if name.len() > NAME_BYTES {
            return Err(format!("event must have at most {NAME_BYTES} bytes"));
        }
        let path = page(required(submitted, "path")?)?;
        let session_id = id(submitted, &["sid", "sessionId"])?;
        let user_id = id(submitted, &["uid"])?;
        // Who names no session is known by address and browser for the day.
        let who = [user_id, session_id].into_iter().find(|id| !id.is_empty());
        let visitor = match who {
            Some(who) => context.salt.hash(&["id", who]),
            None => context.salt.hash(&["agent", context.ip, context.user_agent]),
        };
        let session = match session_id {
            "" => visitor.clone(),
            session => context.salt.hash(&["session", session]),
        };
        let created = moment(submitted, context.now)?;
        Ok(Self {
            day: day_of(created),
            created,
            event: name.to_owned(),
            path,
            title: cut(text(submitted, "title")?, TITLE_BYTES).to_owned(),
            source: source(text(submitted, "referrer")?, context.host),
            agent: context.agent,
            visitor,
            session,
            perf: perf(submitted)?,
            props: props(submitted)?,
        })
    }

    /// In the order of the store's columns.
    pub(super) fn into_cells(self) -> Vec<Cell> {
        vec![
            Cell::Integer(self.day),
            Cell::Integer(self.created),
            Cell::Text(self.event),
            Cell::Text(self.path),
            Cell::Text(self.title),
            Cell::Text(self.source),
            Cell::text(self.agent.browser),
            Cell::text(self.agent.os),
            Cell::text(self.agent.device),
            Cell::Text(self.visitor),
            Cell::Text(self.session),
            self.perf.map_or(Cell::Null, Cell::Real),
            Cell::Text(self.props),
        ]
    }
}

/// Absent and null are empty.
fn text<'a>(submitted: &'a Object, key: &str) -> Result<&'a str, String> {
    match submitted.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("{key} must be a text")),
    }
}

fn required<'a>(submitted: &'a Object, key: &str) -> Result<&'a str, String> {
    match text(submitted, key)?.trim() {
        "" => Err(format!("{key} is missing")),
        text => Ok(text),
    }
}

/// The first of several spellings that is there.
fn id<'a>(submitted: &'a Object, keys: &[&str]) -> Result<&'a str, String> {
    for key in keys {
        match text(submitted, key)? {
            "" => {}
            id if id.len() > ID_BYTES => return Err(format!("{key} must have at most {ID_BYTES} bytes")),
            id => return Ok(id),
        }
    }
    Ok("")
}

/// The path of a page without query, fragment and closing slash.
fn page(path: &str) -> Result<String, String> {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.len() > PATH_BYTES {
        return Err(format!("path must have at most {PATH_BYTES} bytes"));
    }
    Ok(if path.is_empty() { "/".to_owned() } else { path.to_owned() })
}

/// The host of the page that led here; empty for pages of this site and for what is no address.
fn source(referrer: &str, own_host: &str) -> String {
    let referrer = cut(referrer, REFERRER_BYTES).trim();
    let Some((_, rest)) = referrer.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_ascii_lowercase(),
        _ => host.to_ascii_lowercase(),
    };
    let found = name(host);
    if found == name(own_host) || found.len() > SOURCE_BYTES {
        return String::new();
    }
    found.strip_prefix("www.").unwrap_or(&found).to_owned()
}

/// When it happened: milliseconds since 1970 or a date text. What is not within a day before now
/// counts as now: clocks of visitors are wrong.
fn moment(submitted: &Object, now: i64) -> Result<i64, String> {
    let told = match ["ts", "timestamp"].iter().find_map(|key| submitted.get(*key)) {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => number.as_f64().map(|number| number as i64),
        Some(Value::String(text)) => {
            let parsed = time::parse_date(text);
            time::DateTime::from_text(&parsed).map(|moment| moment.unix_milliseconds())
        }
        Some(_) => return Err("timestamp must be a number of milliseconds or a date".to_owned()),
    };
    Ok(told.filter(|told| (now - MILLISECONDS_A_DAY..=now).contains(told)).unwrap_or(now))
}

/// How long the page took to load, in milliseconds.
fn perf(submitted: &Object) -> Result<Option<f64>, String> {
    match ["perf_ms", "perfMs"].iter().find_map(|key| submitted.get(*key)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64().filter(|number| *number >= 0.0)),
        Some(_) => Err("perf_ms must be a number".to_owned()),
    }
}

/// Whatever else was sent, as JSON.
fn props(submitted: &Object) -> Result<String, String> {
    let mut props = match submitted.get("props") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(props)) => props.clone(),
        Some(_) => return Err("props must be an object".to_owned()),
    };
    for (key, value) in submitted {
        if !KNOWN.contains(&key.as_str()) {
            props.insert(key.clone(), value.clone());
        }
    }
    let text = json::to_text(&Value::Object(props));
    if text.len() > PROPS_BYTES {
        return Err(format!("the properties of an event must have at most {PROPS_BYTES} bytes as JSON"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        assert_eq!(source("https://www.Example.org:443/a?b", "here.example"), "example.org");
        assert_eq!(source("https://user:secret@example.org/", "here.example"), "example.org");
        assert_eq!(source("http://here.example/x", "here.example:8090"), "");
        assert_eq!(source("not an address", "here.example"), "");
        assert_eq!(source("", ""), "");
    }

    #[test]
    fn pages() {
        assert_eq!(page("/a/b/?q=1#f").as_deref(), Ok("/a/b"));
        assert_eq!(page("/").as_deref(), Ok("/"));
        assert_eq!(page("?q").as_deref(), Ok("/"));
        assert!(page(&"a".repeat(2_000)).is_err());
    }
}
