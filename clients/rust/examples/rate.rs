//! How many calls a second: the twin of `benches/python/worker.py`, with the same options and output.
//!
//! `rate CASE --url=URL --ids=FILE --in-flight=N --seconds=S`

use std::collections::HashMap;
use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use ketch_client::Result;
use ketch_client::pocketbase::{Client, Record};
use serde_json::json;
use tokio::task::JoinSet;

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().unwrap_or_default();
    let options: HashMap<String, String> = arguments
        .filter_map(|text| text.strip_prefix("--")?.split_once('=').map(|(a, b)| (a.into(), b.into())))
        .collect();
    let option = |name: &str| options.get(name).ok_or_else(|| format!("--{name}=… is missing"));
    let ids = std::fs::read_to_string(option("ids")?)?;
    let ids: Vec<String> = ids.split_whitespace().map(str::to_owned).collect();
    let seconds = Duration::from_secs_f64(option("seconds")?.parse()?);
    let in_flight: usize = option("in-flight")?.parse()?;
    let load = Load { client: Client::new(option("url")?)?, case, ids };
    load.call_blocking(0)?;

    let started = Instant::now();
    let calls = match in_flight {
        1 => load.blocking(started + seconds)?,
        _ => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(load.asynchronous(in_flight, started + seconds))?
        }
    };
    let figures = json!({"calls": calls, "seconds": started.elapsed().as_secs_f64()});
    Ok(writeln!(stdout(), "{figures}")?)
}

#[derive(Clone)]
struct Load {
    client: Client,
    case: String,
    ids: Vec<String>,
}

impl Load {
    fn blocking(&self, end: Instant) -> Result<usize> {
        let mut count = 0;
        while Instant::now() < end {
            self.call_blocking(count)?;
            count += 1;
        }
        Ok(count)
    }

    async fn asynchronous(&self, in_flight: usize, end: Instant) -> Result<usize> {
        let mut tasks = JoinSet::new();
        for number in 0..in_flight {
            let load = self.clone();
            tasks.spawn(async move {
                let mut count = 0;
                while Instant::now() < end {
                    load.call(number + count * 31).await?;
                    count += 1;
                }
                Result::Ok(count)
            });
        }
        let mut total: usize = 0;
        for count in tasks.join_all().await {
            total += count?;
        }
        Ok(total)
    }

    /// One call; `number` chooses the record.
    async fn call(&self, number: usize) -> Result<()> {
        match self.case.as_str() {
            "get_one" => self.posts().get_one::<Record>(self.id(number)).await.map(drop),
            "get_list" => self.posts().get_list::<Record>(1, 30).await.map(drop),
            _ => self.made().create::<Record>(self.body()).await.map(drop),
        }
    }

    fn call_blocking(&self, number: usize) -> Result<()> {
        match self.case.as_str() {
            "get_one" => self.posts().get_one::<Record>(self.id(number)).wait().map(drop),
            "get_list" => self.posts().get_list::<Record>(1, 30).wait().map(drop),
            _ => self.made().create::<Record>(self.body()).wait().map(drop),
        }
    }

    fn posts(&self) -> ketch_client::pocketbase::Collection {
        self.client.collection("posts")
    }

    fn made(&self) -> ketch_client::pocketbase::Collection {
        self.client.collection("made")
    }

    fn id(&self, number: usize) -> &str {
        let place = number.wrapping_mul(7919) % self.ids.len().max(1);
        self.ids.get(place).map_or("", String::as_str)
    }

    fn body(&self) -> serde_json::Value {
        json!({"title": "A record of a load test", "n": 7, "done": true})
    }
}
