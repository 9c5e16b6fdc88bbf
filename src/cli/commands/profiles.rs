//! `profiles`: the profiles of this home, each with its own state, credentials and lock.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use jiff::Timestamp;
use serde::Serialize;

use super::Context;
use super::backup::blocking;
use crate::cli::clock::SystemClock;
use crate::cli::exit::Exit;
use crate::cli::json::Problem;
use crate::cli::output::say_error;
use crate::cli::page::Page;
use crate::cli::resolve;
use crate::cli::table::{Align, Table};
use crate::cli::text;
use crate::config::credentials::Place;
use crate::config::paths::{Paths, Profile};
use crate::credentials::CredentialStore;
use crate::error::AppError;
use crate::ports::{Clock, Kept, Store, StoreError};
use crate::store::{SledStore, newest_backup};

/// A profile; null is what is not known.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ProfileJson {
    profile: String,
    /// Where its state is.
    folder: String,
    /// The company in KashFlow.
    company: Option<String>,
    /// The account in Capsule.
    capsule: Option<String>,
    /// Where its credentials are stored.
    credentials: Option<&'static str>,
    /// When its newest run ended.
    last_sync: Option<Timestamp>,
    /// Why something is not known: another process has it, or it is damaged.
    error: Option<Problem>,
}

/// `profiles`.
pub async fn profiles(context: &Context) -> Result<Exit, AppError> {
    let home = resolve::home(&context.globals, &context.environment);
    let here = &context.resolved.paths;
    let found = names(here).map_err(|error| {
        AppError::machine(format!("the profiles cannot be listed: {error}"), "Look at the folders' rights.")
    })?;
    let mut listed = Vec::new();
    for profile in found {
        let paths = Paths::of(&profile, home.as_deref())?;
        listed.push(of(&profile, &paths).await?);
    }
    context.output.print(|| &listed, || page(&listed, context.output.color))?;
    for one in &listed {
        if let Some(error) = &one.error {
            say_error(&format!("{}: {}", one.profile, error.message), &error.remedy);
        }
    }
    Ok(Exit::Done)
}

/// Every profile that has left something: a configuration, credentials or a store.
fn names(paths: &Paths) -> io::Result<Vec<Profile>> {
    let mut names = BTreeSet::new();
    for entry in entries(paths.file.parent())? {
        let stem = ["toml", "credentials"]
            .into_iter()
            .find_map(|ending| entry.strip_suffix(ending)?.strip_suffix('.'));
        names.extend(stem.map(str::to_owned));
    }
    if let Some(data) = paths.data.parent() {
        names.extend(entries(Some(data))?.into_iter().filter(|name| SledStore::is_in(&data.join(name))));
    }
    Ok(names.iter().filter_map(|name| Profile::parse(name).ok()).collect())
}

fn entries(folder: Option<&Path>) -> io::Result<Vec<String>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect(),
    }
}

async fn of(profile: &Profile, paths: &Paths) -> Result<ProfileJson, AppError> {
    let mut listed = ProfileJson {
        profile: profile.name().into(),
        folder: paths.data.display().to_string(),
        company: None,
        capsule: None,
        credentials: None,
        last_sync: None,
        error: None,
    };
    let at = paths.clone();
    match blocking(move || CredentialStore::of(&at).place()).await? {
        Ok(place) => listed.credentials = place.map(Place::word),
        Err(error) => listed.error = Some(Problem::from(&AppError::from(error))),
    }
    let kept = kept(&paths.data).await;
    match kept {
        Ok(None) => {}
        Ok(Some(kept)) => {
            let bound = kept.local.progress.bound.as_ref();
            listed.company = bound.map(|bound| bound.company_name.clone());
            listed.capsule = bound.map(|bound| bound.subdomain.clone());
            listed.last_sync = kept.runs.last().map(|run| run.finished);
        }
        Err(error) => {
            // Its newest backup tells whose it is, whoever has it open.
            let folder = paths.data.clone();
            let backup = blocking(move || newest_backup(&folder)).await?;
            let bound = backup.and_then(|backup| backup.accounts);
            listed.company = bound.as_ref().map(|bound| bound.company_name.clone());
            listed.capsule = bound.map(|bound| bound.subdomain);
            listed.error = Some(Problem::from(&AppError::Store(error)));
        }
    }
    Ok(listed)
}

/// What a profile's store holds; none where it has none, and none is begun.
async fn kept(data: &Path) -> Result<Option<Kept>, StoreError> {
    if !SledStore::is_in(data) {
        return Ok(None);
    }
    let folder = data.to_owned();
    let store = blocking(move || SledStore::open(&folder, SystemClock.now()))
        .await
        .map_err(|error| StoreError::Io(error.to_string()))??;
    let kept = store.load().await?;
    store.close().await?;
    Ok(Some(kept))
}

fn page(listed: &[ProfileJson], color: bool) -> Page {
    if listed.is_empty() {
        return Page::of("There is no profile yet.");
    }
    let mut table = Table::new(&[
        ("profile", Align::Left),
        ("company", Align::Left),
        ("credentials", Align::Left),
        ("last sync", Align::Left),
        ("folder", Align::Right),
    ]);
    for one in listed {
        table.row([
            one.profile.clone(),
            one.company.clone().unwrap_or_else(|| "-".into()),
            one.credentials.map_or_else(|| "none stored".into(), |word| word.replace('_', " ")),
            one.last_sync.map_or_else(|| "-".into(), text::moment),
            one.folder.clone(),
        ]);
    }
    table.render(color)
}
