//! `backup` and `restore`: what cannot be read from the services again, to a file and back (design 4.1).

use std::path::{Path, PathBuf, absolute};

use serde::Serialize;

use super::Context;
use crate::cli::args::RestoreArguments;
use crate::cli::clock::SystemClock;
use crate::cli::exit::Exit;
use crate::cli::output::say_error;
use crate::cli::page::Page;
use crate::cli::profile::OpenProfile;
use crate::cli::text::moment;
use crate::config::file::{ProfileFile, write};
use crate::error::AppError;
use crate::ports::{Clock, StoreError};
use crate::store::{self, BackupError, BackupInfo, Restored};

/// What a backup is, in both documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct BackupJson {
    file: String,
    made: String,
    capsule: Option<String>,
    kashflow: Option<String>,
    links: usize,
    questions: usize,
    ignored: usize,
    never: usize,
    journal: usize,
}

/// The document of `restore`.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct RestoredJson {
    /// None when the store was only set aside.
    backup: Option<BackupJson>,
    /// Where the store is that was replaced.
    replaced: Option<String>,
    /// Whether the profile's file was changed, and where its former text is.
    settings: SettingsJson,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct SettingsJson {
    restored: bool,
    replaced: Option<String>,
    /// Why the backup's settings were left out and the present ones left as they are.
    left_out: Option<String>,
}

/// What to do about an automatic backup that was not written.
pub const NO_BACKUP: &str = "Look at the rights of the profile's folder and at the room on its disk; the next sync tries again, and \
                             `kashsync backup FILE` writes a backup elsewhere.";

/// `backup`.
pub async fn backup(context: &Context, file: &Path) -> Result<Exit, AppError> {
    let file = whole_path(file)?;
    let profile = OpenProfile::open(&context.resolved).await?;
    let written = profile.store.back_up_to(&file, profile.now).await.map_err(refused)?;
    profile.store.close().await?;
    context.output.print(|| json(&written), || Page::of(told("The backup is in", &written)))?;
    Ok(Exit::Done)
}

/// `restore`.
pub async fn restore(context: &Context, arguments: &RestoreArguments) -> Result<Exit, AppError> {
    let resolved = &context.resolved;
    let (dir, now) = (resolved.paths.data.clone(), SystemClock.now());
    if arguments.relink {
        let aside = blocking(move || store::set_aside(&dir, now)).await??;
        let document = RestoredJson {
            backup: None,
            replaced: aside.as_deref().map(shown),
            settings: SettingsJson::default(),
        };
        context.output.print(
            || &document,
            || {
                let mut page = Page::of(told_replaced(aside.as_deref()));
                page.line(RELINK);
                page
            },
        )?;
        return Ok(Exit::Done);
    }
    let file = arguments.file.as_deref().map(whole_path).transpose()?;
    let name = resolved.paths.file.clone();
    let outcome = blocking(move || store::restore(&dir, file.as_deref(), now)).await?;
    let Restored { backup, settings, replaced } = outcome.map_err(refused)?;
    let settings = restore_settings(&name, settings.as_deref(), now)?;
    let document = RestoredJson {
        backup: Some(json(&backup)),
        replaced: replaced.as_deref().map(shown),
        settings: settings.clone(),
    };
    context.output.print(
        || &document,
        || {
            let mut page = Page::of(told("Restored from", &backup));
            page.line(told_replaced(replaced.as_deref()));
            if let Some(old) = &settings.replaced {
                page.line(format!("The former settings are in {old}."));
            }
            page.line("The next sync reads both services whole.");
            page
        },
    )?;
    Ok(Exit::Done)
}

/// What begins after the store was set aside.
const RELINK: &str = "The profile begins anew: the next sync reads both services, finds links again by the KashFlow ID in \
                      Capsule, shows its plan and writes nothing before you approve it.";

