//! What is no longer kept (setting `keep_days`): the oldest of the journal, and what is remembered of records that were
//! ignored and that KashFlow no longer has. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::ports::{Change, Kept};

/// What to forget when that many days are kept. A record that KashFlow still has stays ignored for good (design B29).
pub(super) fn prune(kept: &Kept, keep_days: u32, now: Timestamp) -> Vec<Change> {
    let Ok(before) = now.checked_sub(SignedDuration::from_hours(24 * i64::from(keep_days))) else {
        return Vec::new();
    };
    let gone = kept
        .local
        .ignored
        .values()
        .filter(|ignored| ignored.since < before && !kept.snapshot.ledger.contains_key(&ignored.ledger));
    std::iter::once(Change::PruneJournal(before))
        .chain(gone.map(|ignored| Change::DropIgnored(ignored.ledger)))
        .collect()
}
