//! The durable store against the one in memory, and against everything that can be wrong on a disk.

mod automatic;
mod backup;
mod damage;
mod dice;
mod hostile;

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use self::dice::{CHANGES, Dice};
use super::SledStore;
use super::memory::MemoryStore;
use crate::domain::ids::{ContactId, EntryId, LedgerRef, RunId};
use crate::domain::question::Question;
use crate::ports::kept::{KEPT_RUNS, apply, clashes};
use crate::ports::{Change, JournalQuery, Kept, Store, StoreError};

fn now() -> Timestamp {
    "2026-11-24T08:30:00Z".parse().unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Opens and loads.
fn opened(dir: &Path) -> (SledStore, Kept) {
    let store = SledStore::open(dir, now()).unwrap();
    let kept = runtime().block_on(store.load()).unwrap();
    (store, kept)
}

fn commit(store: &impl Store, changes: Vec<Change>) -> Result<(), StoreError> {
    runtime().block_on(store.commit(changes))
}

fn whole_journal(store: &impl Store) -> Vec<u64> {
    runtime()
        .block_on(store.journal(JournalQuery::default()))
        .unwrap()
        .into_iter()
        .map(|entry| entry.id.0)
        .collect()
}

/// A question that takes about so many bytes.
fn long_question(bytes: usize) -> Question {
    let mut question = Dice(1).question();
    question.asked.because = "x".repeat(bytes);
    question
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is committed, in whatever portions: the store on disk, opened again, keeps the same as the one in memory.
    #[test]
    fn every_change_round_trips(seed in any::<u64>(), portions in prop::collection::vec(1u64..120, 1..6)) {
        let mut dice = Dice(seed);
        let dir = tempfile::tempdir().unwrap();
        let memory = MemoryStore::default();
        let (mut model, mut entries, mut kind) = (Kept::default(), 0, 0);
        for portion in portions {
            let (store, kept) = opened(dir.path());
            prop_assert_eq!(&kept, &model);
            let mut changes = Vec::new();
            for _ in 0..portion {
                kind += 1;
                let change = dice.change(kind % CHANGES, &mut entries);
                if !matches!(&change, Change::PutLink(link) if clashes(&model, link)) {
                    apply(&mut model, &change);
                    changes.push(change);
                }
            }
            commit(&memory, changes.clone()).unwrap();
            commit(&store, changes).unwrap();
        }
        let (store, kept) = opened(dir.path());
        prop_assert_eq!(&kept, &model);
        prop_assert_eq!(runtime().block_on(memory.load()).unwrap(), model);
        for run in [None, Some(RunId(0)), Some(RunId(entries / 14)), Some(RunId(entries / 7)), Some(RunId(999))] {
            for most in [None, Some(0), Some(3)] {
                let query = JournalQuery { run, most };
                prop_assert_eq!(
                    runtime().block_on(store.journal(query)).unwrap(),
                    runtime().block_on(memory.journal(query)).unwrap()
                );
            }
        }
    }
}

#[test]
fn a_record_grows_and_shrinks_through_its_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::default();
    for bytes in [100, 60_000, 20_000, 40_000, 100] {
        let (store, _) = opened(dir.path());
        let change = Change::PutQuestion(long_question(bytes));
        commit(&store, vec![change.clone()]).unwrap();
        commit(&memory, vec![change]).unwrap();
        drop(store);
        let (_store, kept) = opened(dir.path());
        assert_eq!(kept, runtime().block_on(memory.load()).unwrap(), "{bytes}");
    }
    let (store, _) = opened(dir.path());
    let id = long_question(0).id;
    commit(&store, vec![Change::PutQuestion(long_question(30_000)), Change::DropQuestion(id)]).unwrap();
    drop(store);
    assert_eq!(opened(dir.path()).1, Kept::default());
}

#[test]
fn runs_beyond_the_hundredth_are_dropped_with_their_parts() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let mut dice = Dice(5);
    let mut model = Kept::default();
    let changes: Vec<Change> = (1..=130)
        .map(|id| {
            let mut run = dice.run();
            run.id = RunId(id);
            Change::PutRun(run)
        })
        .collect();
    for change in &changes {
        apply(&mut model, change);
    }
    commit(&store, changes).unwrap();
    drop(store);
    let (_store, kept) = opened(dir.path());
    assert_eq!(kept, model);
    assert_eq!(kept.runs.len(), KEPT_RUNS);
    assert_eq!(kept.runs[0].id, RunId(31));
}

#[test]
fn a_commit_is_all_or_nothing_and_an_error_ends_the_stores_use() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let before = Change::PutHidden(ContactId(1));
    commit(&store, vec![before]).unwrap();
    let refused =
        commit(&store, vec![Change::PutHidden(ContactId(2)), Change::PutQuestion(long_question(70_000))]);
    let text = refused.unwrap_err().to_string();
    let id = long_question(0).id.0;
    assert!(text.starts_with(&format!("the store cannot be used: local: question {id} takes 70")), "{text}");
    for later in [
        commit(&store, vec![Change::PutHidden(ContactId(3))]),
        runtime().block_on(store.load()).map(drop),
        runtime().block_on(store.journal(JournalQuery::default())).map(drop),
    ] {
        let text = later.unwrap_err().to_string();
        assert!(text.contains("not used any more since"), "{text}");
    }
    drop(store);
    let (_store, kept) = opened(dir.path());
    assert_eq!(kept.local.hidden.into_iter().collect::<Vec<_>>(), [ContactId(1)]);
}

