//! One round of load on one server: as many requests as fit, over a fixed number of connections.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Result;
use crate::api;
use crate::cases::Shot;
use crate::proc;
use crate::server::Server;

/// How long after the end of a round an answer may still come.
const GRACE: Duration = Duration::from_secs(60);
/// Latencies in nanoseconds up to a minute, to three digits.
const LATENCY_MAX: u64 = 60_000_000_000;

/// What to send, and how long the answer of each kind must be.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) shots: Vec<Shot>,
    /// `None` for answers whose length changes.
    pub(crate) sizes: Vec<Option<usize>>,
}

#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Duration,
    pub(crate) latency: Histogram<u64>,
    /// Each distinct error with how often it came.
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Round {
    fn new() -> Self {
        Round {
            requests: 0,
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            latency: histogram(),
            errors: BTreeMap::new(),
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    fn note(&mut self, error: String) {
        *self.errors.entry(error).or_default() += 1;
    }
}

pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, LATENCY_MAX, 3).expect("the bounds are constants that hold")
}

/// Loads `server` for `length` over `connections` and measures what that took.
pub(crate) async fn run(
    server: &Server,
    load: &Arc<Load>,
    connections: usize,
    length: Duration,
) -> Result<Round> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(api::connect(server.address).await?);
    }
    let cpu_before = proc::cpu_time(server.pid())?;
    let started = Instant::now();
    let stop = started + length;
    let mut workers = JoinSet::new();
    for (number, connection) in open.into_iter().enumerate() {
        // Each connection starts elsewhere in the list, so that they do not ask the same in step.
        let first = number * load.shots.len() / connections;
        workers.spawn(timeout(length + GRACE, worker(connection, Arc::clone(load), first, stop)));
    }
    let mut round = Round::new();
    while let Some(ended) = workers.join_next().await {
        match ended? {
            Ok(part) => {
                round.requests += part.requests;
                round.latency += part.latency;
                part.errors
                    .into_iter()
                    .for_each(|(error, count)| *round.errors.entry(error).or_default() += count);
            }
            Err(_) => round.note(format!("no answer for {GRACE:?}")),
        }
    }
    round.elapsed = started.elapsed();
    round.cpu = proc::cpu_time(server.pid())?.saturating_sub(cpu_before);
    Ok(round)
}

async fn worker(
    mut connection: crate::http::Connection<tokio::net::TcpStream>,
    load: Arc<Load>,
    first: usize,
    stop: Instant,
) -> Round {
    let mut part = Round::new();
    let mut before = Instant::now();
    let mut renewed = Vec::new();
    for shot in load.shots.iter().cycle().skip(first) {
        if before >= stop {
            break;
        }
        let bytes = if shot.fresh.is_empty() { &shot.bytes } else { shot.renew(&mut renewed) };
        match connection.send(bytes).await {
            Ok(status) => {
                let size = connection.body().len();
                if !(200..300).contains(&status) {
                    part.note(format!("status {status}: {}", String::from_utf8_lossy(connection.body())));
                } else if let Some(expected) = load.sizes[shot.kind]
                    && size != expected
                {
                    part.note(format!("a body of {size} bytes instead of {expected}"));
                }
            }
            // A broken connection ends its worker: the round is not valid any more.
            Err(error) => {
                part.note(error.to_string());
                break;
            }
        }
        let now = Instant::now();
        let nanos = u64::try_from((now - before).as_nanos()).unwrap_or(LATENCY_MAX);
        part.latency.saturating_record(nanos);
        part.requests += 1;
        before = now;
    }
    part
}
