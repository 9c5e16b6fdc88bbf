//! Reading both services into what is kept (design B4, B5, B6).
//!
//! Reads add and update. That something is gone is concluded only where this module says so, with the rule beside it.

pub(super) mod capsule;
pub(super) mod documents;
pub(super) mod ledger;
pub(super) mod one;

use jiff::{SignedDuration, Timestamp};

use crate::ports::Change;

/// What reading a list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListRead {
    /// How many records came over the wire.
    pub(super) count: usize,
    /// The whole list held records and reads empty now: nothing was kept of it, and a person is asked (design B35).
    pub(super) suspicious: bool,
}

/// How many records one commit keeps; more would hold the lock for too long.
const PER_COMMIT: usize = 2_000;
/// Server times may be this far behind what a list shows (design B4).
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// That long before an instant.
pub(super) fn before(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_sub(by).unwrap_or(instant)
}

/// Whether something last done then is due again after that long. What was done in the future, by a clock that was set
/// back since, is due at once.
pub(super) fn is_due(last: Option<Timestamp>, every: SignedDuration, now: Timestamp) -> bool {
    last.is_none_or(|last| now.duration_since(last) >= every || last > now)
}

/// Changes in portions that one commit can take.
fn portions(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut portions = Vec::new();
    let mut rest = changes.into_iter().peekable();
    while rest.peek().is_some() {
        portions.push(rest.by_ref().take(PER_COMMIT).collect());
    }
    portions
}
