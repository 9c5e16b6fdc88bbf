//! When an automatic backup is written, and when none is.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::dice::{CHANGES, Dice};
use super::{commit, now, opened, runtime};
use crate::domain::ids::{ContactId, RunId};
use crate::domain::local::Progress;
use crate::ports::kept::{apply, clashes};
use crate::ports::{Change, Kept, Store};
use crate::store::SledStore;
use crate::store::backup::content_of;
use crate::store::backup::shelf::newest_file;

fn back_up(store: &SledStore) {
    runtime().block_on(store.back_up(now())).unwrap();
}

/// Whether anything is written, were it only to be thrown away: a file of a process that was killed is removed before.
fn writes(store: &SledStore, dir: &Path) -> bool {
    let left = dir.join("backups/.kashsync-left");
    fs::write(&left, "half").unwrap();
    back_up(store);
    let written = !left.exists();
    let _ = fs::remove_file(left);
    written
}

fn a_run(number: u64) -> Vec<Change> {
    let mut dice = Dice(number);
    let mut progress =
        Progress { last_run: RunId(number), capsule_cursor: Some(now()), ..Progress::default() };
    progress.invoices_whole = Some(now());
    vec![
        Change::PutContact(dice.contact()),
        Change::PutLedger(dice.ledger()),
        Change::PutDocument(dice.document()),
        Change::PutProgress(progress),
        Change::PutRun(dice.run()),
        Change::PruneJournal(now()),
    ]
}

#[test]
fn a_quiet_run_writes_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("p.toml");
    let with_settings = || opened(dir.path()).0.with_settings(settings.clone());
    let store = with_settings();
    commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap();
    back_up(&store);
    for number in 1..4 {
        commit(&store, a_run(number)).unwrap();
        assert!(!writes(&store, dir.path()), "run {number}");
    }
    drop(store);
    let store = with_settings();
    assert!(!writes(&store, dir.path()), "in another process");
    commit(&store, a_run(4)).unwrap();
    assert!(!writes(&store, dir.path()), "in another process, after a run");
    // What others change is noticed all the same.
    fs::write(&settings, "keep_days = 30\n").unwrap();
    assert!(writes(&store, dir.path()), "settings");
    assert!(!writes(&store, dir.path()));
    fs::remove_file(newest_file(dir.path()).unwrap()).unwrap();
    assert!(writes(&store, dir.path()), "a backup that has gone");
    assert!(!writes(&store, dir.path()));
    commit(&store, vec![Change::PutHidden(ContactId(2))]).unwrap();
    assert!(writes(&store, dir.path()), "a decision");
}

#[test]
fn what_a_kill_left_half_done_is_cleared_by_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(dir.path()).0;
    commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap();
    back_up(&store);
    drop(store);
    let backup = fs::read(newest_file(dir.path()).unwrap()).unwrap();
    let half = ["store-new.partial", "backups/.kashsync-left"].map(|name| dir.path().join(name));
    fs::create_dir(&half[0]).unwrap();
    fs::write(half[0].join("db"), "half").unwrap();
    fs::write(&half[1], "half").unwrap();
    let (_store, kept) = opened(dir.path());
    assert!(half.iter().all(|left| !left.exists()));
    assert_eq!(kept.local.hidden.len(), 1);
    assert_eq!(fs::read(newest_file(dir.path()).unwrap()).unwrap(), backup);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any change the newest automatic backup says what a backup that is asked for says.
    #[test]
    fn the_newest_backup_lacks_nothing_that_cannot_be_read_again(seed: u64, first in 0..CHANGES) {
        let dir = tempfile::tempdir().unwrap();
        let (store, mut model) = (opened(dir.path()).0, Kept::default());
        let (mut dice, mut entries) = (Dice(seed), 0);
        let asked_for = dir.path().join("asked-for.backup");
        for kind in first..first + 2 * CHANGES {
            let change = dice.change(kind % CHANGES, &mut entries);
            // What is forgotten on purpose may be in a backup a while longer.
            let is_forgetting = matches!(&change, Change::PruneJournal(_));
            if is_forgetting || matches!(&change, Change::PutLink(link) if clashes(&model, link)) {
                continue;
            }
            apply(&mut model, &change);
            let told = format!("{change:?}");
            commit(&store, vec![change]).unwrap();
            back_up(&store);
            runtime().block_on(store.back_up_to(&asked_for, now())).unwrap();
            prop_assert!(content_of(&asked_for).is_some());
            prop_assert_eq!(content_of(&newest_file(dir.path()).unwrap()), content_of(&asked_for), "{}", told);
        }
    }
}
