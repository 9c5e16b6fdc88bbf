//! What the engine needs from the world, as traits: two services, a store and a clock.
//!
//! Implemented by `remote` (over HTTP), `store` (on sled) and by tests in memory. Nothing here says how.

pub mod kept;
mod ledger_detail;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

pub use ledger_detail::{LedgerDetail, Replaced};

use crate::domain::contact::{Contact, SummaryField};
use crate::domain::document::{Document, DocumentRef};
use crate::domain::document_parts::DocumentParts;
use crate::domain::draft::{ContactDraft, LedgerDraft};
use crate::domain::edit::Edit;
use crate::domain::holdings::{Holdings, Quote};
use crate::domain::ids::{
    ContactId, DefinitionId, EntryId, IntentId, LedgerRef, QuestionId, RunId, Service, Side, TeamId,
};
use crate::domain::journal::JournalEntry;
use crate::domain::ledger::LedgerContact;
use crate::domain::link::Link;
use crate::domain::local::{Failing, Ignored, Intent, Local, Missing, Progress, RecordRef};
use crate::domain::question::Question;
use crate::domain::refused::{CredentialsMark, CredentialsPart};
use crate::domain::run::{Requests, RunReport, UnpaidLine};
use crate::domain::snapshot::{CapsuleAccount, Company, Snapshot};
use crate::domain::trouble::Trouble;

/// How long what was seen of a record counts as fresh when it is changed: longer than requests take when nothing holds them
/// up (design B18).
pub const FRESH: Duration = Duration::from_secs(10);

/// How a call to a service can fail, by who must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The whole service is out of reach for us: a person must act, or time must pass. Stops the run.
    #[error("{}: {}", .0.service.name(), .0.message)]
    Trouble(Trouble),
    /// The service refuses this one record as it is; nothing was written. Isolates the record (design B37).
    #[error("{message}")]
    Refused {
        /// The service's words, with the field it names.
        message: String,
        /// The field it names, if any.
        field: Option<String>,
    },
    /// There is no such record, or it is not visible.
    #[error("not found")]
    NotFound,
    /// A change was not sent: leave to send came so late that the record may not be any more what it was when it was looked
    /// at. Look again (design B18).
    #[error(
        "the service made us wait so long that the record may have changed meanwhile; nothing was written"
    )]
    Stale,
    /// A write was sent and its outcome is unknown: time-out, reset, 5xx, unreadable answer (design 5).
    #[error("the outcome is unknown: {why}")]
    InDoubt {
        /// What happened, in words.
        why: String,
    },
}

/// One page of a list, and what is known of the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The records of this page that could be read.
    pub records: Vec<T>,
    /// Records of this page that made no sense, one sentence each; they make the whole read incomplete.
    pub unreadable: Vec<String>,
    /// Whether there is a further page.
    pub more: bool,
    /// How many records the whole list has, when the service tells.
    pub total: Option<usize>,
    /// The service's clock when it answered.
    pub server_time: Option<Timestamp>,
}

/// An invoice or bill as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// The document, in home currency where the row names none.
    pub document: Document,
    /// The row names no currency, and its amounts are not those in home currency: only the document itself tells
    /// (kashflow-api 6.3, 12.3).
    pub currency_missing: bool,
}

/// What Capsule's deleted feed says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeletedFeed {
    /// Deleted contacts and when.
    pub deleted: Vec<(ContactId, Timestamp)>,
    /// Contacts that the token can no longer see; they are not deleted (design B5).
    pub hidden: Vec<ContactId>,
}

/// A team in Capsule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// Our tag and field definitions as they stand in Capsule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummarySetUp {
    /// The tag exists.
    pub has_tag: bool,
    /// Definitions that exist, by field.
    pub definitions: std::collections::BTreeMap<SummaryField, DefinitionId>,
}

/// What becomes of our tag on a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagChange {
    /// It stays as it is.
    Keep,
    /// It is put on.
    Attach,
    /// It is taken off.
    Detach,
}

