//! Descriptions of people as the providers' public documentation shows them, for what cannot be
//! asked of a provider of the tests: addresses that are fixed, and answers that are signed.

use ketch_model::Value;
use serde_json::json;

use super::profile::Profile;
use super::provider::{Person, Provider};
use super::providers;

fn provider(name: &str) -> &'static Provider {
    providers::find(name).unwrap()
}

fn read(name: &str, raw: Value, emails: Value) -> Result<Person, String> {
    (provider(name).person)(&Profile { raw, token: Value::Null, emails })
}

#[test]
fn gitee_has_addresses_with_scopes() {
    let raw =
        json!({"id": 9, "login": "ada", "name": "Ada", "avatar_url": "https://img.example/a", "email": null});
    let emails = json!([
        {"email": "other@example.com", "state": "confirmed", "scope": ["committed"]},
        {"email": "open@example.com", "state": "unconfirmed", "scope": ["primary"]},
        {"email": "ada@example.com", "state": "confirmed", "scope": ["primary", "notified"]},
    ]);
    let person = read("gitee", raw.clone(), emails.clone()).unwrap();
    assert_eq!((person.id.as_str(), person.email.as_str()), ("9", "ada@example.com"));
    let unconfirmed = json!([emails[1]]);
    assert_eq!(read("gitee", raw.clone(), unconfirmed).unwrap().email, "");
    assert_eq!(read("gitee", raw, Value::Null).unwrap().email, "");
}

#[test]
fn apple_says_in_two_ways_that_an_address_is_verified() {
    let claims =
        |verified: Value| json!({"sub": "001", "email": "ada@example.com", "email_verified": verified});
    for verified in [json!(true), json!("true")] {
        assert_eq!(read("apple", claims(verified), Value::Null).unwrap().email, "ada@example.com");
    }
    for verified in [json!(false), json!("false"), Value::Null] {
        assert_eq!(read("apple", claims(verified), Value::Null).unwrap().email, "");
    }
}

#[test]
fn planning_center_people_are_active() {
    let raw = |status: &str| json!({"data": {"id": "1", "attributes": {"status": status, "name": "Ada"}}});
    assert_eq!(read("planningcenter", raw("active"), Value::Null).unwrap().name, "Ada");
    assert!(read("planningcenter", raw("inactive"), Value::Null).is_err());
}

#[test]
fn nobody_is_read_from_nothing_but_an_error_or_an_empty_id() {
    for provider in providers::PROVIDERS {
        for raw in [Value::Null, json!({})] {
            let read = (provider.person)(&Profile { raw, ..Profile::default() });
            assert!(
                read.is_err() || read.is_ok_and(|person| matches!(person.id.as_str(), "" | "0")),
                "{}",
                provider.name
            );
        }
    }
}

#[test]
fn hostile_descriptions_are_refused_without_a_panic() {
    let hostile = [
        json!([]),
        json!("text"),
        json!(5),
        json!({"data": 5, "id": [], "response": {}, "user": "x", "bot": [1], "sub": {}, "uuid": 1, "user_id": 5, "account_id": 5}),
        json!({"data": {"attributes": [], "me": "x", "viewer": 1}, "id": 1e300, "response": [5], "sub": 1}),
    ];
    for provider in providers::PROVIDERS {
        for raw in &hostile {
            let _ = (provider.person)(&Profile { raw: raw.clone(), ..Profile::default() });
        }
    }
}

#[test]
fn addresses_of_providers_are_whole() {
    for provider in providers::PROVIDERS {
        let is_configured = matches!(provider.name, "mailcow" | "oidc" | "oidc2" | "oidc3");
        for url in [provider.auth_url, provider.token_url] {
            assert_eq!(url.starts_with("https://"), !is_configured, "{} {url}", provider.name);
        }
    }
}
