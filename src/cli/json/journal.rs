//! `journal`: what was written and decided.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Record, record, run_number};
use crate::domain::journal::JournalEntry;
use crate::domain::snapshot::Snapshot;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryJson {
    entry: u64,
    run: Option<u64>,
    at: Timestamp,
    side: &'static str,
    record: Option<Record>,
    name: String,
    operation: &'static str,
    reason: String,
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    outcome: String,
    undone: bool,
}

/// A journal entry.
pub fn entry(entry: &JournalEntry, snapshot: &Snapshot) -> EntryJson {
    EntryJson {
        entry: entry.id.0,
        run: entry.run.map(run_number),
        at: entry.at,
        side: entry.place.word(),
        record: entry.record.map(|about| record(about, snapshot)),
        name: entry.name.clone(),
        operation: entry.action.word(),
        reason: entry.reason.clone(),
        before: entry.before.iter().cloned().collect(),
        after: entry.after.iter().cloned().collect(),
        outcome: entry.outcome.clone(),
        undone: entry.undone,
    }
}
