//! GitLab.

use ketch_model::time;

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static GITLAB: Provider = Provider {
    name: "gitlab",
    display_name: "GitLab",
    auth_url: "https://gitlab.com/oauth/authorize",
    token_url: "https://gitlab.com/oauth/token",
    user_info_url: "https://gitlab.com/api/v4/user",
    scopes: &["read_user"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let is_confirmed = !time::parse_date(&profile.text("confirmed_at")?).is_empty();
    let email = if is_confirmed { profile.text("email")? } else { String::new() };
    Ok(Person {
        id: profile.integer("id")?,
        name: profile.text("name")?,
        username: profile.text("username")?,
        email,
        avatar_url: profile.text("avatar_url")?,
    })
}
