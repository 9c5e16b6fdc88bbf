//! Reading everything back: every record of every tree is checked (rule 5), the journal's too.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sled::IVec;

use super::codec::{self, Payload, damaged, decode, verify};
use super::index::Index;
use super::key::{CHUNK, Key, Tag, Tree, ledger_ref, never_pair, numbers, only_number};
use super::open::{Disk, from_sled};
use super::records::history::{EntryRecord, RunPart, RunRecord};
use super::records::local::{
    FailingRecord, IgnoredRecord, IntentRecord, LinkRecord, MissingRecord, ProgressRecord,
};
use super::records::question::QuestionRecord;
use super::records::seen::{AccountsRecord, ContactRecord, DocumentRecord, LedgerRecord};
use crate::domain::contact::Contact;
use crate::domain::document::Document;
use crate::domain::ids::ContactId;
use crate::domain::journal::JournalEntry;
use crate::domain::ledger::LedgerContact;
use crate::domain::link::Link;
use crate::domain::local::{Failing, Ignored, Intent, Local};
use crate::domain::question::Question;
use crate::domain::run::RunReport;
use crate::domain::snapshot::Snapshot;
use crate::ports::{JournalQuery, Kept, StoreError};

/// Reads and verifies everything.
pub(super) fn load(disk: &Disk) -> Result<(Kept, Index), StoreError> {
    let mut index = Index::default();
    each(disk, Tree::Meta, &mut index, |row, index| match row.tag {
        Tag::Serial => {
            index.serial = row.decode()?;
            Ok(())
        }
        Tag::Schema => Ok(()),
        _ => Err(row.out_of_place()),
    })?;
    disk.check_commits(index.serial)?;
    let snapshot = load_seen(disk, &mut index)?;
    let local = load_local(disk, &mut index)?;
    let runs = load_history(disk, &mut index)?;
    let kept = Kept { snapshot, local, runs };
    Ok((kept, index))
}

