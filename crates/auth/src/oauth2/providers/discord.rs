//! Discord.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static DISCORD: Provider = Provider {
    name: "discord",
    display_name: "Discord",
    auth_url: "https://discord.com/api/oauth2/authorize",
    token_url: "https://discord.com/api/oauth2/token",
    user_info_url: "https://discord.com/api/users/@me",
    scopes: &["identify", "email"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let (id, username) = (profile.text("id")?, profile.text("username")?);
    let name = match (profile.text("global_name")?, profile.text("discriminator")?) {
        (global, _) if !global.is_empty() => global,
        (_, tag) if !tag.is_empty() && tag != "0" => format!("{username}#{tag}"),
        _ => username.clone(),
    };
    let avatar_url = match profile.text("avatar")? {
        hash if hash.is_empty() => hash,
        hash => format!("https://cdn.discordapp.com/avatars/{id}/{hash}.png"),
    };
    let email = if profile.flag("verified")? { profile.text("email")? } else { String::new() };
    Ok(Person { id, name, username, email, avatar_url })
}
