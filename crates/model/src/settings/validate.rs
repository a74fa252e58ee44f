//! What settings may be.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::definition::{Backups, Batch, Logs, Meta, RateLimitRule, RateLimits, S3, Settings, Smtp};
use crate::cron::Schedule;
use crate::error::{FieldError, FieldErrors, Invalid};
use crate::fields::host;

/// Bytes that an app's or sender's name may have.
const NAME_LIMIT: usize = 255;

/// The greatest integer that every JSON reader holds exactly.
const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

type Check = Option<FieldError>;

impl Settings {
    /// Every check of the settings; empty if they may be saved.
    pub fn validate(&self) -> FieldErrors {
        settings(self)
    }
}

fn settings(settings: &Settings) -> FieldErrors {
    gather([
        ("superuserIPs", addresses(&settings.superuser_ips)),
        ("smtp", nested(smtp(&settings.smtp))),
        ("backups", nested(backups(&settings.backups))),
        ("s3", nested(s3(&settings.s3))),
        ("meta", nested(meta(&settings.meta))),
        ("rateLimits", nested(rate_limits(&settings.rate_limits))),
        ("batch", nested(batch(&settings.batch))),
        ("logs", nested(logs(&settings.logs))),
    ])
}

fn smtp(smtp: &Smtp) -> FieldErrors {
    gather([
        ("host", required_if(smtp.enabled, &smtp.host).or_else(|| host_name(&smtp.host))),
        ("port", required_number_if(smtp.enabled, smtp.port).or_else(|| at_least(smtp.port, 0))),
        ("authMethod", one_of(&smtp.auth_method, &["PLAIN", "LOGIN"])),
        ("localName", host_name(&smtp.local_name)),
    ])
}

fn backups(backups: &Backups) -> FieldErrors {
    let cron = (!backups.cron.is_empty())
        .then(|| Schedule::parse(&backups.cron).err())
        .flatten()
        .map(|text| Invalid::new("validation_invalid_cron", text).into());
    let kept = required_number_if(!backups.cron.is_empty(), backups.cron_max_keep)
        .or_else(|| (backups.cron_max_keep != 0).then(|| at_least(backups.cron_max_keep, 1)).flatten());
    gather([("cron", cron), ("cronMaxKeep", kept), ("s3", nested(s3(&backups.s3)))])
}

fn s3(s3: &S3) -> FieldErrors {
    gather([
        ("endpoint", required_if(s3.enabled, &s3.endpoint).or_else(|| url(&s3.endpoint))),
        ("bucket", required_if(s3.enabled, &s3.bucket)),
        ("region", required_if(s3.enabled, &s3.region)),
        ("accessKey", required_if(s3.enabled, &s3.access_key)),
        ("secret", required_if(s3.enabled, &s3.secret)),
    ])
}

fn meta(meta: &Meta) -> FieldErrors {
    let email = (!host::is_email(&meta.sender_address))
        .then(|| invalid("validation_is_email", "Must be a valid email address."));
    gather([
        ("accentColor", color(&meta.accent_color)),
        ("appName", required_if(true, &meta.app_name).or_else(|| name(&meta.app_name))),
        ("appURL", required_if(true, &meta.app_url).or_else(|| url(&meta.app_url))),
        ("senderName", required_if(true, &meta.sender_name).or_else(|| name(&meta.sender_name))),
        ("senderAddress", required_if(true, &meta.sender_address).or(email)),
    ])
}

fn rate_limits(limits: &RateLimits) -> FieldErrors {
    let rules = if limits.enabled && limits.rules.is_empty() {
        Some(Invalid::required().into())
    } else {
        list(&limits.rules, |rule| nested(rate_limit_rule(rule))).or_else(|| conflict(&limits.rules))
    };
    gather([("rules", rules), ("excludedIPs", addresses(&limits.excluded_ips))])
}

/// Two rules of one label must be for audiences apart, or nobody could tell which one counts.
fn conflict(rules: &[RateLimitRule]) -> Check {
    let key = |rule: &RateLimitRule| format!("{}@@{}", rule.label, rule.audience);
    let keys: Vec<String> = rules.iter().map(key).collect();
    let index = keys.iter().enumerate().position(|(index, key)| {
        keys[..index].iter().any(|other| other.starts_with(key.as_str()) || key.starts_with(other.as_str()))
    })?;
    let label = rules[index].label.clone();
    let text = format!(
        "Rate limit rule configuration with label {label} already exists or conflicts with another rule."
    );
    let error = Invalid::new("validation_conflicting_rate_limit_rule", text).param("label", label);
    let rule = FieldErrors::from([("label".to_owned(), error.into())]);
    Some(FieldError::Nested(FieldErrors::from([(index.to_string(), FieldError::Nested(rule))])))
}

