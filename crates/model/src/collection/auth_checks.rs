//! Checks of an auth collection's options that need neither the store nor the query language.

use super::auth::{AuthOptions, EmailTemplate, OAuth2Provider, OtpOptions, TokenOptions};
use super::check::{at_least, at_most, check, length, nest, not_zero, put, required, url};
use super::defaults::OAUTH2_PROVIDERS;
use super::definition::Collection;
use crate::error::{FieldErrors, Invalid};

const MIN_DURATION: i64 = 10;
/// A day: the longest life of one-time passwords and half-done sign-ins.
const MAX_STEP_DURATION: i64 = 86_400;
/// About three years.
const MAX_TOKEN_DURATION: i64 = 94_670_856;

/// Errors by key of the collection's JSON.
pub(super) fn validate(collection: &Collection, options: &AuthOptions, errors: &mut FieldErrors) {
    if options.manage_rule.as_deref() == Some("") {
        put(errors, "manageRule", Invalid::new("validation_nil_or_not_empty_required", "cannot be blank"));
    }
    let mut alert = FieldErrors::new();
    nest(&mut alert, "emailTemplate", template(&options.auth_alert.email_template));
    nest(errors, "authAlert", alert);
    nest(errors, "oauth2", oauth2(options));
    nest(errors, "passwordAuth", password_auth(collection, options));
    nest(errors, "mfa", mfa(options));
    nest(errors, "otp", otp(&options.otp));
    nest(errors, "authToken", token(&options.auth_token));
    nest(errors, "passwordResetToken", token(&options.password_reset_token));
    nest(errors, "emailChangeToken", token(&options.email_change_token));
    nest(errors, "verificationToken", token(&options.verification_token));
    nest(errors, "fileToken", token(&options.file_token));
    nest(errors, "verificationTemplate", template(&options.verification_template));
    nest(errors, "resetPasswordTemplate", template(&options.reset_password_template));
    nest(errors, "confirmEmailChangeTemplate", template(&options.confirm_email_change_template));
}

fn template(template: &EmailTemplate) -> FieldErrors {
    let mut errors = FieldErrors::new();
    check(&mut errors, "subject", required(&template.subject));
    check(&mut errors, "body", required(&template.body));
    errors
}

fn token(token: &TokenOptions) -> FieldErrors {
    let mut errors = FieldErrors::new();
    check(&mut errors, "secret", length(&token.secret, 30, 255));
    check(&mut errors, "duration", duration(token.duration, MAX_TOKEN_DURATION));
    errors
}

fn duration(seconds: i64, max: i64) -> Result<(), Invalid> {
    not_zero(seconds)?;
    at_least(seconds, MIN_DURATION)?;
    at_most(seconds, max)
}

fn mfa(options: &AuthOptions) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if !options.mfa.enabled {
        return errors;
    }
    let methods = [options.password_auth.enabled, options.oauth2.enabled, options.otp.enabled];
    if methods.into_iter().filter(|&enabled| enabled).count() < 2 {
        let message = "MFA requires at least 2 auth methods to be enabled.";
        put(&mut errors, "enabled", Invalid::new("validation_mfa_not_enough_auths", message));
    }
    check(&mut errors, "duration", duration(options.mfa.duration, MAX_STEP_DURATION));
    errors
}

fn otp(otp: &OtpOptions) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if otp.enabled {
        check(&mut errors, "duration", duration(otp.duration, MAX_STEP_DURATION));
        check(&mut errors, "length", not_zero(otp.length).and_then(|()| at_least(otp.length, 4)));
    }
    nest(&mut errors, "emailTemplate", template(&otp.email_template));
    errors
}

fn password_auth(collection: &Collection, options: &AuthOptions) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if options.password_auth.enabled {
        check(
            &mut errors,
            "identityFields",
            identity_fields(collection, &options.password_auth.identity_fields),
        );
    }
    errors
}

fn identity_fields(collection: &Collection, names: &[String]) -> Result<(), Invalid> {
    if names.is_empty() {
        return Err(Invalid::required());
    }
    for name in names {
        if collection.field(name).is_none() {
            let message = format!("Invalid or missing field {name}");
            return Err(Invalid::new("validation_missing_field", message.trim_end().to_owned())
                .param("fieldName", name.clone()));
        }
        if collection.has_unique_single_index(name).is_none() {
            let message = format!("The field {name} doesn't have a UNIQUE constraint.");
            return Err(Invalid::new("validation_missing_unique_constraint", message)
                .param("fieldName", name.clone()));
        }
    }
    Ok(())
}

fn oauth2(options: &AuthOptions) -> FieldErrors {
    let (mut errors, mut by_position) = (FieldErrors::new(), FieldErrors::new());
    if options.oauth2.enabled {
        let providers = &options.oauth2.providers;
        for (index, provider) in providers.iter().enumerate() {
            let is_known = providers[..index].iter().any(|other| other.name == provider.name);
            nest(&mut by_position, &index.to_string(), oauth2_provider(provider, is_known));
        }
    }
    nest(&mut errors, "providers", by_position);
    errors
}

fn oauth2_provider(provider: &OAuth2Provider, is_duplicate: bool) -> FieldErrors {
    let mut errors = FieldErrors::new();
    check(&mut errors, "name", provider_name(&provider.name, is_duplicate));
    check(&mut errors, "clientId", required(&provider.client_id));
    check(&mut errors, "clientSecret", required(&provider.client_secret));
    check(&mut errors, "authURL", url(&provider.auth_url));
    check(&mut errors, "tokenURL", url(&provider.token_url));
    check(&mut errors, "userInfoURL", url(&provider.user_info_url));
    errors
}

fn provider_name(name: &str, is_duplicate: bool) -> Result<(), Invalid> {
    required(name)?;
    if is_duplicate {
        let message = format!("The provider {name} is already registered.");
        return Err(Invalid::new("validation_duplicated_provider", message).param("name", name));
    }
    if !OAUTH2_PROVIDERS.contains(&name) {
        let message = format!("Invalid or missing provider with name {name}.");
        return Err(Invalid::new("validation_missing_provider", message).param("name", name));
    }
    Ok(())
}
