//! Live events: many subscribers, a burst of records, and how long each event takes to everybody.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Result;
use crate::api::Api;
use crate::args::Settings;
use crate::cases::FAN_OUT;
use crate::figures::median;
use crate::http::request;
use crate::load;
use crate::pair::Pair;
use crate::proc;
use crate::seed::Seeded;
use crate::server::Server;

/// Connections that write the burst.
const WRITERS: u64 = 8;
/// How long a subscriber waits for all that it is owed: PocketBase takes minutes for a thousand of them.
const PATIENCE: Duration = Duration::from_secs(600);
/// Stands before the number that says when a record was sent, in nanoseconds since the burst began.
const SENT: &[u8] = b"\"sent\":";

#[derive(Debug, Serialize)]
pub(crate) struct Fanout {
    pub(crate) subscribers: usize,
    #[serde(flatten)]
    pub(crate) sides: Pair<Delivery>,
    /// Ketch over PocketBase.
    pub(crate) ratio: Delivery,
}

/// What one server delivered.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Delivery {
    pub(crate) events_per_second: f64,
    /// From the request that creates a record to its event at a subscriber.
    p50_ms: f64,
    p99_ms: f64,
    cpu_us_per_event: f64,
    /// Memory of the server that each idle subscriber adds.
    kb_per_subscriber: f64,
}

impl Delivery {
    /// All but the first figure, in columns.
    pub(crate) fn rest(&self, digits: usize) -> String {
        format!(
            "{:>9.2}{:>9.2}{:>13.2}{:>15.digits$}",
            self.p50_ms, self.p99_ms, self.cpu_us_per_event, self.kb_per_subscriber
        )
    }

    fn over(&self, other: &Self) -> Self {
        Self {
            events_per_second: self.events_per_second / other.events_per_second,
            p50_ms: self.p50_ms / other.p50_ms,
            p99_ms: self.p99_ms / other.p99_ms,
            cpu_us_per_event: self.cpu_us_per_event / other.cpu_us_per_event,
            kb_per_subscriber: self.kb_per_subscriber / other.kb_per_subscriber,
        }
    }
}

/// How many subscribers there are in each run; none where other cases are asked for.
pub(crate) fn sizes(settings: &Settings) -> &'static [usize] {
    let wanted = settings.only.is_empty() || settings.only.iter().any(|name| FAN_OUT.contains(name.as_str()));
    match (wanted, settings.quick) {
        (false, _) => &[],
        (true, true) => &[20],
        (true, false) => &[200, 1000],
    }
}

/// Lets both servers deliver in turn.
pub(crate) async fn run(
    servers: &Pair<Server>,
    seeded: &Seeded,
    subscribers: usize,
    settings: &Settings,
) -> Result<Fanout> {
    let records = if settings.quick { 20 } else { 200 };
    let rounds = if settings.quick { 1 } else { 3 };
    let sides = Pair {
        ketch: deliver(&servers.ketch, seeded, subscribers, records, rounds).await?,
        pocketbase: deliver(&servers.pocketbase, seeded, subscribers, records, rounds).await?,
    };
    Ok(Fanout { subscribers, ratio: sides.ketch.over(&sides.pocketbase), sides })
}

