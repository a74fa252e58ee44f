//! Who may store, see and delete files by their paths.

use std::sync::Arc;

use ketch_cel::{Action, Decision};
use ketch_model::attr::FILES;
use ketch_model::{Error as CoreError, Object};
use ketch_store::Store;

use super::failure;
use super::inquiry::Inquiry;
use super::references::References;
use super::scene::{Scene, Subject};
use crate::error::Result;

impl Inquiry {
    /// Whether the rules of `$files` allow an action on all of the paths.
    ///
    /// # Errors
    /// What a rule raises, or the store's.
    pub(crate) async fn allows_paths(
        self,
        store: &Arc<dyn Store>,
        action: Action,
        paths: &[&str],
    ) -> Result<bool> {
        let inquiry = Arc::new(self);
        let rule = match inquiry.decision(FILES, None, action) {
            Decision::Constant(allowed) => return Ok(allowed),
            Decision::Broken(problem) => return Err(failure::broken(problem)),
            Decision::Rule(rule) => rule,
        };
        let mut references = References::default();
        if !rule.facts().references.is_empty() {
            let (asked, facts) = (inquiry.clone(), rule.facts().clone());
            references = store
                .read(move |connection| {
                    let mut references = References::default();
                    asked.look_up_auth(connection, asked.attrs(), &facts, &mut references)?;
                    Ok::<_, CoreError>(references)
                })
                .await?;
        }
        for path in paths {
            let file = Object::from_iter([("path".to_owned(), (*path).into())]);
            let scene = Scene {
                inquiry: &inquiry,
                data: Subject { namespace: FILES, id: "", object: Some(&file) },
                new_data: Some(Some(&file)),
                linked: None,
                actions: None,
                params: inquiry.params(),
                request: inquiry.request(),
                references: &references,
            };
            if inquiry.ask(rule, &[FILES, action.name()], &scene)? != true {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
