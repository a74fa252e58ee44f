//! Any OpenID Connect provider: its addresses must be configured. Three of them can be used side by side.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static OIDC: Provider = named("oidc");
pub static OIDC2: Provider = named("oidc2");
pub static OIDC3: Provider = named("oidc3");

const fn named(name: &'static str) -> Provider {
    Provider {
        name,
        display_name: "OIDC",
        scopes: &["openid", "email", "profile"],
        source: Source::OpenId,
        person,
        ..Provider::PLAIN
    }
}

fn person(profile: &Profile) -> Read<Person> {
    let email = if profile.loose_flag("email_verified")? { profile.text("email")? } else { String::new() };
    Ok(Person {
        id: profile.text("sub")?,
        name: profile.text("name")?,
        username: profile.text("preferred_username")?,
        email,
        avatar_url: profile.text("picture")?,
    })
}
