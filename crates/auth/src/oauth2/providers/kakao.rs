//! Kakao.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static KAKAO: Provider = Provider {
    name: "kakao",
    display_name: "Kakao",
    auth_url: "https://kauth.kakao.com/oauth/authorize",
    token_url: "https://kauth.kakao.com/oauth/token",
    user_info_url: "https://kapi.kakao.com/v2/user/me",
    scopes: &["account_email", "profile_nickname", "profile_image"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    let is_theirs =
        profile.flag("kakao_account.is_email_valid")? && profile.flag("kakao_account.is_email_verified")?;
    let email = if is_theirs { profile.text("kakao_account.email")? } else { String::new() };
    Ok(Person {
        id: profile.integer("id")?,
        username: profile.text("properties.nickname")?,
        email,
        avatar_url: profile.text("properties.profile_image")?,
        ..Person::default()
    })
}
