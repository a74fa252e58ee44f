//! Handing mails to the `sendmail` command of the machine.

use std::env;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use lettre::address::Envelope;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::error::{MailError, without_addresses};

const NAME: &str = "sendmail";
/// Folders that services often do not have in their search path.
const USUAL_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/lib", "/usr/local/sbin"];
/// How long the command may take: it puts the message into a queue.
const LIMIT: Duration = Duration::from_secs(20);

/// The command, `None` where the machine has none.
pub(crate) fn find() -> Option<PathBuf> {
    let searched = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&searched).chain(USUAL_FOLDERS.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

/// Gives one message to the command.
pub(crate) async fn send(command: PathBuf, envelope: &Envelope, message: &[u8]) -> Result<(), MailError> {
    match tokio::time::timeout(LIMIT, run(command, envelope, message)).await {
        Ok(done) => done,
        Err(_) => Err(MailError::Sendmail(format!("it did not finish within {} seconds", LIMIT.as_secs()))),
    }
}

async fn run(command: PathBuf, envelope: &Envelope, message: &[u8]) -> Result<(), MailError> {
    let failed = |error: std::io::Error| MailError::Sendmail(error.to_string());
    let mut call = Command::new(command);
    // `-i`: a line with a dot alone does not end the message.
    call.arg("-i").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(from) = envelope.from() {
        call.arg("-f").arg(from);
    }
    // After `--` an address that starts with a hyphen is no option.
    call.arg("--").args(envelope.to());
    let mut child = call.spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        let unix_lines = without_carriage_returns(message);
        // A command that gives up early says why on its standard error.
        let _ = input.write_all(&unix_lines).await;
    }
    let output = child.wait_with_output().await.map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = without_addresses(&String::from_utf8_lossy(&output.stderr));
    Err(MailError::Sendmail(format!("{}: {said}", output.status)))
}

/// The command reads a text file of the system, whose lines end with a line feed.
fn without_carriage_returns(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len());
    for (at, byte) in message.iter().enumerate() {
        if *byte != b'\r' || message.get(at + 1) != Some(&b'\n') {
            bytes.push(*byte);
        }
    }
    bytes
}