fn rate_limit_rule(rule: &RateLimitRule) -> FieldErrors {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^([A-Za-z0-9_]+|[A-Za-z0-9_]+:[A-Za-z0-9_]+|\*:[A-Za-z0-9_]+|([A-Za-z0-9_]+ )?/[A-Za-z0-9_/-]*)$").ok()
    });
    let label = (!LABEL.as_ref().is_some_and(|regex| regex.is_match(&rule.label)))
        .then(|| invalid("validation_match_invalid", "Must be in a valid format."));
    gather([
        ("label", required_if(true, &rule.label).or(label)),
        ("audience", one_of(&rule.audience, &["@guest", "@auth"])),
        ("duration", required_number_if(true, rule.duration).or_else(|| at_least(rule.duration, 1))),
        (
            "maxRequests",
            required_number_if(true, rule.max_requests).or_else(|| at_least(rule.max_requests, 1)),
        ),
    ])
}

fn batch(batch: &Batch) -> FieldErrors {
    gather([
        (
            "maxRequests",
            required_number_if(batch.enabled, batch.max_requests).or_else(|| at_least(batch.max_requests, 0)),
        ),
        ("timeout", required_number_if(batch.enabled, batch.timeout).or_else(|| at_least(batch.timeout, 0))),
        ("maxBodySize", at_least(batch.max_body_size, 0)),
    ])
}

fn logs(logs: &Logs) -> FieldErrors {
    let count = |number| at_least(number, 0).or_else(|| at_most(number, MAX_SAFE_INTEGER));
    gather([("maxDays", count(logs.max_days)), ("maxDataSize", count(logs.max_data_size))])
}

fn addresses(list_of_texts: &[String]) -> Check {
    list(list_of_texts, |text| {
        if text.is_empty() {
            return Some(Invalid::required().into());
        }
        (!is_address_or_subnet(text)).then(|| {
            // The original's spelling: clients compare codes.
            invalid("validation_invlaid_ip_or_subnet", "Invalid IP or CIDR subnet.")
        })
    })
}

fn is_address_or_subnet(text: &str) -> bool {
    let Some((network, bits)) = text.split_once('/') else {
        // An IPv6 address may name its network interface.
        let (address, zone) = text.split_once('%').unwrap_or((text, "x"));
        let address = address.parse::<IpAddr>();
        return !zone.is_empty() && address.is_ok_and(|address| address.is_ipv6() || !text.contains('%'));
    };
    let most = match network.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|number| number <= most && number.to_string() == bits)
}

fn host_name(text: &str) -> Check {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*[._]?$").ok()
    });
    let fits = text.is_empty()
        || text.parse::<IpAddr>().is_ok()
        || text.len() <= 255 && NAME.as_ref().is_some_and(|regex| regex.is_match(text));
    (!fits).then(|| invalid("validation_is_host", "Must be a valid IP address or DNS name."))
}

fn url(text: &str) -> Check {
    let fits = text.is_empty() || host::is_url(text) && !text.contains(char::is_whitespace);
    (!fits).then(|| invalid("validation_is_url", "Must be a valid URL."))
}

fn color(text: &str) -> Check {
    if text.is_empty() {
        return None;
    }
    if text.len() != 7 {
        let error = Invalid::new("validation_length_invalid", "The length must be exactly 7.");
        return Some(error.param("max", 7).param("min", 7).into());
    }
    let fits =
        text.strip_prefix('#').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (!fits).then(|| invalid("validation_is_hex_color", "Must be a valid hexadecimal color code."))
}

fn name(text: &str) -> Check {
    (text.len() > NAME_LIMIT).then(|| {
        let text = format!("The length must be between 1 and {NAME_LIMIT}.");
        let error = Invalid::new("validation_length_out_of_range", text);
        error.param("max", NAME_LIMIT).param("min", 1).into()
    })
}

fn required_if(condition: bool, text: &str) -> Check {
    (condition && text.is_empty()).then(|| Invalid::required().into())
}

fn required_number_if(condition: bool, number: i64) -> Check {
    (condition && number == 0).then(|| Invalid::required().into())
}

fn at_least(number: i64, min: i64) -> Check {
    (number < min).then(|| {
        Invalid::new("validation_min_greater_equal_than_required", format!("Must be no less than {min}."))
            .param("threshold", min)
            .into()
    })
}

fn at_most(number: i64, max: i64) -> Check {
    (number > max).then(|| {
        Invalid::new("validation_max_less_equal_than_required", format!("Must be no greater than {max}."))
            .param("threshold", max)
            .into()
    })
}

fn one_of(text: &str, known: &[&str]) -> Check {
    (!text.is_empty() && !known.contains(&text))
        .then(|| invalid("validation_in_invalid", "Must be a valid value."))
}

fn invalid(code: &'static str, message: &'static str) -> FieldError {
    Invalid::new(code, message).into()
}

