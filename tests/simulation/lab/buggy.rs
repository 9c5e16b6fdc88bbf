//! Both services' ports with a seeded bug in between; without one they pass everything on as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};
use kashsync::domain::contact::{Contact, SummaryField};
use kashsync::domain::details::Field;
use kashsync::domain::document::Document;
use kashsync::domain::document_parts::DocumentParts;
use kashsync::domain::draft::{ContactDraft, LedgerDraft};
use kashsync::domain::edit::Edit;
use kashsync::domain::holdings::{Holdings, Quote};
use kashsync::domain::ids::{ContactId, DefinitionId, LedgerRef, Side};
use kashsync::domain::ledger::LedgerContact;
use kashsync::domain::refused::{CredentialsMark, CredentialsPart};
use kashsync::domain::run::{Requests, UnpaidLine};
use kashsync::domain::snapshot::{CapsuleAccount, Company};
use kashsync::ports::{
    Crm, DeletedFeed, Ledger, LedgerDetail, ListedDocument, Page, RemoteError, Replaced, SummarySetUp,
    TagChange, Team,
};

use super::bug::Bug;

/// What buggy ports remember, over processes.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Remembered>>);

#[derive(Default)]
struct Remembered {
    /// Details by record, as first read.
    details: BTreeMap<(Side, String), LedgerDetail>,
    /// Contacts that were seen.
    seen: BTreeSet<ContactId>,
    /// Contacts of the newest whole reading.
    listed: BTreeSet<ContactId>,
    /// Names as they stood when a person answered.
    answered: BTreeMap<LedgerRef, String>,
}

impl Memory {
    fn get(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap()
    }

    /// A person answers about a record of that name.
    pub fn answered(&self, ledger: LedgerRef, name: &str) {
        self.get().answered.insert(ledger, name.into());
    }
}

/// Capsule with a bug.
pub struct BuggyCrm<C> {
    inner: C,
    bug: Option<Bug>,
    memory: Memory,
}

impl<C> BuggyCrm<C> {
    pub fn new(inner: C, bug: Option<Bug>, memory: Memory) -> Self {
        Self { inner, bug, memory }
    }
}

/// KashFlow with a bug.
pub struct BuggyLedger<L> {
    inner: L,
    bug: Option<Bug>,
    memory: Memory,
}

impl<L> BuggyLedger<L> {
    pub fn new(inner: L, bug: Option<Bug>, memory: Memory) -> Self {
        Self { inner, bug, memory }
    }

    /// The record under the name that it had when a person answered.
    fn seen_as_answered(&self, contact: LedgerContact) -> LedgerContact {
        match self.memory.get().answered.get(&contact.id) {
            Some(name) if self.bug == Some(Bug::IgnoresEvidence) => {
                LedgerContact { name: name.clone(), ..contact }
            }
            _ => contact,
        }
    }
}

impl<C: Crm> Crm for BuggyCrm<C> {
    async fn contacts(&self, since: Option<Timestamp>, page: usize) -> Result<Page<Contact>, RemoteError> {
        let since = match self.bug {
            // The engine takes the overlap off its cursor; this puts it back.
            Some(Bug::NoOverlap) => since.map(|since| since + SignedDuration::from_mins(10)),
            _ => since,
        };
        let mut read = self.inner.contacts(since, page).await?;
        if self.bug == Some(Bug::SearchesInsteadOfListing)
            && since.is_some()
            && let Some(now) = read.server_time
        {
            let horizon = now - SignedDuration::from_mins(10);
            read.records.retain(|contact| contact.updated_at < horizon);
        }
        if self.bug == Some(Bug::AbsentIsDeleted) {
            let mut memory = self.memory.get();
            if since.is_none() && page == 1 {
                memory.listed.clear();
            }
            let ids: Vec<ContactId> = read.records.iter().map(|contact| contact.id).collect();
            memory.seen.extend(ids.iter().copied());
            if since.is_none() {
                memory.listed.extend(ids);
            }
        }
        Ok(read)
    }

    async fn write_summary(
        &self,
        contact: ContactId,
        tag: TagChange,
        fields: &[(SummaryField, DefinitionId, Option<String>)],
    ) -> Result<Contact, RemoteError> {
        self.inner.write_summary(contact, tag, fields).await
    }

    async fn deleted(&self, since: Timestamp) -> Result<DeletedFeed, RemoteError> {
        let mut feed = self.inner.deleted(since).await?;
        if self.bug == Some(Bug::AbsentIsDeleted) {
            feed.deleted.extend(feed.hidden.drain(..).map(|id| (id, since)));
            let memory = self.memory.get();
            let gone = memory.seen.difference(&memory.listed).filter(|_| !memory.listed.is_empty());
            feed.deleted.extend(gone.map(|id| (*id, since)));
        }
        Ok(feed)
    }

    async fn account(&self) -> Result<CapsuleAccount, RemoteError> {
        self.inner.account().await
    }

    async fn contact(&self, id: ContactId) -> Result<Contact, RemoteError> {
        self.inner.contact(id).await
    }

    async fn teams(&self) -> Result<Vec<Team>, RemoteError> {
        self.inner.teams().await
    }

    async fn summary_set_up(&self) -> Result<SummarySetUp, RemoteError> {
        self.inner.summary_set_up().await
    }

    async fn make_tag(&self) -> Result<(), RemoteError> {
        self.inner.make_tag().await
    }

