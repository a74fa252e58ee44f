//! Planning Center.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static PLANNINGCENTER: Provider = Provider {
    name: "planningcenter",
    display_name: "Planning Center",
    auth_url: "https://api.planningcenteronline.com/oauth/authorize",
    token_url: "https://api.planningcenteronline.com/oauth/token",
    user_info_url: "https://api.planningcenteronline.com/people/v2/me",
    scopes: &["people"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    if profile.text("data.attributes.status")? != "active" {
        return Err("the Planning Center account is not active".to_owned());
    }
    Ok(Person {
        id: profile.text("data.id")?,
        name: profile.text("data.attributes.name")?,
        avatar_url: profile.text("data.attributes.avatar")?,
        ..Person::default()
    })
}
