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

/// How long the answers of each kind are; `None` for those whose length changes.
type Sizes = Vec<Option<usize>>;

/// Sends the first request of each kind to both servers and looks at the answers closely. Returns how
/// long the answers of each kind are, and what was wrong with them.
pub(crate) async fn probe(servers: &Pair<Server>, plan: &Plan) -> Result<(Pair<Sizes>, Vec<String>)> {
    let mut problems = Vec::new();
    let mut sizes = Pair {
        ketch: answer_sizes(&servers.ketch, plan.of_ketch(), &mut problems).await?,
        pocketbase: answer_sizes(&servers.pocketbase, plan, &mut problems).await?,
    };
    if plan.ketch.is_none() {
        for (index, kind) in plan.kinds.iter().enumerate() {
            let (ketch, pocketbase) = (&mut sizes.ketch[index], &mut sizes.pocketbase[index]);
            if let (Some(ketch), Some(pocketbase)) = (*ketch, *pocketbase)
                && ketch != pocketbase
            {
                problems.push(format!(
                    "{}: the answers differ in length: Ketch {ketch}, PocketBase {pocketbase} bytes",
                    kind.name
                ));
            }
            // Who answers wrongly is held to the other's size.
            *ketch = ketch.or(*pocketbase);
            *pocketbase = pocketbase.or(*ketch);
        }
    }
    Ok((sizes, problems))
}

async fn answer_sizes(server: &Server, plan: &Plan, problems: &mut Vec<String>) -> Result<Sizes> {
    let mut sizes = Vec::new();
    for (index, kind) in plan.kinds.iter().enumerate() {
        let shot = plan.shots.iter().find(|shot| shot.kind == index).ok_or("a kind without requests")?;
        let size = answer_size(server, shot.renew(&mut Vec::new()), kind).await;
        if let Err(error) = &size {
            problems.push(format!("{}: {}: {error}", server.name, kind.name));
        }
        sizes.push(size.ok().filter(|_| shot.fresh.is_empty()));
    }
    Ok(sizes)
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
    sizes: &Pair<Sizes>,
    connections: usize,
    settings: &Settings,
) -> Result<Cell> {
    let load =
        |plan: &Plan, sizes: &Sizes| Arc::new(Load { shots: plan.shots.clone(), sizes: sizes.clone() });
    let loads =
        Pair { ketch: load(plan.of_ketch(), &sizes.ketch), pocketbase: load(plan, &sizes.pocketbase) };
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
