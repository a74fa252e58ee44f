//! The plumbing over real sockets.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use ketch_web::folder::Folder;
use ketch_web::front::{Front, MayBeFramed};
use ketch_web::{Cors, body, client, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(router: Router) -> Self {
        Self::start_with(router, Cors::default()).await
    }

    async fn start_with(router: Router, cors: Cors) -> Self {
        let listener = serve::listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let front = Front::new(router, cors, || {
            Response::builder()
                .status(StatusCode::INTERNAL_SERVER_ERROR)
                .body(Body::from("fell over"))
                .unwrap()
        });
        let task = tokio::spawn(serve::serve(listener, front, async move {
            let _ = stopped.await;
        }));
        Self { address, stop, task }
    }

    /// Sends raw text, closes the sending side, returns everything that came back.
    async fn send(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn ask(&self, method: &str, target: &str, headers: &str) -> String {
        self.send(&format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"))
            .await
    }
}

fn router() -> Router {
    Router::new()
        .route("/api/health", get(async || "fine"))
        .route("/named/{name}", get(async |axum::extract::Path(name): axum::extract::Path<String>| name))
        .route("/frame", get(async || axum::Extension(MayBeFramed)))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route(
            "/peer",
            get(async |request: Request| format!("{:?}", request.extensions().get::<client::Peer>())),
        )
        .route(
            "/echo",
            post(async |request: Request| {
                let (parts, content) = request.into_parts();
                match body::check_declared(&parts.headers, 8) {
                    Ok(()) => body::collect(content, 8).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE),
                    Err(_) => Err(StatusCode::PAYLOAD_TOO_LARGE),
                }
            }),
        )
        .route("/slow", get(async || tokio::time::sleep(Duration::from_millis(300)).await))
        .route("/never", get(async || tokio::time::sleep(Duration::from_secs(60)).await))
}

fn head(answer: &str) -> String {
    answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
}

#[tokio::test]
async fn every_answer_is_secured() {
    let server = Server::start(router()).await;
    let answer = head(&server.ask("GET", "/api/health", "Origin: http://a.b\r\n").await);
    assert!(answer.starts_with("http/1.1 200 ok"), "{answer}");
    for line in [
        "vary: origin",
        "x-xss-protection: 1; mode=block",
        "x-content-type-options: nosniff",
        "x-frame-options: sameorigin",
        "cross-origin-opener-policy: same-origin",
        "access-control-allow-origin: *",
    ] {
        assert!(answer.contains(line), "{line} in {answer}");
    }
    assert!(!head(&server.ask("GET", "/api/health", "").await).contains("access-control"));
    assert!(!head(&server.ask("GET", "/frame", "").await).contains("x-frame-options"));
    assert!(server.ask("GET", "/peer", "").await.contains("127.0.0.1"));
    let headed = server.ask("HEAD", "/api/health", "").await;
    assert!(
        headed.to_ascii_lowercase().contains("content-length: 4") && headed.ends_with("\r\n\r\n"),
        "{headed}"
    );
}

#[tokio::test]
async fn preflight_never_reaches_the_router() {
    let server = Server::start_with(router(), Cors::new(vec!["https://*.example.com".into()])).await;
    let asked = "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a,b\r\n";
    let answer =
        head(&server.ask("OPTIONS", "/anything", &format!("Origin: https://a.example.com\r\n{asked}")).await);
    assert!(answer.starts_with("http/1.1 204"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: https://a.example.com"), "{answer}");
    assert!(answer.contains("access-control-allow-methods: get,head,put,patch,post,delete"), "{answer}");
    assert!(answer.contains("access-control-allow-headers: x-a,b"), "{answer}");
    assert!(!answer.contains("x-frame-options"), "{answer}");
    let other =
        head(&server.ask("OPTIONS", "/anything", &format!("Origin: https://evil.test\r\n{asked}")).await);
    assert!(other.starts_with("http/1.1 204") && !other.contains("access-control"), "{other}");
}

#[tokio::test]
async fn unclean_paths_are_redirected() {
    let server = Server::start(router()).await;
    let answer = server.ask("GET", "/api//health?x=1&y=%20", "").await;
    assert!(answer.starts_with("HTTP/1.1 307 "), "{answer}");
    assert!(head(&answer).contains("location: /api/health?x=1&y=%20"), "{answer}");
    assert!(
        answer.ends_with("<a href=\"/api/health?x=1&amp;y=%20\">Temporary Redirect</a>.\n\n"),
        "{answer}"
    );
    let posted = server.ask("POST", "/../x", "").await;
    assert!(head(&posted).contains("location: /x") && posted.ends_with("\r\n\r\n"), "{posted}");
    let evil = server.ask("GET", "//evil.test/..//%3Cb%3E", "").await;
    assert!(head(&evil).contains("location: /%3cb%3e"), "{evil}");
    assert!(server.ask("GET", "/api/%zz", "").await.starts_with("HTTP/1.1 400 "));
    assert!(server.ask("GET", "/named/a%ffb?x", "").await.ends_with("a\u{fffd}b"));
    // Targets without a path.
    assert!(server.ask("GET", "*", "").await.starts_with("HTTP/1.1 4"));
    assert!(server.ask("OPTIONS", "*", "").await.starts_with("HTTP/1.1 204 "));
    assert!(server.ask("CONNECT", "a.b:80", "").await.starts_with("HTTP/1.1 4"));
    assert!(server.ask("GET", "http://x/api/health", "").await.ends_with("fine"));
    assert!(server.ask("GET", "http://x", "").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let server = Server::start(router()).await;
    let answer = server.ask("GET", "/panic", "").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.ends_with("fell over"), "{answer}");
    assert!(server.ask("GET", "/api/health", "").await.ends_with("fine"));
}

#[tokio::test]
async fn bodies_have_limits() {
    let server = Server::start(router()).await;
    // A client that sends everything before it looks for an answer gets one.
    let large = 8 << 20;
    let sent =
        format!("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {large}\r\n\r\n");
    assert!(server.send(&(sent + &"x".repeat(large))).await.starts_with("HTTP/1.1 413 "));
    let started = Instant::now();
    assert!(server.ask("POST", "/echo", "Content-Length: 90000000\r\n").await.starts_with("HTTP/1.1 413 "));
    assert!(started.elapsed() < Duration::from_secs(2));
    let asked = "Content-Length: 9\r\nExpect: 100-continue\r\n";
    assert!(server.ask("POST", "/echo", asked).await.starts_with("HTTP/1.1 413 "));
    let chunked = |size: &str, text: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{text}\r\n0\r\n\r\n"
        )
    };
    assert!(server.send(&chunked("8", "12345678")).await.ends_with("12345678"));
    assert!(server.send(&chunked("9", "123456789")).await.starts_with("HTTP/1.1 413 "));
    let long = chunked("400000", &"x".repeat(0x40_0000));
    assert!(server.send(&long).await.starts_with("HTTP/1.1 413 "));
}

async fn get_raw(address: std::net::SocketAddr, path: &'static str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn stopping_drains_and_cuts() {
    let server = Server::start(router()).await;
    let address = server.address;
    let slow = tokio::spawn(get_raw(address, "/slow"));
    let never = tokio::spawn(get_raw(address, "/never"));
    // An idle connection must not hold the stop up.
    let _idle = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(slow.await.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(never.await.unwrap(), "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn stopping_without_work_is_at_once() {
    let server = Server::start(router()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut some = [0; 16];
    idle.read_exact(&mut some).await.unwrap();
    let started = Instant::now();
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
}

fn site(root: &Path) -> Router {
    std::fs::create_dir_all(root.join("sub")).unwrap();
    std::fs::create_dir_all(root.join("empty")).unwrap();
    std::fs::create_dir_all(root.join("sp ace")).unwrap();
    std::fs::write(root.join("index.html"), "root").unwrap();
    std::fs::write(root.join("sub/index.html"), "sub").unwrap();
    std::fs::write(root.join("a.txt"), "abcdefghij\n").unwrap();
    let large: Vec<u8> = (0..200_000u32).map(|number| b'a' + (number % 26) as u8).collect();
    std::fs::write(root.join("large.bin"), large).unwrap();
    let folder = Folder::new(root.to_owned(), true);
    Router::new().fallback(async move |request: Request| {
        let served = folder.serve(request.method(), request.uri().path(), request.headers()).await.unwrap();
        served.unwrap_or_else(|| Response::builder().status(404).body(Body::empty()).unwrap())
    })
}

#[tokio::test]
async fn folders_are_served_as_web_sites() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("secret"), "hidden").unwrap();
    let server = Server::start(site(&root.path().join("public"))).await;
    for (target, status, location, content) in [
        ("/", "200", "", "root"),
        ("/index.html", "301", "/", ""),
        ("/sub", "301", "/sub/", ""),
        ("/sub/", "200", "", "sub"),
        ("/sub/index.html?x", "301", "/sub/", ""),
        ("/sub%2Findex.html", "301", "/sub/", ""),
        ("/empty", "301", "/empty/", ""),
        ("/empty/", "200", "", "root"),
        ("/a.txt", "200", "", "abcdefghij\n"),
        ("/a.txt/", "301", "/a.txt", ""),
        ("/a%2etxt", "200", "", "abcdefghij\n"),
        ("/sp%20ace", "301", "/sp%20ace/", ""),
        ("/nope/deep", "200", "", "root"),
        ("/..%2fsecret", "200", "", "root"),
        ("/%2e%2e/secret", "200", "", "root"),
        ("/a.txt%00", "200", "", "root"),
        ("/%ff", "200", "", "root"),
        ("/sub%5cindex.html", "200", "", "root"),
        ("/%2fsub", "301", "/sub/", ""),
    ] {
        let answer = server.ask("GET", target, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {answer}");
        if !location.is_empty() {
            assert!(head(&answer).contains(&format!("location: {location}")), "{target}: {answer}");
        }
        assert!(answer.ends_with(&format!("\r\n\r\n{content}")), "{target}: {answer}");
    }
}

#[tokio::test]
async fn files_are_sent_in_parts() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(site(root.path())).await;
    let part = server.ask("GET", "/a.txt", "Range: bytes=0-2\r\n").await;
    assert!(part.starts_with("HTTP/1.1 206 ") && part.ends_with("\r\n\r\nabc"), "{part}");
    assert!(head(&part).contains("content-range: bytes 0-2/11"), "{part}");
    let parts = server.ask("GET", "/a.txt", "Range: bytes=0-1,3-4\r\n").await;
    let length: usize =
        head(&parts).split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let content = parts.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(length, content.len());
    assert!(content.contains("\r\n\r\nab\r\n--") && content.contains("\r\n\r\nde\r\n--"), "{parts}");
    let missed = server.ask("GET", "/a.txt", "Range: bytes=20-\r\n").await;
    assert!(
        missed.starts_with("HTTP/1.1 416 ") && head(&missed).contains("content-range: bytes */11"),
        "{missed}"
    );
    let whole = server.ask("GET", "/a.txt", "").await;
    let modified = head(&whole).split("last-modified: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    // The header was lower-cased above; the wire form is fixed-case.
    let modified = httpdate::fmt_http_date(httpdate::parse_http_date(&recase(&modified)).unwrap());
    let same = server.ask("GET", "/a.txt", &format!("If-Modified-Since: {modified}\r\n")).await;
    assert!(same.starts_with("HTTP/1.1 304 ") && same.ends_with("\r\n\r\n"), "{same}");
    let headed = server.ask("HEAD", "/large.bin", "").await;
    assert!(head(&headed).contains("content-length: 200000") && headed.ends_with("\r\n\r\n"), "{headed}");
    let large = server.ask("GET", "/large.bin", "Range: bytes=100000-199999\r\n").await;
    assert_eq!(large.split_once("\r\n\r\n").unwrap().1.len(), 100_000);
}

/// Restores the case of day, month and zone of an HTTP date.
fn recase(date: &str) -> String {
    let words = date.split(' ').map(|word| {
        let mut characters = word.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        if word == "gmt" { "GMT".to_owned() } else { first + characters.as_str() }
    });
    words.collect::<Vec<_>>().join(" ")
}
