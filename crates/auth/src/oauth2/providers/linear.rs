//! Linear.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static LINEAR: Provider = Provider {
    name: "linear",
    display_name: "Linear",
    auth_url: "https://linear.app/oauth/authorize",
    token_url: "https://api.linear.app/oauth/token",
    user_info_url: "https://api.linear.app/graphql",
    scopes: &["read"],
    pkce: false,
    source: Source::Graphql("query Me { viewer { id displayName name email avatarUrl active } }"),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if !profile.flag("data.viewer.active")? {
        return Err("the Linear account is not active".to_owned());
    }
    Ok(Person {
        id: profile.text("data.viewer.id")?,
        name: profile.text("data.viewer.name")?,
        username: profile.text("data.viewer.displayName")?,
        email: profile.text("data.viewer.email")?,
        avatar_url: profile.text("data.viewer.avatarUrl")?,
    })
}
