use std::sync::Arc;

use ketch_model::collection::{CollectionKind, scaffold};
use ketch_model::{Collection, Record};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn account(token_key: &str, secret: &str) -> Record {
    let mut collection: Collection = scaffold(CollectionKind::auth());
    collection.id = "c1".to_owned();
    if let CollectionKind::Auth(options) = &mut collection.kind {
        options.auth_token.secret = secret.to_owned();
    }
    collection.index_fields();
    let mut record = Record::blank(Arc::new(collection));
    record.set("id", "r1".into());
    record.set("tokenKey", token_key.into());
    record
}

fn claims(refreshable: bool) -> Object {
    json!({"refreshable": refreshable}).as_object().cloned().unwrap_or_default()
}

#[test]
fn tokens_have_the_claims_of_the_original() {
    let record = account("key", "secret");
    let token = sign(&record, TokenKind::Auth, 60, claims(true)).unwrap();
    let parts: Vec<String> = token
        .split('.')
        .take(2)
        .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], r#"{"alg":"HS256","typ":"JWT"}"#);
    let end = read_unverified(&token, TokenKind::Auth).unwrap().exp;
    assert_eq!(
        parts[1],
        format!(r#"{{"collectionId":"c1","exp":{end},"id":"r1","refreshable":true,"type":"auth"}}"#)
    );
}

#[test]
fn a_token_of_another_signer_is_read() {
    // Signed with the key `keysecret` elsewhere; ends in the year 3000.
    let token = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
        "eyJjb2xsZWN0aW9uSWQiOiJjMSIsImV4cCI6MzI1MDM2ODAwMDAsImlkIjoicjEiLCJyZWZyZXNoYWJsZSI6dHJ1ZSwidHlwZSI6ImF1dGgifQ.",
        "YA-YbGk520IGeG3wQiPbWprhafSrLi9kVPb26ANLFa8"
    );
    let read = read_unverified(token, TokenKind::Auth).unwrap();
    assert_eq!((read.id.as_str(), read.collection_id.as_str(), read.refreshable), ("r1", "c1", true));
    assert!(verify(token, &account("key", "secret"), TokenKind::Auth));
    assert!(!verify(token, &account("key", "other"), TokenKind::Auth));
    assert!(!verify(token, &account("", "keysecret"), TokenKind::Auth));
    assert!(!verify(token, &account("keysecret", ""), TokenKind::Auth));
    assert!(!verify(token, &account("key", "secret"), TokenKind::File));
}

#[test]
fn only_fresh_tokens_of_the_right_kind_are_read() {
    let record = account("key", "secret");
    let token = sign(&record, TokenKind::Auth, 60, claims(false)).unwrap();
    assert!(!read_unverified(&token, TokenKind::Auth).unwrap().refreshable);
    assert!(read_unverified(&token, TokenKind::File).is_none());
    let ended = sign(&record, TokenKind::Auth, 0, claims(false)).unwrap();
    assert!(read_unverified(&ended, TokenKind::Auth).is_none());
    let unsigned = |header: &str| {
        let mut text = String::new();
        URL_SAFE_NO_PAD.encode_string(header.as_bytes(), &mut text);
        format!("{text}.{}", token.split_once('.').unwrap().1)
    };
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"hs256"}"#, "{}", "x"] {
        assert!(read_unverified(&unsigned(header), TokenKind::Auth).is_none(), "{header}");
    }
    assert!(read_unverified(&format!("{token}.x"), TokenKind::Auth).is_none());
}

proptest! {
    #[test]
    fn any_text_is_refused_quietly(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}") {
        prop_assert!(read_unverified(&text, TokenKind::Auth).is_none());
        prop_assert!(!verify(&text, &account("key", "secret"), TokenKind::Auth));
    }

    #[test]
    fn a_changed_letter_breaks_the_signature(position in 0_usize..100, letter in "[A-Za-z0-9_-]") {
        let record = account("key", "secret");
        let token = sign(&record, TokenKind::Auth, 60, claims(true)).unwrap();
        // The last letter has bits that no byte uses.
        let position = position % (token.len() - 1);
        let mut changed = token.clone();
        changed.replace_range(position..=position, &letter);
        prop_assume!(changed != token);
        let is_accepted = read_unverified(&changed, TokenKind::Auth).is_some() && verify(&changed, &record, TokenKind::Auth);
        prop_assert!(!is_accepted);
    }
}
