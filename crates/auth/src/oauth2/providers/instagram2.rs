//! Instagram with professional accounts, the successor of its basic display API.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static INSTAGRAM2: Provider = Provider {
    name: "instagram2",
    display_name: "Instagram",
    auth_url: "https://www.instagram.com/oauth/authorize",
    token_url: "https://api.instagram.com/oauth/access_token",
    user_info_url: "https://graph.instagram.com/me?fields=id,username,account_type,user_id,name,profile_picture_url,followers_count,follows_count,media_count",
    scopes: &["instagram_business_basic"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("user_id")?,
        name: profile.text("name")?,
        username: profile.text("username")?,
        avatar_url: profile.text("profile_picture_url")?,
        ..Person::default()
    })
}
