//! The JSON contract (design 4.1): pure functions from domain types to what is printed.
//!
//! Keys in `snake_case`, amounts as decimal strings with the currency's own decimals, ids as numbers, dates `YYYY-MM-DD`, times
//! RFC 3339. Text from the services is printed as it is: JSON escapes what a terminal might obey.

pub mod contacts;
pub mod debtors;
pub mod deletion;
pub mod export;
pub mod ignored;
pub mod invoices;
pub mod journal;
pub mod merging;
pub mod pairs;
pub mod plan;
pub mod questions;
pub mod settings;
pub mod status;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod undo;

use serde::Serialize;

use crate::domain::ids::RunId;
use crate::domain::local::RecordRef;
use crate::domain::money::Totals;
use crate::domain::run::RunError;
use crate::domain::snapshot::Snapshot;
use crate::error::AppError;

/// An amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Three letters.
    pub currency: String,
    /// Plain decimal: `120.00`.
    pub amount: String,
}

/// Totals, one per currency; none where nothing is owed.
pub fn totals(totals: &Totals) -> Vec<Money> {
    totals
        .iter()
        .map(|(currency, amount)| Money { currency: currency.to_string(), amount: currency.plain(amount) })
        .collect()
}

/// What went wrong, and who must do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Error code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Who must do what.
    pub remedy: String,
}

impl From<&AppError> for Problem {
    fn from(error: &AppError) -> Self {
        Self { code: error.code().into(), message: error.to_string(), remedy: error.remedy() }
    }
}

impl From<&RunError> for Problem {
    fn from(error: &RunError) -> Self {
        Self { code: error.code.clone(), message: error.message.clone(), remedy: error.remedy.clone() }
    }
}

/// The document of a command that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What went wrong.
    pub error: Problem,
}

/// A record on either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// `contact`, `customer` or `supplier`.
    pub kind: &'static str,
    /// Its id there.
    pub id: i64,
    /// The code of a customer or supplier, when it is among those read.
    pub code: Option<String>,
}

/// A record by its kind, id and code.
pub fn record(record: RecordRef, snapshot: &Snapshot) -> Record {
    match record {
        RecordRef::Contact(contact) => Record { kind: "contact", id: contact.0, code: None },
        RecordRef::Ledger(ledger) => Record {
            kind: ledger.side.word(),
            id: ledger.id.0,
            code: snapshot.ledger.get(&ledger).map(|ledger| ledger.code.clone()),
        },
    }
}

fn run_number(run: RunId) -> u64 {
    run.0
}
