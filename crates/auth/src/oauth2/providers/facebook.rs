//! Facebook.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static FACEBOOK: Provider = Provider {
    name: "facebook",
    display_name: "Facebook",
    auth_url: "https://www.facebook.com/v3.2/dialog/oauth",
    token_url: "https://graph.facebook.com/v3.2/oauth/access_token",
    user_info_url: "https://graph.facebook.com/me?fields=name,email,picture.type(large)",
    scopes: &["email"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("name")?,
        email: profile.text("email")?,
        avatar_url: profile.text("picture.data.url")?,
        ..Person::default()
    })
}
