//! `demo`: the whole program on built-in simulators and a sample firm, in a throw-away home.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::Context;
use super::sim::{serve, variables};
use crate::cli::args::{Dataset, DemoArguments};
use crate::cli::connect::{self, Mode};
use crate::cli::exit::Exit;
use crate::cli::follow::{Ended, Follower, Manner};
use crate::cli::json;
use crate::cli::page::Page;
use crate::cli::profile::OpenProfile;
use crate::cli::resolve::{self, Resolved};
use crate::cli::screen;
use crate::cli::text;
use crate::config::credentials::Credentials;
use crate::config::env::Environment;
use crate::config::file::ProfileFile;
use crate::config::paths::{Paths, Profile};
use crate::domain::debtors::debtors;
use crate::engine::EngineHandle;
use crate::engine::command::Command;
use crate::error::AppError;
use crate::sim::server::Addresses;

/// How long every answer of the simulators takes while somebody watches: the sample firm's first sync takes some seconds.
const WATCHED: Duration = Duration::from_millis(120);

/// The document of a demo without a terminal.
#[derive(Debug, Serialize)]
struct DemoJson {
    plan: Option<json::plan::PlanJson>,
    sync: json::sync::SyncJson,
    questions: Vec<json::questions::QuestionJson>,
    debtors: Vec<json::debtors::DebtorJson>,
}

/// The screen on the simulators; without a terminal, the first sync's plan, result, open questions and debtors.
pub async fn demo(context: &Context, arguments: &DemoArguments) -> Result<Exit, AppError> {
    let home = tempfile::Builder::new().prefix("kashsync-demo-").tempdir().map_err(|error| {
        AppError::machine(format!("no throw-away folder can be made: {error}"), "Look at TMPDIR.")
    })?;
    let dataset = arguments.contacts.map_or(Dataset::Demo, Dataset::Large);
    let watched = screen::is_possible(context);
    // A large firm takes its time anyway.
    let latency = if watched && dataset == Dataset::Demo { WATCHED } else { Duration::ZERO };
    let (running, company) = serve(dataset, arguments.seed, Addresses::default(), latency).await?;
    let environment = Environment::of(variables(&running, &company));
    let profile = Profile::default();
    let resolved = Resolved {
        paths: Paths::of(&profile, Some(home.path()))?,
        profile,
        file: ProfileFile::default(),
        color: context.resolved.color,
    };
    let credentials = Credentials::of(&environment, None, &resolved.profile);
    let access = resolve::access(&resolved.file, credentials, &environment, None)?;
    let open = OpenProfile::open(&resolved).await?;
    if watched {
        let engine = connect::start(open, access, Mode { timer: true, attended: true }, None)?;
        return screen::show(context, &resolved, engine).await;
    }
    let engine = connect::start(open, access, Mode { timer: false, attended: true }, None)?;
    told(context, engine, &company.name).await
}

/// Runs the first sync, approves it, and prints everything at its end.
async fn told(context: &Context, engine: EngineHandle, company: &str) -> Result<Exit, AppError> {
    let manner = Manner { yes: true, chatty: false };
    let mut follower = Follower::new(engine, manner, BTreeSet::new())?;
    follower.send(Command::Sync { full: false, contact: None }).await;
    let ended = follower.run().await;
    let shown = follower.shown.take();
    let known = BTreeSet::new();
    let view = follower.end().await?;
    let report = match ended? {
        Ended::Run(report) => report,
        Ended::Signalled(signal) => return Ok(signal.exit()),
    };
    let owing = debtors(&view.snapshot, &view.documents, &view.local, view.today);
    let open = || view.local.open_questions();
    context.output.print(
        || DemoJson {
            plan: shown.as_ref().map(|shown| {
                let (snapshot, local) = (&shown.view.snapshot, &shown.view.local);
                json::plan::plan(&shown.plan, shown.minutes, &known, snapshot, local)
            }),
            sync: json::sync::sync(&report),
            questions: open().map(|question| json::questions::question(question, &view.snapshot)).collect(),
            debtors: owing.iter().map(json::debtors::debtor).collect(),
        },
        || {
            let plan = shown.as_ref().map(|shown| text::plan::plan(&shown.plan, shown.minutes, &shown.view));
            let mut page = Page::of(format!("{company}: the first sync's plan"));
            let parts = [
                ("", plan.unwrap_or_default()),
                ("Result", text::run::run(&report)),
                ("Open questions", text::questions::questions(open(), &view.snapshot)),
                ("Debtors", text::documents::debtors(&owing, context.output.color)),
            ];
            for (title, part) in &parts {
                if !title.is_empty() {
                    page.line("");
                    page.line(title);
                }
                page.line("");
                page.add(part);
            }
            page
        },
    )?;
    Ok(match &report.error {
        Some(_) => Exit::of_run(&report),
        None => Exit::Done,
    })
}
