//! Box.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static BOX: Provider = Provider {
    name: "box",
    display_name: "Box",
    auth_url: "https://account.box.com/api/oauth2/authorize",
    token_url: "https://api.box.com/oauth2/token",
    user_info_url: "https://api.box.com/2.0/users/me",
    scopes: &["root_readonly"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if profile.text("status")? != "active" {
        return Err("the Box account is not active".to_owned());
    }
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("name")?,
        email: profile.text("login")?,
        avatar_url: profile.text("avatar_url")?,
        ..Person::default()
    })
}
