//! Starts and stops one server on a free port.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(1);
pub(crate) const APP_ID: &str = "5eab0a7e-0000-4000-8000-000000000001";
pub(crate) const ADMIN_TOKEN: &str = "5eab0a7e-0000-4000-8000-000000000002";
/// What Ketch learns of its identity from the environment; PocketBase does not look at it.
const IDENTITY: [(&str, &str); 2] = [("KETCH_APP_ID", APP_ID), ("KETCH_ADMIN_TOKEN", ADMIN_TOKEN)];

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `binary` on `data_dir` and waits for its health check; returns the time that took.
    pub(crate) fn start(name: &'static str, binary: &Path, data_dir: &Path) -> Result<(Server, Duration)> {
        Self::start_with(name, binary, data_dir, &[])
    }

    /// [`Server::start`] with more flags.
    pub(crate) fn start_with(
        name: &'static str,
        binary: &Path,
        data_dir: &Path,
        flags: &[&str],
    ) -> Result<(Server, Duration)> {
        let home = data_dir.parent().ok_or("the data folder needs a folder around it")?;
        std::fs::create_dir_all(home)?;
        let log = home.join("server.log");
        let output = File::create(&log)?;
        let address = free_address()?;
        let started = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--http", &address.to_string(), "--dir"])
            .arg(data_dir)
            .args(flags)
            .current_dir(home)
            .envs(IDENTITY)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("cannot start {name} (`{}`): {error}", binary.display()))?;
        let mut server = Server { name, address, child, log };
        server.wait_until_ready(started)?;
        Ok((server, started.elapsed()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to stop and waits until it has, so that its database is closed cleanly.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).ok_or("no process to stop")?;
        kill_process(pid, Signal::TERM).map_err(|error| format!("cannot stop {}: {error}", self.name))?;
        let deadline = Instant::now() + STOP_PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Err(format!("{} did not stop within {STOP_PATIENCE:?} of SIGTERM", self.name).into());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn wait_until_ready(&mut self, started: Instant) -> Result<()> {
        while !is_healthy(self.address) {
            if let Some(status) = self.child.try_wait()? {
                return Err(
                    format!("{} ended at its start ({status}):\n{}", self.name, self.log_tail()).into()
                );
            }
            if started.elapsed() > START_PATIENCE {
                return Err(format!(
                    "{} is not ready after {START_PATIENCE:?}:\n{}",
                    self.name,
                    self.log_tail()
                )
                .into());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a clean stop both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Blocking on purpose: the async timer is too coarse to poll each millisecond.
fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    ask().is_ok_and(|head| head == *b"HTTP/1.1 200")
}
