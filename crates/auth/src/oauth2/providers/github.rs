//! GitHub. The address of a profile is what people made public; the verified one is in a list of its own.

use crate::oauth2::profile::{Profile, Read, list_at, primary_email};
use crate::oauth2::provider::{EmailLocation, EmailSource, Person, Provider};

pub static GITHUB: Provider = Provider {
    name: "github",
    display_name: "GitHub",
    auth_url: "https://github.com/login/oauth/authorize",
    token_url: "https://github.com/login/oauth/access_token",
    user_info_url: "https://api.github.com/user",
    scopes: &["read:user", "user:email"],
    emails: Some(EmailSource { location: EmailLocation::Below("/emails"), only_if_missing: false }),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.integer("id")?,
        name: profile.text("name")?,
        username: profile.text("login")?,
        email: primary_email(list_at(&profile.emails, "")?, "primary", "verified")?,
        avatar_url: profile.text("avatar_url")?,
    })
}
