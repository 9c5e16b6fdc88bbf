//! Operations: what a run would do, as plain data. Made by `plan`, shown to people, carried out by the engine.

use std::collections::BTreeSet;

use super::contact::Summary;
use super::draft::ContactDraft;
use super::export::Export;
use super::ids::{ContactId, LedgerRef, QuestionId};
use super::journal::Action;
use super::link::LinkReason;
use super::local::{Failing, RecordRef};
use super::question::Asked;
use super::removal::{Removal, RemovalKind};
use super::update::{Rebase, Update};

/// One thing that a run does.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Join a ledger contact and a contact. Local; writes nothing to either service (design B13).
    Link {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The contact.
        contact: ContactId,
        /// Why.
        reason: LinkReason,
        /// The contact's name.
        name: String,
    },
    /// Create a contact in Capsule, with its marker and summary, and link it (design B10).
    CreateContact {
        /// The ledger contacts it is made for: one, or a customer and a supplier of one name.
        ledgers: Vec<LedgerRef>,
        /// What it will hold.
        draft: Box<ContactDraft>,
        /// Why.
        reason: CreateReason,
    },
    /// Write contact details to KashFlow (design B14, B17).
    UpdateLedger(Box<Update>),
    /// Write contact details to Capsule (design B13, B15).
    UpdateContact(Box<Update>),
    /// Bring our tag and fields on a contact up to date (design B23).
    WriteSummary {
        /// The contact.
        contact: ContactId,
        /// Its name.
        name: String,
        /// What stands there.
        before: Summary,
        /// What shall stand there.
        after: Summary,
    },
    /// Create a customer in KashFlow from a contact that a person exports, and link the two (design B25).
    Export(Box<Export>),
    /// Archive or delete a record, because an answer says so (design B32).
    Remove {
        /// What, where, and by which answer.
        removal: Removal,
        /// Its name.
        name: String,
    },
    /// End the link of a contact that was deleted in Capsule and ignore the ledger contact, without asking: setting
    /// `deleted_in_capsule` (design B30), or both records are gone. Local.
    LetGo {
        /// The ledger contact.
        ledger: LedgerRef,
        /// The deleted contact.
        contact: ContactId,
        /// Its name.
        name: String,
    },
}

/// Why a contact is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateReason {
    /// Nobody in Capsule is or looks like it (design B10).
    NoMatch,
    /// A person answered a question so.
    Answer,
    /// Its contact was deleted in Capsule, and is to be made anew (design B30).
    Deleted,
}

impl CreateReason {
    /// The reason in a sentence's words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoMatch => "no contact in Capsule stands for it",
            Self::Answer => LinkReason::Answer.sentence(),
            Self::Deleted => "its contact was deleted in Capsule",
        }
    }
}

impl Operation {
    /// The word in the JSON of plans.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Link { .. } => "link",
            Self::CreateContact { .. } => "create",
            Self::UpdateLedger(update) if update.is_rename() => Action::Rename.word(),
            Self::UpdateLedger(_) | Self::UpdateContact(_) => Action::Update.word(),
            Self::WriteSummary { .. } => "summary",
            Self::Export(_) => "export",
            Self::Remove { removal, .. } => removal.kind.action().word(),
            Self::LetGo { .. } => "unlink",
        }
    }

    /// The contact in Capsule that it concerns, when there is one already.
    pub fn contact(&self) -> Option<ContactId> {
        match self {
            Self::Link { contact, .. } | Self::WriteSummary { contact, .. } | Self::LetGo { contact, .. } => {
                Some(*contact)
            }
            Self::Export(export) => Some(export.contact),
            Self::Remove { removal, .. } => Some(removal.contact),
            Self::UpdateLedger(update) | Self::UpdateContact(update) => update.contact,
            Self::CreateContact { .. } => None,
        }
    }

    /// The name of the record concerned.
    pub fn name(&self) -> String {
        match self {
            Self::Link { name, .. }
            | Self::WriteSummary { name, .. }
            | Self::Remove { name, .. }
            | Self::LetGo { name, .. } => name.clone(),
            Self::CreateContact { draft, .. } => draft.kind.name(),
            Self::Export(export) => export.draft.details.name.clone(),
            Self::UpdateLedger(update) | Self::UpdateContact(update) => update.name.clone(),
        }
    }
}

