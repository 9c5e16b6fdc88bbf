//! Backups, what restoring brings back, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::dice::{CHANGES, Dice};
use super::hostile::sealed;
use super::{commit, now, opened, runtime};
use crate::domain::ids::ContactId;
use crate::domain::local::{Binding, Progress};
use crate::ports::kept::clashes;
use crate::ports::{Change, JournalQuery, Kept, Store, StoreError};
use crate::store::backup::{Backup, BackupError};
use crate::store::open::{Disk, Schemas};
use crate::store::watch::Pulse;
use crate::store::{SledStore, newest_backup, renew, restore, set_aside, swap};

/// Changes of every kind that can be committed one after the other.
fn changes(seed: u64, count: u64) -> Vec<Change> {
    let (mut dice, mut entries) = (Dice(seed), 0);
    let mut model = Kept::default();
    (0..count)
        .filter_map(|kind| {
            let change = dice.change(kind % CHANGES, &mut entries);
            if matches!(&change, Change::PutLink(link) if clashes(&model, link)) {
                return None;
            }
            crate::ports::kept::apply(&mut model, &change);
            Some(change)
        })
        .collect()
}

/// What restoring brings back of what was kept.
fn as_restored(mut kept: Kept) -> Kept {
    let linked = |contact: &ContactId| kept.local.links_on(*contact).next().is_some();
    let contacts = kept.snapshot.contacts.iter().filter(|(id, _)| linked(id));
    kept.snapshot.contacts = contacts.map(|(id, contact)| (*id, contact.clone())).collect();
    kept.snapshot.ledger.retain(|id, _| kept.local.link_of(*id).is_some());
    kept.snapshot.documents.clear();
    let progress = std::mem::take(&mut kept.local.progress);
    kept.local.progress = Progress {
        capsule_whole: None,
        invoices_whole: None,
        bills_whole: None,
        definitions_checked: None,
        refused: Vec::new(),
        ..progress
    };
    kept
}

fn bound(subdomain: &str) -> Change {
    Change::PutProgress(Progress {
        bound: Some(Binding {
            subdomain: subdomain.into(),
            company: "id 4711".into(),
            company_name: "Brookside Ltd".into(),
        }),
        ..Progress::default()
    })
}

/// A profile that holds something, and a backup of it.
fn backed_up(changes: Vec<Change>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, changes).unwrap();
    let file = dir.path().join("a.backup");
    runtime().block_on(store.back_up_to(&file, now())).unwrap();
    (dir, file)
}

fn refused(dir: &Path, file: &Path) -> BackupError {
    restore(dir, Some(file), now()).unwrap_err()
}

fn back_up(store: &SledStore) {
    runtime().block_on(store.back_up(now())).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_cannot_be_read_again_comes_back(seed in any::<u64>(), count in 1u64..240) {
        let dir = tempfile::tempdir().unwrap();
        let settings = dir.path().join("p.toml");
        fs::write(&settings, "keep_days = 30\n").unwrap();
        let (store, _) = opened(dir.path());
        let store = store.with_settings(settings);
        commit(&store, changes(seed, count)).unwrap();
        let file = dir.path().join("a.backup");
        let made = runtime().block_on(store.back_up_to(&file, now())).unwrap();
        let before = runtime().block_on(store.load()).unwrap();
        let journal = runtime().block_on(store.journal(JournalQuery::default())).unwrap();
        prop_assert_eq!(made.counts.links, before.local.link_count());
        prop_assert_eq!(made.counts.journal, journal.len());
        drop(store);

        let other = tempfile::tempdir().unwrap();
        let restored = restore(other.path(), Some(&file), now()).unwrap();
        prop_assert_eq!(&restored.backup, &made);
        prop_assert_eq!(restored.settings.as_deref(), Some("keep_days = 30\n"));
        prop_assert_eq!(restored.replaced, None);
        let (store, kept) = opened(other.path());
        prop_assert_eq!(&kept, &as_restored(before));
        prop_assert_eq!(runtime().block_on(store.journal(JournalQuery::default())).unwrap(), journal);
        // What was restored is backed up as it came.
        let again = other.path().join("b.backup");
        runtime().block_on(store.back_up_to(&again, now())).unwrap();
        let records = |backup: Backup| backup.into_changes().collect::<Vec<Change>>();
        prop_assert_eq!(records(Backup::read(&again).unwrap()), records(Backup::read(&file).unwrap()));
    }
}

