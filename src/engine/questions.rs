//! From what a plan asks to what is stored: same questions keep their number and answers, settled ones go. Pure.

use jiff::Timestamp;

use super::session::Batch;
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

/// Brings the records that the plan itself finds at fault in line; those that failed in writing are left alone. Gives
/// back those that were not known to be at fault.
pub(super) fn store_failing(kept: &Kept, plan: &Plan, batch: &mut Batch, now: Timestamp) -> Vec<Failing> {
    let mut new = Vec::new();
    let faulty = |record: RecordRef| plan.failing.iter().find(|failing| failing.record == record);
    for failing in &plan.failing {
        let known = kept.local.failing.get(&failing.record);
        let same = known.filter(|known| known.fingerprint == failing.fingerprint);
        if same.is_none() {
            new.push(failing.clone());
        }
        if same.is_none_or(|known| known.next_try <= now) {
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
    new
}
