//! `$rateLimits`: token buckets that rules take from.

use ketch_model::{Object, Value as Json};

use super::RuleProblem;

/// How a bucket fills again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// Little by little.
    Greedy,
    /// All at once, at the end of the period.
    Interval,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub capacity: u64,
    /// Tokens that a period brings.
    pub amount: u64,
    pub period_seconds: u64,
    pub refill: Refill,
}

/// Every limit of a bucket must have enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub limits: Vec<Limit>,
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

pub(super) fn bucket(name: &str, value: &Json) -> Result<Bucket, RuleProblem> {
    let path = ["$rateLimits", name];
    let limits = value.get("limits").and_then(Json::as_array).filter(|limits| !limits.is_empty());
    let Some(limits) = limits else {
        return Err(RuleProblem::new(&path, "a bucket is written as {\"limits\": [{\"capacity\": 10}]}"));
    };
    let mut bucket = Bucket { limits: Vec::with_capacity(limits.len()) };
    for (index, value) in limits.iter().enumerate() {
        let index = index.to_string();
        let problem = |key: &str, message: &str| {
            RuleProblem::new(&["$rateLimits", name, "limits", &index, key], message)
        };
        bucket.limits.push(limit(value).map_err(|(key, message)| problem(key, &message))?);
    }
    Ok(bucket)
}

type Wrong = (&'static str, String);

fn limit(value: &Json) -> Result<Limit, Wrong> {
    let capacity = positive(value.get("capacity"))
        .ok_or_else(|| ("capacity", "the capacity must be an integer above 0".to_owned()))?;
    let mut limit = Limit { capacity, amount: capacity, period_seconds: HOUR, refill: Refill::Greedy };
    let none = Object::new();
    let refill = match value.get("refill") {
        None | Some(Json::Null) => &none,
        Some(Json::Object(refill)) => refill,
        Some(_) => return Err(("refill", "refill is an object of amount, period and type".to_owned())),
    };
    if let Some(amount) = refill.get("amount") {
        limit.amount = positive(Some(amount))
            .ok_or_else(|| ("refill", "the amount of a refill must be an integer above 0".to_owned()))?;
    }
    if let Some(text) = refill.get("period") {
        let seconds = text.as_str().and_then(seconds).filter(|seconds| (1..=DAY).contains(seconds));
        limit.period_seconds = seconds.ok_or_else(|| {
            ("refill", format!("{text} is no period between one second and one day: write '10 minutes'"))
        })?;
    }
    limit.refill = match refill.get("type").map(|kind| kind.as_str()) {
        None | Some(Some("greedy")) => Refill::Greedy,
        Some(Some("interval")) => Refill::Interval,
        Some(_) => return Err(("refill", "the type of a refill is 'greedy' or 'interval'".to_owned())),
    };
    Ok(limit)
}

fn positive(value: Option<&Json>) -> Option<u64> {
    value.and_then(Json::as_u64).filter(|value| *value > 0)
}

/// `1 hour`, `30 seconds`
fn seconds(text: &str) -> Option<u64> {
    let (count, unit) = text.trim().split_once(' ')?;
    let size = match unit.trim().strip_suffix('s').unwrap_or(unit.trim()) {
        "second" => 1,
        "minute" => 60,
        "hour" => HOUR,
        "day" => DAY,
        _ => return None,
    };
    count.parse::<u64>().ok()?.checked_mul(size)
}
