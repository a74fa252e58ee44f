//! Which rule of the settings counts for a request.

use ketch_model::settings::RateLimitRule;

const GUEST: &str = "@guest";
const AUTH: &str = "@auth";

/// Whom a rule is for.
fn is_for(rule: &RateLimitRule, is_auth: bool) -> bool {
    match rule.audience.as_str() {
        GUEST => !is_auth,
        AUTH => is_auth,
        _ => true,
    }
}

/// The place of the one rule that counts. Of the labels the first that any rule has decides: as a
/// rule has it word for word, else as the first rule has its beginning (`/api/`).
pub(super) fn find<'a>(
    rules: &[RateLimitRule],
    labels: impl IntoIterator<Item = &'a str>,
    is_auth: bool,
) -> Option<usize> {
    let place = |fits: &dyn Fn(&str) -> bool| {
        rules.iter().position(|rule| fits(&rule.label) && is_for(rule, is_auth))
    };
    labels.into_iter().find_map(|label| {
        place(&|rule| rule == label).or_else(|| place(&|rule| rule.ends_with('/') && label.starts_with(rule)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&str; 4] = ["posts:list", "*:list", "GET /api/posts", "/api/posts"];

    fn found(rules: &[(&'static str, &str)], is_auth: bool) -> Option<&'static str> {
        let of = |&(label, audience): &(&'static str, &str)| RateLimitRule {
            label: label.to_owned(),
            audience: audience.to_owned(),
            ..RateLimitRule::default()
        };
        let list: Vec<_> = rules.iter().map(of).collect();
        find(&list, LABELS, is_auth).map(|place| rules[place].0)
    }

    #[test]
    fn the_first_label_that_has_a_rule_decides() {
        assert_eq!(found(&[("*:list", ""), ("posts:list", "")], false), Some("posts:list"));
        assert_eq!(found(&[("/api/posts", ""), ("GET /api/", "")], false), Some("GET /api/"));
        assert_eq!(found(&[("/api/", ""), ("/api/posts", "")], false), Some("/api/posts"));
        assert_eq!(found(&[("/", ""), ("/api/", "")], false), Some("/"));
        assert_eq!(found(&[("POSTS:list", ""), ("list", ""), ("/api", ""), ("POST /api/", "")], false), None);
    }

    #[test]
    fn rules_are_for_an_audience() {
        let rules = [("*:list", AUTH), ("/api/", GUEST)];
        assert_eq!(found(&rules, true), Some("*:list"));
        assert_eq!(found(&rules, false), Some("/api/"));
        assert_eq!(found(&[("/api/", GUEST)], true), None);
    }
}
