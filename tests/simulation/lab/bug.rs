//! The twelve seeded bugs of sync.md section 3: each must be caught, or the simulation is not to be trusted.
//!
//! They are put in at the seams (store, transport, the two services' ports), so that the product knows nothing of them.

use kashsync::domain::local::IntentAction;
use kashsync::ports::{Change, Kept};

/// A bug on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// Intents are not committed.
    SkipsIntents,
    /// The cursor is durable before what was read up to it.
    CursorFirst,
    /// A create in doubt counts as not done without a look.
    NoProbe,
    /// A record is written from an old copy.
    NoReread,
    /// What is absent counts as deleted.
    AbsentIsDeleted,
    /// What was written is compared with what was sent, not with what the service made of it.
    NoEcho,
    /// Creates in doubt are looked for in an index that lags.
    SearchesInsteadOfListing,
    /// Changes are read from the cursor on, without the overlap.
    NoOverlap,
    /// A write whose outcome is unknown is sent again.
    RetriesWrites,
    /// A commit is not one transaction.
    UnscopedTransaction,
    /// The base is advanced before the write is acknowledged.
    BaseBeforeAck,
    /// An answer is carried out although what it was given for has changed.
    IgnoresEvidence,
}

impl Bug {
    pub const ALL: [Self; 12] = [
        Self::SkipsIntents,
        Self::CursorFirst,
        Self::NoProbe,
        Self::NoReread,
        Self::AbsentIsDeleted,
        Self::NoEcho,
        Self::SearchesInsteadOfListing,
        Self::NoOverlap,
        Self::RetriesWrites,
        Self::UnscopedTransaction,
        Self::BaseBeforeAck,
        Self::IgnoresEvidence,
    ];
}

/// What becomes of a commit: the batches that are made durable one after the other.
pub fn of_commit(bug: Option<Bug>, kept: &Kept, mut changes: Vec<Change>) -> Vec<Vec<Change>> {
    match bug {
        Some(Bug::SkipsIntents) => changes.retain(|change| !matches!(change, Change::PutIntent(_))),
        Some(Bug::CursorFirst) => {
            let moves = |change: &Change| {
                matches!(change, Change::PutProgress(progress)
                    if progress.capsule_cursor != kept.local.progress.capsule_cursor)
            };
            let (first, rest): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(moves);
            return [first, rest].into_iter().filter(|batch| !batch.is_empty()).collect();
        }
        Some(Bug::NoProbe) => {
            for change in &mut changes {
                if let Change::PutIntent(intent) = change
                    && matches!(intent.action, IntentAction::CreateContact { .. })
                {
                    intent.probes = kashsync::domain::local::Intent::LOOKS;
                }
            }
        }
        Some(Bug::UnscopedTransaction) => return changes.into_iter().map(|change| vec![change]).collect(),
        Some(Bug::BaseBeforeAck) => {
            let mut early = Vec::new();
            for change in &changes {
                let Change::PutIntent(intent) = change else { continue };
                let IntentAction::UpdateLedger { ledger, edit, .. } = &intent.action else { continue };
                let Some(mut link) = kept.local.link_of(*ledger).cloned() else { continue };
                for field in &edit.fields {
                    link.settle(*field, &edit.values, &edit.values);
                }
                early.push(Change::PutLink(link));
            }
            changes.extend(early);
        }
        _ => {}
    }
    vec![changes]
}
