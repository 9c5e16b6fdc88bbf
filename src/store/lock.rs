//! The profile's lock: one process at a time, and the second one is told who and since when.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use jiff::Timestamp;

use super::folder;
use crate::ports::StoreError;

/// Holds the profile while it lives. The lock is the operating system's, so a dead process never leaves one behind; the
/// text in the file only says who took it last.
#[derive(Debug)]
pub(super) struct ProfileLock {
    _file: File,
}

impl ProfileLock {
    /// Takes the lock in the profile's folder, which is made if need be. [`StoreError::InUse`] when another process, or
    /// another store of this process, has it.
    pub(super) fn take(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let failed =
            |error: io::Error| StoreError::Io(format!("{} cannot be opened: {error}", dir.display()));
        folder::make_private(dir).map_err(failed)?;
        let mut file = folder::open_private(&dir.join("profile.lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(owner(&mut file))),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        note_owner(&mut file, now).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Who holds the lock, as far as the file tells.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!("{}; close it first", text.trim()),
        // On Windows a locked file cannot be read; elsewhere the owner may not have written yet.
        _ => "another kashsync has it open; close it first".into(),
    }
}

fn note_owner(file: &mut File, now: Timestamp) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    let pid = std::process::id();
    let host = host().map(|host| format!(" on {host}")).unwrap_or_default();
    let since = now.strftime("%Y-%m-%d %H:%M:%S UTC");
    writeln!(file, "kashsync process {pid}{host} has it open since {since}")?;
    file.flush()
}

/// The machine's name, where the system gives it away for the asking.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_with_who_and_when_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let now = "2026-11-24T08:30:00Z".parse().unwrap();
        let first = ProfileLock::take(dir.path(), now).unwrap();
        let refused = ProfileLock::take(dir.path(), now).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("profile in use: kashsync process {}", std::process::id())),
            "{refused}"
        );
        assert!(refused.ends_with("has it open since 2026-11-24 08:30:00 UTC; close it first"), "{refused}");
        drop(first);
        assert!(ProfileLock::take(dir.path(), now).is_ok());
    }
}
