//! What a client wants done, as it was sent: no name is looked up yet.

use ketch_model::attr::Attr;
use ketch_model::{Object, Value};

/// One step of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Writes values, each in place of the old one.
    Write {
        namespace: String,
        entity: EntityRef,
        values: Object,
        mode: Mode,
    },
    /// Writes values, objects merged into the old ones.
    Merge {
        namespace: String,
        entity: EntityRef,
        values: Object,
        mode: Mode,
    },
    /// Ties entities under labels.
    Link {
        namespace: String,
        entity: EntityRef,
        links: Vec<(String, Vec<EntityRef>)>,
    },
    /// Parts entities under labels.
    Unlink {
        namespace: String,
        entity: EntityRef,
        links: Vec<(String, Vec<EntityRef>)>,
    },
    Delete {
        namespace: String,
        entity: EntityRef,
    },
    /// What rules about the entity see as `ruleParams`. `namespace` is missing in steps of old clients.
    RuleParams {
        namespace: Option<String>,
        entity: EntityRef,
        params: Object,
    },
    AddAttr(Box<Attr>),
    /// A partial description with an `id`; left out `on-delete` and `on-delete-reverse` are cleared.
    UpdateAttr(Object),
    DeleteAttr(String),
    RestoreAttr(String),
    Triple(TripleStep),
}

/// A low-level step, as browsers send it: by attr ids.
#[derive(Debug, Clone, PartialEq)]
pub enum TripleStep {
    Add {
        entity: EntityRef,
        attr: String,
        value: Value,
        mode: Mode,
    },
    Merge {
        entity: EntityRef,
        attr: String,
        value: Value,
        mode: Mode,
    },
    /// Takes exactly this value away.
    Retract {
        entity: EntityRef,
        attr: String,
        value: Value,
    },
    /// `namespace` is missing in steps of old clients.
    Delete {
        entity: EntityRef,
        namespace: Option<String>,
    },
}

/// What has to be there before a write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: a missing entity is made.
    #[default]
    Upsert,
    /// No such entity.
    Create,
    /// The entity.
    Update,
}

/// How an entity is named.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityRef {
    /// Any text that is not empty.
    Id(String),
    /// The entity with this value of a unique attr.
    Lookup { attr: AttrName, value: Value },
}

/// How the attr of a lookup is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttrName {
    /// `slug`, or `owner.id` for a link.
    Label(String),
    Id(String),
}
