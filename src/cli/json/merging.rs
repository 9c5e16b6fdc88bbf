//! `merge`: what becomes of two contacts.

use serde::Serialize;

use super::Problem;
use crate::domain::merging::Merging;
use crate::error::AppError;

/// The document of `merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergingJson {
    contact_id: i64,
    name: String,
    other_id: i64,
    other_name: String,
    name_after: String,
    links: Vec<LinkJson>,
    people: usize,
    done: bool,
    error: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LinkJson {
    kind: &'static str,
    id: i64,
}

/// What a merge does or did, and why it was not carried out, if it was not.
pub fn merging(merging: &Merging, error: Option<&AppError>) -> MergingJson {
    MergingJson {
        contact_id: merging.keep.0,
        name: merging.keep_name.clone(),
        other_id: merging.other.0,
        other_name: merging.other_name.clone(),
        name_after: merging.name.clone(),
        links: merging
            .links
            .iter()
            .map(|ledger| LinkJson { kind: ledger.side.word(), id: ledger.id.0 })
            .collect(),
        people: merging.people,
        done: merging.done,
        error: error.map(Problem::from),
    }
}
