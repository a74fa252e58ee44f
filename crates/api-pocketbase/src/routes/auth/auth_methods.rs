//! `GET …/auth-methods`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;
use ketch_auth::oauth2::Offer;
use ketch_model::collection::AuthOptions;
use ketch_model::{Object, Value};
use serde_json::json;

use super::{find_auth_collection, no_auth_collection};
use crate::error::ApiResult;
use crate::provider_logo::monogram;
use crate::request::Caller;
use crate::response;

pub async fn auth_methods(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    let options = collection.auth().ok_or_else(no_auth_collection)?;
    response::json(&methods(options), &caller)
}

fn methods(options: &AuthOptions) -> Value {
    let identity_fields: &[String] =
        if options.password_auth.enabled { &options.password_auth.identity_fields } else { &[] };
    let has = |name: &str| identity_fields.iter().any(|field| field == name);
    let mut object = Object::new();
    let password = json!({"identityFields": identity_fields, "enabled": options.password_auth.enabled});
    object.insert("password".to_owned(), password);
    let (providers, old_providers) = offers(options);
    object.insert("oauth2".to_owned(), json!({"providers": providers, "enabled": options.oauth2.enabled}));
    object.insert("mfa".to_owned(), timed(options.mfa.enabled, options.mfa.duration));
    object.insert("otp".to_owned(), timed(options.otp.enabled, options.otp.duration));
    // What clients of old versions look at.
    object.insert("authProviders".to_owned(), Value::Array(old_providers));
    object.insert("usernamePassword".to_owned(), has("username").into());
    object.insert("emailPassword".to_owned(), has("email").into());
    Value::Object(object)
}

/// The providers to choose from, as clients of today and of old versions read them.
fn offers(options: &AuthOptions) -> (Vec<Value>, Vec<Value>) {
    if !options.oauth2.enabled {
        return (Vec::new(), Vec::new());
    }
    let list = |logo: fn(&Offer) -> String| {
        let offers = options.oauth2.providers.iter().filter_map(Offer::new);
        offers.map(|offer| offer_json(&offer, &logo(&offer))).collect()
    };
    (list(|offer| monogram(&offer.display_name)), list(|_| String::new()))
}

fn offer_json(offer: &Offer, logo: &str) -> Value {
    json!({
        "name": offer.name,
        "displayName": offer.display_name,
        "logo": logo,
        "state": offer.state,
        "authURL": offer.auth_url,
        "authUrl": offer.auth_url,
        "codeVerifier": offer.code_verifier,
        "codeChallenge": offer.code_challenge,
        "codeChallengeMethod": offer.code_challenge_method,
    })
}

fn timed(enabled: bool, duration: i64) -> Value {
    json!({"enabled": enabled, "duration": if enabled { duration } else { 0 }})
}

#[cfg(test)]
mod tests {
    use ketch_model::json::to_text;

    use super::*;

    #[test]
    fn what_is_off_is_empty() {
        let mut options = AuthOptions::default();
        options.password_auth.identity_fields = vec!["email".to_owned()];
        options.otp.duration = 180;
        assert_eq!(
            to_text(&methods(&options)),
            concat!(
                r#"{"password":{"identityFields":[],"enabled":false},"oauth2":{"providers":[],"enabled":false},"#,
                r#""mfa":{"enabled":false,"duration":0},"otp":{"enabled":false,"duration":0},"#,
                r#""authProviders":[],"usernamePassword":false,"emailPassword":false}"#
            )
        );
        options.password_auth.enabled = true;
        options.otp.enabled = true;
        let on = methods(&options);
        assert_eq!((&on["emailPassword"], &on["otp"]["duration"]), (&json!(true), &json!(180)));
    }
}
