//! The executable as people and scripts meet it.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const KETCH: &str = env!("CARGO_BIN_EXE_ketch");

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(KETCH).args(arguments).arg("--dir").arg(folder).output().unwrap()
}

/// Runs a command that must fail with one sentence, and answers it.
fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{arguments:?}: {text}");
    assert!(text.trim_end().ends_with('.'), "{arguments:?}: {text}");
    text
}

fn success(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

struct Server {
    child: Child,
    address: String,
    said: Vec<String>,
}

impl Server {
    fn start(folder: &Path, lines: usize) -> Self {
        let mut child = Command::new(KETCH)
            .args(["serve", "--http", "127.0.0.1:0", "--dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let said: Vec<String> = output.lines().take(lines).map(Result::unwrap).collect();
        let address = said[0].rsplit("http://").next().unwrap().trim().to_owned();
        Self { child, address, said }
    }

    fn get(&self, target: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self, signal: &str) -> Duration {
        let started = Instant::now();
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(self.child.wait().unwrap().success());
        started.elapsed()
    }
}

#[test]
fn an_empty_folder_becomes_a_server() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("pb_data");
    fs::create_dir_all(home.path().join("pb_hooks")).unwrap();
    fs::write(home.path().join("pb_hooks/main.pb.js"), "").unwrap();
    let server = Server::start(&data, 7);
    assert!(server.said[4].contains("superuser upsert EMAIL PASSWORD"), "{:?}", server.said);
    assert!(server.said[6].contains("main.pb.js"), "{:?}", server.said);
    assert!(server.get("/api/health").ends_with(r#"{"message":"API is healthy.","code":200,"data":{}}"#));
    let missing = server.get("/nothing");
    assert!(missing.ends_with(r#"{"data":{},"message":"File not found.","status":404}"#), "{missing}");
    // An idle connection does not hold the stop up.
    let _idle = TcpStream::connect(&server.address).unwrap();
    let taken = server.stop("-TERM");
    assert!(taken < Duration::from_secs(2), "{taken:?}");
    let again = Server::start(&data, 1);
    let taken = again.stop("-INT");
    assert!(taken < Duration::from_secs(2), "{taken:?}");
}

#[test]
fn superusers_come_and_go() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("pb_data");
    assert_eq!(failure(&data, &["superuser", "create"]), "Missing email and password arguments.\n");
    assert_eq!(failure(&data, &["superuser", "create", "x", "y"]), "Missing or invalid email address.\n");
    assert!(!data.exists(), "a mistyped command must not make a folder");
    assert_eq!(
        failure(&data, &["superuser", "create", "a@b.co", "1234567"]),
        "Failed to create new superuser account: password: Must be at least 8 character(s).\n"
    );
    assert_eq!(
        success(&data, &["superuser", "create", "a@b.co", "12345678"]),
        "Successfully created new superuser \"a@b.co\"!\n"
    );
    assert_eq!(
        failure(&data, &["superuser", "create", "a@b.co", "12345678"]),
        "Failed to create new superuser account: email: Value must be unique.\n"
    );
    assert_eq!(
        success(&data, &["superuser", "upsert", "a@b.co", "87654321"]),
        "Successfully saved superuser \"a@b.co\"!\n"
    );
    assert_eq!(
        success(&data, &["superuser", "update", "a@b.co", "12345678"]),
        "Successfully changed superuser \"a@b.co\" password!\n"
    );
    assert_eq!(
        failure(&data, &["superuser", "update", "n@b.co", "12345678"]),
        "Superuser with email \"n@b.co\" doesn't exist.\n"
    );
    assert_eq!(
        failure(&data, &["superuser", "delete", "a@b.co"]),
        "Failed to delete superuser \"a@b.co\": You can't delete the only existing superuser.\n"
    );
    assert_eq!(
        success(&data, &["superuser", "upsert", "b@b.co", "87654321"]),
        "Successfully saved superuser \"b@b.co\"!\n"
    );
    assert_eq!(
        success(&data, &["superuser", "delete", "a@b.co"]),
        "Successfully deleted superuser \"a@b.co\"!\n"
    );
    assert!(success(&data, &["superuser", "delete", "a@b.co"]).contains("missing or already deleted"));
    assert!(
        failure(&data, &["superuser", "ips", "1.2.3.4", "x"])
            .contains("superuserIPs.1: Invalid IP or CIDR subnet")
    );
    assert!(success(&data, &["superuser", "ips", "1.2.3.4"]).contains("1.2.3.4"));
    let server = Server::start(&data, 1);
    server.stop("-TERM");
}

#[test]
fn what_stands_in_the_way_is_said_in_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let serve = |folder: &Path| failure(folder, &["serve", "--http", "127.0.0.1:0"]);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = home.path().join("data");
    assert!(failure(&data, &["serve", "--http", &address]).contains("already in use by another program"));
    assert!(!data.exists());
    assert!(failure(&data, &["serve", "--http", "127.0.0.1:x"]).contains("Cannot listen on 127.0.0.1:x"));
    assert!(failure(&data, &["serve", "example.com"]).contains("TLS is not built yet"));
    assert!(failure(&data, &["serve", "--https", "127.0.0.1:0"]).contains("TLS is not built yet"));

    let corrupt = home.path().join("corrupt");
    fs::create_dir_all(&corrupt).unwrap();
    fs::write(corrupt.join("data.db"), vec![b'x'; 8192]).unwrap();
    serve(&corrupt);
    assert_eq!(fs::read(corrupt.join("data.db")).unwrap(), vec![b'x'; 8192]);

    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    serve(&file);

    let old = home.path().join("old");
    fs::create_dir_all(&old).unwrap();
    let database = rusqlite::Connection::open(old.join("data.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE _admins (id TEXT); CREATE TABLE _collections (id TEXT, schema JSON);
             CREATE TABLE _migrations (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL);",
        )
        .unwrap();
    drop(database);
    assert!(serve(&old).contains("older than 0.23"));
}

#[test]
fn encrypted_settings_need_their_key() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let with_key = |key: &str| {
        Command::new(KETCH)
            .args(["superuser", "ips", "--encryptionEnv", "KETCH_TEST_KEY", "--dir"])
            .arg(&data)
            .env("KETCH_TEST_KEY", key)
            .output()
            .unwrap()
    };
    assert!(with_key("0123456789abcdef0123456789abcdef").status.success());
    assert!(with_key("0123456789abcdef0123456789abcdef").status.success());
    assert!(failure(&data, &["superuser", "ips"]).contains("--encryptionEnv"));
    assert!(
        String::from_utf8_lossy(&with_key("X123456789abcdef0123456789abcdef").stderr).contains("another key")
    );
    assert!(String::from_utf8_lossy(&with_key("short").stderr).contains("exactly 32 characters"));
}

#[test]
fn help_and_version_are_answers() {
    let said = |arguments: &[&str]| {
        let output = Command::new(KETCH).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(said(&["--version"]).starts_with("ketch version "));
    assert!(said(&["-v"]).starts_with("ketch version "));
    for arguments in [&["--help"][..], &[], &["superuser"], &["serve", "--help"]] {
        assert!(said(arguments).contains("Usage:"), "{arguments:?}");
    }
    for arguments in [&["nonsense"][..], &["serve", "--nonsense"], &["superuser", "nonsense"]] {
        let output = Command::new(KETCH).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}
