//! Why a mail did not go out, in words for whoever runs the server. Addresses are left out.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error(
        "no way to send mails is set up: enable SMTP in the settings (\"smtp\"), or install a sendmail command on this machine"
    )]
    NotSetUp,
    #[error("the sender address of the settings (\"meta.senderAddress\") is not one that mail servers take")]
    Sender,
    #[error("the recipient's address is not one that mail servers take")]
    Recipient,
    #[error("the message cannot be written: {0}")]
    Message(String),
    #[error("the mail server {server} did not finish within {} seconds", .limit.as_secs())]
    Timeout { server: String, limit: Duration },
    #[error("the mail server {server} refused the message: {answer}")]
    Refused { server: String, answer: String },
    #[error("no TLS connection to the mail server {server}: {cause}")]
    Tls { server: String, cause: String },
    #[error("the mail server {server} cannot be used: {cause}")]
    Connection { server: String, cause: String },
    #[error("the sendmail command failed: {0}")]
    Sendmail(String),
}

/// A text of another program without the addresses in it, on one line.
pub(crate) fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_do_not_reach_the_log() {
        let answer = "550 5.1.1 <anna@example.com>: Recipient\r\naddress rejected";
        assert_eq!(without_addresses(answer), "550 5.1.1 (address) Recipient address rejected");
    }
}
