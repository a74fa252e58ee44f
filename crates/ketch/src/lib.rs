//! The command line: reads it, chooses the storage driver, starts and stops.

mod app_command;
mod apps_front;
mod banner;
mod cli;
mod console;
mod failure;
mod project;
mod serve;
mod stores;
mod superuser;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing::Level;

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
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false).init();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(format!("The system refused the threads that the server needs: {error}."))
    })?;
    let result = match cli.command {
        Command::Serve(options) => runtime.block_on(serve::serve(&cli.global, options)),
        Command::Superuser(command) => runtime.block_on(superuser::run(&cli.global, command)),
        Command::App(command) => runtime.block_on(app_command::run(&cli.global, command)),
        Command::Migrate(_) => Err(Failure::new("Migrations are not built yet.")),
    };
    // Whatever still runs ends with the process; what had to be finished was waited for above.
    runtime.shutdown_background();
    result
}