/// How a line is spelled says nothing: another version may put its fields in another order, or leave out what goes without
/// saying.
#[test]
fn a_backup_that_another_kashsync_spelled_otherwise_comes_back() {
    let (dir, file) = backed_up(changes(19, 2 * CHANGES));
    let kept = opened(dir.path()).1;
    let sound = fs::read_to_string(&file).unwrap();
    let lines = sound.lines().map(|line| match serde_json::from_str::<Value>(line).unwrap() {
        Value::Object(line) if line.contains_key("content") => {
            "{\"content\":\"of its own spelling\"}\n".into()
        }
        line => format!("{line}\n"),
    });
    let otherwise = lines.collect::<String>();
    assert_ne!(otherwise, sound);
    fs::write(&file, sealed(otherwise.as_bytes())).unwrap();
    let other = tempfile::tempdir().unwrap();
    restore(other.path(), Some(&file), now()).unwrap();
    assert_eq!(opened(other.path()).1, as_restored(kept));
}

#[test]
fn i19_a_backup_holds_nothing_made_from_a_secret_and_is_its_owners_alone() {
    let progress = (0..100).map(|seed| Dice(seed).progress()).find(|progress| !progress.refused.is_empty());
    let (_dir, file) = backed_up(vec![Change::PutProgress(progress.unwrap())]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"progress\"") && !text.contains("refused\":"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_no_sound_backup_is_refused_and_nothing_is_touched() {
    let (dir, file) = backed_up(changes(7, 90));
    let before = opened(dir.path()).1;
    let sound = fs::read(&file).unwrap();
    let missing = dir.path().join("missing");
    assert!(matches!(refused(dir.path(), &missing), BackupError::Unreadable(path, _) if path == missing));
    assert!(matches!(refused(dir.path(), dir.path()), BackupError::Other(_)));
    let other = dir.path().join("other");
    for (text, kind) in [
        (b"".as_slice(), "other"),
        (b"precious\n", "other"),
        (b"{}\n", "other"),
        (b"\x00\xff\n", "other"),
        (&sound[..sound.len() - 1], "cut short"),
        (&sound[..sound.len() / 2], "cut short"),
        (&sound[..=sound.iter().position(|byte| *byte == b'\n').unwrap()], "cut short"),
    ] {
        fs::write(&other, text).unwrap();
        let error = refused(dir.path(), &other);
        let found = match error {
            BackupError::Other(_) => "other",
            BackupError::CutShort(_) => "cut short",
            _ => "something else",
        };
        assert_eq!(found, kind, "{error}");
    }
    let text = String::from_utf8(sound.clone()).unwrap();
    fs::write(&other, text.replacen("\"kashsync_backup\":1", "\"kashsync_backup\":2", 1)).unwrap();
    assert!(matches!(refused(dir.path(), &other), BackupError::Newer(_)));
    fs::write(&other, text.replacen("\"schema\":1", "\"schema\":9", 1)).unwrap();
    assert!(matches!(refused(dir.path(), &other), BackupError::Newer(_)));
    assert_eq!(opened(dir.path()).1, before);
}

#[test]
fn every_flipped_bit_and_every_missing_line_is_found() {
    let (_dir, file) = backed_up(changes(3, 60));
    let sound = fs::read(&file).unwrap();
    assert!(Backup::of_bytes(&file, &sound).is_ok());
    for bit in (0..sound.len() * 8).step_by(41) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Backup::of_bytes(&file, &flipped).is_err(), "bit {bit}");
    }
    let lines: Vec<&[u8]> = sound.split_inclusive(|byte| *byte == b'\n').collect();
    for missing in 0..lines.len() {
        let others = lines.iter().enumerate().filter(|(number, _)| *number != missing);
        let left: Vec<u8> = others.flat_map(|(_, line)| line.iter().copied()).collect();
        assert!(Backup::of_bytes(&file, &left).is_err(), "line {missing}");
    }
}

