//! The providers: one file each, and one line in the list.

mod apple;
mod bitbucket;
mod box_com;
mod discord;
mod facebook;
mod gitea;
mod gitee;
mod github;
mod gitlab;
mod google;
mod instagram2;
mod kakao;
mod lark;
mod linear;
mod livechat;
mod mailcow;
mod microsoft;
mod monday;
mod notion;
mod oidc;
mod patreon;
mod planningcenter;
mod spotify;
mod strava;
mod trakt;
mod twitch;
mod twitter;
mod vk;
mod wakatime;
mod yandex;

use crate::oauth2::provider::Provider;

/// All providers, in the order in which they are offered.
pub static PROVIDERS: [&Provider; 32] = [
    &apple::APPLE,
    &google::GOOGLE,
    &microsoft::MICROSOFT,
    &yandex::YANDEX,
    &facebook::FACEBOOK,
    &instagram2::INSTAGRAM2,
    &github::GITHUB,
    &gitlab::GITLAB,
    &bitbucket::BITBUCKET,
    &gitee::GITEE,
    &gitea::GITEA,
    &discord::DISCORD,
    &twitter::TWITTER,
    &kakao::KAKAO,
    &vk::VK,
    &linear::LINEAR,
    &notion::NOTION,
    &monday::MONDAY,
    &lark::LARK,
    &box_com::BOX,
    &spotify::SPOTIFY,
    &trakt::TRAKT,
    &twitch::TWITCH,
    &patreon::PATREON,
    &strava::STRAVA,
    &wakatime::WAKATIME,
    &livechat::LIVECHAT,
    &mailcow::MAILCOW,
    &planningcenter::PLANNINGCENTER,
    &oidc::OIDC,
    &oidc::OIDC2,
    &oidc::OIDC3,
];

/// The provider of this name.
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.into_iter().find(|provider| provider.name == name)
}

#[cfg(test)]
mod tests {
    use ketch_model::collection::defaults::OAUTH2_PROVIDERS;

    use super::*;

    #[test]
    fn collections_can_be_configured_for_exactly_these() {
        assert_eq!(PROVIDERS.map(|provider| provider.name), OAUTH2_PROVIDERS);
    }
}
