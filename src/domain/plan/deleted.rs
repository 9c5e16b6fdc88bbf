//! Links one end of which is gone: a contact deleted in Capsule (design B30), a record gone from KashFlow (design B31).
//!
//! Nothing is removed here without a person's answer (design B32). A merge made in Capsule's own screens deletes one of the
//! two contacts, so it is recognised here as well (design B28).

use std::collections::BTreeSet;

use super::super::contact::{Contact, ContactKind};
use super::super::date::london_day;
use super::super::export::{Export, export, is_begun};
use super::super::ids::{ContactId, LedgerRef, Side};
use super::super::ledger::LedgerContact;
use super::super::link::{Link, LinkReason};
use super::super::normalise::{email_key, name_key, phone_key};
use super::super::operation::{CreateReason, Operation};
use super::super::policy::{DeletedInCapsule, Suppliers};
use super::super::question::{Asked, Candidate, Choice, QuestionKey, QuestionKind};
use super::super::removal::{Removal, RemovalKind, delete_bar};
use super::Planner;

/// How many candidates a question shows at most (design B9).
const MOST_CANDIDATES: usize = 5;

impl<'a> Planner<'a> {
    /// Decides about every link whose contact was deleted in Capsule (design B30).
    pub(super) fn settle_deleted(&mut self) {
        let in_doubt = self.in_doubt.clone();
        for contact in self.local.deleted.keys().copied() {
            // One contact is made for both sides when both are to be created again.
            let mut recreated: Vec<&'a LedgerContact> = Vec::new();
            for link in self.local.links_on(contact) {
                let off = self.policy.is_off(link.ledger.side);
                let Some(ledger) = self.snapshot.ledger.get(&link.ledger).filter(|_| !off) else { continue };
                if self.decide_deleted(contact, ledger, &in_doubt) {
                    recreated.push(ledger.as_ref());
                }
            }
            if !recreated.is_empty() {
                self.create(&recreated, None, CreateReason::Deleted);
            }
        }
    }

    /// Decides about one side of a deleted contact; true when its contact is to be created again.
    fn decide_deleted(
        &mut self,
        contact: ContactId,
        ledger: &'a LedgerContact,
        in_doubt: &BTreeSet<LedgerRef>,
    ) -> bool {
        let key = QuestionKey::records(QuestionKind::DeletedInCapsule, vec![ledger.id]);
        if self.local.is_gone(ledger.id) {
            self.let_go(contact, ledger);
            return false;
        }
        let created_before = in_doubt.contains(&ledger.id);
        let carriers = self.carriers(ledger.id);
        if let [survivor] = carriers.as_slice() {
            // Ours, found after a create in doubt; else Capsule merged the deleted contact into it.
            let reason = if created_before { LinkReason::Marker } else { LinkReason::Merged };
            self.link(&[ledger], survivor, reason);
            return false;
        }
        if created_before {
            if let Some(question) = self.stored(&key) {
                self.settle(question.id);
            }
            return false;
        }
        if let Some(survivor) = self.announced(contact, ledger.id) {
            self.link(&[ledger], survivor, LinkReason::Merged);
            return false;
        }
        let candidates = self.survivors(contact, ledger, &carriers);
        match self.policy.deleted_in_capsule {
            DeletedInCapsule::Ignore => {
                self.let_go(contact, ledger);
                return false;
            }
            // Somebody looks like it: creating would make a duplicate, so it is asked all the same.
            DeletedInCapsule::Recreate if candidates.is_empty() && self.may_recreate(ledger) => return true,
            DeletedInCapsule::Recreate | DeletedInCapsule::Ask => {}
        }
        let asked = self.ask_deleted(key, contact, ledger, candidates);
        match self.answer_to(&asked) {
            Some(Choice::Link(survivor)) => {
                if let Some(survivor) = self.snapshot.contacts.get(&survivor) {
                    self.link(&[ledger], survivor, LinkReason::Answer);
                }
            }
            Some(Choice::Recreate) => return true,
            Some(Choice::Archive) => self.remove(RemovalKind::Archive, contact, ledger.id, &asked),
            // A document on a VAT return may have come to light since the answer.
            Some(Choice::Delete) if delete_bar(&self.documents, self.local, ledger.id).is_none() => {
                self.remove(RemovalKind::DeleteInKashFlow, contact, ledger.id, &asked);
            }
            _ => {
                if let Some(question) = self.stored(&asked.key) {
                    self.plan.settling.remove(&question.id);
                }
                self.ask(asked);
            }
        }
        false
    }