#[test]
fn b03_another_accounts_backup_is_refused_even_when_the_store_is_damaged() {
    let (_one, file) = backed_up(vec![bound("northgate")]);
    let (two, own) = backed_up(vec![bound("brookside")]);
    let other = |dir: &Path| match refused(dir, &file) {
        BackupError::OtherAccount { backup, profile } => (backup.subdomain, profile.subdomain),
        error => panic!("{error}"),
    };
    let expected = ("northgate".to_owned(), "brookside".to_owned());
    assert_eq!(other(two.path()), expected);
    let (store, _) = opened(two.path());
    back_up(&store);
    drop(store);
    fs::write(two.path().join("store/db"), b"nothing of the kind").unwrap();
    assert_eq!(other(two.path()), expected, "as its own backup tells");
    assert!(restore(two.path(), Some(&own), now()).is_ok());
    let (store, _) = opened(two.path());
    assert!(matches!(refused(two.path(), &own), BackupError::Store(StoreError::InUse(_))));
    drop(store);
}

/// Two companies may bear one name; an id tells them apart. A name counts where one of the two was without an id (design B3).
#[test]
fn b03_a_backup_is_of_the_profiles_company_and_not_of_another_of_its_name() {
    let bound_to = |company: &str, name: &str| {
        let Change::PutProgress(mut progress) = bound("brookside") else { panic!() };
        let binding = progress.bound.as_mut().unwrap();
        (binding.company, binding.company_name) = (company.into(), name.into());
        Change::PutProgress(progress)
    };
    let (ours, _) = backed_up(vec![bound("brookside")]);
    for (company, name, taken) in [
        ("id 4711", "Brookside Ltd", true),
        ("id 4711", "Brookside Holdings Ltd", true),
        ("name Brookside Ltd", "Brookside Ltd", true),
        ("name Northgate Ltd", "Northgate Ltd", false),
        ("id 4712", "Brookside Ltd", false),
    ] {
        let (_dir, file) = backed_up(vec![bound_to(company, name)]);
        match restore(ours.path(), Some(&file), now()) {
            Ok(_) => assert!(taken, "{company} {name}"),
            Err(BackupError::OtherAccount { .. }) => assert!(!taken, "{company} {name}"),
            Err(error) => panic!("{company} {name}: {error}"),
        }
        // As it was.
        let (store, _) = opened(ours.path());
        commit(&store, vec![bound("brookside")]).unwrap();
    }
    let (nobodys, file) = backed_up(vec![Change::PutHidden(ContactId(1))]);
    let error = refused(ours.path(), &file);
    assert!(matches!(&error, BackupError::NoAccount { backup, .. } if *backup == file), "{error}");
    assert!(opened(ours.path()).1.local.hidden.is_empty());
    assert!(restore(nobodys.path(), Some(&file), now()).is_ok());
}

