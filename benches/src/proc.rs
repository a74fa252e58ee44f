//! What the system knows about a running server: CPU time and memory, from `/proc`.

use std::fs;
use std::time::Duration;

use serde::Serialize;

use crate::Result;

/// Memory of a process in KiB: now, and at its highest since [`reset_peak`].
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Memory {
    pub(crate) rss_kib: u64,
    pub(crate) peak_kib: u64,
}

/// User and system time of all threads of the process so far.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| gone(pid, &error))?;
    let ticks = cpu_ticks(&stat).ok_or("cannot read the CPU time of the server")?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_nanos(ticks * (1_000_000_000 / per_second)))
}

pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| gone(pid, &error))?;
    let field = |name| kib_field(&status, name).ok_or_else(|| format!("the process status has no {name}"));
    Ok(Memory { rss_kib: field("VmRSS:")?, peak_kib: field("VmHWM:")? })
}

/// Makes the peak start again from the present. Where that is not allowed, peaks only grow.
pub(crate) fn reset_peak(pid: u32) {
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

fn gone(pid: u32, error: &std::io::Error) -> String {
    format!("the server (process {pid}) cannot be looked at: {error}")
}

/// `utime` plus `stime`. The command name, in parentheses, may itself contain spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kib_field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ticks_behind_an_odd_name() {
        let stat = "42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 111 22 0 0 20 0 9 0 5 6";
        assert_eq!(cpu_ticks(stat), Some(133));
    }

    #[test]
    fn reads_a_status_field() {
        assert_eq!(kib_field("Name:\tx\nVmHWM:\t  12 kB\nVmRSS:\t   7 kB\n", "VmRSS:"), Some(7));
        assert_eq!(kib_field("Name:\tx\n", "VmRSS:"), None);
    }

    #[test]
    fn this_process_has_memory() {
        let memory = memory(std::process::id()).expect("own status");
        assert!(memory.rss_kib > 0 && memory.peak_kib >= memory.rss_kib);
        cpu_time(std::process::id()).expect("own CPU time");
    }
}
