use super::*;

fn options() -> PasswordAuth {
    let identity_fields = ["username", "email", "nick"].map(str::to_owned).to_vec();
    PasswordAuth { enabled: true, identity_fields }
}

fn login(identity: &str, field: &str) -> PasswordLogin {
    PasswordLogin {
        identity: identity.to_owned(),
        password: "x".to_owned(),
        identity_field: field.to_owned(),
    }
}

#[test]
fn emails_are_looked_up_as_emails_first() {
    assert_eq!(login("a@b.co", "").fields(&options()), ["email", "username", "nick"]);
    assert_eq!(login("a", "").fields(&options()), ["username", "nick"]);
    assert_eq!(login("a", "email").fields(&options()), ["email"]);
}

#[test]
fn forms_are_checked() {
    let codes = |login: &PasswordLogin| -> Vec<String> {
        login.validate(&options()).into_fields().into_keys().collect()
    };
    assert!(codes(&login("a", "nick")).is_empty());
    assert_eq!(codes(&PasswordLogin::default()), ["identity", "password"]);
    assert_eq!(codes(&login("a", "other")), ["identityField"]);
    assert_eq!(codes(&login(&"a".repeat(256), "")), ["identity"]);
    assert!(codes(&login(&"a".repeat(255), "")).is_empty());
}

#[test]
fn nobodys_hash_is_a_hash() {
    let hash = nobodys_hash(&Collection::blank(ketch_model::CollectionKind::Base));
    assert!(matches!(bcrypt::verify("x", &hash.replace("$10$", "$04$")), Ok(false)));
}
