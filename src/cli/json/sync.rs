//! `sync`: the record of a run.

use jiff::Timestamp;
use serde::Serialize;

use super::{Problem, run_number};
use crate::domain::local::{Failing, RecordRef};
use crate::domain::operation::Counts;
use crate::domain::run::{Control, ReadCounts, Requests, RunReport};

/// The document of `sync`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SyncJson {
    run: u64,
    trigger: &'static str,
    started: Timestamp,
    finished: Timestamp,
    outcome: &'static str,
    requests: RequestsJson,
    read: ReadJson,
    done: CountsJson,
    questions: QuestionCountsJson,
    attention: Vec<AttentionJson>,
    control: Option<ControlJson>,
    error: Option<Problem>,
}

/// The record of a run.
pub fn sync(report: &RunReport) -> SyncJson {
    SyncJson {
        run: run_number(report.id),
        trigger: report.trigger.word(),
        started: report.started,
        finished: report.finished,
        outcome: report.outcome.word(),
        requests: RequestsJson { capsule: report.capsule.into(), kashflow: report.kashflow.into() },
        read: report.read.into(),
        done: report.done.into(),
        questions: QuestionCountsJson { open: report.questions_open, new: report.questions_new },
        attention: report.failing.iter().map(AttentionJson::from).collect(),
        control: report.control.as_ref().map(ControlJson::from),
        error: report.error.as_ref().map(Problem::from),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RequestsJson {
    capsule: MethodsJson,
    kashflow: MethodsJson,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MethodsJson {
    get: u64,
    post: u64,
    put: u64,
    delete: u64,
}

impl From<Requests> for MethodsJson {
    fn from(Requests { get, post, put, delete }: Requests) -> Self {
        Self { get, post, put, delete }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ReadJson {
    capsule_contacts: usize,
    customers: usize,
    suppliers: usize,
    invoices: usize,
    bills: usize,
}

impl From<ReadCounts> for ReadJson {
    fn from(read: ReadCounts) -> Self {
        let ReadCounts { capsule_contacts, customers, suppliers, invoices, bills } = read;
        Self { capsule_contacts, customers, suppliers, invoices, bills }
    }
}

/// How much was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountsJson {
    linked: usize,
    created_in_capsule: usize,
    created_in_kashflow: usize,
    updated_in_capsule: usize,
    updated_in_kashflow: usize,
    archived: usize,
    deleted: usize,
    summaries_written: usize,
}

impl From<Counts> for CountsJson {
    fn from(counts: Counts) -> Self {
        Self {
            linked: counts.linked,
            created_in_capsule: counts.created_in_capsule,
            created_in_kashflow: counts.created_in_kashflow,
            updated_in_capsule: counts.updated_in_capsule,
            updated_in_kashflow: counts.updated_in_kashflow,
            archived: counts.archived,
            deleted: counts.deleted,
            summaries_written: counts.summaries_written,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct QuestionCountsJson {
    open: usize,
    new: usize,
}

/// A failing record. `side` is `capsule` for contacts, else `customer` or `supplier`: only then is `id` unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttentionJson {
    side: &'static str,
    id: i64,
    name: String,
    reason: String,
    remedy: String,
    next_try: Timestamp,
}

impl From<&Failing> for AttentionJson {
    fn from(failing: &Failing) -> Self {
        let (side, id) = match failing.record {
            RecordRef::Contact(contact) => ("capsule", contact.0),
            RecordRef::Ledger(ledger) => (ledger.side.word(), ledger.id.0),
        };
        Self {
            side,
            id,
            name: failing.name.clone(),
            reason: failing.reason.clone(),
            remedy: failing.remedy.clone(),
            next_try: failing.next_try,
        }
    }
}

/// The control total, in home currency (design B19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlJson {
    ours: String,
    kashflow: String,
    agree: bool,
}

impl From<&Control> for ControlJson {
    fn from(control: &Control) -> Self {
        Self {
            ours: control.currency.plain(control.ours),
            kashflow: control.currency.plain(control.kashflow),
            agree: control.agrees(),
        }
    }
}
