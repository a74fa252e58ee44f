//! The command line: reads it, chooses the storage driver, starts and stops.

mod app_command;
mod banner;
mod cli;
mod console;
mod failure;
mod fronts;
mod observe;
mod project;
mod serve;
mod service_options;
mod stores;
mod superuser;
mod telemetry_options;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use ketch_telemetry::logs::{LogLayer, LogPort};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use cli::{Cli, Command};
use failure::Failure;

/// Runs the command line of this process to its end.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not failures.
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let asked = asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            if asked {
                console::say(&error.render().to_string());
                return ExitCode::SUCCESS;
            }
            eprintln!("{}", error.render().to_string().trim_end());
            return ExitCode::FAILURE;
        }
    };
    let level = if cli.global.dev { Level::DEBUG } else { Level::WARN };
    let log = LogPort::default();
    let console = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    tracing_subscriber::registry()
        .with(console.with_filter(LevelFilter::from_level(level)))
        .with(LogLayer::new(log.clone()).with_filter(LevelFilter::from_level(level.max(Level::INFO))))
        .init();
    match execute(cli, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli, log: &LogPort) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(format!("The system refused the threads that the server needs: {error}."))
    })?;
    let result = match cli.command {
        Command::Serve(options) => runtime.block_on(serve::serve(&cli.global, options, log)),
        Command::Superuser(command) => runtime.block_on(superuser::run(&cli.global, command)),
        Command::App(command) => runtime.block_on(app_command::run(&cli.global, command)),
        Command::Migrate(_) => Err(Failure::new("Migrations are not built yet.")),
    };
    // Whatever still runs ends with the process; what had to be finished was waited for above.
    runtime.shutdown_background();
    result
}