#[test]
fn a_backup_is_written_only_over_a_backup() {
    let (dir, file) = backed_up(vec![bound("brookside")]);
    let (store, _) = opened(dir.path());
    runtime().block_on(store.back_up_to(&file, now())).unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    for (place, text) in [(&precious, "is no backup"), (&dir.path().to_owned(), "is no backup")] {
        let error = runtime().block_on(store.back_up_to(place, now())).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    let nowhere = dir.path().join("no/such/folder");
    let error = runtime().block_on(store.back_up_to(&nowhere, now())).unwrap_err();
    assert!(matches!(&error, BackupError::Unwritable(path, _) if *path == nowhere), "{error}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    commit(&store, vec![Change::PutHidden(ContactId(1))]).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "no temporary file is left");
}

#[test]
fn the_automatic_backup_is_written_when_something_has_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, vec![bound("brookside"), Change::PutHidden(ContactId(1))]).unwrap();
    fs::create_dir_all(dir.path().join("backups")).unwrap();
    fs::write(dir.path().join("backups/.kashsync-abc"), "of a process that was killed").unwrap();
    back_up(&store);
    let first = newest_backup(dir.path()).unwrap();
    assert_eq!(first.accounts.as_ref().unwrap().subdomain, "brookside");
    let text = fs::read(&first.file).unwrap();
    let at = |hours: i64| now() + jiff::SignedDuration::from_hours(hours);
    let later = |store: &SledStore, hours| runtime().block_on(store.back_up(at(hours))).unwrap();
    // Cursors and run numbers move with every run and are no reason.
    let Change::PutProgress(mut progress) = bound("brookside") else { panic!() };
    (progress.capsule_cursor, progress.last_run.0) = (Some(now()), 9);
    commit(&store, vec![Change::PutProgress(progress), Change::PutContact(Dice(1).contact())]).unwrap();
    later(&store, 1);
    drop(store);
    let (store, _) = opened(dir.path());
    later(&store, 2);
    assert_eq!(fs::read(&first.file).unwrap(), text);
    assert_eq!(fs::read_dir(first.file.parent().unwrap()).unwrap().count(), 1);
    commit(&store, vec![Change::PutHidden(ContactId(2))]).unwrap();
    later(&store, 3);
    assert_ne!(fs::read(&first.file).unwrap(), text, "the day's is replaced");
    commit(&store, vec![Change::PutHidden(ContactId(3))]).unwrap();
    later(&store, 24);
    let second = newest_backup(dir.path()).unwrap();
    assert_eq!(second.made, at(24));
    fs::write(&second.file, "gone").unwrap();
    assert_eq!(newest_backup(dir.path()).unwrap().made, at(3), "a damaged one is passed over");
    // One that is damaged is no reason to write none, though nothing has changed since.
    drop(store);
    let (store, _) = opened(dir.path());
    later(&store, 25);
    assert_eq!(newest_backup(dir.path()).unwrap().made, at(25));
    commit(&store, vec![Change::DropHidden(ContactId(3))]).unwrap();
    drop(store);
    fs::write(&second.file, "gone").unwrap();
    let restored = restore(dir.path(), None, now()).unwrap();
    assert_eq!(restored.backup.made, at(3));
    let old = restored.replaced.unwrap();
    assert_eq!(old.file_name().unwrap(), "store-old-20261124T083000Z");
    assert!(old.join("db").exists());
    assert_eq!(opened(dir.path()).1.local.hidden.len(), 2);
}

/// The last write is the newest and stays, whatever the clock said before or says now.
#[test]
fn a_wrong_clock_neither_hides_nor_removes_what_is_written_last() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let mut contact = 0;
    let mut back_up_at = |at: jiff::Timestamp| {
        contact += 1;
        commit(&store, vec![Change::PutHidden(ContactId(contact))]).unwrap();
        runtime().block_on(store.back_up(at)).unwrap();
        let newest = newest_backup(dir.path()).unwrap();
        assert_eq!(newest.made, at, "{}", newest.file.display());
        let is_hidden = |change: &Change| matches!(change, Change::PutHidden(_));
        let hidden = Backup::read(&newest.file).unwrap().into_changes().filter(is_hidden).count();
        assert_eq!(i64::try_from(hidden).unwrap(), contact);
    };
    let day = |day: i64| now() + jiff::SignedDuration::from_hours(24 * day);
    // A full shelf, and a clock that has fallen back.
    (0..30).map(day).for_each(&mut back_up_at);
    back_up_at("1970-01-02T00:00:00Z".parse().unwrap());
    back_up_at(day(30));
    // A clock that was ahead for a day.
    back_up_at("2030-01-01T08:00:00Z".parse().unwrap());
    (31..34).map(day).for_each(&mut back_up_at);
}

