//! Microsoft Entra ID and personal accounts, by Microsoft Graph.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static MICROSOFT: Provider = Provider {
    name: "microsoft",
    display_name: "Microsoft",
    auth_url: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    token_url: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    user_info_url: "https://graph.microsoft.com/v1.0/me",
    scopes: &["User.Read"],
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("id")?,
        name: profile.text("displayName")?,
        email: profile.text("mail")?,
        ..Person::default()
    })
}
