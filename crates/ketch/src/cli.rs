//! What may be typed. Names of commands and flags are PocketBase's.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::service_options::ServiceFlags;
use crate::telemetry_options::TelemetryFlags;

#[derive(Debug, Parser)]
#[command(
    name = "ketch",
    about = "A backend in one file: collections, records, accounts and files over HTTP.",
    version = concat!("version ", env!("CARGO_PKG_VERSION")),
    disable_version_flag = true,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Prints the version
    #[arg(short = 'v', long = "version", action = ArgAction::Version)]
    version: (),
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The data folder [default: pb_data beside the executable]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// The environment variable with the 32 characters that the stored settings are encrypted with
    #[arg(long = "encryptionEnv", global = true, value_name = "NAME")]
    pub(crate) encryption_env: Option<String>,
    /// Shows what happens inside on the console
    #[arg(long, global = true, default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
          require_equals = true, default_missing_value = "true", hide_default_value = true, value_name = "BOOL")]
    pub(crate) dev: bool,
    /// The seconds that one query may take; 0 for no limit
    #[arg(long = "queryTimeout", global = true, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) query_timeout: u64,
    /// The folder with static files [default: pb_public beside the executable]
    #[arg(long = "publicDir", global = true, value_name = "FOLDER")]
    pub(crate) public_dir: Option<PathBuf>,
    /// Answers the public folder's index.html where a file is missing
    #[arg(long = "indexFallback", global = true, default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
          require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) index_fallback: bool,
    /// The folder with JavaScript hooks [default: pb_hooks beside the data folder]
    #[arg(long = "hooksDir", global = true, value_name = "FOLDER")]
    pub(crate) hooks_dir: Option<PathBuf>,
    /// The folder with migrations [default: pb_migrations beside the data folder]
    #[arg(long = "migrationsDir", global = true, value_name = "FOLDER")]
    pub(crate) migrations_dir: Option<PathBuf>,
    /// Fixes the main app's id for Instant clients [default: made at the first start]
    #[arg(long = "app-id", global = true, env = "KETCH_APP_ID", value_name = "UUID")]
    pub(crate) app_id: Option<String>,
    /// Fixes the main app's admin token for Instant clients [default: made at the first start]
    #[arg(
        long = "admin-token",
        global = true,
        env = "KETCH_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "UUID"
    )]
    pub(crate) admin_token: Option<String>,
    /// What a commit waits for: normal survives a crash of the process, full a power cut too
    #[arg(long, global = true, value_enum, default_value_t = Synchronous::Normal, value_name = "MODE")]
    pub(crate) synchronous: Synchronous,
    // For tests that do not want to wait for minutes.
    #[arg(long = "realtimeIdle", global = true, hide = true, value_name = "SECONDS")]
    pub(crate) realtime_idle: Option<u64>,
    #[arg(long = "realtimeLongest", global = true, hide = true, value_name = "SECONDS")]
    pub(crate) realtime_longest: Option<u64>,
    // Known to scripts that start PocketBase; without a meaning until hooks and migrations are built.
    #[arg(long = "hooksPool", global = true, hide = true)]
    hooks_pool: Option<u64>,
    #[arg(long = "hooksWatch", global = true, hide = true, num_args = 0..=1, require_equals = true)]
    hooks_watch: Option<Option<bool>>,
    #[arg(long = "automigrate", global = true, hide = true, num_args = 0..=1, require_equals = true)]
    automigrate: Option<Option<bool>>,
    /// Where folders are that no flag names; nothing: beside the executable.
    #[arg(skip)]
    pub(crate) home: Option<PathBuf>,
    /// How this program is called, for texts that tell what to type.
    #[arg(skip)]
    pub(crate) program: String,
}

/// What an acknowledged write has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Synchronous {
    Normal,
    Full,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts the server
    Serve(Serve),
    /// Manages superusers
    #[command(subcommand, arg_required_else_help = true)]
    Superuser(Superuser),
    /// Manages apps: their ids and admin tokens for Instant clients
    #[command(subcommand, arg_required_else_help = true)]
    App(AppCommand),
    #[command(hide = true)]
    Migrate(Words),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Domains to serve with TLS
    #[arg(value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) http: String,
    /// The address to listen on with TLS
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) https: Option<String>,
    /// The origins whose pages may call, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "*", value_name = "ORIGINS")]
    pub(crate) origins: Vec<String>,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryFlags,
    #[command(flatten)]
    pub(crate) services: ServiceFlags,
    /// Lets anybody make apps for Instant clients; each is removed after 14 days
    #[arg(long = "ephemeral-apps")]
    pub(crate) ephemeral_apps: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Superuser {
    /// Creates a superuser: EMAIL PASSWORD
    Create(Words),
    /// Creates a superuser, or changes the password of an existing one: EMAIL PASSWORD
    Upsert(Words),
    /// Changes the password of a superuser: EMAIL PASSWORD
    Update(Words),
    /// Deletes a superuser: EMAIL
    Delete(Words),
    /// Makes a one-time password for a superuser: EMAIL
    Otp(Words),
    /// Sets the addresses that superusers may act from; without addresses every one is allowed: [IP…]
    Ips(Words),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Lists the apps with their ids and admin tokens, the main one first
    List {
        /// Prints a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Makes an app in a folder of its own and prints its id and admin token: [TITLE]
    Create {
        #[arg(default_value = "Untitled")]
        title: String,
        /// Prints a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Gives an app another admin token and prints it; the old one ends at once: APP_ID
    RotateToken {
        #[arg(value_name = "APP_ID")]
        id: String,
    },
    /// Deletes an app with all its records and files: APP_ID --yes
    Delete {
        #[arg(value_name = "APP_ID")]
        id: String,
        /// Deletes without a way back
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Words {
    #[arg(value_name = "ARGUMENT")]
    pub(crate) words: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_as_scripts_of_pocketbase_write_them() {
        let cli = Cli::try_parse_from([
            "ketch",
            "serve",
            "--http=127.0.0.1:0",
            "--dir=x",
            "--publicDir=y",
            "--automigrate=false",
            "--hooksWatch=false",
            "--hooksPool=3",
            "--indexFallback=false",
            "--dev",
            "--origins",
            "a,b",
        ])
        .unwrap();
        assert!(!cli.global.index_fallback && cli.global.dev);
        let Command::Serve(serve) = cli.command else { panic!("not serve") };
        assert_eq!(serve.origins, ["a", "b"]);
        let cli = Cli::try_parse_from(["ketch", "superuser", "upsert", "a@b.co", "12345678", "--dir", "x"])
            .unwrap();
        let Command::Superuser(Superuser::Upsert(words)) = cli.command else { panic!("not upsert") };
        assert_eq!(words.words, ["a@b.co", "12345678"]);
        assert!(Cli::try_parse_from(["ketch", "serve", "--foo"]).is_err());
    }
}
