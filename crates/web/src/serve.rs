//! Serving connections.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{HangUp, Peer};
use crate::front::Front;

/// How long a client may take to send the head of a request, and how long an idle connection stays.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long requests under way may take after the stop signal; then they are cut.
pub const DRAIN: Duration = Duration::from_millis(1500);
/// Pause after the system refused a connection, for example for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Opens a listening socket. `address` is `host:port`; an empty host means every interface.
///
/// # Errors
/// Those of the system: the port is taken, the host is unknown, the port is reserved.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    match address.strip_prefix(':') {
        None => TcpListener::bind(address).await,
        Some(port) => match TcpListener::bind(format!("[::]:{port}")).await {
            // Machines without IPv6.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                TcpListener::bind(format!("0.0.0.0:{port}")).await
            }
            other => other,
        },
    }
}

/// Serves until `stop` completes, then lets requests under way finish for [`DRAIN`] and cuts the rest.
pub async fn serve(listener: TcpListener, front: Front, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    connections.spawn(connection(stream, address, front.clone(), stopped.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    drop(stopping);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, address: SocketAddr, front: Front, mut stopped: watch::Receiver<()>) {
    // Answers are whole segments already; waiting for more to send only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let hang_up = HangUp::default();
    let asked = hang_up.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (front, hang_up) = (front.clone(), hang_up.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(address));
            request.extensions_mut().insert(hang_up);
            Ok::<_, Infallible>(front.handle(request).await)
        }
    });
    // No `pipeline_flush`: with it a body is read to its end into memory, however slow the client is.
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = asked.asked() => return,
    };
    if let Err(error) = result {
        tracing::trace!(%error, %address, "connection ended");
    }
}
