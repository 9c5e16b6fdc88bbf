//! Answers: which of them still hold, and what names they were given under (design 4.1).

use std::collections::BTreeSet;

use super::super::ids::LedgerRef;
use super::super::local::Local;
use super::super::question::{Answer, Asked, Choice};
use super::super::snapshot::Snapshot;
use super::Planner;

impl Planner<'_> {
    /// The answer to a question as a whole, if one was given and still holds.
    pub(super) fn answer_to(&mut self, asked: &Asked) -> Option<Choice> {
        let question = self.stored(&asked.key)?;
        let answer = question.answers.iter().rev().find(|answer| answer.choice.settles_all())?;
        if !self.holds(asked, answer) {
            return None;
        }
        self.settle(question.id);
        Some(answer.choice.clone())
    }

    /// The records of a question that were answered one by one with "create with code", where that still holds.
    pub(super) fn answered_records(&mut self, asked: &Asked) -> BTreeSet<LedgerRef> {
        let Some(question) = self.stored(&asked.key) else { return BTreeSet::new() };
        let held: BTreeSet<LedgerRef> = question
            .answers
            .iter()
            .filter(|answer| {
                matches!(answer.choice, Choice::CreateWithCode { .. }) && self.holds(asked, answer)
            })
            .filter_map(|answer| answer.choice.about())
            .collect();
        if !held.is_empty() {
            self.settle(question.id);
        }
        held
    }

    /// An answer dies when a participant is gone, linked elsewhere or renamed.
    fn holds(&self, asked: &Asked, answer: &Answer) -> bool {
        let can_link = match &answer.choice {
            Choice::Link(contact) => {
                let visible = self.snapshot.contacts.get(contact).is_some_and(|contact| !contact.restricted);
                visible && asked.key.waiting.iter().all(|ledger| self.is_free(*contact, *ledger))
            }
            Choice::Create
            | Choice::Ignore
            | Choice::LinkBoth
            | Choice::CreateWithCode { .. }
            | Choice::IgnoreOne { .. }
            | Choice::Rename { .. }
            | Choice::KeepCapsule
            | Choice::KeepKashFlow
            | Choice::Leave
            | Choice::Clear
            | Choice::Keep
            | Choice::Recreate
            | Choice::Archive
            | Choice::Delete
            | Choice::Export
            | Choice::Proceed
            | Choice::Stop => true,
        };
        can_link && answer.names == concerned(self.snapshot, asked, &answer.choice)
    }
}

/// The names of everybody that a choice concerns, as they are now; remembered with an answer. Where it is about a field,
/// the sentence with both its values as well: an answer about other values does not count.
pub fn concerned(snapshot: &Snapshot, asked: &Asked, choice: &Choice) -> Vec<String> {
    let mut names: Vec<String> = asked
        .key
        .waiting
        .iter()
        .filter(|ledger| choice.about().is_none_or(|about| about == **ledger))
        .map(|ledger| snapshot.ledger.get(ledger).map(|ledger| ledger.name.clone()).unwrap_or_default())
        .collect();
    if let Choice::Link(contact) = choice {
        names.push(
            snapshot.contacts.get(contact).map(|contact| contact.name().into_owned()).unwrap_or_default(),
        );
    }
    names.extend(asked.key.field.map(|_| asked.because.clone()));
    names
}

/// Whether a stored question still stands beside a plan that asks and settles these; see [`super::Plan`].
pub fn stands(local: &Local, question: super::QuestionId, plan: &super::Plan) -> bool {
    local.questions.get(&question).is_some_and(|stored| {
        plan.settling.contains(&question) || plan.questions.iter().any(|asked| asked.key == stored.asked.key)
    })
}
