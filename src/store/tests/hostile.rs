//! Whatever bytes stand where a record or a backup should: an error with words, never a panic and never a guess.

use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dice::{CHANGES, Dice};
use super::{commit, now, opened, runtime};
use crate::domain::ids::{LedgerRef, RunId};
use crate::ports::kept::{apply, clashes};
use crate::ports::{Change, JournalQuery, Kept, Store};
use crate::store::backup::{Backup, BackupError, content_of};
use crate::store::codec::{Payload, decode, encode, verify, whole};
use crate::store::key::{self, Key, Tag, Tree};
use crate::store::records::history::{EntryRecord, RunPart, RunRecord};
use crate::store::records::local::{
    FailingRecord, IgnoredRecord, IntentRecord, LinkRecord, MissingRecord, ProgressRecord,
};
use crate::store::records::question::QuestionRecord;
use crate::store::records::seen::{AccountsRecord, ContactRecord, DocumentRecord, LedgerRecord};
use crate::store::restore;

/// One place changed, bytes inserted, or the end cut off.
#[derive(Debug, Clone)]
enum Mutation {
    Byte(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Byte(place, byte) => {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            Self::Insert(place, more) => {
                let place = place.index(bytes.len());
                bytes.splice(place..place, more.iter().copied());
            }
            Self::Cut(place) => bytes.truncate(place.index(bytes.len())),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(place, byte)| Mutation::Byte(place, byte)),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(place, more)| Mutation::Insert(place, more)),
        1 => place().prop_map(Mutation::Cut),
    ]
}

/// A record as it is stored, of the kind of that number.
fn payload(seed: u64, kind: u64) -> Vec<u8> {
    fn of<R: Serialize>(record: R) -> Vec<u8> {
        rmp_serde::to_vec_named(&record).unwrap()
    }
    let mut dice = Dice(seed);
    match kind % 6 {
        0 => of(ContactRecord::from(dice.contact())),
        1 => of(LinkRecord::from(dice.link())),
        2 => of(QuestionRecord::from(dice.question())),
        3 => of(ProgressRecord::from(dice.progress())),
        4 => of(RunRecord::from(dice.run())),
        _ => of(EntryRecord::from(dice.entry(7))),
    }
}

