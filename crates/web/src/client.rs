//! Who is at the other end: address and token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::sync::Notify;

/// The address of the TCP connection, put into every request's extensions by [`crate::serve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Ends the TCP connection, whatever it is doing; put into every request's extensions by [`crate::serve`].
#[derive(Debug, Clone, Default)]
pub struct HangUp(Arc<Notify>);

impl HangUp {
    pub fn now(&self) {
        self.0.notify_one();
    }

    /// Completes when the connection is to end.
    pub(crate) async fn asked(&self) {
        self.0.notified().await;
    }
}

/// The client's address as text: the first of the `trusted` headers that holds one, else the
/// connection's. IPv6 is written in full. Empty for requests that came without a connection.
///
/// Of a repeated header the last occurrence counts; its comma list is scanned from the right, or
/// from the left with `use_leftmost`, for the first part that is an address.
pub fn real_ip(headers: &HeaderMap, peer: Option<Peer>, trusted: &[String], use_leftmost: bool) -> String {
    trusted
        .iter()
        .filter_map(|name| headers.get_all(name.as_str()).iter().next_back()?.to_str().ok())
        .find_map(|list| {
            let mut parts = list.split(',').map(str::trim);
            if use_leftmost { parts.find_map(parse) } else { parts.rev().find_map(parse) }
        })
        .or_else(|| peer.map(|Peer(address)| address.ip()))
        .map(expanded)
        .unwrap_or_default()
}

fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// An address as texts of the API have it: IPv4 in dots (also when mapped into IPv6), IPv6 as eight groups of four digits.
pub fn expanded(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let groups: Vec<String> = address.segments().iter().map(|group| format!("{group:04x}")).collect();
            groups.join(":")
        }
    }
}

/// Whether an address is in a list of addresses and subnets (`10.0.0.0/8`). Entries that are
/// neither match nothing.
pub fn ip_in_list(ip: &str, list: &[String]) -> bool {
    let Some(ip) = parse(ip) else { return false };
    list.iter().any(|entry| match entry.split_once('/') {
        None => parse(entry.trim()).is_some_and(|other| other.to_canonical() == ip.to_canonical()),
        Some((network, bits)) => match (parse(network.trim()), bits.trim().parse::<u32>()) {
            (Some(network), Ok(bits)) => in_subnet(ip, network, bits),
            _ => false,
        },
    })
}

fn in_subnet(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip.to_canonical(), network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(ip) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(ip) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

/// The `Authorization` header without an optional `Bearer ` prefix in any case; `None` if empty.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let token = match value.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("bearer ") => &value[7..],
        _ => value,
    };
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn peer(text: &str) -> Option<Peer> {
        Some(Peer(text.parse().unwrap()))
    }

    #[test]
    fn proxies_are_asked_only_when_trusted() {
        let sent = headers(&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, junk"), ("x-real-ip", "3.3.3.3")]);
        let trusted = ["X-Forwarded-For".to_owned(), "X-Real-IP".to_owned()];
        assert_eq!(real_ip(&sent, peer("9.9.9.9:1"), &[], false), "9.9.9.9");
        assert_eq!(real_ip(&sent, peer("9.9.9.9:1"), &trusted, false), "2.2.2.2");
        assert_eq!(real_ip(&sent, peer("9.9.9.9:1"), &trusted, true), "1.1.1.1");
        let repeated = headers(&[("x-real-ip", "1.1.1.1"), ("x-real-ip", "4.4.4.4")]);
        assert_eq!(real_ip(&repeated, None, &trusted, false), "4.4.4.4");
        let junk = headers(&[("x-forwarded-for", "junk")]);
        assert_eq!(
            real_ip(&junk, peer("[::1]:5"), &trusted, false),
            "0000:0000:0000:0000:0000:0000:0000:0001"
        );
        assert_eq!(real_ip(&junk, peer("[::ffff:1.2.3.4]:5"), &trusted, false), "1.2.3.4");
        assert_eq!(real_ip(&junk, None, &trusted, false), "");
        assert_eq!(real_ip(&junk, None, &["bad name\n".to_owned()], false), "");
    }

    #[test]
    fn lists_of_addresses_and_subnets() {
        let list =
            ["10.0.0.0/8".to_owned(), "192.168.1.7".to_owned(), "2001:db8::/32".to_owned(), "x/9".to_owned()];
        for ip in ["10.1.2.3", "192.168.1.7", "2001:0db8:0000:0000:0000:0000:0000:0001"] {
            assert!(ip_in_list(ip, &list), "{ip}");
        }
        for ip in ["11.0.0.1", "192.168.1.8", "2001:db9::1", "", "junk"] {
            assert!(!ip_in_list(ip, &list), "{ip}");
        }
        assert!(ip_in_list("1.2.3.4", &["0.0.0.0/0".to_owned()]));
        assert!(!ip_in_list("1.2.3.4", &["0.0.0.0/33".to_owned()]));
    }

    #[test]
    fn tokens() {
        assert_eq!(bearer_token(&headers(&[("authorization", "abc")])), Some("abc"));
        assert_eq!(bearer_token(&headers(&[("authorization", "bEARER abc")])), Some("abc"));
        assert_eq!(bearer_token(&headers(&[("authorization", "Bearer ")])), None);
        assert_eq!(bearer_token(&headers(&[])), None);
    }
}
