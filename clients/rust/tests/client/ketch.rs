//! A started Ketch.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ketch_client::instant;
use ketch_client::pocketbase::Client;
use serde_json::{Value, json};

pub const EMAIL: &str = "root@example.com";
pub const PASSWORD: &str = "1234567890";
const APP: &str = "0b8c2f6e-5a0d-4c1b-9a57-3d8c9a4f1e10";
const TOKEN: &str = "3f7c6f0e-1d2b-4a59-8c3e-7b6a5d4c3b2a";

/// A server with a folder of its own, and a superuser. It ends with the value.
pub struct Ketch {
    process: Child,
    pub url: String,
    _folder: tempfile::TempDir,
}

impl Ketch {
    /// Starts the server that `KETCH_BIN` names; nothing without that variable.
    pub fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("KETCH_BIN") else {
            eprintln!("skipped: KETCH_BIN does not name a built server (`make test` sets it)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("data");
        let made = Command::new(&program)
            .args(["superuser", "upsert", EMAIL, PASSWORD, "--dir"])
            .arg(&dir)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(&program)
            .args([
                "serve",
                "--http",
                &format!("127.0.0.1:{port}"),
                "--app-id",
                APP,
                "--admin-token",
                TOKEN,
                "--dir",
            ])
            .arg(&dir)
            .env("KETCH_MASTER_KEY", "0123456789abcdef".repeat(4))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Read to the end, so that the server never waits for a full pipe.
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().for_each(drop));
        let ketch = Self { process, url: format!("http://127.0.0.1:{port}"), _folder: folder };
        ketch.wait();
        Some(ketch)
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(self.url.trim_start_matches("http://")).is_err() {
            assert!(Instant::now() < deadline, "Ketch did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url).unwrap()
    }

    /// A client of a superuser, and a collection `posts` that everybody may use.
    pub async fn root(&self) -> Client {
        let client = self.client();
        client.collection("_superusers").auth_with_password(EMAIL, PASSWORD).await.unwrap();
        let fields = json!([
            {"name": "title", "type": "text"},
            {"name": "stars", "type": "number"},
            {"name": "files", "type": "file", "maxSelect": 5, "maxSize": 50_000_000},
            {"name": "created", "type": "autodate", "onCreate": true},
        ]);
        let rules = json!({"name": "posts", "type": "base", "fields": fields,
            "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""});
        client.collections().create::<Value>(rules).await.unwrap();
        client
    }

    pub fn instant(&self) -> instant::Client {
        instant::Client::new(&self.url, APP, TOKEN).unwrap()
    }
}

impl Drop for Ketch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
