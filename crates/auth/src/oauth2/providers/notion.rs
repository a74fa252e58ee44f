//! Notion. The token is a bot's; the person is its owner.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static NOTION: Provider = Provider {
    name: "notion",
    display_name: "Notion",
    auth_url: "https://api.notion.com/v1/oauth/authorize",
    token_url: "https://api.notion.com/v1/oauth/token",
    user_info_url: "https://api.notion.com/v1/users/me",
    source: Source::Get(&[("Notion-Version", "2022-06-28")]),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("bot.owner.user.id")?,
        name: profile.text("bot.owner.user.name")?,
        email: profile.text("bot.owner.user.person.email")?,
        avatar_url: profile.text("bot.owner.user.avatar_url")?,
        ..Person::default()
    })
}
