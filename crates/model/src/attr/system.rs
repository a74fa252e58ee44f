//! The attrs that every app has.

use std::sync::{Arc, LazyLock};

use super::definition::{Attr, Cardinality, Catalog, CheckedType, Identity};
use super::ids::{system_attr_id, system_identity_id};

pub const USERS: &str = "$users";
pub const FILES: &str = "$files";
pub const STREAMS: &str = "$streams";

/// Whether only the server may have namespaces of such names.
pub fn is_reserved(namespace: &str) -> bool {
    namespace.starts_with('$')
}

/// Whether a reserved namespace takes attrs of the app's own.
pub fn has_custom_attrs(namespace: &str) -> bool {
    matches!(namespace, USERS | FILES | STREAMS)
}

/// All system attrs, in the order of their namespaces.
pub fn system_attrs() -> &'static [Arc<Attr>] {
    &ATTRS
}

/// The system attr with this forward name.
pub fn system_attr(namespace: &str, label: &str) -> Option<&'static Arc<Attr>> {
    ATTRS.iter().find(|attr| attr.forward.namespace == namespace && attr.forward.label == label)
}

/// Namespaces with the short forms that ids are made of.
const NAMESPACES: [(&str, &str); 10] = [
    (USERS, "us"),
    ("$magicCodes", "mc"),
    ("$userRefreshTokens", "ur"),
    ("$oauthProviders", "op"),
    ("$oauthUserLinks", "ol"),
    ("$oauthClients", "oc"),
    ("$oauthCodes", "co"),
    ("$oauthRedirects", "or"),
    (FILES, "fi"),
    (STREAMS, "st"),
];

/// Namespace, label, short form of the label, flags: `U` unique, `I` indexed, `R` required, and of
/// the checked type its first letter.
const BLOBS: [(&str, &str, &str, &str); 50] = [
    (USERS, "id", "id", "UI"),
    (USERS, "email", "email", "UIs"),
    (USERS, "type", "type", "s"),
    (USERS, "imageURL", "imageurl", "s"),
    ("$magicCodes", "id", "id", "UI"),
    ("$magicCodes", "codeHash", "codehash", "Is"),
    ("$magicCodes", "email", "email", "Is"),
    ("$userRefreshTokens", "id", "id", "UI"),
    ("$userRefreshTokens", "hashedToken", "hashedtok", "UIs"),
    ("$oauthProviders", "id", "id", "UI"),
    ("$oauthProviders", "name", "name", "UIs"),
    ("$oauthUserLinks", "id", "id", "UI"),
    ("$oauthUserLinks", "sub", "sub", "Is"),
    ("$oauthUserLinks", "$oauthProvider", "oprovider", "I"),
    ("$oauthUserLinks", "sub+$oauthProvider", "subprovid", "UIs"),
    ("$oauthClients", "id", "id", "UI"),
    ("$oauthClients", "name", "name", "UIs"),
    ("$oauthClients", "clientId", "clientid", "I"),
    ("$oauthClients", "encryptedClientSecret", "encclisec", "s"),
    ("$oauthClients", "discoveryEndpoint", "discovend", "s"),
    ("$oauthClients", "meta", "meta", ""),
    ("$oauthClients", "redirectTo", "redirecto", "s"),
    ("$oauthClients", "useSharedCredentials", "usesharcr", "b"),
    ("$oauthCodes", "id", "id", "UI"),
    ("$oauthCodes", "codeHash", "codehash", "UIs"),
    ("$oauthCodes", "codeChallengeMethod", "cchalmeth", "s"),
    ("$oauthCodes", "codeChallenge", "codechall", "s"),
    ("$oauthCodes", "userInfo", "usernfo", ""),
    ("$oauthRedirects", "id", "id", "UI"),
    ("$oauthRedirects", "stateHash", "statehash", "UIs"),
    ("$oauthRedirects", "cookieHash", "cookihash", "s"),
    ("$oauthRedirects", "redirectUrl", "redireurl", "s"),
    ("$oauthRedirects", "redirectTo", "redirecto", "s"),
    ("$oauthRedirects", "codeChallengeMethod", "cchalmeth", "s"),
    ("$oauthRedirects", "codeChallenge", "codechall", "s"),
    (FILES, "id", "id", "UI"),
    (FILES, "path", "path", "UIRs"),
    (FILES, "size", "size", "IRn"),
    (FILES, "content-type", "ctype", "Is"),
    (FILES, "content-disposition", "cdisp", "Is"),
    (FILES, "location-id", "lid", "UIRs"),
    (FILES, "key-version", "kv", "n"),
    (FILES, "url", "url", "s"),
    (STREAMS, "id", "id", "UI"),
    (STREAMS, "clientId", "clientid", "UIRs"),
    (STREAMS, "machineId", "machineid", "s"),
    (STREAMS, "done", "done", "b"),
    (STREAMS, "size", "size", "n"),
    (STREAMS, "hashedReconnectToken", "hashretok", "s"),
    (STREAMS, "abortReason", "abrtreasn", "s"),
];

