//! What carrying out one plan leaves for the rest of the run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::domain::ids::{LedgerRef, Side};

/// Notes of the writes under way; shared by all of them.
#[derive(Debug, Default)]
pub(in crate::engine) struct Round {
    /// KashFlow dropped values of a record: no further update to it starts in this run (design B17).
    closed_to_kashflow: AtomicBool,
    /// Something moved since the plan: plan again in this run (design B18).
    again: AtomicBool,
    /// Lists in which a record's code has to be looked up anew.
    reread: Mutex<BTreeSet<Side>>,
    /// Records whose code was looked up anew already: once in a run is enough.
    looked_up: Mutex<BTreeSet<LedgerRef>>,
}

impl Round {
    pub(super) fn close_kashflow(&self) {
        self.closed_to_kashflow.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed_to_kashflow(&self) -> bool {
        self.closed_to_kashflow.load(Ordering::SeqCst)
    }

    pub(super) fn plan_again(&self) {
        self.again.store(true, Ordering::SeqCst);
    }

    /// Has the list read again that tells the record's code; false when that was done in this run.
    pub(super) fn look_up(&self, ledger: LedgerRef) -> bool {
        let first = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner).insert(ledger);
        if first {
            self.reread.lock().unwrap_or_else(PoisonError::into_inner).insert(ledger.side);
            self.plan_again();
        }
        first
    }

    /// Whether to plan again, and which lists to read first; asked once.
    pub(in crate::engine) fn take(&self) -> (bool, BTreeSet<Side>) {
        let lists = std::mem::take(&mut *self.reread.lock().unwrap_or_else(PoisonError::into_inner));
        (self.again.swap(false, Ordering::SeqCst), lists)
    }
}
