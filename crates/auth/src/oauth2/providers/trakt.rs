//! Trakt.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static TRAKT: Provider = Provider {
    name: "trakt",
    display_name: "Trakt",
    auth_url: "https://trakt.tv/oauth/authorize",
    token_url: "https://api.trakt.tv/oauth/token",
    user_info_url: "https://api.trakt.tv/users/settings",
    source: Source::Get(&[
        ("Content-Type", "application/json"),
        ("trakt-api-key", "{clientId}"),
        ("trakt-api-version", "2"),
    ]),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("user.ids.uuid")?,
        name: profile.text("user.name")?,
        username: profile.text("user.username")?,
        avatar_url: profile.text("user.images.avatar.full")?,
        ..Person::default()
    })
}
