//! Summaries of linked contacts that no longer read as they should (design B23).

use std::collections::BTreeSet;

use super::super::contact::{Contact, Summary, SummaryField};
use super::super::ids::{ContactId, LedgerRef, Side};
use super::super::local::{Local, RecordRef};
use super::super::marker::Marker;
use super::super::operation::Operation;
use super::super::parallel;
use super::super::snapshot::Snapshot;
use super::super::summary::changes;
use super::Planner;

impl Planner<'_> {
    /// Plans one write for each linked contact whose tag or fields differ from what they should say, and for each that
    /// has lost its link and still carries them.
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
        let ends = self.link_ends();
        let mut ends = ends.as_slice();
        let mut linked = Vec::new();
        // Both are in the order of the contacts' ids.
        for contact in self.snapshot.contacts.values() {
            let before = ends.iter().take_while(|end| end.contact < contact.id).count();
            ends = ends.get(before..).unwrap_or_default();
            let own = ends.iter().take_while(|end| end.contact == contact.id).count();
            match ends.get(..own).unwrap_or_default() {
                [] => self.clear_summary(contact),
                own => linked.push((contact.as_ref(), own)),
            }
        }
        let differing = parallel::filter_map(&linked, |(contact, ends)| {
            self.differing_summary(contact, ends).map(|after| (*contact, after))
        });
        for (contact, after) in differing {
            self.write_summary(contact, after);
        }
    }

    /// The links that there will be after this plan, by contact, customer first.
    fn link_ends(&self) -> Vec<LinkEnd> {
        let known = self.local.links().map(|link| LinkEnd { contact: link.contact, ledger: link.ledger });
        let planned =
            self.claimed.iter().map(|((contact, _), ledger)| LinkEnd { contact: *contact, ledger: *ledger });
        let mut ends: Vec<LinkEnd> = known.chain(planned).collect();
        ends.sort_unstable();
        ends
    }

    /// A contact that has lost its link loses our fields and tag. Without a marker of ours tag and values are no proof that
    /// we wrote them: people may have a tag or fields of these names of their own.
    fn clear_summary(&mut self, contact: &Contact) {
        let (id, before, after) = (contact.id, &contact.summary, Summary::default());
        let carried = Marker::carried(contact);
        let is_empty = before.values.is_empty() && !before.tagged;
        let no_marker = self.local.progress.refused_definitions.contains(&SummaryField::Id);
        let ours = !carried.is_empty()
            || (no_marker && !before.values.is_empty())
            || self.local.never.iter().any(|(_, other)| *other == id);
        if is_empty
            || !ours
            || !self.may_be_written(contact)
            || carried.iter().any(|marker| self.may_yet_link(marker, id))
        {
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

    /// Whether a carried marker may still make a link: then what the contact carries must stay.
    fn may_yet_link(&self, marker: &Marker, contact: ContactId) -> bool {
        let ledger = marker.ledger;
        let settled = self.local.never.contains(&(ledger, contact))
            || self.local.ignored.contains_key(&ledger)
            || self.local.link_of(ledger).is_some()
            || self.claimed.values().any(|claimed| *claimed == ledger);
        // Suppliers that are switched off are not read: nothing is known of them.
        let unread = self.policy.is_off(ledger.side);
        !settled && (unread || self.snapshot.ledger.contains_key(&ledger))
    }

    fn may_be_written(&self, contact: &Contact) -> bool {
        let gone = self.local.deleted.contains_key(&contact.id) || self.local.hidden.contains(&contact.id);
        !contact.restricted && !gone
    }

    /// Whether all documents that a summary is made of have been read.
    pub(super) fn documents_known(&self) -> bool {
        let progress = &self.local.progress;
        progress.invoices_whole.is_some()
            && (self.policy.exclude_supplier_invoices || progress.bills_whole.is_some())
    }

    /// What a linked contact's tag and fields should say, if they say something else and may be written.
    fn differing_summary(&self, contact: &Contact, ends: &[LinkEnd]) -> Option<Summary> {
        // A link whose other end is gone waits for an answer; until then what stands there stays (design B31).
        if !self.may_be_written(contact) || ends.iter().any(|end| self.local.is_gone(end.ledger)) {
            return None;
        }
        let on = |side: Side| {
            let end = ends.iter().find(|end| end.ledger.side == side)?;
            self.snapshot.ledger.get(&end.ledger).map(AsRef::as_ref)
        };
        let after = self.desired(on(Side::Customer), on(Side::Supplier));
        let before = &contact.summary;
        let tag_missing = after.tagged && !before.tagged;
        (tag_missing || !changes(before, &after).is_empty()).then_some(after)
    }

    fn write_summary(&mut self, contact: &Contact, after: Summary) {
        let id = contact.id;
        if self.is_resting(RecordRef::Contact(id), fingerprint(&after)) {
            return;
        }
        self.plan.operations.push(Operation::WriteSummary {
            contact: id,
            name: contact.name().into_owned(),
            before: contact.summary.clone(),
            after,
        });
    }
}

/// One link as the contact's side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LinkEnd {
    contact: ContactId,
    ledger: LedgerRef,
}

/// A linked contact whose fields are to be emptied when syncing is disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emptied {
    /// The contact.
    pub contact: ContactId,
    /// Its name.
    pub name: String,
    /// What stands there.
    pub before: Summary,
    /// What is left: the KashFlow ID, by which the link is found again, and the tag that it stands under.
    pub after: Summary,
}

impl Emptied {
    /// The fields that are emptied.
    pub fn fields(&self) -> impl Iterator<Item = SummaryField> {
        changes(&self.before, &self.after).into_iter().map(|(field, _)| field)
    }
}

/// The linked contacts that still say something in our fields besides the KashFlow ID (design B34), as far as they are in
/// reach.
pub fn emptied(snapshot: &Snapshot, local: &Local) -> Vec<Emptied> {
    let linked: BTreeSet<ContactId> = local.links().map(|link| link.contact).collect();
    linked
        .into_iter()
        .filter(|id| !local.deleted.contains_key(id) && !local.hidden.contains(id))
        .filter_map(|id| snapshot.contacts.get(&id))
        .filter(|contact| !contact.restricted)
        .filter_map(|contact| {
            let before = contact.summary.clone();
            let mut after = before.clone();
            after.values.retain(|field, _| *field == SummaryField::Id);
            (!changes(&before, &after).is_empty()).then(|| Emptied {
                contact: contact.id,
                name: contact.name().into_owned(),
                before,
                after,
            })
        })
        .collect()
}

/// What a summary write depends on, as one number (design B37).
pub fn fingerprint(after: &Summary) -> u64 {
    u64::from(crc32fast::hash(format!("{after:?}").as_bytes()))
}
