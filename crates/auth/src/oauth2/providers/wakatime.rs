//! WakaTime.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static WAKATIME: Provider = Provider {
    name: "wakatime",
    display_name: "WakaTime",
    auth_url: "https://wakatime.com/oauth/authorize",
    token_url: "https://wakatime.com/oauth/token",
    user_info_url: "https://wakatime.com/api/v1/users/current",
    scopes: &["email"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let email =
        if profile.flag("data.is_email_confirmed")? { profile.text("data.email")? } else { String::new() };
    let avatar_url =
        if profile.flag("data.photo_public")? { profile.text("data.photo")? } else { String::new() };
    Ok(Person {
        id: profile.text("data.id")?,
        name: profile.text("data.display_name")?,
        username: profile.text("data.username")?,
        email,
        avatar_url,
    })
}
