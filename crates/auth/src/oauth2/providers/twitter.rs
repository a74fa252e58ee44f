//! X, formerly Twitter.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static TWITTER: Provider = Provider {
    name: "twitter",
    display_name: "X/Twitter",
    auth_url: "https://x.com/i/oauth2/authorize",
    token_url: "https://api.x.com/2/oauth2/token",
    user_info_url: "https://api.x.com/2/users/me?user.fields=id,name,username,profile_image_url,confirmed_email",
    scopes: &["users.read", "users.email", "tweet.read"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("data.id")?,
        name: profile.text("data.name")?,
        username: profile.text("data.username")?,
        email: profile.text("data.confirmed_email")?,
        avatar_url: profile.text("data.profile_image_url")?,
    })
}
