//! Kills a process that commits, backs up and restores, at random points: the profile opens with everything that was
//! acknowledged, from the old store or the restored one (sync 4, rules 9 and 10).

use std::io::Write;
use std::path::Path;

use kashsync::domain::ids::RunId;
use kashsync::domain::local::Progress;
use kashsync::ports::{Change, JournalQuery, Store};
use kashsync::store::{newest_backup, restore};

use crate::subject::{entry, killed_after, name, now, opened, profile, runtime, times};

/// How many times, instead of the slice.
const COUNT: &str = "KASHSYNC_TEST_RESTORE_KILLS";
const SLICE: u64 = 24;

fn changes(number: u64) -> Vec<Change> {
    vec![
        Change::PutProgress(Progress { last_run: RunId(number), last_entry: number, ..Progress::default() }),
        Change::Journal(entry(number, name(number))),
    ]
}

/// The process to be killed; by itself it does nothing.
#[test]
fn restores_until_killed() {
    let Some(profile) = profile() else { return };
    let profile = Path::new(&profile);
    let mut out = std::io::stdout();
    writeln!(out, "\nOPENING").unwrap();
    let (mut store, mut number) = opened(profile);
    loop {
        number += 1;
        runtime().block_on(store.commit(changes(number))).unwrap();
        writeln!(out, "ACK {number}").unwrap();
        runtime().block_on(store.back_up(now())).unwrap();
        writeln!(out, "BACKED UP").unwrap();
        if number.is_multiple_of(2) {
            runtime().block_on(store.close()).unwrap();
            writeln!(out, "RESTORING").unwrap();
            restore(profile, None, now()).unwrap();
            writeln!(out, "RESTORED").unwrap();
            (store, _) = opened(profile);
        }
    }
}

#[test]
fn i10_nothing_acknowledged_is_lost_by_a_kill_while_backing_up_or_restoring() {
    let count = times(COUNT, SLICE);
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("p");
    let (mut last, mut kills) = (0, 0);
    for round in 0..count {
        // Scattered over the steps of three restores; some begin where the one before was killed.
        let lines = usize::try_from((round * 17) % 23).unwrap();
        last = killed_after("restoring::restores_until_killed", &profile, lines).unwrap_or(last);
        kills += 1;
        if round % 4 == 3 && round + 1 != count {
            continue;
        }
        let (store, found) = opened(&profile);
        let left = |folder: &str, known: fn(&str) -> bool| {
            let entries = std::fs::read_dir(profile.join(folder)).into_iter().flatten();
            let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
            names.filter(|name| !known(name)).collect::<Vec<String>>()
        };
        let is_known = |name: &str| {
            name.starts_with("store-old") || ["store", "backups", "profile.lock"].contains(&name)
        };
        assert_eq!(left("", is_known), [""; 0], "what is half done is cleared by the next opening");
        assert_eq!(left("backups", |name| name.ends_with(".backup")), [""; 0], "and so are backups");
        assert!((last..=last + kills).contains(&found), "acknowledged {last}, found {found}");
        let journal = runtime().block_on(store.journal(JournalQuery::default())).unwrap();
        assert!(journal.iter().map(|entry| entry.id.0).eq(1..=found), "journal");
        drop(store);
        if found > 2 {
            assert!(newest_backup(&profile).is_some(), "a backup is whole at every moment");
        }
        (last, kills) = (found, 0);
        // Stores that were replaced are kept, and would fill the disk of this test.
        for entry in std::fs::read_dir(&profile).unwrap().map(Result::unwrap) {
            if entry.file_name().to_string_lossy().starts_with("store-old") {
                std::fs::remove_dir_all(entry.path()).unwrap();
            }
        }
    }
}
