//! `plan` and `sync --dry-run`: what a run would do and ask.

use std::collections::BTreeSet;

use serde::Serialize;

use super::questions::{QuestionJson, asked};
use super::sync::CountsJson;
use super::{Record, record};
use crate::domain::contact::{Summary, SummaryField};
use crate::domain::draft::ContactDraft;
use crate::domain::export::Export;
use crate::domain::local::{Local, RecordRef};
use crate::domain::operation::{Operation, Plan};
use crate::domain::question::QuestionKey;
use crate::domain::removal::RemovalKind;
use crate::domain::snapshot::Snapshot;
use crate::domain::summary::{changes, shown_status};
use crate::domain::update::Update;
use crate::domain::wording;

/// The document of `plan`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanJson {
    operations: Vec<OperationJson>,
    questions: Vec<QuestionJson>,
    counts: CountsJson,
    requests: usize,
    minutes: u64,
}

/// A plan. Its new questions are those that are not among the `known`; `local` numbers those that are stored by now.
pub fn plan(
    plan: &Plan,
    minutes: u64,
    known: &BTreeSet<QuestionKey>,
    snapshot: &Snapshot,
    local: &Local,
) -> PlanJson {
    let new = plan.questions.iter().filter(|question| !known.contains(&question.key));
    let questions = new.map(|question| {
        let stored = local.questions.values().find(|stored| stored.asked.key == question.key);
        asked(question, stored.map(|stored| (stored.id, stored.since)), snapshot)
    });
    PlanJson {
        operations: plan.operations.iter().map(|one| operation(one, snapshot)).collect(),
        questions: questions.collect(),
        counts: plan.counts().into(),
        requests: plan.requests(),
        minutes,
    }
}

/// What a saved plan shows: everything but the questions, which applying it does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedPlanJson {
    operations: Vec<OperationJson>,
    counts: CountsJson,
    requests: usize,
    minutes: u64,
}

/// The operations of a plan.
pub fn operations(plan: &Plan, snapshot: &Snapshot) -> SavedPlanJson {
    SavedPlanJson {
        operations: plan.operations.iter().map(|one| operation(one, snapshot)).collect(),
        counts: plan.counts().into(),
        requests: plan.requests(),
        minutes: plan.minutes(),
    }
}

/// One operation. `side` is where something changes: `capsule`, `kashflow` or `local`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct OperationJson {
    operation: &'static str,
    side: &'static str,
    record: Option<Record>,
    name: String,
    reason: String,
    fields: Vec<FieldJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FieldJson {
    field: &'static str,
    before: Option<String>,
    after: Option<String>,
}

fn operation(operation: &Operation, snapshot: &Snapshot) -> OperationJson {
    let (side, about, fields) = match operation {
        Operation::Link { ledger, .. } | Operation::LetGo { ledger, .. } => {
            ("local", Some(RecordRef::Ledger(*ledger)), Vec::new())
        }
        Operation::CreateContact { ledgers, draft, .. } => {
            ("capsule", ledgers.first().copied().map(RecordRef::Ledger), created(draft))
        }
        Operation::Export(export) => ("kashflow", Some(RecordRef::Contact(export.contact)), exported(export)),
        Operation::UpdateLedger(update) => {
            ("kashflow", Some(RecordRef::Ledger(update.ledger)), updated(update))
        }
        Operation::UpdateContact(update) => {
            ("capsule", update.target().map(RecordRef::Contact), updated(update))
        }
        Operation::Remove { removal, .. } => {
            let record = match removal.kind {
                RemovalKind::Archive | RemovalKind::DeleteInKashFlow => RecordRef::Ledger(removal.ledger),
                RemovalKind::DeleteInCapsule => RecordRef::Contact(removal.contact),
            };
            (removal.kind.place().word(), Some(record), Vec::new())
        }
        Operation::WriteSummary { contact, before, after, .. } => {
            ("capsule", Some(RecordRef::Contact(*contact)), summarised(before, after))
        }
    };
    OperationJson {
        operation: operation.word(),
        side,
        record: about.map(|about| record(about, snapshot)),
        name: operation.name(),
        reason: wording::reason(operation),
        fields,
    }
}

/// What a new customer will hold; what is empty is left out.
fn exported(export: &Export) -> Vec<FieldJson> {
    let fields = export.fields().into_iter();
    fields.map(|(field, value)| FieldJson { field, before: None, after: Some(value) }).collect()
}

/// What a new contact will hold; what is empty is left out.
fn created(draft: &ContactDraft) -> Vec<FieldJson> {
    let summary = draft.summary.values.iter().map(|(field, value)| (field.name(), value.clone()));
    draft
        .details()
        .into_iter()
        .chain(summary)
        .map(|(field, value)| FieldJson { field, before: None, after: Some(value) })
        .collect()
}

/// The fields that are written; what is empty is null.
fn updated(update: &Update) -> Vec<FieldJson> {
    let given = |value: String| Some(value).filter(|value| !value.is_empty());
    update
        .lines()
        .into_iter()
        .map(|(field, before, after)| FieldJson {
            field: field.word(),
            before: given(before),
            after: given(after),
        })
        .collect()
}

fn summarised(before: &Summary, after: &Summary) -> Vec<FieldJson> {
    changes(before, after)
        .into_iter()
        .map(|(field, value)| FieldJson {
            field: field.name(),
            before: before.values.get(&field).map(|old| match (field, &value) {
                (SummaryField::Status, Some(new)) => shown_status(old, new),
                _ => old.clone(),
            }),
            after: value,
        })
        .collect()
}
