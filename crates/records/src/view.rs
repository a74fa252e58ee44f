//! A record as one viewer may see it: which fields, and what was expanded.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::{Collection, Record};
use ketch_query::RequestInfo;

/// A record with what this viewer may see of it.
#[derive(Debug, Clone)]
pub struct RecordView {
    pub record: Record,
    /// Hidden fields are shown: to superusers.
    pub shows_hidden: bool,
    /// The email of an auth record is shown.
    pub shows_email: bool,
    /// `None` where nothing was expanded; empty where an expand found nothing that may be seen.
    pub expand: Option<BTreeMap<String, Expanded>>,
}

/// What a relation expanded to.
#[derive(Debug, Clone)]
pub enum Expanded {
    One(Arc<RecordView>),
    Many(Vec<Arc<RecordView>>),
}

/// What can be said of a viewer's sight of a collection before its records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub shows_hidden: bool,
    pub emails: EmailSight,
}

/// Which emails of an auth collection the viewer sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailSight {
    /// All of them: a superuser, or the collection has none to protect.
    All,
    /// Those marked visible, and the viewer's own (by record id).
    VisibleOrOwn(Option<String>),
    /// As above, and those that the collection's manage rule grants: needs a look at the records.
    Managed(Option<String>),
}

impl Sight {
    pub fn of(collection: &Collection, request: &RequestInfo) -> Self {
        if request.is_superuser() {
            return Self { shows_hidden: true, emails: EmailSight::All };
        }
        let Some(options) = collection.auth() else {
            return Self { shows_hidden: false, emails: EmailSight::All };
        };
        let own = request
            .auth
            .as_ref()
            .filter(|record| record.collection.id == collection.id)
            .map(|record| record.id().to_owned());
        let emails = match options.manage_rule.as_deref() {
            None | Some("") => EmailSight::VisibleOrOwn(own),
            Some(_) => EmailSight::Managed(own),
        };
        Self { shows_hidden: false, emails }
    }
}

impl Sight {
    /// Whether the record's own row is enough to show its email; the manage rule may still grant it.
    pub fn shows_email(&self, record: &Record) -> bool {
        match &self.emails {
            EmailSight::All => true,
            EmailSight::VisibleOrOwn(own) | EmailSight::Managed(own) => {
                record.bool("emailVisibility") || own.as_deref() == Some(record.id())
            }
        }
    }
}

impl RecordView {
    /// The view of a record where its own row decides everything; `None` where a manage rule must be asked.
    pub fn of_own_row(record: &Record, request: &RequestInfo) -> Option<Self> {
        let sight = Sight::of(&record.collection, request);
        let shows_email = sight.shows_email(record);
        if !shows_email && matches!(sight.emails, EmailSight::Managed(_)) {
            return None;
        }
        Some(Self { record: record.clone(), shows_hidden: sight.shows_hidden, shows_email, expand: None })
    }
}
