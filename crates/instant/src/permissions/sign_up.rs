//! Who may sign up.

use ketch_cel::{Action, Decision};
use ketch_model::Object;
use ketch_model::attr::USERS;

use super::failure;
use super::inquiry::Inquiry;
use super::references::References;
use super::scene::{Scene, Subject};
use crate::error::{Error, Result};

/// Fields of one's own choice need a rule that was written for sign-ups.
const OBJECT: &str = "object";

impl Inquiry {
    /// Whether somebody may sign up as this user, of whom `extra` says fields of their own choice.
    ///
    /// # Errors
    /// `permission-denied`, or what the rule raises.
    pub fn check_sign_up(&self, user: &Object, has_extra: bool) -> Result<()> {
        let denied = || Error::denied(&[USERS, OBJECT], "perms-pass?");
        if has_extra && !self.book.says_who_signs_up() {
            return Err(denied());
        }
        let create = Action::Create;
        let allowed = match self.decision(USERS, None, create) {
            Decision::Constant(allowed) => allowed,
            Decision::Broken(problem) => return Err(failure::broken(problem)),
            Decision::Rule(rule) => {
                let mut request = self.request().clone();
                let labels = user.keys().filter(|label| *label != "id");
                request.modified_fields = Some(labels.map(|label| label.as_str().into()).collect());
                let scene = Scene {
                    inquiry: self,
                    // Nobody is linked to who is not there yet.
                    data: Subject { namespace: USERS, id: "", object: Some(user) },
                    new_data: Some(Some(user)),
                    linked: None,
                    actions: None,
                    params: self.params(),
                    request: &request,
                    references: &References::default(),
                };
                self.ask(rule, &[USERS, create.name()], &scene)? == true
            }
        };
        if allowed { Ok(()) } else { Err(denied()) }
    }
}
