//! What to do with the unlinked ledger contacts of one name (design B7, B9, B10, B12).

use super::super::contact::{Contact, ContactKind};
use super::super::ids::Side;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::mapping::{as_person, code_ending, from_ledger};
use super::super::matching::{Evidence, Reason};
use super::super::normalise::{email_key, name_key, phone_key, postcode_key};
use super::super::operation::CreateReason;
use super::super::policy::SameName;
use super::super::question::{Asked, Candidate, Choice, QuestionKey, QuestionKind};
use super::Planner;
use super::near::MOST_CANDIDATES;

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
            // The others of its name may have been left out since it was answered.
            if self.answered_with_code(&members).is_empty() {
                return Some(first);
            }
            self.create_with_code(first);
            return None;
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
        let answered = self.answered_with_code(members);
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
            [] => self.near.push(ledgers.to_vec()),
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

    pub(super) fn candidate(&self, ledger: &LedgerContact, contact: &Contact) -> Candidate {
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
pub(super) fn exactly(ledger: &LedgerContact, contact: &Contact, mut reasons: Vec<Reason>) -> Vec<Reason> {
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