/// What both stores refuse, so that tests on the one in memory find it too.
#[test]
fn second_links_and_second_entries_are_refused() {
    fn check(fresh: impl Fn() -> Box<dyn Fn(Vec<Change>) -> Result<(), StoreError>>) {
        let mut first = Dice(3).link();
        let mut second = first.clone();
        first.ledger = LedgerRef::customer(1);
        second.ledger = LedgerRef::customer(2);
        let commit = fresh();
        commit(vec![Change::PutLink(first.clone())]).unwrap();
        // Kept anew, moved, and ended and made for another: all fine.
        first.base.capsule.name = "new".into();
        commit(vec![Change::PutLink(first.clone())]).unwrap();
        commit(vec![Change::DropLink(first.ledger), Change::PutLink(second.clone())]).unwrap();
        let refused = commit(vec![Change::PutLink(first)]).unwrap_err().to_string();
        assert!(refused.contains("has a link on that side already"), "{refused}");
        assert!(commit(vec![Change::PutLink(second)]).is_err(), "poisoned");

        let entry = Dice(4).entry(9);
        let commit = fresh();
        commit(vec![Change::Journal(entry.clone())]).unwrap();
        let refused = commit(vec![Change::Journal(entry)]).unwrap_err().to_string();
        assert!(refused.contains("journal entry 9 is there already"), "{refused}");
    }
    check(|| {
        let store = MemoryStore::default();
        Box::new(move |changes| commit(&store, changes))
    });
    check(|| {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = opened(dir.path());
        Box::new(move |changes| {
            // The folder lives as long as the store.
            let _ = &dir;
            commit(&store, changes)
        })
    });
}

#[test]
fn nothing_is_committed_before_everything_was_verified() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), now()).unwrap();
    let refused = commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap_err();
    assert!(refused.to_string().contains("read and verified first"), "{refused}");
}

#[test]
fn closing_tells_that_everything_is_kept_and_frees_the_profile() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, vec![Change::Journal(Dice(1).entry(1)), Change::Undone(vec![EntryId(1)])]).unwrap();
    runtime().block_on(store.close()).unwrap();
    let (store, _) = opened(dir.path());
    assert_eq!(whole_journal(&store), [1]);
}

#[test]
fn memory_fails_the_commit_it_is_told_to_and_keeps_what_was_durable() {
    let store = MemoryStore::default();
    store.fail_commit(2);
    commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap();
    commit(&store, vec![Change::PutHidden(ContactId(2))]).unwrap_err();
    commit(&store, vec![Change::PutHidden(ContactId(3))]).unwrap_err();
    assert_eq!(store.commits(), 1);
    let after_crash = store.durable();
    commit(&after_crash, vec![Change::PutHidden(ContactId(4))]).unwrap();
    let kept = runtime().block_on(after_crash.load()).unwrap();
    assert_eq!(kept.local.hidden.into_iter().collect::<Vec<_>>(), [ContactId(1), ContactId(4)]);
}

/// Also tells how long it takes: `cargo test --release --lib store::tests::a_large -- --nocapture`.
#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the figures are for whoever asks for them; nothing depends on them"
)]
fn a_large_firm_fits_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let mut dice = Dice(11);
    let mut changes = Vec::new();
    for id in 0..10_000 {
        let mut contact = dice.contact();
        contact.id = ContactId(id);
        changes.push(Change::PutContact(contact));
        let mut document = dice.document();
        document.id.id = id;
        changes.push(Change::PutDocument(document));
    }
    let mut model = Kept::default();
    for change in &changes {
        apply(&mut model, change);
    }
    let start = Instant::now();
    commit(&store, changes).unwrap();
    let committed = start.elapsed();
    drop(store);
    let start = Instant::now();
    let (_store, kept) = opened(dir.path());
    println!(
        "10,000 contacts and 10,000 documents: {committed:?} to commit, {:?} to open and load",
        start.elapsed()
    );
    assert_eq!(kept, model);
}

#[test]
fn the_oldest_journal_entries_are_forgotten_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let day = |day: i64| now() + jiff::SignedDuration::from_hours(24 * day);
    let entries: Vec<Change> = [(1, 0), (2, 1), (3, 5), (4, 2)]
        .into_iter()
        .map(|(id, at)| {
            let mut entry = Dice(id).entry(id);
            (entry.at, entry.reason) = (day(at), "x".repeat(20_000));
            Change::Journal(entry)
        })
        .collect();
    let memory = MemoryStore::default();
    for (before, left) in [(0, &[1, 2, 3, 4][..]), (2, &[3, 4]), (2, &[3, 4]), (9, &[])] {
        let (store, _) = opened(dir.path());
        let first = if before == 0 { entries.clone() } else { Vec::new() };
        let prune = [Change::Undone(vec![EntryId(1)]), Change::PruneJournal(day(before))];
        for store in [&store as &dyn Committing, &memory] {
            store.both(first.clone());
            store.both(prune.to_vec());
            assert_eq!(store.entries(), left, "a newer one in between ends the pruning");
        }
    }
}

/// Both stores, for tests that treat them alike.
trait Committing {
    fn both(&self, changes: Vec<Change>);
    fn entries(&self) -> Vec<u64>;
}

impl<S: Store> Committing for S {
    fn both(&self, changes: Vec<Change>) {
        commit(self, changes).unwrap();
    }

    fn entries(&self) -> Vec<u64> {
        whole_journal(self)
    }
}
