//! Time to ready: from the start of the process on an empty folder to the first healthy answer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;
use crate::pair::Pair;
use crate::server::Server;

/// Milliseconds of each start, the two servers taking turns.
pub(crate) fn measure(binaries: &Pair<PathBuf>, home: &Path, times: usize) -> Result<Pair<Vec<f64>>> {
    let mut taken = Pair { ketch: Vec::new(), pocketbase: Vec::new() };
    for round in 0..times {
        taken.ketch.push(once("Ketch", &binaries.ketch, home, round)?);
        taken.pocketbase.push(once("PocketBase", &binaries.pocketbase, home, round)?);
    }
    Ok(taken)
}

fn once(name: &'static str, binary: &Path, home: &Path, round: usize) -> Result<f64> {
    let folder = home.join(format!("start-{name}-{round}"));
    let (server, took): (Server, Duration) = Server::start(name, binary, &folder.join("pb_data"))?;
    server.stop()?;
    std::fs::remove_dir_all(&folder)?;
    Ok(took.as_secs_f64() * 1000.0)
}
