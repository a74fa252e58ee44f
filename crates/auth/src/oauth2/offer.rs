//! What people are offered to sign in with: a provider as one collection has it configured.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ketch_model::collection::OAuth2Provider;
use ketch_model::ids;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

use crate::oauth2::provider::Provider;
use crate::oauth2::providers;

const STATE_LENGTH: usize = 30;
const VERIFIER_LENGTH: usize = 43;
/// What a form leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A provider under the settings of a collection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Configured<'a> {
    pub provider: &'static Provider,
    pub settings: &'a OAuth2Provider,
}

impl<'a> Configured<'a> {
    /// `None` for a name that no provider has.
    pub fn of(settings: &'a OAuth2Provider) -> Option<Self> {
        Some(Self { provider: providers::find(&settings.name)?, settings })
    }

    pub fn auth_url(&self) -> &'a str {
        either(&self.settings.auth_url, self.provider.auth_url)
    }

    pub fn token_url(&self) -> &'a str {
        either(&self.settings.token_url, self.provider.token_url)
    }

    pub fn user_info_url(&self) -> &'a str {
        either(&self.settings.user_info_url, self.provider.user_info_url)
    }

    pub fn proves_exchange(&self) -> bool {
        self.settings.pkce.unwrap_or(self.provider.pkce)
    }
}

fn either<'a>(configured: &'a str, default: &'static str) -> &'a str {
    if configured.is_empty() { default } else { configured }
}

/// One provider to choose, with fresh secrets for one attempt. The client keeps them until the
/// provider sends the person back.
#[derive(Debug, Clone)]
pub struct Offer {
    pub name: &'static str,
    pub display_name: String,
    pub state: String,
    /// The page to send the person to; the client appends where to come back to, escaped.
    pub auth_url: String,
    /// The three below are empty where the exchange is not proven.
    pub code_verifier: String,
    pub code_challenge: String,
    pub code_challenge_method: &'static str,
}

impl Offer {
    /// `None` for a name that no provider has.
    pub fn new(settings: &OAuth2Provider) -> Option<Self> {
        let configured = Configured::of(settings)?;
        let state = ids::random_text(STATE_LENGTH, ids::ALPHANUMERIC);
        let (mut verifier, mut challenge, mut method) = (String::new(), String::new(), "");
        if configured.proves_exchange() {
            verifier = ids::random_text(VERIFIER_LENGTH, ids::ALPHANUMERIC);
            challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
            method = "S256";
        }
        Some(Self {
            name: configured.provider.name,
            display_name: either(&settings.display_name, configured.provider.display_name).to_owned(),
            auth_url: auth_url(&configured, &state, &challenge, method),
            state,
            code_verifier: verifier,
            code_challenge: challenge,
            code_challenge_method: method,
        })
    }
}

fn auth_url(configured: &Configured<'_>, state: &str, challenge: &str, method: &str) -> String {
    let scope = configured.provider.scopes.join(" ");
    let mut parameters = vec![
        ("client_id", configured.settings.client_id.as_str()),
        ("code_challenge", challenge),
        ("code_challenge_method", method),
        ("response_type", "code"),
        ("scope", scope.as_str()),
    ];
    parameters.retain(|(name, value)| *name == "client_id" || !value.is_empty());
    parameters.push(("state", state));
    parameters.extend(configured.provider.auth_parameters);
    parameters.sort_unstable();
    let base = configured.auth_url();
    let separator = if base.contains('?') { '&' } else { '?' };
    format!("{base}{separator}{}&redirect_uri=", encode_form(&parameters))
}

/// Pairs as a form writes them.
pub(crate) fn encode_form(pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    encoded.join("&")
}

/// A text as a form writes it.
pub(crate) fn encode(text: &str) -> String {
    percent_encode(text.as_bytes(), ESCAPED).to_string().replace("%20", "+")
}