/// Reads the bytes as a record of that kind and brings it into the domain, as loading does.
fn read<R: DeserializeOwned + Into<D>, D>(bytes: &[u8]) {
    let key = Key::of(Tag::Progress);
    if let Err(error) = decode::<R>(Tree::Local, &key.bytes, bytes).map(Into::<D>::into) {
        assert!(error.to_string().contains("cannot be understood"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_as_a_record_are_survived(
        seed in any::<u64>(), kind in any::<u64>(), mutations in prop::collection::vec(mutation(), 1..4),
        noise in prop::collection::vec(any::<u8>(), 0..60), only_noise: bool,
    ) {
        let mut bytes = if only_noise { noise } else { payload(seed, kind) };
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        read::<ContactRecord, crate::domain::contact::Contact>(&bytes);
        read::<LedgerRecord, crate::domain::ledger::LedgerContact>(&bytes);
        read::<DocumentRecord, crate::domain::document::Document>(&bytes);
        read::<AccountsRecord, (Option<_>, Option<_>)>(&bytes);
        read::<LinkRecord, crate::domain::link::Link>(&bytes);
        read::<QuestionRecord, crate::domain::question::Question>(&bytes);
        read::<IgnoredRecord, crate::domain::local::Ignored>(&bytes);
        read::<FailingRecord, crate::domain::local::Failing>(&bytes);
        read::<IntentRecord, crate::domain::local::Intent>(&bytes);
        read::<MissingRecord, crate::domain::local::Missing>(&bytes);
        read::<ProgressRecord, crate::domain::local::Progress>(&bytes);
        read::<RunRecord, crate::domain::run::RunReport>(&bytes);
        read::<RunPart, RunPart>(&bytes);
        read::<EntryRecord, crate::domain::journal::JournalEntry>(&bytes);
        read::<jiff::Timestamp, jiff::Timestamp>(&bytes);
    }

    #[test]
    fn any_bytes_as_keys_and_values_are_survived(
        key in prop::collection::vec(any::<u8>(), 0..24), value in prop::collection::vec(any::<u8>(), 0..60),
        mutation in mutation(),
    ) {
        for tree in Tree::ALL {
            prop_assert!(!key::name(tree, &key).is_empty());
            prop_assert!(verify(tree, &key, &value).is_err(), "a checksum by chance");
        }
        let _ = (key::numbers(&key), key::ledger_ref(&key), key::never_pair(&key), key::only_number(&key));
        // A sound value that was changed, and a head whose chunks are anything.
        let sound = Key::ledger(Tag::Link, LedgerRef::customer(4));
        let encoded = encode(&sound, &"what of it").unwrap();
        let mut changed = encoded.value.clone();
        mutation.apply(&mut changed);
        prop_assert_eq!(verify(sound.tree, &sound.bytes, &changed).is_ok(), changed == encoded.value);
        let chunk = |_: &[u8]| Ok(Some(value.clone()));
        prop_assert!(whole(sound.tree, &sound.bytes, Payload::Head(3), chunk).is_err());
    }
}

/// A backup of a store that holds something of everything.
fn backup_of(seed: u64) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = opened(dir.path());
    let (mut dice, mut entries, mut model) = (Dice(seed), 0, Kept::default());
    let mut changes = Vec::new();
    for kind in 0..2 * CHANGES {
        let change = dice.change(kind % CHANGES, &mut entries);
        if !matches!(&change, Change::PutLink(link) if clashes(&model, link)) {
            apply(&mut model, &change);
            changes.push(change);
        }
    }
    commit(&store, changes).unwrap();
    let file = dir.path().join("a.backup");
    runtime().block_on(store.back_up_to(&file, now())).unwrap();
    std::fs::read(file).unwrap()
}

/// The same lines with a digest that belongs to them: somebody who writes one can write the other.
pub(super) fn sealed(bytes: &[u8]) -> Vec<u8> {
    use std::fmt::Write;
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let end = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut sealed = body[..end].to_vec();
    let hash = digest(&SHA256, &sealed);
    let hex = hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    sealed.extend(format!("{{\"sha256\":\"{hex}\"}}\n").into_bytes());
    sealed
}

#[test]
fn any_bytes_as_a_backup_are_survived() {
    let path = std::path::Path::new("/nowhere/a.backup");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.backup");
    let sound = backup_of(5);
    assert!(Backup::of_bytes(path, &sealed(&sound)).is_ok());
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(mutations in prop::collection::vec(mutation(), 1..4), reseal: bool, noise: bool)| {
        let mut bytes = if noise { Vec::new() } else { sound.clone() };
        for mutation in &mutations {
            match mutation {
                Mutation::Insert(_, more) if noise => bytes.extend(more),
                mutation => mutation.apply(&mut bytes),
            }
        }
        let is_sound = bytes == sound;
        if reseal {
            bytes = sealed(&bytes);
        }
        match Backup::of_bytes(path, &bytes) {
            Ok(backup) => {
                prop_assert!(reseal || is_sound);
                std::fs::write(&file, &bytes).unwrap();
                let content = content_of(&file);
                prop_assert!(!is_sound || content.is_some());
                backup.into_changes().for_each(drop);
            }
            Err(error) => {
                prop_assert!(error.to_string().contains("/nowhere/a.backup"), "{}", error);
                if !reseal {
                    std::fs::write(&file, &bytes).unwrap();
                    prop_assert_eq!(content_of(&file), None);
                }
            }
        }
    });
}

/// What passes for a backup but contradicts itself is not restored, and what was there stays.
#[test]
fn a_forged_backup_is_restored_whole_or_not_at_all() {
    let sound = backup_of(6);
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let lines: Vec<&[u8]> = sound.split_inclusive(|byte| *byte == b'\n').collect();
    proptest!(config, |(twice in 1..lines.len(), left_out in 1..lines.len())| {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = opened(dir.path());
        commit(&store, vec![Change::PutHidden(crate::domain::ids::ContactId(77))]).unwrap();
        drop(store);
        let file = dir.path().join("forged.backup");
        let mut forged: Vec<u8> = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let times = usize::from(number != left_out) + usize::from(number == twice && number != left_out);
            (0..times).for_each(|_| forged.extend(*line));
        }
        std::fs::write(&file, sealed(&forged)).unwrap();
        let outcome = restore(dir.path(), Some(&file), now());
        let (store, kept) = opened(dir.path());
        match outcome {
            Ok(_) => prop_assert!(!kept.local.hidden.contains(&crate::domain::ids::ContactId(77))),
            Err(BackupError::Damaged(..) | BackupError::Store(_) | BackupError::CutShort(_)) => {
                prop_assert_eq!(kept.local.hidden.len(), 1);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
        let query = JournalQuery { run: Some(RunId(1)), most: Some(3) };
        let journal = runtime().block_on(store.journal(query));
        prop_assert!(journal.is_ok());
    });
}
