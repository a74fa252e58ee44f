//! `ketch serve`

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ketch_api_pocketbase as pocketbase;
use ketch_app::backups::swap;
use ketch_app::{App, Apps};
use ketch_telemetry::logs::LogPort;
use ketch_web::folder::Folder;
use ketch_web::{Cors, Front, serve as serving};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::error::Elapsed;

use crate::cli::{Global, Serve};
use crate::failure::Failure;
use crate::observe::Watcher;
use crate::stores::ServeOptions;
use crate::{banner, fronts, project, stores};

/// How long closing the databases may take once requests have ended; what is queued is small by then.
const CLOSE_PATIENCE: Duration = Duration::from_millis(400);
/// The same before a restore, where nothing may be open any more.
const RESTORE_PATIENCE: Duration = Duration::from_secs(30);

/// `log` is where the server's own warnings come from.
pub(crate) async fn serve(global: &Global, options: Serve, log: &LogPort) -> Result<(), Failure> {
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
    let served = ServeOptions {
        telemetry: options.telemetry.options()?,
        jobs: options.services.jobs(),
        master_key: options.services.master_key()?,
        ephemeral_apps: options.ephemeral_apps,
    };
    // The port first: a second server must not touch the data of the first.
    let listener =
        serving::listen(&options.http).await.map_err(|error| not_listening(&options.http, &error))?;
    let url = listener_url(&listener, &options.http);
    let unusable = |error: io::Error| Failure::new(format!("The listening socket cannot be used: {error}."));
    let mut signal = pin!(stop_signal()?);
    // Stays open from one round to the next, so that nobody is turned away in between.
    let mut kept = Some(listener.into_std().map_err(unusable)?);
    while let Some(socket) = &kept {
        let round = socket.try_clone().and_then(TcpListener::from_std).map_err(unusable)?;
        let (restart, mut restarting) = watch::channel(None);
        let restart = move |folder| drop(restart.send_replace(Some(folder)));
        let apps = stores::serve_all(global, served.clone(), Arc::new(restart)).await?;
        let app = apps.main().clone();
        let site = Folder::new(project::public_dir(global)?, global.index_fallback);
        let files = Folder::new(project::public_dir(global)?, false);
        let router =
            fronts::router(apps.clone(), pocketbase::router_with_site(app.clone(), Some(site)), files);
        app.telemetry.logs.listen(log);
        let front = Front::new(router, Cors::new(options.origins.clone()), pocketbase::panicked)
            .observed_by(Arc::new(Watcher { app: app.clone() }));
        let announced = tokio::spawn(announce(app.clone(), url.clone(), notes(global, &app)));
        let stop = async {
            tokio::select! {
                () = &mut signal => kept = None,
                _ = restarting.wait_for(Option::is_some) => {}
            }
            // Open streams would hold their connections until they are cut.
            apps.close_streams();
        };
        serving::serve(round, front, stop).await;
        announced.abort();
        let restored: Option<PathBuf> = if kept.is_some() { restarting.borrow().clone() } else { None };
        match restored {
            Some(folder) => make_way(&apps, folder).await,
            None => close(&apps, CLOSE_PATIENCE).await.unwrap_or_else(|_| {
                // A write that was not acknowledged is undone at the next start.
                tracing::warn!("the databases were still busy when the server stopped");
            }),
        }
    }
    Ok(())
}

async fn close(apps: &Apps, patience: Duration) -> Result<(), Elapsed> {
    tokio::time::timeout(patience, apps.close()).await
}

/// Closes everything and decides that restored data takes the place of the data.
async fn make_way(apps: &Apps, folder: PathBuf) {
    if close(apps, RESTORE_PATIENCE).await.is_err() {
        tracing::error!("the restore is given up: the databases are still busy");
        return;
    }
    let begun = tokio::task::spawn_blocking(move || swap::begin(&folder)).await;
    if let Err(error) = begun.map_err(io::Error::other).flatten() {
        tracing::error!(%error, "the restore is given up");
    }
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

fn notes(global: &Global, app: &App) -> banner::Notes {
    let data_dir = &app.config.data_dir;
    banner::Notes {
        hooks: project::hooks(global, data_dir),
        migrations: project::migrations(global, data_dir),
    }
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
