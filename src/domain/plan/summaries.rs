//! Summaries of linked contacts that no longer read as they should (design B23).

use std::collections::BTreeSet;

use super::super::contact::Summary;
use super::super::ids::{ContactId, Side};
use super::super::ledger::LedgerContact;
use super::super::local::RecordRef;
use super::super::operation::Operation;
use super::super::summary::changes;
use super::Planner;

impl Planner<'_> {
    /// Plans one write for each linked contact whose tag or fields differ from what they should say.
    ///
    /// Nothing is written while the invoices have not been read whole once: a balance would be wrong.
    pub(super) fn write_summaries(&mut self) {
        if !self.policy.write_summary {
            return;
        }
        if !self.documents_known() {
            // Whether there is something to write will be known then.
            self.plan.resting.extend(self.local.failing.keys().copied());
            return;
        }
        let linked: BTreeSet<ContactId> = self
            .local
            .links()
            .map(|link| link.contact)
            .chain(self.claimed.keys().map(|(contact, _)| *contact))
            .collect();
        for id in linked {
            self.write_summary(id);
        }
    }

    /// Whether all documents that a summary is made of have been read.
    pub(super) fn documents_known(&self) -> bool {
        let progress = &self.local.progress;
        progress.invoices_whole.is_some()
            && (self.policy.exclude_supplier_invoices || progress.bills_whole.is_some())
    }

    fn write_summary(&mut self, id: ContactId) {
        let Some(contact) = self.snapshot.contacts.get(&id) else { return };
        if contact.restricted || self.local.deleted.contains_key(&id) || self.local.hidden.contains(&id) {
            return;
        }
        let after = self.desired(self.linked_on(id, Side::Customer), self.linked_on(id, Side::Supplier));
        let before = &contact.summary;
        let tag_missing = after.tagged && !before.tagged;
        if !tag_missing && changes(before, &after).is_empty() {
            return;
        }
        if self.is_resting(RecordRef::Contact(id), fingerprint(&after)) {
            return;
        }
        self.plan.operations.push(Operation::WriteSummary {
            contact: id,
            name: contact.name().into_owned(),
            before: before.clone(),
            after,
        });
    }

    /// The ledger contact linked with a contact on one side, after this plan.
    fn linked_on(&self, contact: ContactId, side: Side) -> Option<&LedgerContact> {
        let claimed = self.claimed.get(&(contact, side)).copied();
        let ledger = claimed.or_else(|| self.local.link_on(contact, side).map(|link| link.ledger))?;
        self.snapshot.ledger.get(&ledger).map(AsRef::as_ref)
    }
}

/// What a summary write depends on, as one number (design B37).
pub fn fingerprint(after: &Summary) -> u64 {
    u64::from(crc32fast::hash(format!("{after:?}").as_bytes()))
}
