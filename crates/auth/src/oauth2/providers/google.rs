//! Google.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static GOOGLE: Provider = Provider {
    name: "google",
    display_name: "Google",
    auth_url: "https://accounts.google.com/o/oauth2/v2/auth",
    token_url: "https://oauth2.googleapis.com/token",
    user_info_url: "https://www.googleapis.com/oauth2/v3/userinfo",
    scopes: &[
        "https://www.googleapis.com/auth/userinfo.profile",
        "https://www.googleapis.com/auth/userinfo.email",
    ],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let email = if profile.flag("email_verified")? { profile.text("email")? } else { String::new() };
    Ok(Person {
        id: profile.text("sub")?,
        name: profile.text("name")?,
        email,
        avatar_url: profile.text("picture")?,
        ..Person::default()
    })
}
