//! How things stand as a whole: what `status` and the top line tell.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::date::london_day;
use super::ids::Side;
use super::local::{Failing, Local};
use super::money::Totals;
use super::policy::Policy;
use super::run::RunReport;
use super::snapshot::{CapsuleAccount, Company, Snapshot};

/// How things stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Syncing is enabled (design B34).
    pub enabled: bool,
    /// The Capsule account last read from.
    pub capsule: Option<CapsuleAccount>,
    /// The KashFlow company last read from.
    pub company: Option<Company>,
    /// The newest run.
    pub last_run: Option<RunReport>,
    /// When a kashsync that keeps running would start the next run; none before the first.
    pub next_run: Option<Timestamp>,
    /// Open questions.
    pub questions: usize,
    /// Failing records.
    pub failing: Vec<Failing>,
    /// Amounts due on all sales invoices, linked or not.
    pub outstanding: Totals,
    /// The overdue part.
    pub overdue: Totals,
}

/// Sums up what is known.
pub fn standing(
    snapshot: &Snapshot,
    local: &Local,
    last_run: Option<&RunReport>,
    policy: &Policy,
    now: Timestamp,
) -> Standing {
    let today = london_day(now);
    let (mut outstanding, mut overdue) = (Totals::default(), Totals::default());
    for document in snapshot.documents.values().filter(|document| document.id.side == Side::Customer) {
        outstanding.add(document.currency, document.due_amount);
        if document.days_overdue(today) > 0 {
            overdue.add(document.currency, document.due_amount);
        }
    }
    let enabled = local.progress.disabled.is_none();
    Standing {
        enabled,
        capsule: snapshot.capsule.clone(),
        company: snapshot.company.clone(),
        last_run: last_run.cloned(),
        next_run: last_run
            .filter(|_| enabled)
            .and_then(|run| due(run.finished.min(now), policy.sync_interval)),
        questions: local.open_questions().count(),
        failing: local.failing.values().cloned().collect(),
        outstanding,
        overdue,
    }
}

fn due(finished: Timestamp, interval: Duration) -> Option<Timestamp> {
    finished.checked_add(SignedDuration::try_from(interval).ok()?).ok()
}
