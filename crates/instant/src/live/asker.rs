//! Asking for the live hub.

use std::sync::Arc;

use ketch_model::{Value, json};
use ketch_realtime::Hangup;
use ketch_realtime::live::{Asked, Asker, Asking, ChangeFeed, Depends, Live, LiveHub};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::depends::touches;
use crate::answer::{Answer, Question};
use crate::error::{Error, Kind, Result};
use crate::permissions::Context;
use crate::service::Instant;
use crate::users::Selector;
use crate::viewer::Viewer;

/// A query, who asks it, and what their answers are made for. Equal questions share their answers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LiveQuestion {
    /// JSON text.
    pub query: String,
    pub infers: bool,
    pub viewer: LiveViewer,
    /// What rules may know of where the request came from.
    pub context: Context,
    pub app_id: String,
    /// Where URLs of files lead: `https://host`.
    pub origin: String,
}

/// Who asks, looked up again for each answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LiveViewer {
    Admin,
    Guest,
    /// A user, until they are deleted.
    User(String),
    /// The user of a refresh token, until it is revoked.
    Session(String),
}

/// What somebody is told.
pub struct LiveAnswer {
    pub result: Result<Answer>,
}

/// The live queries of one app.
pub struct LiveQueries {
    hub: LiveHub<InstantAsker>,
}

struct InstantAsker {
    instant: Instant,
}

/// One live query. Dropping it ends it.
pub struct LiveQuery(Live<InstantAsker>);

impl LiveQuery {
    /// The next answer that differs from the one before, `None` at the end.
    pub async fn next(&self) -> Option<Arc<LiveAnswer>> {
        self.0.next().await
    }
}

impl LiveQueries {
    /// To be called inside a runtime; `feed` must be a sink of the app's records.
    pub fn start(instant: Instant, feed: ChangeFeed) -> Self {
        Self { hub: LiveHub::start(InstantAsker { instant }, feed) }
    }

    /// Asks a query, now and whenever its answer may have changed. `hangup` ends the transport of
    /// one who does not read.
    pub fn ask(&self, question: LiveQuestion, hangup: Hangup) -> LiveQuery {
        LiveQuery(self.hub.ask(question, hangup))
    }

    /// Ends all of them; later ones end at once.
    pub fn close(&self) {
        self.hub.close();
    }
}

impl Asker for InstantAsker {
    type Question = LiveQuestion;
    type Answer = LiveAnswer;

    fn ask(&self, question: LiveQuestion, is_again: bool) -> Asking<LiveAnswer> {
        let instant = self.instant.clone();
        Box::pin(async move {
            let viewer = match viewer_of(&instant, &question.viewer).await {
                Ok(viewer) => viewer,
                Err(error) => {
                    // A fault of the server ends no session.
                    let is_last = error.kind == Kind::RecordNotFound;
                    return failed(error, is_last);
                }
            };
            match answer(&instant, &question, viewer.clone(), is_again).await {
                Ok(answer) => answered(answer, &viewer),
                Err(error) => failed(error, false),
            }
        })
    }
}

/// Who somebody is now.
///
/// # Errors
/// `record-not-found` for who is there no more.
pub(crate) async fn viewer_of(instant: &Instant, viewer: &LiveViewer) -> Result<Viewer> {
    Ok(match viewer {
        LiveViewer::Admin => Viewer::Admin,
        LiveViewer::Guest => Viewer::Guest,
        LiveViewer::Session(token) => Viewer::User(instant.user_of_token(token, &["asUser", "token"]).await?),
        LiveViewer::User(id) => {
            let user = instant.find_user(Selector::Id(id.clone())).await?;
            Viewer::User(Arc::new(user.ok_or_else(|| Error::not_found("app-user", json!({ "id": id })))?))
        }
    })
}

async fn answer(
    instant: &Instant,
    question: &LiveQuestion,
    viewer: Viewer,
    is_again: bool,
) -> Result<Answer> {
    let query: Value = json::parse_strict(question.query.as_bytes()).map_err(Error::unknown)?;
    let urls = instant.file_urls(&question.app_id, &question.origin).await?;
    let question = Question { query, viewer, context: question.context.clone(), infers: question.infers };
    if is_again { instant.query_again(question, urls).await } else { instant.query(question, urls).await }
}

fn answered(answer: Answer, viewer: &Viewer) -> Asked<LiveAnswer> {
    let mut digest = Sha256::new();
    digest.update(&answer.tree);
    for more in [&answer.page_info, &answer.aggregate] {
        digest.update(b"\n");
        digest.update(json::to_text(&Value::Object(more.clone())));
    }
    let depends: Depends = if viewer.is_admin() {
        let dependencies = answer.dependencies.clone();
        Box::new(move |change| touches(&dependencies, change))
    } else {
        // What rules look at is not known here: anything may be it.
        Box::new(|_| true)
    };
    Asked {
        digest: digest.finalize().into(),
        answer: Arc::new(LiveAnswer { result: Ok(answer) }),
        depends,
        is_last: false,
    }
}

fn failed(error: Error, is_last: bool) -> Asked<LiveAnswer> {
    let mut digest = Sha256::new();
    digest.update(b"error\n");
    digest.update(error.kind.name());
    digest.update(&error.message);
    // What does not hold of a query holds again only with another schema.
    let is_settled = error.kind == Kind::ValidationFailed;
    Asked {
        digest: digest.finalize().into(),
        answer: Arc::new(LiveAnswer { result: Err(error) }),
        depends: Box::new(move |_| !is_settled),
        is_last,
    }
}