fn load_seen(disk: &Disk, index: &mut Index) -> Result<Snapshot, StoreError> {
    // Rows come in the order of their keys, so the maps are built at once from sorted lists.
    let (mut contacts, mut ledger, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    let (mut capsule, mut company) = (None, None);
    each(disk, Tree::Seen, index, |row, _| {
        match row.tag {
            Tag::Contact => {
                let contact = Contact::from(row.decode::<ContactRecord>()?);
                contacts.push((contact.id, Arc::new(contact)));
            }
            Tag::Ledger => {
                let contact = LedgerContact::from(row.decode::<LedgerRecord>()?);
                ledger.push((contact.id, Arc::new(contact)));
            }
            Tag::Document => {
                let document = Document::from(row.decode::<DocumentRecord>()?);
                documents.push((document.id, Arc::new(document)));
            }
            Tag::Accounts => (capsule, company) = row.decode::<AccountsRecord>()?.into(),
            _ => return Err(row.out_of_place()),
        }
        Ok(())
    })?;
    Ok(Snapshot {
        contacts: contacts.into_iter().collect(),
        ledger: ledger.into_iter().collect(),
        documents: documents.into_iter().collect(),
        capsule,
        company,
    })
}

fn load_local(disk: &Disk, index: &mut Index) -> Result<Local, StoreError> {
    let mut local = Local::default();
    each(disk, Tree::Local, index, |row, index| {
        match row.tag {
            Tag::Link => {
                let link = Link::from(row.decode::<LinkRecord>()?);
                index.link(&link);
                // Rule 5, structure: a ledger contact has one link, a contact one per side (design B2).
                if !local.link(link) {
                    return Err(row.damaged("is a second link of its contact on that side"));
                }
            }
            Tag::Question => {
                let question = Question::from(row.decode::<QuestionRecord>()?);
                local.questions.insert(question.id, question);
            }
            Tag::Ignored => {
                let ignored = Ignored::from(row.decode::<IgnoredRecord>()?);
                local.ignored.insert(ignored.ledger, ignored);
            }
            Tag::Never => {
                local.never.insert(never_pair(row.key).ok_or_else(|| row.out_of_place())?);
            }
            Tag::FailingContact | Tag::FailingLedger => {
                let failing = Failing::from(row.decode::<FailingRecord>()?);
                local.failing.insert(failing.record, failing);
            }
            Tag::Intent => {
                let intent = Intent::from(row.decode::<IntentRecord>()?);
                local.intents.insert(intent.id, intent);
            }
            Tag::Deleted => {
                local.deleted.insert(row.contact()?, row.decode::<Timestamp>()?);
            }
            Tag::Hidden => {
                local.hidden.insert(row.contact()?);
            }
            Tag::Missing => {
                let ledger = ledger_ref(row.key).ok_or_else(|| row.out_of_place())?;
                local.missing.insert(ledger, row.decode::<MissingRecord>()?.into());
            }
            Tag::Progress => local.progress = row.decode::<ProgressRecord>()?.into(),
            _ => return Err(row.out_of_place()),
        }
        Ok(())
    })?;
    Ok(local)
}

/// Reads the runs, and verifies the journal.
pub(super) fn load_history(disk: &Disk, index: &mut Index) -> Result<Vec<RunReport>, StoreError> {
    let mut runs: Vec<RunReport> = Vec::new();
    each(disk, Tree::History, index, |row, index| {
        match row.tag {
            Tag::Run => {
                let run = RunReport::from(row.decode::<RunRecord>()?);
                index.runs.insert(run.id.0);
                runs.push(run);
            }
            // Parts come after all runs, in the order in which they belong together.
            Tag::RunPart => {
                let run = row.first_number()?.cast_unsigned();
                let report = runs
                    .binary_search_by_key(&run, |report| report.id.0)
                    .ok()
                    .and_then(|place| runs.get_mut(place))
                    .ok_or_else(|| row.damaged("belongs to no run"))?;
                row.decode::<RunPart>()?.put_back(report);
                *index.run_parts.entry(run).or_default() += 1;
            }
            // Verified here, read when asked for.
            Tag::Entry | Tag::Undone => {}
            _ => return Err(row.out_of_place()),
        }
        Ok(())
    })?;
    Ok(runs)
}

/// Reads one record.
pub(super) fn one<R: DeserializeOwned>(disk: &Disk, key: &Key) -> Result<Option<R>, StoreError> {
    let value = disk.tree(key.tree).get(&key.bytes).map_err(|error| from_sled(&error))?;
    value.map(|value| Row::verified(disk, key.tree, &key.bytes, &value)?.decode()).transpose()
}

/// Hands on every journal entry, oldest first.
pub(super) fn each_entry(
    disk: &Disk,
    mut take: impl FnMut(JournalEntry) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let undone = undone(disk)?;
    for row in disk.history.scan_prefix(Key::of(Tag::Entry).bytes) {
        let (key, value) = row.map_err(|error| from_sled(&error))?;
        let row = Row::verified(disk, Tree::History, &key, &value)?;
        let mut entry = JournalEntry::from(row.decode::<EntryRecord>()?);
        entry.undone = undone.contains(&only_number(&key));
        disk.pulse.beat();
        take(entry)?;
    }
    Ok(())
}

/// The numbers of the entries that were undone.
fn undone(disk: &Disk) -> Result<BTreeSet<Option<i64>>, StoreError> {
    disk.history
        .scan_prefix(Key::of(Tag::Undone).bytes)
        .keys()
        .map(|key| Ok(only_number(&key.map_err(|error| from_sled(&error))?)))
        .collect()
}

/// Reads journal entries from the newest end; newest last. Stops where older entries cannot belong to the answer.
pub(super) fn journal(disk: &Disk, query: JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
    let most = query.most.unwrap_or(usize::MAX);
    let undone = undone(disk)?;
    let mut entries = Vec::new();
    for row in disk.history.scan_prefix(Key::of(Tag::Entry).bytes).rev() {
        if entries.len() >= most {
            break;
        }
        let (key, value) = row.map_err(|error| from_sled(&error))?;
        let row = Row::verified(disk, Tree::History, &key, &value)?;
        let mut entry = JournalEntry::from(row.decode::<EntryRecord>()?);
        entry.undone = undone.contains(&only_number(&key));
        match query.run {
            None => entries.push(entry),
            Some(run) if entry.run == Some(run) => entries.push(entry),
            // Runs follow one another, so before an older run's entry there is none of this run.
            Some(run) if entry.run.is_some_and(|other| other < run) => break,
            Some(_) => {}
        }
    }
    entries.reverse();
    Ok(entries)
}

/// The numbers of the oldest journal entries, as long as they are from before then; at most so many.
pub(super) fn old_entries(disk: &Disk, before: Timestamp, most: usize) -> Result<Vec<u64>, StoreError> {
    let mut old = Vec::new();
    for row in disk.history.scan_prefix(Key::of(Tag::Entry).bytes).take(most) {
        let (key, value) = row.map_err(|error| from_sled(&error))?;
        let row = Row::verified(disk, Tree::History, &key, &value)?;
        let entry = JournalEntry::from(row.decode::<EntryRecord>()?);
        if entry.at >= before {
            break;
        }
        old.push(entry.id.0);
    }
    Ok(old)
}

/// A verified row.
pub(super) struct Row<'a> {
    disk: &'a Disk,
    tree: Tree,
    pub(super) tag: Tag,
    pub(super) key: &'a [u8],
    payload: Payload<'a>,
}

