//! From what a plan asks to what is stored: same questions keep their number and answers, settled ones go. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::session::Batch;
use crate::domain::ids::LedgerRef;
use crate::domain::link::Link;
use crate::domain::local::{Failing, RecordRef};
use crate::domain::operation::Plan;
use crate::domain::plan::choose::stands;
use crate::domain::question::Question;
use crate::ports::{Change, Kept};

/// Brings the stored questions in line with a plan; gives back how many are asked for the first time.
pub(super) fn store(kept: &Kept, plan: &Plan, batch: &mut Batch, now: Timestamp) -> usize {
    let mut new = 0;
    for asked in &plan.questions {
        let known = kept.local.questions.values().find(|question| question.asked.key == asked.key);
        if let Some(question) = known {
            // An answer that the plan does not carry out has died: the question is open again.
            let settling = plan.settling.contains(&question.id);
            let answers = if settling { question.answers.clone() } else { Vec::new() };
            let next = Question { asked: asked.clone(), answers, ..question.clone() };
            if next != *question {
                batch.changes.push(Change::PutQuestion(next));
            }
        } else {
            new += 1;
            let id = batch.progress.next_question();
            let question = Question { id, asked: asked.clone(), since: now, answers: Vec::new() };
            batch.changes.push(Change::PutQuestion(question));
        }
    }
    for id in kept.local.questions.keys().filter(|id| !stands(&kept.local, **id, plan)) {
        batch.changes.push(Change::DropQuestion(*id));
    }
    new
}

/// Moves the bases of links that agree, or differ by agreement; gives back what the sync log says about it (design B14).
pub(super) fn rebase(kept: &Kept, plan: &Plan, batch: &mut Batch) -> Vec<String> {
    let mut links: BTreeMap<LedgerRef, Link> = BTreeMap::new();
    for rebase in &plan.rebased {
        let known = links.get(&rebase.ledger).or_else(|| kept.local.link_of(rebase.ledger));
        if let Some(moved) = known.and_then(|link| rebase.apply(link)) {
            links.insert(rebase.ledger, moved);
        }
    }
    batch.changes.extend(links.into_values().map(Change::PutLink));
    plan.rebased.iter().filter_map(|rebase| rebase.note.clone()).collect()
}

/// Brings the records that the plan itself finds at fault in line; those that failed in writing are left alone.
pub(super) fn store_failing(kept: &Kept, plan: &Plan, batch: &mut Batch) {
    let faulty = |record: RecordRef| plan.failing.iter().find(|failing| failing.record == record);
    for failing in &plan.failing {
        let known = kept.local.failing.get(&failing.record);
        if known.is_none_or(|known| known.fingerprint != failing.fingerprint) {
            batch.changes.push(Change::PutFailing(failing.clone()));
        }
    }
    // A fault that the plan no longer finds (attempts 0: never sent) is mended.
    let mended = kept
        .local
        .failing
        .values()
        .filter(|failing: &&Failing| failing.attempts == 0 && faulty(failing.record).is_none());
    batch.changes.extend(mended.map(|failing| Change::DropFailing(failing.record)));
    batch.changes.extend(plan.mended.iter().copied().map(Change::DropFailing));
}
