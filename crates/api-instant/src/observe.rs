//! What the log learns of a request: who called, and which app's log it belongs into.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use ketch_app::App;
use ketch_model::Record;
use ketch_telemetry::Telemetry;
use ketch_web::observe::Notes;

/// The app that a request turned out to be for.
#[derive(Clone, Default)]
pub(crate) struct Belongs(Arc<OnceLock<Telemetry>>);

/// Puts the telemetry of the request's app beside its answer.
pub(crate) async fn attribute(mut request: Request, next: Next) -> Response {
    let belongs = Belongs::default();
    request.extensions_mut().insert(belongs.clone());
    let mut response = next.run(request).await;
    if let Some(telemetry) = belongs.0.get() {
        response.extensions_mut().insert(telemetry.clone());
    }
    response
}

/// Where a caller notes what it finds out.
#[derive(Clone, Default)]
pub(crate) struct Notebook {
    pub(crate) notes: Option<Notes>,
    pub(crate) belongs: Option<Belongs>,
}

impl Notebook {
    pub(crate) fn app(&self, app: &App) {
        if let Some(Belongs(telemetry)) = &self.belongs {
            let _ = telemetry.set(app.telemetry.clone());
        }
    }

    /// The first caller counts; `None` is somebody who is no record.
    pub(crate) fn caller(&self, auth: Option<Arc<Record>>, real_ip: &str) {
        if let Some(notes) = &self.notes {
            notes.caller(auth, real_ip);
        }
    }
}
