//! Gitea and Forgejo.

use crate::oauth2::profile::{Profile, Read, list_at, primary_email};
use crate::oauth2::provider::{EmailLocation, EmailSource, Person, Provider};

pub static GITEA: Provider = Provider {
    name: "gitea",
    display_name: "Gitea/Forgejo",
    auth_url: "https://gitea.com/login/oauth/authorize",
    token_url: "https://gitea.com/login/oauth/access_token",
    user_info_url: "https://gitea.com/api/v1/user",
    scopes: &["read:user", "user:email"],
    emails: Some(EmailSource { location: EmailLocation::Below("/emails"), only_if_missing: false }),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if !profile.flag("active")? {
        return Err("the Gitea account is not active".to_owned());
    }
    Ok(Person {
        id: profile.integer("id")?,
        name: profile.text("full_name")?,
        username: profile.text("login")?,
        email: primary_email(list_at(&profile.emails, "")?, "primary", "verified")?,
        avatar_url: profile.text("avatar_url")?,
    })
}