/// Walks a tree in the order of its keys, verifying each row, and hands on every record but chunks.
pub(super) fn each(
    disk: &Disk,
    tree: Tree,
    index: &mut Index,
    mut take: impl FnMut(Row<'_>, &mut Index) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut chunks, mut expected) = (0usize, 0usize);
    for row in disk.tree(tree) {
        let (key, value): (IVec, IVec) = row.map_err(|error| from_sled(&error))?;
        disk.pulse.beat();
        index.live += (key.len() + value.len()) as u64;
        if key.first() == Some(&CHUNK) {
            verify(tree, &key, &value)?;
            chunks += 1;
            continue;
        }
        let row = Row::verified(disk, tree, &key, &value)?;
        if let Payload::Head(count) = row.payload {
            expected += usize::from(count);
            index.chunked.insert(key.to_vec(), count);
        }
        take(row, index)?;
    }
    if chunks == expected {
        Ok(())
    } else {
        let what = format!("the {} tree has {chunks} chunks, not {expected}", tree.name());
        Err(StoreError::Damaged(what))
    }
}

impl<'a> Row<'a> {
    fn verified(disk: &'a Disk, tree: Tree, key: &'a [u8], value: &'a [u8]) -> Result<Self, StoreError> {
        let payload = verify(tree, key, value)?;
        let tag = Tag::of(key).ok_or_else(|| damaged(tree, key, "has no meaning here"))?;
        Ok(Self { disk, tree, tag, key, payload })
    }

    /// The record.
    pub(super) fn decode<R: DeserializeOwned>(&self) -> Result<R, StoreError> {
        let tree = self.disk.tree(self.tree);
        let chunk = |key: &[u8]| tree.get(key).map_err(|error| from_sled(&error));
        let bytes = codec::whole(self.tree, self.key, self.payload, chunk)?;
        decode(self.tree, self.key, &bytes)
    }

    /// The contact that the key alone names.
    pub(super) fn contact(&self) -> Result<ContactId, StoreError> {
        self.first_number().map(ContactId)
    }

    fn first_number(&self) -> Result<i64, StoreError> {
        numbers(self.key).and_then(|(_, numbers)| numbers.first().copied()).ok_or_else(|| self.out_of_place())
    }

    /// The error for a record that has no business there.
    pub(super) fn out_of_place(&self) -> StoreError {
        self.damaged("is out of place")
    }

    fn damaged(&self, what: &str) -> StoreError {
        damaged(self.tree, self.key, what)
    }
}
