//! Answers: which of them still hold, and what names they were given under (design 4.1).

use std::collections::BTreeMap;

use super::super::ids::{LedgerRef, QuestionId};
use super::super::ledger::LedgerContact;
use super::super::local::Local;
use super::super::normalise::name_key;
use super::super::operation::Plan;
use super::super::question::{Answer, Asked, Choice, Question, QuestionKey};
use super::super::renaming::bar;
use super::super::snapshot::Snapshot;
use super::Planner;

impl Planner<'_> {
    /// The answer to a question as a whole, if one was given and still holds.
    pub(super) fn answer_to(&mut self, asked: &Asked) -> Option<Choice> {
        self.answer_in(self.stored(&asked.key)?, asked)
    }

    /// The same before anything is asked anew, of the question as it stands.
    pub(super) fn answer_under(&mut self, key: &QuestionKey) -> Option<Choice> {
        let question = self.stored(key)?;
        self.answer_in(question, &question.asked)
    }

    fn answer_in(&mut self, question: &Question, asked: &Asked) -> Option<Choice> {
        let answer = answer_as_a_whole(question)?;
        if !self.holds(asked, answer) {
            return None;
        }
        self.settle(question.id);
        Some(answer.choice.clone())
    }

    /// What was chosen for a question as a whole and does not hold any more.
    pub(super) fn dead_choice<'b>(&self, question: &'b Question) -> Option<&'b Choice> {
        let answer = answer_as_a_whole(question)?;
        (!self.holds(&question.asked, answer)).then_some(&answer.choice)
    }

    /// What was answered for each of these records by itself and is to be carried out, where that still holds; the newest
    /// counts. The others that the question was about may have been answered otherwise since.
    pub(super) fn answered_each(&mut self, members: &[&LedgerContact]) -> BTreeMap<LedgerRef, Answer> {
        let mut newest: BTreeMap<LedgerRef, (QuestionId, &Answer)> = BTreeMap::new();
        for question in self.local.questions.values() {
            for answer in &question.answers {
                let (Choice::CreateWithCode { ledger, .. } | Choice::Rename { ledger, .. }) = &answer.choice
                else {
                    continue;
                };
                let is_newest = newest.get(ledger).is_none_or(|(_, known)| known.at <= answer.at);
                let is_member = members.iter().any(|member| member.id == *ledger);
                if is_newest && is_member && self.holds(&question.asked, answer) {
                    newest.insert(*ledger, (question.id, answer));
                }
            }
        }
        self.plan.settling.extend(newest.values().map(|(question, _)| *question));
        newest.into_iter().map(|(ledger, (_, answer))| (ledger, answer.clone())).collect()
    }

    /// An answer dies when a participant is gone, linked elsewhere or renamed.
    fn holds(&self, asked: &Asked, answer: &Answer) -> bool {
        let can_be = match &answer.choice {
            Choice::Link(contact) => {
                let reachable =
                    self.snapshot.contacts.get(contact).is_some_and(|contact| self.is_reachable(contact));
                reachable && asked.key.waiting.iter().all(|ledger| self.is_free(*contact, *ledger))
            }
            // What was typed must still be the name of what is deleted.
            Choice::Delete => {
                answer.value.as_deref().is_some_and(|typed| name_key(typed) == name_key(&asked.name))
            }
            // What was typed must still tell it apart.
            Choice::Rename { ledger, .. } => answer
                .value
                .as_deref()
                .is_some_and(|name| bar(*ledger, name, self.snapshot, self.local).is_none()),
            Choice::Create
            | Choice::Ignore
            | Choice::LinkBoth
            | Choice::CreateWithCode { .. }
            | Choice::IgnoreOne { .. }
            | Choice::KeepCapsule
            | Choice::KeepKashFlow
            | Choice::Leave
            | Choice::Clear
            | Choice::Keep
            | Choice::Recreate
            | Choice::Archive
            | Choice::Export
            | Choice::Proceed
            | Choice::Stop => true,
        };
        can_be && answer.names == concerned(self.snapshot, asked, &answer.choice)
    }
}

fn answer_as_a_whole(question: &Question) -> Option<&Answer> {
    question.answers.iter().rev().find(|answer| answer.choice.settles_all())
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

/// How many of a plan's questions a person still has to say something about: those whose answers the plan carries out are
/// only kept until that is done.
pub fn open_questions(local: &Local, plan: &Plan) -> usize {
    let is_answered = |asked: &Asked| {
        let stored = local.questions.values().find(|stored| stored.asked.key == asked.key);
        stored.is_some_and(|stored| plan.settling.contains(&stored.id) && !stored.is_open())
    };
    plan.questions.iter().filter(|asked| !is_answered(asked)).count()
}

/// Whether a stored question still stands beside a plan that asks and settles these; see [`super::Plan`].
pub fn stands(local: &Local, question: super::QuestionId, plan: &Plan) -> bool {
    local.questions.get(&question).is_some_and(|stored| {
        plan.settling.contains(&question) || plan.questions.iter().any(|asked| asked.key == stored.asked.key)
    })
}
