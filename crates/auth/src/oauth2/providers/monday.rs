//! monday.com.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider, Source};

pub static MONDAY: Provider = Provider {
    name: "monday",
    display_name: "monday.com",
    auth_url: "https://auth.monday.com/oauth2/authorize",
    token_url: "https://auth.monday.com/oauth2/token",
    user_info_url: "https://api.monday.com/v2",
    scopes: &["me:read"],
    source: Source::Graphql("query { me { id enabled name email is_verified photo_small }}"),
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if !profile.flag("data.me.enabled")? {
        return Err("the monday.com account is not enabled".to_owned());
    }
    let email =
        if profile.flag("data.me.is_verified")? { profile.text("data.me.email")? } else { String::new() };
    Ok(Person {
        id: profile.text("data.me.id")?,
        name: profile.text("data.me.name")?,
        email,
        avatar_url: profile.text("data.me.photo_small")?,
        ..Person::default()
    })
}
