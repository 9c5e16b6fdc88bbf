//! The commands, one function each: what is printed and how the process ends.

mod at_once;
pub mod backup;
pub mod credentials;
pub mod decisions;
pub mod deletion;
pub mod demo;
pub mod export;
pub mod lists;
pub mod merging;
pub mod pairs;
pub mod parts;
pub mod profiles;
pub mod settings;
pub mod sim;
pub mod switch;
pub mod sync;
pub mod undo;

use super::args::{Command, Globals};
use super::exit::Exit;
use super::output::Output;
use super::resolve::Resolved;
use crate::config::env::Environment;
use crate::error::AppError;
use crate::telemetry::LogSecrets;

/// What every command is given.
#[derive(Debug, Clone)]
pub struct Context {
    /// Flags of every command.
    pub globals: Globals,
    /// The environment.
    pub environment: Environment,
    /// Profile, paths, settings.
    pub resolved: Resolved,
    /// How to print.
    pub output: Output,
    /// What the log leaves out.
    pub log_secrets: LogSecrets,
}

/// Carries a command out.
pub async fn carry_out(context: &Context, command: Command) -> Result<Exit, AppError> {
    match command {
        Command::Demo(arguments) => demo::demo(context, &arguments).await,
        Command::Sync(arguments) => sync::sync(context, &arguments).await,
        Command::Plan { full, out } => sync::plan(context, full, out.as_deref()).await,
        Command::Apply { file, max_wait } => sync::apply(context, &file, max_wait).await,
        Command::Status => lists::status(context).await,
        Command::Contacts { query, csv } => lists::contacts(context, query.as_deref(), csv).await,
        Command::Contact { id } => lists::contact(context, id).await,
        Command::Invoices { contact, state, csv } => lists::invoices(context, contact, state, csv).await,
        Command::Invoice { number, bill } => parts::invoice(context, number, bill).await,
        Command::Debtors { csv } => lists::debtors(context, csv).await,
        Command::Questions => lists::questions(context).await,
        Command::Answer { question, choice, value } => {
            decisions::answer(context, question, &choice, value.as_deref()).await
        }
        Command::Export(arguments) => export::export(context, &arguments).await,
        Command::Take { id, field, side } => decisions::take(context, id, field, side).await,
        Command::Journal { run } => lists::journal(context, run).await,
        Command::Undo { entries, run } => undo::undo(context, entries, run).await,
        Command::Ignore { record } => decisions::ignore(context, &record).await,
        Command::Unignore { record } => decisions::unignore(context, &record).await,
        Command::Ignored => lists::ignored(context).await,
        Command::Link { contact, record } => pairs::link(context, contact, &record).await,
        Command::Unlink { contact, side } => pairs::unlink(context, contact, side).await,
        Command::Never { contact, record } => pairs::never(context, contact, &record).await,
        Command::Retry { contact } => pairs::retry(context, contact).await,
        Command::Duplicates => pairs::duplicates(context).await,
        Command::Merge(arguments) => merging::merge(context, &arguments).await,
        Command::Delete(arguments) => deletion::delete(context, &arguments).await,
        Command::Settings { command } => settings::settings(context, command).await,
        Command::Enable => switch::enable(context).await,
        Command::Disable { yes, clear_summary } => switch::disable(context, yes, clear_summary).await,
        Command::Backup { file } => backup::backup(context, &file).await,
        Command::Restore(arguments) => backup::restore(context, &arguments).await,
        Command::Credentials { command } => credentials::credentials(context, command).await,
        Command::Profiles => profiles::profiles(context).await,
        Command::Sim(arguments) => sim::sim(&arguments).await,
    }
}
