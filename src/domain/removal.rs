//! Removals: the only archives and deletes there are, each asked for by a person's answer (design B30, B31, B32).

use super::ids::{ContactId, LedgerRef, QuestionId, Side};
use super::journal::{Action, Place};
use super::local::Local;
use super::question::Choice;
use super::snapshot::DocumentsByOwner;

/// An archive or a delete that an answer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// What is removed, and where.
    pub kind: RemovalKind,
    /// The ledger contact of the link.
    pub ledger: LedgerRef,
    /// The contact of the link.
    pub contact: ContactId,
    /// The question whose answer asks for it.
    pub question: QuestionId,
}

/// What is removed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemovalKind {
    /// The ledger contact is archived in KashFlow; its contact was deleted in Capsule.
    Archive,
    /// The ledger contact is deleted in KashFlow with its documents; its contact was deleted in Capsule.
    DeleteInKashFlow,
    /// The contact is deleted in Capsule; its ledger contact is gone from KashFlow.
    DeleteInCapsule,
}

impl RemovalKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Archive, Self::DeleteInKashFlow, Self::DeleteInCapsule];

    /// The word in the JSON of plans and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::DeleteInKashFlow => "delete_in_kashflow",
            Self::DeleteInCapsule => "delete_in_capsule",
        }
    }

    /// Where it is done.
    pub fn place(self) -> Place {
        match self {
            Self::Archive | Self::DeleteInKashFlow => Place::KashFlow,
            Self::DeleteInCapsule => Place::Capsule,
        }
    }

    /// What the journal calls it.
    pub fn action(self) -> Action {
        match self {
            Self::Archive => Action::Archive,
            Self::DeleteInKashFlow | Self::DeleteInCapsule => Action::Delete,
        }
    }

    /// The choice that asks for it.
    pub fn choice(self) -> Choice {
        match self {
            Self::Archive => Choice::Archive,
            Self::DeleteInKashFlow | Self::DeleteInCapsule => Choice::Delete,
        }
    }
}

impl Removal {
    /// Why it is done, naming the answer (design B32).
    pub fn reason(&self) -> String {
        format!("you answered \"{}\" to question {}", self.kind.choice().key(), self.question.0)
    }
}

/// Why a ledger contact must not be deleted in KashFlow, if it must not: a document stands on a VAT return, or that is not
/// known (design B29).
pub fn delete_bar(documents: &DocumentsByOwner, local: &Local, ledger: LedgerRef) -> Option<String> {
    let (what, whole) = match ledger.side {
        Side::Customer => ("invoice", local.progress.invoices_whole),
        Side::Supplier => ("bill", local.progress.bills_whole),
    };
    if whole.is_none() {
        return Some(format!("its {what}s are not read, so nobody knows whether one is on a VAT return"));
    }
    let declared = documents.of_owner(ledger).iter().find(|document| document.vat_return.is_some())?;
    Some(format!("its {what} {} is on a VAT return", declared.number))
}
