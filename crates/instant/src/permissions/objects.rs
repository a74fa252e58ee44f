//! Rules asked of one object that the server knows, outside of queries and transactions.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_cel::{Action, Decision, Variable};
use ketch_model::{Error as CoreError, Object};
use ketch_store::Store;

use super::failure;
use super::inquiry::Inquiry;
use super::references::References;
use super::scene::{Scene, Subject};
use crate::error::Result;

impl Inquiry {
    /// Whether the rules of a namespace allow an action on an object.
    ///
    /// # Errors
    /// What a rule raises, or the store's.
    pub(crate) async fn allows_object(
        self,
        store: &Arc<dyn Store>,
        namespace: &'static str,
        action: Action,
        object: Object,
    ) -> Result<bool> {
        let inquiry = Arc::new(self);
        let rule = match inquiry.decision(namespace, None, action) {
            Decision::Constant(allowed) => return Ok(allowed),
            Decision::Broken(problem) => return Err(failure::broken(problem)),
            Decision::Rule(rule) => rule,
        };
        let id = object.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
        let mut references = References::default();
        if !rule.facts().references.is_empty() {
            let (asked, facts, id) = (inquiry.clone(), rule.facts().clone(), id.clone());
            references = store
                .read(move |connection| {
                    let mut references = References::default();
                    let of = (Variable::Data, namespace, &BTreeSet::from([id.as_str()]));
                    asked.look_up(connection, asked.attrs(), &facts, of, &mut references)?;
                    Ok::<_, CoreError>(references)
                })
                .await?;
        }
        let is_new = action == Action::Create;
        let mut request = inquiry.request().clone();
        if is_new {
            let labels = object.keys().filter(|label| *label != "id");
            request.modified_fields = Some(labels.map(|label| label.as_str().into()).collect());
        }
        let scene = Scene {
            inquiry: &inquiry,
            data: Subject { namespace, id: &id, object: Some(&object) },
            new_data: is_new.then_some(Some(&object)),
            linked: None,
            actions: None,
            params: inquiry.params(),
            request: &request,
            references: &references,
        };
        Ok(inquiry.ask(rule, &[namespace, action.name()], &scene)? == true)
    }
}
