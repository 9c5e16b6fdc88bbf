//! Putting a new database in the place of the old one: built beside it, made durable, then swapped by rename (rule 9).
//!
//! Three folders of the profile take part: `store` is the database, `store-new.partial` one that is being built, and
//! `store-new` one that is whole and verified and only waits to take the place. Whatever a kill leaves, [`finish`]
//! brings in order before the next opening. The old database is moved aside and never deleted here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::folder;

/// The database of the profile in `dir`.
pub(super) fn place(dir: &Path) -> PathBuf {
    dir.join("store")
}

/// Whether the profile in `dir` has a database, or one that only waits to take the place.
pub(super) fn is_there(dir: &Path) -> bool {
    place(dir).exists() || whole(dir).exists()
}

/// An empty place to build a new database in. What an earlier build left there is removed: nobody ever relied on it.
pub(super) fn begin(dir: &Path) -> io::Result<PathBuf> {
    clear(dir)?;
    let partial = partial(dir);
    folder::make_private(&partial)?;
    Ok(partial)
}

/// Removes what a build that was cut off left.
fn clear(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(partial(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Declares what was built there whole: from here on it takes the place, whatever happens. Its database must be closed and
/// durable. Gives where the old database is now, if there was one.
pub(super) fn declare_whole(dir: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let partial = partial(dir);
    folder::sync(&partial)?;
    fs::rename(&partial, whole(dir))?;
    folder::sync(dir)?;
    finish(dir, now)
}

/// Finishes a swap that was declared and cut off, and clears away a build that was not declared. Gives where the old database
/// is now, if it was moved.
pub(super) fn finish(dir: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    if let Err(error) = clear(dir) {
        // It only takes room.
        tracing::warn!(%error, "a store that was cut off while it was built cannot be removed");
    }
    let (whole, place) = (whole(dir), place(dir));
    if !whole.exists() {
        return Ok(None);
    }
    let old = if place.exists() { Some(move_aside(&place, "old", now)?) } else { None };
    fs::rename(&whole, &place)?;
    folder::sync(dir)?;
    Ok(old)
}

/// Moves a folder to a new name beside it and gives that.
pub(super) fn move_aside(place: &Path, why: &str, now: Timestamp) -> io::Result<PathBuf> {
    let aside = folder::free_name(place, why, now);
    fs::rename(place, &aside)?;
    if let Some(above) = place.parent() {
        folder::sync(above)?;
    }
    Ok(aside)
}

fn partial(dir: &Path) -> PathBuf {
    dir.join("store-new.partial")
}

fn whole(dir: &Path) -> PathBuf {
    dir.join("store-new")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T08:30:00Z".parse().unwrap()
    }

    fn put(folder: &Path, text: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("db"), text).unwrap();
    }

    fn db(folder: &Path) -> Option<String> {
        fs::read_to_string(folder.join("db")).ok()
    }

    /// Whatever a kill leaves between two steps, the next opening finds the old database or the new one, whole, and
    /// loses neither.
    #[test]
    fn a_swap_that_was_cut_off_anywhere_is_finished_or_never_was() {
        // Before it was declared: the old one stands, the rest is removed by the next opening or build.
        let dir = tempfile::tempdir().unwrap();
        put(&place(dir.path()), "old");
        put(&begin(dir.path()).unwrap(), "half");
        assert_eq!(finish(dir.path(), now()).unwrap(), None);
        assert_eq!(db(&place(dir.path())).as_deref(), Some("old"));
        put(&begin(dir.path()).unwrap(), "half");
        assert_eq!(db(&begin(dir.path()).unwrap()), None, "nothing is built upon a half");
        assert_eq!(finish(dir.path(), now()).unwrap(), None);
        assert!(!partial(dir.path()).exists(), "nor kept");
        // Declared, the old one still in its place; declared, the old one moved; and in one go.
        for moved in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            put(&place(dir.path()), "old");
            put(&whole(dir.path()), "new");
            let aside = dir.path().join("store-old-20261124T083000Z");
            if moved {
                fs::rename(place(dir.path()), &aside).unwrap();
            }
            let old = finish(dir.path(), now()).unwrap();
            assert_eq!(old, (!moved).then(|| aside.clone()));
            assert_eq!(db(&place(dir.path())).as_deref(), Some("new"));
            assert_eq!(db(&aside).as_deref(), Some("old"));
            assert_eq!(finish(dir.path(), now()).unwrap(), None);
        }
        put(&begin(dir.path()).unwrap(), "new");
        let old = declare_whole(dir.path(), now()).unwrap().unwrap();
        assert_eq!((db(&place(dir.path())).as_deref(), db(&old).as_deref()), (Some("new"), Some("old")));
        assert!(!partial(dir.path()).exists());
    }
}
