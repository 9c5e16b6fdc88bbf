//! Kills a process that commits, backs up and restores, at random points: the profile opens with everything that was
//! acknowledged, from the old store or the restored one (sync 4, rules 9 and 10).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use kashsync::domain::ids::{EntryId, RunId};
use kashsync::domain::journal::{Action, JournalEntry, Place};
use kashsync::domain::local::Progress;
use kashsync::ports::{Change, JournalQuery, Store};
use kashsync::store::{SledStore, newest_backup, restore};

/// Set for the process that is to be killed: where its profile is.
const PROFILE: &str = "KASHSYNC_TEST_RESTORING_PROFILE";
/// How many times, instead of the slice.
const COUNT: &str = "KASHSYNC_TEST_RESTORE_KILLS";
const SLICE: u64 = 24;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is how the parent tells its child")]
    std::env::var(name).ok()
}

fn changes(number: u64) -> Vec<Change> {
    vec![
        Change::PutProgress(Progress { last_run: RunId(number), last_entry: number, ..Progress::default() }),
        Change::Journal(JournalEntry {
            id: EntryId(number),
            run: Some(RunId(number)),
            at: now(),
            place: Place::Local,
            record: None,
            name: format!("{number} ").repeat(if number.is_multiple_of(7) { 3000 } else { 20 }),
            action: Action::Update,
            reason: String::new(),
            before: Vec::new(),
            after: Vec::new(),
            outcome: "done".into(),
            undone: false,
        }),
    ]
}

fn opened(profile: &Path) -> (SledStore, u64) {
    let store = SledStore::open(profile, now()).unwrap();
    let number = runtime().block_on(store.load()).unwrap().local.progress.last_run.0;
    (store, number)
}

/// The process to be killed; by itself it does nothing.
#[test]
fn restores_until_killed() {
    let Some(profile) = variable(PROFILE) else { return };
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

/// Starts the process, kills it after so many lines, and gives the last number acknowledged.
fn killed_after(profile: &Path, lines: usize) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "restores_until_killed", "--nocapture"])
        .env(PROFILE, profile)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(out.any(|line| line == "OPENING"));
    let before: Vec<String> = out.by_ref().take(lines).collect();
    assert_eq!(before.len(), lines, "it ended by itself after {before:?}");
    child.kill().unwrap();
    let last =
        before.into_iter().chain(out).filter_map(|line| line.strip_prefix("ACK ")?.parse().ok()).last();
    child.wait().unwrap();
    last
}

#[test]
fn i10_nothing_acknowledged_is_lost_by_a_kill_while_backing_up_or_restoring() {
    let count = variable(COUNT).and_then(|count| count.parse().ok()).unwrap_or(SLICE);
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("p");
    let (mut last, mut kills) = (0, 0);
    for round in 0..count {
        // Scattered over the steps of three restores; some begin where the one before was killed.
        let lines = usize::try_from((round * 17) % 23).unwrap();
        last = killed_after(&profile, lines).unwrap_or(last);
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
