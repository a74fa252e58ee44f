//! The app's settings, as superusers see and change them.

mod definition;
mod validate;

pub use definition::{
    Backups, Batch, Logs, Meta, RateLimitRule, RateLimits, S3, Settings, Smtp, TrustedProxy,
};
