//! `settings`: show and change. Settings live in the profile's file; changes are journaled (design B36).

use super::Context;
use crate::cli::args::SettingsCommand;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::output::say;
use crate::cli::page::Page;
use crate::cli::profile::OpenProfile;
use crate::cli::text;
use crate::config::file;
use crate::config::settings::{Setting, SettingError};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::policy::Policy;
use crate::error::AppError;
use crate::ports::Change;

/// `settings [get KEY | set KEY VALUE]`.
pub async fn settings(context: &Context, command: Option<SettingsCommand>) -> Result<Exit, AppError> {
    let policy = &context.resolved.file.policy;
    match command {
        None => context.output.print(
            || {
                let all = Setting::ALL.into_iter();
                all.map(|setting| json::settings::setting(setting, policy)).collect::<Vec<_>>()
            },
            || text::settings(policy, context.output.color),
        )?,
        Some(SettingsCommand::Get { key }) => {
            let setting = Setting::of_key(&key).map_err(usage)?;
            show(context, setting, policy)?;
        }
        Some(SettingsCommand::Set { key, value }) => {
            let setting = Setting::of_key(&key).map_err(usage)?;
            let mut changed = policy.clone();
            setting.put(&value, &mut changed).map_err(usage)?;
            if setting.show(policy) != setting.show(&changed) {
                change(context, setting, &changed).await?;
                if setting == Setting::DefaultTeam && changed.default_team.is_some() {
                    say(
                        "The next sync looks for this team in Capsule, and stops where there is none of that name.",
                    );
                }
            }
            show(context, setting, &changed)?;
        }
    }
    Ok(Exit::Done)
}

fn show(context: &Context, setting: Setting, policy: &Policy) -> Result<(), AppError> {
    context.output.print(|| json::settings::setting(setting, policy), || Page::of(setting.show(policy)))
}

/// Writes the file, then the journal. The profile is opened first: where it is in use nothing is changed.
async fn change(context: &Context, setting: Setting, changed: &Policy) -> Result<(), AppError> {
    let resolved = &context.resolved;
    let profile = OpenProfile::open(resolved).await?;
    let path = &resolved.paths.file;
    file::write(path, &resolved.file.with(setting, changed)).map_err(|error| {
        AppError::machine(
            format!("{} cannot be written: {error}", path.display()),
            "Look at the folder's rights.",
        )
    })?;
    let mut progress = profile.kept.local.progress.clone();
    let said = |policy: &Policy| vec![(setting.key().to_owned(), setting.show(policy))];
    let entry = JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: profile.now,
        place: Place::Local,
        record: None,
        name: setting.key().into(),
        action: Action::Setting,
        reason: "you changed it".into(),
        before: said(&resolved.file.policy),
        after: said(changed),
        outcome: "done".into(),
        undone: false,
    };
    profile.commit(vec![Change::Journal(entry), Change::PutProgress(progress)]).await
}

#[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
fn usage(error: SettingError) -> AppError {
    AppError::Usage { message: error.to_string(), remedy: format!("{} Nothing was changed.", error.remedy()) }
}
