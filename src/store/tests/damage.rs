//! Locks, leftovers, wrong bytes and a store that does not answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::{commit, now, opened, runtime};
use crate::domain::ids::{ContactId, LedgerRef};
use crate::ports::{Change, Kept, Store, StoreError};
use crate::store::SledStore;
use crate::store::actor::{Job, Mailbox};
use crate::store::codec::encode;
use crate::store::key::{Key, Tag};
use crate::store::open::{Disk, Schemas};
use crate::store::watch::{Limits, Pulse};

/// A profile with one hidden contact and one deleted one.
fn profile() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, vec![Change::PutHidden(ContactId(1)), Change::PutDeleted(ContactId(2), now())]).unwrap();
    dir
}

/// Changes the database behind the store's back.
fn tamper(dir: &Path, meddle: impl FnOnce(&Disk)) {
    let disk = Disk::open(&dir.join("store"), now(), Schemas::OURS, &Pulse::default()).unwrap();
    meddle(&disk);
    disk.close().unwrap();
}

/// Puts a record of any shape under a key.
fn plant<R: Serialize>(disk: &Disk, key: &Key, record: &R) {
    let encoded = encode(key, record).unwrap();
    disk.tree(key.tree).insert(&key.bytes, encoded.value).unwrap();
}

fn load_error(dir: &Path) -> StoreError {
    let store = SledStore::open(dir, now()).unwrap();
    let error = runtime().block_on(store.load()).unwrap_err();
    commit(&store, vec![Change::PutHidden(ContactId(5))]).unwrap_err();
    error
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
        .collect()
}

#[test]
fn a_second_store_is_refused_with_who_and_when() {
    let dir = profile();
    let (_store, _) = opened(dir.path());
    let refused = SledStore::open(dir.path(), now()).unwrap_err();
    let StoreError::InUse(who) = &refused else {
        panic!("{refused}");
    };
    assert!(who.contains(&format!("process {}", std::process::id())), "{who}");
    assert!(who.contains("since 2026-11-24 08:30:00 UTC"), "{who}");
}

#[test]
fn wrong_records_are_told_by_tree_and_key() {
    type Meddle<'a> = Box<dyn FnOnce(&Disk) + 'a>;
    #[derive(Serialize)]
    struct LinkLike {
        ledger: (&'static str, i64),
        contact: i64,
        since: &'static str,
        reason: &'static str,
    }
    let link = |customer, reason| LinkLike {
        ledger: ("customer", customer),
        contact: 7,
        since: "2026-11-24T08:30:00Z",
        reason,
    };
    let link_key = |customer| Key::ledger(Tag::Link, LedgerRef::customer(customer));
    let hidden = Key::contact(Tag::Hidden, ContactId(1));
    let cases: Vec<(Meddle<'_>, &str)> = vec![
        (
            Box::new(|disk| {
                let mut value = disk.local.get(&hidden.bytes).unwrap().unwrap().to_vec();
                *value.last_mut().unwrap() ^= 1;
                disk.local.insert(&hidden.bytes, value).unwrap();
            }),
            "local: hidden contact 1 has a wrong checksum",
        ),
        (
            Box::new(|disk| {
                disk.history.insert([50, 0, 0, 0, 0, 0, 0, 0, 9], vec![1, 2, 3]).unwrap();
            }),
            "history: journal entry 9 is cut short",
        ),
        (
            Box::new(|disk| plant(disk, &link_key(1), &link(1, "whim"))),
            "local: link customer 1 cannot be understood: unknown word \"whim\"",
        ),
        (
            Box::new(|disk| {
                plant(disk, &link_key(1), &link(1, "marker"));
                plant(disk, &link_key(2), &link(2, "marker"));
            }),
            "local: link customer 2 is a second link of its contact on that side",
        ),
        (
            Box::new(|disk| {
                let long = Key::numbered(Tag::Question, 4);
                let encoded = encode(&long, &"x".repeat(20_000)).unwrap();
                disk.local.insert(&long.bytes, encoded.value).unwrap();
            }),
            "local: question 4 lacks its chunk 0",
        ),
        (Box::new(|disk| drop(disk.local.insert([200], vec![]).unwrap())), "local: key c8 is cut short"),
    ];
    for (meddle, told) in cases {
        let dir = profile();
        tamper(dir.path(), meddle);
        let error = load_error(dir.path());
        assert_eq!(error, StoreError::Damaged(told.into()));
    }
}

#[test]
fn a_newer_or_missing_schema_is_refused() {
    let key = Key::of(Tag::Schema);
    let dir = profile();
    tamper(dir.path(), |disk| plant(disk, &key, &2u32));
    assert_eq!(
        SledStore::open(dir.path(), now()).unwrap_err(),
        StoreError::Newer("its schema is 2, this kashsync knows 1".into())
    );
    let dir = profile();
    tamper(dir.path(), |disk| drop(disk.meta.remove(&key.bytes).unwrap()));
    assert_eq!(
        SledStore::open(dir.path(), now()).unwrap_err(),
        StoreError::Damaged("meta: schema version is missing".into())
    );
}

#[test]
fn leftover_snapshots_in_the_making_are_removed() {
    let dir = profile();
    let leftover = dir.path().join("store").join("snap.00000000000FFFFF.generating");
    fs::write(&leftover, b"half a snapshot").unwrap();
    let (_store, kept) = opened(dir.path());
    assert!(!leftover.exists());
    // It is removed before sled sees it, so there is nothing to repair.
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| name == "store" || name == "profile.lock"));
    assert!(kept.local.hidden.contains(&ContactId(1)));
}

