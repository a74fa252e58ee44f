//! The shape of the settings, their initial values and stored form.

use crate::document;
use crate::document::{Document, Keys, View};
use crate::{Error, Value};

/// Every setting. [`Settings::initial`] is what a new app starts with; `default()` is all zeros,
/// which is what a submitted `null` resets a group to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Addresses and subnets that superusers may act from; empty for all.
    pub superuser_ips: Vec<String>,
    pub smtp: Smtp,
    pub backups: Backups,
    pub s3: S3,
    pub meta: Meta,
    pub rate_limits: RateLimits,
    pub trusted_proxy: TrustedProxy,
    pub batch: Batch,
    pub logs: Logs,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Smtp {
    pub enabled: bool,
    pub port: i64,
    pub host: String,
    pub username: String,
    pub password: String,
    /// `PLAIN`, `LOGIN` or empty (`PLAIN`).
    pub auth_method: String,
    /// TLS from the first byte; otherwise STARTTLS where offered.
    pub tls: bool,
    pub local_name: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backups {
    /// When to make a backup ([`crate::cron`]); empty for never.
    pub cron: String,
    pub cron_max_keep: i64,
    pub s3: S3,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3 {
    pub enabled: bool,
    pub bucket: String,
    pub region: String,
    pub endpoint: String,
    pub access_key: String,
    pub secret: String,
    pub force_path_style: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meta {
    pub accent_color: String,
    pub app_name: String,
    pub app_url: String,
    pub sender_name: String,
    pub sender_address: String,
    pub hide_controls: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimits {
    pub rules: Vec<RateLimitRule>,
    pub excluded_ips: Vec<String>,
    pub enabled: bool,
}

/// At most `max_requests` within `duration` seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimitRule {
    pub label: String,
    /// Empty for everybody, `@guest` or `@auth`.
    pub audience: String,
    pub duration: i64,
    pub max_requests: i64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrustedProxy {
    /// Names of headers that a proxy in front sets to the client's address.
    pub headers: Vec<String>,
    pub use_leftmost_ip: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub enabled: bool,
    pub max_requests: i64,
    /// In seconds.
    pub timeout: i64,
    /// In bytes; 0 for the server's default.
    pub max_body_size: i64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs {
    /// In bytes; 0 for the server's default.
    pub max_data_size: i64,
    /// 0 switches the log off.
    pub max_days: i64,
    pub min_level: i64,
    pub log_ip: bool,
    pub log_auth_id: bool,
}

document!(Settings {
    superuser_ips => "superuserIPs",
    smtp => "smtp",
    backups => "backups",
    s3 => "s3",
    meta => "meta",
    rate_limits => "rateLimits",
    trusted_proxy => "trustedProxy",
    batch => "batch",
    logs => "logs",
});
document!(Smtp {
    enabled => "enabled",
    port => "port",
    host => "host",
    username => "username",
    password => "password" secret,
    auth_method => "authMethod",
    tls => "tls",
    local_name => "localName",
});
document!(Backups { cron => "cron", cron_max_keep => "cronMaxKeep", s3 => "s3" });
document!(S3 {
    enabled => "enabled",
    bucket => "bucket",
    region => "region",
    endpoint => "endpoint",
    access_key => "accessKey",
    secret => "secret" secret omit,
    force_path_style => "forcePathStyle",
});
document!(Meta {
    accent_color => "accentColor",
    app_name => "appName",
    app_url => "appURL",
    sender_name => "senderName",
    sender_address => "senderAddress",
    hide_controls => "hideControls",
});
document!(RateLimits { rules => "rules", excluded_ips => "excludedIPs", enabled => "enabled" });
document!(RateLimitRule {
    label => "label",
    audience => "audience",
    duration => "duration",
    max_requests => "maxRequests",
});
document!(TrustedProxy { headers => "headers", use_leftmost_ip => "useLeftmostIP" });
document!(Batch {
    enabled => "enabled",
    max_requests => "maxRequests",
    timeout => "timeout",
    max_body_size => "maxBodySize",
});
document!(Logs {
    max_data_size => "maxDataSize",
    max_days => "maxDays",
    min_level => "minLevel",
    log_ip => "logIP",
    log_auth_id => "logAuthId",
});

impl Settings {
    /// The settings of a new app.
    pub fn initial() -> Self {
        let rule = |label: &str, max_requests, duration| RateLimitRule {
            label: label.to_owned(),
            audience: String::new(),
            duration,
            max_requests,
        };
        Self {
            smtp: Smtp { port: 587, host: "smtp.example.com".to_owned(), ..Smtp::default() },
            backups: Backups { cron_max_keep: 3, ..Backups::default() },
            meta: Meta {
                accent_color: "#1055c9".to_owned(),
                app_name: "Acme".to_owned(),
                app_url: "http://localhost:8090".to_owned(),
                sender_name: "Support".to_owned(),
                sender_address: "support@example.com".to_owned(),
                hide_controls: false,
            },
            rate_limits: RateLimits {
                rules: vec![
                    rule("*:auth", 2, 3),
                    rule("*:create", 20, 5),
                    rule("/api/batch", 3, 1),
                    rule("/api/", 300, 10),
                ],
                ..RateLimits::default()
            },
            batch: Batch { max_requests: 50, timeout: 3, ..Batch::default() },
            logs: Logs { max_days: 5, log_ip: true, ..Logs::default() },
            ..Self::default()
        }
    }

    /// Reads the stored form; what it lacks keeps the initial value.
    ///
    /// # Errors
    /// One sentence for the log.
    pub fn from_stored(stored: &Value) -> Result<Self, String> {
        let mut settings = Self::initial();
        settings.merge(stored, Keys::AnyCase)?;
        Ok(settings)
    }

    /// The stored form, secrets included.
    pub fn to_stored(&self) -> Value {
        self.to_value(View::Stored)
    }

    /// The form for superusers, without secrets.
    pub fn to_public(&self) -> Value {
        self.to_value(View::Public)
    }

    /// These settings with submitted JSON merged over them. Unknown keys are ignored.
    ///
    /// # Errors
    /// 400 for values of a wrong type.
    pub fn merged(&self, submitted: &Value) -> Result<Self, Error> {
        let mut settings = self.clone();
        settings.merge(submitted, Keys::AnyCase).map_err(|cause| {
            Error::bad_request("An error occurred while loading the submitted data.").with_cause(cause)
        })?;
        Ok(settings)
    }
}
