//! What goes into a backup: everything but what a sync reads again.

use super::line::Line;
use crate::domain::ids::RunId;
use crate::domain::link::Link;
use crate::domain::local::{Binding, Progress};
use crate::ports::{Change, StoreError};
use crate::store::index::Index;
use crate::store::key::{Key, Tag, Tree, ledger_ref, never_pair};
use crate::store::load;
use crate::store::open::Disk;
use crate::store::records::Stored;
use crate::store::records::local::{LinkRecord, ProgressRecord};
use crate::store::records::seen::{AccountsRecord, ContactRecord, LedgerRecord};

/// Hands on every line of a backup but [`Line::Settings`] and [`Line::Content`], in their order.
pub(in crate::store) fn lines(
    disk: &Disk,
    mut take: impl FnMut(Line) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if let Some(accounts) = load::one::<AccountsRecord>(disk, &Key::of(Tag::Accounts))? {
        take(Line::Accounts(accounts))?;
    }
    // Record by record: a large firm's links are not to be in memory once more.
    let mut progress = Progress::default();
    load::each(disk, Tree::Local, &mut Index::default(), |row, _| {
        let ledger = || ledger_ref(row.key).map(Stored::stored).ok_or_else(|| row.out_of_place());
        take(match row.tag {
            Tag::Link => {
                let link = row.decode::<LinkRecord>()?;
                return linked(disk, link, &mut take);
            }
            Tag::Question => Line::Question(Box::new(row.decode()?)),
            Tag::Ignored => Line::Ignored(row.decode()?),
            Tag::Never => {
                let (ledger, contact) = never_pair(row.key).ok_or_else(|| row.out_of_place())?;
                Line::Never(Stored::stored(ledger), contact.0)
            }
            Tag::FailingContact | Tag::FailingLedger => Line::Failing(row.decode()?),
            Tag::Intent => Line::Intent(Box::new(row.decode()?)),
            Tag::Deleted => Line::Deleted(row.contact()?.0, row.decode()?),
            Tag::Hidden => Line::Hidden(row.contact()?.0),
            Tag::Missing => Line::Missing(ledger()?, row.decode()?),
            Tag::Progress => {
                progress = row.decode::<ProgressRecord>()?.into();
                return Ok(());
            }
            _ => return Err(row.out_of_place()),
        })
    })?;
    for run in load::load_history(disk, &mut Index::default())? {
        take(Line::Run(Box::new(run.into())))?;
    }
    load::each_entry(disk, |entry| take(Line::Entry(Box::new(entry.into()))))?;
    take(Line::Progress(Box::new(kept(progress).into())))
}

/// A link, after the records that it joins.
fn linked(
    disk: &Disk,
    link: LinkRecord,
    take: &mut impl FnMut(Line) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let link = Link::from(link);
    let (contact, ledger) = (link.contact, link.ledger);
    if let Some(contact) = load::one::<ContactRecord>(disk, &Key::contact(Tag::Contact, contact))? {
        take(Line::Contact(Box::new(contact)))?;
    }
    if let Some(ledger) = load::one::<LedgerRecord>(disk, &Key::ledger(Tag::Ledger, ledger))? {
        take(Line::Ledger(Box::new(ledger)))?;
    }
    take(Line::Link(Box::new(link.into())))
}

/// What a backup keeps of progress. Hashes of refused credentials stay out: a backup holds nothing that is made from a
/// secret. Everything is read whole after restoring; the cursor stays for the deleted feed.
fn kept(progress: Progress) -> Progress {
    Progress {
        refused: Vec::new(),
        capsule_whole: None,
        invoices_whole: None,
        bills_whole: None,
        definitions_checked: None,
        ..progress
    }
}

/// What counts of progress when two backups are compared: not what moves with every run.
pub(super) fn counting(progress: ProgressRecord) -> ProgressRecord {
    worth(progress.into()).into()
}

fn worth(progress: Progress) -> Progress {
    Progress { capsule_cursor: None, last_run: RunId::default(), ..progress }
}

/// Whether a change is of what a backup holds and cannot be read again. Of progress see [`moves`]; entries that have grown
/// too old are dropped on purpose, and a backup that still has them lacks nothing.
pub(in crate::store) fn counts(change: &Change) -> bool {
    match change {
        Change::PutLink(_)
        | Change::DropLink(_)
        | Change::PutQuestion(_)
        | Change::DropQuestion(_)
        | Change::PutIgnored(_)
        | Change::DropIgnored(_)
        | Change::PutNever(..)
        | Change::DropNever(..)
        | Change::PutFailing(_)
        | Change::DropFailing(_)
        | Change::PutIntent(_)
        | Change::DropIntent(_)
        | Change::PutDeleted(..)
        | Change::DropDeleted(_)
        | Change::PutHidden(_)
        | Change::DropHidden(_)
        | Change::PutMissing(..)
        | Change::DropMissing(_)
        | Change::PutProgress(_)
        | Change::Journal(_)
        | Change::Undone(_) => true,
        Change::PutContact(_)
        | Change::DropContact(_)
        | Change::PutLedger(_)
        | Change::DropLedger(_)
        | Change::PutDocument(_)
        | Change::DropDocument(_)
        | Change::PutAccounts(..)
        | Change::PutRun(_)
        | Change::PruneJournal(_) => false,
    }
}

/// Whether these changes make the newest backup lack something, where progress was so before. Keeps `progress` up to date.
pub(in crate::store) fn moves(changes: &[Change], progress: &mut Progress) -> bool {
    let mut moved = false;
    for change in changes {
        if let Change::PutProgress(after) = change {
            moved |= worth(kept(after.clone())) != worth(kept(std::mem::replace(progress, after.clone())));
        } else {
            moved |= counts(change);
        }
    }
    moved
}

/// The accounts that the profile is bound to.
pub(in crate::store) fn accounts(disk: &Disk) -> Result<Option<Binding>, StoreError> {
    let progress = load::one::<ProgressRecord>(disk, &Key::of(Tag::Progress))?;
    Ok(progress.and_then(|record| Progress::from(record).bound))
}
