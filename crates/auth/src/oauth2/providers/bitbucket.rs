//! Bitbucket.

use crate::oauth2::profile::{Profile, Read, list_at, primary_email};
use crate::oauth2::provider::{EmailLocation, EmailSource, Person, Provider};

pub static BITBUCKET: Provider = Provider {
    name: "bitbucket",
    display_name: "Bitbucket",
    auth_url: "https://bitbucket.org/site/oauth2/authorize",
    token_url: "https://bitbucket.org/site/oauth2/access_token",
    user_info_url: "https://api.bitbucket.org/2.0/user",
    scopes: &["account"],
    pkce: false,
    emails: Some(EmailSource { location: EmailLocation::Below("/emails"), only_if_missing: false }),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if profile.text("account_status")? != "active" {
        return Err("the Bitbucket account is not active".to_owned());
    }
    Ok(Person {
        id: profile.text("uuid")?,
        name: profile.text("display_name")?,
        username: profile.text("username")?,
        email: primary_email(list_at(&profile.emails, "values")?, "is_primary", "is_confirmed")?,
        avatar_url: profile.text("links.avatar.href")?,
    })
}
