//! Subscribing and unsubscribing.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc::{self, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::super::core::Core;
use super::event::{ConnectionEvent, Event, is_of, key};
use super::hub::{Command, Entry, Hub, Status};
use super::limits::Limits;
use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::process::PerProcess;

/// The messages that a subscription holds for a slow reader before it drops them and tells of a gap.
const QUEUE_MAX: usize = 1024;

/// The realtime connection of a client. It opens with the first subscription and closes with the last.
///
/// When it breaks it is opened again in the background, all topics are subscribed to anew, and every
/// listener is told of the [`Gap`](Event::Gap).
#[derive(Clone)]
pub struct Realtime {
    shared: Arc<Shared>,
}

struct Shared {
    core: Arc<Core>,
    limits: Arc<Limits>,
    numbers: AtomicU64,
    task: PerProcess<Task>,
}

#[derive(Default)]
struct Task {
    commands: Mutex<Option<UnboundedSender<Command>>>,
    status: Arc<Status>,
}

impl Realtime {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let shared = Shared {
            core: core.clone(),
            limits: Arc::default(),
            numbers: AtomicU64::new(1),
            task: PerProcess::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Subscribes to a topic: the messages come as a stream. The call is done when the server knows of it.
    ///
    /// Options of the call, such as `filter` and `expand`, are options of the subscription.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// use futures_util::StreamExt;
    /// let mut news = client.realtime().subscribe("posts/*").expand("author").await?;
    /// while let Some(event) = news.next().await {
    ///     println!("{event:?}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn subscribe(&self, topic: &str) -> Call<Subscription> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let is_behind = Arc::new(AtomicBool::new(false));
        let behind = is_behind.clone();
        let listening = self.listen(topic, move |event| {
            // While a gap waits to be told, nothing may overtake it.
            if !behind.load(Ordering::Acquire) && sender.try_send(event.clone()).is_err() {
                behind.store(true, Ordering::Release);
            }
        });
        Call::new(move |options| async move {
            let listener = listening.options(options).await?;
            Ok(Subscription { receiver, is_behind, listener })
        })
    }

    /// Subscribes to a topic with a function that is called with each event, in order, on the task of
    /// the connection: it must not block. Dropping the listener unsubscribes.
    pub fn listen(&self, topic: &str, callback: impl Fn(&Event) + Send + Sync + 'static) -> Call<Listener> {
        let (this, topic) = (self.clone(), topic.to_owned());
        Call::new(move |options| async move {
            if topic.trim().is_empty() {
                return Err(Error::input("the topic to subscribe to is empty"));
            }
            let number = this.shared.numbers.fetch_add(1, Ordering::Relaxed);
            let entry = Entry { number, key: key(&topic, &options), topic, callback: Arc::new(callback) };
            let (done, result) = oneshot::channel();
            let commands = this.send(Command::Add { entry, done })?;
            // Made now, so that a call that is dropped while it waits unsubscribes too.
            let listener = Listener { number, commands: Some(commands) };
            finished(result).await?;
            Ok(listener)
        })
    }

    /// Ends all subscriptions to a topic, with whatever options.
    pub fn unsubscribe(&self, topic: &str) -> Call<()> {
        let topic = topic.to_owned();
        self.remove(move |key| is_of(key, &topic))
    }

    /// Ends all subscriptions to topics that begin with `prefix`.
    pub fn unsubscribe_by_prefix(&self, prefix: &str) -> Call<()> {
        let prefix = prefix.to_owned();
        self.remove(move |key| key.starts_with(&prefix))
    }

    /// Ends all subscriptions.
    pub fn unsubscribe_all(&self) -> Call<()> {
        self.remove(|_| true)
    }

    /// The server's id of the connection; empty without one.
    pub fn client_id(&self) -> String {
        self.task().status.client_id()
    }

    /// Whether there is a connection at the moment.
    pub fn is_connected(&self) -> bool {
        !self.client_id().is_empty()
    }

    /// How long opening the connection may take; 15 seconds unless told. For connections to come.
    pub fn set_connect_timeout(&self, timeout: Duration) {
        self.shared.limits.set_connect_timeout(timeout);
    }

