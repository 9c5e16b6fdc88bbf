//! The register: every document that was read, linked or not, with whom it belongs to (design B19).

use std::sync::Arc;

use super::document::Document;
use super::ids::{ContactId, LedgerRef, Side};
use super::local::Local;
use super::snapshot::{DocumentsByOwner, Snapshot};

/// A document with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The invoice or bill.
    pub document: Arc<Document>,
    /// The customer or supplier, when it is among those read.
    pub owner: Option<LedgerRef>,
    /// The owner's code now; what the document carries when the owner was not read.
    pub code: String,
    /// The owner's name now; what the document carries when the owner was not read.
    pub name: String,
    /// The contact that the owner is linked with.
    pub contact: Option<ContactId>,
}

/// All documents of the given sides: invoices first, then bills, each by number.
pub fn register(
    snapshot: &Snapshot,
    documents: &DocumentsByOwner,
    local: &Local,
    sides: &[Side],
) -> Vec<Entry> {
    let owned = snapshot.ledger.values().flat_map(|ledger| {
        let contact = local.link_of(ledger.id).map(|link| link.contact);
        documents.of_owner(ledger.id).iter().map(move |document| Entry {
            document: Arc::clone(document),
            owner: Some(ledger.id),
            code: ledger.code.clone(),
            name: ledger.name.clone(),
            contact,
        })
    });
    let orphans = documents.orphans.iter().map(|document| Entry {
        document: Arc::clone(document),
        owner: document.owner_id.map(|id| LedgerRef { side: document.id.side, id }),
        code: document.owner_code.clone(),
        name: document.owner_name.clone(),
        contact: None,
    });
    let mut entries: Vec<Entry> =
        owned.chain(orphans).filter(|entry| sides.contains(&entry.document.id.side)).collect();
    entries.sort_by_key(|entry| (entry.document.id.side, entry.document.number, entry.document.id.id));
    entries
}
