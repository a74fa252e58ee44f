//! Patreon.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static PATREON: Provider = Provider {
    name: "patreon",
    display_name: "Patreon",
    auth_url: "https://www.patreon.com/oauth2/authorize",
    token_url: "https://www.patreon.com/api/oauth2/token",
    user_info_url: "https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=full_name,email,vanity,image_url,is_email_verified",
    scopes: &["identity", "identity[email]"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let email = if profile.flag("data.attributes.is_email_verified")? {
        profile.text("data.attributes.email")?
    } else {
        String::new()
    };
    Ok(Person {
        id: profile.text("data.id")?,
        name: profile.text("data.attributes.full_name")?,
        username: profile.text("data.attributes.vanity")?,
        email,
        avatar_url: profile.text("data.attributes.image_url")?,
    })
}