/// Puts the profile's file back as it was; the present one is kept beside it where it differs. Settings that cannot be
/// understood are left out and told: the links have come back all the same.
fn restore_settings(
    path: &Path,
    settings: Option<&str>,
    now: jiff::Timestamp,
) -> Result<SettingsJson, AppError> {
    let present = std::fs::read_to_string(path).ok();
    let Some(text) = settings.filter(|text| present.as_deref() != Some(*text)) else {
        return Ok(SettingsJson::default());
    };
    if let Err(faults) = ProfileFile::parse(text, "settings") {
        let why =
            format!("the settings in the backup cannot be understood: {}", faults.sentences().join(" "));
        say_error(
            &why,
            "Everything else is restored and the present settings stay. See `kashsync settings` and set what differs.",
        );
        return Ok(SettingsJson { left_out: Some(why), ..SettingsJson::default() });
    }
    let unwritable = |path: &Path, error: &std::io::Error| {
        AppError::machine(
            format!("the store is restored, but {} cannot be written: {error}", path.display()),
            "Look at the folder's rights, then restore again.",
        )
    };
    let aside = present.map(|old| {
        let aside = path.with_extension(format!("toml.old-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        write(&aside, &old).map_err(|error| unwritable(&aside, &error)).map(|()| shown(&aside))
    });
    let replaced = aside.transpose()?;
    write(path, text).map_err(|error| unwritable(path, &error))?;
    Ok(SettingsJson { restored: true, replaced, left_out: None })
}

/// Who must do what about a backup that was not written or not taken.
fn refused(error: BackupError) -> AppError {
    let message = error.to_string();
    match error {
        BackupError::Store(error) => error.into(),
        BackupError::Unwritable(..) => {
            AppError::machine(message, "Name a file in a folder that you can write to.")
        }
        BackupError::InTheWay(_) => {
            AppError::Usage { message, remedy: "Name another file. Nothing was written.".into() }
        }
        BackupError::OtherAccount { .. } => AppError::Refused {
            code: "other_account",
            message,
            remedy: "Use the profile that the backup is of (--profile NAME), or a new one. Nothing was changed.".into(),
        },
        BackupError::NoAccount { .. } => AppError::Refused {
            code: "other_account",
            message,
            remedy: "Name a backup that was made after the first sync, or restore this one into a new profile \
                     (--profile NAME). Nothing was changed."
                .into(),
        },
        BackupError::Newer(_) => {
            AppError::machine(message, "Update kashsync, then try again. Nothing was changed.")
        }
        BackupError::Unreadable(..)
        | BackupError::Other(_)
        | BackupError::CutShort(_)
        | BackupError::Damaged(..) => AppError::Usage {
            message,
            remedy: "Name a file that `kashsync backup` wrote, or one of the automatic backups in the profile's folder. \
                     Nothing was changed."
                .into(),
        },
    }
}

/// What to do about a store that is damaged: restore the newest good backup, or begin anew where there is none.
pub fn damaged(dir: &Path, what: &str) -> AppError {
    let remedy = match store::newest_backup(dir) {
        Some(backup) => format!(
            "Restore the backup of {}: `kashsync restore {}`. The damaged store is kept beside it. Nothing was written to \
             either service.",
            moment(backup.made),
            quoted(&backup.file)
        ),
        None => "There is no backup that could be restored. `kashsync restore --relink` moves the damaged store aside and begins \
                 anew: links are found again by the KashFlow ID in Capsule, and nothing is written before you approve the \
                 first plan."
            .into(),
    };
    AppError::machine(StoreError::Damaged(what.into()).to_string(), remedy)
}

/// Says that a profile begins with an empty store though it had another before, and how that comes back.
pub fn begun_anew(earlier: &BackupInfo) {
    let file = quoted(&earlier.file);
    say_error(
        "the profile's store is not there; an empty one begins, without links and decisions",
        &format!(
            "If that is not what you want, bring back the backup of {} before the next sync: `kashsync restore {file}`.",
            moment(earlier.made)
        ),
    );
}

fn quoted(path: &Path) -> String {
    let path = shown(path);
    if path.contains(char::is_whitespace) { format!("\"{path}\"") } else { path }
}

fn whole_path(file: &Path) -> Result<PathBuf, AppError> {
    absolute(file).map_err(|error| AppError::Usage {
        message: format!("that is no file name: {error}"),
        remedy: "Name a file.".into(),
    })
}

/// Opening a store and reading a backup block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| AppError::machine(format!("the store cannot be opened: {error}"), "Try again."))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn told(what: &str, backup: &BackupInfo) -> String {
    let counts = &backup.counts;
    format!(
        "{what} {}, made {}: {} links, {} questions, {} ignored, {} journal entries.",
        backup.file.display(),
        moment(backup.made),
        counts.links,
        counts.questions,
        counts.ignored,
        counts.journal
    )
}

fn told_replaced(replaced: Option<&Path>) -> String {
    replaced.map_or_else(
        || "There was no store before.".into(),
        |old| format!("The former store is kept in {}.", old.display()),
    )
}

fn json(backup: &BackupInfo) -> BackupJson {
    let counts = backup.counts;
    BackupJson {
        file: shown(&backup.file),
        made: backup.made.to_string(),
        capsule: backup.accounts.as_ref().map(|bound| bound.subdomain.clone()),
        kashflow: backup.accounts.as_ref().map(|bound| bound.company_name.clone()),
        links: counts.links,
        questions: counts.questions,
        ignored: counts.ignored,
        never: counts.never,
        journal: counts.journal,
    }
}
