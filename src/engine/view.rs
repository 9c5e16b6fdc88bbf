//! The view: everything there is to show, derived from what is known. Pure.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::event::View;
use crate::domain::date::london_day;
use crate::domain::disabled::shown_snapshot;
use crate::domain::listing::lines;
use crate::domain::policy::Policy;
use crate::domain::run::RunReport;
use crate::domain::snapshot::DocumentsByOwner;
use crate::ports::Kept;

/// What people are shown of what is kept: everything, or contacts only while syncing is disabled (design B34).
pub fn shown(kept: &Kept) -> Cow<'_, Kept> {
    if kept.local.progress.disabled.is_none() {
        return Cow::Borrowed(kept);
    }
    let without_total = |run: &RunReport| RunReport { control: None, ..run.clone() };
    Cow::Owned(Kept {
        snapshot: shown_snapshot(&kept.snapshot, &kept.local),
        local: kept.local.shown_disabled(),
        runs: kept.runs.iter().map(without_total).collect(),
    })
}

/// Derives the view. Costs one pass over contacts and documents.
pub fn build(kept: &Kept, policy: &Policy, now: Timestamp, next_run: Option<Timestamp>) -> View {
    let kept = &*shown(kept);
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
        policy: Arc::new(policy.clone()),
    }
}
