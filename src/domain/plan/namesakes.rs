//! Ledger contacts of one name, whatever has become of them: linked, in doubt or unlinked (design B12).

use std::collections::HashMap;

use super::super::contact::Contact;
use super::super::ids::{ContactId, LedgerRef, Side};
use super::super::ledger::LedgerContact;
use super::super::mapping::code_ending;
use super::super::normalise::name_key;
use super::{Planner, is_out_of_reach};

/// Ledger contacts by exact name.
pub(super) type Namesakes<'a> = HashMap<String, Vec<&'a LedgerContact>>;

impl<'a> Planner<'a> {
    /// Those that are neither archived, gone, ignored nor switched off, by exact name.
    pub(super) fn live_by_name(&self) -> Namesakes<'a> {
        let mut by_name = Namesakes::new();
        for ledger in self.snapshot.ledger.values().filter(|ledger| self.is_live(ledger)) {
            by_name.entry(name_key(&ledger.name)).or_default().push(ledger.as_ref());
        }
        by_name
    }

    fn is_live(&self, ledger: &LedgerContact) -> bool {
        let off = self.policy.is_off(ledger.id.side);
        let left_out = self.local.ignored.contains_key(&ledger.id) || self.local.is_gone(ledger.id);
        !off && !ledger.archived && !left_out
    }

    /// Everybody of that name, the unlinked ones included.
    fn namesakes(&self, name: &str) -> &[&'a LedgerContact] {
        self.namesakes.get(&name_key(name)).map_or(&[], Vec::as_slice)
    }

    /// The contact that a ledger contact is linked with, by this plan or before.
    fn linked_contact(&self, ledger: LedgerRef) -> Option<ContactId> {
        let claimed = self.claimed_by.get(&ledger).copied();
        claimed.or_else(|| self.local.link_of(ledger).map(|link| link.contact))
    }

    /// While nobody knows whether one of that name was created, the others wait: they may belong to its contact.
    pub(super) fn waits_for_doubt(&mut self, group: &[&'a LedgerContact]) -> bool {
        let Some(first) = group.first() else { return false };
        let in_doubt = |ledger: &&LedgerContact| {
            self.in_doubt.contains(&ledger.id)
                && self.linked_contact(ledger.id).is_none_or(|contact| is_out_of_reach(self.local, contact))
                && self.index.marked(ledger.id).is_empty()
        };
        let waits = self.namesakes(&first.name).iter().any(in_doubt);
        if waits {
            // What was asked and answered about them stands meanwhile.
            let about = |waiting: &[LedgerRef]| group.iter().any(|ledger| waiting.contains(&ledger.id));
            let standing =
                self.local.questions.values().filter(|question| about(&question.asked.key.waiting));
            self.plan.settling.extend(standing.map(|question| question.id));
        }
        waits
    }

    /// Whether another one of the same side and name is linked and has not been told apart by its code.
    pub(super) fn has_linked_namesake(&self, ledger: &LedgerContact) -> bool {
        self.linked_namesakes(ledger, ledger.id.side).next().is_some()
    }

    /// Contacts that the ledger contact may join because its other side of the same name is linked with them.
    pub(super) fn joinable(&self, alone: &LedgerContact) -> Vec<(&'a Contact, &'a LedgerContact)> {
        let other = match alone.id.side {
            Side::Customer => Side::Supplier,
            Side::Supplier => Side::Customer,
        };
        let linked = self.linked_namesakes(alone, other);
        linked
            .filter(|(contact, _)| self.is_reachable(contact) && self.is_free(contact.id, alone.id))
            .collect()
    }

    fn linked_namesakes(
        &self,
        ledger: &LedgerContact,
        side: Side,
    ) -> impl Iterator<Item = (&'a Contact, &'a LedgerContact)> {
        let others = self.namesakes(&ledger.name).iter().copied();
        others.filter(move |other| other.id.side == side && other.id != ledger.id).filter_map(|other| {
            let contact = self.snapshot.contacts.get(&self.linked_contact(other.id)?)?;
            (!is_told_apart(contact, other)).then_some((contact.as_ref(), other))
        })
    }
}

/// Whether a contact was made with its ledger contact's code in the name, as a person answered.
fn is_told_apart(contact: &Contact, ledger: &LedgerContact) -> bool {
    name_key(&contact.name()) == name_key(&format!("{} {}", ledger.name, code_ending(&ledger.code)))
}