    /// The contact that is left of a merge that a person was sent to Capsule for, when it can take the link (design B28). It holds
    /// what the other held: a contact that was just deleted leaves nothing of itself, and that is asked about.
    fn announced(&self, gone: ContactId, ledger: LedgerRef) -> Option<&'a Contact> {
        let left = self.left_of(gone)?;
        let lost = row_keys(self.snapshot.contacts.get(&gone)?);
        let merged = !lost.is_empty() && row_keys(left).is_superset(&lost);
        (merged && self.is_free(left.id, ledger)).then_some(left)
    }

    /// The other one of an announced merge.
    fn left_of(&self, gone: ContactId) -> Option<&'a Contact> {
        let mut announced = self.local.progress.announced.iter().rev();
        let left = announced.find_map(|merge| merge.survivor(gone, self.now))?;
        let contact = self.snapshot.contacts.get(&left)?;
        self.is_reachable(contact).then_some(contact.as_ref())
    }

    /// Whether a contact is in Capsule no more. One without a link is not remembered once the feed has told it.
    pub(super) fn is_deleted(&self, contact: ContactId) -> bool {
        self.local.deleted.contains_key(&contact) || !self.snapshot.contacts.contains_key(&contact)
    }

    /// The person of that organisation who is left of a merge that somebody was sent to Capsule for (design B28).
    pub(super) fn person_left(&self, gone: ContactId, organisation: ContactId) -> Option<&'a Contact> {
        let mut announced = self.local.progress.announced.iter().rev();
        let left = announced.find_map(|merge| merge.survivor(gone, self.now))?;
        let contact = self.snapshot.contacts.get(&left).filter(|contact| self.is_reachable(contact))?;
        let works_there = contact.employer().is_some_and(|employer| employer.id == organisation);
        works_there.then_some(contact.as_ref())
    }

    /// Live contacts that look like the deleted one: carriers of the marker first, then those that hold its e-mails and
    /// phones, as the survivor of a merge does, then equal names, then suggestions.
    fn survivors(
        &self,
        deleted: ContactId,
        ledger: &'a LedgerContact,
        carriers: &[&'a Contact],
    ) -> Vec<Candidate> {
        let mut found: Vec<&Contact> = carriers.to_vec();
        found.extend(self.left_of(deleted));
        if let Some(lost) = self.snapshot.contacts.get(&deleted) {
            found.extend(self.holders_of(lost));
            found.extend(self.index.named(&lost.name()).iter().map(AsRef::as_ref));
        }
        found.extend(self.index.named(&ledger.name).iter().map(AsRef::as_ref));
        let suggested = self.index.suggestions(ledger);
        found.extend(
            suggested
                .iter()
                .filter_map(|found| self.snapshot.contacts.get(&found.contact))
                .map(AsRef::as_ref),
        );
        let mut seen = BTreeSet::new();
        found
            .into_iter()
            .filter(|contact| !contact.restricted && self.is_free(contact.id, ledger.id))
            .filter(|contact| seen.insert(contact.id))
            .take(MOST_CANDIDATES)
            .map(|contact| self.candidate(&[ledger], contact))
            .collect()
    }

    /// Contacts that hold every e-mail and phone of another one, and at least one of them.
    fn holders_of(&self, lost: &Contact) -> Vec<&'a Contact> {
        let rows = row_keys(lost);
        if rows.is_empty() {
            return Vec::new();
        }
        super::reachable(self.snapshot, self.local)
            .filter(|contact| contact.id != lost.id && same_kind(&contact.kind, &lost.kind))
            .filter(|contact| row_keys(contact).is_superset(&rows))
            .map(AsRef::as_ref)
            .collect()
    }

    fn ask_deleted(
        &self,
        key: QuestionKey,
        contact: ContactId,
        ledger: &LedgerContact,
        candidates: Vec<Candidate>,
    ) -> Asked {
        let mut choices: Vec<Choice> =
            candidates.iter().map(|candidate| Choice::Link(candidate.contact)).collect();
        choices.push(Choice::Ignore);
        if self.may_recreate(ledger) {
            choices.push(Choice::Recreate);
        }
        if !ledger.archived {
            choices.push(Choice::Archive);
        }
        choices.push(Choice::Delete);
        let name = self.snapshot.contacts.get(&contact).map(|contact| contact.name().into_owned());
        let name = name.unwrap_or_else(|| ledger.name.clone());
        let on = self.local.deleted.get(&contact).map(|at| format!(" on {}", london_day(*at)));
        let because = format!("the contact {name} was deleted in Capsule{}", on.unwrap_or_default());
        Asked { key, name: ledger.name.clone(), candidates, choices, because }
    }

    /// Whether a contact may be made for it at all (design B10, setting `suppliers`).
    fn may_recreate(&self, ledger: &LedgerContact) -> bool {
        let link_only = self.policy.suppliers == Suppliers::LinkOnly && ledger.id.side == Side::Supplier;
        !ledger.archived && !link_only
    }

    /// Decides about every linked ledger contact that is gone from KashFlow (design B31).
    pub(super) fn settle_gone(&mut self) {
        let gone = self.local.missing.iter().filter(|(_, missing)| missing.gone);
        for ledger in gone.map(|(ledger, _)| *ledger) {
            let Some(link) = self.local.link_of(ledger) else { continue };
            if self.local.deleted.contains_key(&link.contact) || self.policy.is_off(ledger.side) {
                continue;
            }
            let again = self.export_again(link);
            let asked = self.ask_gone(ledger, link.contact, again.is_some());
            // "Keep" holds at once and is never stored.
            match (self.answer_to(&asked), again) {
                (Some(Choice::Delete), _) => {
                    self.remove(RemovalKind::DeleteInCapsule, link.contact, ledger, &asked);
                }
                // Nobody knows yet what became of an earlier try.
                (Some(Choice::Export), _) if is_begun(link.contact, self.local) => {}
                (Some(Choice::Export), Some(again)) => {
                    let question = self.stored(&asked.key).map(|question| question.id);
                    self.plan.operations.push(Operation::Export(Box::new(Export { question, ..again })));
                }
                _ => {
                    if let Some(question) = self.stored(&asked.key) {
                        self.plan.settling.remove(&question.id);
                    }
                    self.ask(asked);
                }
            }
        }
    }

    /// The contact of a customer that is gone, exported anew with the Contact Person it had (design B31). Suppliers are
    /// never made from contacts.
    fn export_again(&self, link: &Link) -> Option<Export> {
        if link.ledger.side == Side::Supplier {
            return None;
        }
        let is_of_it = |person: &ContactId| {
            let known = self.snapshot.contacts.get(person).and_then(|person| person.employer());
            known.is_some_and(|employer| employer.id == link.contact)
        };
        let chosen = link.person.filter(is_of_it).unwrap_or(link.contact);
        let planned = || {
            self.plan.operations.iter().filter_map(|operation| {
                let Operation::Export(export) = operation else { return None };
                Some(&export.draft)
            })
        };
        let taken = planned().map(|draft| draft.code.clone()).collect();
        // Two customers of one name are no more wanted here than in a batch by hand (design B27).
        let is_named = |name: &str| planned().any(|draft| name_key(&draft.details.name) == name_key(name));
        export(chosen, self.snapshot, self.local, &taken)
            .ok()
            .filter(|export| export.contact == link.contact && !is_named(&export.draft.details.name))
    }

    /// Deleting the contact is no choice while somebody else lives by it or nobody can see it.
    fn ask_gone(&self, ledger: LedgerRef, contact: ContactId, may_export: bool) -> Asked {
        let record = self.snapshot.ledger.get(&ledger);
        let what = match record {
            Some(record) => format!("{} {} ({})", ledger.side.word(), record.name, record.code),
            None => ledger.to_string(),
        };
        let known = self.snapshot.contacts.get(&contact);
        let name = known.map(|contact| contact.name().into_owned());
        let other = self.local.links_on(contact).any(|link| !self.local.is_gone(link.ledger));
        let visible =
            known.is_some_and(|contact| !contact.restricted) && !self.local.hidden.contains(&contact);
        let mut choices = vec![Choice::Keep];
        choices.extend((visible && !other).then_some(Choice::Delete));
        choices.extend(may_export.then_some(Choice::Export));
        Asked {
            key: QuestionKey::records(QuestionKind::DeletedInKashFlow, vec![ledger]),
            name: name.unwrap_or_default(),
            candidates: Vec::new(),
            choices,
            because: format!("{what} is not in KashFlow any more"),
        }
    }

    fn remove(&mut self, kind: RemovalKind, contact: ContactId, ledger: LedgerRef, asked: &Asked) {
        let Some(question) = self.stored(&asked.key).map(|question| question.id) else { return };
        let removal = Removal { kind, ledger, contact, question };
        self.plan.operations.push(Operation::Remove { removal, name: asked.name.clone() });
    }

    fn let_go(&mut self, contact: ContactId, ledger: &LedgerContact) {
        let known = self.snapshot.contacts.get(&contact).map(|contact| contact.name().into_owned());
        let name = known.unwrap_or_else(|| ledger.name.clone());
        self.plan.operations.push(Operation::LetGo { ledger: ledger.id, contact, name });
    }
}

fn same_kind(left: &ContactKind, right: &ContactKind) -> bool {
    matches!(
        (left, right),
        (ContactKind::Organisation { .. }, ContactKind::Organisation { .. })
            | (ContactKind::Person { .. }, ContactKind::Person { .. })
    )
}

/// E-mails and phone numbers of a contact, as they are compared.
fn row_keys(contact: &Contact) -> BTreeSet<String> {
    let emails = contact.emails.iter().map(|row| email_key(&row.address));
    let phones = contact.phones.iter().map(|row| phone_key(&row.number));
    emails.chain(phones).filter(|key| !key.is_empty()).collect()
}
