//! The rate limits of the settings, counted.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ketch_model::settings::RateLimits;
use ketch_model::{Error, ErrorKind, Result};

use super::rules;
use super::windows::Windows;
use crate::crons::Crons;

/// The original's id and time of the job that forgets what has ended.
const CLEANUP: (&str, &str) = ("__pbRateLimitersCleanup__", "2 * * * *");

/// One request, or one part of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The real address; what is no address counts as one and the same.
    pub ip: &'a str,
    /// Whether somebody is signed in.
    pub is_auth: bool,
    pub method: &'a str,
    /// Decoded.
    pub path: &'a str,
    /// For routes that act on a collection.
    pub route: Option<CollectionRoute<'a>>,
}

/// A route that acts on a collection. It counts by itself, also under a rule that covers others.
#[derive(Debug, Clone, Copy)]
pub struct CollectionRoute<'a> {
    /// The collection's id and name.
    pub collection: (&'a str, &'a str),
    /// What tells this route from others with the same tags.
    pub name: &'static str,
    /// What rules call it: `list`, `create`, …
    pub tags: &'static [&'static str],
}

/// Counts requests by address under the rules of the settings.
#[derive(Clone)]
pub struct RateLimiter {
    counters: Arc<Windows<Key>>,
    crons: Crons,
    /// Whether the job is registered that forgets what has ended.
    is_tidied: Arc<AtomicBool>,
}

/// Whose visits are counted together.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    counter: Counter,
    ip: Option<IpAddr>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Counter {
    /// Everything that a rule covers, by its place in the settings.
    Rule(usize),
    /// One route of one collection, by the rule's audience.
    Route { collection: Box<str>, name: &'static str, audience: Box<str> },
}

impl RateLimiter {
    pub(crate) fn new(crons: Crons) -> Self {
        Self { counters: Arc::default(), crons, is_tidied: Arc::default() }
    }

    /// Counts a visit.
    ///
    /// # Errors
    /// 429 for one too many.
    pub fn admit(&self, limits: &RateLimits, visit: &Visit<'_>) -> Result<()> {
        let Some(place) = place(limits, visit) else { return Ok(()) };
        let rule = &limits.rules[place];
        let counter = match &visit.route {
            None => Counter::Rule(place),
            Some(route) => Counter::Route {
                collection: route.collection.0.into(),
                name: route.name,
                audience: rule.audience.as_str().into(),
            },
        };
        self.ensure_tidy();
        let length = Duration::from_secs(u64::try_from(rule.duration).unwrap_or_default());
        let count = self.counters.count(Key { counter, ip: visit.ip.parse().ok() }, length);
        if count <= u64::try_from(rule.max_requests).unwrap_or_default() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::TooManyRequests, ""))
    }

    /// Forgets all counts, as new settings do.
    pub(crate) fn reset(&self) {
        self.counters.clear();
        self.crons.remove(CLEANUP.0);
        self.is_tidied.store(false, Relaxed);
    }

    fn ensure_tidy(&self) {
        if self.is_tidied.swap(true, Relaxed) {
            return;
        }
        let counters = Arc::downgrade(&self.counters);
        let added = self.crons.add(CLEANUP.0, CLEANUP.1, move || {
            if let Some(counters) = counters.upgrade() {
                counters.tidy();
            }
            async { Ok(()) }
        });
        if let Err(error) = added {
            tracing::error!(%error, "the counts of the rate limits will not be tidied");
        }
    }
}

fn place(limits: &RateLimits, visit: &Visit<'_>) -> Option<usize> {
    let mut labels = Vec::new();
    if let Some(CollectionRoute { collection: (_, name), tags, .. }) = visit.route {
        labels.extend(tags.iter().map(|tag| format!("{name}:{tag}")));
        labels.extend(tags.iter().map(|tag| format!("*:{tag}")));
    }
    labels.push(format!("{} {}", visit.method, visit.path));
    let labels = labels.iter().map(String::as_str).chain([visit.path]);
    rules::find(&limits.rules, labels, visit.is_auth)
}

#[cfg(test)]
mod tests {
    use ketch_model::settings::RateLimitRule;

    use super::*;

    fn limits(rules: &[(&str, &str, i64)]) -> RateLimits {
        let of = |&(label, audience, max_requests): &(&str, &str, i64)| RateLimitRule {
            label: label.to_owned(),
            audience: audience.to_owned(),
            duration: 10,
            max_requests,
        };
        RateLimits { rules: rules.iter().map(of).collect(), excluded_ips: Vec::new(), enabled: true }
    }

    fn visit(path: &'static str) -> Visit<'static> {
        Visit { ip: "1.2.3.4", is_auth: false, method: "GET", path, route: None }
    }

    const LIST: CollectionRoute<'static> =
        CollectionRoute { collection: ("id1", "posts"), name: "list", tags: &["list"] };

    #[tokio::test(start_paused = true)]
    async fn a_rule_counts_everything_it_covers_by_address() {
        let limiter = RateLimiter::new(Crons::default());
        let limits = limits(&[("/api/", "", 2)]);
        let admitted = |visit: Visit<'_>| limiter.admit(&limits, &visit).is_ok();
        assert!(admitted(visit("/api/a")) && admitted(visit("/api/b")) && !admitted(visit("/api/c")));
        assert!(admitted(Visit { ip: "1.2.3.5", ..visit("/api/a") }));
        assert!(admitted(visit("/elsewhere")));
        assert!(!admitted(Visit { is_auth: true, ..visit("/api/a") }));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(admitted(visit("/api/a")));
        limiter.reset();
        assert!(admitted(visit("/api/a")) && admitted(visit("/api/a")) && !admitted(visit("/api/a")));
    }

    #[tokio::test(start_paused = true)]
    async fn routes_of_collections_count_by_themselves() {
        let limiter = RateLimiter::new(Crons::default());
        let limits = limits(&[("/api/", "", 1)]);
        let at = |route| Visit { route: Some(route), ..visit("/api/x") };
        let admitted = |visit: Visit<'_>| limiter.admit(&limits, &visit).is_ok();
        assert!(admitted(at(LIST)) && !admitted(at(LIST)));
        assert!(admitted(at(CollectionRoute { name: "view", tags: &["view"], ..LIST })));
        assert!(admitted(at(CollectionRoute { collection: ("id2", "tags"), ..LIST })));
        assert!(admitted(visit("/api/x")));
    }

    #[tokio::test(start_paused = true)]
    async fn the_job_that_tidies_comes_with_the_first_count() {
        let crons = Crons::default();
        let limiter = RateLimiter::new(crons.clone());
        let limits = limits(&[("*:list", "", 1)]);
        limiter.admit(&limits, &visit("/api/x")).expect("no rule");
        assert_eq!(crons.list(), []);
        limiter.admit(&limits, &Visit { route: Some(LIST), ..visit("/") }).expect("the first");
        assert_eq!(crons.list().len(), 1);
        limiter.reset();
        assert_eq!(crons.list(), []);
    }
}