#[test]
fn a_store_that_is_set_aside_is_kept_and_an_empty_one_begins() {
    let (dir, _) = backed_up(vec![bound("brookside")]);
    fs::write(dir.path().join("store/db"), b"nothing of the kind").unwrap();
    let aside = set_aside(dir.path(), now()).unwrap().unwrap();
    assert_eq!(fs::read(aside.join("db")).unwrap(), b"nothing of the kind");
    assert_eq!(opened(dir.path()).1, Kept::default());
}

#[test]
fn a_copy_takes_the_place_of_a_store_and_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, changes(11, 120)).unwrap();
    let journal = |store: &SledStore| runtime().block_on(store.journal(JournalQuery::default())).unwrap();
    let (kept, entries) = (runtime().block_on(store.load()).unwrap(), journal(&store));
    drop(store);
    // Grown: the old files are removed.
    let pulse = Pulse::default();
    let disk = Disk::open(&swap::place(dir.path()), now(), Schemas::OURS, &pulse).unwrap();
    renew::renewed(dir.path(), disk, now(), &pulse).unwrap().close().unwrap();
    let folders = || {
        let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap());
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        let mut names: Vec<String> =
            folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(folders(), ["store"]);
    let (store, found) = opened(dir.path());
    assert_eq!((&found, journal(&store)), (&kept, entries.clone()));
    drop(store);
    // Of an older schema: the old files are kept.
    let later = Schemas { oldest: 1, present: 2 };
    let (disk, _) = renew::opened(dir.path(), now(), later, &pulse).unwrap();
    assert_eq!(disk.schema, 2);
    disk.close().unwrap();
    assert_eq!(folders(), ["store", "store-old-20261124T083000Z"]);
    let refused = SledStore::open(dir.path(), now()).unwrap_err();
    assert_eq!(refused, StoreError::Newer("its schema is 2, this kashsync knows 1".into()));
    fs::rename(dir.path().join("store"), dir.path().join("newer")).unwrap();
    fs::rename(dir.path().join("store-old-20261124T083000Z"), dir.path().join("store")).unwrap();
    assert_eq!(opened(dir.path()).1, kept);
}

#[test]
fn a_store_whose_files_have_grown_is_written_anew_while_it_is_read() {
    let (dir, _) = backed_up(changes(13, 90));
    let kept = opened(dir.path()).1;
    // A hole takes no room, and counts as a file of that size.
    let place = swap::place(dir.path());
    fs::File::create(place.join("grown")).unwrap().set_len(65 * 1024 * 1024).unwrap();
    let (store, found) = opened(dir.path());
    assert_eq!(found, kept);
    assert!(!place.join("grown").exists());
    commit(&store, vec![Change::PutHidden(ContactId(901))]).unwrap();
    drop(store);
    assert!(opened(dir.path()).1.local.hidden.contains(&ContactId(901)));
    let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(entries.into_iter().all(|name| !name.to_string_lossy().starts_with("store-")));
}

#[test]
fn backups_of_another_store_are_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, vec![bound("brookside")]).unwrap();
    back_up(&store);
    drop(store);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (store, _) = opened(dir.path());
    back_up(&store);
    let kept = dir.path().join("backups-old-20261124T083000Z/kashsync-2026-11-24.backup");
    assert_eq!(Backup::read(&kept).unwrap().info.accounts.unwrap().subdomain, "brookside");
    assert_eq!(newest_backup(dir.path()).unwrap().accounts, None);
    assert_eq!(store.earlier_backup().unwrap().file, kept);
    drop(store);
    assert_eq!(opened(dir.path()).0.earlier_backup(), None, "told once");
}

