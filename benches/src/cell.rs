//! One cell of the result: a case at a number of connections, measured on both servers in turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::Result;
use crate::api::Api;
use crate::args::Settings;
use crate::cases::{Case, Kind, Plan};
use crate::figures::Figures;
use crate::load::{self, Load, Round};
use crate::pair::Pair;
use crate::proc::{self, Memory};
use crate::server::Server;

#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) case: &'static str,
    pub(crate) connections: usize,
    #[serde(flatten)]
    pub(crate) sides: Pair<Side>,
    /// Ketch over PocketBase.
    pub(crate) ratio: Figures,
    /// Requests per second, Ketch over PocketBase, of each pair of rounds.
    pub(crate) round_ratios: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Side {
    #[serde(flatten)]
    pub(crate) figures: Figures,
    pub(crate) requests: u64,
    /// Each distinct error with how often it came.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Sends the first request of each kind to both servers and looks at the answers closely. Returns how
/// long the answers of each kind are, and what was wrong with them.
pub(crate) async fn probe(servers: &Pair<Server>, plan: &Plan) -> Result<(Pair<Vec<usize>>, Vec<String>)> {
    let mut sizes = Pair::<Vec<usize>>::default();
    let mut problems = Vec::new();
    for (index, kind) in plan.kinds.iter().enumerate() {
        let shot = plan.shots.iter().find(|shot| shot.kind == index).ok_or("a kind without requests")?;
        let ketch = answer_size(&servers.ketch, &shot.bytes, kind).await;
        let pocketbase = answer_size(&servers.pocketbase, &shot.bytes, kind).await;
        match (&ketch, &pocketbase) {
            (Ok(ketch), Ok(pocketbase)) if ketch != pocketbase => problems.push(format!(
                "{}: the answers differ in length: Ketch {ketch}, PocketBase {pocketbase} bytes",
                kind.name
            )),
            _ => {}
        }
        for (server, size) in [(&servers.ketch, &ketch), (&servers.pocketbase, &pocketbase)] {
            if let Err(error) = size {
                problems.push(format!("{}: {}: {error}", server.name, kind.name));
            }
        }
        // Who answers wrongly is held to the other's size.
        sizes.ketch.push(*ketch.as_ref().or(pocketbase.as_ref()).unwrap_or(&0));
        sizes.pocketbase.push(*pocketbase.as_ref().or(ketch.as_ref()).unwrap_or(&0));
    }
    Ok((sizes, problems))
}

async fn answer_size(server: &Server, request: &[u8], kind: &Kind) -> Result<usize> {
    let mut api = Api::open(server.address).await?;
    let body = api.raw(request).await?;
    (kind.check)(body)?;
    Ok(body.len())
}

/// Runs the rounds of one cell, alternating between the servers and who goes first.
pub(crate) async fn run(
    servers: &Pair<Server>,
    case: &Case,
    plan: &Plan,
    sizes: &Pair<Vec<usize>>,
    connections: usize,
    settings: &Settings,
) -> Result<Cell> {
    let loads = sizes.map(|sizes| Ok(Arc::new(Load { shots: plan.shots.clone(), sizes: sizes.clone() })))?;
    for (server, load) in [(&servers.ketch, &loads.ketch), (&servers.pocketbase, &loads.pocketbase)] {
        proc::reset_peak(server.pid());
        load::run(server, load, connections, settings.warm_up).await?;
    }
    let mut rounds = Pair::<Vec<Round>>::default();
    for number in 0..settings.rounds {
        for turn in 0..2 {
            if (number + turn) % 2 == 0 {
                rounds
                    .ketch
                    .push(load::run(&servers.ketch, &loads.ketch, connections, settings.round).await?);
            } else {
                let round =
                    load::run(&servers.pocketbase, &loads.pocketbase, connections, settings.round).await?;
                rounds.pocketbase.push(round);
            }
        }
    }
    let round_ratios: Vec<f64> =
        rounds.ketch.iter().zip(&rounds.pocketbase).map(|(a, b)| a.per_second() / b.per_second()).collect();
    let sides = Pair {
        ketch: Side::new(&rounds.ketch, proc::memory(servers.ketch.pid())?),
        pocketbase: Side::new(&rounds.pocketbase, proc::memory(servers.pocketbase.pid())?),
    };
    let ratio = sides.ketch.figures.over(&sides.pocketbase.figures, &round_ratios);
    Ok(Cell { case: case.name, connections, sides, ratio, round_ratios })
}

impl Side {
    fn new(rounds: &[Round], memory: Memory) -> Self {
        let mut errors = BTreeMap::new();
        for (error, count) in rounds.iter().flat_map(|round| &round.errors) {
            *errors.entry(error.clone()).or_default() += count;
        }
        let requests = rounds.iter().map(|round| round.requests).sum();
        Side { figures: Figures::of(rounds, memory), requests, errors }
    }
}
