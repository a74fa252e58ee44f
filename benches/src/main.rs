//! `ketch-bench`: the same load on Ketch and on the real PocketBase, side by side.
//!
//! Both servers open a copy of one seeded data folder and stay up together; rounds alternate
//! between them, so that whatever else the machine does hits both. `--help` lists the options.

mod api;
mod args;
mod cases;
mod cell;
mod fanout;
mod figures;
mod http;
mod instant;
mod load;
mod pair;
mod proc;
mod report;
mod seed;
mod server;
mod startup;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Args, Settings};
use crate::cases::{Case, Plan};
use crate::instant::TODOS_PER_GOAL;
use crate::pair::Pair;
use crate::report::Report;
use crate::server::Server;

/// A tool's error: a sentence for the person at the terminal.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// No request is traced, however slow.
const WITHOUT_SPANS: [&str; 4] = ["--traceSampling", "0", "--traceSlow", "86400000"];

fn main() -> ExitCode {
    // One thread: the load generator shares the machine with the server it measures.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run_until_stopped(Settings::from(Args::parse()))),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(report) if report.problems() == 0 => ExitCode::SUCCESS,
        Ok(report) => {
            eprintln!("\nFAILED: {} problems, listed above.", report.problems());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("ketch-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends early when asked to, so that no server and no folder stays behind.
async fn run_until_stopped(settings: Settings) -> Result<Report> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        outcome = run(settings) => outcome,
        _ = terminate.recv() => Err("stopped".into()),
        _ = interrupt.recv() => Err("stopped".into()),
    }
}

async fn run(settings: Settings) -> Result<Report> {
    let binaries = settings.binaries()?;
    let cases = cases::select(&settings)?;
    let home = tempfile::Builder::new().prefix("ketch-bench-").tempdir()?;

    let measured = if settings.log_cost {
        Pair { ketch: binaries.ketch.clone(), pocketbase: binaries.ketch.clone() }
    } else {
        binaries.clone()
    };
    let mut report = Report::new(&settings, &measured)?;
    report.startup = startup::measure(&measured, home.path(), settings.starts)?;

    println!("Seeding {} records…", settings.records);
    let seeded = seed::build(&binaries.pocketbase, &home.path().join("seed"), settings.records).await?;
    let servers = start_both(&binaries, home.path(), &seeded.data_dir, &settings).await?;

    // Long enough for what a server does after its start to be over.
    tokio::time::sleep(Duration::from_secs(if settings.quick { 0 } else { 2 })).await;
    report.note_idle(&servers)?;
    report.print_startup();

    let mut plans: Vec<(&Case, Plan)> = cases.iter().map(|case| (*case, case.plan(&seeded))).collect();
    if settings.log_cost {
        // Both are asked the same.
        plans.retain(|(_, plan)| plan.ketch.is_none());
    }
    if plans.iter().any(|(_, plan)| plan.ketch.is_some()) {
        instant::seed(&servers.ketch, seeded.records / TODOS_PER_GOAL).await?;
    }
    for (case, plan) in &plans {
        let (sizes, problems) = cell::probe(&servers, plan).await?;
        problems.into_iter().for_each(|problem| report.problem(problem));
        report.print_case(case);
        for &connections in &settings.connections {
            let cell = cell::run(&servers, case, plan, &sizes, connections, &settings).await?;
            report.add(cell);
        }
    }
    for &subscribers in fanout::sizes(&settings) {
        report.add_fanout(fanout::run(&servers, &seeded, subscribers, &settings).await?);
    }
    report.print_end();
    if let Some(path) = &settings.json {
        report.write_json(path)?;
    }
    let Pair { ketch, pocketbase } = servers;
    ketch.stop()?;
    pocketbase.stop()?;
    Ok(report)
}

/// Starts both servers, each on its own copy of the seeded folder.
async fn start_both(
    binaries: &Pair<PathBuf>,
    home: &Path,
    seeded: &Path,
    settings: &Settings,
) -> Result<Pair<Server>> {
    let start = |name: &'static str, binary: &Path, flags: &[&str]| -> Result<Server> {
        let data_dir = home.join(name).join("pb_data");
        seed::copy_dir(seeded, &data_dir)?;
        Ok(Server::start_with(name, binary, &data_dir, flags)?.0)
    };
    let names = settings.names();
    let ketch = start(names.ketch, &binaries.ketch, &[])?;
    let pocketbase = if settings.log_cost {
        let quiet = start(names.pocketbase, &binaries.ketch, &WITHOUT_SPANS)?;
        seed::end_log(quiet.address).await?;
        quiet
    } else {
        start(names.pocketbase, &binaries.pocketbase, &[])?
    };
    Ok(Pair { ketch, pocketbase })
}
