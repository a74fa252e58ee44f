//! mailcow: every installation is its own provider, so its addresses must be configured.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static MAILCOW: Provider =
    Provider { name: "mailcow", display_name: "mailcow", scopes: &["profile"], person, ..Provider::PLAIN };

fn person(profile: &Profile) -> Read<Person> {
    if profile.integer("active")? != "1" {
        return Err("the mailcow account is not active".to_owned());
    }
    let username = profile.text("username")?;
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("full_name")?,
        username: username.split('@').next().unwrap_or_default().to_owned(),
        email: profile.text("email")?,
        ..Person::default()
    })
}
