//! Sign in with Apple: the person is in the signed `id_token`, and there is no other description.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static APPLE: Provider = Provider {
    name: "apple",
    display_name: "Apple",
    auth_url: "https://appleid.apple.com/auth/authorize",
    token_url: "https://appleid.apple.com/auth/token",
    scopes: &["name", "email"],
    auth_parameters: &[("response_mode", "form_post")],
    source: Source::IdToken {
        keys_url: "https://appleid.apple.com/auth/keys",
        issuer: "https://appleid.apple.com",
    },
    person,
    ..Provider::PLAIN
};

/// Apple tells the name only to the page that it sends people back to, never here.
fn person(profile: &Profile) -> Read<Person> {
    let email = if profile.loose_flag("email_verified")? { profile.text("email")? } else { String::new() };
    Ok(Person { id: profile.text("sub")?, name: profile.text("name")?, email, ..Person::default() })
}
