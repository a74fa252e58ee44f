//! Queries whose results are kept up to date.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::{Client, Outgoing, json_of};
use crate::backoff;
use crate::call::Call;
use crate::encode::with_query;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::sse::Events;

/// Servers send a sign of life every 15 seconds: a stream that is silent for longer is dead.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A stream that ended sooner counts as a failed try, so that tries grow rarer.
const STABLE: Duration = Duration::from_secs(5);

/// What a live query tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum QueryEvent {
    /// The result as it is now.
    Result {
        /// A list for each namespace, as [`Client::query`] gives it.
        result: Value,
        /// Page information and counts: `{"page-info", "aggregate"}`; null if there are none.
        meta: Value,
    },
    /// The connection is gone, and is being opened again. The whole result follows when it is back.
    Disconnected,
}

/// The results of a query as a stream: the current one, then one after every change of it.
///
/// A broken connection is opened again; an error of the server ends the stream. Dropping it ends it too.
#[must_use = "dropping a live query ends it"]
pub struct LiveQuery {
    events: BoxStream<'static, Result<QueryEvent>>,
}

impl Client {
    /// Follows the result of a query.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::instant::Client) -> ketch_client::Result<()> {
    /// use futures_util::StreamExt;
    /// let mut goals = client.subscribe_query(serde_json::json!({"goals": {}})).await?;
    /// while let Some(event) = goals.next().await {
    ///     println!("{:?}", event?);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn subscribe_query(&self, query: impl Serialize) -> Call<LiveQuery> {
        let (client, query) = (self.clone(), json_of(&query));
        Call::new(move |options| async move {
            let mut source = Source { client, query: query?, options, failures: 0, state: State::Ended };
            source.open().await?;
            Ok(LiveQuery { events: stream::unfold(source, Source::step).boxed() })
        })
    }
}

struct Source {
    client: Client,
    query: Value,
    options: Options,
    failures: u32,
    state: State,
}

enum State {
    Open { events: Events, since: Instant },
    Waiting,
    Ended,
}

impl Source {
    async fn open(&mut self) -> Result<()> {
        let connection = super::step::new_id();
        let path = with_query(
            "/admin/subscribe-query",
            &[("app_id", &*self.client.app_id), ("local_connection_id", &connection)],
        );
        let outgoing = Outgoing::post(path, &json!({"query": self.query}))?;
        let options = self.options.again().header("Accept", "text/event-stream");
        let response = self.client.open(outgoing, options, SILENCE_MAX).await?;
        self.state = State::Open { events: Events::new(response.body), since: Instant::now() };
        Ok(())
    }

    async fn step(mut self) -> Option<(Result<QueryEvent>, Self)> {
        loop {
            match &mut self.state {
                State::Ended => return None,
                State::Waiting => {
                    sleep(backoff::reconnect(self.failures)).await;
                    self.failures = self.failures.saturating_add(1);
                    match self.open().await {
                        Ok(()) => {}
                        Err(error) if is_passing(&error) => {}
                        Err(error) => return Some(self.end(error)),
                    }
                }
                State::Open { events, since } => match events.next().await {
                    Some(event) => match read(&event.data) {
                        Ok(Some(event)) => return Some((Ok(event), self)),
                        Ok(None) => {}
                        Err(error) => return Some(self.end(error)),
                    },
                    None => {
                        if since.elapsed() >= STABLE {
                            self.failures = 0;
                        }
                        self.state = State::Waiting;
                        return Some((Ok(QueryEvent::Disconnected), self));
                    }
                },
            }
        }
    }

    fn end(mut self, error: Error) -> (Result<QueryEvent>, Self) {
        self.state = State::Ended;
        (Err(error), self)
    }
}

/// Whether a later try may succeed.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Status => error.status() >= 500 || error.status() == 429,
        ErrorKind::Connect | ErrorKind::Interrupted | ErrorKind::Timeout => true,
        _ => false,
    }
}

/// A message of the server; nothing for those that bring no result.
fn read(data: &str) -> Result<Option<QueryEvent>> {
    let mut message: Value = serde_json::from_str(data).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("a message of the live query is no JSON: {error}"))
            .with_source(error)
    })?;
    let result = match message.get("op").and_then(Value::as_str).unwrap_or_default() {
        "add-query-ok" => ("result", &mut message),
        "refresh-ok" => match message.pointer_mut("/computations/0") {
            Some(computation) => ("instaql-result", computation),
            None => return Ok(None),
        },
        "error" => {
            let status =
                message.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
            return Err(Error::of_response(status.unwrap_or(400), "", message));
        }
        _ => return Ok(None),
    };
    let (name, source) = result;
    let mut take = |name: &str| source.get_mut(name).map(Value::take).unwrap_or_default();
    Ok(Some(QueryEvent::Result { result: take(name), meta: take("result-meta") }))
}

impl Stream for LiveQuery {
    type Item = Result<QueryEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(context)
    }
}

impl std::fmt::Debug for LiveQuery {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LiveQuery")
    }
}
