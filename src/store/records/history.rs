//! Runs and journal entries.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::local::{FailingRecord, RecordRefRecord};
use super::record;
use super::word::Word;
use crate::domain::ids::Service;
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::money::Currency;
use crate::domain::operation::Counts;
use crate::domain::run::{Control, Outcome, ReadCounts, Requests, RunError, RunReport, Trigger};

record! {
    /// A run. Its failing records and differing invoices can be thousands; they are stored apart, as [`RunPart`]s.
    RunRecord = RunReport
    must {
        id: u64 = "id",
        trigger: Word<Trigger> = "trigger",
        started: Timestamp = "started",
        finished: Timestamp = "finished",
        outcome: Word<Outcome> = "outcome",
    }
    may {
        capsule: RequestsRecord = "capsule",
        kashflow: RequestsRecord = "kashflow",
        read: ReadCountsRecord = "read",
        done: CountsRecord = "done",
        questions_open: usize = "questions_open",
        questions_new: usize = "questions_new",
        failing: Vec<FailingRecord> = "failing",
        control: Option<ControlRecord> = "control",
        error: Option<RunErrorRecord> = "error",
    }
}

/// A part of a run's long lists; the parts of a run are put together in the order of their keys.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct RunPart {
    #[serde(default)]
    failing: Vec<FailingRecord>,
    #[serde(default)]
    differing: Vec<i64>,
}

impl RunPart {
    /// Failing records in one part: each may hold a few sentences.
    const FAILING: usize = 16;
    /// Differing invoices in one part: 9 bytes each at most.
    const DIFFERING: usize = 800;

    /// Takes the long lists out of a report and cuts them up.
    pub(in crate::store) fn split_off(report: &mut RunReport) -> Vec<Self> {
        let mut failing = std::mem::take(&mut report.failing).into_iter();
        let mut differing = report
            .control
            .as_mut()
            .map(|control| std::mem::take(&mut control.differing))
            .unwrap_or_default()
            .into_iter();
        let mut parts = Vec::new();
        loop {
            let part = Self {
                failing: failing.by_ref().take(Self::FAILING).map(Into::into).collect(),
                differing: differing.by_ref().take(Self::DIFFERING).collect(),
            };
            if part == Self::default() {
                return parts;
            }
            parts.push(part);
        }
    }

    /// Puts this part back to the end of the report's lists.
    pub(in crate::store) fn put_back(self, report: &mut RunReport) {
        report.failing.extend(self.failing.into_iter().map(Into::into));
        if let Some(control) = &mut report.control {
            control.differing.extend(self.differing);
        }
    }
}

record! {
    /// Requests sent.
    #[derive(Default)]
    RequestsRecord = Requests
    must {}
    may { get: u64 = "get", post: u64 = "post", put: u64 = "put", delete: u64 = "delete" }
}

record! {
    /// Records read.
    #[derive(Default)]
    ReadCountsRecord = ReadCounts
    must {}
    may {
        capsule_contacts: usize = "capsule_contacts",
        customers: usize = "customers",
        suppliers: usize = "suppliers",
        invoices: usize = "invoices",
        bills: usize = "bills",
    }
}

record! {
    /// Things done.
    #[derive(Default)]
    CountsRecord = Counts
    must {}
    may {
        linked: usize = "linked",
        created_in_capsule: usize = "created_in_capsule",
        created_in_kashflow: usize = "created_in_kashflow",
        updated_in_capsule: usize = "updated_in_capsule",
        updated_in_kashflow: usize = "updated_in_kashflow",
        archived: usize = "archived",
        deleted: usize = "deleted",
        summaries_written: usize = "summaries_written",
    }
}

record! {
    /// The control total.
    ControlRecord = Control
    must {
        currency: Word<Currency> = "currency",
        ours: Decimal = "ours",
        kashflow: Decimal = "kashflow",
        beside: Decimal = "beside",
    }
    may { differing: Vec<i64> = "differing" }
}

record! {
    /// What went wrong with a run.
    RunErrorRecord = RunError
    must { code: String = "code" }
    may { message: String = "message", remedy: String = "remedy", service: Option<Word<Service>> = "service" }
}

record! {
    /// A journal entry. Whether it was undone lies beside it, so that an entry is written once and never again.
    EntryRecord = JournalEntry
    must {
        id: u64 = "id",
        at: Timestamp = "at",
        place: Word<Place> = "place",
        action: Word<Action> = "action",
    }
    may {
        run: Option<u64> = "run",
        record: Option<RecordRefRecord> = "record",
        name: String = "name",
        reason: String = "reason",
        before: Vec<(String, String)> = "before",
        after: Vec<(String, String)> = "after",
        outcome: String = "outcome",
        undone: bool = "undone",
    }
}
