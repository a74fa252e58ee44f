//! Sending through an SMTP server.

use std::error::Error;
use std::time::Duration;

use ketch_model::settings::Smtp;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use parking_lot::Mutex;

use crate::error::{MailError, without_addresses};

/// How long a server may take for one message, from the first packet to its last word.
const LIMIT: Duration = Duration::from_secs(20);
/// How long the connection may take to stand.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Connections as the settings say. Kept, since reading the system's certificates takes a while.
#[derive(Default)]
pub(crate) struct SmtpSender {
    last: Mutex<Option<(Smtp, Transport)>>,
}

impl SmtpSender {
    /// Delivers one message, on a connection of its own.
    pub async fn send(&self, settings: &Smtp, envelope: &Envelope, message: &[u8]) -> Result<(), MailError> {
        let server = format!("{}:{}", settings.host, settings.port);
        let transport = self.transport(settings, &server)?;
        match tokio::time::timeout(LIMIT, transport.send_raw(envelope, message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(explain(server, &error)),
            Err(_) => Err(MailError::Timeout { server, limit: LIMIT }),
        }
    }

    fn transport(&self, settings: &Smtp, server: &str) -> Result<Transport, MailError> {
        let mut last = self.last.lock();
        match &*last {
            Some((known, transport)) if known == settings => Ok(transport.clone()),
            _ => {
                let transport = build(settings, server)?;
                *last = Some((settings.clone(), transport.clone()));
                Ok(transport)
            }
        }
    }
}

fn build(settings: &Smtp, server: &str) -> Result<Transport, MailError> {
    let port = u16::try_from(settings.port).map_err(|_| MailError::Connection {
        server: server.to_owned(),
        cause: "this is no port".to_owned(),
    })?;
    let parameters = TlsParameters::new(settings.host.clone())
        .map_err(|error| MailError::Tls { server: server.to_owned(), cause: error.to_string() })?;
    let signs_in = !settings.username.is_empty() || !settings.password.is_empty();
    let tls = if settings.tls {
        Tls::Wrapper(parameters)
    } else if signs_in && !is_this_machine(&settings.host) {
        // A password must not cross the network in the clear, even if somebody on the way hides
        // that the server offers encryption.
        Tls::Required(parameters)
    } else {
        Tls::Opportunistic(parameters)
    };
    let name = if settings.local_name.is_empty() { "localhost" } else { &settings.local_name };
    let mut builder = Transport::builder_dangerous(settings.host.clone())
        .port(port)
        .tls(tls)
        .timeout(Some(CONNECT_LIMIT))
        .hello_name(ClientId::Domain(name.to_owned()));
    if signs_in {
        let mechanism = match settings.auth_method.as_str() {
            "LOGIN" => Mechanism::Login,
            _ => Mechanism::Plain,
        };
        builder = builder
            .credentials(Credentials::new(settings.username.clone(), settings.password.clone()))
            .authentication(vec![mechanism]);
    }
    Ok(builder.build())
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn explain(server: String, error: &lettre::transport::smtp::Error) -> MailError {
    let all = without_addresses(&error.to_string());
    if error.status().is_some() {
        return MailError::Refused { server, answer: all };
    }
    if error.is_timeout() {
        return MailError::Timeout { server, limit: CONNECT_LIMIT };
    }
    let cause = match root(error) {
        Some(root) => without_addresses(&root.to_string()),
        None => all,
    };
    if error.is_tls() { MailError::Tls { server, cause } } else { MailError::Connection { server, cause } }
}

/// The innermost cause: those around it say the same with more words.
fn root(error: &dyn Error) -> Option<&dyn Error> {
    let mut innermost = error.source()?;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    Some(innermost)
}
