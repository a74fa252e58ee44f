//! Signing in through a provider, with the person's way back through the server.

use std::time::Duration;

use ketch_client::pocketbase::{Client, OAuth2SignIn};
use ketch_client::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::fake::{Answer, Fake, answer, json};
use crate::ketch::Ketch;

/// A provider that knows one person. It is asked for a token, then for the person.
async fn provider() -> Fake {
    Fake::start(|_, request| match request {
        _ if request.starts_with("POST /token") && request.contains("code=good") => {
            json(r#"{"access_token":"at","token_type":"Bearer"}"#)
        }
        _ if request.starts_with("GET /person") => {
            json(r#"{"sub":"p1","email":"ada@example.com","email_verified":true,"name":"Ada"}"#)
        }
        _ => answer(400, "", r#"{"error":"invalid_grant"}"#),
    })
    .await
}

async fn enable(root: &Client, provider: &Fake) -> Result<Value> {
    let url = |path: &str| format!("{}{path}", provider.url);
    let known = json!({"name": "oidc", "clientId": "ketch", "clientSecret": "s", "displayName": "Fake",
        "authURL": url("/auth"), "tokenURL": url("/token"), "userInfoURL": url("/person")});
    let oauth2 = json!({"oauth2": {"enabled": true, "providers": [known]}});
    root.collections().update("users", oauth2).await
}

/// What the browser does after the person has agreed, or has not: it follows the redirect to the server.
fn come_back(url: &str, answer: &'static str) {
    let url = reqwest::Url::parse(url).unwrap();
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let back = format!("{}?state={}&{answer}", parameter("redirect_uri"), parameter("state"));
    tokio::spawn(async move {
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let response = browser.get(back).send().await.unwrap();
        assert!(response.status().is_redirection(), "{response:?}");
    });
}

async fn sign_in(client: &Client, sign_in: OAuth2SignIn, answer: &'static str) -> Result<Value, Error> {
    let users = client.collection("users");
    let done = users.auth_with_oauth2(sign_in, move |url| come_back(url, answer)).await?;
    Ok(json!({"record": done.record, "meta": done.meta}))
}

#[tokio::test]
async fn a_person_signs_in_through_a_provider() {
    let Some(ketch) = Ketch::start() else { return };
    let (root, provider) = (ketch.root().await, provider().await);
    enable(&root, &provider).await.unwrap();
    let client = ketch.client();
    let asked = OAuth2SignIn::through("oidc").create_data(json!({"name": "Countess"}));
    let done = sign_in(&client, asked, "code=good").await.unwrap();
    assert_eq!(done["record"]["email"], "ada@example.com");
    assert_eq!((&done["record"]["name"], &done["meta"]["isNew"]), (&json!("Countess"), &json!(true)));
    assert!(client.auth().is_valid());
    let again = sign_in(&client, OAuth2SignIn::through("oidc"), "code=good").await.unwrap();
    assert_eq!(again["meta"]["isNew"], false);
    // The connection that carried the code is not the one for subscriptions.
    assert!(!client.realtime().is_connected());
}

#[tokio::test]
async fn refusals_are_errors_that_say_why() {
    let Some(ketch) = Ketch::start() else { return };
    let (root, provider) = (ketch.root().await, provider().await);
    let client = ketch.client();
    let unknown = sign_in(&client, OAuth2SignIn::through("oidc"), "code=good").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Input);
    enable(&root, &provider).await.unwrap();
    let refused = sign_in(&client, OAuth2SignIn::through("oidc"), "error=access_denied").await.unwrap_err();
    assert!(refused.to_string().contains("access_denied"), "{refused}");
    let wrong = sign_in(&client, OAuth2SignIn::through("oidc"), "code=wrong").await.unwrap_err();
    assert_eq!(wrong.status(), 400);
    let impatient = OAuth2SignIn::through("oidc").patience(Duration::from_millis(50));
    let nobody = client.collection("users").auth_with_oauth2(impatient, |_| ()).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::Timeout);
    assert!(client.auth().token.is_empty());
}

#[tokio::test]
async fn a_lost_connection_ends_the_waiting() {
    let server = Fake::start(|_, request| match request {
        _ if request.contains("auth-methods") => {
            json(r#"{"oauth2":{"providers":[{"name":"oidc","authURL":"http://p.example/?redirect_uri=","codeVerifier":"v"}]}}"#)
        }
        _ if request.starts_with("GET /api/realtime") => Answer::Raw(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nid:c\nevent:PB_CONNECT\ndata:{\"clientId\":\"c\"}\n\n"
                .to_owned(),
        ),
        _ => answer(204, "", ""),
    })
    .await;
    let client = Client::new(&server.url).unwrap();
    let users = client.collection("users");
    let error = users.auth_with_oauth2(OAuth2SignIn::through("oidc"), |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
}
