//! What a change does to what is kept. The store, the engine's own memory and the store in memory all go through
//! [`apply`], so that they cannot disagree.

use std::sync::Arc;

use super::{Change, Kept};
use crate::domain::link::Link;
use crate::domain::run::RunReport;

/// How many runs are kept; older records of runs are dropped.
pub const KEPT_RUNS: usize = 100;

/// Applies one change. The journal is no part of [`Kept`], so what changes only that changes nothing here.
///
/// A link whose contact already has another link on that side is not taken (design B2): a store refuses such a commit
/// before anything of it is kept.
pub fn apply(kept: &mut Kept, change: &Change) {
    let Kept { snapshot, local, runs } = kept;
    match change {
        Change::PutContact(contact) => {
            snapshot.contacts.insert(contact.id, Arc::new(contact.clone()));
        }
        Change::DropContact(id) => drop(snapshot.contacts.remove(id)),
        Change::PutLedger(contact) => {
            snapshot.ledger.insert(contact.id, Arc::new(contact.clone()));
        }
        Change::DropLedger(id) => drop(snapshot.ledger.remove(id)),
        Change::PutDocument(document) => {
            snapshot.documents.insert(document.id, Arc::new(document.clone()));
        }
        Change::DropDocument(id) => drop(snapshot.documents.remove(id)),
        Change::PutLink(link) => {
            if !clashes(kept, link) {
                kept.local.unlink(link.ledger);
                kept.local.link(link.clone());
            }
        }
        Change::DropLink(ledger) => drop(local.unlink(*ledger)),
        Change::PutQuestion(question) => {
            local.questions.insert(question.id, question.clone());
        }
        Change::DropQuestion(id) => drop(local.questions.remove(id)),
        Change::PutIgnored(ignored) => {
            local.ignored.insert(ignored.ledger, ignored.clone());
        }
        Change::DropIgnored(ledger) => drop(local.ignored.remove(ledger)),
        Change::PutNever(ledger, contact) => {
            local.never.insert((*ledger, *contact));
        }
        Change::DropNever(ledger, contact) => {
            local.never.remove(&(*ledger, *contact));
        }
        Change::PutFailing(failing) => {
            local.failing.insert(failing.record, failing.clone());
        }
        Change::DropFailing(record) => drop(local.failing.remove(record)),
        Change::PutIntent(intent) => {
            local.intents.insert(intent.id, intent.clone());
        }
        Change::DropIntent(id) => drop(local.intents.remove(id)),
        Change::PutDeleted(contact, at) => {
            local.deleted.insert(*contact, *at);
        }
        Change::DropDeleted(contact) => {
            local.deleted.remove(contact);
        }
        Change::PutHidden(contact) => {
            local.hidden.insert(*contact);
        }
        Change::DropHidden(contact) => {
            local.hidden.remove(contact);
        }
        Change::PutMissing(ledger, missing) => {
            local.missing.insert(*ledger, *missing);
        }
        Change::DropMissing(ledger) => {
            local.missing.remove(ledger);
        }
        Change::PutProgress(progress) => local.progress = progress.clone(),
        Change::PutAccounts(capsule, company) => {
            snapshot.capsule.clone_from(capsule);
            snapshot.company.clone_from(company);
        }
        Change::PutRun(report) => put_run(runs, report),
        Change::Journal(_) | Change::Undone(_) | Change::PruneJournal(_) => {}
    }
}

/// Whether the link's contact already has a link on that side with another ledger contact (design B2).
pub fn clashes(kept: &Kept, link: &Link) -> bool {
    kept.local.link_on(link.contact, link.ledger.side).is_some_and(|standing| standing.ledger != link.ledger)
}

fn put_run(runs: &mut Vec<RunReport>, report: &RunReport) {
    runs.retain(|run| run.id != report.id);
    let place = runs.partition_point(|run| run.id < report.id);
    runs.insert(place, report.clone());
    let surplus = runs.len().saturating_sub(KEPT_RUNS);
    runs.drain(..surplus);
}