fn nested(errors: FieldErrors) -> Check {
    (!errors.is_empty()).then_some(FieldError::Nested(errors))
}

fn list<T>(items: &[T], check: impl Fn(&T) -> Check) -> Check {
    let errors = items.iter().enumerate().filter_map(|(index, item)| Some((index.to_string(), check(item)?)));
    nested(errors.collect())
}

fn gather<const COUNT: usize>(checks: [(&str, Check); COUNT]) -> FieldErrors {
    checks.into_iter().filter_map(|(name, check)| Some((name.to_owned(), check?))).collect()
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use crate::Value;
    use crate::error::{FieldError, FieldErrors};

    /// The paths and codes of everything that is wrong after a merge.
    fn wrong(submitted: &str) -> Vec<String> {
        let submitted: Value = serde_json::from_str(submitted).unwrap();
        let mut found = Vec::new();
        walk("", &Settings::initial().merged(&submitted).unwrap().validate(), &mut found);
        found
    }

    fn walk(path: &str, errors: &FieldErrors, found: &mut Vec<String>) {
        for (name, error) in errors {
            match error {
                FieldError::Invalid(invalid) => found.push(format!("{path}{name} {}", invalid.code)),
                FieldError::Nested(nested) => walk(&format!("{path}{name}."), nested, found),
            }
        }
    }

    #[test]
    fn initial_settings_are_valid_and_survive_storage() {
        let initial = Settings::initial();
        assert_eq!(wrong("{}"), Vec::<String>::new());
        assert_eq!(Settings::from_stored(&initial.to_stored()).unwrap(), initial);
    }

    #[test]
    fn secrets_are_kept_and_not_shown() {
        let submitted: Value =
            serde_json::from_str(r#"{"SMTP":{"Password":"hush"},"s3":{"secret":"hush"}}"#).unwrap();
        let settings = Settings::initial().merged(&submitted).unwrap();
        assert_eq!(settings.smtp.password, "hush");
        assert!(!settings.to_public().to_string().contains("hush"));
        assert_eq!(settings.to_stored().to_string().matches("hush").count(), 2);
        assert!(!settings.to_public()["smtp"].as_object().unwrap().contains_key("password"));
    }

    #[test]
    fn refusals() {
        assert_eq!(
            wrong(
                r##"{"meta":{"accentColor":"#12345G","appName":"","appURL":"localhost","senderAddress":"x"}}"##
            ),
            [
                "meta.accentColor validation_is_hex_color",
                "meta.appName validation_required",
                "meta.appURL validation_is_url",
                "meta.senderAddress validation_is_email"
            ]
        );
        assert_eq!(
            wrong(r#"{"smtp":{"enabled":true,"host":"a b","port":-1,"authMethod":"X"}}"#),
            [
                "smtp.authMethod validation_in_invalid",
                "smtp.host validation_is_host",
                "smtp.port validation_min_greater_equal_than_required"
            ]
        );
        assert_eq!(wrong(r#"{"backups":{"cron":"x","cronMaxKeep":0}}"#).len(), 2);
        assert_eq!(
            wrong(
                r#"{"superuserIPs":["x","127.0.0.1","1.2.3.4/99","","1.2.3.4/08","::1/64","fe80::1%eth0","1.2.3.4%x"]}"#
            ),
            [
                "superuserIPs.0 validation_invlaid_ip_or_subnet",
                "superuserIPs.2 validation_invlaid_ip_or_subnet",
                "superuserIPs.3 validation_required",
                "superuserIPs.4 validation_invlaid_ip_or_subnet",
                "superuserIPs.7 validation_invlaid_ip_or_subnet",
            ]
        );
        assert_eq!(
            wrong(r#"{"logs":{"maxDays":9007199254740992}}"#),
            ["logs.maxDays validation_max_less_equal_than_required"]
        );
        assert_eq!(
            wrong(r#"{"rateLimits":{"enabled":true,"rules":[]}}"#),
            ["rateLimits.rules validation_required"]
        );
        assert_eq!(
            wrong(
                r#"{"rateLimits":{"rules":[{"label":"/a","duration":1,"maxRequests":1,"audience":"@guest"},{"label":"/a","duration":1,"maxRequests":1}]}}"#
            ),
            ["rateLimits.rules.1.label validation_conflicting_rate_limit_rule"]
        );
        for (label, fits) in [
            ("/", true),
            ("GET /a-b/", true),
            ("*:create", true),
            ("x:y", true),
            ("tag", true),
            ("a/b", false),
            ("*", false),
            ("/a.b", false),
            ("GET  /a", false),
        ] {
            let found = wrong(&format!(
                r#"{{"rateLimits":{{"rules":[{{"label":"{label}","duration":1,"maxRequests":1}}]}}}}"#
            ));
            assert_eq!(found.is_empty(), fits, "{label} {found:?}");
        }
    }
}
