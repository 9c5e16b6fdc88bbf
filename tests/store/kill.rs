//! Kills a process that commits to a store, at random points, and checks what is found afterwards (sync 4, I10).
//!
//! A slice runs with the other tests; more with `KASHSYNC_TEST_KILLS=2000 cargo test --test store kill::`.

use std::io::Write;
use std::path::Path;

use kashsync::domain::ids::RunId;
use kashsync::domain::local::Progress;
use kashsync::ports::{Change, JournalQuery, Kept, Store};
use kashsync::store::SledStore;

use crate::subject::{contact, entry, killed_after, name, now, opened, profile, runtime, times};

/// How many kills, instead of one profile's.
const KILLS: &str = "KASHSYNC_TEST_KILLS";
/// Kills of one profile.
const ROUNDS: u64 = 20;
/// Contacts that are written over and over.
const CONTACTS: u64 = 40;

/// The commit of that number: each tree is touched, and all of it tells the number.
fn changes(number: u64) -> Vec<Change> {
    vec![
        Change::PutContact(contact((number % CONTACTS).cast_signed(), name(number))),
        Change::PutProgress(Progress { last_run: RunId(number), ..Progress::default() }),
        Change::Journal(entry(number, name(number))),
    ]
}

/// The process to be killed; by itself it does nothing.
#[test]
fn commits_until_killed() {
    let Some(profile) = profile() else { return };
    // Straight to stdout, which the test harness does not hold back.
    let mut out = std::io::stdout();
    writeln!(out, "\nOPENING").unwrap();
    let (store, mut number) = opened(Path::new(&profile));
    loop {
        number += 1;
        runtime().block_on(store.commit(changes(number))).unwrap();
        writeln!(out, "ACK {number}").unwrap();
    }
}

/// Nothing acknowledged is lost, at most the commit under way at each kill is there too, and none is there in part.
fn check(profile: &Path, last: u64, kills: u64) -> u64 {
    let store = SledStore::open(profile, now()).unwrap();
    let runtime = runtime();
    let kept = runtime.block_on(store.load()).unwrap();
    let found = kept.local.progress.last_run.0;
    assert!((last..=last + kills).contains(&found), "acknowledged {last}, found {found}");
    let mut expected = Kept::default();
    for number in 1..=found {
        for change in changes(number) {
            kashsync::ports::kept::apply(&mut expected, &change);
        }
    }
    assert!(kept == expected, "contacts are not those of commit {found}");
    let journal = runtime.block_on(store.journal(JournalQuery::default())).unwrap();
    assert!(
        journal
            .iter()
            .map(|entry| (entry.id.0, entry.name.clone()))
            .eq((1..=found).map(|number| (number, name(number)))),
        "journal"
    );
    found
}

#[test]
fn whatever_was_acknowledged_survives_kill_9() {
    for profile in 0..times(KILLS, ROUNDS).div_ceil(ROUNDS) {
        kill_one_profile(profile);
    }
}

fn kill_one_profile(number: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (mut last, mut kills) = (0, 0);
    for round in 0..ROUNDS {
        // Scattered over 0 (while opening) to 30, otherwise for each profile.
        let acknowledged = usize::try_from((round * 17 + number) % 31).unwrap();
        last = killed_after("kill::commits_until_killed", dir.path(), acknowledged).unwrap_or(last);
        kills += 1;
        // Every fourth time it is the next process that recovers, and it may be killed over it.
        if round % 4 != 3 || round + 1 == ROUNDS {
            last = check(dir.path(), last, kills);
            kills = 0;
        }
    }
}
