//! What to do with the unlinked ledger contacts of one name (design B7, B9, B10, B12).

use super::super::contact::{Contact, ContactKind};
use super::super::ids::Side;
use super::super::ledger::LedgerContact;
use super::super::link::LinkReason;
use super::super::mapping::{as_person, from_ledger};
use super::super::matching::{Evidence, Reason};
use super::super::normalise::{email_key, name_key, phone_key, postcode_key};
use super::super::policy::SameName;
use super::super::question::{Band, Candidate, QuestionKind};
use super::Planner;

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
            // The others of its name may have been left out since it was answered; the other side may not wait for it.
            return self.carry_out_each(&members).is_empty().then_some(first);
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

    /// Exact match, question or create for one record, or for a customer and supplier that are one.
    fn decide(&mut self, ledgers: &[&'a LedgerContact]) {
        let Some(first) = ledgers.first().copied() else { return };
        let named = self.free_named(&first.name, ledgers);
        if named.is_empty() {
            return self.near.push(ledgers.to_vec());
        }
        let candidates: Vec<Candidate> =
            named.iter().map(|contact| self.candidate(ledgers, contact)).collect();
        if self.asks_again(ledgers, &candidates) {
            return;
        }
        match named.as_slice() {
            // What is left over is no sign that it is the one: a person has looked at this name before (design B8).
            [only] if self.has_never_namesake(ledgers) => {
                let because = "of the contacts of this name you said of another that it is somebody else";
                self.decide_several(ledgers, &[only], because);
            }
            [only] => self.link(ledgers, only, LinkReason::ExactName),
            several => self.decide_several(ledgers, several, "several contacts have exactly this name"),
        }
    }

    /// Whether a person said of a contact of exactly this name that it is somebody else (design B11).
    fn has_never_namesake(&self, ledgers: &[&LedgerContact]) -> bool {
        let never =
            |ledger: &LedgerContact, contact: &Contact| self.local.never.contains(&(ledger.id, contact.id));
        ledgers
            .iter()
            .any(|ledger| self.index.named(&ledger.name).iter().any(|contact| never(ledger, contact)))
    }

    /// Contacts of exactly that name that all the records can link to, organisations first (design B8).
    pub(super) fn free_named(&self, name: &str, ledgers: &[&LedgerContact]) -> Vec<&'a Contact> {
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

    /// A contact in question, explained by the ledger contact that it is most like.
    pub(super) fn candidate(&self, ledgers: &[&LedgerContact], contact: &Contact) -> Candidate {
        let scores = ledgers.iter().map(|ledger| (ledger, self.index.explain(ledger, contact)));
        let best = scores.max_by(|(_, left), (_, right)| left.logit.total_cmp(&right.logit));
        let (score, band, reasons) = best.map_or((0.0, Band::Possible, Vec::new()), |(ledger, score)| {
            (score.probability(), score.band(), exactly(ledger, contact, score.reasons))
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
