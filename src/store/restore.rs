//! Restoring a backup: a new database is built from it beside the old one, verified, and swapped in by rename. What it
//! replaces, damaged or not, is moved aside and kept.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use jiff::Timestamp;

use super::backup::{Backup, BackupError, BackupInfo, content, shelf};
use super::commit::commit;
use super::load::load;
use super::lock::ProfileLock;
use super::open::{Disk, Schemas};
use super::swap;
use super::watch::{Limits, Pulse, wait};
use crate::domain::local::Binding;
use crate::ports::{Change, StoreError};

/// Records that are committed at once.
const PORTION: usize = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The backup.
    pub backup: BackupInfo,
    /// The text of the profile's file when the backup was made.
    pub settings: Option<String>,
    /// Where the store is that was replaced; none when there was none.
    pub replaced: Option<PathBuf>,
}

/// Restores the profile whose state is in `dir` from a file, or from its newest good automatic backup. The settings in it
/// are handed on as they are: whatever they say, nothing else is refused for it. Blocks.
///
/// Refused, with nothing changed, when the file is missing, cut short, damaged, from a newer kashsync or another account's
/// or nobody's while the profile has one, and while the profile is in use.
pub fn restore(dir: &Path, file: Option<&Path>, now: Timestamp) -> Result<Restored, BackupError> {
    let _lock = ProfileLock::take(dir, now)?;
    let backup = match file {
        Some(file) => Backup::read(file)?,
        None => shelf::newest(dir).ok_or_else(|| {
            BackupError::Unreadable(dir.join("backups"), "there is no good automatic backup".into())
        })?,
    };
    swap::finish(dir, now).map_err(failed)?;
    if let Some(ours) = bound(dir) {
        let profile = Box::new(ours);
        match &backup.info.accounts {
            None => return Err(BackupError::NoAccount { backup: backup.info.file, profile }),
            Some(theirs) if !profile.is_same(theirs) => {
                return Err(BackupError::OtherAccount { backup: Box::new(theirs.clone()), profile });
            }
            Some(_) => {}
        }
    }
    let (info, settings) = (backup.info.clone(), backup.settings.clone());
    build(dir, backup, now)?;
    let replaced = swap::declare_whole(dir, now).map_err(failed)?;
    Ok(Restored { backup: info, settings, replaced })
}

/// Moves the store of the profile aside, so that the next opening begins with an empty one: everything is read afresh, and
/// links are found again by the markers in Capsule (sync 2.9). Gives where it is; none when there was none. Blocks.
pub fn set_aside(dir: &Path, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    let _lock = ProfileLock::take(dir, now)?;
    let failed = |error: std::io::Error| StoreError::Io(error.to_string());
    swap::finish(dir, now).map_err(failed)?;
    let place = swap::place(dir);
    if place.exists() { swap::move_aside(&place, "old", now).map(Some).map_err(failed) } else { Ok(None) }
}

/// The accounts that the profile belongs to: as the store says where it can be read, else as its newest backup says.
///
/// The store may be damaged and never come to an end, so a thread looks, and is left behind when it does not.
fn bound(dir: &Path) -> Option<Binding> {
    let (found, answer) = channel();
    let (place, pulse) = (swap::place(dir), Pulse::default());
    let limits = Limits::of_reading(&place.join("db"));
    let its_pulse = pulse.clone();
    let looking = place.exists().then(|| {
        std::thread::Builder::new().name("store".into()).spawn(move || {
            its_pulse.begin();
            let looked = std::panic::catch_unwind(|| {
                let disk = Disk::open_quietly(&place, Schemas::OURS, &its_pulse)?;
                let bound = content::accounts(&disk);
                disk.close()?;
                bound
            });
            // What breaks down over it is damaged, and says nothing.
            let _ = found.send(looked.ok().and_then(Result::ok).flatten());
        })
    });
    if matches!(looking, Some(Ok(_)))
        && let Ok(Some(bound)) = wait(&answer, &pulse, limits)
    {
        return Some(bound);
    }
    shelf::newest(dir)?.info.accounts
}

/// Builds a new database from the backup, and compares what it says with the backup after opening it again. Values are
/// compared and not how they are written: an earlier kashsync wrote what it knew of.
fn build(dir: &Path, backup: Backup, now: Timestamp) -> Result<(), BackupError> {
    let pulse = Pulse::default();
    let place = swap::begin(dir).map_err(failed)?;
    let file = backup.info.file.clone();
    let changes: Vec<Change> = backup.into_changes().collect();
    let disk = Disk::open(&place, now, Schemas::OURS, &pulse)?;
    let (_, mut index) = load(&disk)?;
    for portion in changes.chunks(PORTION) {
        commit(&disk, &mut index, portion.to_vec())?;
    }
    disk.close()?;
    let disk = Disk::open(&place, now, Schemas::OURS, &pulse)?;
    load(&disk)?;
    let mut said = changes.iter().filter(|change| content::counts(change));
    let mut is_same = true;
    content::lines(&disk, |line| {
        let found = line.change().filter(content::counts);
        is_same &= found.is_none_or(|found| said.next() == Some(&found));
        Ok(())
    })?;
    disk.close()?;
    if is_same && said.next().is_none() {
        Ok(())
    } else {
        Err(BackupError::Damaged(file, "what it brings back is not what it says".into()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that it fits map_err")]
fn failed(error: std::io::Error) -> BackupError {
    BackupError::Store(StoreError::Io(error.to_string()))
}
