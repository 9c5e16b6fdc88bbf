//! What goes into a backup: everything but what a sync reads again.

use super::line::Line;
use crate::domain::ids::RunId;
use crate::domain::local::{Binding, Progress};
use crate::ports::StoreError;
use crate::store::index::Index;
use crate::store::key::{Key, Tag};
use crate::store::load;
use crate::store::open::Disk;
use crate::store::records::Stored;
use crate::store::records::local::ProgressRecord;
use crate::store::records::seen::{AccountsRecord, ContactRecord, LedgerRecord};

/// Hands on every line of a backup but [`Line::Settings`] and [`Line::Content`], in their order.
pub(super) fn lines(
    disk: &Disk,
    mut take: impl FnMut(Line) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let local = load::load_local(disk, &mut Index::default())?;
    if let Some(accounts) = load::one::<AccountsRecord>(disk, &Key::of(Tag::Accounts))? {
        take(Line::Accounts(accounts))?;
    }
    for link in local.links() {
        if let Some(contact) = load::one::<ContactRecord>(disk, &Key::contact(Tag::Contact, link.contact))? {
            take(Line::Contact(Box::new(contact)))?;
        }
        if let Some(ledger) = load::one::<LedgerRecord>(disk, &Key::ledger(Tag::Ledger, link.ledger))? {
            take(Line::Ledger(Box::new(ledger)))?;
        }
        take(Line::Link(Box::new(link.clone().into())))?;
    }
    for question in local.questions.values() {
        take(Line::Question(Box::new(question.clone().into())))?;
    }
    for ignored in local.ignored.values() {
        take(Line::Ignored(ignored.clone().into()))?;
    }
    for (ledger, contact) in &local.never {
        take(Line::Never(Stored::stored(*ledger), contact.0))?;
    }
    for failing in local.failing.values() {
        take(Line::Failing(failing.clone().into()))?;
    }
    for intent in local.intents.values() {
        take(Line::Intent(Box::new(intent.clone().into())))?;
    }
    for (contact, at) in &local.deleted {
        take(Line::Deleted(contact.0, *at))?;
    }
    for contact in &local.hidden {
        take(Line::Hidden(contact.0))?;
    }
    for (ledger, missing) in &local.missing {
        take(Line::Missing(Stored::stored(*ledger), (*missing).into()))?;
    }
    for run in load::load_history(disk, &mut Index::default())? {
        take(Line::Run(Box::new(run.into())))?;
    }
    load::each_entry(disk, |entry| take(Line::Entry(Box::new(entry.into()))))?;
    take(Line::Progress(Box::new(kept(local.progress).into())))
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
    Progress { capsule_cursor: None, last_run: RunId::default(), ..Progress::from(progress) }.into()
}

/// The accounts that the profile is bound to.
pub(in crate::store) fn accounts(disk: &Disk) -> Result<Option<Binding>, StoreError> {
    let progress = load::one::<ProgressRecord>(disk, &Key::of(Tag::Progress))?;
    Ok(progress.and_then(|record| Progress::from(record).bound))
}
