//! VK. The address comes with the token.

use crate::oauth2::profile::{Profile, Read, text_at};
use crate::oauth2::provider::{Person, Provider};

pub static VK: Provider = Provider {
    name: "vk",
    display_name: "ВКонтакте",
    auth_url: "https://oauth.vk.com/authorize",
    token_url: "https://oauth.vk.com/access_token",
    user_info_url: "https://api.vk.com/method/users.get?fields=photo_max,screen_name&v=5.131",
    scopes: &["email"],
    pkce: false,
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if profile.list("response")?.is_empty() {
        return Err("VK describes nobody".to_owned());
    }
    let name =
        format!("{} {}", profile.text("response.0.first_name")?, profile.text("response.0.last_name")?);
    Ok(Person {
        id: profile.integer("response.0.id")?,
        name: name.trim().to_owned(),
        username: profile.text("response.0.screen_name")?,
        email: text_at(&profile.token, "email")?,
        avatar_url: profile.text("response.0.photo_max")?,
    })
}
