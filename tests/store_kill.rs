//! Kills a process that commits to a store, at random points, and checks what is found afterwards (sync 4, I10).
//!
//! A slice runs with the other tests; more with `KASHSYNC_TEST_KILLS=2000 cargo test --test store_kill`.
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
use kashsync::domain::contact::{Contact, ContactKind, Summary};
use kashsync::domain::ids::{ContactId, EntryId, RunId};
use kashsync::domain::journal::{Action, JournalEntry, Place};
use kashsync::domain::local::Progress;
use kashsync::ports::{Change, JournalQuery, Kept, Store};
use kashsync::store::SledStore;

/// Set for the process that is to be killed: where its profile is.
const PROFILE: &str = "KASHSYNC_TEST_KILLED_PROFILE";
/// How many kills, instead of one profile's.
const KILLS: &str = "KASHSYNC_TEST_KILLS";
/// Kills of one profile.
const ROUNDS: u64 = 20;
/// Contacts that are written over and over.
const CONTACTS: u64 = 40;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The commit of that number: each tree is touched, and all of it tells the number.
fn changes(number: u64) -> Vec<Change> {
    vec![
        Change::PutContact(Contact {
            id: ContactId((number % CONTACTS).cast_signed()),
            kind: ContactKind::Organisation { name: name(number) },
            emails: Vec::new(),
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: now(),
            last_contacted: None,
        }),
        Change::PutProgress(Progress { last_run: RunId(number), ..Progress::default() }),
        Change::Journal(JournalEntry {
            id: EntryId(number),
            run: Some(RunId(number)),
            at: now(),
            place: Place::Local,
            record: None,
            name: name(number),
            action: Action::Update,
            reason: String::new(),
            before: Vec::new(),
            after: Vec::new(),
            outcome: "done".into(),
            undone: false,
        }),
    ]
}

/// Of changing length, some of it longer than one value.
fn name(number: u64) -> String {
    format!("{number} ").repeat(if number.is_multiple_of(7) { 3000 } else { 20 })
}

/// The process to be killed; by itself it does nothing.
#[test]
fn commits_until_killed() {
    #[expect(clippy::disallowed_methods, reason = "this is how the parent tells its child")]
    let Some(profile) = std::env::var_os(PROFILE) else {
        return;
    };
    // Straight to stdout, which the test harness does not hold back.
    let mut out = std::io::stdout();
    writeln!(out, "\nOPENING").unwrap();
    let store = SledStore::open(Path::new(&profile), now()).unwrap();
    let runtime = runtime();
    let mut number = runtime.block_on(store.load()).unwrap().local.progress.last_run.0;
    loop {
        number += 1;
        runtime.block_on(store.commit(changes(number))).unwrap();
        writeln!(out, "ACK {number}").unwrap();
    }
}

/// Starts the process, kills it after so many acknowledged commits, and gives the last one acknowledged. With none, it
/// is killed while it opens the store.
fn killed_after(profile: &Path, acknowledged: u64) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "commits_until_killed", "--nocapture"])
        .env(PROFILE, profile)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "OPENING"));
    let number = |line: String| line.strip_prefix("ACK ").map(|number| number.parse().unwrap());
    let mut last = None;
    for _ in 0..acknowledged {
        last = Some(number(lines.next().unwrap()).unwrap());
    }
    child.kill().unwrap();
    // A line cut by the kill acknowledges nothing to anybody.
    last = lines.filter_map(number).last().or(last);
    child.wait().unwrap();
    last
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
    #[expect(clippy::disallowed_methods, reason = "this is how the test is told how much to do")]
    let wanted = std::env::var(KILLS).ok().and_then(|kills| kills.parse::<u64>().ok());
    for profile in 0..wanted.unwrap_or(ROUNDS).div_ceil(ROUNDS) {
        kill_one_profile(profile);
    }
}

fn kill_one_profile(number: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (mut last, mut kills) = (0, 0);
    for round in 0..ROUNDS {
        // Scattered over 0 (while opening) to 30, otherwise for each profile.
        let acknowledged = (round * 17 + number) % 31;
        last = killed_after(dir.path(), acknowledged).unwrap_or(last);
        kills += 1;
        // Every fourth time it is the next process that recovers, and it may be killed over it.
        if round % 4 != 3 || round + 1 == ROUNDS {
            last = check(dir.path(), last, kills);
            kills = 0;
        }
    }
}
