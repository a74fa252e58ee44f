//! Rate limits of rules: buckets of tokens, in memory.

use std::collections::HashMap;

use ketch_cel::rules::{Bucket, Limit, Refill};
use ketch_model::Value;
use ketch_model::time::DateTime;
use parking_lot::Mutex;
use serde_json::json;

/// So many buckets are kept before full ones, which say nothing, are thrown away.
const KEPT: usize = 50_000;

/// The buckets of an app, by their name and the key that a rule gave.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    levels: Mutex<HashMap<(String, String), Levels>>,
}

/// How full a bucket is: a level for each of its limits.
#[derive(Debug)]
struct Levels {
    bucket: Bucket,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    /// When `tokens` was true, in milliseconds since 1970.
    at: i64,
}

impl Limiter {
    /// Takes tokens; all limits must have enough, else nothing is taken and the answer is the hint of
    /// the error.
    pub(super) fn take(
        &self,
        name: &str,
        bucket: &Bucket,
        key: &str,
        amount: u64,
        now: i64,
    ) -> Result<(), Value> {
        let mut all = self.levels.lock();
        if all.len() >= KEPT {
            all.retain(|_, levels| !levels.is_full(now));
        }
        let known = all
            .entry((name.to_owned(), key.to_owned()))
            .or_insert_with(|| Levels { bucket: bucket.clone(), levels: Vec::new() });
        if known.levels.is_empty() || known.bucket != *bucket {
            // New, or new rules.
            known.bucket = bucket.clone();
            known.levels =
                bucket.limits.iter().map(|limit| Level { tokens: limit.capacity as f64, at: now }).collect();
        }
        known.refill(now);
        let amount = amount as f64;
        let wait = known
            .bucket
            .limits
            .iter()
            .zip(&known.levels)
            .filter(|(_, level)| level.tokens < amount)
            .map(|(limit, level)| wait(limit, *level, amount, now))
            .max();
        if let Some(wait) = wait {
            let left = known.levels.iter().map(|level| level.tokens).fold(f64::INFINITY, f64::min);
            let at =
                DateTime::from_unix_milliseconds(now.saturating_add(wait)).to_text().replacen(' ', "T", 1);
            return Err(json!({
                "retry-at": at,
                "retry-after": (wait as f64 / 1000.0).ceil() as i64,
                "remaining-tokens": left.max(0.0).floor() as i64,
            }));
        }
        for level in &mut known.levels {
            level.tokens -= amount;
        }
        Ok(())
    }
}

impl Levels {
    fn refill(&mut self, now: i64) {
        for (limit, level) in self.bucket.limits.iter().zip(&mut self.levels) {
            *level = refilled(limit, *level, now);
        }
    }

    fn is_full(&self, now: i64) -> bool {
        let limits = self.bucket.limits.iter().zip(&self.levels);
        limits
            .map(|(limit, level)| (limit, refilled(limit, *level, now)))
            .all(|(limit, level)| level.tokens >= limit.capacity as f64)
    }
}

fn refilled(limit: &Limit, level: Level, now: i64) -> Level {
    let (period, capacity, amount) =
        (limit.period_seconds as f64 * 1000.0, limit.capacity as f64, limit.amount as f64);
    let passed = (now - level.at).max(0) as f64;
    match limit.refill {
        Refill::Greedy => {
            Level { tokens: (level.tokens + passed / period * amount).min(capacity), at: level.at.max(now) }
        }
        Refill::Interval => {
            let periods = (passed / period).floor();
            let at = level.at + (periods * period) as i64;
            Level { tokens: (level.tokens + periods * amount).min(capacity), at }
        }
    }
}

/// Milliseconds until a limit has enough.
fn wait(limit: &Limit, level: Level, amount: f64, now: i64) -> i64 {
    let period = limit.period_seconds as f64 * 1000.0;
    let missing = amount.min(limit.capacity as f64) - level.tokens;
    let wait = match limit.refill {
        Refill::Greedy => missing / limit.amount as f64 * period,
        Refill::Interval => (missing / limit.amount as f64).ceil() * period - (now - level.at).max(0) as f64,
    };
    wait.ceil().max(1.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn bucket(refill: Refill) -> Bucket {
        Bucket { limits: vec![Limit { capacity: 4, amount: 4, period_seconds: 3600, refill }] }
    }

    #[test]
    fn greedy_buckets_fill_little_by_little() {
        let (limiter, bucket) = (Limiter::default(), bucket(Refill::Greedy));
        let take = |amount, now| limiter.take("a", &bucket, "k", amount, now);
        assert!(take(4, 0).is_ok());
        assert_eq!(take(1, 0).unwrap_err()["retry-after"], 900);
        assert!(take(1, HOUR / 4 - 1000).is_err());
        assert!(take(1, HOUR / 4).is_ok());
        assert!(take(4, 3 * HOUR).is_ok());
        assert!(limiter.take("a", &bucket, "other", 4, 3 * HOUR).is_ok());
        // More than a bucket ever holds.
        assert!(take(5, 9 * HOUR).is_err());
    }

    #[test]
    fn interval_buckets_fill_at_once() {
        let (limiter, bucket) = (Limiter::default(), bucket(Refill::Interval));
        let take = |amount, now| limiter.take("a", &bucket, "k", amount, now);
        assert!(take(4, 0).is_ok());
        assert!(take(1, HOUR - 1).is_err());
        assert!(take(4, HOUR).is_ok());
        assert!(take(1, HOUR).is_err());
    }

    #[test]
    fn every_limit_must_have_enough_and_new_rules_begin_anew() {
        let minute = Limit { capacity: 1, amount: 1, period_seconds: 60, refill: Refill::Greedy };
        let mut limits = bucket(Refill::Greedy).limits;
        limits.push(minute);
        let both = Bucket { limits };
        let limiter = Limiter::default();
        assert!(limiter.take("a", &both, "k", 1, 0).is_ok());
        assert_eq!(limiter.take("a", &both, "k", 1, 0).unwrap_err()["retry-after"], 60);
        assert!(limiter.take("a", &bucket(Refill::Greedy), "k", 4, 0).is_ok());
    }
}
