//! Strava, which tells no address.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static STRAVA: Provider = Provider {
    name: "strava",
    display_name: "Strava",
    auth_url: "https://www.strava.com/oauth/authorize",
    token_url: "https://www.strava.com/api/v3/oauth/token",
    user_info_url: "https://www.strava.com/api/v3/athlete",
    scopes: &["profile:read_all"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let id = profile.integer("id")?;
    Ok(Person {
        id: if id == "0" { String::new() } else { id },
        name: format!("{} {}", profile.text("firstname")?, profile.text("lastname")?),
        username: profile.text("username")?,
        avatar_url: profile.text("profile")?,
        ..Person::default()
    })
}
