//! `link`, `unlink`, `never`: the pairs concerned; `duplicates`: likely pairs among Capsule's contacts.

use serde::Serialize;

use super::questions::{ReasonJson, rounded};
use crate::domain::ids::{ContactId, LedgerRef};
use crate::domain::matching::Duplicate;
use crate::domain::snapshot::Snapshot;

/// A contact and a customer or supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairJson {
    contact_id: i64,
    contact: Option<String>,
    side: &'static str,
    id: i64,
    code: Option<String>,
    name: Option<String>,
}

/// A pair; names and code are null where the record is not among those read.
pub fn pair(contact: ContactId, ledger: LedgerRef, snapshot: &Snapshot) -> PairJson {
    let record = snapshot.ledger.get(&ledger);
    PairJson {
        contact_id: contact.0,
        contact: name(contact, snapshot),
        side: ledger.side.word(),
        id: ledger.id.0,
        code: record.map(|record| record.code.clone()),
        name: record.map(|record| record.name.clone()),
    }
}

/// Two contacts that may be the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateJson {
    contact_id: i64,
    name: Option<String>,
    other_id: i64,
    other_name: Option<String>,
    score: f64,
    band: &'static str,
    reasons: Vec<ReasonJson>,
}

/// A likely duplicate.
pub fn duplicate(pair: &Duplicate, snapshot: &Snapshot) -> DuplicateJson {
    DuplicateJson {
        contact_id: pair.first.0,
        name: name(pair.first, snapshot),
        other_id: pair.second.0,
        other_name: name(pair.second, snapshot),
        score: rounded(pair.score.probability()),
        band: pair.score.band().word(),
        reasons: pair.score.reasons.iter().map(ReasonJson::from).collect(),
    }
}

fn name(contact: ContactId, snapshot: &Snapshot) -> Option<String> {
    snapshot.contacts.get(&contact).map(|contact| contact.name().into_owned())
}
