//! What an auth collection adds to a collection: how its records sign in and what they are sent.

use crate::document::{Document, Keys, View, find_key, mismatch};
use crate::{Object, Value, document};

/// The options of an auth collection, secrets included. Durations are seconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuthOptions {
    /// A rule that a record must satisfy to sign in: `None` nobody, empty everybody.
    pub auth_rule: Option<String>,
    /// Who may change other people's credentials: `None` superusers only.
    pub manage_rule: Option<String>,
    pub auth_alert: AuthAlertOptions,
    pub oauth2: OAuth2Options,
    pub password_auth: PasswordAuth,
    pub mfa: MfaOptions,
    pub otp: OtpOptions,
    pub auth_token: TokenOptions,
    pub password_reset_token: TokenOptions,
    pub email_change_token: TokenOptions,
    pub verification_token: TokenOptions,
    pub file_token: TokenOptions,
    pub verification_template: EmailTemplate,
    pub reset_password_template: EmailTemplate,
    pub confirm_email_change_template: EmailTemplate,
}

/// The mail about a login from a new place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthAlertOptions {
    pub enabled: bool,
    pub email_template: EmailTemplate,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct OAuth2Options {
    pub providers: Vec<OAuth2Provider>,
    pub mapped_fields: OAuth2MappedFields,
    pub enabled: bool,
}

/// One OAuth2 provider; empty addresses and names mean the provider's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OAuth2Provider {
    /// Whether to prove the code exchange (RFC 7636); `None`: as the provider prefers.
    pub pkce: Option<bool>,
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
    pub auth_url: String,
    pub token_url: String,
    pub user_info_url: String,
    pub display_name: String,
    /// Options that only some providers know.
    pub extra: Object,
}

/// The record fields that receive a new person's data from the provider; empty: none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OAuth2MappedFields {
    pub id: String,
    pub name: String,
    pub username: String,
    pub avatar_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PasswordAuth {
    pub enabled: bool,
    /// Fields that may hold the name with which people sign in; each has a unique index.
    pub identity_fields: Vec<String>,
}

/// Two different ways to sign in, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MfaOptions {
    pub enabled: bool,
    pub duration: i64,
    /// Which records need it; empty: all.
    pub rule: String,
}

/// One-time passwords by mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OtpOptions {
    pub enabled: bool,
    pub duration: i64,
    /// Digits of a password.
    pub length: i64,
    pub email_template: EmailTemplate,
}

/// The key that signs one kind of token, and how long such tokens last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenOptions {
    pub secret: String,
    pub duration: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmailTemplate {
    pub subject: String,
    /// HTML with placeholders such as `{APP_NAME}` and `{TOKEN}`.
    pub body: String,
}

document!(EmailTemplate { subject => "subject", body => "body" });
document!(TokenOptions { secret => "secret" secret, duration => "duration" });
document!(OtpOptions {
    enabled => "enabled",
    duration => "duration",
    length => "length",
    email_template => "emailTemplate",
});
document!(MfaOptions { enabled => "enabled", duration => "duration", rule => "rule" });
document!(PasswordAuth { enabled => "enabled", identity_fields => "identityFields" });
document!(OAuth2MappedFields {
    id => "id",
    name => "name",
    username => "username",
    avatar_url => "avatarURL",
});
document!(OAuth2Provider {
    pkce => "pkce",
    name => "name",
    client_id => "clientId",
    client_secret => "clientSecret" secret omit,
    auth_url => "authURL",
    token_url => "tokenURL",
    user_info_url => "userInfoURL",
    display_name => "displayName",
    extra => "extra",
});
document!(AuthAlertOptions { enabled => "enabled", email_template => "emailTemplate" });
document!(AuthOptions {
    auth_rule => "authRule",
    manage_rule => "manageRule",
    auth_alert => "authAlert",
    oauth2 => "oauth2",
    password_auth => "passwordAuth",
    mfa => "mfa",
    otp => "otp",
    auth_token => "authToken",
    password_reset_token => "passwordResetToken",
    email_change_token => "emailChangeToken",
    verification_token => "verificationToken",
    file_token => "fileToken",
    verification_template => "verificationTemplate",
    reset_password_template => "resetPasswordTemplate",
    confirm_email_change_template => "confirmEmailChangeTemplate",
});

/// Written by hand for the providers: a submitted list says which there are and in what order, but
/// each entry is merged over the stored one of its name, so that secrets need not be sent again.
impl Document for OAuth2Options {
    fn merge(&mut self, submitted: &Value, keys: Keys) -> Result<(), String> {
        let object = match submitted {
            Value::Null => {
                *self = Self::default();
                return Ok(());
            }
            Value::Object(object) => object,
            other => return Err(mismatch("an object", other)),
        };
        if let Some(value) = find_key(object, "providers", keys)? {
            self.providers = merged_providers(&self.providers, value, keys)?;
        }
        if let Some(value) = find_key(object, "mappedFields", keys)? {
            self.mapped_fields.merge(value, keys)?;
        }
        if let Some(value) = find_key(object, "enabled", keys)? {
            self.enabled.merge(value, keys)?;
        }
        Ok(())
    }

    fn to_value(&self, view: View) -> Value {
        let mut object = Object::new();
        object.insert("providers".to_owned(), self.providers.to_value(view));
        object.insert("mappedFields".to_owned(), self.mapped_fields.to_value(view));
        object.insert("enabled".to_owned(), self.enabled.into());
        Value::Object(object)
    }
}

fn merged_providers(
    stored: &[OAuth2Provider],
    submitted: &Value,
    keys: Keys,
) -> Result<Vec<OAuth2Provider>, String> {
    let items = match submitted {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(mismatch("an array", other)),
    };
    items
        .iter()
        .map(|item| {
            let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
            let known = stored.iter().find(|provider| !name.is_empty() && provider.name == name);
            let mut provider = known.cloned().unwrap_or_default();
            provider.merge(item, keys)?;
            Ok(provider)
        })
        .collect()
}
