//! What the store's thread remembers of the disk, so that a commit has hardly anything to look up. Built while loading.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::link::Link;

/// See the module's text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Bytes of all keys and values when they were read.
    pub(super) live: u64,
    /// Commits so far (`serial`).
    pub(super) serial: u64,
    /// Keys of records that are cut into chunks, by the record's key, with the number of chunks.
    pub(super) chunked: BTreeMap<Vec<u8>, u16>,
    /// Numbers of runs kept.
    pub(super) runs: BTreeSet<u64>,
    /// How many parts runs have, where they have any.
    pub(super) run_parts: BTreeMap<u64, u64>,
    ends: HashMap<(ContactId, Side), LedgerRef>,
    links: HashMap<LedgerRef, ContactId>,
}

impl Index {
    /// Notes a link, in place of the ledger contact's former one. Refused (`false`) when the contact has another link on
    /// that side (design B2): kept, it would make the store unreadable.
    pub(super) fn link(&mut self, link: &Link) -> bool {
        let end = (link.contact, link.ledger.side);
        if self.ends.get(&end).is_some_and(|standing| *standing != link.ledger) {
            return false;
        }
        self.unlink(link.ledger);
        self.ends.insert(end, link.ledger);
        self.links.insert(link.ledger, link.contact);
        true
    }

    /// Forgets a link.
    pub(super) fn unlink(&mut self, ledger: LedgerRef) {
        if let Some(contact) = self.links.remove(&ledger) {
            self.ends.remove(&(contact, ledger.side));
        }
    }
}
