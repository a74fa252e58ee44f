//! Pictures of new people, fetched from where their provider shows them.

use std::time::Duration;

use ketch_records::UploadedFile;
use ketch_records::submission::UploadedContent;
use reqwest::Url;

use crate::oauth2::http::{self, Http};
use crate::oauth2::profile::Read;
use crate::outbound::is_public_literal;

/// For the whole picture.
const TIMEOUT: Duration = Duration::from_secs(10);
/// In bytes.
const SIZE_MAX: usize = 32 << 20;
const DEFAULT_NAME: &str = "avatar";

/// Fetches a picture as an upload to this field. Only public addresses are asked: whoever signs in
/// may have chosen the address.
pub(crate) async fn fetch(http: &Http, url: &str, field: &str) -> Read<UploadedFile> {
    let url = Url::parse(url).map_err(|error| format!("the avatar's address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !is_public_literal(url.host_str()) {
        return Err("the avatar's address is not a public one".to_owned());
    }
    let original_name = file_name(&url);
    let answer = http::send_limited(http.guarded()?.get(url).timeout(TIMEOUT), SIZE_MAX).await?;
    if !(200..300).contains(&answer.status) {
        return Err(format!("the avatar's address answers {}", answer.status));
    }
    Ok(UploadedFile {
        key: field.to_owned(),
        original_name,
        size: answer.body.len() as u64,
        content: UploadedContent::Memory(answer.body.into()),
    })
}

fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let name = percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned();
    if name.is_empty() { DEFAULT_NAME.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_addresses_are_not_asked() {
        let http = Http::default();
        for url in [
            "http://127.0.0.1:1/a.png",
            "http://[::1]/a.png",
            "http://localhost:1/a.png",
            "http://169.254.169.254/latest",
            "http://2130706433/a.png",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert!(fetch(&http, url, "avatar").await.is_err(), "{url}");
        }
    }

    #[test]
    fn names_of_files() {
        let name = |url| file_name(&Url::parse(url).unwrap());
        assert_eq!(name("https://a.example/b/c%20d.png?size=2"), "c d.png");
        assert_eq!(name("https://a.example/"), "avatar");
    }
}
