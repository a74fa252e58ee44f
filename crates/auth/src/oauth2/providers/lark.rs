//! Lark and Feishu. Their addresses are what an administrator wrote, so none is taken as verified.

use crate::oauth2::profile::{Profile, Read};
use crate::oauth2::provider::{Person, Provider};

pub static LARK: Provider = Provider {
    name: "lark",
    display_name: "Lark",
    auth_url: "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
    token_url: "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
    user_info_url: "https://open.feishu.cn/open-apis/authen/v1/user_info",
    person,
    ..Provider::PLAIN
};

fn person(profile: &Profile) -> Read<Person> {
    Ok(Person {
        id: profile.text("data.union_id")?,
        name: profile.text("data.name")?,
        avatar_url: profile.text("data.avatar_url")?,
        ..Person::default()
    })
}
