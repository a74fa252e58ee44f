//! What is known of a provider before anybody configures it.

use crate::oauth2::profile::{Profile, Read};

/// One OAuth2 provider: where it is, what to ask for, and how its answers read.
#[derive(Debug)]
pub struct Provider {
    /// The name in configurations, sign-in requests and `_externalAuths` rows.
    pub name: &'static str,
    pub display_name: &'static str,
    /// The page where people sign in. Empty: must be configured, like the other two addresses.
    pub auth_url: &'static str,
    /// Where a code is exchanged for a token.
    pub token_url: &'static str,
    /// Where the token's owner is described.
    pub user_info_url: &'static str,
    pub scopes: &'static [&'static str],
    /// Whether the code exchange is proven (RFC 7636) unless the configuration says otherwise.
    pub pkce: bool,
    /// What the sign-in page is told on top of the standard parameters.
    pub auth_parameters: &'static [(&'static str, &'static str)],
    pub source: Source,
    /// A second address, where it takes one to learn the person's email.
    pub emails: Option<EmailSource>,
    /// Reads the person from the provider's answers. The error says why the person is refused.
    pub person: fn(&Profile) -> Read<Person>,
}

impl Provider {
    /// What most providers have in common.
    pub const PLAIN: Self = Self {
        name: "",
        display_name: "",
        auth_url: "",
        token_url: "",
        user_info_url: "",
        scopes: &[],
        pkce: true,
        auth_parameters: &[],
        source: Source::Get(&[]),
        emails: None,
        person: |_| Ok(Person::default()),
    };
}

/// How the description of a person is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A GET with these headers; `{clientId}` stands for the configured client id.
    Get(&'static [(&'static str, &'static str)]),
    /// A POST with this GraphQL query.
    Graphql(&'static str),
    /// The claims of the `id_token`, signed with a key of this list, by this issuer.
    IdToken { keys_url: &'static str, issuer: &'static str },
    /// A GET where an address is configured, else the claims of the `id_token`.
    OpenId,
}

/// Where a person's addresses are listed.
#[derive(Debug, Clone, Copy)]
pub struct EmailSource {
    pub location: EmailLocation,
    /// Asked only if the description itself has no `email`.
    pub only_if_missing: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum EmailLocation {
    /// This path behind the address of the description.
    Below(&'static str),
    At(&'static str),
}

/// A person as a provider knows them. What is unknown is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The provider's own id, which does not change.
    pub id: String,
    pub name: String,
    pub username: String,
    /// Only an address that the provider has verified.
    pub email: String,
    pub avatar_url: String,
}
