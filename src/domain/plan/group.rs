//! What to do with the unlinked ledger contacts of one name (design B7, B9, B10, B12).

use super::super::contact::{Contact, ContactKind};
use super::super::ids::Side;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::mapping::{as_person, code_ending, from_ledger};
use super::super::matching::{Evidence, Reason, Suggestion};
use super::super::normalise::{email_key, name_key, phone_key, postcode_key};
use super::super::operation::CreateReason;
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
        if self.is_name_occupied(first) {
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
            _ => self.create(&[ledger], Some(&ending), CreateReason::Answer),
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
        let named = self.free_named(&alone.name, &[alone]);
        if let [only] = named.as_slice()
            && let Some(other) = self.other_side(only, alone)
        {
            let is_person = matches!(only.kind, ContactKind::Person { .. }) || as_person(alone).is_some();
            let needs_word =
                self.policy.same_name == SameName::Ask || (is_person && !share_identifier(alone, other));
            if needs_word && !self.may_join(alone, only, is_person) {
                return;
            }
        }
        self.decide(&[alone]);
    }

    /// The ledger contact on a contact's other side, when it has the same name.
    fn other_side(&self, contact: &Contact, alone: &LedgerContact) -> Option<&'a LedgerContact> {
        let link = self.local.links_on(contact.id).find(|link| link.ledger.side != alone.id.side)?;
        let other = self.snapshot.ledger.get(&link.ledger)?;
        (name_key(&other.name) == name_key(&alone.name)).then_some(other.as_ref())
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
            candidates: vec![self.candidate(alone, contact)],
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
        match self.free_named(&first.name, ledgers).as_slice() {
            [only] => self.link(ledgers, only, LinkReason::ExactName),
            [] => self.decide_near(ledgers, first),
            several => self.decide_several(ledgers, several, "several contacts have exactly this name"),
        }
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
        let Some(first) = ledgers.first() else { return };
        let candidates: Vec<Candidate> =
            several.iter().take(MOST_CANDIDATES).map(|contact| self.candidate(first, contact)).collect();
        self.ask_which(QuestionKind::SeveralMatches, ledgers, candidates, because.to_owned());
    }

    /// No exact name: somebody may still look like it (design B9), else it is new (design B10).
    fn decide_near(&mut self, ledgers: &[&'a LedgerContact], first: &'a LedgerContact) {
        let suggestions = match self.policy.near_match {
            NearMatch::Create => Vec::new(),
            NearMatch::Ask | NearMatch::LinkStrong => self.suggestions(ledgers, first),
        };
        if self.policy.near_match == NearMatch::LinkStrong
            && let Some(contact) = self.clear_best(&suggestions, ledgers)
        {
            return self.link(ledgers, contact, LinkReason::Answer);
        }
        if suggestions.is_empty() {
            return self.create(ledgers, None, CreateReason::NoMatch);
        }
        let candidates: Vec<Candidate> = suggestions
            .into_iter()
            .filter_map(|suggestion| {
                let contact = self.snapshot.contacts.get(&suggestion.contact)?;
                Some(Candidate {
                    contact: contact.id,
                    name: contact.name().into_owned(),
                    score: suggestion.score.probability(),
                    band: suggestion.score.band(),
                    reasons: exactly(first, contact, suggestion.score.reasons),
                    taken: ledgers.iter().any(|ledger| self.is_taken(contact.id, ledger.id.side)),
                })
            })
            .take(MOST_CANDIDATES)
            .collect();
        let because = if candidates.iter().all(|candidate| candidate.taken) {
            format!("it looks like a second KashFlow {} for this contact", first.id.side.word())
        } else {
            "no contact has exactly this name, but somebody looks like it".to_owned()
        };
        self.ask_which(QuestionKind::SuggestedMatch, ledgers, candidates, because);
    }

    /// Suggestions worth asking about: free ones, and taken ones with an equal e-mail, phone or postcode (design B9).
    fn suggestions(&self, ledgers: &[&LedgerContact], first: &LedgerContact) -> Vec<Suggestion> {
        let mut found = self.index.suggestions(first);
        found.retain(|found| {
            let never = ledgers.iter().any(|ledger| self.local.never.contains(&(ledger.id, found.contact)));
            let taken = ledgers.iter().any(|ledger| self.is_taken(found.contact, ledger.id.side));
            !never && (!taken || found.score.identifier)
        });
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
        candidates: Vec<Candidate>,
        because: String,
    ) {
        let Some(first) = ledgers.first() else { return };
        let mut choices: Vec<Choice> = candidates
            .iter()
            .filter(|candidate| !candidate.taken)
            .map(|candidate| Choice::Link(candidate.contact))
            .collect();
        choices.extend([Choice::Create, Choice::Ignore]);
        let key = QuestionKey::records(kind, ledgers.iter().map(|ledger| ledger.id).collect());
        let asked = Asked { key, name: first.name.clone(), candidates, choices, because };
        match self.answer_to(&asked) {
            Some(Choice::Create) => self.create(ledgers, None, CreateReason::Answer),
            Some(Choice::Link(contact)) => {
                if let Some(contact) = self.snapshot.contacts.get(&contact) {
                    self.link(ledgers, contact, LinkReason::Answer);
                }
            }
            _ => self.ask(asked),
        }
    }

    fn candidate(&self, ledger: &LedgerContact, contact: &Contact) -> Candidate {
        let score = self.index.explain(ledger, contact);
        Candidate {
            contact: contact.id,
            name: contact.name().into_owned(),
            score: score.probability(),
            band: score.band(),
            taken: self.is_taken(contact.id, ledger.id.side),
            reasons: exactly(ledger, contact, score.reasons),
        }
    }
}

/// Reasons where the name's says so when the names are exactly the same (design B7); scoring cannot tell, it compares names
/// without their legal forms.
fn exactly(ledger: &LedgerContact, contact: &Contact, mut reasons: Vec<Reason>) -> Vec<Reason> {
    if name_key(&ledger.name) == name_key(&contact.name()) {
        for reason in reasons.iter_mut().filter(|reason| reason.field == Evidence::Name) {
            reason.text = "the names are the same".into();
        }
    }
    reasons
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
