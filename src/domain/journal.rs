//! The journal: every write and every local decision, with before, after and reason (design B36).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ids::{ContactId, EntryId, LedgerRef, RunId};
use super::local::RecordRef;

/// One journal entry. Append-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number.
    pub id: EntryId,
    /// The run that made it; none for a decision between runs.
    pub run: Option<RunId>,
    /// When, our clock.
    pub at: Timestamp,
    /// Where something changed.
    pub place: Place,
    /// The record concerned.
    pub record: Option<RecordRef>,
    /// Its name for people.
    pub name: String,
    /// What was done.
    pub action: Action,
    /// Why, in words.
    pub reason: String,
    /// Field values before, by field name. Summary writes name fields, not amounts (design B36).
    pub before: Vec<(String, String)>,
    /// Field values after.
    pub after: Vec<(String, String)>,
    /// How it ended: `done`, `adopted`, or the service's refusal in words.
    pub outcome: String,
    /// Set when a later entry undid this one.
    pub undone: bool,
}

impl JournalEntry {
    /// Whether this is of a contact's history, which is linked with those ledger contacts now: it concerns one of them, or a
    /// link that the contact had.
    pub fn is_about(&self, contact: ContactId, ledgers: &BTreeSet<LedgerRef>) -> bool {
        let number = contact.0.to_string();
        let names_it = || {
            let values = self.before.iter().chain(&self.after);
            values.into_iter().any(|(field, value)| field == "contact" && *value == number)
        };
        match self.record {
            Some(RecordRef::Contact(record)) => record == contact,
            Some(RecordRef::Ledger(record)) => ledgers.contains(&record) || names_it(),
            None => false,
        }
    }
}

/// Where a journal entry's change happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In Capsule.
    Capsule,
    /// In KashFlow.
    KashFlow,
    /// Only in kashsync's own state.
    Local,
}

impl Place {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capsule => "capsule",
            Self::KashFlow => "kashflow",
            Self::Local => "local",
        }
    }
}

/// What a journal entry's change was (design 4.1, `journal`); the closed list of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A link was made.
    Link,
    /// A link was ended.
    Unlink,
    /// A record was created.
    Create,
    /// A record was changed.
    Update,
    /// Our tag and fields were written.
    Summary,
    /// A contact was exported to KashFlow.
    Export,
    /// A record was renamed.
    Rename,
    /// A ledger contact was archived.
    Archive,
    /// A ledger contact was un-archived.
    Unarchive,
    /// A record was deleted.
    Delete,
    /// Two contacts were merged.
    Merge,
    /// A ledger contact was put on the ignored list.
    Ignore,
    /// A pair was declared not the same.
    Never,
    /// A question was answered.
    Answer,
    /// A difference was taken one way.
    Take,
    /// A setting was changed.
    Setting,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 16] = [
        Self::Link,
        Self::Unlink,
        Self::Create,
        Self::Update,
        Self::Summary,
        Self::Export,
        Self::Rename,
        Self::Archive,
        Self::Unarchive,
        Self::Delete,
        Self::Merge,
        Self::Ignore,
        Self::Never,
        Self::Answer,
        Self::Take,
        Self::Setting,
    ];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Create => "create",
            Self::Update => "update",
            Self::Summary => "summary",
            Self::Export => "export",
            Self::Rename => "rename",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Delete => "delete",
            Self::Merge => "merge",
            Self::Ignore => "ignore",
            Self::Never => "never",
            Self::Answer => "answer",
            Self::Take => "take",
            Self::Setting => "setting",
        }
    }
}
