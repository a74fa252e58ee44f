//! What a user agent tells: browser, system, kind of device. Coarse on purpose.

/// Parts of the user agents of programs that read pages for others.
const BOTS: [&str; 12] = [
    "bot",
    "crawler",
    "spider",
    "slurp",
    "facebookexternalhit",
    "mediapartners",
    "headlesschrome",
    "lighthouse",
    "pingdom",
    "uptime",
    "preview",
    "scrapy",
];

/// The first that is found counts: many name others that they resemble.
const BROWSERS: [(&str, &str); 11] = [
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
    ("trident", "Internet Explorer"),
    ("python", "Python"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("iphone", "iOS"),
    ("ipad", "iOS"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("cros", "ChromeOS"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
];

const OTHER: &str = "Other";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) browser: &'static str,
    pub(super) os: &'static str,
    pub(super) device: &'static str,
}

/// `None` for robots.
pub(super) fn parse(user_agent: &str) -> Option<Agent> {
    let text = user_agent.to_ascii_lowercase();
    if BOTS.iter().any(|bot| text.contains(bot)) {
        return None;
    }
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| text.contains(part)).map_or(OTHER, |(_, name)| name)
    };
    let is_tablet = text.contains("ipad") || text.contains("tablet");
    let device = if is_tablet || (text.contains("android") && !text.contains("mobile")) {
        "tablet"
    } else if text.contains("mobi") || text.contains("iphone") {
        "mobile"
    } else {
        "desktop"
    };
    Some(Agent { browser: find(&BROWSERS), os: find(&SYSTEMS), device })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents() {
        let told = |text| parse(text).map(|agent| (agent.browser, agent.os, agent.device));
        assert_eq!(
            told(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
            ),
            Some(("Edge", "Windows", "desktop"))
        );
        assert_eq!(
            told(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604"
            ),
            Some(("Safari", "iOS", "mobile"))
        );
        assert_eq!(
            told("Mozilla/5.0 (Linux; Android 14; Pixel) Chrome/130 Mobile"),
            Some(("Chrome", "Android", "mobile"))
        );
        assert_eq!(
            told("Mozilla/5.0 (Linux; Android 14; SM-X) Chrome/130"),
            Some(("Chrome", "Android", "tablet"))
        );
        assert_eq!(told("python-httpx/0.28"), Some(("Python", "Other", "desktop")));
        assert_eq!(told(""), Some(("Other", "Other", "desktop")));
        assert_eq!(told("Mozilla/5.0 (compatible; Googlebot/2.1)"), None);
    }
}
