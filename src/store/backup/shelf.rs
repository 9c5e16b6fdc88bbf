//! The automatic backups of a profile: one a day, seven of them and one a week for four weeks before (rule 10).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Backup, BackupError, BackupInfo, Composed, TEMPORARY};
use crate::store::{folder, swap};

/// How many of the newest are kept.
const DAYS: usize = 7;
/// From how many weeks before these one is kept.
const WEEKS: usize = 4;

const NAME: (&str, &str) = ("kashsync-", ".backup");

/// The folder of a profile's automatic backups, made if need be.
pub(in crate::store) fn folder(dir: &Path) -> Result<PathBuf, BackupError> {
    let shelf = place(dir);
    folder::make_private(&shelf)
        .and_then(|()| clear(dir))
        .map_err(|error| BackupError::Unwritable(shelf.clone(), error.to_string()))?;
    Ok(shelf)
}

/// Removes what a process that was killed had begun to write. The profile's lock says that nobody writes it now.
pub(in crate::store) fn clear(dir: &Path) -> io::Result<()> {
    match folder::remove_files(&place(dir), |name| name.starts_with(TEMPORARY)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn place(dir: &Path) -> PathBuf {
    dir.join("backups")
}

/// Moves the shelf aside, with whatever is on it, and gives where it is now; none when there was none.
pub(in crate::store) fn set_aside(dir: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let shelf = place(dir);
    if !shelf.exists() {
        return Ok(None);
    }
    let aside = swap::move_aside(&shelf, "old", now)?;
    tracing::warn!(aside = %aside.display(), "a new store begins; earlier backups are kept");
    Ok(Some(aside))
}

/// Puts a backup on the shelf, in place of an earlier one of the day, and drops what is too old.
///
/// The one that is written last is always the newest: where a wrong clock has left one of a later day, it takes that day.
pub(in crate::store) fn put(dir: &Path, composed: Composed) -> Result<BackupInfo, BackupError> {
    let shelf = place(dir);
    let unreadable = |error: io::Error| BackupError::Unwritable(shelf.clone(), error.to_string());
    let today = composed.made.to_zoned(TimeZone::UTC).date();
    let day = days(&shelf).map_err(unreadable)?.pop().map_or(today, |newest| newest.max(today));
    let info = composed.put(&shelf.join(name(day)))?;
    let tidied = days(&shelf).and_then(|days| {
        surplus(&days).into_iter().try_for_each(|day| fs::remove_file(shelf.join(name(day))))
    });
    if let Err(error) = tidied {
        tracing::warn!(%error, "old backups cannot be removed");
    }
    Ok(info)
}

/// The file of the newest automatic backup, good or not.
pub(in crate::store) fn newest_file(dir: &Path) -> Option<PathBuf> {
    let shelf = place(dir);
    let newest = days(&shelf).ok()?.pop()?;
    Some(shelf.join(name(newest)))
}

/// The newest automatic backup that is good, checked from end to end.
pub(in crate::store) fn newest(dir: &Path) -> Option<Backup> {
    newest_on(&place(dir))
}

/// The newest good one on that shelf, which may have been set aside.
pub(in crate::store) fn newest_on(shelf: &Path) -> Option<Backup> {
    let days = days(shelf).ok()?;
    days.into_iter().rev().find_map(|day| {
        let path = shelf.join(name(day));
        Backup::read(&path)
            .inspect_err(|error| tracing::warn!(%error, "an automatic backup is passed over"))
            .ok()
    })
}

fn name(day: Date) -> String {
    format!("{}{day}{}", NAME.0, NAME.1)
}

/// The days of which there is a backup, oldest first.
fn days(shelf: &Path) -> io::Result<Vec<Date>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(shelf)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let day = name.strip_prefix(NAME.0).and_then(|rest| rest.strip_suffix(NAME.1));
        days.extend(day.and_then(|day| day.parse::<Date>().ok()));
    }
    days.sort_unstable();
    Ok(days)
}

/// The days whose backups are too many; days come oldest first. Pure.
fn surplus(days: &[Date]) -> Vec<Date> {
    let mut weeks = BTreeSet::new();
    let older = days.iter().rev().skip(DAYS);
    let is_surplus = |day: &&Date| {
        let week = day.iso_week_date();
        let is_new = weeks.insert((week.year(), week.week()));
        !is_new || weeks.len() > WEEKS
    };
    older.filter(is_surplus).copied().collect()
}

/// What the newest good automatic backup is.
pub fn newest_backup(dir: &Path) -> Option<BackupInfo> {
    newest(dir).map(|backup| backup.info)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn seven_days_and_one_of_each_of_four_weeks_are_kept() {
        let first = date(2026, 1, 1);
        let mut kept: Vec<Date> = Vec::new();
        for day in 0..200 {
            kept.push(first + day.days());
            let old = surplus(&kept);
            kept.retain(|day| !old.contains(day));
        }
        let last = first + 199.days();
        assert_eq!(kept.len(), DAYS + WEEKS, "{kept:?}");
        assert_eq!(kept[WEEKS..], (193..200).map(|day| first + day.days()).collect::<Vec<_>>());
        assert_eq!(kept.last(), Some(&last));
        let weeks: BTreeSet<_> = kept[..WEEKS].iter().map(|day| day.iso_week_date().week()).collect();
        assert_eq!(weeks.len(), WEEKS);
        assert!(kept[0] >= last - (7 * 6).days(), "{kept:?}");
    }

    #[test]
    fn backups_of_many_days_ago_are_kept_while_there_are_few() {
        let days = [date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1)];
        assert_eq!(surplus(&days), Vec::<Date>::new());
    }
}