    /// How often it is tried to reconnect, one after the other, before all listeners are let go; without
    /// end unless told.
    pub fn set_reconnects_max(&self, most: u32) {
        self.shared.limits.set_reconnects(most);
    }

    /// Calls a function when the connection breaks, closes or is back, on the task of the connection:
    /// it must not block. It takes the place of an earlier one.
    pub fn on_connection(&self, observer: impl Fn(&ConnectionEvent) + Send + Sync + 'static) {
        self.shared.limits.set_observer(Some(Arc::new(observer)));
    }

    /// Tells the server the topics once more, for somebody else has signed in or out. If the server does
    /// not take them on this connection, a new one is opened.
    pub fn refresh(&self) -> Call<()> {
        self.command(|done| Command::Refresh { done })
    }

    /// Ends these listeners. Done when the server knows.
    pub fn end(&self, listeners: Vec<Listener>) -> Call<()> {
        let numbers: Vec<u64> = listeners.into_iter().map(Listener::into_number).collect();
        self.remove_entries(move |entry| numbers.contains(&entry.number))
    }

    pub(crate) fn remove(&self, matches: impl Fn(&str) -> bool + Send + 'static) -> Call<()> {
        self.remove_entries(move |entry| matches(&entry.key))
    }

    fn remove_entries(&self, matches: impl Fn(&Entry) -> bool + Send + 'static) -> Call<()> {
        self.command(|done| Command::RemoveWhere { matches: Box::new(matches), done })
    }

    fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<()>>) -> Command + Send + 'static,
    ) -> Call<()> {
        let this = self.clone();
        Call::new(move |_| async move {
            let (done, result) = oneshot::channel();
            this.send(command(done))?;
            finished(result).await
        })
    }

    fn task(&self) -> &Task {
        self.shared.task.get_or_init(Task::default)
    }

    /// Hands a command to the task, which is started if it is not there, or no longer: the runtime
    /// that it ran on may have ended.
    fn send(&self, command: Command) -> Result<UnboundedSender<Command>> {
        let task = self.task();
        let mut commands = task.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let command = match &*commands {
            Some(sender) => match sender.send(command) {
                Ok(()) => return Ok(sender.clone()),
                Err(unsent) => unsent.0,
            },
            None => command,
        };
        let (sender, receiver) = unbounded_channel();
        let limits = self.shared.limits.clone();
        let hub = Hub::new(self.shared.core.clone(), receiver, task.status.clone(), limits);
        tokio::spawn(hub.run());
        let _ = sender.send(command);
        *commands = Some(sender.clone());
        Ok(sender)
    }
}

async fn finished(result: oneshot::Receiver<Result<()>>) -> Result<()> {
    let ended = |_| Err(Error::new(ErrorKind::Interrupted, "the realtime task ended before it was done"));
    result.await.unwrap_or_else(ended)
}

impl fmt::Debug for Realtime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Realtime").field("client_id", &self.client_id()).finish_non_exhaustive()
    }
}

/// A function that is being called. Dropping this ends it.
#[derive(Debug)]
#[must_use = "dropping a listener unsubscribes it"]
pub struct Listener {
    number: u64,
    commands: Option<UnboundedSender<Command>>,
}

impl Listener {
    /// Lets it listen for as long as the client is there; [`Realtime::unsubscribe`] still ends it.
    pub fn detach(mut self) {
        self.commands = None;
    }

    fn into_number(mut self) -> u64 {
        self.commands = None;
        self.number
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(commands) = self.commands.take() {
            let _ = commands.send(Command::Remove { number: self.number });
        }
    }
}

/// The events of a topic as a stream. Dropping it unsubscribes; being unsubscribed ends it.
#[derive(Debug)]
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    receiver: mpsc::Receiver<Event>,
    is_behind: Arc<AtomicBool>,
    #[expect(dead_code, reason = "dropped together with the stream, which unsubscribes")]
    listener: Listener,
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        match self.receiver.poll_recv(context) {
            Poll::Pending if self.is_behind.swap(false, Ordering::AcqRel) => Poll::Ready(Some(Event::Gap)),
            other => other,
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Command")
    }
}