    async fn make_definition(&self, field: SummaryField) -> Result<DefinitionId, RemoteError> {
        self.inner.make_definition(field).await
    }

    async fn create_contact(
        &self,
        draft: &ContactDraft,
        definitions: &std::collections::BTreeMap<SummaryField, DefinitionId>,
    ) -> Result<Contact, RemoteError> {
        self.inner.create_contact(draft, definitions).await
    }

    fn interrupt(&self, interrupted: bool) {
        self.inner.interrupt(interrupted);
    }

    async fn update_contact(&self, current: &Contact, edit: &Edit) -> Result<Contact, RemoteError> {
        self.inner.update_contact(current, edit).await
    }

    async fn delete_contact(&self, id: ContactId) -> Result<(), RemoteError> {
        self.inner.delete_contact(id).await
    }

    async fn people(&self, organisation: ContactId) -> Result<Vec<Contact>, RemoteError> {
        self.inner.people(organisation).await
    }

    async fn move_person(&self, person: ContactId, organisation: ContactId) -> Result<Contact, RemoteError> {
        self.inner.move_person(person, organisation).await
    }

    async fn take_over(&self, keep: ContactId, other: ContactId) -> Result<Contact, RemoteError> {
        self.inner.take_over(keep, other).await
    }

    async fn holdings(&self, id: ContactId) -> Result<Holdings, RemoteError> {
        self.inner.holdings(id).await
    }

    fn requests(&self) -> Requests {
        self.inner.requests()
    }
}

impl<L: Ledger> Ledger for BuggyLedger<L> {
    async fn contacts(&self, side: Side, page: usize) -> Result<Page<LedgerContact>, RemoteError> {
        let mut read = self.inner.contacts(side, page).await?;
        read.records = read.records.into_iter().map(|contact| self.seen_as_answered(contact)).collect();
        Ok(read)
    }

    async fn detail(&self, side: Side, code: &str) -> Result<LedgerDetail, RemoteError> {
        let key = (side, code.to_owned());
        if self.bug == Some(Bug::NoReread)
            && let Some(known) = self.memory.get().details.get(&key)
        {
            return Ok(known.clone());
        }
        let detail = self.inner.detail(side, code).await?;
        let detail = LedgerDetail::new(self.seen_as_answered(detail.contact.clone()), detail.whole().clone());
        self.memory.get().details.insert(key, detail.clone());
        Ok(detail)
    }

    async fn replace(&self, detail: &LedgerDetail, edit: &Edit) -> Result<Replaced, RemoteError> {
        let mut replaced = self.inner.replace(detail, edit).await?;
        if self.bug == Some(Bug::NoEcho) {
            as_sent(&mut replaced.contact, edit);
        }
        Ok(replaced)
    }

    async fn company(&self) -> Result<Company, RemoteError> {
        self.inner.company().await
    }

    async fn documents(
        &self,
        side: Side,
        newest_first: bool,
        page: usize,
    ) -> Result<Page<ListedDocument>, RemoteError> {
        self.inner.documents(side, newest_first, page).await
    }

    async fn document(&self, side: Side, number: i64) -> Result<Document, RemoteError> {
        self.inner.document(side, number).await
    }

    async fn document_parts(&self, side: Side, number: i64) -> Result<DocumentParts, RemoteError> {
        self.inner.document_parts(side, number).await
    }

    async fn quotes(&self, customer: &LedgerContact) -> Result<Vec<Quote>, RemoteError> {
        self.inner.quotes(customer).await
    }

    async fn named(&self, side: Side, name: &str) -> Result<Vec<LedgerContact>, RemoteError> {
        self.inner.named(side, name).await
    }

    async fn create(&self, side: Side, draft: &LedgerDraft) -> Result<LedgerContact, RemoteError> {
        self.inner.create(side, draft).await
    }

    async fn archive(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        self.inner.archive(side, code).await
    }

    async fn unarchive(&self, detail: &LedgerDetail) -> Result<Replaced, RemoteError> {
        self.inner.unarchive(detail).await
    }

    async fn delete(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        self.inner.delete(side, code).await
    }

    async fn unpaid(&self) -> Result<Vec<UnpaidLine>, RemoteError> {
        self.inner.unpaid().await
    }

    fn mark_credentials(&self, part: CredentialsPart) -> Option<CredentialsMark> {
        self.inner.mark_credentials(part)
    }

    fn is_marked(&self, mark: &CredentialsMark) -> bool {
        self.inner.is_marked(mark)
    }

    async fn sign_out(&self) {
        self.inner.sign_out().await;
    }

    fn interrupt(&self, interrupted: bool) {
        self.inner.interrupt(interrupted);
    }

    fn requests(&self) -> Requests {
        self.inner.requests()
    }
}

/// What was sent, as if the service had kept it so.
fn as_sent(contact: &mut LedgerContact, edit: &Edit) {
    let values = &edit.values;
    for field in &edit.fields {
        let text = edit.values.text(*field);
        match field {
            Field::Name => contact.name = text,
            Field::Phone => contact.contact.telephone = text,
            Field::Fax => contact.contact.fax = text,
            Field::Mobile => contact.contact.mobile = text,
            Field::Website => contact.contact.website = text,
            Field::Email => contact.contact.email = text,
            Field::Address => {
                contact.address.lines.clone_from(&values.address.lines);
                contact.address.postcode.clone_from(&values.address.postcode);
            }
            Field::ContactPerson => {}
        }
    }
}
