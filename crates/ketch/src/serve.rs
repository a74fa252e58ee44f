//! `ketch serve`

use std::io;
use std::pin::pin;
use std::sync::Arc;

use ketch_app::App;
use ketch_telemetry::logs::LogPort;
use ketch_web::serve as serving;
use tokio::net::TcpListener;

use crate::cli::{Global, Serve};
use crate::embedded::Embedded;
use crate::failure::Failure;
use crate::{banner, project};

/// `log` is where the server's own warnings come from.
pub(crate) async fn serve(global: Global, options: Serve, log: &LogPort) -> Result<(), Failure> {
    if let Some(domain) = options.domains.first() {
        return Err(Failure::new(format!(
            "Serving {domain} with TLS is not built yet: put a proxy in front and start without domains (ketch serve --http ADDRESS)."
        )));
    }
    if options.https.is_some() {
        return Err(Failure::new(
            "--https: TLS is not built yet: put a proxy in front and use --http ADDRESS.",
        ));
    }
    // The port first: whoever finds it taken has the server that is there to look at.
    let listener =
        serving::listen(&options.http).await.map_err(|error| not_listening(&options.http, &error))?;
    let url = listener_url(&listener, &options.http);
    let signal = stop_signal()?;
    let project = project_files(&global)?;
    let embedded = Embedded::open_with(global, options, log.clone(), Some(url.clone())).await?;
    let announcing = embedded.on_open(|round| {
        tokio::spawn(announce(round.apps.main().clone(), url.clone(), project.clone()));
    });
    let mut serving = pin!(embedded.serve(listener, std::future::pending()));
    tokio::select! {
        served = &mut serving => {
            embedded.close().await;
            return served;
        }
        () = signal => {}
        () = announcing => {}
    }
    let (served, ()) = tokio::join!(serving, embedded.close());
    served
}

/// Reads from the disk, so it is not waited for before the first request.
async fn announce(app: Arc<App>, url: String, notes: banner::Notes) {
    let needs_superuser = match app.has_superuser().await {
        Ok(has) => !has,
        Err(error) => {
            tracing::warn!(%error, "superusers could not be counted");
            false
        }
    };
    let applied = app.applied_migrations().await.unwrap_or_default();
    let new = if app.is_new { app.identity().await.ok() } else { None };
    banner::print(&url, &app.config.data_dir, needs_superuser, new, notes, &applied);
}

fn project_files(global: &Global) -> Result<banner::Notes, Failure> {
    let data_dir = project::data_dir(global)?;
    Ok(banner::Notes {
        program: global.program.clone(),
        hooks: project::hooks(global, &data_dir),
        migrations: project::migrations(global, &data_dir),
    })
}

fn listener_url(listener: &TcpListener, asked: &str) -> String {
    // Port 0 asks for any free one: what was given counts.
    match (listener.local_addr(), asked.rsplit_once(':')) {
        (Ok(address), Some((host, _))) if !host.is_empty() => format!("http://{host}:{}", address.port()),
        (Ok(address), _) => format!("http://localhost:{}", address.port()),
        (Err(_), _) => format!("http://{asked}"),
    }
}

fn not_listening(address: &str, error: &io::Error) -> Failure {
    Failure::new(match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "Cannot listen on {address}: this port is already in use by another program. Choose another one with --http."
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "Cannot listen on {address}: the system does not allow it. Ports below 1024 need special rights."
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("Cannot listen on {address}: this machine has no such address.")
        }
        _ => format!(
            "Cannot listen on {address}: {error}. Write --http HOST:PORT, for example 127.0.0.1:8090."
        ),
    })
}

/// Completes at Ctrl-C or, where there are signals, at SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let refused =
        |error: io::Error| Failure::new(format!("The system refused to watch for the stop signal: {error}."));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c().map_err(refused)?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}