async fn deliver(
    server: &Server,
    seeded: &Seeded,
    subscribers: usize,
    records: u64,
    rounds: usize,
) -> Result<Delivery> {
    let rss_before = proc::memory(server.pid())?.rss_kib;
    let mut streams = Vec::with_capacity(subscribers);
    let mut api = Api::open(server.address).await?;
    for number in 0..subscribers {
        let token = &seeded.subscriber_tokens[number % seeded.subscriber_tokens.len()];
        streams.push(subscribe(server, &mut api, token).await?);
    }
    let rss_after = proc::memory(server.pid())?.rss_kib;
    let mut latency = load::histogram();
    let (mut rates, mut cpu) = (Vec::new(), Duration::ZERO);
    for _ in 0..rounds {
        let cpu_before = proc::cpu_time(server.pid())?;
        let burst = Instant::now();
        let mut readers = JoinSet::new();
        for stream in streams.drain(..) {
            readers.spawn(timeout(PATIENCE, read(stream, records, burst)));
        }
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let count = records / WRITERS + u64::from(writer < records % WRITERS);
            writers.spawn(write(server.address, count, burst));
        }
        while let Some(written) = writers.join_next().await {
            written??;
        }
        while let Some(read) = readers.join_next().await {
            let (stream, part) =
                read?.map_err(|_| format!("{}: events are missing after {PATIENCE:?}", server.name))??;
            latency += part;
            streams.push(stream);
        }
        let events = records as f64 * subscribers as f64;
        rates.push(events / burst.elapsed().as_secs_f64());
        cpu += proc::cpu_time(server.pid())?.saturating_sub(cpu_before);
    }
    let events = records as f64 * subscribers as f64 * rounds as f64;
    Ok(Delivery {
        events_per_second: median(&rates),
        p50_ms: latency.value_at_quantile(0.5) as f64 / 1e6,
        p99_ms: latency.value_at_quantile(0.99) as f64 / 1e6,
        cpu_us_per_event: cpu.as_secs_f64() * 1e6 / events,
        kb_per_subscriber: (rss_after.saturating_sub(rss_before) * 1024) as f64 / 1e3 / subscribers as f64,
    })
}

/// Opens a stream of events and subscribes it to the feed.
async fn subscribe(server: &Server, api: &mut Api, token: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&request("GET", "/api/realtime", "", None)).await?;
    let mut seen = Vec::new();
    let client = loop {
        if stream.read_buf(&mut seen).await? == 0 {
            return Err("the server ended a stream of events".into());
        }
        let text = String::from_utf8_lossy(&seen);
        let id = text.split_once("\"clientId\":\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((id, _)) = id {
            break id.to_owned();
        }
    };
    let body = json!({ "clientId": client, "subscriptions": ["feed/*"] }).to_string();
    api.raw(&request("POST", "/api/realtime", token, Some(&body))).await?;
    Ok(stream)
}

/// Creates records one after the other, each with the time at which it was sent.
async fn write(address: std::net::SocketAddr, count: u64, burst: Instant) -> Result<()> {
    let mut api = Api::open(address).await?;
    for _ in 0..count {
        let body = json!({ "sent": nanoseconds(burst), "text": "A swell from the west", "public": true });
        let request = request("POST", "/api/collections/feed/records", "", Some(&body.to_string()));
        api.raw(&request).await?;
    }
    Ok(())
}

/// Reads until `count` events have come; answers the stream and the age of each event at its arrival.
async fn read(mut stream: TcpStream, count: u64, burst: Instant) -> Result<(TcpStream, Histogram<u64>)> {
    let mut latency = load::histogram();
    let mut buffer = vec![0; 64 * 1024];
    let mut end = 0;
    while latency.len() < count {
        let read = stream.read(&mut buffer[end..]).await?;
        if read == 0 {
            return Err("the server ended a stream of events".into());
        }
        end += read;
        let now = nanoseconds(burst);
        let mut done = 0;
        while let Some((sent, after)) = next_sent(&buffer[done..end]) {
            latency.saturating_record(now.saturating_sub(sent).max(1));
            done += after;
        }
        // What follows the last whole number is the beginning of the next event.
        let kept = done.max(end.saturating_sub(SENT.len() + 20));
        buffer.copy_within(kept..end, 0);
        end -= kept;
    }
    Ok((stream, latency))
}

/// The next time in the bytes, and how many bytes lie before what follows it.
fn next_sent(bytes: &[u8]) -> Option<(u64, usize)> {
    let start = bytes.windows(SENT.len()).position(|window| window == SENT)? + SENT.len();
    let digits = bytes[start..].iter().position(|byte| !byte.is_ascii_digit())?;
    let number = std::str::from_utf8(&bytes[start..start + digits]).ok()?.parse().ok()?;
    Some((number, start + digits))
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_times_of_whole_events_only() {
        let bytes =
            b"data:{\"record\":{\"sent\":123,\"text\":\"\"}}\n\ndata:{\"sent\":4567}\n\ndata:{\"sent\":89";
        let (first, after) = next_sent(bytes).expect("a first time");
        let (second, more) = next_sent(&bytes[after..]).expect("a second time");
        assert_eq!([first, second], [123, 4567]);
        assert_eq!(next_sent(&bytes[after + more..]), None);
    }
}
