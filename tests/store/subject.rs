//! The process that is tried, which is this program again with one test, and what it keeps.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use kashsync::domain::contact::{Contact, ContactKind, Summary};
use kashsync::domain::ids::{ContactId, EntryId, RunId};
use kashsync::domain::journal::{Action, JournalEntry, Place};
use kashsync::ports::Store;
use kashsync::store::SledStore;
use tokio::runtime::Runtime;

/// Set for the process that is tried: where its profile is.
const PROFILE: &str = "KASHSYNC_TEST_PROFILE";

pub fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is how a test is told how much to do, and a process where"
    )]
    std::env::var(name).ok()
}

/// How many times, instead of the slice that runs with the other tests.
pub fn times(name: &str, slice: u64) -> u64 {
    variable(name).and_then(|count| count.parse().ok()).unwrap_or(slice)
}

/// The profile of the process that is tried; none in the one that tries.
pub fn profile() -> Option<String> {
    variable(PROFILE)
}

/// Starts the process with that test only.
pub fn started(test: &str, profile: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PROFILE, profile)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Starts the process, kills it after so many lines, and gives the last number that it acknowledged. After none it is killed
/// while it opens the store.
pub fn killed_after(test: &str, profile: &Path, lines: usize) -> Option<u64> {
    let mut child = started(test, profile);
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(out.any(|line| line == "OPENING"));
    let before: Vec<String> = out.by_ref().take(lines).collect();
    assert_eq!(before.len(), lines, "it ended by itself after {before:?}");
    child.kill().unwrap();
    // A line cut by the kill acknowledges nothing to anybody.
    let acknowledged = |line: String| line.strip_prefix("ACK ")?.parse().ok();
    let last = before.into_iter().chain(out).filter_map(acknowledged).last();
    child.wait().unwrap();
    last
}

/// The open store and the number of its last commit.
pub fn opened(profile: &Path) -> (SledStore, u64) {
    let store = SledStore::open(profile, now()).unwrap();
    let number = runtime().block_on(store.load()).unwrap().local.progress.last_run.0;
    (store, number)
}

/// Of changing length, some of it longer than one value.
pub fn name(number: u64) -> String {
    format!("{number} ").repeat(if number.is_multiple_of(7) { 3000 } else { 20 })
}

pub fn contact(id: i64, name: String) -> Contact {
    Contact {
        id: ContactId(id),
        kind: ContactKind::Organisation { name },
        emails: Vec::new(),
        phones: Vec::new(),
        websites: Vec::new(),
        addresses: Vec::new(),
        summary: Summary::default(),
        restricted: false,
        updated_at: now(),
        last_contacted: None,
    }
}

pub fn entry(number: u64, name: String) -> JournalEntry {
    JournalEntry {
        id: EntryId(number),
        run: Some(RunId(number)),
        at: now(),
        place: Place::Local,
        record: None,
        name,
        action: Action::Update,
        reason: String::new(),
        before: Vec::new(),
        after: Vec::new(),
        outcome: "done".into(),
        undone: false,
    }
}
