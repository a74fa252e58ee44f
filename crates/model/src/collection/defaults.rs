//! What a new auth collection starts with.

use super::auth::{
    AuthAlertOptions, AuthOptions, EmailTemplate, MfaOptions, OAuth2Options, OtpOptions, PasswordAuth,
    TokenOptions,
};
use crate::ids;

/// Characters of the key that signs a kind of token.
const SECRET_LENGTH: usize = 50;

/// The providers that an auth collection can be configured for, in the order of their list.
pub const OAUTH2_PROVIDERS: [&str; 32] = [
    "apple",
    "google",
    "microsoft",
    "yandex",
    "facebook",
    "instagram2",
    "github",
    "gitlab",
    "bitbucket",
    "gitee",
    "gitea",
    "discord",
    "twitter",
    "kakao",
    "vk",
    "linear",
    "notion",
    "monday",
    "lark",
    "box",
    "spotify",
    "trakt",
    "twitch",
    "patreon",
    "strava",
    "wakatime",
    "livechat",
    "mailcow",
    "planningcenter",
    "oidc",
    "oidc2",
    "oidc3",
];

impl AuthOptions {
    /// The options of a new collection: sign-in with e-mail and password, new keys for every kind of token.
    pub fn new() -> Self {
        Self {
            auth_rule: Some(String::new()),
            manage_rule: None,
            auth_alert: AuthAlertOptions { enabled: true, email_template: auth_alert_template() },
            oauth2: OAuth2Options::default(),
            password_auth: PasswordAuth { enabled: true, identity_fields: vec!["email".to_owned()] },
            mfa: MfaOptions { enabled: false, duration: 600, rule: String::new() },
            otp: OtpOptions { enabled: false, duration: 180, length: 8, email_template: otp_template() },
            auth_token: token(432_000),
            password_reset_token: token(1800),
            email_change_token: token(1800),
            verification_token: token(86_400),
            file_token: token(180),
            verification_template: verification_template(),
            reset_password_template: reset_password_template(),
            confirm_email_change_template: confirm_email_change_template(),
        }
    }
}

/// A new key for signing tokens.
pub fn token_secret() -> String {
    ids::random_text(SECRET_LENGTH, ids::ALPHANUMERIC)
}

fn token(duration: i64) -> TokenOptions {
    TokenOptions { secret: token_secret(), duration }
}

fn template(subject: &str, body: &str) -> EmailTemplate {
    EmailTemplate { subject: subject.to_owned(), body: body.to_owned() }
}

fn auth_alert_template() -> EmailTemplate {
    template(
        "Login from a new location",
        "<p>Hello,</p>
<p>We noticed a login to your {APP_NAME} account from a new location:</p>
<p><em>{ALERT_INFO}</em></p>
<p><strong>If this wasn't you, you should immediately change your {APP_NAME} account password to revoke access from all other locations.</strong></p>
<p>If this was you, you may disregard this email.</p>
<p>
  Thanks,<br/>
  {APP_NAME} team
</p>",
    )
}

fn otp_template() -> EmailTemplate {
    template(
        "OTP for {APP_NAME}",
        "<p>Hello,</p>
<p>Your one-time password is: <strong>{OTP}</strong></p>
<p><i>If you didn't ask for the one-time password, you can ignore this email.</i></p>
<p>
  Thanks,<br/>
  {APP_NAME} team
</p>",
    )
}

fn verification_template() -> EmailTemplate {
    template(
        "Verify your {APP_NAME} email",
        r#"<p>Hello,</p>
<p>Thank you for joining us at {APP_NAME}.</p>
<p>Click on the button below to verify your email address.</p>
<p>
  <a class="btn" href="{APP_URL}/_/#/auth/confirm-verification/{TOKEN}" target="_blank" rel="noopener">Verify</a>
</p>
<p><i>If you didn't recently register, please ignore this email.</i></p>
<p>
  Thanks,<br/>
  {APP_NAME} team
</p>"#,
    )
}

fn reset_password_template() -> EmailTemplate {
    template(
        "Reset your {APP_NAME} password",
        r#"<p>Hello,</p>
<p>Click on the button below to reset your password.</p>
<p>
  <a class="btn" href="{APP_URL}/_/#/auth/confirm-password-reset/{TOKEN}" target="_blank" rel="noopener">Reset password</a>
</p>
<p><i>If you didn't ask to reset your password, please ignore this email.</i></p>
<p>
  Thanks,<br/>
  {APP_NAME} team
</p>"#,
    )
}

fn confirm_email_change_template() -> EmailTemplate {
    template(
        "Confirm your {APP_NAME} new email address",
        r#"<p>Hello,</p>
<p>Click on the button below to confirm your new email address.</p>
<p>
  <a class="btn" href="{APP_URL}/_/#/auth/confirm-email-change/{TOKEN}" target="_blank" rel="noopener">Confirm new email</a>
</p>
<p><i>If you didn't ask to change your email address, please ignore this email.</i></p>
<p>
  Thanks,<br/>
  {APP_NAME} team
</p>"#,
    )
}
