//! Both services as last read.

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::contact::Contact;
use super::document::{Document, DocumentRef};
use super::ids::{ContactId, LedgerRef, Side};
use super::ledger::LedgerContact;
use super::money::Currency;

/// Everything last read from both services. Cheap to clone: records are shared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Capsule's contacts.
    pub contacts: BTreeMap<ContactId, Arc<Contact>>,
    /// KashFlow's customers and suppliers.
    pub ledger: BTreeMap<LedgerRef, Arc<LedgerContact>>,
    /// KashFlow's invoices and bills.
    pub documents: BTreeMap<DocumentRef, Arc<Document>>,
    /// The Capsule account read from.
    pub capsule: Option<CapsuleAccount>,
    /// The KashFlow company read from.
    pub company: Option<Company>,
}

/// A Capsule account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapsuleAccount {
    /// `brookside` in `brookside.capsulecrm.com`: the identity (design B3).
    pub subdomain: String,
    /// The account's name.
    pub name: String,
}

/// A KashFlow company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// `CompanyId`, when KashFlow tells: the identity (design B3).
    pub id: Option<i64>,
    /// The company's name: the identity when there is no id.
    pub name: String,
    /// The currency its books are kept in.
    pub home_currency: Currency,
}

impl Company {
    /// The text that identifies the company across runs (design B3).
    pub fn identity(&self) -> String {
        match self.id {
            Some(id) => format!("id {id}"),
            None => format!("name {}", self.name),
        }
    }
}

/// Documents by the ledger contact they belong to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentsByOwner {
    owned: HashMap<LedgerRef, Vec<Arc<Document>>>,
    /// Documents whose ledger contact is not among those read.
    pub orphans: Vec<Arc<Document>>,
}

impl DocumentsByOwner {
    /// Sorts every document to its owner: by KashFlow id where the document has one that is known, else by code.
    pub fn of(snapshot: &Snapshot) -> Self {
        // Most documents name their owner by id; then nobody is looked up by code.
        let by_code: LazyCell<HashMap<(Side, &str), LedgerRef>, _> = LazyCell::new(|| {
            let codes = snapshot.ledger.values();
            codes.map(|contact| ((contact.id.side, contact.code.as_str()), contact.id)).collect()
        });
        let mut sorted = Self { owned: HashMap::with_capacity(snapshot.ledger.len()), orphans: Vec::new() };
        for document in snapshot.documents.values() {
            let side = document.id.side;
            let owner = document
                .owner_id
                .map(|id| LedgerRef { side, id })
                .filter(|owner| snapshot.ledger.contains_key(owner))
                .or_else(|| by_code.get(&(side, document.owner_code.as_str())).copied());
            match owner {
                Some(owner) => sorted.owned.entry(owner).or_default().push(Arc::clone(document)),
                None => sorted.orphans.push(Arc::clone(document)),
            }
        }
        sorted
    }

    /// The documents of one ledger contact, by KashFlow id.
    pub fn of_owner(&self, owner: LedgerRef) -> &[Arc<Document>] {
        self.owned.get(&owner).map_or(&[], Vec::as_slice)
    }
}
