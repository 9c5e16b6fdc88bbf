//! What the engine tells. Plain data: everything a screen or a command line knows of a run came as one of these.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::deletion::Deletion;
use crate::domain::document_parts::DocumentParts;
use crate::domain::ids::{ContactId, EntryId, RunId, Service, Side};
use crate::domain::journal::{Action, JournalEntry};
use crate::domain::listing::ContactLine;
use crate::domain::local::{Initial, Local};
use crate::domain::merging::Merging;
use crate::domain::money::Currency;
use crate::domain::operation::Plan;
use crate::domain::policy::Policy;
use crate::domain::run::{RunError, RunReport, Trigger};
use crate::domain::snapshot::{CapsuleAccount, Company, DocumentsByOwner, Snapshot};
use crate::domain::trouble::Trouble;

/// What the engine tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// What is known has changed; shown as a whole, shared, never mutated.
    Changed(Arc<View>),
    /// A run has begun.
    RunStarted {
        /// Its number.
        run: RunId,
        /// Why.
        trigger: Trigger,
        /// When.
        at: Timestamp,
    },
    /// A run is in this step.
    Progress(Progress),
    /// A service asked for a pause, or a settle time is waited out.
    Waiting {
        /// Which service.
        service: Service,
        /// Until when.
        until: Timestamp,
        /// Why, in words.
        why: String,
    },
    /// Requests left in this hour.
    Remaining {
        /// Which service.
        service: Service,
        /// How many.
        left: u32,
    },
    /// A plan is made. When `waits` is set the engine does nothing until it is approved (design B35).
    Planned {
        /// The plan.
        plan: Arc<Plan>,
        /// How long it will take, whole minutes, from the hourly limits (design B6).
        minutes: u64,
        /// It waits for [`super::command::Command::Approve`].
        waits: bool,
    },
    /// A document's lines and payments, as asked for.
    Parts {
        /// Invoice (customer) or bill.
        side: Side,
        /// Its number.
        number: i64,
        /// What it is made of.
        parts: Arc<DocumentParts>,
    },
    /// What the journal says of a contact, newest first; nothing where it could not be read.
    Journal {
        /// The contact.
        contact: ContactId,
        /// Its entries.
        entries: Arc<[JournalEntry]>,
    },
    /// Every contact that looks like another one (design B28).
    Duplicates(Arc<BTreeSet<ContactId>>),
    /// What a delete takes along, before it is carried out and once it is (design B29).
    Deletion(Arc<Deletion>),
    /// What a merge does, before it is carried out and once it is (design B28).
    Merging(Arc<Merging>),
    /// One line for the sync log.
    Log(LogLine),
    /// The automatic backup was not written: a line for the sync log, and for whoever does not read that.
    NotBackedUp(LogLine),
    /// A run has ended.
    RunFinished(Arc<RunReport>),
    /// Journal entries were undone, or could not be.
    Undone(Vec<UndoneEntry>),
    /// Our fields in Capsule were emptied, as far as that went (design B34).
    Cleared {
        /// Contacts whose fields were emptied.
        done: usize,
        /// Contacts whose fields are not empty yet; the same command goes on with them.
        left: usize,
        /// Why it stopped on the way.
        error: Option<RunError>,
    },
    /// Whom the credentials open, or why they do not.
    Tested {
        /// In Capsule.
        capsule: Result<CapsuleAccount, Trouble>,
        /// In KashFlow.
        kashflow: Result<Company, Trouble>,
    },
    /// A command could not be carried out; nothing was changed.
    Refused {
        /// Error code of the JSON contract.
        code: &'static str,
        /// Why.
        message: String,
        /// Who must do what.
        remedy: String,
    },
    /// The engine has ended.
    Stopped,
}

/// What became of one journal entry that was to be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneEntry {
    /// The entry.
    pub entry: EntryId,
    /// What it had done.
    pub action: Action,
    /// The record's name for people.
    pub name: String,
    /// Why it was not undone; none when it was.
    pub refused: Option<String>,
}

/// Everything there is to show.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Contacts by name.
    pub contacts: Vec<ContactLine>,
    /// Both services as last read.
    pub snapshot: Arc<Snapshot>,
    /// Documents by owner.
    pub documents: Arc<DocumentsByOwner>,
    /// Links, questions and the rest.
    pub local: Arc<Local>,
    /// The newest run's record.
    pub last_run: Option<Arc<RunReport>>,
    /// When the timer starts the next run.
    pub next_run: Option<Timestamp>,
    /// Today in London, for states and days overdue.
    pub today: Date,
    /// Bills are left out of everything (design B22).
    pub bills_excluded: bool,
    /// The settings that runs go by.
    pub policy: Arc<Policy>,
}

impl View {
    /// How many questions wait for a person.
    pub fn open_questions(&self) -> usize {
        self.local.open_questions().count()
    }

    /// How many records fail.
    pub fn failing(&self) -> usize {
        self.local.failing.len()
    }

    /// Whether syncing is enabled (design B34).
    pub fn is_enabled(&self) -> bool {
        self.local.progress.disabled.is_none()
    }

    /// The currency that the books are kept in; pounds until they say otherwise.
    pub fn home_currency(&self) -> Currency {
        self.snapshot.company.as_ref().map_or(Currency::GBP, |company| company.home_currency)
    }

    /// Where the first run stands.
    pub fn initial(&self) -> Initial {
        self.local.progress.initial
    }
}

/// How far a run is in its present step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// Records (or operations) done.
    pub done: usize,
    /// Of how many, when known.
    pub of: Option<usize>,
}

/// The steps of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Signing in and checking whose accounts these are.
    SignIn,
    /// Reading contacts from Capsule.
    ReadContacts,
    /// Reading customers or suppliers from KashFlow.
    ReadLedger(Side),
    /// Reading invoices or bills from KashFlow.
    ReadDocuments(Side),
    /// Looking for writes whose outcome is unknown.
    Recover,
    /// Matching and planning.
    Plan,
    /// Carrying out the plan.
    Apply,
}

impl Step {
    /// The step in words: "reading customers".
    pub fn words(self) -> &'static str {
        match self {
            Self::SignIn => "signing in",
            Self::ReadContacts => "reading Capsule contacts",
            Self::ReadLedger(Side::Customer) => "reading customers",
            Self::ReadLedger(Side::Supplier) => "reading suppliers",
            Self::ReadDocuments(Side::Customer) => "reading invoices",
            Self::ReadDocuments(Side::Supplier) => "reading bills",
            Self::Recover => "checking unfinished writes",
            Self::Plan => "planning",
            Self::Apply => "applying",
        }
    }
}

/// One line of the sync log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How bad.
    pub level: Level,
    /// One short sentence; text from the services is not yet made safe for a terminal.
    pub text: String,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something began or was read.
    Info,
    /// Something was done.
    Done,
    /// Somebody should look: a question, a pause.
    Ask,
    /// Something failed.
    Error,
}

impl Level {
    /// The word in the log pane.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Done => "ok",
            Self::Ask => "ask",
            Self::Error => "error",
        }
    }
}
