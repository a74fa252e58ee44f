//! From a change to messages: who sees it, asked once for all who see the same.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::Record;
use ketch_query::RequestInfo;
use ketch_records::observe::Question;
use ketch_records::policy::Action;
use ketch_records::view::{EmailSight, Sight};
use ketch_records::{RecordView, Records};
use ketch_store::change::ChangeKind;

use crate::judge::{Judge, Verdict};
use crate::outbox::{Event, Message, Payload};
use crate::registry::Subscription;

/// Answers of the store by the key of their question.
pub(crate) type Answers = HashMap<String, Option<RecordView>>;

/// What is known of a change's observers before the store is asked.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Who is told at once.
    seen: Vec<(Subscription, Sighting)>,
    questions: Vec<(String, Question)>,
    /// Who waits for which question.
    waiting: Vec<(Subscription, usize)>,
}

/// What of the record's own row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sighting {
    shows_hidden: bool,
    shows_email: bool,
}

impl Plan {
    /// `is_stored`: the record is in the store as it is here.
    pub fn of(
        judge: &mut Judge,
        record: &Arc<Record>,
        is_stored: bool,
        subscriptions: Vec<(Subscription, Action)>,
    ) -> Self {
        let mut plan = Self::default();
        let mut verdicts: HashMap<String, Verdict> = HashMap::new();
        let mut asked: HashMap<String, usize> = HashMap::new();
        for (subscription, action) in subscriptions {
            let auth = subscription.client.auth();
            let topic = &subscription.topic;
            let key = judge.key(&record.collection, action, auth.as_deref(), topic);
            let request = || RequestInfo {
                context: "realtime",
                method: "GET".to_owned(),
                query: topic.query.clone(),
                headers: topic.headers.clone(),
                auth: auth.clone(),
                ..RequestInfo::default()
            };
            let verdict = match verdicts.get(&key) {
                Some(verdict) => *verdict,
                None => {
                    let verdict = judge.judge(record, action, &key, &request());
                    verdicts.insert(key.clone(), verdict);
                    verdict
                }
            };
            if verdict == Verdict::No {
                continue;
            }
            let (sighting, is_managed) = sight(record, auth.clone());
            let is_own = topic.filter().is_empty() && topic.expand().is_empty() && !is_managed;
            if verdict == Verdict::Yes && is_own {
                plan.seen.push((subscription, sighting));
                continue;
            }
            let question_key = if is_own {
                format!("{key}|{}", sighting.shows_email)
            } else {
                // Filters, expands and manage rules may ask anything of the observer.
                let who = auth.as_ref().map(|auth| (&auth.collection.id, auth.id()));
                format!("{who:?}|{action:?}|{}", topic.suffix)
            };
            let index = *asked.entry(question_key.clone()).or_insert_with(|| {
                let question = Question {
                    record: record.clone(),
                    is_stored,
                    rule: (verdict == Verdict::Ask).then_some(action),
                    filter: topic.filter().to_owned(),
                    expand: topic.expand().to_owned(),
                    request: Arc::new(request()),
                };
                plan.questions.push((question_key, question));
                plan.questions.len() - 1
            });
            plan.waiting.push((subscription, index));
        }
        plan
    }

    pub fn asks(&self) -> bool {
        !self.questions.is_empty()
    }

    /// Asks the store whatever `known` does not answer.
    pub async fn answers(&self, records: &Records, mut known: Answers) -> Answers {
        let open: Vec<&(String, Question)> =
            self.questions.iter().filter(|(key, _)| !known.contains_key(key)).collect();
        if open.is_empty() {
            return known;
        }
        match records.observe(open.iter().map(|(_, question)| question.clone()).collect()).await {
            Ok(views) => known.extend(open.iter().map(|(key, _)| key.clone()).zip(views)),
            Err(error) => tracing::warn!(%error, "observers of a change were not told of it"),
        }
        known
    }

    /// Sends the messages.
    pub fn tell(self, kind: ChangeKind, record: &Record, answers: &Answers) {
        let mut own: HashMap<(Sighting, String), Arc<Event>> = HashMap::new();
        let mut asked: HashMap<(usize, String), Arc<Event>> = HashMap::new();
        for (subscription, sighting) in self.seen {
            let topic = &subscription.topic;
            let fields = topic.query.get("fields").cloned().unwrap_or_default();
            let event = own.entry((sighting, fields)).or_insert_with(|| {
                let view = RecordView {
                    record: record.clone(),
                    shows_hidden: sighting.shows_hidden,
                    shows_email: sighting.shows_email,
                    expand: None,
                };
                Arc::new(Event::new(kind, view, topic.picker.clone()))
            });
            send(&subscription, event.clone());
        }
        for (subscription, index) in self.waiting {
            let Some(Some(view)) = self.questions.get(index).and_then(|(key, _)| answers.get(key)) else {
                continue;
            };
            let topic = &subscription.topic;
            let fields = topic.query.get("fields").cloned().unwrap_or_default();
            let event = asked
                .entry((index, fields))
                .or_insert_with(|| Arc::new(Event::new(kind, view.clone(), topic.picker.clone())));
            send(&subscription, event.clone());
        }
    }
}

fn send(subscription: &Subscription, event: Arc<Event>) {
    let message = Message { topic: subscription.topic.clone(), payload: Payload::Event(event) };
    subscription.client.send(message);
}

/// What the record's own row shows to the observer, and whether a manage rule may show more.
fn sight(record: &Record, auth: Option<Arc<Record>>) -> (Sighting, bool) {
    if !record.collection.is_auth() {
        let shows_hidden = auth.is_some_and(|auth| auth.collection.is_superusers());
        return (Sighting { shows_hidden, shows_email: true }, false);
    }
    let sight = Sight::of(&record.collection, &RequestInfo { auth, ..RequestInfo::default() });
    let shows_email = sight.shows_email(record);
    let is_managed = !shows_email && matches!(sight.emails, EmailSight::Managed(_));
    (Sighting { shows_hidden: sight.shows_hidden, shows_email }, is_managed)
}