/// A process that is killed between the two steps leaves the shelf aside and no store, or both as they were; never an empty
/// store beside another's backups.
#[test]
fn the_backups_of_another_store_are_out_of_reach_before_a_new_one_begins() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    commit(&store, vec![bound("brookside")]).unwrap();
    back_up(&store);
    drop(store);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    // As good as killed: the new store is not begun when the shelf has not been moved.
    let place = swap::place(dir.path());
    let mut cut_off = || Err(StoreError::Io("cut off".into()));
    let begun = Disk::open_after(&place, now(), Schemas::OURS, &Pulse::default(), &mut cut_off);
    assert!(matches!(begun, Err(StoreError::Io(why)) if why == "cut off"));
    let (store, _) = opened(dir.path());
    assert_eq!(store.earlier_backup().unwrap().accounts.unwrap().subdomain, "brookside");
    back_up(&store);
    assert_eq!(newest_backup(dir.path()).unwrap().accounts, None);
}

/// Also tells how long it takes: `cargo test --release --lib store::tests::backup::a_large -- --nocapture`.
#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the figures are for whoever asks for them; nothing depends on them"
)]
fn a_large_firm_is_backed_up_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let count = if cfg!(debug_assertions) { 500 } else { 20_000 };
    let mut dice = Dice(17);
    let mut changes = Vec::new();
    for id in 0..count {
        let (mut contact, mut ledger, mut link) = (dice.contact(), dice.ledger(), dice.link());
        (contact.id, ledger.id.id.0, link.contact) = (ContactId(id), id, ContactId(id));
        link.ledger = ledger.id;
        changes.extend([Change::PutContact(contact), Change::PutLedger(ledger), Change::PutLink(link)]);
        changes.push(Change::Journal(dice.entry(id.cast_unsigned())));
    }
    commit(&store, changes).unwrap();
    let file = dir.path().join("a.backup");
    let start = std::time::Instant::now();
    let made = runtime().block_on(store.back_up_to(&file, now())).unwrap();
    let backed_up = start.elapsed();
    let expected = usize::try_from(count).unwrap();
    assert_eq!((made.counts.links, made.counts.journal), (expected, expected));
    drop(store);
    let start = std::time::Instant::now();
    restore(dir.path(), Some(&file), now()).unwrap();
    println!(
        "{count} links with both records and as many journal entries: {backed_up:?} to back up, {} bytes, {:?} to restore",
        fs::metadata(&file).unwrap().len(),
        start.elapsed()
    );
    assert_eq!(opened(dir.path()).1.local.link_count(), expected);
}

/// Also tells how long they take: `cargo test --release --lib store::tests::backup::each -- --nocapture`.
#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the figures are for whoever asks for them; nothing depends on them"
)]
fn each_commit_is_noted_beside_the_database() {
    let (dir, _) = backed_up(vec![bound("brookside")]);
    let (store, _) = opened(dir.path());
    let mut dice = Dice(19);
    let mut took: Vec<std::time::Duration> = (0..if cfg!(debug_assertions) { 40 } else { 2_000 })
        .map(|id| {
            let changes = vec![Change::PutContact(dice.contact()), Change::Journal(dice.entry(1_000 + id))];
            let start = std::time::Instant::now();
            commit(&store, changes).unwrap();
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    println!("commit: p50 {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100]);
    drop(store);
    let noted = fs::read_to_string(dir.path().join("store/commits")).unwrap();
    let noted: usize = noted.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(noted, took.len() + 1, "the first held the accounts");
    // An older state of the same database is not taken for the newest.
    fs::write(dir.path().join("store/commits"), crate::store::witness::line(noted as u64 + 1)).unwrap();
    let store = SledStore::open(dir.path(), now()).unwrap();
    let error = runtime().block_on(store.load()).unwrap_err().to_string();
    assert!(error.contains(&format!("the last 1 of {} commits are missing", noted + 1)), "{error}");
}