/// Namespace, label, short form; the target's namespace, label and its short form; whether indexed.
/// All have one target, and go with it.
const LINKS: [(&str, &str, &str, &str, &str, &str, bool); 6] = [
    (USERS, "linkedPrimaryUser", "lpu", USERS, "linkedGuestUsers", "lgu", false),
    ("$userRefreshTokens", "$user", "user", USERS, "$userRefreshTokens", "ur", true),
    ("$oauthUserLinks", "$user", "user", USERS, "$oauthUserLinks", "ol", true),
    ("$oauthClients", "$oauthProvider", "oprovider", "$oauthProviders", "$oauthClients", "oc", false),
    ("$oauthCodes", "$oauthClient", "oauclient", "$oauthClients", "$oauthCodes", "co", false),
    ("$oauthRedirects", "$oauthClient", "oauclient", "$oauthClients", "$oauthRedirects", "or", false),
];

static ATTRS: LazyLock<Vec<Arc<Attr>>> = LazyLock::new(|| {
    let mut attrs: Vec<Attr> = BLOBS.iter().map(blob).collect();
    for &(namespace, label, code, target, reverse, reverse_code, index) in &LINKS {
        let (id, forward) = named(namespace, label, code);
        let (_, reverse) = named(target, reverse, reverse_code);
        attrs.push(Attr {
            catalog: Catalog::System,
            cardinality: Cardinality::One,
            on_delete: true,
            index,
            ..Attr::link(id, forward, reverse)
        });
    }
    let (id, forward) = named(STREAMS, FILES, "fi");
    let (_, reverse) = named(FILES, "$stream", "stream");
    attrs.push(Attr {
        catalog: Catalog::System,
        unique: true,
        on_delete_reverse: true,
        ..Attr::link(id, forward, reverse)
    });
    // The original knows this one as a value, though it is named and cascades as a link.
    for attr in &mut attrs {
        if attr.forward.namespace == "$oauthUserLinks" && attr.forward.label == "$oauthProvider" {
            attr.reverse = Some(named("$oauthProviders", "$oauthUserLinks", "ol").1);
            attr.on_delete = true;
        }
    }
    let place = |namespace: &str| NAMESPACES.iter().position(|(name, _)| *name == namespace);
    attrs.sort_by_key(|attr| place(&attr.forward.namespace));
    attrs.into_iter().map(Arc::new).collect()
});

fn blob(&(namespace, label, code, flags): &(&str, &str, &str, &str)) -> Attr {
    let (id, forward) = named(namespace, label, code);
    let mut attr = Attr { catalog: Catalog::System, ..Attr::blob(id, forward) };
    for flag in flags.chars() {
        match flag {
            'U' => attr.unique = true,
            'I' => attr.index = true,
            'R' => attr.required = true,
            's' => attr.checked_type = Some(CheckedType::String),
            'n' => attr.checked_type = Some(CheckedType::Number),
            'b' => attr.checked_type = Some(CheckedType::Boolean),
            // The tables above hold no other letter.
            _ => {}
        }
    }
    attr
}

/// The attr id and the identity of a system name.
fn named(namespace: &str, label: &str, code: &str) -> (String, Identity) {
    let short = NAMESPACES.iter().find(|(name, _)| *name == namespace).map_or("", |(_, short)| short);
    let code = format!("{short}/{code}");
    (system_attr_id(&code), Identity::new(system_identity_id(&code), namespace, label))
}
