//! Gitee.

use crate::oauth2::profile::{Profile, Read, list_at, text_at};
use crate::oauth2::provider::{EmailLocation, EmailSource, Person, Provider};

pub static GITEE: Provider = Provider {
    name: "gitee",
    display_name: "Gitee",
    auth_url: "https://gitee.com/oauth/authorize",
    token_url: "https://gitee.com/oauth/token",
    user_info_url: "https://gitee.com/api/v5/user",
    scopes: &["user_info", "emails"],
    emails: Some(EmailSource {
        location: EmailLocation::At("https://gitee.com/api/v5/emails"),
        only_if_missing: true,
    }),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let email = match profile.text("email")? {
        own if own.is_empty() => listed_email(profile)?,
        own => own,
    };
    Ok(Person {
        id: profile.integer("id")?,
        name: profile.text("name")?,
        username: profile.text("login")?,
        email,
        avatar_url: profile.text("avatar_url")?,
    })
}

/// The confirmed primary address of `[{email, state, scope: [...]}]`.
fn listed_email(profile: &Profile) -> Read<String> {
    for item in list_at(&profile.emails, "")? {
        let is_primary = list_at(item, "scope")?.iter().any(|scope| scope == "primary");
        if is_primary && text_at(item, "state")? == "confirmed" {
            return text_at(item, "email");
        }
    }
    Ok(String::new())
}
