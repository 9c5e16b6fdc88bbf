//! What to do with the unlinked ledger contacts of one name (design B7, B9, B10, B12).

use std::collections::BTreeSet;

use super::super::contact::{Contact, ContactKind};
use super::super::ids::Side;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::mapping::{as_person, code_ending, from_ledger};
use super::super::matching::Suggestion;
use super::super::normalise::{email_key, name_key, phone_key, postcode_key};
use super::super::policy::{NearMatch, SameName};
use super::super::question::{Asked, Band, Candidate, Choice, QuestionKey, QuestionKind};
use super::Planner;

/// How many candidates a question shows at most (design B9).
const MOST_CANDIDATES: usize = 5;
/// A strong suggestion links by itself only if the next best is at least this much less likely (matching 7).
const CLEAR_LEAD: f64 = 2.0;

impl<'a> Planner<'a> {
    /// Decides about the unlinked ledger contacts of one name.
    pub(super) fn decide_group(&mut self, group: &[&'a LedgerContact]) {
        if self.waits_for_doubt(group) {
            return;
        }
        let customer = self.settle_side(group, Side::Customer);
        let supplier = self.settle_side(group, Side::Supplier);
        match (customer, supplier) {
            (Some(customer), Some(supplier)) => self.decide_both(customer, supplier),
            (Some(alone), None) | (None, Some(alone)) => self.decide_one(alone),
            (None, None) => {}
        }
    }

    /// Two of one side and one name are always asked about (design B12). Gives back the one that may go on, if any.
    fn settle_side(&mut self, group: &[&'a LedgerContact], side: Side) -> Option<&'a LedgerContact> {
        let members: Vec<&LedgerContact> =
            group.iter().filter(|ledger| ledger.id.side == side).copied().collect();
        let first = *members.first()?;
        if self.has_linked_namesake(first) || self.is_name_occupied(first) {
            for member in members {
                // Each for itself: none of them may go on without an answer.
                self.ask_same_name(&[member], self.occupied_because(member));
            }
            return None;
        }
        if members.len() == 1 {
            return Some(first);
        }
        let because = format!("KashFlow has {} {}s of this name", members.len(), side.word());
        match self.ask_same_name(&members, because).as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn occupied_because(&self, ledger: &LedgerContact) -> String {
        let side = ledger.id.side;
        if self.has_linked_namesake(ledger) {
            return format!("another {} of this name is already linked", side.word());
        }
        if self.index.named(&ledger.name).iter().any(|contact| self.is_taken(contact.id, side)) {
            format!("the contact of this name is already linked with another {}", side.word())
        } else {
            "the contact of this name is, as you said, somebody else".to_owned()
        }
    }

    /// Whether the contact of exactly this name is linked with another ledger contact of the same side.
    fn is_name_occupied(&self, ledger: &LedgerContact) -> bool {
        let named = self.index.named(&ledger.name);
        !named.is_empty() && named.iter().all(|contact| !self.is_free(contact.id, ledger.id))
    }

    /// Asks about several of one side, carries out what was answered, gives back who is left without an answer.
    fn ask_same_name(&mut self, members: &[&'a LedgerContact], because: String) -> Vec<&'a LedgerContact> {
        let key =
            QuestionKey::records(QuestionKind::SameName, members.iter().map(|ledger| ledger.id).collect());
        let choices = members
            .iter()
            .flat_map(|ledger| {
                let (ledger, code) = (ledger.id, ledger.code.clone());
                [Choice::CreateWithCode { ledger, code: code.clone() }, Choice::IgnoreOne { ledger, code }]
            })
            .collect();
        let Some(first) = members.first() else { return Vec::new() };
        let asked = Asked { key, name: first.name.clone(), candidates: Vec::new(), choices, because };
        let answered = self.answered_records(&asked);
        for ledger in members.iter().filter(|ledger| answered.contains(&ledger.id)) {
            self.create_with_code(ledger);
        }
        let waiting: Vec<&LedgerContact> =
            members.iter().filter(|ledger| !answered.contains(&ledger.id)).copied().collect();
        self.ask(asked);
        waiting
    }

    fn create_with_code(&mut self, ledger: &'a LedgerContact) {
        let ending = code_ending(&ledger.code);
        let named = format!("{} {ending}", ledger.name);
        let free: Vec<&Contact> = self.free_named(&named, &[ledger]);
        match free.as_slice() {
            [only] => self.link(&[ledger], only, LinkReason::Answer),
            _ => self.create(&[ledger], Some(&ending)),
        }
    }

    /// A customer and a supplier of one name are two sides of one organisation (design B12).
    fn decide_both(&mut self, customer: &'a LedgerContact, supplier: &'a LedgerContact) {
        let both = [customer, supplier];
        let named = self.free_named(&customer.name, &both);
        let is_person = both.iter().any(|ledger| as_person(ledger).is_some())
            || matches!(named.as_slice(), [only] if matches!(only.kind, ContactKind::Person { .. }));
        let needs_word =
            self.policy.same_name == SameName::Ask || (is_person && !share_identifier(customer, supplier));
        if needs_word && !self.may_link_both(&both, is_person) {
            return;
        }
        self.decide(&both);
    }

    /// Asks whether a customer and a supplier are the same; true when that was answered with yes.
    fn may_link_both(&mut self, both: &[&LedgerContact; 2], is_person: bool) -> bool {
        let [customer, supplier] = both;
        let key = QuestionKey::records(QuestionKind::SameName, vec![customer.id, supplier.id]);
        let ignore =
            |ledger: &LedgerContact| Choice::IgnoreOne { ledger: ledger.id, code: ledger.code.clone() };
        let because = if is_person {
            "a customer and a supplier have this person's name, and no e-mail, phone or postcode in common"
        } else {
            "a customer and a supplier have this name"
        };
        let asked = Asked {
            key,
            name: customer.name.clone(),
            candidates: Vec::new(),
            choices: vec![Choice::LinkBoth, ignore(customer), ignore(supplier)],
            because: because.into(),
        };
        let yes = self.answer_to(&asked) == Some(Choice::LinkBoth);
        if !yes {
            self.ask(asked);
        }
        yes
    }

    /// One side alone: it may still join a contact whose other side has the same name (design B12).
    fn decide_one(&mut self, alone: &'a LedgerContact) {
        let joinable = self.joinable(alone);
        if joinable.is_empty() {
            return self.decide(&[alone]);
        }
        let mut fitting = self.free_named(&alone.name, &[alone]);
        fitting.retain(|named| joinable.iter().all(|(contact, _)| contact.id != named.id));
        let has_this_name = |contact: &Contact| name_key(&contact.name()) == name_key(&alone.name);
        let [(contact, other)] = joinable.as_slice() else {
            fitting.extend(joinable.iter().map(|(contact, _)| *contact));
            return self.decide_several(
                &[alone],
                &fitting,
                "records of this name are linked with several contacts",
            );
        };
        if !fitting.is_empty() && !has_this_name(contact) {
            fitting.insert(0, contact);
            let because = "the other side of this name is linked with one contact, and another has the name";
            return self.decide_several(&[alone], &fitting, because);
        }
        let is_person = matches!(contact.kind, ContactKind::Person { .. }) || as_person(alone).is_some();
        let needs_word =
            self.policy.same_name == SameName::Ask || (is_person && !share_identifier(alone, other));
        if needs_word && !self.may_join(alone, contact, is_person) {
            return;
        }
        let reason = if has_this_name(contact) { LinkReason::ExactName } else { LinkReason::SameName };
        self.link(&[alone], contact, reason);
    }

    /// Asks whether the other side may join the contact; true when that was answered with yes.
    fn may_join(&mut self, alone: &LedgerContact, contact: &Contact, is_person: bool) -> bool {
        let because = if is_person {
            "this person is linked with the other side of KashFlow already, and no e-mail, phone or postcode is the same"
        } else {
            "this contact is linked with the other side of KashFlow already"
        };
        let asked = Asked {
            key: QuestionKey::records(QuestionKind::SameName, vec![alone.id]),
            name: alone.name.clone(),
            candidates: vec![self.candidate(&[alone], contact)],
            choices: vec![Choice::LinkBoth, Choice::IgnoreOne { ledger: alone.id, code: alone.code.clone() }],
            because: because.into(),
        };
        let yes = self.answer_to(&asked) == Some(Choice::LinkBoth);
        if !yes {
            self.ask(asked);
        }
        yes
    }

    /// Exact match, question or create for one record, or for a customer and supplier that are one.
    fn decide(&mut self, ledgers: &[&'a LedgerContact]) {
        let Some(first) = ledgers.first().copied() else { return };
        let named = self.free_named(&first.name, ledgers);
        let near = if named.is_empty() { self.suggestions(ledgers) } else { Vec::new() };
        let candidates: Vec<Candidate> = if named.is_empty() {
            near.iter().filter_map(|suggestion| self.suggested(ledgers, suggestion)).collect()
        } else {
            named.iter().map(|contact| self.candidate(ledgers, contact)).collect()
        };
        if self.asks_again(ledgers, &candidates) {
            return;
        }
        match named.as_slice() {
            [only] => self.link(ledgers, only, LinkReason::ExactName),
            [] => self.decide_near(ledgers, first, &near, candidates),
            _ => {
                let because = "several contacts have exactly this name".to_owned();
                self.ask_which(QuestionKind::SeveralMatches, ledgers, candidates, Vec::new(), because);
            }
        }
    }

    /// A person chose a contact that cannot be linked any more: that is asked again, and nothing else is done by itself,
    /// until there is another answer (design 4.1).
    fn asks_again(&mut self, ledgers: &[&'a LedgerContact], candidates: &[Candidate]) -> bool {
        for kind in [QuestionKind::SeveralMatches, QuestionKind::SuggestedMatch] {
            let lost = self.lost(kind, ledgers, candidates);
            if !lost.is_empty() {
                let because = "the contact that was chosen cannot be linked any more".to_owned();
                self.ask_which(kind, ledgers, candidates.to_vec(), lost, because);
                return true;
            }
        }
        false
    }

    /// Contacts that were chosen and cannot be linked. Once that has been asked they are shown and are no choice.
    fn lost(
        &self,
        kind: QuestionKind,
        ledgers: &[&LedgerContact],
        candidates: &[Candidate],
    ) -> Vec<Candidate> {
        let key = QuestionKey::records(kind, ledgers.iter().map(|ledger| ledger.id).collect());
        let Some(question) = self.stored(&key) else { return Vec::new() };
        let dead = self.dead_choice(question);
        let is_lost = |shown: &&Candidate| {
            let choice = Choice::Link(shown.contact);
            let was_lost = !shown.taken && !question.asked.choices.contains(&choice);
            let known = candidates.iter().any(|candidate| candidate.contact == shown.contact);
            !known && (was_lost || dead == Some(&choice))
        };
        question.asked.candidates.iter().filter(is_lost).cloned().collect()
    }

    /// Contacts of exactly that name that all the records can link to, organisations first (design B8).
    fn free_named(&self, name: &str, ledgers: &[&LedgerContact]) -> Vec<&'a Contact> {
        let mut free: Vec<&Contact> = self
            .index
            .named(name)
            .iter()
            .copied()
            .filter(|contact| ledgers.iter().all(|ledger| self.is_free(contact.id, ledger.id)))
            .map(AsRef::as_ref)
            .collect();
        free.sort_by_key(|contact| (matches!(contact.kind, ContactKind::Person { .. }), contact.id));
        free
    }

    /// Several fit equally well: never guess (design B8).
    pub(super) fn decide_several(
        &mut self,
        ledgers: &[&'a LedgerContact],
        several: &[&Contact],
        because: &str,
    ) {
        let candidates = several.iter().map(|contact| self.candidate(ledgers, contact)).collect();
        self.ask_which(QuestionKind::SeveralMatches, ledgers, candidates, Vec::new(), because.to_owned());
    }

    /// No exact name: somebody may still look like it (design B9), else it is new (design B10). What a person has answered
    /// goes before the setting.
    fn decide_near(
        &mut self,
        ledgers: &[&'a LedgerContact],
        first: &'a LedgerContact,
        near: &[Suggestion],
        candidates: Vec<Candidate>,
    ) {
        if self.carry_out_answer(QuestionKind::SuggestedMatch, ledgers) {
            return;
        }
        if self.policy.near_match == NearMatch::LinkStrong
            && let Some(contact) = self.clear_best(near, ledgers)
        {
            return self.link(ledgers, contact, LinkReason::Suggested);
        }
        if candidates.is_empty() {
            return self.create(ledgers, None);
        }
        let because = if candidates.iter().all(|candidate| candidate.taken) {
            format!("it looks like a second KashFlow {} for this contact", first.id.side.word())
        } else {
            "no contact has exactly this name, but somebody looks like it".to_owned()
        };
        self.ask_which(QuestionKind::SuggestedMatch, ledgers, candidates, Vec::new(), because);
    }

    /// Suggestions worth asking about: free ones, and taken ones with an equal e-mail, phone or postcode (design B9). A
    /// customer and a supplier that are one are found by the details of either. Best first.
    fn suggestions(&self, ledgers: &[&LedgerContact]) -> Vec<Suggestion> {
        if self.policy.near_match == NearMatch::Create {
            return Vec::new();
        }
        let mut found: Vec<Suggestion> =
            ledgers.iter().flat_map(|ledger| self.index.suggestions(ledger)).collect();
        found.retain(|found| {
            let never = ledgers.iter().any(|ledger| self.local.never.contains(&(ledger.id, found.contact)));
            let taken = ledgers.iter().any(|ledger| self.is_taken(found.contact, ledger.id.side));
            !never && (!taken || found.score.identifier)
        });
        found.sort_by(|left, right| {
            right.score.logit.total_cmp(&left.score.logit).then(left.contact.cmp(&right.contact))
        });
        let mut seen = BTreeSet::new();
        found.retain(|found| seen.insert(found.contact));
        found
    }

    /// The best suggestion, when it is strong, free and clearly ahead (setting `link_strong`).
    fn clear_best(&self, suggestions: &[Suggestion], ledgers: &[&LedgerContact]) -> Option<&'a Contact> {
        let (best, rest) = suggestions.split_first()?;
        let ahead = rest.first().is_none_or(|next| best.score.logit - next.score.logit >= CLEAR_LEAD);
        let free = ledgers.iter().all(|ledger| self.is_free(best.contact, ledger.id));
        (best.score.band() == Band::Strong && ahead && free)
            .then(|| self.snapshot.contacts.get(&best.contact).map(AsRef::as_ref))
            .flatten()
    }

    /// Asks which contact it is, or carries out what was answered.
    fn ask_which(
        &mut self,
        kind: QuestionKind,
        ledgers: &[&'a LedgerContact],
        mut candidates: Vec<Candidate>,
        lost: Vec<Candidate>,
        because: String,
    ) {
        let Some(first) = ledgers.first() else { return };
        if self.carry_out_answer(kind, ledgers) {
            return;
        }
        candidates.truncate(MOST_CANDIDATES.saturating_sub(lost.len()));
        let mut choices: Vec<Choice> = candidates
            .iter()
            .filter(|candidate| !candidate.taken)
            .map(|candidate| Choice::Link(candidate.contact))
            .collect();
        choices.extend([Choice::Create, Choice::Ignore]);
        let key = QuestionKey::records(kind, ledgers.iter().map(|ledger| ledger.id).collect());
        candidates.extend(lost);
        self.ask(Asked { key, name: first.name.clone(), candidates, choices, because });
    }

    /// Links or creates what a person answered so; false when there is no answer that holds.
    fn carry_out_answer(&mut self, kind: QuestionKind, ledgers: &[&'a LedgerContact]) -> bool {
        let key = QuestionKey::records(kind, ledgers.iter().map(|ledger| ledger.id).collect());
        match self.answer_under(&key) {
            Some(Choice::Create) => {
                self.create(ledgers, None);
                true
            }
            Some(Choice::Link(contact)) => {
                let contact = self.snapshot.contacts.get(&contact);
                if let Some(contact) = contact {
                    self.link(ledgers, contact, LinkReason::Answer);
                }
                contact.is_some()
            }
            _ => false,
        }
    }

    /// A contact in question, explained by the ledger contact that it is most like.
    fn candidate(&self, ledgers: &[&LedgerContact], contact: &Contact) -> Candidate {
        let scores = ledgers.iter().map(|ledger| self.index.explain(ledger, contact));
        let best = scores.max_by(|left, right| left.logit.total_cmp(&right.logit));
        let (score, band, reasons) = best.map_or((0.0, Band::Possible, Vec::new()), |score| {
            (score.probability(), score.band(), score.reasons)
        });
        Candidate {
            contact: contact.id,
            name: contact.name().into_owned(),
            score,
            band,
            taken: ledgers.iter().any(|ledger| self.is_taken(contact.id, ledger.id.side)),
            reasons,
        }
    }

    fn suggested(&self, ledgers: &[&LedgerContact], suggestion: &Suggestion) -> Option<Candidate> {
        let contact = self.snapshot.contacts.get(&suggestion.contact)?;
        Some(Candidate {
            contact: contact.id,
            name: contact.name().into_owned(),
            score: suggestion.score.probability(),
            band: suggestion.score.band(),
            taken: ledgers.iter().any(|ledger| self.is_taken(contact.id, ledger.id.side)),
            reasons: suggestion.score.reasons.clone(),
        })
    }
}

/// Whether two ledger contacts have an e-mail, a phone number or a postcode in common (design B12).
fn share_identifier(left: &LedgerContact, right: &LedgerContact) -> bool {
    let (left, right) = (from_ledger(left), from_ledger(right));
    let given = |left: String, right: String| !left.is_empty() && left == right;
    let phones = |details: &super::super::details::Details| {
        [phone_key(&details.phone), phone_key(&details.mobile)]
            .into_iter()
            .filter(|key| !key.is_empty())
            .collect::<Vec<_>>()
    };
    let shared_phone = phones(&left).iter().any(|phone| phones(&right).contains(phone));
    given(email_key(&left.email), email_key(&right.email))
        || shared_phone
        || given(postcode_key(&left.address.postcode), postcode_key(&right.address.postcode))
}
