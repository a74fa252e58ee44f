//! Twitch.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static TWITCH: Provider = Provider {
    name: "twitch",
    display_name: "Twitch",
    auth_url: "https://id.twitch.tv/oauth2/authorize",
    token_url: "https://id.twitch.tv/oauth2/token",
    user_info_url: "https://api.twitch.tv/helix/users",
    scopes: &["user:read:email"],
    source: Source::Get(&[("Client-Id", "{clientId}")]),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if profile.list("data")?.is_empty() {
        return Err("Twitch describes nobody".to_owned());
    }
    Ok(Person {
        id: profile.text("data.0.id")?,
        name: profile.text("data.0.display_name")?,
        username: profile.text("data.0.login")?,
        email: profile.text("data.0.email")?,
        avatar_url: profile.text("data.0.profile_image_url")?,
    })
}