/// Capsule CRM.
pub trait Crm: Send + Sync + 'static {
    /// The account behind the token (`GET /site`).
    fn account(&self) -> impl Future<Output = Result<CapsuleAccount, RemoteError>> + Send;
    /// One page of contacts, changed at or after `since` if given; pages count from 1.
    fn contacts(
        &self,
        since: Option<Timestamp>,
        page: usize,
    ) -> impl Future<Output = Result<Page<Contact>, RemoteError>> + Send;
    /// One contact.
    fn contact(&self, id: ContactId) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// Contacts deleted or hidden since then.
    fn deleted(&self, since: Timestamp) -> impl Future<Output = Result<DeletedFeed, RemoteError>> + Send;
    /// The account's teams.
    fn teams(&self) -> impl Future<Output = Result<Vec<Team>, RemoteError>> + Send;
    /// Our tag and definitions as they stand.
    fn summary_set_up(&self) -> impl Future<Output = Result<SummarySetUp, RemoteError>> + Send;
    /// Makes our tag.
    fn make_tag(&self) -> impl Future<Output = Result<(), RemoteError>> + Send;
    /// Makes the definition of one of our fields.
    fn make_definition(
        &self,
        field: SummaryField,
    ) -> impl Future<Output = Result<DefinitionId, RemoteError>> + Send;
    /// Creates a contact. `definitions` says which fields may be sent; without [`SummaryField::Id`] among them the
    /// draft's marker website is sent in its place.
    fn create_contact(
        &self,
        draft: &ContactDraft,
        definitions: &std::collections::BTreeMap<SummaryField, DefinitionId>,
    ) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// Changes our tag and the given fields on a contact in one request; `None` empties a field.
    fn write_summary(
        &self,
        contact: ContactId,
        tag: TagChange,
        fields: &[(SummaryField, DefinitionId, Option<String>)],
    ) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// While set, calls that wait for their turn or for a repeat fail with trouble, nothing of them sent; what is under
    /// way is not touched. For a person who stops a run.
    fn interrupt(&self, interrupted: bool);
    /// Changes contact details in one request, row by row from the contact as just read (design B17, B18). Sends nothing
    /// when the contact has those values already. Contact Person is not Capsule's and is ignored.
    fn update_contact(
        &self,
        current: &Contact,
        edit: &Edit,
    ) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// Deletes a contact; what hangs on it goes too, people of an organisation stay. Only a person's confirmed delete,
    /// merge or undo calls this (design B28, B29, B36).
    fn delete_contact(&self, id: ContactId) -> impl Future<Output = Result<(), RemoteError>> + Send;
    /// All people of an organisation.
    fn people(
        &self,
        organisation: ContactId,
    ) -> impl Future<Output = Result<Vec<Contact>, RemoteError>> + Send;
    /// Moves a person to an organisation.
    fn move_person(
        &self,
        person: ContactId,
        organisation: ContactId,
    ) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// Adds to a contact the rows, tags and field values that only the other one has, ours excepted, in one request
    /// (design B28). Sends nothing when nothing is missing.
    fn take_over(
        &self,
        keep: ContactId,
        other: ContactId,
    ) -> impl Future<Output = Result<Contact, RemoteError>> + Send;
    /// What hangs on a contact. Whoever gets an error must count it as "holds something" (design B28).
    fn holdings(&self, id: ContactId) -> impl Future<Output = Result<Holdings, RemoteError>> + Send;
    /// Requests sent so far.
    fn requests(&self) -> Requests;
}

/// The field that a refused create names when another record has the code already.
pub const TAKEN_CODE: &str = "Code";

