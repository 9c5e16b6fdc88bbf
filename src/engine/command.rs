//! What can be asked of the engine. Plain data: the screen and the command line send these and nothing else.

use std::collections::BTreeSet;

use crate::domain::basis::Basis;
use crate::domain::deletion::LedgerStep;
use crate::domain::details::Field;
use crate::domain::ids::{ContactId, EntryId, LedgerRef, QuestionId, RunId, Service, Side};
use crate::domain::policy::Policy;
use crate::domain::question::Choice;

/// What is to be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// These entries.
    Entries(BTreeSet<EntryId>),
    /// Everything that a run did and that can be undone.
    Run(RunId),
}

/// A command to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Run now (design B33). While a run is under way it asks for one more after it, once.
    Sync {
        /// Read both sides whole.
        full: bool,
        /// Only this contact's link, details and documents, as `s` does.
        contact: Option<ContactId>,
    },
    /// Read and plan, write nothing; answered by [`super::event::Event::Planned`].
    Plan {
        /// Read both sides whole.
        full: bool,
    },
    /// Read, plan, and carry the plan out if nothing of what a saved plan was made from has moved (design 4.1, `apply`).
    /// The saved plan was seen, so a first run needs no further approval.
    Apply(Basis),
    /// Approve the first run's plan (design B35); rows that were un-ticked are ignored.
    Approve {
        /// Ledger contacts to leave out for good.
        unticked: BTreeSet<LedgerRef>,
    },
    /// Take one side's value of a field on a contact's links, or take that back (design B13).
    Take {
        /// The contact.
        contact: ContactId,
        /// The field.
        field: Field,
        /// Whose value.
        side: Service,
    },
    /// Answer a question; the next run acts on it.
    Answer {
        /// The question.
        question: QuestionId,
        /// The choice.
        choice: Choice,
        /// The text that it brings, for choices that need one.
        value: Option<String>,
    },
    /// Leave a ledger contact out for good.
    Ignore(LedgerRef),
    /// Take that back.
    Unignore(LedgerRef),
    /// Disable syncing (design B34): links and invoices are kept, hidden. A run under way is stopped first.
    Disable {
        /// Also empty our fields in Capsule, KashFlow ID excepted; answered by [`super::event::Event::Cleared`].
        clear_summary: bool,
    },
    /// Enable syncing again.
    Enable,
    /// Sign in to both services and tell who that is, also with credentials that were refused before (design B39); answered by
    /// [`super::event::Event::Tested`].
    TestCredentials,
    /// Read one document's lines and payments; answered by [`super::event::Event::Parts`]. Nothing is kept.
    ReadParts {
        /// Invoice (customer) or bill.
        side: Side,
        /// Its number.
        number: i64,
    },
    /// Read what the journal says of a contact; answered by [`super::event::Event::Journal`].
    ReadJournal(ContactId),
    /// Look for contacts that look alike; answered by [`super::event::Event::Duplicates`].
    FindDuplicates,
    /// Link a contact with a ledger contact by hand (design B13).
    Link {
        /// The contact.
        contact: ContactId,
        /// The ledger contact.
        ledger: LedgerRef,
    },
    /// End a contact's links; each pair then counts as not the same.
    Unlink {
        /// The contact.
        contact: ContactId,
        /// Only the link on this side.
        side: Option<Side>,
    },
    /// Declare that a contact and a ledger contact are not the same (design B11).
    Never {
        /// The contact.
        contact: ContactId,
        /// The ledger contact.
        ledger: LedgerRef,
    },
    /// Try failing records again with the next run: this contact's, or all (design B37).
    Retry(Option<ContactId>),
    /// Delete a contact, its ledger contacts first (design B29); answered by [`super::event::Event::Deletion`].
    Delete(DeleteOrder),
    /// Merge two contacts of Capsule (design B28); answered by [`super::event::Event::Merging`].
    Merge(MergeOrder),
    /// Undo journal entries, newest first, at once (design B36). Answered by [`super::event::Event::Undone`].
    Undo(Undo),
    /// Read, show what exporting these contacts would send, and wait (design B25): [`Command::Approve`] exports them from the
    /// same reading, anything else writes nothing. Answered by [`super::event::Event::Planned`].
    PreviewExport(Vec<ContactId>),
    /// Create customers in KashFlow from these contacts, now (design B25). Each was shown before.
    Export(Vec<ContactId>),
    /// Use these settings from now on.
    UsePolicy(Box<Policy>),
    /// Stop the run before its next operation.
    Cancel,
    /// Finish the write under way, save, end.
    Shutdown,
}

/// What a person wants deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteOrder {
    /// The contact.
    pub contact: ContactId,
    /// What becomes of its customer and supplier.
    pub step: LedgerStep,
    /// The contact's name, typed as a confirmation.
    pub confirm: Option<String>,
    /// Only tell what would go with it.
    pub dry: bool,
}

/// What a person wants merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeOrder {
    /// The contact that is kept.
    pub keep: ContactId,
    /// The contact that goes.
    pub other: ContactId,
    /// What the kept one shall be called; KashFlow's name otherwise.
    pub name: Option<String>,
    /// The other contact's name, typed as a confirmation.
    pub confirm: Option<String>,
    /// Only tell what would be done.
    pub dry: bool,
}