#[test]
fn a_broken_snapshot_costs_nothing_and_a_copy_is_kept() {
    for broken in [b"".as_slice(), b"not a snapshot at all, and longer than its header"] {
        let dir = profile();
        // sled writes a snapshot when it opens what is there already.
        drop(opened(dir.path()));
        let found = snapshots(dir.path());
        assert!(!found.is_empty());
        for snapshot in &found {
            fs::write(snapshot, broken).unwrap();
        }
        let (_store, kept) = opened(dir.path());
        assert!(kept.local.hidden.contains(&ContactId(1)));
        let copy = dir.path().join("store-damaged-20261124T083000Z");
        assert!(copy.join("db").exists());
        assert_eq!(fs::read(copy.join(found[0].file_name().unwrap())).unwrap(), broken);
    }
}

#[test]
fn a_database_that_cannot_be_opened_is_copied_once_at_most() {
    let dir = profile();
    // sled writes a snapshot when it opens what is there already.
    drop(opened(dir.path()));
    let store = dir.path().join("store");
    fs::write(store.join("conf"), "segment_size 524288\nand no more sense than that\n").unwrap();
    let error = SledStore::open(dir.path(), now()).unwrap_err();
    let StoreError::Damaged(text) = &error else {
        panic!("{error}");
    };
    let copy = dir.path().join("store-damaged-20261124T083000Z");
    assert!(text.contains(&copy.display().to_string()), "{text}");
    assert!(copy.join("conf").exists());
    // The lock is free again, and the next try is no worse.
    let before = fs::read_dir(dir.path()).unwrap().count();
    let again = SledStore::open(dir.path(), now()).unwrap_err();
    assert!(matches!(again, StoreError::Damaged(_)), "{again}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), before, "one copy is enough");
}

#[test]
fn a_call_that_is_not_answered_in_time_poisons_the_store() {
    let dir = profile();
    let mailbox = Mailbox::open(dir.path(), now()).unwrap();
    mailbox.load().unwrap();
    let (elsewhere, _answer) = std::sync::mpsc::channel();
    let limits = Limits { busy: Duration::from_secs(5), still: Duration::from_millis(1) };
    let mut unanswered = None;
    let error = mailbox
        .call::<Kept>(limits, "waiting", |reply| {
            unanswered = Some(reply);
            Job::Load(elsewhere)
        })
        .unwrap_err();
    assert_eq!(
        error,
        StoreError::Io("waiting did not end; the disk has not answered for 0 seconds".into()),
        "a slow disk is not a damaged store"
    );
    let later = mailbox.commit(vec![Change::PutHidden(ContactId(9))]).unwrap_err();
    assert!(later.to_string().contains("waiting did not end"), "{later}");
    mailbox.shut().unwrap();
    drop(unanswered);
    assert!(!opened(dir.path()).1.local.hidden.contains(&ContactId(9)));
}

#[test]
fn a_profile_that_is_no_folder_is_told_by_its_path() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = SledStore::open(file.path(), now()).unwrap_err();
    let StoreError::Io(text) = &error else {
        panic!("{error}");
    };
    assert!(text.contains(&file.path().display().to_string()), "{text}");
}

#[cfg(unix)]
#[test]
fn everything_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    fn check(path: &Path) {
        let about = fs::metadata(path).unwrap();
        let expected = if about.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(about.permissions().mode() & 0o777, expected, "{}", path.display());
        if about.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                check(&entry.unwrap().path());
            }
        }
    }
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("Zoë's profile");
    let (store, _) = opened(&dir);
    check(&dir);
    commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap();
    drop(store);
    let (_store, _) = opened(&dir);
    assert!(!snapshots(&dir).is_empty());
    check(&dir);
}
