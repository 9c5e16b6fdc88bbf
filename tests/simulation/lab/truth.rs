//! Ground truth: what people did, what they told kashsync to do, and what the services carried out for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kashsync::domain::ids::{ContactId, LedgerRef};
use kashsync::sim::fault::Service;
use kashsync::sim::http::Method;
use kashsync::sim::kashflow::LedgerContact;
use serde_json::Value;

use super::record::{What, of_ledger, of_party};

/// A record on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Party(i64),
    Ledger(LedgerRef),
}

/// A record as it stood.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Party(Value),
    Ledger(Box<LedgerContact>),
}

impl Record {
    /// Its name.
    pub fn name(&self) -> String {
        match self {
            Self::Party(party) => of_party(party)[&What::Name].clone(),
            Self::Ledger(ledger) => of_ledger(ledger)[&What::Name].clone(),
        }
    }
}

/// A change of a mapped value by a person in a service's own screens.
#[derive(Debug, Clone)]
pub struct Edit {
    pub at: Timestamp,
    pub target: Target,
    pub what: What,
    pub old: String,
    pub new: String,
}

/// A record as kashsync had read it on its own: with which request, when, and how it stood.
#[derive(Debug, Clone)]
pub struct Look {
    pub number: u32,
    pub at: Timestamp,
    pub record: Record,
}

/// A request that changes records, carried out by a service for kashsync.
#[derive(Debug, Clone)]
pub struct Write {
    /// Number of the process that sent it.
    pub process: u32,
    /// Running number among all requests of the history.
    pub number: u32,
    pub at: Timestamp,
    pub service: Service,
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub status: u16,
    /// The record that it is about, where it is about one; of a create the new one.
    pub target: Option<Target>,
    /// The contact that a ledger contact is linked with then.
    pub linked_to: Option<i64>,
    pub before: Option<Record>,
    pub after: Option<Record>,
    /// The record as kashsync had last read it on its own.
    pub read: Option<Look>,
    /// Whether the answer reached a living process.
    pub known: bool,
}

/// What a person allowed to be taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct Leave {
    pub target: Target,
    /// Archiving only, not deleting.
    pub archive_only: bool,
    /// What the record was called on the screen.
    pub name: String,
    pub why: String,
}

/// Everything that is known to be true.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub edits: Vec<Edit>,
    pub writes: Vec<Write>,
    pub leaves: Vec<Leave>,
    /// Records as they were last read one by one.
    pub reads: BTreeMap<Target, Look>,
    /// Parties that are deleted, by whomever.
    pub deleted: Vec<i64>,
    /// Ids that were ever there.
    pub parties: BTreeSet<i64>,
    pub ledgers: BTreeSet<LedgerRef>,
    /// Ledger contacts that a person put on the ignored list, and has not taken off it.
    pub ignored: BTreeSet<LedgerRef>,
    /// Pairs that a person parted, and has not joined again.
    pub parted: BTreeSet<(LedgerRef, ContactId)>,
    /// Ledger contacts about which a person answered, took or undid something, and when last.
    pub decided: BTreeMap<LedgerRef, Timestamp>,
    /// Contacts whose merge a person ordered, in Capsule's screens or here.
    pub merged: BTreeSet<i64>,
    /// Parties that were ever deleted.
    pub was_deleted: BTreeSet<i64>,
    /// Ledger contacts whose link a person ended or undid, so that another contact may be made for them.
    pub loosened: BTreeSet<LedgerRef>,
    /// Pairs that were ever linked, with the end of the process that did it.
    pub linked: BTreeMap<(LedgerRef, ContactId), Timestamp>,
    /// KashFlow cuts texts after so many characters, and says nothing.
    pub cuts: Option<usize>,
    /// Contacts whose ledger contacts go with them, as a person confirmed: whether by archiving only.
    pub takes_along: Vec<(i64, bool)>,
    /// Records that somebody ordered an undo for: it is journaled also where nothing had to be written.
    pub undone: BTreeSet<Target>,
    /// Somebody ordered an export, so that Contact Persons are mapped.
    pub exported: bool,
    /// The story so far, in plain lines.
    pub story: Vec<String>,
    /// What was found to be wrong on the way.
    pub violations: Vec<Violation>,
    /// How many times an invariant was checked.
    pub checks: u64,
}

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `I1` to `I24`.
    pub invariant: &'static str,
    /// What is wrong, in one sentence.
    pub what: String,
}

impl Truth {
    /// Notes a broken invariant once.
    pub fn broken(&mut self, invariant: &'static str, what: String) {
        let violation = Violation { invariant, what };
        if !self.violations.contains(&violation) {
            self.story.push(format!("   BROKEN {invariant}: {}", violation.what));
            self.violations.push(violation);
        }
    }

    /// Checks something.
    pub fn check(&mut self, invariant: &'static str, holds: bool, what: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.broken(invariant, what());
        }
    }

    /// The last change of a mapped value by a person.
    pub fn last_edit(&self, target: Target, what: What) -> Option<&Edit> {
        self.edits.iter().rev().find(|edit| edit.target == target && edit.what == what)
    }

    /// The last change of a record by kashsync after then.
    pub fn written_after(&self, target: Target, at: Timestamp) -> Option<&Write> {
        self.writes.iter().find(|write| write.target == Some(target) && write.at > at && write.status < 300)
    }
}