/// KashFlow.
pub trait Ledger: Send + Sync + 'static {
    /// Signs in, if that has not happened yet, and tells whose books these are. `CompanyId` and name come from the
    /// sign-in, the home currency from the company's details.
    fn company(&self) -> impl Future<Output = Result<Company, RemoteError>> + Send;
    /// One page of customers or suppliers, archived ones included, by code; pages count from 1.
    fn contacts(
        &self,
        side: Side,
        page: usize,
    ) -> impl Future<Output = Result<Page<LedgerContact>, RemoteError>> + Send;
    /// One page of invoices (customer) or bills (supplier) by number; newest first if asked.
    fn documents(
        &self,
        side: Side,
        newest_first: bool,
        page: usize,
    ) -> impl Future<Output = Result<Page<ListedDocument>, RemoteError>> + Send;
    /// One invoice or bill.
    fn document(&self, side: Side, number: i64)
    -> impl Future<Output = Result<Document, RemoteError>> + Send;
    /// Lines and payments of one invoice or bill.
    fn document_parts(
        &self,
        side: Side,
        number: i64,
    ) -> impl Future<Output = Result<DocumentParts, RemoteError>> + Send;
    /// All quotes of a customer.
    fn quotes(
        &self,
        customer: &LedgerContact,
    ) -> impl Future<Output = Result<Vec<Quote>, RemoteError>> + Send;
    /// Customers or suppliers of exactly that name as B7 compares, archived ones included (design B27). An empty answer
    /// proves nothing: the search is KashFlow's.
    fn named(
        &self,
        side: Side,
        name: &str,
    ) -> impl Future<Output = Result<Vec<LedgerContact>, RemoteError>> + Send;
    /// The whole record of that code, to be checked and sent back (design B17, B18).
    fn detail(
        &self,
        side: Side,
        code: &str,
    ) -> impl Future<Output = Result<LedgerDetail, RemoteError>> + Send;
    /// Changes contact details: sends the whole record back with those values in place, and tells what was lost on the
    /// way (design B17). `detail` must have been read just before.
    fn replace(
        &self,
        detail: &LedgerDetail,
        edit: &Edit,
    ) -> impl Future<Output = Result<Replaced, RemoteError>> + Send;
    /// Makes a customer or supplier. A code that is taken is refused with [`TAKEN_CODE`] as the field.
    fn create(
        &self,
        side: Side,
        draft: &LedgerDraft,
    ) -> impl Future<Output = Result<LedgerContact, RemoteError>> + Send;
    /// Archives the record of that code.
    fn archive(&self, side: Side, code: &str) -> impl Future<Output = Result<(), RemoteError>> + Send;
    /// Takes an archived record back into use; everything else stays.
    fn unarchive(&self, detail: &LedgerDetail) -> impl Future<Output = Result<Replaced, RemoteError>> + Send;
    /// Deletes the record of that code with all its documents (kashflow-api 4.6). Only a person's confirmed delete calls
    /// this (design B29).
    fn delete(&self, side: Side, code: &str) -> impl Future<Output = Result<(), RemoteError>> + Send;
    /// KashFlow's report of unpaid sales invoices.
    fn unpaid(&self) -> impl Future<Output = Result<Vec<UnpaidLine>, RemoteError>> + Send;
    /// A hash of the credentials in use, under a new key; `None` when this machine gives no random numbers.
    fn mark_credentials(&self, part: CredentialsPart) -> Option<CredentialsMark>;
    /// Whether the credentials in use are those of the mark.
    fn is_marked(&self, mark: &CredentialsMark) -> bool;
    /// Ends the session, best effort. The next call signs in again.
    fn sign_out(&self) -> impl Future<Output = ()> + Send;
    /// While set, calls that wait for their turn or for a repeat fail with trouble, nothing of them sent; what is under
    /// way is not touched. For a person who stops a run.
    fn interrupt(&self, interrupted: bool);
    /// Requests sent so far.
    fn requests(&self) -> Requests;
}

/// Something about a service that a person watching wants to know while a call is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteNotice {
    /// The service asked for a pause, or a retry waits.
    Waiting {
        /// Which service.
        service: Service,
        /// Until when.
        until: Timestamp,
        /// Why, in words.
        why: String,
    },
    /// Requests left in this hour, as the service last said.
    Remaining {
        /// Which service.
        service: Service,
        /// How many requests are left.
        left: u32,
    },
}

