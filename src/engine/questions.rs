//! From what a plan asks to what is stored: same questions keep their number and answers, settled ones go. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::session::Batch;
use crate::domain::guard::{self, MassChange};
use crate::domain::ids::{LedgerRef, QuestionId};
use crate::domain::link::Link;
use crate::domain::local::{Failing, RecordRef};
use crate::domain::operation::Plan;
use crate::domain::plan::choose::stands;
use crate::domain::question::{Answer, Question};
use crate::ports::{Change, Kept};

/// Questions as the plan saw them: what was answered since is newer than the plan.
pub(super) type Seen = BTreeMap<QuestionId, Question>;

/// Brings the stored questions in line with a plan; gives back how many are asked for the first time.
pub(super) fn store(kept: &Kept, seen: &Seen, plan: &Plan, batch: &mut Batch, now: Timestamp) -> usize {
    let mut new = 0;
    let settled_since = seen.values().filter(|question| !kept.local.questions.contains_key(&question.id));
    let settled_since: BTreeSet<_> = settled_since.map(|question| &question.asked.key).collect();
    for asked in plan.questions.iter().filter(|asked| !settled_since.contains(&asked.key)) {
        let known = kept.local.questions.values().find(|question| question.asked.key == asked.key);
        if let Some(question) = known {
            // An answer that the plan knew and does not carry out has died: the question is open again.
            let settling = plan.settling.contains(&question.id);
            let seen = seen.get(&question.id).map_or(&[][..], |seen| &seen.answers);
            let stands = |answer: &&Answer| settling || !seen.contains(answer);
            let answers = question.answers.iter().filter(stands).cloned().collect();
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

/// Asks about unusually many changes, once; an answer that did not cover them is taken back. Gives back the question and
/// whether it is asked for the first time.
pub(super) fn ask_about_mass_change(
    kept: &Kept,
    batch: &mut Batch,
    change: MassChange,
    plan: &Plan,
    now: Timestamp,
) -> (QuestionId, bool) {
    let known = guard::asked_about(&kept.local);
    let (id, since) =
        known.map_or_else(|| (batch.progress.next_question(), now), |known| (known.id, known.since));
    let question = Question { id, asked: change.asked(plan), since, answers: Vec::new() };
    batch.changes.push(Change::PutQuestion(question));
    batch.progress.mass = Some(change);
    (id, known.is_none())
}

/// Brings the records that the plan itself finds at fault in line. Those that failed in writing stay while there is
/// something to write (design B37). Gives back those that were not known to be at fault.
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
        .filter(|failing: &&Failing| faulty(failing.record).is_none())
        .filter(|failing| failing.attempts == 0 || !is_concerned(kept, plan, failing.record));
    batch.changes.extend(mended.map(|failing| Change::DropFailing(failing.record)));
    batch.changes.extend(plan.mended.iter().copied().map(Change::DropFailing));
    new
}

/// Whether there still is something to write that failed.
fn is_concerned(kept: &Kept, plan: &Plan, record: RecordRef) -> bool {
    match record {
        RecordRef::Contact(contact) => {
            plan.resting.contains(&record)
                || plan.operations.iter().any(|operation| operation.contact() == Some(contact))
        }
        RecordRef::Ledger(ledger) => {
            let live = kept.snapshot.ledger.get(&ledger).is_some_and(|ledger| !ledger.archived);
            live && !kept.local.ignored.contains_key(&ledger) && !kept.local.is_gone(ledger)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::LedgerRef;
    use crate::domain::question::{Asked, Choice, QuestionKey, QuestionKind};

    fn asked() -> Asked {
        Asked {
            key: QuestionKey::records(QuestionKind::SuggestedMatch, vec![LedgerRef::customer(1)]),
            name: "Ash Tree Ltd".into(),
            candidates: Vec::new(),
            choices: vec![Choice::Create, Choice::Ignore],
            because: String::new(),
        }
    }

    fn question(answers: Vec<Answer>) -> Question {
        Question { id: QuestionId(1), asked: asked(), since: Timestamp::UNIX_EPOCH, answers }
    }

    fn answer(choice: Choice) -> Answer {
        Answer { choice, value: None, at: Timestamp::UNIX_EPOCH, names: vec!["Ash Tree Ltd".into()] }
    }

    /// What a plan that asks the question changes, when it saw the one and by now there is the other.
    fn changes(seen: Option<Question>, kept: Option<Question>) -> Vec<Change> {
        let plan = Plan { questions: vec![asked()], ..Plan::default() };
        let map = |question: Option<Question>| question.into_iter().map(|it| (it.id, it)).collect();
        let mut known = Kept::default();
        known.local.questions = map(kept);
        let mut batch = Batch { progress: known.local.progress.clone(), changes: Vec::new() };
        store(&known, &map(seen), &plan, &mut batch, Timestamp::UNIX_EPOCH);
        batch.changes
    }

    #[test]
    fn an_answer_given_while_the_plan_was_made_is_kept_and_an_older_one_dies() {
        let (open, answered) = (question(vec![]), question(vec![answer(Choice::Create)]));
        assert_eq!(changes(Some(open.clone()), Some(answered.clone())), []);
        let died = changes(Some(answered.clone()), Some(answered.clone()));
        assert_eq!(died, [Change::PutQuestion(open.clone())]);
        let newer = Answer { at: Timestamp::from_second(1).unwrap(), ..answer(Choice::Create) };
        assert_eq!(changes(Some(answered), Some(question(vec![newer]))), [], "given anew");
        assert_eq!(changes(Some(open), None), [], "settled by an answer, not asked anew");
        assert_eq!(changes(None, None), [Change::PutQuestion(question(vec![]))]);
    }
}
