//! The command line: arguments in, one document and an exit code out.
//!
//! [`args`] is what was typed, [`resolve`] makes it ready to use, [`commands`] carry it out, [`json`] and [`text`] are what
//! is printed. Whatever a key on the screen does, a command does. Not here: rules, and anything that decides about records.

pub mod args;
pub mod ask;
pub mod clock;
pub mod commands;
pub mod connect;
pub mod csv;
pub mod exit;
pub mod follow;
pub mod json;
pub mod output;
pub mod page;
pub mod plan_file;
pub mod profile;
pub mod resolve;
pub mod screen;
pub mod signal;
pub mod table;
pub mod text;
pub mod unlock;

use clap::Parser;
use clap::error::ErrorKind;

use self::args::{Arguments, Command};
use self::commands::Context;
use self::exit::Exit;
use self::output::{Output, say};
use crate::config::credentials::secrets;
use crate::config::env::Environment;
use crate::error::AppError;
use crate::telemetry::{self, LogSecrets};

/// Runs the program with this process's arguments and environment.
pub fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let plain = Output { json: arguments.globals.json, color: false };
    match prepared(arguments) {
        Ok((context, command)) => match carried_out(&context, command) {
            Ok(exit) => exit,
            Err(error) => context.output.fail(&error),
        },
        Err(error) => plain.fail(&error),
    }
}

/// What clap says: help and version on standard output, everything else as an error.
fn misused(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Help that nobody reads is no failure.
        let _ = error.print();
        return Exit::Done;
    }
    // The arguments did not parse, so whether JSON was asked for must be looked up by hand.
    if std::env::args_os().any(|argument| argument == "--json") {
        let rendered = error.to_string();
        // A missing argument is named on the lines below.
        let paragraph = rendered.lines().map(str::trim).take_while(|line| !line.is_empty());
        let message = paragraph.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned();
        let usage = AppError::Usage { message, remedy: "See `kashsync --help`.".into() };
        return Output { json: true, color: false }.fail(&usage);
    }
    // What was typed is repeated in it, and may have come from a clipboard.
    for line in error.to_string().lines() {
        say(line);
    }
    Exit::Usage
}

fn prepared(arguments: Arguments) -> Result<(Context, Option<Command>), AppError> {
    let Arguments { globals, command } = arguments;
    let environment = Environment::read()?;
    let resolved = resolve::resolve(&globals, &environment)?;
    let output = Output { json: globals.json, color: resolved.color };
    let log_secrets = LogSecrets::default();
    log_secrets.add(&secrets(&environment));
    let context = Context { globals, environment, resolved, output, log_secrets };
    Ok((context, command))
}

fn carried_out(context: &Context, command: Option<Command>) -> Result<Exit, AppError> {
    // Simulators and demo leave nothing behind, not even a log.
    if !matches!(command, Some(Command::Sim(_) | Command::Demo(_))) {
        start_log(context);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(
            |error| AppError::machine(format!("no threads can be started: {error}"), "Try again."),
        )?;
    runtime.block_on(async {
        match command {
            Some(command) => commands::carry_out(context, command).await,
            None => screen::open(context).await,
        }
    })
}

/// A log that cannot be written is a pity, and no reason not to work.
fn start_log(context: &Context) {
    let resolved = &context.resolved;
    let verbose = context.globals.verbose;
    let started =
        telemetry::start(&resolved.paths.logs, resolved.profile.name(), verbose, &context.log_secrets);
    if let Err(error) = started {
        say(&format!("warning: no log is written to {}: {error}", resolved.paths.logs.display()));
    }
}
