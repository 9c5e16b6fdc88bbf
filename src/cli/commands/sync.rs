//! `sync` and `plan`: one run of the engine, or one per interval, from the command line.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, absolute};
use std::time::Duration;

use super::Context;
use crate::cli::args::SyncArguments;
use crate::cli::clock::SystemClock;
use crate::cli::connect::{self, Mode};
use crate::cli::exit::Exit;
use crate::cli::follow::{Ended, Follower, Manner, Shown};
use crate::cli::json;
use crate::cli::json::plan::PlanJson;
use crate::cli::output::{say, say_error};
use crate::cli::plan_file::{self, Accounts, SavedPlan};
use crate::cli::profile::{OpenProfile, known_contact};
use crate::cli::resolve::Access;
use crate::cli::signal::Signal;
use crate::cli::text;
use crate::cli::unlock;
use crate::domain::basis::Basis;
use crate::domain::ids::ContactId;
use crate::domain::local::Initial;
use crate::domain::question::QuestionKey;
use crate::domain::run::RunReport;
use crate::engine::command::Command;
use crate::error::AppError;
use crate::ports::Clock;

/// `sync`.
pub async fn sync(context: &Context, arguments: &SyncArguments) -> Result<Exit, AppError> {
    if arguments.dry_run {
        return dry_run(context, arguments.full, Some(arguments.max_wait), None).await;
    }
    let manner = Manner { yes: arguments.yes, chatty: is_chatty(context) };
    let first = Command::Sync { full: arguments.full, contact: arguments.contact.map(ContactId) };
    let mut follower = connected(context, Some(arguments.max_wait), manner, arguments.watch, first).await?;
    let result = runs(context, &mut follower, arguments.watch).await;
    follower.end().await?;
    result
}

/// `plan`.
pub async fn plan(context: &Context, full: bool, out: Option<&Path>) -> Result<Exit, AppError> {
    let out = out.map(absolute).transpose().map_err(|error| AppError::Usage {
        message: format!("that is no file name: {error}"),
        remedy: "Name a file.".into(),
    })?;
    dry_run(context, full, None, out.as_deref()).await
}

/// `apply`.
pub async fn apply(context: &Context, file: &Path, max_wait: Duration) -> Result<Exit, AppError> {
    let saved = plan_file::read(file)?;
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let command = Command::Apply(saved.basis);
    let mut follower = connected(context, Some(max_wait), manner, false, command).await?;
    let result = runs(context, &mut follower, false).await;
    follower.end().await?;
    result
}

/// Saves a plan and says so.
fn save(context: &Context, path: &Path, shown: &Shown) -> Result<(), AppError> {
    let snapshot = &shown.view.snapshot;
    let capsule = snapshot.capsule.as_ref().map(|account| account.subdomain.clone()).unwrap_or_default();
    let kashflow = snapshot.company.as_ref().map(|company| company.name.clone()).unwrap_or_default();
    let saved = SavedPlan {
        made: SystemClock.now(),
        accounts: Accounts { capsule, kashflow },
        basis: Basis::of(snapshot, &shown.view.local, &context.resolved.file.policy, &shown.plan),
    };
    let replaced = plan_file::save(path, &saved, &shown.plan, snapshot)?;
    let what = if replaced { "the plan replaces the earlier one in" } else { "the plan is saved in" };
    say(&format!("{what} {}; carry it out with `kashsync apply`", path.display()));
    Ok(())
}

/// Follows the run, or with `watch` one run after the other, and prints each: one document a line where JSON is asked for.
async fn runs(context: &Context, follower: &mut Follower, watch: bool) -> Result<Exit, AppError> {
    let mut told = false;
    loop {
        let report = match follower.run().await? {
            // Between two runs there is nothing to add to what was printed.
            Ended::Signalled(signal) if told => return Ok(signal.exit()),
            Ended::Signalled(signal) => return Ok(cancelled(context, signal)),
            Ended::Run(report) => report,
        };
        print_run(context, follower, &report)?;
        told = true;
        if let Some(signal) = follower.signal {
            return Ok(signal.exit());
        }
        let exit = Exit::of_run(&report);
        if !watch || exit == Exit::Guard {
            return Ok(exit);
        }
    }
}

