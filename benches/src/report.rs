//! The result: a table for people, the same figures as JSON for programs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Result;
use crate::args::Settings;
use crate::cases::Case;
use crate::cell::{Cell, Side};
use crate::fanout::Fanout;
use crate::figures::{Figures, count, median, mib};
use crate::pair::Pair;
use crate::proc::{self, Memory};
use crate::server::Server;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    records: u64,
    round_seconds: f64,
    rounds: usize,
    cores: usize,
    binary_bytes: Pair<u64>,
    /// Milliseconds from the start on an empty folder to the first healthy answer.
    #[serde(rename = "ready_ms")]
    pub(crate) startup: Pair<Vec<f64>>,
    /// On the seeded folder, before the first request of the load.
    idle: Pair<Memory>,
    cells: Vec<Cell>,
    fanouts: Vec<Fanout>,
    /// What was wrong besides failed requests.
    problems: Vec<String>,
    names: Pair<&'static str>,
}

impl Report {
    pub(crate) fn new(settings: &Settings, binaries: &Pair<PathBuf>) -> Result<Self> {
        Ok(Report {
            records: settings.records,
            round_seconds: settings.round.as_secs_f64(),
            rounds: settings.rounds,
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            binary_bytes: binaries.map(|path| Ok(std::fs::metadata(path)?.len()))?,
            startup: Pair::default(),
            idle: Pair::default(),
            cells: Vec::new(),
            fanouts: Vec::new(),
            problems: Vec::new(),
            names: settings.names(),
        })
    }

    pub(crate) fn note_idle(&mut self, servers: &Pair<Server>) -> Result<()> {
        self.idle = servers.map(|server| proc::memory(server.pid()))?;
        Ok(())
    }

    /// Reports at once, and keeps for the end, what makes the run a failure.
    pub(crate) fn problem(&mut self, problem: String) {
        println!("!! {problem}");
        self.problems.push(problem);
    }

    /// How many things were wrong: a failed run when not zero.
    pub(crate) fn problems(&self) -> u64 {
        let failed: u64 = self.cells.iter().flat_map(|cell| error_counts(&cell.sides)).sum();
        failed + self.problems.len() as u64
    }

    pub(crate) fn add(&mut self, cell: Cell) {
        println!("{}", rows(&cell, self.names));
        for (name, side) in
            [(self.names.ketch, &cell.sides.ketch), (self.names.pocketbase, &cell.sides.pocketbase)]
        {
            for (error, count) in &side.errors {
                println!("!! {name}: {count} of {} requests failed: {error}", side.requests);
            }
        }
        self.cells.push(cell);
    }

    pub(crate) fn add_fanout(&mut self, fanout: Fanout) {
        println!(
            "\nfan-out – records created at once, each an event for each of {} subscribers",
            fanout.subscribers
        );
        println!(
            "       {:<11}{:>20}{:>9}{:>9}{:>13}{:>15}",
            "", "events/s", "p50 ms", "p99 ms", "CPU us/event", "kB/subscriber"
        );
        let Pair { ketch, pocketbase } = fanout.sides;
        for (name, side) in [(self.names.ketch, ketch), (self.names.pocketbase, pocketbase)] {
            println!("       {name:<11}{:>20}{}", count(side.events_per_second), side.rest(1));
        }
        println!("       {:<11}{:>20.2}{}", "ratio", fanout.ratio.events_per_second, fanout.ratio.rest(2));
        self.fanouts.push(fanout);
    }

    pub(crate) fn print_startup(&self) {
        let ready = Pair { ketch: median(&self.startup.ketch), pocketbase: median(&self.startup.pocketbase) };
        let size =
            Pair { ketch: mib(self.binary_bytes.ketch), pocketbase: mib(self.binary_bytes.pocketbase) };
        let idle = Pair {
            ketch: mib(self.idle.ketch.rss_kib << 10),
            pocketbase: mib(self.idle.pocketbase.rss_kib << 10),
        };
        println!("\n{:<42}{:>10}{:>12}{:>9}", "", self.names.ketch, self.names.pocketbase, "ratio");
        for (what, unit, pair) in [
            ("time to ready on an empty folder", "ms", ready),
            ("size of the executable", "MiB", size),
            ("memory at rest (RSS)", "MiB", idle),
        ] {
            let Pair { ketch, pocketbase } = pair;
            let what = format!("{what}, {unit}");
            println!("{what:<42}{ketch:>10.1}{pocketbase:>12.1}{:>9.2}", ketch / pocketbase);
        }
        let Pair { ketch, pocketbase } = self.names;
        println!(
            "\nRatio: {ketch} / {pocketbase}; of requests/s the median of the rounds [lowest, highest]."
        );
        println!(
            "{} records, {} rounds of {} s per server, {} cores shared with the load generator.",
            self.records, self.rounds, self.round_seconds, self.cores
        );
    }

    pub(crate) fn print_case(&self, case: &Case) {
        println!("\n{} – {}", case.name, case.what);
        println!(
            "{:>5}  {:<11}{:>20}{:>9}{:>9}{:>13}{:>9}{:>10}",
            "conns", "", "requests/s", "p50 ms", "p99 ms", "CPU ms/1,000", "RSS MiB", "peak MiB"
        );
    }

    pub(crate) fn print_end(&self) {
        match self.problems() {
            0 => println!("\nNo request failed."),
            count => println!(
                "\n!! {count} problems: see the lines with !! above. The figures are not to be trusted."
            ),
        }
    }

    pub(crate) fn write_json(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()).into())
    }
}

fn error_counts(sides: &Pair<Side>) -> impl Iterator<Item = u64> {
    [&sides.ketch, &sides.pocketbase].into_iter().flat_map(|side| side.errors.values().copied())
}

/// The three lines of a cell: both servers and their ratio.
fn rows(cell: &Cell, names: Pair<&'static str>) -> String {
    let Pair { ketch, pocketbase } = &cell.sides;
    let low = cell.round_ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = cell.round_ratios.iter().copied().fold(0.0, f64::max);
    let rate = |side: &Side| count(side.figures.requests_per_second);
    let ratio = format!("{:.2} [{low:.2}, {high:.2}]", cell.ratio.requests_per_second);
    [
        line(&cell.connections.to_string(), names.ketch, &rate(ketch), &ketch.figures, 1),
        line("", names.pocketbase, &rate(pocketbase), &pocketbase.figures, 1),
        line("", "ratio", &ratio, &cell.ratio, 2),
    ]
    .join("\n")
}

/// `digits` are those after the point of times and memory; ratios need one more.
fn line(connections: &str, name: &str, rate: &str, figures: &Figures, digits: usize) -> String {
    format!(
        "{connections:>5}  {name:<11}{rate:>20}{:>9.2}{:>9.2}{:>13.digits$}{:>9.digits$}{:>10.digits$}",
        figures.p50_ms,
        figures.p99_ms,
        figures.cpu_ms_per_1000_requests,
        figures.rss_mib,
        figures.peak_rss_mib,
    )
}
