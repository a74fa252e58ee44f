//! The command line: reads it, chooses the storage driver, starts and stops. And the same without a
//! command line: [`Embedded`], a Ketch in the process of somebody else.

mod app_command;
mod banner;
mod cli;
mod console;
mod embedded;
mod failure;
mod fronts;
mod lock;
mod logging;
mod observe;
mod project;
mod round;
mod serve;
mod service_options;
mod stores;
mod superuser;
mod telemetry_options;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use ketch_telemetry::logs::LogPort;
use tracing::Level;

use cli::{Cli, Command};
pub use embedded::{ByteStream, Embedded, OpenFailure, RequestBody};
pub use failure::Failure;

/// Runs the command line of this process to its end.
pub fn run() -> ExitCode {
    ExitCode::from(run_with(env::args_os(), None))
}

/// Runs a command line to its end and answers the exit status. The first of the arguments is how the
/// program is called; `home` is where folders are that no flag names, unless that is beside the executable.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, home: Option<PathBuf>) -> u8 {
    let mut arguments = arguments.into_iter().peekable();
    let program = arguments.peek().map(|name| name.to_string_lossy().into_owned());
    let mut cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not failures.
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let asked = asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            if asked {
                console::say(&error.render().to_string());
                return 0;
            }
            eprintln!("{}", error.render().to_string().trim_end());
            return 1;
        }
    };
    cli.global.home = home;
    cli.global.program = program.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "ketch".to_owned());
    let log = logging::with_console(if cli.global.dev { Level::DEBUG } else { Level::WARN });
    match execute(cli, &log) {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("{failure}");
            1
        }
    }
}

fn execute(cli: Cli, log: &LogPort) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(format!("The system refused the threads that the server needs: {error}."))
    })?;
    let result = match cli.command {
        Command::Serve(options) => runtime.block_on(serve::serve(cli.global, options, log)),
        Command::Superuser(command) => runtime.block_on(superuser::run(&cli.global, command)),
        Command::App(command) => runtime.block_on(app_command::run(&cli.global, command)),
        Command::Migrate(_) => Err(Failure::new("Migrations are not built yet.")),
    };
    // Whatever still runs ends with the process; what had to be finished was waited for above.
    runtime.shutdown_background();
    result
}
