//! Spotify. Its addresses are unverified, so none is taken.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static SPOTIFY: Provider = Provider {
    name: "spotify",
    display_name: "Spotify",
    auth_url: "https://accounts.spotify.com/authorize",
    token_url: "https://accounts.spotify.com/api/token",
    user_info_url: "https://api.spotify.com/v1/me",
    scopes: &["user-read-private"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("display_name")?,
        avatar_url: profile.text("images.0.url")?,
        ..Person::default()
    })
}
