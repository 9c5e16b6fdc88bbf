//! `merge`: what becomes of two contacts.

use serde::Serialize;

use super::Problem;
use crate::domain::details::Field;
use crate::domain::merging::{LedgerParty, Merging};
use crate::error::AppError;

/// The document of `merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergingJson {
    contact_id: i64,
    name: String,
    other_id: i64,
    other_name: String,
    name_after: String,
    added: Vec<FieldJson>,
    details: Vec<FieldJson>,
    links: Vec<LinkJson>,
    contact_person_of: Vec<LinkJson>,
    people: usize,
    kashflow: Vec<ChangeJson>,
    done: bool,
    error: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LinkJson {
    kind: &'static str,
    id: i64,
    code: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FieldJson {
    field: &'static str,
    value: String,
}

/// A value that the next sync changes in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ChangeJson {
    kind: &'static str,
    id: i64,
    code: String,
    field: &'static str,
    before: String,
    after: String,
}

fn link(party: &LedgerParty) -> LinkJson {
    let LedgerParty { ledger, code, name } = party;
    LinkJson { kind: ledger.side.word(), id: ledger.id.0, code: code.clone(), name: name.clone() }
}

fn field((field, value): (Field, String)) -> FieldJson {
    FieldJson { field: field.word(), value }
}

/// What a merge does or did, and why it was not carried out, if it was not.
pub fn merging(merging: &Merging, error: Option<&AppError>) -> MergingJson {
    let details = &merging.merged.details;
    let fields = Field::ALL.into_iter().map(|field| (field, details.text(field)));
    let given = fields.filter(|(_, value)| !value.is_empty());
    MergingJson {
        contact_id: merging.keep.0,
        name: merging.keep_name.clone(),
        other_id: merging.other.0,
        other_name: merging.other_name.clone(),
        name_after: merging.name.clone(),
        added: merging.merged.added.iter().cloned().map(field).collect(),
        details: given.map(field).collect(),
        links: merging.links.iter().map(link).collect(),
        contact_person_of: merging.person_of.iter().map(link).collect(),
        people: merging.people,
        kashflow: merging
            .merged
            .updates
            .iter()
            .map(|change| ChangeJson {
                kind: change.ledger.side.word(),
                id: change.ledger.id.0,
                code: change.code.clone(),
                field: change.field.word(),
                before: change.before.clone(),
                after: change.after.clone(),
            })
            .collect(),
        done: merging.done,
        error: error.map(Problem::from),
    }
}
