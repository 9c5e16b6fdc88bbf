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
    /// A create in doubt counts as not done at once: the settle time is not waited out, so that no look can find it.
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
/// `held` is what a bug holds back in memory, acknowledged and not durable.
pub fn of_commit(
    bug: Option<Bug>,
    kept: &Kept,
    held: &mut Vec<Change>,
    mut changes: Vec<Change>,
) -> Vec<Vec<Change>> {
    match bug {
        Some(Bug::SkipsIntents) => changes.retain(|change| !matches!(change, Change::PutIntent(_))),
        Some(Bug::CursorFirst) => {
            let observes = |change: &Change| matches!(change, Change::PutContact(_) | Change::DropContact(_));
            if changes.iter().all(observes) {
                held.extend(changes);
                return Vec::new();
            }
            let rest = std::mem::take(held);
            return [changes, rest].into_iter().filter(|batch| !batch.is_empty()).collect();
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
