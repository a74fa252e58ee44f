//! What the answers of rules depend on, so that live queries know when to ask again.

use std::collections::BTreeSet;

use ketch_cel::{Facts, Variable};
use ketch_model::Collection;
use ketch_model::attr::USERS;
use ketch_model::collection::Attrs;

use super::inquiry::Inquiry;
use crate::query::Dependencies;
use crate::query::names::{self, Named};

/// Notes what a rule about entities of a collection reads.
pub(super) fn note(
    inquiry: &Inquiry,
    namespace: &str,
    collection: &Collection,
    facts: &Facts,
    dependencies: &mut Dependencies,
) {
    let attrs = inquiry.attrs();
    note_fields(collection, facts, Variable::Data, dependencies);
    let user = inquiry.user().and_then(|user| user.get(names::ID)?.as_str());
    if let (Some(id), Some(users)) = (user, attrs.collection(USERS))
        && facts.variables.contains(&Variable::Auth)
    {
        dependencies.records(&users.id, Some(BTreeSet::from([id.to_owned()])));
        note_fields(users, facts, Variable::Auth, dependencies);
    }
    for (variable, path) in &facts.references {
        match variable {
            Variable::Auth => note_path(attrs, USERS, path.trim_start_matches("$user."), dependencies),
            _ => note_path(attrs, namespace, path, dependencies),
        }
    }
}

fn note_fields(collection: &Collection, facts: &Facts, variable: Variable, dependencies: &mut Dependencies) {
    if facts.whole.contains(&variable) {
        dependencies.all_fields(&collection.id);
    }
    let labels = facts.fields.iter().filter(|(of, _)| *of == variable);
    for (_, label) in labels {
        match collection.field(label) {
            Some(field) => dependencies.field(&collection.id, &field.id),
            None => drop(dependencies.unknown.insert(label.to_string())),
        }
    }
}

fn note_path(attrs: &Attrs, namespace: &str, path: &str, dependencies: &mut Dependencies) {
    let mut namespace = namespace.to_owned();
    for label in path.split('.') {
        match names::find(attrs, &namespace, label) {
            Some(Named::Link(link)) => {
                if let (Some((owner, _)), Some(field)) = (&link.place, link.field()) {
                    dependencies.link(&owner.id, &field.id);
                }
                if let Some(target) = &link.target {
                    dependencies.records(&target.id, None);
                }
                namespace.clone_from(&link.target_namespace);
            }
            Some(Named::Blob(blob)) => {
                let collection = attrs.collection(&namespace);
                if let (Some(collection), Some(place)) = (collection, blob.place) {
                    dependencies.field(&collection.id, &collection.fields[place.field].id);
                }
            }
            None => {
                dependencies.unknown.insert(label.to_owned());
                return;
            }
        }
    }
}
