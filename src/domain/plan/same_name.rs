//! What is asked about ledger contacts of one name, and what answers about one of them do (design B12).

use std::collections::BTreeSet;

use super::super::contact::Contact;
use super::super::details::{Details, Field};
use super::super::edit::Edit;
use super::super::ids::LedgerRef;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::mapping::{code_ending, from_ledger};
use super::super::operation::{CreateReason, Operation};
use super::super::question::{Asked, Choice, QuestionKey, QuestionKind};
use super::super::update::{Update, Why};
use super::Planner;

impl<'a> Planner<'a> {
    /// Asks about several of one side, carries out what was answered, gives back who is left without an answer.
    pub(super) fn ask_same_name(
        &mut self,
        members: &[&'a LedgerContact],
        because: String,
    ) -> Vec<&'a LedgerContact> {
        let key =
            QuestionKey::records(QuestionKind::SameName, members.iter().map(|ledger| ledger.id).collect());
        let choices = members.iter().flat_map(|ledger| {
            let with_code = Choice::CreateWithCode { ledger: ledger.id, code: ledger.code.clone() };
            [with_code, rename(ledger), ignore(ledger)]
        });
        let choices = choices.collect();
        let Some(first) = members.first() else { return Vec::new() };
        let asked = Asked { key, name: first.name.clone(), candidates: Vec::new(), choices, because };
        let answered = self.carry_out_each(members);
        let waiting: Vec<&LedgerContact> =
            members.iter().filter(|ledger| !answered.contains(&ledger.id)).copied().collect();
        self.ask(asked);
        waiting
    }

    /// Carries out what was answered for each of these by itself; gives back for whom something was.
    pub(super) fn carry_out_each(&mut self, members: &[&'a LedgerContact]) -> BTreeSet<LedgerRef> {
        let mut answered = self.answered_each(members);
        let mut settled = BTreeSet::new();
        for ledger in members {
            let Some(answer) = answered.remove(&ledger.id) else { continue };
            match (&answer.choice, answer.value) {
                (Choice::Rename { .. }, Some(name)) => self.rename(ledger, name),
                (Choice::CreateWithCode { .. }, _) => self.create_with_code(ledger),
                // A rename without its name says nothing: it is asked again.
                _ => continue,
            }
            settled.insert(ledger.id);
        }
        settled
    }

    fn create_with_code(&mut self, ledger: &'a LedgerContact) {
        let ending = code_ending(&ledger.code);
        let named = format!("{} {ending}", ledger.name);
        let free: Vec<&Contact> = self.free_named(&named, &[ledger]);
        match free.as_slice() {
            [] => self.create(&[ledger], Some(&ending), CreateReason::Answer),
            [only] => self.link(&[ledger], only, LinkReason::Answer),
            several => {
                self.decide_several(&[ledger], several, "several contacts have this name with the code");
            }
        }
    }

    /// Gives it the answered name in KashFlow. Once that is done it is a record of another name, and planned as one.
    fn rename(&mut self, ledger: &LedgerContact, name: String) {
        let before = from_ledger(ledger);
        let values = Details { name, ..before.clone() };
        let update = Update {
            ledger: ledger.id,
            contact: None,
            person: None,
            name: ledger.name.clone(),
            edit: Edit { fields: [Field::Name].into(), values },
            before,
            why: [(Field::Name, Why::Answered)].into(),
        };
        self.plan.operations.push(Operation::UpdateLedger(Box::new(update)));
    }

    /// Asks whether a customer and a supplier are the same; true when that was answered with yes.
    pub(super) fn may_link_both(&mut self, both: &[&LedgerContact; 2], is_person: bool) -> bool {
        let [customer, supplier] = both;
        let because = if is_person {
            "a customer and a supplier have this person's name, and no e-mail, phone or postcode in common"
        } else {
            "a customer and a supplier have this name"
        };
        self.is_yes(Asked {
            key: QuestionKey::records(QuestionKind::SameName, vec![customer.id, supplier.id]),
            name: customer.name.clone(),
            candidates: Vec::new(),
            choices: vec![
                Choice::LinkBoth,
                rename(customer),
                ignore(customer),
                rename(supplier),
                ignore(supplier),
            ],
            because: because.into(),
        })
    }

    /// Asks whether the other side may join the contact; true when that was answered with yes.
    pub(super) fn may_join(&mut self, alone: &LedgerContact, contact: &Contact, is_person: bool) -> bool {
        let because = if is_person {
            "this person is linked with the other side of KashFlow already, and no e-mail, phone or postcode is the same"
        } else {
            "this contact is linked with the other side of KashFlow already"
        };
        let candidates = vec![self.candidate(&[alone], contact)];
        self.is_yes(Asked {
            key: QuestionKey::records(QuestionKind::SameName, vec![alone.id]),
            name: alone.name.clone(),
            candidates,
            choices: vec![Choice::LinkBoth, rename(alone), ignore(alone)],
            because: because.into(),
        })
    }

    fn is_yes(&mut self, asked: Asked) -> bool {
        let yes = self.answer_to(&asked) == Some(Choice::LinkBoth);
        if !yes {
            self.ask(asked);
        }
        yes
    }
}

fn rename(ledger: &LedgerContact) -> Choice {
    Choice::Rename { ledger: ledger.id, code: ledger.code.clone() }
}

fn ignore(ledger: &LedgerContact) -> Choice {
    Choice::IgnoreOne { ledger: ledger.id, code: ledger.code.clone() }
}
