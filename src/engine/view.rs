//! The view: everything there is to show, derived from what is known. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::event::View;
use crate::domain::date::london_day;
use crate::domain::listing::lines;
use crate::domain::policy::Policy;
use crate::domain::snapshot::DocumentsByOwner;
use crate::ports::Kept;

/// Derives the view. Costs one pass over contacts and documents.
pub fn build(kept: &Kept, policy: &Policy, now: Timestamp, next_run: Option<Timestamp>) -> View {
    let documents = DocumentsByOwner::of(&kept.snapshot);
    View {
        contacts: lines(&kept.snapshot, &documents, &kept.local, policy, now),
        snapshot: Arc::new(kept.snapshot.clone()),
        documents: Arc::new(documents),
        local: Arc::new(kept.local.clone()),
        last_run: kept.runs.last().cloned().map(Arc::new),
        next_run,
        today: london_day(now),
        bills_excluded: policy.exclude_supplier_invoices,
    }
}
