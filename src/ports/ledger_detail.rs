//! A ledger contact with everything KashFlow holds of it, for writing it back whole (design B17).

use std::fmt;

use serde_json::Value;

use crate::domain::edit::Loss;
use crate::domain::ledger::LedgerContact;

/// A ledger contact as just read, and the whole record behind it. The record is nobody's business but the client's: it
/// holds bank details, so it is kept only between reading and writing, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct LedgerDetail {
    /// What kashsync knows of the record.
    pub contact: LedgerContact,
    whole: Value,
}

impl LedgerDetail {
    /// A record as the service sent it.
    pub fn new(contact: LedgerContact, whole: Value) -> Self {
        Self { contact, whole }
    }

    /// The record as the service sent it.
    pub fn whole(&self) -> &Value {
        &self.whole
    }
}

impl fmt::Debug for LedgerDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerDetail").field("contact", &self.contact).finish_non_exhaustive()
    }
}

/// What a replace came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The record as KashFlow has it now.
    pub contact: LedgerContact,
    /// What KashFlow dropped on the way; when there is any, no further update may start in this run (design B17).
    pub losses: Vec<Loss>,
}
