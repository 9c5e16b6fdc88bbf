//! What hangs on a record and would go with it: shown before a delete, and asked before a merge (design B28, B29).

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::money::Currency;

/// What a contact in Capsule holds beyond its details.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Notes, filed e-mails and done tasks.
    pub notes: usize,
    /// Opportunities.
    pub opportunities: usize,
    /// Projects.
    pub projects: usize,
    /// There is at least one open task.
    pub open_tasks: bool,
}

impl Holdings {
    /// Whether nothing would go with the contact, so that it may be deleted in a merge (design B28).
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A quote to a customer in KashFlow; it goes with the customer (kashflow-api 4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The number people know.
    pub number: i64,
    /// Its day.
    pub date: Option<Date>,
    /// Gross amount.
    pub gross: Decimal,
    /// The currency, where the list tells: it often does not.
    pub currency: Option<Currency>,
}