/// How keeping state can fail. After any of these no further remote write is made in this session (sync 1.13).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has the profile open.
    #[error("profile in use: {0}")]
    InUse(String),
    /// The store was written by a newer kashsync.
    #[error("this profile was written by a newer kashsync ({0}); update kashsync to open it")]
    Newer(String),
    /// A record does not read back as it was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The disk refuses.
    #[error("the store cannot be used: {0}")]
    Io(String),
}

/// One durable change; a commit holds several and is all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Keep a contact as read.
    PutContact(Contact),
    /// Forget a contact.
    DropContact(ContactId),
    /// Keep a ledger contact as read.
    PutLedger(LedgerContact),
    /// Forget a ledger contact.
    DropLedger(LedgerRef),
    /// Keep a document as read.
    PutDocument(Document),
    /// Forget a document.
    DropDocument(DocumentRef),
    /// Keep a link.
    PutLink(Link),
    /// End a link.
    DropLink(LedgerRef),
    /// Keep a question.
    PutQuestion(Question),
    /// Forget a question.
    DropQuestion(QuestionId),
    /// Put a ledger contact on the ignored list.
    PutIgnored(Ignored),
    /// Take it off.
    DropIgnored(LedgerRef),
    /// Declare a pair not the same.
    PutNever(LedgerRef, ContactId),
    /// Take that back.
    DropNever(LedgerRef, ContactId),
    /// Keep a failing record.
    PutFailing(Failing),
    /// It fails no more.
    DropFailing(RecordRef),
    /// Keep an intent.
    PutIntent(Intent),
    /// The intent's outcome is known.
    DropIntent(IntentId),
    /// Note a contact as deleted in Capsule.
    PutDeleted(ContactId, Timestamp),
    /// It is back.
    DropDeleted(ContactId),
    /// Note a contact as not visible.
    PutHidden(ContactId),
    /// It is visible again.
    DropHidden(ContactId),
    /// Note a ledger contact as missing from KashFlow's lists.
    PutMissing(LedgerRef, Missing),
    /// It is there again, or forgotten.
    DropMissing(LedgerRef),
    /// Keep accounts, cursors, approval and counters.
    PutProgress(Progress),
    /// Keep the accounts last read from.
    PutAccounts(Option<CapsuleAccount>, Option<Company>),
    /// Keep a run's record.
    PutRun(RunReport),
    /// Append to the journal.
    Journal(JournalEntry),
    /// Mark journal entries as undone.
    Undone(Vec<EntryId>),
    /// Forget the oldest journal entries, as long as they are from before then.
    PruneJournal(Timestamp),
}

/// Which journal entries to read; newest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalQuery {
    /// Only this run's.
    pub run: Option<RunId>,
    /// At most so many, the newest.
    pub most: Option<usize>,
}

/// Everything kept, as loaded at the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// Both services as last read.
    pub snapshot: Snapshot,
    /// Links, questions and the rest.
    pub local: Local,
    /// The newest runs, newest last, at most 100.
    pub runs: Vec<RunReport>,
}

/// Durable state, owned by one process at a time.
pub trait Store: Send + Sync + 'static {
    /// Reads and verifies everything kept.
    fn load(&self) -> impl Future<Output = Result<Kept, StoreError>> + Send;
    /// Makes the changes durable, all or none, before it returns.
    fn commit(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Reads journal entries.
    fn journal(
        &self,
        query: JournalQuery,
    ) -> impl Future<Output = Result<Vec<JournalEntry>, StoreError>> + Send;
    /// Backs up what cannot be read again, unless nothing of it has changed since the last time (sync 1.13, rule 10).
    /// Fails in words: nothing depends on it.
    fn back_up(&self, now: Timestamp) -> impl Future<Output = Result<(), String>> + Send;
}

/// Wall-clock time. Waiting is tokio's business, so that tests can pause it.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Waiting times that tests on loopback may shorten (design 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a service may still be carrying out a request that we gave up on: 90 s.
    pub settle: Duration,
    /// The first back-off step of a retried read: 1 s, doubling.
    pub backoff: Duration,
    /// How long a run may wait for a rate limit.
    pub max_wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(90),
            backoff: Duration::from_secs(1),
            max_wait: Duration::from_mins(15),
        }
    }
}