/// What a run would do, in the order of doing, and what it would ask. Equal input gives an equal plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Operations in order: links, creates, updates, summaries.
    pub operations: Vec<Operation>,
    /// Every question that stands after this plan, new or not, sorted by name.
    pub questions: Vec<Asked>,
    /// Stored questions whose answers this plan carries out; they are kept until a later plan neither asks nor settles
    /// them, so that an answer is not lost when carrying it out fails.
    pub settling: BTreeSet<QuestionId>,
    /// Ledger contacts that cannot be worked on, with reason and remedy (design B37).
    pub failing: Vec<Failing>,
    /// Links whose base moves without anything being written (design B14).
    pub rebased: Vec<Rebase>,
    /// Linked records that failed, have nothing left to be written, and are due: they fail no more.
    pub mended: BTreeSet<RecordRef>,
    /// Records with something to write that failed before and is not tried yet (design B37).
    pub resting: BTreeSet<RecordRef>,
}

/// How much a plan does; also what a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Links made, those of created contacts included.
    pub linked: usize,
    /// Contacts created in Capsule.
    pub created_in_capsule: usize,
    /// Customers and suppliers created in KashFlow.
    pub created_in_kashflow: usize,
    /// Contacts changed in Capsule, summaries apart.
    pub updated_in_capsule: usize,
    /// Customers and suppliers changed in KashFlow.
    pub updated_in_kashflow: usize,
    /// Customers and suppliers archived.
    pub archived: usize,
    /// Records deleted on either side.
    pub deleted: usize,
    /// Summaries written to existing contacts.
    pub summaries_written: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.linked += more.linked;
        self.created_in_capsule += more.created_in_capsule;
        self.created_in_kashflow += more.created_in_kashflow;
        self.updated_in_capsule += more.updated_in_capsule;
        self.updated_in_kashflow += more.updated_in_kashflow;
        self.archived += more.archived;
        self.deleted += more.deleted;
        self.summaries_written += more.summaries_written;
    }
}

impl Counts {
    /// Counts one removal.
    pub fn remove(&mut self, kind: RemovalKind) {
        match kind {
            RemovalKind::Archive => self.archived += 1,
            RemovalKind::DeleteInKashFlow | RemovalKind::DeleteInCapsule => self.deleted += 1,
        }
    }
}

impl Plan {
    /// How much the plan does.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for operation in &self.operations {
            match operation {
                Operation::Link { .. } => counts.linked += 1,
                Operation::CreateContact { ledgers, .. } => {
                    counts.linked += ledgers.len();
                    counts.created_in_capsule += 1;
                }
                Operation::UpdateLedger(_) => counts.updated_in_kashflow += 1,
                Operation::UpdateContact(_) => counts.updated_in_capsule += 1,
                Operation::WriteSummary { .. } => counts.summaries_written += 1,
                Operation::Export(_) => {
                    counts.linked += 1;
                    counts.created_in_kashflow += 1;
                }
                Operation::Remove { removal, .. } => counts.remove(removal.kind),
                Operation::LetGo { .. } => {}
            }
        }
        counts
    }

    /// How long carrying it out takes, whole minutes: about sixteen requests a second, until Capsule's hour is used up
    /// (4,000 requests, less the reserve for the person at the keyboard).
    pub fn minutes(&self) -> u64 {
        const HOURLY: u64 = 3_800;
        let requests = self.requests() as u64;
        let full_hours = requests.saturating_sub(1) / HOURLY;
        full_hours * 60 + (requests - full_hours * HOURLY).div_ceil(16 * 60)
    }

    /// How many requests carrying it out takes: one for each create and each summary (design B6), two for an update, which
    /// reads its record again first, three for an export and for a removal, which look at both sides first (design B18).
    pub fn requests(&self) -> usize {
        let of_one = |operation: &Operation| match operation {
            Operation::Link { .. } | Operation::LetGo { .. } => 0,
            Operation::CreateContact { .. } | Operation::WriteSummary { .. } => 1,
            Operation::UpdateLedger(_) | Operation::UpdateContact(_) => 2,
            Operation::Export(_) | Operation::Remove { .. } => 3,
        };
        self.operations.iter().map(of_one).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b06_the_hourly_limit_says_how_long_a_plan_takes() {
        let write = Operation::WriteSummary {
            contact: ContactId(1),
            name: String::new(),
            before: Summary::default(),
            after: Summary::default(),
        };
        for (requests, minutes) in
            [(0, 0), (1, 1), (960, 1), (961, 2), (3_800, 4), (3_801, 61), (7_600, 64), (7_601, 121)]
        {
            let plan = Plan { operations: vec![write.clone(); requests], ..Plan::default() };
            assert_eq!((plan.requests(), plan.minutes()), (requests, minutes));
        }
    }
}
