use serde_json::{Value, json};

use super::super::{AuthOptions, Collection};
use super::{create, refused, refused_update, schema, update};

fn auth(extra: Value) -> Value {
    let mut value = json!({"name": "a", "type": "auth", "fields": [{"name": "u", "type": "text"}]});
    if let (Value::Object(value), Value::Object(extra)) = (&mut value, extra) {
        value.extend(extra);
    }
    value
}

fn options(collection: &Collection) -> &AuthOptions {
    collection.auth().unwrap()
}

#[test]
fn nested_options_merge_and_null_resets() {
    let before = create(auth(json!({"mfa": {"duration": 60}, "otp": {"length": 5}})));
    assert_eq!((options(&before).mfa.duration, options(&before).otp.duration), (60, 180));
    let after =
        update(&before, json!({"otp": null, "mfa": {"rule": "id != ''"}, "authToken": {"DURATION": 5}}));
    assert_eq!((options(&after).otp.length, options(&after).mfa.duration), (0, 60));
    assert_eq!(options(&after).auth_token, options(&before).auth_token);
}

#[test]
fn a_new_auth_rule_ends_sessions() {
    let before = create(auth(json!({})));
    let secret = |collection: &Collection| options(collection).auth_token.secret.clone();
    assert_eq!(secret(&update(&before, json!({"authRule": null}))), secret(&before));
    assert_eq!(secret(&update(&before, json!({"manageRule": "id = ''"}))), secret(&before));
    let own = json!({"authRule": "verified = true", "authToken": {"secret": "x".repeat(30)}});
    let after = update(&before, own);
    assert_ne!(secret(&after), secret(&before));
    assert_eq!(secret(&after).len(), 50);
}

#[test]
fn providers_merge_by_name() {
    let google =
        json!({"name": "google", "clientId": "c", "clientSecret": "s", "extra": {"b": 1}, "pkce": true});
    let before = create(auth(json!({"oauth2": {"enabled": true, "providers": [google]}})));
    let github = json!({"name": "github", "clientId": "d", "clientSecret": "t"});
    let google = json!({"name": "google", "clientId": "e", "pkce": null, "extra": {"a": 2}});
    let after = update(&before, json!({"oauth2": {"providers": [github, google]}}));
    let providers = &options(&after).oauth2.providers;
    assert_eq!((providers[0].name.as_str(), providers[1].client_secret.as_str()), ("github", "s"));
    assert_eq!((providers[1].pkce, providers[1].extra.len()), (None, 2));
    assert!(options(&after).oauth2.enabled);
    let emptied = json!({"oauth2": {"providers": [{"name": "google", "clientSecret": ""}]}});
    assert_eq!(refused_update(&before, emptied), ["oauth2.providers.0.clientSecret required"]);
}

#[test]
fn providers_are_checked_when_enabled() {
    let providers = json!([
        {"name": "google", "clientId": "c", "clientSecret": "s", "authURL": "nope", "tokenURL": "https://a.b/c"},
        {"name": "google", "clientId": "c", "clientSecret": "s"},
        {"name": "nope"},
        {},
    ]);
    assert_eq!(refused(auth(json!({"oauth2": {"providers": providers}}))), [""; 0]);
    assert_eq!(
        refused(auth(json!({"oauth2": {"enabled": true, "providers": providers}}))),
        [
            "oauth2.providers.0.authURL is_url",
            "oauth2.providers.1.name duplicated_provider",
            "oauth2.providers.2.clientId required",
            "oauth2.providers.2.clientSecret required",
            "oauth2.providers.2.name missing_provider",
            "oauth2.providers.3.clientId required",
            "oauth2.providers.3.clientSecret required",
            "oauth2.providers.3.name required",
        ]
    );
}

#[test]
fn mapped_fields_must_exist() {
    let before = create(auth(json!({"oauth2": {"mappedFields": {"name": "u", "id": "nope"}}})));
    let mapped = &options(&before).oauth2.mapped_fields;
    assert_eq!((mapped.name.as_str(), mapped.id.as_str()), ("u", ""));
    assert_eq!(options(&update(&before, json!({"fields": []}))).oauth2.mapped_fields.name, "");
}

#[test]
fn identity_fields_are_unique() {
    let identity = |names: Value, indexes: Value| {
        refused(auth(json!({"passwordAuth": {"identityFields": names}, "indexes": indexes})))
    };
    let path = |code: &str| vec![format!("passwordAuth.identityFields {code}")];
    assert_eq!(identity(json!(["email", "u"]), json!(["create unique index q on a (U)"])), [""; 0]);
    assert_eq!(
        identity(json!(["email", "u"]), json!(["create index q on a (u)"])),
        path("missing_unique_constraint")
    );
    assert_eq!(identity(json!(["id"]), json!([])), path("missing_unique_constraint"));
    assert_eq!(identity(json!(["U"]), json!(["create unique index q on a (u)"])), path("missing_field"));
    assert_eq!(identity(json!([]), json!([])), path("required"));
    assert_eq!(refused(auth(json!({"passwordAuth": {"enabled": false, "identityFields": ["x"]}}))), [""; 0]);
}

#[test]
fn durations_and_templates_are_checked() {
    for (extra, expected) in [
        (json!({"mfa": {"enabled": true}}), vec!["mfa.enabled mfa_not_enough_auths"]),
        (
            json!({"mfa": {"enabled": true, "duration": 9}, "otp": {"enabled": true}}),
            vec!["mfa.duration min_greater_equal_than_required"],
        ),
        (json!({"mfa": {"duration": 9}}), vec![]),
        (
            json!({"otp": {"enabled": true, "duration": 86401, "length": 3}}),
            vec!["otp.duration max_less_equal_than_required", "otp.length min_greater_equal_than_required"],
        ),
        (
            json!({"otp": {"enabled": true, "duration": 0, "length": 0}}),
            vec!["otp.duration required", "otp.length required"],
        ),
        (json!({"otp": {"emailTemplate": {"body": ""}}}), vec!["otp.emailTemplate.body required"]),
        (json!({"fileToken": {"secret": "x".repeat(29)}}), vec!["fileToken.secret length_out_of_range"]),
        (json!({"fileToken": null}), vec!["fileToken.duration required", "fileToken.secret required"]),
        (
            json!({"authToken": {"duration": 94_670_857}}),
            vec!["authToken.duration max_less_equal_than_required"],
        ),
        (
            json!({"authAlert": {"emailTemplate": {"subject": null}}}),
            vec!["authAlert.emailTemplate.subject required"],
        ),
        (json!({"verificationTemplate": {"subject": ""}}), vec!["verificationTemplate.subject required"]),
        (json!({"manageRule": ""}), vec!["manageRule nil_or_not_empty_required"]),
    ] {
        assert_eq!(refused(auth(extra.clone())), expected, "{extra}");
    }
}

#[test]
fn superusers_sign_in_with_passwords_and_no_provider() {
    let schema = schema();
    let superusers = schema.by_name("_superusers").unwrap();
    let providers = json!([{"name": "google", "clientId": "c", "clientSecret": "s"}]);
    let after = update(
        superusers,
        json!({"oauth2": {"enabled": true, "providers": providers}, "passwordAuth": {"enabled": false}, "otp": {"enabled": true}}),
    );
    let after = options(&after);
    assert!(after.password_auth.enabled && after.mfa.enabled && !after.oauth2.enabled);
    assert!(after.oauth2.providers.is_empty());
    assert_eq!(
        refused_update(superusers, json!({"mfa": {"enabled": true}})),
        ["mfa.enabled mfa_not_enough_auths"]
    );
}
