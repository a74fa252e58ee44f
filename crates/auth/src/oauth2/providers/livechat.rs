//! LiveChat.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static LIVECHAT: Provider = Provider {
    name: "livechat",
    display_name: "LiveChat",
    auth_url: "https://accounts.livechat.com/",
    token_url: "https://accounts.livechat.com/token",
    user_info_url: "https://accounts.livechat.com/v2/accounts/me",
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let email = if profile.flag("email_verified")? { profile.text("email")? } else { String::new() };
    Ok(Person {
        id: profile.text("account_id")?,
        name: profile.text("name")?,
        email,
        avatar_url: profile.text("avatar_url")?,
        ..Person::default()
    })
}
