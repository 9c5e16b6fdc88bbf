//! `debtors`: who owes, by how long it is overdue.

use serde::Serialize;

use crate::domain::debtors::Debtor;

/// What one customer owes in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DebtorJson {
    name: String,
    kashflow_code: String,
    contact_id: Option<i64>,
    currency: String,
    total: String,
    not_due: String,
    d1_30: String,
    d31_60: String,
    d61_90: String,
    d90_plus: String,
}

/// A line of the list.
pub fn debtor(debtor: &Debtor) -> DebtorJson {
    let plain = |amount| debtor.currency.plain(amount);
    let buckets = &debtor.buckets;
    DebtorJson {
        name: debtor.name.clone(),
        kashflow_code: debtor.code.clone(),
        contact_id: debtor.contact.map(|contact| contact.0),
        currency: debtor.currency.to_string(),
        total: plain(buckets.total()),
        not_due: plain(buckets.not_due),
        d1_30: plain(buckets.d1_30),
        d31_60: plain(buckets.d31_60),
        d61_90: plain(buckets.d61_90),
        d90_plus: plain(buckets.d90_plus),
    }
}
