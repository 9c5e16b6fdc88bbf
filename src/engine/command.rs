//! What can be asked of the engine. Plain data: the screen and the command line send these and nothing else.

use std::collections::BTreeSet;

use crate::domain::ids::{ContactId, LedgerRef, QuestionId, Side};
use crate::domain::policy::Policy;
use crate::domain::question::Choice;

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
    /// Approve the first run's plan (design B35); rows that were un-ticked are ignored.
    Approve {
        /// Ledger contacts to leave out for good.
        unticked: BTreeSet<LedgerRef>,
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
    /// Use these settings from now on.
    UsePolicy(Box<Policy>),
    /// Stop the run before its next operation.
    Cancel,
    /// Finish the write under way, save, end.
    Shutdown,
}
