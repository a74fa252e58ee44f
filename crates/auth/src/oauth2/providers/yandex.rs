//! Yandex ID.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static YANDEX: Provider = Provider {
    name: "yandex",
    display_name: "Yandex",
    auth_url: "https://oauth.yandex.com/authorize",
    token_url: "https://oauth.yandex.com/token",
    user_info_url: "https://login.yandex.ru/info",
    scopes: &["login:email", "login:avatar", "login:info"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let avatar_url = if profile.flag("is_avatar_empty")? {
        String::new()
    } else {
        let id = profile.text("default_avatar_id")?;
        format!("https://avatars.yandex.net/get-yapic/{id}/islands-200")
    };
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("real_name")?,
        username: profile.text("login")?,
        email: profile.text("default_email")?,
        avatar_url,
    })
}
