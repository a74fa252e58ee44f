//! `GET /api/collections/meta/oauth2-providers`

use ketch_model::{Object, Value};

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// The providers that a collection can be configured for: name and display name.
const PROVIDERS: [(&str, &str); 32] = [
    ("apple", "Apple"),
    ("google", "Google"),
    ("microsoft", "Microsoft"),
    ("yandex", "Yandex"),
    ("facebook", "Facebook"),
    ("instagram2", "Instagram"),
    ("github", "GitHub"),
    ("gitlab", "GitLab"),
    ("bitbucket", "Bitbucket"),
    ("gitee", "Gitee"),
    ("gitea", "Gitea/Forgejo"),
    ("discord", "Discord"),
    ("twitter", "X/Twitter"),
    ("kakao", "Kakao"),
    ("vk", "ВКонтакте"),
    ("linear", "Linear"),
    ("notion", "Notion"),
    ("monday", "monday.com"),
    ("lark", "Lark"),
    ("box", "Box"),
    ("spotify", "Spotify"),
    ("trakt", "Trakt"),
    ("twitch", "Twitch"),
    ("patreon", "Patreon"),
    ("strava", "Strava"),
    ("wakatime", "WakaTime"),
    ("livechat", "LiveChat"),
    ("mailcow", "mailcow"),
    ("planningcenter", "Planning Center"),
    ("oidc", "OIDC"),
    ("oidc2", "OIDC"),
    ("oidc3", "OIDC"),
];

pub async fn providers(caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let list = PROVIDERS.iter().map(|&(name, display_name)| {
        Value::Object(Object::from_iter([
            ("name".to_owned(), name.into()),
            ("displayName".to_owned(), display_name.into()),
            ("logo".to_owned(), monogram(display_name).into()),
        ]))
    });
    response::json(&Value::Array(list.collect()), &caller)
}

/// A plain badge with the first letter: brands' own marks are theirs to hand out.
fn monogram(display_name: &str) -> String {
    let letter: String = display_name.chars().take(1).flat_map(char::to_uppercase).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><circle cx=\"12\" cy=\"12\" r=\"12\" \
         fill=\"#64748b\"/><text x=\"12\" y=\"16.5\" font-family=\"sans-serif\" font-size=\"13\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use ketch_model::collection::defaults::OAUTH2_PROVIDERS;

    use super::*;

    #[test]
    fn lists_every_provider_in_order() {
        assert_eq!(PROVIDERS.map(|(name, _)| name), OAUTH2_PROVIDERS);
    }
}