/// A signal that came before there was a run to record.
fn cancelled(context: &Context, signal: Signal) -> Exit {
    context.output.fail(&AppError::Refused {
        code: "cancelled",
        message: "stopped before the run began".into(),
        remedy: "Nothing was written.".into(),
    });
    signal.exit()
}

fn print_run(context: &Context, follower: &Follower, report: &RunReport) -> Result<(), AppError> {
    let waiting = follower.shown.as_ref().filter(|_| Exit::of_run(report) == Exit::Guard);
    context.output.print(
        || json::sync::sync(report),
        || {
            let plan = waiting.map(|shown| text::plan::plan(&shown.plan, shown.minutes, &shown.view));
            let mut page = plan.unwrap_or_default();
            page.add(&text::run::run(report));
            page
        },
    )?;
    if let Some(error) = &report.error {
        say_error(&error.message, &error.remedy);
    }
    Ok(())
}

async fn dry_run(
    context: &Context,
    full: bool,
    max_wait: Option<Duration>,
    out: Option<&Path>,
) -> Result<Exit, AppError> {
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let mut follower = connected(context, max_wait, manner, false, Command::Plan { full }).await?;
    let ended = follower.run().await;
    let (shown, known, signal) = (follower.shown.take(), follower.known.clone(), follower.signal);
    follower.end().await?;
    let report = match ended? {
        Ended::Run(report) => report,
        Ended::Signalled(signal) => return Ok(cancelled(context, signal)),
    };
    match (shown, &report.error) {
        (Some(shown), None) => {
            if let Some(path) = out {
                save(context, path, &shown)?;
            }
            context.output.print(
                || plan_json(&shown, &known),
                || text::plan::plan(&shown.plan, shown.minutes, &shown.view),
            )?;
            Ok(Exit::Done)
        }
        (_, Some(error)) => {
            context.output.fail(&AppError::Run(error.clone()));
            Ok(signal.map_or_else(|| Exit::of_run(&report), Signal::exit))
        }
        (None, None) => Err(AppError::machine("the run made no plan", "Report this to the authors.")),
    }
}

fn plan_json(shown: &Shown, known: &BTreeSet<QuestionKey>) -> PlanJson {
    json::plan::plan(&shown.plan, shown.minutes, known, &shown.view.snapshot, &shown.view.local)
}

/// The engine on a profile that is open already, at work on a command that acts at once.
pub(super) async fn engine_for(
    context: &Context,
    profile: OpenProfile,
    command: Command,
) -> Result<Follower, AppError> {
    let access = unlock::access(context, None).await?;
    for warning in &access.warnings {
        say(&format!("warning: {warning}"));
    }
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let attended = std::io::stderr().is_terminal();
    let engine = connect::start(profile, access, Mode { timer: false, attended }, Some(command))?;
    Follower::new(engine, manner, BTreeSet::new())
}

/// The engine on the open profile, at work on its first command.
pub(super) async fn connected(
    context: &Context,
    max_wait: Option<Duration>,
    manner: Manner,
    timer: bool,
    first: Command,
) -> Result<Follower, AppError> {
    let access = unlock::access(context, max_wait).await?;
    connected_with(context, access, manner, timer, first).await
}

/// The same, with what opens the services.
pub(super) async fn connected_with(
    context: &Context,
    access: Access,
    manner: Manner,
    timer: bool,
    first: Command,
) -> Result<Follower, AppError> {
    for warning in &access.warnings {
        say(&format!("warning: {warning}"));
    }
    let profile = OpenProfile::open(&context.resolved).await?;
    if let Command::Sync { contact: Some(contact), .. } = &first {
        if profile.kept.local.progress.initial != Initial::Done {
            return Err(AppError::Refused {
                code: "first_run_needs_yes",
                message: "the first sync is of everything, and its plan is approved as a whole".into(),
                remedy: "Sync without --contact first: `kashsync sync`. Nothing was read or written.".into(),
            });
        }
        known_contact(&profile.kept, contact.0)?;
    }
    let known = profile.kept.local.questions.values().map(|question| question.asked.key.clone()).collect();
    let attended = !timer && std::io::stderr().is_terminal();
    let engine = connect::start(profile, access, Mode { timer, attended }, Some(first))?;
    Follower::new(engine, manner, known)
}

/// Whether the sync log goes to standard error: always for people, for JSON only when asked for.
pub(super) fn is_chatty(context: &Context) -> bool {
    !context.output.json || context.globals.verbose > 0
}
